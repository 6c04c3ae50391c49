//! The tree of a conversation: editing, versions, forks, deleted versions, and what is never lost in the process.

use std::collections::BTreeSet;

use porthole_core::domain::{
    AttemptEnd, ChatSettings, Code, ConversationId, Effort, FinishReason, MessageId, MessageState,
    ModelChoice, Part, Role, ServerId, ServerKind, plain_text,
};
use porthole_core::store::{BranchPart, Ending, NewReply, Store, Taken};
use porthole_core::{App, Arrangement, Transcript};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, ended, question, words_of};
use proptest::prelude::*;
use proptest::sample::Index;

async fn shown(app: &App, conversation: ConversationId) -> Vec<String> {
    let branch = app.branch(conversation).await.unwrap();
    branch.messages.iter().map(|message| words_of(message).1).collect()
}

fn ids(transcript: &Transcript) -> Vec<MessageId> {
    transcript.messages.iter().map(|message| message.meta.id).collect()
}

#[tokio::test]
async fn an_edited_question_is_another_version_and_the_old_branch_stays() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    for answer in ["Blue.", "Green.", "Red."] {
        server.reply(Script::answer(answer).thinking(""));
    }
    let first = ask(&app, question(None, &model, "Sky?")).await;
    ask(&app, question(Some(first.conversation), &model, "Grass?")).await;
    let asked = app.branch(first.conversation).await.unwrap().messages[2].clone();

    let sent = app.edit_message(asked.id, "Roses?", model.clone()).await.unwrap();
    ended(&app, sent.messages[1].meta.id).await;
    assert_eq!(shown(&app, first.conversation).await, ["Sky?", "Blue.", "Roses?", "Red."]);
    assert_eq!(sent.messages[0].meta.versions, [asked.id, sent.messages[0].meta.id]);
    let said = server.chats()[2].json.clone().unwrap()["messages"].clone();
    assert_eq!(said.as_array().unwrap().len(), 3, "the other version is no part of the request: {said}");

    app.choose_version(asked.id).await.unwrap();
    assert_eq!(shown(&app, first.conversation).await, ["Sky?", "Blue.", "Grass?", "Green."]);
    let refused = app.edit_message(first.id, "no", model.clone()).await.err().unwrap();
    assert_eq!(refused.code, Code::InvalidRequest, "a reply is not a person's to edit");
    assert_eq!(app.edit_message(asked.id, "  ", model).await.err().unwrap().code, Code::InvalidRequest);
}

#[tokio::test]
async fn a_reply_is_made_again_by_another_model_with_another_effort() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let first = ask(&app, question(None, &model, "Why?")).await;
    let flash = ModelChoice { model: "deepseek-v4-flash".to_owned(), ..model };
    let sent = app.regenerate(first.id, Some(flash), Some(Effort::Off)).await.unwrap();
    ended(&app, sent.messages[0].meta.id).await;
    let again = server.chats()[1].json.clone().unwrap();
    assert_eq!(again["model"], "deepseek-flash");
    assert_eq!(again["thinking"]["type"], "disabled", "{again}");
    let kept = app.branch(first.conversation).await.unwrap().conversation;
    assert_eq!(kept.settings.effort, None, "the effort counts for that version alone");
    assert_eq!(sent.messages[0].meta.versions.len(), 2);
}

#[tokio::test]
async fn a_fork_has_all_that_was_said_and_is_paid_for_once() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let first = ask(&app, question(None, &model, "one")).await;
    ask(&app, question(Some(first.conversation), &model, "two")).await;
    let fork = app.fork_conversation(first.id).await.unwrap();
    assert_eq!(fork.forked_from, Some(first.id));
    assert_eq!(shown(&app, fork.id).await, shown(&app, first.conversation).await[..2]);
    let own = ask(&app, question(Some(fork.id), &model, "elsewhere")).await;
    assert_eq!(shown(&app, first.conversation).await.len(), 4, "the old one stays as it is");
    let spent = app.conversation_cost(fork.id).await.unwrap();
    assert_eq!(spent.money, [own.bill.cost.unwrap()], "of the fork, only its own reply counts");
}

