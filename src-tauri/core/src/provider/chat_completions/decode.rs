use serde_json::Value;

use super::reply::{Ending, Reply};
use crate::domain::{Cause, Code, Failure, FinishReason};
use crate::provider::loose_json::{self, whole};
use crate::provider::out::Out;
use crate::provider::refusal::failure;
use crate::provider::said::Said;
use crate::provider::sse::{self, DONE, Event, LONGEST_EVENT};
use crate::provider::words::{clean, html_title, shorten, shown, without_key};
use crate::provider::{Delta, Endpoint};

/// How much of a web page is kept to find its title.
const LONGEST_PAGE: usize = 64 * 1024;
/// How much text outside of any event is kept, in case it is an error.
const LONGEST_STRAY: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What the body of an answer turned out to be, whatever its `Content-Type` says.
#[derive(Debug)]
enum Framing {
    /// Only white space has come, and perhaps a part of a byte order mark, which is kept.
    Unknown(Vec<u8>),
    Events(sse::Decoder),
    /// One JSON document: a reply that was not streamed, or an error after status 200.
    Document(Vec<u8>),
    /// A page that something on the way made up.
    Page(Vec<u8>),
}

/// Lines outside of any event.
#[derive(Debug, Default)]
struct Stray {
    /// From the first one that begins a JSON object.
    json: String,
    /// Those before any event: words in place of a reply.
    words: String,
    has_events: bool,
}

/// Turns the bytes of one answer into deltas. Pure: how the bytes are cut makes no difference to what comes
/// out, joined. After an `Err` or the reply's end it takes in nothing more.
#[derive(Debug)]
pub(super) struct Decoder {
    endpoint: Endpoint,
    framing: Framing,
    reply: Reply,
    stray: Stray,
    over: bool,
}

