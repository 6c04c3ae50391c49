//! A conversation as people have it: ask, read, ask again, choose between versions, return the next day.

use std::time::Duration;

use porthole_core::domain::{ChatSettings, Effort, FinishReason, MessageState, Role, ServerKind};
use porthole_core::turn::{News, NewsCursor, Phase};
use porthole_core::{App, Arrangement, ConversationList, SendRequest};
use porthole_tests::fake_v4::{Dialect, FakeV4, Script, ThinkingPlace, UsageNumbers, UsagePlacement};
use porthole_tests::harness::{Home, app_with, ask, ended, finish, question, words_of};
use serde_json::{Value, json};

async fn words_in(app: &App, conversation: porthole_core::domain::ConversationId) -> Vec<(Role, String)> {
    let branch = app.branch(conversation).await.unwrap();
    branch.messages.iter().map(|message| (message.role, words_of(message).1)).collect()
}

#[tokio::test]
async fn a_conversation_is_there_after_a_restart() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("Blue.").thinking("Sky."));
    server.reply(Script::answer("Green."));
    let first = ask(&app, question(None, &model, "What colour is the sky?")).await;
    ask(&app, question(Some(first.conversation), &model, "And grass?")).await;
    drop(app);

    let app = home.open().unwrap();
    assert_eq!(
        words_in(&app, first.conversation).await,
        [
            (Role::User, "What colour is the sky?".to_owned()),
            (Role::Assistant, "Blue.".to_owned()),
            (Role::User, "And grass?".to_owned()),
            (Role::Assistant, "Green.".to_owned()),
        ]
    );
    let rows = app.conversations(ConversationList::Everything, None, 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].title, "What colour is the sky?");
    assert!(!rows[0].arriving);
}

#[tokio::test]
async fn a_request_begins_with_the_one_before_it() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let first = ask(&app, question(None, &model, "one")).await;
    home.pass(7 * 24 * 3_600_000);
    ask(&app, question(Some(first.conversation), &model, "two")).await;
    let messages = |index: usize| server.chats()[index].json.as_ref().unwrap()["messages"].clone();
    let (earlier, later) = (messages(0), messages(1));
    let (earlier, later) = (earlier.as_array().unwrap(), later.as_array().unwrap());
    assert_eq!(&later[..earlier.len()], earlier.as_slice(), "the provider's prefix cache would be lost");
    assert_eq!(later.len(), earlier.len() + 2);
}

#[tokio::test]
async fn settings_reach_the_server_and_stay_with_the_conversation() {
    let server = FakeV4::start_as(Dialect::Openai).await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    let settings = ChatSettings {
        system: Some("Be brief.".to_owned()),
        temperature: Some(0.5),
        top_p: Some(0.9),
        max_tokens: Some(64),
        effort: None,
    };
    let request = SendRequest { settings: settings.clone(), ..question(None, &model, "hello") };
    let reply = ask(&app, request).await;
    let body = server.chats()[0].json.clone().unwrap();
    assert_eq!(body["messages"][0], json!({"role": "system", "content": "Be brief."}));
    assert_eq!(
        (&body["temperature"], &body["top_p"], &body["max_tokens"]),
        (&json!(0.5), &json!(0.9), &json!(64))
    );
    assert_eq!(app.branch(reply.conversation).await.unwrap().conversation.settings, settings);
}

#[tokio::test]
async fn what_is_not_set_is_not_sent() {
    let server = FakeV4::start_as(Dialect::Openai).await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    ask(&app, question(None, &model, "hello")).await;
    let body = server.chats()[0].json.clone().unwrap();
    for field in ["temperature", "top_p", "max_tokens", "thinking", "reasoning_effort"] {
        assert_eq!(body.get(field), None::<&Value>, "{field} is the server's to choose");
    }
}

#[tokio::test]
async fn thinking_is_thinking_wherever_the_server_puts_it() {
    let places = [
        ThinkingPlace::ReasoningContent,
        ThinkingPlace::Reasoning,
        ThinkingPlace::Inline,
        ThinkingPlace::InlineWithoutOpening,
        ThinkingPlace::Native,
    ];
    for place in places {
        for characters in [1, 3, 1000] {
            let server = FakeV4::start_as(Dialect::LlamaCpp).await;
            let home = Home::new();
            let (app, model) = app_with(&home, &server, ServerKind::LlamaCpp).await;
            let script = Script::answer("It is **42**.").thinking("Let me add that up.\nYes.");
            server.reply(script.thinking_in(place).chunk_characters(characters));
            let reply = ask(&app, question(None, &model, "how much?")).await;
            let (thinking, text) = words_of(&reply);
            assert_eq!(thinking.trim(), "Let me add that up.\nYes.", "{place:?} in pieces of {characters}");
            assert_eq!(text, "It is **42**.", "{place:?} in pieces of {characters}");
        }
    }
}

