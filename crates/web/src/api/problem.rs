//! Why a call was not answered: a problem (RFC 9457) whose type leads to a page of help, in the caller's language.

use crate::app::App;
use crate::desk::view::{Said, Why};
use crate::limits::URI_BYTES;
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::asked;
use crate::text::tidy_line;
use crate::view::SourceError;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Characters of what the caller sent that a problem repeats.
const REPEATED: usize = 160;
/// Faults of one call that are told one by one.
const FAULTS: usize = 50;
/// Seconds after which asking again makes sense where nothing else is known.
const RETRY_SECONDS: u64 = 5;

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Parameter,
    Body,
    Token,
    Scope,
    Role,
    Elsewhere,
    Path,
    Missing,
    Cursor,
    Method,
    Accept,
    Conflict,
    Changed,
    Large,
    Long,
    Media,
    Host,
    Record,
    Precondition,
    Often,
    Failed,
    Busy,
    Ready,
    Coming,
}

impl Kind {
    pub(super) const ALL: [Self; 24] = [
        Self::Parameter,
        Self::Body,
        Self::Token,
        Self::Scope,
        Self::Role,
        Self::Elsewhere,
        Self::Path,
        Self::Missing,
        Self::Cursor,
        Self::Method,
        Self::Accept,
        Self::Conflict,
        Self::Changed,
        Self::Large,
        Self::Long,
        Self::Media,
        Self::Host,
        Self::Record,
        Self::Precondition,
        Self::Often,
        Self::Failed,
        Self::Busy,
        Self::Ready,
        Self::Coming,
    ];

    /// The end of its type, and of the keys of its words.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Parameter => "parameter",
            Self::Body => "body",
            Self::Token => "token",
            Self::Scope => "scope",
            Self::Role => "role",
            Self::Elsewhere => "elsewhere",
            Self::Path => "path",
            Self::Missing => "missing",
            Self::Cursor => "cursor",
            Self::Method => "method",
            Self::Accept => "accept",
            Self::Conflict => "conflict",
            Self::Changed => "changed",
            Self::Large => "large",
            Self::Long => "long",
            Self::Media => "media",
            Self::Host => "host",
            Self::Record => "record",
            Self::Precondition => "precondition",
            Self::Often => "often",
            Self::Failed => "failed",
            Self::Busy => "busy",
            Self::Ready => "ready",
            Self::Coming => "coming",
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Parameter | Self::Body => StatusCode::BAD_REQUEST,
            Self::Token => StatusCode::UNAUTHORIZED,
            Self::Scope | Self::Role | Self::Elsewhere => StatusCode::FORBIDDEN,
            Self::Path | Self::Missing | Self::Cursor => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Accept => StatusCode::NOT_ACCEPTABLE,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::Large => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Long => StatusCode::URI_TOO_LONG,
            Self::Media => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Record => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Precondition => StatusCode::PRECONDITION_REQUIRED,
            Self::Often => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy | Self::Ready | Self::Coming => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Its title, what it means, and what to do next; `what` is what it happened to.
    pub(super) fn words(self, lang: Lang, what: &str) -> [String; 3] {
        let word = |end: &str| fill(lang, &format!("api.problem.{}{end}", self.id()), &[("what", what)]);
        [word(""), word(".text"), word(".next")]
    }
}

/// A fault of a parameter, or of a part of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Fault)]
pub(super) struct ApiFault {
    /// Name of the parameter or field.
    pub(super) name: String,
    /// What is wrong with it.
    pub(super) detail: String,
}

/// Why a call was not answered (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ApiProblem {
    /// Address of a page that explains this kind of problem; it names the kind.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    kind: String,
    /// What kind of problem it is.
    title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened in this case.
    detail: String,
    /// What to do next.
    next: String,
    /// The path that was asked for.
    #[schema(format = "uri-reference")]
    instance: String,
    /// What is wrong with single parameters or fields.
    faults: Vec<ApiFault>,
}

/// A problem on its way to the caller.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    what: String,
    said: Option<Said>,
    faults: Vec<ApiFault>,
    retry: Option<Duration>,
    /// Methods that there are.
    allow: String,
}

