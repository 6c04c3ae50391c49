use super::named::named;

named! {
    /// What went wrong, in the app's own words: the one thing that programs switch on.
    ///
    /// The first group is about a server's answer and stands in `error` lines of the command line and on failed
    /// replies; the second is about this machine.
    pub enum Code {
        /// The key is missing or wrong (HTTP 401).
        Unauthorized = "unauthorized",
        /// The account has no balance left (HTTP 402, or any status whose text says so).
        PaymentRequired = "payment_required",
        /// The key is right but may not do this (HTTP 403).
        Forbidden = "forbidden",
        /// The address, model, conversation or message does not exist (HTTP 404).
        NotFound = "not_found",
        /// The request body is larger than the server takes (HTTP 413).
        TooLarge = "too_large",
        /// The server refused the request as malformed (other HTTP 4xx), or the user's input cannot be used.
        InvalidRequest = "invalid_request",
        /// Prompt and requested reply do not fit the model's context window.
        ContextOverflow = "context_overflow",
        /// Too many requests or too many at once (HTTP 429).
        RateLimited = "rate_limited",
        /// The server failed (HTTP 5xx other than 503, or an error object inside the stream).
        ServerError = "server_error",
        /// The server is too busy or still loading its model (HTTP 503, 529).
        Overloaded = "overloaded",
        /// No connection: refused, unknown host, bad certificate, no route.
        Unreachable = "unreachable",
        /// Nothing arrived for longer than the idle time-out.
        Timeout = "timeout",
        /// The stream ended without a finish reason.
        CutOff = "cut_off",
        /// The answer is not what the protocol allows.
        Malformed = "malformed",
        /// The server finished without a single character.
        EmptyReply = "empty_reply",
        /// The length limit was used up before a single character, as by thinking that stays hidden.
        LengthLimit = "length_limit",
        /// The conversation is locked to this computer and the address is not on it.
        Locked = "locked",
        /// The user stopped it.
        Cancelled = "cancelled",
        /// This system has no keychain, or it is locked.
        NoKeychain = "no_keychain",
        /// The data folder cannot be written.
        ReadOnly = "read_only",
        /// The disk is full.
        DiskFull = "disk_full",
        /// The data was written by a newer version of Porthole.
        NewerVersion = "newer_version",
        /// The data file is damaged.
        Damaged = "damaged",
        /// Another program holds the data file and did not let go in time.
        Busy = "busy",
        /// No model was chosen, or the chosen one's server is gone.
        NoModel = "no_model",
        /// A fault in Porthole itself.
        Internal = "internal",
    }
}

impl Code {
    /// Whether the same request may succeed a little later, so that it is worth sending again by itself
    /// while nothing has arrived yet (DeepSeek API docs, Error Codes; a quota error is never retried). A time-out is
    /// not: the person has waited for minutes, and the server may still be at work on the request.
    pub const fn is_passing(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::ServerError
                | Self::Overloaded
                | Self::Unreachable
                | Self::CutOff
                | Self::EmptyReply
        )
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
