//! How far away an address is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::domain::Place;

/// Where text goes that is sent to `url`, as far as its host tells without asking anyone.
///
/// Loopback: 127.0.0.0/8, `::1`, `localhost` and names below it (RFC 6761, section 6.3), and the unspecified
/// address, which connects to this computer. Private: RFC 1918, link-local
/// (RFC 3927, RFC 4291), unique local (RFC 4193), shared address space of carriers and overlay networks
/// (RFC 6598), and `.local` names (RFC 6762).
pub fn place_of(url: &Url) -> Place {
    let distance = match url.host() {
        Some(Host::Ipv4(address)) => Distance::of(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Distance::of(IpAddr::V6(address)),
        // `http://local` is a bare name, but no harm is done by calling it private.
        Some(Host::Domain(name)) => match top_of(name).as_str() {
            "localhost" => Distance::Here,
            "local" => Distance::Near,
            _ => Distance::Far,
        },
        None => Distance::Far,
    };
    distance.place(url)
}

/// Whether a name means this computer whatever anyone answers: `localhost` and all below it.
pub(super) fn is_localhost(name: &str) -> bool {
    top_of(name) == "localhost"
}

fn top_of(name: &str) -> String {
    name.trim_end_matches('.').rsplit('.').next().unwrap_or_default().to_ascii_lowercase()
}

/// How far away an address is, nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Distance {
    /// This computer.
    Here,
    /// The private network.
    Near,
    /// The internet.
    Far,
}

impl Distance {
    /// The distance of an address; an IPv4 address in IPv6 clothing is the IPv4 address.
    pub(super) fn of(address: IpAddr) -> Self {
        let address = address.to_canonical();
        if address.is_loopback() || address.is_unspecified() {
            return Self::Here;
        }
        let is_near = match address {
            IpAddr::V4(address) => is_private_v4(address),
            IpAddr::V6(address) => is_private_v6(address),
        };
        if is_near { Self::Near } else { Self::Far }
    }

    /// The same with the host of `url` as it is written there.
    pub(super) fn place(self, url: &Url) -> Place {
        let host = url.host_str().unwrap_or_default().to_owned();
        match self {
            Self::Here => Place::ThisComputer,
            Self::Near => Place::PrivateNetwork { host },
            Self::Far => Place::Internet { host },
        }
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    address.is_private() || address.is_link_local() || is_shared
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    address.is_unique_local() || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_by_the_host() {
        let check = |address: &str, expected: &str| {
            let place = match place_of(&Url::parse(address).unwrap()) {
                Place::ThisComputer => "here".to_owned(),
                Place::PrivateNetwork { host } => format!("private {host}"),
                Place::Internet { host } => format!("internet {host}"),
            };
            assert_eq!(place, expected, "{address}");
        };
        for here in [
            "http://localhost:1234/v1",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://127.0.0.1/",
            "http://127.9.9.9/",
            "http://0x7f.1/",
            "http://[::1]:80/",
            "http://[::ffff:127.0.0.1]/",
            "http://0.0.0.0:8080/",
        ] {
            check(here, "here");
        }
        check("http://10.1.2.3/", "private 10.1.2.3");
        check("http://172.31.0.1/", "private 172.31.0.1");
        check("http://172.32.0.1/", "internet 172.32.0.1");
        check("http://192.168.1.2/", "private 192.168.1.2");
        check("http://169.254.1.2/", "private 169.254.1.2");
        check("http://100.64.0.1/", "private 100.64.0.1");
        check("http://100.128.0.1/", "internet 100.128.0.1");
        check("http://[fe80::1]/", "private [fe80::1]");
        check("http://[fd00::1]/", "private [fd00::1]");
        check("http://[::ffff:192.168.1.2]/", "private [::ffff:c0a8:102]");
        check("http://mac.local/", "private mac.local");
        check("https://api.deepseek.com", "internet api.deepseek.com");
        check("https://localhost.example.com", "internet localhost.example.com");
        check("https://[2606:4700::1]/", "internet [2606:4700::1]");
    }
}
