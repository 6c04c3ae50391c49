//! One text, parsed and cut into its top-level blocks.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::prepare::Prepared;

/// The dialect: `CommonMark`, GitHub's extensions and formulas.
pub(crate) fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM
}

/// What the parser said about a text.
#[derive(Debug)]
pub(crate) struct Parsed<'a> {
    events: Vec<Event<'a>>,
    blocks: Vec<TopLevel>,
    /// Link definitions in the order of the text.
    pub(crate) definitions: Vec<Definition>,
}

#[derive(Debug)]
struct TopLevel {
    start: usize,
    events: Range<usize>,
}

/// `[label]: destination "title"`.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) label: String,
    pub(crate) destination: String,
    pub(crate) start: usize,
}

/// Parses a prepared text. What begins before `from` is context only and not among the blocks.
pub(crate) fn parse<'a>(prepared: &'a Prepared<'_>, from: usize) -> Parsed<'a> {
    let source = prepared.source();
    let parser = Parser::new_ext(source, options());
    let mut definitions: Vec<Definition> = parser
        .reference_definitions()
        .iter()
        .filter(|(_, definition)| definition.span.start >= from)
        .map(|(label, definition)| Definition {
            label: prepared.code(label).into_owned(),
            destination: prepared.text(&definition.dest).into_owned(),
            start: prepared.original(definition.span.start),
        })
        .collect();
    definitions.sort_by_key(|definition| definition.start);
    let mut events = Vec::new();
    let mut blocks: Vec<TopLevel> = Vec::new();
    let mut depth = 0_usize;
    let mut context = false;
    for (event, range) in parser.into_offset_iter() {
        if depth == 0 && !matches!(event, Event::End(_)) {
            context = range.start < from;
            if !context {
                let start = prepared.original(line_start(source, range.start));
                blocks.push(TopLevel { start, events: events.len()..events.len() });
            }
        }
        if matches!(event, Event::Start(_)) {
            depth += 1;
        } else if matches!(event, Event::End(_)) {
            depth = depth.saturating_sub(1);
        }
        if !context {
            events.push(event);
            if let Some(block) = blocks.last_mut() {
                block.events.end = events.len();
            }
        }
    }
    Parsed { events, blocks, definitions }
}

/// An indented block's range begins after the indentation, which has to stay with it.
fn line_start(source: &str, offset: usize) -> usize {
    source[..offset].trim_end_matches([' ', '\t']).len()
}

impl<'a> Parsed<'a> {
    /// How many top-level blocks there are, definitions of footnotes included.
    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Where in the original text a block starts.
    pub(crate) fn start_of(&self, block: usize) -> Option<usize> {
        self.blocks.get(block).map(|block| block.start)
    }

    pub(crate) fn blocks(&self) -> impl Iterator<Item = &[Event<'a>]> {
        self.blocks.iter().map(|block| &self.events[block.events.clone()])
    }

    /// Labels of the footnotes that are defined anywhere in the text.
    pub(crate) fn footnotes(&self) -> impl Iterator<Item = &str> {
        self.events.iter().filter_map(|event| {
            if let Event::Start(Tag::FootnoteDefinition(label)) = event { Some(&**label) } else { None }
        })
    }
}
