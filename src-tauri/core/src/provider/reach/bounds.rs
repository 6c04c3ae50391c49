//! What a lock lets through, and what is said to a request that it holds back.

use std::net::IpAddr;

use url::Url;

use crate::domain::{Cause, Code, Failure, HeldLock, Lock, LockOwner};
use crate::provider::Endpoint;
use crate::provider::gate::Locks;
use crate::provider::place::{Distance, place_of};
use crate::provider::refusal::failure;
use crate::provider::words::shown;

/// Which names a client may look up, and to which of their addresses it may then connect. A host that is
/// written as an address never comes here: it is judged by [`admit`] before there is a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bounds {
    /// Any name, any address.
    Anywhere,
    /// Any name, but addresses of this computer and the private network only: for unencrypted requests.
    Near,
    /// No name at all.
    Here,
    /// The names that stand here. Their addresses must be of this computer, of the private network, or stand
    /// here themselves.
    Hosts(Lock),
}

impl Bounds {
    /// The bounds of what `lock` allows; `is_open` when the request would go unencrypted.
    pub(super) fn of(lock: &Lock, is_open: bool) -> Self {
        match lock {
            Lock::Off if is_open => Self::Near,
            Lock::Off => Self::Anywhere,
            Lock::ThisComputer => Self::Here,
            Lock::Hosts { .. } => Self::Hosts(lock.clone()),
        }
    }

    /// Whether it may be asked where `name` is. The question itself leaves this computer.
    pub(super) fn allow_question(&self, name: &str) -> bool {
        match self {
            Self::Anywhere | Self::Near => true,
            Self::Here => false,
            Self::Hosts(lock) => lock.names(name),
        }
    }

    /// Whether a name may lead to `address`.
    pub(super) fn allow_answer(&self, address: IpAddr) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Near => Distance::of(address) <= Distance::Near,
            Self::Here => Distance::of(address) == Distance::Here,
            Self::Hosts(lock) => Distance::of(address) <= Distance::Near || lock.names(&address.to_string()),
        }
    }
}

/// What a resolver answers instead of addresses that it may not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum OutOfBounds {
    /// The name may not be looked up.
    #[error("the lock allows no question for this name")]
    Name,
    /// It was looked up and leads too far away; one of its addresses.
    #[error("the name leads to {0}, which is on the internet")]
    Address(IpAddr),
}

/// Holds back a request that the app's lock or its own forbids, as far as the host tells without asking anyone.
///
/// # Errors
/// `locked`, with the host and what to do.
pub(super) fn admit(endpoint: &Endpoint, locks: &Locks, url: &Url) -> Result<(), Failure> {
    let place = place_of(url);
    for (by, held) in [(LockOwner::App, &locks.app), (LockOwner::Chat, &locks.conversation)] {
        if !held.lock().permits(&place) {
            return Err(locked(endpoint, by, held, url));
        }
    }
    Ok(())
}

/// What is said when a name led out of bounds.
pub(super) fn out_of_bounds(endpoint: &Endpoint, locks: &Locks, url: &Url, how: OutOfBounds) -> Failure {
    let (by, held) = match (locks.app.lock().is_on(), locks.conversation.lock().is_on()) {
        (true, _) => (LockOwner::App, &locks.app),
        (false, true) => (LockOwner::Chat, &locks.conversation),
        (false, false) => return unencrypted(endpoint, url),
    };
    match how {
        OutOfBounds::Name => locked(endpoint, by, held, url),
        OutOfBounds::Address(address) => {
            let cause = Cause::LedAway { by, host: host_of(url), address: address.to_string() };
            failure(endpoint, Code::Locked, cause)
        }
    }
}

/// What is said when a request would cross the internet for everyone to read.
pub(super) fn unencrypted(endpoint: &Endpoint, url: &Url) -> Failure {
    failure(endpoint, Code::InvalidRequest, Cause::Unencrypted { host: host_of(url) })
}

fn locked(endpoint: &Endpoint, by: LockOwner, held: &HeldLock, url: &Url) -> Failure {
    const MOST: usize = 3;
    let host = host_of(url);
    let cause = match held.lock() {
        _ if *held == HeldLock::Unreadable => Cause::LockUnreadable { by, host },
        Lock::Hosts { hosts } if !hosts.is_empty() => {
            let rest = (hosts.len() > MOST).then(|| "…".to_owned());
            Cause::LockedToHosts { by, hosts: hosts.iter().take(MOST).cloned().chain(rest).collect(), host }
        }
        Lock::Off | Lock::ThisComputer | Lock::Hosts { .. } => Cause::LockedHere { by, host },
    };
    failure(endpoint, Code::Locked, cause)
}

