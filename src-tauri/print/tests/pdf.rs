//! What is on the pages. Set `PORTHOLE_PDF` to a folder to have the documents there and look at them.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::fmt::Write as _;

use porthole_print::{Paper, Pdf, Piece, Tone, pdf};
use proptest::prelude::*;

fn paper(title: &str, pieces: Vec<Piece>) -> Paper {
    Paper {
        title: title.to_owned(),
        facts: "Began on 20 December 2026 · Folder: Work · #pdf".to_owned(),
        created_at_ms: 1_797_772_799_000,
        pieces,
    }
}

fn speaker(name: &str, beginning: &str) -> Piece {
    Piece::Speaker { name: name.to_owned(), beginning: beginning.to_owned() }
}

fn said(markdown: &str) -> Piece {
    Piece::Blocks { tone: Tone::Said, nodes: porthole_markdown::tree(markdown) }
}

/// Writes a document, and keeps it for whoever wants to look at it.
fn written(name: &str, paper: &Paper) -> Vec<u8> {
    let bytes = pdf(paper).unwrap();
    assert!(bytes.starts_with(b"%PDF-"), "{name} is no PDF");
    if let Some(folder) = std::env::var_os("PORTHOLE_PDF") {
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.pdf")), &bytes).unwrap();
    }
    bytes
}

/// How often something stands in the parts of a file that are not compressed.
fn count(bytes: &[u8], pattern: &str) -> usize {
    bytes.windows(pattern.len()).filter(|window| *window == pattern.as_bytes()).count()
}

fn pages(bytes: &[u8]) -> usize {
    count(bytes, "/Type/Page/")
}

const EVERYTHING: &str = r#"# A heading of the first rank

