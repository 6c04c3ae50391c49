//! The built-in file is checked against the figures it was made from.

mod models;
mod own;
mod peak;
mod prices;

use super::*;
use crate::domain::{Model, Usage};

/// Milliseconds since 1970 UTC of an instant written as in the file.
fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn provider<'a>(catalogue: &'a Catalogue, id: &str) -> &'a Vendor {
    catalogue.vendors().iter().find(|provider| provider.id == id).unwrap()
}

/// Input, cached, output and peak as one line, such as `0.15 0.003 0.6 off`.
fn shown(rates: Option<Rates>) -> String {
    let Some(rates) = rates else { return "unknown".to_owned() };
    let peak = match rates.peak {
        None => "",
        Some(true) => " peak",
        Some(false) => " off",
    };
    format!("{} {} {}{peak}", rates.input, rates.cached, rates.output)
}

fn listed(ids: &[&str]) -> Vec<Model> {
    ids.iter().map(|id| Model::named_by_id(*id)).collect()
}