impl Decoder {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        Self {
            endpoint: endpoint.clone(),
            framing: Framing::Unknown(Vec::new()),
            reply: Reply::new(endpoint),
            stray: Stray::default(),
            over: false,
        }
    }

    /// The finish reason that has come last. Some servers give one early, so more may follow.
    pub(super) const fn finish_reason(&self) -> Option<&FinishReason> {
        self.reply.finish_reason()
    }

    /// Whether the last delta or a failure has been given out.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Result<Delta, Failure>> {
        let mut out = Out::default();
        if !self.over
            && let Err(failure) = self.take(bytes, &mut out)
        {
            self.fail(failure, &mut out);
        }
        out.into_vec()
    }

    /// Takes the end of the bytes, with the reason if it was not a regular one.
    pub(super) fn finish(&mut self, broken: Option<Failure>) -> Vec<Result<Delta, Failure>> {
        let mut out = Out::default();
        if !self.over {
            let ending = broken.map_or(Ending::Closed, Ending::Broken);
            if let Err(failure) = self.take_end(ending, &mut out) {
                self.fail(failure, &mut out);
            }
        }
        out.into_vec()
    }

    fn fail(&mut self, failure: Failure, out: &mut Out) {
        self.over = true;
        self.reply.flush(out);
        out.fail(failure);
    }

    fn end(&mut self, ending: Ending, out: &mut Out) {
        self.over = true;
        self.reply.end(ending, out);
    }

    fn take(&mut self, bytes: &[u8], out: &mut Out) -> Result<(), Failure> {
        let begin;
        let mut bytes = bytes;
        if let Framing::Unknown(held) = &mut self.framing {
            held.extend_from_slice(bytes);
            let content = held.trim_ascii_start();
            if content.is_empty() || BYTE_ORDER_MARK.starts_with(content) {
                let content = content.to_vec();
                *held = content;
                return Ok(());
            }
            begin = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content).trim_ascii_start().to_vec();
            self.framing = match begin.first() {
                None => {
                    *held = BYTE_ORDER_MARK.to_vec();
                    return Ok(());
                }
                Some(b'{' | b'[') => Framing::Document(Vec::new()),
                Some(b'<') => Framing::Page(Vec::new()),
                Some(_) => Framing::Events(sse::Decoder::default()),
            };
            bytes = &begin;
        }
        match &mut self.framing {
            Framing::Unknown(_) => Ok(()),
            Framing::Events(decoder) => {
                let events = decoder.push(bytes);
                self.take_events(events, out)
            }
            Framing::Document(document) => {
                if document.len() + bytes.len() > LONGEST_EVENT {
                    return Err(self.too_long());
                }
                document.extend_from_slice(bytes);
                Ok(())
            }
            Framing::Page(page) => {
                page.extend_from_slice(&bytes[..bytes.len().min(LONGEST_PAGE - page.len())]);
                if page.len() == LONGEST_PAGE { Err(self.page()) } else { Ok(()) }
            }
        }
    }

    fn take_end(&mut self, ending: Ending, out: &mut Out) -> Result<(), Failure> {
        match std::mem::replace(&mut self.framing, Framing::Unknown(Vec::new())) {
            Framing::Unknown(_) => {}
            Framing::Page(page) => {
                self.framing = Framing::Page(page);
                return Err(self.page());
            }
            Framing::Document(document) => {
                match loose_json::read::<Value>(&String::from_utf8_lossy(&document)) {
                    Ok(document) => {
                        self.take_document(&document, out)?;
                        self.end(Ending::Done, out);
                        return Ok(());
                    }
                    Err(_) if matches!(ending, Ending::Broken(_)) => {}
                    Err(_) => return Err(self.nonsense(&String::from_utf8_lossy(&document))),
                }
            }
            Framing::Events(decoder) => {
                // An event that broke off in the middle is no nonsense; it says no more than that it broke off.
                for event in decoder.finish() {
                    let is_whole = match &event {
                        Event::Message { kind, data } => {
                            kind == "error" || data.trim() == DONE || loose_json::read::<Value>(data).is_ok()
                        }
                        Event::Stray(_) => true,
                        Event::Comment | Event::TooLong => false,
                    };
                    if is_whole {
                        self.take_events(vec![event], out)?;
                    }
                }
                if self.over {
                    return Ok(());
                }
                if let Some(said) = self.stray.error(&ending) {
                    return Err(self.reply.error(&said));
                }
            }
        }
        self.end(ending, out);
        Ok(())
    }

    fn take_document(&mut self, document: &Value, out: &mut Out) -> Result<(), Failure> {
        self.reply.take(document, out)?;
        let said = Said::instead_of_reply(document)
            .or_else(|| document.as_array().and_then(|_| Said::anywhere(document)));
        match said {
            Some(said) => Err(self.reply.error(&said)),
            None if document.get("choices").is_some_and(Value::is_array) => Ok(()),
            None => Err(self.nonsense(&whole(&document.to_string()))),
        }
    }

    fn take_events(&mut self, events: Vec<Event>, out: &mut Out) -> Result<(), Failure> {
        for event in events {
            match event {
                Event::Comment => {}
                Event::TooLong => return Err(self.too_long()),
                Event::Stray(line) => self.take_stray(&line)?,
                Event::Message { kind, data } => self.take_message(&kind, &data, out)?,
            }
            if self.over {
                break;
            }
        }
        Ok(())
    }

    fn take_message(&mut self, kind: &str, data: &str, out: &mut Out) -> Result<(), Failure> {
        let data = data.trim();
        if data.is_empty() {
            return Ok(());
        }
        self.stray.has_events = true;
        if data == DONE {
            self.end(Ending::Done, out);
            return Ok(());
        }
        if kind == "error" {
            return Err(self.reply.error(&Said::in_body(data.as_bytes())));
        }
        // Events of a kind of their own, such as `ping`, need not be JSON, and their words need not be an error.
        let is_plain = kind.is_empty() || kind == "message";
        match loose_json::read::<Value>(data) {
            Ok(chunk) => {
                self.reply.take(&chunk, out)?;
                match Said::instead_of_reply(&chunk).filter(|_| is_plain) {
                    Some(said) => Err(self.reply.error(&said)),
                    None => Ok(()),
                }
            }
            Err(_) if is_plain => Err(self.nonsense(data)),
            Err(_) => Ok(()),
        }
    }

    /// Lines that belong to no event: `error: {…}` of old llama.cpp, or an error without any framing.
    fn take_stray(&mut self, line: &str) -> Result<(), Failure> {
        if let Some((field, error)) = line.split_once(':')
            && field.eq_ignore_ascii_case("error")
        {
            return Err(self.reply.error(&Said::in_body(error.as_bytes())));
        }
        self.stray.take(line);
        match error_in(line) {
            Some(said) => Err(self.reply.error(&said)),
            None => Ok(()),
        }
    }

    fn nonsense(&self, data: &str) -> Failure {
        let detail = shorten(&without_key(&clean(&shorten(data, 4_000)), &self.endpoint), 2_000);
        Failure { detail: Some(detail), ..failure(&self.endpoint, Code::Malformed, None) }
    }

    fn too_long(&self) -> Failure {
        failure(&self.endpoint, Code::Malformed, Cause::TooLongAnAnswer)
    }

    fn page(&self) -> Failure {
        let title = match &self.framing {
            Framing::Page(page) => html_title(&String::from_utf8_lossy(page)),
            Framing::Unknown(_) | Framing::Events(_) | Framing::Document(_) => None,
        };
        let cause = Cause::WebPage { address: shown(&self.endpoint.url) };
        let detail = title.map(|title| shorten(&title, 2_000));
        Failure { detail, ..failure(&self.endpoint, Code::Malformed, cause) }
    }
}

impl Stray {
    fn take(&mut self, line: &str) {
        let is_json = line.starts_with('{') || !self.json.is_empty();
        let kept = if is_json { &mut self.json } else { &mut self.words };
        if (is_json || !self.has_events) && kept.len() + line.len() < LONGEST_STRAY {
            kept.push_str(line);
            kept.push('\n');
        }
    }

    /// What the lines say once nothing more comes. Words count only as a whole body: where the connection broke, or
    /// where they are the beginning of a field, they say no more than that it broke off.
    fn error(&self, ending: &Ending) -> Option<Said> {
        let words = self.words.trim();
        let is_field = ["data", "event", "id", "retry", "error"].iter().any(|field| field.starts_with(words));
        let is_answer = !self.has_events && !is_field && !matches!(ending, Ending::Broken(_));
        error_in(&self.json).or_else(|| is_answer.then(|| Said::in_body(words.as_bytes())))
    }
}

/// The error in JSON without any framing.
fn error_in(json: &str) -> Option<Said> {
    let value = loose_json::read(json).ok().filter(|_| json.starts_with('{'))?;
    Said::in_event(&value).or_else(|| Said::instead_of_reply(&value))
}

#[cfg(test)]
mod tests;
