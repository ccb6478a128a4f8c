//! What stands before every page: which requests are served at all, and the headers that every answer carries.

use crate::api;
use crate::app::App;
use crate::enquiry::asked_about;
use crate::limits::{
    BODY_BYTES, ENQUIRY_BYTES, FORM_BYTES, NAME_CHARS, REQUEST_WAIT, TABLE_BYTES, UPLOAD_BYTES, UPLOAD_WAIT,
    URI_BYTES,
};
use crate::pages::{harvest, message, stop};
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{CHOICES, Place, asked};
use crate::text::tidy_line;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;

/// Nothing runs but this node's own files, nothing is fetched from elsewhere, nobody frames the pages; forms lead back to
/// this node.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
     script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// First parts of the paths of pages, as traces name them.
const ROOMS: [&str; 17] = [
    "", "list", "hall", "listing", "org", "v", "suggest", "table", "oai", "status", "help", "desk", "api",
    "enquiry", "metrics", "readyz", "healthz",
];

/// Lets a request through to its page or answers with a refusal, and dresses the answer.
pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let place = Place::of(request.uri(), request.headers());
    // Programs keep no cookies: what a call says of its language is for that call.
    let chosen = if api::is_of_api(request.uri()) { Vec::new() } else { chosen(request.uri()) };
    let carries = carries_file(request.uri())
        || carries_table(request.uri())
        || api::file_bytes(request.method(), request.uri()).is_some();
    let wait = if carries { UPLOAD_WAIT } else { REQUEST_WAIT };
    let begun = Instant::now();
    let room = room(request.uri().path());
    let span =
        tracing::info_span!("page", "http.route" = room, "http.response.status_code" = tracing::field::Empty);
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let refused = |refusal| match api::is_of_api(&uri) {
        true => api::refused(&app, refusal, &uri, &headers),
        false => message::page(&app, &place, &refusal),
    };
    let mut response = match admit(&app, &request) {
        Err(refusal) => refused(refusal),
        Ok(()) => match tokio::time::timeout(wait, next.run(request)).instrument(span.clone()).await {
            Ok(response) => response,
            Err(_) => refused(Refusal::Slow),
        },
    };
    dress(response.headers_mut(), &chosen);
    app.traffic.count(response.status(), begun.elapsed());
    span.record("http.response.status_code", response.status().as_u16());
    response
}

/// The first part of a path where that is one of the pages': whatever else is asked for is nobody's name for anything.
fn room(path: &str) -> &str {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if ROOMS.contains(&first) { first } else { "other" }
}

fn admit(app: &App, request: &Request) -> Result<(), Refusal> {
    if request.uri().to_string().len() > URI_BYTES {
        return Err(Refusal::LongAddress);
    }
    let form = form_bytes(app, request);
    if form.is_none() && !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Refusal::Method(tidy_line(request.method().as_str(), NAME_CHARS)));
    }
    if announced_body(request.headers()) > form.map_or(BODY_BYTES, |bytes| bytes) {
        return Err(Refusal::Body);
    }
    let host = host(request.uri(), request.headers());
    let own = app.options.address.as_ref().is_some_and(|address| address.host() == host);
    if !own && !is_served(&app.options.hosts, &host) {
        return Err(Refusal::Host(tidy_line(&host, NAME_CHARS)));
    }
    Ok(())
}

/// Whether forms sent there carry a table.
fn carries_table(uri: &Uri) -> bool {
    uri.path() == "/desk/import/file"
}

/// Bytes of the form that a request may carry; `None` where it may carry none. Forms are for the desk, which has its own guard,
/// for enquiries about a listing, for who wants no more mails, and for harvesters, who may ask so; everywhere else nothing is written.
fn form_bytes(app: &App, request: &Request) -> Option<u64> {
    let (uri, posted) = (request.uri(), *request.method() == Method::POST);
    if let Some(bytes) = api::body_bytes(request.method(), uri) {
        return Some(bytes);
    }
    match posted {
        true if app.has_desk && carries_file(uri) => Some(UPLOAD_BYTES as u64),
        true if app.has_desk && carries_table(uri) => Some(TABLE_BYTES + FORM_BYTES as u64),
        true if app.has_desk && is_of_desk(uri) => Some(FORM_BYTES as u64),
        true if app.enquiries.is_some() && asked_about(uri).is_some() => Some(ENQUIRY_BYTES as u64),
        true if uri.path() == harvest::PATH || stop::stops(uri) => Some(BODY_BYTES),
        _ => None,
    }
}

fn is_of_desk(uri: &Uri) -> bool {
    uri.path() == "/desk" || uri.path().starts_with("/desk/")
}

/// Whether forms sent there carry a file.
fn carries_file(uri: &Uri) -> bool {
    uri.path().starts_with("/desk/draft/") && uri.path().ends_with("/attach")
}

/// Bytes of body that the request announces; an unreadable number counts as too many.
fn announced_body(headers: &HeaderMap) -> u64 {
    let Some(length) = headers.get(header::CONTENT_LENGTH) else { return 0 };
    length.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX)
}

/// The host a request names, without its port: from an absolute target, else from the `Host` header; empty if neither.
pub(crate) fn host(uri: &Uri, headers: &HeaderMap) -> String {
    let named = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authority = uri.authority().map_or(named, |authority| authority.as_str());
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether a host is this node: a loopback name, any IP address (no name can be rebound to that), or a configured name.
fn is_served(names: &[String], host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok()
        || (!host.is_empty()
            && names.iter().any(|name| name.trim_end_matches('.').eq_ignore_ascii_case(host)))
}

/// What the address itself sets, to be remembered: names and values.
fn chosen(uri: &Uri) -> Vec<(&'static str, &'static str)> {
    if uri.query().is_none_or(|query| query.len() > URI_BYTES) {
        return Vec::new();
    }
    let pairs = pairs(uri);
    CHOICES.iter().filter_map(|(name, _)| Some((*name, asked(&pairs, name)?))).collect()
}

fn dress(headers: &mut HeaderMap, chosen: &[(&'static str, &'static str)]) {
    // Files have a stricter one.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers
        .insert("permissions-policy", HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("cookie"));
    }
    for (name, value) in chosen {
        let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_nodes_hosts_are_served() {
        let names = vec!["Market.Example.cn".to_owned()];
        for host in ["localhost", "127.0.0.1", "::1", "10.1.2.3", "market.example.cn", "a.localhost"] {
            assert!(is_served(&names, host), "{host}");
        }
        for host in ["", "evil.example", "market.example.cn.evil.example", "127.0.0.1.evil.example", "0x7f.1"]
        {
            assert!(!is_served(&names, host), "{host}");
        }
    }

    #[test]
    fn a_host_is_read_without_its_port() {
        let read = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(value));
            host(&Uri::from_static("/"), &headers)
        };
        assert_eq!(read("Localhost:8080"), "localhost");
        assert_eq!(read("[::1]:8080"), "::1");
        assert_eq!(read("market.example.cn.:80"), "market.example.cn");
        assert_eq!(host(&Uri::from_static("http://evil.example/x"), &HeaderMap::new()), "evil.example");
        assert_eq!(host(&Uri::from_static("/"), &HeaderMap::new()), "");
    }
}
