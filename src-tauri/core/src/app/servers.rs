//! Which servers there are and whether they answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use url::Url;

use super::address::{address_text, parse_address, same_address};
use super::endpoint::is_name_of;
use super::view::{Account, Preset, Server, ServerState, ServerToAdd};
use super::{App, endpoint::BUILT_IN};
use crate::domain::{Cause, Change, Code, Failure, Model, Place, ServerId};
use crate::provider::{self, Discovered, Endpoint, Readiness, place_of};
use crate::store::{ServerRecord, ServerSpec};

/// What is known about each server in this run.
#[derive(Default)]
pub(super) struct Answers(Mutex<HashMap<ServerId, Answer>>);

#[derive(Clone)]
pub(super) struct Answer {
    pub(super) state: ServerState,
    /// What it lists, before the catalogue adds to it.
    pub(super) listed: Vec<Model>,
    /// Where its address turned out to be.
    place: Option<Place>,
}

impl Answers {
    fn set(&self, id: ServerId, answer: Answer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, answer);
    }

    pub(super) fn get(&self, id: ServerId) -> Option<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Whether the server asked for a key or refused the one it got.
    pub(super) fn refused(&self, id: ServerId) -> bool {
        let refused = |answer: Answer| match answer.state {
            ServerState::Unreachable { failure } => failure.code == Code::Unauthorized,
            ServerState::Checking | ServerState::Ready => false,
        };
        self.get(id).is_some_and(refused)
    }
}

impl App {
    /// The servers as they are known now, without asking any. A found one is listed while it answers in this run.
    pub async fn servers(&self) -> Result<Vec<Server>, Failure> {
        let mut servers = Vec::new();
        for record in self.records().await? {
            if !record.found || self.0.answers.get(record.id).is_some() {
                servers.push(self.view(record).await);
            }
        }
        Ok(servers)
    }

    /// One server as it is known now.
    pub(super) async fn server(&self, id: ServerId) -> Result<Server, Failure> {
        let record = self.record(id).await?;
        Ok(self.view(record).await)
    }

    /// Looks for servers on this computer and asks all that were added by hand, at once; about a second. For a person,
    /// who is asked for the keychain's password once more where it was not given.
    pub async fn find_servers(&self) -> Result<Vec<Server>, Failure> {
        self.0.keys.ask_again();
        self.look_for_servers().await
    }

    /// As [`App::find_servers`], by itself: a keychain that was locked in this run stays unasked, and what is kept is
    /// written only where it changes.
    pub async fn look_for_servers(&self) -> Result<Vec<Server>, Failure> {
        let records = self.records().await?;
        let by_hand = |named: &&super::NamedServer| {
            !records.iter().any(|record| !record.found && is_name_of(&named.name, record))
        };
        let extra: Vec<Url> =
            self.0.named_servers.iter().filter(by_hand).map(|named| named.url.clone()).collect();
        let found = Box::pin(provider::discover(&self.0.reach, &extra)).await;
        let mut answered = Vec::new();
        for discovered in found {
            let name = self
                .0
                .named_servers
                .iter()
                .find(|named| same_address(&named.url, &discovered.url))
                .map_or_else(|| discovered.kind.dialect().product.to_owned(), |named| named.name.clone());
            let at = |record: &&ServerRecord| {
                !record.found
                    && Url::parse(&record.spec.url).is_ok_and(|url| same_address(&url, &discovered.url))
            };
            if records.iter().any(|record| at(&record)) {
                // It was added by hand and is asked as that, with its key.
                continue;
            }
            let needs_key = discovered.state == Readiness::NeedsKey;
            let url = address_text(&discovered.url);
            // What it told with its key is better known than what can be guessed without.
            let known = records.iter().find(|record| needs_key && record.spec.url == url);
            let kind = known.map_or(discovered.kind, |known| known.spec.kind);
            let new = ServerSpec::new(name, kind, url);
            let record = self.0.store.keep_found_server(new, self.0.clock.now_ms()).await?;
            answered.push(record.id);
            self.answered(&record, Ok(Discovered { kind: record.spec.kind, ..discovered })).await;
            // Ports are looked at without any key; a server whose key is known is asked again with it.
            if needs_key && self.key_of(&record).await.is_ok_and(|key| key.is_some()) {
                self.ask_for_models(record).await;
            }
        }
        let silent = records.into_iter().filter(|record| !answered.contains(&record.id));
        join_all(silent.map(|record| self.ask_for_models(record))).await;
        self.servers().await
    }

    /// Asks one server for its models and remembers what it said. A hosted one is not asked without a key.
    pub(super) async fn ask_for_models(&self, record: ServerRecord) {
        // A found server that was never seen in this run and is not found now is just not running.
        if record.found && self.0.answers.get(record.id).is_none() {
            return;
        }
        let found = self.identify(&record).await;
        self.answered(&record, found).await;
    }

    async fn identify(&self, record: &ServerRecord) -> Result<Discovered, Failure> {
        self.keychain_was_open_for(record).await?;
        let endpoint = self.endpoint(record).await?;
        if endpoint.key.is_none() && self.account_of(record).is_some() {
            return Err(Failure::because(Code::Unauthorized, Cause::NoKey).at(&record.spec.name));
        }
        let mut found = Box::pin(provider::identify(&self.0.reach, &endpoint)).await;
        for url in &record.spec.more_urls {
            if found.is_ok() {
                break;
            }
            let Ok(url) = parse_address(url) else { continue };
            let another = Endpoint { url, ..endpoint.clone() };
            let another = Box::pin(provider::identify(&self.0.reach, &another)).await;
            // The first address stays the first: what is kept of another is what it offers.
            found = another.map(|another| Discovered { url: endpoint.url.clone(), ..another }).or(found);
        }
        found
    }

