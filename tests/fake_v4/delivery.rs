//! Playing an answer on a connection: headers, events, waits, and the ending.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::Instant;

use super::body::Body;
use super::completion::{Completion, Event};
use super::ending::{Cut, Ending, ErrorForm};
use super::framing::Pieces;
use super::http::head;
use super::log::Log;
use super::ollama;
use super::script::Script;
use super::usage;

/// What to answer to a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// A body that is ready.
    Ready { status: u16, headers: Vec<(String, String)>, body: Vec<u8>, delay_ms: u64 },
    /// A chat completion.
    Completion(Box<Played>),
}

/// A completion and the way it is played.
#[derive(Debug)]
pub(super) struct Played {
    pub script: Script,
    pub completion: Completion,
    pub form: Form,
    pub headers: Vec<(String, String)>,
}

/// What the body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Server-sent events.
    Events,
    /// One JSON document per line: Ollama's own API.
    Lines,
    /// One JSON document.
    Document,
    /// One JSON document of Ollama's own API.
    OllamaDocument,
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    KeepAlive,
    Close,
    Reset,
}

impl From<Cut> for After {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::Reset => Self::Reset,
            Cut::Close => Self::Close,
            Cut::EndOfBody => Self::KeepAlive,
        }
    }
}

impl Answer {
    pub(super) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::ready(status, "application/json", body)
    }

    pub(super) fn ready(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self::Ready { status, headers, body: body.into(), delay_ms: 0 }
    }
}

/// Play an answer to its end.
pub(super) async fn deliver(
    half: &mut OwnedWriteHalf,
    log: &Log,
    index: usize,
    answer: Answer,
) -> io::Result<After> {
    match answer {
        Answer::Ready { status, mut headers, body, delay_ms } => {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            headers.push(("content-length".to_owned(), body.len().to_string()));
            let mut bytes = head(status, &headers);
            bytes.extend_from_slice(&body);
            half.write_all(&bytes).await?;
            Ok(After::KeepAlive)
        }
        Answer::Completion(played) => Player::new(&played, log, index).play(half).await,
    }
}

struct Player<'a> {
    played: &'a Played,
    log: &'a Log,
    index: usize,
    events: Vec<Event>,
    /// After how many events the answer goes wrong. What was to come later than the answer is long comes after its
    /// last event.
    turn_at: Option<usize>,
    pause_at: Option<usize>,
}

impl<'a> Player<'a> {
    fn new(played: &'a Played, log: &'a Log, index: usize) -> Self {
        let events = match played.form {
            Form::Events => played.completion.events(),
            Form::Lines => played.completion.events().into_iter().filter(ollama::has_a_line).collect(),
            // One document is one event; which one does not matter.
            Form::Document | Form::OllamaDocument => vec![Event::Finish],
        };
        let turn_at = match &played.script.ending {
            Ending::Cut { after, .. }
            | Ending::Stall { after, .. }
            | Ending::Garbage { after, .. }
            | Ending::Error { after, .. } => Some((*after).min(events.len())),
            Ending::Normal | Ending::Hangup { .. } | Ending::Mute | Ending::WholeJson => None,
        };
        let pause_at = played.script.pace.pause_after.map(|after| after.min(events.len()));
        Self { played, log, index, events, turn_at, pause_at }
    }

