//! From a chat completion request to what is played in answer to it.

use serde_json::{Value, json};

use super::asked::{Asked, Prefix};
use super::completion::{Call, Completion};
use super::delivery::{Answer, Form, Played};
use super::dialect::Dialect;
use super::dice::Dice;
use super::ending::Ending;
use super::http::Request;
use super::local;
use super::log::asks_for_title;
use super::refusal::deepseek_error;
use super::script::{Finish, Script};
use super::server::{Server, ready};
use super::settings::Settings;
use super::usage::{Prompt, Usage, tokens};
use super::validation::{self, Rules};

/// Which route the request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `…/chat/completions`.
    ChatCompletions {
        /// Below `/beta`.
        beta: bool,
    },
    /// Ollama's `/api/chat`.
    OllamaChat,
}

pub(super) fn answer(server: &Server, request: &Request, index: usize, way: Way) -> Answer {
    let settings = server.settings();
    let body: Value = match serde_json::from_slice(&request.body) {
        Ok(body) => body,
        Err(error) => return unreadable(settings.dialect, &error.to_string()),
    };
    let asked = asked(&body, settings.dialect, way);
    let prompt = Prompt::of(&body, &asked);
    if settings.validate
        && let Some(refusal) = refusal(&body, &asked, &prompt, &settings, way)
    {
        return refusal;
    }
    let mut script = if asks_for_title(&body) {
        server.title()
    } else {
        server.next_script().unwrap_or_else(|| own_words(&asked))
    };
    if script.status != 200 || script.body.is_some() {
        return ready(&script);
    }
    script.pace.events_per_second = script.pace.events_per_second.or(settings.events_per_second);
    let cached = server.with_cache(|cache| cache.hit(&prompt));
    let completion = completion(&script, &asked, &settings, index, &prompt, cached);
    let complete = script.ending == Ending::Normal || script.ending == Ending::WholeJson;
    let answered = complete.then(|| prompt.answered(&asked, &completion.thinking, &completion.answer));
    server.with_cache(|cache| cache.store(&prompt, answered));
    let stream = asked.stream && script.ending != Ending::WholeJson;
    let form = match (way, stream) {
        (Way::ChatCompletions { .. }, true) => Form::Events,
        (Way::ChatCompletions { .. }, false) => Form::Document,
        (Way::OllamaChat, true) => Form::Lines,
        (Way::OllamaChat, false) => Form::OllamaDocument,
    };
    let headers = vec![("x-request-id".to_owned(), format!("fake-{index}"))];
    Answer::Completion(Box::new(Played { script, completion, form, headers }))
}

fn asked(body: &Value, dialect: Dialect, way: Way) -> Asked {
    let mut asked = Asked::read(body, dialect == Dialect::Deepseek);
    if dialect == Dialect::Deepseek {
        // The newer name is an unknown field there, and unknown fields are ignored.
        asked.max_tokens = body["max_tokens"].as_u64();
    }
    if way == Way::OllamaChat {
        asked.stream = body["stream"].as_bool().unwrap_or(true);
        asked.thinking = body["think"] == true || body["think"].is_string();
    }
    asked
}

fn unreadable(dialect: Dialect, error: &str) -> Answer {
    if dialect == Dialect::Deepseek {
        let message = format!("Failed to parse the request body as JSON: {error}");
        return Answer::json(400, deepseek_error(&message, "invalid_request_error"));
    }
    Answer::json(400, json!({"error": {"message": error, "type": "invalid_request_error"}}).to_string())
}

fn refusal(body: &Value, asked: &Asked, prompt: &Prompt, settings: &Settings, way: Way) -> Option<Answer> {
    if settings.dialect != Dialect::Deepseek {
        return local::refusal(body, asked, prompt.tokens(), settings);
    }
    let beta = way == Way::ChatCompletions { beta: true };
    let rules = Rules { settings, beta };
    let message = validation::refusal(body, asked, prompt.tokens(), rules)?;
    Some(Answer::json(400, deepseek_error(&message, "invalid_request_error")))
}

