//! Turns over a history that fails, and a provider that does.

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, stream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;
use crate::domain::{ChatSettings, FinishReason, MessageState, Model, ModelChoice, ServerKind, plain_text};
use crate::store::{NewReply, ServerSpec};

/// Says what a test sends it; falls over when it gets nothing to say.
struct Puppet(std::sync::Mutex<Option<UnboundedReceiver<Delta>>>);

impl ModelServer for Puppet {
    fn open(&self, _: Request) -> BoxFuture<'static, Result<Deltas, Failure>> {
        let words = self.0.lock().unwrap().take();
        async move {
            let words = words.expect("nothing to say");
            let deltas = stream::unfold(words, |mut words| async move {
                let delta = words.recv().await?;
                Some((Ok(delta), words))
            });
            Ok(deltas.boxed() as Deltas)
        }
        .boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Model>, Failure>> {
        async { Ok(Vec::new()) }.boxed()
    }
}

struct Stage {
    folder: tempfile::TempDir,
    store: Store,
    reply: MessageId,
    turn: Turn,
    ended: JoinHandle<Result<Message, StoreError>>,
}

impl Stage {
    async fn set(words: Option<UnboundedReceiver<Delta>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), 1).unwrap();
        let url = "http://127.0.0.1:1/v1".to_owned();
        let server = ServerSpec::new("here", ServerKind::OpenAi, url);
        let server = store.add_server(server, 1).await.unwrap().id;
        let model = ModelChoice { server, model: "m".to_owned() };
        let new = NewReply { model, server_name: "here".to_owned(), hosted: false, now_ms: 2 };
        let started = store.ask(None, ChatSettings::default(), "why?".to_owned(), new).await.unwrap();
        let reply = started.reply.id;
        let (turn, ended) = start(Assignment {
            reply: started.reply,
            versions: started.versions,
            request: Request {
                model: "m".to_owned(),
                messages: Vec::new(),
                temperature: None,
                top_p: None,
                max_tokens: None,
                effort: None,
                continues: false,
                conversation: None,
            },
            server: Arc::new(Puppet(std::sync::Mutex::new(words))),
            store: store.clone(),
            rates: Arc::new(|_| None),
        });
        Self { folder, store, reply, turn, ended }
    }

    /// What another program does to the history meanwhile.
    fn meanwhile(&self, statement: &str) {
        let file = self.folder.path().join(Store::FILE_NAME);
        rusqlite::Connection::open(file).unwrap().execute_batch(statement).unwrap();
    }

    /// What a crash at this moment would leave: the same files, and nobody who holds a lock on one.
    fn left_by_a_crash(&self) -> tempfile::TempDir {
        let left = tempfile::tempdir().unwrap();
        for folder in ["", "unsaved"] {
            let to = left.path().join(folder);
            std::fs::create_dir_all(&to).unwrap();
            for file in std::fs::read_dir(self.folder.path().join(folder)).unwrap() {
                let file = file.unwrap();
                // The next start makes the journal's index anew.
                if file.path().is_file() && !file.file_name().to_string_lossy().ends_with("-shm") {
                    std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
                }
            }
        }
        left
    }

    async fn text(&self) -> String {
        plain_text(&self.store.message(self.reply).await.unwrap().parts)
    }
}

fn say(words: &UnboundedSender<Delta>, text: &str) {
    words.send(Delta::Text(text.to_owned())).unwrap();
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("within 20 s")
}

