//! Addresses as people type them.

use url::Url;

use crate::domain::{Cause, Code, Failure, Flaw, Place};
use crate::provider::place_of;

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

/// An address without a scheme is `http` on this computer or the private network and `https` elsewhere; a user
/// name or password in it is refused, because addresses are shown and kept.
pub(super) fn parse_address(text: &str) -> Result<Url, Failure> {
    let trimmed = text.trim();
    let refused = |why| {
        let cause = Cause::UnusableAddress { address: trimmed.to_owned(), why };
        Failure::because(Code::InvalidRequest, cause)
    };
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
    let mut url = parsed.map_err(|_| refused(Flaw::Unreadable))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(refused(Flaw::WrongScheme));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(Flaw::PasswordInside));
    }
    strip_door(&mut url);
    Ok(url)
}

/// What documentation shows behind the address that is meant: people paste the whole of it.
const DOORS: [&str; 6] =
    ["/chat/completions", "/completions", "/models", "/responses", "/embeddings", "/audio/speech"];

fn strip_door(url: &mut Url) {
    let path = url.path().trim_end_matches('/').to_owned();
    let below = DOORS.iter().find_map(|door| path.strip_suffix(door));
    if let Some(below) = below.map(str::to_owned) {
        url.set_path(&below);
        url.set_query(None);
        url.set_fragment(None);
    }
}

/// The address as it is kept and shown.
pub(super) fn address_text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

pub(super) fn same_address(one: &Url, other: &Url) -> bool {
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
    }

    #[test]
    fn r4_the_path_of_one_question_is_not_part_of_an_address() {
        let check = |typed: &str| parse_address(typed).map(|url| address_text(&url)).unwrap();
        for behind in [
            "/chat/completions",
            "/chat/completions/",
            "/models",
            "/responses?a=b",
            "/embeddings#x",
            "/completions",
            "/audio/speech",
        ] {
            assert_eq!(
                check(&format!("http://10.0.0.1:8000/v1{behind}")),
                "http://10.0.0.1:8000/v1",
                "{behind}"
            );
            assert_eq!(
                check(&format!("https://a.example/openai{behind}")),
                "https://a.example/openai",
                "{behind}"
            );
        }
        assert_eq!(check("https://a.example/chat/completions"), "https://a.example");
        for kept in ["http://10.0.0.1/models/v1", "http://10.0.0.1/mymodels", "https://a.example/v1?key=1"] {
            assert_eq!(check(kept), kept);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let check =
            |typed: &str| parse_address(typed).map(|url| address_text(&url)).map_err(|error| error.code);
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
