//! Asking before doing something to the machine.

use std::env;
use std::io::{self, BufRead, IsTerminal, Write};

/// Whether somebody can answer: a terminal on both ends, and not a build server.
pub(crate) fn somebody_is_there() -> bool {
    env::var_os("CI").is_none() && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a yes-or-no question, yes by default. With nobody there the answer is yes: an unattended
/// machine is expected to do the whole set-up.
pub(crate) fn go_ahead(question: &str) -> bool {
    if !somebody_is_there() {
        return true;
    }
    eprint!("{question} [Y/n] ");
    if io::stderr().flush().is_err() {
        return false;
    }
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        Ok(read) => read > 0 && means_yes(&answer),
        Err(_) => false,
    }
}

fn means_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "" | "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::means_yes;

    #[test]
    fn enter_and_yes_agree_and_anything_else_declines() {
        assert!(means_yes("\n") && means_yes("y\n") && means_yes(" YES \r\n"));
        assert!(!means_yes("n\n") && !means_yes("what?\n"));
    }
}
