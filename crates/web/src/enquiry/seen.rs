//! `/enquiry/{token}`: what has become of an enquiry, for whoever has its address.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use catalog::words::{fill, say};

use super::EnquiryView;
use crate::app::App;
use crate::labels;
use crate::limits::{NAME_CHARS, REPEATED_CHARS};
use crate::pages::{draw, message};
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::{minute, stamp, tidy, tidy_line};

/// Digits of a token.
const TOKEN: usize = 32;

#[derive(Template)]
#[template(path = "enquiry/seen.html")]
struct Page {
    shell: Shell,
    listing: String,
    title: String,
    steps: Vec<Step>,
    message: String,
    answers: Vec<Answer>,
    /// It was closed, and nothing was answered.
    closed: bool,
    again: String,
}

/// A step on the way, done or to come.
struct Step {
    text: String,
    when: String,
    stamp: String,
    done: bool,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) when: String,
    pub(crate) stamp: String,
}

impl Answer {
    pub(crate) fn all(view: &EnquiryView, lang: catalog::Lang) -> Vec<Self> {
        let one = |(text, time_ms): &(String, i64)| Self {
            text: tidy(text, REPEATED_CHARS),
            when: minute(*time_ms, lang),
            stamp: stamp(*time_ms),
        };
        view.answers.iter().map(one).collect()
    }
}

pub(super) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let mut response = match view(&app, request.uri().path()).await {
        Ok(view) => draw(StatusCode::OK, &page(&app, &place, request.uri().path(), &view), place.lang),
        Err(refusal) => message::page(&app, &place, &refusal),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn view(app: &App, path: &str) -> Result<EnquiryView, Refusal> {
    let token = path.strip_prefix("/enquiry/").unwrap_or_default().to_owned();
    if app.enquiries.is_none() || token.len() != TOKEN || !token.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Refusal::NoEnquiry);
    }
    app.ask_enquiries(move |enquiries| enquiries.seen(&token)).await?.ok_or(Refusal::NoEnquiry)
}

fn page(app: &App, place: &Place, path: &str, view: &EnquiryView) -> Page {
    let lang = place.lang;
    let title = tidy_line(&view.line.title, NAME_CHARS * 2);
    let mut shell = Shell::new(app, place, say(lang, "enquiry.seen.title"), None);
    (shell.indexed, shell.search_in_head) = (false, false);
    Page {
        shell,
        listing: tidy_line(&view.listing, NAME_CHARS),
        title: if title.is_empty() { labels::untitled(lang) } else { title },
        steps: steps(view, lang),
        message: tidy(&view.asked.message, REPEATED_CHARS),
        answers: Answer::all(view, lang),
        closed: is_closed(view),
        again: path.to_owned(),
    }
}

/// What was answered after all is answered.
fn is_closed(view: &EnquiryView) -> bool {
    view.answers.is_empty() && view.closed_ms.is_some()
}

fn steps(view: &EnquiryView, lang: catalog::Lang) -> Vec<Step> {
    let institution = tidy_line(&view.line.institution, NAME_CHARS);
    let step = |key: &str, to_come: &str, at: Option<i64>| Step {
        text: fill(lang, if at.is_some() { key } else { to_come }, &[("institution", &institution)]),
        when: at.map(|ms| minute(ms, lang)).unwrap_or_default(),
        stamp: at.map(stamp).unwrap_or_default(),
        done: at.is_some(),
    };
    let last = match is_closed(view) {
        true => step("enquiry.step.closed", "enquiry.step.waits", view.closed_ms),
        false => step("enquiry.step.answered", "enquiry.step.waits", view.answers.first().map(|(_, ms)| *ms)),
    };
    vec![
        step("enquiry.step.sent", "enquiry.step.sent", Some(view.sent_ms)),
        step("enquiry.step.received", "enquiry.step.on_its_way", view.received_ms),
        last,
    ]
}
