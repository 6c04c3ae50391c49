//! What is known about models and their providers without asking them: names, limits, what a mode ignores, and what
//! a reply cost at the time it was requested. All of it is data in `catalogue.json` (docs/catalogue.md), over which
//! the user's own file of the same format is laid. Nothing here reads a clock, a disk or the network: instants are
//! milliseconds since 1970 UTC and are passed in.

mod entry;
mod file;
mod offer;
mod peak;
mod price;

#[cfg(test)]
mod tests;

use crate::domain::{Currency, Effort, Ignored, Rates, ServerKind, Words};
use file::File;
use peak::Peak;
use price::DatedPrice;

const BUILT_IN: &str = include_str!("../catalogue.json");

/// Where and why the user's own catalogue cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Your catalogue.json cannot be used: line {line}, column {column}: {what}. Correct the file or remove it; \
     until then only the models and prices that come with Porthole are used."
)]
pub struct CatalogueError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong there, without a full stop.
    pub what: String,
}

/// Someone who runs models for others and bills them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// Its id in the catalogue.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The dialect it speaks.
    pub kind: ServerKind,
    /// Its address, without a slash at the end.
    pub url: String,
    /// The environment variable that usually holds its key.
    pub key_variable: Option<String>,
    /// The page where keys are created.
    pub keys_url: Option<String>,
    /// The page where credit is bought.
    pub top_up_url: Option<String>,
    /// Where text that is sent there goes.
    pub region: Option<Words>,
    /// Whether it reports an account's balance.
    pub has_balance: bool,
    /// The currency it bills in if the account does not say.
    pub currency: Currency,
    host: String,
    peak: Option<Peak>,
}

/// One model of a provider. What is not known about it is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueModel {
    /// The id that requests carry, unless `served_by` says otherwise.
    pub id: String,
    /// The provider's id.
    pub vendor: String,
    /// What people call it.
    pub name: String,
    /// Other ids that the provider answers with this model.
    pub aliases: Vec<String>,
    /// Ids that it answers to or once did, and that are no longer offered.
    pub retired: Vec<String>,
    /// Its open weights, as local servers name them.
    pub weights: Vec<Weights>,
    /// The model and effort that stand in for it if a server does not list its own id.
    pub served_by: Option<ServedBy>,
    /// The window, in tokens.
    pub context_tokens: Option<u32>,
    /// The longest reply, in tokens.
    pub output_tokens: Option<u32>,
    /// Whether it sees images at its provider; `weights` say what the open ones can.
    pub vision: Option<bool>,
    /// How long it can be told to think; empty: not at all.
    pub efforts: Option<Vec<Effort>>,
    /// How long it thinks by default.
    pub default_effort: Option<Effort>,
    /// Sampling fields that the provider accepts and ignores.
    pub ignored: Ignored,
    /// What it is best for.
    pub best_for: Option<Words>,
    prices: Vec<DatedPrice>,
}

/// Open weights of a model.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// The last segment of their name, such as `DeepSeek-V4-Flash`.
    pub name: String,
    /// Whether they see images.
    pub vision: Option<bool>,
}

/// What stands in for a model.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServedBy {
    /// The id of the model that does the work.
    pub model: String,
    /// The effort that makes it equivalent.
    pub effort: Effort,
}

/// What a request for a model carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The id to ask for.
    pub model: String,
    /// The effort that must be sent with it, whatever the conversation is set to.
    pub effort: Option<Effort>,
}

/// All models and providers that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    providers: Vec<Vendor>,
    models: Vec<CatalogueModel>,
}

impl Catalogue {
    /// The one that comes with Porthole.
    #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
    pub fn built_in() -> Self {
        let file = File::read(BUILT_IN).expect("catalogue.json is well-formed");
        file.complete(BUILT_IN).expect("catalogue.json is complete")
    }

    /// The one that comes with Porthole, with the user's `own` laid over it, entry by entry and field by field.
    ///
    /// # Errors
    /// If `own` has a mistake. Then none of it can be used, because half a price list is a wrong price list.
    #[expect(clippy::expect_used, clippy::unwrap_in_result, reason = "as above")]
    pub fn with_own(own: &str) -> Result<Self, CatalogueError> {
        let file = File::read(BUILT_IN).expect("catalogue.json is well-formed");
        file.under(File::read(own)?).complete(own)
    }

    /// All providers, in the catalogue's order.
    pub fn vendors(&self) -> &[Vendor] {
        &self.providers
    }

    /// The provider behind a server. DeepSeek's API is recognised by its dialect, so that it can be reached through
    /// another address; the others only by their host, because everyone speaks their dialect.
    pub fn vendor_of(&self, kind: ServerKind, host: &str) -> Option<&Vendor> {
        let same_kind = |vendor: &&Vendor| kind == ServerKind::DeepSeek && vendor.kind == kind;
        let same_host = |vendor: &&Vendor| vendor.host.eq_ignore_ascii_case(host);
        self.providers.iter().find(same_kind).or_else(|| self.providers.iter().find(same_host))
    }

