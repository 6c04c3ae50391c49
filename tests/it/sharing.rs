//! Programs and readers that use one folder at the same moment.

use std::sync::Arc;

use porthole_core::domain::{ChatSettings, Code, Failure, MessageState, ModelChoice, Part, ServerKind};
use porthole_core::store::{ArrivingPiece, Ending, NewReply, NewServer, PieceKind, Store};
use porthole_tests::harness::{Home, words_of};

#[tokio::test(flavor = "multi_thread")]
async fn many_programs_can_open_one_folder_at_once() {
    for _ in 0..8 {
        let home = Arc::new(Home::new());
        let opened: Vec<_> = (0..8)
            .map(|_| {
                let home = home.clone();
                tokio::task::spawn_blocking(move || home.open().map(drop).map_err(|error| error.message))
            })
            .collect();
        for opened in opened {
            assert_eq!(opened.await.unwrap(), Ok(()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_read_whole_while_it_ends() {
    let home = Home::new();
    let (store, _) = Store::open(home.path()).unwrap();
    let url = "http://127.0.0.1:1/v1".to_owned();
    let server = NewServer {
        name: "here".to_owned(),
        kind: ServerKind::OpenAi,
        url,
        idle_timeout: None,
        more_urls: Vec::new(),
    };
    let model = ModelChoice { server: store.add_server(server, 1).await.unwrap().id, model: "m".to_owned() };
    for now_ms in 2..100 {
        let new = NewReply { model: model.clone(), server_name: "here".to_owned(), hosted: false, now_ms };
        let started = store.ask(None, ChatSettings::default(), "why?".to_owned(), new).await.unwrap();
        let reply = started.reply.id;
        let piece = ArrivingPiece { kind: PieceKind::Text, text: "so".to_owned() };
        store.keep_arriving(reply, vec![piece]).await.unwrap();
        let reader = {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    let message = store.message(reply).await.unwrap();
                    assert_eq!(words_of(&message).1, "so", "{:?}", message.state);
                    if message.state != MessageState::Arriving {
                        break;
                    }
                }
            })
        };
        let failure = Failure::new(Code::CutOff, "enough");
        store.end_reply(reply, Ending::cut_off(vec![Part::Text("so".to_owned())], failure)).await.unwrap();
        reader.await.unwrap();
    }
}
