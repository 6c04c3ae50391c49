//! Strips as one picture.

use skrifa::bitmap::{BitmapData, BitmapGlyph, Origin};
use skrifa::instance::{LocationRef, NormalizedCoord, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, PixmapPaint, Rect, Stroke, Transform};

use super::colour::Rgb;
use super::flow::Sheet;
use super::mark::{Mark, Run};
use super::page::columns;

/// A picture in the colours of the light theme, without anything that shines through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Red, green, blue and 255 for each pixel, row by row from the top.
    pub rgba: Vec<u8>,
}

/// Pixels to a point: twice those of a common screen.
const SCALE: f32 = 2.0;
/// Around what is said, in points.
const MARGIN: f32 = 18.0;
/// The highest picture, in pixels. Most programs that are given a higher one show nothing.
const HIGHEST: f32 = 16_000.0;

/// Draws a sheet of a width, in points; nothing for one that is too high.
pub(super) fn draw(sheet: &Sheet<'_>, width: f32) -> Option<Picture> {
    let height = sheet.last().map_or(0.0, |(y, strip)| y + strip.height);
    let pixels = |points: f32| ((points + 2.0 * MARGIN) * SCALE).ceil();
    if pixels(height) > HIGHEST {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, and between the margins and the highest"
    )]
    let mut pixmap = Pixmap::new(pixels(width) as u32, pixels(height) as u32)?;
    pixmap.fill(Color::WHITE);
    let whole = Transform::from_translate(MARGIN, MARGIN).post_scale(SCALE, SCALE);
    for (ground, top, bottom) in columns(sheet) {
        fill(&mut pixmap, (ground.x, top, ground.width, bottom - top), ground.colour, whole);
    }
    for (y, strip) in sheet {
        let here = whole.pre_translate(0.0, *y);
        for mark in &strip.marks {
            match mark {
                Mark::Run(run) => write(&mut pixmap, run, here),
                Mark::Box { x, y, width, height, colour } => {
                    fill(&mut pixmap, (*x, *y, *width, *height), *colour, here);
                }
                Mark::Stroke { points, width, colour } => {
                    let mut path = PathBuilder::new();
                    for (number, (x, y)) in points.iter().enumerate() {
                        if number == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
                    }
                    let stroke = Stroke { width: *width, ..Stroke::default() };
                    if let Some(path) = path.finish() {
                        pixmap.stroke_path(&path, &paint(*colour), &stroke, here, None);
                    }
                }
                Mark::Link { .. } => {}
            }
        }
    }
    Some(Picture { width: pixmap.width(), height: pixmap.height(), rgba: pixmap.take() })
}

fn paint(colour: Rgb) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(colour[0], colour[1], colour[2], 255);
    paint
}

fn fill(pixmap: &mut Pixmap, (x, y, width, height): (f32, f32, f32, f32), colour: Rgb, here: Transform) {
    if let Some(rect) = Rect::from_xywh(x, y, width, height) {
        pixmap.fill_rect(rect, &paint(colour), here, None);
    }
}

fn write(pixmap: &mut Pixmap, run: &Run, here: Transform) {
    let Ok(font) = FontRef::from_index(run.data.data.as_ref(), run.data.index) else { return };
    let coordinates: Vec<NormalizedCoord> =
        run.coordinates.iter().map(|value| NormalizedCoord::from_bits(*value)).collect();
    let location = LocationRef::new(&coordinates);
    let (outlines, bitmaps) = (font.outline_glyphs(), font.bitmap_strikes());
    let lean = Transform::from_row(1.0, 0.0, -run.lean, run.stretch, run.x, run.y);
    let (here, paint) = (here.pre_concat(lean), paint(run.colour));
    let heavier = Stroke { width: run.size / 28.0, ..Stroke::default() };
    let mut x = 0.0;
    for glyph in &run.glyphs {
        let id = GlyphId::new(glyph.glyph_id.to_u32());
        let at = here.pre_translate(x + glyph.x_offset * run.size, -glyph.y_offset * run.size);
        x += glyph.x_advance * run.size;
        if let Some(bitmap) = bitmaps.glyph_for_size(Size::new(run.size * SCALE), id) {
            push_bitmap(pixmap, &bitmap, run.size, at);
            continue;
        }
        let Some(outline) = outlines.get(id) else { continue };
        let mut pen = Pen(PathBuilder::new());
        let settings = DrawSettings::unhinted(Size::new(run.size), location);
        if outline.draw(settings, &mut pen).is_ok()
            && let Some(path) = pen.0.finish()
        {
            pixmap.fill_path(&path, &paint, FillRule::Winding, at, None);
            if run.heavier {
                pixmap.stroke_path(&path, &paint, &heavier, at, None);
            }
        }
    }
}

/// A glyph that is a picture itself, as those of emoji often are.
fn push_bitmap(pixmap: &mut Pixmap, glyph: &BitmapGlyph<'_>, size: f32, at: Transform) {
    let BitmapData::Png(png) = glyph.data else { return };
    let Ok(image) = Pixmap::decode_png(png) else { return };
    let scale = size / glyph.ppem_y.max(1.0);
    let top = match glyph.placement_origin {
        Origin::TopLeft => glyph.inner_bearing_y,
        #[expect(clippy::cast_precision_loss, reason = "a picture of a letter")]
        Origin::BottomLeft => glyph.inner_bearing_y + image.height() as f32,
    };
    let place = at.pre_scale(scale, scale).pre_translate(glyph.inner_bearing_x, -top);
    let smooth = PixmapPaint { quality: tiny_skia::FilterQuality::Bilinear, ..PixmapPaint::default() };
    pixmap.draw_pixmap(0, 0, image.as_ref(), &smooth, place, None);
}

/// Draws outlines, whose y grows upwards.
struct Pen(PathBuilder);

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, -y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, -y);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        self.0.quad_to(cx0, -cy0, x, -y);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.0.cubic_to(cx0, -cy0, cx1, -cy1, x, -y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}
