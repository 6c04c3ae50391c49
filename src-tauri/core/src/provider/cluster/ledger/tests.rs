use proptest::prelude::*;

use super::*;

/// A session of no conversation.
const NEW: Option<i64> = None;

struct Desk {
    ledger: Ledger,
    members: Vec<usize>,
    now: Instant,
}

impl Desk {
    fn with(addresses: usize) -> Self {
        let mut ledger = Ledger::default();
        let url = |number: usize| Url::parse(&format!("http://10.0.0.{number}/v1")).unwrap();
        let members = (1..=addresses).map(|number| ledger.number_of(&url(number))).collect();
        Self { ledger, members, now: Instant::now() }
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }

    fn begin(&mut self, session: Option<i64>) -> Begun {
        self.begin_without(&[], session).unwrap()
    }

    fn begin_without(&mut self, tried: &[usize], session: Option<i64>) -> Option<Begun> {
        self.ledger.begin(&self.members, tried, Wanted { session, model: "m" }, self.now)
    }

    /// A request that the next best address answers from beginning to end.
    fn answer(&mut self, session: Option<i64>) -> usize {
        let begun = self.begin(session);
        self.ledger.answered(begun, session);
        self.ledger.ended(begun);
        begun.address
    }

    /// A request that fails at `address`, whatever is chosen.
    fn fail_at(&mut self, address: usize) {
        let tried: Vec<usize> = self.members.iter().copied().filter(|at| *at != address).collect();
        let begun = self.begin_without(&tried, NEW).unwrap();
        self.ledger.failed(begun, self.now);
        self.ledger.ended(begun);
    }

    fn is_healthy(&self, address: usize) -> bool {
        self.ledger.standings(self.now)[address].condition == Condition::Healthy
    }
}

#[test]
fn new_conversations_go_to_the_least_busy_and_ties_to_the_first() {
    let mut desk = Desk::with(3);
    let begun: Vec<Begun> = (0..4).map(|_| desk.begin(NEW)).collect();
    assert_eq!(begun.iter().map(|begun| begun.address).collect::<Vec<_>>(), [0, 1, 2, 0]);
    desk.ledger.ended(begun[1]);
    assert_eq!(desk.begin(NEW).address, 1);
}

#[test]
fn a_conversation_stays_however_busy_its_address_is() {
    let mut desk = Desk::with(2);
    assert_eq!(desk.answer(Some(1)), 0);
    for _ in 0..20 {
        desk.begin(Some(1));
    }
    assert_eq!(desk.answer(Some(1)), 0);
    assert_eq!(desk.answer(Some(2)), 1);
    desk.fail_at(0);
    assert_eq!(desk.answer(Some(1)), 1, "only a failure moves it");
    desk.pass(60_000);
    assert_eq!(desk.answer(Some(1)), 1, "and then its prefix is there");
}

#[test]
fn a_conversation_returns_if_nobody_else_answered_it() {
    let mut desk = Desk::with(2);
    desk.answer(Some(1));
    desk.fail_at(0);
    desk.pass(1_000);
    desk.begin(NEW);
    assert_eq!(desk.answer(Some(1)), 1, "the trial of its address is somebody else's");
    let mut desk = Desk::with(2);
    desk.answer(Some(1));
    desk.fail_at(0);
    desk.pass(1_000);
    assert_eq!(desk.answer(Some(1)), 0);
}

#[test]
fn rests_double_up_to_a_minute_and_one_answer_ends_them() {
    let mut desk = Desk::with(2);
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        desk.fail_at(0);
        desk.pass(seconds * 1_000 - 1);
        assert!(!desk.is_healthy(0), "after {seconds} s less one ms");
        desk.pass(1);
        assert!(desk.is_healthy(0), "after {seconds} s");
    }
    assert_eq!(desk.answer(NEW), 0);
    desk.fail_at(0);
    desk.pass(1_000);
    assert!(desk.is_healthy(0), "it began again at one second");
}

#[test]
fn requests_that_fail_together_are_one_failure() {
    let mut desk = Desk::with(1);
    let begun: Vec<Begun> = (0..10).map(|_| desk.begin(NEW)).collect();
    for begun in begun {
        desk.ledger.failed(begun, desk.now);
        desk.ledger.ended(begun);
    }
    desk.pass(1_000);
    assert!(desk.is_healthy(0));
}

#[test]
fn one_request_is_the_trial_of_an_address_that_had_failed() {
    let mut desk = Desk::with(2);
    desk.fail_at(0);
    desk.pass(1_000);
    let trial = desk.begin(NEW);
    assert_eq!(trial.address, 0);
    assert_eq!(desk.begin(NEW).address, 1);
    assert_eq!(desk.begin(NEW).address, 1, "though it has more to do");
    desk.ledger.answered(trial, NEW);
    assert_eq!(desk.begin(NEW).address, 0);
}

#[test]
fn when_all_rest_the_one_that_rests_least_is_asked() {
    let mut desk = Desk::with(2);
    desk.fail_at(0);
    desk.pass(1_000);
    desk.fail_at(0);
    desk.fail_at(1);
    let first = desk.begin(NEW).address;
    assert_eq!(first, 1);
    assert_eq!(desk.begin_without(&[1], NEW).map(|begun| begun.address), Some(0));
    assert_eq!(desk.begin_without(&[1, 0], NEW), None);
}

