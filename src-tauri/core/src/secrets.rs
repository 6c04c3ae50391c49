//! Values that must never be shown. The only room that reads keys from outside: from the environment and from the
//! keychain of the machine.

mod environment;
mod error;
mod keychain;
mod keys;
mod line;
mod typed;

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroize;

pub use error::KeychainError;
pub use keys::{Before, Key, KeySource, Keys, SecretName};
pub use typed::{UnfitKey, clean, shown};

/// A value that prints as `[secret]`, cannot be serialised, and is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps the value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Call this only where it is put on the wire.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl Secret<String> {
    /// The value itself, to be filled in.
    pub const fn expose_mut(&mut self) -> &mut String {
        &mut self.0
    }
}

impl<'de> Deserialize<'de> for Secret<String> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The environment variable that holds the key of the server called `name`, for one run: `PORTHOLE_KEY_`
/// and the name in capitals with everything but letters and digits replaced by `_`.
pub fn key_variable(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("PORTHOLE_KEY_{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints() {
        let secret = Secret::new("sk-canary".to_owned());
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret.expose(), "sk-canary");
    }

    #[test]
    fn a_server_name_becomes_a_variable() {
        for (name, variable) in [
            ("work", "PORTHOLE_KEY_WORK"),
            ("My server-2", "PORTHOLE_KEY_MY_SERVER_2"),
            ("", "PORTHOLE_KEY_"),
        ] {
            assert_eq!(key_variable(name), variable);
        }
    }
}
