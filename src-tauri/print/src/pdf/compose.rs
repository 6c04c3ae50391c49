//! Strips one under another.

use super::colour::HAIRLINE;
use super::fonts::Fonts;
use super::mark::{Ground, Mark, Strip};
use super::text::{Align, Line, Look, Rich, Shaped};

/// What is inset stops here, so that deep lists and quotes keep room for words.
const NARROWEST: f32 = 200.0;
/// Between blocks.
pub(super) const GAP: f32 = 7.0;

/// Where a block stands, and how its text is set.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) x: f32,
    pub(super) width: f32,
    pub(super) look: Look,
    /// What is behind it.
    pub(super) grounds: Vec<Ground>,
    pub(super) depth: usize,
    /// Between the items of a list, and what is in them.
    pub(super) gap: f32,
}

impl Place {
    /// A place of the same height that is set back by a distance, at the side where writing begins; whether it is.
    pub(super) fn inset(&self, by: f32, from_right: bool) -> (Self, bool) {
        let mut place = self.clone();
        place.depth += 1;
        let fits = self.width - by >= NARROWEST;
        if fits {
            place.width -= by;
            place.look.room = place.width;
            place.x += if from_right { 0.0 } else { by };
        }
        (place, fits)
    }
}

/// What is waiting to stand beside the first line of an item, with its baseline at 0.
#[derive(Debug)]
pub(super) struct Marker {
    pub(super) marks: Vec<Mark>,
}

/// Makes strips of blocks.
pub(super) struct Composer<'f> {
    pub(super) fonts: &'f mut Fonts,
    pub(super) strips: Vec<Strip>,
    pub(super) marker: Option<Marker>,
    gap: f32,
    blocks: usize,
}

impl<'f> Composer<'f> {
    pub(super) fn new(fonts: &'f mut Fonts) -> Self {
        Self { fonts, strips: Vec::new(), marker: None, gap: 0.0, blocks: 0 }
    }

    /// Asks for space above what comes next. The largest that is asked for counts.
    pub(super) fn gap(&mut self, gap: f32) {
        self.gap = self.gap.max(gap);
    }

    /// Sets the space above what comes next, whatever was asked for before.
    pub(super) fn gap_of(&mut self, gap: f32) {
        self.gap = gap;
    }

    /// A number for a block with a ground.
    pub(super) fn next_block(&mut self) -> usize {
        self.blocks += 1;
        self.blocks
    }

    /// Takes in the strips of a block. Neither its first line nor its last stands alone on a page.
    pub(super) fn push_all(&mut self, mut strips: Vec<Strip>, place: &Place, ground: Option<&Ground>) {
        let count = strips.len();
        for (at, strip) in strips.iter_mut().enumerate() {
            strip.keep |= count > 1 && (at == 0 || at + 2 == count);
            strip.grounds = place.grounds.iter().chain(ground).cloned().collect();
        }
        if let Some(first) = strips.first_mut() {
            first.gap = std::mem::take(&mut self.gap);
            if let Some(marker) = self.marker.take() {
                first.marks.extend(at(marker.marks, place.look.size * 1.12));
            }
        }
        self.strips.append(&mut strips);
    }

    /// Lines as strips.
    pub(super) fn push_lines(&mut self, lines: Vec<Line>, place: &Place, keep: bool) {
        let mut beside = lines.first().and_then(|first| Some((self.marker.take()?, first.baseline)));
        let strips = lines.into_iter().map(|line| {
            let mut marks = line.marks;
            for mark in &mut marks {
                mark.shift(place.x, 0.0);
            }
            if let Some((marker, baseline)) = beside.take() {
                marks.extend(at(marker.marks, baseline));
            }
            Strip { height: line.height, marks, keep, ..Strip::default() }
        });
        let strips = strips.collect();
        self.push_all(strips, place, None);
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, rich: &Rich, place: &Place, align: Align, keep: bool) {
        let lines = Shaped::new(self.fonts, rich, place.look).lines(self.fonts, place.width, align);
        self.push_lines(lines, place, keep);
    }

    /// A rule across.
    pub(super) fn rule(&mut self, place: &Place) {
        self.gap(12.0);
        let (x, width) = (place.x, place.width);
        let marks = vec![Mark::Box { x, y: 0.0, width, height: 0.7, colour: HAIRLINE }];
        self.push_all(vec![Strip { height: 0.7, marks, ..Strip::default() }], place, None);
        self.gap(12.0);
    }
}

fn at(mut marks: Vec<Mark>, baseline: f32) -> Vec<Mark> {
    for mark in &mut marks {
        mark.shift(0.0, baseline);
    }
    marks
}
