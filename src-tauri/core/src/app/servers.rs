//! Which servers there are and whether they answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use url::Url;

use super::App;
use super::view::{AppError, Server, ServerState, ServerToAdd};
use crate::domain::{Code, Failure, Model, ModelChoice, Place, ServerId};
use crate::provider::{self, ChatCompletions, Discovered, Endpoint, Provider, Readiness, place_of};
use crate::secrets::key_variable;
use crate::store::{NewServer, ServerRecord};

/// How long a server on this computer or the private network may be silent: loading a model and reading a long
/// prompt on a processor take minutes (`facts/local-servers.md` 3.4, item 12).
const LOCAL_IDLE: Duration = Duration::from_mins(30);
/// How long a hosted server may be silent (`facts/deepseek-v4.md` 1.7).
const HOSTED_IDLE: Duration = Duration::from_mins(5);

/// A server that the environment names for this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedServer {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: Url,
}

impl NamedServer {
    /// Reads `NAME=URL,NAME=URL`, the form of `PORTHOLE_SERVERS`. Entries that are no such pair are left out.
    pub fn list_from(text: &str) -> Vec<Self> {
        text.split(',')
            .filter_map(|entry| {
                let (name, url) = entry.split_once('=')?;
                let name = name.trim();
                (!name.is_empty()).then_some(Self { name: name.to_owned(), url: parse_address(url).ok()? })
            })
            .collect()
    }
}

/// What is known about each server in this run.
#[derive(Default)]
pub(super) struct Answers(Mutex<HashMap<ServerId, Answer>>);

#[derive(Clone)]
struct Answer {
    state: ServerState,
    models: Vec<Model>,
}

impl Answers {
    fn set(&self, id: ServerId, state: ServerState, models: Vec<Model>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Answer { state, models });
    }

    fn get(&self, id: ServerId) -> Option<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }
}

impl App {
    /// The servers as they are known now, without asking any. A found one is listed while it answers in this run.
    pub async fn servers(&self) -> Result<Vec<Server>, AppError> {
        let records = self.0.store.servers().await?;
        Ok(records
            .into_iter()
            .filter_map(|record| {
                let answer = self.0.answers.get(record.id);
                if record.found && answer.is_none() {
                    return None;
                }
                let (state, models) = answer
                    .map_or((ServerState::Checking, Vec::new()), |answer| (answer.state, answer.models));
                Some(view(record, state, models))
            })
            .collect())
    }

    /// Looks for servers on this computer and asks all that were added by hand, at once; about a second.
    pub async fn find_servers(&self) -> Result<Vec<Server>, AppError> {
        let extra: Vec<Url> = self.0.named_servers.iter().map(|named| named.url.clone()).collect();
        let (found, records) =
            futures_util::future::join(provider::discover(&self.0.reach, &extra), self.0.store.servers())
                .await;
        let records = records?;
        let mut answered = Vec::new();
        for discovered in found {
            let name = self
                .0
                .named_servers
                .iter()
                .find(|named| same_address(&named.url, &discovered.url))
                .map_or_else(|| discovered.kind.product().to_owned(), |named| named.name.clone());
            let new = NewServer {
                name,
                kind: discovered.kind,
                url: address_text(&discovered.url),
                idle_timeout: None,
            };
            let record = self.0.store.keep_found_server(new, self.0.clock.now_ms()).await?;
            answered.push(record.id);
            let state = state_of(discovered.state, &record);
            self.0.answers.set(record.id, state, discovered.models);
            // Ports are looked at without any key; a server whose key is known is asked again with it.
            if discovered.state == Readiness::NeedsKey && self.0.keys.of(&record.name).is_some() {
                self.ask_for_models(record).await;
            }
        }
        let silent: Vec<_> = records.into_iter().filter(|record| !answered.contains(&record.id)).collect();
        join_all(silent.into_iter().map(|record| self.ask_for_models(record))).await;
        self.servers().await
    }

