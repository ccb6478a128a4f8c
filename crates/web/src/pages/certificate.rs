//! `/listing/{id}/certificate.pdf`: the certificate of a listing, made when it is asked for.

use super::listing::document_id;
use super::message;
use crate::address::reached;
use crate::app::App;
use crate::limits::NAME_CHARS;
use crate::refusal::Refusal;
use crate::shell::Place;
use crate::text::tidy_line;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Digits of the id in the name under which a browser keeps the file.
const NAME_DIGITS: usize = 12;

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let path = request.uri().path();
    let given = path.strip_prefix("/listing/").and_then(|rest| rest.strip_suffix("/certificate.pdf"));
    let Some(id) = given.and_then(document_id) else {
        let given = given.unwrap_or_default();
        return message::page(&app, &place, &Refusal::NoListing(tidy_line(given, NAME_CHARS)));
    };
    let Some(turn) = app.turn_to_draw().await else { return message::page(&app, &place, &Refusal::Busy) };
    let (asked, address) = (id.clone(), reached(&app.options, request.uri(), request.headers()));
    let made = app.ask(move |source| {
        let _turn = turn;
        source.certificate(&asked, address.as_ref())
    });
    match made.await {
        Ok(Some(pdf)) => {
            let digits: String = id.chars().take(NAME_DIGITS).collect();
            let name = format!("attachment; filename=\"lianshi-{digits}.pdf\"");
            let headers =
                [(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, name)];
            (headers, pdf).into_response()
        }
        Ok(None) => message::page(&app, &place, &Refusal::NoListing(id)),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}
