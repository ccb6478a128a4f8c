//! A file that is the body of a call: checked by its size as it comes, and either held or written to disk.

use super::operation::Carried;
use super::problem::{Kind, Problem};
use crate::limits::NAME_CHARS;
use crate::text::tidy_line;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use hyper::body::Body as _;
use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use tokio::io::AsyncWriteExt;

/// A body on its way.
pub(super) struct Sent {
    /// Taken by whoever reads it.
    body: Mutex<Option<Body>>,
    most: u64,
    /// The media type that it was sent as, in small letters.
    pub(super) media: String,
    /// What `Content-Disposition` calls it (RFC 6266); may be empty.
    pub(super) name: String,
}

impl Sent {
    /// No file.
    pub(super) fn none() -> Self {
        Self { body: Mutex::new(None), most: 0, media: String::new(), name: String::new() }
    }

    /// The body of a call whose operation takes a file.
    ///
    /// # Errors
    /// When it is sent as something else.
    pub(super) fn of(headers: &HeaderMap, body: Body, carried: Carried) -> Result<Self, Problem> {
        let stated = text(headers, header::CONTENT_TYPE);
        let media = stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !carried.media.contains(&media.as_str()) {
            return Err(Problem::new(Kind::Media).what(&carried.media.join(", ")));
        }
        let name = named(text(headers, header::CONTENT_DISPOSITION));
        Ok(Self { body: Mutex::new(Some(body)), most: carried.most, media, name })
    }

    /// All of it.
    ///
    /// # Errors
    /// When it is too long, or breaks off.
    pub(super) async fn bytes(&self) -> Result<Vec<u8>, Problem> {
        let mut pieces = self.pieces();
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Writes it into a file of the node, as it comes, and removes what was written of one that does not come whole.
    ///
    /// # Errors
    /// When it is too long, breaks off, or the disk does not take it.
    pub(super) async fn save(&self, path: &Path) -> Result<(), Problem> {
        let saved = self.write(path).await;
        if saved.is_err() {
            // That it cannot be removed either is no news to the caller; the next one sweeps it away.
            let _ = tokio::fs::remove_file(path).await;
        }
        saved
    }

    async fn write(&self, path: &Path) -> Result<(), Problem> {
        let failed = |error: std::io::Error| {
            tracing::error!(%error, "a file that was sent could not be kept");
            Problem::new(Kind::Failed)
        };
        let mut pieces = self.pieces();
        let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
        while let Some(piece) = pieces.next().await? {
            file.write_all(&piece).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)
    }

    fn pieces(&self) -> Pieces {
        let body = self.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        Pieces { body: body.unwrap_or_default(), left: self.most }
    }
}

/// What comes of a body, piece by piece.
struct Pieces {
    body: Body,
    /// Bytes that may still come.
    left: u64,
}

impl Pieces {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let frame = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|_| Problem::new(Kind::Body))?;
            // Trailers say nothing here.
            let Ok(piece) = frame.into_data() else { continue };
            let left = self.left.checked_sub(piece.len() as u64);
            self.left = left.ok_or_else(|| Problem::new(Kind::Large))?;
            return Ok(Some(piece));
        }
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What a file is called: `filename*` where it reads, else `filename`; of a path the last part.
fn named(disposition: &str) -> String {
    let mut plain = String::new();
    for parameter in disposition.split(';').skip(1) {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "filename*" => {
                let encoded = value.get(..7).filter(|start| start.eq_ignore_ascii_case("utf-8''"));
                if let Some(name) = encoded.and_then(|_| decoded(value.get(7..)?)) {
                    return bare(&name);
                }
            }
            "filename" => value.trim_matches('"').clone_into(&mut plain),
            _ => {}
        }
    }
    bare(&plain)
}

/// Percent-encoded UTF-8 (RFC 8187).
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A name without the folders before it.
pub(super) fn bare(name: &str) -> String {
    tidy_line(name.rsplit(['/', '\\']).next().unwrap_or_default(), 2 * NAME_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARRIED: Carried = Carried { media: &["text/csv"], most: 10 };

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    fn sent(body: &str) -> Sent {
        let headers = headers(&[(header::CONTENT_TYPE, "Text/CSV; charset=utf-8")]);
        Sent::of(&headers, Body::from(body.to_owned()), CARRIED).unwrap()
    }

    #[tokio::test]
    async fn a_body_is_taken_up_to_its_bound_and_nothing_stays_of_one_that_is_longer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sent");
        assert_eq!(sent("0123456789").bytes().await.unwrap(), b"0123456789");
        sent("0123456789").save(&path).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"0123456789");
        assert_eq!(sent("0123456789a").bytes().await.unwrap_err().kind, Kind::Large);
        assert_eq!(sent("0123456789a").save(&path).await.unwrap_err().kind, Kind::Large);
        assert!(!path.exists());
        let (mut sink, body) = crate::download::sink();
        let broken = tokio::task::spawn_blocking(move || {
            std::io::Write::write_all(&mut sink, b"ab").unwrap();
            sink.fail("gone");
        });
        let headers = headers(&[(header::CONTENT_TYPE, "text/csv")]);
        let sent = Sent::of(&headers, body, CARRIED).unwrap();
        assert_eq!(sent.save(&path).await.unwrap_err().kind, Kind::Body);
        assert!(!path.exists());
        broken.await.unwrap();
    }

    #[test]
    fn what_is_sent_as_something_else_is_refused() {
        for other in ["", "text/html", "text/csvx", "application/json"] {
            let headers = headers(&[(header::CONTENT_TYPE, other)]);
            let refused = Sent::of(&headers, Body::empty(), CARRIED).err().map(|problem| problem.kind);
            assert_eq!(refused, Some(Kind::Media), "{other}");
        }
    }

    #[test]
    fn a_file_is_called_as_its_sender_says_without_folders() {
        for (disposition, name) in [
            ("attachment; filename=\"a.csv\"", "a.csv"),
            ("attachment; filename=a.csv; filename*=UTF-8''%E6%88%90%E6%9E%9C.csv", "成果.csv"),
            ("attachment; filename*=utf-8''%E6%88%90%2F..%2Fb.csv", "b.csv"),
            ("attachment; filename=\"C:\\\\x\\\\b.csv\"", "b.csv"),
            ("attachment; filename*=UTF-8''%E6; filename=a.csv", "a.csv"),
            ("attachment; filename*=latin1''a", ""),
            ("attachment", ""),
            ("", ""),
        ] {
            assert_eq!(named(disposition), name, "{disposition}");
        }
    }
}
