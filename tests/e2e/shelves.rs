//! Chats tagged, pinned, archived and thrown away: one at a time, and many at once.

use fantoccini::Locator;
use serde_json::{Value, json};

use crate::steps::{CTRL, ENTER, ESCAPE, SHIFT, seeded, two_models};
use crate::window::{Window, journey};

const PINNED: &str = "nav [aria-labelledby=group-pinned]";

/// The titles of the chats in which the search has found something.
async fn hits(window: &Window) -> Value {
    let script = "const found = document.querySelectorAll('nav [aria-label=Results] .title');
        return [...new Set([...found].map(title => title.innerText))]";
    window.script(script, Vec::new()).await
}

#[tokio::test]
async fn a_tagged_chat_is_found_and_a_pinned_one_comes_first() {
    journey(async {
        let server = two_models().await;
        let home = seeded(&server, &["First?", "Second?", "Third?"]).await;
        let window = Window::open(&home, "").await;
        window.resize(1180, 900).await;
        window.press("Second?").await;
        window.wait_until_said(&["Second?", "It depends."]).await;
        window.press("Show chat settings").await;
        window.fill("Tags", "sea").await;
        window.keys(ENTER).await;
        window.button("Remove tag sea").await;
        let search = window.find("nav [data-search]").await;
        search.send_keys("tag:sea").await.unwrap();
        window.wait_for("what is found", &json!(["Second?"]), async || hits(&window).await).await;
        search.send_keys(ESCAPE).await.unwrap();
        window.wait_for_rows("nav", &["Third?", "Second?", "First?"]).await;

        // Without the tag it is not found by it.
        window.press("Remove tag sea").await;
        window.wait_until_gone("button[aria-label='Remove tag sea']").await;
        search.send_keys("tag:sea").await.unwrap();
        window.wait_for_text("nav", "Nothing found").await;
        search.send_keys(ESCAPE).await.unwrap();

        window.choose("More for “First?”", "Pin").await;
        window.wait_for_rows(PINNED, &["First?"]).await;
        window.wait_for_rows("nav", &["First?", "Third?", "Second?"]).await;
        window.choose("More for “First?”", "Unpin").await;
        window.wait_for_rows("nav", &["Third?", "Second?", "First?"]).await;
        window.undo("“First?” unpinned").await;
        window.wait_for_rows(PINNED, &["First?"]).await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_archive_keeps_chats_out_of_the_way() {
    journey(async {
        let server = two_models().await;
        let home = seeded(&server, &["First?", "Second?"]).await;
        let window = Window::open(&home, "").await;
        window.resize(1180, 900).await;
        window.choose("More for “First?”", "Archive").await;
        window.wait_for_rows("nav", &["Second?"]).await;
        window.find("nav [data-search]").await.send_keys("First").await.unwrap();
        window.wait_for_text("nav [aria-label=Results]", "archived").await;
        window.find("nav [data-search]").await.send_keys(ESCAPE).await.unwrap();

        window.press_in("nav button", "Archive").await;
        window.press_in("nav ul button", "First?").await;
        window.wait_until_said(&["First?", "It depends."]).await;
        window.wait_for_text("main", "This chat is archived.").await;
        window.shot("shelves-archive").await;
        window.press("Move “First?” out of the archive").await;
        window.wait_for_text("nav", "Nothing is archived.").await;
        window.press("Back to chats").await;
        window.wait_for_rows("nav", &["Second?", "First?"]).await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_trash_gives_back_until_it_is_emptied() {
    journey(async {
        let server = two_models().await;
        let home = seeded(&server, &["First?", "Second?", "Third?", "Fourth?"]).await;
        let window = Window::open(&home, "").await;
        window.resize(1180, 900).await;
        for title in ["First?", "Second?", "Third?"] {
            window.choose(&format!("More for “{title}”"), "Delete").await;
            window.wait_until_gone(&format!("nav [aria-label='More for “{title}”']")).await;
        }
        window.press_in("nav button", "Trash").await;
        window.press("Restore “Second?”").await;
        window.wait_until_gone("nav [aria-label='Restore “Second?”']").await;

        // Deleting for good asks first, and not doing it is the easier answer.
        window.press("Delete “First?” forever").await;
        window.find("[role=alertdialog]").await;
        window.shot("shelves-forever").await;
        window.keys(ESCAPE).await;
        window.wait_until_gone("[role=alertdialog]").await;
        window.press("Delete “First?” forever").await;
        window.press_in("[role=alertdialog] button", "Delete").await;
        window.wait_until_gone("nav [aria-label='Restore “First?”']").await;
        window.button("Restore “Third?”").await;
        window.press_in("nav button", "Empty trash").await;
        window.press_in("[role=alertdialog] button", "Empty trash").await;
        window.wait_for_text("nav", "The trash is empty.").await;
        window.press("Back to chats").await;
        window.wait_for_rows("nav", &["Fourth?", "Second?"]).await;

        // What is gone for good is not found either.
        window.find("nav [data-search]").await.send_keys("Third").await.unwrap();
        window.wait_for_text("nav", "Nothing found").await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn many_are_thrown_away_and_fetched_back_at_once() {
    journey(async {
        let server = two_models().await;
        let questions = ["First?", "Second?", "Third?", "Fourth?", "Fifth?", "Sixth?"];
        let home = seeded(&server, &questions).await;
        let window = Window::open(&home, "").await;
        window.resize(1180, 900).await;
        let all = ["Sixth?", "Fifth?", "Fourth?", "Third?", "Second?", "First?"];
        window.wait_for_rows("nav", &all).await;
        window.click_holding(CTRL, "Sixth?").await;
        window.wait_for_text("nav [role=toolbar]", "1 selected").await;
        window.click_holding(CTRL, "Fourth?").await;
        window.click_holding(SHIFT, "Second?").await;
        window.wait_for_text("nav [role=toolbar]", "4 selected").await;
        let picked =
            window.client.find_all(Locator::Css("nav [data-row] [aria-pressed=true]")).await.unwrap();
        assert_eq!(picked.len(), 4);
        window.shot("shelves-picked").await;
        window.press_in("nav [role=toolbar] button", "Delete").await;
        window.wait_for_rows("nav", &["Fifth?", "First?"]).await;
        window.wait_until_gone("nav [role=toolbar]").await;
        window.undo("4 chats moved to the trash").await;
        window.wait_for_rows("nav", &all).await;

        // A plain click adds to what is selected, and Escape gives it up.
        window.click_holding(CTRL, "First?").await;
        window.press("Third?").await;
        window.wait_for_text("nav [role=toolbar]", "2 selected").await;
        window.press("Third?").await;
        window.wait_for_text("nav [role=toolbar]", "1 selected").await;
        window.keys(ESCAPE).await;
        window.wait_until_gone("nav [role=toolbar]").await;
        window.close().await;
    })
    .await;
}
