//! One check: run quietly, watched, with a time limit, and reported in full if it fails.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::counts::Counts;
use crate::places::Places;
use crate::process::{self, Running};
use crate::trouble::{Outcome, Trouble};

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    /// It failed; why, in a few words.
    Failed(String),
    /// It was skipped; why.
    Skipped(String),
}

/// What a command must achieve.
#[derive(Clone, Copy)]
enum Expect {
    Success,
    Tests,
}

/// A finished step, for the summary.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) time: Duration,
    pub(crate) counts: Counts,
}

/// Runs steps one after another and records their outcomes.
pub(crate) struct Steps<'places> {
    places: &'places Places,
    done: Vec<Step>,
}

impl<'places> Steps<'places> {
    pub(crate) fn new(places: &'places Places) -> Self {
        Self { places, done: Vec::new() }
    }

    pub(crate) fn done(&self) -> &[Step] {
        &self.done
    }

    pub(crate) fn passed(&self, name: &str) -> bool {
        self.done.iter().any(|step| step.name == name && step.verdict == Verdict::Passed)
    }

    /// Runs a command with its output in a log, which is shown if it fails. It is stopped after `limit`.
    pub(crate) fn command(&mut self, name: &'static str, limit: Duration, command: &mut Command) -> bool {
        self.run(name, limit, command, Expect::Success)
    }

    /// The same for a command that runs tests: if it ran none, it has failed, however it ended.
    pub(crate) fn tests(&mut self, name: &'static str, limit: Duration, command: &mut Command) -> bool {
        self.run(name, limit, command, Expect::Tests)
    }

    fn run(&mut self, name: &'static str, limit: Duration, command: &mut Command, expect: Expect) -> bool {
        begin(name);
        let started = Instant::now();
        let logs = self.places.corner("logs");
        let log = self.places.own.join("logs").join(format!("{}.log", name.replace(' ', "-")));
        let result = logs.and_then(|_| run_logged(command, &log, limit));
        let output = process::printed(&log);
        let counts = Counts::read(&output);
        let result = result.and_then(|()| {
            if matches!(expect, Expect::Tests) && counts.passed + counts.failed == 0 {
                return Err(Trouble::new("no test was run"));
            }
            Ok(())
        });
        let verdict = match result {
            Ok(()) => Verdict::Passed,
            Err(trouble) => {
                println!("failed\n--- {name}: {}", shown(command));
                println!("{}\n--- {name}: {trouble}", output.trim_end());
                Verdict::Failed(format!("see {}", log.display()))
            }
        };
        self.end(Step { name, verdict, time: started.elapsed(), counts })
    }

    /// Runs a check of xtask's own.
    pub(crate) fn check(&mut self, name: &'static str, check: impl FnOnce() -> Outcome<()>) -> bool {
        begin(name);
        let started = Instant::now();
        let verdict = match check() {
            Ok(()) => Verdict::Passed,
            Err(trouble) => {
                println!("failed\n--- {name}: {trouble}");
                Verdict::Failed("see above".to_owned())
            }
        };
        self.end(Step { name, verdict, time: started.elapsed(), counts: Counts::default() })
    }

    /// Records a step that cannot sensibly be run.
    pub(crate) fn skip(&mut self, name: &'static str, why: impl Into<String>) {
        let why = why.into();
        println!("{name:<22} skipped: {why}");
        let time = Duration::ZERO;
        self.done.push(Step { name, verdict: Verdict::Skipped(why), time, counts: Counts::default() });
    }

    fn end(&mut self, step: Step) -> bool {
        let passed = step.verdict == Verdict::Passed;
        if passed {
            println!("ok {:.1} s", step.time.as_secs_f32());
        }
        self.done.push(step);
        passed
    }
}

fn begin(name: &str) {
    print!("{name:<22} ");
    let _ = io::stdout().flush();
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn run_logged(command: &mut Command, log: &Path, limit: Duration) -> Outcome<()> {
    command.stdin(Stdio::null()).env("NO_COLOR", "1").env("CARGO_TERM_COLOR", "never");
    let mut running = Running::start_into(log, command, "the command")?;
    let started = Instant::now();
    let mut told = 0;
    loop {
        if let Some(status) = running.ended()? {
            return if status.success() { Ok(()) } else { Err(Trouble::new(status.to_string())) };
        }
        let seconds = started.elapsed().as_secs();
        if started.elapsed() > limit {
            for orphan in descendants(running.child().id()) {
                let _ = process::answer(process::command("kill").arg(orphan.to_string()));
            }
            return Err(Trouble::new(format!("stopped after {seconds} s")));
        }
        // Prints a line now and then: a cold build is silent for minutes, and silence looks like a hang.
        if seconds / 20 > told {
            told = seconds / 20;
            print!("\n  {seconds:>4} s  {}\n{:23}", last_line(log), "");
            let _ = io::stdout().flush();
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn last_line(log: &Path) -> String {
    let text = process::printed(log);
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("").trim();
    line.chars().take(100).collect()
}

/// Every process below `ancestor`: ending cargo alone would leave its tests running. Linux only; elsewhere
/// the command itself is still ended.
fn descendants(ancestor: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| parent_of(&entry.path().join("stat")))
        .collect();
    let mut found = vec![ancestor];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(parents.iter().filter(|(_, above)| *above == parent).map(|(process, _)| *process));
        at += 1;
    }
    found.split_off(1)
}

/// Reads `1234 (name) S 1000 …`; the name may contain anything, even brackets.
fn parent_of(stat: &PathBuf) -> Option<(u32, u32)> {
    let text = fs::read_to_string(stat).ok()?;
    let (before, after) = text.rsplit_once(')')?;
    let process = before.split_whitespace().next()?.parse().ok()?;
    Some((process, after.split_whitespace().nth(1)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn a_step_that_takes_too_long_is_stopped_with_its_children() {
        use super::{Duration, run_logged};
        use crate::process;

        let log = std::env::temp_dir().join(format!("porthole-step-{}.log", std::process::id()));
        let mut command = process::command("sh");
        command.args(["-c", "echo begun; sleep 61.25 & wait"]);
        let trouble =
            run_logged(&mut command, &log, Duration::from_millis(300)).expect_err("it sleeps for a minute");
        assert!(trouble.to_string().contains("stopped after"), "{trouble}");
        assert_eq!(std::fs::read_to_string(&log).unwrap_or_default(), "begun\n");
        std::thread::sleep(Duration::from_millis(200));
        let left = std::fs::read_dir("/proc").expect("proc").flatten().any(|entry| {
            std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| line == b"sleep\x0061.25\0")
        });
        assert!(!left, "the grandchild outlived its step");
        let _ = std::fs::remove_file(log);
    }
}
