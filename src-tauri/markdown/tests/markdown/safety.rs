//! A reader of the HTML as a browser would read it, and what it must never find.

const ELEMENTS: &[&str] = &[
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "pre",
    "code",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "blockquote",
    "hr",
    "br",
    "div",
    "em",
    "strong",
    "del",
    "a",
    "span",
    "sup",
    "section",
    "figure",
    "input",
];
const VOID: &[&str] = &["hr", "br", "input"];
const ATTRIBUTES: &[(&str, &str)] = &[
    ("ol", "start"),
    ("li", "class"),
    ("th", "align"),
    ("td", "align"),
    ("th", "class"),
    ("td", "class"),
    ("blockquote", "class"),
    ("div", "class"),
    ("a", "href"),
    ("a", "rel"),
    ("span", "class"),
    ("span", "title"),
    ("span", "data-src"),
    ("span", "data-host"),
    ("sup", "class"),
    ("section", "class"),
    ("figure", "class"),
    ("figure", "data-language"),
    ("input", "type"),
    ("input", "disabled"),
    ("input", "checked"),
];

/// What formulas are drawn with: nothing that loads, runs or leads anywhere.
const MATH_ELEMENTS: [&str; 25] = [
    "annotation",
    "math",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mprescripts",
    "mroot",
    "mrow",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
    "semantics",
];
const MATH_ATTRIBUTES: [&str; 19] = [
    "accent",
    "class",
    "columnspan",
    "depth",
    "display",
    "displaystyle",
    "encoding",
    "height",
    "linethickness",
    "mathbackground",
    "mathcolor",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "scriptlevel",
    "stretchy",
    "symmetric",
    "width",
];

/// The HTML with each formula that was drawn as its LaTeX, so that a test can say what it expects.
pub(crate) fn undrawn(html: &str) -> String {
    const LATEX: &str = "<annotation encoding=\"application/x-tex\">";
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, formula)) = rest.split_once("<math") {
        let ends = formula.split_once("</annotation></semantics></math>");
        let (latex, after) = ends
            .and_then(|(drawn, after)| Some((drawn.rsplit_once(LATEX)?.1, after)))
            .unwrap_or_else(|| panic!("a formula without its LaTeX: {html}"));
        out.push_str(before);
        out.push_str(latex);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Every tag is allowed, well-formed and closed; every address leads somewhere safe.
#[track_caller]
pub(crate) fn assert_safe(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "a stray > in {html}");
        let tag = &rest[start + 1..];
        let end = tag.find('>').unwrap_or_else(|| panic!("an open tag in {html}"));
        rest = &tag[end + 1..];
        let tag = &tag[..end];
        assert!(!tag.contains('<'), "a < within a tag in {html}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "wrongly nested: {html}");
            continue;
        }
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let math = MATH_ELEMENTS.contains(&name);
        assert!(math || ELEMENTS.contains(&name), "<{name}> in {html}");
        while !attributes.is_empty() {
            let name_end = attributes.find(['=', ' ']).unwrap_or(attributes.len());
            let attribute = &attributes[..name_end];
            let allowed = if math {
                MATH_ATTRIBUTES.contains(&attribute)
            } else {
                ATTRIBUTES.contains(&(name, attribute))
            };
            assert!(allowed, "{attribute:?} on <{name}> in {html}");
            attributes = &attributes[name_end..];
            if let Some(value) = attributes.strip_prefix("=\"") {
                let value_end = value.find('"').unwrap_or_else(|| panic!("an open value in {html}"));
                if attribute == "href" || attribute == "data-src" {
                    let value = &value[..value_end].to_lowercase();
                    let web = value.starts_with("http://") || value.starts_with("https://");
                    assert!(web || attribute == "href" && value.starts_with("mailto:"), "{value} in {html}");
                }
                attributes = &value[value_end + 1..];
            }
            attributes = attributes.trim_start_matches(' ');
        }
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(!rest.contains('>'), "a stray > in {html}");
    assert!(open.is_empty(), "{open:?} not closed in {html}");
    assert!(!html.contains('\0'), "a NUL in {html:?}");
}
