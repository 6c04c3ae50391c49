//! A message that is to stand among others in one Markdown file.

use std::borrow::Cow;

use crate::examples::joined;
use crate::parse::parse;
use crate::prepare::Prepared;

/// What ends raw HTML that no blank line ends (`CommonMark` 0.31.2, section 4.6, conditions 1 to 5).
const ENDS_OF_HTML: [&str; 8] = ["-->", "?>", "]]>", "</script>", "</pre>", "</style>", "</textarea>", ">"];

/// The text with what it takes for a paragraph after it to be one: a fence that its author left open is closed.
pub(crate) fn closed(text: &str) -> Cow<'_, str> {
    if stands_alone(text) {
        return Cow::Borrowed(text);
    }
    fences(text)
        .chain(ENDS_OF_HTML.map(str::to_owned))
        .map(|end| format!("{}\n{end}", text.strip_suffix('\n').unwrap_or(text)))
        .find(|closed| stands_alone(closed))
        .map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether a paragraph after it is a block of its own.
fn stands_alone(text: &str) -> bool {
    const NEXT: &str = "\n\nx";
    let followed = format!("{text}{NEXT}");
    let followed = joined(&followed, false);
    let prepared = Prepared::new(&followed);
    let parsed = parse(&prepared, 0);
    let last = parsed.len().checked_sub(1).and_then(|last| parsed.start_of(last));
    last == Some(followed.len() - 1)
}

/// The runs of backticks and tildes that may have opened a fence, each once, the last one first.
fn fences(text: &str) -> impl Iterator<Item = String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines().rev() {
        let line = line.trim_start();
        let Some(mark) = line.chars().next().filter(|mark| "`~".contains(*mark)) else { continue };
        let run: String = line.chars().take_while(|other| *other == mark).collect();
        // A text of nothing but fences may have any number of kinds.
        if run.len() >= 3 && !found.contains(&run) && found.len() < 8 {
            found.push(run);
        }
    }
    found.into_iter()
}
