//! `/suggest`: what a search that is still being typed may be about, as JSON for the script under a search box. Without the
//! script nobody asks for it.

use super::card::listing_href;
use crate::app::App;
use crate::labels;
use crate::limits::{NAME_CHARS, SUGGESTIONS};
use crate::request::SearchRequest;
use crate::shell::Place;
use crate::text::tidy_line;
use crate::view::Card;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use catalog::Lang;
use catalog::words::fill;
use serde_json::{Value, json};
use std::sync::Arc;

/// `{"v":1,"said":"3 suggestions","items":[{"title","kind","by","href"}]}`. A search that cannot be answered now has no
/// suggestions: the reader is typing, and a fault is told once they ask for results.
pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let search = SearchRequest::from_uri(request.uri());
    let blank = search.text.is_empty();
    let found = if blank { Ok(Vec::new()) } else { app.ask(move |source| source.suggest(&search)).await };
    match found {
        Ok(cards) => answer(StatusCode::OK, place.lang, &cards),
        Err(refusal) => answer(refusal.status(), place.lang, &[]),
    }
}

fn answer(status: StatusCode, lang: Lang, cards: &[Card]) -> Response {
    let items: Vec<Value> = cards
        .iter()
        .take(SUGGESTIONS)
        .map(|card| item(lang, card))
        .filter(|item| item["title"] != "")
        .collect();
    let key = if items.is_empty() { "suggest.none" } else { "suggest.some" };
    let said = fill(lang, key, &[("n", &items.len().to_string())]);
    let body = json!({ "v": 1, "said": said, "items": items }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

fn item(lang: Lang, card: &Card) -> Value {
    json!({
        "title": tidy_line(&card.title, NAME_CHARS),
        "kind": labels::kind(lang, &card.kind),
        "by": tidy_line(&card.institution, NAME_CHARS),
        "href": listing_href(&card.id),
    })
}
