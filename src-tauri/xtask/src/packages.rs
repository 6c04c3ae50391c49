//! Installing system packages: announced before it is done, and confirmed if somebody is there.

use std::io;

use crate::ask;
use crate::pieces::{self, Purpose};
use crate::platform::Platform;
use crate::process;
use crate::trouble::{Outcome, Trouble};

/// Makes sure that everything for `purposes` is installed: says what is missing and the exact command,
/// asks if somebody is there, installs, and checks again. Silent and quick if nothing is missing.
pub(crate) fn ensure(platform: Platform, purposes: &[Purpose]) -> Outcome<()> {
    let missing = pieces::missing(platform, purposes);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.iter().map(|piece| piece.name).collect::<Vec<_>>().join(", ");
    let wanted: Vec<&str> = missing.iter().flat_map(|piece| piece.packages(platform)).collect();
    let commands = install_commands(platform, &wanted);
    let shown = if commands.is_empty() {
        "install it with this system's package manager".to_owned()
    } else {
        commands.iter().map(|words| words.join(" ")).collect::<Vec<_>>().join(" && ")
    };
    eprintln!("Missing on this machine: {names}.\nWill run: {shown}");
    let absent = || Trouble::new(format!("missing: {names}")).advise(shown.clone());
    if commands.is_empty() || !ask::go_ahead("Install now?") {
        return Err(absent());
    }
    for words in &commands {
        let Some((program, arguments)) = words.split_first() else { continue };
        // Standard output is reserved for what a chore prints for other programs.
        process::run_visibly(process::command(program).args(arguments).stdout(io::stderr()), program)
            .map_err(|trouble| trouble.advise(format!("run it yourself, then start again: {shown}")))?;
    }
    let left = pieces::missing(platform, purposes);
    if left.is_empty() {
        return Ok(());
    }
    let names = left.iter().map(|piece| piece.name).collect::<Vec<_>>().join(", ");
    Err(Trouble::new(format!("still missing after installing: {names}"))
        .advise("finish the installation that has opened, or find the package's name on this system, then start again"))
}

/// The commands that install `packages`, in order, each as a list of words.
fn install_commands(platform: Platform, packages: &[&str]) -> Vec<Vec<String>> {
    let root = process::answer(process::command("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    commands_for(platform, packages, root, ask::somebody_is_there())
}

fn commands_for(platform: Platform, packages: &[&str], root: bool, attended: bool) -> Vec<Vec<String>> {
    let as_root: &[&str] = match (root, attended) {
        (true, _) => &[],
        (false, true) => &["sudo"],
        // Nobody can type a password: fail at once.
        (false, false) => &["sudo", "-n"],
    };
    let words = |parts: &[&[&str]]| parts.concat().iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let quiet: &[&str] = &["env", "DEBIAN_FRONTEND=noninteractive"];
    match platform {
        Platform::Debian => vec![
            words(&[as_root, &["apt-get", "update", "-q"]]),
            words(&[
                as_root,
                quiet,
                &["apt-get", "install", "-y", "-q", "--no-install-recommends"],
                packages,
            ]),
        ],
        Platform::Fedora => {
            vec![words(&[as_root, &["dnf", "install", "-y", "--setopt=install_weak_deps=False"], packages])]
        }
        // Arch supports no partial upgrades: installing anything new requires bringing the system up to date.
        Platform::Arch => vec![words(&[as_root, &["pacman", "-Syu", "--needed", "--noconfirm"], packages])],
        Platform::Mac => {
            let (tools, formulas): (Vec<&str>, Vec<&str>) =
                packages.iter().partition(|name| **name == "xcode-select");
            let mut commands = Vec::new();
            if !tools.is_empty() {
                commands.push(words(&[&["xcode-select", "--install"]]));
            }
            if !formulas.is_empty() {
                commands.push(words(&[&["brew", "install"], &formulas]));
            }
            commands
        }
        Platform::Windows => packages
            .iter()
            .map(|package| {
                words(&[
                    &["winget", "install", "--exact", "--id", package],
                    &["--accept-source-agreements", "--accept-package-agreements"],
                ])
            })
            .collect(),
        Platform::OtherLinux => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Platform, commands_for};

    fn shown(platform: Platform, packages: &[&str], root: bool, attended: bool) -> Vec<String> {
        commands_for(platform, packages, root, attended).iter().map(|words| words.join(" ")).collect()
    }

    #[test]
    fn every_platform_installs_in_its_own_way() {
        assert_eq!(
            shown(Platform::Debian, &["xvfb", "dbus"], true, false),
            [
                "apt-get update -q",
                "env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends xvfb dbus"
            ]
        );
        assert_eq!(
            shown(Platform::Fedora, &["gcc"], false, true),
            ["sudo dnf install -y --setopt=install_weak_deps=False gcc"]
        );
        assert_eq!(
            shown(Platform::Arch, &["librsvg"], false, false),
            ["sudo -n pacman -Syu --needed --noconfirm librsvg"]
        );
        assert_eq!(
            shown(Platform::Mac, &["xcode-select", "python"], false, true),
            ["xcode-select --install", "brew install python"]
        );
        assert!(shown(Platform::OtherLinux, &["xvfb"], true, true).is_empty());
    }
}
