use super::*;
use crate::domain::Sampling::{Temperature, TopP};

#[test]
fn each_name_finds_its_model() {
    let catalogue = Catalogue::built_in();
    let check = |id: &str, name: Option<&str>| {
        assert_eq!(catalogue.find(id).map(|model| model.name.as_str()), name, "{id}");
    };
    check("deepseek-v4-pro", Some("V4-Pro"));
    check("deepseek-v4-pro-max", Some("V4-Pro-Max"));
    check("gpt-5.5", Some("GPT-5.5"));
    check("gpt-5.4", Some("GPT-5.4"));
    check("claude-opus-4-6", Some("Claude Opus 4.6"));
    for id in [
        "deepseek-flash",
        "deepseek-v4-flash",
        "deepseek-v4-flash-vision-exp",
        "deepseek-chat",
        "deepseek-reasoner",
        "deepseek-ai/DeepSeek-V4-Flash",
        "deepseek-ai/DeepSeek-V4.1-Flash",
        "/models/deepseek-v4-flash.gguf",
        "C:\\models\\DeepSeek-V4-Flash.GGUF",
        "DEEPSEEK-V4-FLASH",
        "deepseek-v4-flash:latest",
    ] {
        check(id, Some("V4-Flash"));
    }
    check("deepseek-ai/DeepSeek-V4-Pro", Some("V4-Pro"));
    check("gpt-5.5-2026-04-23", Some("GPT-5.5"));
    check("claude-opus-4-6-20260205", Some("Claude Opus 4.6"));
    check("deepseek-v4-flash-q4", None);
    check("gpt-5.5-mini", None);
    check("-2026-04-23", None);
    check("", None);
}

#[test]
fn a_request_carries_an_id_that_the_server_answers() {
    let catalogue = Catalogue::built_in();
    let check = |asked: &str, listed: &[&str], model: &str, effort: Option<Effort>| {
        let listed: Vec<String> = listed.iter().map(|id| (*id).to_owned()).collect();
        let expected = Resolved { model: model.to_owned(), effort };
        assert_eq!(catalogue.resolve(asked, &listed), expected, "{asked} of {listed:?}");
    };
    let hosted = ["deepseek-flash", "deepseek-v4-pro"];
    check("deepseek-v4-pro", &hosted, "deepseek-v4-pro", None);
    check("deepseek-flash", &hosted, "deepseek-flash", None);
    // The virtual one, and the day it is real.
    check("deepseek-v4-pro-max", &hosted, "deepseek-v4-pro", Some(Effort::Max));
    check("deepseek-v4-pro-max", &["deepseek-v4-pro-max"], "deepseek-v4-pro-max", None);
    check("deepseek-v4-pro-max", &[], "deepseek-v4-pro", Some(Effort::Max));
    let local = "deepseek-ai/DeepSeek-V4-Pro";
    check("deepseek-v4-pro-max", &[local], local, Some(Effort::Max));
    // Renamed.
    check("deepseek-v4-flash", &hosted, "deepseek-flash", None);
    check("deepseek-v4-flash", &["deepseek-v4-flash"], "deepseek-v4-flash", None);
    check("deepseek-v4-flash", &[], "deepseek-v4-flash", None);
    check("deepseek-flash", &["deepseek-v4-flash"], "deepseek-v4-flash", None);
    check("deepseek-flash", &["deepseek-chat"], "deepseek-chat", None);
    check("deepseek-flash", &["deepseek-ai/DeepSeek-V4-Flash"], "deepseek-ai/DeepSeek-V4-Flash", None);
    // Retired.
    check("deepseek-chat", &hosted, "deepseek-flash", None);
    check("deepseek-reasoner", &[], "deepseek-flash", None);
    check("deepseek-chat", &["deepseek-chat"], "deepseek-chat", None);
    // Unknown.
    check("qwen3:8b", &hosted, "qwen3:8b", None);
    check("gpt-5.5-2026-04-23", &["gpt-5.5"], "gpt-5.5-2026-04-23", None);
}

