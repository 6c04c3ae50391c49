//! Links as HTML, and plain text in which bare addresses become links.

use std::borrow::Cow;

use crate::autolink;
use crate::destination::{Destination, destination};
use crate::escape::push_escaped;

/// The opening tag of a link to an address that [`destination`] has allowed.
pub(crate) fn push_link_start(out: &mut String, address: &str) {
    out.push_str("<a href=\"");
    push_escaped(out, address);
    out.push_str("\" rel=\"noopener noreferrer\">");
}

/// Text that is not in a link already.
pub(crate) fn push_linked(out: &mut String, text: &str) {
    let mut done = 0;
    while let Some(bare) = autolink::find(text, done) {
        let shown = &text[bare.range.clone()];
        let written =
            if bare.needs_scheme { Cow::Owned(format!("https://{shown}")) } else { Cow::Borrowed(shown) };
        push_escaped(out, &text[done..bare.range.start]);
        if let Destination::Web { address, .. } = destination(&written) {
            push_link_start(out, &address);
            push_escaped(out, shown);
            out.push_str("</a>");
        } else {
            push_escaped(out, shown);
        }
        done = bare.range.end;
    }
    push_escaped(out, &text[done..]);
}
