//! The histories that the gallery writes, some of them by hand: each opens as any other. The gallery itself needs a
//! display and is seldom taken; a schema that its hands do not know any more is found here.

#[path = "../gallery/seed.rs"]
mod seed;
#[path = "../gallery/texts.rs"]
mod texts;

use porthole_core::ConversationList;
use porthole_core::settings::Appearance;
use porthole_tests::fake_v4::FakeV4;
use porthole_tests::harness::Home;

/// Opens a history as a window does, with each chat of it, and returns how many there are.
async fn open(name: &str, home: &Home) -> usize {
    let app = home.open().unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
    assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new(), "{name}");
    let begin = app.begin().await.unwrap();
    assert_eq!(begin.recovered, 0, "{name}: no reply was left half-done");
    assert_eq!(begin.lock_unreadable, name == "unreadable lock", "{name}");
    app.folders().await.unwrap();
    let chats = app.conversations(ConversationList::Everything, None, 100).await.unwrap();
    for chat in &chats {
        let shown = app.open_conversation(chat.id, None).await.unwrap().messages;
        assert!(shown.len() >= 2, "{name}: {}", chat.title);
        let outline = app.outline(chat.id, None).await.unwrap().messages;
        assert!(shown.iter().map(|message| &message.meta).eq(&outline), "{name}: {}", chat.title);
    }
    chats.len()
}

#[tokio::test]
async fn each_of_its_histories_opens_without_damage() {
    let (server, looks) = (FakeV4::start().await, Appearance::default());
    let (replies, by_text) = seed::replies(&server, looks).await;
    assert_eq!(open("replies", &replies).await, by_text.len());
    let (failures, by_code) = seed::failures(&server, looks).await;
    assert_eq!(open("failures", &failures).await, by_code.len());
    let month = seed::month(&server, looks).await;
    assert_eq!(open("month", &month).await, texts::QUESTIONS.len() - 5, "archived and in the trash");
    assert_eq!(open("branches", &seed::branches(&server, looks).await.0).await, 1);
    let seed::Folders { home, nested, chat } = seed::folders(&server, looks).await;
    assert_eq!(open("folders", &home).await, 7);
    assert_eq!(home.open().unwrap().conversation(chat).await.unwrap().folder, Some(nested[2]));
    assert_eq!(open("locked", &seed::locked(&server, looks).await.0).await, 2);
    assert_eq!(open("unreadable lock", &seed::unreadable_lock(&server, looks).await).await, 0);
    let notes = tempfile::tempdir().unwrap();
    let kept = seed::kept_folder(&server, looks, notes.path()).await;
    assert_eq!(open("kept folder", &kept).await, 2);
    assert_eq!(open("hello", &seed::hello(&server, looks).await).await, 1);
}
