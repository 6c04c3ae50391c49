//! The words that stand in exports for people to read.

use serde::Deserialize;

/// Which language they are in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, specta::Type)]
pub enum ExportLanguage {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans")]
    SimplifiedChinese,
}

/// The words of one language.
pub(super) struct Words {
    pub(super) you: &'static str,
    pub(super) assistant: &'static str,
    pub(super) system: &'static str,
    pub(super) thinking: &'static str,
    pub(super) end_of_thinking: &'static str,
    /// How a reply ended where that is unusual, by the word of its state.
    states: [(&'static str, &'static str); 3],
    /// With `{in}` and `{out}` for numbers of tokens.
    tokens: &'static str,
    /// With `{amount}` and `{currency}`.
    cost: &'static str,
    /// With `{number}` and `{of}`.
    version: &'static str,
    /// As `version`, with `{after}` for the first words of the message before.
    version_after: &'static str,
}

const ENGLISH: Words = Words {
    you: "You",
    assistant: "Assistant",
    system: "System",
    thinking: "Thinking",
    end_of_thinking: "End of thinking",
    states: [("stopped", "stopped"), ("cut_off", "cut off"), ("failed", "failed")],
    tokens: "{in} tokens in, {out} out",
    cost: "about {amount} {currency}",
    version: "Version {number} of {of}",
    version_after: "Version {number} of {of}, after “{after}”",
};

const CHINESE: Words = Words {
    you: "你",
    assistant: "助手",
    system: "系统提示词",
    thinking: "思考过程",
    end_of_thinking: "思考结束",
    states: [("stopped", "已停止"), ("cut_off", "被截断"), ("failed", "失败")],
    tokens: "输入 {in} token，输出 {out} token",
    cost: "约 {amount} {currency}",
    version: "版本 {number}/{of}",
    version_after: "版本 {number}/{of}，接在“{after}”之后",
};

impl ExportLanguage {
    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::SimplifiedChinese => &CHINESE,
        }
    }
}

impl Words {
    /// A name with how a reply in that state ended, where that is unusual.
    pub(super) fn ended(&self, who: &str, state: &str) -> String {
        match self.states.iter().find(|(known, _)| *known == state) {
            Some((_, how)) => format!("{who} ({how})"),
            None => who.to_owned(),
        }
    }

    pub(super) fn tokens(&self, prompt: i64, completion: i64) -> String {
        self.tokens.replace("{in}", &prompt.to_string()).replace("{out}", &completion.to_string())
    }

    pub(super) fn cost(&self, amount: &str, currency: &str) -> String {
        self.cost.replace("{amount}", amount).replace("{currency}", currency)
    }

    pub(super) fn version(&self, number: u32, of: u32, after: Option<&str>) -> String {
        let words = if after.is_some() { self.version_after } else { self.version };
        let words = words.replace("{number}", &number.to_string()).replace("{of}", &of.to_string());
        words.replace("{after}", after.unwrap_or_default())
    }
}
