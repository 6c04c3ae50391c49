use keyring_core::Error;
use zeroize::Zeroize;

use super::UnfitKey;

/// How much of another program's message is repeated, in characters.
const MOST_WORDS: usize = 200;

/// Why a key could not be read from the keychain, kept in it or deleted. The messages are for the user and contain
/// no part of any key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// There is no keychain, or it does not answer.
    #[error(
        "The keychain of this computer cannot be used: {reason}. A key can still be given for this run only."
    )]
    Unavailable {
        /// Why, as part of a sentence.
        reason: String,
    },
    /// It exists but needs the user: to unlock it, or to create a first keyring in it.
    #[error(
        "The keychain is locked, or has no keyring yet. Unlock it and try again; a key can also be given for this \
         run only."
    )]
    Locked,
    /// It was asked and refused.
    #[error("The keychain refused: {reason}.")]
    Refused {
        /// Why, as part of a sentence.
        reason: String,
    },
    /// What was to be kept is not a key; no keychain was asked.
    #[error(transparent)]
    Unfit(#[from] UnfitKey),
}

impl KeychainError {
    pub(super) fn unavailable(reason: &str) -> Self {
        Self::Unavailable { reason: reason.to_owned() }
    }

    pub(super) fn refused(reason: &str) -> Self {
        Self::Refused { reason: reason.to_owned() }
    }

    /// Why no keychain could be opened.
    pub(super) fn of_opening(error: &Error) -> Self {
        let (Error::PlatformFailure(inner) | Error::NoStorageAccess(inner)) = error else {
            return Self::Unavailable { reason: words_of(error) };
        };
        Self::Unavailable { reason: words_of(&**inner) }
    }

    /// Why an open keychain did not do what it was asked to do.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what has no arm of its own is told in its own words")]
    pub(super) fn of_asking(error: Error) -> Self {
        match error {
            // Elsewhere this means that this user has none: on Windows without a logon session, on macOS without a
            // writable keychain file.
            Error::NoStorageAccess(_) if cfg!(target_os = "linux") => Self::Locked,
            Error::NoStorageAccess(error) => Self::Unavailable { reason: words_of(&*error) },
            Error::PlatformFailure(error) => Self::Refused { reason: words_of(&*error) },
            Error::BadEncoding(mut found) | Error::BadDataFormat(mut found, _) => {
                found.zeroize();
                Self::refused(NO_KEY)
            }
            Error::TooLong(_, most) => Self::Refused { reason: format!("it takes {most} bytes at the most") },
            Error::Ambiguous(found) => Self::Refused {
                reason: format!(
                    "it holds {} keys under one name; delete the key and add it again",
                    found.len()
                ),
            },
            other => Self::Refused { reason: words_of(&other) },
        }
    }
}

/// What the keychain has in the place of a key.
pub(super) const NO_KEY: &str = "what it holds under this name is no key; delete the key and add it again";

/// An error's own message, adapted to the middle of a sentence.
fn words_of(error: &(dyn std::error::Error + 'static)) -> String {
    let said = error.to_string();
    let line = said.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    let line = line.strip_prefix("zbus error: ").unwrap_or(line);
    line.chars().filter(|c| !c.is_control()).take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_in_words_and_without_what_was_found() {
        let platform = || Box::new(std::io::Error::other("No such\u{7} thing.\nsecond line"));
        let found = b"sk-canary".to_vec();
        for (error, expected) in [
            (Error::PlatformFailure(platform()), "The keychain refused: No such thing."),
            (Error::BadEncoding(found.clone()), "delete the key and add it again."),
            (Error::BadDataFormat(found, platform()), "delete the key and add it again."),
            (Error::TooLong("secret".into(), 2560), "The keychain refused: it takes 2560 bytes at the most."),
            (Error::Ambiguous(Vec::new()), "holds 0 keys under one name"),
            (Error::NotSupportedByStore("x".into()), "The keychain refused: Unsupported: x."),
        ] {
            let told = KeychainError::of_asking(error).to_string();
            assert!(told.contains(expected) && !told.contains("canary"), "{told}");
        }
        let locked = KeychainError::of_asking(Error::NoStorageAccess(platform()));
        assert_eq!(locked == KeychainError::Locked, cfg!(target_os = "linux"), "{locked}");
        let closed =
            KeychainError::of_opening(&Error::PlatformFailure("zbus error: No bus.".into())).to_string();
        assert!(
            closed.starts_with("The keychain of this computer cannot be used: No bus. A key"),
            "{closed}"
        );
    }
}
