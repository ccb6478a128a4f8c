//! `/listing/{id}/history`: how a listing came to say what it says, field by field. The desk draws the same steps, and knows who
//! of its own stands behind them.

use super::listing::{document_id, step_key};
use super::{draw, message};
use crate::app::App;
use crate::fields::{Change, compare};
use crate::labels;
use crate::limits::{NAME_CHARS, STEPS_SHOWN};
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{Place, Shell};
use crate::text::{minute, short_id, stamp, tidy_line};
use crate::view::{HistoryStep, HistoryView, Step};
use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "history.html")]
struct Page {
    shell: Shell,
    id: String,
    title: String,
    kind: String,
    kind_class: &'static str,
    steps: Vec<Line>,
    /// Where the earlier steps are; empty where there are none.
    earlier: String,
}

/// A step as it is drawn.
pub(crate) struct Line {
    pub(crate) number: u64,
    pub(crate) step: &'static str,
    pub(crate) when: String,
    pub(crate) stamp: String,
    /// The node's institution.
    pub(crate) by: String,
    /// By whose clock, and which key signed it.
    pub(crate) signed: String,
    /// Accounts of this desk; empty on public pages.
    pub(crate) hands: String,
    pub(crate) changes: Vec<Change>,
    /// Whether the changes are folded away: a beginning has all of its fields.
    pub(crate) folded: bool,
}

/// The number from which a page of steps goes back, as its address says.
pub(crate) fn before(uri: &Uri) -> Option<u64> {
    pairs(uri).into_iter().find(|(name, _)| name == "before").and_then(|(_, number)| number.parse().ok())
}

/// The steps of a listing, and the address of those before them.
pub(crate) fn lines(lang: Lang, view: &HistoryView, address: &str) -> (Vec<Line>, String) {
    let lines = view.steps.iter().take(STEPS_SHOWN).map(|step| line(lang, &view.kind, step)).collect();
    let earlier = match view.steps.last() {
        Some(last) if last.number > 1 => format!("{address}?before={}", last.number),
        _ => String::new(),
    };
    (lines, earlier)
}

fn line(lang: Lang, kind: &str, step: &HistoryStep) -> Line {
    let by = tidy_line(&step.institution, NAME_CHARS);
    let by = if by.is_empty() { labels::unnamed(lang) } else { by };
    let names: Vec<String> = step.hands.iter().map(|name| tidy_line(name, NAME_CHARS)).collect();
    let hands = match names.split_first() {
        None => String::new(),
        Some((writer, [])) => fill(lang, "history.hand", &[("name", writer)]),
        Some((writer, reviewers)) => {
            let reviewers = reviewers.join(lang.pick("、", ", "));
            fill(lang, "history.hands", &[("name", writer), ("reviewers", &reviewers)])
        }
    };
    Line {
        number: step.number,
        step: say(lang, step_key(step.step)),
        when: minute(step.signed_ms, lang),
        stamp: stamp(step.signed_ms),
        signed: fill(lang, "history.signed", &[("node", &short_id(&tidy_line(&step.node, NAME_CHARS)))]),
        by,
        hands,
        changes: compare(lang, kind, &step.before, &step.after),
        folded: matches!(step.step, Step::Published),
    }
}

pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    Path(given): Path<String>,
    request: Request,
) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let Some(id) = document_id(&given) else {
        return message::page(&app, &place, &Refusal::NoListing(tidy_line(&given, NAME_CHARS)));
    };
    let (asked, before) = (id.clone(), before(request.uri()));
    match app.ask(move |source| source.history(&asked, before, STEPS_SHOWN)).await {
        Ok(Some(view)) => draw(StatusCode::OK, &page(&app, &place, &view), place.lang),
        Ok(None) => message::page(&app, &place, &Refusal::NoListing(id)),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

fn page(app: &App, place: &Place, view: &HistoryView) -> Page {
    let lang = place.lang;
    let title = tidy_line(&view.title, NAME_CHARS * 2);
    let title = if title.is_empty() { labels::untitled(lang) } else { title };
    let mut shell = Shell::new(app, place, &fill(lang, "history.of", &[("title", &title)]), None);
    shell.indexed = false;
    let (steps, earlier) = lines(lang, view, &format!("/listing/{}/history", view.id));
    Page {
        id: tidy_line(&view.id, NAME_CHARS),
        kind: labels::kind(lang, &view.kind),
        kind_class: labels::kind_class(&view.kind),
        title,
        steps,
        earlier,
        shell,
    }
}