fn offered_by(provider_id: &str, ids: &[&str]) -> Vec<Model> {
    let catalogue = Catalogue::built_in();
    catalogue.offered(Some(provider(&catalogue, provider_id)), listed(ids))
}

#[test]
fn a_provider_offers_each_model_once_under_its_name() {
    let check = |ids: &[&str], expected: &[(&str, &str)]| {
        let offered = offered_by("deepseek", ids);
        let offered: Vec<_> = offered.iter().map(|model| (model.id.as_str(), model.name.as_str())).collect();
        assert_eq!(offered, expected, "{ids:?}");
    };
    let flash = ("deepseek-flash", "V4-Flash");
    let pro = ("deepseek-v4-pro", "V4-Pro");
    let max = ("deepseek-v4-pro-max", "V4-Pro-Max");
    check(&["deepseek-flash", "deepseek-v4-pro"], &[flash, pro, max]);
    check(&["deepseek-v4-pro", "deepseek-flash"], &[pro, max, flash]);
    // The real one is not doubled.
    check(&["deepseek-v4-pro-max", "deepseek-flash", "deepseek-v4-pro"], &[max, flash, pro]);
    check(&["deepseek-v4-pro-max"], &[max]);
    // Nothing stands in for what is not there.
    check(&["deepseek-flash"], &[flash]);
    // Aliases.
    check(&["deepseek-v4-flash", "deepseek-flash", "deepseek-v4-flash-vision-exp"], &[flash]);
    check(&["deepseek-v4-flash"], &[("deepseek-v4-flash", "V4-Flash")]);
    // Retired.
    check(&["deepseek-chat", "deepseek-v4-pro", "deepseek-reasoner"], &[pro, max]);
    check(
        &["deepseek-chat", "deepseek-reasoner"],
        &[("deepseek-chat", "deepseek-chat"), ("deepseek-reasoner", "deepseek-reasoner")],
    );
    // Unknown, and known of someone else.
    check(
        &["deepseek-v5", "deepseek-v4-pro", "gpt-5.5"],
        &[("deepseek-v5", "deepseek-v5"), pro, max, ("gpt-5.5", "gpt-5.5")],
    );
    check(&[], &[]);
}

/// DeepSeek API docs, Models & Pricing and Thinking Mode, October 2026.
#[test]
fn hosted_models_have_their_limits_and_modes() {
    let offered = offered_by("deepseek", &["deepseek-flash", "deepseek-v4-pro"]);
    for model in &offered {
        assert_eq!(model.context_tokens, Some(1_048_576), "{}", model.id);
        assert_eq!(model.output_tokens, Some(393_216), "{}", model.id);
        assert_eq!(model.ignored.thinking, [Temperature, TopP], "{}", model.id);
        assert!(model.best_for.is_some(), "{}", model.id);
        assert_eq!(model.rates, None, "an instant and a currency decide that");
    }
    let [flash, pro, max] = offered.try_into().unwrap();
    let all = vec![Effort::Off, Effort::Low, Effort::High, Effort::Max];
    assert_eq!((flash.vision, pro.vision, max.vision), (Some(true), Some(false), Some(false)));
    assert_eq!((&flash.efforts, flash.default_effort), (&Some(all.clone()), Some(Effort::High)));
    assert_eq!((&pro.efforts, pro.default_effort), (&Some(all), Some(Effort::High)));
    assert_eq!((max.efforts, max.default_effort), (Some(vec![Effort::Max]), Some(Effort::Max)));
    assert_eq!((flash.ignored.plain, pro.ignored.plain), (vec![TopP], vec![]));
}

#[test]
fn what_the_server_says_stands() {
    let catalogue = Catalogue::built_in();
    let said = Model {
        context_tokens: Some(65_536),
        vision: Some(true),
        efforts: Some(vec![Effort::Low]),
        ..Model::named_by_id("deepseek-v4-pro")
    };
    let offered = catalogue.offered(Some(provider(&catalogue, "deepseek")), vec![said]);
    for model in &offered {
        assert_eq!(model.context_tokens, Some(65_536), "the virtual one runs on the same server");
    }
    assert_eq!((offered[0].vision, &offered[0].efforts), (Some(true), &Some(vec![Effort::Low])));
}

