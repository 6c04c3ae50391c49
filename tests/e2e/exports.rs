//! Chats that leave Porthole as files and by the clipboard, and come back.

use std::path::{Path, PathBuf};

use porthole_core::ConversationList;
use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::{Home, words_of};
use serde_json::{Value, json};

use crate::steps::{CTRL, ENTER, MESSAGE};
use crate::window::{LAST_REPLY, Window, journey, named};

const QUESTION: &str = "What is a tide?";
/// Everything that is harder to write down than words.
const ANSWER: &str = "Twice **a day**, by $F = \\frac{m}{r^3}$.\n\n| Moon | Tide |\n|---|---|\n| new | spring |\n\n\
    ```rust\nfn tide() -> bool { true }\n```\n\n$$\\sum_{i=1}^{n} x_i$$";
const PREVIEW: &str = "[role=dialog] section[aria-label=Preview]";
const NOTICE: &str = "[role=status]:has([role=group])";
const NULL: char = '\u{E000}';

/// A chat of [`QUESTION`] and [`ANSWER`], open in the window.
async fn rich_chat(home: &Home, server: &FakeV4, environment: &[(&str, &str)]) -> Window {
    home.open().unwrap().set_titles(false).await.unwrap();
    let environment = [&[("PORTHOLE_KEYCHAIN", "off")], environment].concat();
    let window = Window::open_in(home, &named(server), &environment).await;
    window.resize(1180, 900).await;
    window.find(&format!("{MESSAGE}:focus")).await;
    server.reply(Script::answer(ANSWER));
    window.ask(QUESTION).await;
    window.wait_for_text(LAST_REPLY, "fn tide()").await;
    window.wait_for_end().await;
    window
}

/// The files in a folder that are not hidden.
fn files(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut all: Vec<_> = all.filter(|path| !name(path).starts_with('.')).collect();
    all.sort();
    all
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Waits until the files in a folder have these names.
async fn wait_for_files(window: &Window, folder: &Path, names: &[&str]) {
    let there = async || files(folder).iter().map(|path| name(path)).collect::<Value>();
    window.wait_for("the files", &json!(names), there).await;
}

async fn export_as(window: &Window, format: &str, previewed: &[&str], extension: &str) {
    window.keys(&format!("{CTRL}e{NULL}")).await;
    window.find("[role=dialog] select:focus").await;
    window.select("Format", format).await;
    for words in previewed {
        window.wait_for_text(PREVIEW, words).await;
    }
    window.pass_frames(4).await;
    window.shot(&format!("export-{extension}")).await;
    window.press_in("[role=dialog] button", "Export…").await;
    window.wait_until_gone("[role=dialog]").await;
    window.wait_for_text(NOTICE, "Exported as").await;
    window.wait_for_text(NOTICE, &format!(".{extension}")).await;
}

#[tokio::test]
async fn a_chat_is_exported_thrown_away_and_read_back() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let (home, out) = (Home::new(), tempfile::tempdir().unwrap());
        let (folder, again) = (out.path().join("out"), out.path().join("again.json"));
        std::fs::create_dir(&folder).unwrap();
        let environment = [
            ("PORTHOLE_EXPORT_TO", folder.to_str().unwrap()),
            ("PORTHOLE_IMPORT_FROM", again.to_str().unwrap()),
        ];
        let window = rich_chat(&home, &server, &environment).await;
        let drawn = [QUESTION, "Twice a day", "spring", "fn tide()"];
        for (format, previewed, extension) in [
            ("PDF", &drawn[..], "pdf"),
            ("Word document (DOCX)", &drawn, "docx"),
            ("Web page", &drawn, "html"),
            ("JSON, complete", &["porthole.conversation/1", QUESTION], "json"),
        ] {
            export_as(&window, format, previewed, extension).await;
        }
        let written = files(&folder);
        let [word, page, document, pdf] = written.as_slice() else { panic!("{written:?}") };
        let (word, pdf) = (std::fs::read(word).unwrap(), std::fs::read(pdf).unwrap());
        assert!(word.starts_with(b"PK\x03\x04"), "a DOCX file is a ZIP archive");
        assert!(pdf.starts_with(b"%PDF-") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
        let page = std::fs::read_to_string(page).unwrap();
        assert!(page.contains("<strong>a day</strong>") && page.contains("<math"), "{page}");

        window.choose(&format!("More for “{QUESTION}”"), "Delete").await;
        window.press_in("nav button", "Trash").await;
        window.press(&format!("Delete “{QUESTION}” forever")).await;
        window.press_in("[role=alertdialog] button", "Delete").await;
        window.wait_for_text("nav", "The trash is empty.").await;
        window.press("Back to chats").await;
        window.wait_until_gone("nav [data-row]").await;

        std::fs::copy(document, &again).unwrap();
        open_data_settings(&window).await;
        window.press("Import…").await;
        window.wait_for_text(NOTICE, "1 chat imported").await;
        window.press("Close").await;
        window.wait_until_gone("[role=dialog]").await;
        window.wait_for_rows("nav", &[QUESTION]).await;
        window.press_in("nav [data-row] .row", QUESTION).await;
        window.wait_for_text(LAST_REPLY, "fn tide()").await;
        window.find(&format!("{LAST_REPLY} math")).await;
        window.close().await;

        let app = home.open().unwrap();
        let row = app.conversations(ConversationList::Everything, None, 1).await.unwrap().remove(0);
        let branch = app.branch(row.id).await.unwrap();
        let said: Vec<String> = branch.messages.iter().map(|message| words_of(message).1).collect();
        assert_eq!(said, [QUESTION, ANSWER]);
    })
    .await;
}