    /// The model that `id` names: by its own id, an alias, a retired id, open weights or a dated snapshot.
    pub fn find(&self, id: &str) -> Option<&CatalogueModel> {
        self.named(id).or_else(|| self.named(without_date(id)?))
    }

    /// The id that a request for `asked` carries, on a server that lists `listed`: the id itself if it is listed;
    /// otherwise what serves it; otherwise another name of it that is listed. A retired id becomes the model that
    /// serves it now. An unknown id is sent as it is.
    pub fn resolve(&self, asked: &str, listed: &[String]) -> Resolved {
        let plain = |model: &str| Resolved { model: model.to_owned(), effort: None };
        if listed.iter().any(|id| id == asked) {
            return plain(asked);
        }
        let Some(model) = self.named(asked) else { return plain(asked) };
        if let Some(id) = self.listed_as(model, listed) {
            return plain(id);
        }
        if let Some(served_by) = &model.served_by {
            let resolved = self.resolve(&served_by.model, listed);
            return Resolved { effort: Some(served_by.effort), ..resolved };
        }
        plain(if model.is_retired(asked) { &model.id } else { asked })
    }

    /// What `model` cost at `provider` at an instant. `None`: not known, or not known in this currency. Amounts are
    /// never converted, because the provider's two price lists do not follow an exchange rate.
    ///
    /// The instant is when the request was sent. DeepSeek does not publish whether it bills by that or by the end of
    /// the reply (API docs, Models & Pricing); clients that keep accounts use the start, which is also what is known
    /// while a reply is still arriving.
    pub fn rates(&self, vendor: &Vendor, model: &str, currency: Currency, at_ms: i64) -> Option<Rates> {
        let model = self.find(model).filter(|model| model.vendor == vendor.id)?;
        let prices = match &model.served_by {
            Some(served_by) if model.prices.is_empty() => &self.by_id(&served_by.model)?.prices,
            _ => &model.prices,
        };
        let is_peak = vendor.peak.as_ref().is_some_and(|peak| peak.holds_at(at_ms));
        price::in_force(prices, at_ms)?.rates(currency, is_peak)
    }

    fn by_id(&self, id: &str) -> Option<&CatalogueModel> {
        self.models.iter().find(|model| model.id == id)
    }

    /// As `find`, without looking past the date of a snapshot.
    fn named(&self, id: &str) -> Option<&CatalogueModel> {
        let models = || self.models.iter();
        self.by_id(id)
            .or_else(|| models().find(|model| model.aliases.iter().any(|alias| alias == id)))
            .or_else(|| models().find(|model| model.is_retired(id)))
            .or_else(|| models().find(|model| model.weights_named(id).is_some()))
    }

    /// The name under which a server lists `model`: its own id or an alias before any other.
    fn listed_as<'a>(&self, model: &'a CatalogueModel, listed: &'a [String]) -> Option<&'a str> {
        let is_listed = |id: &&String| listed.contains(*id);
        let other = || listed.iter().find(|id| self.named(id).is_some_and(|named| named.id == model.id));
        std::iter::once(&model.id).chain(&model.aliases).find(is_listed).or_else(other).map(String::as_str)
    }
}

impl CatalogueModel {
    fn is_retired(&self, id: &str) -> bool {
        self.retired.iter().any(|retired| retired == id)
    }

    /// The open weights behind a local server's id. Folders, file extension, tag and case are ignored, so that
    /// `deepseek-ai/DeepSeek-V4-Flash`, `deepseek-v4-flash` and `DeepSeek-V4-Flash.gguf` are the same.
    fn weights_named(&self, id: &str) -> Option<&Weights> {
        let segment = id.rsplit(['/', '\\']).next().unwrap_or(id);
        let segment = segment.split(':').next().unwrap_or(segment);
        let segment = match segment.rsplit_once('.') {
            Some((stem, ending)) if ending.eq_ignore_ascii_case("gguf") => stem,
            _ => segment,
        };
        self.weights.iter().find(|weights| weights.name.eq_ignore_ascii_case(segment))
    }
}

/// `gpt-5.5-2026-04-23` and `claude-opus-4-6-20260205` without their dates: OpenAI and Anthropic answer with the
/// snapshot's id when the model's is requested (their model pages, "Snapshots" and "Model IDs").
fn without_date(id: &str) -> Option<&str> {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let (rest, last) = id.rsplit_once('-')?;
    if digits(last, 8) {
        return Some(rest);
    }
    let (rest, month) = rest.rsplit_once('-')?;
    let (rest, year) = rest.rsplit_once('-')?;
    (digits(last, 2) && digits(month, 2) && digits(year, 4)).then_some(rest)
}
