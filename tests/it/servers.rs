//! Adding, naming and removing servers.

use porthole_core::clock::Clock;
use porthole_core::domain::{Code, Failure, ModelChoice, Place, ServerKind};
use porthole_core::secrets::{Keys, Secret};
use porthole_core::{
    App, HeaderEdit, KeepKey, KeyCheck, KeyState, NamedServer, Options, ProxyEdit, Server, ServerEdit,
    ServerState, ServerToAdd,
};
use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question};
use url::Url;

async fn names(app: &App) -> Vec<String> {
    app.servers().await.unwrap().into_iter().map(|server| server.name).collect()
}

fn to_add(name: &str, url: &str) -> ServerToAdd {
    ServerToAdd::new(name, url, ServerKind::OpenAi)
}

#[tokio::test]
async fn an_added_server_is_checked_at_once_and_stays() {
    let fake = FakeV4::start_as(Dialect::Vllm).await;
    let home = Home::new();
    let app = home.open().unwrap();
    let server = app.add_server(to_add("rack", &format!("{}/v1", fake.url()))).await.unwrap();
    assert_eq!(server.state, ServerState::Ready);
    assert_eq!(server.place, Place::ThisComputer);
    assert!(!server.models.is_empty());
    let taken = app.add_server(to_add("Rack", "http://127.0.0.1:9")).await.err().unwrap();
    assert_eq!(taken.code, Code::InvalidRequest);
    drop(app);
    let app = home.open().unwrap();
    assert_eq!(names(&app).await, ["DeepSeek", "rack"]);
    app.remove_server(server.id).await.unwrap();
    assert_eq!(names(&app).await, ["DeepSeek"], "it is there from the start");
    app.add_server(to_add("rack", &fake.url())).await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_kept_and_says_why() {
    let home = Home::new();
    let app = home.open().unwrap();
    let server = app.add_server(to_add("later", "http://127.0.0.1:9/v1")).await.unwrap();
    assert!(
        matches!(&server.state, ServerState::Unreachable { failure } if failure.code == Code::Unreachable)
    );
    assert_eq!(names(&app).await, ["DeepSeek", "later"]);
}

#[tokio::test]
async fn a_model_is_found_by_its_name() {
    let fake = FakeV4::start_as(Dialect::Vllm).await;
    let home = Home::new();
    let app = home.open().unwrap();
    let server = app.add_server(to_add("rack", &format!("{}/v1", fake.url()))).await.unwrap();
    let wanted = server.models[0].id.clone();
    assert_eq!(app.resolve(Some("RACK"), None).await.unwrap().model, wanted);
    assert_eq!(app.resolve(Some("rack"), Some("anything")).await.unwrap().model, "anything");
    assert_eq!(app.resolve(None, Some(&wanted)).await.unwrap().server, server.id);
    assert_eq!(app.resolve(Some("nobody"), None).await.err().unwrap().code, Code::NotFound);
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_was_removed() {
    let fake = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &fake, ServerKind::DeepSeek).await;
    let reply = ask(&app, question(None, &model, "one")).await;
    app.remove_server(model.server).await.unwrap();
    let sent = app.ask(question(Some(reply.conversation), &model, "two")).await;
    assert_eq!(sent.err().unwrap().code, Code::NoModel);
    assert_eq!(app.regenerate(reply.id, None, None).await.err().unwrap().code, Code::NoModel);
    assert_eq!(
        app.branch(reply.conversation).await.unwrap().messages.len(),
        2,
        "the words stay with their writer"
    );
    assert_eq!(fake.chats().len(), 1);
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn edit_of(server: &Server, headers: &[(&str, Option<&str>)]) -> ServerEdit {
    let header = |(name, value): &(&str, Option<&str>)| HeaderEdit {
        name: (*name).to_owned(),
        value: value.map(secret),
    };
    ServerEdit {
        name: server.name.clone(),
        url: server.url.clone(),
        more_urls: server.more_urls.clone(),
        idle_timeout_s: server.idle_timeout_s,
        proxy: ProxyEdit::System,
        ca_file: None,
        plain_http: false,
        headers: headers.iter().map(header).collect(),
    }
}

/// A server with a key and a header, and its model.
async fn with_secrets(home: &Home, fake: &FakeV4) -> (App, Server) {
    let (app, model) = app_with(home, fake, ServerKind::OpenAi).await;
    app.set_key(model.server, secret("sk-canary-0001"), KeepKey::Keychain).await.unwrap();
    let server = known(&app, "fake").await;
    let edit = ServerEdit { name: "rack".to_owned(), ..edit_of(&server, &[("X-Team", Some("tide"))]) };
    let server = app.edit_server(server.id, edit).await.unwrap();
    (app, server)
}

async fn known(app: &App, name: &str) -> Server {
    app.servers().await.unwrap().into_iter().find(|server| server.name == name).unwrap()
}

/// Key and header of the next question to the server.
async fn sent(app: &App, fake: &FakeV4, server: &Server) -> (Option<String>, Option<String>) {
    let before = fake.requests().len();
    let model = ModelChoice { server: server.id, model: "m".to_owned() };
    ask(app, question(None, &model, "Hello?")).await;
    let requests = fake.requests();
    let asked = requests[before..].iter().find(|request| request.is_chat()).unwrap();
    let header = |name| asked.header(name).map(str::to_owned);
    (header("authorization"), header("x-team"))
}

fn both() -> (Option<String>, Option<String>) {
    (Some("Bearer sk-canary-0001".to_owned()), Some("tide".to_owned()))
}

fn code<T>(answer: Result<T, Failure>) -> Option<Code> {
    answer.err().map(|error| error.code)
}

#[tokio::test]
async fn a_header_whose_name_changes_only_its_case_keeps_its_value() {
    let fake = FakeV4::start().await;
    let home = Home::new();
    let (app, server) = with_secrets(&home, &fake).await;
    let edited = app.edit_server(server.id, edit_of(&server, &[("x-TEAM", None)])).await.unwrap();
    assert_eq!(edited.network.headers[0].name, "x-TEAM");
    assert_eq!(sent(&app, &fake, &server).await, both());
    let twice = edit_of(&server, &[("X-Team", None), ("x-team", Some("ebb"))]);
    assert_eq!(
        code(app.edit_server(server.id, twice).await),
        Some(Code::InvalidRequest),
        "they share one value"
    );
    let without = app.edit_server(server.id, edit_of(&server, &[])).await.unwrap();
    assert!(without.network.headers.is_empty());
    app.edit_server(server.id, edit_of(&server, &[("X-Team", None)])).await.unwrap();
    assert_eq!(sent(&app, &fake, &server).await.1, None, "what is removed is gone");
}

#[tokio::test]
async fn an_edit_that_is_refused_changes_nothing() {
    let fake = FakeV4::start().await;
    let home = Home::new();
    let (app, server) = with_secrets(&home, &fake).await;
    app.add_server(to_add("other", &fake.url())).await.unwrap();
    let changed = || edit_of(&server, &[("X-Team", Some("ebb")), ("X-New", Some("new"))]);
    let removed = || edit_of(&server, &[]);
    let proxy =
        |url: &str| ProxyEdit::Own { url: url.to_owned(), user: None, password: Some(secret("pass")) };
    for (edit, refused, why) in [
        (ServerEdit { name: " ".to_owned(), ..changed() }, Code::InvalidRequest, "no name"),
        (ServerEdit { name: "OTHER".to_owned(), ..changed() }, Code::InvalidRequest, "a name that is taken"),
        (ServerEdit { name: "other".to_owned(), ..removed() }, Code::InvalidRequest, "and without headers"),
        (ServerEdit { url: "http://".to_owned(), ..changed() }, Code::InvalidRequest, "no address"),
        (ServerEdit { proxy: proxy("ftp://proxy"), ..changed() }, Code::InvalidRequest, "no proxy"),
        (edit_of(&server, &[("X-Team", Some("ebb")), ("Host", Some("x"))]), Code::InvalidRequest, "a header"),
        (edit_of(&server, &[("X-Team", Some("ebb")), ("X-Empty", Some(""))]), Code::NoKeychain, "no value"),
    ] {
        assert_eq!(code(app.edit_server(server.id, edit).await), Some(refused), "{why}");
        let now = known(&app, "rack").await;
        assert_eq!((now.url, now.network), (server.url.clone(), server.network.clone()), "{why}");
        assert_eq!(sent(&app, &fake, &server).await, both(), "{why}");
    }
    drop(app);
    let app = home.open().unwrap();
    assert_eq!(sent(&app, &fake, &server).await, both(), "nor at the next start");
}

#[tokio::test]
async fn a_removed_server_comes_back_with_its_key_and_its_conversations() {
    let fake = FakeV4::start().await;
    let home = Home::new();
    let (app, server) = with_secrets(&home, &fake).await;
    let model = ModelChoice { server: server.id, model: "m".to_owned() };
    let reply = ask(&app, question(None, &model, "one")).await;
    app.remove_server(server.id).await.unwrap();
    app.forget_long_removed().await.unwrap();
    assert_eq!(names(&app).await, ["DeepSeek"]);
    let back = app.restore_server(server.id).await.unwrap();
    assert_eq!(
        (back.id, back.key.state, back.network.clone()),
        (server.id, KeyState::Keychain, server.network.clone())
    );
    assert_eq!(sent(&app, &fake, &server).await, both());
    ask(&app, question(Some(reply.conversation), &model, "two")).await;
    app.forget_removed(server.id).await.unwrap();
    assert_eq!(sent(&app, &fake, &server).await, both(), "one that came back is not forgotten");
    assert_eq!(code(app.restore_server(server.id).await), Some(Code::NotFound), "it is there");
    app.remove_server(server.id).await.unwrap();
    app.add_server(to_add("rack", &fake.url())).await.unwrap();
    assert_eq!(app.restore_server(server.id).await.unwrap().name, "rack 2", "its name was taken meanwhile");
}

#[tokio::test]
async fn the_secrets_of_a_removed_server_go_when_there_is_no_way_back() {
    let fake = FakeV4::start().await;
    let home = Home::new();
    let (app, server) = with_secrets(&home, &fake).await;
    app.remove_server(server.id).await.unwrap();
    app.forget_removed(server.id).await.unwrap();
    let back = app.restore_server(server.id).await.unwrap();
    assert_eq!((back.key.state, back.network.headers.len()), (KeyState::Missing, 0));
    assert_eq!(sent(&app, &fake, &server).await, (None, None));
}

#[tokio::test]
async fn a_program_that_ends_before_the_way_back_leaves_the_secrets_to_the_next() {
    let fake = FakeV4::start().await;
    let home = Home::new();
    let (app, server) = with_secrets(&home, &fake).await;
    app.remove_server(server.id).await.unwrap();
    drop(app);
    home.pass(61_000);
    let app = home.open().unwrap();
    app.forget_long_removed().await.unwrap();
    let back = app.restore_server(server.id).await.unwrap();
    assert_eq!((back.key.state, back.network.headers.len()), (KeyState::Missing, 0));
}

#[tokio::test]
async fn looking_at_a_provider_does_not_add_it() {
    let home = Home::new();
    for arguments in
        [&["keys", "status", "OpenAI"], &["keys", "delete", "openai"], &["servers", "edit", "OpenAI"]]
    {
        let output = home.cli().arg("--json").args(*arguments).output().await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["code"], "not_found");
        assert!(told["message"].as_str().unwrap().contains("`keys set OpenAI` adds it"), "{told}");
    }
    let app = home.open().unwrap();
    assert_eq!(code(app.server_named("OpenAI").await), Some(Code::NotFound));
    assert_eq!(code(app.resolve(Some("OpenAI"), Some("gpt-5")).await), Some(Code::NotFound));
    assert_eq!(names(&app).await, ["DeepSeek"]);
}

#[tokio::test]
async fn a_key_that_could_not_be_checked_is_kept_and_not_called_accepted() {
    let fake = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &fake, ServerKind::OpenAi).await;
    let checked = app.set_key(model.server, secret("sk-1"), KeepKey::ThisRun).await.unwrap();
    assert_eq!(checked.key.check, Some(KeyCheck::Accepted));
    let silent = app.add_server(to_add("later", "http://127.0.0.1:9/v1")).await.unwrap();
    assert_eq!(silent.key.check, None, "there is no key");
    let kept = app.set_key(silent.id, secret("sk-2"), KeepKey::Keychain).await.unwrap();
    assert_eq!((kept.key.state, kept.key.check), (KeyState::Keychain, Some(KeyCheck::Unchecked)));
    drop(app);
    let app = home.open().unwrap();
    assert_eq!(known(&app, "later").await.key.check, None, "it was not asked in this run");
}

