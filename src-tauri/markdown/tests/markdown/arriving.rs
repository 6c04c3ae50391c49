//! A message in pieces ends as the message in one piece, and looks whole on the way.

use porthole_markdown::{Block, Document, render};
use proptest::prelude::*;

use super::safety::assert_safe;

/// A window: it only ever sees patches.
#[derive(Default)]
struct Window {
    seen: u64,
    blocks: Vec<Block>,
}

impl Window {
    fn catch_up(&mut self, document: &Document) {
        let patch = document.patch_since(self.seen);
        self.seen = document.revision();
        for block in patch.changed {
            let place = block.key as usize;
            if place < self.blocks.len() {
                self.blocks[place] = block;
            } else {
                assert_eq!(place, self.blocks.len(), "a patch leaves no hole");
                self.blocks.push(block);
            }
        }
        self.blocks.truncate(patch.length as usize);
        assert_eq!(self.blocks.len(), patch.length as usize, "a patch brings every block it counts");
    }
}

/// Words that mean something together.
const PIECES: &[&str] = &[
    "a",
    "b c",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\n",
    "\n\n",
    "*",
    "**",
    "_",
    "~~",
    "`",
    "```",
    "```rust\n",
    "~~~",
    "fn x() {}\n",
    "[",
    "]",
    "(",
    ")",
    "](https://a.b)",
    "![",
    "[^1]",
    "[^1]: ",
    "[x]",
    "[x]: https://x.y",
    "[x]: /z 'ti\ntle'\n",
    "- ",
    "* ",
    "+ ",
    "1. ",
    "2) ",
    "    ",
    "\t",
    "> ",
    "# ",
    "=",
    "===\n",
    "---\n",
    "|",
    "|a|b|\n",
    "|-|-|\n",
    "\\",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "$",
    "$$",
    "<",
    ">",
    "<div>",
    "</div>",
    "<!--",
    "-->",
    "<pre>",
    "&amp;",
    "&",
    "http://a.b/",
    "www.a.b",
    "- [ ] ",
    "> [!NOTE]\n",
    "中",
    "（",
    "）",
    "。",
    "**中（）**文",
    "\r\n",
    "\r",
    "\u{0}",
    "\u{FEFF}",
    "\u{FDD0}",
    "\u{FDD1}",
    "$\u{FDD1}",
    "\u{200B}",
    "e\u{301}",
    "😀",
    "javascript:",
    "\"",
    "'",
    "onclick=",
];

fn markdown() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

/// Text in which nothing can refer to what comes later, and whose lines end in one way.
fn plain_markdown() -> impl Strategy<Value = String> {
    let plain: Vec<_> = PIECES
        .iter()
        .copied()
        .filter(|piece| {
            !piece.contains("[^")
                && !piece.contains("]:")
                && !piece.contains(['\r', '\u{FEFF}', '\u{FDD0}', '\u{FDD1}', '\\', '$'])
        })
        .collect();
    prop::collection::vec(prop::sample::select(plain), 0..60).prop_map(|pieces| pieces.concat())
}

fn anything() -> impl Strategy<Value = String> {
    prop_oneof![4 => markdown(), 1 => "\\PC{0,80}", 1 => any::<String>()]
}

/// Cuts a text into pieces of the lengths given, over and over.
fn pieces<'t>(text: &'t str, lengths: &[usize]) -> Vec<&'t str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    for length in lengths.iter().cycle() {
        if rest.is_empty() || lengths.iter().all(|length| *length == 0) {
            break;
        }
        let end = rest.char_indices().nth(*length).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

