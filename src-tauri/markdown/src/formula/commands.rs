//! LaTeX as the library reads it: bounded, and in its words.

/// Commands that define others. A definition can grow without end, and no bound on the text would hold.
const DEFINING: [&str; 12] = [
    "def",
    "gdef",
    "edef",
    "xdef",
    "let",
    "futurelet",
    "newcommand",
    "renewcommand",
    "providecommand",
    "char",
    "begingroup",
    "endgroup",
];

/// Commands that models write and the library does not know, and what says the same.
const SAME: [(&str, &str); 21] = [
    ("argmax", "\\operatorname{arg\\,max}"),
    ("argmin", "\\operatorname{arg\\,min}"),
    ("bm", "\\boldsymbol"),
    ("boxed", ""),
    ("emph", "\\textit"),
    ("ensuremath", ""),
    ("hfill", "\\quad"),
    ("lbrace", "\\{"),
    ("mathbbm", "\\mathbb"),
    ("mathds", "\\mathbb"),
    ("mathscr", "\\mathcal"),
    ("mbox", "\\text"),
    ("nicefrac", "\\frac"),
    ("nonumber", ""),
    ("notag", ""),
    ("pmb", "\\boldsymbol"),
    ("rbrace", "\\}"),
    ("sfrac", "\\frac"),
    ("textnormal", "\\text"),
    ("textsc", "\\text"),
    ("textup", "\\text"),
];

/// How many commands may wait for an argument that is itself one of them: the library goes as deep as there are.
const DEEPEST_COMMANDS: usize = 12;
/// How deep braces, brackets and environments may lie in one another.
const DEEPEST_GROUPS: usize = 24;

/// Commands with one argument that may be a command without braces.
const ONE: [&str; 62] = [
    "acute",
    "bar",
    "boldsymbol",
    "breve",
    "cancel",
    "check",
    "ddot",
    "dot",
    "grave",
    "hat",
    "mathbb",
    "mathbbit",
    "mathbf",
    "mathbfcal",
    "mathbffrak",
    "mathbfit",
    "mathbfsfit",
    "mathbfsfup",
    "mathbfup",
    "mathbin",
    "mathcal",
    "mathclose",
    "mathfrak",
    "mathinner",
    "mathit",
    "mathnormal",
    "mathop",
    "mathopen",
    "mathord",
    "mathpunct",
    "mathrel",
    "mathring",
    "mathrm",
    "mathsf",
    "mathsfit",
    "mathsfup",
    "mathtt",
    "mathup",
    "middle",
    "not",
    "operatorname",
    "overbrace",
    "overbracket",
    "overgroup",
    "overleftarrow",
    "overline",
    "overparen",
    "overrightarrow",
    "sqrt",
    "substack",
    "text",
    "tilde",
    "underbar",
    "underbrace",
    "underbracket",
    "undergroup",
    "underline",
    "underparen",
    "vec",
    "widehat",
    "widetilde",
    "xrightarrow",
];
/// Commands with two.
const TWO: [&str; 12] = [
    "binom", "buildrel", "cfrac", "dbinom", "dfrac", "frac", "overset", "sideset", "stackrel", "tbinom",
    "tfrac", "underset",
];

/// The beginnings of names of commands with one.
const KINDS: [&str; 8] = ["math", "sym", "over", "under", "wide", "x", "text", "Over"];

/// How many arguments follow a command, at most.
fn arguments(command: &str) -> usize {
    if TWO.contains(&command) {
        return 2;
    }
    usize::from(ONE.contains(&command) || KINDS.iter().any(|kind| command.starts_with(kind)))
}

