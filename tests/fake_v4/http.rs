//! Just enough HTTP/1.1, by hand.
//!
//! A server library hides exactly what the tests are about: where one write ends and the next begins, a body that stops
//! half-way, the moment when the other side goes away.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Inline images count; more is 413 (API docs, Vision).
const BODY_LIMIT: usize = 48 * 1024 * 1024;
const HEAD_LIMIT: usize = 256 * 1024;

/// A request as read.
#[derive(Debug)]
pub(super) struct Request {
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub headers: Vec<(String, String)>,
    /// Request line and headers as they came, up to and including the blank line.
    pub head: Bytes,
    pub body: Bytes,
    /// The body was larger than the limit and was thrown away.
    pub too_large: bool,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn wants_close(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// The side of a connection that listens.
#[derive(Debug)]
pub(super) struct Listening {
    half: OwnedReadHalf,
    buffer: BytesMut,
}

impl Listening {
    pub(super) fn new(half: OwnedReadHalf) -> Self {
        Self { half, buffer: BytesMut::new() }
    }

    /// The next request, or nothing if the client has closed the connection.
    pub(super) async fn request(&mut self, speaking: &mut OwnedWriteHalf) -> io::Result<Option<Request>> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            if self.buffer.len() > HEAD_LIMIT {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.read().await? == 0 {
                return Ok(None);
            }
        };
        let head = self.buffer.split_to(end + 4).freeze();
        let mut request = parse_head(&head, end).ok_or(io::ErrorKind::InvalidData)?;
        if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            speaking.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let chunked = request.header("transfer-encoding").is_some_and(|value| value.contains("chunked"));
        let length =
            request.header("content-length").and_then(|value| value.trim().parse().ok()).unwrap_or(0);
        if chunked {
            match self.chunked_body().await? {
                Some(body) => request.body = body,
                None => request.too_large = true,
            }
        } else if length > BODY_LIMIT {
            // Read to its end all the same: closing on unread bytes would reset the connection under the answer.
            self.discard(length).await?;
            request.too_large = true;
        } else {
            self.fill(length).await?;
            request.body = self.buffer.split_to(length).freeze();
        }
        Ok(Some(request))
    }

    /// Return when the client closes its side. What it sends meanwhile is kept for the next request.
    ///
    /// A client that only shuts down its sending side looks the same; HTTP clients do not do that.
    pub(super) async fn closed(&mut self) {
        while matches!(self.read().await, Ok(count) if count > 0) {}
    }

    async fn read(&mut self) -> io::Result<usize> {
        // By default the buffer grows by a few bytes at a time, which makes a large body slow.
        self.buffer.reserve(64 * 1024);
        self.half.read_buf(&mut self.buffer).await
    }

    async fn fill(&mut self, length: usize) -> io::Result<()> {
        while self.buffer.len() < length {
            if self.read().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    async fn discard(&mut self, length: usize) -> io::Result<()> {
        let mut left = length;
        loop {
            let count = left.min(self.buffer.len());
            self.buffer.advance(count);
            left -= count;
            if left == 0 {
                return Ok(());
            }
            self.fill(1).await?;
        }
    }

    async fn line(&mut self) -> io::Result<BytesMut> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line = self.buffer.split_to(end);
                self.buffer.advance(2);
                return Ok(line);
            }
            let next = self.buffer.len() + 1;
            self.fill(next).await?;
        }
    }

    /// A chunked body, or nothing if it was larger than the limit and was thrown away.
    async fn chunked_body(&mut self) -> io::Result<Option<Bytes>> {
        let mut body = Some(BytesMut::new());
        loop {
            let line = self.line().await?;
            let text = std::str::from_utf8(&line).unwrap_or_default();
            let digits = text.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(digits, 16).map_err(|_| io::ErrorKind::InvalidData)?;
            if size == 0 {
                while !self.line().await?.is_empty() {}
                return Ok(body.map(BytesMut::freeze));
            }
            body = body.filter(|body| size <= BODY_LIMIT && body.len() + size <= BODY_LIMIT);
            let Some(body) = &mut body else {
                self.discard(size + 2).await?;
                continue;
            };
            self.fill(size + 2).await?;
            body.extend_from_slice(&self.buffer[..size]);
            self.buffer.advance(size + 2);
        }
    }
}

fn parse_head(head: &Bytes, end: usize) -> Option<Request> {
    let text = std::str::from_utf8(&head[..end]).ok()?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let method = words.next()?.to_owned();
    let target = words.next()?;
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    Some(Request {
        method,
        path: path.to_owned(),
        query,
        headers,
        head: head.clone(),
        body: Bytes::new(),
        too_large: false,
    })
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

/// The head of an answer.
pub(super) fn head(status: u16, headers: &[(String, String)]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Payload Too Large",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}
