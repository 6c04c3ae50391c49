//! Thinking that a server leaves inside the text as `<think>…</think>`, because nobody told it to take it
//! out (`facts/local-servers.md` 3.1 and 3.4 item 1).
//!
//! The rule: only a `<think>` that nothing but white space precedes opens thinking; any other one is prose
//! about the tag. Chat templates may have opened thinking already, so that only `</think>` is ever sent.
//! Nobody can know that before it comes; then all text so far turns out to have been thinking. It counts
//! only where text may be a tag at all: outside fenced and inline code, and once in a reply.

/// One piece of a reply's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text that is shown.
    Text(String),
    /// Thinking.
    Thinking(String),
    /// All text given out so far was thinking.
    TextWasThinking,
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// How many bytes of white space are held back before a reply is taken for one that begins with text.
const LONGEST_START: usize = 1024;

#[derive(Debug)]
enum State {
    /// Only white space and perhaps the start of a tag have come; both are held back.
    Start,
    /// Between the tags; the start of a closing tag is held back.
    Thinking {
        /// Nothing but line breaks has come since the tag. They are dropped, so that an empty block is nothing.
        at_start: bool,
    },
    /// In text that may turn out to be thinking; the start of a closing tag is held back.
    Open(Code),
    /// Behind the closing tag, whose line breaks are dropped.
    Behind,
    /// In text that stays text.
    Text,
}

/// Splits the content of one reply. How it is cut makes no difference to what comes out, joined. It holds
/// back at most [`LONGEST_START`] bytes and looks at every byte once.
#[derive(Debug)]
pub(super) struct Splitter {
    state: State,
    held: String,
    template_may_open: bool,
}

impl Splitter {
    /// A splitter for a fresh reply. With `template_may_open` a lone `</think>` makes all text before it thinking.
    pub(super) fn new(template_may_open: bool) -> Self {
        Self { state: State::Start, held: String::new(), template_may_open }
    }

    /// Takes in more content.
    pub(super) fn push(&mut self, content: &str, pieces: &mut Vec<Piece>) {
        let mut rest = content;
        while !rest.is_empty() {
            rest = match self.state {
                State::Start => self.start(rest, pieces),
                State::Thinking { .. } => self.think(rest, pieces),
                State::Open(_) => self.open(rest, pieces),
                State::Behind => {
                    let rest = rest.trim_start_matches(['\n', '\r']);
                    if !rest.is_empty() {
                        self.state = State::Text;
                    }
                    rest
                }
                State::Text => {
                    push_text(pieces, rest);
                    ""
                }
            };
        }
    }

    /// Takes the end, or the news that the server tells thinking apart by itself: what is held back is what it
    /// looks like, and from here on all content is text.
    pub(super) fn finish(&mut self, pieces: &mut Vec<Piece>) {
        let held = std::mem::take(&mut self.held);
        match std::mem::replace(&mut self.state, State::Text) {
            State::Thinking { .. } => push_thinking(pieces, &held),
            State::Start | State::Open(_) | State::Behind | State::Text => push_text(pieces, &held),
        }
    }

    fn start<'a>(&mut self, content: &'a str, pieces: &mut Vec<Piece>) -> &'a str {
        for (at, character) in content.char_indices() {
            self.held.push(character);
            let behind = &content[at + character.len_utf8()..];
            let tag = self.held.trim_start();
            if tag == OPEN {
                self.held.clear();
                self.state = State::Thinking { at_start: true };
                return behind;
            }
            if tag == CLOSE && self.template_may_open {
                self.held.clear();
                self.state = State::Behind;
                return behind;
            }
            let may_become_a_tag = OPEN.starts_with(tag) || self.template_may_open && CLOSE.starts_with(tag);
            if !may_become_a_tag || self.held.len() > LONGEST_START {
                let held = std::mem::take(&mut self.held);
                self.state = if self.template_may_open { State::Open(Code::default()) } else { State::Text };
                self.push(&held, pieces);
                return behind;
            }
        }
        ""
    }

    fn think<'a>(&mut self, content: &'a str, pieces: &mut Vec<Piece>) -> &'a str {
        let mut rest = content;
        if let State::Thinking { at_start } = &mut self.state
            && *at_start
        {
            rest = rest.trim_start_matches(['\n', '\r']);
            *at_start = rest.is_empty();
        }
        while let Some(first) = rest.bytes().next() {
            if CLOSE.as_bytes().get(self.held.len()) == Some(&first) {
                self.held.push(char::from(first));
                rest = &rest[1..];
                if self.held == CLOSE {
                    self.held.clear();
                    self.state = State::Behind;
                    return rest;
                }
            } else if self.held.is_empty() {
                let (before, from_tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
                push_thinking(pieces, before);
                rest = from_tag;
            } else {
                push_thinking(pieces, &std::mem::take(&mut self.held));
            }
        }
        rest
    }

    fn open<'a>(&mut self, content: &'a str, pieces: &mut Vec<Piece>) -> &'a str {
        let State::Open(code) = &mut self.state else { return content };
        let mut given_out = 0;
        for (at, byte) in content.bytes().enumerate() {
            if !self.held.is_empty() {
                if CLOSE.as_bytes().get(self.held.len()) == Some(&byte) {
                    self.held.push(char::from(byte));
                    given_out = at + 1;
                    if self.held == CLOSE {
                        self.held.clear();
                        pieces.push(Piece::TextWasThinking);
                        self.state = State::Behind;
                        return &content[given_out..];
                    }
                    continue;
                }
                push_text(pieces, &std::mem::take(&mut self.held));
            }
            code.take(byte);
            if byte == b'<' && code.span == Span::Prose {
                push_text(pieces, &content[given_out..at]);
                self.held.push('<');
                given_out = at + 1;
            }
        }
        push_text(pieces, &content[given_out..]);
        ""
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(last)) => last.push_str(text),
        Some(Piece::Thinking(_) | Piece::TextWasThinking) | None => pieces.push(Piece::Text(text.to_owned())),
    }
}

