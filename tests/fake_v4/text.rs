//! Long texts made from a seed, for scripts whose words do not matter but whose shape and length do.

use serde::{Deserialize, Serialize};

use super::dice::Dice;

/// A text described instead of written out. The same description always gives the same text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// What it looks like.
    pub kind: TextKind,
    /// How long it is: exactly this many characters.
    pub characters: usize,
    /// Which of the many texts of this kind and length.
    #[serde(default)]
    pub seed: u64,
}

/// What a generated text looks like as Markdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// Headings and paragraphs with emphasis, inline code and links.
    Prose,
    /// Fenced code blocks in several languages between short remarks.
    Code,
    /// Pipe tables.
    Table,
    /// Nested bullet, numbered and task lists.
    List,
    /// Inline and display formulas.
    Latex,
    /// Chinese and Japanese paragraphs with full-width punctuation, and a few characters outside the basic plane.
    Cjk,
    /// All of them in turn.
    Mixed,
}

impl Generated {
    /// The text.
    pub fn text(&self) -> String {
        let mut dice = Dice::new(self.seed);
        let mut text = String::new();
        let mut length = 0;
        let mut section = 0;
        while length < self.characters {
            let part = section_text(self.kind, section, &mut dice);
            length += part.chars().count();
            text.push_str(&part);
            section += 1;
        }
        match text.char_indices().nth(self.characters) {
            Some((end, _)) => text[..end].to_owned(),
            None => text,
        }
    }
}

const WORDS: &[&str] = &[
    "window", "harbour", "river", "answer", "quiet", "signal", "copper", "between", "measure", "lantern",
    "because", "after", "slowly", "carry", "number", "garden", "without", "always", "system", "model",
    "paper", "stone", "through", "memory", "gentle", "engine", "letter", "under", "every", "north",
    "question", "thread", "open", "wide", "candle", "over", "simple", "shore", "weather", "towards",
];
const HAN: &[&str] = &[
    "窗", "海", "灯", "信", "号", "安", "静", "答", "案", "问", "题", "时", "间", "模", "型", "推", "理",
    "缓", "存", "数", "据", "河", "流", "山", "城", "市", "春", "夏", "秋", "冬", "学", "习", "日", "本",
    "語", "の", "を", "に", "は", "が", "です", "ます", "𠮷", "🐋",
];
const CODE: &[(&str, &str)] = &[
    (
        "rust",
        "fn {a}({b}: &[u8]) -> Option<usize> {\n    {b}.iter().position(|byte| *byte == b'\\n') // {c}\n}\n",
    ),
    (
        "python",
        "def {a}({b}: list[int]) -> int:\n    \"\"\"{c}\"\"\"\n    return sum(x * x for x in {b} if x % 2)\n",
    ),
    ("json", "{ \"{a}\": { \"{b}\": [1, 2.5e3, null, true], \"note\": \"{c} <b>&amp;</b>\" } }\n"),
    ("sh", "{a}=$(grep -c '{b}' < \"$HOME/{c}.txt\") && echo \"${a}\"\n"),
    ("", "{a} {b} {c}\n    indented, no language\n"),
];
const FORMULAS: &[&str] = &[
    "\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}",
    "\\sum_{n=1}^{N} \\frac{1}{n^2} \\to \\frac{\\pi^2}{6}",
    "A = \\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}",
    "\\nabla \\times \\mathbf{E} = -\\frac{\\partial \\mathbf{B}}{\\partial t}",
    "P(A \\mid B) = \\frac{P(B \\mid A)\\,P(A)}{P(B)}",
];

fn section_text(kind: TextKind, section: usize, dice: &mut Dice) -> String {
    match kind {
        TextKind::Prose => prose(section, dice),
        TextKind::Code => code(dice),
        TextKind::Table => table(dice),
        TextKind::List => list(dice),
        TextKind::Latex => latex(dice),
        TextKind::Cjk => cjk(dice),
        TextKind::Mixed => match section % 6 {
            0 => prose(section, dice),
            1 => code(dice),
            2 => table(dice),
            3 => list(dice),
            4 => latex(dice),
            _ => cjk(dice),
        },
    }
}

fn words(dice: &mut Dice, count: usize) -> String {
    let words: Vec<&str> = (0..count).map(|_| dice.pick(WORDS)).collect();
    words.join(" ")
}

fn sentence(dice: &mut Dice) -> String {
    let length = 5 + dice.below(12);
    let mut text = words(dice, length);
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    match dice.below(8) {
        0 => text.push_str(&format!(" with **{}**", words(dice, 2))),
        1 => text.push_str(&format!(" and *{}*", words(dice, 1))),
        2 => text.push_str(&format!(" in `{}()`", dice.pick(WORDS))),
        3 => text.push_str(&format!(", see [{}](https://example.org/{})", words(dice, 2), dice.pick(WORDS))),
        _ => {}
    }
    text.push_str(if dice.below(9) == 0 { "? " } else { ". " });
    text
}

