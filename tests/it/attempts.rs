//! A reply is what the requests that were sent for it brought.

use porthole_core::domain::{
    Bill, ChatSettings, Code, Currency, MessageState, ModelChoice, Money, Note, Rates, ServerKind, Usage,
};
use porthole_core::store::{Arrived, ArrivingPiece, NewReply, PieceKind, Started, Store};
use porthole_tests::fake_v4::{Cut, FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, finish, question, words_of};

fn used(prompt: u32, completion: u32) -> Usage {
    Usage { prompt_tokens: Some(prompt), completion_tokens: Some(completion), ..Usage::default() }
}

/// A reply that a program has begun to receive.
async fn begun(home: &Home) -> (Store, Started) {
    let (store, _) = Store::open(home.path(), 1).unwrap();
    let model = ModelChoice { server: "1".parse().unwrap(), model: "deepseek-v4-pro".to_owned() };
    let new = NewReply { model, server_name: "DeepSeek".to_owned(), hosted: true, now_ms: 2 };
    let started = store.ask(None, ChatSettings::default(), "why?".to_owned(), new).await.unwrap();
    (store, started)
}

#[tokio::test]
async fn each_request_is_recorded_and_the_reply_is_their_sum() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::http(503, "text/plain", "busy"));
    server.reply(Script::answer("One two three four.").thinking("").cut_after(3, Cut::EndOfBody));
    let cut = ask(&app, question(None, &model, "count")).await;
    let states: Vec<_> = cut.attempts.iter().map(|attempt| attempt.state).collect();
    assert_eq!(states, [MessageState::Failed, MessageState::CutOff]);
    assert_eq!(cut.attempts[0].failure.as_ref().unwrap().code, Code::Overloaded);
    assert!(cut.attempts[0].started_at_ms <= cut.attempts[1].started_at_ms);
    assert_eq!((cut.usage, cut.notes.as_slice()), (Usage::default(), &[][..]));

    server.reply(Script::answer(" and four").thinking(""));
    let whole = finish(&app.go_on(cut.id).await.unwrap()).await;
    assert_eq!(whole.state, MessageState::Complete);
    assert_eq!(whole.attempts.len(), 3);
    assert!(whole.attempts[2].usage.is_known());
    assert_eq!(
        whole.usage,
        Usage::default(),
        "of the one that was cut off nothing is known, so of the sum neither"
    );
    assert_eq!(whole.notes, [Note::Continued]);
    let kept = app.branch(whole.conversation).await.unwrap().messages.pop().unwrap();
    assert_eq!(kept.attempts, whole.attempts, "the history says the same");
}

#[tokio::test]
async fn asking_for_the_rest_in_vain_leaves_what_there_was() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("One two").thinking("").finish("length"));
    let short = ask(&app, question(None, &model, "count")).await;
    server.reply(Script::http(401, "text/plain", "who?"));
    let refused = finish(&app.go_on(short.id).await.unwrap()).await;
    assert_eq!(refused.state, MessageState::CutOff);
    assert_eq!(words_of(&refused).1, words_of(&short).1);
    assert_eq!((refused.usage, refused.bill.cost), (short.usage, short.bill.cost), "a refusal costs nothing");
    assert_eq!(refused.failure.unwrap().code, Code::Unauthorized);
}

#[tokio::test]
async fn a_crash_keeps_what_was_told_of_tokens_and_is_unknown_where_nothing_was() {
    let bill = Bill {
        cost: Some(Money { amount: "0.01".parse().unwrap(), currency: Currency::Usd }),
        rates: Some(Rates {
            currency: Currency::Usd,
            input: "1".parse().unwrap(),
            cached: "0.1".parse().unwrap(),
            output: "2".parse().unwrap(),
            peak: None,
        }),
    };
    for (usage, bill, unknown) in [(used(9, 3), bill, 0), (Usage::default(), Bill::default(), 1)] {
        let home = Home::new();
        let (store, started) = begun(&home).await;
        let piece = ArrivingPiece { kind: PieceKind::Text, text: "Because".to_owned() };
        let arrived = Arrived { pieces: vec![piece], usage, bill: bill.clone(), ..Arrived::default() };
        store.keep_arriving(started.reply.id, arrived).await.unwrap();
        drop(store);

        let (store, recovered) = Store::open(home.path(), 3).unwrap();
        assert_eq!(recovered.cut_off, 1);
        let reply = store.message(started.reply.id).await.unwrap();
        assert_eq!(words_of(&reply).1, "Because");
        assert_eq!((reply.usage, reply.bill.cost), (usage, bill.cost));
        assert_eq!(reply.attempts[0].state, MessageState::CutOff);
        let (costs, of_unknown_cost) = store.costs(reply.conversation).await.unwrap();
        assert_eq!((costs.len(), of_unknown_cost), (1 - unknown as usize, unknown));
    }
}

#[tokio::test]
async fn a_conversation_of_100_000_messages_is_deleted_for_good() {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let home = Home::new();
    let (store, started) = begun(&home).await;
    let chain = rusqlite::Connection::open(home.path().join(Store::FILE_NAME)).unwrap();
    chain
        .execute(
            "WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 100000)
             INSERT INTO message (id, conversation_id, parent_id, depth, role, state, created_at_ms)
             SELECT ?1 + n - 1, ?2, ?1 + n - 2, n, 'user', 'complete', 3 FROM n",
            [started.reply.id.rowid(), started.conversation.id.rowid()],
        )
        .unwrap();
    chain.execute("UPDATE conversation SET deleted_at_ms = 5", []).unwrap();
    for day in [39, 40] {
        store.purge_trash(day * DAY_MS).await.unwrap();
    }
    for table in ["conversation", "message", "attempt", "arriving"] {
        let left: i64 =
            chain.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_kept_and_shown_as_far_as_it_is_understood() {
    let home = Home::new();
    let (store, started) = begun(&home).await;
    let by_hand = rusqlite::Connection::open(home.path().join(Store::FILE_NAME)).unwrap();
    by_hand
        .execute_batch(
            "UPDATE message SET role = 'critic', state = 'pondering' WHERE role = 'assistant';
             UPDATE attempt SET state = 'pondering', effort = 'immense', failure = '{\"code\":\"bored\"}';
             INSERT INTO part (message_id, position, kind, text, data)
             SELECT max(id), 0, 'song', 'la', 'no JSON' FROM message;",
        )
        .unwrap();
    let reply = store.message(started.reply.id).await.unwrap();
    assert_eq!(reply.role.name(), "other");
    assert_eq!(reply.failure.unwrap().detail.unwrap(), "{\"code\":\"bored\"}", "in its own words");
    let fork = store.fork(reply.id, 9).await.unwrap();
    let copied: (String, String) = by_hand
        .query_row(
            "SELECT text, data FROM part JOIN message ON message.id = message_id WHERE conversation_id = ?1 AND kind = 'song'",
            [fork.id.rowid()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(copied, ("la".to_owned(), "no JSON".to_owned()));
}
