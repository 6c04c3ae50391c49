//! A conversation as pages of PDF.
//!
//! Blocks become lines and rows ([`block`], [`text`], [`table`]), those are divided between pages ([`mod@flow`]), and only
//! then is anything drawn ([`page`]): the number of pages has to be known on the first. Fonts are the system's, and the
//! parts of them that are needed go into the file, so that it looks the same everywhere and its text can be copied.

mod block;
mod code;
mod colour;
mod compose;
mod contents;
mod date;
mod families;
mod flow;
mod fonts;
mod formula;
mod inline;
mod mark;
mod page;
mod picture;
mod table;
mod text;

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

use krilla::Document;
use krilla::error::KrillaError;
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};

use crate::{Paper, Piece, Tone};
use colour::{ACCENT, FAINT, HAIRLINE, QUIET};
use compose::{Composer, GAP, Place};
use contents::{Entry, one_line};
use flow::flow;
use fonts::Fonts;
use mark::{Ground, Mark, Strip};
use page::{HEIGHT, MARGIN, PAGE, WIDTH};
pub use picture::Picture;
use text::{Align, BODY, Look, Rich, body};

/// A document of more pages has its contents at the front.
const WITHOUT_CONTENTS: usize = 5;
/// One question and its answer need none.
const WORTH_CONTENTS: usize = 3;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A font of the system could not be put into the file, although its glyphs could be measured.
    #[error("a font cannot be embedded")]
    Font(#[source] Box<dyn Error + Send + Sync>),
    /// The document is larger than the format allows.
    #[error("the document is too large for a PDF")]
    TooLarge,
    /// Something else that the format does not allow.
    #[error("the PDF cannot be written")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// The system has no fonts, so that every page would be empty.
    #[error("there are no fonts on this system")]
    NoFonts,
    /// A font of the system is broken in a way that what reads fonts did not expect.
    #[error("a font cannot be read")]
    Broken,
}

impl From<KrillaError> for PdfError {
    fn from(error: KrillaError) -> Self {
        match error {
            KrillaError::Font(..) => Self::Font(error.into()),
            KrillaError::Limit(_) => Self::TooLarge,
            KrillaError::Validation(_)
            | KrillaError::DuplicateNamedDestination(_)
            | KrillaError::DuplicateTagId(..)
            | KrillaError::UnknownTagId(..)
            | KrillaError::Image(..)
            | KrillaError::SixteenBitImage(..) => Self::Refused(error.into()),
        }
    }
}

/// Writes documents as PDF. Finding the system's fonts is most of the work for a short one, so that whoever writes many
/// keeps one of these.
pub struct Pdf {
    /// Nothing on a system without any.
    fonts: Option<Fonts>,
}

impl std::fmt::Debug for Pdf {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pdf").finish_non_exhaustive()
    }
}

impl Default for Pdf {
    fn default() -> Self {
        Self::new()
    }
}

impl Pdf {
    /// Looks for the fonts of the system.
    pub fn new() -> Self {
        Self { fonts: Fonts::new() }
    }

    /// A conversation as a file of A4 pages. The same paper makes the same bytes as long as the system has the same fonts.
    ///
    /// What is drawn depends on files that others installed, and the libraries that read them may panic at one. Then this
    /// document has an error, and the next one begins with fonts that nothing has been left half done to.
    pub fn write(&mut self, paper: &Paper) -> Result<Vec<u8>, PdfError> {
        let fonts = self.fonts.as_mut().ok_or(PdfError::NoFonts)?;
        catch_unwind(AssertUnwindSafe(|| Composition { fonts }.write(paper))).unwrap_or_else(|_| {
            self.fonts = Fonts::new();
            Err(PdfError::Broken)
        })
    }
}

impl Pdf {
    /// What is said as one picture, as wide as the text of a page.
    ///
    /// # Errors
    /// [`PdfError::TooLarge`] for more than a picture holds; as [`Pdf::write`] otherwise.
    pub fn picture(&mut self, nodes: &[porthole_markdown::Node]) -> Result<Picture, PdfError> {
        let fonts = self.fonts.as_mut().ok_or(PdfError::NoFonts)?;
        let drawn = catch_unwind(AssertUnwindSafe(|| {
            let strips = strips(fonts, |composer| composer.nodes(nodes, &whole_page()));
            let strips: Vec<_> = strips.iter().collect();
            flow(&strips, f32::INFINITY).first().and_then(|sheet| picture::draw(sheet, WIDTH))
        }));
        drawn.map_or_else(
            |_| {
                self.fonts = Fonts::new();
                Err(PdfError::Broken)
            },
            |drawn| drawn.ok_or(PdfError::TooLarge),
        )
    }
}

fn whole_page() -> Place {
    Place { x: 0.0, width: WIDTH, look: body(), grounds: Vec::new(), depth: 0, gap: GAP }
}

/// A document while it is made.
struct Composition<'f> {
    fonts: &'f mut Fonts,
}

