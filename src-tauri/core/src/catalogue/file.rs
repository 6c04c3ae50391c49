//! The file, how one lies over another, and where a mistake in it is.

use serde::Deserialize;

use super::entry::{ModelEntry, ProviderEntry};
use super::{Catalogue, CatalogueError, CatalogueModel};

/// An unknown field is an error, not a comment: a misspelt price would otherwise go unnoticed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    providers: Vec<ProviderEntry>,
    #[serde(default)]
    models: Vec<ModelEntry>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

impl File {
    pub(super) fn read(text: &str) -> Result<Self, CatalogueError> {
        // Editors on Windows write a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        serde_json::from_str(text).map_err(|error| {
            let what = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            CatalogueError {
                line: error.line().max(1),
                column: error.column().max(1),
                what: what.strip_suffix(&place).unwrap_or(&what).to_owned(),
            }
        })
    }

    /// This file with `own` laid over it.
    pub(super) fn under(mut self, own: Self) -> Self {
        for vendor in own.providers {
            match self.providers.iter_mut().find(|base| base.id == vendor.id) {
                Some(base) => base.merge(vendor),
                None => self.providers.push(vendor),
            }
        }
        for model in own.models {
            match self.models.iter_mut().find(|base| base.id == model.id) {
                Some(base) => base.merge(model),
                None => self.models.push(model),
            }
        }
        self
    }

    /// The catalogue that it describes. A mistake is located in `text`, the file that may contain it.
    pub(super) fn complete(self, text: &str) -> Result<Catalogue, CatalogueError> {
        let mut providers = Vec::new();
        for entry in self.providers {
            let id = entry.id.clone();
            providers.push(entry.complete().map_err(|what| mistake(text, &id, &what))?);
        }
        let mut models: Vec<CatalogueModel> = Vec::new();
        for entry in self.models {
            let id = entry.id.clone();
            models.push(entry.complete().map_err(|what| mistake(text, &id, &what))?);
        }
        for model in &models {
            if !providers.iter().any(|vendor| vendor.id == model.vendor) {
                let what = format!("there is no provider \"{}\"", model.vendor);
                return Err(mistake(text, &model.id, &what));
            }
            // One step only, so that no model can stand in for itself.
            let stands_in = |id: &str| models.iter().any(|other| other.id == id && other.served_by.is_none());
            if let Some(served_by) = model.served_by.as_ref().filter(|served_by| !stands_in(&served_by.model))
            {
                let what = format!("\"{}\", which should serve it, is no model of its own", served_by.model);
                return Err(mistake(text, &model.id, &what));
            }
        }
        Ok(Catalogue { providers, models })
    }
}

/// A mistake in the entry `id`, located at the first occurrence of the id in `text`.
fn mistake(text: &str, id: &str, what: &str) -> CatalogueError {
    let before = &text[..text.find(&format!("\"{id}\"")).unwrap_or(0)];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    CatalogueError {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        what: format!("in \"{id}\" {what}"),
    }
}
