//! The client: one request, its redirects, its answer.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use crate::answer::{Answer, Deadline, Ends};
use crate::connect::Connector;
use crate::error::{Error, Kind};
use crate::settings::{Limits, Settings};
use crate::target::Target;

/// Redirects that are followed.
pub const MAX_REDIRECTS: usize = 5;
/// Headers of one answer.
const MAX_HEADERS: usize = 100;
/// Headers that follow a redirect to another place: they say what is wanted, and nothing of who wants it.
const IMPERSONAL: [&str; 4] = ["accept", "accept-language", "if-modified-since", "if-none-match"];

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    url: String,
    headers: Vec<(String, String)>,
    /// What is told; a request without one asks.
    body: Option<Bytes>,
    within: Option<Duration>,
}

impl Request {
    /// Asks for what is at an address. Redirects are followed.
    pub fn get(url: impl Into<String>) -> Self {
        Self { url: url.into(), headers: Vec::new(), body: None, within: None }
    }

    /// Tells a server something (`POST`). A redirect is an error: what is told was meant for that address alone.
    pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(Bytes::from(body.into())), ..Self::get(url) }
    }

    /// With a header beside.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Within less time in all than [`Limits::whole`].
    #[must_use]
    pub fn within(mut self, within: Duration) -> Self {
        self.within = Some(within);
        self
    }
}

/// The client. One is enough for a node; it may be used by many tasks at once.
pub struct Client {
    connector: Connector,
    agent: String,
    limits: Limits,
}

impl Client {
    /// A client that keeps to these settings.
    pub fn new(settings: Settings) -> Self {
        Self { connector: Connector::new(&settings), agent: settings.agent, limits: settings.limits }
    }

    /// Whether an address might be gone to, as far as it says so itself: its name is not resolved. For forms, which can say at once
    /// what would fail later.
    ///
    /// # Errors
    /// When it is no web address, or leads where a node may not be sent.
    pub fn check(&self, url: &str) -> Result<(), Error> {
        let target = Target::parse(url)?;
        self.connector.check(&target).map_err(|kind| Error::new(url, kind))
    }

    /// Asks for what is at an address, redirects followed.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, Error> {
        self.send(with(Request::get(url), headers)).await
    }

    /// Tells a server something.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn post(&self, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer, Error> {
        self.send(with(Request::post(url, body), headers)).await
    }

    /// Sends a request. An answer of any status is an answer.
    ///
    /// # Errors
    /// When the address may not be gone to, leads nowhere, leads on without end, or no answer comes in time.
    pub async fn send(&self, request: Request) -> Result<Answer, Error> {
        let within = request.within.unwrap_or(self.limits.whole).min(self.limits.whole);
        let deadline = Deadline { at: Instant::now() + within, within, limits: self.limits };
        let late = |_| Error::new(&request.url, Kind::TooLong { within });
        tokio::time::timeout_at(deadline.at, self.follow(&request, deadline)).await.map_err(late)?
    }

    async fn follow(&self, request: &Request, deadline: Deadline) -> Result<Answer, Error> {
        let first = Target::parse(&request.url)?;
        let mut target = first.clone();
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.once(&target, request, target.same_place(&first), deadline).await?;
            let Some(to) = moved(&answer) else { return Ok(answer) };
            let to = target.moved(to)?;
            if request.body.is_some() {
                return Err(Error::new(&request.url, Kind::Moved { to: to.url.into() }));
            }
            target = to;
        }
        Err(Error::new(&request.url, Kind::Redirects))
    }

    async fn once(
        &self,
        target: &Target,
        request: &Request,
        at_home: bool,
        deadline: Deadline,
    ) -> Result<Answer, Error> {
        let open = self.connector.open(target).await?;
        let failed = |kind| Error::new(target.url.as_str(), kind);
        let broken = |e: hyper::Error| failed(Kind::Broken { why: e.to_string() });
        let made = self.made(target, request, at_home, open.absolute).map_err(failed)?;
        let shaken = http1::Builder::new()
            .max_headers(MAX_HEADERS)
            .max_header_size(self.limits.headers)
            .handshake(TokioIo::new(open.line))
            .await;
        let (mut sender, connection) = shaken.map_err(broken)?;
        let task = tokio::spawn(async move {
            // What it fails with, the sender or the body says too.
            let _ = connection.await;
        });
        let ends = Ends(task.abort_handle());
        let answered = deadline.hear(sender.send_request(made)).await.map_err(failed)?;
        let (head, body) = answered.map_err(broken)?.into_parts();
        Ok(Answer { url: target.url.to_string(), head, body, deadline, connection: ends })
    }

    /// The request as it is sent to one place.
    fn made(
        &self,
        target: &Target,
        request: &Request,
        at_home: bool,
        absolute: bool,
    ) -> Result<hyper::Request<Full<Bytes>>, Kind> {
        let path = if absolute { target.url.as_str().to_owned() } else { target.path() };
        let method = if request.body.is_some() { Method::POST } else { Method::GET };
        let body = Full::new(request.body.clone().unwrap_or_default());
        let made = hyper::Request::builder().method(method).uri(path).body(body);
        let mut made = made.map_err(|e| Kind::Address { why: e.to_string() })?;
        let own = [
            ("host", target.authority()),
            ("user-agent", self.agent.clone()),
            ("accept-encoding", "gzip".to_owned()),
            ("connection", "close".to_owned()),
        ];
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        let given = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let given =
            given.filter(|(name, _)| at_home || IMPERSONAL.iter().any(|i| name.eq_ignore_ascii_case(i)));
        for (name, value) in own.chain(given) {
            let wrong = || Kind::Header { name: name.chars().take(60).collect() };
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            let value = HeaderValue::from_str(value).map_err(|_| wrong())?;
            made.headers_mut().insert(key, value);
        }
        Ok(made)
    }
}

fn with(request: Request, headers: &[(&str, &str)]) -> Request {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// Where an answer leads on to.
fn moved(answer: &Answer) -> Option<&str> {
    matches!(answer.status(), 301 | 302 | 303 | 307 | 308).then(|| answer.header("location"))?
}
