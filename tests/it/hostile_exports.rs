//! A conversation made to harm, in every format.

use std::io::Read as _;
use std::path::Path;

use porthole_core::domain::{ConversationId, ServerKind};
use porthole_core::secrets::Secret;
use porthole_core::{
    App, Branches, Format, HeaderEdit, KeepKey, Place, Progress, ProxyEdit, Selection, ServerEdit, Wanted,
};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question};
use serde_json::{Value, json};

#[path = "../../src-tauri/markdown/tests/markdown/attacks.rs"]
mod attacks;

use attacks::ATTACKS;

/// What no file may hold: a key, and the value of a header.
const SECRETS: [&str; 2] = ["sk-canary-0007", "tide-canary-0007"];
const FORMULAS: [&str; 8] = ["=cmd()", "+1+cmd", "@SUM(A1)", "-2+3", "\t=1", "\r=1", "＝1", "=\"a\",\"b\""];
const MARKUP: &str = "</style><script>alert(1)</script>{{7*7}}<img src=x onerror=alert(1)>\u{1}\u{8}\u{FFFE}";
const ALL: [Format; 8] = [
    Format::Json,
    Format::Markdown,
    Format::Html,
    Format::Pdf,
    Format::Docx,
    Format::Text,
    Format::Jsonl,
    Format::Csv,
];

fn attempt(model: &str) -> Value {
    json!({"state": "complete", "started_at_ms": 1_795_420_801_000_i64, "server_name": model, "asked_model": model,
           "model": model, "finish_reason": model, "notes": [], "cost": "=1", "effort": model})
}

/// A conversation in which everything a person or a model can name or say is hostile.
fn hostile(number: i64, title: &str) -> Value {
    let mut messages = Vec::new();
    let mut said: Vec<&str> = ATTACKS.to_vec();
    said.extend(FORMULAS);
    said.push(MARKUP);
    for (at, attack) in said.iter().enumerate() {
        let id = number + 1 + i64::try_from(at).unwrap();
        let mut message = json!({
            "id": id.to_string(), "role": if at % 2 == 0 { "user" } else { "assistant" }, "state": "complete",
            "created_at_ms": 1_795_420_801_000_i64,
            "parts": [
                {"kind": "thinking", "text": attack},
                {"kind": "text", "text": attack},
                {"kind": "tool_call", "data": {"id": attack, "name": attack, "arguments": attack}},
            ],
            "attempts": if at % 2 == 0 { json!([]) } else { json!([attempt(title)]) },
        });
        if at > 0 {
            message["parent"] = json!((id - 1).to_string());
        }
        messages.push(message);
    }
    let shown = number + i64::try_from(said.len()).unwrap();
    json!({
        "format": "porthole.conversation/1", "id": number.to_string(), "title": title, "titled_by": "person",
        "created_at_ms": 1_795_420_800_000_i64, "updated_at_ms": 1_795_420_900_000_i64,
        "folder": [{"name": title, "created_at_ms": 1, "settings": {}, "lock": {"lock": "off"}}],
        "tags": [title.trim()], "lock": {"lock": "off"}, "settings": {"system": MARKUP, "model": title},
        "shown": shown.to_string(), "messages": messages,
    })
}

/// An app whose server has secrets, with a chat from there.
async fn with_secrets(home: &Home, fake: &FakeV4) -> App {
    let (app, model) = app_with(home, fake, ServerKind::DeepSeek).await;
    let secret = |text: &str| Secret::new(text.to_owned());
    app.set_key(model.server, secret(SECRETS[0]), KeepKey::Keychain).await.unwrap();
    let server = app.servers().await.unwrap().into_iter().find(|server| server.id == model.server).unwrap();
    let edit = ServerEdit {
        name: server.name,
        url: server.url,
        more_urls: server.more_urls,
        idle_timeout_s: server.idle_timeout_s,
        proxy: ProxyEdit::System,
        ca_file: None,
        plain_http: false,
        headers: vec![HeaderEdit { name: "X-Team".to_owned(), value: Some(secret(SECRETS[1])) }],
    };
    app.edit_server(server.id, edit).await.unwrap();
    fake.reply(Script::answer("Twice a day."));
    ask(&app, question(None, &model, "What is a tide?")).await;
    app
}

