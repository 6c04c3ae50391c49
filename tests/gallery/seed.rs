//! A history to open the window on.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use porthole_core::clock::Clock;
use porthole_core::domain::{
    Cause, ChatSettings, Code, ConversationId, Effort, Failure, Lock, LockOwner, MessageId, ModelChoice,
};
use porthole_core::secrets::Keys;
use porthole_core::settings::Appearance;
use porthole_core::{App, Arrangement, NamedServer, Options, SendRequest};
use porthole_tests::fake_v4::{FakeV4, Script, UsageNumbers};
use porthole_tests::harness::{Home, finish};

use crate::texts;

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
