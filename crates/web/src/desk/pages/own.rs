//! One listing of this institution: what can be done with it, which values wait for a choice, and how it came to say what it
//! says.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::Lang;
use catalog::words::fill;

use super::listings::standing;
use super::{Trouble, shell};
use crate::desk::Bench;
use crate::desk::gate::{Away, Fields, SignedIn, posted, see, signed_in};
use crate::desk::view::{Act, DisputeView, Done, OwnView};
use crate::fields::said;
use crate::labels;
use crate::limits::{NAME_CHARS, STEPS_SHOWN};
use crate::pages::{draw, history};
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{Place, Shell};
use crate::text::{minute, tidy_line};

/// Between the key of a field and the entry that wrote the value chosen: no hash holds it.
const BETWEEN: char = '|';

#[derive(Template)]
#[template(path = "desk/own.html")]
struct Page {
    shell: Shell,
    form_key: String,
    id: String,
    title: String,
    kind: String,
    kind_class: &'static str,
    state: &'static str,
    state_class: &'static str,
    public: bool,
    /// The draft that is to change it; empty where there is none.
    draft: String,
    acts: Vec<(&'static str, &'static str)>,
    purges: bool,
    chooses: bool,
    disputes: Vec<Dispute>,
    steps: Vec<history::Line>,
    earlier: String,
    done: bool,
    trouble: Option<Trouble>,
}

/// A field with several values.
struct Dispute {
    label: String,
    values: Vec<Candidate>,
}

/// One of them.
struct Candidate {
    text: String,
    by: String,
    /// What the form sends for it.
    choice: String,
}

pub(in crate::desk) async fn show(
    State(bench): State<Arc<Bench>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        let done = pairs(&uri).iter().any(|(name, _)| name == "done");
        page(&bench, &place, &who, (&id, history::before(&uri)), (done, None)).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let Some(act) = act_of(&fields) else { return Ok(see(&format!("/desk/listing/{id}"))) };
        let (clerk, asked) = (who.clerk.clone(), id.clone());
        match bench.ask(move |desk| desk.act(&clerk, &asked, &act)).await? {
            Ok(Done::Opened(draft)) => Ok(see(&format!("/desk/draft/{draft}"))),
            Ok(_) => Ok(see(&format!("/desk/listing/{id}?done=1"))),
            Err(said) => {
                let trouble = Trouble::of(place.lang, &said);
                page(&bench, &place, &who, (&id, None), (false, Some(trouble))).await
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

fn act_of(fields: &Fields) -> Option<Act> {
    match fields.get("choose").rsplit_once(BETWEEN) {
        Some((key, entry)) => Some(Act::Choose { key: key.to_owned(), entry: entry.to_owned() }),
        None => Act::from_id(fields.get("act"), fields.get("reason")),
    }
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (id, before): (&str, Option<u64>),
    (done, trouble): (bool, Option<Trouble>),
) -> Result<Response, Away> {
    let (clerk, asked) = (who.clerk.clone(), id.to_owned());
    let found = bench.ask(move |desk| desk.own(&asked, &clerk, before, STEPS_SHOWN)).await?;
    let view = found.ok_or_else(|| Refusal::NoOwnListing(tidy_line(id, NAME_CHARS)))?;
    let status = if trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(draw(status, &drawn(bench, place, who, view, (done, trouble)), place.lang))
}

fn drawn(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    view: OwnView,
    (done, trouble): (bool, Option<Trouble>),
) -> Page {
    let lang = place.lang;
    let title = tidy_line(&view.line.title, NAME_CHARS);
    let title = if title.is_empty() { labels::untitled(lang) } else { title };
    let mut shell = shell(&bench.app, place, "desk.nav.listings", Some(who));
    shell.title = format!("{title} – {}", shell.title);
    let (state, state_class) = standing(&view.line);
    let (steps, earlier) = history::lines(lang, &view.history, &format!("/desk/listing/{}", view.line.id));
    let plain = view.acts.iter().filter_map(|act| Some((*act, act_key(act)?)));
    Page {
        shell,
        form_key: who.form_key.clone(),
        title,
        kind: labels::kind(lang, &view.line.kind),
        kind_class: labels::kind_class(&view.line.kind),
        state,
        state_class,
        public: view.public,
        draft: view.draft.unwrap_or_default(),
        acts: plain.collect(),
        purges: view.acts.contains(&"purge"),
        chooses: view.acts.contains(&"choose"),
        disputes: view.disputes.iter().map(|of| dispute(lang, &view.line.kind, of)).collect(),
        id: view.line.id,
        steps,
        earlier,
        done: done && trouble.is_none(),
        trouble,
    }
}

/// The words of what a button of its own does.
fn act_key(act: &str) -> Option<&'static str> {
    match act {
        "revise" => Some("desk.act.revise"),
        "withdraw" => Some("desk.act.withdraw"),
        "show" => Some("desk.act.show"),
        _ => None,
    }
}

fn dispute(lang: Lang, kind: &str, of: &DisputeView) -> Dispute {
    let (label, texts) = said(lang, kind, &of.fields);
    let key = of.fields.first().map_or("", |field| field.key.as_str());
    let rows = texts.into_iter().zip(&of.entries).zip(&of.writers);
    let values = rows.map(|((text, entry), writer)| Candidate {
        text,
        by: fill(
            lang,
            "desk.own.written",
            &[
                ("institution", &tidy_line(&writer.institution, NAME_CHARS)),
                ("when", &minute(writer.signed_ms, lang)),
            ],
        ),
        choice: format!("{key}{BETWEEN}{entry}"),
    });
    Dispute { label, values: values.collect() }
}