fn prose(section: usize, dice: &mut Dice) -> String {
    let mut text = String::new();
    if section.is_multiple_of(4) {
        text.push_str(&format!("{} {}\n\n", "#".repeat(2 + dice.below(3)), words(dice, 3)));
    }
    if dice.below(7) == 0 {
        text.push_str("> ");
    }
    for _ in 0..3 + dice.below(4) {
        text.push_str(&sentence(dice));
    }
    text.push_str("\n\n");
    text
}

fn code(dice: &mut Dice) -> String {
    let mut text = format!("{}\n\n", sentence(dice));
    let (language, template) = CODE[dice.below(CODE.len())];
    text.push_str(&format!("```{language}\n"));
    for _ in 0..=dice.below(6) {
        let filled = template
            .replace("{a}", dice.pick(WORDS))
            .replace("{b}", dice.pick(WORDS))
            .replace("{c}", dice.pick(WORDS));
        text.push_str(&filled);
    }
    text.push_str("```\n\n");
    text
}

fn table(dice: &mut Dice) -> String {
    let columns = 2 + dice.below(4);
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = row((0..columns).map(|_| words(dice, 1)).collect());
    text.push_str(&row((0..columns).map(|column| ["---", ":--", "--:"][column % 3].to_owned()).collect()));
    for _ in 0..3 + dice.below(8) {
        let cells = (0..columns)
            .map(|column| if column == 0 { words(dice, 2) } else { format!("{}", dice.below(100_000)) })
            .collect();
        text.push_str(&row(cells));
    }
    text.push('\n');
    text
}

fn list(dice: &mut Dice) -> String {
    let mut text = String::new();
    let style = dice.below(3);
    for item in 1..=3 + dice.below(5) {
        let marker = match style {
            0 => "-".to_owned(),
            1 => format!("{item}."),
            _ => format!("- [{}]", if dice.below(2) == 0 { "x" } else { " " }),
        };
        text.push_str(&format!("{marker} {}\n", sentence(dice).trim_end()));
        for _ in 0..dice.below(3) {
            text.push_str(&format!("    - {}\n", words(dice, 5)));
        }
    }
    text.push('\n');
    text
}

fn latex(dice: &mut Dice) -> String {
    let inline = dice.pick(FORMULAS);
    let display = dice.pick(FORMULAS);
    let sentence = sentence(dice);
    if dice.below(2) == 0 {
        format!(
            "{sentence}Let $x_{{{}}} \\ge 0$ and \\({inline}\\).\n\n$$\n{display}\n$$\n\n",
            dice.below(10)
        )
    } else {
        format!("{sentence}So ${inline}$ costs $5, not $6:\n\n\\[\n{display}\n\\]\n\n")
    }
}

fn cjk(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..2 + dice.below(4) {
        for _ in 0..6 + dice.below(16) {
            text.push_str(dice.pick(HAN));
        }
        match dice.below(6) {
            0 => text.push_str(&format!("**{}{}**", dice.pick(HAN), dice.pick(HAN))),
            1 => text.push_str(&format!("「{}」", dice.pick(HAN))),
            2 => text.push_str(&format!("`{}`", dice.pick(WORDS))),
            _ => {}
        }
        text.push_str(if dice.below(3) == 0 { "，" } else { "。" });
    }
    text.push_str("\n\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [TextKind; 7] = [
        TextKind::Prose,
        TextKind::Code,
        TextKind::Table,
        TextKind::List,
        TextKind::Latex,
        TextKind::Cjk,
        TextKind::Mixed,
    ];

    #[test]
    fn a_text_has_the_length_asked_for_and_depends_on_its_seed_only() {
        for kind in KINDS {
            for characters in [0, 1, 77, 20_000] {
                let text = Generated { kind, characters, seed: 1 }.text();
                assert_eq!(text.chars().count(), characters, "{kind:?}");
                assert_eq!(text, Generated { kind, characters, seed: 1 }.text(), "{kind:?} twice");
            }
            let one = Generated { kind, characters: 500, seed: 1 }.text();
            let other = Generated { kind, characters: 500, seed: 2 }.text();
            assert_ne!(one, other, "{kind:?} with another seed");
        }
    }

    #[test]
    fn a_longer_text_begins_with_the_shorter_one() {
        let short = Generated { kind: TextKind::Mixed, characters: 1000, seed: 3 }.text();
        let long = Generated { kind: TextKind::Mixed, characters: 5000, seed: 3 }.text();
        assert!(long.starts_with(&short));
    }
}
