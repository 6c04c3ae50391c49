//! Letters, numbers, signs and words.

use std::rc::Rc;

use porthole_markdown::Element;

use super::super::families::Face;
use super::super::mark::Mark;
use super::super::text::{Align, Drawn, Look, Rich, Shaped};
use super::{AXIS, Manner, Setter, operator};

impl Setter<'_> {
    pub(super) fn token(&mut self, element: &Element, manner: Manner) -> Drawn {
        let text = element.text();
        let mut chars = text.chars();
        let (first, only) = (chars.next(), chars.next().is_none());
        match (element.name.as_str(), first) {
            ("mi", Some(letter)) if only && element.attribute("mathvariant") != Some("normal") => {
                self.glyphs(&italic(letter).to_string(), Some(&text), manner, Face::Math)
            }
            ("mo", Some(sign)) if only && operator::large(sign) && manner.display => {
                let integral = ('∫'..='∳').contains(&sign);
                let size = manner.size * if integral { 1.9 } else { 1.45 };
                let mut drawn = self.glyphs(&text, None, Manner { size, ..manner }, Face::Math);
                // Its middle is where signs have theirs.
                let down = (drawn.ascent - drawn.descent) / 2.0 - AXIS * manner.size;
                for mark in &mut drawn.marks {
                    mark.shift(0.0, down);
                }
                drawn.ascent -= down;
                drawn.descent += down;
                drawn
            }
            ("mtext", _) => self.glyphs(&text.replace(' ', "\u{a0}"), Some(&text), manner, Face::Text),
            _ => self.glyphs(&text, None, manner, Face::Math),
        }
    }

    /// Glyphs in a row, as tall as their ink. What is read back from the page may be other characters than those drawn.
    pub(super) fn glyphs(&mut self, text: &str, read: Option<&str>, manner: Manner, face: Face) -> Drawn {
        let look = Look { leading: 1.0, face, ..Look::text(manner.size, manner.colour) };
        let rich = Rich::plain(text);
        let lines = Shaped::new(self.fonts, &rich, look).lines(self.fonts, 10_000.0, Align::Left);
        let mut drawn = Drawn::default();
        for line in lines {
            let mut marks = line.marks;
            for mark in &mut marks {
                mark.shift(drawn.width, -line.baseline);
                let Mark::Run(run) = mark else { continue };
                let (ascent, descent) = run.ink();
                drawn.ascent = drawn.ascent.max(ascent);
                drawn.descent = drawn.descent.max(descent);
                if let Some(read) = read
                    && let [glyph] = run.glyphs.as_mut_slice()
                {
                    run.text = Rc::from(read);
                    glyph.text_range = 0..read.len();
                }
            }
            drawn.marks.append(&mut marks);
            drawn.width += line.width;
        }
        drawn
    }
}

/// A letter as it stands for a quantity.
fn italic(letter: char) -> char {
    let shifted = |from: char, to: u32| char::from_u32(u32::from(letter) - u32::from(from) + to);
    let italic = match letter {
        'h' => Some('ℎ'),
        'A'..='Z' => shifted('A', 0x1d434),
        'a'..='z' => shifted('a', 0x1d44e),
        'α'..='ω' => shifted('α', 0x1d6fc),
        '∂' => Some('𝜕'),
        '\u{b5}' => Some('𝜇'),
        'ϵ' => Some('𝜖'),
        'ϑ' => Some('𝜗'),
        'ϕ' => Some('𝜙'),
        'ϱ' => Some('𝜚'),
        'ϖ' => Some('𝜛'),
        _ => None,
    };
    italic.unwrap_or(letter)
}
