//! Text into lines.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use krilla::text::{GlyphId, KrillaGlyph};
use parley::{
    Alignment, AlignmentOptions, BaseDirection, FontFamily, FontStyle, FontWeight, GlyphRun, InlineBox,
    InlineBoxKind, Layout, LineHeight, OverflowWrap, PositionedLayoutItem, StyleProperty, VerticalAlign,
};

use super::colour::{ACCENT, CODE_IN_LINE, Rgb, TEXT};
use super::families::{Face, east, pictures};
use super::fonts::Fonts;
use super::mark::{Ink, Mark, Run, Target};
use super::page::WIDTH;

/// How a text is set where nothing in it says otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) size: f32,
    /// The height of a line, as a multiple of the size.
    pub(super) leading: f32,
    pub(super) colour: Rgb,
    pub(super) face: Face,
    pub(super) bold: bool,
    /// How wide a formula in it may be.
    pub(super) room: f32,
}

impl Look {
    /// How text is set that is read.
    pub(super) fn text(size: f32, colour: Rgb) -> Self {
        Self { size, leading: 1.45, colour, face: Face::Text, bold: false, room: WIDTH }
    }

    pub(super) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// How code of that text is set.
    pub(super) fn code(self) -> Self {
        Self { size: self.size * 0.83, leading: 1.42, face: Face::Code, ..self }
    }
}

/// How a stretch of a text differs from what is around it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a mark of its own, and any may stand with any other"
)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) code: bool,
    pub(super) struck: bool,
    /// Small and raised, as the number of a note.
    pub(super) raised: bool,
    pub(super) colour: Option<Rgb>,
    /// The number of a link.
    pub(super) link: Option<usize>,
}

/// Something drawn that stands in a line, such as a formula. Its marks lie around the left end of its baseline.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn {
    pub(super) width: f32,
    pub(super) ascent: f32,
    pub(super) descent: f32,
    pub(super) marks: Vec<Mark>,
}

/// A text with what is special about its parts.
#[derive(Debug, Default)]
pub(super) struct Rich {
    pub(super) text: String,
    pub(super) styles: Vec<(Range<usize>, Style)>,
    /// What is drawn, and before which byte.
    pub(super) drawn: Vec<(usize, Drawn)>,
    /// Where its links lead.
    pub(super) links: Vec<Rc<str>>,
}

impl Rich {
    pub(super) fn plain(text: &str) -> Self {
        let mut rich = Self::default();
        rich.push(text, Style::default());
        rich
    }

    /// Appends text. Control characters have no glyphs and would only be boxes.
    pub(super) fn push(&mut self, text: &str, style: Style) {
        let start = self.text.len();
        self.text.extend(text.chars().filter(|&char| matches!(char, '\n' | '\t') || !char.is_control()));
        if style != Style::default() && self.text.len() > start {
            self.styles.push((start..self.text.len(), style));
        }
    }

    /// Takes away the space it begins with.
    pub(super) fn trim_start(&mut self) {
        let space = self.text.len() - self.text.trim_start_matches([' ', '\n', '\t']).len();
        self.text.drain(..space);
        for (range, _) in &mut self.styles {
            *range = range.start.saturating_sub(space)..range.end.saturating_sub(space);
        }
        self.styles.retain(|(range, _)| !range.is_empty());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.drawn.is_empty()
    }
}

/// A line, with its marks as seen from its left top.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) height: f32,
    pub(super) baseline: f32,
    pub(super) width: f32,
    pub(super) marks: Vec<Mark>,
}

/// A text whose glyphs are chosen, but whose lines are not.
pub(super) struct Shaped<'a> {
    rich: &'a Rich,
    text: Rc<str>,
    layout: Layout<Ink>,
}

/// How text lies between its edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Where its writing begins.
    Start,
    Left,
    Centre,
    Right,
}

