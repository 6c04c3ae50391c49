//! Pins, folders, tags, archive, trash: organising conversations, and undoing it.

use porthole_core::domain::{ChatSettings, Code, ConversationId, Lock, ModelChoice, ServerKind};
use porthole_core::{App, Arrangement, ConversationList, FolderEdit, Moment, SendRequest};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, finish, question};

async fn titles(app: &App, list: ConversationList) -> Vec<String> {
    let rows = app.conversations(list, None, 100).await.unwrap();
    rows.into_iter().map(|row| row.title).collect()
}

async fn three(app: &App, model: &ModelChoice) -> [ConversationId; 3] {
    let mut made = Vec::new();
    for title in ["one", "two", "three"] {
        made.push(ask(app, question(None, model, title)).await.conversation);
    }
    made.try_into().unwrap()
}

#[tokio::test]
async fn each_change_moves_a_chat_to_its_list_and_undo_moves_it_back() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let [one, two, three] = three(&app, &model).await;
    let folder = app.make_folder("Work", None).await.unwrap().id;
    let all = ["three", "two", "one"];
    let tag = |on| Arrangement::Tag { name: "Später".to_owned(), on };
    for (change, list, loose) in [
        (Arrangement::Pin { on: true }, ConversationList::Pinned, true),
        (Arrangement::Folder { folder: Some(folder) }, ConversationList::Folder { folder }, true),
        (Arrangement::Archive { on: true }, ConversationList::Archive, true),
        (Arrangement::Trash { on: true }, ConversationList::Trash, true),
        (tag(true), ConversationList::Tag { name: "später".to_owned() }, false),
    ] {
        let undo = app.arrange(vec![one, three], change.clone()).await.unwrap();
        assert_eq!(titles(&app, list.clone()).await, ["three", "one"], "{change:?}");
        let left: &[&str] = if loose { &["two"] } else { &all };
        assert_eq!(titles(&app, ConversationList::Loose).await, left, "{change:?}");
        app.undo(undo).await.unwrap();
        assert!(titles(&app, list).await.is_empty(), "{change:?}");
        assert_eq!(titles(&app, ConversationList::Loose).await, all, "{change:?}");
    }
    app.arrange(vec![two], tag(true)).await.unwrap();
    let used = app.tags().await.unwrap();
    assert_eq!((used[0].name.as_str(), used[0].conversations), ("Später", 1));
    app.arrange(vec![two], tag(false)).await.unwrap();
    assert!(app.tags().await.unwrap().is_empty());
    assert_eq!(
        app.arrange(vec![one], Arrangement::Tag { name: " ".to_owned(), on: true }).await.unwrap_err().code,
        Code::InvalidRequest
    );
}

#[tokio::test]
async fn a_folder_that_is_removed_gives_its_chats_back_and_comes_back_with_them() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let [one, ..] = three(&app, &model).await;
    let made = app.make_folder("  Work ", None).await.unwrap();
    assert_eq!(made.name, "Work");
    let edit = FolderEdit {
        name: "Research".to_owned(),
        settings: ChatSettings { system: Some("Cite.".to_owned()), ..ChatSettings::default() },
        model: Some(model.clone()),
        lock: Lock::ThisComputer,
    };
    let folder = app.edit_folder(made.id, edit.clone()).await.unwrap();
    assert_eq!((&folder.settings, &folder.model, &folder.lock), (&edit.settings, &edit.model, &edit.lock));
    app.arrange(vec![one], Arrangement::Folder { folder: Some(folder.id) }).await.unwrap();
    assert_eq!(app.folders().await.unwrap()[0].conversations, 1);

    let undo = app.delete_folder(folder.id).await.unwrap();
    assert!(app.folders().await.unwrap().is_empty());
    assert_eq!(titles(&app, ConversationList::Loose).await.len(), 3, "its chats are in the list");
    app.undo(undo).await.unwrap();
    let back = app.folders().await.unwrap();
    assert_eq!(back[0], porthole_core::domain::Folder { conversations: 1, ..folder });
    assert_eq!(app.make_folder(" ", None).await.unwrap_err().code, Code::InvalidRequest);
    let nowhere = Arrangement::Folder { folder: Some("77".parse().unwrap()) };
    assert_eq!(app.arrange(vec![one], nowhere).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_chat_begins_in_a_folder() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let folder = app.make_folder("Work", None).await.unwrap().id;
    ask(&app, SendRequest { folder: Some(folder), ..question(None, &model, "here") }).await;
    assert_eq!(titles(&app, ConversationList::Folder { folder }).await, ["here"]);
    assert!(titles(&app, ConversationList::Loose).await.is_empty());
    assert_eq!(titles(&app, ConversationList::Everything).await, ["here"]);
    // Another program may have deleted it just now. Nobody has to type the question again for that.
    app.delete_folder(folder).await.unwrap();
    let too_late = SendRequest { folder: Some(folder), ..question(None, &model, "too late") };
    ask(&app, too_late).await;
    assert_eq!(titles(&app, ConversationList::Loose).await, ["too late", "here"]);
}

#[tokio::test]
async fn only_what_is_in_the_trash_can_be_removed_for_good() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let [one, two, three] = three(&app, &model).await;
    app.arrange(vec![one, two], Arrangement::Trash { on: true }).await.unwrap();
    app.delete_forever(vec![one, three]).await.unwrap();
    assert_eq!(titles(&app, ConversationList::Trash).await, ["two"]);
    assert_eq!(titles(&app, ConversationList::Everything).await, ["three"], "it was not in the trash");
    assert_eq!(app.branch(one).await.err().unwrap().code, Code::NotFound);
    assert_eq!(app.empty_trash().await.unwrap(), 1);
    assert_eq!(app.branch(two).await.err().unwrap().code, Code::NotFound);
}

