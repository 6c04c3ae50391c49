//! What a folded row of thinking shows.

/// How many characters a row has room for.
const NEWEST_CHARACTERS: usize = 90;

/// The end of the last line that is not blank: at most [`NEWEST_CHARACTERS`] of it, from the beginning of a word if
/// possible. If the line was cut, `…` stands for the rest.
pub(crate) fn newest_line(text: &str) -> Option<String> {
    let line = text.trim_end().rsplit('\n').next()?.trim();
    let Some((cut, _)) = line.char_indices().rev().nth(NEWEST_CHARACTERS) else {
        return (!line.is_empty()).then(|| line.to_owned());
    };
    let tail = &line[cut..];
    // A text without spaces, such as Chinese, is cut right there.
    let word = tail.find(' ').filter(|at| *at < tail.len() / 2).map_or(0, |at| at + 1);
    let begin = tail[word..].char_indices().nth(usize::from(word == 0)).map_or(0, |(at, _)| at);
    Some(format!("…{}", &tail[word + begin..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_line_is_its_end() {
        let words = "word ".repeat(40);
        let table: [(&str, Option<String>); 7] = [
            ("", None),
            ("\n \n", None),
            ("first\nsecond\n\n", Some("second".to_owned())),
            ("  a short line  ", Some("a short line".to_owned())),
            (&words, Some(format!("…{}", "word ".repeat(18).trim_end()))),
            (&"字".repeat(200), Some(format!("…{}", "字".repeat(90)))),
            (&format!("{}\nlast", "字".repeat(200)), Some("last".to_owned())),
        ];
        for (text, line) in table {
            assert_eq!(newest_line(text), line, "{text}");
        }
    }
}