fn push_thinking(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Thinking(last)) => last.push_str(text),
        Some(Piece::Text(_) | Piece::TextWasThinking) | None => pieces.push(Piece::Thinking(text.to_owned())),
    }
}

/// Where Markdown stands: in prose or in code. After `CommonMark` 0.31.2, sections 4.5 (fenced code blocks) and
/// 6.1 (code spans), with two liberties: fences may be indented at will, because models nest them in lists,
/// and a blank line ends a code span that was never closed, because such a backtick is a mere character.
#[derive(Debug)]
struct Code {
    span: Span,
    /// Only white space has come on this line.
    blank: bool,
    /// The backticks or tildes that have come last without a gap.
    run: usize,
    run_marker: u8,
    run_begins_line: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Prose,
    /// Between this many backticks.
    Inline(usize),
    /// On the line of an opening fence.
    Info {
        marker: u8,
        length: usize,
    },
    Fence {
        marker: u8,
        length: usize,
    },
    /// Behind what is a closing fence if nothing else stands on its line.
    FenceEnd {
        marker: u8,
        length: usize,
    },
}

impl Default for Code {
    fn default() -> Self {
        Self { span: Span::Prose, blank: true, run: 0, run_marker: 0, run_begins_line: false }
    }
}

impl Code {
    fn take(&mut self, byte: u8) {
        let is_marker = matches!(byte, b'`' | b'~');
        if self.run > 0 && byte != self.run_marker {
            self.end_run();
        }
        if is_marker {
            if self.run == 0 {
                self.run_marker = byte;
                self.run_begins_line = self.blank;
            }
            self.run += 1;
            self.blank = false;
        } else if byte == b'\n' {
            self.span = match self.span {
                Span::Info { marker, length } => Span::Fence { marker, length },
                Span::FenceEnd { .. } => Span::Prose,
                Span::Inline(_) if self.blank => Span::Prose,
                Span::Prose | Span::Inline(_) | Span::Fence { .. } => self.span,
            };
            self.blank = true;
        } else if !byte.is_ascii_whitespace() {
            self.blank = false;
            if let Span::FenceEnd { marker, length } = self.span {
                self.span = Span::Fence { marker, length };
            }
        }
    }

