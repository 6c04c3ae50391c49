//! `cargo xtask fuzz`: fuzzing of everything that reads what a model server sends.
//!
//! libFuzzer on the stable toolchain: the compiler's coverage pass is available through stable flags, so neither
//! cargo-fuzz nor a nightly compiler is needed. The program is a workspace of its own (`tests/fuzz`), because the flags
//! apply to all its dependencies; nothing else is built with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::packages;
use crate::pieces::Purpose;
use crate::places::Places;
use crate::platform::Platform;
use crate::process::{self, Running};
use crate::trouble::{Doing, Outcome, Trouble};

/// Every target: server-sent events, and each dialect by its name in core.
const TARGETS: [&str; 16] = [
    "sse",
    "deepseek",
    "openai",
    "ollama",
    "lm_studio",
    "llama_cpp",
    "vllm",
    "sglang",
    "mlx_lm",
    "ds4",
    "jan",
    "local_ai",
    "kobold_cpp",
    "text_generation_webui",
    "gpt4all",
    "docker_model_runner",
];

/// A counter for every edge. Also tracing comparisons makes a run ten times slower; the words of
/// the protocol are known and listed in `words.dict`.
const FLAGS: [&str; 4] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
];

/// How long a target runs before it is the next one's turn, if no time is given.
const TURN: Duration = Duration::from_mins(1);

/// Whether it is known to build here. Elsewhere a failure would be libFuzzer's, not the code's.
pub(crate) fn is_possible() -> bool {
    cfg!(target_os = "linux")
}

/// Fuzzes one target or all of them; without `time`, until Ctrl-C. With `input`, only runs that file again.
pub(crate) fn fuzz(
    places: &Places,
    target: Option<&str>,
    time: Option<Duration>,
    input: Option<&Path>,
) -> Outcome<()> {
    if !is_possible() {
        return Err(Trouble::new("fuzzing is set up for Linux only"));
    }
    packages::ensure(Platform::detect(), &[Purpose::Build, Purpose::Fuzz])?;
    process::run_visibly(&mut build(places)?, "building the fuzz targets")?;
    let Some(target) = target else {
        loop {
            run_all(places, time.unwrap_or(TURN))?;
            if time.is_some() {
                return Ok(());
            }
        }
    };
    let Some(target) = TARGETS.into_iter().find(|name| *name == target) else {
        return Err(Trouble::new(format!("there is no target {target}"))
            .advise(format!("choose one of {}", TARGETS.join(", "))));
    };
    let mut command = program(places, target)?;
    match input {
        Some(input) => command.arg(input),
        None => with_corpus(places, target, time, &mut command)?,
    };
    process::run_visibly(&mut command, "fuzzing")
        .map_err(|trouble| if input.is_some() { trouble } else { found(places, target, trouble) })
}

pub(crate) fn build(places: &Places) -> Outcome<Command> {
    lock(places)?;
    let mut build = process::cargo();
    build
        .current_dir(places.root.join("tests/fuzz"))
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"))
        // With an explicit target, the flags do not reach build scripts, which could not be linked with them.
        .args(["build", "--target=host-tuple", "--target-dir"])
        .arg(folder(places));
    Ok(build)
}

/// Runs every target for `time`, as many at once as there are cores. The program must have been built.
pub(crate) fn run_all(places: &Places, time: Duration) -> Outcome<()> {
    let mut waiting = TARGETS.to_vec();
    waiting.reverse();
    let waiting = Mutex::new(waiting);
    let next = || waiting.lock().ok()?.pop();
    let work = || -> Outcome<()> {
        while let Some(target) = next() {
            run_quietly(places, target, time)?;
        }
        Ok(())
    };
    let workers = thread::available_parallelism().map_or(1, usize::from).min(TARGETS.len());
    let ended: Vec<Outcome<()>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let failed = || Err(Trouble::new("a target could not be watched"));
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| failed())).collect()
    });
    ended.into_iter().collect()
}

fn run_quietly(places: &Places, target: &'static str, time: Duration) -> Outcome<()> {
    let log = log(places, target)?;
    let mut command = program(places, target)?;
    with_corpus(places, target, Some(time), &mut command)?;
    let status = Running::start_into(&log, command.stdin(Stdio::null()), "a fuzz target")?.wait()?;
    let said = process::printed(&log);
    if status.success() {
        eprintln!("  {target:<10} {}", tally(&said));
        return Ok(());
    }
    Err(found(places, target, Trouble::new(format!("{target} failed ({status}): {}", reason(&said)))))
}

/// How many inputs a run tried, from its closing message.
fn tally(said: &str) -> String {
    let done = said.lines().rev().find(|line| line.starts_with("Done "));
    done.unwrap_or("no input was tried").to_owned()
}