/// What the server answers without a script: a short Markdown text that quotes the last message.
fn own_words(asked: &Asked) -> Script {
    let first_line = asked.last_user_text.lines().next().unwrap_or_default();
    let quote: String = first_line.chars().take(200).collect();
    let answer = match asked.prefix {
        _ if asked.json_mode => json!({"you_said": quote, "answer": 42}).to_string(),
        Some(Prefix::InAnswer) => " and so it goes on from where it stopped, to its end.".to_owned(),
        Some(Prefix::InThinking) | None => format!(
            "You wrote:\n\n> {quote}\n\nHere is a **short answer** with the usual parts:\n\n1. a list with *emphasis*,\n\
             2. some `inline code`,\n3. and a block:\n\n```rust\nfn main() {{\n    println!(\"Hello from the other side\");\n\
             }}\n```\n\nThat is all. 🐋\n"
        ),
    };
    let mut script = Script::answer(answer);
    script.obey_max_tokens = true;
    if asked.thinking && asked.prefix != Some(Prefix::InAnswer) {
        script = script.thinking(format!("The user says \"{quote}\". A short and friendly answer will do."));
    }
    script
}

fn completion(
    script: &Script,
    asked: &Asked,
    settings: &Settings,
    index: usize,
    prompt: &Prompt,
    cached: u64,
) -> Completion {
    let mut dice = Dice::new(u64::try_from(index).unwrap_or(0));
    let mut thinking = script.thinking.as_ref().map(super::script::Text::resolve).unwrap_or_default();
    let mut answer = script.answer.resolve();
    let mut finish = match &script.finish {
        Finish::Natural if script.tool_calls.is_empty() => Some("stop".to_owned()),
        Finish::Natural => Some("tool_calls".to_owned()),
        Finish::Never => None,
        Finish::Says(reason) => Some(reason.clone()),
    };
    if script.obey_max_tokens {
        let limit = asked.output_limit(settings.context(), prompt.tokens());
        let left = shorten(&mut thinking, limit);
        if shorten(&mut answer, left) == 0 && tokens(&thinking) + tokens(&answer) == limit {
            finish = Some("length".to_owned());
        }
    }
    let thinks = asked.thinking || !thinking.is_empty();
    let shape = settings.dialect.shape().changed(&script.shape);
    let arguments: u64 = script.tool_calls.iter().map(|call| 8 + tokens(&call.arguments)).sum();
    let usage = match script.usage {
        Some(numbers) => Usage::stated(numbers, thinks, shape.cache_fields),
        None => Usage {
            prompt: prompt.tokens(),
            cached,
            completion: tokens(&thinking) + tokens(&answer) + arguments,
            reasoning: thinks.then(|| tokens(&thinking)),
            cache_fields: shape.cache_fields,
        },
    };
    // A turn that called tools without a thought says so in the ids (deepseek-recipe, `tool_call_id.rs`).
    let mark = if asked.thinking && thinking.is_empty() { "ET_" } else { "" };
    let calls = script.tool_calls.iter().enumerate().map(|(number, call)| Call {
        id: call.id.clone().unwrap_or_else(|| {
            format!("call_{number:02}_{mark}{}{:04}", dice.letters(20), dice.below(10_000))
        }),
        name: call.name.clone(),
        arguments: call.arguments.clone(),
    });
    let tool_calls = calls.collect();
    Completion {
        id: format!("{:08x}-0000-4000-8000-{index:012x}", dice.throw() >> 32),
        model: script.shape.model.clone().unwrap_or_else(|| settings.answering(&asked.model)),
        shape,
        thinks,
        opens_in_answer: asked.prefix == Some(Prefix::InAnswer),
        include_usage: asked.include_usage,
        thinking,
        answer,
        tool_calls,
        tool_call_ids: script.shape.tool_call_ids,
        without_tool_call_index: script.shape.without_tool_call_index,
        finish,
        usage,
        chunk: script.shape.chunk,
    }
}

/// Cut a text to this many tokens. Returns how many are left.
fn shorten(text: &mut String, limit: u64) -> u64 {
    let characters = usize::try_from(limit.saturating_mul(4)).unwrap_or(usize::MAX);
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
    }
    limit.saturating_sub(tokens(text))
}
