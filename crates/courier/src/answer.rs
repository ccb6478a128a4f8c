//! What a server answered.

use std::io::Write;
use std::time::{Duration, SystemTime};

use flate2::write::GzDecoder;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Bytes, Incoming};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, Kind};
use crate::settings::Limits;

/// Compressed bytes that are opened at a time: they become at most a megabyte before the bound is looked at.
const OPENED_AT_ONCE: usize = 1 << 10;
/// A server is never waited for longer than this because it asked for it.
const LONGEST_WAIT: Duration = Duration::from_hours(24 * 7);

/// Ends the task of a connection with whoever waits for it.
pub(crate) struct Ends(pub(crate) AbortHandle);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// When a body must have come.
#[derive(Clone, Copy)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    pub(crate) within: Duration,
    pub(crate) limits: Limits,
}

impl Deadline {
    /// Waits for the next sign of life.
    pub(crate) async fn hear<T>(&self, of: impl Future<Output = T>) -> Result<T, Kind> {
        let silent = Instant::now() + self.limits.silence;
        timeout_at(silent.min(self.at), of).await.map_err(|_| {
            if silent < self.at {
                Kind::Silent { within: self.limits.silence }
            } else {
                Kind::TooLong { within: self.within }
            }
        })
    }
}

/// What a server answered: a status of any kind, headers, and a body yet to be read.
pub struct Answer {
    pub(crate) url: String,
    pub(crate) head: hyper::http::response::Parts,
    pub(crate) body: Incoming,
    pub(crate) deadline: Deadline,
    pub(crate) connection: Ends,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} from {}", self.status(), self.url)
    }
}

impl Answer {
    /// The status, such as 200.
    pub fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    /// Whether the status is one of success, 2xx.
    pub fn is_success(&self) -> bool {
        self.head.status.is_success()
    }

    /// The address that answered, after redirects.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A header as text; `None` where there is none, or none that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// How long the server asks to be left alone (`Retry-After`, in seconds or as a date), at most a week.
    pub fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        let wait = match text.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default(),
        };
        Some(wait.min(LONGEST_WAIT))
    }

    /// The body, piece by piece; it fails once it is larger than `limit` bytes, counted after decompression.
    ///
    /// # Errors
    /// When it is announced larger, or in a compression that was not asked for.
    pub fn body(self, limit: usize) -> Result<Body, Error> {
        let failed = |kind| Error::new(&self.url, kind);
        if self.body.size_hint().lower() > limit as u64 {
            return Err(failed(Kind::TooLarge { limit }));
        }
        let decoder = match self.header("content-encoding").map(str::trim) {
            None | Some("" | "identity") => None,
            Some("gzip" | "x-gzip") => Some(GzDecoder::new(Vec::new())),
            Some(other) => {
                let other: String = other.chars().take(20).collect();
                return Err(failed(Kind::Broken { why: format!("compression {other:?} was not asked for") }));
            }
        };
        Ok(Body {
            url: self.url,
            body: self.body,
            deadline: self.deadline,
            _connection: self.connection,
            decoder,
            packed: Bytes::new(),
            limit,
            came: 0,
            ended: false,
        })
    }

    /// The whole body, at most `limit` bytes.
    ///
    /// # Errors
    /// When it is larger, breaks off, or takes too long.
    pub async fn read(self, limit: usize) -> Result<Vec<u8>, Error> {
        let mut body = self.body(limit)?;
        let mut whole = Vec::new();
        while let Some(piece) = body.next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}

/// A body that is being read.
pub struct Body {
    url: String,
    body: Incoming,
    deadline: Deadline,
    _connection: Ends,
    decoder: Option<GzDecoder<Vec<u8>>>,
    /// What came and is not opened yet.
    packed: Bytes,
    limit: usize,
    came: usize,
    ended: bool,
}

impl Body {
    /// The next piece, never empty; `None` at the end.
    ///
    /// # Errors
    /// When the body is larger than its bound, breaks off, is wrongly compressed, or takes too long.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.take().await.map_err(|kind| Error::new(&self.url, kind))
    }

    async fn take(&mut self) -> Result<Option<Vec<u8>>, Kind> {
        loop {
            if self.packed.is_empty() && !self.ended {
                match self.deadline.hear(self.body.frame()).await? {
                    Some(Ok(frame)) => self.packed = frame.into_data().unwrap_or_default(),
                    Some(Err(error)) => return Err(Kind::Broken { why: error.to_string() }),
                    None => self.ended = true,
                }
            }
            let piece = self.open()?;
            self.came = self.came.saturating_add(piece.len());
            if self.came > self.limit {
                return Err(Kind::TooLarge { limit: self.limit });
            }
            match (piece.is_empty(), self.ended) {
                (false, _) => return Ok(Some(piece)),
                (true, true) => return Ok(None),
                (true, false) => {}
            }
        }
    }

    /// A piece of what came, opened.
    fn open(&mut self) -> Result<Vec<u8>, Kind> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(std::mem::take(&mut self.packed).into());
        };
        let broken = |why: std::io::Error| Kind::Broken { why: format!("compression: {why}") };
        if self.packed.is_empty() && self.ended {
            decoder.try_finish().map_err(broken)?;
        } else {
            let some = self.packed.split_to(OPENED_AT_ONCE.min(self.packed.len()));
            decoder.write_all(&some).map_err(broken)?;
        }
        Ok(std::mem::take(decoder.get_mut()))
    }
}