/// Whether a text begins with a word that is written from the right.
pub(super) fn from_right(text: &str) -> bool {
    text.chars().find(|char| char.is_alphabetic()).is_some_and(
        |char| matches!(char, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'),
    )
}

impl<'a> Shaped<'a> {
    /// Chooses the glyphs of a text.
    pub(super) fn new(fonts: &mut Fonts, rich: &'a Rich, look: Look) -> Self {
        let ink = Ink { colour: look.colour, ..Ink::default() };
        let east = east(&rich.text);
        let families =
            |face| StyleProperty::FontFamily(FontFamily::List(Cow::Owned(fonts.families.list(face, east))));
        let mut builder = fonts.layouts.ranged_builder(&mut fonts.context, &rich.text, 1.0, false);
        builder.push_default(families(look.face));
        builder.push_default(StyleProperty::FontSize(look.size));
        builder.push_default(StyleProperty::LineHeight(LineHeight::Absolute(look.size * look.leading)));
        builder.push_default(StyleProperty::Brush(ink));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::BreakWord));
        if look.bold {
            builder.push_default(StyleProperty::FontWeight(FontWeight::SEMI_BOLD));
        }
        if look.face == Face::Code {
            builder.set_base_direction(BaseDirection::Ltr);
        }
        for (range, style) in &rich.styles {
            let mut set = |property| builder.push(property, range.clone());
            let link = style.link.map(|_| ACCENT);
            set(StyleProperty::Brush(Ink {
                colour: style.colour.or(link).unwrap_or(look.colour),
                link: style.link,
                ground: style.code && look.face == Face::Text,
                struck: style.struck,
            }));
            if style.bold {
                set(StyleProperty::FontWeight(FontWeight::BOLD));
            }
            if style.italic {
                set(StyleProperty::FontStyle(FontStyle::Italic));
            }
            if style.code && look.face == Face::Text {
                set(families(Face::Code));
                set(StyleProperty::FontSize(look.size * 0.88));
            }
            if style.raised {
                set(StyleProperty::FontSize(look.size * 0.68));
                set(StyleProperty::VerticalAlign(VerticalAlign::length(look.size * 0.36)));
                set(StyleProperty::LineHeight(LineHeight::Absolute(look.size * 0.7)));
            }
        }
        for range in pictures(&rich.text) {
            builder.push(families(Face::Emoji), range);
        }
        for (number, (index, drawn)) in rich.drawn.iter().enumerate() {
            builder.push_inline_box(InlineBox {
                id: number as u64,
                kind: InlineBoxKind::InFlow,
                index: *index,
                width: drawn.width,
                height: drawn.ascent + drawn.descent,
                baseline: Some(drawn.ascent),
                vertical_align: VerticalAlign::BASELINE,
            });
        }
        let layout = builder.build(&rich.text);
        Self { rich, text: Rc::from(rich.text.as_str()), layout }
    }

    /// How wide it is when every line is broken where it may be, and when none is.
    pub(super) fn widths(&self) -> (f32, f32) {
        let widths = self.layout.calculate_content_widths();
        (widths.min, widths.max)
    }

    /// Its lines, none wider than they may be.
    pub(super) fn lines(&mut self, fonts: &mut Fonts, width: f32, align: Align) -> Vec<Line> {
        self.layout.break_all_lines(Some(width));
        let align = match align {
            Align::Start => Alignment::Start,
            Align::Left => Alignment::Left,
            Align::Centre => Alignment::Center,
            Align::Right => Alignment::Right,
        };
        self.layout.align(align, AlignmentOptions::default());
        self.layout.lines().map(|line| self.line(fonts, &line)).collect()
    }

    fn line(&self, fonts: &mut Fonts, line: &parley::Line<'_, Ink>) -> Line {
        let metrics = line.metrics();
        let top = metrics.block_min_coord;
        let mut behind = Vec::new();
        let mut marks = Vec::new();
        // Runs of glyphs of one style divide runs of one font: what of the current font's has been used.
        let mut current = usize::MAX;
        let mut glyphs: std::vec::IntoIter<KrillaGlyph> = Vec::new().into_iter();
        for item in line.items() {
            match item {
                PositionedLayoutItem::InlineBox(place) => {
                    let number = usize::try_from(place.id).unwrap_or(usize::MAX);
                    let Some((_, drawn)) = self.rich.drawn.get(number) else { continue };
                    for mark in &drawn.marks {
                        let mut mark = mark.clone();
                        mark.shift(place.x, place.y + drawn.ascent - top);
                        marks.push(mark);
                    }
                }
                PositionedLayoutItem::GlyphRun(run) => {
                    if run.run().index() != current {
                        current = run.run().index();
                        glyphs = glyphs_of(run.run()).into_iter();
                    }
                    let count = run.glyphs().count();
                    let glyphs: Vec<_> = glyphs.by_ref().take(count).collect();
                    self.push_run(fonts, &run, glyphs, top, &mut behind, &mut marks);
                }
            }
        }
        behind.append(&mut marks);
        Line {
            height: metrics.block_max_coord - top,
            baseline: metrics.baseline - top,
            width: metrics.advance - metrics.hanging_advance,
            marks: behind,
        }
    }

    fn push_run(
        &self,
        fonts: &mut Fonts,
        run: &GlyphRun<'_, Ink>,
        glyphs: Vec<KrillaGlyph>,
        top: f32,
        behind: &mut Vec<Mark>,
        marks: &mut Vec<Mark>,
    ) {
        let ink = run.style().brush;
        let size = run.run().font_size();
        let (x, y, width) = (run.offset(), run.baseline() - top, run.advance());
        if ink.ground {
            let colour = CODE_IN_LINE;
            behind.push(Mark::Box {
                x: x - 1.5,
                y: y - size * 0.97,
                width: width + 3.0,
                height: size * 1.28,
                colour,
            });
        }
        if let Some(font) = fonts.embedded(run.run()) {
            let synthesis = run.run().synthesis();
            marks.push(Mark::Run(Run {
                font,
                data: run.run().font().clone(),
                coordinates: run.run().normalized_coords().iter().map(|value| value.to_bits()).collect(),
                size,
                colour: ink.colour,
                text: Rc::clone(&self.text),
                glyphs,
                x,
                y,
                lean: synthesis.skew().map_or(0.0, |degrees| degrees.to_radians().tan()),
                heavier: synthesis.embolden(),
                stretch: 1.0,
            }));
        }
        let rule = |y: f32| Mark::Box { x, y, width, height: size * 0.055, colour: ink.colour };
        if ink.struck {
            marks.push(rule(y - size * 0.29));
        }
        if let Some(address) = ink.link.and_then(|link| self.rich.links.get(link)) {
            marks.push(rule(y + size * 0.13));
            let to = Target::Address(Rc::clone(address));
            marks.push(Mark::Link { x, y: y - size, width, height: size * 1.3, to });
        }
    }
}

