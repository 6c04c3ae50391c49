//! What stands over, under and beside: scripts, limits, accents, and signs such as that of a sum.

use porthole_markdown::{Element, Node};

use super::letters::is_one_of;
use super::{DEEPEST, Formula, LARGE};

/// A large sign and its limits.
pub(super) struct Large<'a> {
    sign: String,
    /// Whether the limits stand over and under it.
    over: bool,
    low: Option<&'a Element>,
    high: Option<&'a Element>,
}

/// Signs over a letter and what combines to the same (ECMA-376 part 1, 22.1.2.1).
const ACCENTS: [(char, &str); 17] = [
    ('^', "\u{302}"),
    ('ˆ', "\u{302}"),
    ('~', "\u{303}"),
    ('˜', "\u{303}"),
    ('˙', "\u{307}"),
    ('¨', "\u{308}"),
    ('ˇ', "\u{30c}"),
    ('˘', "\u{306}"),
    ('´', "\u{301}"),
    ('`', "\u{300}"),
    ('˚', "\u{30a}"),
    ('→', "\u{20d7}"),
    ('⃗', "\u{20d7}"),
    ('←', "\u{20d6}"),
    ('⃛', "\u{20db}"),
    ('̂', "\u{302}"),
    ('̃', "\u{303}"),
];

/// An element that is a large sign, with limits or without.
pub(super) fn large(element: &Element) -> Option<Large<'_>> {
    let parts: Vec<&Element> = element.elements().collect();
    let sign_of = |element: &Element| {
        let text = element.text();
        (matches!(element.name.as_str(), "mo" | "mi") && is_one_of(&text, LARGE)).then_some(text)
    };
    let over = element.name.starts_with("mu") || element.name == "mover";
    let (base, low, high) = match (element.name.as_str(), parts.as_slice()) {
        ("mo" | "mi", _) => (element, None, None),
        ("msub" | "munder", [base, low]) => (*base, Some(*low), None),
        ("msup" | "mover", [base, high]) => (*base, None, Some(*high)),
        ("msubsup" | "munderover", [base, low, high]) => (*base, Some(*low), Some(*high)),
        _ => return None,
    };
    Some(Large { sign: sign_of(base)?, over, low, high })
}

fn text_of(node: &Node) -> String {
    match node {
        Node::Text(text) => text.clone(),
        Node::Element(element) => element.text(),
    }
}

/// The name of a function and what stands under it, such as the limit of a limit.
pub(super) fn named(element: &Element) -> Option<(&Element, &Element)> {
    let mut parts = element.elements();
    let (name, limit) = (parts.next()?, parts.next()?);
    let is_name = name.name == "mi" && name.text().chars().nth(1).is_some();
    (element.name == "munder" && is_name).then_some((name, limit))
}

