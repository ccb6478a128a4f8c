//! A form that comes when its session is over: what was typed is carried on until someone has signed in again.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::shell;
use crate::desk::Bench;
use crate::desk::gate::{FORM_KEY, Fields};
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::shell::{Place, Shell};
use crate::text::tidy_line;

#[derive(Template)]
#[template(path = "desk/resume.html")]
struct Page {
    shell: Shell,
    id: String,
    /// What was sent, but for the key of the session that is over and what the button would have done.
    fields: Vec<(String, String)>,
}

pub(super) fn page(bench: &Bench, place: &Place, id: &str, fields: Fields) -> Response {
    let carried = |(name, _): &(String, String)| !matches!(name.as_str(), FORM_KEY | "act");
    let page = Page {
        shell: shell(&bench.app, place, "desk.resume.title", None),
        id: tidy_line(id, NAME_CHARS),
        fields: fields.into_pairs().into_iter().filter(carried).collect(),
    };
    draw(StatusCode::UNAUTHORIZED, &page, place.lang)
}