pub(super) fn host_of(url: &Url) -> String {
    url.host_str().map_or_else(|| shown(url), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ServerKind;

    fn permits(lock: &Lock, url: &Url) -> bool {
        lock.permits(&place_of(url))
    }

    fn locks(app: Lock, conversation: Lock) -> Locks {
        Locks { app: HeldLock::Known(app), conversation: HeldLock::Known(conversation) }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn hosts(list: &[&str]) -> Lock {
        Lock::Hosts { hosts: list.iter().map(|host| (*host).to_owned()).collect() }.normal()
    }

    #[test]
    fn a_lock_to_this_computer_lets_nothing_else_through() {
        for here in [
            "http://localhost:1/v1",
            "https://LOCALHOST./",
            "http://a.localhost/",
            "http://127.0.0.1/",
            "http://127.1.2.3:8/",
            "http://2130706433/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
        ] {
            assert!(permits(&Lock::ThisComputer, &url(here)), "{here}");
        }
        for elsewhere in [
            "https://api.deepseek.com",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://mac.local/",
            "http://gpu-box/",
            "http://192.168.1.2/",
            "http://[fd00::1]/",
            "http://[::ffff:192.168.1.2]/",
            "http://[::127.0.0.1]/",
            "http://128.0.0.1/",
        ] {
            assert!(!permits(&Lock::ThisComputer, &url(elsewhere)), "{elsewhere}");
        }
    }

    #[test]
    fn a_lock_to_hosts_compares_names_as_names_and_addresses_as_addresses() {
        let lock = hosts(&["GPU-Box:8000", "FD00:0:0::1", "192.168.1.20", "fe80::1%eth0", "93.184.216.34"]);
        for listed in [
            "http://gpu-box/",
            "http://gpu-box.:1/",
            "http://GPU-BOX:2/v1",
            "http://[fd00::1]:80/",
            "http://192.168.1.20/",
            "http://0xc0.168.1.20/",
            "http://[::ffff:192.168.1.20]/",
            "http://[fe80::1]/",
            "https://93.184.216.34/",
            "http://localhost/",
        ] {
            assert!(permits(&lock, &url(listed)), "{listed}");
        }
        for other in ["http://gpu-box.lan/", "http://a.gpu-box/", "http://192.168.1.21/", "http://[fd00::2]/"]
        {
            assert!(!permits(&lock, &url(other)), "{other}");
        }
        assert!(!permits(&hosts(&[]), &url("http://10.0.0.1/")), "no host is this computer alone");
    }

    #[test]
    fn bounds_say_what_may_be_asked_and_answered() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let (here, near, far) = (address("::1"), address("10.0.0.1"), address("93.184.216.34"));
        let all = |bounds: &Bounds| [here, near, far].map(|address| bounds.allow_answer(address));
        assert_eq!(all(&Bounds::of(&Lock::Off, false)), [true, true, true]);
        assert_eq!(all(&Bounds::of(&Lock::Off, true)), [true, true, false], "unencrypted");
        assert_eq!(all(&Bounds::of(&Lock::ThisComputer, true)), [true, false, false]);
        let named = Bounds::of(&hosts(&["gpu-box"]), false);
        assert_eq!(all(&named), [true, true, false]);
        assert!(named.allow_question("GPU-box."));
        assert!(!named.allow_question("api.deepseek.com"));
        assert!(!Bounds::Here.allow_question("gpu-box"));
        let with_far = Bounds::of(&hosts(&["gpu-box", "93.184.216.34"]), false);
        assert!(with_far.allow_answer(address("::ffff:93.184.216.34")), "it stands there as an address");
    }

    #[test]
    fn a_refusal_names_the_host_and_says_what_to_do() {
        let at = url("https://api.deepseek.com/v1");
        let endpoint = Endpoint::new("DeepSeek", ServerKind::DeepSeek, at.clone());
        let told = |locks: Locks| {
            let failure = admit(&endpoint, &locks, &at).unwrap_err();
            assert_eq!((failure.code, failure.server.as_deref()), (Code::Locked, Some("DeepSeek")));
            *failure.cause.unwrap()
        };
        assert!(admit(&endpoint, &Locks::default(), &at).is_ok());
        let host = "api.deepseek.com".to_owned();
        let here = |by| Cause::LockedHere { by, host: host.clone() };
        assert_eq!(told(locks(Lock::ThisComputer, Lock::Off)), here(LockOwner::App));
        assert_eq!(told(locks(Lock::Off, Lock::ThisComputer)), here(LockOwner::Chat));
        let among = |names: &[&str]| Cause::LockedToHosts {
            by: LockOwner::Chat,
            hosts: names.iter().map(|name| (*name).to_owned()).collect(),
            host: host.clone(),
        };
        assert_eq!(told(locks(Lock::Off, hosts(&["a", "b"]))), among(&["a", "b"]));
        let four = locks(Lock::Off, hosts(&["a", "b", "c", "d"]));
        assert_eq!(told(four.clone()), among(&["a", "b", "c", "…"]));
        let far = OutOfBounds::Address("93.184.216.34".parse().unwrap());
        let failure = out_of_bounds(&endpoint, &four, &at, far);
        assert!(failure.to_string().contains("api.deepseek.com leads to 93.184.216.34"), "{failure}");
        let unreadable = Locks { app: HeldLock::Unreadable, conversation: HeldLock::default() };
        assert_eq!(told(unreadable), Cause::LockUnreadable { by: LockOwner::App, host });
    }
}
