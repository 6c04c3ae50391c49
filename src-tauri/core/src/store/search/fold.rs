//! Letters as a search compares them: without accents, case, width and ligatures.

use unicode_normalization::UnicodeNormalization;

/// The letters that `letter` is compared as; none for an accent that stands by itself.
pub(super) fn folded(letter: char) -> impl Iterator<Item = char> {
    // Hangul syllables fall apart into letters of their own, which is no simplification.
    let whole = is_hangul_syllable(letter).then_some(letter);
    let simple = (letter.is_ascii()).then(|| letter.to_ascii_lowercase());
    let decomposed = (whole.is_none() && simple.is_none()).then(|| {
        letter
            .to_lowercase()
            .flat_map(|lower| std::iter::once(lower).nfkd())
            .flat_map(char::to_lowercase)
            .filter(|part| !is_accent(*part) && !part.is_whitespace())
            .flat_map(|part| plain(part).chars().chain(plain(part).is_empty().then_some(part)))
            .collect::<Vec<_>>()
    });
    whole.or(simple).into_iter().chain(decomposed.into_iter().flatten())
}

const fn is_hangul_syllable(letter: char) -> bool {
    matches!(letter, '\u{AC00}'..='\u{D7A3}')
}

/// Marks that stand above or below a letter and are left out by people in a hurry. Marks that make another letter, as
/// the voicing of kana or the vowels of Indian scripts, are not among them.
const fn is_accent(letter: char) -> bool {
    matches!(
        letter,
        '\u{0300}'..='\u{036F}'
            | '\u{0591}'..='\u{05C7}'
            | '\u{064B}'..='\u{065F}'
            | '\u{0670}'
            | '\u{1AB0}'..='\u{1AFF}'
            | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}'
    )
}

/// Letters that Unicode does not take apart and people type as others; empty for all the rest.
const fn plain(letter: char) -> &'static str {
    match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'þ' => "th",
        'ς' => "σ",
        'ё' => "е",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_compared_without_ornament() {
        let fold = |text: &str| text.chars().flat_map(folded).collect::<String>();
        for (text, expected) in [
            ("Café", "cafe"),
            ("Cafe\u{301}", "cafe"),
            ("STRASSE Straße", "strasse strasse"),
            ("Łódź Øl Æsir ﬁn", "lodz ol aesir fin"),
            ("İstanbul ısı", "istanbul isi"),
            ("ＡＢＣ１２３", "abc123"),
            ("ΣΊΣΥΦΟΣ Σίσυφος", "σισυφοσ σισυφοσ"),
            ("한국어", "한국어"),
            ("가방 ガ", "가방 カ\u{3099}"),
            ("数据库", "数据库"),
        ] {
            assert_eq!(fold(text), expected, "{text}");
        }
    }
}
