//! The only place where HTML comes from.
//!
//! Elements, classes and attributes are literals here; all that came from a message passes through [`push_escaped`].

use std::borrow::Cow;
use std::fmt::Write;

use pulldown_cmark::{Alignment, CodeBlockKind, CowStr, Event, Tag, TagEnd};

use crate::destination::{Destination, destination};
use crate::elements::{Image, quote_start};
use crate::escape::push_escaped;
use crate::footnotes::Footnotes;
use crate::formula::{Arrived, Place, end_paragraph, leave_paragraph, push_formula};
use crate::highlight::Highlights;
use crate::languages::language;
use crate::linebreak::break_tag;
use crate::linked::{push_link_start, push_linked};
use crate::marks::HALF;
use crate::nesting::Nesting;
use crate::prepare::Prepared;
use crate::tables::is_phrase;

/// What the blocks of a message share.
#[derive(Debug)]
pub(crate) struct Shared<'a> {
    /// Where definitions go and references get their numbers.
    pub(crate) footnotes: &'a mut Footnotes,
    /// Colours of code already known.
    pub(crate) highlights: &'a mut Highlights,
    /// How many code blocks came before.
    pub(crate) codes: usize,
}

/// One top-level block as HTML; nothing for the definition of a footnote, which is shown elsewhere.
pub(crate) fn block(
    events: &[Event<'_>],
    prepared: &Prepared<'_>,
    shared: &mut Shared<'_>,
) -> Option<String> {
    let definition = matches!(events.first(), Some(Event::Start(Tag::FootnoteDefinition(_))));
    let mut writer = Writer {
        prepared,
        shared,
        out: String::new(),
        text: String::new(),
        enclosing: Vec::new(),
        links: Vec::new(),
        images: Vec::new(),
        paragraphs: 0,
        containers: Nesting::default(),
        markups: Nesting::default(),
        columns: Vec::new(),
        column: 0,
        cell_attributes: 0,
        head: false,
        code: None,
    };
    for (at, event) in events.iter().enumerate() {
        writer.event(event, &events[at + 1..]);
    }
    writer.flush_text();
    (!definition).then_some(writer.out)
}

struct Writer<'a, 's> {
    prepared: &'a Prepared<'a>,
    shared: &'a mut Shared<'s>,
    out: String,
    /// Neighbouring pieces of text, gathered so that an address is seen whole.
    text: String,
    /// What was being written when a footnote's definition or an image began.
    enclosing: Vec<(String, CowStr<'a>)>,
    /// How each open link closes.
    links: Vec<&'static str>,
    images: Vec<Image>,
    paragraphs: usize,
    /// Quotes and lists.
    containers: Nesting,
    /// Elements within a line.
    markups: Nesting,
    columns: Vec<Alignment>,
    column: usize,
    cell_attributes: usize,
    head: bool,
    code: Option<Code>,
}

/// A code block while its lines are being read.
struct Code {
    language: String,
    text: String,
}

impl<'a> Writer<'a, '_> {
    fn event(&mut self, event: &Event<'a>, following: &[Event<'a>]) {
        if !matches!(event, Event::Text(_)) {
            self.flush_text();
        }
        match event {
            Event::Start(tag) => self.start(tag, following),
            Event::End(tag) => self.end(*tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.text.push_str(&self.prepared.code(text)),
                None => self.text.push_str(text),
            },
            Event::Code(code) => {
                let code = self.prepared.code(code);
                self.inline("<code>", &code, "</code>");
            }
            Event::InlineMath(formula) => {
                self.formula(formula, Place::Inline);
            }
            Event::DisplayMath(formula) => self.display(formula, following),
            // Raw HTML is text: it is shown, not obeyed.
            Event::InlineHtml(html) if break_tag(html).is_some() => match self.images.last_mut() {
                Some(image) => image.description.push(' '),
                None => self.out.push_str("<br>"),
            },
            Event::InlineHtml(html) => {
                let html = self.prepared.code(html);
                self.inline("", &html, "");
            }
            Event::Html(html) => {
                let html = self.prepared.code(html);
                for line in html.split_inclusive('\n') {
                    push_escaped(&mut self.out, line.trim_end_matches(['\n', '\r']));
                    self.out.push_str("<br>");
                }
            }
            Event::FootnoteReference(label) => {
                let number = self.shared.footnotes.number(&self.prepared.code(label));
                self.inline("<sup class=\"footnote\">", &number.to_string(), "</sup>");
            }
            // Behind a break the line is broken already, and the page shows a line break of the text as one.
            Event::SoftBreak if self.images.is_empty() && self.out.ends_with("<br>") => {}
            Event::SoftBreak => self.inline("", "\n", ""),
            Event::HardBreak => match self.images.last_mut() {
                Some(image) => image.description.push(' '),
                None => self.out.push_str("<br>"),
            },
            Event::Rule => self.out.push_str("<hr>"),
            Event::TaskListMarker(done) => {
                self.out.push_str("<input type=\"checkbox\" disabled");
                self.out.push_str(if *done { " checked> " } else { "> " });
            }
        }
    }

    /// Something within a line. Inside an image only its characters count.
    fn inline(&mut self, opening: &str, text: &str, closing: &str) {
        if let Some(image) = self.images.last_mut() {
            image.description.push_str(text);
        } else {
            self.out.push_str(opening);
            push_escaped(&mut self.out, text);
            self.out.push_str(closing);
        }
    }

    fn flush_text(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let gathered = std::mem::take(&mut self.text);
        let text = self.prepared.text(&gathered);
        if let Some(image) = self.images.last_mut() {
            image.description.push_str(&text);
        } else if self.links.is_empty() {
            push_linked(&mut self.out, &text);
        } else {
            push_escaped(&mut self.out, &text);
        }
        self.text = gathered;
        self.text.clear();
    }

    fn formula(&mut self, formula: &str, place: Place) {
        let arrived = if formula.contains(HALF) { Arrived::Half } else { Arrived::Whole };
        let formula = self.prepared.formula(formula);
        if let Some(image) = self.images.last_mut() {
            image.description.push_str(&formula);
            return;
        }
        push_formula(&mut self.out, &formula, place, arrived);
    }

    /// A formula on lines of its own. HTML does not let it stand in a paragraph, so it divides the one around it.
    fn display(&mut self, formula: &str, following: &[Event<'a>]) {
        let divides = self.paragraphs > 0
            && self.images.is_empty()
            && self.links.is_empty()
            && self.out.ends_with("<p>") | self.out.ends_with('\n')
            && matches!(following.first(), Some(Event::End(TagEnd::Paragraph) | Event::SoftBreak));
        if !divides {
            self.formula(formula, Place::Inline);
            return;
        }
        leave_paragraph(&mut self.out);
        self.formula(formula, Place::Display);
        self.out.push_str("<p>");
    }

    fn start(&mut self, tag: &Tag<'a>, following: &[Event<'a>]) {
        match tag {
            Tag::Paragraph => {
                self.paragraphs += 1;
                self.out.push_str("<p>");
            }
            Tag::HtmlBlock => self.out.push_str("<p>"),
            // Writing to a String cannot fail.
            Tag::Heading { level, .. } => drop(write!(self.out, "<{level}>")),
            Tag::BlockQuote(_) | Tag::List(_) if !self.containers.enter() => {}
            Tag::BlockQuote(kind) => self.out.push_str(quote_start(*kind)),
            Tag::CodeBlock(kind) => {
                let info = match kind {
                    CodeBlockKind::Indented => Cow::Borrowed(""),
                    CodeBlockKind::Fenced(info) => self.prepared.text(info),
                };
                self.code = Some(Code { language: language(&info).to_owned(), text: String::new() });
            }
            Tag::List(None) => self.out.push_str("<ul>"),
            Tag::List(Some(1)) => self.out.push_str("<ol>"),
            Tag::List(Some(first)) => drop(write!(self.out, "<ol start=\"{first}\">")),
            Tag::Item => {
                if !self.containers.shows() {
                    return;
                }
                let task = following
                    .iter()
                    .find(|event| !matches!(event, Event::Start(Tag::Paragraph)))
                    .is_some_and(|event| matches!(event, Event::TaskListMarker(_)));
                self.out.push_str(if task { "<li class=\"task\">" } else { "<li>" });
            }
            Tag::FootnoteDefinition(label) => {
                self.enclosing.push((std::mem::take(&mut self.out), label.clone()));
            }
            Tag::Table(columns) => {
                self.columns.clone_from(columns);
                self.out.push_str("<div class=\"table\"><table>");
            }
            Tag::TableHead | Tag::TableRow => {
                self.head = matches!(tag, Tag::TableHead);
                self.column = 0;
                self.out.push_str(if self.head { "<thead><tr>" } else { "<tr>" });
            }
            Tag::TableCell => {
                self.out.push_str(if self.head { "<th" } else { "<td" });
                self.cell_attributes = self.out.len();
                self.out.push_str(match self.columns.get(self.column) {
                    None | Some(Alignment::None) => ">",
                    Some(Alignment::Left) => " align=\"left\">",
                    Some(Alignment::Center) => " align=\"center\">",
                    Some(Alignment::Right) => " align=\"right\">",
                });
                self.column += 1;
            }
            Tag::Emphasis => self.nest("<em>"),
            Tag::Strong => self.nest("<strong>"),
            Tag::Strikethrough => self.nest("<del>"),
            Tag::Link { dest_url, link_type, .. } => {
                let written = self.prepared.text(dest_url);
                if *link_type == pulldown_cmark::LinkType::Email {
                    self.start_link(&format!("mailto:{written}"));
                } else {
                    self.start_link(&written);
                }
            }
            Tag::Image { dest_url, .. } => {
                let destination = destination(&self.prepared.text(dest_url));
                self.images.push(Image { destination, description: String::new() });
            }
            // Not in the dialect.
            Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn nest(&mut self, tag: &str) {
        if self.markups.enter() {
            self.markup(tag);
        }
    }

    fn unnest(&mut self, tag: &str) {
        if self.markups.leave() {
            self.markup(tag);
        }
    }

    /// An element within a line, which an image's description cannot hold.
    fn markup(&mut self, tag: &str) {
        if self.images.is_empty() {
            self.out.push_str(tag);
        }
    }

    fn start_link(&mut self, written: &str) {
        match destination(written) {
            Destination::Web { address, .. } | Destination::Mail { address } => {
                if self.images.is_empty() {
                    push_link_start(&mut self.out, &address);
                }
                self.links.push("</a>");
            }
            Destination::Refused => {
                if self.images.is_empty() {
                    self.out.push_str("<span class=\"link-refused\" title=\"");
                    push_escaped(&mut self.out, written);
                    self.out.push_str("\">");
                }
                self.links.push("</span>");
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.paragraphs = self.paragraphs.saturating_sub(1);
                end_paragraph(&mut self.out);
            }
            TagEnd::HtmlBlock => {
                self.out.truncate(self.out.trim_end_matches("<br>").len());
                self.out.push_str("</p>");
            }
            // Writing to a String cannot fail.
            TagEnd::Heading(level) => drop(write!(self.out, "</{level}>")),
            TagEnd::BlockQuote(_) | TagEnd::List(_) if !self.containers.leave() => {}
            TagEnd::BlockQuote(_) => self.out.push_str("</blockquote>"),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(false) => self.out.push_str("</ul>"),
            TagEnd::List(true) => self.out.push_str("</ol>"),
            TagEnd::Item => {
                if self.containers.shows() {
                    self.out.push_str("</li>");
                } else if !self.out.ends_with('>') {
                    self.out.push_str("<br>");
                }
            }
            TagEnd::FootnoteDefinition => {
                if let Some((out, label)) = self.enclosing.pop() {
                    let note = std::mem::replace(&mut self.out, out);
                    self.shared.footnotes.define(&self.prepared.code(&label), note);
                }
            }
            TagEnd::Table => self.out.push_str("</tbody></table></div>"),
            TagEnd::TableHead => self.out.push_str("</tr></thead><tbody>"),
            TagEnd::TableRow => self.out.push_str("</tr>"),
            TagEnd::TableCell => {
                let class = if is_phrase(&self.out[self.cell_attributes..]) { " class=\"wide\"" } else { "" };
                self.out.insert_str(self.cell_attributes, class);
                self.out.push_str(if self.head { "</th>" } else { "</td>" });
            }
            TagEnd::Emphasis => self.unnest("</em>"),
            TagEnd::Strong => self.unnest("</strong>"),
            TagEnd::Strikethrough => self.unnest("</del>"),
            TagEnd::Link => {
                let closing = self.links.pop().unwrap_or_default();
                self.markup(closing);
            }
            TagEnd::Image => self.end_image(),
            // Not in the dialect.
            TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn end_code(&mut self) {
        let Some(code) = self.code.take() else {
            return;
        };
        self.out.push_str("<figure class=\"code\" data-language=\"");
        push_escaped(&mut self.out, &code.language);
        self.out.push_str("\"><pre><code>");
        self.shared.highlights.push_code(&mut self.out, self.shared.codes, &code.language, &code.text);
        self.shared.codes += 1;
        self.out.push_str("</code></pre></figure>");
    }

    fn end_image(&mut self) {
        let Some(image) = self.images.pop() else {
            return;
        };
        if let Some(outer) = self.images.last_mut() {
            outer.description.push_str(&image.description);
            return;
        }
        image.push_html(&mut self.out);
    }
}
