//! Strips onto pages.

use super::mark::Strip;

/// More strips than this are not held together, for somebody may write a hundred headings in a row.
const LONGEST_HOLD: usize = 12;

/// A page: strips, and how far below its top each begins.
pub(super) type Sheet<'a> = Vec<(f32, &'a Strip)>;

/// Divides strips between pages of a height.
pub(super) fn flow<'a>(strips: &[&'a Strip], height: f32) -> Vec<Sheet<'a>> {
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
        for &strip in &group[..placed] {
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
fn held(strips: &[&Strip]) -> usize {
    let kept = strips.iter().take(LONGEST_HOLD - 1).take_while(|strip| strip.keep).count();
    (kept + 1).min(strips.len())
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::flow;
    use crate::pdf::mark::Strip;

    /// Which strips stand on which page; a head that is repeated is `head`.
    fn pages(strips: &[Strip]) -> Vec<Vec<Option<usize>>> {
        let all: Vec<_> = strips.iter().collect();
        let sheets = flow(&all, 100.0);
        let number = |strip: &Strip| strips.iter().position(|known| std::ptr::eq(known, strip));
        sheets.iter().map(|sheet| sheet.iter().map(|(_, strip)| number(strip)).collect()).collect()
    }

    fn strip(height: f32) -> Strip {
        Strip { height, gap: 10.0, ..Strip::default() }
    }

    fn kept(height: f32) -> Strip {
        Strip { keep: true, ..strip(height) }
    }

    #[test]
    fn what_is_kept_stands_with_what_follows() {
        assert_eq!(pages(&[strip(50.0), kept(20.0), strip(30.0)]), [vec![Some(0)], vec![Some(1), Some(2)]]);
        assert_eq!(pages(&[strip(50.0), kept(10.0), strip(20.0)]), [vec![Some(0), Some(1), Some(2)]]);
    }

    #[test]
    fn what_fits_nowhere_is_divided_or_stands_out() {
        assert_eq!(
            pages(&[kept(60.0), kept(60.0), strip(60.0)]),
            [vec![Some(0)], vec![Some(1)], vec![Some(2)]]
        );
        assert_eq!(pages(&[strip(300.0), strip(10.0)]), [vec![Some(0)], vec![Some(1)]]);
    }

    #[test]
    fn space_falls_away_at_the_top_of_a_page() {
        let strips = [strip(95.0), strip(95.0)];
        assert!(flow(&strips.each_ref(), 100.0).iter().all(|sheet| sheet[0].0 == 0.0));
    }

    #[test]
    fn a_table_has_its_head_on_each_page() {
        let head = Rc::new(strip(20.0));
        let row = Strip { head: Some(Rc::clone(&head)), gap: 0.0, ..strip(35.0) };
        let rows = [kept(20.0), row.clone(), row.clone(), row.clone(), row];
        assert_eq!(pages(&rows), [vec![Some(0), Some(1), Some(2)], vec![None, Some(3), Some(4)]]);
    }
}
