//! From a grammar's scopes to the few classes that the page has colours for.

use std::sync::OnceLock;

use syntect::parsing::Scope;

/// What a scope says about the colour of the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// One of the page's classes.
    Class(&'static str),
    /// No colour, whatever surrounds it: code inside a string.
    Plain,
    /// The colour of what surrounds it.
    Inherited,
}

/// Classes, and the scopes that have them. Where several match, the longest wins.
const COLOURS: &[(&str, &str)] = &[
    ("comment", "comment punctuation.definition.comment meta.diff.range"),
    ("string", "string punctuation.definition.string markup.raw"),
    ("constant", "constant entity.name.constant entity.name.label support.constant"),
    ("number", "constant.numeric"),
    ("escape", "constant.character.escape constant.other.placeholder"),
    (
        "keyword",
        "keyword keyword.operator.word keyword.operator.logical.python storage variable.language \
        punctuation.definition.keyword meta.preprocessor",
    ),
    ("operator", "keyword.operator"),
    (
        "type",
        "storage.type.c storage.type.numeric storage.type.primitive entity.name entity.name.namespace \
        entity.other.inherited-class support.type support.class",
    ),
    ("function", "entity.name.function entity.name.macro support.function support.macro variable.function"),
    ("tag", "entity.name.tag"),
    ("heading", "entity.name.section markup.heading meta.diff.header punctuation.definition.heading"),
    ("variable", "entity.name.variable variable punctuation.definition.variable"),
    (
        "attribute",
        "entity.other.attribute-name support.type.property-name variable.annotation meta.annotation \
        punctuation.definition.annotation",
    ),
    ("inserted", "markup.inserted punctuation.definition.inserted"),
    ("deleted", "markup.deleted punctuation.definition.deleted"),
    ("punctuation", "punctuation"),
];

/// Scopes that undo the colour around them.
const PLAIN: &[&str] =
    &["source", "meta.interpolation", "meta.template.expression", "meta.substitution", "meta.embedded"];

pub(crate) fn colour(scope: Scope) -> Colour {
    static SCOPES: OnceLock<Vec<(Scope, Colour)>> = OnceLock::new();
    let scopes = SCOPES.get_or_init(|| {
        let coloured = COLOURS
            .iter()
            .flat_map(|(class, names)| names.split(' ').map(|name| (name, Colour::Class(class))));
        let plain = PLAIN.iter().map(|name| (*name, Colour::Plain));
        coloured.chain(plain).filter_map(|(name, colour)| Some((Scope::new(name).ok()?, colour))).collect()
    });
    scopes
        .iter()
        .filter(|(prefix, _)| prefix.is_prefix_of(scope))
        .max_by_key(|(prefix, _)| prefix.len())
        .map_or(Colour::Inherited, |(_, colour)| *colour)
}

#[cfg(test)]
mod tests {
    use super::{Colour, colour};
    use syntect::parsing::Scope;

    #[test]
    fn the_longest_scope_wins() {
        for (scope, expected) in [
            ("comment.line.double-slash.rust", Colour::Class("comment")),
            ("constant.numeric.integer.decimal.rust", Colour::Class("number")),
            ("constant.character.escape.python", Colour::Class("escape")),
            ("keyword.operator.assignment.js", Colour::Class("operator")),
            ("keyword.control.flow.js", Colour::Class("keyword")),
            ("punctuation.section.block.begin.c", Colour::Class("punctuation")),
            ("source.js.embedded.html", Colour::Plain),
            ("meta.block.rust", Colour::Inherited),
        ] {
            assert_eq!(colour(Scope::new(scope).unwrap()), expected, "{scope}");
        }
    }
}
