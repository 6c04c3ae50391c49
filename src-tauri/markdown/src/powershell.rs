//! Colours for `PowerShell`, the one widespread language whose grammar the regular expressions here cannot run.

/// What a line of `PowerShell` begins in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PowerShell {
    #[default]
    Code,
    /// `<# .. #>`
    Comment,
    /// `@" .. "@` or `@' .. '@`
    Text(char),
}

const KEYWORDS: &str = "\
    begin break catch class continue data do dynamicparam else elseif end enum exit filter finally for \
    foreach from function if in param process return switch throw trap try until using while";

const OPERATORS: &str = "\
    -and -as -band -bnot -bor -bxor -ceq -cmatch -contains -creplace -eq -f -ge -gt -ieq -imatch -in -is \
    -isnot -join -le -like -lt -match -ne -not -notcontains -notin -notlike -notmatch -or -replace -shl \
    -shr -split -xor";

impl PowerShell {
    /// Cuts a line into pieces and gives each with its class, in order and without gaps.
    pub(crate) fn read<'l>(&mut self, line: &'l str, mut piece: impl FnMut(Option<&'static str>, &'l str)) {
        let mut rest = line;
        let mut before = None;
        while let Some(first) = rest.chars().next() {
            let (class, length) = match *self {
                Self::Code => self.code(rest, first, before),
                Self::Comment => (Some("comment"), self.until(rest, "#>")),
                Self::Text(quote) => (Some("string"), self.until_text_end(rest, quote, before)),
            };
            let (token, after) = rest.split_at(length.clamp(first.len_utf8(), rest.len()));
            piece(class, token);
            before = token.chars().next_back();
            rest = after;
        }
    }

    fn until(&mut self, rest: &str, end: &str) -> usize {
        match rest.find(end) {
            Some(at) => {
                *self = Self::Code;
                at + end.len()
            }
            None => rest.len(),
        }
    }

    /// A long text ends where a line begins with its mark.
    fn until_text_end(&mut self, rest: &str, quote: char, before: Option<char>) -> usize {
        let ends = before.is_none() && rest.strip_prefix(quote).is_some_and(|rest| rest.starts_with('@'));
        if ends {
            *self = Self::Code;
            return 2;
        }
        rest.len()
    }

    fn code(&mut self, rest: &str, first: char, before: Option<char>) -> (Option<&'static str>, usize) {
        let starts_word =
            !before.is_some_and(|before| before.is_alphanumeric() || before == '_' || before == '-');
        match first {
            '<' if rest.starts_with("<#") => {
                *self = Self::Comment;
                (Some("comment"), 2)
            }
            '#' if starts_word => (Some("comment"), rest.trim_end_matches('\n').len()),
            '@' if rest[1..].trim_end() == "\"" || rest[1..].trim_end() == "'" => {
                *self = Self::Text(if rest[1..].starts_with('"') { '"' } else { '\'' });
                (Some("string"), rest.len())
            }
            '"' | '\'' => (Some("string"), quoted(rest, first)),
            '`' => (Some("escape"), 1 + rest[1..].chars().next().map_or(0, char::len_utf8)),
            '$' => (Some("variable"), variable(rest)),
            '[' if rest[1..].starts_with(char::is_alphabetic) => match rest.find(']') {
                Some(end)
                    if rest[1..end]
                        .chars()
                        .all(|next| next.is_alphanumeric() || matches!(next, '.' | '[' | ',' | ' ')) =>
                {
                    (Some("type"), end + 1)
                }
                Some(_) | None => (Some("punctuation"), 1),
            },
            '-' if starts_word && rest[1..].starts_with(|next: char| next.is_ascii_alphabetic()) => {
                let length = 1 + word(&rest[1..]);
                let operator = is_one_of(OPERATORS, &rest[..length]);
                (Some(if operator { "operator" } else { "attribute" }), length)
            }
            '0'..='9' if starts_word => (
                Some("number"),
                rest.find(|next: char| !next.is_ascii_alphanumeric() && next != '.').unwrap_or(rest.len()),
            ),
            _ if first.is_alphabetic() || first == '_' => {
                let length = word(rest);
                let (start, dash) = (&rest[..length], rest[..length].contains('-'));
                let class =
                    if is_one_of(KEYWORDS, start) { Some("keyword") } else { dash.then_some("function") };
                (class, length)
            }
            '(' | ')' | '{' | '}' | '[' | ']' | ',' | ';' => (Some("punctuation"), 1),
            '=' | '+' | '-' | '*' | '/' | '%' | '|' | '&' | '<' | '>' | '!' => (Some("operator"), 1),
            _ => (None, first.len_utf8()),
        }
    }
}

fn word(rest: &str) -> usize {
    rest.find(|next: char| !next.is_alphanumeric() && next != '_' && next != '-').unwrap_or(rest.len())
}

fn variable(rest: &str) -> usize {
    if rest.starts_with("${") {
        return rest.find('}').map_or(rest.len(), |end| end + 1);
    }
    let name = rest[1..]
        .find(|next: char| !next.is_alphanumeric() && next != '_' && next != ':')
        .unwrap_or(rest.len() - 1);
    // `$_`, `$?` and `$$` are variables too.
    if name == 0 && rest[1..].starts_with(['?', '$', '^']) { 2 } else { 1 + name }
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, next) in rest.char_indices().skip(1) {
        if next == quote && !escaped {
            return at + 1;
        }
        escaped = next == '`' && quote == '"' && !escaped;
    }
    rest.len()
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::PowerShell;

    #[test]
    fn pieces() {
        let mut state = PowerShell::default();
        let mut seen = String::new();
        for line in [
            "Get-ChildItem -Path $env:TEMP | Where-Object { $_.Length -gt 10KB } # big\n",
            "<# a\n",
            "b #> [string]$x = \"y `\" $z\"; if (1) {}\n",
            "@'\n",
            "any $thing\n",
            "'@\n",
        ] {
            let mut whole = String::new();
            state.read(line, |class, text| {
                whole.push_str(text);
                if let Some(class) = class {
                    seen.extend([class, ":", text.trim_end(), " "]);
                }
            });
            assert_eq!(whole, line, "nothing is lost");
        }
        assert_eq!(
            seen,
            "function:Get-ChildItem attribute:-Path variable:$env:TEMP operator:| function:Where-Object punctuation:{ \
             variable:$_ operator:-gt number:10KB punctuation:} comment:# big comment:<# comment: a comment:b #> \
             type:[string] variable:$x operator:= string:\"y `\" $z\" punctuation:; keyword:if punctuation:( number:1 \
             punctuation:) punctuation:{ punctuation:} string:@' string:any $thing string:'@ "
        );
    }
}