    /// Asks one server for its models and remembers what it said.
    async fn ask_for_models(&self, record: ServerRecord) {
        // A found server that was never seen in this run and is not found now is just not running.
        if record.found && self.0.answers.get(record.id).is_none() {
            return;
        }
        match self.identify(&record).await {
            Ok(found) => {
                let state = state_of(found.state, &record);
                let url = address_text(&found.url);
                if url != record.url || found.kind != record.kind {
                    // What could not be kept is found out again next time.
                    let _ = self.0.store.set_server_address(record.id, url, found.kind).await;
                }
                self.0.answers.set(record.id, state, found.models);
            }
            Err(failure) => self.0.answers.set(record.id, ServerState::Unreachable { failure }, Vec::new()),
        }
    }

    async fn identify(&self, record: &ServerRecord) -> Result<Discovered, Failure> {
        provider::identify(&self.0.reach, &self.endpoint(record)?).await
    }

    /// Keeps a server and asks it for its models. One that does not answer now is kept all the same.
    ///
    /// # Errors
    /// `invalid_request` when the name is taken or the address is none.
    pub async fn add_server(&self, server: ServerToAdd) -> Result<Server, AppError> {
        let name = server.name.trim().to_owned();
        if name.is_empty() {
            return Err(AppError::new(Code::InvalidRequest, "A server needs a name."));
        }
        let url = parse_address(&server.url)?;
        let new = NewServer {
            name,
            kind: server.kind,
            url: address_text(&url),
            idle_timeout: server.idle_timeout_s.map(|seconds| Duration::from_secs(seconds.into())),
        };
        let record = self.0.store.add_server(new, self.0.clock.now_ms()).await?;
        self.ask_for_models(record.clone()).await;
        let record = self.0.store.server(record.id).await?;
        self.changed(None);
        let answer = self.0.answers.get(record.id);
        let (state, models) =
            answer.map_or((ServerState::Checking, Vec::new()), |answer| (answer.state, answer.models));
        Ok(view(record, state, models))
    }

    /// Removes a server from all lists.
    pub async fn remove_server(&self, id: ServerId) -> Result<(), AppError> {
        self.0.store.remove_server(id, self.0.clock.now_ms()).await?;
        self.changed(None);
        Ok(())
    }

    /// The server and model that words on a command line mean: the server by name, else the one that lists the
    /// model, else the first that has any.
    ///
    /// # Errors
    /// `not_found` for a name nobody has, `no_model` when there is nothing to talk to.
    pub async fn resolve(&self, server: Option<&str>, model: Option<&str>) -> Result<ModelChoice, AppError> {
        if let Some(wanted) = server {
            let named = self.named(wanted).await?;
            let model = match model {
                Some(model) => model.to_owned(),
                None => self.first_model_of(&named).await?,
            };
            return Ok(ModelChoice { server: named.id, model });
        }
        let servers = self.find_servers().await?;
        let choice = servers.iter().find_map(|server| {
            let found = match model {
                Some(wanted) => server.models.iter().find(|known| known.id == wanted || known.name == wanted),
                None => server.models.first(),
            }?;
            Some(ModelChoice { server: server.id, model: found.id.clone() })
        });
        choice.ok_or_else(|| {
            AppError::new(
                Code::NoModel,
                match model {
                    Some(model) => format!("No reachable server offers {model}. Name one with --server."),
                    None => "No model is reachable. Start a local server, or add one with `servers add`."
                        .to_owned(),
                },
            )
        })
    }

    async fn named(&self, wanted: &str) -> Result<ServerRecord, AppError> {
        let by_name = |records: Vec<ServerRecord>| {
            records.into_iter().find(|record| record.name.to_lowercase() == wanted.to_lowercase())
        };
        if let Some(record) = by_name(self.0.store.servers().await?) {
            return Ok(record);
        }
        self.find_servers().await?;
        by_name(self.0.store.servers().await?)
            .ok_or_else(|| AppError::new(Code::NotFound, format!("There is no server called {wanted}.")))
    }

    async fn first_model_of(&self, record: &ServerRecord) -> Result<String, AppError> {
        let models = self.provider(record)?.models().await?;
        models.into_iter().next().map(|model| model.id).ok_or_else(|| {
            AppError::new(Code::NoModel, format!("{} lists no model. Name one with --model.", record.name))
        })
    }

    /// The way to talk to a server.
    pub(super) fn provider(&self, record: &ServerRecord) -> Result<Arc<dyn Provider>, Failure> {
        Ok(Arc::new(ChatCompletions::new(self.endpoint(record)?, self.0.reach.clone())))
    }

