//! One of the programs, and all that it can be told to do.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each kind of step is told apart in one place of several"
)]

use porthole_core::domain::{
    Author, ChatSettings, ConversationId, Effort, Failure, FolderId, Lock, MessageId, ModelChoice, plain_text,
};
use porthole_core::settings::Appearance;
use porthole_core::turn::{News, NewsCursor};
use porthole_core::{App, Arrangement, FolderEdit, Running, SendRequest, UndoId};
use porthole_tests::fake_v4::FakeV4;
use porthole_tests::harness::{Home, finish, question};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::invariants::File;

/// Something that a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Begin,
    Ask,
    AskSlowly,
    Again,
    Edit,
    PutInstead,
    GoOn,
    Stop,
    LetFinish,
    Queue,
    TakeBack,
    Show,
    OpenAt,
    Fork,
    ForkTitled,
    DeleteVersion,
    DeleteMessage,
    RestoreMessage,
    Undo,
    Title,
    Pin,
    Archive,
    Trash,
    Tag,
    Folder,
    Several,
    DeleteForever,
    DeleteTrashed,
    EmptyTrash,
    MakeFolder,
    MakeFolderDeep,
    EditFolder,
    MoveFolder,
    DeleteFolder,
    Draft,
    Lock,
    AppLock,
    Configure,
    Appearance,
    Titles,
}

const ALL: [(u32, What); 40] = [
    (3, What::Begin),
    (4, What::Ask),
    (4, What::AskSlowly),
    (3, What::Again),
    (3, What::Edit),
    (1, What::PutInstead),
    (2, What::GoOn),
    (2, What::Stop),
    (2, What::LetFinish),
    (2, What::Queue),
    (1, What::TakeBack),
    (2, What::Show),
    (1, What::OpenAt),
    (2, What::Fork),
    (1, What::ForkTitled),
    (3, What::DeleteVersion),
    (2, What::DeleteMessage),
    (2, What::RestoreMessage),
    (4, What::Undo),
    (2, What::Title),
    (2, What::Pin),
    (2, What::Archive),
    (3, What::Trash),
    (2, What::Tag),
    (4, What::Folder),
    (1, What::Several),
    (1, What::DeleteForever),
    (1, What::DeleteTrashed),
    (1, What::EmptyTrash),
    (2, What::MakeFolder),
    (5, What::MakeFolderDeep),
    (1, What::EditFolder),
    (4, What::MoveFolder),
    (3, What::DeleteFolder),
    (1, What::Draft),
    (1, What::Lock),
    (1, What::AppLock),
    (1, What::Configure),
    (1, What::Appearance),
    (1, What::Titles),
];

/// One thing that a person does, to what.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) what: What,
    /// What it is done to, among all there are.
    to: Index,
    /// What else it takes.
    with: Index,
    on: bool,
    /// Whether it is taken back at once, if there is a way back.
    pub(super) is_undone: bool,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let kinds: Vec<What> = ALL.iter().flat_map(|(times, what)| (0..*times).map(|_| *what)).collect();
    (select(kinds), any::<Index>(), any::<Index>(), any::<bool>(), prop::bool::weighted(0.3))
        .prop_map(|(what, to, with, on, is_undone)| Step { what, to, with, on, is_undone })
}

/// One of two programs that work on the same history.
pub(super) struct Program<'a> {
    pub(super) app: App,
    pub(super) file: File,
    pub(super) undos: Vec<UndoId>,
    slow: &'a FakeV4,
    quick_model: ModelChoice,
    slow_model: ModelChoice,
    /// The conversation that nothing is done to.
    spared: ConversationId,
    said: u32,
}

impl<'a> Program<'a> {
    pub(super) fn open(
        home: &Home,
        slow: &'a FakeV4,
        [quick_model, slow_model]: [ModelChoice; 2],
        spared: ConversationId,
    ) -> Self {
        let app = home.open().unwrap();
        let file = File::open(home.path());
        Self { app, file, undos: Vec::new(), slow, quick_model, slow_model, spared, said: 0 }
    }