impl Formula<'_> {
    /// A large sign before its operand.
    pub(super) fn large(&mut self, large: &Large<'_>, operand: &[Node]) {
        self.xml.raw("<m:nary><m:naryPr>");
        self.xml.empty("m:chr", &[("m:val", &large.sign)]);
        self.xml.empty("m:limLoc", &[("m:val", if large.over { "undOvr" } else { "subSup" })]);
        self.xml.empty("m:subHide", &[("m:val", if large.low.is_some() { "0" } else { "1" })]);
        self.xml.empty("m:supHide", &[("m:val", if large.high.is_some() { "0" } else { "1" })]);
        self.xml.raw("</m:naryPr>");
        for (name, limit) in [("m:sub", large.low), ("m:sup", large.high)] {
            match limit {
                Some(limit) => self.part(name, limit),
                None => self.xml.empty(name, &[]),
            }
        }
        self.operand(operand);
        self.xml.raw("</m:nary>");
    }

    /// A function with something under its name, before what it is applied to (22.1.2.39).
    pub(super) fn named(&mut self, name: &Element, limit: &Element, operand: &[Node]) {
        self.xml.raw("<m:func><m:fName>");
        self.parts("m:limLow", &[("m:e", name), ("m:lim", limit)]);
        self.xml.raw("</m:fName>");
        // The signs of application, which the function's element stands for.
        let signs = operand.iter().take_while(|node| match node {
            Node::Element(element) => element.name == "mspace" || element.text() == "\u{2061}",
            Node::Text(_) => false,
        });
        self.operand(&operand[signs.count()..]);
        self.xml.raw("</m:func>");
    }

    fn operand(&mut self, nodes: &[Node]) {
        if self.depth < DEEPEST {
            self.depth += 1;
            self.inside("m:e", nodes);
            self.depth -= 1;
        } else {
            let text: Vec<String> = nodes.iter().map(text_of).collect();
            self.inside("m:e", &[Node::Text(text.concat())]);
        }
    }

    pub(super) fn script(&mut self, element: &Element, parts: &[&Element]) {
        if let Some(large) = large(element) {
            self.large(&large, &[]);
            return;
        }
        match (element.name.as_str(), parts) {
            ("msub", [base, low]) => self.parts("m:sSub", &[("m:e", base), ("m:sub", low)]),
            ("msup", [base, high]) => self.parts("m:sSup", &[("m:e", base), ("m:sup", high)]),
            ("msubsup", [base, low, high]) => {
                self.parts("m:sSubSup", &[("m:e", base), ("m:sub", low), ("m:sup", high)]);
            }
            ("mover", [base, high]) => self.over(base, high),
            ("munder", [base, low]) => self.under(base, low),
            ("munderover", [base, low, high]) => {
                self.xml.raw("<m:limUpp><m:e>");
                self.under(base, low);
                self.xml.raw("</m:e>");
                self.part("m:lim", high);
                self.xml.raw("</m:limUpp>");
            }
            _ => self.row(&element.children),
        }
    }

    fn parts(&mut self, name: &str, parts: &[(&str, &Element)]) {
        self.xml.open(name, &[]);
        for (name, part) in parts {
            self.part(name, part);
        }
        self.xml.close(name);
    }

    fn over(&mut self, base: &Element, high: &Element) {
        let text = high.text();
        let combining = ACCENTS.iter().find(|(sign, _)| is_one_of(&text, sign.encode_utf8(&mut [0; 4])));
        if let Some((_, accent)) = combining.filter(|_| high.elements().next().is_none() && base.name != "mo")
        {
            self.xml.raw("<m:acc><m:accPr>");
            self.xml.empty("m:chr", &[("m:val", accent)]);
            self.xml.raw("</m:accPr>");
            self.part("m:e", base);
            self.xml.raw("</m:acc>");
        } else if is_one_of(&text, "‾¯―_") {
            self.bar(base, "top");
        } else if is_one_of(&text, "⏞⏜⎴") {
            self.grouped(base, &text, "top");
        } else {
            self.parts("m:limUpp", &[("m:e", base), ("m:lim", high)]);
        }
    }

    fn under(&mut self, base: &Element, low: &Element) {
        let text = low.text();
        if is_one_of(&text, "_‾̲―") {
            self.bar(base, "bot");
        } else if is_one_of(&text, "⏟⏝⎵") {
            self.grouped(base, &text, "bot");
        } else {
            self.parts("m:limLow", &[("m:e", base), ("m:lim", low)]);
        }
    }

    fn bar(&mut self, base: &Element, side: &str) {
        self.xml.raw("<m:bar><m:barPr>");
        self.xml.empty("m:pos", &[("m:val", side)]);
        self.xml.raw("</m:barPr>");
        self.part("m:e", base);
        self.xml.raw("</m:bar>");
    }

    /// A brace or bracket along what it groups.
    fn grouped(&mut self, base: &Element, sign: &str, side: &str) {
        self.xml.raw("<m:groupChr><m:groupChrPr>");
        self.xml.empty("m:chr", &[("m:val", sign)]);
        self.xml.empty("m:pos", &[("m:val", side)]);
        self.xml.empty("m:vertJc", &[("m:val", if side == "top" { "bot" } else { "top" })]);
        self.xml.raw("</m:groupChrPr>");
        self.part("m:e", base);
        self.xml.raw("</m:groupChr>");
    }
}
