//! Drafts in a list, and what can be done with several at once.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::say;

use super::bulk::{Bulk, all_text, bulk};
use super::{Acted, Paging, STATES, Trouble, asked, shell, state_key};
use crate::desk::Bench;
use crate::desk::gate::{Away, SignedIn, posted, see, signed_in};
use crate::desk::view::{Clerk, DraftLine, Selection};
use crate::labels;
use crate::limits::{DESK_PAGE, LAST_DESK_PAGE, NAME_CHARS};
use crate::pages::draw;
use crate::request::pairs;
use crate::shell::{Link, Place, Shell};
use crate::text::{minute, tidy_line};

#[derive(Template)]
#[template(path = "desk/drafts.html")]
struct Page {
    shell: Shell,
    form_key: String,
    tabs: Vec<Link>,
    lines: Vec<Line>,
    /// Keys of what is said where the list is empty.
    empty: [&'static str; 2],
    paging: Paging,
    all: String,
    acts: Vec<(&'static str, &'static str)>,
    state: String,
    done: String,
    troubles: Vec<Trouble>,
}

struct Line {
    id: String,
    title: String,
    kind: String,
    kind_class: &'static str,
    state: &'static str,
    state_class: String,
    revises: bool,
    by: String,
    changed: String,
    faults: String,
}

fn line(lang: catalog::Lang, draft: DraftLine) -> Line {
    let title = tidy_line(&draft.title, NAME_CHARS);
    Line {
        id: draft.id,
        title: if title.is_empty() { labels::untitled(lang) } else { title },
        kind: labels::kind(lang, &draft.kind),
        kind_class: labels::kind_class(&draft.kind),
        state: state_key(&draft.state),
        state_class: draft.state,
        revises: draft.revises,
        by: tidy_line(&draft.by, NAME_CHARS),
        changed: if draft.changed_ms > 0 { minute(draft.changed_ms, lang) } else { String::new() },
        faults: if draft.faults > 0 {
            catalog::words::fill(lang, "desk.drafts.faults", &[("n", &draft.faults.to_string())])
        } else {
            String::new()
        },
    }
}

/// What a person may do with several drafts of a state.
fn acts(clerk: &Clerk, state: &str) -> Vec<(&'static str, &'static str)> {
    let mut acts = Vec::new();
    if matches!(state, "" | "writing" | "returned") {
        acts.push(("submit", "desk.act.submit"));
    }
    if clerk.reviews() {
        if matches!(state, "formal" | "department") {
            acts.push(("pass", "desk.act.pass"));
        }
        acts.push(("publish", "desk.act.publish"));
    }
    if matches!(state, "" | "writing" | "returned") {
        acts.push(("discard", "desk.act.discard"));
    }
    acts
}

fn state_of(pairs: &[(String, String)]) -> Option<String> {
    Some(asked(pairs, "state")).filter(|state| STATES.contains(state)).map(str::to_owned)
}

fn page_of(pairs: &[(String, String)]) -> usize {
    asked(pairs, "page").parse().unwrap_or(1).clamp(1, LAST_DESK_PAGE)
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        let asked = pairs(&uri);
        page(&bench, &place, &who, (state_of(&asked), page_of(&asked)), Acted::none()).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (state, number): (Option<String>, usize),
    acted: Acted,
) -> Result<Response, Away> {
    let lang = place.lang;
    let (asked, offset) = (state.clone(), (number - 1) * DESK_PAGE);
    let (total, drafts) = bench.ask(move |desk| desk.drafts(asked.as_deref(), offset, DESK_PAGE)).await?;
    let state = state.unwrap_or_default();
    let tab = |id: &str, key: &str| Link {
        href: if id.is_empty() { "/desk/drafts".to_owned() } else { format!("/desk/drafts?state={id}") },
        label: say(lang, key).to_owned(),
        current: id == state,
    };
    let tabs =
        std::iter::once(tab("", "desk.drafts.all")).chain(STATES.iter().map(|id| tab(id, state_key(id))));
    let page = Page {
        shell: shell(&bench.app, place, "desk.nav.drafts", Some(who)),
        form_key: who.form_key.clone(),
        tabs: tabs.collect(),
        acts: acts(&who.clerk, &state),
        all: all_text(lang, total, drafts.len(), true),
        lines: drafts.into_iter().map(|draft| line(lang, draft)).collect(),
        empty: match state.as_str() {
            "returned" => ["desk.drafts.none.returned", "desk.drafts.none.returned.text"],
            "formal" | "department" => ["desk.drafts.none.review", "desk.drafts.none.review.text"],
            _ => ["desk.drafts.none", "desk.drafts.none.text"],
        },
        paging: Paging::new("/desk/drafts", &[("state", &state)], number, total),
        state,
        done: acted.done,
        troubles: acted.troubles,
    };
    Ok(draw(StatusCode::OK, &page, lang))
}

/// Does one thing with all that are ticked, and shows the list with what became of each.
pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (state, number) = (state_of(&given), page_of(&given));
        let (who, fields) = posted(&bench, &headers, given).await?;
        match bulk(&bench, &who, &fields, Selection::Drafts(state.clone())).await? {
            Bulk::Begun(job) => Ok(see(&format!("/desk/job/{job}"))),
            Bulk::Done(outcomes) => {
                page(&bench, &place, &who, (state, number), Acted::of(place.lang, &outcomes)).await
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}