#[tokio::test]
async fn stop_closes_the_connection_and_keeps_what_had_arrived() {
    for silent in [false, true] {
        let server = FakeV4::start().await;
        let home = Home::new();
        let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
        let script = Script::answer("A long story. ".repeat(50));
        server.reply(if silent { script.stall_after(6) } else { script.per_second(200.0) });
        let running = app.ask(question(None, &model, "tell me")).await.unwrap();
        let request = server.wait_for_chat(0).await.index;
        server.wait_for_events(request, 6).await;
        let mut cursor = NewsCursor::default();
        while !running.turn.feed().news(&mut cursor).await.iter().any(|news| matches!(news, News::Text(_))) {}
        app.stop(running.started.reply.id).await.unwrap();
        server.wait_for_close(request).await;
        let reply = finish(&running).await;
        assert_eq!(reply.state, MessageState::Stopped);
        assert!(words_of(&reply).1.starts_with("A "), "what had arrived is kept");
        let next = ask(&app, question(Some(reply.conversation), &model, "go on")).await;
        assert_eq!(next.state, MessageState::Complete, "the conversation goes on after a stop");
    }
}

#[tokio::test]
async fn a_reply_can_be_asked_for_again_and_both_versions_stay() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("first"));
    server.reply(Script::answer("second"));
    let first = ask(&app, question(None, &model, "say something")).await;
    let again = app.regenerate(first.id, None, None).await.unwrap();
    let second = again.messages[0].meta.id;
    let mut seen = 0;
    loop {
        let patch = app.next_patch(second, seen, None).await.unwrap();
        if matches!(patch.phase, Phase::Ended { .. }) {
            break;
        }
        seen = patch.revision;
    }
    assert_eq!(words_in(&app, first.conversation).await[1].1, "second");
    let transcript = app.choose_version(first.id).await.unwrap();
    assert_eq!(transcript.messages[1].meta.id, first.id);
    assert_eq!(transcript.messages[1].meta.versions, [first.id, second]);
    assert_eq!(words_in(&app, first.conversation).await[1].1, "first");
}

#[tokio::test]
async fn usage_is_what_the_server_said_and_nothing_else() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("ok").usage(UsageNumbers {
        prompt: 11,
        cached: 7,
        completion: 5,
        reasoning: 3,
    }));
    server.reply(Script::answer("ok").usage_on(UsagePlacement::Never));
    let counted = ask(&app, question(None, &model, "one")).await;
    let usage = counted.usage;
    assert_eq!((usage.prompt_tokens, usage.cached_tokens), (Some(11), Some(7)));
    assert_eq!((usage.completion_tokens, usage.reasoning_tokens), (Some(5), Some(3)));
    assert_eq!(counted.finish_reason, Some(FinishReason::Stop));
    let silent = ask(&app, question(None, &model, "two")).await;
    assert!(!silent.usage.is_known(), "missing usage is unknown, not zero");
}

#[tokio::test]
async fn each_dialect_is_told_how_long_to_think_in_its_own_words() {
    let check = async |dialect: Dialect, kind: ServerKind, effort: Effort, expected: Value| {
        let server = FakeV4::start_as(dialect).await;
        let home = Home::new();
        let (app, model) = app_with(&home, &server, kind).await;
        let settings = ChatSettings { effort: Some(effort), ..ChatSettings::default() };
        ask(&app, SendRequest { settings, ..question(None, &model, "hm") }).await;
        let body = server.chats()[0].json.clone().unwrap();
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&body[field], value, "{field} for {kind:?} at {effort:?}");
        }
    };
    let deepseek = (Dialect::Deepseek, ServerKind::DeepSeek);
    check(deepseek.0, deepseek.1, Effort::Off, json!({"thinking": {"type": "disabled"}})).await;
    check(
        deepseek.0,
        deepseek.1,
        Effort::Max,
        json!({"thinking": {"type": "enabled"}, "reasoning_effort": "max"}),
    )
    .await;
    check(Dialect::Ollama, ServerKind::Ollama, Effort::Off, json!({"reasoning_effort": "none"})).await;
    let kwargs = json!({"chat_template_kwargs": {"enable_thinking": false, "thinking": false}});
    check(Dialect::Vllm, ServerKind::Vllm, Effort::Off, kwargs).await;
}

