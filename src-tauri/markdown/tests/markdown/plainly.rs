//! Messages as plain text.

use porthole_markdown::plain;

#[test]
fn marks_go_and_shapes_stay() {
    for (text, expected) in [
        ("", ""),
        ("A **bold** and *slanted* `word`.", "A bold and slanted word."),
        ("# Title\n\nText\ngoes on.", "Title\n\nText\ngoes on."),
        ("- one\n- two\n  - inner\n- three", "- one\n- two\n  - inner\n- three"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("- one\n\n  more\n- two", "- one\n\n  more\n- two"),
        ("> quoted\n> twice\n\nafter", "> quoted\n> twice\n\nafter"),
        ("```rust\nfn main() {\n    x\n}\n```\n\nafter", "    fn main() {\n        x\n    }\n\nafter"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n1 | 2"),
        (
            "[site](https://example.com) and https://example.com",
            "site (https://example.com) and https://example.com",
        ),
        ("- [x] done\n- [ ] open", "- [x] done\n- [ ] open"),
        ("a\n\n---\n\nb", "a\n\n* * *\n\nb"),
        ("Let $x^2$ be.", "Let x^2 be."),
        ("<b>not HTML</b>", "<b>not HTML</b>"),
    ] {
        assert_eq!(plain(text), expected, "{text:?}");
    }
}