    fn conversation(&self, index: Index) -> Option<ConversationId> {
        let all = format!("SELECT id FROM conversation WHERE id <> {} ORDER BY id", self.spared.rowid());
        picked(index, &self.file.ids(&all)).map(ConversationId::from_rowid)
    }

    fn message(&self, index: Index, which: &str) -> Option<MessageId> {
        let all = format!(
            "SELECT id FROM message WHERE {which} AND conversation_id <> {} ORDER BY id",
            self.spared.rowid()
        );
        picked(index, &self.file.ids(&all)).map(MessageId::from_rowid)
    }

    fn folder(&self, index: Index) -> Option<FolderId> {
        picked(index, &self.file.ids("SELECT id FROM folder ORDER BY id")).map(FolderId::from_rowid)
    }

    /// A folder, or none.
    fn place(&self, step: &Step) -> Option<FolderId> {
        self.folder(step.with).filter(|_| step.on)
    }

    /// Waits until what was received in the history holds of it.
    async fn until(&self, query: &str) {
        let mut changes = self.app.changes();
        while self.file.count(query) > 0 {
            // Whether it lagged or not, it looks again.
            let _ = changes.recv().await;
        }
    }

    /// Waits until every message that waits for a reply is sent, or a draft again.
    pub(super) async fn queues_are_over(&self) {
        self.until(
            "SELECT 1 FROM conversation WHERE queued <> '' AND NOT EXISTS
                 (SELECT 1 FROM message WHERE conversation_id = conversation.id AND state = 'arriving')",
        )
        .await;
    }

    async fn is_over(&self, reply: MessageId) {
        self.until(&format!("SELECT 1 FROM message WHERE id = {} AND state = 'arriving'", reply.rowid()))
            .await;
    }

    /// Waits until the whole reply is there, or some of one that does not go on by itself.
    async fn received(&self, running: Running) -> Result<Option<UndoId>, Failure> {
        let author = running.started.reply.author.as_ref().and_then(Author::choice);
        if author.as_ref() != Some(&self.slow_model) {
            finish(&running).await;
            return Ok(None);
        }
        let mut cursor = NewsCursor::default();
        let before = plain_text(&running.started.reply.parts).len();
        let mut text = 0;
        while text <= before {
            for news in running.turn.feed().news(&mut cursor).await {
                match news {
                    News::Text(piece) => text += piece.len(),
                    News::Ended(_) => return Ok(None),
                    News::Retry(_) | News::Thinking(_) | News::Part(_) => {}
                }
            }
        }
        Ok(None)
    }

    /// Lets every reply go on that arrives now.
    async fn let_finish(&self) {
        let arriving = self.file.ids("SELECT id FROM message WHERE state = 'arriving'");
        let mut changes = self.app.changes();
        loop {
            let asked = self.slow.chats();
            for request in &asked {
                self.slow.resume(request.index);
            }
            let still = self.file.ids("SELECT id FROM message WHERE state = 'arriving'");
            if !arriving.iter().any(|reply| still.contains(reply)) {
                break;
            }
            tokio::select! {
                // As above.
                _ = changes.recv() => {}
                () = self.slow.chats_done(asked.len()) => {}
                _ = self.slow.next_request(self.slow.requests().len()) => {}
            }
        }
        self.queues_are_over().await;
    }

    fn settings(step: &Step) -> ChatSettings {
        // Some of these are refused.
        let temperature = [None, Some(0.5), Some(3.0)][step.with.index(3)];
        ChatSettings { temperature, effort: step.on.then_some(Effort::Low), ..ChatSettings::default() }
    }

    async fn arrange(&self, step: &Step, change: Arrangement) -> Result<Option<UndoId>, Failure> {
        let Some(one) = self.conversation(step.to) else { return Ok(None) };
        let other = self.conversation(step.with).filter(|other| *other != one && self.said.is_multiple_of(3));
        self.app.arrange(std::iter::once(one).chain(other).collect(), change).await.map(Some)
    }

