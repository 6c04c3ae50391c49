//! How a reply is split in transit makes no difference to what the user reads, for every recorded stream.

use std::sync::LazyLock;

use futures_util::StreamExt as _;
use porthole_core::domain::{FinishReason, ServerKind};
use porthole_core::provider::{ChatCompletions, Endpoint, ModelServer as _, Reach, Request};
use porthole_tests::recordings::{Recording, recordings};
use porthole_tests::streams::{Outcome, check_end, check_events, check_reply, cut, read};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

static RECORDINGS: LazyLock<Vec<(Recording, Outcome)>> = LazyLock::new(|| {
    let read_whole = |recording: Recording| {
        let outcome = read(recording.kind, [recording.bytes.as_slice()]);
        (recording, outcome)
    };
    recordings().into_iter().map(read_whole).collect()
});

/// The property, for one recording cut in one way.
fn check((recording, whole): &(Recording, Outcome), places: &[usize]) {
    let pieces = cut(&recording.bytes, places);
    let Recording { kind, name, .. } = recording;
    assert_eq!(read(*kind, pieces), *whole, "{kind:?} {name} cut at {places:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_any_stream_gives_the_same_message(
        recording in select(RECORDINGS.as_slice()),
        places in proptest::collection::vec(any::<Index>(), 0..24),
    ) {
        let length = recording.0.bytes.len() + 1;
        let places: Vec<usize> = places.iter().map(|place| place.index(length)).collect();
        check(&recording, &places);
    }
}

#[test]
fn every_recording_keeps_every_promise() {
    for (Recording { kind, bytes, .. }, _) in RECORDINGS.iter() {
        let places: Vec<usize> = (0..bytes.len()).step_by(7).collect();
        check_events(bytes, &places, bytes.len() / 2);
        check_reply(*kind, bytes, &places, bytes.len() / 2);
    }
}

#[test]
fn a_stream_that_breaks_off_anywhere_keeps_its_whole_events() {
    for (Recording { kind, bytes, .. }, _) in RECORDINGS.iter() {
        // A step that sooner or later hits every position within an event, in one recording or another.
        for end in (0..=bytes.len()).step_by(61) {
            check_end(*kind, &bytes[..end]);
        }
    }
}

#[test]
fn recordings_say_what_they_were_made_to_say() {
    let of = |kind: ServerKind, name: &str| {
        let found = RECORDINGS.iter().find(|(recording, _)| recording.kind == kind && recording.name == name);
        found.map(|(_, outcome)| outcome.clone()).unwrap_or_default()
    };
    // GPT4All does not stream; what it sends in one piece is a document like everyone's.
    assert!(!of(ServerKind::Gpt4All, "whole-document.sse").said.is_empty());
    for kind in porthole_tests::streams::KINDS.into_iter().filter(|kind| *kind != ServerKind::Gpt4All) {
        let thinking = of(kind, "thinking.sse");
        assert_eq!(thinking.said.len(), 2, "{kind:?} thinks and answers");
        assert!(thinking.words().contains("先想一想") && thinking.words().contains("四十二"), "{kind:?}");
        assert_eq!(thinking.finish, Some(FinishReason::Stop), "{kind:?}");
        assert_eq!(of(kind, "text.sse").said.len(), 1, "{kind:?} answers");
        assert_eq!(of(kind, "tools.sse").tool_calls.len(), 2, "{kind:?} calls two tools");
        assert!(
            of(kind, "error.sse").failure.is_some() && !of(kind, "error.sse").said.is_empty(),
            "{kind:?}"
        );
        assert!(of(kind, "cut.sse").failure.is_some() && !of(kind, "cut.sse").said.is_empty(), "{kind:?}");
        assert_eq!(of(kind, "whole-document.sse").said, thinking.said, "{kind:?} in one document");
    }
    for kind in [ServerKind::OpenAi, ServerKind::LmStudio, ServerKind::LlamaCpp, ServerKind::Ollama] {
        let inline = of(kind, "inline-thinking.sse");
        assert_eq!(inline.said.len(), 2, "{kind:?} has its thinking taken out: {inline:?}");
    }
}

/// The same over a real connection, through the same code that the app uses.
#[tokio::test]
async fn a_stream_in_many_packets_gives_the_same_message() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let sending = tokio::spawn(async move {
        for (number, (recording, _)) in RECORDINGS.iter().enumerate() {
            let (mut connection, _) = listener.accept().await.unwrap();
            connection.set_nodelay(true).unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                connection.read_buf(&mut request).await.unwrap();
            }
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
            connection.write_all(head.as_bytes()).await.unwrap();
            for piece in recording.bytes.chunks(101 + number) {
                let size = format!("{:x}\r\n", piece.len());
                // A client that has read the last event may be gone already.
                let _ = connection.write_all(&[size.as_bytes(), piece, b"\r\n"].concat()).await;
            }
            let _ = connection.write_all(b"0\r\n\r\n").await;
        }
    });
    for (Recording { kind, name, .. }, whole) in RECORDINGS.iter() {
        let url = Url::parse(&format!("http://127.0.0.1:{port}/v1")).unwrap();
        let provider = ChatCompletions::new(Endpoint::new("Here", *kind, url), Reach::unlocked().unwrap());
        let deltas: Vec<_> = provider.open(request()).await.unwrap().collect().await;
        let mut came = Outcome::of(deltas);
        // A failure names the address, which differs; what it is does not.
        assert_eq!(
            came.failure.take().map(|failure| failure.code),
            whole.failure.as_ref().map(|failure| failure.code),
            "{kind:?} {name}"
        );
        assert_eq!(came, Outcome { failure: None, ..whole.clone() }, "{kind:?} {name}");
    }
    sending.await.unwrap();
}

fn request() -> Request {
    Request {
        model: "m".to_owned(),
        messages: Vec::new(),
        temperature: None,
        top_p: None,
        max_tokens: None,
        effort: None,
        continues: false,
        conversation: None,
    }
}
