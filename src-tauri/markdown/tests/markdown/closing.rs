//! Messages one after another in one file.

use porthole_markdown::{closed, render};
use proptest::prelude::*;

/// The blocks of a text, without the line breaks at the end of code, which are seen nowhere.
fn blocks(text: &str) -> Vec<String> {
    const END: &str = "</code></pre>";
    let trimmed = |html: String| html.split(END).map(str::trim_end).collect::<Vec<_>>().join(END);
    render(text).into_iter().map(|block| trimmed(block.html)).collect()
}

/// What follows a text stands on its own, and the text is what it was.
fn check(text: &str) {
    let closed = closed(text);
    let mut expected = blocks(text);
    let followed = blocks(&format!("{closed}\n\nNext."));
    expected.push("<p>Next.</p>".to_owned());
    assert_eq!(followed, expected, "{text:?} as {closed:?}");
}

#[test]
fn what_is_left_open_is_closed() {
    for text in [
        "",
        "Plain.",
        "```rust\nfn main() {",
        "```",
        "~~~~\n~~~\nstill",
        "````md\n```\ninner\n```\n",
        "- a list\n\n  ```\n  code in it",
        "> ```\n> quoted",
        "1. one\n2. two",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "Heading\n===",
        "    indented",
        "a\n\n***",
        "$$\nx^2",
        "\\[ x",
        "[label]: https://example.com",
        "ends with a break  ",
        "tab\tand \\",
    ] {
        check(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_message_says_the_next_is_not_swallowed(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("```"), Just("~~~~"), Just("\n"), Just("\n\n"), Just("- "), Just("> "), Just("word "),
                Just("    "), Just("1. "), Just("| a |\n|---|\n"), Just("# "), Just("$$"), Just("**"), Just("`"),
            ],
            0..24,
        ),
    ) {
        check(&pieces.concat());
    }
}
