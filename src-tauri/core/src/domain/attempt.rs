use serde::{Deserialize, Serialize};

use super::{Author, Bill, Effort, Failure, FinishReason, MessageState, Money, Note, Rates, Timing, Usage};

/// One request that was sent for a reply: the first, one that was sent again, or one that asked for the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// When it left, in milliseconds since 1970 UTC.
    pub started_at_ms: i64,
    /// Who was asked, and who answered.
    pub author: Author,
    /// The thinking effort that was asked for; `None`: none was.
    pub effort: Option<Effort>,
    /// How far it has come.
    pub state: MessageState,
    /// Why the model ended.
    pub finish_reason: Option<FinishReason>,
    /// Tokens as the server counted them.
    pub usage: Usage,
    /// How long it took, in milliseconds from when the person asked: waits and attempts that failed before it included.
    pub timing: Timing,
    /// What it cost.
    pub bill: Bill,
    /// What else is to be said of it.
    pub notes: Vec<Note>,
    /// Why it failed or was cut off.
    pub failure: Option<Failure>,
}

impl Attempt {
    /// One that has just left.
    pub fn leaving(author: Author, effort: Option<Effort>, started_at_ms: i64) -> Self {
        Self {
            started_at_ms,
            author,
            effort,
            state: MessageState::Arriving,
            finish_reason: None,
            usage: Usage::default(),
            timing: Timing::default(),
            bill: Bill::default(),
            notes: Vec::new(),
            failure: None,
        }
    }

    /// Takes in how it ended. What the server told of its tokens while it arrived stays where its end says nothing.
    pub fn end(&mut self, end: AttemptEnd) {
        let AttemptEnd { state, model, effort, finish_reason, usage, timing, bill, notes, failure } = end;
        if let Some(model) = model {
            self.author.model = model;
        }
        let usage = usage.or(self.usage);
        let bill = Bill { cost: bill.cost.or(self.bill.cost), rates: bill.rates.or(self.bill.rates) };
        let author = self.author.clone();
        let started_at_ms = self.started_at_ms;
        *self =
            Self { started_at_ms, author, effort, state, finish_reason, usage, timing, bill, notes, failure };
    }

    /// Whether nothing of it arrived, so that it left nothing in the reply but its tokens, if the server told any.
    pub fn brought_nothing(&self) -> bool {
        self.state == MessageState::Failed
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptEnd {
    /// What became of it.
    pub state: MessageState,
    /// The model that the server says answered.
    pub model: Option<String>,
    /// The thinking effort that was asked for.
    #[serde(default)]
    pub effort: Option<Effort>,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// Tokens as the server counted them.
    pub usage: Usage,
    /// How long it took.
    pub timing: Timing,
    /// What it cost.
    pub bill: Bill,
    /// What else there is to say about it.
    pub notes: Vec<Note>,
    /// Why it failed or was cut off.
    pub failure: Option<Failure>,
}

impl AttemptEnd {
    /// One of which nothing is known but what became of it.
    pub fn new(state: MessageState) -> Self {
        Self {
            state,
            model: None,
            effort: None,
            finish_reason: None,
            usage: Usage::default(),
            timing: Timing::default(),
            bill: Bill::default(),
            notes: Vec::new(),
            failure: None,
        }
    }
}

/// An attempt that failed and was followed by another of the same request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retried {
    /// How it ended.
    pub end: AttemptEnd,
    /// When the next one left, in milliseconds since 1970 UTC.
    pub next_at_ms: i64,
}

/// What the attempts of a reply come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Total {
    /// Tokens of all of them. Where one that brought something was not counted, the sum is unknown.
    pub usage: Usage,
    /// How long they took; waiting for a person to ask for the rest does not count.
    pub timing: Timing,
    /// What they cost. Unknown where the cost of one that brought something is, or in two currencies, which have no sum.
    pub bill: Bill,
    /// What is to be said of any of them, each once.
    pub notes: Vec<Note>,
}

