//! An export as somebody waits for it: looked at before, watched, given up.

use porthole_core::domain::{Code, ServerKind};
use porthole_core::{App, Branches, Format, Place, Preview, Progress, Selection, Wanted};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question};

use crate::export::exported;

async fn with_chats(home: &Home, server: &FakeV4, count: usize) -> App {
    let (app, model) = app_with(home, server, ServerKind::DeepSeek).await;
    for number in 0..count {
        server.reply(Script::answer("Twice a **day**.").thinking("Moon."));
        ask(&app, question(None, &model, &format!("What is tide {number}?"))).await;
    }
    app
}

#[tokio::test]
async fn one_that_nobody_waits_for_any_more_leaves_nothing() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let app = with_chats(&home, &server, 12).await;
    let folder = tempfile::tempdir().unwrap();
    for name in ["chats.zip", "chats.json"] {
        let progress = Progress::default();
        let place = Place::at(folder.path().join(name));
        let export = app.export(Selection::All, Format::Json, Wanted::default(), place, &progress);
        let begun = async {
            while progress.counts().0 == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            written = export => panic!("it was given up before its end: {written:?}"),
            () = begun => {}
        }
        assert_eq!(progress.counts().1, 12);
        // What was being written goes as soon as its thread looks up.
        while std::fs::read_dir(folder.path()).unwrap().next().is_some() {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(exported(&app).await.len(), 12);
}

#[tokio::test]
async fn the_first_screen_says_what_will_be_written() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let app = with_chats(&home, &server, 2).await;
    let preview = async |format, wanted| app.preview(Selection::All, format, wanted).await.unwrap();
    let all = Wanted::default();
    let bare = Wanted { branches: Branches::All, thinking: false, system: false, usage: false, ..all };

    let Preview::Text(markdown) = preview(Format::Markdown, all).await else { panic!("Markdown is read") };
    assert!(markdown.contains("What is tide 1?") && markdown.contains("Moon."), "{markdown}");
    let Preview::Text(markdown) = preview(Format::Markdown, bare).await else { panic!("Markdown is read") };
    assert!(markdown.contains("Twice a **day**.") && !markdown.contains("Moon."), "{markdown}");

    let Preview::Page(pieces) = preview(Format::Html, all).await else { panic!("a page is looked at") };
    let speakers: Vec<_> = pieces.iter().map(|piece| piece.speaker.as_deref()).collect();
    assert_eq!(speakers, [Some("You"), None, Some("deepseek-v4-pro")]);
    assert_eq!(pieces[2].blocks[0].html, "<p>Twice a <strong>day</strong>.</p>");
    assert!(pieces[2].usage.is_some());
    let Preview::Page(pieces) = preview(Format::Html, bare).await else { panic!("a page is looked at") };
    assert!(pieces.len() == 2 && pieces[1].usage.is_none());

    let nothing = Selection::Tag("none".to_owned());
    let refused = app.preview(nothing, Format::Html, all).await.unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
}

/// However long it is.
#[tokio::test]
async fn the_first_screen_of_a_long_chat_is_short() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("Wide and long. ".repeat(5_000)));
    ask(&app, question(None, &model, "Say much.")).await;
    for format in [Format::Markdown, Format::Html, Format::Text, Format::Json, Format::Jsonl, Format::Csv] {
        let preview = app.preview(Selection::All, format, Wanted::default()).await.unwrap();
        let length = match preview {
            Preview::Text(text) => text.len(),
            Preview::Page(pieces) => {
                pieces.iter().flat_map(|piece| &piece.blocks).map(|block| block.html.len()).sum()
            }
        };
        assert!(length < 12_000, "{format:?}: {length}");
    }
}
