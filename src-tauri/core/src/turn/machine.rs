//! The rules of one exchange, without input or output: events in, effects out.

use std::time::Duration;

use crate::domain::{Cause, Code, Failure, FinishReason, MessageState, Note, Timing, Usage};
use crate::provider::Delta;

/// How many times a request is sent again automatically: as often as DeepSeek's own client, deepseek-harness, does it.
pub(super) const MOST_RETRIES: u32 = 5;
/// The wait before the first retry; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait, unless the server asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// If a server asks for a longer wait than this, the user is told instead.
const LONGEST_RETRY_AFTER_MS: u32 = 120_000;

/// Something happened.
#[derive(Debug)]
pub(super) enum Event {
    /// Something arrived, that many milliseconds after the first request left.
    Arrived(Delta, u32),
    /// The stream ended normally.
    StreamEnded,
    /// The request or its stream failed. The number between 0 and 1 spreads retries of many clients.
    Failed(Failure, f64),
    /// The wait for a retry is over.
    RetryDue,
    /// The user has stopped it.
    Stop,
}

/// Something is to be done.
#[derive(Debug, PartialEq)]
pub(super) enum Effect {
    /// Send the request.
    Open,
    /// Store and show what arrived.
    Keep(Delta),
    /// Commit this ending and show it; the connection stays open, and more may come.
    Settle(Outcome),
    /// Close the connection of an attempt that ended so, and raise `RetryDue` after the wait.
    Wait { attempt: u32, wait: Duration, failed: Outcome },
    /// Close the connection; commit this ending.
    End(Outcome),
}

/// How an attempt ended, apart from its text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) state: MessageState,
    pub(super) model: Option<String>,
    pub(super) finish_reason: Option<FinishReason>,
    pub(super) usage: Usage,
    pub(super) timing: Timing,
    pub(super) notes: Vec<Note>,
    pub(super) failure: Option<Failure>,
}

/// One exchange. It is over once it has returned [`Effect::End`]; events after that change nothing.
#[derive(Debug, Default)]
pub(super) struct Machine {
    over: bool,
    retries: u32,
    arrived: bool,
    model: Option<String>,
    finish_reason: Option<FinishReason>,
    settled: bool,
    usage: Usage,
    timing: Timing,
    notes: Vec<Note>,
    thinking_since_ms: Option<u32>,
}

impl Machine {
    pub(super) fn start() -> (Self, Effect) {
        (Self::default(), Effect::Open)
    }

    /// Answers an event; `None` when there is nothing to do.
    pub(super) fn handle(&mut self, event: Event) -> Option<Effect> {
        if self.over {
            return None;
        }
        match event {
            Event::Arrived(delta, at_ms) => self.arrived(delta, at_ms),
            Event::StreamEnded if self.finish_reason.is_some() => {
                Some(self.end(MessageState::Complete, None))
            }
            Event::StreamEnded => Some(self.end(MessageState::CutOff, Some(Failure::new(Code::CutOff)))),
            Event::Failed(..) | Event::Stop if self.settled => Some(self.end(MessageState::Complete, None)),
            Event::Failed(failure, roll) => Some(self.failed(failure, roll)),
            Event::RetryDue => Some(Effect::Open),
            Event::Stop => Some(self.end(MessageState::Stopped, None)),
        }
    }

    fn arrived(&mut self, delta: Delta, at_ms: u32) -> Option<Effect> {
        match &delta {
            Delta::Model(model) => {
                self.model = Some(model.clone());
                return None;
            }
            Delta::Usage(usage) => {
                self.usage = usage.or(self.usage);
                return None;
            }
            Delta::Finish(reason) => {
                self.finish_reason = Some(reason.clone());
                return None;
            }
            Delta::Settled(reason) => {
                self.finish_reason = Some(reason.clone());
                // An early reason ends nothing: the text may still be to come.
                self.settled = self.arrived;
                return self.settled.then(|| Effect::Settle(self.so_far()));
            }
            Delta::Unterminated => {
                self.notes.push(Note::Unterminated);
                return None;
            }
            Delta::Thinking(_) => {
                let since = *self.thinking_since_ms.get_or_insert(at_ms);
                self.timing.thinking_ms = Some(at_ms.saturating_sub(since));
            }
            Delta::TextWasThinking => {
                let since = self.timing.first_token_ms.unwrap_or(at_ms);
                self.timing.thinking_ms = Some(at_ms.saturating_sub(since));
            }
            Delta::Text(_) | Delta::ToolCall(_) => {}
        }
        self.arrived = true;
        self.timing.first_token_ms.get_or_insert(at_ms);
        self.timing.total_ms = Some(at_ms);
        Some(Effect::Keep(delta))
    }

