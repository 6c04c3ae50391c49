//! What a lock lets through, and what is said to a request that it holds back.

use std::net::IpAddr;

use url::Url;

use crate::domain::{Code, Failure, HeldLock, Lock};
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
    for (whose, held) in [(Whose::App, &locks.app), (Whose::Conversation, &locks.conversation)] {
        if !held.lock().permits(&place) {
            return Err(locked(endpoint, whose, held, url));
        }
    }
    Ok(())
}

/// What is said when a name led out of bounds.
pub(super) fn out_of_bounds(endpoint: &Endpoint, locks: &Locks, url: &Url, how: OutOfBounds) -> Failure {
    let (whose, held) = match (locks.app.lock().is_on(), locks.conversation.lock().is_on()) {
        (true, _) => (Whose::App, &locks.app),
        (false, true) => (Whose::Conversation, &locks.conversation),
        (false, false) => return unencrypted(endpoint, url),
    };
    match how {
        OutOfBounds::Name => locked(endpoint, whose, held, url),
        OutOfBounds::Address(address) => {
            let (who, host) = (whose.begins(), host_of(url));
            let message = format!(
                "{who} locked to {}, and {host} leads to {address} on the internet. Nothing was sent. Name that \
                 address in the lock to send it there.",
                listed(held.lock())
            );
            failure(endpoint, Code::Locked, message)
        }
    }
}

/// What is said when a request would cross the internet for everyone to read.
pub(super) fn unencrypted(endpoint: &Endpoint, url: &Url) -> Failure {
    let message = format!(
        "{} is on the internet, and http:// sends the conversation and the key there unencrypted. Use https://, or \
         switch unencrypted HTTP on for {} in Settings › Models & keys.",
        host_of(url),
        endpoint.name
    );
    failure(endpoint, Code::InvalidRequest, message)
}

/// Whose lock it is, because that is where it can be changed.
#[derive(Debug, Clone, Copy)]
enum Whose {
    App,
    Conversation,
}

impl Whose {
    const fn begins(self) -> &'static str {
        match self {
            Self::App => "Porthole is",
            Self::Conversation => "This conversation is",
        }
    }

    const fn unreadable(self) -> &'static str {
        match self {
            Self::App => "Porthole's lock cannot be read",
            Self::Conversation => "This conversation's lock cannot be read",
        }
    }
}

fn locked(endpoint: &Endpoint, whose: Whose, held: &HeldLock, url: &Url) -> Failure {
    let host = host_of(url);
    if *held == HeldLock::Unreadable {
        let message = format!(
            "{}, so its text stays on this computer, and {host} is not on it. Set the lock again to send it there.",
            whose.unreadable()
        );
        return failure(endpoint, Code::Locked, message);
    }
    let lock = held.lock();
    let lies = match lock {
        Lock::Off | Lock::ThisComputer => "is not on it",
        Lock::Hosts { .. } => "is not among them",
    };
    let what_to_do = match whose {
        Whose::App => "Change the lock in Settings to send it there.",
        Whose::Conversation => "Change the lock to send it there.",
    };
    let who = whose.begins();
    let message = format!("{who} locked to {}, and {host} {lies}. {what_to_do}", listed(lock));
    failure(endpoint, Code::Locked, message)
}

fn listed(lock: &Lock) -> String {
    const MOST: usize = 3;
    match lock {
        Lock::Hosts { hosts } if hosts.len() > MOST => format!("this computer and {} hosts", hosts.len()),
        Lock::Hosts { hosts } if !hosts.is_empty() => {
            let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
            format!("this computer and {}", hosts.join(", "))
        }
        Lock::Off | Lock::ThisComputer | Lock::Hosts { .. } => "this computer".to_owned(),
    }
}

fn host_of(url: &Url) -> String {
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
            failure.message
        };
        assert!(admit(&endpoint, &Locks::default(), &at).is_ok());
        assert_eq!(
            told(locks(Lock::ThisComputer, Lock::Off)),
            "Porthole is locked to this computer, and api.deepseek.com is not on it. Change the lock in Settings to \
             send it there."
        );
        assert_eq!(
            told(locks(Lock::Off, Lock::ThisComputer)),
            "This conversation is locked to this computer, and api.deepseek.com is not on it. Change the lock to \
             send it there."
        );
        assert!(
            told(locks(Lock::Off, hosts(&["a", "b"])))
                .contains("locked to this computer and a, b, and api.deepseek.com is not")
        );
        let four = locks(Lock::Off, hosts(&["a", "b", "c", "d"]));
        assert!(told(four.clone()).contains("this computer and 4 hosts"));
        let far = OutOfBounds::Address("93.184.216.34".parse().unwrap());
        let failure = out_of_bounds(&endpoint, &four, &at, far);
        assert!(failure.message.contains("api.deepseek.com leads to 93.184.216.34"), "{}", failure.message);
        let unreadable = Locks { app: HeldLock::Unreadable, conversation: HeldLock::default() };
        assert_eq!(
            told(unreadable),
            "Porthole's lock cannot be read, so its text stays on this computer, and api.deepseek.com is not on it. \
             Set the lock again to send it there."
        );
    }
}
