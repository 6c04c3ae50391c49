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

/// Scopes with a colour. Where several match, the longest wins.
const COLOURS: &[(&str, &str)] = &[
    ("comment", "comment"),
    ("punctuation.definition.comment", "comment"),
    ("string", "string"),
    ("punctuation.definition.string", "string"),
    ("markup.raw", "string"),
    ("constant", "constant"),
    ("constant.numeric", "number"),
    ("constant.character.escape", "escape"),
    ("constant.other.placeholder", "escape"),
    ("keyword", "keyword"),
    ("keyword.operator", "operator"),
    ("keyword.operator.word", "keyword"),
    ("keyword.operator.logical.python", "keyword"),
    ("storage", "keyword"),
    ("storage.type.c", "type"),
    ("storage.type.numeric", "type"),
    ("storage.type.primitive", "type"),
    ("entity.name", "type"),
    ("entity.name.function", "function"),
    ("entity.name.macro", "function"),
    ("entity.name.tag", "tag"),
    ("entity.name.section", "heading"),
    ("entity.name.constant", "constant"),
    ("entity.name.label", "constant"),
    ("entity.name.namespace", "type"),
    ("entity.name.variable", "variable"),
    ("entity.other.attribute-name", "attribute"),
    ("entity.other.inherited-class", "type"),
    ("support.function", "function"),
    ("support.macro", "function"),
    ("support.type", "type"),
    ("support.class", "type"),
    ("support.constant", "constant"),
    ("support.type.property-name", "attribute"),
    ("variable", "variable"),
    ("variable.function", "function"),
    ("variable.annotation", "attribute"),
    ("variable.language", "keyword"),
    ("markup.heading", "heading"),
    ("markup.inserted", "inserted"),
    ("markup.deleted", "deleted"),
    ("meta.diff.header", "heading"),
    ("meta.diff.range", "comment"),
    ("meta.annotation", "attribute"),
    ("punctuation", "punctuation"),
    ("punctuation.definition.variable", "variable"),
    ("punctuation.definition.heading", "heading"),
    ("punctuation.definition.keyword", "keyword"),
    ("punctuation.definition.inserted", "inserted"),
    ("punctuation.definition.deleted", "deleted"),
    ("punctuation.definition.annotation", "attribute"),
    ("meta.preprocessor", "keyword"),
];

/// Scopes that undo the colour around them.
const PLAIN: &[&str] =
    &["source", "meta.interpolation", "meta.template.expression", "meta.substitution", "meta.embedded"];

/// The colour of one scope.
pub(crate) fn colour(scope: Scope) -> Colour {
    static SCOPES: OnceLock<Vec<(Scope, Colour)>> = OnceLock::new();
    let scopes = SCOPES.get_or_init(|| {
        let coloured = COLOURS.iter().map(|(name, class)| (*name, Colour::Class(class)));
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