async fn written(app: &App, what: Selection, format: Format) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let wanted = Wanted { branches: Branches::All, ..Wanted::default() };
    let place = Place::Folder(folder.path().to_owned());
    app.export(what, format, wanted, place, &Progress::default()).await.unwrap();
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        bytes.extend(if format == Format::Docx { unpacked(&path) } else { std::fs::read(&path).unwrap() });
    }
    bytes
}

fn unpacked(file: &Path) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let mut bytes = Vec::new();
    for at in 0..archive.len() {
        archive.by_index(at).unwrap().read_to_end(&mut bytes).unwrap();
    }
    bytes
}

async fn take_in(app: &App, number: i64, title: &str) -> Selection {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), hostile(number, title).to_string()).unwrap();
    app.import(file.path()).await.unwrap();
    Selection::Conversations(vec![
        serde_json::from_value::<ConversationId>(json!(number.to_string())).unwrap(),
    ])
}

/// Nothing runs, nothing is loaded, and links lead to pages and mail.
#[track_caller]
fn assert_inert(html: &str) {
    const KNOWN: &[&str] =
        &["html", "!doctype", "meta", "title", "style", "main", "article", "details", "summary"];
    const LOADS: &[&str] = &[
        "script", "iframe", "img", "svg", "object", "embed", "base", "link", "form", "video", "audio",
        "frame",
    ];
    let mut styles = 0;
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let mut words = tag.trim_start_matches('/').split_whitespace();
        let name = words.next().unwrap_or_default().to_lowercase();
        assert!(KNOWN.contains(&name.as_str()) || !LOADS.contains(&name.as_str()), "<{tag}>");
        styles += usize::from(name == "style" && !tag.starts_with('/'));
        for attribute in words.filter(|word| word.contains('=')) {
            let (attribute, value) = attribute.split_once('=').unwrap();
            let value = value.trim_matches('"').to_lowercase();
            assert!(
                !attribute.starts_with("on") && !["src", "srcdoc", "style"].contains(&attribute),
                "<{tag}>"
            );
            let leads = ["http://", "https://", "mailto:"].iter().any(|good| value.starts_with(good));
            assert!(attribute != "href" || leads, "<{tag}>");
        }
    }
    assert!(styles <= 1, "styles of a message's own");
}

#[tokio::test]
async fn nothing_of_a_page_runs_or_loads() {
    let home = Home::new();
    let app = home.open().unwrap();
    for (number, title) in (1..).zip(FORMULAS.iter().chain(ATTACKS).chain([&MARKUP]).step_by(7)) {
        let chat = take_in(&app, number * 1_000, title).await;
        let page = String::from_utf8(written(&app, chat, Format::Html).await).unwrap();
        assert!(page.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"));
        assert_inert(&page);
    }
}

/// Read by a spreadsheet: cells in quotation marks may hold line ends.
fn cells(csv: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in csv.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' | '\n' if !quoted => cells.push(String::new()),
            '\r' if !quoted => {}
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

#[tokio::test]
async fn no_cell_is_a_formula() {
    let home = Home::new();
    let app = home.open().unwrap();
    for (number, title) in (1..).zip(FORMULAS) {
        take_in(&app, number * 1_000, title).await;
    }
    let csv = String::from_utf8(written(&app, Selection::All, Format::Csv).await).unwrap();
    let cells = cells(&csv);
    assert!(cells.len() > 1_000, "{}", cells.len());
    for cell in cells {
        let begins = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']);
        assert!(!begins || cell.parse::<f64>().is_ok(), "{cell:?}");
    }
}

#[tokio::test]
async fn no_export_holds_a_secret_or_a_path() {
    let (fake, home) = (FakeV4::start().await, Home::new());
    let app = with_secrets(&home, &fake).await;
    take_in(&app, 1_000, MARKUP).await;
    let here = home.path().display().to_string();
    let program = env!("CARGO_MANIFEST_DIR");
    for format in ALL {
        let bytes = written(&app, Selection::All, format).await;
        let holds = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        assert!(!bytes.is_empty());
        for secret in SECRETS.into_iter().chain([here.as_str(), program, "X-Team"]) {
            assert!(!holds(secret), "{format:?} holds {secret}");
        }
    }
}
