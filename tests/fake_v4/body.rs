//! The body of an answer on its way out, piece by piece.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;

use super::dice::Dice;
use super::framing::Pieces;

const END_OF_CHUNKS: &[u8] = b"0\r\n\r\n";

/// A body being written. Each piece is one write and, if the body is chunked, one HTTP chunk, so that a client that
/// reads promptly sees the pieces as they were cut.
#[derive(Debug)]
pub(super) struct Body<'a> {
    half: &'a mut OwnedWriteHalf,
    chunked: bool,
    knife: Knife,
    waiting: BytesMut,
}

impl<'a> Body<'a> {
    pub(super) fn new(half: &'a mut OwnedWriteHalf, chunked: bool, pieces: &Pieces) -> Self {
        Self { half, chunked, knife: Knife::new(pieces), waiting: BytesMut::new() }
    }

    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// Send the pieces that are full.
    pub(super) async fn send(&mut self) -> io::Result<()> {
        while let Some(length) = self.knife.cut(self.waiting.len()) {
            self.write(length, false).await?;
        }
        Ok(())
    }

    /// Send everything.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.send().await?;
        self.write(self.waiting.len(), false).await
    }

    /// Send everything and end the body.
    ///
    /// The last piece and the end of the body are one write: a client that hangs up as soon as it has read `[DONE]`
    /// has not hung up on an unfinished answer.
    pub(super) async fn end(&mut self) -> io::Result<()> {
        while let Some(length) = self.knife.cut(self.waiting.len()) {
            if length == self.waiting.len() {
                break;
            }
            self.write(length, false).await?;
        }
        self.write(self.waiting.len(), true).await
    }

    async fn write(&mut self, length: usize, last: bool) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(length + 16);
        if self.chunked && length > 0 {
            bytes.extend_from_slice(format!("{length:x}\r\n").as_bytes());
            bytes.extend_from_slice(&self.waiting[..length]);
            bytes.extend_from_slice(b"\r\n");
        } else {
            bytes.extend_from_slice(&self.waiting[..length]);
        }
        if self.chunked && last {
            bytes.extend_from_slice(END_OF_CHUNKS);
        }
        self.waiting.advance(length);
        self.half.write_all(&bytes).await
    }
}

/// Where to cut next.
#[derive(Debug)]
enum Knife {
    PerEvent,
    At { offsets: Vec<usize>, position: usize },
    Blocks(usize),
    Random { dice: Dice, longest: usize, next: usize },
}

impl Knife {
    fn new(pieces: &Pieces) -> Self {
        match pieces {
            Pieces::PerEvent => Self::PerEvent,
            Pieces::At(offsets) => Self::At { offsets: offsets.clone(), position: 0 },
            Pieces::Blocks(length) => Self::Blocks((*length).max(1)),
            Pieces::Random { seed, longest } => {
                let mut dice = Dice::new(*seed);
                let next = 1 + dice.below(*longest);
                Self::Random { dice, longest: *longest, next }
            }
        }
    }

    /// The length of the next piece, if `available` bytes make one.
    fn cut(&mut self, available: usize) -> Option<usize> {
        if available == 0 {
            return None;
        }
        match self {
            Self::PerEvent => Some(available),
            Self::At { offsets, position } => {
                let inside = offsets.iter().filter(|offset| **offset > *position).min();
                let length = inside.map_or(available, |offset| (offset - *position).min(available));
                *position += length;
                Some(length)
            }
            Self::Blocks(length) => (available >= *length).then_some(*length),
            Self::Random { dice, longest, next } => {
                let length = (available >= *next).then_some(*next);
                if length.is_some() {
                    *next = 1 + dice.below(*longest);
                }
                length
            }
        }
    }
}
