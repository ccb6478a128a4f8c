//! What every call goes through before its operation runs: how often, where from, who, which form, parameters, body.

use super::answer::Answer;
use super::limit::{self, Key};
use super::operation::{Holder, Operation, Place, Scope, Takes, Verb};
use super::problem::{Kind, Problem, lang_of, wrong};
use super::sent::Sent;
use super::{Api, ROOT};
use crate::address::{Address, reached};
use crate::desk::{Client, client, is_here};
use crate::limits::{API_BODY_BYTES, QUERY_PAIRS, TOKEN_CHARS};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use catalog::Lang;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Headers that pages of other sites may read.
const EXPOSED: &str = "etag, link, ratelimit, ratelimit-policy, retry-after";

/// A call whose parameters are what they should be.
pub(super) struct Call {
    pub(super) api: Arc<Api>,
    pub(super) lang: Lang,
    pub(super) from: IpAddr,
    pub(super) uri: Uri,
    /// Where the pages are reached.
    pub(super) address: Option<Address>,
    pub(super) holder: Option<Holder>,
    values: BTreeMap<&'static str, String>,
    body: Bytes,
    /// The file that is its body, where the operation takes one.
    pub(super) sent: Sent,
    /// What the caller would rather have, of what the operation gives.
    pub(super) wanted: &'static str,
}

impl Call {
    /// A parameter, where it was given.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A parameter as text; empty where it was not given.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    /// A number; `usual` where it was not given.
    pub(super) fn number(&self, name: &str, usual: u32) -> u32 {
        self.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual)
    }

    /// Whether a flag is set.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// The body as a type.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let kind = if error.is_data() { Kind::Record } else { Kind::Body };
            Problem::new(kind).fault("body", error.to_string())
        })
    }

    /// Who calls; an operation of the desk has somebody.
    pub(super) fn holder(&self) -> Result<&Holder, Problem> {
        self.holder.as_ref().ok_or_else(|| Problem::new(Kind::Token))
    }

    /// That the token is for this as well.
    pub(super) fn must(&self, scope: Scope) -> Result<(), Problem> {
        let has = self.holder()?.scopes.contains(&scope);
        if has { Ok(()) } else { Err(Problem::new(Kind::Scope).what(scope.id())) }
    }

    /// What stands before the paths of pages: where they are reached, as the configuration has it.
    pub(super) fn origin(&self) -> String {
        self.api.app.options.address.as_ref().map(|address| address.as_str().to_owned()).unwrap_or_default()
    }

    /// The same address with another cursor.
    pub(super) fn page_at(&self, cursor: &str) -> String {
        crate::request::href_with(&self.uri, "cursor", cursor)
    }
}

/// Where a call comes from.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    from: IpAddr,
    /// From this computer, and by its own name.
    here: bool,
}

impl Caller {
    pub(super) fn of(request: &Request) -> Self {
        Self { from: client(request.extensions().get::<Client>()), here: is_here(request) }
    }
}

/// Runs an operation; whatever happens is told as JSON.
pub(super) async fn answer(
    api: &Arc<Api>,
    operation: &'static Operation,
    caller: Caller,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let holder = holder(api, &parts.headers).await;
    let key = match &holder {
        Ok(Some(holder)) => Some(Key::Token(holder.token.clone())),
        _ => Key::of(caller.from),
    };
    let left = key.map(|key| api.counts.enter(key));
    let outcome = match left {
        Some(Err(wait)) => Err(Problem::new(Kind::Often).after(wait)),
        _ => run(api, operation, caller, (&parts.uri, &parts.headers, body), holder).await,
    };
    let reads = operation.verb == Verb::Get;
    let mut response = match outcome {
        Ok(answer) => {
            let status = StatusCode::from_u16(operation.status).unwrap_or_default();
            answer.respond(status, &parts.headers, reads)
        }
        Err(problem) => problem.answer(&api.app, &parts.uri, &parts.headers),
    };
    if let Some(left) = left {
        limit::say(response.headers_mut(), left);
    }
    if operation.is_open() {
        open(response.headers_mut());
    }
    response
}

