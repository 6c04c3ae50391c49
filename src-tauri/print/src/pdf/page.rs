//! Sheets as pages of a file.

use krilla::Document;
use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target as Leads};
use krilla::color::rgb;
use krilla::destination::XyzDestination;
use krilla::geom::{Path, PathBuilder, Point, Rect, Transform};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;

use super::colour::Rgb;
use super::flow::Sheet;
use super::mark::{Ground, Mark, Run, Target};

/// A4, in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// 22 millimetres.
pub(super) const MARGIN: f32 = 62.4;
/// What of a page is for text.
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
pub(super) const HEIGHT: f32 = PAGE.1 - 2.0 * MARGIN;

/// Where an anchor has come to stand: the number of its page from 0, and how far below the page's top.
pub(super) type Stands = (usize, f32);

/// Where each anchor stands.
pub(super) fn anchors(sheets: &[Sheet<'_>], count: usize, pages_before: usize) -> Vec<Option<Stands>> {
    let mut found = vec![None; count];
    for (page, sheet) in sheets.iter().enumerate() {
        for (y, strip) in sheet {
            if let Some(place) = strip.anchor.and_then(|anchor| found.get_mut(anchor)) {
                *place = Some((page + pages_before, MARGIN + y));
            }
        }
    }
    found
}

/// A place to lead to. A little above the anchor, so that it does not touch the edge of the window.
pub(super) fn destination((page, y): Stands) -> XyzDestination {
    XyzDestination::new(page, Point::from_xy(0.0, (y - 12.0).max(0.0)))
}

/// Draws a page. `foot` is what stands in its lower margin.
pub(super) fn draw(document: &mut Document, sheet: &Sheet<'_>, foot: &[Mark], anchors: &[Option<Stands>]) {
    let Some(settings) = PageSettings::from_wh(PAGE.0, PAGE.1) else { return };
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    for (ground, top, bottom) in columns(sheet) {
        fill(&mut surface, MARGIN + ground.x, MARGIN + top, ground.width, bottom - top, ground.colour);
    }
    let mut links = Vec::new();
    let strips = sheet.iter().map(|(y, strip)| (MARGIN + y, strip.marks.as_slice()));
    for (y, marks) in strips.chain([(0.0, foot)]) {
        for mark in marks {
            match mark {
                Mark::Run(run) => write(&mut surface, run, MARGIN, y),
                Mark::Box { x, y: top, width, height, colour } => {
                    fill(&mut surface, MARGIN + x, y + top, *width, *height, *colour);
                }
                Mark::Stroke { points, width, colour } => {
                    if let Some(path) = path(points, MARGIN, y) {
                        surface.set_fill(None);
                        surface.set_stroke(Some(pen(*colour, *width)));
                        surface.draw_path(&path);
                    }
                }
                Mark::Link { x, y: top, width, height, to } => {
                    let rect = Rect::from_xywh(MARGIN + x, y + top, *width, *height);
                    links.extend(rect.and_then(|rect| annotation(rect, to, anchors)));
                }
            }
        }
    }
    surface.finish();
    for link in links {
        page.add_annotation(link);
    }
    page.finish();
}

/// The grounds of a sheet, each from its first strip to its last, outer ones first.
pub(super) fn columns<'a>(sheet: &Sheet<'a>) -> Vec<(&'a Ground, f32, f32)> {
    let mut columns: Vec<(&Ground, f32, f32)> = Vec::new();
    for (y, strip) in sheet {
        let bottom = y + strip.height;
        for ground in &strip.grounds {
            match columns.iter_mut().rev().find(|(known, ..)| *known == ground) {
                Some((_, _, end)) => *end = bottom,
                None => columns.push((ground, *y, bottom)),
            }
        }
    }
    columns.sort_by_key(|(ground, ..)| ground.block);
    columns
}

fn annotation(rect: Rect, to: &Target, anchors: &[Option<Stands>]) -> Option<Annotation> {
    let target = match to {
        Target::Address(address) => Leads::Action(Action::Link(LinkAction::new(address.to_string()))),
        Target::Anchor(anchor) => Leads::Destination(destination((*anchors.get(*anchor)?)?).into()),
    };
    Some(Annotation::new_link(LinkAnnotation::new(rect, target), None))
}

fn paint(colour: Rgb) -> Fill {
    let [red, green, blue] = colour;
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}

fn pen(colour: Rgb, width: f32) -> Stroke {
    Stroke {
        paint: paint(colour).paint,
        width,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    }
}

fn path(points: &[(f32, f32)], right: f32, down: f32) -> Option<Path> {
    let ((x, y), rest) = points.split_first()?;
    let mut builder = PathBuilder::new();
    builder.move_to(x + right, y + down);
    for (x, y) in rest {
        builder.line_to(x + right, y + down);
    }
    builder.finish()
}

fn fill(surface: &mut Surface<'_>, x: f32, y: f32, width: f32, height: f32, colour: Rgb) {
    let Some(rect) = Rect::from_xywh(x, y, width, height) else { return };
    let mut builder = PathBuilder::new();
    builder.push_rect(rect);
    if let Some(path) = builder.finish() {
        surface.set_stroke(None);
        surface.set_fill(Some(paint(colour)));
        surface.draw_path(&path);
    }
}

fn write(surface: &mut Surface<'_>, run: &Run, right: f32, down: f32) {
    let (x, y) = (run.x + right, run.y + down);
    surface.set_fill(Some(paint(run.colour)));
    surface.set_stroke(run.heavier.then(|| pen(run.colour, run.size / 28.0)));
    let upright = run.lean == 0.0 && (run.stretch - 1.0).abs() < 1e-3;
    if upright {
        surface.draw_glyphs(Point::from_xy(x, y), &run.glyphs, run.font.clone(), &run.text, run.size, false);
        return;
    }
    // Y grows downwards, so what leans to the right leans against it.
    surface.push_transform(&Transform::from_row(1.0, 0.0, -run.lean, run.stretch, x, y));
    surface.draw_glyphs(Point::from_xy(0.0, 0.0), &run.glyphs, run.font.clone(), &run.text, run.size, false);
    surface.pop();
}
