//! Colours for code, line by line, so that a code block that is still arriving costs only its new lines.

use syntect::parsing::{ParseState, ScopeStackOp, SyntaxReference};

use crate::escape::push_escaped;
use crate::languages::{grammar, grammars, is_powershell};
use crate::powershell::PowerShell;
use crate::scopes::{Colour, colour};

/// A longer line is rarely source that anybody reads, and some grammars take cubic time on a line: one second for a
/// kilobyte of blanks.
const LONGEST_LINE: usize = 512;
/// Where colours end in a code block that never does.
const LONGEST_CODE: usize = 256 * 1024;

/// The code blocks of one message, so far as they have been coloured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Highlights {
    codes: Vec<Highlight>,
}

impl Highlights {
    /// Appends the HTML of the message's code block number `place`, counted from 0.
    ///
    /// The result depends on language and code alone. Lines that this block already had the last time are not read again.
    pub(crate) fn push_code(&mut self, out: &mut String, place: usize, language: &str, code: &str) {
        let fits = self
            .codes
            .get(place)
            .is_some_and(|known| known.language == language && code.starts_with(&known.code));
        if !fits {
            self.codes.truncate(place);
            self.codes.push(Highlight::new(language));
        }
        // Places are asked for in order; an unknown one further on is coloured without being remembered.
        match self.codes.get_mut(place) {
            Some(known) => known.push_code(out, code),
            None => Highlight::new(language).push_code(out, code),
        }
    }
}

/// One code block: its whole lines as HTML, and where the grammar stands after them.
#[derive(Clone, Debug)]
struct Highlight {
    language: String,
    code: String,
    html: String,
    reader: Option<Reader>,
}

impl Highlight {
    fn new(language: &str) -> Self {
        let reader = if is_powershell(language) {
            Some(Reader::PowerShell(PowerShell::default()))
        } else {
            grammar(language).map(|grammar| Reader::Grammar(State::new(grammar)))
        };
        Self { language: language.to_owned(), code: String::new(), html: String::new(), reader }
    }

    fn push_code(&mut self, out: &mut String, code: &str) {
        let new = &code[self.code.len()..];
        let whole = new.rfind('\n').map_or(0, |newline| newline + 1);
        for line in new[..whole].split_inclusive('\n') {
            push_line(&mut self.html, self.reader.as_mut(), self.code.len(), line);
            self.code.push_str(line);
        }
        out.push_str(&self.html);
        if whole < new.len() {
            // The rest of this line is still to come, so what the grammar makes of it must not stay.
            push_line(out, self.reader.clone().as_mut(), self.code.len(), &new[whole..]);
        }
    }
}

fn push_line(out: &mut String, reader: Option<&mut Reader>, before: usize, line: &str) {
    match reader.filter(|_| line.len() <= LONGEST_LINE && before <= LONGEST_CODE) {
        Some(Reader::Grammar(state)) => state.push_line(out, line),
        Some(Reader::PowerShell(state)) => {
            let mut open = None;
            state.read(line, |class, piece| push_span(out, &mut open, class, piece));
            close_span(out, open);
        }
        None => push_escaped(out, line),
    }
}

/// What knows a language.
#[derive(Clone, Debug)]
enum Reader {
    Grammar(State),
    PowerShell(PowerShell),
}

/// A grammar at work.
#[derive(Clone, Debug)]
struct State {
    parser: ParseState,
    colours: Vec<Colour>,
    /// Colours that a grammar has put aside for a while.
    cleared: Vec<Vec<Colour>>,
}

impl State {
    fn new(grammar: &SyntaxReference) -> Self {
        Self { parser: ParseState::new(grammar), colours: Vec::new(), cleared: Vec::new() }
    }

    fn push_line(&mut self, out: &mut String, line: &str) {
        let Ok(operations) = self.parser.parse_line(line, grammars()) else {
            push_escaped(out, line);
            return;
        };
        let mut open: Option<&'static str> = None;
        let mut done = 0;
        for (at, operation) in operations {
            // Grammars speak of places in the line; a wrong one must cost a colour and not the reply.
            if at > done && line.is_char_boundary(at) {
                push_span(out, &mut open, self.class(), &line[done..at]);
                done = at;
            }
            self.apply(&operation);
        }
        push_span(out, &mut open, self.class(), &line[done..]);
        close_span(out, open);
    }

    fn class(&self) -> Option<&'static str> {
        self.colours.iter().rev().find_map(|colour| match colour {
            Colour::Class(class) => Some(Some(*class)),
            Colour::Plain => Some(None),
            Colour::Inherited => None,
        })?
    }

    fn apply(&mut self, operation: &ScopeStackOp) {
        use syntect::parsing::ClearAmount;
        match operation {
            ScopeStackOp::Push(scope) => self.colours.push(colour(*scope)),
            ScopeStackOp::Pop(count) => self.colours.truncate(self.colours.len().saturating_sub(*count)),
            ScopeStackOp::Clear(ClearAmount::All) => self.cleared.push(std::mem::take(&mut self.colours)),
            ScopeStackOp::Clear(ClearAmount::TopN(count)) => {
                let kept = self.colours.len().saturating_sub(*count);
                self.cleared.push(self.colours.split_off(kept));
            }
            ScopeStackOp::Restore => self.colours.extend(self.cleared.pop().unwrap_or_default()),
            ScopeStackOp::Noop => {}
        }
    }
}

/// Neighbours of one colour share a span, and a line's end is in none.
fn push_span(out: &mut String, open: &mut Option<&'static str>, class: Option<&'static str>, text: &str) {
    let (text, newline) = text.strip_suffix('\n').map_or((text, ""), |text| (text, "\n"));
    // Blanks have no colour of their own and need not interrupt one.
    let class = if text.trim().is_empty() { *open } else { class };
    if class != *open {
        close_span(out, *open);
        if let Some(class) = class {
            out.push_str("<span class=\"hl-");
            out.push_str(class);
            out.push_str("\">");
        }
        *open = class;
    }
    push_escaped(out, text);
    if !newline.is_empty() {
        close_span(out, open.take());
        out.push('\n');
    }
}

fn close_span(out: &mut String, open: Option<&'static str>) {
    if open.is_some() {
        out.push_str("</span>");
    }
}
