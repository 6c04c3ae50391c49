//! From a server as it is kept to the way it is talked to.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use url::Url;

use super::App;
use super::address::parse_address;
use super::keys::SecretOf;
use crate::catalogue;
use crate::domain::{Cause, Code, Failure, Flaw, Place, ServerId, ServerNetwork, ServerProxy};
use crate::provider::{ChatCompletions, Cluster, Endpoint, ModelServer, Network, Proxy, place_of};
use crate::secrets::Secret;
use crate::store::ServerRecord;

/// How long a server on this computer or the private network may be silent: loading a model and reading a long
/// prompt on a processor take minutes (llama.cpp `tools/server/README.md`, `GET /health`).
const LOCAL_IDLE: Duration = Duration::from_mins(30);
/// How long a hosted server may be silent: as long as DeepSeek's own client, deepseek-harness, waits.
const HOSTED_IDLE: Duration = Duration::from_mins(5);
/// The largest certificate file that is read: a system's whole trust store is a quarter of it.
const LONGEST_CA_FILE: u64 = 1024 * 1024;

/// The server that is there from the start.
pub(super) const BUILT_IN: ServerId = ServerId::from_rowid(1);

impl App {
    /// A server that was not removed, at the address it has in this run.
    pub(super) async fn record(&self, id: ServerId) -> Result<ServerRecord, Failure> {
        Ok(self.in_this_run(self.0.store.server(id).await?))
    }

    /// All servers that were not removed, at the addresses they have in this run.
    pub(super) async fn records(&self) -> Result<Vec<ServerRecord>, Failure> {
        Ok(self.0.store.servers().await?.into_iter().map(|record| self.in_this_run(record)).collect())
    }

    /// `PORTHOLE_SERVERS` may name a server that is known already; then it says where that one is in this run.
    fn in_this_run(&self, mut record: ServerRecord) -> ServerRecord {
        let named = self.0.named_servers.iter().find(|named| is_name_of(&named.name, &record));
        if let Some(named) = named.filter(|_| !record.found) {
            record.spec.url = super::address::address_text(&named.url);
        }
        record
    }

    /// The way to talk to a server. With several addresses it chooses among them.
    pub(super) async fn model_server(&self, record: &ServerRecord) -> Result<Arc<dyn ModelServer>, Failure> {
        let first = self.endpoint(record).await?;
        if record.spec.more_urls.is_empty() {
            return Ok(Arc::new(ChatCompletions::new(first, self.0.reach.clone())));
        }
        let mut endpoints = vec![first.clone()];
        for url in &record.spec.more_urls {
            endpoints.push(Endpoint { url: parse_address(url)?, ..first.clone() });
        }
        let state = {
            let mut clusters = self.0.clusters.lock().unwrap_or_else(PoisonError::into_inner);
            clusters.entry(record.id).or_default().clone()
        };
        Ok(Arc::new(Cluster::new(endpoints, &self.0.reach, state)))
    }

    /// A server's first address with its key and network.
    pub(super) async fn endpoint(&self, record: &ServerRecord) -> Result<Endpoint, Failure> {
        let url = parse_address(&record.spec.url)?;
        let idle_timeout = record.spec.idle_timeout.unwrap_or(match place_of(&url) {
            Place::ThisComputer | Place::PrivateNetwork { .. } => LOCAL_IDLE,
            Place::Internet { .. } => HOSTED_IDLE,
        });
        let key = self.key_of(record).await?.map(|key| key.secret);
        let network = self.network(record).await?;
        Ok(Endpoint { key, idle_timeout, network, ..Endpoint::new(&record.spec.name, record.spec.kind, url) })
    }

    async fn network(&self, record: &ServerRecord) -> Result<Network, Failure> {
        let ServerNetwork { proxy, ca_file, plain_http, headers } = &record.spec.network;
        let proxy = match proxy {
            ServerProxy::System => Proxy::System,
            ServerProxy::None => Proxy::None,
            ServerProxy::Own { url, user, has_password } => Proxy::Own {
                url: parsed_proxy(url)?,
                user: user.clone(),
                password: if *has_password {
                    self.secret(record, SecretOf::ProxyPassword).await?
                } else {
                    None
                },
            },
        };
        let mut values = Vec::with_capacity(headers.len());
        for header in headers {
            if let Some(value) = self.secret(record, SecretOf::Header(header.name.clone())).await? {
                values.push((header.name.clone(), value));
            }
        }
        let authorities = match ca_file {
            Some(file) => Some(read_authorities(file.clone()).await?),
            None => None,
        };
        Ok(Network { proxy, authorities, plain_http: *plain_http, headers: values })
    }

    async fn secret(&self, record: &ServerRecord, of: SecretOf) -> Result<Option<Secret<String>>, Failure> {
        let name = self.secret_name(record, of).await?;
        Ok(self.0.keys.find(&name, &[]).await?.map(|key| key.secret))
    }

    /// The provider of the catalogue whose models and prices hold at a server.
    pub(super) fn account_of(&self, record: &ServerRecord) -> Option<&catalogue::Vendor> {
        let url = Url::parse(&record.spec.url).ok()?;
        self.0.catalogue.vendor_of(record.spec.kind, url.host_str().unwrap_or_default())
    }

    /// The provider whose own key, by its own variable of the environment, may go to a server: the built-in entry,
    /// whose address a person chooses, and addresses of the provider itself. A stranger that speaks the same must not
    /// get it.
    pub(super) fn own_account_of(&self, record: &ServerRecord) -> Option<&catalogue::Vendor> {
        let vendor = self.account_of(record)?;
        let host = |url: &str| Url::parse(url).ok()?.host_str().map(str::to_owned);
        (record.id == BUILT_IN || host(&record.spec.url) == host(&vendor.url)).then_some(vendor)
    }
}

pub(super) fn is_name_of(name: &str, record: &ServerRecord) -> bool {
    record.spec.name.to_lowercase() == name.to_lowercase()
}

/// A proxy's address: its scheme may be one of four.
pub(super) fn parsed_proxy(url: &str) -> Result<Url, Failure> {
    let text = url.trim();
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let refused =
        |why| Failure::because(Code::InvalidRequest, Cause::UnusableProxy { address: text.clone(), why });
    let url = Url::parse(&text).map_err(|_| refused(Flaw::Unreadable))?;
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") || url.host().is_none() {
        return Err(refused(Flaw::WrongProxyScheme));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(Flaw::PasswordInside));
    }
    Ok(url)
}

async fn read_authorities(file: String) -> Result<Arc<[u8]>, Failure> {
    let shown = file.clone();
    let read = tokio::task::spawn_blocking(move || {
        let length = std::fs::metadata(&file)?.len();
        if length > LONGEST_CA_FILE {
            return Err(std::io::Error::other("it is too large to hold certificates"));
        }
        std::fs::read(&file)
    });
    let read = read.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    read.map(Arc::from).map_err(|error| {
        let failure = Failure::because(Code::InvalidRequest, Cause::UnreadableCertificates { file: shown });
        Failure { detail: Some(error.to_string()), ..failure }
    })
}
