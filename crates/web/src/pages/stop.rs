//! `/stop/{token}`: whoever gets the mails of a saved search ends them, with a button or by their mail program (RFC 8058).
//!
//! The token stands in those mails alone; it is all that is needed, since a mailbox has no account here.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use catalog::words::say;

use super::{draw, message};
use crate::app::App;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};

/// Digits of a token.
const TOKEN: usize = 32;

#[derive(Template)]
#[template(path = "stop.html")]
struct Page {
    shell: Shell,
    path: String,
    text: &'static str,
    /// Whether there is something to stop.
    open: bool,
}

/// Whether forms sent there end mails.
pub(crate) fn stops(uri: &Uri) -> bool {
    token(uri.path()).is_some()
}

fn token(path: &str) -> Option<&str> {
    let token = path.strip_prefix("/stop/")?;
    (token.len() == TOKEN && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))).then_some(token)
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let place = Place::of(&head.uri, &head.headers);
    let mut response = match answer(&app, &place, &head.uri, head.method == Method::POST).await {
        Ok(response) => response,
        Err(refusal) => message::page(&app, &place, &refusal),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn answer(app: &App, place: &Place, uri: &Uri, stop: bool) -> Result<Response, Refusal> {
    let missing = || Refusal::NoPage(String::new());
    let watches = app.watches.clone().ok_or_else(missing)?;
    let asked = token(uri.path()).ok_or_else(missing)?.to_owned();
    let known =
        app.ask(move |_| if stop { watches.stop_mails(&asked) } else { watches.may_stop(&asked) }).await?;
    let key = match (known, stop) {
        (true, true) => "stop.done",
        (true, false) => "stop.text",
        (false, _) => "stop.none",
    };
    let mut shell = Shell::new(app, place, say(place.lang, "stop.title"), None);
    (shell.indexed, shell.search_in_head) = (false, false);
    let page = Page { shell, path: uri.path().to_owned(), text: say(place.lang, key), open: known && !stop };
    Ok(draw(if known { StatusCode::OK } else { StatusCode::NOT_FOUND }, &page, place.lang))
}
