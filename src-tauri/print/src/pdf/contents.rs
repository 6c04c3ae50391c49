//! What stands before a document: its title, and for a long one what is in it.

use super::colour::{FAINT, HAIRLINE, QUIET, TEXT};
use super::compose::{Composer, Place};
use super::mark::{Mark, Strip, Target};
use super::page::{Stands, WIDTH};
use super::text::{Align, Look, Rich, Shaped, Style};

/// A line of the contents.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) beginning: String,
}

/// The title, and the line of facts under it.
pub(super) fn title(composer: &mut Composer<'_>, title: &str, facts: &str, place: &Place) {
    let look = Look { leading: 1.22, ..Look::text(20.0, TEXT).bold() };
    let place = &Place { look, ..place.clone() };
    if !title.trim().is_empty() {
        composer.paragraph(&Rich::plain(title.trim()), place, Align::Start, true);
    }
    if !facts.trim().is_empty() {
        composer.gap(6.0);
        let place = &Place { look: Look::text(9.0, FAINT), ..place.clone() };
        composer.paragraph(&Rich::plain(facts.trim()), place, Align::Start, true);
    }
}

/// The lines of the contents, each leading to its anchor. All pages count one more for each page before them.
pub(super) fn contents(
    composer: &mut Composer<'_>,
    entries: &[Entry],
    anchors: &[Option<Stands>],
    place: &Place,
) {
    composer.rule(place);
    composer.gap(14.0);
    for (number, entry) in entries.iter().enumerate() {
        let page = anchors.get(number).copied().flatten().map(|(page, _)| (page + 1).to_string());
        let strip = line(composer, entry, page.as_deref().unwrap_or_default(), number);
        composer.push_all(vec![strip], place, None);
        composer.gap(2.5);
    }
}

fn line(composer: &mut Composer<'_>, entry: &Entry, page: &str, anchor: usize) -> Strip {
    let look = Look::text(9.5, TEXT);
    let number = Look { colour: QUIET, ..look };
    let mut marks = Vec::new();
    let mut rich = Rich::default();
    rich.push(&one_line(&entry.name, 40), Style { bold: true, ..Style::default() });
    rich.push("   ", Style::default());
    rich.push(&one_line(&entry.beginning, 120), Style { colour: Some(QUIET), ..Style::default() });
    let mut height = look.size * look.leading;
    let room = WIDTH - 44.0;
    let mut end = 0.0;
    // The first line: what does not fit is not needed to tell it apart.
    let mut lines = Shaped::new(composer.fonts, &rich, look).lines(composer.fonts, room, Align::Left);
    if !lines.is_empty() {
        let first = lines.swap_remove(0);
        height = first.height;
        end = first.width;
        marks.extend(first.marks);
    }
    let page = Rich::plain(page);
    let mut lines = Shaped::new(composer.fonts, &page, number).lines(composer.fonts, WIDTH, Align::Right);
    let mut start = WIDTH;
    if !lines.is_empty() {
        let first = lines.swap_remove(0);
        start = WIDTH - first.width;
        marks.extend(first.marks);
    }
    let (x, width) = (end + 8.0, start - end - 16.0);
    if width > 4.0 {
        marks.push(Mark::Box { x, y: height * 0.62, width, height: 0.5, colour: HAIRLINE });
    }
    marks.push(Mark::Link { x: 0.0, y: 0.0, width: WIDTH, height, to: Target::Anchor(anchor) });
    Strip { height, marks, ..Strip::default() }
}

/// Its first words on one line.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().count() > most {
            break;
        }
    }
    if line.chars().count() > most {
        line = line.chars().take(most).collect();
        line.push('…');
    }
    line
}

/// What stands in the lower margin of a page: which of how many it is.
pub(super) fn foot(composer: &mut Composer<'_>, page: usize, pages: usize, top: f32) -> Vec<Mark> {
    let rich = Rich::plain(&format!("{page} / {pages}"));
    let look = Look::text(8.5, FAINT);
    let lines = Shaped::new(composer.fonts, &rich, look).lines(composer.fonts, WIDTH, Align::Right);
    let marks = lines.into_iter().flat_map(|line| line.marks);
    marks
        .map(|mut mark| {
            mark.shift(0.0, top);
            mark
        })
        .collect()
}
