//! Files that a browser is to keep: under a name, and bit by bit, however large they are.

use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::refusal::Refusal;
use crate::view::SourceError;

/// Bytes sent at a time.
const PIECE: usize = 64 << 10;
/// Pieces that wait for a slow reader.
const AHEAD: usize = 4;

/// What a download is written to from a thread that may block. Whoever reads slowly holds the writer up; whoever goes away ends
/// it with an error.
pub(crate) struct Sink {
    pieces: Sender<std::io::Result<Bytes>>,
    held: Vec<u8>,
}

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::take(&mut self.held));
        self.pieces.blocking_send(Ok(piece)).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
    }
}

impl Sink {
    /// Sends what is held back.
    pub(crate) fn end(&mut self) -> Result<(), String> {
        std::io::Write::flush(self).map_err(|error| error.to_string())
    }

    /// Ends the download as one that is not whole: the browser says so, and keeps nothing that looks finished.
    pub(crate) fn fail(self, why: &str) {
        // A reader that has gone away needs no word.
        let _ = self.pieces.blocking_send(Err(std::io::Error::other(why.to_owned())));
    }
}

/// A sink, and the body that what is written to it becomes.
pub(crate) fn sink() -> (Sink, Body) {
    let (pieces, received) = channel(AHEAD);
    (Sink { pieces, held: Vec::new() }, Body::new(Pieces(received)))
}

struct Pieces(Receiver<std::io::Result<Bytes>>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// A file of the node's.
pub(crate) async fn of_file(path: PathBuf, name: &str, media: &'static str) -> Result<Response, Refusal> {
    let failed = |error: std::io::Error| Refusal::Source(SourceError::Failed(error.to_string()));
    let mut file = tokio::fs::File::open(path).await.map_err(failed)?;
    let (pieces, received) = channel(AHEAD);
    tokio::spawn(async move {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece).await;
            let sent = match read {
                Ok(0) => return,
                Ok(_) => pieces.send(Ok(Bytes::from(piece))).await,
                Err(error) => pieces.send(Err(error)).await,
            };
            if sent.is_err() {
                return;
            }
        }
    });
    let mut response = Body::new(Pieces(received)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    named(&mut response, name);
    Ok(response)
}

/// Has a browser keep an answer under a name (RFC 6266).
pub(crate) fn named(response: &mut Response, name: &str) {
    let plain: String = name.chars().filter(|c| !c.is_control() && !matches!(c, '/' | '\\')).collect();
    let ending = plain.rsplit_once('.').map_or("", |(_, ending)| ending);
    let mut encoded = String::new();
    crate::request::encode(&mut encoded, &plain);
    let value = format!("attachment; filename=\"lianshi.{ending}\"; filename*=UTF-8''{encoded}");
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
}
