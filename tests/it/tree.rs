//! The tree of a conversation: editing, versions, forks, deleted versions, and what is never lost in the process.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use porthole_core::domain::{
    AttemptEnd, ChatSettings, Code, ConversationId, Effort, FinishReason, Message, MessageId, MessageState,
    ModelChoice, Part, ServerId, ServerKind, plain_text,
};
use porthole_core::store::{BranchPart, Ending, NewReply, Started, Store, StoreError, Taken};
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

/// One of two programs that work on the same history.
struct Program {
    store: Store,
    file: rusqlite::Connection,
    said: u32,
    taken: Vec<Taken>,
}

impl Program {
    fn open(folder: &Path, said: u32) -> Self {
        let (store, _) = Store::open(folder, 0).unwrap();
        let file = rusqlite::Connection::open(folder.join(Store::FILE_NAME)).unwrap();
        file.busy_timeout(Duration::from_secs(30)).unwrap();
        Self { store, file, said, taken: Vec::new() }
    }

    fn ids<T>(&self, query: &str, of: fn(i64) -> T) -> Vec<T> {
        let mut statement = self.file.prepare(query).unwrap();
        statement.query_map([], |row| row.get(0).map(of)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn conversations(&self) -> Vec<ConversationId> {
        self.ids("SELECT id FROM conversation ORDER BY id", ConversationId::from_rowid)
    }

    fn now_ms(&self) -> i64 {
        1_795_420_800_000 + i64::from(self.said)
    }

    fn reply(&self) -> NewReply {
        NewReply {
            model: ModelChoice { server: ServerId::from_rowid(1), model: "m".to_owned() },
            server_name: "fake".to_owned(),
            hosted: false,
            now_ms: self.now_ms(),
        }
    }

    async fn end(&self, started: Result<Started, StoreError>) -> Result<(), StoreError> {
        let state = if self.said.is_multiple_of(3) { MessageState::Stopped } else { MessageState::Complete };
        let parts = vec![Part::Thinking("hm".to_owned()), Part::Text(format!("reply {}", self.said))];
        let last = AttemptEnd { finish_reason: Some(FinishReason::Stop), ..AttemptEnd::new(state) };
        self.store.end_reply(started?.reply.id, Ending { parts, last, retried: Vec::new() }).await
    }

    /// What the other program does at the same time may have made a step impossible; it is refused then.
    async fn take_step(&mut self, step: &Step) -> Result<(), StoreError> {
        self.said += 1;
        let pick = |index: &Index, role: &str| {
            let kept =
                format!("SELECT id FROM message WHERE deleted_at_ms IS NULL AND role = '{role}' ORDER BY id");
            let all = self.ids(&kept, MessageId::from_rowid);
            (!all.is_empty()).then(|| *index.get(&all))
        };
        let conversation = |index: &Index| {
            let all = self.conversations();
            (!all.is_empty()).then(|| *index.get(&all))
        };
        let (words, now_ms) = (format!("question {}", self.said), self.now_ms());
        let store = &self.store;
        match step {
            Step::Begin => {
                self.end(store.ask(None, ChatSettings::default(), words, self.reply()).await).await?;
            }
            Step::Ask(index) => {
                let Some(id) = conversation(index) else { return Ok(()) };
                self.end(store.ask(Some(id), ChatSettings::default(), words, self.reply()).await).await?;
            }
            Step::Again(index) => {
                let Some(beside) = pick(index, "assistant") else { return Ok(()) };
                self.end(store.ask_again(beside, self.reply()).await).await?;
            }
            Step::Edit(index) => {
                let Some(of) = pick(index, "user") else { return Ok(()) };
                self.end(store.ask_instead(of, words, self.reply()).await).await?;
            }
            Step::GoOn(index) => {
                let Some(message) = pick(index, "assistant") else { return Ok(()) };
                self.end(store.resume(message, self.reply()).await).await?;
            }
            Step::Show(index) => {
                let Some(message) = pick(index, "assistant") else { return Ok(()) };
                store.show_branch_of(message).await?;
            }
            Step::Fork(index) => {
                let Some(message) = pick(index, "assistant") else { return Ok(()) };
                store.fork(message, now_ms).await?;
            }
            Step::Take(index) => {
                let role = if self.said.is_multiple_of(2) { "user" } else { "assistant" };
                let Some(message) = pick(index, role) else { return Ok(()) };
                let taken = store.take_version(message, now_ms).await?;
                self.taken.push(taken);
            }
            Step::GiveBack => {
                let Some(taken) = self.taken.pop() else { return Ok(()) };
                store.give_back(taken).await?;
            }
            Step::Rename(index) => {
                let Some(id) = conversation(index) else { return Ok(()) };
                store.arrange(vec![id], Arrangement::Title { title: words }, now_ms).await?;
            }
            Step::Throw(index) => {
                let Some(id) = conversation(index) else { return Ok(()) };
                store.arrange(vec![id], Arrangement::Trash { on: true }, now_ms).await?;
                store.remove_trashed(Some(vec![id])).await?;
            }
        }
        Ok(())
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

    /// Every shown branch.
    async fn whole(&self) -> Vec<(ConversationId, Vec<Message>)> {
        let mut all = Vec::new();
        for id in self.conversations() {
            all.push((id, self.store.branch(id, BranchPart::Whole).await.unwrap().messages));
        }
        all
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
            (
                "a depth is not one more than the one above",
                "SELECT 1 FROM message LEFT JOIN message AS above ON above.id = message.parent_id
                 WHERE message.depth <> coalesce(above.depth + 1, 0)",
            ),
            (
                "a jump goes elsewhere than to its depth",
                "SELECT 1 FROM message LEFT JOIN message AS far ON far.id = message.jump_id
                 WHERE message.depth > 0 AND far.depth IS NOT message.depth & (message.depth - 1)",
            ),
            (
                "what was looked at last does not follow",
                "SELECT 1 FROM message JOIN message AS chosen ON chosen.id = message.chosen_child_id
                 WHERE chosen.parent_id <> message.id",
            ),
            (
                "a fork does not remember the branch that is shown",
                "WITH RECURSIVE shown (id, parent_id) AS (
                     SELECT message.id, message.parent_id FROM conversation JOIN message ON message.id = leaf_id
                     UNION ALL
                     SELECT message.id, message.parent_id FROM shown JOIN message ON message.id = shown.parent_id
                 )
                 SELECT 1 FROM shown JOIN message AS above ON above.id = shown.parent_id
                 WHERE above.chosen_child_id IS NOT shown.id",
            ),
            (
                "a reply has no attempt, or one that still arrives",
                "SELECT 1 FROM message LEFT JOIN attempt ON attempt.message_id = message.id
                 WHERE role = 'assistant' AND (attempt.state IS NULL OR attempt.state = 'arriving')",
            ),
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
        for id in self.conversations() {
            let whole = self.store.branch(id, BranchPart::Whole).await.unwrap();
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
                parts.extend(self.store.branch(id, part).await.unwrap().messages);
            }
            parts.extend(self.store.branch(id, BranchPart::After(middle, 1_000)).await.unwrap().messages);
            assert_eq!(parts, whole.messages, "the parts are the whole");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_two_programs_do_at_once_the_tree_is_sound(
        steps in proptest::collection::vec((step(), step()), 1..24)
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut one = Program::open(folder.path(), 0);
            let mut other = Program::open(folder.path(), 1_000_000);
            for (step, at_once) in &steps {
                for done in <[_; 2]>::from(tokio::join!(one.take_step(step), other.take_step(at_once))) {
                    let refused = matches!(
                        done,
                        Ok(()) | Err(StoreError::Refused(_) | StoreError::Missing(_) | StoreError::Trashed | StoreError::Arriving)
                    );
                    assert!(refused, "{done:?}");
                }
            }
            one.check().await;
            let before = one.whole().await;
            drop((one, other));
            let again = Program::open(folder.path(), 0);
            assert_eq!(again.whole().await, before, "it opens as it was");
        });
    }
}
