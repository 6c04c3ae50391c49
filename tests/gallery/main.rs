//! Pictures of every screen and state of the real window: light and dark, at three widths, in both languages, each
//! state checked with axe, and one page that shows them side by side.
//!
//! `cargo xtask gallery` brings the display, the driver and the built program. A further state is a further
//! `take` in a scene, and its name in the scene's line in [`scenes::all`].
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a picture that cannot be taken is a failure"
)]
#![expect(clippy::print_stdout, reason = "it says how far it is")]

#[path = "../e2e/window.rs"]
#[expect(dead_code, reason = "the journeys use more of it")]
mod window;

mod enlarged;
mod errors;
mod page;
mod panels;
mod replies;
mod scenes;
mod seed;
mod stage;
mod starts;
mod texts;
mod trees;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use porthole_core::settings::Language;

use stage::Stage;

/// How long one scene may take.
const PATIENCE: Duration = Duration::from_mins(4);

#[tokio::main]
async fn main() -> ExitCode {
    let mut words = std::env::args().skip_while(|word| word != "--only").skip(1);
    let only = words.next();
    let folder =
        PathBuf::from(std::env::var_os("PORTHOLE_GALLERY").expect("`cargo xtask gallery` says where"));
    let begun = Instant::now();
    // Each of two cores has a language.
    let (english, chinese) = tokio::join!(
        shoot(&folder, Language::English, only.as_deref()),
        shoot(&folder, Language::SimplifiedChinese, only.as_deref())
    );
    let taken = [english, chinese].concat();
    page::write(&folder, &taken);
    let faults: Vec<&String> = taken.iter().flat_map(|one| &one.faults).collect();
    for fault in &faults {
        println!("{fault}");
    }
    let pictures: usize = taken.iter().map(|one| one.pictures.len()).sum();
    println!(
        "{pictures} pictures in {:.0} s, {} faults: {}",
        begun.elapsed().as_secs_f64(),
        faults.len(),
        folder.join("index.html").display()
    );
    if faults.is_empty() && pictures > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays the scenes in one language. A scene that fails is a fault, and the next is played.
async fn shoot(folder: &std::path::Path, language: Language, only: Option<&str>) -> Vec<stage::Taken> {
    let mut taken = Vec::new();
    for scene in scenes::all() {
        let wanted = |name: &&str| only.is_none_or(|only| name.contains(only) || scene.name.contains(only));
        let states: Vec<&'static str> = scene.states.iter().copied().filter(|name| wanted(name)).collect();
        if states.is_empty() {
            continue;
        }
        let begun = Instant::now();
        let stage = Stage::new(folder, language, states);
        let played = tokio::spawn({
            let stage = stage.clone();
            async move { tokio::time::timeout(PATIENCE, (scene.play)(&stage)).await }
        });
        let mut all = match played.await {
            Ok(Ok(())) => stage.taken(None),
            Ok(Err(_)) => stage.taken(Some(&format!("{} took too long", scene.name))),
            Err(panicked) => stage.taken(Some(&format!("{} failed: {panicked}", scene.name))),
        };
        println!("{:>4.0} s  {} {}", begun.elapsed().as_secs_f64(), stage.language(), scene.name);
        taken.append(&mut all);
    }
    taken
}
