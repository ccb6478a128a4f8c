//! A good answer: its body, its version, where the next page is, and how long it may be kept.

use super::problem::{Kind, Problem};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use protocol::hash;
use serde::Serialize;

/// How long an answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// By anyone, and asked about before it is used again.
    Asking,
    /// By anyone for an hour: it changes with the program alone.
    AnHour,
    /// By nobody: it is for the caller alone.
    Never,
}

impl Keep {
    fn header(self) -> &'static str {
        match self {
            Self::Asking => "public, no-cache",
            Self::AnHour => "public, max-age=3600",
            Self::Never => "no-store",
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    body: Vec<u8>,
    /// What is sent bit by bit in place of it.
    flow: Option<Body>,
    media: &'static str,
    keep: Keep,
    /// The version, where it is not simply what the body is.
    version: Option<String>,
    next: Option<String>,
    location: Option<String>,
    /// What a browser is to call it.
    name: String,
    /// Whether texts in it depend on the language.
    spoken: bool,
    /// Whether it would be a file of another type for who asks so.
    formed: bool,
}

impl Answer {
    /// A document.
    pub(super) fn json(value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(|error| {
            tracing::error!(%error, "an answer of the API could not be written");
            Problem::new(Kind::Failed)
        })?;
        Ok(Self { body, media: "application/json", ..Self::nothing() })
    }

    /// A file under a name.
    pub(super) fn file(body: Vec<u8>, media: &'static str, name: String) -> Self {
        Self { body, media, name, ..Self::nothing() }
    }

    /// A file under a name that is sent as it is made or read.
    pub(super) fn flow(flow: Body, media: &'static str, name: String) -> Self {
        Self { flow: Some(flow), media, name, ..Self::nothing() }
    }

    /// Nothing but that it is done.
    pub(super) fn nothing() -> Self {
        Self {
            body: Vec::new(),
            flow: None,
            media: "",
            keep: Keep::Asking,
            version: None,
            next: None,
            location: None,
            name: String::new(),
            spoken: false,
            formed: false,
        }
    }

    pub(super) fn keep(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    /// The same with the version that a change must name.
    pub(super) fn version(self, version: &str) -> Self {
        Self { version: Some(version.to_owned()), ..self }
    }

    /// The same with the address of the next page.
    pub(super) fn next(self, next: Option<String>) -> Self {
        Self { next, ..self }
    }

    /// The same with the address of what was made.
    pub(super) fn at(self, location: String) -> Self {
        Self { location: Some(location), ..self }
    }

    /// The same, whose texts depend on the language.
    pub(super) fn spoken(self) -> Self {
        Self { spoken: true, ..self }
    }

    /// The same, which is of the type that the caller asked for.
    pub(super) fn formed(self) -> Self {
        Self { formed: true, ..self }
    }

    /// As HTTP has it; a reader that has this version is told so, and no more.
    pub(super) fn respond(self, status: StatusCode, asked: &HeaderMap, reads: bool) -> Response {
        let tag = match &self.version {
            Some(version) => Some(version.clone()),
            // Weak, since the same document may be packed or not on its way.
            None if reads && !self.body.is_empty() => Some(format!("W/\"{}\"", digest(&self.body))),
            None => None,
        };
        let same = reads && tag.as_deref().is_some_and(|tag| names(asked, tag));
        let mut response = match same {
            true => Response::new(Body::empty()),
            false => Response::new(self.flow.unwrap_or_else(|| Body::from(self.body))),
        };
        *response.status_mut() = if same { StatusCode::NOT_MODIFIED } else { status };
        let headers = response.headers_mut();
        let mut put = |name: header::HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        put(header::CACHE_CONTROL, self.keep.header());
        let varies = match (self.formed, self.spoken) {
            (true, _) => "accept, accept-language",
            (false, true) => "accept-language",
            (false, false) => "accept-encoding",
        };
        put(header::VARY, varies);
        if !self.media.is_empty() && !same {
            put(header::CONTENT_TYPE, self.media);
        }
        if let Some(tag) = tag {
            put(header::ETAG, &tag);
        }
        if let Some(next) = self.next {
            put(header::LINK, &format!("<{next}>; rel=\"next\""));
        }
        if let Some(location) = self.location {
            put(header::LOCATION, &location);
        }
        if !self.name.is_empty() {
            crate::download::named(&mut response, &self.name);
            let policy = HeaderValue::from_static(crate::pages::file::FILE_POLICY);
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// The version of some bytes.
pub(super) fn digest(bytes: &[u8]) -> String {
    hash("api-version", &[bytes]).to_string().chars().take(32).collect()
}

/// Whether `If-None-Match` names a version; compared weakly, as RFC 9110 §13.1.2 wants.
fn names(asked: &HeaderMap, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let own = bare(tag);
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|one| one.trim() == "*" || bare(one) == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_has_the_version_is_told_no_more() {
        let answer = || Answer::json(&"钢").unwrap().next(Some("/api/v1/x?cursor=a".to_owned()));
        let first = answer().respond(StatusCode::OK, &HeaderMap::new(), true);
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert!(
            tag.starts_with("W/\"") && first.headers()[header::LINK] == "</api/v1/x?cursor=a>; rel=\"next\""
        );
        for known in [tag.clone(), format!("\"a\", {tag}"), tag[2..].to_owned(), "*".to_owned()] {
            let asked = HeaderMap::from_iter([(header::IF_NONE_MATCH, known.parse().unwrap())]);
            let again = answer().respond(StatusCode::OK, &asked, true);
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert!(!again.headers().contains_key(header::CONTENT_TYPE));
            assert_eq!(again.headers()[header::ETAG], tag);
        }
        let other = HeaderMap::from_iter([(header::IF_NONE_MATCH, "\"a\"".parse().unwrap())]);
        assert_eq!(answer().respond(StatusCode::OK, &other, true).status(), StatusCode::OK);
        // What was written is told whatever the writer knows.
        let any = HeaderMap::from_iter([(header::IF_NONE_MATCH, "*".parse().unwrap())]);
        assert_eq!(answer().respond(StatusCode::CREATED, &any, false).status(), StatusCode::CREATED);
    }
}
