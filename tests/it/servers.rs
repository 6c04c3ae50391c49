//! Adding, naming and removing servers.

use porthole_core::domain::{Code, Place, ServerKind};
use porthole_core::{ServerState, ServerToAdd};
use porthole_tests::fake_v4::{Dialect, FakeV4};
use porthole_tests::harness::{Home, app_with, ask, question};

async fn names(app: &porthole_core::App) -> Vec<String> {
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
