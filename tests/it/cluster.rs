//! One entry, several servers of the same model: a conversation keeps its server, new ones are spread, and nobody
//! notices when a server dies.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use porthole_core::domain::{
    Cause, ChatSettings, Code, ConversationId, Failure, Message, MessageState, ModelChoice, Role, ServerKind,
};
use porthole_core::provider::{
    Cluster, ClusterState, Condition, Delta, Deltas, Endpoint, ModelServer, PromptMessage, Reach, Request,
};
use porthole_core::secrets::Secret;
use porthole_core::store::{NewReply, ServerSpec, Store};
use porthole_core::turn::{self, Assignment, News, NewsCursor};
use porthole_tests::fake_v4::{Cut, Dialect, FakeV4, Script, Settings};
use porthole_tests::harness::words_of;

/// An entry as the app holds it: the state persists, and each request makes its own cluster.
struct Rack {
    endpoints: Vec<Endpoint>,
    reach: Reach,
    state: ClusterState,
}

impl Rack {
    fn of(servers: &[&FakeV4], kind: ServerKind) -> Self {
        let path = if kind == ServerKind::DeepSeek { "" } else { "/v1" };
        let endpoint = |server: &&FakeV4| {
            let url = format!("{}{path}", server.url()).parse().unwrap();
            let key = Some(Secret::new("sk-test".to_owned()));
            Endpoint { key, ..Endpoint::new("rack", kind, url) }
        };
        let endpoints = servers.iter().map(endpoint).collect();
        Self { endpoints, reach: Reach::unlocked().unwrap(), state: ClusterState::default() }
    }

    fn cluster(&self) -> Cluster {
        Cluster::new(self.endpoints.clone(), &self.reach, self.state.clone())
    }

    async fn open(&self, conversation: &Conversation) -> Result<Deltas, Failure> {
        self.cluster().open(conversation.request()).await
    }

    fn in_flight(&self) -> Vec<u32> {
        self.state.standings().iter().map(|standing| standing.in_flight).collect()
    }

    fn conditions(&self) -> Vec<Condition> {
        self.state.standings().iter().map(|standing| standing.condition).collect()
    }
}

/// A conversation that grows as it is answered.
struct Conversation {
    session: i64,
    model: &'static str,
    messages: Vec<PromptMessage>,
}

impl Conversation {
    fn new(session: i64, model: &'static str) -> Self {
        let mut conversation = Self { session, model, messages: Vec::new() };
        conversation
            .say(Role::User, &format!("Conversation {session} begins. {}", "So far, so good. ".repeat(20)));
        conversation
    }

    fn say(&mut self, role: Role, content: &str) {
        let content = content.to_owned();
        self.messages.push(PromptMessage {
            role,
            content,
            thinking: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
        });
    }

    fn request(&self) -> Request {
        Request {
            model: self.model.to_owned(),
            messages: self.messages.clone(),
            temperature: None,
            top_p: None,
            max_tokens: None,
            effort: None,
            continues: false,
            conversation: Some(ConversationId::from_rowid(self.session)),
        }
    }

    /// Asks, records the answer and prepares the next question; returns how many tokens came from the cache.
    async fn turn(&mut self, rack: &Rack) -> u32 {
        let mut cached = 0;
        let mut text = String::new();
        for delta in rack.open(self).await.unwrap().collect::<Vec<_>>().await {
            match delta.unwrap() {
                Delta::Text(piece) => text.push_str(&piece),
                Delta::Usage(usage) => cached = usage.cached_tokens.unwrap_or(cached),
                Delta::Model(_)
                | Delta::Thinking(_)
                | Delta::TextWasThinking
                | Delta::ToolCall(_)
                | Delta::Settled(_)
                | Delta::Finish(_)
                | Delta::Unterminated => {}
            }
        }
        self.say(Role::Assistant, &text);
        self.say(Role::User, "And then?");
        cached
    }
}

const MODEL: &str = "deepseek-v4-pro";

fn counts(servers: &[&FakeV4]) -> Vec<usize> {
    servers.iter().map(|server| server.chats().len()).collect()
}

