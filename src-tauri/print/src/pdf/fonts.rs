//! The fonts of the system, kept between documents.

use std::collections::HashMap;

use fontique::{Collection, CollectionOptions, SourceCache};
use krilla::text::{Font, Tag};
use parley::{FontContext, LayoutContext, Run};

use super::families::Families;
use super::mark::Ink;

/// Looking for fonts takes longer than many a document, so that one of these serves them all.
pub(super) struct Fonts {
    pub(super) context: FontContext,
    pub(super) families: Families,
    pub(super) layouts: LayoutContext<Ink>,
    /// Nothing for what cannot be read.
    known: HashMap<Known, Option<Font>>,
}

/// The number of a file, the place in it, and the values of its axes.
type Known = (u64, u32, Vec<(u32, u32)>);

impl Fonts {
    /// Looks for the fonts of the system; nothing if it has none.
    pub(super) fn new() -> Option<Self> {
        let options = CollectionOptions { shared: false, system_fonts: true };
        let mut collection = Collection::new(options);
        Some(Self {
            families: Families::new(&mut collection)?,
            // Shared, because then a file that is in `known` keeps its number however long it has not been used.
            context: FontContext { collection, source_cache: SourceCache::new_shared() },
            layouts: LayoutContext::new(),
            known: HashMap::new(),
        })
    }

    /// The font of a run, as the file embeds it.
    pub(super) fn embedded(&mut self, run: &Run<'_, Ink>) -> Option<Font> {
        let data = run.font();
        let synthesis = run.synthesis();
        let axes: Vec<_> = synthesis
            .variation_settings()
            .iter()
            .map(|(tag, value)| (u32::from_be_bytes(tag.to_be_bytes()), value.to_bits()))
            .collect();
        self.known
            .entry((data.data.id(), data.index, axes))
            .or_insert_with(|| {
                let (blob, _) = data.data.clone().into_raw_parts();
                let axes: Vec<_> = synthesis
                    .variation_settings()
                    .iter()
                    .map(|(tag, value)| (Tag::new(&tag.to_be_bytes()), *value))
                    .collect();
                Font::new_variable(blob.into(), data.index, &axes)
            })
            .clone()
    }
}