#[tokio::test]
async fn the_command_line_says_once_what_is_wrong_with_a_catalogue() {
    let home = Home::new();
    std::fs::write(home.path().join("catalogue.json"), "{").unwrap();
    for json in [true, false] {
        let mut command = home.cli();
        if json {
            command.arg("--json");
        }
        let output = command.args(["keys", "status"]).output().await.unwrap();
        let (said, told) =
            (String::from_utf8(output.stderr).unwrap(), String::from_utf8(output.stdout).unwrap());
        assert_eq!(said.matches("catalogue.json cannot be used").count(), 1, "{said}");
        assert!(output.status.success() && !told.contains("catalogue"), "{told}");
    }
}

fn options(home: &Home, keys: Keys) -> Options {
    Options { folder: home.path().to_owned(), clock: Clock::system(), keys, named_servers: Vec::new() }
}

#[tokio::test]
async fn looking_asks_a_closed_keychain_once_and_a_person_asks_it_again() {
    let fake = FakeV4::start().await;
    let home = Home::new();
    drop(with_secrets(&home, &fake).await);
    let keys = Keys::without_keychain();
    let app = App::open(options(&home, keys.clone())).unwrap();
    for _ in 0..3 {
        app.servers().await.unwrap();
        app.look_for_servers().await.unwrap();
    }
    assert_eq!(keys.times_asked(), 1);
    let server = known(&app, "rack").await;
    assert!(
        matches!(&server.state, ServerState::Unreachable { failure } if failure.code == Code::NoKeychain),
        "it says why it cannot be asked"
    );
    app.find_servers().await.unwrap();
    assert_eq!(keys.times_asked(), 2);
}

