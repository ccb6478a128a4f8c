//! `/table`: a list of the halls as a table to keep, with the same words and filters as its page.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use catalog::words::say;
use catalog::{Kind, Lang};

use super::message;
use crate::app::App;
use crate::labels;
use crate::limits::NAME_CHARS;
use crate::refusal::Refusal;
use crate::request::{SearchRequest, pairs};
use crate::shell::Place;
use crate::text::tidy_line;
use crate::view::{Bucket, TableForm};

/// Links to the tables of one kind.
pub(super) struct Tables {
    pub(super) label: String,
    /// Ending and address.
    pub(super) forms: Vec<(&'static str, String)>,
}

/// Links to tables of what a search finds: a table holds one kind.
pub(super) fn of(lang: Lang, request: &SearchRequest, kinds: &[Bucket]) -> Vec<Tables> {
    let wanted =
        |kind: &&Bucket| kind.listings > 0 && request.kind.as_ref().is_none_or(|own| *own == kind.value);
    let known = kinds.iter().filter(wanted).filter(|kind| Kind::from_id(&kind.value).is_some());
    let tables = known.map(|kind| {
        let of_kind = request.with(|other| other.kind = Some(kind.value.clone()));
        let query = of_kind.parameters();
        let forms =
            TableForm::ALL.iter().map(|form| (form.id(), format!("/table?{query}&form={}", form.id())));
        Tables { label: labels::kind(lang, &kind.value), forms: forms.collect() }
    });
    tables.collect()
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    match answer(&app, &place, &request) {
        Ok(response) => response,
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

fn answer(app: &App, place: &Place, request: &Request) -> Result<Response, Refusal> {
    let missing = || Refusal::NoPage(tidy_line(request.uri().path(), NAME_CHARS));
    let form = pairs(request.uri()).into_iter().find(|(name, _)| name == "form").map(|(_, form)| form);
    let form = form.and_then(|form| TableForm::from_id(&form)).ok_or_else(missing)?;
    let mut asked = SearchRequest::from_uri(request.uri());
    // A hall of one kind has no filter for it.
    if let Some([only]) = asked.hall.map(catalog::Hall::kinds) {
        asked.kind = Some(only.id().to_owned());
    }
    let kind = asked.kind.as_deref().and_then(Kind::from_id).ok_or_else(missing)?;
    let (source, lang) = (Arc::clone(&app.source), place.lang);
    let body = app.write(move |out| source.table(&asked, form, lang == Lang::Zh, out))?;
    let name = format!("{}.{}", kind.label(lang), form.id());
    Ok(kept(body, form, &name))
}

/// A table as a file to keep.
pub(crate) fn kept(body: axum::body::Body, form: TableForm, name: &str) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media()));
    crate::download::named(&mut response, name);
    response
}

/// The heading above the links.
pub(super) fn heading(lang: Lang) -> &'static str {
    say(lang, "import.tables")
}
