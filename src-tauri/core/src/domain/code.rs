use serde::{Deserialize, Serialize};

/// What went wrong, in the app's own words: the one thing that programs switch on.
///
/// The first group is about a server's answer and stands in `error` lines of the command line and on failed
/// replies; the second is about this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The key is missing or wrong (HTTP 401).
    Unauthorized,
    /// The account has no balance left (HTTP 402, or any status whose text says so).
    PaymentRequired,
    /// The key is right but may not do this (HTTP 403).
    Forbidden,
    /// The address, model, conversation or message does not exist (HTTP 404).
    NotFound,
    /// The request body is larger than the server takes (HTTP 413).
    TooLarge,
    /// The server refused the request as malformed (other HTTP 4xx), or the user's input cannot be used.
    InvalidRequest,
    /// Prompt and requested reply do not fit the model's context window.
    ContextOverflow,
    /// Too many requests or too many at once (HTTP 429).
    RateLimited,
    /// The server failed (HTTP 5xx other than 503, or an error object inside the stream).
    ServerError,
    /// The server is too busy or still loading its model (HTTP 503, 529).
    Overloaded,
    /// No connection: refused, unknown host, bad certificate, no route.
    Unreachable,
    /// Nothing arrived for longer than the idle time-out.
    Timeout,
    /// The stream ended without a finish reason.
    CutOff,
    /// The answer is not what the protocol allows.
    Malformed,
    /// The server finished without a single character.
    EmptyReply,
    /// The length limit was used up before a single character, as by thinking that stays hidden.
    LengthLimit,
    /// The conversation is locked to this computer and the address is not on it.
    Locked,
    /// The user stopped it.
    Cancelled,
    /// This system has no keychain, or it is locked.
    NoKeychain,
    /// The data folder cannot be written.
    ReadOnly,
    /// The disk is full.
    DiskFull,
    /// The data was written by a newer version of Porthole.
    NewerVersion,
    /// The data file is damaged.
    Damaged,
    /// Another program holds the data file and did not let go in time.
    Busy,
    /// No model was chosen, or the chosen one's server is gone.
    NoModel,
    /// A fault in Porthole itself.
    Internal,
}

impl Code {
    /// The code as it stands in JSON and in the database, such as `rate_limited`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::PaymentRequired => "payment_required",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::TooLarge => "too_large",
            Self::InvalidRequest => "invalid_request",
            Self::ContextOverflow => "context_overflow",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Overloaded => "overloaded",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::CutOff => "cut_off",
            Self::Malformed => "malformed",
            Self::EmptyReply => "empty_reply",
            Self::LengthLimit => "length_limit",
            Self::Locked => "locked",
            Self::Cancelled => "cancelled",
            Self::NoKeychain => "no_keychain",
            Self::ReadOnly => "read_only",
            Self::DiskFull => "disk_full",
            Self::NewerVersion => "newer_version",
            Self::Damaged => "damaged",
            Self::Busy => "busy",
            Self::NoModel => "no_model",
            Self::Internal => "internal",
        }
    }

    /// Whether the same request may succeed a little later, so that it is worth sending again by itself
    /// while nothing has arrived yet (DeepSeek API docs, Error Codes; a quota error is never retried). A time-out is
    /// not: the person has waited for minutes, and the server may still be at work on the request.
    pub const fn is_passing(self) -> bool {
        match self {
            Self::RateLimited
            | Self::ServerError
            | Self::Overloaded
            | Self::Unreachable
            | Self::CutOff
            | Self::EmptyReply => true,
            Self::Unauthorized
            | Self::PaymentRequired
            | Self::Forbidden
            | Self::NotFound
            | Self::TooLarge
            | Self::InvalidRequest
            | Self::ContextOverflow
            | Self::Timeout
            | Self::Malformed
            | Self::LengthLimit
            | Self::Locked
            | Self::Cancelled
            | Self::NoKeychain
            | Self::ReadOnly
            | Self::DiskFull
            | Self::NewerVersion
            | Self::Damaged
            | Self::Busy
            | Self::NoModel
            | Self::Internal => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_name_everywhere() {
        for code in
            [Code::Unauthorized, Code::ContextOverflow, Code::CutOff, Code::NewerVersion, Code::Internal]
        {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
    }
}
