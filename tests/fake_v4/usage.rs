//! Token counts and the prefix cache.
//!
//! A token is four characters, rounded up per text. Real counts differ; what holds is that the same request always
//! counts the same and that a longer one counts more.

use serde_json::{Value, json};

use super::asked::{Asked, Effort, content_text};
use super::script::UsageNumbers;

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> u64 {
    u64::try_from(text.chars().count().div_ceil(4)).unwrap_or(u64::MAX)
}

/// What an image costs: a 1024 pixel edge, as PyPI's unofficial deepseek-harness 0.3.1 measured on 2026-09-10.
const IMAGE_TOKENS: u64 = 652;

const BLIND_MODEL: &str = "deepseek-v4-pro";

/// A prompt cut into the pieces that a cached prefix can end between: the head (model, effort, tools), then one piece
/// per message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    tokens: u64,
}

impl Prompt {
    pub(super) fn of(body: &Value, asked: &Asked) -> Self {
        // Changing effort, thinking or tools changes the start of the prompt and so misses the cache (`dsv41.rs` in
        // deepseek-recipe; API docs, Context Caching);
        // `user_id` keeps the caches of end users apart (API docs, Rate Limit & Isolation).
        let effort = match (asked.thinking, asked.effort) {
            (false, _) => "off",
            (true, Effort::Low) => "50",
            (true, Effort::High) => "75",
            (true, Effort::Max) => "100",
        };
        let tools = if asked.tools { body["tools"].to_string() } else { String::new() };
        let head_tokens = if asked.thinking { 24 } else { 2 } + tokens(&tools);
        let head = format!("{}\n{}\n{effort}\n{tools}", asked.model, body["user_id"]);
        let mut pieces = vec![Piece { text: head, tokens: head_tokens }];
        for message in body["messages"].as_array().into_iter().flatten() {
            let role = message["role"].as_str().unwrap_or_default();
            // Without tools the thinking of earlier turns never reaches the prompt (API docs, Thinking Mode).
            let thinking = if asked.tools { message["reasoning_content"].as_str().unwrap_or("") } else { "" };
            let calls = &message["tool_calls"];
            let calls = if calls.is_null() { String::new() } else { calls.to_string() };
            let images = message["content"].as_array().map_or(0, |blocks| {
                blocks.iter().filter(|block| block["type"] == "image_url" || block["type"] == "file").count()
            });
            let text = content_text(&message["content"]);
            // V4 Pro reads a placeholder in place of each image and says nothing of it (deepseek-recipe).
            let image_tokens =
                if asked.model == BLIND_MODEL { tokens("[Unsupported Image]") } else { IMAGE_TOKENS };
            let tokens = 2
                + tokens(&text)
                + tokens(thinking)
                + tokens(&calls)
                + image_tokens * u64::try_from(images).unwrap_or(0);
            pieces.push(Piece { text: format!("{role}\n{thinking}\n{text}\n{calls}\n{images}"), tokens });
        }
        Self { pieces }
    }

    pub(super) fn tokens(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.tokens).sum()
    }

    /// The prompt as it is after the answer, which is where the next cache unit ends. A continued message and its
    /// continuation are one message.
    pub(super) fn answered(&self, asked: &Asked, thinking: &str, answer: &str) -> Self {
        let (given_thinking, given_text) = &asked.given;
        let mut pieces = self.pieces.clone();
        if asked.prefix.is_some() {
            pieces.pop();
        }
        let thinking = if asked.tools { format!("{given_thinking}{thinking}") } else { String::new() };
        let answer = format!("{given_text}{answer}");
        pieces.push(Piece {
            text: format!("assistant\n{thinking}\n{answer}\n\n0"),
            tokens: 2 + tokens(&thinking) + tokens(&answer),
        });
        Self { pieces }
    }

    fn common(&self, other: &Self) -> usize {
        self.pieces.iter().zip(&other.pieces).take_while(|(one, other)| one == other).count()
    }
}

/// The rule of DeepSeek API docs, Context Caching: a request hits only a unit that it contains from the start and in
/// full. Units end after the user's input, after the model's output, and where two requests diverged.
#[derive(Debug, Default)]
pub(super) struct PrefixCache {
    units: Vec<Prompt>,
}

impl PrefixCache {
    /// How many tokens of the prompt are cached.
    pub(super) fn hit(&self, prompt: &Prompt) -> u64 {
        let contained = self.units.iter().filter(|unit| prompt.common(unit) == unit.pieces.len());
        contained.map(Prompt::tokens).max().unwrap_or(0).min(prompt.tokens())
    }

