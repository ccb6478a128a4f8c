//! Listings of this institution.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::drafts::act_on_all;
use super::{Acted, Trouble, shell};
use crate::desk::Bench;
use crate::desk::gate::{Away, SignedIn, posted, signed_in};
use crate::labels;
use crate::limits::{DESK_PAGE, NAME_CHARS};
use crate::pages::draw;
use crate::request::pairs;
use crate::shell::{Place, Shell};
use crate::text::{count, minute, tidy_line};

/// Pages of the list that can be asked for.
const LAST_PAGE: usize = 10_000;

#[derive(Template)]
#[template(path = "desk/listings.html")]
struct Page {
    shell: Shell,
    form_key: String,
    total: String,
    lines: Vec<Line>,
    page: usize,
    before: String,
    after: String,
    reviews: bool,
    done: String,
    troubles: Vec<Trouble>,
}

struct Line {
    id: String,
    title: String,
    kind: String,
    kind_class: &'static str,
    state: &'static str,
    state_class: &'static str,
    disputed: bool,
    changed: String,
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let asked =
        pairs(&uri).into_iter().find(|(name, _)| name == "page").and_then(|(_, page)| page.parse().ok());
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        page(&bench, &place, &who, asked.unwrap_or(1), Acted::none()).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    page: usize,
    acted: Acted,
) -> Result<Response, Away> {
    let (lang, page) = (place.lang, page.clamp(1, LAST_PAGE));
    let offset = (page - 1) * DESK_PAGE;
    let (total, listings) = bench.ask(move |desk| desk.listings(offset, DESK_PAGE)).await?;
    let lines = listings.into_iter().map(|own| {
        let title = tidy_line(&own.title, NAME_CHARS);
        let (state, state_class) = match (own.hidden, own.withdrawn) {
            (true, _) => ("desk.state.hidden", "state-bad"),
            (_, true) => ("desk.state.withdrawn", "state-wait"),
            _ => ("desk.state.published", "state-good"),
        };
        Line {
            title: if title.is_empty() { labels::untitled(lang) } else { title },
            kind: labels::kind(lang, &own.kind),
            kind_class: labels::kind_class(&own.kind),
            changed: minute(own.updated_ms, lang),
            id: own.id,
            disputed: own.disputed,
            state,
            state_class,
        }
    });
    let link = |page: usize| format!("/desk/listings?page={page}");
    let page = Page {
        shell: shell(&bench.app, place, "desk.nav.listings", Some(who)),
        form_key: who.form_key.clone(),
        total: count(total),
        lines: lines.collect(),
        page,
        before: if page > 1 { link(page - 1) } else { String::new() },
        after: if ((offset + DESK_PAGE) as u64) < total { link(page + 1) } else { String::new() },
        reviews: who.clerk.reviews(),
        done: acted.done,
        troubles: acted.troubles,
    };
    Ok(draw(StatusCode::OK, &page, lang))
}

pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let outcomes = act_on_all(&bench, &who, &fields).await?;
        let asked = fields.get("page").parse().unwrap_or(1);
        page(&bench, &place, &who, asked, Acted::of(place.lang, &outcomes)).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}
