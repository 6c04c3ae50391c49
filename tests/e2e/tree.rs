//! A conversation as a tree: what was asked and answered before stays, and is walked to.

use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::Home;
use serde_json::json;

use crate::steps::{ENTER, ESCAPE, MESSAGE, MODELS, UP, two_models};
use crate::window::{LAST_REPLY, Window, journey, named};

const EDITED: &str = "textarea[aria-label='Edit your message']";
const FIRST_QUESTION: &str = "[role=log] article:first-of-type";
const ALT_LEFT: &str = "\u{E00A}\u{E012}\u{E000}";
const ALT_RIGHT: &str = "\u{E00A}\u{E014}\u{E000}";

async fn open(home: &Home, server: &FakeV4) -> Window {
    let window = Window::open(home, &named(server)).await;
    window.find("textarea[aria-label=Message]:focus").await;
    window
}

#[tokio::test]
async fn a_message_is_edited_in_place_and_the_old_one_stays() {
    journey(async {
        let server = two_models().await;
        let home = Home::new();
        let window = open(&home, &server).await;
        window.converse(&server, "What colour is the sky?", "Blue.").await;

        // Escape leaves everything as it was.
        window.edit("button").await;
        window.keys(" Ever?").await;
        window.keys(ESCAPE).await;
        window.wait_until_gone(EDITED).await;
        window.wait_until_said(&["What colour is the sky?", "Blue."]).await;
        assert_eq!(server.chats().len(), 1);

        // Enter sends, from what was sent and not from what was given up.
        let field = window.edit("button").await;
        assert_eq!(field.prop("value").await.unwrap().as_deref(), Some("What colour is the sky?"));
        window.keys("\u{E010} At night?").await;
        window.shot("tree-edit").await;
        server.reply(Script::answer("Black."));
        window.keys(ENTER).await;
        window.wait_until_said(&["What colour is the sky? At night?", "Black."]).await;
        window.wait_for_end().await;
        let asked = server.wait_for_chat(1).await.json.unwrap();
        assert_eq!(asked["messages"].as_array().unwrap().len(), 1, "the old answer is not told: {asked}");

        // The old one is a step away.
        window.wait_for_text(FIRST_QUESTION, "2/2").await;
        window.press("Previous version").await;
        window.wait_until_said(&["What colour is the sky?", "Blue."]).await;
        window.wait_for_text(FIRST_QUESTION, "1/2").await;
        window.press("Next version").await;
        window.wait_until_said(&["What colour is the sky? At night?", "Black."]).await;

        // Up in the empty field edits the message that is shown; in one with words it moves the caret.
        let field = window.find(MESSAGE).await;
        field.click().await.unwrap();
        field.send_keys("half").await.unwrap();
        field.send_keys(UP).await.unwrap();
        window.pass_frames(3).await;
        let editing = "return document.querySelector(arguments[0]) !== null";
        assert_eq!(window.script(editing, vec![json!(EDITED)]).await, false, "a draft keeps its keys");
        field.send_keys("\u{E009}a\u{E000}\u{E003}").await.unwrap();
        field.send_keys(UP).await.unwrap();
        let edited = window.find("textarea[aria-label='Edit your message']:focus").await;
        let text = edited.prop("value").await.unwrap();
        assert_eq!(text.as_deref(), Some("What colour is the sky? At night?"));
        window.keys(ESCAPE).await;
        window.find("textarea[aria-label=Message]:focus").await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_reply_is_asked_for_again_of_another_model_and_with_another_effort() {
    journey(async {
        let server = two_models().await;
        let home = Home::new();
        let window = open(&home, &server).await;
        window.converse(&server, "What colour is the sky?", "Blue.").await;
        let first = server.wait_for_chat(0).await.json.unwrap();
        assert_eq!((&first["model"], first.get("reasoning_effort")), (&json!(MODELS[0]), None));

        server.reply(Script::answer("Azure."));
        window.press("Regenerate with…").await;
        window.find("[role=menu][aria-label='Regenerate with another model or effort']").await;
        window.shot("tree-regenerate-menu").await;
        window.press_in("[role=menuitem]", "With ada-large · Fake").await;
        window.wait_until_said(&["What colour is the sky?", "Azure."]).await;
        window.wait_for_end().await;
        window.wait_for_text(LAST_REPLY, "2/2").await;
        window.wait_for_text(LAST_REPLY, MODELS[1]).await;
        assert_eq!(server.wait_for_chat(1).await.json.unwrap()["model"], MODELS[1]);

        server.reply(Script::answer("Cerulean."));
        window.choose("Regenerate with…", "Effort Low").await;
        window.wait_until_said(&["What colour is the sky?", "Cerulean."]).await;
        window.wait_for_end().await;
        window.wait_for_text(LAST_REPLY, "3/3").await;
        let asked = server.wait_for_chat(2).await.json.unwrap();
        assert_eq!(asked["reasoning_effort"], "low", "{asked}");

        // It was for that one reply: what is asked next is asked as before.
        window.converse(&server, "And the sea?", "Green.").await;
        let asked = server.wait_for_chat(3).await.json.unwrap();
        assert_eq!((&asked["model"], asked.get("reasoning_effort")), (&json!(MODELS[0]), None), "{asked}");
        assert_eq!(asked["messages"][1]["content"], "Cerulean.", "the branch that is shown is told");
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn each_fork_remembers_the_branch_last_looked_at() {
    journey(async {
        let server = two_models().await;
        let home = Home::new();
        let window = open(&home, &server).await;
        window.converse(&server, "One?", "Eins.").await;
        window.converse(&server, "Two?", "Zwei.").await;
        server.reply(Script::answer("Deux."));
        window.keys("\u{E009}r\u{E000}").await;
        window.wait_until_said(&["One?", "Eins.", "Two?", "Deux."]).await;
        window.wait_for_end().await;

        // The keys walk the last fork, from the message field too.
        window.keys(ALT_LEFT).await;
        window.wait_until_said(&["One?", "Eins.", "Two?", "Zwei."]).await;
        window.keys(ALT_RIGHT).await;
        window.wait_until_said(&["One?", "Eins.", "Two?", "Deux."]).await;
        window.keys(ALT_LEFT).await;
        window.wait_until_said(&["One?", "Eins.", "Two?", "Zwei."]).await;

        // Another first question: the fork below the old one keeps its place.
        server.reply(Script::answer("Moin."));
        window.edit("[role=log] article:first-of-type button").await;
        window.keys("\u{E010} Hello?").await;
        window.keys(ENTER).await;
        window.wait_until_said(&["One? Hello?", "Moin."]).await;
        window.wait_for_end().await;
        window.press("Previous version").await;
        window.wait_until_said(&["One?", "Eins.", "Two?", "Zwei."]).await;
        window.press_in("[role=log] article:last-of-type button", "Next version").await;
        window.wait_until_said(&["One?", "Eins.", "Two?", "Deux."]).await;
        window.press_in("[role=log] article:first-of-type button", "Next version").await;
        window.wait_until_said(&["One? Hello?", "Moin."]).await;
        window.press_in("[role=log] article:first-of-type button", "Previous version").await;
        window.wait_until_said(&["One?", "Eins.", "Two?", "Deux."]).await;

        window.close().await;
        let window = open(&home, &server).await;
        window.wait_until_said(&["One?", "Eins.", "Two?", "Deux."]).await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_chat_is_forked_and_goes_its_own_way() {
    journey(async {
        let server = two_models().await;
        server.title(Script::answer("Numbers"));
        let home = Home::new();
        let window = open(&home, &server).await;
        window.resize(1180, 780).await;
        window.converse(&server, "One?", "Eins.").await;
        window.converse(&server, "Two?", "Zwei.").await;
        window.wait_for_rows("nav", &["Numbers"]).await;
        window
            .press_in("[role=log] article:nth-of-type(2) button", "More for this message of ada-small")
            .await;
        window.find("[role=menu]").await;
        window.shot("tree-turn-menu").await;
        window.press_in("[role=menuitem]", "Fork from here").await;
        window.wait_until_said(&["One?", "Eins."]).await;
        window.converse(&server, "Three?", "Drei.").await;
        window.wait_until_said(&["One?", "Eins.", "Three?", "Drei."]).await;
        let told = server.wait_for_chat(2).await.json.unwrap();
        assert_eq!(told["messages"].as_array().unwrap().len(), 3, "{told}");
        window.wait_for_rows("nav", &["Numbers (2)", "Numbers"]).await;
        window.shot("tree-forked").await;

        // The one it came from is as it was.
        window.keys("\u{E009}\u{E015}\u{E000}").await;
        window.wait_until_said(&["One?", "Eins.", "Two?", "Zwei."]).await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_version_is_deleted_and_comes_back() {
    journey(async {
        let server = two_models().await;
        let home = Home::new();
        let window = open(&home, &server).await;
        window.converse(&server, "One?", "Eins.").await;
        server.reply(Script::answer("Un."));
        window.press("Regenerate").await;
        window.wait_until_said(&["One?", "Un."]).await;
        window.wait_for_end().await;
        window.converse(&server, "Two?", "Deux.").await;

        let first_reply = "[role=log] article:nth-of-type(2) button";
        window.press_in(first_reply, "More for this message of ada-small").await;
        window.press_in("[role=menuitem]", "Delete this version").await;
        window.wait_until_said(&["One?", "Eins."]).await;
        assert!(!window.text(LAST_REPLY).await.contains("/2"), "there is one version now");
        window.undo("Version deleted").await;
        window.wait_until_said(&["One?", "Un.", "Two?", "Deux."]).await;
        window.wait_for_text("[role=log] article:nth-of-type(2)", "2/2").await;

        // What is all there is cannot go this way.
        window.press_in("[role=log] article:first-of-type button", "More for this message of You").await;
        window.press_in("[role=menuitem]", "Delete this version").await;
        window.wait_for_text("[role=status]:has([role=group])", "This is the whole chat").await;
        window.wait_until_said(&["One?", "Un.", "Two?", "Deux."]).await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_map_leads_to_every_branch() {
    journey(async {
        let server = two_models().await;
        let home = Home::new();
        let window = open(&home, &server).await;
        window.resize(1180, 900).await;
        window.converse(&server, "One?", "Eins.").await;
        window.keys("\u{E009}i\u{E000}").await;
        window.find("aside").await;
        assert!(!window.text("aside").await.contains("Branches"), "one branch needs no map");
        for answer in ["Un.", "Uno."] {
            server.reply(Script::answer(answer));
            window.press("Regenerate").await;
            window.wait_until_said(&["One?", answer]).await;
            window.wait_for_end().await;
        }
        window.converse(&server, "Two?", "Dos.").await;
        server.reply(Script::answer("Due."));
        window.keys("\u{E009}r\u{E000}").await;
        window.wait_until_said(&["One?", "Uno.", "Two?", "Due."]).await;
        window.wait_for_end().await;

        let map = "section[aria-label=Branches]";
        let names = "return [...document.querySelectorAll('section[aria-label=Branches] button')]
            .map(b => [b.getAttribute('aria-label'), b.getAttribute('aria-pressed') === 'true'])";
        let shown = json!([
            ["Branch: One?", true],
            ["Branch: Eins.", false],
            ["Branch: Un.", false],
            ["Branch: Uno.", true],
            ["Branch: Dos.", false],
            ["Branch: Due.", true],
        ]);
        window.wait_for("the map", &shown, async || window.script(names, Vec::new()).await).await;
        window.shot("tree-map").await;

        window.press_in(&format!("{map} button"), "Branch: Eins.").await;
        window.wait_until_said(&["One?", "Eins."]).await;
        window.find(&format!("{map} button[aria-label='Branch: Eins.'][aria-pressed=true]")).await;
        // By keys: a stretch in which there is a fork leads to the branch last looked at below it.
        let focus = "document.querySelector(\"section[aria-label=Branches] button[aria-label='Branch: Un.']\").focus()";
        window.script(focus, Vec::new()).await;
        window.keys(ENTER).await;
        window.wait_until_said(&["One?", "Un."]).await;
        let focused = "return document.activeElement.getAttribute('aria-label')";
        window.wait_for("the focus", &json!("Branch: Un."), async || window.script(focused, Vec::new()).await).await;
        window.keys("\u{E004}").await;
        window.wait_for("the focus", &json!("Branch: Uno."), async || window.script(focused, Vec::new()).await).await;
        window.keys(" ").await;
        window.wait_until_said(&["One?", "Uno.", "Two?", "Due."]).await;
        window.close().await;
    })
    .await;
}
