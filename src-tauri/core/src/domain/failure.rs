use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Cause, Code, Language};

/// Why a reply failed, as it is kept with the message. What people are told is made from it when they are told, in
/// their language ([`Failure::words`]); `Display` is the English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Failure {
    /// What went wrong.
    pub code: Code,
    /// Why exactly, where it is known.
    pub cause: Option<Box<Cause>>,
    /// The server's name as the user knows it.
    pub server: Option<String>,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// The server's own words, shortened to 2,000 characters. Never a key: what is sent is not repeated here.
    pub detail: Option<String>,
    /// How long the server asked to wait, in milliseconds.
    pub retry_after_ms: Option<u32>,
    /// How many addresses of the server were tried, if more than one.
    pub addresses_tried: Option<u32>,
}

impl Failure {
    /// A failure with nothing but a code.
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            cause: None,
            server: None,
            status: None,
            detail: None,
            retry_after_ms: None,
            addresses_tried: None,
        }
    }

    /// A failure whose cause is known.
    pub fn because(code: Code, cause: Cause) -> Self {
        Self::new(code).with(cause)
    }

    /// A failure that has an English sentence or two of its own.
    pub fn told(code: Code, sentence: impl Into<String>) -> Self {
        Self::because(code, Cause::Told { sentence: sentence.into() })
    }

    /// A fault of this machine or of Porthole, with its own words.
    pub fn internal(error: &impl std::error::Error) -> Self {
        Self { detail: Some(error.to_string()), ..Self::new(Code::Internal) }
    }

    /// The failure that a record holds. One that cannot be read, as of a newer version, is told in its own words.
    pub fn recorded(json: &str) -> Self {
        serde_json::from_str(json)
            .unwrap_or_else(|_| Self { detail: Some(json.to_owned()), ..Self::new(Code::Internal) })
    }

    /// The same, with another cause or none.
    #[must_use]
    pub fn with(self, cause: impl Into<Option<Cause>>) -> Self {
        Self { cause: cause.into().map(Box::new), ..self }
    }

    /// The same, at the server of this name.
    #[must_use]
    pub fn at(self, server: &str) -> Self {
        Self { server: Some(server.to_owned()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words(Language::English).fmt(formatter)
    }
}

impl std::error::Error for Failure {}
