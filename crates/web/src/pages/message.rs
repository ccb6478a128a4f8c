//! Pages that say why there is no page: what happened, why, what to do next.

use super::draw;
use crate::app::App;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::view::SourceError;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use catalog::words::{fill, say};

#[derive(Template)]
#[template(path = "message.html")]
struct Page {
    shell: Shell,
    code: String,
    title: String,
    text: String,
    next: String,
}

/// Seconds after which asking again makes sense.
const RETRY_SECONDS: &str = "30";

/// The page for a refusal, with its status.
pub(crate) fn page(app: &App, place: &Place, refusal: &Refusal) -> Response {
    if let Refusal::Source(error @ SourceError::Failed(_)) = refusal {
        tracing::error!(%error, "a page has no data");
    }
    let status = refusal.status();
    let what = [("what", refusal.what())];
    let [title, text, next] = refusal.words();
    let title = say(place.lang, title);
    let mut shell = Shell::new(app, place, title, None);
    shell.search_in_head = false;
    shell.indexed = false;
    let page = Page {
        shell,
        code: fill(place.lang, "error.code", &[("code", status.as_str())]),
        title: title.to_owned(),
        text: fill(place.lang, text, &what),
        next: fill(place.lang, next, &what),
    };
    let mut response = draw(status, &page, place.lang);
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        _ => {}
    }
    response
}
