//! What is known of each address, and which one is asked next. Pure: whoever calls says what time it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::sessions::Sessions;

/// How long an address rests after its first failure; each failure of an attempt that followed a rest doubles it.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_mins(1);
/// How long a model that an address did not have is not asked for there: it may be loaded meanwhile.
const ABSENCE_HOLDS: Duration = Duration::from_mins(1);
const MOST_SESSIONS: usize = 10_000;

/// Everything known of a cluster's addresses. An address that was in the list once stays known, so that editing
/// the list does not make a dead one look well.
#[derive(Debug)]
pub(super) struct Ledger {
    addresses: Vec<Address>,
    sessions: Sessions,
}

#[derive(Debug)]
struct Address {
    url: Url,
    in_flight: u32,
    health: Health,
    /// The models of its list, once it was seen.
    listed: Option<BTreeSet<String>>,
    /// Models it answered "not found" for, and when.
    absent: BTreeMap<String, Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Well,
    /// Failed. Asked before `until` only if nobody else is left.
    Resting {
        rest: Duration,
        until: Instant,
    },
}

/// What is to be asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) session: Option<i64>,
    pub(super) model: &'a str,
}

/// A request that counts as in flight at `address`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) address: usize,
    /// The rest that lay behind it. A failure doubles this one, and not whatever ten other requests that fail in
    /// the same moment have made of it.
    pub(super) after: Option<Duration>,
}

/// One address as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The address.
    pub url: Url,
    /// Whether it is asked as a matter of course.
    pub condition: Condition,
    /// How many requests of this program it is at work on.
    pub in_flight: u32,
}

/// Whether an address is asked as a matter of course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It is.
    Healthy,
    /// It failed a short while ago and is asked only if no other is left.
    Resting,
}

/// How well an address suits a request; the least is asked.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It has the conversation's prefix in its cache: to read a long prompt again costs more than a short wait, so
    /// its requests do not count here.
    HasPrefix,
    Well {
        in_flight: u32,
    },
    Resting {
        until: Instant,
    },
}

impl Default for Ledger {
    fn default() -> Self {
        Self { addresses: Vec::new(), sessions: Sessions::new(MOST_SESSIONS) }
    }
}

impl Ledger {
    /// The number under which `url` is kept.
    pub(super) fn number_of(&mut self, url: &Url) -> usize {
        if let Some(known) = self.find(url) {
            return known;
        }
        self.addresses.push(Address {
            url: url.clone(),
            in_flight: 0,
            health: Health::Well,
            listed: None,
            absent: BTreeMap::new(),
        });
        self.addresses.len() - 1
    }

    pub(super) fn find(&self, url: &Url) -> Option<usize> {
        self.addresses.iter().position(|address| address.url == *url)
    }

    pub(super) fn standings(&self, now: Instant) -> Vec<Standing> {
        let standing = |address: &Address| Standing {
            url: address.url.clone(),
            condition: if address.is_well(now) { Condition::Healthy } else { Condition::Resting },
            in_flight: address.in_flight,
        };
        self.addresses.iter().map(standing).collect()
    }

    /// Chooses among `members` without the `tried` ones, and counts the request there. An address whose rest is
    /// over gets this one request as its trial: until it is answered, or as long again, others go elsewhere.
    pub(super) fn begin(
        &mut self,
        members: &[usize],
        tried: &[usize],
        wanted: Wanted<'_>,
        now: Instant,
    ) -> Option<Begun> {
        // `min_by` gives the first of equals: ties go to the first in the list.
        let ranked = self.ranked(members, tried, wanted, now).into_iter();
        let (_, best) = ranked.min_by(|(one, _), (other, _)| one.cmp(other))?;
        let address = self.addresses.get_mut(best)?;
        address.in_flight += 1;
        let after = match &mut address.health {
            Health::Well => None,
            Health::Resting { rest, until } => {
                if *until <= now {
                    *until = now + *rest;
                }
                Some(*rest)
            }
        };
        Some(Begun { address: best, after })
    }

    /// The address has begun to answer.
    pub(super) fn answered(&mut self, begun: Begun, session: Option<i64>) {
        if let Some(address) = self.addresses.get_mut(begun.address) {
            address.health = Health::Well;
        }
        if let Some(session) = session {
            self.sessions.remember(session, begun.address);
        }
    }