    fn arrangement(&self, step: &Step) -> Option<Arrangement> {
        let on = step.on;
        Some(match step.what {
            // A blank one is refused.
            What::Title => Arrangement::Title { title: ["", "Uno", "Due"][step.with.index(3)].to_owned() },
            What::Pin => Arrangement::Pin { on },
            What::Archive => Arrangement::Archive { on },
            What::Trash => Arrangement::Trash { on },
            What::Tag => {
                Arrangement::Tag { name: ["", "work", "WORK", "später"][step.with.index(4)].to_owned(), on }
            }
            What::Folder => Arrangement::Folder { folder: self.place(step) },
            _ => return None,
        })
    }

    /// Does it, and returns the way back. What the other program does at the same time may have made it impossible.
    pub(super) async fn take(&mut self, step: &Step) -> Result<Option<UndoId>, Failure> {
        self.said += 1;
        if let Some(change) = self.arrangement(step) {
            return self.arrange(step, change).await;
        }
        let words = format!("question {}", self.said);
        match step.what {
            What::Undo => {
                let Some(undo) = self.undos.pop() else { return Ok(None) };
                self.app.undo(undo).await.map(|()| None)
            }
            What::Begin | What::Ask | What::AskSlowly | What::Queue | What::TakeBack | What::Draft => {
                self.say(step, words).await
            }
            What::EmptyTrash => self.app.empty_trash().await.map(|_| None),
            What::MakeFolder
            | What::MakeFolderDeep
            | What::EditFolder
            | What::MoveFolder
            | What::DeleteFolder => self.fold(step, words).await,
            What::Appearance => {
                let text_px = 12 + u8::try_from(step.to.index(11)).unwrap();
                self.app.set_appearance(Appearance { text_px, ..Appearance::default() }).await.map(|()| None)
            }
            What::Titles => self.app.set_titles(step.on).await.map(|()| None),
            What::AppLock => {
                let lock = if step.on { Lock::ThisComputer } else { Lock::Off };
                self.app.set_lock(None, lock).await.map(|()| None)
            }
            What::Several | What::DeleteForever | What::DeleteTrashed | What::Lock | What::Configure => {
                match self.conversation(step.to) {
                    Some(id) => self.change(id, step, words).await,
                    None => Ok(None),
                }
            }
            _ => self.grow(step, words).await,
        }
    }

    /// What is said in a conversation, or will be.
    async fn say(&self, step: &Step, words: String) -> Result<Option<UndoId>, Failure> {
        let app = &self.app;
        let model = if step.what == What::AskSlowly { &self.slow_model } else { &self.quick_model };
        let to = self.conversation(step.to);
        match (step.what, to) {
            (What::Begin | What::Ask | What::AskSlowly, _) => {
                let to = to.filter(|_| step.what != What::Begin);
                let request = SendRequest { folder: self.place(step), ..question(to, model, &words) };
                self.received(app.ask(request).await?).await
            }
            (What::Queue, Some(id)) => app.queue_message(id, words).await.map(|_| None),
            (What::TakeBack, Some(id)) => app.take_back(id).await.map(|_| None),
            (What::Draft, id) => app.save_draft(id, words).await.map(|()| None),
            _ => Ok(None),
        }
    }

