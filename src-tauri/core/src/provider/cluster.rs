//! Several addresses of the same model behind one entry: the healthy, least busy one is asked, and a conversation
//! stays where its prefix is cached.

mod ledger;
mod sessions;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::time::Instant;
use url::Url;

use self::ledger::{Begun, Ledger, Wanted};
use super::{ChatCompletions, Deltas, Endpoint, ModelServer, Reach, Request};
use crate::domain::{Cause, Code, ConversationId, Failure, Model};

pub use ledger::{Condition, Standing};

/// What is known of the addresses of one entry. Whoever makes a [`Cluster`] for each request keeps this between
/// them; clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct ClusterState(Arc<Mutex<Ledger>>);

impl ClusterState {
    /// Every address that was ever part of the cluster, as it stands now.
    pub fn standings(&self) -> Vec<Standing> {
        self.ledger().standings(Instant::now())
    }

    /// Takes note of what an address lists. A model that some addresses list is asked for at those only.
    pub fn learn(&self, url: &Url, models: &[Model]) {
        let mut ledger = self.ledger();
        let at = ledger.number_of(url);
        ledger.learn(at, models.iter().map(|model| model.id.clone()).collect::<BTreeSet<_>>());
    }

    /// Never held over an `await`.
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server with one or more addresses that serve the same model.
///
/// A request goes to the address that answered its conversation last, unless that one failed a short while ago:
/// reading a long prompt again costs more than a short wait. Otherwise it goes to the healthy address with the fewest
/// of Porthole's own requests. An address that cannot be reached, is silent
/// or says that it is overloaded rests for a second, and for twice as long each time up to a minute; the request
/// goes on to the next address at once. Only when no other is left a resting one is asked. What fails after the
/// stream began is the turn's affair and only noted here.
#[derive(Clone)]
pub struct Cluster {
    members: Arc<[Member]>,
    state: ClusterState,
}

struct Member {
    /// Its number in the ledger.
    address: usize,
    endpoint: Endpoint,
    server: Arc<dyn ModelServer>,
}

impl Cluster {
    /// The server at `endpoints`, in order of preference among equals. Opens nothing.
    pub fn new(endpoints: Vec<Endpoint>, reach: &Reach, state: ClusterState) -> Self {
        let with_server = |endpoint: Endpoint| {
            let server = Arc::new(ChatCompletions::new(endpoint.clone(), reach.clone()));
            (endpoint, server as Arc<dyn ModelServer>)
        };
        let members = endpoints.into_iter().map(with_server).collect();
        Self::of(members, state)
    }

    fn of(servers: Vec<(Endpoint, Arc<dyn ModelServer>)>, state: ClusterState) -> Self {
        let mut members: Vec<Member> = Vec::new();
        for (endpoint, server) in servers {
            let address = state.ledger().number_of(&endpoint.url);
            // An address that is listed twice would be tried twice.
            if members.iter().all(|member| member.address != address) {
                members.push(Member { address, endpoint, server });
            }
        }
        Self { members: members.into(), state }
    }

    fn addresses(&self) -> Vec<usize> {
        self.members.iter().map(|member| member.address).collect()
    }

    fn member(&self, address: usize) -> Option<&Member> {
        self.members.iter().find(|member| member.address == address)
    }

    /// Chooses an address and counts the request there, in one step: of ten requests that choose at the same time
    /// each sees the ones before it.
    fn begin(&self, wanted: Wanted<'_>, tried: &[usize]) -> Option<(Attempt, Arc<dyn ModelServer>)> {
        let begun = self.state.ledger().begin(&self.addresses(), tried, wanted, Instant::now())?;
        let attempt = Attempt { begun, state: self.state.clone() };
        let server = Arc::clone(&self.member(begun.address)?.server);
        Some((attempt, server))
    }

    async fn ask(&self, request: Request) -> Result<Deltas, Failure> {
        let wanted =
            Wanted { session: request.conversation.map(ConversationId::rowid), model: &request.model };
        let mut tried = Vec::new();
        let mut failures = Failures::default();
        while let Some((attempt, server)) = self.begin(wanted, &tried) {
            match server.open(request.clone()).await {
                Ok(deltas) => return Ok(attempt.answered(deltas, wanted.session)),
                Err(failure) => {
                    tried.push(attempt.begun.address);
                    let verdict = attempt.failed(&failure, &request.model);
                    tracing::info!(code = failure.code.name(), ?verdict, "an address took no request");
                    failures.add(verdict, failure);
                    if verdict == Verdict::Final {
                        break;
                    }
                }
            }
        }
        Err(failures.told().unwrap_or_else(|| self.without_address()))
    }

    /// The list of the first healthy address that gives one. All healthy ones are asked, so that it is known which
    /// models are where; what comes later than the first is only noted.
    async fn list(&self) -> Result<Vec<Model>, Failure> {
        let (well, resting) = self.state.ledger().by_health(&self.addresses(), Instant::now());
        let mut failures = Failures::default();
        let asked: Vec<_> = well.into_iter().map(|begun| tokio::spawn(self.list_of(begun))).collect();
        for list in asked {
            match list.await {
                Ok(Ok(models)) => return Ok(models),
                Ok(Err(failure)) => failures.add(Verdict::of(&failure), failure),
                Err(fault) => {
                    let failure = Failure { detail: Some(fault.to_string()), ..Failure::new(Code::Internal) };
                    failures.add(Verdict::Final, failure);
                }
            }
        }
        for begun in resting {
            match self.list_of(begun).await {
                Ok(models) => return Ok(models),
                Err(failure) => failures.add(Verdict::of(&failure), failure),
            }
        }
        Err(failures.told().unwrap_or_else(|| self.without_address()))
    }

