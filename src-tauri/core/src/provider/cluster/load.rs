//! How busy a server says it is.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::super::model_list::root_of;
use super::super::reach::{Answer, Reach};
use super::super::{Endpoint, ServerKind};
use crate::domain::Code;

/// How long a server may take to say how busy it is: a person waits for the first word meanwhile.
const PATIENCE: Duration = Duration::from_millis(300);

/// What a server said of its load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// So many requests, whoever sent them, run or wait there.
    Requests(u32),
    /// Nothing that can be read, or not in time. A busy server may be slow to say so; this proves nothing.
    Nothing,
    /// There is no connection to it.
    NobodyThere,
}

/// A place where a server says how busy it is, and how that is read.
type Source = (&'static str, fn(&Answer) -> Option<u32>);

/// Asks the server, in every way that its kind is known to answer, at the same time.
pub(super) async fn load(reach: &Reach, endpoint: &Endpoint) -> Said {
    let sources = sources(endpoint.kind);
    if sources.is_empty() {
        return Said::Nothing;
    }
    let root = root_of(endpoint);
    let answers = sources.iter().map(|(path, read)| {
        let answer = reach.get(&root, path, PATIENCE);
        async move { answer.await.map(|answer| read(&answer)) }
    });
    let answers = join_all(answers).await;
    let said = answers.iter().find_map(|answer| answer.as_ref().ok().copied().flatten());
    let is_gone = || {
        answers.iter().any(|answer| answer.as_ref().is_err_and(|failure| failure.code == Code::Unreachable))
    };
    match said {
        Some(requests) => Said::Requests(requests),
        None if is_gone() => Said::NobodyThere,
        None => Said::Nothing,
    }
}

fn sources(kind: ServerKind) -> &'static [Source] {
    match kind {
        ServerKind::Vllm => &[("metrics", |answer| {
            metric(&answer.text(), &["vllm:num_requests_running", "vllm:num_requests_waiting"])
        })],
        // `/v1/loads` is the newer form of `/get_load`; the metrics are there only if switched on.
        ServerKind::Sglang => &[
            ("get_load", |answer| ranks(&answer.json()?)),
            ("v1/loads", |answer| ranks(&answer.json()?)),
            ("metrics", |answer| {
                metric(&answer.text(), &["sglang:num_running_reqs", "sglang:num_queue_reqs"])
            }),
        ],
        // The metrics also count what waits, but are there only if switched on; the slots can be switched off.
        ServerKind::LlamaCpp => &[
            ("metrics", |answer| {
                metric(&answer.text(), &["llamacpp:requests_processing", "llamacpp:requests_deferred"])
            }),
            ("slots", |answer| slots(&answer.json()?)),
        ],
        ServerKind::DeepSeek
        | ServerKind::LocalAi
        | ServerKind::KoboldCpp
        | ServerKind::TextGenerationWebui
        | ServerKind::Gpt4All
        | ServerKind::DockerModelRunner
        | ServerKind::OpenAi
        | ServerKind::Ollama
        | ServerKind::LmStudio
        | ServerKind::MlxLm
        | ServerKind::Ds4
        | ServerKind::Jan => &[],
    }
}