impl Problem {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, what: String::new(), said: None, faults: Vec::new(), retry: None, allow: String::new() }
    }

    /// The same, of something that the caller named.
    pub(crate) fn what(self, what: &str) -> Self {
        Self { what: tidy_line(what, REPEATED), ..self }
    }

    /// The same with a fault of a parameter or field.
    pub(super) fn fault(mut self, name: &str, detail: impl Into<String>) -> Self {
        if self.faults.len() < FAULTS {
            self.faults.push(ApiFault { name: tidy_line(name, REPEATED), detail: detail.into() });
        }
        self
    }

    /// The same, to be tried again after so long.
    pub(super) fn after(self, retry: Duration) -> Self {
        Self { retry: Some(retry), ..self }
    }

    /// The same, with the methods that would do.
    pub(super) fn allow(self, allow: String) -> Self {
        Self { allow, ..self }
    }

    /// What the desk said.
    pub(super) fn of_desk(said: Said) -> Self {
        let kind = match said.why {
            Why::Missing => Kind::Missing,
            Why::NotTheirs => Kind::Role,
            Why::Wrong => Kind::Record,
            Why::Refused => Kind::Conflict,
            Why::Failed => Kind::Failed,
        };
        Self { said: Some(said), ..Self::new(kind) }
    }

    /// The answer, in the language that the request asks for.
    pub(crate) fn answer(self, app: &App, uri: &Uri, headers: &HeaderMap) -> Response {
        let lang = lang_of(uri, headers);
        let [title, mut detail, mut next] = self.kind.words(lang, &self.what);
        if let Some((message, hint)) = self.said.as_ref().map(|said| said.in_words(lang)) {
            detail = message;
            next = if hint.is_empty() { next } else { hint };
        }
        let status = self.kind.status();
        let origin = app.options.address.as_ref().map_or("", |address| address.as_str());
        let problem = ApiProblem {
            kind: format!("{origin}/api/problems#{}", self.kind.id()),
            title,
            status: status.as_u16(),
            detail,
            next,
            instance: instance(uri.path()),
            faults: self.faults,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let fixed = [
            (header::CONTENT_TYPE, "application/problem+json"),
            (header::CONTENT_LANGUAGE, lang.html()),
            (header::CACHE_CONTROL, "no-store"),
            (header::VARY, "accept-language"),
        ];
        fixed
            .into_iter()
            .for_each(|(name, value)| drop(headers.insert(name, HeaderValue::from_static(value))));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"lianshi\""));
        }
        if let Ok(allow) = HeaderValue::from_str(&self.allow)
            && !self.allow.is_empty()
        {
            headers.insert(header::ALLOW, allow);
        }
        let waits = status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS;
        if waits {
            let seconds = self.retry.map_or(RETRY_SECONDS, |wait| wait.as_secs() + 1);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A path as a reference (RFC 3986): whole, or not at all, since half of an encoded letter is none.
fn instance(path: &str) -> String {
    if path.len() > URI_BYTES {
        return super::ROOT.to_owned();
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(one).collect()
}

/// The language of texts for programs: `lang=`, else what the request accepts, else Chinese.
pub(super) fn lang_of(uri: &Uri, headers: &HeaderMap) -> Lang {
    let set = asked(&pairs(uri), "lang").and_then(Lang::parse);
    let accepts = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().and_then(Lang::parse);
    set.or_else(accepts).unwrap_or_default()
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match &refusal {
            Refusal::Source(error @ SourceError::Failed(_)) => {
                tracing::error!(%error, "a call of the API has no answer");
                Kind::Failed
            }
            Refusal::Source(SourceError::NotReady(_)) => Kind::Ready,
            Refusal::Busy | Refusal::Slow => Kind::Busy,
            Refusal::FileComing => Kind::Coming,
            Refusal::Method(_) => Kind::Method,
            Refusal::LongAddress => Kind::Long,
            Refusal::Body => Kind::Large,
            Refusal::Host(_) => Kind::Host,
            Refusal::NoPage(_) => Kind::Path,
            _ => Kind::Missing,
        };
        Self::new(kind).what(refusal.what())
    }
}

/// The answer where the guard of all pages lets a call through to nothing.
pub(crate) fn refused(app: &App, refusal: Refusal, uri: &Uri, headers: &HeaderMap) -> Response {
    Problem::from(refusal).answer(app, uri, headers)
}

/// What a parameter should have been, in words.
pub(super) fn wrong(lang: Lang, key: &str) -> String {
    say(lang, key).to_owned()
}
