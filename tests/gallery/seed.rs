//! A history to open the window on.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use porthole_core::clock::Clock;
use porthole_core::domain::{
    Cause, ChatSettings, Code, ConversationId, Effort, Failure, FolderId, Lock, LockOwner, MessageId,
    ModelChoice,
};
use porthole_core::secrets::Keys;
use porthole_core::settings::Appearance;
use porthole_core::{
    App, Arrangement, FolderEdit, KeptFolder, KeptFormat, NamedServer, Options, SendRequest,
};
use porthole_tests::fake_v4::{FakeV4, Script, UsageNumbers};
use porthole_tests::harness::{Home, finish};

use super::texts;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// The built-in DeepSeek entry, where the stand-in answers for it.
pub(crate) fn deepseek(server: &FakeV4) -> String {
    format!("DeepSeek={}", server.url())
}

/// A history that is being made.
pub(crate) struct Seed {
    pub(crate) app: App,
    pub(crate) model: ModelChoice,
    home: Home,
    now_ms: Arc<AtomicI64>,
}

impl Seed {
    /// An empty one, of a person who has a key for DeepSeek.
    pub(crate) async fn new(server: &FakeV4, appearance: Appearance) -> Self {
        let home = Home::new();
        let now_ms = Arc::new(AtomicI64::new(Clock::system().now_ms() - DAY_MS / 2));
        let clock = Arc::clone(&now_ms);
        let app = App::open(Options {
            folder: home.path().to_owned(),
            clock: Clock::from_fn(move || clock.fetch_add(1, Ordering::Relaxed)),
            keys: Keys::in_memory().with_variable("PORTHOLE_KEY_DEEPSEEK", "sk-gallery"),
            named_servers: NamedServer::list_from(&deepseek(server)),
        })
        .unwrap();
        app.set_appearance(appearance).await.unwrap();
        app.set_titles(false).await.unwrap();
        let servers = app.find_servers().await.unwrap();
        let found = servers.iter().find(|server| server.name == "DeepSeek").unwrap();
        let model = ModelChoice { server: found.id, model: "deepseek-v4-pro".to_owned() };
        Self { app, model, home, now_ms }
    }

    /// Goes to so many days before today.
    pub(crate) fn days_ago(&self, days: i64) {
        self.now_ms.store(Clock::system().now_ms() - days * DAY_MS - 10 * MINUTE_MS, Ordering::Relaxed);
    }

    /// Asks a question that `script` answers.
    pub(crate) async fn ask(
        &self,
        server: &FakeV4,
        conversation: Option<ConversationId>,
        question: &str,
        script: Script,
    ) -> (ConversationId, MessageId) {
        server.reply(script.usage(UsageNumbers {
            prompt: 1830,
            cached: 1536,
            completion: 420,
            reasoning: 0,
        }));
        let settings = ChatSettings { effort: Some(Effort::Off), ..ChatSettings::default() };
        let request = SendRequest {
            conversation,
            model: self.model.clone(),
            settings,
            text: question.to_owned(),
            lock: Lock::Off,
            folder: None,
        };
        let running = self.app.ask(request).await.unwrap();
        let reply = finish(&running).await;
        (reply.conversation, reply.id)
    }

    /// Asks for another version of a reply.
    async fn ask_again(&self, server: &FakeV4, reply: MessageId, answer: &str) {
        server.reply(Script::answer(answer).thinking(""));
        finish(&self.app.ask_again(reply, None, Some(Effort::Off)).await.unwrap()).await;
    }

    /// A chat of one question and its answer.
    pub(crate) async fn chat(&self, server: &FakeV4, question: &str, answer: &str) -> ConversationId {
        self.ask(server, None, question, Script::answer(answer).thinking("")).await.0
    }

    /// Ends the making; what is left is the folder, with `change` made to the file itself.
    pub(crate) async fn done(self, change: impl FnOnce(&rusqlite::Connection)) -> Home {
        self.app.stop_all().await;
        let file = rusqlite::Connection::open(self.home.path().join("porthole.db")).unwrap();
        change(&file);
        self.home
    }
}

