use futures_util::future::join_all;
use serde_json::Value;

use super::super::fingerprint::is_loading;
use super::super::model_list::{Listed, tokens};
use super::{Known, MOST_ASKED, Questions, models_of};
use crate::domain::{Code, Effort, Failure, Model};

/// `/props` tells the window of one slot, what the model takes in and its chat template. A router has them for each
/// model, and loads a model to answer: only what is loaded is asked about.
pub(super) async fn learn(questions: Questions<'_>, mut listed: Vec<Listed>) -> Known {
    let is_router = listed.iter().any(|listed| listed.status.is_some());
    let asked: Vec<usize> = listed
        .iter()
        .enumerate()
        .filter(|(_, listed)| listed.status.as_deref().is_none_or(|status| status == "loaded"))
        .map(|(place, _)| place)
        .take(if is_router { MOST_ASKED } else { 1 })
        .collect();
    let answers = join_all(asked.iter().map(|place| {
        let id = &listed[*place].model.id;
        questions.try_json("props", is_router.then_some(("model", id)))
    }))
    .await;
    let mut obstacle = None;
    for (place, answer) in asked.into_iter().zip(answers) {
        match answer {
            Ok(props) => describe(&mut listed[place].model, &props),
            Err(failure) if stands_in_the_way(&failure) => obstacle = obstacle.or(Some(failure)),
            Err(_) => {}
        }
    }
    if is_router && obstacle.is_none() {
        // Its list needs no key, and there may have been no model to ask about.
        obstacle = questions.try_json("props", None).await.err().filter(stands_in_the_way);
    }
    Known { models: models_of(listed), obstacle }
}

/// The list is given to everyone and at any time; this is not.
fn stands_in_the_way(failure: &Failure) -> bool {
    failure.code == Code::Unauthorized || is_loading(failure)
}

fn describe(model: &mut Model, props: &Value) {
    let window = props.pointer("/default_generation_settings/n_ctx").and_then(tokens);
    model.context_tokens = window.or(model.context_tokens);
    let sees = props.pointer("/modalities/vision").and_then(Value::as_bool);
    model.vision = sees.or(model.vision);
    let template = props.get("chat_template").and_then(Value::as_str).filter(|text| !text.is_empty());
    model.efforts = template.map(efforts);
}

/// What a chat template lets itself be told. One that only opens `<think>` is switched off by the server.
fn efforts(template: &str) -> Vec<Effort> {
    let has = |words: &[&str]| words.iter().any(|word| template.contains(word));
    let takes_levels = has(&["reasoning_effort"]);
    let takes_off = has(&["enable_thinking", "thinking is defined", "if thinking", "not thinking"]);
    let thinks = has(&["<think>", "reasoning_content"]);
    let mut efforts = Vec::new();
    if takes_off || thinks && !takes_levels {
        efforts.push(Effort::Off);
    }
    if takes_levels {
        efforts.push(Effort::Low);
    }
    if takes_levels || takes_off || thinks {
        efforts.push(Effort::High);
    }
    if takes_levels && has(&["'max'", "\"max\""]) {
        efforts.push(Effort::Max);
    }
    efforts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_tell_what_they_can_be_told() {
        use Effort::{High, Low, Max, Off};
        let check =
            |template: &str, expected: &[Effort]| assert_eq!(efforts(template), expected, "{template}");
        check("{% for message in messages %}{{ message.content }}{% endfor %}", &[]);
        // Qwen3
        check("{%- if enable_thinking is defined and enable_thinking is false %}", &[Off, High]);
        // DeepSeek V3.1
        check("{% if not thinking is defined %}{% set thinking = false %}{% endif %}", &[Off, High]);
        // DeepSeek R1
        check("{{'<｜Assistant｜><think>\\n'}}", &[Off, High]);
        // gpt-oss reads how long, and `thinking` of earlier messages
        check("{{- \"Reasoning: \" + reasoning_effort }}{{ message.thinking }}", &[Low, High]);
        // DeepSeek V4
        check("{% if thinking %}{% if reasoning_effort == 'max' %}", &[Off, Low, High, Max]);
        // A template that reads back what was thought, and nothing else
        check("{% if message.reasoning_content %}<think>", &[Off, High]);
    }
}
