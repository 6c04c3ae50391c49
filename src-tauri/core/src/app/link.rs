use url::Url;

use crate::domain::{Code, Failure};

/// A link of a message as an address that may be given to the system: `http`, `https` or `mailto` and nothing
/// else, because some schemes start programs (CVE-2025-54063, CVE-2026-43899).
///
/// # Errors
/// `forbidden` for everything else.
pub fn checked_link(text: &str) -> Result<Url, Failure> {
    Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https" | "mailto"))
        .ok_or_else(|| Failure::told(Code::Forbidden, "Porthole opens web and mail addresses only."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_and_mail_addresses_are_opened() {
        for good in ["https://example.com/a?b#c", " http://127.0.0.1:8080", "MAILTO:a@example.com"] {
            assert!(checked_link(good).is_ok(), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "smb://host/share",
            "ms-msdt:/id",
            "//example.com",
            "calculator:",
            "vbscript:x",
            "data:text/html,x",
            "",
            "-version",
        ] {
            assert!(checked_link(bad).is_err(), "{bad}");
        }
    }
}