#[tokio::test]
async fn a_version_is_taken_away_with_what_follows_and_comes_back() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let first = ask(&app, question(None, &model, "one")).await;
    let second = ask(&app, question(Some(first.conversation), &model, "two")).await;
    let question_two = second.parent.unwrap();
    let edited = app.edit_message(question_two, "zwei", model.clone()).await.unwrap();
    ended(&app, edited.messages[1].meta.id).await;
    let before = shown(&app, first.conversation).await;

    let taken = app.delete_version(edited.messages[0].meta.id).await.unwrap();
    assert_eq!(shown(&app, first.conversation).await[2], "two", "the other version is shown instead");
    assert_eq!(taken.transcript.messages[2].meta.versions, [question_two]);
    let gone = app.choose_version(edited.messages[0].meta.id).await.err().unwrap();
    assert_eq!(gone.code, Code::NotFound);
    app.undo(taken.undo).await.unwrap();
    assert_eq!(shown(&app, first.conversation).await, before);
    assert_eq!(app.undo(taken.undo).await.err().unwrap().code, Code::NotFound, "once is enough");

    let all = app.branch(first.conversation).await.unwrap().messages[0].id;
    let refused = app.delete_version(all).await.err().unwrap();
    assert_eq!(refused.code, Code::InvalidRequest, "the whole conversation is deleted as such");

    let only = app.delete_version(first.id).await.unwrap();
    assert_eq!(ids(&only.transcript), [all], "the question stays");
    let again = app.regenerate(all, Some(model), None).await.unwrap();
    ended(&app, again.messages[0].meta.id).await;
    assert_eq!(shown(&app, first.conversation).await.len(), 2, "and can be answered anew");
}

#[tokio::test]
async fn what_arrives_in_a_version_that_is_taken_away_is_stopped_and_kept() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let first = ask(&app, question(None, &model, "one")).await;
    server.reply(Script::answer("A long tale.").thinking("").stall_after(2));
    let again = app.regenerate(first.id, None, None).await.unwrap().messages[0].meta.id;
    server.wait_for_chat(1).await;
    let taken = app.delete_version(again).await.unwrap();
    assert_eq!(ids(&taken.transcript).last(), Some(&first.id));
    app.undo(taken.undo).await.unwrap();
    let back = app.branch(first.conversation).await.unwrap().messages.pop().unwrap();
    assert_eq!((back.id, back.state), (again, MessageState::Stopped));
}

#[tokio::test]
async fn a_long_branch_is_read_in_parts() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let first = ask(&app, question(None, &model, "0")).await;
    for turn in 1..40 {
        ask(&app, question(Some(first.conversation), &model, &turn.to_string())).await;
    }
    let whole: Vec<MessageId> =
        app.branch(first.conversation).await.unwrap().messages.iter().map(|message| message.id).collect();
    let end = app.open_conversation(first.conversation, None).await.unwrap();
    assert_eq!(ids(&end), whole[40..]);
    assert!(end.earlier && !end.later);
    let before = app.messages_before(whole[40], 15).await.unwrap();
    assert_eq!(before.iter().map(|message| message.meta.id).collect::<Vec<_>>(), whole[25..40]);
    let around = app.open_conversation(first.conversation, Some(whole[30])).await.unwrap();
    assert_eq!(ids(&around), whole[10..=50]);
    assert!(around.earlier && around.later);
    let after = app.messages_after(whole[50], 100).await.unwrap();
    assert_eq!(after.iter().map(|message| message.meta.id).collect::<Vec<_>>(), whole[51..]);
    let top = app.open_conversation(first.conversation, Some(whole[0])).await.unwrap();
    assert_eq!(ids(&top), whole[..=20]);
    assert!(!top.earlier && top.later);
}

/// One thing that happens to a history.
#[derive(Debug, Clone)]
enum Step {
    Begin,
    Ask(Index),
    Again(Index),
    Edit(Index),
    Show(Index),
    Fork(Index),
    Take(Index),
    GiveBack,
    GoOn(Index),
    Rename(Index),
    Throw(Index),
}

fn step() -> impl Strategy<Value = Step> {
    let index = || any::<Index>();
    prop_oneof![
        1 => Just(Step::Begin),
        4 => index().prop_map(Step::Ask),
        3 => index().prop_map(Step::Again),
        2 => index().prop_map(Step::Edit),
        2 => index().prop_map(Step::Show),
        1 => index().prop_map(Step::Fork),
        3 => index().prop_map(Step::Take),
        2 => Just(Step::GiveBack),
        2 => index().prop_map(Step::GoOn),
        1 => index().prop_map(Step::Rename),
        1 => index().prop_map(Step::Throw),
    ]
}

