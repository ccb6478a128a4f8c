//! Drafts in a list, and what can be done with several at once.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::say;

use super::{Acted, STATES, Trouble, shell, state_key};
use crate::desk::Bench;
use crate::desk::gate::{Away, Fields, SignedIn, posted, signed_in};
use crate::desk::view::{Act, Clerk, Done, DraftLine, Said};
use crate::labels;
use crate::limits::{ACTS_AT_ONCE, DESK_PAGE, NAME_CHARS};
use crate::pages::draw;
use crate::refusal::Refusal;
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
    /// How many more there are than are shown.
    more: usize,
    more_text: String,
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

fn state_of(uri: &Uri) -> Option<String> {
    let asked = pairs(uri).into_iter().find(|(name, _)| name == "state").map(|(_, state)| state)?;
    STATES.contains(&asked.as_str()).then_some(asked)
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        page(&bench, &place, &who, state_of(&uri), Acted::none()).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    state: Option<String>,
    acted: Acted,
) -> Result<Response, Away> {
    let lang = place.lang;
    let asked = state.clone();
    let (total, drafts) = bench.ask(move |desk| desk.drafts(asked.as_deref(), DESK_PAGE)).await?;
    let more = total.saturating_sub(drafts.len());
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
        lines: drafts.into_iter().map(|draft| line(lang, draft)).collect(),
        more,
        more_text: catalog::words::fill(lang, "desk.drafts.more", &[("n", &more.to_string())]),
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
        let (who, fields) = posted(&bench, &headers, given).await?;
        let outcomes = act_on_all(&bench, &who, &fields).await?;
        let state = Some(fields.get("state").to_owned()).filter(|state| STATES.contains(&state.as_str()));
        page(&bench, &place, &who, state, Acted::of(place.lang, &outcomes)).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

/// Acts on all that a form has ticked; what became of each, under its title.
pub(super) async fn act_on_all(
    bench: &Bench,
    who: &SignedIn,
    fields: &Fields,
) -> Result<Vec<(String, Result<Done, Said>)>, Refusal> {
    let Some(act) = Act::from_id(fields.get("act"), fields.get("reason")) else { return Ok(Vec::new()) };
    let ids: Vec<String> = fields.all("id").take(ACTS_AT_ONCE).map(str::to_owned).collect();
    let mut outcomes = Vec::with_capacity(ids.len());
    for id in ids {
        let (clerk, act) = (who.clerk.clone(), act.clone());
        let title = fields.get(&format!("title-{id}")).to_owned();
        let outcome = bench.ask(move |desk| desk.act(&clerk, &id, &act)).await?;
        outcomes.push((title, outcome));
    }
    Ok(outcomes)
}
