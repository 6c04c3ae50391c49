//! Entries of the file, in which everything but the id is optional, and what they become.

use serde::Deserialize;
use url::Url;

use super::peak::Peak;
use super::price::{self, DatedPrice};
use super::{CatalogueModel, ServedBy, Vendor, Weights};
use crate::domain::{Currency, Effort, Ignored, ServerKind, Words};

/// The first of two that has a value.
macro_rules! prefer {
    ($own:ident over $base:ident: $($field:ident),+) => {
        $($base.$field = $own.$field.or($base.$field.take());)+
    };
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderEntry {
    pub(super) id: String,
    name: Option<String>,
    kind: Option<ServerKind>,
    url: Option<Address>,
    key_variable: Option<String>,
    keys_url: Option<String>,
    top_up_url: Option<String>,
    region: Option<Words>,
    has_balance: Option<bool>,
    currency: Option<Currency>,
    peak: Option<Peak>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

impl ProviderEntry {
    /// Lays `own` over this.
    pub(super) fn merge(&mut self, own: Self) {
        prefer!(own over self: name, kind, url, key_variable, keys_url, top_up_url, region, has_balance, currency);
        match (&mut self.peak, own.peak) {
            (Some(peak), Some(own)) => peak.merge(own),
            (_, None) => {}
            (peak @ None, own) => *peak = own,
        }
    }

    pub(super) fn complete(mut self) -> Result<Vendor, String> {
        if let Some(peak) = &mut self.peak {
            peak.check()?;
        }
        let Address { text, host } = self.url.ok_or("its url is missing")?;
        Ok(Vendor {
            name: self.name.unwrap_or_else(|| self.id.clone()),
            id: self.id,
            kind: self.kind.unwrap_or(ServerKind::OpenAi),
            url: text,
            key_variable: self.key_variable,
            keys_url: self.keys_url,
            top_up_url: self.top_up_url,
            region: self.region,
            has_balance: self.has_balance.unwrap_or(false),
            currency: self.currency.unwrap_or(Currency::Usd),
            host,
            peak: self.peak,
        })
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelEntry {
    pub(super) id: String,
    provider: Option<String>,
    name: Option<String>,
    aliases: Option<Vec<String>>,
    retired: Option<Vec<String>>,
    weights: Option<Vec<Weights>>,
    served_by: Option<ServedBy>,
    context_tokens: Option<u32>,
    output_tokens: Option<u32>,
    vision: Option<bool>,
    efforts: Option<Vec<Effort>>,
    default_effort: Option<Effort>,
    ignored: Option<Ignored>,
    best_for: Option<Words>,
    #[serde(default)]
    prices: Vec<DatedPrice>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

impl ModelEntry {
    /// Lays `own` over this.
    pub(super) fn merge(&mut self, own: Self) {
        prefer!(own over self: provider, name, aliases, retired, weights, served_by, context_tokens);
        prefer!(own over self: output_tokens, vision, efforts, default_effort, ignored, best_for);
        price::merge(&mut self.prices, own.prices);
    }

    pub(super) fn complete(mut self) -> Result<CatalogueModel, String> {
        // Prices are in order of time whatever their order in the file.
        let prices = std::mem::take(&mut self.prices);
        price::merge(&mut self.prices, prices);
        Ok(CatalogueModel {
            vendor: self.provider.ok_or("its provider is missing")?,
            name: self.name.unwrap_or_else(|| self.id.clone()),
            id: self.id,
            aliases: self.aliases.unwrap_or_default(),
            retired: self.retired.unwrap_or_default(),
            weights: self.weights.unwrap_or_default(),
            served_by: self.served_by,
            context_tokens: self.context_tokens,
            output_tokens: self.output_tokens,
            vision: self.vision,
            efforts: self.efforts,
            default_effort: self.default_effort,
            ignored: self.ignored.unwrap_or_default(),
            best_for: self.best_for,
            prices: self.prices,
        })
    }
}

/// An http or https address with a host.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Address {
    text: String,
    host: String,
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = Url::parse(&text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
        match url.as_ref().and_then(Url::host_str) {
            Some(host) => Ok(Self { host: host.to_owned(), text: text.trim_end_matches('/').to_owned() }),
            None => Err(format!("\"{text}\" is no address such as \"https://api.example.com/v1\"")),
        }
    }
}
