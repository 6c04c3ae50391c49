//! Messages in programs that obey raw HTML and follow every link.

use porthole_markdown::{closed, render, tamed};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::attacks::ATTACKS;

/// What a program of any dialect would obey: the tag of a line break is all.
fn obeyed(text: &str) -> Option<String> {
    for dialect in [Options::empty(), Options::ENABLE_TABLES | Options::ENABLE_GFM, Options::all()] {
        for event in Parser::new_ext(text, dialect) {
            if let Event::Html(html) | Event::InlineHtml(html) = &event
                && !["<br>", "<br/>", "<br />"].contains(&html.to_lowercase().as_str())
            {
                return Some(html.to_string());
            }
            if let Event::Start(Tag::Image { dest_url, .. }) = &event {
                return Some(format!("an image from {dest_url}"));
            }
            if let Event::Start(Tag::Link { dest_url, .. }) = &event {
                let clean: String = dest_url.chars().filter(|c| !c.is_control()).collect();
                let clean = clean.trim().to_lowercase();
                let wild = ["javascript:", "vbscript:", "data:", "file:", "smb:", "ms-msdt:", "tauri:", "//"];
                if wild.iter().any(|wild| clean.starts_with(wild)) {
                    return Some(clean);
                }
            }
        }
    }
    None
}

/// What a reader sees, without regard to where its lines break.
fn seen(text: &str) -> String {
    let mut seen = String::new();
    for block in render(text) {
        let mut tag = false;
        for c in block.html.chars() {
            match c {
                '<' => tag = true,
                '>' => tag = false,
                c if !tag && !c.is_whitespace() => seen.push(c),
                _ => {}
            }
        }
    }
    seen
}

#[test]
fn nothing_of_a_message_is_obeyed_elsewhere() {
    for attack in ATTACKS {
        for around in
            ["", "> ", "- ", "# ", "| a |\n|---|\n| ", "**", "[", "`", "a[^1]\n\n[^1]: ", "text\n", "$"]
        {
            let text = format!("{around}{attack}\n\n[x] and more");
            let tame = tamed(&text);
            assert_eq!(obeyed(&closed(&tame)), None, "{text:?} as {tame:?}");
        }
    }
}

#[test]
fn an_image_is_a_link_to_it() {
    for (written, tame) in [
        ("![a *b*](https://c.d/e.png)", "[a *b*](https://c.d/e.png)"),
        ("![](https://c.d/e.png)", "[image](https://c.d/e.png)"),
        ("![a][b]\n\n[b]: https://c.d", "[a][b]\n\n[b]: https://c.d"),
        ("[![a](https://c.d)](https://e.f)", "[[a](https://c.d)](https://e.f)"),
        ("`![a](https://c.d)`", "`![a](https://c.d)`"),
    ] {
        assert_eq!(tamed(written), tame);
    }
}

#[test]
fn raw_html_is_seen_as_it_was_written() {
    for text in [
        "<script>alert(1)</script>",
        "<div>\n  *a* & &lt; `b`\n</div>",
        "a <b title=\"*x*\">c</b> d",
        "text\n<div>\n1. x\n</div>",
        "> <div>\n> x\n> </div>\n\nafter",
        "- <p>\n  # x\n- y",
        "<!-- a\n\n- b -->",
    ] {
        assert_eq!(seen(&tamed(text)), seen(text), "{text:?} as {:?}", tamed(text));
    }
    for text in [
        "`<b>`",
        "```html\n<script>\n```",
        "    <b>",
        "a < b > c",
        "x<br>y",
        "[a](b.md) <https://a.b>",
        "<a@b.c>",
    ] {
        assert_eq!(tamed(text), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_message_says_is_not_obeyed(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("```"), Just("~~~~"), Just("\n"), Just("\n\n"), Just("- "), Just("> "), Just("word "),
                Just("    "), Just("1. "), Just("| a |\n|---|\n"), Just("# "), Just("$$"), Just("**"), Just("`"),
                Just("<b>"), Just("</script>"), Just("<!--"), Just("-->"), Just("<"), Just(">"), Just("<div "),
                Just("[a](javascript:x)"), Just("[a]: file:x\n"), Just("[a]"), Just("\\"), Just("<?"), Just("\""),
            ],
            0..24,
        ),
    ) {
        let text = pieces.concat();
        let tame = tamed(&text);
        prop_assert_eq!(obeyed(&tame), None, "{:?} as {:?}", text, tame);
    }
    /// Where no code and no formula is left open, of which programs disagree.
    #[test]
    fn whatever_a_message_says_is_seen_as_it_was_written(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("\n\n"), Just("\n\n- "), Just("\n\n> "), Just("word "), Just("\n\n```\n<b>\n```\n\n"), Just("`<b>`"),
                Just("\n\n1. "), Just("# "), Just(" **b** "), Just("<b>"), Just("</b>"), Just("<i title='*x*'>"),
                Just("\n\n<div>\n*x*\n</div>\n\n"), Just("<!-- x -->"), Just(" < "), Just("&lt;"), Just("x<br>y"),
            ],
            0..24,
        ),
    ) {
        let text = pieces.concat();
        prop_assert_eq!(seen(&tamed(&text)), seen(&text), "{:?} as {:?}", text, tamed(&text));
    }
}
