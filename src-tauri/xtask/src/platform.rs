//! What kind of machine this is, as far as installing things is concerned.

use std::fs;

/// Kinds of machines that are set up alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    /// Debian, Ubuntu and their derivatives: `apt-get`.
    Debian,
    /// Fedora and its kin: `dnf`.
    Fedora,
    /// Arch and its kin: `pacman`.
    Arch,
    /// A Linux this project has no package names for.
    OtherLinux,
    Mac,
    Windows,
}

impl Platform {
    pub(crate) fn detect() -> Self {
        if cfg!(target_os = "macos") {
            Self::Mac
        } else if cfg!(windows) {
            Self::Windows
        } else {
            let described = fs::read_to_string("/etc/os-release")
                .or_else(|_| fs::read_to_string("/usr/lib/os-release"))
                .unwrap_or_default();
            Self::from_os_release(&described)
        }
    }

    pub(crate) fn is_linux(self) -> bool {
        matches!(self, Self::Debian | Self::Fedora | Self::Arch | Self::OtherLinux)
    }

    /// Reads `ID` first and then `ID_LIKE`: a derivative names itself in the one and its parents in the other.
    fn from_os_release(text: &str) -> Self {
        let value = |key: &str| {
            text.lines()
                .filter_map(|line| line.trim().split_once('='))
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value.trim_matches(['"', '\'']).to_ascii_lowercase())
                .unwrap_or_default()
        };
        let names = format!("{} {}", value("ID"), value("ID_LIKE"));
        names
            .split_whitespace()
            .find_map(|name| match name {
                "debian" | "ubuntu" => Some(Self::Debian),
                "fedora" | "rhel" | "centos" => Some(Self::Fedora),
                "arch" | "archlinux" => Some(Self::Arch),
                _ => None,
            })
            .unwrap_or(Self::OtherLinux)
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;

    #[test]
    fn distributions_and_their_derivatives_are_recognised() {
        let cases = [
            ("ID=debian\nVERSION_ID=\"12\"\n", Platform::Debian),
            ("NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Platform::Debian),
            ("ID=fedora\n", Platform::Fedora),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", Platform::Fedora),
            ("ID=arch\n", Platform::Arch),
            ("ID=manjaro\nID_LIKE=arch\n", Platform::Arch),
            ("ID=alpine\n", Platform::OtherLinux),
            ("", Platform::OtherLinux),
            ("PRETTY_NAME=\"not ID=debian\"\nID='void'\n", Platform::OtherLinux),
        ];
        for (text, expected) in cases {
            assert_eq!(Platform::from_os_release(text), expected, "{text:?}");
        }
    }
}
