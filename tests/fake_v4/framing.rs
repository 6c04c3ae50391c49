//! How events are put on the wire, and when.

use serde::{Deserialize, Serialize};

/// How events are framed and cut into pieces (docs/conformance.md, items 5, 10 and 11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing a server was seen to do")]
pub struct Framing {
    /// What ends a line.
    pub line_ending: LineEnding,
    /// `data: x` or `data:x`.
    pub space_after_colon: bool,
    /// A byte order mark opens the body.
    pub byte_order_mark: bool,
    /// Each event's JSON is spread over several `data:` lines.
    pub multi_line_data: bool,
    /// This many empty `data:` events come before the first.
    pub empty_events: usize,
    /// This many keep-alive comments (blank lines, if the answer is not a stream) come at once before the first event.
    pub keep_alives_first: usize,
    /// `data: [DONE]` ends the stream.
    pub done: bool,
    /// Into which pieces the body is cut. Each is one write and one HTTP chunk.
    pub pieces: Pieces,
    /// The body is not chunked: closing the connection ends it.
    pub until_close: bool,
}

impl Default for Framing {
    fn default() -> Self {
        Self {
            line_ending: LineEnding::Lf,
            space_after_colon: true,
            byte_order_mark: false,
            multi_line_data: false,
            empty_events: 0,
            keep_alives_first: 0,
            done: true,
            pieces: Pieces::PerEvent,
            until_close: false,
        }
    }
}

impl Framing {
    /// The bytes of one event with this data.
    pub(super) fn event(&self, name: Option<&str>, data: &str) -> Vec<u8> {
        let end = self.line_ending.text();
        let space = if self.space_after_colon { " " } else { "" };
        let mut bytes = Vec::with_capacity(data.len() + 16);
        if let Some(name) = name {
            bytes.extend_from_slice(format!("event:{space}{name}{end}").as_bytes());
        }
        for line in self.data_lines(data) {
            bytes.extend_from_slice(b"data:");
            // An empty value has no space before it: that is how observed heartbeats look.
            if !line.is_empty() {
                bytes.extend_from_slice(space.as_bytes());
            }
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(end.as_bytes());
        }
        bytes.extend_from_slice(end.as_bytes());
        bytes
    }

    /// The bytes of one comment. Servers end it with a blank line, as if it were an event.
    pub(super) fn comment(&self, text: &str) -> Vec<u8> {
        let end = self.line_ending.text();
        format!(": {text}{end}{end}").into_bytes()
    }

    fn data_lines(&self, data: &str) -> Vec<String> {
        let pretty = self
            .multi_line_data
            .then(|| serde_json::from_str::<serde_json::Value>(data).ok())
            .flatten()
            .and_then(|value| serde_json::to_string_pretty(&value).ok());
        match pretty {
            // A line break between tokens of JSON is the only place where `data:` lines may be broken harmlessly.
            Some(pretty) => pretty.lines().map(str::to_owned).collect(),
            None => vec![data.to_owned()],
        }
    }
}

/// What ends a line; the specification of server-sent events allows all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnding {
    /// Line feed.
    #[default]
    Lf,
    /// Carriage return and line feed.
    CrLf,
    /// Carriage return.
    Cr,
}

impl LineEnding {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// Into which pieces the body is cut, byte-wise: inside lines and inside characters alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pieces {
    /// One piece per event.
    #[default]
    PerEvent,
    /// As above, and cut at these offsets into the body too.
    At(Vec<usize>),
    /// This many bytes, wherever events end; what does not fill a piece waits for more, or for the end.
    Blocks(usize),
    /// Pieces of 1 to `longest` bytes, decided by `seed`; otherwise like `Blocks`.
    Random {
        /// Which sequence of lengths.
        seed: u64,
        /// The longest piece.
        longest: usize,
    },
}

/// When things are sent. Nothing waits unless it is told to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// How long the headers take.
    pub before_headers_ms: u64,
    /// How long the first event takes after the headers.
    pub before_first_event_ms: u64,
    /// How many events come per second; unlimited when absent.
    pub events_per_second: Option<f64>,
    /// A keep-alive comment whenever nothing was sent for this long. During a stall only if the stall says so.
    pub keep_alive_ms: Option<u64>,
    /// What the comment says, if not what the dialect says.
    pub keep_alive_text: Option<String>,
    /// Hold after this many events until [`super::FakeV4::resume`], so that a test can check an intermediate state
    /// without racing the clock.
    pub pause_after: Option<usize>,
}
