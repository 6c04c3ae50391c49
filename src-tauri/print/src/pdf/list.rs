//! Lists, with what stands before their items.

use porthole_markdown::Element;

use super::block::{Composer, GAP, Marker, Place};
use super::colour::{EDGE, QUIET};
use super::mark::Mark;
use super::text::{Align, Look, Rich, Shaped, from_right};

/// Between a marker and its item.
const APART: f32 = 6.0;
const INDENT: f32 = 17.0;

/// A list of any kind.
pub(super) fn list(composer: &mut Composer<'_>, element: &Element, place: &Place) {
    let first: u64 = element.attribute("start").and_then(|start| start.parse().ok()).unwrap_or(1);
    let numbered = element.name == "ol";
    let items: Vec<_> = element.elements().collect();
    let last = first.saturating_add(items.len() as u64);
    let loose = items.iter().any(|item| item.elements().any(|child| child.name == "p"));
    let right = from_right(&element.text());
    // Room for the digits of the largest number.
    let digits = f32::from(u8::try_from(last.to_string().len()).unwrap_or(20));
    let indent = if numbered { INDENT.max(digits * place.look.size * 0.62 + APART + 3.0) } else { INDENT };
    composer.gap(place.gap);
    for (number, item) in (first..).zip(items) {
        let (mut inner, set_back) = place.inset(indent, right);
        inner.gap = if loose { GAP - 2.0 } else { 2.5 };
        composer.gap(inner.gap);
        let task = item.elements().find(|child| child.name == "input").filter(|_| item.is("task"));
        let task = task.or_else(|| item.find("input").filter(|_| item.is("task")));
        let marks = match task {
            Some(input) => check(inner.look, input.attribute("checked").is_some()),
            None if numbered => marker(composer, &format!("{number}."), inner.look),
            None => marker(composer, "•", inner.look),
        };
        let (width, mut marks) = marks;
        // Where there is no room to set it back, the marker stands in the margin of what is around it.
        let x = if set_back && right { inner.x + inner.width + APART } else { inner.x - APART - width };
        for mark in &mut marks {
            mark.shift(x, 0.0);
        }
        composer.marker = Some(Marker { marks });
        composer.nodes(&item.children, &inner);
        if composer.marker.is_some() {
            // An item without text is its marker.
            composer.paragraph(&Rich::plain("\u{a0}"), &inner, Align::Start, false);
        }
    }
    composer.gap(place.gap);
}

fn marker(composer: &mut Composer<'_>, text: &str, look: Look) -> (f32, Vec<Mark>) {
    let rich = Rich::plain(text);
    let look = Look { colour: QUIET, ..look };
    let lines = Shaped::new(composer.fonts, &rich, look).lines(composer.fonts, 200.0, Align::Left);
    let Some(mut line) = lines.into_iter().next() else { return (0.0, Vec::new()) };
    for mark in &mut line.marks {
        mark.shift(0.0, -line.baseline);
    }
    (line.width, line.marks)
}

/// The box of a task.
fn check(look: Look, done: bool) -> (f32, Vec<Mark>) {
    let side = look.size * 0.74;
    let frame = vec![(0.0, 0.0), (side, 0.0), (side, -side), (0.0, -side), (0.0, 0.0)];
    let mut marks = vec![Mark::Stroke { points: frame, width: 0.7, colour: EDGE }];
    if done {
        let points =
            vec![(side * 0.2, -side * 0.52), (side * 0.42, -side * 0.26), (side * 0.82, -side * 0.8)];
        marks.push(Mark::Stroke { points, width: 1.1, colour: look.colour });
    }
    (side, marks)
}
