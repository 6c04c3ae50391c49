//! Server-sent events from bytes, after "Interpreting an event stream" of the WHATWG HTML standard
//! (section 9.2.6): any of CRLF, LF, CR ends a line, one byte order mark is dropped at the start, `data`
//! lines are joined with LF, one space after the colon is dropped, a blank line ends an event.
//!
//! Beyond the standard it reports what the standard drops, because model servers put meaning there:
//! comments (DeepSeek API docs, Rate Limit) and lines with an unknown field, such as llama.cpp's old
//! `error: {...}`. Re-connection has no place in a reply, so `id` and `retry` are read and dropped.
//!
//! In one thing it departs from the standard: a `data` line that is a whole JSON object or array, `null` or `[DONE]`
//! is an event at once. Some servers part their events by one line feed, so that the blank line never comes. It takes
//! nothing from JSON over several lines, since no JSON goes on behind a whole object.

use serde::de::IgnoredAny;

use super::loose_json;

/// The longest line and the longest event that is taken, in bytes.
pub(super) const LONGEST_EVENT: usize = 16 * 1024 * 1024;

/// The data by which servers say that a reply is over.
pub(super) const DONE: &str = "[DONE]";

/// One thing that a stream of server-sent events says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A block that a blank line ended, or a line that is whole in itself. `kind` is the `event` field, empty if there was none.
    Message {
        /// The `event` field.
        kind: String,
        /// All `data` fields, joined with LF. May be blank: some servers send `data:` as a heartbeat.
        data: String,
    },
    /// A comment line; servers send them to show that they are alive.
    Comment,
    /// A line with a field that the standard does not know, whole.
    Stray(String),
    /// The line or event grew above [`LONGEST_EVENT`]. Nothing follows.
    TooLong,
}

/// Turns bytes into events. Every byte is looked at once; only the line and the event in progress are kept.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// The start of a line whose end has not come.
    line: Vec<u8>,
    /// The last byte was CR: an LF that follows belongs to it.
    after_return: bool,
    /// A line has been read, so a byte order mark would be content.
    begun: bool,
    kind: String,
    /// `None` until a `data` field has come, even an empty one.
    data: Option<Data>,
    dead: bool,
}

/// The `data` fields of the event in progress, joined.
#[derive(Debug)]
struct Data {
    text: String,
    is_blank: bool,
}

impl Decoder {
    /// Takes in the next bytes. How they are cut makes no difference to the events.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        while !self.dead {
            if self.after_return
                && let Some((first, rest)) = bytes.split_first()
            {
                self.after_return = false;
                if *first == b'\n' {
                    bytes = rest;
                }
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                if self.line.len() + bytes.len() > LONGEST_EVENT {
                    self.give_up(&mut events);
                } else {
                    self.line.extend_from_slice(bytes);
                }
                break;
            };
            self.after_return = bytes[end] == b'\r';
            if self.line.len() + end > LONGEST_EVENT {
                self.give_up(&mut events);
            } else if self.line.is_empty() {
                self.take_line(&bytes[..end], &mut events);
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(&bytes[..end]);
                self.take_line(&line, &mut events);
                line.clear();
                self.line = line;
            }
            bytes = &bytes[end + 1..];
        }
        events
    }

    /// Takes the end of the stream. What stands at the end without its blank line would be dropped by the
    /// standard; it is given out here, and the caller uses it only if it is whole in itself.
    pub(super) fn finish(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if !self.dead {
            let line = std::mem::take(&mut self.line);
            if !line.is_empty() {
                self.take_line(&line, &mut events);
            }
            self.end_event(&mut events);
        }
        events
    }

    fn give_up(&mut self, events: &mut Vec<Event>) {
        events.push(Event::TooLong);
        *self = Self { dead: true, ..Self::default() };
    }

    fn take_line(&mut self, mut line: &[u8], events: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            self.end_event(events);
            return;
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(0) => {
                events.push(Event::Comment);
                return;
            }
            Some(colon) => {
                let value = &line[colon + 1..];
                (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &b""[..]),
        };
        match field {
            b"data" => self.take_data(&String::from_utf8_lossy(value), events),
            b"event" => self.kind = String::from_utf8_lossy(value).into_owned(),
            b"id" | b"retry" => {}
            _ => events.push(Event::Stray(String::from_utf8_lossy(line).into_owned())),
        }
    }

    fn take_data(&mut self, value: &str, events: &mut Vec<Event>) {
        if self.data.as_ref().map_or(0, |data| data.text.len()) + value.len() >= LONGEST_EVENT {
            self.give_up(events);
            return;
        }
        let is_blank = value.trim().is_empty();
        match &mut self.data {
            Some(data) if !data.is_blank || !is_whole(value) => {
                data.text.push('\n');
                data.text.push_str(value);
                data.is_blank &= is_blank;
            }
            None if !is_whole(value) => self.data = Some(Data { text: value.to_owned(), is_blank }),
            Some(_) | None => {
                self.data = Some(Data { text: value.to_owned(), is_blank });
                self.end_event(events);
            }
        }
    }

    fn end_event(&mut self, events: &mut Vec<Event>) {
        let kind = std::mem::take(&mut self.kind);
        if let Some(data) = self.data.take() {
            events.push(Event::Message { kind, data: data.text });
        }
    }
}