async fn run(
    api: &Arc<Api>,
    operation: &'static Operation,
    caller: Caller,
    (uri, headers, body): (&Uri, &HeaderMap, Body),
    holder: Result<Option<Holder>, Problem>,
) -> Result<Answer, Problem> {
    let wanted = accepts(operation, headers)?;
    let holder = admit(api, operation, caller, holder)?;
    let lang = lang_of(uri, headers);
    let values = values(operation, lang, uri, headers)?;
    let (body, sent) = match &operation.takes {
        Takes::Nothing => (Bytes::new(), Sent::none()),
        Takes::Json(_) => (read_body(headers, body).await?, Sent::none()),
        Takes::Bytes(carried) => (Bytes::new(), Sent::of(headers, body, *carried)?),
    };
    let (api, address) = (Arc::clone(api), reached(&api.app.options, uri, headers));
    let (from, uri) = (caller.from, uri.clone());
    let call = Call { api, lang, from, uri, address, holder, values, body, sent, wanted };
    (operation.run)(call).await
}

/// Which of the media types that the operation gives the caller would rather have (RFC 9110 §12.5.1); the first where it is all the
/// same.
fn accepts(operation: &Operation, headers: &HeaderMap) -> Result<&'static str, Problem> {
    let gives = operation.media();
    let stated: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let first = gives.first().copied().unwrap_or_default();
    if stated.is_empty() || gives.is_empty() {
        return Ok(first);
    }
    // Of the ranges that a type lies in, the narrowest gives its weight.
    let weight = |media: &str| {
        let ranges = stated.iter().flat_map(|value| value.split(','));
        let fitting = ranges.filter_map(|range| Some((narrowness(range, media)?, weight_of(range))));
        fitting.max_by_key(|(narrow, _)| *narrow).map_or(0.0, |(_, weight)| weight)
    };
    let mut best = (first, 0.0);
    for media in &gives {
        let weight = weight(media);
        if weight > best.1 {
            best = (media, weight);
        }
    }
    if best.1 > 0.0 { Ok(best.0) } else { Err(Problem::new(Kind::Accept).what(&gives.join(", "))) }
}

/// How narrow a range of media types is that a type lies in; `None` where it does not.
fn narrowness(range: &str, media: &str) -> Option<u8> {
    let range = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let of_kind = range.strip_suffix("/*").is_some_and(|kind| media.split('/').next() == Some(kind));
    let bare = media.split(';').next().unwrap_or_default();
    match range.as_str() {
        "*/*" => Some(0),
        _ if of_kind => Some(1),
        range if range == bare => Some(2),
        _ => None,
    }
}

/// The weight that a range of media types carries.
fn weight_of(range: &str) -> f32 {
    let mut parameters = range.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let stated = parameters.find(|(name, _)| name.trim() == "q");
    stated.map_or(1.0, |(_, value)| value.trim().parse::<f32>().map_or(1.0, |q| q.clamp(0.0, 1.0)))
}

/// Who holds the token that a call carries; nobody where it carries none.
async fn holder(api: &Api, headers: &HeaderMap) -> Result<Option<Holder>, Problem> {
    let Some(stated) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let wrong = || Problem::new(Kind::Token);
    let stated = stated.to_str().map_err(|_| wrong())?;
    let (scheme, token) = stated.split_once(' ').ok_or_else(wrong)?;
    let token = token.trim().to_owned();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > TOKEN_CHARS {
        return Err(wrong());
    }
    if api.desk.is_none() {
        return Err(wrong());
    }
    api.ask_desk(move |desk| desk.token_holder(&token)).await?.map(Some).ok_or_else(wrong)
}

/// Whether a call may come from where it does, by whom it does.
fn admit(
    api: &Api,
    operation: &Operation,
    caller: Caller,
    holder: Result<Option<Holder>, Problem>,
) -> Result<Option<Holder>, Problem> {
    if operation.scopes.is_empty() {
        // A token that does not count is no reason to keep back what everyone may see.
        return Ok(holder.ok().flatten());
    }
    if api.desk.is_none() {
        return Err(Problem::new(Kind::Path));
    }
    if !caller.here && !api.app.options.desk_anywhere {
        return Err(Problem::new(Kind::Elsewhere));
    }
    let holder = holder?.ok_or_else(|| Problem::new(Kind::Token))?;
    if !operation.scopes.iter().any(|scope| holder.scopes.contains(scope)) {
        let wanted: Vec<&str> = operation.scopes.iter().map(|scope| scope.id()).collect();
        return Err(Problem::new(Kind::Scope).what(&wanted.join(", ")));
    }
    Ok(Some(holder))
}

