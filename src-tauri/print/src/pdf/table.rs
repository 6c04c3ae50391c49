//! Tables: how wide columns are, and rows as strips.

use std::rc::Rc;

use porthole_markdown::Element;

use super::colour::{EDGE, HAIRLINE};
use super::compose::{Composer, GAP, Place};
use super::inline;
use super::mark::{Ground, Mark, Strip};
use super::page::HEIGHT;
use super::text::{Align, Line, Look, Rich, Shaped};

/// Around the text of a cell.
const SIDES: f32 = 6.0;
const ABOVE: f32 = 3.5;
/// No column is narrower, as long as all of them have that much.
const NARROWEST: f32 = 26.0;
/// How small the letters of a wide table become.
const SMALLEST: f32 = 0.75;

struct Cell {
    rich: Rich,
    align: Align,
    look: Look,
}

/// A table, as wide as its text or as there is room.
pub(super) fn table(composer: &mut Composer<'_>, element: &Element, place: &Place) {
    let mut look = place.look;
    look.size *= 0.9;
    look.leading = 1.38;
    look.room = (place.width / 3.0).max(60.0);
    let part = |name| element.elements().filter(move |part| part.name == name).flat_map(Element::elements);
    let rows = |name, composer: &mut Composer<'_>| -> Vec<_> {
        part(name).map(|row| cells(composer, row, look)).collect()
    };
    let (mut head, mut body) = (rows("thead", composer), rows("tbody", composer));
    let mut wanted = wanted(composer, head.iter().chain(&body));
    if wanted.is_empty() {
        return;
    }
    let least: f32 = wanted.iter().map(|(min, _)| min).sum();
    if least > place.width {
        // Smaller letters break fewer words.
        let scale = (place.width / least).max(SMALLEST);
        for cell in head.iter_mut().chain(&mut body).flatten() {
            cell.look.size *= scale;
        }
        wanted = self::wanted(composer, head.iter().chain(&body));
    }
    let widths = columns(&wanted, place.width);
    composer.gap(GAP + 2.0);
    let mut above = Vec::new();
    for row in &head {
        above.extend(strips(composer, row, &widths, place, EDGE));
    }
    let repeated = joined(&above).filter(|head| head.height < HEIGHT / 3.0).map(Rc::new);
    for strip in &mut above {
        strip.keep = true;
    }
    for row in &body {
        let row = strips(composer, row, &widths, place, HAIRLINE);
        above.extend(row.into_iter().map(|strip| Strip { head: repeated.clone(), ..strip }));
    }
    composer.push_all(above, place, None::<&Ground>);
    composer.gap(GAP + 3.0);
}

/// How wide each column has to be so that no word breaks, and so that no line does.
fn wanted<'c>(composer: &mut Composer<'_>, rows: impl Iterator<Item = &'c Vec<Cell>>) -> Vec<(f32, f32)> {
    let mut wanted: Vec<(f32, f32)> = Vec::new();
    for row in rows {
        if wanted.len() < row.len() {
            wanted.resize(row.len(), (0.0, 0.0));
        }
        for (wanted, cell) in wanted.iter_mut().zip(row) {
            let (min, max) = Shaped::new(composer.fonts, &cell.rich, cell.look).widths();
            *wanted = (wanted.0.max(min + 2.0 * SIDES), wanted.1.max(max + 2.0 * SIDES + 0.5));
        }
    }
    wanted
}

fn cells(composer: &mut Composer<'_>, row: &Element, look: Look) -> Vec<Cell> {
    let mut cells = Vec::new();
    for cell in row.elements() {
        let look = if cell.name == "th" { look.bold() } else { look };
        let align = match cell.attribute("align") {
            Some("center") => Align::Centre,
            Some("right") => Align::Right,
            Some("left") => Align::Left,
            _ => Align::Start,
        };
        cells.push(Cell { rich: inline::rich(composer.fonts, &cell.children, look), align, look });
    }
    cells
}

/// How wide columns are that want at least and at most so much.
fn columns(wanted: &[(f32, f32)], room: f32) -> Vec<f32> {
    let least: f32 = wanted.iter().map(|(min, _)| min).sum();
    let most: f32 = wanted.iter().map(|(_, max)| max).sum();
    if most <= room {
        return wanted.iter().map(|(_, max)| *max).collect();
    }
    if least <= room {
        // Columns are cut to one limit, so that narrow ones keep their text on one line and wide ones break theirs.
        let at = |limit: f32| wanted.iter().map(move |(min, max)| max.min(limit).max(*min));
        let limit = largest(room, |limit| at(limit).sum::<f32>() <= room);
        return at(limit).collect();
    }
    // Words break: wide columns give up what they have above an equal limit.
    let count = f32::from(u16::try_from(wanted.len()).unwrap_or(u16::MAX));
    if NARROWEST * count >= room {
        return vec![room / count; wanted.len()];
    }
    let at = |limit: f32| wanted.iter().map(move |(min, _)| min.min(limit));
    let limit = largest(room, |limit| at(limit).sum::<f32>() <= room);
    at(limit).collect()
}

/// About the largest number up to `most` that fits, if all below one that fits do.
fn largest(most: f32, fits: impl Fn(f32) -> bool) -> f32 {
    let (mut low, mut high) = (0.0, most);
    for _ in 0..24 {
        let middle = f32::midpoint(low, high);
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}

/// A row: one strip, or one for each line where it is taller than a page.
fn strips(
    composer: &mut Composer<'_>,
    row: &[Cell],
    widths: &[f32],
    place: &Place,
    rule: super::colour::Rgb,
) -> Vec<Strip> {
    let mut rows: Vec<Vec<Line>> = Vec::new();
    for (cell, width) in row.iter().zip(widths) {
        let width = (width - 2.0 * SIDES).max(8.0);
        rows.push(Shaped::new(composer.fonts, &cell.rich, cell.look).lines(
            composer.fonts,
            width,
            cell.align,
        ));
    }
    let total: f32 = widths.iter().sum();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut lines: Vec<Strip> = (0..count).map(|_| Strip::default()).collect();
    let mut x = place.x;
    for (cell, width) in rows.into_iter().zip(widths) {
        for (line, strip) in cell.into_iter().zip(&mut lines) {
            strip.height = strip.height.max(line.height);
            strip.marks.extend(line.marks.into_iter().map(|mut mark| {
                mark.shift(x + SIDES, 0.0);
                mark
            }));
        }
        x += width;
    }
    let Some(whole) = joined(&lines) else { return Vec::new() };
    let mut strips = if whole.height + 2.0 * ABOVE > HEIGHT * 0.8 { lines } else { vec![whole] };
    if let Some(first) = strips.first_mut() {
        first.height += ABOVE;
        for mark in &mut first.marks {
            mark.shift(0.0, ABOVE);
        }
    }
    if let Some(last) = strips.last_mut() {
        last.height += ABOVE;
        let y = last.height - 0.6;
        last.marks.push(Mark::Box { x: place.x, y, width: total, height: 0.6, colour: rule });
    }
    strips
}

/// Strips as one.
fn joined(strips: &[Strip]) -> Option<Strip> {
    let mut whole = strips.first()?.clone();
    for strip in &strips[1..] {
        whole.marks.extend(strip.marks.iter().cloned().map(|mut mark| {
            mark.shift(0.0, whole.height);
            mark
        }));
        whole.height += strip.height;
    }
    Some(whole)
}