    fn endpoint(&self, record: &ServerRecord) -> Result<Endpoint, Failure> {
        let url = parse_address(&record.url).map_err(|error| Failure::new(error.code, error.message))?;
        let idle_timeout = record.idle_timeout.unwrap_or(match place_of(&url) {
            Place::ThisComputer | Place::PrivateNetwork { .. } => LOCAL_IDLE,
            Place::Internet { .. } => HOSTED_IDLE,
        });
        let key = self.0.keys.of(&record.name);
        Ok(Endpoint { key, idle_timeout, ..Endpoint::new(&record.name, record.kind, url) })
    }
}

fn state_of(readiness: Readiness, record: &ServerRecord) -> ServerState {
    let (code, message) = match readiness {
        Readiness::Ready => return ServerState::Ready,
        Readiness::Loading => {
            (Code::Overloaded, format!("{} is loading its model. Look again in a moment.", record.name))
        }
        Readiness::NeedsKey => (
            Code::Unauthorized,
            format!(
                "{} asks for a key. Start Porthole with it in {}.",
                record.name,
                key_variable(&record.name)
            ),
        ),
    };
    ServerState::Unreachable {
        failure: Failure { server: Some(record.name.clone()), ..Failure::new(code, message) },
    }
}

fn view(record: ServerRecord, state: ServerState, models: Vec<Model>) -> Server {
    let place = Url::parse(&record.url)
        .map_or_else(|_| Place::Internet { host: record.url.clone() }, |url| place_of(&url));
    Server {
        id: record.id,
        name: record.name,
        kind: record.kind,
        url: record.url,
        found: record.found,
        place,
        state,
        models,
        idle_timeout_s: record
            .idle_timeout
            .map(|timeout| u32::try_from(timeout.as_secs()).unwrap_or(u32::MAX)),
    }
}

/// An address as people type it: without a scheme it is `http` on this computer or the private network and
/// `https` elsewhere; a user name or password in it is refused, because addresses are shown and kept.
fn parse_address(text: &str) -> Result<Url, AppError> {
    let refused = |why: &str| {
        AppError::new(Code::InvalidRequest, format!("{text} is not an address to talk to: {why}"))
    };
    let trimmed = text.trim();
    let parsed = if trimmed.contains("://") {
        Url::parse(trimmed)
    } else {
        Url::parse(&format!("http://{trimmed}")).map(|mut url| {
            if matches!(place_of(&url), Place::Internet { .. }) {
                // `http` to `https` is a change that the URL standard allows.
                let _ = url.set_scheme("https");
            }
            url
        })
    };
    let url = parsed.map_err(|error| refused(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(refused("it begins with http:// or https:// and names a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("keys do not belong in an address"));
    }
    Ok(url)
}

fn address_text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn same_address(one: &Url, other: &Url) -> bool {
    let bare = |url: &Url| address_text(url).trim_end_matches("/v1").to_owned();
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_type_them() {
        let check =
            |typed: &str| parse_address(typed).map(|url| address_text(&url)).map_err(|error| error.code);
        assert_eq!(check("http://127.0.0.1:8080/v1/"), Ok("http://127.0.0.1:8080/v1".to_owned()));
        assert_eq!(check(" localhost:1234 "), Ok("http://localhost:1234".to_owned()));
        assert_eq!(check("192.168.1.20:8000/v1"), Ok("http://192.168.1.20:8000/v1".to_owned()));
        assert_eq!(check("api.deepseek.com"), Ok("https://api.deepseek.com".to_owned()));
        for wrong in
            ["", "ftp://a/b", "http://", "https://me:secret@host/v1", "file:///etc/passwd", "http://a b"]
        {
            assert_eq!(check(wrong), Err(Code::InvalidRequest), "{wrong}");
        }
    }

    #[test]
    fn servers_for_a_run_are_read_from_one_variable() {
        let list = NamedServer::list_from("SmolLM2=http://127.0.0.1:9/v1, nonsense, =x, b=localhost:1");
        let seen: Vec<_> = list.iter().map(|named| (named.name.as_str(), named.url.as_str())).collect();
        assert_eq!(seen, [("SmolLM2", "http://127.0.0.1:9/v1"), ("b", "http://localhost:1/")]);
    }
}
