use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;

use zeroize::Zeroize;

use super::Secret;
use super::typed::strip;

/// Variables with this prefix hold the keys of servers by name.
pub(super) const OF_SERVERS: &str = "PORTHOLE_KEY_";
/// Variables that other programs also read their keys from.
const OF_PRODUCTS: [&str; 3] = ["ANTHROPIC_API_KEY", "DEEPSEEK_API_KEY", "OPENAI_API_KEY"];
/// Set to `off`, it forbids the use of any keychain in this run.
const SWITCH: &str = "PORTHOLE_KEYCHAIN";

/// The keys in the environment, all read at once: removing them from the environment afterwards has no effect on
/// these.
#[derive(Clone, Default)]
pub(super) struct Variables(BTreeMap<String, Secret<String>>);

impl Variables {
    /// The process's own.
    pub(super) fn of_process() -> Self {
        Self::among(env::vars_os())
    }

    fn among(all: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut held = Self::default();
        for (name, value) in all {
            let Some(name) = name.to_str().filter(|name| is_key(name)) else { continue };
            match value.into_string() {
                Ok(value) => held.insert(name, Secret::new(value)),
                Err(value) => value.into_encoded_bytes().zeroize(),
            }
        }
        held
    }

    /// Takes in a variable, without what is not part of a key. An empty one, as after `NAME=` in a shell, counts as
    /// unset.
    pub(super) fn insert(&mut self, name: &str, mut value: Secret<String>) {
        strip(&mut value.0);
        if !value.0.is_empty() {
            self.0.insert(as_compared(name), value);
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Secret<String>> {
        self.0.get(&as_compared(name))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Whether the user has told Porthole to leave keychains alone in this run.
pub(super) fn keychain_is_off() -> bool {
    env::var_os(SWITCH).is_some_and(|value| value == "off")
}

fn is_key(name: &str) -> bool {
    let name = as_compared(name);
    name.starts_with(OF_SERVERS) || OF_PRODUCTS.contains(&name.as_str())
}

/// On Windows, names of variables are not case-sensitive.
fn as_compared(name: &str) -> String {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_nothing_else_are_taken_from_the_environment() {
        let given = [
            ("PORTHOLE_KEY_LAB", " \"Bearer sk-lab\"\u{feff}\n"),
            ("PORTHOLE_KEY_EMPTY", "  "),
            ("PORTHOLE_KEYCHAIN", "off"),
            ("PORTHOLE_DATA_DIR", "/somewhere"),
            ("DEEPSEEK_API_KEY", "sk-deepseek"),
            ("OPENAI_API_KEY", "sk-openai"),
            ("ANTHROPIC_API_KEY", "sk-ant"),
            ("MY_DEEPSEEK_API_KEY", "sk-other"),
            ("HOME", "/root"),
        ];
        let held = Variables::among(given.into_iter().map(|(name, value)| (name.into(), value.into())));
        let seen: Vec<_> =
            held.names().map(|name| (name, held.get(name).unwrap().expose().as_str())).collect();
        assert_eq!(
            seen,
            [
                ("ANTHROPIC_API_KEY", "sk-ant"),
                ("DEEPSEEK_API_KEY", "sk-deepseek"),
                ("OPENAI_API_KEY", "sk-openai"),
                ("PORTHOLE_KEY_LAB", "sk-lab"),
            ]
        );
        assert!(held.get("HOME").is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_no_text_is_no_key() {
        use std::os::unix::ffi::OsStringExt;
        let odd = ("PORTHOLE_KEY_ODD".into(), OsString::from_vec(vec![b's', 0xff]));
        assert_eq!(Variables::among(std::iter::once(odd)).names().count(), 0);
    }
}
