//! The list put in order: folders with what their chats begin with, and folders in them.

use porthole_tests::fake_v4::Script;
use serde_json::{Value, json};

use crate::steps::{MODELS, seeded, two_models};
use crate::window::{Window, journey};

const RESEARCH: &str = "nav [role=group][aria-label=Research]";
const TIDES: &str = "nav [role=group][aria-label=Tides]";
const SYSTEM: &str = "Answer in one word.";

/// What a question was sent with: model, system message, effort.
fn begun(asked: &Value) -> Value {
    json!([asked["model"], asked["messages"][0]["content"], asked["reasoning_effort"]])
}

#[tokio::test]
async fn chats_begin_as_their_folder_says() {
    journey(async {
        let server = two_models().await;
        let home = seeded(&server, &["What is a tide?"]).await;
        let window = Window::open(&home, "").await;
        window.resize(1180, 900).await;
        window.wait_for_rows("nav", &["What is a tide?"]).await;

        // A folder needs a name.
        window.press("New folder").await;
        window.find("[role=dialog] input:focus").await;
        window.press("Make folder").await;
        window.wait_for_text("[role=dialog]", "Give it a name").await;
        window.fill("Folder name", "Research").await;
        window.fill("System message", SYSTEM).await;
        window.select("Model", "ada-large · Fake").await;
        window.select("Thinking effort", "High").await;
        window.press_in("[role=dialog] [role=radiogroup] label", "This computer").await;
        window.shot("order-folder-dialog").await;
        window.press("Make folder").await;
        window.wait_until_gone("[role=dialog]").await;
        window.wait_for_text(RESEARCH, "No chat in it yet.").await;

        // What is asked there goes out with all of it, and the lock is seen before.
        let all = json!([MODELS[1], SYSTEM, "high"]);
        window.choose("More for folder “Research”", "New chat here").await;
        window.wait_for_text("header", "Locked to this computer").await;
        window.converse(&server, "Why?", "Gravity.").await;
        assert_eq!(begun(&server.wait_for_chat(1).await.json.unwrap()), all);
        window.wait_for_rows(RESEARCH, &["Why?"]).await;

        // A folder in it that says nothing of its own hands on what is around it.
        window.choose("More for folder “Research”", "New folder here").await;
        window.fill("Folder name", "Tides").await;
        window.wait_for_text("[role=dialog]", "its lock holds too").await;
        window.shot("order-inner-folder-dialog").await;
        window.press("Make folder").await;
        window.wait_until_gone("[role=dialog]").await;
        window.choose("More for folder “Tides”", "New chat here").await;
        window.wait_for_text("header", "Locked to this computer").await;
        window.converse(&server, "When?", "Twice.").await;
        assert_eq!(begun(&server.wait_for_chat(2).await.json.unwrap()), all);
        window.wait_for_rows(TIDES, &["When?"]).await;

        // One that says something keeps the rest.
        window.choose("More for folder “Tides”", "Folder settings…").await;
        window.select("Thinking effort", "Low").await;
        window.press("Save").await;
        window.wait_until_gone("[role=dialog]").await;
        window.choose("More for folder “Tides”", "New chat here").await;
        window.converse(&server, "How high?", "Metres.").await;
        let asked = server.wait_for_chat(3).await.json.unwrap();
        assert_eq!(begun(&asked), json!([MODELS[1], SYSTEM, "low"]));
        window.wait_for_rows(TIDES, &["How high?", "When?"]).await;
        window.shot("order-nested").await;

        // A chat in no folder begins with none of it.
        window.press("New chat").await;
        window.find("header button[aria-label^='Lock: Off']").await;
        server.reply(Script::answer("Yes."));
        window.ask("Is it plain?").await;
        let asked = server.wait_for_chat(4).await.json.unwrap();
        assert_eq!((&asked["messages"][0]["role"], asked.get("reasoning_effort")), (&json!("user"), None));
        window.wait_for_end().await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn chats_move_between_folders_and_outlive_them() {
    journey(async {
        let server = two_models().await;
        let home = seeded(&server, &["First?", "Second?", "Third?"]).await;
        let window = Window::open(&home, "").await;
        window.resize(1180, 900).await;
        window.press("New folder").await;
        window.fill("Folder name", "Research").await;
        window.press("Make folder").await;
        window.wait_until_gone("[role=dialog]").await;
        window.choose("More for folder “Research”", "New folder here").await;
        window.fill("Folder name", "Tides").await;
        window.press("Make folder").await;
        window.wait_until_gone("[role=dialog]").await;

        for (title, folder) in [("First?", "Research / Tides"), ("Second?", "Research")] {
            window.press(&format!("More for “{title}”")).await;
            window.press_in("[role=menuitem]", "Move to folder…").await;
            window.find("[role=menu][aria-label='Move to folder…'] [role=menuitem]").await;
            window.shot("order-move").await;
            window.press_in("[role=menuitem]", folder).await;
        }
        window.wait_for_rows(TIDES, &["First?"]).await;
        window.wait_for_rows(RESEARCH, &["First?", "Second?"]).await;
        window.wait_for_rows("nav [data-folder='']", &["Third?"]).await;
        window.undo("“Second?” moved to Research").await;
        window.wait_for_rows("nav [data-folder='']", &["Third?", "Second?"]).await;

        // Folded, what is in it is out of the way, and unfolded it is as it was.
        let head =
            |name: &str| format!("nav .folder:has([aria-label='More for folder “{name}”']) [aria-expanded]");
        window.find(&format!("{}[aria-expanded=true]", head("Research"))).await.click().await.unwrap();
        window.wait_until_gone(RESEARCH).await;
        window.wait_for_rows("nav", &["Third?", "Second?"]).await;
        window.find(&format!("{}[aria-expanded=false]", head("Research"))).await.click().await.unwrap();
        window.wait_for_rows(TIDES, &["First?"]).await;

        // A deleted folder leaves what was in it, and comes back around it, open as it was.
        window.choose("More for folder “Research”", "Delete folder").await;
        window.wait_until_gone(RESEARCH).await;
        window.wait_for_rows(TIDES, &["First?"]).await;
        window.undo("Folder Research deleted").await;
        window.find(&format!("{RESEARCH} {}", &TIDES[4..])).await;
        window.wait_for_rows(RESEARCH, &["First?"]).await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_is_being_made_outlives_the_list_beside_it() {
    journey(async {
        let server = two_models().await;
        let home = seeded(&server, &["What is a tide?"]).await;
        let window = Window::open(&home, "").await;
        window.resize(1180, 780).await;
        window.press("New folder").await;
        window.fill("Folder name", "Research").await;
        // The list goes when the window becomes narrow, and what was written stays.
        window.resize(480, 780).await;
        window.wait_until_gone("nav").await;
        window.fill("System message", SYSTEM).await;
        window.shot("order-narrow-dialog").await;
        window.press("Make folder").await;
        window.wait_until_gone("[role=dialog]").await;

        window.press("Show chats").await;
        window.wait_for_text("nav", "Research").await;
        window.choose("More for folder “Research”", "New folder here").await;
        window.fill("Folder name", "Tides").await;
        window.press("Make folder").await;
        window.wait_until_gone("[role=dialog]").await;
        window.wait_for_text(RESEARCH, "Tides").await;
        window.choose("More for folder “Tides”", "New chat here").await;
        window.converse(&server, "Why?", "Gravity.").await;
        let asked = server.wait_for_chat(1).await.json.unwrap();
        assert_eq!(asked["messages"][0]["content"], SYSTEM);
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_chat_is_dragged_into_a_folder_and_out_of_it() {
    journey(async {
        let server = two_models().await;
        let home = seeded(&server, &["First?", "Second?"]).await;
        let window = Window::open(&home, "").await;
        window.resize(1180, 900).await;
        window.press("New folder").await;
        window.fill("Folder name", "Research").await;
        window.press("Make folder").await;
        window.wait_until_gone("[role=dialog]").await;
        window.wait_for_text(RESEARCH, "No chat in it yet.").await;

        window.drag("First?", RESEARCH).await;
        window.wait_for_rows(RESEARCH, &["First?"]).await;
        window.wait_for_rows("nav [data-folder='']", &["Second?"]).await;
        window.drag("First?", "nav [data-folder='']").await;
        window.wait_for_rows("nav [data-folder='']", &["Second?", "First?"]).await;
        window.undo("“First?” moved out of its folder").await;
        window.wait_for_rows(RESEARCH, &["First?"]).await;
        window.close().await;
    })
    .await;
}
