//! Formulas, drawn as `MathML` by the engine that shows the page.
//!
//! The library that reads LaTeX is made for input one trusts: it may panic, it recurses with the nesting of commands
//! without braces, and it writes elements by itself. So what it is given is bounded first ([`commands`]), and what it
//! wrote is read again and let through only where it is one of a fixed set of elements and attributes ([`elements`]).

mod commands;
mod elements;

use std::panic::{AssertUnwindSafe, catch_unwind};

use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, ParserError, Storage, push_mathml};

use crate::escape::push_escaped;

/// A longer formula is shown as it was written, in bytes. The longest that people write are pages of aligned equations.
const LONGEST: usize = 8 * 1024;

/// How a formula stands in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Within a line.
    Inline,
    /// On lines of its own.
    Display,
}

/// How much of a formula has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrived {
    /// All of it.
    Whole,
    /// Its beginning.
    Half,
}

/// Appends a formula as `MathML`, with its LaTeX as annotation (`MathML` 3, 5.2.1). As LaTeX alone, in an element of class
/// `source`, while it is still arriving, for half a formula looks different with each character, and where it cannot be
/// read.
pub(crate) fn push_formula(out: &mut String, latex: &str, place: Place, arrived: Arrived) {
    let latex = latex.trim();
    let (opening, source, closing) = match place {
        Place::Inline => ("<span class=\"math\"><math>", "<span class=\"math source\">", "</span>"),
        Place::Display => {
            ("<div class=\"math\"><math display=\"block\">", "<div class=\"math source\">", "</div>")
        }
    };
    let drawn = if arrived == Arrived::Whole { drawn(latex, place) } else { None };
    if let Some(drawn) = drawn {
        out.push_str(opening);
        out.push_str("<semantics><mrow>");
        out.push_str(&drawn);
        out.push_str("</mrow><annotation encoding=\"application/x-tex\">");
        push_escaped(out, latex);
        out.push_str("</annotation></semantics></math>");
    } else {
        out.push_str(source);
        push_escaped(out, latex);
    }
    out.push_str(closing);
}

/// Ends the paragraph around a formula that stands on lines of its own, which HTML does not let stand in one.
pub(crate) fn leave_paragraph(out: &mut String) {
    if out.ends_with("<p>") {
        out.truncate(out.len() - "<p>".len());
    } else {
        out.truncate(out.trim_end().len());
        out.push_str("</p>");
    }
}

/// Ends a paragraph, unless such a formula ended it and has begun another for nothing.
pub(crate) fn end_paragraph(out: &mut String) {
    if out.ends_with("</div><p>") {
        out.truncate(out.len() - "<p>".len());
    } else {
        out.push_str("</p>");
    }
}

/// What stands inside of the semantics of a formula; nothing for one that cannot be read.
fn drawn(latex: &str, place: Place) -> Option<String> {
    if latex.len() > LONGEST {
        return None;
    }
    let latex = commands::readable(latex)?;
    mathml(&latex, place).or_else(|| {
        // People who write for MathJax leave out what puts lines under one another.
        let lines = if latex.contains('&') { "aligned" } else { "gathered" };
        let broken = place == Place::Display && latex.contains(r"\\");
        broken.then(|| mathml(&format!(r"\begin{{{lines}}}{latex}\end{{{lines}}}"), place))?
    })
}

/// A formula in the library's words as elements.
fn mathml(latex: &str, place: Place) -> Option<String> {
    let config = RenderConfig {
        display_mode: match place {
            Place::Inline => DisplayMode::Inline,
            Place::Display => DisplayMode::Block,
        },
        ..RenderConfig::default()
    };
    // Nothing that a panic could leave half done is seen afterwards.
    let written = catch_unwind(AssertUnwindSafe(|| {
        let storage = Storage::new();
        let events = Parser::new(latex, &storage).collect::<Result<Vec<_>, ParserError>>().ok()?;
        let mut written = String::new();
        push_mathml(&mut written, events.into_iter().map(Ok::<_, ParserError>), config).ok()?;
        Some(written)
    }));
    let written = written.ok()??;
    let inner = written.strip_suffix("</math>")?;
    elements::checked(&inner[inner.find('>')? + 1..])
}