/// Thirty chats of a month in folders and out of them.
pub(crate) async fn month(server: &FakeV4, appearance: Appearance) -> Home {
    let seed = Seed::new(server, appearance).await;
    let mut chats = Vec::new();
    for (at, question) in texts::QUESTIONS.iter().enumerate().rev() {
        seed.days_ago(i64::try_from(at * at / 24).unwrap());
        chats.push(seed.chat(server, question, "It depends; here is a short answer.").await);
    }
    let folder = seed.app.make_folder("Work", None).await.unwrap();
    let change =
        |change: Arrangement, from: usize, to: usize| seed.app.arrange(chats[from..to].to_vec(), change);
    change(Arrangement::Folder { folder: Some(folder.id) }, 0, 4).await.unwrap();
    change(Arrangement::Pin { on: true }, 20, 22).await.unwrap();
    change(Arrangement::Archive { on: true }, 4, 6).await.unwrap();
    change(Arrangement::Trash { on: true }, 6, 9).await.unwrap();
    seed.done(|_| ()).await
}

/// One chat for each kind of text, by its name in [`texts`].
pub(crate) async fn replies(
    server: &FakeV4,
    appearance: Appearance,
) -> (Home, HashMap<&'static str, ConversationId>) {
    let seed = Seed::new(server, appearance).await;
    let mut chats = HashMap::new();
    for (name, question, answer) in texts::replies() {
        chats.insert(name, seed.chat(server, &question, &answer).await);
    }
    let thinking = Script::answer("Use the second form.").thinking(texts::THINKING);
    chats.insert("thinking", seed.ask(server, None, "Which form is right?", thinking).await.0);
    let long = Script::answer("It was a dark and stormy night.").thinking("").finish("length");
    chats.insert("length", seed.ask(server, None, "Tell me a story", long).await.0);
    let (chat, _) = seed.ask(server, None, "And then?", Script::answer("It went on.").thinking("")).await;
    chats.insert("stopped", chat);
    let (home, stopped) = (
        seed.done(|file| {
            let stop =
                "UPDATE message SET state = 'stopped' WHERE role = 'assistant' AND conversation_id = ?1";
            assert_eq!(file.execute(stop, [id(chat)]).unwrap(), 1);
            let stop_attempt = "UPDATE attempt SET state = 'stopped', finish_reason = NULL
                            WHERE message_id IN (SELECT id FROM message WHERE conversation_id = ?1)";
            assert_eq!(file.execute(stop_attempt, [id(chat)]).unwrap(), 1);
        }),
        chats,
    );
    (home.await, stopped)
}

/// One chat for each way in which a reply fails.
pub(crate) async fn failures(server: &FakeV4, appearance: Appearance) -> (Home, Vec<(Code, ConversationId)>) {
    let seed = Seed::new(server, appearance).await;
    let mut chats = Vec::new();
    for code in texts::CODES {
        let script = Script::answer(if code == Code::CutOff { "It was a dark and" } else { "Gone." });
        let (chat, reply) = seed.ask(server, None, "What went wrong?", script.thinking("")).await;
        chats.push((code, chat, reply));
    }
    let home = seed.done(|file| {
        for (code, _, reply) in &chats {
            let failure = serde_json::to_string(&failure(*code)).unwrap();
            let state = if *code == Code::CutOff { "cut_off" } else { "failed" };
            let fail =
                "UPDATE attempt SET state = ?2, failure = ?3, finish_reason = NULL WHERE message_id = ?1";
            let reply = reply.to_string().parse::<i64>().unwrap();
            file.execute("UPDATE message SET state = ?2 WHERE id = ?1", rusqlite::params![reply, state])
                .unwrap();
            assert_eq!(file.execute(fail, rusqlite::params![reply, state, failure]).unwrap(), 1);
            if *code != Code::CutOff {
                file.execute("DELETE FROM part WHERE message_id = ?1", [reply]).unwrap();
            }
        }
    });
    (home.await, chats.into_iter().map(|(code, chat, _)| (code, chat)).collect())
}

/// A chat of two questions whose replies have versions.
pub(crate) async fn branches(server: &FakeV4, appearance: Appearance) -> (Home, ConversationId) {
    let seed = Seed::new(server, appearance).await;
    let (chat, reply) =
        seed.ask(server, None, texts::QUESTIONS[0], Script::answer("It depends.").thinking("")).await;
    for answer in ["Not always.", "Mostly, and rarely on Sundays."] {
        seed.ask_again(server, reply, answer).await;
    }
    let more = Script::answer("Then the second half is kept.").thinking("");
    let (_, reply) = seed.ask(server, Some(chat), texts::QUESTIONS[1], more).await;
    seed.ask_again(server, reply, "Nobody knows.").await;
    (seed.done(|_| ()).await, chat)
}

/// Folders in folders.
pub(crate) struct Folders {
    pub(crate) home: Home,
    /// Three, each in the one before it.
    pub(crate) nested: [FolderId; 3],
    /// A chat in the innermost.
    pub(crate) chat: ConversationId,
}

