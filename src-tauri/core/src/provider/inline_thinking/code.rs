//! Whether a place in a text of Markdown is code.

/// Where Markdown stands: in prose or in code. After `CommonMark` 0.31.2, sections 4.5 (fenced code blocks) and
/// 6.1 (code spans), with two liberties: fences may be indented at will, because models nest them in lists,
/// and a blank line ends a code span that was never closed, because such a backtick is a mere character.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) span: Span,
    /// Only white space has come on this line.
    blank: bool,
    /// The backticks or tildes that have come last without a gap.
    run: usize,
    run_marker: char,
    run_begins_line: bool,
    /// A line break ends a code span that was not closed.
    keeps_to_lines: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Prose,
    /// Between this many backticks.
    Inline(usize),
    /// On the line of an opening fence.
    Info {
        marker: char,
        length: usize,
    },
    Fence {
        marker: char,
        length: usize,
    },
    /// Behind what is a closing fence if nothing else stands on its line.
    FenceEnd {
        marker: char,
        length: usize,
    },
}

impl Default for Code {
    fn default() -> Self {
        Self {
            span: Span::Prose,
            blank: true,
            run: 0,
            run_marker: '`',
            run_begins_line: false,
            keeps_to_lines: false,
        }
    }
}

impl Code {
    /// Code whose spans keep to their line. Thinking is full of backticks that nothing closes, and one of them must
    /// not reach as far as the next one in the answer.
    pub(super) fn within_lines() -> Self {
        Self { keeps_to_lines: true, ..Self::default() }
    }

    /// Ends the run of backticks or tildes that `next` does not belong to. `None` is the end of everything.
    pub(super) fn settle(&mut self, next: Option<char>) {
        if self.run > 0 && next != Some(self.run_marker) {
            self.end_run();
        }
    }

    pub(super) fn take(&mut self, character: char) {
        self.settle(Some(character));
        let is_marker = matches!(character, '`' | '~');
        if is_marker {
            if self.run == 0 {
                self.run_marker = character;
                self.run_begins_line = self.blank;
            }
            self.run += 1;
            self.blank = false;
        } else if character == '\n' {
            self.span = match self.span {
                Span::Info { marker, length } => Span::Fence { marker, length },
                Span::FenceEnd { .. } => Span::Prose,
                Span::Inline(_) if self.blank || self.keeps_to_lines => Span::Prose,
                Span::Prose | Span::Inline(_) | Span::Fence { .. } => self.span,
            };
            self.blank = true;
        } else if !character.is_ascii_whitespace() {
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
            Span::Prose if marker == '`' => Span::Inline(run),
            Span::Inline(length) if marker == '`' && run == length => Span::Prose,
            // A line such as ```` ```a``` ```` is a code span: no backticks stand behind an opening fence.
            Span::Info { marker: '`', length } if marker == '`' => {
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