    async fn play(&self, half: &mut OwnedWriteHalf) -> io::Result<After> {
        let Script { framing, pace, ending, .. } = &self.played.script;
        tokio::time::sleep(Duration::from_millis(pace.before_headers_ms)).await;
        match ending {
            Ending::Hangup { how } => {
                return Ok(if *how == Cut::Reset { After::Reset } else { After::Close });
            }
            Ending::Mute => return std::future::pending().await,
            Ending::Normal
            | Ending::Cut { .. }
            | Ending::Stall { .. }
            | Ending::Garbage { .. }
            | Ending::Error { .. }
            | Ending::WholeJson => {}
        }
        half.write_all(&self.head()).await?;
        let pieces = if self.streams() { &framing.pieces } else { &Pieces::PerEvent };
        let mut body = Body::new(half, !framing.until_close, pieces);
        self.prelude(&mut body).await?;
        let started = Instant::now();
        let mut spoken = 0;
        for (count, event) in self.events.iter().enumerate() {
            if let Some(after) = self.turn(&mut body, count).await? {
                return Ok(after);
            }
            if let Some(rate) = pace.events_per_second.filter(|rate| *rate > 0.0) {
                // Always calculated from the start, so that a rate beyond the timer's resolution is right on average.
                #[expect(clippy::cast_precision_loss, reason = "a count of events is far below 2^52")]
                let due = started + Duration::from_secs_f64(count as f64 / rate);
                if due > Instant::now() {
                    self.rest(&mut body, true, tokio::time::sleep_until(due)).await?;
                }
            }
            if let Event::Thinking(text) | Event::Answer(text) = event {
                spoken += usage::tokens(text);
            }
            body.append(&self.event_bytes(event, spoken));
            // The last bytes wait for the end of the body, see `Body::end`.
            if count + 1 < self.events.len() || self.says_done() {
                body.send().await?;
            }
            let now = std::time::Instant::now();
            self.log.change(self.index, |request| request.sent.push(now));
        }
        if let Some(after) = self.turn(&mut body, self.events.len()).await? {
            return Ok(after);
        }
        if self.says_done() {
            body.append(&framing.event(None, "[DONE]"));
        }
        body.end().await?;
        Ok(if framing.until_close { After::Close } else { After::KeepAlive })
    }

    fn streams(&self) -> bool {
        matches!(self.played.form, Form::Events | Form::Lines)
    }

    fn says_done(&self) -> bool {
        self.played.form == Form::Events && self.played.script.framing.done
    }

    fn head(&self) -> Vec<u8> {
        let mut headers = self.played.headers.clone();
        let content_type = match self.played.form {
            Form::Events => "text/event-stream; charset=utf-8",
            Form::Lines => "application/x-ndjson",
            Form::Document | Form::OllamaDocument => "application/json",
        };
        headers.push(("content-type".to_owned(), content_type.to_owned()));
        if self.played.form == Form::Events {
            headers.push(("cache-control".to_owned(), "no-cache".to_owned()));
        }
        if self.played.script.framing.until_close {
            headers.push(("connection".to_owned(), "close".to_owned()));
        } else {
            headers.push(("transfer-encoding".to_owned(), "chunked".to_owned()));
        }
        let replaced = &self.played.script.headers;
        headers.retain(|(name, _)| !replaced.keys().any(|other| other.eq_ignore_ascii_case(name)));
        headers.extend(replaced.iter().map(|(name, value)| (name.clone(), value.clone())));
        head(200, &headers)
    }

    /// What comes before the first event.
    async fn prelude(&self, body: &mut Body<'_>) -> io::Result<()> {
        let Script { framing, pace, .. } = &self.played.script;
        if framing.byte_order_mark {
            body.append("\u{feff}".as_bytes());
        }
        for _ in 0..framing.keep_alives_first {
            body.append(&self.keep_alive_bytes());
            body.send().await?;
        }
        if pace.before_first_event_ms > 0 {
            let wait = tokio::time::sleep(Duration::from_millis(pace.before_first_event_ms));
            self.rest(body, true, wait).await?;
        }
        for _ in 0..framing.empty_events {
            body.append(&framing.event(None, ""));
            body.send().await?;
        }
        Ok(())
    }

    fn event_bytes(&self, event: &Event, spoken: u64) -> Vec<u8> {
        let completion = &self.played.completion;
        match self.played.form {
            Form::Events => self.played.script.framing.event(None, &completion.chunk_json(event, spoken)),
            Form::Lines => format!("{}\n", ollama::line_json(completion, event)).into_bytes(),
            Form::Document => completion.whole_json().into_bytes(),
            Form::OllamaDocument => ollama::whole_json(completion).into_bytes(),
        }
    }

