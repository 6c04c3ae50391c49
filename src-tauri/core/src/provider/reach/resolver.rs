//! Names to addresses, within what a lock allows.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};

use super::bounds::{Bounds, OutOfBounds};
use crate::provider::place::is_localhost;

/// How many names are looked up at once; a resolver that hangs must not gather threads without end.
const AT_ONCE: usize = 16;

/// Asks where a name is. Blocking.
type Ask = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Who knows where names are.
#[derive(Clone)]
pub(super) struct Lookup {
    ask: Arc<Ask>,
    places: Arc<Semaphore>,
}

impl Lookup {
    /// The system's resolver, with its hosts file and whatever else it is set up to ask.
    pub(super) fn of_system() -> Self {
        // Port 0 is replaced by the one of the request.
        Self::from_fn(|name| Ok((name, 0).to_socket_addrs()?.collect()))
    }

    /// Any other, such as a test's.
    pub(super) fn from_fn(ask: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static) -> Self {
        Self { ask: Arc::new(ask), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The addresses of `name`. `localhost` and names below it are never asked about (RFC 6761, section 6.3),
    /// and an address is its own answer.
    pub(super) async fn addresses(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, 0)]);
        }
        if is_localhost(name) {
            // Most local servers listen on IPv4 only; a refusal there leads to the other at once.
            let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            return Ok(both.map(|address| SocketAddr::new(address, 0)).to_vec());
        }
        let (answer, answered) = oneshot::channel();
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
        let (ask, name) = (Arc::clone(&self.ask), name.to_owned());
        // A thread of its own and not the runtime's pool: the system's resolver cannot be interrupted and may take
        // half a minute, and a runtime does not end before its pool does.
        thread::Builder::new().name("lookup".to_owned()).spawn(move || {
            // Nobody may be waiting any more.
            let _ = answer.send(ask(&name));
            drop(place);
        })?;
        answered.await.unwrap_or_else(|_| Err(io::Error::other("the lookup ended without an answer")))
    }
}

/// Gives a client the addresses that its bounds allow. It is asked each time a connection is opened, so an
/// answer that changes from one request to the next is judged anew.
pub(super) struct BoundResolver {
    pub(super) lookup: Lookup,
    pub(super) bounds: Bounds,
}

impl Resolve for BoundResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, bounds) = (self.lookup.clone(), self.bounds.clone());
        Box::pin(async move {
            let name = name.as_str();
            if !is_localhost(name) && !bounds.allow_question(name) {
                return Err(OutOfBounds::Name.into());
            }
            let found = lookup.addresses(name).await?;
            let first = found.first().map(SocketAddr::ip);
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| bounds.allow_answer(address.ip())).collect();
            match first {
                Some(address) if allowed.is_empty() => Err(OutOfBounds::Address(address).into()),
                Some(_) | None => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::domain::Lock;

    fn answers(addresses: &'static [&'static str]) -> Lookup {
        Lookup::from_fn(move |_| {
            Ok(addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect())
        })
    }

    fn named(host: &str) -> Bounds {
        Bounds::Hosts(Lock::Hosts { hosts: [host.to_owned()].into() })
    }

    async fn resolve(lookup: Lookup, bounds: Bounds, name: &str) -> Result<Vec<String>, String> {
        let resolver = BoundResolver { lookup, bounds };
        let addresses = resolver.resolve(name.parse().unwrap()).await.map_err(|error| error.to_string())?;
        Ok(addresses.map(|address| address.ip().to_string()).collect())
    }

    #[tokio::test]
    async fn localhost_is_never_asked_about() {
        let nobody = || Lookup::from_fn(|name| panic!("asked for {name}"));
        for name in ["localhost", "LOCALHOST.", "a.localhost"] {
            let both = resolve(nobody(), Bounds::Here, name).await.unwrap();
            assert_eq!(both, ["127.0.0.1", "::1"], "{name}");
        }
        assert_eq!(nobody().addresses("[fd00::1]").await.unwrap()[0].to_string(), "[fd00::1]:0");
        assert!(resolve(nobody(), Bounds::Here, "gpu-box").await.is_err());
        assert!(resolve(nobody(), named("a"), "b").await.is_err());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn names_are_looked_up_by_a_bounded_number_of_threads() {
        let (asking, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (now, highest) = (Arc::clone(&asking), Arc::clone(&most));
        let lookup = Lookup::from_fn(move |_| {
            highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(std::time::Duration::from_millis(2));
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(Vec::new())
        });
        let asked = (0..100).map(|_| lookup.addresses("gpu-box"));
        assert!(futures_util::future::join_all(asked).await.iter().all(Result::is_ok));
        assert!((1..=AT_ONCE).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    }

    #[tokio::test]
    async fn only_allowed_addresses_come_out() {
        let mixed = || answers(&["93.184.216.34", "10.0.0.1", "fe80::1", "2606:4700::1", "::ffff:8.8.8.8"]);
        let near = ["10.0.0.1", "fe80::1"].map(str::to_owned);
        assert_eq!(resolve(mixed(), Bounds::Near, "x").await.unwrap(), near);
        assert_eq!(resolve(mixed(), named("x"), "x").await.unwrap(), near);
        assert_eq!(resolve(mixed(), Bounds::Anywhere, "x").await.unwrap().len(), 5);
        let far = resolve(answers(&["93.184.216.34"]), Bounds::Near, "x").await.unwrap_err();
        assert!(far.contains("93.184.216.34"), "{far}");
    }
}