/// The state of the history's files, to see whether something was written.
fn written(home: &Home) -> Vec<(std::ffi::OsString, u64, Option<std::time::SystemTime>)> {
    let mut files: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_string_lossy().ends_with("-wal"))
        .map(|entry| {
            (entry.file_name(), entry.metadata().unwrap().len(), entry.metadata().unwrap().modified().ok())
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "the history keeps a journal");
    files
}

#[tokio::test]
async fn looking_again_writes_nothing_where_nothing_changed() {
    let fake = FakeV4::start_as(Dialect::Vllm).await;
    let home = Home::new();
    let named = vec![NamedServer { name: "near".to_owned(), url: Url::parse(&fake.url()).unwrap() }];
    let app = App::open(Options { named_servers: named, ..options(&home, Keys::in_memory()) }).unwrap();
    assert!(app.look_for_servers().await.unwrap().iter().any(|server| server.found && server.name == "near"));
    let before = written(&home);
    let mut changes = app.changes();
    app.look_for_servers().await.unwrap();
    assert_eq!(written(&home), before);
    assert!(changes.try_recv().is_err(), "and nobody is told of a change");
}

/// A report is safe to send to others.
#[tokio::test]
async fn a_diagnosis_tells_nothing_of_a_person() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    app.find_servers().await.unwrap();
    server.reply(Script::answer("A secret answer."));
    ask(&app, question(None, &model, "A secret question")).await;
    let told = app.diagnosis().await.unwrap();
    let own = [home.path().to_str().unwrap(), &server.url(), "127.0.0.1", "sk-", "secret", "fake"];
    assert_eq!(
        own.iter().filter(|own| told.contains(**own)).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "{told}"
    );
    assert!(told.contains("deepseek on this computer: 3 models"), "{told}");
}
