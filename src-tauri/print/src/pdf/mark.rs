//! What is drawn, before it has a page.

use std::rc::Rc;

use krilla::text::{Font, KrillaGlyph};
use parley::FontData;
use skrifa::instance::{LocationRef, NormalizedCoord, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider};

use super::colour::Rgb;

/// What a stretch of text looks like where it is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Ink {
    pub(super) colour: Rgb,
    pub(super) link: Option<usize>,
    pub(super) ground: bool,
    pub(super) struck: bool,
}

/// Glyphs of one font, size and colour that follow one another.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) font: Font,
    /// The file of the font, to measure glyphs.
    pub(super) data: FontData,
    /// The values of its axes, normalized, as it is drawn.
    pub(super) coordinates: Rc<[i16]>,
    pub(super) size: f32,
    pub(super) colour: Rgb,
    /// The text that the glyphs point into, so that it can be read back from the page.
    pub(super) text: Rc<str>,
    pub(super) glyphs: Vec<KrillaGlyph>,
    pub(super) x: f32,
    /// Where the baseline is.
    pub(super) y: f32,
    /// How far the font has to lean because it has no italic, as a tangent.
    pub(super) lean: f32,
    /// Whether the font has to be drawn heavier because it has no bold.
    pub(super) heavier: bool,
    /// How much taller than the font the glyphs are, about the baseline.
    pub(super) stretch: f32,
}

impl Run {
    /// How far its ink reaches above and below the baseline.
    pub(super) fn ink(&self) -> (f32, f32) {
        let mut ink = (0.0_f32, 0.0_f32);
        let Ok(font) = FontRef::from_index(self.data.data.as_ref(), self.data.index) else { return ink };
        let coordinates: Vec<_> =
            self.coordinates.iter().map(|value| NormalizedCoord::from_bits(*value)).collect();
        let metrics = font.glyph_metrics(Size::new(self.size), LocationRef::new(&coordinates));
        for glyph in &self.glyphs {
            if let Some(bounds) = metrics.bounds(GlyphId::new(glyph.glyph_id.to_u32())) {
                ink = (ink.0.max(bounds.y_max), ink.1.max(-bounds.y_min));
            }
        }
        ink
    }
}

/// Where a link leads.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// Out of the document.
    Address(Rc<str>),
    /// To the anchor of that number.
    Anchor(usize),
}

/// One thing on a page. Places are in points, from the left and from the top of what it belongs to.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    Run(Run),
    Box { x: f32, y: f32, width: f32, height: f32, colour: Rgb },
    Stroke { points: Vec<(f32, f32)>, width: f32, colour: Rgb },
    Link { x: f32, y: f32, width: f32, height: f32, to: Target },
}

impl Mark {
    /// The same mark elsewhere.
    pub(super) fn shift(&mut self, right: f32, down: f32) {
        match self {
            Self::Run(Run { x, y, .. }) | Self::Box { x, y, .. } | Self::Link { x, y, .. } => {
                *x += right;
                *y += down;
            }
            Self::Stroke { points, .. } => {
                for (x, y) in points {
                    *x += right;
                    *y += down;
                }
            }
        }
    }
}

/// A coloured column behind the strips of one block, such as the ground of code or the bar of a quote.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ground {
    /// The number of its block: neighbouring strips with one number are one column.
    pub(super) block: usize,
    pub(super) x: f32,
    pub(super) width: f32,
    pub(super) colour: Rgb,
}

/// What of a document is never divided between pages: a line, a row of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Strip {
    /// The space above, which falls away at the top of a page.
    pub(super) gap: f32,
    pub(super) height: f32,
    /// Whether it stands on the page of the one that follows.
    pub(super) keep: bool,
    pub(super) grounds: Vec<Ground>,
    pub(super) marks: Vec<Mark>,
    /// The anchor that it is, for links and for the outline.
    pub(super) anchor: Option<usize>,
    /// What stands above it once more where it begins a page: the head of its table.
    pub(super) head: Option<Rc<Strip>>,
}