    fn keep_alive_bytes(&self) -> Vec<u8> {
        let Script { framing, pace, .. } = &self.played.script;
        if self.played.form != Form::Events {
            // Blank lines before the document (API docs, Rate Limit).
            return b"\n".to_vec();
        }
        let text = pace.keep_alive_text.as_deref().unwrap_or(self.played.completion.shape.keep_alive);
        framing.comment(text)
    }

    /// Do what is due after `count` events. Returns what becomes of the connection if that ended it.
    async fn turn(&self, body: &mut Body<'_>, count: usize) -> io::Result<Option<After>> {
        let Script { framing, ending, .. } = &self.played.script;
        if self.pause_at == Some(count) {
            body.flush().await?;
            let resumed = self.log.wait_for(|all| all[self.index].resumed.then_some(()));
            self.rest(body, true, resumed).await?;
        }
        if self.turn_at != Some(count) {
            return Ok(None);
        }
        match ending {
            Ending::Cut { how: Cut::EndOfBody, .. } => {
                body.end().await?;
                Ok(Some(After::KeepAlive))
            }
            Ending::Cut { how, .. } => {
                body.flush().await?;
                Ok(Some(After::from(*how)))
            }
            Ending::Stall { keep_alive, .. } => {
                body.flush().await?;
                self.rest(body, *keep_alive, std::future::pending()).await?;
                Ok(Some(After::Close))
            }
            Ending::Garbage { text, .. } => {
                match self.played.form {
                    Form::Events => body.append(&framing.event(None, text)),
                    Form::Lines | Form::Document | Form::OllamaDocument => {
                        body.append(format!("{text}\n").as_bytes());
                    }
                }
                body.send().await?;
                Ok(None)
            }
            Ending::Error { form, message, done, .. } => {
                body.append(&self.error_bytes(*form, message));
                if *done && self.played.form == Form::Events {
                    body.append(&framing.event(None, "[DONE]"));
                }
                body.end().await?;
                Ok(Some(After::KeepAlive))
            }
            Ending::Normal | Ending::Hangup { .. } | Ending::Mute | Ending::WholeJson => Ok(None),
        }
    }

    fn error_bytes(&self, form: ErrorForm, message: &str) -> Vec<u8> {
        let framing = &self.played.script.framing;
        let end = framing.line_ending.text();
        let text = serde_json::json!(message);
        let fields = format!("\"message\":{text},\"type\":\"server_error\",\"param\":null,\"code\":500");
        let object = format!("{{\"error\":{{{fields}}}}}");
        match self.played.form {
            Form::Events => {}
            Form::Lines | Form::OllamaDocument => return format!("{{\"error\":{text}}}\n").into_bytes(),
            Form::Document => return object.into_bytes(),
        }
        match form {
            ErrorForm::Data => framing.event(None, &object),
            ErrorForm::NamedEvent => framing.event(Some("error"), &object),
            ErrorForm::Line => format!("error: {{{fields}}}{end}{end}").into_bytes(),
            ErrorForm::Unframed => format!("{object}{end}").into_bytes(),
            ErrorForm::Text => framing.event(None, &format!("{{\"error\":{text}}}")),
            ErrorForm::TypeAndMessage => {
                framing.event(None, &format!("{{\"error_type\":\"server_error\",\"error_message\":{text}}}"))
            }
            ErrorForm::ObjectError => framing.event(None, &format!("{{\"object\":\"error\",{fields}}}")),
        }
    }

    /// Wait, and send keep-alives meanwhile if the script has any.
    async fn rest(
        &self,
        body: &mut Body<'_>,
        keep_alive: bool,
        until: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let interval = self.played.script.pace.keep_alive_ms.filter(|_| keep_alive);
        let Some(interval) = interval.map(|milliseconds| Duration::from_millis(milliseconds.max(1))) else {
            until.await;
            return Ok(());
        };
        tokio::pin!(until);
        loop {
            tokio::select! {
                biased;
                () = &mut until => return Ok(()),
                () = tokio::time::sleep(interval) => {
                    body.append(&self.keep_alive_bytes());
                    body.flush().await?;
                }
            }
        }
    }
}