#[test]
fn a_model_is_asked_for_where_it_is() {
    let mut desk = Desk::with(3);
    let list = |models: &[&str]| models.iter().map(|model| (*model).to_owned()).collect::<BTreeSet<_>>();
    desk.ledger.learn(0, list(&["other"]));
    assert_eq!(desk.begin(NEW).address, 0, "no list has it: servers answer to more names than they list");
    desk.ledger.learn(1, list(&["m"]));
    assert_eq!(desk.begin(NEW).address, 1);
    assert_eq!(desk.begin(NEW).address, 2, "its list was never seen");
    assert_eq!(desk.begin_without(&[1, 2], NEW), None, "it is known not to be there");
    desk.ledger.lacks(2, "m", desk.now);
    assert_eq!(desk.begin_without(&[1], NEW), None);
    desk.ledger.lacks(1, "m", desk.now);
    assert_eq!(desk.begin(NEW).address, 0, "the lists are out of date");
    desk.pass(60_000);
    assert_eq!(desk.begin_without(&[2], NEW).map(|begun| begun.address), Some(1), "absence is forgotten");
}

#[derive(Debug, Clone)]
enum Step {
    Begin { session: Option<i64>, tried: Vec<usize> },
    Answer(usize),
    Fail(usize),
    Lacks(usize),
    End(usize),
    Learn(usize, bool),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let which = || 0usize..64;
    let session = prop_oneof![Just(None), (0i64..4).prop_map(Some)];
    let begin = (session, proptest::collection::vec(0usize..4, 0..3));
    prop_oneof![
        6 => begin.prop_map(|(session, tried)| Step::Begin { session, tried }),
        4 => which().prop_map(Step::Answer),
        3 => which().prop_map(Step::Fail),
        1 => which().prop_map(Step::Lacks),
        5 => which().prop_map(Step::End),
        1 => (0usize..4, any::<bool>()).prop_map(|(at, has)| Step::Learn(at, has)),
        3 => (0u64..5_000).prop_map(Step::Pass),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_counts_are_exact_and_the_healthy_are_preferred(
        steps in proptest::collection::vec(step(), 0..80),
        addresses in 1usize..4,
    ) {
        let mut desk = Desk::with(addresses);
        let mut under_way: Vec<(Begun, Option<i64>)> = Vec::new();
        let mut homes: BTreeMap<i64, usize> = BTreeMap::new();
        for step in steps {
            let pick = |which: usize| (!under_way.is_empty()).then(|| which % under_way.len());
            match step {
                Step::Begin { session, tried } => {
                    let may = desk.ledger.with_model(&desk.members, "m", desk.now);
                    let untried: Vec<usize> = may.into_iter().filter(|at| !tried.contains(at)).collect();
                    let healthy: Vec<usize> =
                        untried.iter().copied().filter(|at| desk.is_healthy(*at)).collect();
                    let begun = desk.begin_without(&tried, session);
                    prop_assert_eq!(begun.is_some(), !untried.is_empty());
                    if let Some(begun) = begun {
                        prop_assert!(untried.contains(&begun.address));
                        prop_assert!(healthy.is_empty() || healthy.contains(&begun.address));
                        let home = session.and_then(|session| homes.get(&session));
                        if let Some(home) = home.filter(|home| healthy.contains(home)) {
                            prop_assert_eq!(begun.address, *home);
                        }
                        under_way.push((begun, session));
                    }
                }
                Step::Answer(which) => if let Some(at) = pick(which) {
                    let (begun, session) = &mut under_way[at];
                    desk.ledger.answered(*begun, *session);
                    prop_assert!(desk.is_healthy(begun.address));
                    if let Some(session) = session {
                        homes.insert(*session, begun.address);
                    }
                    begun.after = None;
                },
                Step::Fail(which) => if let Some(at) = pick(which) {
                    let (begun, _) = under_way.swap_remove(at);
                    desk.ledger.failed(begun, desk.now);
                    desk.ledger.ended(begun);
                    prop_assert!(!desk.is_healthy(begun.address));
                },
                Step::Lacks(which) => if let Some(at) = pick(which) {
                    let (begun, _) = under_way.swap_remove(at);
                    desk.ledger.lacks(begun.address, "m", desk.now);
                    desk.ledger.ended(begun);
                },
                Step::End(which) => if let Some(at) = pick(which) {
                    desk.ledger.ended(under_way.swap_remove(at).0);
                },
                Step::Learn(at, has) => if at < addresses {
                    let model = if has { "m" } else { "other" };
                    desk.ledger.learn(at, BTreeSet::from([model.to_owned()]));
                },
                Step::Pass(milliseconds) => desk.pass(milliseconds),
            }
            for at in 0..addresses {
                let expected = under_way.iter().filter(|(begun, _)| begun.address == at).count();
                let in_flight = desk.ledger.standings(desk.now)[at].in_flight;
                prop_assert_eq!(usize::try_from(in_flight).unwrap(), expected);
            }
        }
        desk.pass(60_000);
        prop_assert!((0..addresses).all(|at| desk.is_healthy(at)), "no rest is longer than a minute");
    }
}
