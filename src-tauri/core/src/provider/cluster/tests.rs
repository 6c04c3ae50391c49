use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;

use super::*;
use crate::domain::{FinishReason, ServerKind};
use crate::provider::Delta;

/// An address that does as it is told, without a network.
struct Puppet {
    mood: Mutex<Mood>,
    opened: AtomicUsize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    /// A whole reply.
    Answers,
    /// A word, and then nothing more.
    Streams,
    /// A word, and then the line is cut.
    BreaksOff,
    /// No answer at all.
    Hangs,
    /// This instead of an answer.
    Fails(Code, Option<u16>),
}

impl Puppet {
    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    fn refusal(code: Code, status: Option<u16>) -> Failure {
        Failure { status, ..Failure::new(code).at("rack") }
    }
}

impl ModelServer for Puppet {
    fn open(&self, _: Request) -> BoxFuture<'static, Result<Deltas, Failure>> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let mood = *self.mood.lock().unwrap();
        let word = Ok(Delta::Text("word".to_owned()));
        async move {
            // A server takes its time, so that requests overlap.
            tokio::time::sleep(Duration::from_millis(10)).await;
            match mood {
                Mood::Answers => Ok(stream::iter([word, Ok(Delta::Finish(FinishReason::Stop))]).boxed()),
                Mood::Streams => Ok(stream::iter([word]).chain(stream::pending()).boxed()),
                Mood::BreaksOff => Ok(stream::iter([word, Err(Self::refusal(Code::CutOff, None))]).boxed()),
                Mood::Hangs => std::future::pending().await,
                Mood::Fails(code, status) => Err(Self::refusal(code, status)),
            }
        }
        .boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Model>, Failure>> {
        let mood = *self.mood.lock().unwrap();
        async move {
            match mood {
                Mood::Fails(code, status) => Err(Self::refusal(code, status)),
                Mood::Hangs => std::future::pending().await,
                Mood::Answers | Mood::Streams | Mood::BreaksOff => Ok(vec![Model::named_by_id("m")]),
            }
        }
        .boxed()
    }
}

/// A cluster of puppets, all of which answer.
fn rack(addresses: usize) -> (Cluster, Vec<Arc<Puppet>>) {
    let puppet = |_| Arc::new(Puppet { mood: Mutex::new(Mood::Answers), opened: AtomicUsize::new(0) });
    let puppets: Vec<Arc<Puppet>> = (0..addresses).map(puppet).collect();
    let endpoint = |number: usize| {
        let url = Url::parse(&format!("http://10.0.0.{number}/v1")).unwrap();
        Endpoint::new("rack", ServerKind::OpenAi, url)
    };
    let servers = puppets.iter().enumerate().map(|(number, puppet)| {
        let server: Arc<dyn ModelServer> = Arc::clone(puppet) as Arc<dyn ModelServer>;
        (endpoint(number), server)
    });
    let cluster = Cluster::of(servers.collect(), ClusterState::default());
    (cluster, puppets)
}

fn request(session: Option<i64>) -> Request {
    Request {
        model: "m".to_owned(),
        messages: Vec::new(),
        temperature: None,
        top_p: None,
        max_tokens: None,
        effort: None,
        continues: false,
        conversation: session.map(ConversationId::from_rowid),
    }
}

async fn ask(cluster: &Cluster, session: i64) -> Result<Vec<Result<Delta, Failure>>, Failure> {
    Ok(cluster.open(request(Some(session))).await?.collect().await)
}

fn in_flight(cluster: &Cluster) -> Vec<u32> {
    cluster.state.standings().iter().map(|standing| standing.in_flight).collect()
}

