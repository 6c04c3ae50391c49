//! Thinking that a server leaves inside the text as `<think>…</think>`, because nobody told it to take it
//! out (vLLM docs, Reasoning Outputs; SGLang docs, Reasoning Parser).
//!
//! The rule: only an opening tag that nothing but white space precedes opens thinking; any other one is prose
//! about the tag, and so is a closing one behind it. Chat templates may have opened thinking already, so that only
//! the closing tag is ever sent. Nobody can know that before it comes; then all text so far turns out to have been
//! thinking. It counts only where text may be a tag at all: outside fenced and inline code, and once in a reply.
//!
//! Within thinking, a closing tag in code is a quotation. Whether it stands in code is known only once the backticks
//! are closed, so until then what follows such a tag is held back: if nothing closes them, it was a tag after all.
//!
//! A server that sends thinking in a field of its own may leave the closing tag at the beginning of the text, where
//! it says nothing.

mod code;
mod tags;

use self::code::{Code, Span};
pub(super) use self::tags::TAGS;
use self::tags::Tag;
use super::Delta;
use super::out::Out;

/// How many bytes of white space are held back before a reply is taken for one that begins with text.
const LONGEST_START: usize = 1024;
/// How many bytes are held back behind a tag in code that may not be code.
const LONGEST_QUOTATION: usize = 16 * 1024;

#[derive(Debug)]
enum State {
    /// Only white space and perhaps the start of a tag have come; both are held back.
    Start,
    /// The same behind thinking in a field of its own: a closing tag says what is known already.
    Apart,
    /// Between the tags; the start of a closing tag is held back.
    Thinking {
        tag: &'static Tag,
        code: Code,
        /// Nothing but line breaks has come since the tag. They are dropped, so that an empty block is nothing.
        at_start: bool,
    },
    /// Behind a closing tag in what looks like code; everything from the tag on is held back.
    Quotation { tag: &'static Tag, code: Code },
    /// In text that may turn out to be thinking; the start of a tag is held back.
    Open(Code),
    /// Behind the closing tag, whose line breaks are dropped.
    Behind,
    /// In text that stays text.
    Text,
}

/// Splits the content of one reply. How it is cut makes no difference to what comes out, joined. What it holds back
/// has a limit, and it looks at every byte at most a few times.
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

    pub(super) fn push(&mut self, content: &str, out: &mut Out) {
        let mut rest = content;
        while !rest.is_empty() {
            rest = match self.state {
                State::Start | State::Apart => self.start(rest, out),
                State::Thinking { .. } => self.think(rest, out),
                State::Quotation { .. } => self.quote(rest, out),
                State::Open(_) => self.open(rest, out),
                State::Behind => {
                    let rest = rest.trim_start_matches(['\n', '\r']);
                    if !rest.is_empty() {
                        self.state = State::Text;
                    }
                    rest
                }
                State::Text => {
                    out.text(rest);
                    ""
                }
            };
        }
    }

    /// Takes the end: what is held back is what it looks like, and from here on all content is text.
    pub(super) fn finish(&mut self, out: &mut Out) {
        let held = std::mem::take(&mut self.held);
        match std::mem::replace(&mut self.state, State::Text) {
            State::Thinking { .. } => out.thinking(&held),
            State::Quotation { tag, mut code } => {
                code.settle(None);
                match code.span {
                    Span::Prose | Span::FenceEnd { .. } => out.thinking(&held),
                    Span::Inline(_) | Span::Info { .. } | Span::Fence { .. } => {
                        out.text(held[tag.close.len()..].trim_start_matches(['\n', '\r']));
                    }
                }
            }
            State::Start | State::Apart | State::Open(_) | State::Behind | State::Text => {
                out.text(&held);
            }
        }
    }

    /// Takes the news that the server tells thinking apart by itself: an opening tag in its text is text.
    pub(super) fn thinking_came_apart(&mut self, out: &mut Out) {
        self.finish(out);
        self.state = State::Apart;
    }

