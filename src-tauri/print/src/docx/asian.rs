//! Which of Chinese, Japanese and Korean a document is in, as far as one can see.
//!
//! The three share characters and draw them differently, so that a document names one language and one font for them
//! (ECMA-376 part 1, 17.3.2.20 and 17.3.2.26).

/// A language, and a font of it that Word brings. Programs without it find another for the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asian {
    pub(super) language: &'static str,
    pub(super) font: &'static str,
}

/// What the styles are written with.
pub(super) const CHINESE: Asian = Asian { language: "zh-CN", font: "Microsoft YaHei" };
const JAPANESE: Asian = Asian { language: "ja-JP", font: "Yu Gothic" };
const KOREAN: Asian = Asian { language: "ko-KR", font: "Malgun Gothic" };

/// Japanese is never without kana for long, but Chinese has none; Korean is in Hangul for the most part.
pub(super) fn of(text: &str) -> Asian {
    let (mut han, mut kana, mut hangul) = (0_usize, 0_usize, 0_usize);
    for character in text.chars() {
        match character {
            '\u{3041}'..='\u{30ff}' => kana += 1,
            '\u{4e00}'..='\u{9fff}' => han += 1,
            '\u{ac00}'..='\u{d7a3}' => hangul += 1,
            _ => {}
        }
    }
    if hangul > han + kana {
        KOREAN
    } else if kana > han / 4 {
        JAPANESE
    } else {
        CHINESE
    }
}

#[cfg(test)]
mod tests {
    use super::{CHINESE, JAPANESE, KOREAN, of};

    #[test]
    fn what_most_of_it_is_in() {
        assert_eq!(of("plain"), CHINESE);
        assert_eq!(of("这是一段中文，里面只有一个假名：あ。再写几个字。"), CHINESE);
        assert_eq!(of("日本語の文章です。漢字もあります。"), JAPANESE);
        assert_eq!(of("한국어 문장입니다. 漢字."), KOREAN);
    }
}