fn opened(puppets: &[Arc<Puppet>]) -> Vec<usize> {
    puppets.iter().map(|puppet| puppet.opened()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_way_out_of_a_request_ends_its_count() {
    let (cluster, puppets) = rack(1);
    let puppet = &puppets[0];

    let opening = cluster.open(request(None));
    assert_eq!(in_flight(&cluster), [0], "nothing happens before it is awaited");
    let mut reply = opening.await.unwrap();
    assert_eq!(in_flight(&cluster), [1]);
    while reply.next().await.is_some() {}
    assert_eq!(in_flight(&cluster), [0], "a stream that is over counts no more, though it is still held");
    drop(reply);
    assert_eq!(in_flight(&cluster), [0]);

    puppet.set(Mood::Streams);
    let mut reply = cluster.open(request(None)).await.unwrap();
    reply.next().await.unwrap().unwrap();
    assert_eq!(in_flight(&cluster), [1]);
    drop(reply);
    assert_eq!(in_flight(&cluster), [0], "dropped in the middle");

    puppet.set(Mood::BreaksOff);
    let mut reply = cluster.open(request(None)).await.unwrap();
    reply.next().await.unwrap().unwrap();
    reply.next().await.unwrap().unwrap_err();
    assert_eq!(in_flight(&cluster), [0], "broken off");
    assert_eq!(reply.next().await, None);

    puppet.set(Mood::Hangs);
    let opening = tokio::time::timeout(Duration::from_secs(1), cluster.open(request(None)));
    assert!(opening.await.is_err());
    assert_eq!(in_flight(&cluster), [0], "given up before the answer");

    puppet.set(Mood::Fails(Code::InvalidRequest, Some(400)));
    assert!(ask(&cluster, 1).await.is_err());
    assert_eq!(in_flight(&cluster), [0], "refused");
}

#[tokio::test(start_paused = true)]
async fn requests_of_one_moment_spread() {
    let (cluster, puppets) = rack(3);
    let asked = join_all((0..9).map(|session| cluster.open(request(Some(session))))).await;
    assert_eq!(opened(&puppets), [3, 3, 3]);
    assert_eq!(in_flight(&cluster), [3, 3, 3]);
    drop(asked);
    assert_eq!(in_flight(&cluster), [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn failures_of_an_address_go_on_to_the_next_and_others_do_not() {
    for (code, status, moves) in [
        (Code::Unreachable, None, true),
        (Code::Timeout, None, true),
        (Code::Overloaded, Some(503), true),
        (Code::Overloaded, Some(529), true),
        (Code::ServerError, Some(502), true),
        (Code::ServerError, Some(504), true),
        (Code::NotFound, Some(404), true),
        (Code::Locked, None, true),
        (Code::ServerError, Some(500), false),
        (Code::Unauthorized, Some(401), false),
        (Code::RateLimited, Some(429), false),
        (Code::ContextOverflow, Some(400), false),
        (Code::InvalidRequest, Some(400), false),
        (Code::Malformed, None, false),
    ] {
        let (cluster, puppets) = rack(2);
        puppets[0].set(Mood::Fails(code, status));
        let answer = ask(&cluster, 1).await;
        assert_eq!(answer.is_ok(), moves, "{code:?} {status:?}");
        assert_eq!(opened(&puppets), [1, usize::from(moves)], "{code:?} {status:?}");
        if let Err(failure) = answer {
            assert_eq!(failure, Puppet::refusal(code, status), "it is told as it is");
        }
        let rests = moves && !matches!(code, Code::NotFound | Code::Locked);
        let condition = cluster.state.standings()[0].condition;
        assert_eq!(condition == Condition::Resting, rests, "{code:?} {status:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_failed_is_asked_again_after_its_rest() {
    let (cluster, puppets) = rack(2);
    puppets[0].set(Mood::Fails(Code::Unreachable, None));
    ask(&cluster, 1).await.unwrap();
    ask(&cluster, 2).await.unwrap();
    assert_eq!(opened(&puppets), [1, 2], "a resting one is left alone");
    tokio::time::sleep(Duration::from_secs(1)).await;
    ask(&cluster, 3).await.unwrap();
    assert_eq!(opened(&puppets), [2, 3], "its rest was over, and it failed again");
    puppets[0].set(Mood::Answers);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    ask(&cluster, 4).await.unwrap();
    assert_eq!(opened(&puppets), [2, 4], "the second rest is longer");
    tokio::time::sleep(Duration::from_millis(500)).await;
    ask(&cluster, 5).await.unwrap();
    assert_eq!(opened(&puppets), [3, 4], "new conversations return");
    ask(&cluster, 1).await.unwrap();
    assert_eq!(opened(&puppets), [3, 5], "and those that moved stay where their prefix is now");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_is_told_and_noted() {
    let (cluster, puppets) = rack(2);
    puppets[0].set(Mood::BreaksOff);
    let reply = ask(&cluster, 1).await.unwrap();
    assert_eq!(reply[0], Ok(Delta::Text("word".to_owned())));
    assert_eq!(reply[1].as_ref().unwrap_err().code, Code::CutOff);
    assert_eq!(opened(&puppets), [1, 0], "nothing is asked again behind the turn's back");
    ask(&cluster, 1).await.unwrap();
    assert_eq!(opened(&puppets), [1, 1], "but the turn's next attempt goes elsewhere");
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_it_is_told_once_and_how_many_were_tried() {
    let (cluster, puppets) = rack(3);
    for puppet in &puppets {
        puppet.set(Mood::Fails(Code::Unreachable, None));
    }
    let failure = ask(&cluster, 1).await.unwrap_err();
    assert_eq!(failure.code, Code::Unreachable);
    assert_eq!(failure.server.as_deref(), Some("rack"));
    assert_eq!(failure.addresses_tried, Some(3));
    assert!(failure.to_string().contains("3 addresses were tried"), "{failure}");
    assert_eq!(opened(&puppets), [1, 1, 1]);
    assert_eq!(ask(&cluster, 1).await.unwrap_err(), failure, "nobody is left, so the resting are asked");
    puppets[2].set(Mood::Answers);
    ask(&cluster, 1).await.unwrap();

    let (cluster, puppets) = rack(1);
    puppets[0].set(Mood::Fails(Code::Overloaded, Some(503)));
    let failure = ask(&cluster, 1).await.unwrap_err();
    assert_eq!(failure, Puppet::refusal(Code::Overloaded, Some(503)), "one address is no cluster");
}

#[tokio::test(start_paused = true)]
async fn the_weightiest_failure_is_told() {
    let locked = Mood::Fails(Code::Locked, None);
    let absent = Mood::Fails(Code::NotFound, Some(404));
    let down = Mood::Fails(Code::Unreachable, None);
    for (moods, code, tried) in [
        ([locked, locked], Code::Locked, None),
        ([down, locked], Code::Unreachable, None),
        ([absent, absent], Code::NotFound, Some(2)),
        ([down, absent], Code::Unreachable, Some(2)),
    ] {
        let (cluster, puppets) = rack(2);
        for (puppet, mood) in puppets.iter().zip(moods) {
            puppet.set(mood);
        }
        let failure = ask(&cluster, 1).await.unwrap_err();
        assert_eq!(failure.code, code, "{moods:?}");
        assert_eq!(failure.addresses_tried, tried, "{failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_one_address_lacks_is_asked_for_at_the_other() {
    let (cluster, puppets) = rack(2);
    puppets[0].set(Mood::Fails(Code::NotFound, Some(404)));
    ask(&cluster, 1).await.unwrap();
    ask(&cluster, 2).await.unwrap();
    assert_eq!(opened(&puppets), [1, 2], "it is asked once");

    let (cluster, puppets) = rack(2);
    cluster.state.learn(&cluster.members[0].endpoint.url, &[Model::named_by_id("other")]);
    cluster.state.learn(&cluster.members[1].endpoint.url, &[Model::named_by_id("m")]);
    ask(&cluster, 1).await.unwrap();
    assert_eq!(opened(&puppets), [0, 1], "its list says so before anyone asks");
}

#[tokio::test(start_paused = true)]
async fn the_models_are_those_of_the_first_that_answers() {
    let (cluster, puppets) = rack(3);
    puppets[0].set(Mood::Fails(Code::Unreachable, None));
    puppets[2].set(Mood::Hangs);
    assert_eq!(cluster.models().await.unwrap(), [Model::named_by_id("m")]);
    assert_eq!(cluster.state.standings()[0].condition, Condition::Resting);
    puppets[1].set(Mood::Fails(Code::Unreachable, None));
    puppets[2].set(Mood::Fails(Code::Unreachable, None));
    let failure = cluster.models().await.unwrap_err();
    assert_eq!(failure.addresses_tried, Some(3));
    let none = Cluster::new(Vec::new(), &Reach::unlocked().unwrap(), ClusterState::default());
    assert_eq!(none.models().await.unwrap_err().code, Code::NoModel);
    assert_eq!(none.open(request(None)).await.err().unwrap().code, Code::NoModel);
}

#[tokio::test(start_paused = true)]
async fn what_is_known_outlives_a_cluster_and_an_address_listed_twice_is_one() {
    let (cluster, puppets) = rack(1);
    puppets[0].set(Mood::Fails(Code::Unreachable, None));
    assert!(ask(&cluster, 1).await.is_err());
    let endpoint = cluster.members[0].endpoint.clone();
    let state = cluster.state.clone();
    let again = Cluster::new(vec![endpoint.clone(), endpoint], &Reach::unlocked().unwrap(), state);
    assert_eq!(again.members.len(), 1);
    assert_eq!(again.state.standings().len(), 1);
    assert_eq!(again.state.standings()[0].condition, Condition::Resting);
}
