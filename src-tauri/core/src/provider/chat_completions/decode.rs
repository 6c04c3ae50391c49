use serde_json::Value;

use super::reply::{Ending, Out, Reply};
use crate::domain::{Code, Failure};
use crate::provider::refusal::{Said, broke_off, failure};
use crate::provider::sse::{self, Event, LONGEST_EVENT};
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

/// Turns the bytes of one answer into deltas. Pure: how the bytes are cut makes no difference to what comes
/// out, joined. After an `Err` or the reply's end it takes in nothing more.
#[derive(Debug)]
pub(super) struct Decoder {
    endpoint: Endpoint,
    framing: Framing,
    reply: Reply,
    /// Lines outside of any event.
    stray: String,
    over: bool,
}

impl Decoder {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        Self {
            endpoint: endpoint.clone(),
            framing: Framing::Unknown(Vec::new()),
            reply: Reply::new(endpoint),
            stray: String::new(),
            over: false,
        }
    }

    /// Whether the finish reason has come, so that nothing more than usage can follow.
    pub(super) const fn is_finished(&self) -> bool {
        self.reply.is_finished()
    }

    /// Whether the last delta or a failure has been given out.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// Takes in the next bytes.
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
            Framing::Document(document) => match serde_json::from_slice::<Value>(&document) {
                Ok(document) => {
                    self.take_document(&document, out)?;
                    self.end(Ending::Done, out);
                    return Ok(());
                }
                Err(_) if matches!(ending, Ending::Broken(_)) => {}
                Err(_) => return Err(self.nonsense(&String::from_utf8_lossy(&document))),
            },
            Framing::Events(decoder) => {
                // An event that broke off in the middle is no nonsense; it says no more than that it broke off.
                for event in decoder.finish() {
                    let is_whole = match &event {
                        Event::Message { kind, data } => {
                            kind == "error"
                                || data.trim() == "[DONE]"
                                || serde_json::from_str::<Value>(data).is_ok()
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
                if let Some(said) =
                    serde_json::from_str(&self.stray).ok().and_then(|value| Said::in_event(&value))
                {
                    return Err(broke_off(&self.endpoint, &said));
                }
            }
        }
        self.end(ending, out);
        Ok(())
    }

    fn take_document(&mut self, document: &Value, out: &mut Out) -> Result<(), Failure> {
        let is_reply = document.get("choices").is_some_and(Value::is_array);
        self.reply.take(document, out)?;
        if is_reply {
            return Ok(());
        }
        let said = document.as_array().and_then(|_| Said::anywhere(document)).or_else(|| {
            let message = document.get("message").or_else(|| document.get("detail"))?;
            message.as_str().map(Said::plain)
        });
        Err(said
            .map_or_else(|| self.nonsense(&document.to_string()), |said| broke_off(&self.endpoint, &said)))
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
        if data == "[DONE]" {
            self.end(Ending::Done, out);
            return Ok(());
        }
        if kind == "error" {
            return Err(broke_off(&self.endpoint, &Said::in_body(data.as_bytes())));
        }
        match serde_json::from_str::<Value>(data) {
            Ok(chunk) => self.reply.take(&chunk, out),
            // Events of a kind of their own, such as `ping`, need not be JSON.
            Err(_) if !kind.is_empty() && kind != "message" => Ok(()),
            Err(_) => Err(self.nonsense(data)),
        }
    }

    /// Lines that belong to no event: `error: {…}` of old llama.cpp, or an error without any framing.
    fn take_stray(&mut self, line: &str) -> Result<(), Failure> {
        if let Some(error) = line.strip_prefix("error:") {
            return Err(broke_off(&self.endpoint, &Said::in_body(error.as_bytes())));
        }
        if (line.starts_with('{') || !self.stray.is_empty()) && self.stray.len() + line.len() < LONGEST_STRAY
        {
            self.stray.push_str(line);
            self.stray.push('\n');
            if line.starts_with('{')
                && let Some(said) = serde_json::from_str(line).ok().and_then(|value| Said::in_event(&value))
            {
                return Err(broke_off(&self.endpoint, &said));
            }
        }
        Ok(())
    }

    fn nonsense(&self, data: &str) -> Failure {
        let message = format!("{} sent something that is not part of a reply.", self.endpoint.name);
        let detail = shorten(&without_key(&clean(&shorten(data, 4_000)), &self.endpoint), 2_000);
        Failure { detail: Some(detail), ..failure(&self.endpoint, Code::Malformed, message) }
    }

    fn too_long(&self) -> Failure {
        let message = format!("{} sent a piece of a reply that is too long to be one.", self.endpoint.name);
        failure(&self.endpoint, Code::Malformed, message)
    }

    fn page(&self) -> Failure {
        let title = match &self.framing {
            Framing::Page(page) => html_title(&String::from_utf8_lossy(page)),
            Framing::Unknown(_) | Framing::Events(_) | Framing::Document(_) => None,
        };
        let (name, url) = (&self.endpoint.name, shown(&self.endpoint.url));
        let message = format!("{name} answered with a web page. Check {url} in Settings › Models & keys.");
        Failure {
            detail: title.map(|title| shorten(&title, 2_000)),
            ..failure(&self.endpoint, Code::Malformed, message)
        }
    }
}

#[cfg(test)]
mod tests;
