//! The one piece of HTML that means something: in a table's cell there is no other way to begin a line.

/// How long the tag of a line break is that a text begins with.
pub(crate) fn break_tag(text: &str) -> Option<usize> {
    let name = text.get(..3).filter(|name| name.eq_ignore_ascii_case("<br"))?;
    let rest = text[name.len()..].trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix('/').unwrap_or(rest).strip_prefix('>')?;
    Some(text.len() - rest.len())
}

/// Whether a text that ends here may be the beginning of such a tag.
pub(crate) fn is_half_break_tag(text: &str) -> bool {
    let half = |tag: &str| tag.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    (2.."<br />".len()).contains(&text.len()) && (half("<br />") || half("<br/"))
}
