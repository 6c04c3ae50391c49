use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest id that was made or is known.
static LAST: AtomicI64 = AtomicI64::new(0);

/// Ids above this are no moment that a clock could tell, and nothing could follow them for long.
const LARGEST_SEED: i64 = i64::MAX - (1 << 40);

/// Has every id from now on be larger than `id`, which stands in a history already.
pub(crate) fn seed_ids(id: i64) {
    if id < LARGEST_SEED {
        LAST.fetch_max(id, Ordering::Relaxed);
    }
}

/// Makes the next id: 43 bits of milliseconds since 1970 above 20 random bits, always larger than the
/// one before it in this process. Ids made by two programs at the same moment differ by their random part.
fn next(now_ms: i64) -> i64 {
    let fresh = (now_ms.max(0) << 20) | i64::from(rand::random::<u32>() >> 12);
    let mut last = LAST.load(Ordering::Relaxed);
    loop {
        let id = fresh.max(last + 1);
        match LAST.compare_exchange_weak(last, id, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return id,
            Err(seen) => last = seen,
        }
    }
}

/// A number was expected where an id should stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a whole number, such as 1915274203136819345")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// A positive 63-bit number that grows with time. It is SQLite's rowid, and a decimal *string* in JSON,
        /// because JavaScript's numbers hold 53 bits.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, specta::Type)]
        pub struct $name(#[specta(type = String)] i64);

        impl $name {
            /// A new id for something made at `now_ms` (milliseconds since 1970, UTC).
            pub fn new(now_ms: i64) -> Self {
                Self(next(now_ms))
            }

            /// The id that stands in the database as `rowid`.
            pub const fn from_rowid(rowid: i64) -> Self {
                Self(rowid)
            }

            /// The id as SQLite's rowid.
            pub const fn rowid(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.trim().parse().map(Self).map_err(|_| InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// Names one conversation.
    ConversationId
);
id!(
    /// Names one message, which is one version of one turn.
    MessageId
);
id!(
    /// Names one server, found or added by hand.
    ServerId
);
id!(
    /// Names one folder of conversations.
    FolderId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_goes_back() {
        let first = MessageId::new(2_000);
        let second = MessageId::new(1_000);
        assert!(second > first, "order in the database must follow order of creation");
    }

    #[test]
    fn ids_grow_from_the_largest_that_is_kept() {
        let kept = MessageId::new(3_000).rowid() + 500;
        seed_ids(kept);
        seed_ids(1);
        seed_ids(i64::MAX);
        let next = MessageId::new(1_000).rowid();
        assert!(next > kept && next < LARGEST_SEED, "{next} after {kept}");
    }

    #[test]
    fn ids_are_strings_in_json() {
        let id = ConversationId::from_rowid(1_915_274_203_136_819_345);
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"1915274203136819345\"");
        assert_eq!(serde_json::from_str::<ConversationId>("\"1915274203136819345\"").unwrap(), id);
        assert!(serde_json::from_str::<ConversationId>("\"'; drop table\"").is_err());
    }
}
