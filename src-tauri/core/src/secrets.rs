//! Values that must never be shown. The only room that reads keys from outside.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroize;

/// A value that prints as `[secret]`, cannot be serialised, and is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Call it where it is put on the wire and nowhere else.
    pub const fn expose(&self) -> &T {
        &self.0
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
/// and the name in capitals with everything but letters and digits as `_`.
pub fn key_variable(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("PORTHOLE_KEY_{name}")
}

/// A server's name to its key.
type KeyOf = dyn Fn(&str) -> Option<Secret<String>> + Send + Sync;

/// Where keys come from.
#[derive(Clone)]
pub struct Keys(Arc<KeyOf>);

impl Keys {
    /// The environment's: given for one run, never stored.
    pub fn of_environment() -> Self {
        Self::from_fn(|name| {
            let key = Secret::new(std::env::var(key_variable(name)).ok()?);
            let trimmed = key.expose().trim();
            (!trimmed.is_empty()).then(|| Secret::new(trimmed.to_owned()))
        })
    }

    /// Keys that tests give, by the server's name.
    pub fn from_fn(key: impl Fn(&str) -> Option<Secret<String>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(key))
    }

    /// The key of the server called `name`.
    pub fn of(&self, name: &str) -> Option<Secret<String>> {
        (self.0)(name)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keys")
    }
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