impl Total {
    /// The sums over `attempts`, oldest first.
    pub fn of(attempts: &[Attempt]) -> Self {
        let mut total =
            Self { bill: Bill { cost: cost(attempts), rates: rates(attempts) }, ..Self::default() };
        let mut before: Option<&Attempt> = None;
        for attempt in attempts {
            (total.usage, total.timing) = match before {
                None => (attempt.usage, attempt.timing),
                // One that is sent again counts its times from the same moment.
                Some(failed) if failed.brought_nothing() => (total.usage.plus(attempt.usage), attempt.timing),
                Some(_) if attempt.brought_nothing() => (total.usage.plus(attempt.usage), total.timing),
                Some(_) => (total.usage.and(attempt.usage), total.timing.and(attempt.timing)),
            };
            let continued = before.is_some_and(|before| !before.brought_nothing()).then_some(Note::Continued);
            for note in attempt.notes.iter().copied().chain(continued) {
                if !total.notes.contains(&note) {
                    total.notes.push(note);
                }
            }
            before = Some(attempt);
        }
        total
    }
}

/// A request that was refused is not billed; one that failed with tokens is.
fn cost(attempts: &[Attempt]) -> Option<Money> {
    let billed = attempts.iter().filter(|attempt| !attempt.brought_nothing() || attempt.usage.is_known());
    let costs: Option<Vec<Money>> = billed.map(|attempt| attempt.bill.cost).collect();
    match Money::sums(costs?).as_slice() {
        [sum] => Some(*sum),
        _ => None,
    }
}

fn rates(attempts: &[Attempt]) -> Option<Rates> {
    attempts.iter().rev().find_map(|attempt| attempt.bill.rates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Amount, Currency};

    fn attempt(state: MessageState, tokens: Option<u32>, cost: Option<&str>) -> Attempt {
        let author = Author {
            server: None,
            server_name: "DeepSeek".to_owned(),
            model: "deepseek-v4-pro".to_owned(),
            asked: "deepseek-v4-pro".to_owned(),
            hosted: true,
        };
        let amount = |text: &str| Amount(text.parse().unwrap());
        Attempt {
            state,
            usage: Usage { prompt_tokens: tokens, completion_tokens: tokens, ..Usage::default() },
            timing: Timing { total_ms: Some(10), ..Timing::default() },
            bill: Bill {
                cost: cost.map(|cost| Money { amount: amount(cost), currency: Currency::Usd }),
                rates: None,
            },
            ..Attempt::leaving(author, None, 0)
        }
    }

    #[test]
    fn a_reply_is_the_sum_of_its_attempts() {
        use MessageState::{Complete, CutOff, Failed, Stopped};
        let check = |attempts: &[Attempt],
                     tokens: Option<u32>,
                     cost: Option<&str>,
                     ms: u32,
                     notes: &[Note]| {
            let total = Total::of(attempts);
            assert_eq!(total.usage.prompt_tokens, tokens, "{attempts:?}");
            assert_eq!(total.bill.cost.map(|cost| cost.amount.to_string()).as_deref(), cost, "{attempts:?}");
            assert_eq!(total.timing.total_ms, Some(ms), "{attempts:?}");
            assert_eq!(total.notes, notes, "{attempts:?}");
        };
        let whole = attempt(Complete, Some(5), Some("0.5"));
        check(std::slice::from_ref(&whole), Some(5), Some("0.5"), 10, &[]);
        // Refused, then answered: the refusal cost nothing.
        check(&[attempt(Failed, None, None), whole.clone()], Some(5), Some("0.5"), 10, &[]);
        // It failed after it was counted, so it is billed.
        check(&[attempt(Failed, Some(2), Some("0.2")), whole.clone()], Some(7), Some("0.7"), 10, &[]);
        check(&[attempt(Failed, Some(2), None), whole.clone()], Some(7), None, 10, &[]);
        // Continued.
        check(
            &[attempt(Stopped, Some(2), Some("0.2")), whole.clone()],
            Some(7),
            Some("0.7"),
            20,
            &[Note::Continued],
        );
        // It crashed before the server told its tokens: unknown, not nothing.
        check(&[attempt(CutOff, None, None), whole.clone()], None, None, 20, &[Note::Continued]);
        // Asking for the rest was refused: what there was still counts.
        check(&[whole, attempt(Failed, None, None)], Some(5), Some("0.5"), 10, &[Note::Continued]);
    }
}
