//! Elements that are more than a tag.

use pulldown_cmark::BlockQuoteKind;

use crate::destination::Destination;
use crate::escape::push_escaped;

pub(crate) fn quote_start(kind: Option<BlockQuoteKind>) -> &'static str {
    match kind {
        None => "<blockquote>",
        Some(BlockQuoteKind::Note) => "<blockquote class=\"alert alert-note\">",
        Some(BlockQuoteKind::Tip) => "<blockquote class=\"alert alert-tip\">",
        Some(BlockQuoteKind::Important) => "<blockquote class=\"alert alert-important\">",
        Some(BlockQuoteKind::Warning) => "<blockquote class=\"alert alert-warning\">",
        Some(BlockQuoteKind::Caution) => "<blockquote class=\"alert alert-caution\">",
    }
}

/// An image while its description is being read.
pub(crate) struct Image {
    pub(crate) destination: Destination,
    pub(crate) description: String,
}

impl Image {
    /// Where the image is and what it shows. Nothing is fetched.
    pub(crate) fn push_html(self, out: &mut String) {
        let Destination::Web { address, host } = self.destination else {
            push_escaped(out, &self.description);
            return;
        };
        out.push_str("<span class=\"image-blocked\" data-src=\"");
        push_escaped(out, &address);
        out.push_str("\" data-host=\"");
        push_escaped(out, &host);
        out.push_str("\">");
        push_escaped(out, &self.description);
        out.push_str("</span>");
    }
}
