//! Every format, written from one conversation that has everything. `PORTHOLE_BLESS=1` writes the golden files anew; look
//! at them then.

use std::path::{Path, PathBuf};

use porthole_core::domain::Cause;
use porthole_core::{
    App, Branches, ConversationList, ExportLanguage, Format, Place, Progress, Selection, Wanted,
};
use porthole_tests::harness::Home;

const LINES: u32 = 2_000;
/// What stands for a block of so many lines in the golden files.
const CODE: &str = "{{CODE}}";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("it/golden").join(name)
}

fn code(lines: u32) -> String {
    (1..=lines).map(|line| format!("step({line})")).collect::<Vec<_>>().join("\n")
}

async fn rich(home: &Home, lines: u32) -> App {
    let app = home.open().unwrap();
    let document = std::fs::read_to_string(golden("rich.json")).unwrap();
    let code = serde_json::to_string(&code(lines)).unwrap();
    let file = home.path().join("rich.json");
    std::fs::write(&file, document.replace(CODE, code.trim_matches('"'))).unwrap();
    app.import(&file).await.unwrap();
    app
}

async fn written(app: &App, format: Format, wanted: Wanted) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("written");
    app.export(Selection::All, format, wanted, Place::File(file.clone()), &Progress::default())
        .await
        .unwrap();
    std::fs::read_to_string(file).unwrap()
}

async fn check(app: &App, name: &str, format: Format, wanted: Wanted) {
    let code = code(LINES);
    let encoded = serde_json::to_string(&code).unwrap();
    let written = written(app, format, wanted).await;
    let mut shortened = written.replace(&code, CODE).replace(encoded.trim_matches('"'), CODE);
    // What a page looks like is looked at, not compared.
    if let (Some(begin), Some(end)) = (shortened.find("<style>"), shortened.find("</style>")) {
        shortened.replace_range(begin + 7..end, "");
    }
    if std::env::var_os("PORTHOLE_BLESS").is_some() {
        std::fs::write(golden(name), shortened).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(golden(name)).unwrap();
    for (one, other) in shortened.lines().zip(expected.lines()) {
        assert_eq!(one, other, "{name}");
    }
    assert_eq!(shortened, expected, "{name}");
}

#[tokio::test]
async fn every_format_is_written_as_it_was_looked_at() {
    let home = Home::new();
    let app = rich(&home, LINES).await;
    let all = Wanted::default();
    let bare = Wanted { thinking: false, system: false, usage: false, ..all };
    check(&app, "branch.md", Format::Markdown, all).await;
    check(&app, "tree.md", Format::Markdown, Wanted { branches: Branches::All, ..all }).await;
    check(&app, "bare.md", Format::Markdown, Wanted { branches: Branches::All, ..bare }).await;
    check(&app, "branch.jsonl", Format::Jsonl, all).await;
    check(&app, "tree.jsonl", Format::Jsonl, Wanted { branches: Branches::All, ..bare }).await;
    check(&app, "usage.csv", Format::Csv, all).await;

    // Where each line of code is changed, a few are enough to look at.
    let home = Home::new();
    let app = rich(&home, 3).await;
    check(&app, "tree.html", Format::Html, Wanted { branches: Branches::All, ..all }).await;
    check(&app, "branch.html", Format::Html, bare).await;
    check(&app, "tree.txt", Format::Text, Wanted { branches: Branches::All, ..all }).await;
}

/// A document holds one conversation: several go into a folder or an archive, each into its own.
#[tokio::test]
async fn a_document_is_written_for_each_conversation() {
    let home = Home::new();
    let app = rich(&home, 3).await;
    let chat = app.conversations(ConversationList::Everything, None, 1).await.unwrap()[0].id;
    app.fork_conversation(app.branch(chat).await.unwrap().messages[0].id).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Pdf, Format::Docx] {
        let export = async |what, place| {
            app.export(what, format, Wanted::default(), place, &Progress::default()).await
        };
        let file = folder.path().join(format.file_name(Some("Fences")));
        let refused = export(Selection::All, Place::File(file.clone())).await.unwrap_err();
        assert!(matches!(refused.cause.as_deref(), Some(Cause::OneChatEach { .. })), "{refused:?}");
        assert!(!file.exists());
        export(Selection::Conversations(vec![chat]), Place::File(file.clone())).await.unwrap();
        let bytes = std::fs::read(&file).unwrap();
        assert!(bytes.starts_with(b"PK") || bytes.starts_with(b"%PDF"), "{format:?}");
        let several = folder.path().join(format.extension());
        assert_eq!(export(Selection::All, Place::Folder(several.clone())).await.unwrap(), 2);
        assert_eq!(std::fs::read_dir(several).unwrap().count(), 2);
    }
}

/// What was said stays as it was said; what is said about it is in the language that was asked for.
#[tokio::test]
async fn the_words_around_are_those_of_a_language() {
    let home = Home::new();
    let app = rich(&home, 3).await;
    let chinese =
        Wanted { branches: Branches::All, language: ExportLanguage::SimplifiedChinese, ..Wanted::default() };
    for format in [Format::Markdown, Format::Html, Format::Text] {
        let written = written(&app, format, chinese).await;
        for words in ["你", "系统提示词", "思考过程", "已停止", "版本 1/2", "输入 120 token，输出 80 token"]
        {
            assert!(written.contains(words), "{format:?} without {words}");
        }
        for words in ["You", "Thinking", "Version", "tokens in"] {
            assert!(!written.contains(words), "{format:?} with {words}");
        }
    }
}