#[tokio::test]
async fn pages_of_a_list_join_without_gap_or_double() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    for number in 0..25 {
        ask(&app, question(None, &model, &number.to_string())).await;
    }
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let rows = app.conversations(ConversationList::Loose, before, 10).await.unwrap();
        let Some(last) = rows.last() else { break };
        before = Some(porthole_core::ListPosition { updated_at_ms: last.updated_at_ms, id: last.id });
        seen.extend(rows.into_iter().map(|row| row.title));
    }
    assert_eq!(seen, (0..25).rev().map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn nothing_is_asked_in_the_trash_or_while_a_reply_arrives() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let [one, two, _] = three(&app, &model).await;
    app.arrange(vec![one], Arrangement::Trash { on: true }).await.unwrap();
    let refused = app.ask(question(Some(one), &model, "still there?")).await.err().unwrap();
    assert_eq!(refused.code, Code::NotFound);
    server.reply(Script::answer("A long tale.").thinking("").stall_after(2));
    let running = app.ask(question(Some(two), &model, "go on")).await.unwrap();
    let refused = app.ask(question(Some(two), &model, "and?")).await.err().unwrap();
    assert_eq!(refused.code, Code::Busy, "what follows an unfinished reply would not know its end");
    app.stop(running.started.reply.id).await.unwrap();
    finish(&running).await;
    ask(&app, question(Some(two), &model, "and?")).await;
}

#[tokio::test]
async fn undo_takes_back_one_change_and_leaves_those_after_it() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let [one, ..] = three(&app, &model).await;
    let renamed = app.rename_conversation(one, " Uno ").await.unwrap();
    let pinned = app.arrange(vec![one], Arrangement::Pin { on: true }).await.unwrap();
    let tagged = app.arrange(vec![one], Arrangement::Tag { name: "a".to_owned(), on: true }).await.unwrap();
    let again = app.arrange(vec![one], Arrangement::Tag { name: "A".to_owned(), on: true }).await.unwrap();
    let row = async || app.conversations(ConversationList::Everything, None, 3).await.unwrap().pop().unwrap();
    app.undo(again).await.unwrap();
    assert_eq!(row().await.tags, ["a"], "it was there before");
    app.undo(renamed).await.unwrap();
    let now = row().await;
    assert_eq!((now.title.as_str(), now.pinned, now.tags.len()), ("one", true, 1));
    app.undo(pinned).await.unwrap();
    app.undo(tagged).await.unwrap();
    let now = row().await;
    assert_eq!((now.pinned, now.tags.len()), (false, 0));
    assert_eq!(app.rename_conversation(one, " ").await.unwrap_err().code, Code::InvalidRequest);
}

#[tokio::test]
async fn a_list_tells_its_length_and_any_stretch_and_place_of_it() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let [one, two, three] = three(&app, &model).await;
    let every = ConversationList::Everything;
    let times: Vec<i64> = app
        .conversations(every.clone(), None, 3)
        .await
        .unwrap()
        .iter()
        .map(|row| row.updated_at_ms)
        .collect();
    let moments = vec![Moment(times[0] + 1), Moment(times[0]), Moment(times[1]), Moment(0)];
    let stretch = app.list_stretch(every.clone(), 1, 1, moments).await.unwrap();
    assert_eq!((stretch.count, stretch.since), (3, vec![0, 1, 2, 3]));
    assert_eq!(stretch.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [two]);
    assert!(app.list_stretch(every.clone(), 3, 100, Vec::new()).await.unwrap().rows.is_empty());
    for (id, place) in [(three, 0), (two, 1), (one, 2)] {
        assert_eq!(app.place_in_list(every.clone(), id).await.unwrap(), Some(place));
    }

    let folder = app.make_folder("Work", None).await.unwrap().id;
    app.arrange(vec![one, three], Arrangement::Folder { folder: Some(folder) }).await.unwrap();
    app.arrange(vec![one], Arrangement::Tag { name: "late".to_owned(), on: true }).await.unwrap();
    for (list, count, place_of_one) in [
        (ConversationList::Folder { folder }, 2, Some(1)),
        (ConversationList::Tag { name: "LATE".to_owned() }, 1, Some(0)),
        (ConversationList::Loose, 1, None),
        (ConversationList::Trash, 0, None),
    ] {
        let stretch = app.list_stretch(list.clone(), 0, 100, Vec::new()).await.unwrap();
        assert_eq!((stretch.count, stretch.rows.len()), (count, usize::try_from(count).unwrap()), "{list:?}");
        assert_eq!(app.place_in_list(list, one).await.unwrap(), place_of_one);
    }
}

#[tokio::test]
async fn a_change_that_cannot_be_taken_back_yet_can_be_later() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let first = ask(&app, question(None, &model, "one")).await;
    let second = ask(&app, question(Some(first.conversation), &model, "two")).await;
    let below = app.delete_version(second.id).await.unwrap().undo;
    let above = app.delete_version(first.id).await.unwrap().undo;
    assert_eq!(app.undo(below).await.unwrap_err().code, Code::InvalidRequest, "it follows what is deleted");
    app.undo(above).await.unwrap();
    app.undo(below).await.unwrap();
    assert_eq!(app.branch(first.conversation).await.unwrap().messages.len(), 4);
    assert_eq!(app.undo(below).await.unwrap_err().code, Code::NotFound);
}
