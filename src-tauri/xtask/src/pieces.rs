//! What Porthole's chores need on a machine: how to check for each piece, and what each package manager calls it.

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

/// One thing a purpose needs, and its package names. An empty list means: not needed on that platform,
/// or not available from its package manager.
pub(crate) struct Piece {
    purpose: Purpose,
    /// What it is, in words for the user.
    pub(crate) name: &'static str,
    probe: Probe,
    debian: &'static [&'static str],
    fedora: &'static [&'static str],
    arch: &'static [&'static str],
    mac: &'static [&'static str],
    windows: &'static [&'static str],
}

const PIECES: &[Piece] = &[
    Piece {
        purpose: Purpose::Build,
        name: "a C compiler",
        probe: Probe::Program("cc"),
        debian: &["build-essential"],
        fedora: &["gcc", "gcc-c++", "make"],
        arch: &["base-devel"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Build,
        name: "pkg-config",
        probe: Probe::Program("pkg-config"),
        debian: &["pkg-config"],
        fedora: &["pkgconf-pkg-config"],
        arch: &["pkgconf"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Build,
        name: "WebKitGTK 4.1",
        probe: Probe::Library("webkit2gtk-4.1"),
        debian: &["libwebkit2gtk-4.1-dev"],
        fedora: &["webkit2gtk4.1-devel"],
        arch: &["webkit2gtk-4.1"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Build,
        name: "librsvg",
        probe: Probe::Library("librsvg-2.0"),
        debian: &["librsvg2-dev"],
        fedora: &["librsvg2-devel"],
        arch: &["librsvg"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Build,
        name: "the Xcode command line tools",
        probe: Probe::XcodeTools,
        debian: &[],
        fedora: &[],
        arch: &[],
        mac: &["xcode-select"],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Build,
        name: "the WebView2 runtime",
        probe: Probe::WebView2,
        debian: &[],
        fedora: &[],
        arch: &[],
        mac: &[],
        windows: &["Microsoft.EdgeWebView2Runtime"],
    },
    Piece {
        purpose: Purpose::Display,
        name: "a virtual display (Xvfb)",
        probe: Probe::Program("Xvfb"),
        debian: &["xvfb"],
        fedora: &["xorg-x11-server-Xvfb"],
        arch: &["xorg-server-xvfb"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Display,
        name: "D-Bus",
        probe: Probe::Program("dbus-daemon"),
        debian: &["dbus"],
        fedora: &["dbus-daemon"],
        arch: &["dbus"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Display,
        name: "a Latin font",
        probe: Probe::FontFor("en"),
        debian: &["fontconfig", "fonts-noto-core"],
        fedora: &["fontconfig", "google-noto-sans-fonts"],
        arch: &["fontconfig", "noto-fonts"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Display,
        name: "a Chinese font",
        probe: Probe::FontFor("zh-cn"),
        debian: &["fonts-wqy-zenhei"],
        fedora: &["wqy-zenhei-fonts"],
        arch: &["wqy-zenhei"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Display,
        name: "an emoji font",
        probe: Probe::FontFor("und-zsye"),
        debian: &["fonts-noto-color-emoji"],
        fedora: &["google-noto-color-emoji-fonts"],
        arch: &["noto-fonts-emoji"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Keychain,
        name: "GNOME Keyring",
        probe: Probe::Program("gnome-keyring-daemon"),
        // Includes the bus it is reached through, which a display needs as well.
        debian: &["dbus", "gnome-keyring"],
        fedora: &["dbus-daemon", "gnome-keyring"],
        arch: &["dbus", "gnome-keyring"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Namespace,
        name: "iproute2",
        probe: Probe::Program("ip"),
        debian: &["iproute2"],
        fedora: &["iproute"],
        arch: &["iproute2"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::EndToEnd,
        name: "WebKitWebDriver",
        probe: Probe::Program("WebKitWebDriver"),
        debian: &["webkit2gtk-driver"],
        // Both build the driver binary only with the GTK 4 library, so that is the package it ships in.
        fedora: &["webkitgtk6.0"],
        arch: &["webkitgtk-6.0"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Bench,
        name: "curl",
        probe: Probe::Program("curl"),
        debian: &["curl"],
        fedora: &["curl"],
        arch: &["curl"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Fuzz,
        name: "a C++ compiler",
        probe: Probe::Program("c++"),
        debian: &["g++"],
        fedora: &["gcc-c++"],
        arch: &["gcc"],
        mac: &[],
        windows: &[],
    },
    Piece {
        purpose: Purpose::Model,
        name: "Python 3.10 or newer with venv",
        probe: Probe::Python,
        debian: &["python3", "python3-venv"],
        fedora: &["python3"],
        arch: &["python"],
        mac: &["python"],
        windows: &["Python.Python.3.13"],
    },
    Piece {
        purpose: Purpose::Icons,
        name: "rsvg-convert",
        probe: Probe::Program("rsvg-convert"),
        debian: &["librsvg2-bin"],
        fedora: &["librsvg2-tools"],
        arch: &["librsvg"],
        mac: &["librsvg"],
        windows: &[],
    },
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
    pub(crate) fn packages(&self, platform: Platform) -> &'static [&'static str] {
        match platform {
            Platform::Debian => self.debian,
            Platform::Fedora => self.fedora,
            Platform::Arch => self.arch,
            Platform::Mac => self.mac,
            Platform::Windows => self.windows,
            Platform::OtherLinux => &[],
        }
    }

    /// A Linux without known package names needs the same things; they are listed but not installed.
    fn concerns(&self, platform: Platform) -> bool {
        let decides = if platform == Platform::OtherLinux { Platform::Debian } else { platform };
        !self.packages(decides).is_empty()
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
            assert_eq!(piece.debian.is_empty(), piece.fedora.is_empty(), "{}", piece.name);
            assert_eq!(piece.debian.is_empty(), piece.arch.is_empty(), "{}", piece.name);
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