    /// Asks one address for its models. That it lists them does not make it healthy: llama.cpp does so while it
    /// loads one.
    fn list_of(&self, begun: Begun) -> BoxFuture<'static, Result<Vec<Model>, Failure>> {
        let state = self.state.clone();
        let server = self.member(begun.address).map(|member| Arc::clone(&member.server));
        let without = self.without_address();
        async move {
            let listed = server.ok_or(without)?.models().await;
            let mut ledger = state.ledger();
            match &listed {
                Ok(models) => {
                    ledger.learn(begun.address, models.iter().map(|model| model.id.clone()).collect());
                }
                Err(failure) if Verdict::of(failure) == Verdict::Unwell => {
                    ledger.failed(begun, Instant::now());
                }
                Err(_) => {}
            }
            listed
        }
        .boxed()
    }

    fn without_address(&self) -> Failure {
        let failure = Failure::because(Code::NoModel, Cause::NoAddress);
        match self.members.first() {
            Some(member) => failure.at(&member.endpoint.name),
            None => failure,
        }
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let endpoints: Vec<&Endpoint> = self.members.iter().map(|member| &member.endpoint).collect();
        formatter.debug_struct("Cluster").field("endpoints", &endpoints).finish_non_exhaustive()
    }
}

impl ModelServer for Cluster {
    fn open(&self, request: Request) -> BoxFuture<'static, Result<Deltas, Failure>> {
        let cluster = self.clone();
        async move { cluster.ask(request).await }.boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Model>, Failure>> {
        let cluster = self.clone();
        async move { cluster.list().await }.boxed()
    }
}

/// A request that counts as in flight as long as this lives, wherever it is dropped.
struct Attempt {
    begun: Begun,
    state: ClusterState,
}

impl Attempt {
    /// The address begins to answer; the request is in flight until the stream is over or dropped.
    fn answered(mut self, deltas: Deltas, session: Option<i64>) -> Deltas {
        self.state.ledger().answered(self.begun, session);
        // The rest before it is over; what fails from here on is a new failure.
        self.begun.after = None;
        let open = Some((deltas, self));
        stream::unfold(open, |open| async move {
            let (mut deltas, attempt) = open?;
            match deltas.next().await? {
                Ok(delta) => Some((Ok(delta), Some((deltas, attempt)))),
                Err(failure) => {
                    if Verdict::of(&failure) == Verdict::Unwell {
                        attempt.state.ledger().failed(attempt.begun, Instant::now());
                    }
                    Some((Err(failure), None))
                }
            }
        })
        .boxed()
    }

    fn failed(self, failure: &Failure, model: &str) -> Verdict {
        let verdict = Verdict::of(failure);
        match verdict {
            Verdict::Unwell => self.state.ledger().failed(self.begun, Instant::now()),
            Verdict::WithoutModel => self.state.ledger().lacks(self.begun.address, model, Instant::now()),
            Verdict::Locked | Verdict::Final => {}
        }
        verdict
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.state.ledger().ended(self.begun);
    }
}

/// What a failure says of an address. A later one is more worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// It may not be asked; another one may.
    Locked,
    /// It does not have the model; another one may.
    WithoutModel,
    /// It is down, silent or overloaded; another one need not be.
    Unwell,
    /// It is about the request, the key or the account, and would be the same elsewhere.
    Final,
}

impl Verdict {
    fn of(failure: &Failure) -> Self {
        let is_gateway_alone = matches!(failure.status, Some(502 | 504));
        if failure.code == Code::Locked {
            Self::Locked
        } else if failure.code == Code::NotFound {
            Self::WithoutModel
        } else if matches!(failure.code, Code::Unreachable | Code::Timeout | Code::Overloaded | Code::CutOff)
            || (failure.code == Code::ServerError && is_gateway_alone)
        {
            Self::Unwell
        } else {
            Self::Final
        }
    }
}

/// What went wrong at the addresses so far.
#[derive(Default)]
struct Failures {
    worst: Option<(Verdict, Failure)>,
    /// How many were asked. Nothing was sent to a locked one.
    asked: u32,
}

impl Failures {
    fn add(&mut self, verdict: Verdict, failure: Failure) {
        self.asked += u32::from(verdict != Verdict::Locked);
        if self.worst.as_ref().is_none_or(|(worst, _)| *worst <= verdict) {
            self.worst = Some((verdict, failure));
        }
    }

    /// The last failure of the weightiest kind, and how many addresses were asked if it was not the only one.
    fn told(self) -> Option<Failure> {
        let (verdict, mut failure) = self.worst?;
        if self.asked > 1 && matches!(verdict, Verdict::Unwell | Verdict::WithoutModel) {
            failure.addresses_tried = Some(self.asked);
        }
        Some(failure)
    }
}

#[cfg(test)]
mod tests;