    /// The address failed in a way that others of the same model need not.
    pub(super) fn failed(&mut self, begun: Begun, now: Instant) {
        let Some(address) = self.addresses.get_mut(begun.address) else { return };
        let next = begun.after.map_or(FIRST_REST, |rest| LONGEST_REST.min(rest * 2));
        address.health = match address.health {
            Health::Well => Health::Resting { rest: next, until: now + next },
            Health::Resting { rest, until } => {
                Health::Resting { rest: rest.max(next), until: until.max(now + next) }
            }
        };
    }

    /// The request is over, however it ended.
    pub(super) fn ended(&mut self, begun: Begun) {
        if let Some(address) = self.addresses.get_mut(begun.address) {
            debug_assert!(address.in_flight > 0, "what ends was counted at its beginning");
            address.in_flight = address.in_flight.saturating_sub(1);
        }
    }

    pub(super) fn learn(&mut self, at: usize, models: BTreeSet<String>) {
        if let Some(address) = self.addresses.get_mut(at) {
            address.listed = Some(models);
            address.absent.clear();
        }
    }

    /// The address answered that it has no such model.
    pub(super) fn lacks(&mut self, at: usize, model: &str, now: Instant) {
        if let Some(address) = self.addresses.get_mut(at) {
            address.absent.retain(|_, since| now < *since + ABSENCE_HOLDS);
            address.absent.insert(model.to_owned(), now);
        }
    }

    /// The addresses of `members` as they may be asked for models: the healthy ones, then the others.
    pub(super) fn by_health(&self, members: &[usize], now: Instant) -> (Vec<Begun>, Vec<Begun>) {
        let begun = |at: &usize| Begun { address: *at, after: self.rest_of(*at) };
        let is_well = |at: &&usize| self.addresses.get(**at).is_some_and(|address| address.is_well(now));
        let (well, resting): (Vec<&usize>, Vec<&usize>) = members.iter().partition(is_well);
        (well.into_iter().map(begun).collect(), resting.into_iter().map(begun).collect())
    }

    fn rest_of(&self, at: usize) -> Option<Duration> {
        match self.addresses.get(at)?.health {
            Health::Well => None,
            Health::Resting { rest, .. } => Some(rest),
        }
    }

    fn ranked(
        &self,
        members: &[usize],
        tried: &[usize],
        wanted: Wanted<'_>,
        now: Instant,
    ) -> Vec<(Rank, usize)> {
        let home = wanted.session.and_then(|session| self.sessions.address_of(session));
        let rank = |at: usize| {
            let address = self.addresses.get(at)?;
            let rank = match address.health {
                Health::Resting { until, .. } if now < until => Rank::Resting { until },
                Health::Well | Health::Resting { .. } if home == Some(at) => Rank::HasPrefix,
                Health::Well | Health::Resting { .. } => Rank::Well { in_flight: address.in_flight },
            };
            Some((rank, at))
        };
        let untried = |at: &usize| !tried.contains(at);
        self.with_model(members, wanted.model, now).into_iter().filter(untried).filter_map(rank).collect()
    }

    /// Those of `members` that may have the model. Once one is known to list it, those whose list lacks it are left
    /// out. A model that is on no list is asked for everywhere: servers answer to names that they do not list.
    fn with_model(&self, members: &[usize], model: &str, now: Instant) -> Vec<usize> {
        let of = |at: &usize| self.addresses.get(*at);
        let lists = |address: &Address| address.listed.as_ref().map(|listed| listed.contains(model));
        let has = |address: &Address| lists(address) == Some(true) && !address.is_without(model, now);
        let is_somewhere = members.iter().filter_map(of).any(has);
        let may_have = |address: &Address| {
            !address.is_without(model, now) && (!is_somewhere || lists(address) != Some(false))
        };
        let with: Vec<usize> = members.iter().copied().filter(|at| of(at).is_some_and(may_have)).collect();
        if with.is_empty() { members.to_vec() } else { with }
    }
}

impl Address {
    fn is_well(&self, now: Instant) -> bool {
        match self.health {
            Health::Well => true,
            Health::Resting { until, .. } => until <= now,
        }
    }

    fn is_without(&self, model: &str, now: Instant) -> bool {
        self.absent.get(model).is_some_and(|since| now < *since + ABSENCE_HOLDS)
    }
}

#[cfg(test)]
mod tests;
