//! `/feed.atom`, `/feed.json`: a search as a feed, with the same words and filters as its page; `/catalog.jsonld`: what the node
//! offers, for catalogues. Whoever comes again is told with a few bytes that nothing changed (RFC 9110 §13).

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use catalog::Lang;
use catalog::words::{fill, say};

use super::message;
use crate::address::origin;
use crate::app::App;
use crate::labels;
use crate::limits::NAME_CHARS;
use crate::refusal::Refusal;
use crate::request::{SearchRequest, Sort};
use crate::shell::Place;
use crate::text::tidy_line;
use crate::view::{Fed, FeedAsk, FeedForm};

/// Where the catalogue is.
pub(crate) const CATALOGUE: &str = "/catalog.jsonld";
/// Media type of JSON-LD 1.1.
pub(crate) const LINKED: &str = "application/ld+json";
/// Digits of the token of a saved search's feed.
const TOKEN: usize = 32;
/// How long a reader need not ask again, seconds: what is new is no newer than this.
const FRESH: &str = "public, max-age=60";

/// A link to a feed of what a page shows.
pub(crate) struct Alternate {
    pub(crate) title: String,
    pub(crate) name: &'static str,
    pub(crate) media: &'static str,
    pub(crate) href: String,
}

/// Links to feeds of a search, whichever page of it is looked at.
pub(crate) fn of(lang: Lang, request: &SearchRequest) -> Vec<Alternate> {
    let first = request.with(|request| request.sort = Sort::default());
    let parameters = first.parameters();
    let link = |form: FeedForm| Alternate {
        title: fill(lang, "feed.link", &[("form", form.name()), ("what", &heading(lang, request))]),
        name: form.name(),
        media: form.media(),
        href: address(form, &parameters),
    };
    FeedForm::ALL.into_iter().map(link).collect()
}

fn address(form: FeedForm, parameters: &str) -> String {
    if parameters.is_empty() { form.path().to_owned() } else { format!("{}?{parameters}", form.path()) }
}

/// What a feed of a search is called.
pub(crate) fn heading(lang: Lang, request: &SearchRequest) -> String {
    match (request.hall, request.text.is_empty()) {
        (_, false) => fill(lang, "list.search", &[("text", &request.text)]),
        (Some(hall), true) => labels::hall(lang, hall).to_owned(),
        (None, true) => match &request.kind {
            Some(kind) => labels::kinds(lang, kind),
            None => say(lang, "list.all").to_owned(),
        },
    }
}

pub(crate) async fn atom(State(app): State<Arc<App>>, request: Request) -> Response {
    feed(&app, &request.into_parts().0, FeedForm::Atom).await
}

pub(crate) async fn json(State(app): State<Arc<App>>, request: Request) -> Response {
    feed(&app, &request.into_parts().0, FeedForm::Json).await
}

async fn feed(app: &App, head: &Parts, form: FeedForm) -> Response {
    let place = Place::of(&head.uri, &head.headers);
    let asked = SearchRequest::from_uri(&head.uri);
    let (base, zh) = (origin(&app.options, &head.uri, &head.headers), place.lang == Lang::Zh);
    let answer = app.ask(move |source| source.feed(&asked, FeedAsk { form, zh, base: &base })).await;
    sent(app, head, answer, form.media())
}