#[test]
fn a_snapshot_is_a_choice_of_its_own() {
    let offered = offered_by("openai", &["gpt-5.5-2026-04-23", "gpt-5.5", "whisper-1"]);
    let names: Vec<_> = offered.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["gpt-5.5-2026-04-23", "GPT-5.5", "whisper-1"]);
    assert_eq!(offered[0].context_tokens, offered[1].context_tokens);
    assert_eq!(offered[2], Model::named_by_id("whisper-1"));
}

#[test]
fn a_local_server_keeps_its_words_and_gets_what_weights_are() {
    let catalogue = Catalogue::built_in();
    let ids = [
        "deepseek-ai/DeepSeek-V4-Flash",
        "deepseek-v4-flash",
        "deepseek-ai/DeepSeek-V4.1-Flash",
        "deepseek-ai/DeepSeek-V4-Pro",
    ];
    for (model, vision) in catalogue.offered(None, listed(&ids)).iter().zip([false, false, true, false]) {
        let plain = Model::named_by_id(&model.id);
        assert_eq!(model.name, plain.name);
        assert_eq!(model.vision, Some(vision), "{}", model.id);
        assert_eq!(model.efforts.as_ref().map(Vec::len), Some(4), "{}", model.id);
        assert!(model.best_for.is_some(), "{}", model.id);
        // The server's doing, and nobody's price.
        let rest = Model { vision: None, efforts: None, best_for: None, ..model.clone() };
        assert_eq!(rest, plain);
    }
    for id in ["qwen3:8b", "deepseek-chat"] {
        assert_eq!(catalogue.offered(None, listed(&[id])), listed(&[id]));
    }
}

#[test]
fn a_server_belongs_to_a_provider_by_dialect_or_host() {
    let catalogue = Catalogue::built_in();
    let check = |kind, host: &str, id: Option<&str>| {
        let found = catalogue.vendor_of(kind, host).map(|provider| provider.id.as_str());
        assert_eq!(found, id, "{kind:?} at {host}");
    };
    check(ServerKind::DeepSeek, "api.deepseek.com", Some("deepseek"));
    check(ServerKind::DeepSeek, "proxy.example.com", Some("deepseek"));
    check(ServerKind::OpenAi, "api.deepseek.com", Some("deepseek"));
    check(ServerKind::OpenAi, "API.OpenAI.com", Some("openai"));
    check(ServerKind::OpenAi, "api.anthropic.com", Some("anthropic"));
    check(ServerKind::OpenAi, "openrouter.ai", None);
    check(ServerKind::OpenAi, "api.openai.com.evil.example", None);
    check(ServerKind::Vllm, "127.0.0.1", None);
}

#[test]
fn providers_say_where_keys_are_made_and_text_goes() {
    let catalogue = Catalogue::built_in();
    let [deepseek, openai, anthropic] = catalogue.vendors() else { panic!("three providers") };
    assert_eq!(deepseek.url, "https://api.deepseek.com");
    assert_eq!(deepseek.kind, ServerKind::DeepSeek);
    assert_eq!(deepseek.keys_url.as_deref(), Some("https://platform.deepseek.com/api_keys"));
    assert_eq!(deepseek.top_up_url.as_deref(), Some("https://platform.deepseek.com/top_up"));
    let region = deepseek.region.as_ref().unwrap();
    assert_eq!((region.en.as_str(), region.zh_hans.as_str()), ("China", "中国"));
    assert_eq!(openai.url, "https://api.openai.com/v1");
    assert_eq!(anthropic.url, "https://api.anthropic.com/v1");
    let variables = [deepseek, openai, anthropic].map(|provider| provider.key_variable.as_deref().unwrap());
    assert_eq!(variables, ["DEEPSEEK_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"]);
    assert_eq!([deepseek, openai, anthropic].map(|provider| provider.has_balance), [true, false, false]);
    assert_eq!(openai.region, anthropic.region);
}