/// Whether a line of data says all there is to say. Bare numbers and words do not count: they may be lines of a text.
fn is_whole(line: &str) -> bool {
    let line = line.trim();
    let may_be = line == "null" || line.starts_with(['{', '[']) && line.ends_with(['}', ']']);
    may_be && (line == DONE || loose_json::read::<IgnoredAny>(line).is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
        let mut decoder = Decoder::default();
        let mut events: Vec<Event> = pieces.into_iter().flat_map(|piece| decoder.push(piece)).collect();
        events.extend(decoder.finish());
        events
    }

    fn message(data: &str) -> Event {
        Event::Message { kind: String::new(), data: data.to_owned() }
    }

    #[test]
    fn the_standard_is_kept() {
        let check =
            |stream: &str, events: Vec<Event>| assert_eq!(decode([stream.as_bytes()]), events, "{stream:?}");
        check("data: a\n\ndata: b\n\n", vec![message("a"), message("b")]);
        check("data: a\r\n\r\ndata: b\r\r", vec![message("a"), message("b")]);
        check("data:a\n\n", vec![message("a")]);
        check("data:  a\n\n", vec![message(" a")]);
        check("data: a\ndata:\ndata: b\n\n", vec![message("a\n\nb")]);
        check("\u{FEFF}data: a\n\n", vec![message("a")]);
        check("data\n\n", vec![message("")]);
        check(": keep-alive\n\n", vec![Event::Comment]);
        check(
            "event: error\ndata: x\n\n",
            vec![Event::Message { kind: "error".to_owned(), data: "x".to_owned() }],
        );
        check("event: error\n\ndata: x\n\n", vec![message("x")]);
        check("id: 1\nretry: 5\ndata: x\n\n", vec![message("x")]);
        check("error: {}\n\n", vec![Event::Stray("error: {}".to_owned())]);
        check("\n\n\r\n", vec![]);
        check("data: x", vec![message("x")]);
    }

    #[test]
    fn s2_a_line_that_is_whole_is_an_event() {
        let check = |stream: &str, events: &[&str]| {
            let mut decoder = Decoder::default();
            let came = decoder.push(stream.as_bytes());
            let events: Vec<Event> = events.iter().map(|data| message(data)).collect();
            assert_eq!(came, events, "at once: {stream:?}");
            assert_eq!(decoder.finish(), vec![], "{stream:?}");
            assert_eq!(decode(stream.as_bytes().chunks(1)), events, "{stream:?}");
        };
        check("data: {\"a\":1}\ndata: {\"b\":2}\ndata: [DONE]\n", &["{\"a\":1}", "{\"b\":2}", "[DONE]"]);
        check("data:{\"a\":\"\t\\ud83d\"}\r\n", &["{\"a\":\"\t\\ud83d\"}"]);
        check("id: 1\ndata: null\nid: 2\ndata: [1]\n", &["null", "[1]"]);
        check("data: {\"a\":\ndata: {\"b\":1}\ndata: }\n\n", &["{\"a\":\n{\"b\":1}\n}"]);
        check("data: [\ndata: {}\ndata: ]\n\ndata: {}\n", &["[\n{}\n]", "{}"]);
        check("data: 1\ndata: 2\n\n", &["1\n2"]);
        check("data:\ndata:\n\n", &["\n"]);
        check("data:\ndata: {}\n\n", &["{}"]);
    }

    #[test]
    fn invalid_bytes_become_replacement_characters() {
        assert_eq!(decode([&b"data: a\xC3\n\n"[..]]), vec![message("a\u{FFFD}")]);
        assert_eq!(decode([&b"data: \xE4\xBD"[..], &b"\xA0\n\n"[..]]), vec![message("\u{4F60}")]);
    }

    #[test]
    fn an_endless_line_is_given_up() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push(b"data: a\n\ndata: "), vec![message("a")]);
        let piece = vec![b'x'; LONGEST_EVENT / 4];
        let events: Vec<Event> = (0..5).flat_map(|_| decoder.push(&piece)).collect();
        assert_eq!(events, vec![Event::TooLong]);
        assert_eq!(decoder.push(b"\n\ndata: b\n\n"), vec![]);
        assert_eq!(decoder.finish(), vec![]);
    }

    #[test]
    fn an_endless_event_is_given_up() {
        let mut line = b"data: ".to_vec();
        line.resize(LONGEST_EVENT / 4, b'x');
        line.push(b'\n');
        let mut decoder = Decoder::default();
        let events: Vec<Event> = (0..5).flat_map(|_| decoder.push(&line)).collect();
        assert_eq!(events, vec![Event::TooLong]);
    }

    /// Bytes that hit the grammar often, and everything else sometimes.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"data: ".to_vec()),
            Just(b"data:".to_vec()),
            Just(b"{\"a\":1}".to_vec()),
            Just(b"[DONE]".to_vec()),
            Just(b"event: e".to_vec()),
            Just(b": c".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\xEF\xBB\xBF".to_vec()),
            Just("模型".as_bytes().to_vec()),
            proptest::collection::vec(any::<u8>(), 0..4),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_events(bytes in stream(), cuts in proptest::collection::vec(0usize..200, 0..12)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let split = decode(cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]));
            prop_assert_eq!(&split, &decode([&bytes[..]]));
            prop_assert_eq!(&split, &decode(bytes.chunks(1)));
        }
    }
}
