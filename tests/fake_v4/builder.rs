//! Writing a [`Script`] in a test, one remark per line.

use super::ending::{Cut, Ending, ErrorForm};
use super::framing::{LineEnding, Pieces};
use super::script::{
    ChunkSize, Finish, Script, Text, ThinkingPlace, ToolCall, ToolCallIds, UsageNumbers, UsagePlacement,
};

impl Script {
    /// A complete answer with this text.
    pub fn answer(text: impl Into<Text>) -> Self {
        Self { answer: text.into(), ..Self::default() }
    }

    /// An answer of nothing but tool calls; add them with [`Script::tool_call`].
    pub fn tools() -> Self {
        Self::default()
    }

    /// What the model thinks first.
    pub fn thinking(mut self, text: impl Into<Text>) -> Self {
        self.thinking = Some(text.into());
        self
    }

    /// A tool the model calls, with an id of DeepSeek's form.
    pub fn tool_call(mut self, name: &str, arguments: &str) -> Self {
        self.tool_calls.push(ToolCall { name: name.to_owned(), arguments: arguments.to_owned(), id: None });
        self
    }

    /// A tool the model calls, with this id.
    pub fn tool_call_with_id(mut self, id: &str, name: &str, arguments: &str) -> Self {
        let id = Some(id.to_owned());
        self.tool_calls.push(ToolCall { name: name.to_owned(), arguments: arguments.to_owned(), id });
        self
    }

    /// The `finish_reason`, known or not.
    pub fn finish(mut self, reason: &str) -> Self {
        self.finish = Finish::Says(reason.to_owned());
        self
    }

    /// DeepSeek gave up half-way for want of machines: `insufficient_system_resource`
    /// (API docs, Create Chat Completion).
    pub fn out_of_resources(self) -> Self {
        self.finish("insufficient_system_resource")
    }

    /// The model the answer names, if not the one that was asked for.
    pub fn answered_by(mut self, model: &str) -> Self {
        self.shape.model = Some(model.to_owned());
        self
    }

    /// No `finish_reason` at all.
    pub fn without_finish(mut self) -> Self {
        self.finish = Finish::Never;
        self
    }

    /// No `[DONE]`.
    pub fn without_done(mut self) -> Self {
        self.framing.done = false;
        self
    }

    /// The token counts reported.
    pub fn usage(mut self, usage: UsageNumbers) -> Self {
        self.usage = Some(usage);
        self
    }

    /// Which chunk carries the token counts.
    pub fn usage_on(mut self, placement: UsagePlacement) -> Self {
        self.shape.usage_on = Some(placement);
        self
    }

    /// Which field carries the thinking.
    pub fn thinking_in(mut self, place: ThinkingPlace) -> Self {
        self.shape.thinking_in = Some(place);
        self
    }

    /// Each chunk repeats the role.
    pub fn role_on_every_chunk(mut self) -> Self {
        self.shape.role_on_every_chunk = Some(true);
        self
    }

    /// Tool calls come whole (`true`) or in fragments.
    pub fn whole_tool_calls(mut self, whole: bool) -> Self {
        self.shape.whole_tool_calls = Some(whole);
        self
    }

    /// What becomes of the ids of tool calls.
    pub fn tool_call_ids(mut self, ids: ToolCallIds) -> Self {
        self.shape.tool_call_ids = ids;
        self
    }

    /// This many characters of text in one chunk.
    pub fn chunk_characters(mut self, characters: usize) -> Self {
        self.shape.chunk = ChunkSize::Characters(characters);
        self
    }

    /// About this many bytes of text in one chunk.
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.shape.chunk = ChunkSize::Bytes(bytes);
        self
    }

    /// Lines end with CR LF.
    pub fn crlf(mut self) -> Self {
        self.framing.line_ending = LineEnding::CrLf;
        self
    }

    /// Into which pieces the body is cut.
    pub fn pieces(mut self, pieces: Pieces) -> Self {
        self.framing.pieces = pieces;
        self
    }

    /// A header of the answer.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// How many events come per second.
    pub fn per_second(mut self, events: f64) -> Self {
        self.pace.events_per_second = Some(events);
        self
    }

    /// Keep-alive comments come whenever nothing was sent for this long.
    pub fn keep_alive_every(mut self, milliseconds: u64) -> Self {
        self.pace.keep_alive_ms = Some(milliseconds);
        self
    }

    /// This many keep-alives come at once before anything else: comments in a stream, blank lines before a document.
    pub fn keep_alives_first(mut self, count: usize) -> Self {
        self.framing.keep_alives_first = count;
        self
    }

    /// How long the headers take.
    pub fn headers_after(mut self, milliseconds: u64) -> Self {
        self.pace.before_headers_ms = milliseconds;
        self
    }

    /// How long the first event takes after the headers.
    pub fn first_event_after(mut self, milliseconds: u64) -> Self {
        self.pace.before_first_event_ms = milliseconds;
        self
    }

    /// Hold after this many events until [`super::FakeV4::resume`].
    pub fn pause_after(mut self, events: usize) -> Self {
        self.pace.pause_after = Some(events);
        self
    }

    /// How the answer ends.
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// The connection is lost after this many events.
    pub fn cut_after(self, events: usize, how: Cut) -> Self {
        self.ending(Ending::Cut { after: events, how })
    }

    /// Silence after this many events, until the client gives up.
    pub fn stall_after(self, events: usize) -> Self {
        self.ending(Ending::Stall { after: events, keep_alive: false })
    }

    /// An event that is not JSON after this many events.
    pub fn garbage_after(self, events: usize) -> Self {
        self.ending(Ending::Garbage { after: events, text: "{\"choices\": [{\"delta\": {\"cont".to_owned() })
    }

    /// An error after this many events of a stream that began with 200.
    pub fn error_after(self, events: usize, form: ErrorForm, message: &str) -> Self {
        self.ending(Ending::Error { after: events, form, message: message.to_owned(), done: false })
    }
}