A paragraph with **bold**, *italic*, ***both***, `inline code`, ~~struck~~ and a [link to somewhere](https://example.org/a?b=1).
It goes on behind a line break, with a footnote[^1] and an address, https://example.com, and a [refused link](javascript:x). The text is long enough to be broken into several lines, so that one sees how far apart they stand and where they end at the right.

## Second rank

- One
- Two, with so much text that it has to be broken into a second line, which stands under the first and not under its marker
  - Nested with `code`
    - Deeper
- [x] done
- [ ] to do

### Third rank

9. Nine
10. Ten

    With a second paragraph.

    ```rust
    fn main() {
        println!("in a list: {}", 1 + 2); // a comment
    }
    ```
11. Eleven

> A quote with **bold** text.
>
> And a second paragraph.
> > Nested.

> [!WARNING]
> Take care of this, which is an alert.

```python
import os

class Parrot(Bird):
    """A string."""
    def speak(self, volume: int = 10) -> str:
        return f"{volume * 2} {os.name}"  # and a very long comment that has to be broken because it does not fit on the page
```

![A picture of a cat](https://example.org/cat.png)

| Name | Number | Centred | What it is |
|------|-------:|:-------:|------------|
| One | 1 | a | A **short** text |
| Two | 22,222 | bb | A longer text that has to be broken into lines because the table would be wider than the page allows |
| Three | 333 | ccc | `code` and a [link](https://example.org) |

---

[^1]: What the footnote says.
"#;

const FORMULAS: &str = r"Inline $E = mc^2$, $\frac{a}{b}$, $\sqrt{x^2+y^2}$, $x_i^{n+1}$ and $\alpha \le \beta$ in a line of text that is long enough to be broken somewhere behind $\sum_{i=0}^n i$ and so on.

$$x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$$

$$\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi} \qquad \sum_{n=1}^{\infty} \frac{1}{n^2} = \frac{\pi^2}{6} \qquad \lim_{x \to 0} \frac{\sin x}{x} = 1$$

$$A = \begin{pmatrix} a_{11} & a_{12} & a_{13} \\ a_{21} & a_{22} & a_{23} \\ a_{31} & a_{32} & a_{33} \end{pmatrix} \qquad f(x) = \begin{cases} x^2 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}$$

$$\begin{aligned} (a+b)^2 &= a^2 + 2ab + b^2 \\ &\ge 4ab \end{aligned}$$

$$\left( \frac{\partial f}{\partial x} \right)^2 + \left\{ \sqrt[3]{\frac{a}{b}} \right\} + \left| \mathbf{v} \right| + \hat{x} + \overline{AB} + \vec{v} \in \mathbb{R}, \mathcal{L}$$

$$\nabla \times \mathbf{E} = -\frac{\partial \mathbf{B}}{\partial t}, \quad \underbrace{a + b + c}_{n}, \quad \binom{n}{k}, \quad \prod_{i=1}^n x_i, \quad \mathrm{d}x$$
";

const SCRIPTS: &str = "中文段落:这是一个用来测试断行的长句子,它没有空格,但是必须在页面的右边缘处换行,并且标点符号不能出现在行首。**粗体**和`代码`。

日本語の段落です。ひらがな、カタカナ、漢字。한국어 문단입니다.

مرحبا بالعالم، هذه فقرة باللغة العربية تحتوي على كلمة English و رقم 123 وهي طويلة بما يكفي لتنقسم إلى سطرين على الصفحة.

- עברית ברשימה
- פריט שני

> שלום בציטוט

Emoji: 😀 👍🏽 👨‍👩‍👧 🇩🇪 ❤️ and हिन्दी, ไทย, Ελληνικά, Русский. No font: \u{10FFFD}\u{E0FF}.";

#[test]
fn everything_is_set() {
    let pieces = vec![
        Piece::Verbatim {
            caption: "System message".to_owned(),
            text: "You are helpful.\n\tBe brief.".to_owned(),
        },
        speaker("You", "Show me everything"),
        said("Show me everything."),
        speaker("deepseek-chat", "A heading of the first rank"),
        Piece::Blocks {
            tone: Tone::Thought,
            nodes: porthole_markdown::tree("I think about it.\n\n1. First\n2. Second"),
        },
        said(EVERYTHING),
        Piece::Note("Version 2 of 3 · 1,204 tokens in 3.2 s".to_owned()),
        said(FORMULAS),
        speaker("You", "中文 and others"),
        said(&SCRIPTS.replace("\\u{10FFFD}", "\u{10FFFD}").replace("\\u{E0FF}", "\u{E0FF}")),
    ];
    let bytes = written("everything", &paper("Everything that can stand in a conversation", pieces));
    assert_eq!(count(&bytes, "https://example.org/a?b=1"), 1, "the link leads somewhere");
    assert_eq!(count(&bytes, "javascript:"), 0);
    assert!(count(&bytes, "/Outlines") > 0);
}

#[test]
fn long_code_goes_over_pages() {
    let mut code = String::from("```rust\n");
    for line in 0..2000 {
        let _ = writeln!(code, "    let value_{line}: usize = compute({line}, \"text\"); // line {line}");
    }
    code.push_str("```\n");
    let begun = std::time::Instant::now();
    let pieces = vec![speaker("You", "Code"), said("Code."), speaker("Model", "Here"), said(&code)];
    let bytes = written("code", &paper("Long code", pieces));
    println!("{:?} for {} bytes", begun.elapsed(), bytes.len());
    assert!(pages(&bytes) > 30, "{} pages", pages(&bytes));
}

#[test]
fn tables_break_by_rows() {
    let mut table = String::from("| No | Name | What | Amount |\n|---|---|:--:|--:|\n");
    for row in 0..150 {
        let what = "words ".repeat(row % 17 + 1);
        let _ = writeln!(table, "| {row} | Name {row} | {what} | {}.00 |", row * 1234);
    }
    let mut wide = format!("|{}\n|{}\n", " Column |".repeat(14), "---|".repeat(14));
    for _ in 0..4 {
        let _ = writeln!(wide, "|{}", " Incomprehensibilities 123456 |".repeat(14));
    }
    let tall = format!("| A | B |\n|---|---|\n| {} | b |\n", "tall ".repeat(6000));
    let pieces = vec![speaker("Model", "Tables"), said(&table), said(&wide), said(&tall)];
    let bytes = written("tables", &paper("Tables", pieces));
    assert!(pages(&bytes) > 5);
}

#[test]
fn a_long_document_has_contents() {
    let mut pieces = Vec::new();
    for turn in 0..40 {
        pieces.push(speaker(
            "You",
            &format!("Question {turn} about something that takes a whole line of words to ask"),
        ));
        pieces.push(said(&format!("Question {turn}?")));
        pieces.push(speaker("Model", "Answer"));
        pieces.push(said(&"An answer of many words. ".repeat(60)));
    }
    let bytes = written("long", &paper("A long conversation", pieces));
    assert!(count(&bytes, "/Dest") >= 80, "the contents lead to the pages");
}

#[test]
fn the_same_paper_makes_the_same_bytes() {
    let pieces = vec![speaker("You", "Hello"), said(EVERYTHING), said(SCRIPTS)];
    let paper = paper("Twice", pieces);
    let mut writer = Pdf::new();
    let first = writer.write(&paper).unwrap();
    assert!(first == writer.write(&paper).unwrap(), "a writer that is used again");
    assert!(first == pdf(&paper).unwrap(), "a new writer");
}

#[test]
fn a_writer_may_go_to_another_thread() {
    let writer = Pdf::new();
    std::thread::spawn(move || drop(writer)).join().unwrap();
}

#[test]
fn nothing_makes_a_page() {
    let empty =
        Paper { title: String::new(), facts: String::new(), created_at_ms: i64::MIN, pieces: Vec::new() };
    assert_eq!(pages(&written("empty", &empty)), 1);
}

#[test]
fn deep_nesting_ends() {
    let quotes = format!("{}deep", "> ".repeat(300));
    let lists: String = (0..120).fold(String::new(), |mut all, level| {
        let _ = writeln!(all, "{}- level {level}", "  ".repeat(level));
        all
    });
    let stars = format!("{}x{}", "**a *b ".repeat(300), "* **".repeat(300));
    written("deep", &paper("Deep", vec![said(&quotes), said(&lists), said(&stars)]));
}

thread_local! {
    static WRITER: std::cell::RefCell<Pdf> = std::cell::RefCell::new(Pdf::new());
}

/// Pieces of Markdown that mean something, in any order.
fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::string::string_regex("[a-z *_`>#|$\\\\-]{0,12}").unwrap(),
        any::<String>(),
        proptest::sample::select(vec![
            "\n",
            "\n\n",
            "- ",
            "> ",
            "```\n",
            "| a | b |\n|--|--|\n",
            "1. ",
            "$$",
            "$x^2$",
            "\\frac{a}{b}",
            "&",
            "\\\\",
            "\\begin{cases}",
            "\\end{cases}",
            "**",
            "[a](https://b.c)",
            "שלום",
            "中文",
            "😀",
            "- [x] ",
            "<br>",
            "    ",
            "\t",
            "[^1]",
            "\n[^1]: ",
            "---\n",
            "\u{200d}",
            "\u{202e}",
            "\\left(",
            "\\right.",
            "\\sqrt[3]{x}",
            "\\overbrace{x}",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_makes_a_document(text in markdown()) {
        let pieces = vec![speaker(&text, &text), said(&text), Piece::Verbatim { caption: text.clone(), text: text.clone() }];
        let paper = Paper { title: text.clone(), facts: text, created_at_ms: 0, pieces };
        let bytes = WRITER.with_borrow_mut(|writer| writer.write(&paper)).unwrap();
        prop_assert!(bytes.starts_with(b"%PDF-"));
    }
}