/// The parameters of a call, each checked. What the operation does not know is no way to ask it: a mistyped filter would filter
/// nothing and say so to nobody.
fn values(
    operation: &Operation,
    lang: Lang,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<BTreeMap<&'static str, String>, Problem> {
    let mut problem = Problem::new(Kind::Parameter);
    let mut values = BTreeMap::new();
    let unreadable = || Problem::new(Kind::Parameter).fault("query", wrong(lang, "api.wrong.query"));
    let given = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| unreadable())?.0;
    if given.len() > QUERY_PAIRS {
        return Err(unreadable());
    }
    let mut faulty = false;
    for (name, value) in &given {
        if name == "lang" && matches!(value.as_str(), "zh" | "en") {
            continue;
        }
        let known = operation.params.iter().find(|param| param.place == Place::Query && param.name == name);
        let fault = match known {
            None => Some("api.wrong.unknown"),
            Some(param) if !param.shape.takes(value) => Some("api.wrong.value"),
            Some(param) => values.insert(param.name, value.clone()).map(|_| "api.wrong.twice"),
        };
        if let Some(key) = fault {
            (problem, faulty) = (problem.fault(name, wrong(lang, key)), true);
        }
    }
    for param in operation.params {
        let value = match param.place {
            Place::Path => in_path(operation.path, uri.path(), param.name),
            Place::Header => {
                let mut all = headers.get_all(param.name).iter();
                let first = all.next().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
                first.filter(|_| all.next().is_none())
            }
            Place::Query => continue,
        };
        match value {
            Some(value) if param.shape.takes(&value) => drop(values.insert(param.name, value)),
            None if param.place == Place::Header => return Err(Problem::new(Kind::Precondition)),
            _ => (problem, faulty) = (problem.fault(param.name, wrong(lang, "api.wrong.value")), true),
        }
    }
    if faulty { Err(problem) } else { Ok(values) }
}

/// The part of a path that stands where the pattern has `{name}`, decoded.
fn in_path(pattern: &str, path: &str, name: &str) -> Option<String> {
    let place = pattern
        .split('/')
        .position(|part| part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) == Some(name))?;
    let part = path.strip_prefix(ROOT)?.split('/').nth(place)?;
    let wrapped: Uri = format!("/?v={part}").parse().ok()?;
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(&wrapped).ok()?.0;
    match pairs.as_slice() {
        [(_, value)] => Some(value.clone()),
        _ => None,
    }
}

async fn read_body(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(Kind::Media).what("application/json"));
    }
    to_bytes(body, API_BODY_BYTES).await.map_err(|_| Problem::new(Kind::Large))
}

/// A method that a path has not; or, where a page of another site asks which it may use, the answer to that.
pub(super) fn other_method(api: &Api, operations: &[&Operation], request: &Request) -> Response {
    let reads = operations.iter().any(|operation| operation.verb == Verb::Get);
    let own = operations.iter().map(|operation| operation.verb.id());
    let allow: Vec<&str> = own.chain(reads.then_some("HEAD")).chain(["OPTIONS"]).collect();
    let allow = allow.join(", ");
    if request.method() == axum::http::Method::OPTIONS {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        if let Ok(allow) = HeaderValue::from_str(&allow) {
            headers.insert(header::ALLOW, allow);
        }
        if operations.iter().any(|operation| operation.is_open()) {
            open(headers);
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
            let asks = HeaderValue::from_static("accept, accept-language, if-none-match");
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asks);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
        }
        return response;
    }
    let what = request.method().as_str();
    let problem = Problem::new(Kind::Method).what(what).allow(allow);
    problem.answer(&api.app, request.uri(), request.headers())
}

/// Lets pages of other sites read what anyone may; no cookie and no token goes with it.
fn open(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_path_is_read_where_it_stands() {
        let read = |path: &str, name: &str| in_path("/listings/{id}/files/{hash}", path, name);
        assert_eq!(read("/api/v1/listings/ab/files/cd", "id").as_deref(), Some("ab"));
        assert_eq!(read("/api/v1/listings/ab/files/c%64", "hash").as_deref(), Some("cd"));
        assert_eq!(read("/api/v1/listings/a&b/files/cd", "id"), None);
        assert_eq!(read("/elsewhere", "id"), None);
    }

    #[test]
    fn ranges_of_media_types_are_read_with_their_weights() {
        let operation = super::super::table::operations().find(|one| one.id == "listing").unwrap();
        let taken = |accept: &str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            accepts(operation, &headers).is_ok()
        };
        for accept in
            ["*/*", "application/json", "application/*;q=0.1", "text/html, */*;q=0.1", "Application/JSON"]
        {
            assert!(taken(accept), "{accept}");
        }
        for accept in ["text/html", "application/json;q=0", "image/*", ""] {
            assert!(!taken(accept), "{accept}");
        }
    }
}
