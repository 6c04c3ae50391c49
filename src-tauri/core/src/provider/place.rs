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
    let written = url.host_str().unwrap_or_default().to_owned();
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4),
        // `http://local` is a bare name, but no harm is done by calling it private.
        Some(Host::Domain(name)) => {
            let top = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
            return match top.as_str() {
                "localhost" => Place::ThisComputer,
                "local" => Place::PrivateNetwork { host: written },
                _ => Place::Internet { host: written },
            };
        }
        None => return Place::Internet { host: written },
    };
    if address.is_loopback() || address.is_unspecified() {
        return Place::ThisComputer;
    }
    let is_private = match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    };
    if is_private { Place::PrivateNetwork { host: written } } else { Place::Internet { host: written } }
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