/// The glyphs of a run from left to right, each with the text that it stands for.
fn glyphs_of(run: &parley::Run<'_, Ink>) -> Vec<KrillaGlyph> {
    let size = run.font_size().max(f32::MIN_POSITIVE);
    let mut glyphs: Vec<KrillaGlyph> = Vec::new();
    // Text of a ligature whose glyph is still to come, in writing from the right.
    let mut waiting: Option<Range<usize>> = None;
    for cluster in run.visual_clusters() {
        let mut range = cluster.text_range();
        if cluster.is_ligature_continuation() {
            if run.is_rtl() {
                waiting = Some(waiting.map_or(range.clone(), |known| range.start..known.end));
            } else if let Some(last) = glyphs.last_mut() {
                last.text_range.end = range.end;
            }
            continue;
        }
        if let Some(waiting) = waiting.take() {
            range.end = range.end.max(waiting.end);
        }
        for glyph in cluster.glyphs() {
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(glyph.id),
                glyph.advance / size,
                glyph.x / size,
                -glyph.y / size,
                0.0,
                range.clone(),
                None,
            ));
        }
    }
    glyphs
}

/// How the text of a document is set.
pub(super) const BODY: f32 = 10.5;

/// The look of a document's text.
pub(super) fn body() -> Look {
    Look::text(BODY, TEXT)
}

#[cfg(test)]
mod tests {
    use super::{Align, Rich, Shaped, body};
    use crate::pdf::fonts::Fonts;
    use crate::pdf::mark::Mark;

    #[test]
    fn every_character_can_be_read_back() {
        let mut fonts = Fonts::new().unwrap();
        for text in [
            "An office of fine affiliates, broken into several lines of a few words.",
            "مرحبا بالعالم English لا 123",
            "שלום (עולם)",
            "中文,日本語 한국어",
            "हिन्दी क्षत्रिय ไทย",
            "👨\u{200d}👩\u{200d}👧 👍🏽 🇩🇪 e\u{301}",
            "no font \u{10fffd}",
        ] {
            let rich = Rich::plain(text);
            let lines = Shaped::new(&mut fonts, &rich, body()).lines(&mut fonts, 120.0, Align::Start);
            let mut read = vec![false; text.len()];
            for mark in lines.iter().flat_map(|line| &line.marks) {
                let Mark::Run(run) = mark else { continue };
                for glyph in &run.glyphs {
                    assert!(run.text.get(glyph.text_range.clone()).is_some(), "{text}: {glyph:?}");
                    read[glyph.text_range.clone()].fill(true);
                }
            }
            let lost: String =
                text.char_indices().filter(|(at, _)| !read[*at]).map(|(_, char)| char).collect();
            assert!(lost.trim().is_empty(), "{text} without {lost:?}");
        }
    }
}
