//! By which tags models and their templates mark thinking.

/// A pair of tags. No opening tag begins another one, and the first character of a tag stands in it once.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::provider) struct Tag {
    pub(in crate::provider) open: &'static str,
    pub(in crate::provider) close: &'static str,
    /// A chat template may write the opening tag, so that only the closing one is sent. Not so where the tag is a
    /// word that an answer in XML may use too.
    pub(super) template_opens: bool,
}

const fn tag(open: &'static str, close: &'static str, template_opens: bool) -> Tag {
    Tag { open, close, template_opens }
}

/// Those that are known, after the chat templates of the models, the reasoning parsers of vLLM and `SGLang`, and the
/// default tags of Open `WebUI`.
pub(in crate::provider) const TAGS: [Tag; 10] = [
    tag("<think>", "</think>", true),
    tag("<mm:think>", "</mm:think>", true),
    tag("<seed:think>", "</seed:think>", true),
    tag("[THINK]", "[/THINK]", true),
    tag("◁think▷", "◁/think▷", true),
    tag("<|begin_of_thought|>", "<|end_of_thought|>", true),
    tag("<thinking>", "</thinking>", false),
    tag("<reasoning>", "</reasoning>", false),
    tag("<reason>", "</reason>", false),
    tag("<thought>", "</thought>", false),
];