/// Chats in folders in folders, one of which has settings of its own.
pub(crate) async fn folders(server: &FakeV4, appearance: Appearance) -> Folders {
    let seed = Seed::new(server, appearance).await;
    let mut chats = Vec::new();
    for question in &texts::QUESTIONS[..7] {
        chats.push(seed.chat(server, question, "It depends.").await);
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
    let nested = [outer.id, inner.id, innermost.id];
    Folders { home: seed.done(|_| ()).await, nested, chat: chats[4] }
}

/// Two chats, the second of which is locked.
pub(crate) async fn locked(server: &FakeV4, appearance: Appearance) -> (Home, ConversationId) {
    let seed = Seed::new(server, appearance).await;
    seed.chat(server, "Why is a B-tree page split at the middle?", "So that both halves can grow.").await;
    let locked = seed.chat(server, "What is in the contract?", "A notice period of three months.").await;
    seed.app.set_lock(Some(locked), Lock::ThisComputer).await.unwrap();
    (seed.done(|_| ()).await, locked)
}

/// Nothing but a lock that cannot be read.
pub(crate) async fn unreadable_lock(server: &FakeV4, appearance: Appearance) -> Home {
    let seed = Seed::new(server, appearance).await;
    seed.app.set_lock(None, Lock::ThisComputer).await.unwrap();
    let damage = "UPDATE setting SET value = '{' WHERE value LIKE '%this_computer%'";
    seed.done(|file| assert_eq!(file.execute(damage, []).unwrap(), 1)).await
}

/// One chat of one word.
pub(crate) async fn hello(server: &FakeV4, appearance: Appearance) -> Home {
    let seed = Seed::new(server, appearance).await;
    seed.chat(server, "Hello", "Hello.").await;
    seed.done(|_| ()).await
}

/// Two chats that are kept as files in `folder`, one of which somebody changed there.
pub(crate) async fn kept_folder(server: &FakeV4, appearance: Appearance, folder: &Path) -> Home {
    let seed = Seed::new(server, appearance).await;
    seed.chat(server, texts::QUESTIONS[0], "So that both halves can grow.").await;
    let chat = seed.chat(server, texts::QUESTIONS[1], "Join the two.").await;
    let kept = KeptFolder { folder: folder.to_owned(), format: KeptFormat::Markdown, locked: false };
    seed.app.keep_folder(Some(kept)).await.unwrap();
    seed.app.keep_folder_now().await.unwrap();
    let file = folder.join(format!("{}.md", texts::QUESTIONS[1]));
    let mine = std::fs::read_to_string(&file).unwrap() + "Mine.";
    std::fs::write(file, mine).unwrap();
    seed.ask(server, Some(chat), "And then?", Script::answer("Measure it.").thinking("")).await;
    seed.done(|_| ()).await
}

/// What servers say with a failure: its status and their words.
const SAID: [(Code, u16, &str); 8] = [
    (Code::Unauthorized, 401, "Authentication Fails, Your api key: ****llery is invalid"),
    (Code::PaymentRequired, 402, "Insufficient Balance"),
    (Code::Forbidden, 403, "This model is not enabled for your project."),
    (Code::NotFound, 404, "Model Not Exist"),
    (Code::InvalidRequest, 400, "Invalid temperature value, the valid range is [0, 2]"),
    (Code::RateLimited, 429, "Rate limit reached"),
    (Code::ServerError, 500, "upstream connect error or disconnect/reset before headers"),
    (Code::Overloaded, 503, "Service is too busy"),
];

fn failure(code: Code) -> Failure {
    let said = SAID.iter().find(|(of, ..)| *of == code);
    let host = || "api.deepseek.com".to_owned();
    let causes = [
        (Code::ContextOverflow, Cause::OverWindow { needed: 1_060_921, window: 1_048_576 }),
        (Code::RateLimited, Cause::LongWait { wait_ms: 1_800_000 }),
        (Code::Unreachable, Cause::CertificateUnknownIssuer { host: host() }),
        (Code::Locked, Cause::LockedHere { by: LockOwner::Chat, host: host() }),
    ];
    let cause = causes.into_iter().find(|(of, _)| *of == code).map(|(_, cause)| cause);
    Failure {
        status: said.map(|(_, status, _)| *status),
        detail: said.map(|(.., words)| (*words).to_owned()),
        server: Some("DeepSeek".to_owned()),
        ..Failure::new(code)
    }
    .with(cause)
}

/// An id as the file has it.
fn id(conversation: ConversationId) -> i64 {
    conversation.to_string().parse().unwrap()
}