#[tokio::test]
async fn a_deleted_conversation_comes_back_whole() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let reply = ask(&app, question(None, &model, "keep me")).await;
    app.arrange(vec![reply.conversation], Arrangement::Trash { on: true }).await.unwrap();
    assert!(app.conversations(ConversationList::Everything, None, 10).await.unwrap().is_empty());
    app.arrange(vec![reply.conversation], Arrangement::Trash { on: false }).await.unwrap();
    assert_eq!(app.conversations(ConversationList::Everything, None, 10).await.unwrap().len(), 1);
    assert_eq!(words_in(&app, reply.conversation).await.len(), 2);
}

#[tokio::test]
async fn drafts_and_titles_stay() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let reply = ask(&app, question(None, &model, "# Plan\nthe rest")).await;
    assert_eq!(app.conversations(ConversationList::Everything, None, 1).await.unwrap()[0].title, "Plan");
    app.rename_conversation(reply.conversation, " Trip ").await.unwrap();
    app.save_draft(Some(reply.conversation), "half a thou".to_owned()).await.unwrap();
    app.save_draft(None, "a new one".to_owned()).await.unwrap();
    drop(app);
    let app = home.open().unwrap();
    let conversation = app.branch(reply.conversation).await.unwrap().conversation;
    assert_eq!((conversation.title.as_str(), conversation.draft.as_str()), ("Trip", "half a thou"));
    assert_eq!(app.begin().await.unwrap().draft, "a new one");
}

#[tokio::test]
async fn a_draft_outlives_asking_for_another_version() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let reply = ask(&app, question(None, &model, "one")).await;
    app.save_draft(Some(reply.conversation), "half a thou".to_owned()).await.unwrap();
    app.regenerate(reply.id, None, None).await.unwrap();
    assert_eq!(app.branch(reply.conversation).await.unwrap().conversation.draft, "half a thou");
    app.stop_all().await;
    app.send(question(Some(reply.conversation), &model, "half a thought")).await.unwrap();
    assert_eq!(app.branch(reply.conversation).await.unwrap().conversation.draft, "", "it was sent");
}

#[tokio::test]
async fn sent_text_never_comes_back_as_a_draft() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    app.save_draft(None, "one".to_owned()).await.unwrap();
    let sent = app.send(question(None, &model, "one")).await.unwrap();
    assert_eq!(app.begin().await.unwrap().draft, "", "the commit that took the text in gave up its draft");
    let conversation = sent.conversation.id;
    ended(&app, sent.messages[1].meta.id).await;
    app.save_draft(Some(conversation), "two".to_owned()).await.unwrap();
    app.send(question(Some(conversation), &model, "two")).await.unwrap();
    app.save_draft(None, "a new one".to_owned()).await.unwrap();
    drop(app);
    let app = home.open().unwrap();
    assert_eq!(app.branch(conversation).await.unwrap().conversation.draft, "", "nor after a restart");
    assert_eq!(app.begin().await.unwrap().draft, "a new one", "another chat's draft is none of its business");
    ask(&app, question(None, &model, "by the command line")).await;
    assert_eq!(app.begin().await.unwrap().draft, "a new one", "what no window sent was not typed there");
}

#[tokio::test]
async fn deleting_stops_what_arrives_on_branches_that_are_not_shown() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let first = ask(&app, question(None, &model, "one")).await;
    server.reply(Script::answer("never ends").stall_after(1));
    let hidden = app.regenerate(first.id, None, None).await.unwrap().messages[0].meta.id;
    let request = server.wait_for_chat(1).await.index;
    app.choose_version(first.id).await.unwrap();
    app.arrange(vec![first.conversation], Arrangement::Trash { on: true }).await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(10), server.wait_for_close(request)).await;
    assert!(closed.is_ok(), "nobody will read {hidden:?}");
}

#[tokio::test]
async fn a_deleted_conversation_is_not_opened_at_the_next_start() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let reply = ask(&app, question(None, &model, "one")).await;
    app.open_conversation(reply.conversation, None).await.unwrap();
    assert_eq!(app.begin().await.unwrap().open, Some(reply.conversation));
    app.arrange(vec![reply.conversation], Arrangement::Trash { on: true }).await.unwrap();
    drop(app);
    assert_eq!(home.open().unwrap().begin().await.unwrap().open, None);
}