/// The sum of the gauges `names` over all their labels, in the text form of Prometheus; `None` if there is none.
fn metric(text: &str, names: &[&str]) -> Option<u32> {
    let values = text.lines().filter_map(|line| {
        let line = line.trim();
        let name = names.iter().find(|name| line.starts_with(**name))?;
        let rest = &line[name.len()..];
        let rest = match rest.strip_prefix('{') {
            // A label's value may hold a brace, the number behind the labels cannot.
            Some(labels) => labels.rsplit_once('}')?.1,
            None if rest.starts_with([' ', '\t']) => rest,
            None => return None,
        };
        rest.split_whitespace().next()?.parse::<f64>().ok().filter(|value| value.is_finite())
    });
    let sum = values.fold(None, |sum: Option<f64>, value| Some(sum.unwrap_or(0.0) + value.max(0.0)))?;
    Some(whole(sum))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn whole(count: f64) -> u32 {
    count.clamp(0.0, f64::from(u32::MAX)) as u32
}

/// SGLang: one entry for each rank, as `[{"num_reqs":…}]` or `{"loads":[{"num_running_reqs":…}]}`.
fn ranks(document: &Value) -> Option<u32> {
    let ranks = document.as_array().or_else(|| document.get("loads")?.as_array())?;
    let of = |rank: &Value| {
        let number = |key: &str| rank.get(key).and_then(Value::as_u64);
        // `num_reqs` and `num_total_reqs` include what waits.
        let apart = || Some(number("num_running_reqs")? + number("num_waiting_reqs").unwrap_or(0));
        number("num_reqs").or_else(|| number("num_total_reqs")).or_else(apart)
    };
    let sum = ranks.iter().map(of).collect::<Option<Vec<u64>>>()?.into_iter().sum::<u64>();
    (!ranks.is_empty()).then(|| u32::try_from(sum).unwrap_or(u32::MAX))
}

/// llama.cpp: `[{"is_processing":…}]`.
fn slots(document: &Value) -> Option<u32> {
    let slots = document.as_array()?;
    let busy = slots.iter().map(|slot| slot.get("is_processing").and_then(Value::as_bool));
    let busy = busy.collect::<Option<Vec<bool>>>()?.into_iter().filter(|busy| *busy).count();
    u32::try_from(busy).ok()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Canned, Server};
    use super::*;

    async fn said(kind: ServerKind, canned: Vec<Canned>) -> Said {
        let server = Server::start(canned).await;
        load(&Reach::unlocked().unwrap(), &server.endpoint(kind)).await
    }

    #[tokio::test]
    async fn each_product_is_understood() {
        let text = |path, body| Canned::ok(path, "text/plain", body);
        let json = |path, body| Canned::ok(path, "application/json", body);
        let check = async |kind, canned, expected| assert_eq!(said(kind, canned).await, expected);

        let vllm = "# HELP vllm:num_requests_running Number of requests.\n# TYPE vllm:num_requests_running gauge\n\
                    vllm:num_requests_running{engine=\"0\",model_name=\"a}b 9\"} 3.0\n\
                    vllm:num_requests_running{engine=\"1\",model_name=\"m\"} 1.0\n\
                    vllm:num_requests_waiting{engine=\"0\",model_name=\"m\"} 2.0\n\
                    vllm:num_requests_waiting_by_reason{reason=\"deferred\"} 2.0\n";
        check(ServerKind::Vllm, vec![text("/metrics", vllm)], Said::Requests(6)).await;

        let load = r#"[{"dp_rank":0,"num_reqs":2,"num_waiting_reqs":1},{"dp_rank":1,"num_reqs":3}]"#;
        check(ServerKind::Sglang, vec![json("/get_load", load)], Said::Requests(5)).await;
        let loads = r#"{"loads":[{"dp_rank":0,"num_running_reqs":2,"num_waiting_reqs":5}]}"#;
        check(ServerKind::Sglang, vec![json("/v1/loads", loads)], Said::Requests(7)).await;
        let metrics =
            "sglang:num_running_reqs{tp_rank=\"0\"} 4.0\nsglang:num_queue_reqs{tp_rank=\"0\"} 0.0\n";
        check(ServerKind::Sglang, vec![text("/metrics", metrics)], Said::Requests(4)).await;

        let slots = r#"[{"id":0,"is_processing":true},{"id":1,"is_processing":false}]"#;
        check(ServerKind::LlamaCpp, vec![json("/slots", slots)], Said::Requests(1)).await;
        let metrics = "llamacpp:requests_processing 1\nllamacpp:requests_deferred 4\n";
        let both = vec![json("/slots", slots), text("/metrics", metrics)];
        check(ServerKind::LlamaCpp, both, Said::Requests(5)).await;
    }

    #[tokio::test]
    async fn a_server_that_does_not_say_is_not_held_against_it() {
        let nonsense = vec![Canned::ok("/metrics", "text/html", "<html>vllm:num_requests_running</html>")];
        assert_eq!(said(ServerKind::Vllm, nonsense).await, Said::Nothing);
        assert_eq!(said(ServerKind::LlamaCpp, vec![]).await, Said::Nothing);
        let loading = vec![Canned::new("/slots", 503, "application/json", "{}")];
        assert_eq!(said(ServerKind::LlamaCpp, loading).await, Said::Nothing);
        let hangs = vec![Canned::raw("/metrics", "").and_hangs()];
        assert_eq!(said(ServerKind::Vllm, hangs).await, Said::Nothing);
        for (path, body) in [("/get_load", "[]"), ("/get_load", r#"[{"dp_rank":0}]"#), ("/v1/loads", "7")] {
            let canned = vec![Canned::ok(path, "application/json", body)];
            assert_eq!(said(ServerKind::Sglang, canned).await, Said::Nothing, "{body}");
        }
        assert_eq!(metric("vllm:num_requests_running NaN\n", &["vllm:num_requests_running"]), None);
    }

    #[tokio::test]
    async fn others_are_not_asked() {
        let mut server = Server::start(vec![]).await;
        let reach = Reach::unlocked().unwrap();
        assert_eq!(load(&reach, &server.endpoint(ServerKind::OpenAi)).await, Said::Nothing);
        load(&reach, &server.endpoint(ServerKind::Vllm)).await;
        assert!(server.request().await.starts_with("GET /metrics "), "the first that came");
    }

    #[tokio::test]
    async fn a_server_that_is_gone_is_told_from_a_silent_one() {
        let endpoint = Server::start(vec![]).await.endpoint(ServerKind::Vllm);
        let gone = Endpoint { url: url::Url::parse("http://127.0.0.1:1/v1").unwrap(), ..endpoint };
        assert_eq!(load(&Reach::unlocked().unwrap(), &gone).await, Said::NobodyThere);
    }
}
