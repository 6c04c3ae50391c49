//! The closing table of a test run.

use std::fmt::Write as _;
use std::time::Duration;

use crate::counts::Counts;
use crate::step::{Step, Verdict};

/// Writes the table and, on the last line by itself, the count that machines read. A step that fails without
/// a failed test of its own (a lint, a build) counts as one failure, so that no failed run ends in `0 failed`.
pub(crate) fn table(steps: &[Step]) -> String {
    let mut text = String::from("\nSummary\n");
    let mut sum = Counts::default();
    let mut time = Duration::ZERO;
    for step in steps {
        let (word, note) = match &step.verdict {
            Verdict::Passed => ("ok", String::new()),
            Verdict::Failed(note) => ("FAILED", note.clone()),
            Verdict::Skipped(why) => ("skipped", why.clone()),
        };
        let note =
            if step.counts == Counts::default() { note } else { format!("{} {note}", tally(step.counts)) };
        let row = format!("  {:<22} {word:<8} {:>7.1} s  {note}", step.name, step.time.as_secs_f32());
        let _ = writeln!(text, "{}", row.trim_end());
        sum += step.counts;
        if matches!(step.verdict, Verdict::Failed(_)) && step.counts.failed == 0 {
            sum.failed += 1;
        }
        time += step.time;
    }
    let _ = writeln!(text, "  {:<22} {:<8} {:>7.1} s\n", "in all", "", time.as_secs_f32());
    let _ = writeln!(text, "{}", tally(sum));
    text
}

/// Whether nothing failed.
pub(crate) fn all_good(steps: &[Step]) -> bool {
    !steps.iter().any(|step| matches!(step.verdict, Verdict::Failed(_)))
}

fn tally(counts: Counts) -> String {
    let mut text = format!("{} passed, {} failed", counts.passed, counts.failed);
    if counts.skipped > 0 {
        let _ = write!(text, ", {} skipped", counts.skipped);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Counts, Duration, Step, Verdict, all_good, table};

    fn step(name: &'static str, verdict: Verdict, counts: Counts) -> Step {
        Step { name, verdict, time: Duration::from_millis(1234), counts }
    }

    #[test]
    fn the_last_line_is_the_plain_count() {
        let counts = Counts { passed: 40, failed: 0, skipped: 2 };
        let steps = [
            step("format", Verdict::Passed, Counts::default()),
            step("tests", Verdict::Passed, counts),
            step("page tests", Verdict::Passed, Counts { passed: 2, ..Counts::default() }),
        ];
        let text = table(&steps);
        assert_eq!(text.lines().last(), Some("42 passed, 0 failed, 2 skipped"));
        assert!(
            text.contains("  tests                  ok           1.2 s  40 passed, 0 failed, 2 skipped\n"),
            "{text}"
        );
        assert!(all_good(&steps));
    }

    #[test]
    fn a_failed_lint_is_a_failure_though_no_test_failed() {
        let steps = [
            step("lint", Verdict::Failed("see lint.log".into()), Counts::default()),
            step(
                "tests",
                Verdict::Failed("see tests.log".into()),
                Counts { passed: 5, failed: 3, skipped: 0 },
            ),
            step("end-to-end", Verdict::Skipped("the build failed".into()), Counts::default()),
        ];
        assert_eq!(table(&steps).lines().last(), Some("5 passed, 4 failed"));
        assert!(!all_good(&steps));
    }
}