    fn failed(&mut self, mut failure: Failure, roll: f64) -> Effect {
        let asked_ms = failure.retry_after_ms;
        let too_long = asked_ms.filter(|asked| *asked > LONGEST_RETRY_AFTER_MS);
        if let (Some(wait_ms), Code::RateLimited) = (too_long, failure.code) {
            failure = failure.with(Cause::LongWait { wait_ms });
        }
        let worth_it =
            failure.code.is_passing() && !self.arrived && self.retries < MOST_RETRIES && too_long.is_none();
        if !worth_it {
            let state = if self.arrived { MessageState::CutOff } else { MessageState::Failed };
            return self.end(state, Some(failure));
        }
        let doubled = FIRST_WAIT.saturating_mul(1 << self.retries).min(LONGEST_WAIT);
        self.retries += 1;
        let wait = match asked_ms {
            Some(asked) => Duration::from_millis(asked.into()),
            None => doubled.mul_f64(0.9 + 0.2 * roll.clamp(0.0, 1.0)),
        };
        let failed = Outcome { state: MessageState::Failed, failure: Some(failure), ..self.so_far() };
        // The next attempt keeps nothing of this one.
        *self = Self { retries: self.retries, ..Self::default() };
        Effect::Wait { attempt: self.retries, wait, failed }
    }

    fn end(&mut self, state: MessageState, failure: Option<Failure>) -> Effect {
        self.over = true;
        Effect::End(Outcome { state, failure, ..self.so_far() })
    }