proptest! {
    #[test]
    fn any_split_ends_the_same(text in anything(), lengths in prop::collection::vec(0_usize..9, 1..6)) {
        let mut document = Document::new();
        let mut window = Window::default();
        for piece in pieces(&text, &lengths) {
            document.push(piece);
            window.catch_up(&document);
            for block in &window.blocks {
                assert_safe(&block.html);
            }
        }
        prop_assert_eq!(document.text(), &text);
        document.finish();
        window.catch_up(&document);
        prop_assert_eq!(&window.blocks, &render(&text));
        for block in &window.blocks {
            assert_safe(&block.html);
        }
    }

    /// What is settled stays right, so that nothing jumps when the last word has come.
    #[test]
    fn whole_lines_look_final(text in plain_markdown(), lengths in prop::collection::vec(1_usize..9, 1..6)) {
        prop_assume!(!text.contains("[^") && !text.contains("]:"));
        let text = format!("{text}\n\n# end\n\n");
        let mut document = Document::new();
        for piece in pieces(&text, &lengths) {
            document.push(piece);
        }
        prop_assert_eq!(document.patch_since(0).changed, render(&text));
    }

    /// A reply that is stopped within a table keeps the table.
    #[test]
    fn the_head_of_a_table_stays(text in plain_markdown(), length in 3_usize..28) {
        // In code there are no tables.
        let text = text.replace("```", "").replace("~~~", "");
        let text = format!("{text}\n\n{}", &"| a | **b** |\n|:--|-----|\n|"[..length]);
        let mut document = Document::new();
        document.push(&text);
        let shown = document.patch_since(0).changed;
        document.finish();
        prop_assert_eq!(document.patch_since(0).changed, shown);
    }

    #[test]
    fn text_after_the_end_is_taken(text in anything(), more in anything()) {
        let mut document = Document::new();
        document.push(&text);
        document.finish();
        document.push(&more);
        document.finish();
        prop_assert_eq!(document.patch_since(0).changed, render(&format!("{text}{more}")));
    }
}

#[track_caller]
pub(super) fn check(arrived: &str, expected: &str) {
    let mut document = Document::new();
    for character in arrived.chars() {
        document.push(character.encode_utf8(&mut [0; 4]));
    }
    let html: Vec<_> = document.patch_since(0).changed.into_iter().map(|block| block.html).collect();
    assert_eq!(html.join("\n"), expected, "{arrived:?}");
}

#[test]
fn half_of_an_inline() {
    check("a **bo", "<p>a <strong>bo</strong></p>");
    check("a **bo ", "<p>a <strong>bo</strong></p>");
    check("a **", "<p>a</p>");
    check("a **bo*", "<p>a <strong>bo</strong></p>");
    check("a **bo**", "<p>a <strong>bo</strong></p>");
    check("a *b **c", "<p>a <em>b <strong>c</strong></em></p>");
    check("a _b", "<p>a <em>b</em></p>");
    check("a ~~b~", "<p>a <del>b</del></p>");
    check("a `co", "<p>a <code>co</code></p>");
    check("a ``c`o", "<p>a <code>c`o</code></p>");
    check("a `", "<p>a</p>");
    check("**a `co", "<p><strong>a <code>co</code></strong></p>");
    check("2 * 3 and 2*3", "<p>2 * 3 and 2*3</p>");
    check("snake_case_na", "<p>snake_case_na</p>");
    check("**中文（注", "<p><strong>中文（注</strong></p>");
    check("前**“强", "<p>前<strong>“强</strong></p>");
    check("a &am", "<p>a</p>");
    check("a \\", "<p>a</p>");
}

#[test]
fn half_of_a_link() {
    for arrived in ["a [te", "a [te]", "a [te](", "a [te](http", "a [te](https://a.b \"ti", "a [te][re"] {
        check(arrived, "<p>a te</p>");
    }
    check("a [**te](ht", "<p>a <strong>te</strong></p>");
    check("**a [te](ht", "<p><strong>a te</strong></p>");
    check("a ![al](ht", "<p>a al</p>");
    check("a [", "<p>a</p>");
    check("**[", "");
    check("a [^1", "<p>a</p>");
    check("a <https", "<p>a https</p>");
    check("a[0] = b", "<p>a[0] = b</p>");
    check("a [te](see this", "<p>a [te](see this</p>");
}

