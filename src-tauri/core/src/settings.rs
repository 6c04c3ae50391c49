//! What the user has set for the whole app.

use serde::{Deserialize, Serialize};

/// Which colours the window uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system is set.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Which language the window uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub enum Language {
    /// As the system is set.
    #[default]
    #[serde(rename = "system")]
    System,
    /// English.
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans")]
    SimplifiedChinese,
}

/// How the window looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Appearance {
    /// Colours.
    pub theme: Theme,
    /// Language.
    pub language: Language,
    /// Size of the conversation's text in CSS pixels, 12 to 22.
    pub text_px: u8,
    /// Zoom of the whole window, in per cent, 50 to 300.
    #[serde(default = "unenlarged")]
    pub zoom_percent: u16,
    /// Whether the sidebar is shown.
    pub sidebar: bool,
    /// Whether the inspector is shown.
    pub inspector: bool,
}

const fn unenlarged() -> u16 {
    100
}

impl Default for Appearance {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            language: Language::System,
            text_px: 15,
            zoom_percent: unenlarged(),
            sidebar: true,
            inspector: false,
        }
    }
}

impl Appearance {
    /// The same with every number limited to its range.
    pub fn within_bounds(self) -> Self {
        Self { text_px: self.text_px.clamp(12, 22), zoom_percent: self.zoom_percent.clamp(50, 300), ..self }
    }
}