#[tokio::test]
async fn a_conversation_stays_where_its_prefix_is_cached() {
    let (one, two) = (FakeV4::start().await, FakeV4::start().await);
    let rack = Rack::of(&[&one, &two], ServerKind::DeepSeek);
    let busy = Conversation::new(1, MODEL);
    one.reply(Script::answer("Slowly.").pause_after(1));
    let slow = rack.open(&busy).await.unwrap();
    let mut conversation = Conversation::new(2, MODEL);
    let mut cached = vec![conversation.turn(&rack).await];
    drop(slow);
    for _ in 0..4 {
        // The other server is idle now and first in the list; it does not have the prefix.
        cached.push(conversation.turn(&rack).await);
    }
    assert_eq!(counts(&[&one, &two]), [1, 5]);
    assert_eq!(cached[0], 0);
    assert!(cached[1] > 100, "the first question was cached: {cached:?}");
    assert!(
        cached.is_sorted_by(|earlier, later| earlier < later),
        "each turn found the one before: {cached:?}"
    );
}

#[tokio::test]
async fn new_conversations_spread_and_counts_are_exact_after_drops() {
    let servers = [FakeV4::start().await, FakeV4::start().await, FakeV4::start().await];
    let servers: Vec<&FakeV4> = servers.iter().collect();
    let rack = Rack::of(&servers, ServerKind::DeepSeek);
    for server in &servers {
        server.reply_always(Script::answer("Word for word.").pause_after(2));
    }
    let conversations: Vec<Conversation> = (0..12).map(|session| Conversation::new(session, MODEL)).collect();
    let opened = join_all(conversations.iter().map(|conversation| rack.open(conversation))).await;
    let mut streams: Vec<Deltas> = opened.into_iter().map(Result::unwrap).collect();
    assert_eq!(rack.in_flight(), [4, 4, 4]);
    assert_eq!(counts(&servers), [4, 4, 4]);
    drop(streams.split_off(5));
    assert_eq!(rack.in_flight().iter().sum::<u32>(), 5);
    let opening = rack.open(&conversations[0]);
    assert!(tokio::time::timeout(Duration::ZERO, opening).await.is_err());
    assert_eq!(rack.in_flight().iter().sum::<u32>(), 5, "a request that was given up before its answer");
    for server in &servers {
        server.chats().iter().for_each(|chat| server.resume(chat.index));
    }
    for stream in streams {
        stream.for_each(async |delta| drop(delta.unwrap())).await;
    }
    assert_eq!(rack.in_flight(), [0, 0, 0]);
}

#[tokio::test]
async fn a_server_that_dies_between_turns_is_replaced_and_returns() {
    let (one, two) = (FakeV4::start().await, FakeV4::start().await);
    let port = one.address().port();
    let rack = Rack::of(&[&one, &two], ServerKind::DeepSeek);
    let mut conversation = Conversation::new(1, MODEL);
    conversation.turn(&rack).await;
    one.stop().await;
    conversation.turn(&rack).await;
    assert_eq!(rack.conditions(), [Condition::Resting, Condition::Healthy]);
    assert_eq!(two.chats().len(), 1, "the turn was answered all the same");

    let one = FakeV4::start_with(Settings { port, ..Settings::default() }).await.unwrap();
    Conversation::new(2, MODEL).turn(&rack).await;
    assert_eq!(counts(&[&one, &two]), [0, 2], "it rests for a second");
    pass(Duration::from_secs(1)).await;
    Conversation::new(3, MODEL).turn(&rack).await;
    assert_eq!(counts(&[&one, &two]), [1, 2], "it is asked again");
    assert_eq!(rack.conditions(), [Condition::Healthy, Condition::Healthy]);
    let cached = conversation.turn(&rack).await;
    assert_eq!(counts(&[&one, &two]), [1, 3], "who moved stays where the prefix is now");
    assert!(cached > 100, "{cached}");
}

/// Lets time pass for the app; the servers' time is not affected.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_server_that_dies_in_a_reply_is_told_and_the_next_request_goes_elsewhere() {
    let (one, two) = (FakeV4::start().await, FakeV4::start().await);
    let rack = Rack::of(&[&one, &two], ServerKind::DeepSeek);
    let mut conversation = Conversation::new(1, MODEL);
    one.reply(Script::answer("One two three four.").thinking("").cut_after(3, Cut::Reset));
    let deltas: Vec<_> = rack.open(&conversation).await.unwrap().collect().await;
    assert!(deltas.iter().any(|delta| matches!(delta, Ok(Delta::Text(_)))));
    assert_eq!(deltas.last().unwrap().as_ref().unwrap_err().code, Code::CutOff);
    assert_eq!(counts(&[&one, &two]), [1, 0], "nobody asks again behind the person's back");
    assert_eq!(rack.in_flight(), [0, 0]);
    conversation.turn(&rack).await;
    assert_eq!(counts(&[&one, &two]), [1, 1]);
}