/// A formula in the library's words; nothing for one that could take it too deep.
pub(super) fn readable(latex: &str) -> Option<String> {
    let mut out = String::with_capacity(latex.len());
    let mut rest = latex;
    let mut depth = Depth::default();
    while let Some(next) = rest.chars().next() {
        if next != '\\' {
            depth.character(next)?;
            out.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        }
        let after = &rest[1..];
        let length = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        if length == 0 {
            // A single character that is none of the alphabet.
            let length = after.chars().next().map_or(0, char::len_utf8);
            depth.command("")?;
            out.push_str(&rest[..=length]);
            rest = &after[length..];
            continue;
        }
        let (command, after) = after.split_at(length);
        rest = after;
        match command {
            _ if DEFINING.contains(&command) => return None,
            // Numbers of equations lead nowhere in a chat.
            "label" => rest = argument(rest).map_or(rest, |(_, rest)| rest),
            "tag" => {
                let (tag, after) = argument(rest.strip_prefix('*').unwrap_or(rest))?;
                out.push_str("\\qquad\\text{(");
                out.push_str(tag);
                out.push_str(")}");
                rest = after;
            }
            "operatorname" => {
                depth.command(command)?;
                out.push_str("\\operatorname");
                rest = rest.strip_prefix('*').unwrap_or(rest);
            }
            _ => {
                let same = SAME.binary_search_by_key(&command, |(known, _)| known).ok().map(|at| SAME[at].1);
                depth.command(same.map_or(command, |said| said.trim_start_matches('\\')))?;
                if let Some(said) = same {
                    out.push_str(said);
                    // What follows a command must not become a part of its name.
                    out.push(' ');
                } else {
                    out.push('\\');
                    out.push_str(command);
                }
            }
        }
    }
    Some(out)
}

/// The text in the braces that a text begins with, if it does and they close, and what follows them.
fn argument(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start().strip_prefix('{')?;
    let end = inner.find(['{', '}', '\\']).filter(|end| inner[*end..].starts_with('}'))?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// How deep a place in a formula lies.
#[derive(Default)]
struct Depth {
    /// For each command that waits for arguments, how many are to come.
    waiting: Vec<usize>,
    groups: usize,
}

impl Depth {
    fn character(&mut self, character: char) -> Option<()> {
        match character {
            '{' => {
                self.groups += 1;
                self.waiting.clear();
            }
            '}' => {
                self.groups = self.groups.saturating_sub(1);
                self.waiting.clear();
            }
            character if character.is_whitespace() => {}
            _ => self.fill(),
        }
        (self.groups <= DEEPEST_GROUPS).then_some(())
    }

    fn command(&mut self, command: &str) -> Option<()> {
        match command {
            "left" | "begin" => self.groups += 1,
            "right" | "end" => self.groups = self.groups.saturating_sub(1),
            _ => {}
        }
        match arguments(command) {
            0 => self.fill(),
            count => self.waiting.push(count),
        }
        (self.groups <= DEEPEST_GROUPS && self.waiting.len() <= DEEPEST_COMMANDS).then_some(())
    }

    /// An argument has come, and with it perhaps the last one of a command that was one itself.
    fn fill(&mut self) {
        while let Some(left) = self.waiting.last_mut() {
            *left -= 1;
            if *left > 0 {
                return;
            }
            self.waiting.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SAME, readable};

    #[test]
    fn what_is_looked_up_is_in_order() {
        assert!(SAME.is_sorted());
    }

    #[test]
    fn commands_that_models_write() {
        let cases = [
            (r"\bm x", r"\boldsymbol  x"),
            (r"\bm{x}", r"\boldsymbol {x}"),
            (r"x \label{eq:1} y", "x  y"),
            (r"x \tag{1}", r"x \qquad\text{(1)}"),
            (r"\operatorname*{softmax}_x", r"\operatorname{softmax}_x"),
            (r"\\[2pt] \, \{", r"\\[2pt] \, \{"),
            (r"\frac12 \frac34", r"\frac12 \frac34"),
            ("\\", "\\"),
        ];
        for (written, read) in cases {
            assert_eq!(readable(written).as_deref(), Some(read), "{written}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        for deep in [
            r"\sqrt".repeat(100),
            r"\frac1".repeat(100),
            r"\not\mathbf".repeat(100),
            "{".repeat(100),
            r"\left(".repeat(100),
            r"\begin{matrix}".repeat(100),
            r"\def\a{\a\a}\a".to_owned(),
        ] {
            assert_eq!(readable(&deep), None, "{deep}");
        }
        for wide in [r"\vec a + ".repeat(100), r"\frac12 ".repeat(100), r"\sqrt{x}".repeat(100)] {
            assert!(readable(&wide).is_some(), "{wide}");
        }
    }
}