struct World {
    store: Store,
    now_ms: i64,
    said: u32,
    conversations: Vec<ConversationId>,
    taken: Vec<Taken>,
    file: rusqlite::Connection,
}

impl World {
    fn messages(&self) -> Vec<(MessageId, Role)> {
        let mut statement = self
            .file
            .prepare("SELECT id, role = 'user' FROM message WHERE deleted_at_ms IS NULL ORDER BY id")
            .unwrap();
        let rows = statement.query_map([], |row| {
            let role = if row.get(1)? { Role::User } else { Role::Assistant };
            Ok((MessageId::from_rowid(row.get(0)?), role))
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn reply(&self) -> NewReply {
        NewReply {
            model: ModelChoice { server: ServerId::from_rowid(1), model: "m".to_owned() },
            server_name: "fake".to_owned(),
            hosted: false,
            now_ms: self.now_ms,
        }
    }

    async fn end(&self, reply: MessageId) {
        let state = if self.said.is_multiple_of(3) { MessageState::Stopped } else { MessageState::Complete };
        let parts = vec![Part::Thinking("hm".to_owned()), Part::Text(format!("reply {}", self.said))];
        let last = AttemptEnd { finish_reason: Some(FinishReason::Stop), ..AttemptEnd::new(state) };
        let ending = Ending { parts, last, retried: Vec::new() };
        self.store.end_reply(reply, ending).await.unwrap();
    }

    async fn take_step(&mut self, step: Step) {
        self.now_ms += 1;
        self.said += 1;
        let messages = self.messages();
        let pick = |index: Index, role: Role| {
            let of_role: Vec<MessageId> =
                messages.iter().filter(|(_, of)| *of == role).map(|(id, _)| *id).collect();
            (!of_role.is_empty()).then(|| *index.get(&of_role))
        };
        let words = format!("question {}", self.said);
        match step {
            Step::Begin => {
                let started =
                    self.store.ask(None, ChatSettings::default(), words, self.reply()).await.unwrap();
                self.end(started.reply.id).await;
                self.conversations.push(started.conversation.id);
            }
            Step::Ask(index) if !self.conversations.is_empty() => {
                let conversation = *index.get(&self.conversations);
                let target = Some(conversation);
                let started =
                    self.store.ask(target, ChatSettings::default(), words, self.reply()).await.unwrap();
                self.end(started.reply.id).await;
            }
            Step::Again(index) => {
                let Some(beside) = pick(index, Role::Assistant) else { return };
                let started = self.store.ask_again(beside, self.reply()).await.unwrap();
                self.end(started.reply.id).await;
            }
            Step::Edit(index) => {
                let Some(of) = pick(index, Role::User) else { return };
                let started = self.store.ask_instead(of, words, self.reply()).await.unwrap();
                self.end(started.reply.id).await;
            }
            Step::Show(index) => {
                let Some(message) = pick(index, Role::Assistant) else { return };
                self.store.show_branch_of(message).await.unwrap();
            }
            Step::Fork(index) => {
                let Some(message) = pick(index, Role::Assistant) else { return };
                self.conversations.push(self.store.fork(message, self.now_ms).await.unwrap().id);
            }
            Step::Take(index) => {
                let role = if self.said.is_multiple_of(2) { Role::User } else { Role::Assistant };
                let Some(message) = pick(index, role) else { return };
                // The only first message of a conversation is refused.
                if let Ok(taken) = self.store.take_version(message, self.now_ms).await {
                    self.taken.push(taken);
                }
            }
            Step::GiveBack => {
                if let Some(taken) = self.taken.pop() {
                    self.store.give_back(taken).await.unwrap();
                }
            }
            Step::GoOn(index) => {
                let Some(message) = pick(index, Role::Assistant) else { return };
                // Most have already ended or are followed by something.
                if let Ok(started) = self.store.resume(message, self.reply()).await {
                    self.end(started.reply.id).await;
                }
            }
            Step::Rename(index) if !self.conversations.is_empty() => {
                let title = Arrangement::Title { title: format!("title {}", self.said) };
                let id = *index.get(&self.conversations);
                self.store.arrange(vec![id], title, self.now_ms).await.unwrap();
            }
            Step::Throw(index) if !self.conversations.is_empty() => {
                let id = self.conversations.remove(index.index(self.conversations.len()));
                self.taken.retain(|taken| taken.conversation != id);
                let trash = Arrangement::Trash { on: true };
                self.store.arrange(vec![id], trash, self.now_ms).await.unwrap();
                assert_eq!(self.store.remove_trashed(Some(vec![id])).await.unwrap(), 1);
            }
            Step::Ask(_) | Step::Rename(_) | Step::Throw(_) => {}
        }
    }

    /// Every word of the index, with the message or conversation, the column and the place where it stands.
    fn index(&self) -> BTreeSet<(String, i64, String, i64)> {
        self.file
            .execute_batch(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.word USING fts5vocab ('main', 'search', 'instance');
                 CREATE VIRTUAL TABLE IF NOT EXISTS temp.title_word
                     USING fts5vocab ('main', 'search_title', 'instance');",
            )
            .unwrap();
        let mut statement = self
            .file
            .prepare(
                "SELECT term, message_id, col, \"offset\" FROM temp.word LEFT JOIN search_doc USING (doc)
                 UNION ALL SELECT term, doc, 'title ' || col, \"offset\" FROM temp.title_word",
            )
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn count(&self, query: &str) -> i64 {
        self.file.query_row(&format!("SELECT count(*) FROM ({query})"), [], |row| row.get(0)).unwrap()
    }

    async fn check(&self) {
        for (fault, query) in [
            (
                "a message follows one of another conversation",
                "SELECT 1 FROM message JOIN message AS above ON above.id = message.parent_id
                 WHERE above.conversation_id <> message.conversation_id",
            ),
            (
                "a message is there below one that was taken away",
                "SELECT 1 FROM message JOIN message AS above ON above.id = message.parent_id
                 WHERE above.deleted_at_ms IS NOT NULL AND message.deleted_at_ms IS NULL",
            ),
            (
                "the shown branch ends in nothing, elsewhere, or in what was taken away",
                "SELECT 1 FROM conversation LEFT JOIN message ON message.id = leaf_id
                 WHERE message.id IS NULL OR message.conversation_id <> conversation.id
                       OR message.deleted_at_ms IS NOT NULL",
            ),
            ("a message is older than the one it follows", "SELECT 1 FROM message WHERE id <= parent_id"),
            ("pieces of a reply that has ended are left", "SELECT 1 FROM arriving"),
        ] {
            assert_eq!(self.count(query), 0, "{fault}");
        }
        let kept_true = self.index();
        self.store.rebuild_search().await.unwrap();
        while self.store.search("", None, 0).await.unwrap().preparing.is_some() {
            tokio::task::yield_now().await;
        }
        assert_eq!(kept_true, self.index(), "the index is what it would be if it were built now");
        for id in &self.conversations {
            let whole = self.store.branch(*id, BranchPart::Whole).await.unwrap();
            let messages: Vec<MessageId> = whole.messages.iter().map(|message| message.id).collect();
            for (above, message) in whole.messages.iter().zip(&whole.messages[1..]) {
                assert_eq!(message.parent, Some(above.id));
            }
            for message in &whole.messages {
                let versions = &whole.versions[&message.id];
                assert!(versions.contains(&message.id) && versions.is_sorted());
                assert!(!plain_text(&message.parts).is_empty());
            }
            let middle = messages[messages.len() / 2];
            let mut parts = Vec::new();
            for part in [BranchPart::Before(middle, 1_000), BranchPart::Around(middle, 0)] {
                parts.extend(self.store.branch(*id, part).await.unwrap().messages);
            }
            parts.extend(self.store.branch(*id, BranchPart::After(middle, 1_000)).await.unwrap().messages);
            assert_eq!(parts, whole.messages, "the parts are the whole");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_tree_is_sound(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let (store, _) = Store::open(folder.path(), 0).unwrap();
            let file = rusqlite::Connection::open(folder.path().join(Store::FILE_NAME)).unwrap();
            let mut world = World {
                store,
                now_ms: 1_795_420_800_000,
                said: 0,
                conversations: Vec::new(),
                taken: Vec::new(),
                file,
            };
            for step in steps {
                world.take_step(step).await;
            }
            world.check().await;
        });
    }
}
