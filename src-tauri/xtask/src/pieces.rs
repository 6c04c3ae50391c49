//! What Porthole's chores need on a machine: how to check for each piece, and what each package manager calls it.

use Probe::{FontFor, Library, Program, Python, WebView2, XcodeTools};
use Purpose::{Bench, Build, Display, EndToEnd, Fuzz, Icons, Keychain, Model, Namespace};

use crate::platform::Platform;
use crate::process;

/// What packages are wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Compiling and starting the app.
    Build,
    /// Showing the app without a screen.
    Display,
    /// Keeping keys in a real keychain in tests.
    Keychain,
    /// Counting what leaves a network namespace in tests.
    Namespace,
    /// Driving the real window in tests, on top of a display.
    EndToEnd,
    /// What the benchmarks compare the window with.
    Bench,
    /// Compiling libFuzzer.
    Fuzz,
    /// Fetching and serving the small real model.
    Model,
    /// Drawing the icons.
    Icons,
}

/// How to check whether something is installed, however it was installed.
enum Probe {
    Program(&'static str),
    Library(&'static str),
    FontFor(&'static str),
    Python,
    XcodeTools,
    WebView2,
}

/// One thing a purpose needs.
pub(crate) struct Piece {
    purpose: Purpose,
    /// What it is, in words for the user.
    pub(crate) name: &'static str,
    probe: Probe,
    /// Its packages of Debian, Fedora, Arch, Homebrew and winget. None: not needed on that platform, or not available
    /// from its package manager.
    packages: [&'static str; 5],
}

const fn piece(purpose: Purpose, name: &'static str, probe: Probe, packages: [&'static str; 5]) -> Piece {
    Piece { purpose, name, probe, packages }
}

const PIECES: &[Piece] = &[
    piece(
        Build,
        "a C compiler",
        Program("cc"),
        ["build-essential", "gcc gcc-c++ make", "base-devel", "", ""],
    ),
    piece(
        Build,
        "pkg-config",
        Program("pkg-config"),
        ["pkg-config", "pkgconf-pkg-config", "pkgconf", "", ""],
    ),
    piece(
        Build,
        "WebKitGTK 4.1",
        Library("webkit2gtk-4.1"),
        ["libwebkit2gtk-4.1-dev", "webkit2gtk4.1-devel", "webkit2gtk-4.1", "", ""],
    ),
    piece(Build, "librsvg", Library("librsvg-2.0"), ["librsvg2-dev", "librsvg2-devel", "librsvg", "", ""]),
    piece(Build, "the Xcode command line tools", XcodeTools, ["", "", "", "xcode-select", ""]),
    piece(Build, "the WebView2 runtime", WebView2, ["", "", "", "", "Microsoft.EdgeWebView2Runtime"]),
    piece(
        Display,
        "a virtual display (Xvfb)",
        Program("Xvfb"),
        ["xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb", "", ""],
    ),
    piece(Display, "D-Bus", Program("dbus-daemon"), ["dbus", "dbus-daemon", "dbus", "", ""]),
    piece(
        Display,
        "a Latin font",
        FontFor("en"),
        ["fontconfig fonts-noto-core", "fontconfig google-noto-sans-fonts", "fontconfig noto-fonts", "", ""],
    ),
    piece(
        Display,
        "a Chinese font",
        FontFor("zh-cn"),
        ["fonts-wqy-zenhei", "wqy-zenhei-fonts", "wqy-zenhei", "", ""],
    ),
    piece(
        Display,
        "an emoji font",
        FontFor("und-zsye"),
        ["fonts-noto-color-emoji", "google-noto-color-emoji-fonts", "noto-fonts-emoji", "", ""],
    ),
    // Includes the bus it is reached through, which a display needs as well.
    piece(
        Keychain,
        "GNOME Keyring",
        Program("gnome-keyring-daemon"),
        ["dbus gnome-keyring", "dbus-daemon gnome-keyring", "dbus gnome-keyring", "", ""],
    ),
    piece(Namespace, "iproute2", Program("ip"), ["iproute2", "iproute", "iproute2", "", ""]),
    // Both build the driver binary only with the GTK 4 library, so that is the package it ships in.
    piece(
        EndToEnd,
        "WebKitWebDriver",
        Program("WebKitWebDriver"),
        ["webkit2gtk-driver", "webkitgtk6.0", "webkitgtk-6.0", "", ""],
    ),
    piece(Bench, "curl", Program("curl"), ["curl", "curl", "curl", "", ""]),
    piece(Fuzz, "a C++ compiler", Program("c++"), ["g++", "gcc-c++", "gcc", "", ""]),
    piece(
        Model,
        "Python 3.10 or newer with venv",
        Python,
        ["python3 python3-venv", "python3", "python", "python", "Python.Python.3.13"],
    ),
    piece(
        Icons,
        "rsvg-convert",
        Program("rsvg-convert"),
        ["librsvg2-bin", "librsvg2-tools", "librsvg", "librsvg", ""],
    ),
];

/// The pieces for `purposes` that this machine lacks.
pub(crate) fn missing(platform: Platform, purposes: &[Purpose]) -> Vec<&'static Piece> {
    PIECES
        .iter()
        .filter(|piece| purposes.contains(&piece.purpose) && piece.concerns(platform) && !piece.probe.finds())
        .collect()
}

impl Piece {
    /// The names of its packages on that platform.
    pub(crate) fn packages(&self, platform: Platform) -> std::str::SplitWhitespace<'static> {
        let [debian, fedora, arch, mac, windows] = self.packages;
        let names = match platform {
            Platform::Debian => debian,
            Platform::Fedora => fedora,
            Platform::Arch => arch,
            Platform::Mac => mac,
            Platform::Windows => windows,
            Platform::OtherLinux => "",
        };
        names.split_whitespace()
    }

    /// A Linux without known package names needs the same things; they are listed but not installed.
    fn concerns(&self, platform: Platform) -> bool {
        let decides = if platform == Platform::OtherLinux { Platform::Debian } else { platform };
        self.packages(decides).next().is_some()
    }
}

impl Probe {
    fn finds(&self) -> bool {
        let prints = |program: &str, arguments: &[&str]| {
            process::answer(process::command(program).args(arguments))
                .is_some_and(|printed| !printed.trim().is_empty())
        };
        match *self {
            Self::Program(name) => process::on_path(name).is_some(),
            Self::Library(name) => {
                process::answer(process::command("pkg-config").args(["--exists", name])).is_some()
            }
            Self::FontFor(language) => prints("fc-list", &[&format!(":lang={language}")]),
            Self::Python => python().is_some(),
            Self::XcodeTools => prints("xcode-select", &["-p"]),
            Self::WebView2 => {
                ["HKLM\\SOFTWARE\\WOW6432Node", "HKLM\\SOFTWARE", "HKCU\\Software"].iter().any(|hive| {
                    let key = format!(
                        "{hive}\\Microsoft\\EdgeUpdate\\Clients\\{{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}}"
                    );
                    prints("reg", &["query", &key, "/v", "pv"])
                })
            }
        }
    }
}

/// The command name of a Python that can create the model's environment.
pub(crate) fn python() -> Option<&'static str> {
    const FIT: &str = "import sys, venv, ensurepip; print('fit' if sys.version_info >= (3, 10) else '')";
    ["python3", "python", "/usr/bin/python3"].into_iter().find(|name| {
        process::answer(process::command(name).args(["-c", FIT])).is_some_and(|said| said.trim() == "fit")
    })
}

#[cfg(test)]
mod tests {
    use super::{PIECES, Platform, Purpose, missing};

    #[test]
    fn a_piece_for_one_linux_is_a_piece_for_all_three() {
        for piece in PIECES {
            let [debian, fedora, arch, ..] = piece.packages.map(str::is_empty);
            assert!(debian == fedora && fedora == arch, "{}", piece.name);
        }
    }

    #[test]
    fn an_unknown_linux_still_hears_what_it_lacks() {
        assert!(
            PIECES
                .iter()
                .any(|piece| piece.purpose == Purpose::Build && piece.concerns(Platform::OtherLinux))
        );
        assert!(missing(Platform::OtherLinux, &[]).is_empty(), "nothing wanted, nothing missing");
    }
}
