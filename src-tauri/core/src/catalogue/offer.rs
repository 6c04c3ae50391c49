//! What a server lists, merged with what is known.

use super::{Catalogue, CatalogueModel, Vendor};
use crate::domain::{Ignored, Model};

impl Catalogue {
    /// The models that can be chosen on a server that lists `listed`. What the server says about a model takes
    /// precedence; the catalogue supplies the rest, except prices: they need an instant and a currency, see
    /// [`Catalogue::rates`].
    ///
    /// At a known provider each model appears once, under the name people know; an unknown id is kept, with its
    /// limits unknown; retired ids are left out unless there is nothing else; and a model that another one serves
    /// appears below that one. Without a provider, on a local server, ids and names remain the server's own, and
    /// only properties of the weights are filled in: windows and ignored fields are up to the server.
    pub fn offered(&self, vendor: Option<&Vendor>, listed: Vec<Model>) -> Vec<Model> {
        match vendor {
            Some(vendor) => self.offered_by(vendor, listed),
            None => listed.into_iter().map(|model| self.described(model)).collect(),
        }
    }

    fn offered_by(&self, vendor: &Vendor, listed: Vec<Model>) -> Vec<Model> {
        let of_vendor = |known: &&CatalogueModel| known.vendor == vendor.id;
        let is_retired =
            |id: &str| self.named(id).filter(of_vendor).is_some_and(|known| known.is_retired(id));
        let only_retired = listed.iter().all(|model| is_retired(&model.id));
        let mut offered: Vec<Model> = Vec::new();
        // The positions in `offered` of models from the catalogue.
        let mut places: Vec<(&str, usize)> = Vec::new();
        for model in listed {
            let Some(known) = self.named(&model.id).filter(of_vendor) else {
                // A dated snapshot is a separate choice from its model, with the same limits.
                let snapshot = self.find(&model.id).filter(of_vendor);
                offered.push(snapshot.map_or(model.clone(), |known| filled(model, known)));
                continue;
            };
            if known.is_retired(&model.id) {
                if only_retired {
                    offered.push(filled(model, known));
                }
                continue;
            }
            let is_own_id = model.id == known.id;
            let model = Model { name: known.name.clone(), ..filled(model, known) };
            match places.iter().find(|(id, _)| *id == known.id) {
                None => {
                    places.push((&known.id, offered.len()));
                    offered.push(model);
                }
                Some((_, place)) if is_own_id => offered[*place] = model,
                Some(_) => {}
            }
        }
        for known in self.models.iter().filter(of_vendor) {
            let is_there = places.iter().any(|(id, _)| *id == known.id);
            let Some(served_by) = known.served_by.as_ref().filter(|_| !is_there) else { continue };
            let base = places.iter().find(|(id, _)| *id == served_by.model).map(|(_, place)| *place);
            let Some(base) = base else { continue };
            let model = Model {
                name: known.name.clone(),
                context_tokens: offered[base].context_tokens,
                ..Model::named_by_id(&known.id)
            };
            offered.insert(base + 1, filled(model, known));
            for (_, place) in places.iter_mut().filter(|(_, place)| *place > base) {
                *place += 1;
            }
            places.push((&known.id, base + 1));
        }
        offered
    }

    /// A local server's model.
    fn described(&self, model: Model) -> Model {
        let Some(known) = self.named(&model.id).filter(|known| !known.is_retired(&model.id)) else {
            return model;
        };
        let vision = match known.weights_named(&model.id) {
            Some(weights) => weights.vision,
            None => known.vision,
        };
        Model {
            vision: model.vision.or(vision),
            efforts: model.efforts.or_else(|| known.efforts.clone()),
            best_for: model.best_for.or_else(|| known.best_for.clone()),
            ..model
        }
    }
}

/// `model`, with its gaps filled in from what is known.
fn filled(model: Model, known: &CatalogueModel) -> Model {
    let ignored = if model.ignored == Ignored::default() { known.ignored.clone() } else { model.ignored };
    Model {
        context_tokens: model.context_tokens.or(known.context_tokens),
        output_tokens: model.output_tokens.or(known.output_tokens),
        vision: model.vision.or(known.vision),
        efforts: model.efforts.or_else(|| known.efforts.clone()),
        default_effort: model.default_effort.or(known.default_effort),
        ignored,
        best_for: model.best_for.or_else(|| known.best_for.clone()),
        ..model
    }
}
