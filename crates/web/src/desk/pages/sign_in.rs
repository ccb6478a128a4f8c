//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::{fill, say};

use super::shell;
use crate::desk::Bench;
use crate::desk::gate::{Away, Client, Fields, client, posted, see, see_with_session, signed_in, token};
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::tidy_line;

#[derive(Template)]
#[template(path = "desk/sign_in.html")]
struct Page {
    shell: Shell,
    name: String,
    wrong: String,
    /// Whether nobody has an account yet.
    fresh: bool,
}

async fn page(bench: &Bench, place: &Place, status: StatusCode, name: &str, wrong: String) -> Response {
    let fresh = match bench.ask(|desk| desk.is_new()).await {
        Ok(fresh) => fresh,
        Err(refusal) => return Away::Refused(refusal).answer(bench, place),
    };
    let shell = shell(&bench.app, place, "desk.sign_in.title", None);
    draw(status, &Page { shell, name: tidy_line(name, NAME_CHARS), wrong, fresh }, place.lang)
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    match signed_in(&bench, &headers).await {
        Ok(_) => see("/desk"),
        Err(Away::Refused(refusal)) => Away::Refused(refusal).answer(&bench, &place),
        Err(Away::To(_)) => page(&bench, &place, StatusCode::OK, "", String::new()).await,
    }
}

pub(in crate::desk) async fn enter(
    State(bench): State<Arc<Bench>>,
    from: Option<Extension<Client>>,
    uri: Uri,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let (fields, from) = (Fields::new(pairs), client(from.as_deref()));
    let (name, password) = (fields.get("name").to_owned(), fields.get("password").to_owned());
    let wait = bench.throttle.wait(&name, from);
    if !wait.is_zero() {
        let seconds = wait.as_secs().saturating_add(1).to_string();
        let wrong = fill(place.lang, "desk.sign_in.wait", &[("n", &seconds)]);
        return page(&bench, &place, StatusCode::TOO_MANY_REQUESTS, &name, wrong).await;
    }
    // Few at once, since each takes memory; counted as wrong until it is right, so that many at once gain nothing.
    bench.throttle.wrong(&name, from);
    let Ok(_turn) = bench.checks.acquire().await else {
        return Away::Refused(Refusal::Busy).answer(&bench, &place);
    };
    let asked = name.clone();
    match bench.ask(move |desk| desk.sign_in(&asked, &password)).await {
        Ok(Some(clerk)) => {
            bench.throttle.right(&name, from);
            begin(&bench, &place, &clerk.name)
        }
        Ok(None) => {
            let wrong = say(place.lang, "desk.sign_in.wrong").to_owned();
            page(&bench, &place, StatusCode::UNAUTHORIZED, &name, wrong).await
        }
        Err(refusal) => Away::Refused(refusal).answer(&bench, &place),
    }
}

/// Begins a session and leads to the desk.
pub(super) fn begin(bench: &Bench, place: &Place, name: &str) -> Response {
    match bench.sessions.begin(name) {
        Ok(token) => see_with_session("/desk", Some(&token)),
        Err(error) => Away::Refused(error.into()).answer(bench, place),
    }
}

pub(in crate::desk) async fn leave(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    // Whoever has no session any more is out already.
    match posted(&bench, &headers, pairs).await {
        Ok((who, _)) => {
            let told = bench.ask(move |desk| desk.signed_out(&who.clerk)).await;
            if let Err(refusal) = told {
                return Away::Refused(refusal).answer(&bench, &place);
            }
        }
        Err(away @ Away::Refused(_)) => return away.answer(&bench, &place),
        Err(Away::To(_)) => {}
    }
    if let Some(token) = token(&headers) {
        bench.sessions.end(&token);
    }
    see_with_session("/desk/sign-in", None)
}
