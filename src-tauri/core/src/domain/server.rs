use serde::{Deserialize, Serialize};

/// How a server is reached, as it is kept and shown. Secrets are not in it: they are in the keychain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ServerNetwork {
    /// By which proxy.
    pub proxy: ServerProxy,
    /// The path of a PEM file whose certificates are trusted besides the system's.
    pub ca_file: Option<String>,
    /// Whether `http://` to the internet is allowed.
    pub plain_http: bool,
    /// The headers of every request.
    pub headers: Vec<HeaderShown>,
}

/// A header without its value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct HeaderShown {
    /// Its name.
    pub name: String,
}

/// By which proxy a server is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "proxy", rename_all = "snake_case")]
pub enum ServerProxy {
    /// As the system or the environment says.
    #[default]
    System,
    /// By none.
    None,
    /// By one of its own.
    Own {
        /// `http`, `https`, `socks5` or `socks5h`, without name and password.
        url: String,
        /// Who asks.
        user: Option<String>,
        /// Whether the keychain holds a password.
        has_password: bool,
    },
}
