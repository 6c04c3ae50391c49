//! Clients, one for each way of reaching a server. A client keeps connections open, so two ways that must not
//! share a connection are two clients.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, ClientBuilder};

use super::bounds::Bounds;
use super::proxies::Way;
use super::resolver::{BoundResolver, Lookup};
use super::trust::Trust;

/// How long it may take until a connection stands: looking the name up, connecting, and TLS.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How many clients are kept. Past that the one that was not used for longest goes.
const MOST: usize = 16;

/// What a client is set up for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setup {
    pub(super) way: Way,
    pub(super) trust: Trust,
    pub(super) bounds: Bounds,
}

/// The clients in use, least recently used first.
pub(super) struct Clients {
    ready: Mutex<Vec<(Setup, Client)>>,
    lookup: Lookup,
}

impl Clients {
    /// None yet; those to come ask `lookup` for names.
    pub(super) const fn new(lookup: Lookup) -> Self {
        Self { ready: Mutex::new(Vec::new()), lookup }
    }

    /// The client for a set-up, made if there is none.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub(super) async fn get(&self, setup: Setup) -> Result<Client, String> {
        if let Some(client) = self.ready_one(&setup) {
            return Ok(client);
        }
        let lookup = self.lookup.clone();
        let client = if setup.trust == Trust::Unused {
            build(&setup, lookup)?
        } else {
            // The system's certificates may be a few hundred files.
            let setup = setup.clone();
            tokio::task::spawn_blocking(move || build(&setup, lookup))
                .await
                .map_err(|error| error.to_string())??
        };
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if ready.len() >= MOST {
            ready.remove(0);
        }
        ready.push((setup, client.clone()));
        Ok(client)
    }

    /// Lets all go, and with them every connection that no request is using.
    pub(super) fn let_go(&self) {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn ready_one(&self, setup: &Setup) -> Option<Client> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let at = ready.iter().position(|(known, _)| known == setup)?;
        let found = ready.remove(at);
        let client = found.1.clone();
        ready.push(found);
        Some(client)
    }
}

fn build(setup: &Setup, lookup: Lookup) -> Result<Client, String> {
    let tls = setup.trust.tls().map_err(|error| error.to_string())?;
    let resolver = BoundResolver { lookup, bounds: setup.bounds.clone() };
    let mut builder = bare().tls_backend_preconfigured(tls).dns_resolver(Arc::new(resolver));
    if let Way::Through(through) = &setup.way {
        builder = builder.proxy(through.proxy().map_err(|error| error.to_string())?);
    }
    builder.build().map_err(|error| error.to_string())
}

/// What all clients have in common. Redirections are not followed, because a request with a key and a
/// conversation must not end up at a host that nobody chose.
fn bare() -> ClientBuilder {
    let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
    Client::builder()
        .no_proxy()
        .default_headers(headers)
        .user_agent(concat!("Porthole/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_keepalive(Duration::from_secs(30))
        .tcp_nodelay(true)
        // A connection of HTTP/2 is shared and long-lived; one that died in a laptop's sleep is found out so.
        .http2_keep_alive_interval(Duration::from_secs(30))
        .http2_keep_alive_timeout(Duration::from_secs(20))
}
