//! The first account, made by whoever has the link that the node gave its operator.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::say;

use super::{Trouble, shell, sign_in};
use crate::desk::Bench;
use crate::desk::gate::{Away, Fields};
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::request::pairs;
use crate::shell::{Place, Shell};
use crate::text::tidy_line;

#[derive(Template)]
#[template(path = "desk/setup.html")]
struct Page {
    shell: Shell,
    /// Whether the link still makes an account.
    open: bool,
    key: String,
    name: String,
    trouble: Option<Trouble>,
}

fn page(
    bench: &Bench,
    place: &Place,
    status: StatusCode,
    key: &str,
    form: Option<(&str, Option<Trouble>)>,
) -> Response {
    let shell = shell(&bench.app, place, "desk.setup.title", None);
    let open = form.is_some();
    let (name, trouble) = form.unwrap_or_default();
    let (key, name) = (tidy_line(key, NAME_CHARS), tidy_line(name, NAME_CHARS));
    draw(status, &Page { shell, open, key, name, trouble }, place.lang)
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let key = pairs(&uri).into_iter().find(|(name, _)| name == "key").map(|(_, key)| key).unwrap_or_default();
    let asked = key.clone();
    match bench.ask(move |desk| desk.may_set_up(&asked)).await {
        Ok(true) => page(&bench, &place, StatusCode::OK, &key, Some(("", None))),
        Ok(false) => page(&bench, &place, StatusCode::FORBIDDEN, "", None),
        Err(refusal) => Away::Refused(refusal).answer(&bench, &place),
    }
}

pub(in crate::desk) async fn make(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let fields = Fields::new(given);
    let [key, name, password, again] =
        ["key", "name", "password", "again"].map(|field| fields.get(field).to_owned());
    if password != again {
        let trouble = Trouble {
            message: say(place.lang, "desk.setup.differ").to_owned(),
            hint: say(place.lang, "desk.setup.differ.hint").to_owned(),
        };
        return page(&bench, &place, StatusCode::UNPROCESSABLE_ENTITY, &key, Some((&name, Some(trouble))));
    }
    let asked = (key.clone(), name.clone());
    match bench.ask(move |desk| desk.set_up(&asked.0, &asked.1, &password)).await {
        Ok(Ok(Some(clerk))) => sign_in::begin(&bench, &place, &clerk.name),
        Ok(Ok(None)) => page(&bench, &place, StatusCode::FORBIDDEN, "", None),
        Ok(Err(said)) => {
            let trouble = Trouble::of(place.lang, &said);
            page(&bench, &place, StatusCode::UNPROCESSABLE_ENTITY, &key, Some((&name, Some(trouble))))
        }
        Err(refusal) => Away::Refused(refusal).answer(&bench, &place),
    }
}