    pub(super) async fn answered(&self, record: &ServerRecord, found: Result<Discovered, Failure>) {
        let mut url = Url::parse(&record.spec.url).ok();
        let (state, listed) = match found {
            Ok(found) => {
                let address = address_text(&found.url);
                let is_for_this_run =
                    self.0.named_servers.iter().any(|named| is_name_of(&named.name, record));
                if (address != record.spec.url || found.kind != record.spec.kind) && !is_for_this_run {
                    // What could not be kept is found out again next time.
                    let _ = self.0.store.set_server_address(record.id, address, found.kind).await;
                }
                url = Some(found.url);
                (state_of(found.state, record), found.models)
            }
            Err(failure) => (ServerState::Unreachable { failure }, Vec::new()),
        };
        let place = match url.filter(|_| state == ServerState::Ready) {
            Some(url) => Some(self.0.reach.place(&url, None).await),
            None => None,
        };
        self.0.answers.set(record.id, Answer { state, listed, place });
    }

    /// Keeps a server and asks it for its models. One that does not answer now is kept all the same.
    ///
    /// # Errors
    /// `invalid_request` when the name is taken or the address is none; those of [`App::set_key`] for its key, with the
    /// server kept.
    pub async fn add_server(&self, server: ServerToAdd) -> Result<Server, Failure> {
        let name = checked_name(&server.name)?;
        let more_urls = checked_addresses(&server.more_urls)?;
        let url = address_text(&parse_address(&server.url)?);
        let idle_timeout = seconds(server.idle_timeout_s);
        let new = ServerSpec { more_urls, idle_timeout, ..ServerSpec::new(name, server.kind, url) };
        let record = self.0.store.add_server(new, self.0.clock.now_ms()).await?;
        self.tell(Change::Servers);
        if let Some(key) = server.key.filter(|key| !key.expose().trim().is_empty()) {
            return self.set_key(record.id, key, server.keep_key).await;
        }
        self.ask_for_models(self.record(record.id).await?).await;
        self.tell(Change::Servers);
        self.server(record.id).await
    }

    /// Providers that can be added by name.
    pub fn presets(&self) -> Vec<Preset> {
        self.0.catalogue.vendors().iter().map(Preset::of).collect()
    }

    /// What a server offers: its own list with what the catalogue knows of it. A provider that cannot be asked now
    /// offers what the catalogue says, unless it needs a key that is not there.
    pub(super) fn models_of(&self, record: &ServerRecord) -> Vec<Model> {
        let answer = self.0.answers.get(record.id);
        let account = self.account_of(record);
        let is_refused = self.0.answers.refused(record.id);
        let listed = match answer {
            Some(answer) => answer.listed,
            None => Vec::new(),
        };
        if listed.is_empty() && (is_refused || account.is_none()) {
            return Vec::new();
        }
        let mut models = self.0.catalogue.offered(account, listed);
        if let Some(account) = account {
            let currency = record.currency.unwrap_or(account.currency);
            for model in &mut models {
                model.rates = self.0.catalogue.rates(account, &model.id, currency, self.0.clock.now_ms());
            }
        }
        models
    }

    /// Where text goes that is sent to a server: what its address turned out to be, else what it looks like.
    pub(super) fn place_of(&self, record: &ServerRecord) -> Place {
        self.0.answers.get(record.id).and_then(|answer| answer.place).unwrap_or_else(|| {
            Url::parse(&record.spec.url)
                .map_or_else(|_| Place::Internet { host: record.spec.url.clone() }, |url| place_of(&url))
        })
    }

    async fn view(&self, record: ServerRecord) -> Server {
        let answer = self.0.answers.get(record.id);
        let place = self.place_of(&record);
        let models = self.models_of(&record);
        let key = self.key_status(&record).await;
        let account = self.account_of(&record).map(Account::of);
        let ServerSpec { name, kind, url, more_urls, idle_timeout, network } = record.spec;
        Server {
            id: record.id,
            account,
            built_in: record.id == BUILT_IN,
            key,
            models,
            place,
            state: answer.map_or(ServerState::Checking, |answer| answer.state),
            name,
            kind,
            url,
            more_urls,
            found: record.found,
            network,
            idle_timeout_s: idle_timeout.map(|timeout| u32::try_from(timeout.as_secs()).unwrap_or(u32::MAX)),
        }
    }
}

fn state_of(readiness: Readiness, record: &ServerRecord) -> ServerState {
    let (code, cause) = match readiness {
        Readiness::Ready => return ServerState::Ready,
        Readiness::Loading => (Code::Overloaded, Cause::ModelLoading),
        Readiness::NeedsKey => (Code::Unauthorized, Cause::NoKey),
    };
    ServerState::Unreachable { failure: Failure::because(code, cause).at(&record.spec.name) }
}

pub(super) fn checked_name(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Failure::told(Code::InvalidRequest, "A server needs a name."));
    }
    Ok(name.to_owned())
}

pub(super) fn checked_addresses(addresses: &[String]) -> Result<Vec<String>, Failure> {
    addresses
        .iter()
        .filter(|address| !address.trim().is_empty())
        .map(|address| Ok(address_text(&parse_address(address)?)))
        .collect()
}

pub(super) fn seconds(seconds: Option<u32>) -> Option<Duration> {
    seconds.filter(|seconds| *seconds > 0).map(|seconds| Duration::from_secs(seconds.into()))
}
