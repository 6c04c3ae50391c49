//! The package around the document (ECMA-376 part 2): which parts there are, of which kind, and what leads to them.

use std::io::{Cursor, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::asian::{self, Asian, CHINESE};
use super::draft::Draft;
use super::xml::Xml;
use crate::Paper;

const CONTENT_TYPES: &str = include_str!("parts/content_types.xml");
const RELATIONSHIPS: &str = include_str!("parts/relationships.xml");
const STYLES: &str = include_str!("parts/styles.xml");
const SETTINGS: &str = include_str!("parts/settings.xml");
const FOOTER: &str = include_str!("parts/footer.xml");

const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const KIND: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
/// Levels have one of these after another.
const BULLETS: [&str; 3] = ["\u{2022}", "\u{2013}", "\u{25e6}"];
const LEVELS: usize = 9;
/// How far a level goes in, in twentieths of a point.
const STEP: usize = super::place::STEP;

/// The bytes of the file. No entry has a time of its own, so that the same document is the same file.
pub(super) fn packed(paper: &Paper, draft: Draft) -> Result<Vec<u8>, ZipError> {
    let numbering = numbering(&draft);
    let relationships = document_relationships(&draft);
    let document = draft.xml.into_string();
    let properties = properties(paper);
    let asian = asian::of(&document);
    let styles = in_language(STYLES, asian);
    let settings = in_language(SETTINGS, asian);
    // Readers that look at the beginning of a file expect its kinds of content there (part 2, annex C).
    let parts = [
        ("[Content_Types].xml", CONTENT_TYPES),
        ("_rels/.rels", RELATIONSHIPS),
        ("docProps/core.xml", &properties),
        ("word/document.xml", &document),
        ("word/_rels/document.xml.rels", &relationships),
        ("word/styles.xml", &styles),
        ("word/numbering.xml", &numbering),
        ("word/settings.xml", &settings),
        ("word/footer1.xml", FOOTER),
    ];
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut package = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in parts {
        package.start_file(name, options)?;
        package.write_all(part.as_bytes())?;
    }
    Ok(package.finish()?.into_inner())
}

/// A part that was written for Chinese for what the document is in.
fn in_language(part: &str, asian: Asian) -> String {
    part.replace(CHINESE.language, asian.language).replace(CHINESE.font, asian.font)
}

/// `docProps/core.xml` (part 2, clause 11).
fn properties(paper: &Paper) -> String {
    let mut xml = Xml::part();
    xml.raw("<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\"");
    xml.raw(" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\"");
    xml.raw(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>");
    xml.text(&paper.title);
    xml.raw("</dc:title>");
    if let Ok(created) = jiff::Timestamp::from_millisecond(paper.created_at_ms) {
        xml.raw("<dcterms:created xsi:type=\"dcterms:W3CDTF\">");
        // Word takes years of four digits and no parts of seconds.
        xml.text(&created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        xml.raw("</dcterms:created>");
    }
    xml.raw("</cp:coreProperties>");
    xml.into_string()
}

/// What the document refers to: parts of the package, then addresses.
fn document_relationships(draft: &Draft) -> String {
    let mut xml = Xml::part();
    xml.raw("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
    let fixed: [&str; super::draft::FIXED] = ["styles", "numbering", "settings", "footer"];
    for (at, kind) in (1..).zip(fixed) {
        let target = if kind == "footer" { "footer1.xml".to_owned() } else { format!("{kind}.xml") };
        let kind = format!("{KIND}{kind}");
        xml.empty("Relationship", &[("Id", &format!("rId{at}")), ("Type", &kind), ("Target", &target)]);
    }
    let kind = format!("{KIND}hyperlink");
    for (id, address) in draft.links() {
        let attributes =
            [("Id", id.as_str()), ("Type", &kind), ("Target", address), ("TargetMode", "External")];
        xml.empty("Relationship", &attributes);
    }
    xml.raw("</Relationships>");
    xml.into_string()
}

/// `word/numbering.xml`: what lists look like, then the lists (part 1, 17.9).
fn numbering(draft: &Draft) -> String {
    let mut xml = Xml::part();
    xml.open("w:numbering", &[("xmlns:w", WORD)]);
    for (at, kind) in ["bullet", "decimal"].into_iter().enumerate() {
        xml.open("w:abstractNum", &[("w:abstractNumId", &at.to_string())]);
        xml.value("w:multiLevelType", "hybridMultilevel");
        for level in 0..LEVELS {
            xml.open("w:lvl", &[("w:ilvl", &level.to_string())]);
            xml.value("w:start", "1");
            xml.value("w:numFmt", kind);
            let decimal = format!("%{}.", level + 1);
            xml.value("w:lvlText", if kind == "bullet" { BULLETS[level % BULLETS.len()] } else { &decimal });
            xml.value("w:lvlJc", "left");
            xml.raw("<w:pPr>");
            let left = ((level + 1) * STEP).to_string();
            xml.empty("w:ind", &[("w:left", &left), ("w:hanging", &STEP.to_string())]);
            xml.raw("</w:pPr><w:rPr><w:rFonts w:hint=\"default\" w:ascii=\"Calibri\" w:hAnsi=\"Calibri\"/>");
            xml.raw("<w:color w:val=\"61686F\"/></w:rPr></w:lvl>");
        }
        xml.raw("</w:abstractNum>");
    }
    xml.raw("<w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>");
    for (instance, list) in draft.ordered_lists() {
        xml.open("w:num", &[("w:numId", &instance.to_string())]);
        xml.raw("<w:abstractNumId w:val=\"1\"/>");
        xml.open("w:lvlOverride", &[("w:ilvl", &list.level.to_string())]);
        xml.value("w:startOverride", &list.start.to_string());
        xml.raw("</w:lvlOverride></w:num>");
    }
    xml.raw("</w:numbering>");
    xml.into_string()
}
