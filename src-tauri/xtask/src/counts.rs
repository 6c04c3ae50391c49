//! Reads how many tests ran from the output of test runners.

use std::ops::AddAssign;

/// Tests by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    /// Adds up every closing line in `output`: cargo's `test result:`, one for each binary, and vitest's `Tests`.
    pub(crate) fn read(output: &str) -> Self {
        let mut sum = Self::default();
        for line in output.lines() {
            let line = without_colours(line);
            let line = line.trim();
            if let Some(result) = line.strip_prefix("test result:") {
                // `ok. 3 passed; 0 failed; 1 ignored; …`: the verdict ends at the first full stop.
                sum += Self::from_parts(result.split_once('.').map_or(result, |(_, counts)| counts), ';');
            } else if let Some(result) = line.strip_prefix("Tests ") {
                sum += Self::from_parts(result, '|');
            }
        }
        sum
    }

    fn from_parts(text: &str, separator: char) -> Self {
        let mut counts = Self::default();
        for part in text.split(separator) {
            let mut words = part.split_whitespace();
            let (Some(Ok(number)), Some(word)) = (words.next().map(str::parse::<u64>), words.next()) else {
                continue;
            };
            match word {
                "passed" => counts.passed += number,
                "failed" => counts.failed += number,
                "ignored" | "skipped" | "todo" => counts.skipped += number,
                _ => {}
            }
        }
        counts
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Removes terminal colour sequences, which some runners print whatever they are told.
fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn cargo_results_are_summed_over_binaries() {
        let output = "\
running 3 tests
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests porthole_core
test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 5 filtered out; finished in 1.20s
";
        assert_eq!(Counts::read(output), Counts { passed: 13, failed: 2, skipped: 1 });
    }

    #[test]
    fn vitest_results_are_read_in_colour_or_without() {
        let plain = " Test Files  2 passed (2)\n      Tests  1 failed | 17 passed | 3 skipped (21)\n";
        assert_eq!(Counts::read(plain), Counts { passed: 17, failed: 1, skipped: 3 });
        let coloured =
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m17 passed\u{1b}[39m\u{1b}[22m (17)\n";
        assert_eq!(Counts::read(coloured), Counts { passed: 17, failed: 0, skipped: 0 });
    }

    #[test]
    fn other_output_counts_nothing() {
        assert_eq!(Counts::read("Tests are good\n12 passed\nerror: test failed\n"), Counts::default());
    }
}
