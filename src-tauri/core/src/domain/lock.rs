use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Place;

/// Where a conversation, or the whole app, may send text. `provider::reach` holds it before any socket opens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "lock", rename_all = "snake_case")]
pub enum Lock {
    /// Anywhere.
    #[default]
    Off,
    /// To this computer alone. No name is looked up, because the question itself would leave.
    ThisComputer,
    /// To this computer and these hosts.
    Hosts {
        /// Host names and addresses as they stand in a URL, in lower case, IPv6 without brackets.
        hosts: BTreeSet<String>,
    },
}

impl Lock {
    /// What both allow: a conversation's lock within the app's.
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Off, lock) | (lock, Self::Off) => lock.clone(),
            (Self::ThisComputer, _) | (_, Self::ThisComputer) => Self::ThisComputer,
            (Self::Hosts { hosts }, Self::Hosts { hosts: others }) => {
                Self::Hosts { hosts: hosts.intersection(others).cloned().collect() }
            }
        }
    }

    /// Whether text may go to `place`, as far as its host tells as it is written. This is the one rule; `provider::reach`
    /// asks it of the addresses too that a name turns out to have.
    pub fn permits(&self, place: &Place) -> bool {
        match (self, place) {
            (Self::Off, _) | (_, Place::ThisComputer) => true,
            (Self::ThisComputer, _) => false,
            (Self::Hosts { .. }, Place::PrivateNetwork { host } | Place::Internet { host }) => {
                self.names(host)
            }
        }
    }

    /// Whether `host` is among its hosts. An address may be written in many ways and is one address; a zone says by
    /// which interface and not to whom (RFC 4007, section 11).
    pub fn names(&self, host: &str) -> bool {
        let Self::Hosts { hosts } = self else { return false };
        let wanted = normal_host(host);
        let address = address_of(&wanted);
        hosts.iter().any(|listed| {
            let listed = normal_host(listed);
            listed == wanted || (address.is_some() && address_of(&listed) == address)
        })
    }

    /// Whether it forbids anything.
    pub const fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// The same with every host written in the one way it is compared in. A list without a host is a lock to this
    /// computer.
    pub fn normal(self) -> Self {
        let Self::Hosts { hosts } = self else { return self };
        let hosts: BTreeSet<String> = hosts.iter().map(|host| normal_host(host)).collect();
        let hosts: BTreeSet<String> = hosts.into_iter().filter(|host| !host.is_empty()).collect();
        if hosts.is_empty() { Self::ThisComputer } else { Self::Hosts { hosts } }
    }
}

/// A lock as it is kept. What cannot be read forbids, and says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldLock {
    /// It was read.
    Known(Lock),
    /// Something else stands in its place, or the history cannot be read.
    Unreadable,
}

impl Default for HeldLock {
    fn default() -> Self {
        Self::Known(Lock::Off)
    }
}

impl HeldLock {
    /// From JSON.
    pub fn of_json(json: &str) -> Self {
        serde_json::from_str(json).map_or(Self::Unreadable, Self::Known)
    }

    /// What holds.
    pub const fn lock(&self) -> &Lock {
        match self {
            Self::Known(lock) => lock,
            Self::Unreadable => &Lock::ThisComputer,
        }
    }
}

fn address_of(host: &str) -> Option<IpAddr> {
    let bare = host.split_once('%').map_or(host, |(bare, _)| bare);
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// A host as locks compare it: lower case, without brackets, port or a dot at the end.
pub fn normal_host(host: &str) -> String {
    let host = host.trim();
    let bare = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        // One colon is a port; more are an IPv6 address.
        None => match host.split_once(':') {
            Some((name, port)) if !port.contains(':') => name,
            _ => host,
        },
    };
    bare.trim_end_matches('.').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(list: &[&str]) -> Lock {
        Lock::Hosts { hosts: list.iter().map(|host| (*host).to_owned()).collect() }
    }

    #[test]
    fn two_locks_allow_what_both_allow() {
        for (one, other, both) in [
            (Lock::Off, Lock::Off, Lock::Off),
            (Lock::Off, Lock::ThisComputer, Lock::ThisComputer),
            (hosts(&["a"]), Lock::ThisComputer, Lock::ThisComputer),
            (hosts(&["a"]), Lock::Off, hosts(&["a"])),
            (hosts(&["a", "b"]), hosts(&["b", "c"]), hosts(&["b"])),
            (hosts(&["a"]), hosts(&["c"]), hosts(&[])),
        ] {
            assert_eq!(one.and(&other), both);
            assert_eq!(other.and(&one), both);
        }
    }

    #[test]
    fn hosts_are_compared_in_one_way() {
        for (typed, normal) in [
            (" GPU-Box. ", "gpu-box"),
            ("gpu-box:8000", "gpu-box"),
            ("[FD00::1]:80", "fd00::1"),
            ("fd00::1", "fd00::1"),
            ("192.168.1.20:8000", "192.168.1.20"),
        ] {
            assert_eq!(hosts(&[typed]).normal(), hosts(&[normal]));
        }
        assert_eq!(hosts(&[" "]).normal(), Lock::ThisComputer);
        assert_eq!(Lock::Off.normal(), Lock::Off);
    }

    #[test]
    fn a_lock_reads_as_it_is_written() {
        for lock in [Lock::Off, Lock::ThisComputer, hosts(&["gpu-box"])] {
            let text = serde_json::to_string(&lock).unwrap();
            assert_eq!(serde_json::from_str::<Lock>(&text).unwrap(), lock, "{text}");
        }
    }
}