/// `/feed/{token}.atom`, `/feed/{token}.json`: what somebody's saved search found.
pub(crate) async fn watch(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let place = Place::of(&head.uri, &head.headers);
    let file = head.uri.path().strip_prefix("/feed/").unwrap_or_default();
    let form = FeedForm::ALL.into_iter().find(|form| file.ends_with(&format!(".{}", form.ending())));
    let token = file.split('.').next().unwrap_or_default().to_owned();
    let (base, zh) = (origin(&app.options, &head.uri, &head.headers), place.lang == Lang::Zh);
    let Some(form) = form.filter(|_| token.len() == TOKEN) else {
        return message::page(&app, &place, &Refusal::NoPage(String::new()));
    };
    let answer = app.ask(move |source| source.watch_feed(&token, FeedAsk { form, zh, base: &base })).await;
    let mut response = sent(&app, &head, answer, form.media());
    // Its address is its key: it stands in nobody else's store, and follows no link.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

pub(crate) async fn catalogue(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let base = origin(&app.options, &head.uri, &head.headers);
    let answer = app.ask(move |source| source.catalogue(&base)).await;
    sent(&app, &head, answer, LINKED)
}

/// A document for programs, or why there is none.
pub(crate) fn sent(
    app: &App,
    head: &Parts,
    answer: Result<Option<Fed>, Refusal>,
    media: &'static str,
) -> Response {
    match answer {
        Ok(Some(fed)) => conditional(fed, &head.headers, media),
        Ok(None) => {
            let place = Place::of(&head.uri, &head.headers);
            message::page(app, &place, &Refusal::NoPage(tidy_line(head.uri.path(), NAME_CHARS)))
        }
        Err(refusal) => (refusal.status(), format!("{refusal}\n")).into_response(),
    }
}

fn conditional(fed: Fed, asked: &HeaderMap, media: &'static str) -> Response {
    // Weak, since the same may be sent compressed.
    let tag = format!("W/\"{}\"", fed.tag);
    let since = modified(fed.since_s);
    let text = |name: header::HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    let known = match text(header::IF_NONE_MATCH) {
        Some(tags) => {
            tags.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == &tag[2..])
        }
        // A reader sends back what it was given (RFC 9110 §13.1.3).
        None => since.is_some() && text(header::IF_MODIFIED_SINCE) == since.as_deref(),
    };
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, media)], fed.bytes).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FRESH));
    headers.insert(header::VARY, HeaderValue::from_static("cookie, accept-encoding"));
    let stamps = [(header::ETAG, Some(tag)), (header::LAST_MODIFIED, since)];
    for (name, value) in stamps.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

/// A second as HTTP tells it; nothing while it lasts, since what changes within it would have the same one.
fn modified(at_s: u64) -> Option<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    (at_s > 0 && at_s < now).then(|| crate::text::http_date(at_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(header::HeaderName, &'static str)]) -> StatusCode {
        let asked =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let fed = Fed { bytes: b"x".to_vec(), tag: "ab".to_owned(), since_s: 1_795_806_464 };
        conditional(fed, &asked, LINKED).status()
    }

    #[test]
    fn who_has_it_already_gets_no_copy() {
        use header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};
        let same = [
            &[(IF_NONE_MATCH, "W/\"ab\"")][..],
            &[(IF_NONE_MATCH, "\"x\", \"ab\"")],
            &[(IF_NONE_MATCH, "*")],
            &[(IF_MODIFIED_SINCE, "Fri, 27 Nov 2026 19:07:44 GMT")],
        ];
        same.iter().for_each(|asked| assert_eq!(answer(asked), StatusCode::NOT_MODIFIED, "{asked:?}"));
        let other = [
            &[][..],
            &[(IF_NONE_MATCH, "\"abc\"")],
            // The tag counts where there is one.
            &[(IF_NONE_MATCH, "\"abc\""), (IF_MODIFIED_SINCE, "Fri, 27 Nov 2026 19:07:44 GMT")],
            &[(IF_MODIFIED_SINCE, "Fri, 27 Nov 2026 19:07:43 GMT")],
        ];
        other.iter().for_each(|asked| assert_eq!(answer(asked), StatusCode::OK, "{asked:?}"));
    }

    #[test]
    fn a_second_that_has_not_passed_is_not_told() {
        assert_eq!(modified(1_795_806_464).as_deref(), Some("Fri, 27 Nov 2026 19:07:44 GMT"));
        assert_eq!((modified(u64::MAX), modified(0)), (None, None));
    }
}