    /// Remember a request and, if it was complete, its answer.
    pub(super) fn store(&mut self, prompt: &Prompt, answered: Option<Prompt>) {
        let mut shared = Vec::new();
        for unit in &self.units {
            let common = prompt.common(unit);
            // The head alone is a handful of tokens; a prefix begins to count with the first message.
            if common > 1 && common < unit.pieces.len() && common < prompt.pieces.len() {
                shared.push(Prompt { pieces: prompt.pieces[..common].to_vec() });
            }
        }
        shared.push(prompt.clone());
        shared.extend(answered);
        for unit in shared {
            if !self.units.contains(&unit) {
                self.units.push(unit);
            }
        }
    }
}

/// The token counts of one answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub prompt: u64,
    pub cached: u64,
    pub completion: u64,
    pub reasoning: Option<u64>,
    /// Whether DeepSeek's own fields are written too.
    pub cache_fields: bool,
}

impl Usage {
    pub(super) fn stated(numbers: UsageNumbers, thinking: bool, cache_fields: bool) -> Self {
        Self {
            prompt: numbers.prompt,
            cached: numbers.cached,
            completion: numbers.completion,
            reasoning: (thinking || numbers.reasoning > 0).then_some(numbers.reasoning),
            cache_fields,
        }
    }

    /// The `usage` object, fields in the order of `ChatCompletionUsage` in deepseek-recipe.
    pub(super) fn json(&self) -> String {
        let Self { prompt, cached, completion, .. } = *self;
        let mut text = format!(
            "{{\"prompt_tokens\":{prompt},\"completion_tokens\":{completion},\"total_tokens\":{},\
             \"prompt_tokens_details\":{{\"cached_tokens\":{cached}}}",
            prompt + completion
        );
        if let Some(reasoning) = self.reasoning {
            text.push_str(&format!(",\"completion_tokens_details\":{{\"reasoning_tokens\":{reasoning}}}"));
        }
        if self.cache_fields {
            let missed = prompt.saturating_sub(cached);
            text.push_str(&format!(
                ",\"prompt_cache_hit_tokens\":{cached},\"prompt_cache_miss_tokens\":{missed}"
            ));
        }
        text.push('}');
        text
    }

    /// llama.cpp's `timings`; the speeds are made up.
    pub(super) fn timings(&self) -> Value {
        json!({
            "cache_n": self.cached,
            "prompt_n": self.prompt.saturating_sub(self.cached),
            "prompt_ms": 120.5,
            "prompt_per_token_ms": 2.4,
            "prompt_per_second": 416.6,
            "predicted_n": self.completion,
            "predicted_ms": 1000.0,
            "predicted_per_token_ms": 25.0,
            "predicted_per_second": 40.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(texts: &[&str]) -> (Prompt, Asked) {
        let roles = ["user", "assistant"];
        let messages: Vec<Value> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| json!({"role": roles[index % 2], "content": text}))
            .collect();
        let body = json!({"model": "deepseek-flash", "messages": messages});
        let asked = Asked::read(&body, true);
        (Prompt::of(&body, &asked), asked)
    }

    #[test]
    fn a_conversation_that_goes_on_hits_all_of_what_came_before() {
        let mut cache = PrefixCache::default();
        let (first, asked) = prompt(&["one"]);
        assert_eq!(cache.hit(&first), 0, "nothing is cached yet");
        cache.store(&first, Some(first.answered(&asked, "hm", "two")));
        let (second, _) = prompt(&["one", "two", "three"]);
        let answered = first.answered(&asked, "hm", "two");
        assert_eq!(cache.hit(&second), answered.tokens(), "the unit behind the answer");
        let (edited, _) = prompt(&["one", "edited", "three"]);
        assert_eq!(cache.hit(&edited), first.tokens(), "the unit behind the user's input");
    }

    #[test]
    fn requests_that_part_miss_once_and_then_share_their_beginning() {
        let mut cache = PrefixCache::default();
        let (one, _) = prompt(&["same", "a", "x"]);
        let (two, _) = prompt(&["same", "a", "y"]);
        let (three, _) = prompt(&["same", "a", "z"]);
        cache.store(&one, None);
        assert_eq!(cache.hit(&two), 0, "A+C does not hit A+B");
        cache.store(&two, None);
        assert!(cache.hit(&three) > 0, "but A is stored then");
    }
}