    fn start<'a>(&mut self, content: &'a str, out: &mut Out) -> &'a str {
        let is_apart = matches!(self.state, State::Apart);
        let lone_may_close = self.template_may_open;
        let opens = TAGS.iter().filter(|_| !is_apart);
        let closes = TAGS.iter().filter(|tag| is_apart || lone_may_close && tag.template_opens);
        for (at, character) in content.char_indices() {
            self.held.push(character);
            let behind = &content[at + character.len_utf8()..];
            let begun = self.held.trim_start();
            if let Some(tag) = opens.clone().find(|tag| tag.open == begun) {
                self.held.clear();
                self.state = State::Thinking { tag, code: Code::within_lines(), at_start: true };
                return behind;
            }
            if closes.clone().any(|tag| tag.close == begun) {
                self.held.clear();
                self.state = State::Behind;
                return behind;
            }
            let may_become_a_tag = opens.clone().any(|tag| tag.open.starts_with(begun))
                || closes.clone().any(|tag| tag.close.starts_with(begun));
            if !may_become_a_tag || self.held.len() > LONGEST_START {
                let held = std::mem::take(&mut self.held);
                let may_be_thinking = lone_may_close && !is_apart;
                self.state = if may_be_thinking { State::Open(Code::default()) } else { State::Text };
                self.push(&held, out);
                return behind;
            }
        }
        ""
    }

    fn think<'a>(&mut self, content: &'a str, out: &mut Out) -> &'a str {
        let State::Thinking { tag, code, at_start } = &mut self.state else { return content };
        let tag = *tag;
        let mut content = content;
        if *at_start {
            content = content.trim_start_matches(['\n', '\r']);
            *at_start = content.is_empty();
        }
        let mut given_out = 0;
        for (at, character) in content.char_indices() {
            code.take(character);
            if self.held.is_empty() {
                if tag.close.starts_with(character) {
                    out.thinking(&content[given_out..at]);
                    self.held.push(character);
                    given_out = at + character.len_utf8();
                }
                continue;
            }
            self.held.push(character);
            given_out = at + character.len_utf8();
            if self.held == tag.close {
                if code.span == Span::Prose {
                    self.held.clear();
                    self.state = State::Behind;
                } else {
                    let code = std::mem::take(code);
                    self.state = State::Quotation { tag, code };
                }
                return &content[given_out..];
            }
            if !tag.close.starts_with(self.held.as_str()) {
                self.held.pop();
                out.thinking(&std::mem::take(&mut self.held));
                if tag.close.starts_with(character) {
                    self.held.push(character);
                } else {
                    given_out = at;
                }
            }
        }
        out.thinking(&content[given_out..]);
        ""
    }

    fn quote<'a>(&mut self, content: &'a str, out: &mut Out) -> &'a str {
        let State::Quotation { tag, code } = &mut self.state else { return content };
        let tag = *tag;
        for (at, character) in content.char_indices() {
            code.settle(Some(character));
            let was_closed = code.span == Span::Prose;
            let is_inline = matches!(code.span, Span::Inline(_));
            let mut from = at;
            if !was_closed {
                code.take(character);
                self.held.push(character);
                from = at + character.len_utf8();
                if code.span != Span::Prose && self.held.len() <= LONGEST_QUOTATION {
                    continue;
                }
            }
            let is_quotation = was_closed || !is_inline && code.span == Span::Prose;
            let held = std::mem::take(&mut self.held);
            if is_quotation {
                out.thinking(&held);
                let code = std::mem::take(code);
                self.state = State::Thinking { tag, code, at_start: false };
            } else {
                self.state = State::Behind;
                self.push(&held[tag.close.len()..], out);
            }
            return &content[from..];
        }
        ""
    }

    fn open<'a>(&mut self, content: &'a str, out: &mut Out) -> &'a str {
        let State::Open(code) = &mut self.state else { return content };
        let tags = || TAGS.iter().filter(|tag| tag.template_opens);
        let begins = |held: &str| tags().any(|tag| tag.open.starts_with(held) || tag.close.starts_with(held));
        let mut given_out = 0;
        for (at, character) in content.char_indices() {
            if !self.held.is_empty() {
                self.held.push(character);
                given_out = at + character.len_utf8();
                if tags().any(|tag| tag.close == self.held) {
                    self.held.clear();
                    out.push(Delta::TextWasThinking);
                    self.state = State::Behind;
                    return &content[given_out..];
                }
                if tags().any(|tag| tag.open == self.held) {
                    out.text(&std::mem::take(&mut self.held));
                    self.state = State::Text;
                    return &content[given_out..];
                }
                if begins(&self.held) {
                    continue;
                }
                self.held.pop();
                given_out = at;
                out.text(&std::mem::take(&mut self.held));
            }
            code.take(character);
            if code.span == Span::Prose && begins(character.encode_utf8(&mut [0; 4])) {
                out.text(&content[given_out..at]);
                self.held.push(character);
                given_out = at + character.len_utf8();
            }
        }
        out.text(&content[given_out..]);
        ""
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
        let mut out = Out::default();
        for content in contents {
            splitter.push(content, &mut out);
        }
        splitter.finish(&mut out);
        let mut reply = Reply::default();
        for delta in out.into_vec() {
            match delta.unwrap() {
                Delta::Text(text) => reply.text.push_str(&text),
                Delta::Thinking(text) => reply.thinking.push_str(&text),
                Delta::TextWasThinking => reply.thinking.push_str(&std::mem::take(&mut reply.text)),
                Delta::Model(_)
                | Delta::ToolCall(_)
                | Delta::Usage(_)
                | Delta::Settled(_)
                | Delta::Finish(_)
                | Delta::Unterminated => unreachable!(),
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

    #[test]
    fn s6_a_closing_tag_behind_thinking_in_its_own_field_is_dropped() {
        let check = |content: &str, text: &str| {
            for template_may_open in [true, false] {
                for size in [1, 3, 100] {
                    let mut splitter = Splitter::new(template_may_open);
                    let mut out = Out::default();
                    splitter.thinking_came_apart(&mut out);
                    let characters: Vec<char> = content.chars().collect();
                    for piece in characters.chunks(size) {
                        splitter.push(&piece.iter().collect::<String>(), &mut out);
                    }
                    splitter.finish(&mut out);
                    let expected =
                        if text.is_empty() { vec![] } else { vec![Ok(Delta::Text(text.to_owned()))] };
                    assert_eq!(out.into_vec(), expected, "{content:?} by {size}");
                }
            }
        };
        check("</think>\n\nAnswer", "Answer");
        check("\n </mm:think>Answer", "Answer");
        check("</think>", "");
        check("Answer </think> b", "Answer </think> b");
        check("`</think>`", "`</think>`");
        check("<think>a</think>b", "<think>a</think>b");
        check("</thi", "</thi");
        check(" \n", " \n");
    }

    #[test]
    fn s7_a_closing_tag_in_code_ends_no_thinking() {
        let quoted = "It uses `</think>` as a mark, so go on.";
        check(&format!("<think>{quoted}</think>Answer"), quoted, "Answer");
        check("<think>`</think>`</think>a", "`</think>`", "a");
        check("<think>`` ` </think> ` ``</think>`a`", "`` ` </think> ` ``", "`a`");
        check(
            "<think>`<think>x</think>` and `</think>`\n</think>a",
            "`<think>x</think>` and `</think>`\n",
            "a",
        );
        check("<think>a\n```xml\n</think>\n```\nb</think>c", "a\n```xml\n</think>\n```\nb", "c");
        check("<think>a `</think>`", "a `</think>`", "");
        check("<think>```\n</think>\n```", "```\n</think>\n```", "");
    }

    #[test]
    fn s7_backticks_that_nothing_closes_quote_nothing() {
        check("<think>it`s</think>\n\nAnswer with `code`", "it`s", "Answer with `code`");
        check("<think>it`s\n</think>Answer with `code`", "it`s\n", "Answer with `code`");
        check("<think>it`s</think>Answer", "it`s", "Answer");
        check("<think>it`s</think>", "it`s", "");
        check("<think>```\nx</think>\nAnswer", "```\nx", "Answer");
        let long = "x".repeat(LONGEST_QUOTATION * 2);
        check(&format!("<think>it`s</think>{long}`"), "it`s", &format!("{long}`"));
    }

    #[test]
    fn s8_tags_in_prose_are_prose() {
        for text in [
            "Models write <think> before and </think> after.",
            "prefix <think>hidden</think>visible",
            "a\n\n<think>b</think>c",
            "<<think>a</think>b",
            "a <mm:think> b </think> c",
        ] {
            check(text, "", text);
        }
        check("The `<think>` tag.</think>b", "The `<think>` tag.", "b");
        check("So <thought> it was.</think>b", "So <thought> it was.", "b");
    }

    #[test]
    fn s9_every_pair_of_tags_is_known() {
        for Tag { open, close, template_opens } in &TAGS {
            check(&format!("{open}plan{close}Final"), "plan", "Final");
            check(
                &format!("\n{open}\nplan `{close}` </think{close}\n\nFinal"),
                &format!("plan `{close}` </think"),
                "Final",
            );
            let lone = format!("plan {close}Final");
            if *template_opens {
                check(&lone, "plan ", "Final");
            } else {
                check(&lone, "", &lone);
            }
            let prose = format!("a {open} b {close} c");
            check(&prose, "", &prose);
            let other = if *open == "<think>" { "</mm:think>" } else { "</think>" };
            check(&format!("{open}a{other}b{close}c"), &format!("a{other}b"), "c");
            let first = open.chars().next().unwrap();
            for tag in [open, close] {
                assert_eq!(tag.matches(first).count(), 1, "{tag}: held back by its first character");
            }
        }
    }

    fn content() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("<think>"),
            Just("</think>"),
            Just("<mm:think>"),
            Just("</mm:think>"),
            Just("◁/think▷"),
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
            let tags = TAGS.iter().map(|tag| tag.open.len() + tag.close.len()).max().unwrap_or_default();
            let breaks = content.matches(['\n', '\r', ' ']).count();
            prop_assert!(dropped <= tags + breaks, "only tags and white space may go");
        }
    }
}