    /// What the server has told of the attempt's tokens.
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// The model that answers, by its own account.
    pub(super) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The ending of a reply that is complete as it is.
    pub(super) fn so_far(&self) -> Outcome {
        Outcome {
            state: MessageState::Complete,
            model: self.model.clone(),
            finish_reason: self.finish_reason.clone(),
            usage: self.usage,
            timing: self.timing,
            notes: self.notes.clone(),
            failure: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Event {
        Event::Arrived(Delta::Text(text.to_owned()), 40)
    }

    fn failed(code: Code) -> Event {
        Event::Failed(Failure::new(code), 0.5)
    }

    fn asked_to_wait(ms: u32) -> Event {
        Event::Failed(Failure { retry_after_ms: Some(ms), ..Failure::new(Code::RateLimited) }, 0.5)
    }

    /// Runs the events and returns what was done, in words.
    fn check(events: Vec<Event>, expected: &[&str]) {
        let (mut machine, effect) = Machine::start();
        let mut done = vec![describe(&effect)];
        done.extend(
            events.into_iter().filter_map(|event| machine.handle(event)).map(|effect| describe(&effect)),
        );
        assert_eq!(done, expected);
    }

    fn describe(effect: &Effect) -> String {
        match effect {
            Effect::Open => "open".to_owned(),
            Effect::Keep(Delta::Text(text)) => format!("keep {text}"),
            Effect::Keep(_) => "keep".to_owned(),
            Effect::Wait { attempt, wait, failed } => {
                let code = failed.failure.as_ref().map_or("-", |failure| failure.code.name());
                format!("wait {attempt} {} {code}", wait.as_millis())
            }
            Effect::Settle(_) => "settle".to_owned(),
            Effect::End(outcome) => format!(
                "end {} {}",
                outcome.state.name(),
                outcome.failure.as_ref().map_or("-", |failure| failure.code.name())
            ),
        }
    }

    #[test]
    fn a_reply_ends_with_its_finish_reason() {
        let finish = Event::Arrived(Delta::Finish(FinishReason::Stop), 50);
        check(vec![text("a"), finish, Event::StreamEnded], &["open", "keep a", "end complete -"]);
        check(vec![text("a"), Event::StreamEnded], &["open", "keep a", "end cut_off cut_off"]);
    }

    #[test]
    fn passing_faults_are_retried_with_doubling_waits_and_then_told() {
        let mut events = Vec::new();
        for _ in 0..5 {
            events.extend([failed(Code::Overloaded), Event::RetryDue]);
        }
        events.push(failed(Code::Overloaded));
        check(
            events,
            &[
                "open",
                "wait 1 500 overloaded",
                "open",
                "wait 2 1000 overloaded",
                "open",
                "wait 3 2000 overloaded",
                "open",
                "wait 4 4000 overloaded",
                "open",
                "wait 5 8000 overloaded",
                "open",
                "end failed overloaded",
            ],
        );
    }

    #[test]
    fn the_servers_own_wait_is_honoured_up_to_two_minutes() {
        check(vec![asked_to_wait(7_000)], &["open", "wait 1 7000 rate_limited"]);
        check(vec![asked_to_wait(121_000)], &["open", "end failed rate_limited"]);
    }

    #[test]
    fn nothing_is_retried_once_text_has_arrived_or_when_it_cannot_help() {
        check(vec![text("a"), failed(Code::ServerError)], &["open", "keep a", "end cut_off server_error"]);
        for code in [
            Code::Unauthorized,
            Code::PaymentRequired,
            Code::InvalidRequest,
            Code::Malformed,
            Code::LengthLimit,
            Code::Timeout,
        ] {
            check(vec![failed(code)], &["open", &format!("end failed {}", code.name())]);
        }
    }

    #[test]
    fn stop_ends_it_at_any_moment_and_nothing_follows() {
        check(vec![Event::Stop, text("late"), Event::StreamEnded], &["open", "end stopped -"]);
        check(
            vec![failed(Code::Overloaded), Event::Stop, Event::RetryDue],
            &["open", "wait 1 500 overloaded", "end stopped -"],
        );
    }

    #[test]
    fn s1_a_settled_reply_is_complete_however_it_ends_and_takes_what_still_comes() {
        let settled = || Event::Arrived(Delta::Settled(FinishReason::Stop), 50);
        for last in [Event::Stop, failed(Code::CutOff), Event::StreamEnded] {
            check(
                vec![text("a"), settled(), text("b"), last],
                &["open", "keep a", "settle", "keep b", "end complete -"],
            );
        }
        check(vec![settled(), text("a"), Event::StreamEnded], &["open", "keep a", "end complete -"]);
    }

    #[test]
    fn a_retry_begins_anew_and_tells_how_the_attempt_before_it_ended() {
        let (mut machine, _) = Machine::start();
        let spent = Usage { prompt_tokens: Some(9), completion_tokens: Some(100), ..Usage::default() };
        machine.handle(Event::Arrived(Delta::Model("first".to_owned()), 1));
        machine.handle(Event::Arrived(Delta::Usage(spent), 2));
        machine.handle(Event::Arrived(Delta::Unterminated, 3));
        let Some(Effect::Wait { failed, .. }) =
            machine.handle(Event::Failed(Failure::new(Code::EmptyReply), 0.5))
        else {
            panic!("it is sent again")
        };
        assert_eq!(
            (failed.state, failed.usage, failed.model),
            (MessageState::Failed, spent, Some("first".to_owned()))
        );
        machine.handle(Event::RetryDue);
        machine.handle(text("a"));
        machine.handle(Event::Arrived(Delta::Finish(FinishReason::Stop), 5));
        let Some(Effect::End(outcome)) = machine.handle(Event::StreamEnded) else { panic!("it ends") };
        assert_eq!((outcome.model, outcome.notes, outcome.usage), (None, Vec::new(), Usage::default()));
    }

    #[test]
    fn usage_arriving_in_pieces_is_put_together() {
        let (mut machine, _) = Machine::start();
        let first = Usage { prompt_tokens: Some(9), completion_tokens: Some(1), ..Usage::default() };
        let second = Usage { completion_tokens: Some(5), ..Usage::default() };
        for usage in [first, second] {
            machine.handle(Event::Arrived(Delta::Usage(usage), 1));
        }
        assert_eq!(
            machine.usage,
            Usage { prompt_tokens: Some(9), completion_tokens: Some(5), ..Usage::default() }
        );
    }
}
