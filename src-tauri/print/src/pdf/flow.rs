//! Strips onto pages.

use super::mark::Strip;

/// More strips than this are not held together, for somebody may write a hundred headings in a row.
const LONGEST_HOLD: usize = 12;

/// A page: strips, and how far below its top each begins.
pub(super) type Sheet<'a> = Vec<(f32, &'a Strip)>;

/// Divides strips between pages of a height.
pub(super) fn flow(strips: &[Strip], height: f32) -> Vec<Sheet<'_>> {
    let mut sheets = vec![Sheet::new()];
    let mut y = 0.0;
    let mut at = 0;
    while at < strips.len() {
        let held = held(&strips[at..]);
        let group = &strips[at..at + held];
        let needed: f32 = group.iter().map(|strip| strip.gap + strip.height).sum();
        let fits_somewhere = needed - group[0].gap <= height;
        let turn =
            y > 0.0 && y + needed > height && (fits_somewhere || y + group[0].gap + group[0].height > height);
        if turn {
            sheets.push(Sheet::new());
            y = 0.0;
        }
        // What does not fit on any page is not held together.
        let placed = if fits_somewhere { held } else { 1 };
        for strip in &group[..placed] {
            let Some(sheet) = sheets.last_mut() else { break };
            if sheet.is_empty()
                && let Some(head) = &strip.head
            {
                sheet.push((0.0, head));
                y = head.height;
            }
            if !sheet.is_empty() {
                y += strip.gap;
            }
            sheet.push((y, strip));
            y += strip.height;
        }
        at += placed;
    }
    sheets
}

/// How many strips stand on one page.
fn held(strips: &[Strip]) -> usize {
    let kept = strips.iter().take(LONGEST_HOLD - 1).take_while(|strip| strip.keep).count();
    (kept + 1).min(strips.len())
}