async fn open_data_settings(window: &Window) {
    window.keys(&format!("{CTRL},{NULL}")).await;
    window.press_in("[role=dialog] [role=tab]", "Data").await;
}

#[tokio::test]
async fn a_kept_folder_has_a_file_by_the_title_of_each_chat() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let (home, notes) = (Home::new(), tempfile::tempdir().unwrap());
        let environment = [("PORTHOLE_FOLDER", notes.path().to_str().unwrap())];
        let window = rich_chat(&home, &server, &environment).await;
        open_data_settings(&window).await;
        window.press("Choose folder…").await;
        window.wait_for_text("[role=dialog]", notes.path().to_str().unwrap()).await;
        wait_for_files(&window, notes.path(), &["What is a tide.md"]).await;
        window.pass_frames(4).await;
        window.shot("kept-folder").await;
        let text = std::fs::read_to_string(&files(notes.path())[0]).unwrap();
        assert!(text.contains(ANSWER), "{text}");
        window.press("Close").await;
        window.wait_until_gone("[role=dialog]").await;

        window.choose(&format!("More for “{QUESTION}”"), "Rename").await;
        window.find("nav [data-row] input:focus").await;
        // Released only where the keys end.
        window.keys(&format!("{CTRL}a{NULL}")).await;
        window.keys(&format!("Spring tides{ENTER}")).await;
        window.wait_for_rows("nav", &["Spring tides"]).await;
        wait_for_files(&window, notes.path(), &["Spring tides.md"]).await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_copied_reply_has_its_formulas_as_they_were_written() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = rich_chat(&home, &server, &[]).await;
        window.find(&format!("{LAST_REPLY} math")).await;
        let select = "document.activeElement.blur();
            getSelection().selectAllChildren(document.querySelector(arguments[0]))";
        window.script(select, vec![json!(format!("{LAST_REPLY} .blocks"))]).await;
        window.keys(&format!("{CTRL}c{NULL}")).await;
        window.find(MESSAGE).await.click().await.unwrap();
        window.keys(&format!("{CTRL}v{NULL}")).await;
        let pasted = async || {
            let script = "const said = document.querySelector(arguments[0]).value;
                return arguments[1].map(part => said.includes(part))";
            let parts =
                json!(["Twice a day, by $F = \\frac{m}{r^3}$.", "$$\\sum_{i=1}^{n} x_i$$", "fn tide()"]);
            window.script(script, vec![json!(MESSAGE), parts]).await
        };
        window.wait_for("what was pasted", &json!([true, true, true]), pasted).await;
        window.shot("copied-formulas").await;

        let more = format!("{LAST_REPLY} [aria-label^='More for this message']");
        window.find(&more).await.click().await.unwrap();
        window.press_in("[role=menuitem]", "Copy as rich text").await;
        window.wait_for_text(NOTICE, "Copied").await;
        window.close().await;
    })
    .await;
}
