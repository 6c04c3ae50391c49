use porthole_tests::fake_v4::{FakeV4, Pieces, Script};
use serde_json::json;

use crate::client::{Response, exchange, plain};

async fn body(script: Script) -> Response {
    let server = FakeV4::start().await;
    server.reply(script);
    exchange(&server, &plain(&json!({}))).await
}

#[tokio::test]
async fn lines_are_framed_as_told() {
    let framed = |change: &dyn Fn(&mut Script)| {
        let mut script = Script::answer("Yes.");
        change(&mut script);
        script
    };
    let cases: Vec<(&str, Script, &str, &str)> = vec![
        ("plain", framed(&|_| ()), "data: {\"id\"", "}\n\ndata: [DONE]\n\n"),
        ("CR LF", Script::answer("Yes.").crlf(), "data: {\"id\"", "}\r\n\r\ndata: [DONE]\r\n\r\n"),
        (
            "no space",
            framed(&|script| script.framing.space_after_colon = false),
            "data:{\"id\"",
            "}\n\ndata:[DONE]\n\n",
        ),
        (
            "byte order mark",
            framed(&|script| script.framing.byte_order_mark = true),
            "\u{feff}data: {",
            "[DONE]\n\n",
        ),
        (
            "several data lines",
            framed(&|script| script.framing.multi_line_data = true),
            "data: {\ndata:   \"choices\": [\n",
            "\ndata: }\n\ndata: [DONE]\n\n",
        ),
        (
            "empty events",
            framed(&|script| script.framing.empty_events = 2),
            "data:\n\ndata:\n\ndata: {\"id\"",
            "[DONE]\n\n",
        ),
        (
            "keep-alives",
            framed(&|script| script.framing.keep_alives_first = 2),
            ": keep-alive\n\n: keep-alive\n\ndata: {\"id\"",
            "[DONE]\n\n",
        ),
        ("no [DONE]", Script::answer("Yes.").without_done(), "data: {\"id\"", "}}\n\n"),
    ];
    for (name, script, start, end) in cases {
        let text = body(script).await.text();
        assert!(text.starts_with(start), "{name}: {text}");
        assert!(text.ends_with(end), "{name}: {text}");
    }
}

#[tokio::test]
async fn pieces_are_cut_as_told_and_lose_nothing() {
    let script = || Script::answer("Ein Fluß, 一条河, 🐋🐋.");
    let whole = body(script()).await;
    assert!(whole.chunks.iter().all(|chunk| chunk.ends_with(b"\n\n")), "one chunk per event");

    let single = body(script().pieces(Pieces::Blocks(1))).await;
    assert!(single.chunks.iter().all(|chunk| chunk.len() == 1));
    assert_eq!(single.bytes(), whole.bytes());

    let blocks = body(script().pieces(Pieces::Blocks(1000))).await;
    let (last, others) = blocks.chunks.split_last().unwrap();
    assert!(others.iter().all(|chunk| chunk.len() == 1000) && last.len() <= 1000);
    assert_eq!(blocks.bytes(), whole.bytes());

    let random = body(script().pieces(Pieces::Random { seed: 4, longest: 9 })).await;
    assert!(random.chunks.iter().all(|chunk| (1..=9).contains(&chunk.len())));
    assert!(random.chunks.iter().any(|chunk| std::str::from_utf8(chunk).is_err()), "a character is cut");
    assert_eq!(random.bytes(), whole.bytes());

    let bytes = whole.bytes();
    let whale = bytes.windows(4).position(|window| window == "🐋".as_bytes()).unwrap();
    let cut = body(script().pieces(Pieces::At(vec![2, whale + 1]))).await;
    assert_eq!(cut.chunks[0], b"da");
    assert!(
        cut.chunks.iter().any(|chunk| chunk.ends_with(&"🐋".as_bytes()[..1])),
        "cut after the first byte"
    );
    assert_eq!(cut.bytes(), bytes);
}

#[tokio::test]
async fn closing_can_end_the_body() {
    let mut script = Script::answer("Yes.");
    script.framing.until_close = true;
    let response = body(script).await;
    assert_eq!((response.header("transfer-encoding"), response.header("connection")), (None, Some("close")));
    assert!(response.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn chunks_of_text_are_counted_in_characters_or_bytes() {
    let texts = |response: Response| -> Vec<String> {
        let deltas =
            response.choices().into_iter().filter(|choice| choice.contains("\"delta\":{\"content\":"));
        deltas
            .map(|choice| choice.split('"').nth(7).unwrap().to_owned())
            .filter(|text| !text.is_empty())
            .collect()
    };
    assert_eq!(texts(body(Script::answer("一二三ab").chunk_characters(2)).await), ["一二", "三a", "b"]);
    assert_eq!(texts(body(Script::answer("一二三ab").chunk_bytes(4)).await), ["一", "二", "三a", "b"]);
}