    fn end_run(&mut self) {
        let (run, marker) = (std::mem::take(&mut self.run), self.run_marker);
        let may_be_fence = self.run_begins_line && run >= 3;
        self.span = match self.span {
            Span::Prose | Span::Inline(_) if may_be_fence => Span::Info { marker, length: run },
            Span::Prose if marker == b'`' => Span::Inline(run),
            Span::Inline(length) if marker == b'`' && run == length => Span::Prose,
            // A line such as ```` ```a``` ```` is a code span: no backticks stand behind an opening fence.
            Span::Info { marker: b'`', length } if marker == b'`' => {
                if run == length {
                    Span::Prose
                } else {
                    Span::Inline(length)
                }
            }
            Span::Fence { marker: opened, length } if may_be_fence && marker == opened && run >= length => {
                Span::FenceEnd { marker, length }
            }
            Span::FenceEnd { marker, length } => Span::Fence { marker, length },
            Span::Prose | Span::Inline(_) | Span::Info { .. } | Span::Fence { .. } => self.span,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a reader of the deltas ends up with.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Reply {
        thinking: String,
        text: String,
    }

    fn split<'a>(template_may_open: bool, contents: impl IntoIterator<Item = &'a str>) -> Reply {
        let mut splitter = Splitter::new(template_may_open);
        let mut pieces = Vec::new();
        for content in contents {
            splitter.push(content, &mut pieces);
        }
        splitter.finish(&mut pieces);
        let mut reply = Reply::default();
        for piece in pieces {
            match piece {
                Piece::Text(text) => reply.text.push_str(&text),
                Piece::Thinking(text) => reply.thinking.push_str(&text),
                Piece::TextWasThinking => reply.thinking.push_str(&std::mem::take(&mut reply.text)),
            }
        }
        reply
    }

    #[track_caller]
    fn check(content: &str, thinking: &str, text: &str) {
        let expected = Reply { thinking: thinking.to_owned(), text: text.to_owned() };
        assert_eq!(split(true, [content]), expected, "{content:?}");
        let characters: Vec<String> = content.chars().map(String::from).collect();
        assert_eq!(split(true, characters.iter().map(String::as_str)), expected, "{content:?} by characters");
    }

    #[test]
    fn a_leading_block_is_thinking() {
        check("<think>a</think>b", "a", "b");
        check("\n <think>\na\n</think>\n\nb", "a\n", "b");
        check("<think>\n\n</think>\n\nb", "", "b");
        check("<think>a < b </thin x</think>b", "a < b </thin x", "b");
        check("<think>a<</think>b", "a<", "b");
        check("<think>a</think>b <think>c</think> d", "a", "b <think>c</think> d");
    }

    #[test]
    fn nothing_is_lost_at_the_end() {
        check("<thi", "", "<thi");
        check("  ", "", "  ");
        check("<think>a</thi", "a</thi", "");
        check("a </thi", "", "a </thi");
        check("<<think>a", "", "<<think>a");
        check("<", "", "<");
        check("", "", "");
    }

    #[test]
    fn a_tag_in_prose_or_code_is_text() {
        check("The tag <think> opens it.", "", "The tag <think> opens it.");
        check("Use `</think>` to end it.", "", "Use `</think>` to end it.");
        check("``a ` </think>`` b", "", "``a ` </think>`` b");
        check("```\n</think>\n```\nb", "", "```\n</think>\n```\nb");
        check("a\n  ~~~~xml\n```\n</think>\n~~~~\nb", "", "a\n  ~~~~xml\n```\n</think>\n~~~~\nb");
        check("```\n``` no end\n</think>", "", "```\n``` no end\n</think>");
    }

    #[test]
    fn a_lone_closing_tag_turns_text_into_thinking() {
        check("a\n</think>\n\nb", "a\n", "b");
        check("\n</think>\n\nb", "", "b");
        check("it`s\n\nso</think>b", "it`s\n\nso", "b");
        check("```\nx\n```\na</think>b", "```\nx\n```\na", "b");
        check("```x``` a</think>b", "```x``` a", "b");
        check("`x` a</think>b</think>c", "`x` a", "b</think>c");
        check("a <</think>b", "a <", "b");
        let reply = split(false, ["a</think>b"]);
        assert_eq!(reply, Reply { thinking: String::new(), text: "a</think>b".to_owned() });
        let reply = split(false, ["</think>b"]);
        assert_eq!(reply, Reply { thinking: String::new(), text: "</think>b".to_owned() });
    }

    #[test]
    fn endless_white_space_is_text() {
        let blank = " ".repeat(LONGEST_START * 3);
        check(&blank, "", &blank);
    }

    fn content() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("<think>"),
            Just("</think>"),
            Just("<"),
            Just("</th"),
            Just("ink>"),
            Just("`"),
            Just("```"),
            Just("~~~"),
            Just("\n"),
            Just("\r\n"),
            Just(" "),
            Just("word"),
            Just("模型🦀"),
        ];
        proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_reply(
            content in content(),
            sizes in proptest::collection::vec(1usize..9, 1..40),
            template_may_open: bool,
        ) {
            let characters: Vec<char> = content.chars().collect();
            let (mut chunks, mut at) = (Vec::new(), 0);
            for size in sizes.iter().cycle() {
                if at >= characters.len() {
                    break;
                }
                let end = characters.len().min(at + size);
                chunks.push(characters[at..end].iter().collect::<String>());
                at = end;
            }
            let whole = split(template_may_open, [content.as_str()]);
            let in_chunks = split(template_may_open, chunks.iter().map(String::as_str));
            prop_assert_eq!(&whole, &in_chunks);
            let given = whole.thinking.len() + whole.text.len();
            let dropped = content.len() - given;
            let tags = OPEN.len() + CLOSE.len();
            let breaks = content.matches(['\n', '\r', ' ']).count();
            prop_assert!(dropped <= tags + breaks, "only tags and white space may go");
        }
    }
}