#[tokio::test]
async fn a_model_is_asked_for_where_it_is_listed() {
    let start = async |models: &[&str]| {
        let models = Some(models.iter().map(|model| (*model).to_owned()).collect());
        let dialect = Dialect::Vllm;
        FakeV4::start_with(Settings { dialect, models, ..Settings::default() }).await.unwrap()
    };
    let (one, two) = (start(&["small"]).await, start(&["small", "large"]).await);
    let rack = Rack::of(&[&one, &two], ServerKind::Vllm);
    Conversation::new(1, "large").turn(&rack).await;
    assert_eq!(counts(&[&one, &two]), [1, 1], "the first does not have it, and the next does");
    Conversation::new(2, "large").turn(&rack).await;
    assert_eq!(counts(&[&one, &two]), [1, 2], "which is remembered");
    let listed = rack.cluster().models().await.unwrap();
    assert_eq!(listed.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ["small"]);
    let failure = rack.open(&Conversation::new(3, "none")).await.err().unwrap();
    assert_eq!(failure.code, Code::NotFound);
    assert_eq!(failure.addresses_tried, Some(2));
}

/// A turn over the cluster, with its news.
async fn turn_of(rack: &Rack) -> (Message, Vec<Code>) {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), 1).unwrap();
    let url = rack.endpoints[0].url.to_string();
    let server = ServerSpec::new("rack", ServerKind::DeepSeek, url);
    let server = store.add_server(server, 1).await.unwrap().id;
    let model = ModelChoice { server, model: MODEL.to_owned() };
    let new = NewReply { model, server_name: "rack".to_owned(), hosted: true, now_ms: 2 };
    let started = store.ask(None, ChatSettings::default(), "why?".to_owned(), new).await.unwrap();
    let (turn, _) = turn::start(Assignment {
        reply: started.reply,
        versions: started.versions,
        request: Conversation::new(started.conversation.id.rowid(), MODEL).request(),
        server: std::sync::Arc::new(rack.cluster()),
        store,
        rates: std::sync::Arc::new(|_| None),
    });
    let mut cursor = NewsCursor::default();
    let mut retries = Vec::new();
    loop {
        for news in turn.feed().news(&mut cursor).await {
            match news {
                News::Retry(retry) => {
                    retries.push(retry.code);
                    // One retry shows the rule; the other waits would only take time.
                    turn.stop();
                }
                News::Ended(reply) => return (*reply, retries),
                News::Thinking(_) | News::Text(_) | News::Part(_) => {}
            }
        }
    }
}

#[tokio::test]
async fn an_overloaded_server_is_noticed_by_nobody() {
    let (one, two) = (FakeV4::start().await, FakeV4::start().await);
    let rack = Rack::of(&[&one, &two], ServerKind::DeepSeek);
    one.reply_always(Script::overloaded().header("retry-after", "30"));
    two.reply(Script::answer("Here."));
    let (reply, retries) = turn_of(&rack).await;
    assert_eq!((reply.state, words_of(&reply).1.as_str()), (MessageState::Complete, "Here."));
    assert_eq!(retries, [], "no wait, and no word of it");
    assert_eq!(counts(&[&one, &two]), [1, 1]);
}

#[tokio::test]
async fn a_cluster_that_is_gone_is_one_failure_and_the_turns_to_try_again() {
    let servers = [FakeV4::start().await, FakeV4::start().await, FakeV4::start().await];
    let rack = Rack::of(&servers.iter().collect::<Vec<_>>(), ServerKind::DeepSeek);
    for server in servers {
        server.stop().await;
    }
    let failure = rack.open(&Conversation::new(1, MODEL)).await.err().unwrap();
    assert_eq!(failure.code, Code::Unreachable);
    assert_eq!(failure.server.as_deref(), Some("rack"));
    assert_eq!(failure.addresses_tried, Some(3));
    assert!(matches!(failure.cause.as_deref(), Some(Cause::Refused { .. })), "{failure}");
    assert_eq!(rack.in_flight(), [0, 0, 0]);
    let (reply, retries) = turn_of(&rack).await;
    assert_eq!((reply.state, retries), (MessageState::Stopped, vec![Code::Unreachable]));
}
