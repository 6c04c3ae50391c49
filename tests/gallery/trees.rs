//! What branches: the versions of a chat, and folders in folders.

use porthole_core::domain::{ChatSettings, Effort, Lock};
use porthole_core::{Arrangement, FolderEdit};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::finish;

use crate::seed::Seed;
use crate::stage::{SIZES, Stage};
use crate::texts;

const WIDE: &[(u32, u32)] = &[SIZES[0], SIZES[1]];
const NARROW: &[(u32, u32)] = &[SIZES[2]];

pub(crate) async fn branches(stage: &Stage) {
    let server = FakeV4::start().await;
    let seed = Seed::new(&server, stage.appearance()).await;
    let (chat, reply) =
        seed.ask(&server, None, texts::QUESTIONS[0], Script::answer("It depends.").thinking("")).await;
    for answer in ["Not always.", "Mostly, and rarely on Sundays."] {
        server.reply(Script::answer(answer).thinking(""));
        finish(&seed.app.ask_again(reply, None, Some(Effort::Off)).await.unwrap()).await;
    }
    let more = Script::answer("Then the second half is kept.").thinking("");
    let (_, reply) = seed.ask(&server, Some(chat), texts::QUESTIONS[1], more).await;
    server.reply(Script::answer("Nobody knows.").thinking(""));
    finish(&seed.app.ask_again(reply, None, Some(Effort::Off)).await.unwrap()).await;
    let home = seed.done(|_| ()).await;
    let shown = stage.open_history(&home, &server).await;
    shown.chat(chat).await;
    shown.press("[role=log] article:last-of-type footer button[aria-haspopup=menu]:enabled").await;
    shown.see("[role=menu]").await;
    shown.take("regenerate-choices").await;
    shown.key("Escape").await;
    shown.window.wait_until_gone("[role=menu]").await;
    shown.key("Ctrl+i").await;
    shown.see("aside .map button").await;
    let to_map = "document.querySelector('aside .map').scrollIntoView({ block: 'center' })";
    shown.window.script(to_map, Vec::new()).await;
    shown.take_at("branch-map", WIDE).await;
    shown.resize(SIZES[2]).await;
    shown.window.wait_until_gone("aside").await;
    shown.key("Ctrl+i").await;
    shown.see("aside .map button").await;
    shown.window.script(to_map, Vec::new()).await;
    shown.take_at("branch-map-narrow", NARROW).await;
    shown.close().await;
}

pub(crate) async fn folders(stage: &Stage) {
    let server = FakeV4::start().await;
    let seed = Seed::new(&server, stage.appearance()).await;
    let mut chats = Vec::new();
    for question in &texts::QUESTIONS[..7] {
        chats.push(seed.chat(&server, question, "It depends.").await);
    }
    let outer = seed.app.make_folder("Research", None).await.unwrap();
    let inner = seed.app.make_folder("Tides and currents of the German Bight", Some(outer.id)).await.unwrap();
    let innermost = seed.app.make_folder("Cuxhaven", Some(inner.id)).await.unwrap();
    seed.app.make_folder("Household", None).await.unwrap();
    for (folder, from, to) in [(outer.id, 0, 2), (inner.id, 2, 4), (innermost.id, 4, 5)] {
        let change = Arrangement::Folder { folder: Some(folder) };
        seed.app.arrange(chats[from..to].to_vec(), change).await.unwrap();
    }
    let edit = FolderEdit {
        name: inner.name,
        settings: ChatSettings {
            system: Some("Answer briefly, and name the source of each number.".to_owned()),
            effort: Some(Effort::High),
            ..ChatSettings::default()
        },
        model: Some(seed.model.clone()),
        lock: Lock::ThisComputer,
    };
    seed.app.edit_folder(inner.id, edit).await.unwrap();
    let home = seed.done(|_| ()).await;
    let shown = stage.open_history(&home, &server).await;
    for folder in [outer.id, inner.id, innermost.id] {
        let head = format!("nav [data-head='{folder}'] .head");
        shown.click(&head).await;
        shown.see(&format!("{head}[aria-expanded=true]")).await;
    }
    shown.chat(chats[4]).await;
    shown.take_at("folders", WIDE).await;
    shown.click(&format!("nav [data-head='{}'] .more button", inner.id)).await;
    shown.see("[role=menu]").await;
    shown.take_at("folder-menu", WIDE).await;
    shown.click("[role=menuitem]:nth-of-type(4)").await;
    shown.see("[role=dialog]").await;
    shown.take("folder-settings").await;
    shown.key("Escape").await;
    shown.window.wait_until_gone("[role=dialog]").await;
    shown.resize(SIZES[2]).await;
    shown.window.wait_until_gone("nav").await;
    shown.key("Ctrl+b").await;
    shown.see("nav [data-head]").await;
    shown.take_at("folders-narrow", NARROW).await;
    shown.close().await;
}
