//! Which address has a conversation's prefix in its cache.

use std::collections::{BTreeMap, HashMap};

/// The addresses by which conversations were last answered; those unused for longest are forgotten first.
#[derive(Debug)]
pub(super) struct Sessions {
    most: usize,
    /// Counts uses, so that they have an order without a clock.
    uses: u64,
    places: HashMap<i64, Place>,
    by_use: BTreeMap<u64, i64>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    address: usize,
    last_use: u64,
}

impl Sessions {
    /// None yet, and never more than `most`.
    pub(super) fn new(most: usize) -> Self {
        Self { most, uses: 0, places: HashMap::new(), by_use: BTreeMap::new() }
    }

    /// Where the conversation was last answered.
    pub(super) fn address_of(&self, session: i64) -> Option<usize> {
        self.places.get(&session).map(|place| place.address)
    }

    /// The conversation is answered by `address` now.
    pub(super) fn remember(&mut self, session: i64, address: usize) {
        self.uses += 1;
        let place = Place { address, last_use: self.uses };
        if let Some(earlier) = self.places.insert(session, place) {
            self.by_use.remove(&earlier.last_use);
        }
        self.by_use.insert(place.last_use, session);
        if self.places.len() > self.most
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.places.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_unused_for_longest_is_forgotten() {
        let mut sessions = Sessions::new(2);
        sessions.remember(1, 0);
        sessions.remember(2, 1);
        sessions.remember(1, 2);
        sessions.remember(3, 0);
        let places = [1, 2, 3].map(|session| sessions.address_of(session));
        assert_eq!(places, [Some(2), None, Some(0)]);
    }

    #[test]
    fn no_more_is_kept_than_allowed() {
        let mut sessions = Sessions::new(100);
        for session in 0..10_000 {
            sessions.remember(session % 700, 0);
            sessions.remember(7, 1);
            assert!(sessions.places.len() <= 100);
            assert_eq!(sessions.places.len(), sessions.by_use.len());
        }
        assert_eq!(sessions.address_of(7), Some(1));
    }
}
