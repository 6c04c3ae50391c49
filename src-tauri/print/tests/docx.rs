//! DOCX as what reads it sees it: parts that are XML and lead to one another, and one document that was looked at.
//! `PORTHOLE_BLESS=1` writes the golden file anew; open a file of the same content in a word processor then.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Cursor, Read};
use std::path::Path;

use porthole_markdown::{Element, Node, tree};
use porthole_print::{Paper, Piece, Tone, docx};
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

const RICH: &str = include_str!("golden/rich.md");

fn paper(pieces: Vec<Piece>) -> Paper {
    Paper {
        title: "Tables & <tags>".to_owned(),
        facts: "26 November 2026".to_owned(),
        created_at_ms: 1_795_701_900_123,
        pieces,
    }
}

fn said(nodes: Vec<Node>) -> Paper {
    paper(vec![Piece::Blocks { tone: Tone::Said, nodes }])
}

fn parts(paper: &Paper) -> BTreeMap<String, String> {
    let bytes = docx(paper).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = BTreeMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        parts.insert(file.name().unwrap().into_owned(), text);
    }
    parts
}

fn document(paper: &Paper) -> String {
    parts(paper).remove("word/document.xml").unwrap()
}

/// The names of the elements of a part, checked to be closed in order and in XML's characters, and the values that
/// `r:id`, `w:numId` and `w:pStyle` refer to.
fn checked(name: &str, part: &str) -> (Vec<String>, BTreeSet<(String, String)>) {
    let held = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(part.chars().all(held), "{name} has a character that XML cannot hold");
    let mut reader = Reader::from_str(part);
    reader.config_mut().expand_empty_elements = true;
    let (mut names, mut references) = (Vec::new(), BTreeSet::new());
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{name}: {error}\n{part}")) {
            Event::Start(start) => {
                let element = start.name().as_ref().to_owned();
                for attribute in start.attributes() {
                    let attribute = attribute.unwrap_or_else(|error| panic!("{name}: {error}"));
                    let key = attribute.key.as_ref().to_owned();
                    let value = attribute.value.clone().into_owned();
                    if key == "r:id" {
                        references.insert((key, value));
                    } else if ["w:numId", "w:pStyle", "w:rStyle", "w:tblStyle"].contains(&element.as_str()) {
                        references.insert((element.clone(), value));
                    }
                }
                names.push(element);
            }
            Event::Eof => return (names, references),
            Event::End(_)
            | Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

/// Every part is XML, and all that the document refers to is there.
fn check(paper: &Paper) {
    let parts = parts(paper);
    for name in
        ["[Content_Types].xml", "_rels/.rels", "docProps/core.xml", "word/footer1.xml", "word/settings.xml"]
    {
        assert!(parts.contains_key(name), "{name} is required");
    }
    for (name, part) in &parts {
        checked(name, part);
    }
    let (names, references) = checked("document", &parts["word/document.xml"]);
    for (kind, value) in references {
        let (part, written) = match kind.as_str() {
            "r:id" => ("word/_rels/document.xml.rels", format!("Id=\"{value}\"")),
            "w:numId" => ("word/numbering.xml", format!("w:numId=\"{value}\"")),
            _ => ("word/styles.xml", format!("w:styleId=\"{value}\"")),
        };
        assert!(parts[part].contains(&written), "{part} has no {written}");
    }
    // A cell without a paragraph at its end is damage to Word.
    let cells = names.iter().filter(|name| *name == "w:tc").count();
    assert_eq!(parts["word/document.xml"].matches("</w:p></w:tc>").count(), cells);
}

#[test]
fn a_rich_message_is_as_it_was_looked_at() {
    let paper = paper(vec![
        Piece::Verbatim { caption: "System".to_owned(), text: "Be brief.\n\tSo.".to_owned() },
        Piece::Speaker { name: "You".to_owned(), beginning: "Show".to_owned() },
        Piece::Blocks { tone: Tone::Thought, nodes: tree("A *thought*.\n\n- one\n- two") },
        Piece::Blocks { tone: Tone::Said, nodes: tree(RICH) },
        Piece::Note("3.2 s".to_owned()),
    ]);
    check(&paper);
    // A paragraph a line, so that a change can be read.
    let written = document(&paper).replace("</w:p>", "</w:p>\n").replace("</w:tr>", "</w:tr>\n");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/document.xml");
    if std::env::var_os("PORTHOLE_BLESS").is_some() {
        std::fs::write(golden, written).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(golden).unwrap().replace("\r\n", "\n");
    for (one, other) in written.lines().zip(expected.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(written, expected);
}

#[test]
fn the_same_paper_is_the_same_file() {
    assert_eq!(docx(&said(tree(RICH))).unwrap(), docx(&said(tree(RICH))).unwrap());
}

#[test]
fn properties_tell_title_and_beginning() {
    let core = parts(&said(Vec::new())).remove("docProps/core.xml").unwrap();
    assert!(core.contains("<dc:title>Tables &amp; &lt;tags&gt;</dc:title>"), "{core}");
    assert!(core.contains(">2026-11-26T14:05:00Z</dcterms:created>"), "{core}");
    for created_at_ms in [i64::MIN, i64::MAX, 0, -1] {
        check(&Paper { created_at_ms, ..said(Vec::new()) });
    }
}

#[test]
fn each_ordered_list_begins_anew() {
    let numbering = parts(&said(tree("1. a\n   1. b\n\nx\n\n4. c\n\nx\n\n999999999. d")));
    let numbering = &numbering["word/numbering.xml"];
    for (instance, level, start) in [(2, 0, 1), (3, 1, 1), (4, 0, 4), (5, 0, 32_767)] {
        let list = format!(
            "<w:num w:numId=\"{instance}\"><w:abstractNumId w:val=\"1\"/><w:lvlOverride w:ilvl=\"{level}\">\
             <w:startOverride w:val=\"{start}\"/>"
        );
        assert!(numbering.contains(&list), "{numbering}");
    }
}

#[test]
fn formulas_are_formulas() {
    let cases = [
        (r"\frac{a}{b}", "<m:f><m:num>"),
        (r"\sqrt{x}", "<m:degHide m:val=\"1\"/>"),
        (r"\sqrt[3]{x}", "<m:rad><m:deg><m:r>"),
        ("x_i^2", "<m:sSubSup><m:e>"),
        (r"\hat{x}", "<m:acc><m:accPr><m:chr m:val=\"\u{302}\"/>"),
        (r"\overline{ab}", "<m:bar><m:barPr><m:pos m:val=\"top\"/>"),
        (r"\underbrace{ab}_{n}", "<m:groupChr><m:groupChrPr><m:chr m:val=\"⏟\"/>"),
        (r"\lim_{x \to 0} x", "<m:limLow>"),
        (r"\sum_{i=1}^n i", "<m:nary><m:naryPr><m:chr m:val=\"∑\"/><m:limLoc m:val=\"undOvr\"/>"),
        (r"\int_0^1 x", "<m:chr m:val=\"∫\"/><m:limLoc m:val=\"subSup\"/>"),
        (
            r"\left. x \middle| y \right]",
            "<m:begChr m:val=\"\"/><m:sepChr m:val=\"|\"/><m:endChr m:val=\"]\"/>",
        ),
        (r"\begin{pmatrix} 1 & 2 \end{pmatrix}", "<m:begChr m:val=\"(\"/>"),
        (r"\begin{aligned} a &= b \end{aligned}", "<m:mcJc m:val=\"right\"/>"),
    ];
    for (latex, expected) in cases {
        let document = document(&said(tree(&format!("$$\n{latex}\n$$"))));
        assert!(document.contains("<m:oMathPara>") && document.contains(expected), "{latex}: {document}");
        assert!(!document.contains("<m:e></m:e>"), "{latex}: Word draws a box for an empty part");
    }
}

#[test]
fn arabic_runs_to_the_left_and_code_does_not() {
    let document = document(&said(tree("سلام Rust عليكم\n\nplain سلام\n\n```\nسلام\n```")));
    assert_eq!(document.matches("<w:bidi/>").count(), 1, "only the first begins in Arabic: {document}");
    let latin = "<w:r><w:t xml:space=\"preserve\">Rust</w:t></w:r>";
    assert!(document.contains(latin), "a word within it keeps its direction: {document}");
    assert!(document.contains("<w:r><w:rPr><w:rtl/></w:rPr><w:t xml:space=\"preserve\">سلام</w:t></w:r>"));
}

#[test]
fn a_document_in_japanese_says_so() {
    let parts = parts(&said(tree("日本語の文章です。")));
    assert!(parts["word/styles.xml"].contains("w:eastAsia=\"ja-JP\""));
    assert!(!parts["word/styles.xml"].contains("YaHei"), "it would be drawn as Chinese");
}

#[test]
fn tasks_have_boxes_in_the_place_of_bullets() {
    let document = document(&said(tree("- [x] done\n- [ ] open\n- other")));
    assert_eq!(document.matches("<w:numPr>").count(), 1, "{document}");
    for box_to_tick in ["\u{2612}</w:t><w:tab/>", "\u{2610}</w:t><w:tab/>"] {
        assert!(document.contains(box_to_tick), "{document}");
    }
}

#[test]
fn hostile_text_stays_text() {
    let document = document(&paper(vec![Piece::Note("</w:t><w:p>&\u{0}\u{b}\u{ffff}".to_owned())]));
    assert!(document.contains("&lt;/w:t&gt;&lt;w:p&gt;&amp;</w:t>"), "{document}");
}

#[test]
fn what_word_refuses_is_not_written() {
    let columns = "| a ".repeat(70);
    let rule = "|---".repeat(70);
    let wide = said(tree(&format!("{columns}|\n{rule}|\n{columns}|")));
    check(&wide);
    assert_eq!(document(&wide).matches("<w:gridCol").count(), 63, "it takes 63 columns");
    let address = format!("[x](https://a.b/{})", "y".repeat(3_000));
    assert!(!document(&said(tree(&address))).contains("w:hyperlink"), "it takes 2,083 characters");
}

#[test]
fn depth_is_bounded() {
    let mut deep = Node::Text("bottom".to_owned());
    for name in ["blockquote", "em", "ul", "li", "mrow", "span"].iter().cycle().take(1_200) {
        let children = vec![deep];
        deep = Node::Element(Element { name: (*name).to_owned(), attributes: Vec::new(), children });
    }
    let paper = said(vec![deep]);
    check(&paper);
    assert!(document(&paper).contains("bottom"), "no text is lost");
}

#[test]
fn thousands_of_lines_are_quick() {
    let code = (1..=2_000).fold(String::new(), |mut code, line| {
        let _ = writeln!(code, "    let value_{line} = compute({line}, \"text\"); // step");
        code
    });
    let paper = said(tree(&format!("```rust\n{code}```")));
    assert_eq!(document(&paper).matches("<w:pStyle w:val=\"CodeBlock\"/>").count(), 2_000);
    check(&paper);
}

fn markdown() -> impl Strategy<Value = String> {
    const PIECES: [&str; 38] = [
        "# h\n",
        "- ",
        "1. ",
        "  ",
        "\n",
        "\n\n",
        "> ",
        "**",
        "*",
        "`",
        "```rust\n",
        "```\n",
        "| a | b |\n|---|:-:|\n",
        "| x | y |\n",
        "$",
        "$$",
        r"\frac{a}{",
        r"\sum_",
        "}",
        r"\left(",
        "[x](https://a.b/%zz|)",
        "![i](http://c.d)",
        "[^1]",
        "[^1]: ",
        "---\n",
        "- [x] ",
        "سلام ",
        "中文“",
        "\u{1}\u{fffe}",
        "😀",
        "~~",
        "<b>",
        "&amp;",
        "\t",
        "w ",
        "<https://[::1]/]>",
        "> [!NOTE]\n",
        "\\\n",
    ];
    let piece =
        prop_oneof![4 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => ".{0,4}"];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_message_is_a_sound_document(text in markdown(), verbatim in ".{0,40}") {
        check(&paper(vec![
            Piece::Speaker { name: verbatim.clone(), beginning: String::new() },
            Piece::Verbatim { caption: "c".to_owned(), text: verbatim },
            Piece::Blocks { tone: Tone::Said, nodes: tree(&text) },
            Piece::Blocks { tone: Tone::Thought, nodes: tree(&text) },
        ]));
    }
}