#[test]
fn half_of_a_formula() {
    check("a \\(x^2", "<p>a <span class=\"math source\">x^2</span></p>");
    check("a \\(x^2\\", "<p>a <span class=\"math source\">x^2</span></p>");
    check("\\[x", "<div class=\"math source\">x</div>");
    check("$$x", "<div class=\"math source\">x</div>");
    check("a $x^2", "<p>a <span class=\"math source\">x^2</span></p>");
    check("costs $5 and", "<p>costs $5 and</p>");
}

#[test]
fn half_of_a_block() {
    check("a\n-", "<p>a</p>");
    check("a\n=", "<p>a</p>");
    check("a\n1.", "<p>a</p>");
    check("a\n\n##", "<p>a</p>");
    check("a\n\n``", "<p>a</p>");
    check("- a\n-", "<ul><li>a</li></ul>");
    check("- [", "<ul><li></li></ul>");
    check("- [x", "<ul><li></li></ul>");
    check("42", "<p>42</p>");
    check("> [!NO", "<blockquote></blockquote>");
    check("> a **b\n> ", "<blockquote><p>a <strong>b</strong></p></blockquote>");
}

#[test]
fn half_of_a_code_block() {
    check("```", "<figure class=\"code\" data-language=\"\"><pre><code></code></pre></figure>");
    check("```pyth", "<figure class=\"code\" data-language=\"\"><pre><code></code></pre></figure>");
    check(
        "```x\na **b\n``",
        "<figure class=\"code\" data-language=\"x\"><pre><code>a **b\n</code></pre></figure>",
    );
    check(
        "- ```x\n  a\n  ``",
        "<ul><li><figure class=\"code\" data-language=\"x\"><pre><code>a\n</code></pre></figure></li></ul>",
    );
    check(
        "```x\na\n```\n",
        "<figure class=\"code\" data-language=\"x\"><pre><code>a\n</code></pre></figure>",
    );
}

#[test]
fn definitions_reach_back() {
    let mut document = Document::new();
    for line in [
        "a [b] c[^1]\n\n",
        "d\n\n",
        "e\n\n",
        "[b]: https://f.g\n\n",
        "[^1]: h\n\n",
        "i [b] [^1]\n\n",
        "j\n\n",
        "[b] k",
    ] {
        document.push(line);
    }
    let shown = document.patch_since(0).changed;
    document.finish();
    assert_eq!(
        shown,
        document.patch_since(0).changed,
        "a definition is known as soon as the next block begins"
    );
    assert!(shown[0].html.contains("<a href=\"https://f.g\"") && shown[0].html.contains("<sup"), "{shown:?}");
}

#[test]
fn a_patch_is_small() {
    let mut document = Document::new();
    document.push("one\n\ntwo\n\nthree\n\nfour");
    let seen = document.revision();
    document.push(" more");
    let patch = document.patch_since(seen);
    assert_eq!((patch.changed.len(), patch.length), (1, 4), "only the open block travels: {patch:?}");
    let seen = document.revision();
    document.finish();
    assert!(document.patch_since(seen).changed.is_empty(), "nothing changes at the end");
    assert_eq!(document.revision(), seen, "nothing changed, so nothing is newer");
}

#[test]
fn revisions_grow_only_with_changes() {
    let mut document = Document::new();
    assert_eq!(document.revision(), 0);
    document.push("");
    document.finish();
    assert_eq!(document.revision(), 0, "nothing to show");
    document.push("a");
    let first = document.revision();
    assert!(first > 0);
    document.push("\n");
    assert_eq!(document.revision(), first, "an empty line shows nothing");
}

#[test]
fn a_document_may_change_threads() {
    fn assert_shareable<T: Send + Sync + Clone + Default + std::fmt::Debug>() {}
    assert_shareable::<Document>();
}