#[tokio::test]
async fn text_that_could_not_be_kept_is_kept_before_what_follows() {
    let (words, heard) = unbounded_channel();
    let stage = Stage::set(Some(heard)).await;
    stage
        .meanwhile("CREATE TRIGGER full BEFORE INSERT ON arriving BEGIN SELECT RAISE(ABORT, 'no room'); END");
    say(&words, "one ");
    sleep(KEEP_EVERY * 3).await;
    assert_eq!(stage.text().await, "");
    stage.meanwhile("DROP TRIGGER full");
    say(&words, "two");
    soon(async {
        while !stage.text().await.ends_with("two") {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert_eq!(stage.text().await, "one two", "a crash now would leave a text with a hole");
}

#[tokio::test]
async fn what_was_put_aside_does_not_replace_what_came_later() {
    let (words, heard) = unbounded_channel();
    let stage = Stage::set(Some(heard)).await;
    stage.store.reserve_aside().await;
    stage
        .meanwhile("CREATE TRIGGER full BEFORE INSERT ON arriving BEGIN SELECT RAISE(ABORT, 'no room'); END");
    say(&words, "one ");
    sleep(KEEP_EVERY * 3).await;
    stage.meanwhile("DROP TRIGGER full");
    say(&words, "two");
    soon(async {
        while stage.text().await != "one two" {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let after_a_crash = stage.left_by_a_crash();
    let (store, recovered) = Store::open(after_a_crash.path(), 3).unwrap();
    assert_eq!(plain_text(&store.message(stage.reply).await.unwrap().parts), "one two");
    assert_eq!(recovered.cut_off, 1);
}

#[tokio::test]
async fn text_is_put_aside_while_another_program_holds_the_history() {
    let (words, heard) = unbounded_channel();
    let stage = Stage::set(Some(heard)).await;
    stage.store.reserve_aside().await;
    let holder = rusqlite::Connection::open(stage.folder.path().join(Store::FILE_NAME)).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    say(&words, "one ");
    let mut is_said = false;
    // A write is given up after 5 s, and only then told as failed.
    tokio::time::timeout(Duration::from_secs(3), async {
        loop {
            let left = stage.left_by_a_crash();
            let (store, _) = Store::open(left.path(), 3).unwrap();
            match plain_text(&store.message(stage.reply).await.unwrap().parts).as_str() {
                "one two" => break,
                "one " if !is_said => {
                    say(&words, "two");
                    is_said = true;
                }
                _ => {}
            }
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("while it is held");
    assert_eq!(stage.text().await, "", "it is held all the time");
    drop(holder);
}

#[tokio::test]
async fn an_ending_that_could_not_be_written_is_told_and_written_later() {
    let (words, heard) = unbounded_channel();
    let stage = Stage::set(Some(heard)).await;
    stage.meanwhile("CREATE TRIGGER full BEFORE UPDATE ON message BEGIN SELECT RAISE(ABORT, 'no room'); END");
    say(&words, "all of it");
    words.send(Delta::Finish(FinishReason::Stop)).unwrap();
    drop(words);
    soon(stage.turn.feed().ended()).await;
    assert_eq!(stage.store.message(stage.reply).await.unwrap().state, MessageState::Arriving);
    stage.meanwhile("DROP TRIGGER full");
    let reply = soon(stage.ended).await.unwrap().unwrap();
    assert_eq!((reply.state, reply.failure.as_ref()), (MessageState::Complete, None));
    assert_eq!(stage.store.message(stage.reply).await.unwrap(), reply);
}

#[tokio::test(start_paused = true)]
async fn d1_a_history_that_another_program_holds_is_told_before_it_is_let_go() {
    let (words, heard) = unbounded_channel();
    let stage = Stage::set(Some(heard)).await;
    let holder = rusqlite::Connection::open(stage.folder.path().join(Store::FILE_NAME)).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    say(&words, "all of it");
    words.send(Delta::Finish(FinishReason::Stop)).unwrap();
    drop(words);
    // The clock stands still while anything but a held history is worked at.
    soon(stage.turn.feed().ended()).await;
    assert!(stage.turn.feed().is_unsaved());
    drop(holder);
    let reply = stage.ended.await.unwrap().unwrap();
    assert_eq!((reply.state, reply.failure.as_ref()), (MessageState::Complete, None));
    assert_eq!(stage.store.message(stage.reply).await.unwrap(), reply);
}

#[tokio::test]
async fn a_fault_in_the_program_ends_the_reply() {
    let stage = Stage::set(None).await;
    soon(stage.turn.feed().ended()).await;
    let reply = soon(stage.ended).await.unwrap().unwrap();
    assert_eq!(reply.state, MessageState::CutOff);
    assert_eq!(reply.failure.as_ref().map(|failure| failure.code), Some(Code::Internal));
    assert_eq!(stage.store.message(stage.reply).await.unwrap(), reply);
}