    /// What is done to the tree of a conversation.
    async fn grow(&self, step: &Step, words: String) -> Result<Option<UndoId>, Failure> {
        let which = match step.what {
            What::Edit | What::PutInstead => "role = 'user'",
            What::Again | What::GoOn => "role = 'assistant'",
            What::Stop | What::LetFinish => "state = 'arriving'",
            What::RestoreMessage => "deleted_at_ms IS NOT NULL",
            _ => "true",
        };
        let (app, model) = (&self.app, self.quick_model.clone());
        let Some(id) = self.message(step.to, which) else { return Ok(None) };
        match step.what {
            What::Again => self.received(app.ask_again(id, Some(model), None).await?).await,
            What::Edit => self.received(app.ask_instead(id, &words, model, Some(Effort::Off)).await?).await,
            What::PutInstead => app.put_instead(id, &words).await.map(|_| None),
            What::GoOn => self.received(app.go_on(id).await?).await,
            What::Stop => {
                app.stop(id).await?;
                self.is_over(id).await;
                self.queues_are_over().await;
                Ok(None)
            }
            What::LetFinish => {
                self.let_finish().await;
                Ok(None)
            }
            What::Show => app.choose_version(id).await.map(|_| None),
            What::OpenAt => {
                let conversation = self.conversation(step.with);
                match conversation.filter(|_| step.on) {
                    Some(conversation) => app.open_conversation(conversation, None).await.map(|_| None),
                    None => app.show_version(id).await.map(|_| None),
                }
            }
            What::Fork => app.fork_conversation(id).await.map(|_| None),
            What::ForkTitled => app.fork_titled(id, if step.on { &words } else { " " }).await.map(|_| None),
            What::DeleteVersion => app.delete_version(id).await.map(|deleted| Some(deleted.undo)),
            What::DeleteMessage => app.delete_message(id).await.map(|_| None),
            What::RestoreMessage => app.restore_message(id).await.map(|_| None),
            _ => Ok(None),
        }
    }

    /// What is done to one conversation.
    async fn change(
        &self,
        id: ConversationId,
        step: &Step,
        words: String,
    ) -> Result<Option<UndoId>, Failure> {
        let app = &self.app;
        match step.what {
            What::Several => {
                let title = if step.on { words } else { String::new() };
                let changes = vec![
                    Arrangement::Trash { on: false },
                    Arrangement::Pin { on: step.on },
                    Arrangement::Folder { folder: self.place(step) },
                    Arrangement::Title { title },
                ];
                app.arrange_one(id, changes).await.map(|_| None)
            }
            What::DeleteForever => {
                let other = self.conversation(step.with);
                app.delete_forever(std::iter::once(id).chain(other).collect()).await.map(|()| None)
            }
            What::DeleteTrashed => app.delete_trashed(id).await.map(|()| None),
            What::Lock => {
                let lock = if step.on { Lock::ThisComputer } else { Lock::Off };
                app.set_lock(Some(id), lock).await.map(|()| None)
            }
            What::Configure => {
                let model = step.on.then(|| self.quick_model.clone());
                app.configure_conversation(id, Self::settings(step), model).await.map(|_| None)
            }
            _ => Ok(None),
        }
    }

    /// What is done to folders.
    async fn fold(&self, step: &Step, words: String) -> Result<Option<UndoId>, Failure> {
        let app = &self.app;
        let folder = self.folder(step.to);
        match (step.what, folder) {
            (What::MakeFolder, _) => app.make_folder(&words, self.place(step)).await.map(|_| None),
            (What::MakeFolderDeep, _) => {
                let deepest = app.folders().await?.into_iter().max_by_key(|folder| folder.depth);
                app.make_folder(&words, deepest.map(|folder| folder.id)).await.map(|_| None)
            }
            (What::EditFolder, Some(id)) => {
                let model = step.on.then(|| self.quick_model.clone());
                let edit = FolderEdit { name: words, settings: Self::settings(step), model, lock: Lock::Off };
                app.edit_folder(id, edit).await.map(|_| None)
            }
            (What::MoveFolder, Some(id)) => app.move_folder(id, self.place(step)).await.map(Some),
            (What::DeleteFolder, Some(id)) => app.delete_folder(id).await.map(Some),
            _ => Ok(None),
        }
    }
}

fn picked(index: Index, all: &[i64]) -> Option<i64> {
    (!all.is_empty()).then(|| *index.get(all))
}
