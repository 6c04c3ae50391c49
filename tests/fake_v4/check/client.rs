//! A client without any cleverness: it shows each HTTP chunk as it was sent.

use std::io;

use porthole_tests::fake_v4::FakeV4;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As HTTP requires.
    Complete,
    /// The connection was closed in the middle.
    Closed,
    /// The connection was reset.
    Reset,
}

/// An answer, body cut into the chunks it was sent in.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) chunks: Vec<Vec<u8>>,
    pub(crate) end: End,
}

impl Client {
    pub(crate) async fn connect(server: &FakeV4) -> Self {
        Self { stream: TcpStream::connect(server.address()).await.unwrap(), buffer: Vec::new() }
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, key: Option<&str>, body: &str) {
        let authorization = key.map(|key| format!("authorization: Bearer {key}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: fake\r\n{authorization}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// Send a body without stating its length.
    pub(crate) async fn send_chunked(&mut self, path: &str, body: &[u8]) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: fake\r\nauthorization: Bearer sk-test\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).await.unwrap();
        for piece in body.chunks(1024 * 1024) {
            self.stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.unwrap();
            self.stream.write_all(piece).await.unwrap();
            self.stream.write_all(b"\r\n").await.unwrap();
        }
        self.stream.write_all(b"0\r\n\r\n").await.unwrap();
    }

    /// Ask for a chat completion with a key.
    pub(crate) async fn ask(&mut self, body: &Value) {
        self.send("POST", "/v1/chat/completions", Some("sk-test"), &body.to_string()).await;
    }

    async fn more(&mut self) -> Result<(), End> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) => Err(End::Closed),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Err(End::Reset),
            Err(error) => panic!("{error}"),
        }
    }

    async fn take(&mut self, count: usize) -> Result<Vec<u8>, End> {
        while self.buffer.len() < count {
            self.more().await?;
        }
        Ok(self.buffer.drain(..count).collect())
    }

    async fn line(&mut self) -> Result<String, End> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.take(end + 2).await?;
                return Ok(String::from_utf8(line[..end].to_vec()).unwrap());
            }
            self.more().await?;
        }
    }

    /// Read the head of an answer.
    pub(crate) async fn head(&mut self) -> Result<Response, End> {
        let mut head = self.line().await?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(Response { status, head, chunks: Vec::new(), end: End::Complete });
            }
            head.push('\n');
            head.push_str(&line);
        }
    }

    /// Read one chunk of a chunked body; an empty one is the last.
    pub(crate) async fn chunk(&mut self) -> Result<Vec<u8>, End> {
        let size = usize::from_str_radix(&self.line().await?, 16).unwrap();
        let chunk = self.take(size).await?;
        self.take(2).await?;
        Ok(chunk)
    }

    /// Read an answer to its end, whatever that is.
    pub(crate) async fn response(&mut self) -> Result<Response, End> {
        let mut response = self.head().await?;
        if let Some(length) = response.header("content-length") {
            response.chunks.push(self.take(length.parse().unwrap()).await?);
            return Ok(response);
        }
        let chunked = response.header("transfer-encoding") == Some("chunked");
        loop {
            let next = if chunked {
                self.chunk().await
            } else {
                match self.more().await {
                    Ok(()) => Ok(std::mem::take(&mut self.buffer)),
                    Err(End::Closed) => Ok(Vec::new()),
                    Err(end) => Err(end),
                }
            };
            match next {
                Ok(chunk) if chunk.is_empty() => return Ok(response),
                Ok(chunk) => response.chunks.push(chunk),
                Err(end) => {
                    response.end = end;
                    return Ok(response);
                }
            }
        }
    }
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(other, _)| *other == name)
            .map(|pair| pair.1)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.chunks.concat()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// The data of each event, as text.
    pub(crate) fn data(&self) -> Vec<String> {
        self.text().lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
    }

    /// What the events say from `choices` on, without the fields every chunk has.
    pub(crate) fn choices(&self) -> Vec<String> {
        let tail = |data: String| match data.find("\"choices\":") {
            Some(start) => data[start + "\"choices\":".len()..data.len() - 1].to_owned(),
            None => data,
        };
        self.data().into_iter().map(tail).collect()
    }
}

/// One exchange on a connection of its own.
pub(crate) async fn exchange(server: &FakeV4, body: &Value) -> Response {
    let mut client = Client::connect(server).await;
    client.ask(body).await;
    client.response().await.unwrap()
}

/// One request without a body on a connection of its own.
pub(crate) async fn get(server: &FakeV4, path: &str) -> Response {
    let mut client = Client::connect(server).await;
    client.send("GET", path, Some("sk-test"), "").await;
    client.response().await.unwrap()
}

/// A streamed request to a model of the server, with more fields.
pub(crate) fn streamed(model: &str, more: &Value) -> Value {
    let mut body =
        json!({"model": model, "stream": true, "messages": [{"role": "user", "content": "Hello"}]});
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

/// The same for DeepSeek with thinking off.
pub(crate) fn plain(more: &Value) -> Value {
    let mut body = streamed("deepseek-flash", more);
    if body["thinking"].is_null() {
        body["thinking"] = json!({"type": "disabled"});
    }
    body
}
