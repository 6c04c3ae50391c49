//! Messages made to harm.

use std::time::{Duration, Instant};

use porthole_markdown::{Document, render};

use super::attacks::ATTACKS;
use super::safety::assert_safe;

#[test]
fn nothing_gets_through() {
    for attack in ATTACKS {
        for around in ["", "> ", "- ", "# ", "| a |\n|---|\n| ", "**", "[", "`", "a[^1]\n\n[^1]: "] {
            let text = format!("{around}{attack}");
            for block in render(&text) {
                assert_safe(&block.html);
            }
            let mut document = Document::new();
            for character in text.chars() {
                document.push(character.encode_utf8(&mut [0; 4]));
                for block in document.patch_since(0).changed {
                    assert_safe(&block.html);
                }
            }
        }
    }
}

#[test]
fn size_does_not_explode() {
    let many = |piece: &str| piece.repeat(20_000 / piece.len());
    for text in [
        many("["),
        many("]"),
        many("![["),
        many("[a]("),
        many("*"),
        many("**a"),
        many("*a _b "),
        many("`"),
        many("`a``"),
        many("<"),
        many("<a "),
        many("<!--"),
        many("<![CDATA["),
        many("<?"),
        many("$"),
        many("$a$$"),
        many("\\("),
        many("\\["),
        many("\\"),
        many("> "),
        many("- "),
        many("1. "),
        many("#"),
        many("|"),
        many("|a"),
        many("&"),
        many("&#"),
        many("~"),
        many("~~a"),
        many("[^1]"),
        many("[^1]: "),
        many("[a]: b\n"),
        many("http://"),
        many("www."),
        many("http://a.b)"),
        many("http://a.b/&a;"),
        many("（**"),
        many("**（"),
        many("\n"),
        many("- a\n"),
        many("> a\n"),
        many("|a|b\n|-|-\n"),
        many("```\n"),
        many("\t"),
        many("a\n\n"),
        format!("|a|\n|-|\n{}", many("|\n")),
        format!("{}{}", "> ".repeat(5_000), "a"),
        format!("```js\n{}", many("((((")),
        format!("```js\n{}", many("/*\n")),
        format!("```rust\n{}", many("r#\"")),
        format!("```html\n{}", many("<a b=")),
        format!("```cpp\n{}", many("a<b<")),
        format!("```regex\n{}", many("(a*)*")),
        format!("```latex\n{}", many("\\a{")),
        format!("```markdown\n{}", many("**[a")),
        format!("```python\n{}", many("f'{a")),
    ] {
        let start = Instant::now();
        for block in render(&text) {
            assert_safe(&block.html);
        }
        let mut document = Document::new();
        document.push(&text);
        let taken = start.elapsed();
        let start: String = text.chars().take(20).collect();
        assert!(taken < Duration::from_secs(5), "{start:?}... took {taken:?}");
    }
}

fn elements(html: &str, name: &str) -> usize {
    html.matches(&format!("<{name}")).count()
}

#[test]
fn deep_nesting_is_flat_and_nothing_is_lost() {
    let indented: String = (0..150).flat_map(|level| ["  ".repeat(level), format!("- a{level}\n")]).collect();
    let emphasis = format!("{}x{}", "*a **b ".repeat(150), " b** a*".repeat(150));
    for text in [
        format!("{}a149", "> ".repeat(150)),
        format!("{}a149", ">".repeat(150)),
        format!("{}a149", "- ".repeat(150)),
        format!("{}a149", "1. ".repeat(150)),
        format!("{}a149", "> - ".repeat(150)),
        format!("{}a149", "- ".repeat(20_000)),
        format!("{}a149", "> ".repeat(20_000)),
        indented,
        format!("{emphasis} a149"),
    ] {
        let mut document = Document::new();
        for piece in text.as_bytes().chunks(64) {
            document.push(str::from_utf8(piece).unwrap());
        }
        let arriving: String = document.patch_since(0).changed.into_iter().map(|block| block.html).collect();
        let html: String = render(&text).into_iter().map(|block| block.html).collect();
        for html in [arriving, html] {
            assert_safe(&html);
            let containers = elements(&html, "blockquote") + elements(&html, "ul") + elements(&html, "ol");
            assert!(containers <= 100, "{containers} levels: {:?}", &text[..20]);
            assert!(elements(&html, "em") + elements(&html, "strong") <= 100, "{:?}", &text[..20]);
            assert!(html.contains("a149") || text.len() > 20_000, "the innermost text is there: {html}");
        }
    }
}

/// Each would take minutes if its time grew with the square of its length.
#[test]
fn a_hundred_thousand_of_anything_is_soon_read() {
    let many = |piece: &str| piece.repeat(100_000 / piece.len());
    for text in [
        many(">"),
        many("> "),
        many("- "),
        many("1. "),
        many("a*"),
        many("_a "),
        many("*"),
        many("_"),
        many("~"),
        many("["),
        many("!["),
        many("`"),
        many("` "),
        many("<"),
        many("$"),
        many("$a "),
        many("www._"),
        "```md\n```x\n```\n".repeat(1_000),
        many("[a]("),
        format!("|a|\n|-|\n{}", many("`|")),
        format!("{}{}", "_a ".repeat(15_000), "a* ".repeat(15_000)),
        format!("{}{}", "*a ".repeat(15_000), "] ".repeat(25_000)),
    ] {
        let mut document = Document::new();
        for piece in text.as_bytes().chunks(5_000) {
            document.push(str::from_utf8(piece).unwrap());
        }
        document.finish();
        assert_eq!(document.patch_since(0).changed, render(&text), "the whole is as its pieces");
    }
}
