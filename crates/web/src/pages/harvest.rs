//! `/oai`: the public listings for harvesters, by OAI-PMH 2.0. Answers are XML whatever language the asker reads; what the protocol
//! has no word for (not ready, too busy, failed) is told by the status, as its §3.1.2 wants.

use std::sync::Arc;

use axum::extract::{Form, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::message;
use crate::address::origin;
use crate::app::App;
use crate::limits::NAME_CHARS;
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::Place;
use crate::text::tidy_line;

/// Where it is.
pub(crate) const PATH: &str = "/oai";

/// Seconds after which a harvester is to ask again: what keeps it waiting takes a few.
const RETRY_AFTER: &str = "5";

pub(crate) async fn asked(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = pairs(request.uri());
    answer(&app, request.uri(), request.headers(), asked).await
}

pub(crate) async fn posted(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
    Form(asked): Form<Vec<(String, String)>>,
) -> Response {
    answer(&app, &uri, &headers, asked).await
}

async fn answer(app: &App, uri: &Uri, headers: &HeaderMap, asked: Vec<(String, String)>) -> Response {
    let base = base(app, uri, headers);
    match app.ask(move |source| source.harvest(&asked, &base)).await {
        Ok(Some(xml)) => ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], xml).into_response(),
        Ok(None) => {
            let place = Place::of(uri, headers);
            message::page(app, &place, &Refusal::NoPage(tidy_line(uri.path(), NAME_CHARS)))
        }
        Err(refusal) => {
            let status = refusal.status();
            let retry =
                (status == StatusCode::SERVICE_UNAVAILABLE).then_some([(header::RETRY_AFTER, RETRY_AFTER)]);
            (status, retry, format!("{refusal}\n")).into_response()
        }
    }
}

/// The address that harvesters know it by: as the configuration has it, else as this request came.
fn base(app: &App, uri: &Uri, headers: &HeaderMap) -> String {
    format!("{}{PATH}", origin(&app.options, uri, headers))
}

/// The schema of the full form.
pub(crate) async fn schema(State(app): State<Arc<App>>) -> Response {
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], app.source.harvest_schema()).into_response()
}
