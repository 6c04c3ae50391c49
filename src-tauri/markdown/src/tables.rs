//! How lines begin, how rows of a table are cut into cells before the parser sees them, and which cells are wide.

/// How long the marker of a list is that a line begins with.
pub(crate) fn list_marker(line: &str) -> Option<usize> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let marker = match line.as_bytes().get(digits)? {
        b'-' | b'*' | b'+' if digits == 0 => 1,
        b'.' | b')' if (1..10).contains(&digits) => digits + 1,
        _ => return None,
    };
    line[marker..].starts_with([' ', '\t', '\n', '\r']).then_some(marker)
}

/// Places of the bars that are not escaped.
pub(crate) fn bars(row: &str) -> impl Iterator<Item = usize> {
    let mut before = 0;
    row.bytes().enumerate().filter_map(move |(at, byte)| {
        let bar = byte == b'|' && before != b'\\';
        before = byte;
        bar.then_some(at)
    })
}

/// How many columns the line below the head of a table gives it.
pub(crate) fn columns(line: &str) -> Option<usize> {
    let line = line.trim_matches([' ', '\t', '\r', '\n', '>']);
    let row =
        line.contains('|') && line.bytes().all(|byte| matches!(byte, b'|' | b':' | b'-' | b' ' | b'\t'));
    let cells = line.strip_prefix('|').unwrap_or(line);
    let cells = cells.strip_suffix('|').unwrap_or(cells);
    (row && cells.split('|').all(|cell| cell.contains('-'))).then(|| cells.split('|').count())
}

pub(crate) fn cells(row: &str) -> usize {
    inner_bars(row).len() + 1
}

/// Bars between cells, which those at the edges of a row are not.
pub(crate) fn inner_bars(row: &str) -> Vec<usize> {
    let end = row.trim_end().len();
    let start = row.len() - row.trim_start().len();
    bars(row).filter(|at| *at > start && at + 1 < end).collect()
}

/// Whether a cell, as HTML from the end of its tag's name, holds a phrase, whose column must not become a word wide:
/// a name or a number is rarely longer than 17 characters.
pub(crate) fn is_phrase(cell: &str) -> bool {
    cell.split('<')
        .filter_map(|piece| piece.split_once('>'))
        .flat_map(|(_, text)| text.chars())
        .nth(17)
        .is_some()
}