/// The panic that ended a run, or what libFuzzer says of it.
fn reason(said: &str) -> String {
    let mut lines = said.lines().skip_while(|line| !line.contains("panicked at"));
    let panic = lines.next().and(lines.next());
    let words = panic.or_else(|| said.lines().find(|line| line.contains("ERROR: libFuzzer")));
    words.unwrap_or("see its log").trim().chars().take(500).collect()
}

/// Says where a finding is, how to reproduce it, and where it belongs once it is understood.
fn found(places: &Places, target: &str, trouble: Trouble) -> Trouble {
    let Some(input) = newest(&findings(places, target)) else { return trouble };
    let input = input.display();
    let seeds = if target == "sse" { "deepseek" } else { target };
    trouble.advise(format!(
        "the input is {input}\n         again: cargo xtask fuzz {target} --input {input}\n         \
         keep it as tests/fixtures/streams/{seeds}/found-WHAT.sse, where every test reads it"
    ))
}

fn newest(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten();
    files.max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok()).map(|file| file.path())
}

fn program(places: &Places, target: &str) -> Outcome<Command> {
    let host = process::answer(process::cargo().arg("-vV")).unwrap_or_default();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default().to_owned();
    let program = folder(places).join(host).join("debug/porthole-fuzz");
    if !program.is_file() {
        return Err(Trouble::new(format!("{} was not built", program.display())));
    }
    let mut command = process::tied(program);
    command.env("PORTHOLE_FUZZ_TARGET", target);
    Ok(command)
}

/// Tells libFuzzer what to start with and where to put what it finds. The first folder is its own: inputs that reached
/// something new are kept there from run to run.
fn with_corpus<'a>(
    places: &Places,
    target: &str,
    time: Option<Duration>,
    command: &'a mut Command,
) -> Outcome<&'a mut Command> {
    let own = folder(places).join("corpus").join(target);
    let findings = findings(places, target);
    for folder in [&own, &findings] {
        fs::create_dir_all(folder).doing(format_args!("creating {}", folder.display()))?;
    }
    let seeds = places.root.join("tests/fixtures/streams");
    command.arg(own);
    // Events are the same in every dialect, and libFuzzer looks into the folders below.
    command.arg(if target == "sse" { seeds } else { seeds.join(target) });
    command
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .arg(format!("-dict={}", places.root.join("tests/fuzz/words.dict").display()))
        .args(["-max_len=8192", "-timeout=10", "-rss_limit_mb=1024"]);
    if let Some(time) = time {
        command.arg(format!("-max_total_time={}", time.as_secs()));
    }
    Ok(command)
}

/// The targets use the same versions as the app: their lock file is the app's with libFuzzer added, regenerated
/// whenever the app's changes, so that there is no second one to keep up to date.
fn lock(places: &Places) -> Outcome<()> {
    let apps = fs::read(places.root.join("Cargo.lock")).unwrap_or_default();
    let (own, made_from) = (places.root.join("tests/fuzz/Cargo.lock"), folder(places).join("made-from.lock"));
    if own.is_file() && fs::read(&made_from).unwrap_or_default() == apps {
        return Ok(());
    }
    fs::create_dir_all(folder(places))
        .and_then(|()| fs::write(own, &apps))
        .and_then(|()| fs::write(made_from, &apps))
        .doing("writing the fuzz targets' lock file")
}

fn folder(places: &Places) -> PathBuf {
    places.target.join("fuzz")
}

fn findings(places: &Places, target: &str) -> PathBuf {
    folder(places).join("found").join(target)
}

fn log(places: &Places, target: &str) -> Outcome<PathBuf> {
    Ok(places.corner("logs")?.join(format!("fuzz-{target}.log")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{TARGETS, reason, tally};

    #[test]
    fn every_dialect_with_recordings_is_a_target() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/streams");
        let folders = std::fs::read_dir(folder).expect("recordings").flatten();
        let recorded: BTreeSet<String> =
            folders.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
        let targets: BTreeSet<String> = TARGETS[1..].iter().map(|target| (*target).to_owned()).collect();
        assert_eq!(recorded, targets);
    }

    #[test]
    fn a_failed_run_says_why() {
        let said = "INFO: Seed\nthread '<unnamed>' panicked at src/main.rs:3:5:\n  it was lost\nnote: run\n==1== ERROR: libFuzzer: deadly signal\n";
        assert_eq!(reason(said), "it was lost");
        assert_eq!(reason("==1== ERROR: libFuzzer: timeout\n"), "==1== ERROR: libFuzzer: timeout");
        assert_eq!(tally("#2 INITED\nDone 90 runs in 10 second(s)\n"), "Done 90 runs in 10 second(s)");
    }
}
