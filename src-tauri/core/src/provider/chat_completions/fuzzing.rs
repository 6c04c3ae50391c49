//! The decoders as they are, for programs that feed them with anything: fuzz targets and property tests. Behind the
//! feature `fuzzing`, which nothing that ships turns on.

use url::Url;

use super::decode::Decoder;
use crate::domain::{Code, Failure, ServerKind};
use crate::provider::inline_thinking::TAGS;
use crate::provider::sse;
use crate::provider::{Delta, Endpoint};

/// One thing that a stream of server-sent events says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A block of lines.
    Message {
        /// The `event` field, empty if there was none.
        kind: String,
        /// All `data` fields, joined with LF.
        data: String,
    },
    /// A comment line.
    Comment,
    /// A line with a field that the standard does not know, whole.
    Stray(String),
    /// A line or an event was too long; nothing follows.
    TooLong,
}

/// What a stream of server-sent events says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    /// The events that ended in the stream.
    pub whole: Vec<Event>,
    /// What stood at its end without the blank line that ends an event.
    pub rest: Vec<Event>,
}

/// How a reply's connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// In good order.
    Closed,
    /// By a failure of the network.
    Broken,
}

/// The tags that mark thinking within text: opening and closing.
pub fn thinking_tags() -> impl Iterator<Item = (&'static str, &'static str)> {
    TAGS.iter().map(|tag| (tag.open, tag.close))
}

/// Reads server-sent events from bytes that arrive in these pieces.
pub fn events<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Events {
    let mut decoder = sse::Decoder::default();
    let whole = pieces.into_iter().flat_map(|piece| decoder.push(piece)).map(Event::from).collect();
    Events { whole, rest: decoder.finish().into_iter().map(Event::from).collect() }
}

/// Reads the reply of a server of this kind from bytes that arrive in these pieces. All of them are given to the
/// decoder, even behind the end of the reply.
pub fn reply<'a>(
    kind: ServerKind,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    ending: Ending,
) -> Vec<Result<Delta, Failure>> {
    // An address decides how far a lone closing tag is trusted: the two that people do not run are hosted.
    let is_hosted = matches!(kind, ServerKind::DeepSeek | ServerKind::OpenAi);
    let url = if is_hosted { "https://model.example/v1" } else { "http://127.0.0.1:8080/v1" };
    #[expect(clippy::expect_used, reason = "both addresses stand above")]
    let url = Url::parse(url).expect("an address");
    let mut decoder = Decoder::new(&Endpoint::new("Here", kind, url));
    let mut deltas: Vec<_> = pieces.into_iter().flat_map(|piece| decoder.push(piece)).collect();
    let broken = match ending {
        Ending::Closed => None,
        Ending::Broken => Some(Failure::new(Code::CutOff)),
    };
    deltas.extend(decoder.finish(broken));
    deltas
}

impl From<sse::Event> for Event {
    fn from(event: sse::Event) -> Self {
        match event {
            sse::Event::Message { kind, data } => Self::Message { kind, data },
            sse::Event::Comment => Self::Comment,
            sse::Event::Stray(line) => Self::Stray(line),
            sse::Event::TooLong => Self::TooLong,
        }
    }
}