impl Composition<'_> {
    fn write(mut self, paper: &Paper) -> Result<Vec<u8>, PdfError> {
        let place = whole_page();
        let title = strips(self.fonts, |composer| {
            contents::title(composer, &paper.title, &paper.facts, &place);
        });
        let mut entries = Vec::new();
        let text = strips(self.fonts, |composer| {
            composer.gap(16.0);
            for piece in &paper.pieces {
                set(composer, piece, &place, &mut entries);
            }
        });
        let whole: Vec<_> = title.iter().chain(&text).collect();
        let sheets = flow(&whole, HEIGHT);
        if sheets.len() <= WITHOUT_CONTENTS || entries.len() < WORTH_CONTENTS {
            let stands = page::anchors(&sheets, entries.len(), 0);
            return self.draw(paper, &entries, &sheets, &stands);
        }
        let text: Vec<_> = text.iter().collect();
        let sheets = flow(&text, HEIGHT);
        // Contents that say other numbers take as many lines, so that their pages can be counted before.
        let stands = page::anchors(&sheets, entries.len(), 0);
        let contents = self.contents(&entries, &stands, &place);
        let front: Vec<_> = title.iter().chain(&contents).collect();
        let stands = page::anchors(&sheets, entries.len(), flow(&front, HEIGHT).len());
        let contents = self.contents(&entries, &stands, &place);
        let front: Vec<_> = title.iter().chain(&contents).collect();
        let sheets: Vec<_> = flow(&front, HEIGHT).into_iter().chain(sheets).collect();
        self.draw(paper, &entries, &sheets, &stands)
    }

    fn contents(&mut self, entries: &[Entry], stands: &[Option<page::Stands>], place: &Place) -> Vec<Strip> {
        strips(self.fonts, |composer| contents::contents(composer, entries, stands, place))
    }

    fn draw(
        &mut self,
        paper: &Paper,
        entries: &[Entry],
        sheets: &[flow::Sheet<'_>],
        stands: &[Option<page::Stands>],
    ) -> Result<Vec<u8>, PdfError> {
        let mut document = Document::new();
        let mut composer = Composer::new(self.fonts);
        for (number, sheet) in sheets.iter().enumerate() {
            let foot = contents::foot(&mut composer, number + 1, sheets.len(), PAGE.1 - MARGIN * 0.62);
            page::draw(&mut document, sheet, &foot, stands);
        }
        let mut outline = Outline::new();
        for (entry, stands) in entries.iter().zip(stands) {
            if let Some(stands) = stands {
                let name = one_line(&format!("{}: {}", entry.name, entry.beginning), 80);
                outline.push_child(OutlineNode::new(name, page::destination(*stands)));
            }
        }
        document.set_outline(outline);
        let metadata = Metadata::new()
            .title(paper.title.clone())
            .creation_date(date::date(paper.created_at_ms))
            .creator("Porthole".to_owned())
            .producer("Porthole".to_owned());
        document.set_metadata(metadata);
        Ok(document.finish()?)
    }
}

/// A conversation as a file of A4 pages, for whoever writes only one. See [`Pdf::write`].
pub fn pdf(paper: &Paper) -> Result<Vec<u8>, PdfError> {
    Pdf::new().write(paper)
}

fn strips(fonts: &mut Fonts, compose: impl FnOnce(&mut Composer<'_>)) -> Vec<Strip> {
    let mut composer = Composer::new(fonts);
    compose(&mut composer);
    composer.strips
}

fn set(composer: &mut Composer<'_>, piece: &Piece, place: &Place, entries: &mut Vec<Entry>) {
    match piece {
        Piece::Speaker { name, beginning } => {
            speaker(composer, name, place, entries.len());
            entries.push(Entry { name: name.clone(), beginning: beginning.clone() });
        }
        Piece::Blocks { tone: Tone::Said, nodes } => composer.nodes(nodes, place),
        Piece::Blocks { tone: Tone::Thought, nodes } => {
            let (mut aside, _) = place.inset(14.0, false);
            aside.look = Look::text(9.2, QUIET);
            aside.gap = 5.0;
            let block = composer.next_block();
            aside.grounds.push(Ground { block, x: place.x, width: 1.5, colour: HAIRLINE });
            composer.gap(GAP);
            composer.nodes(nodes, &aside);
            composer.gap(GAP + 3.0);
        }
        Piece::Verbatim { caption, text } => code::verbatim(composer, caption, text, place),
        Piece::Note(note) => {
            // It is about what stands above.
            if let Some(above) = composer.strips.last_mut() {
                above.keep = true;
            }
            composer.gap(5.0);
            let place = Place { look: Look::text(8.5, FAINT), ..place.clone() };
            composer.paragraph(&Rich::plain(note), &place, Align::Start, false);
            composer.gap(5.0);
        }
    }
}

/// Who speaks: a rule across, and the name, which the text under it keeps.
fn speaker(composer: &mut Composer<'_>, name: &str, place: &Place, anchor: usize) {
    let look = Look { leading: 1.3, ..Look::text(BODY + 0.5, ACCENT).bold() };
    composer.gap(20.0);
    let marks = vec![Mark::Box { x: 0.0, y: 0.0, width: place.width, height: 0.7, colour: HAIRLINE }];
    let rule = Strip { height: 8.0, keep: true, marks, anchor: Some(anchor), ..Strip::default() };
    composer.push_all(vec![rule], place, None);
    let name = if name.trim().is_empty() { "\u{a0}" } else { name };
    composer.paragraph(&Rich::plain(name), &Place { look, ..place.clone() }, Align::Start, true);
    composer.gap(5.0);
}
