//! One draft: its form, what is wrong with it, and its way.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::say;
use catalog::{Kind, Lang};

use super::{Trouble, shell, state_key};
use crate::desk::Bench;
use crate::desk::gate::{Away, Fields, SignedIn, posted, see, signed_in};
use crate::desk::inputs::{self, Group};
use crate::desk::view::{Act, Done, DraftView, Said};
use crate::labels;
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::pages::listing::files::Files;
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{Place, Shell};
use crate::text::{minute, tidy_line};

#[derive(Template)]
#[template(path = "desk/draft.html")]
struct Page {
    shell: Shell,
    form_key: String,
    id: String,
    title: String,
    kind: String,
    kind_class: &'static str,
    state: &'static str,
    state_class: String,
    by: String,
    changed_ms: i64,
    changed: String,
    groups: Vec<Group>,
    whole: Vec<String>,
    faults: String,
    acts: Vec<(&'static str, &'static str)>,
    files: Files,
    returns: bool,
    reviews: Vec<Step>,
    saved: bool,
    trouble: Option<Trouble>,
}

/// A step of a review.
struct Step {
    what: String,
    by: String,
    when: String,
    reason: String,
    passed: bool,
    holds: bool,
}

pub(in crate::desk) async fn begin(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let (clerk, kind) = (who.clerk, fields.get("kind").to_owned());
        match bench.ask(move |desk| desk.begin(&clerk, &kind)).await? {
            Ok(id) => Ok(see(&format!("/desk/draft/{id}"))),
            Err(_) => Ok(see("/desk")),
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
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
        let saved = pairs(&uri).iter().any(|(name, _)| name == "saved");
        let draft = find(&bench, &who, &id).await?;
        Ok(page(&bench, &place, &who, draft, saved, None))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

pub(super) async fn find(bench: &Bench, who: &SignedIn, id: &str) -> Result<DraftView, Away> {
    let (clerk, asked) = (who.clerk.clone(), id.to_owned());
    let draft = bench.ask(move |desk| desk.draft(&asked, &clerk)).await?;
    draft.ok_or_else(|| Away::Refused(Refusal::NoDraft(tidy_line(id, NAME_CHARS))))
}

/// Saves what was typed, and does what the button says.
pub(in crate::desk) async fn save(
    State(bench): State<Arc<Bench>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        if let Some(response) = keep_typed(&bench, &place, &who, &id, &fields).await? {
            return Ok(response);
        }
        let Some(act) = Act::from_id(fields.get("act"), fields.get("reason")) else {
            return Ok(see(&format!("/desk/draft/{id}?saved=1")));
        };
        let (clerk, asked) = (who.clerk.clone(), id.clone());
        match bench.ask(move |desk| desk.act(&clerk, &asked, &act)).await? {
            Ok(Done::Listing(listing)) => Ok(see(&format!("/listing/{listing}"))),
            Ok(Done::Gone) => Ok(see("/desk/drafts")),
            Ok(Done::Draft(_)) => Ok(see(&format!("/desk/draft/{id}?saved=1"))),
            Err(said) => Ok(troubled(&bench, &place, &who, find(&bench, &who, &id).await?, &said)),
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// Keeps what was typed into a form. What cannot be kept is a page that says why.
pub(super) async fn keep_typed(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    id: &str,
    fields: &Fields,
) -> Result<Option<Response>, Away> {
    let before = find(bench, who, id).await?;
    let texts = typed(&before, fields);
    if fields.get("changed").parse() != Ok(before.line.changed_ms) {
        let draft = DraftView { texts: texts.unwrap_or_default(), ..before };
        let trouble = Trouble {
            message: say(place.lang, "desk.draft.crossed").to_owned(),
            hint: say(place.lang, "desk.draft.crossed.hint").to_owned(),
        };
        return Ok(Some(page(bench, place, who, draft, false, Some(trouble))));
    }
    let Some(texts) = texts.filter(|texts| *texts != before.texts) else { return Ok(None) };
    let (clerk, asked, kept) = (who.clerk.clone(), id.to_owned(), texts.clone());
    match bench.ask(move |desk| desk.save(&clerk, &asked, &kept)).await? {
        Ok(()) => Ok(None),
        Err(said) => Ok(Some(troubled(bench, place, who, DraftView { texts, ..before }, &said))),
    }
}

/// The texts of a form that has any: a button for a draft in review sends none.
fn typed(draft: &DraftView, fields: &Fields) -> Option<std::collections::BTreeMap<String, String>> {
    let kind = Kind::from_id(&draft.line.kind)?;
    if fields.get("form").is_empty() {
        return None;
    }
    let mut texts = inputs::texts(kind, |id| fields.all(id).collect());
    // Line breaks come as CRLF from a form.
    texts.values_mut().for_each(|text| *text = text.replace("\r\n", "\n"));
    Some(texts)
}

pub(super) fn troubled(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    draft: DraftView,
    said: &Said,
) -> Response {
    page(bench, place, who, draft, false, Some(Trouble::of(place.lang, said)))
}

fn act_key(act: &'static str) -> &'static str {
    match act {
        "submit" => "desk.act.submit",
        "pass" => "desk.act.pass",
        "publish" => "desk.act.publish",
        _ => "desk.act.discard",
    }
}

fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    draft: DraftView,
    saved: bool,
    trouble: Option<Trouble>,
) -> Response {
    let lang = place.lang;
    let title = tidy_line(draft.texts.get("title").map(String::as_str).unwrap_or_default(), NAME_CHARS);
    let title = if title.is_empty() { labels::untitled(lang) } else { title };
    let mut shell = shell(&bench.app, place, "desk.draft.title", Some(who));
    shell.title = format!("{title} – {}", shell.title);
    let whole = draft.refused.iter().filter(|remark| remark.field.is_empty());
    let faults = draft.refused.len();
    let status = if trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        shell,
        form_key: who.form_key.clone(),
        id: draft.line.id.clone(),
        title,
        kind: labels::kind(lang, &draft.line.kind),
        kind_class: labels::kind_class(&draft.line.kind),
        state: state_key(&draft.line.state),
        state_class: draft.line.state.clone(),
        by: tidy_line(&draft.line.by, NAME_CHARS),
        changed_ms: draft.line.changed_ms,
        changed: if draft.line.changed_ms > 0 { minute(draft.line.changed_ms, lang) } else { String::new() },
        groups: inputs::groups(lang, &draft),
        whole: whole.map(|remark| lang.pick(&remark.text.0, &remark.text.1).clone()).collect(),
        faults: match faults {
            0 => String::new(),
            n => catalog::words::fill(lang, "desk.drafts.faults", &[("n", &n.to_string())]),
        },
        acts: draft.acts.iter().filter(|act| **act != "return").map(|act| (*act, act_key(act))).collect(),
        files: Files::new(lang, &format!("/desk/draft/{}", draft.line.id), &draft.attachments),
        returns: draft.acts.contains(&"return"),
        reviews: draft.reviews.iter().rev().map(|review| step(lang, review)).collect(),
        saved: saved && trouble.is_none(),
        trouble,
    };
    draw(status, &page, lang)
}

fn step(lang: Lang, review: &crate::desk::view::ReviewView) -> Step {
    Step {
        what: say(lang, state_key(&review.step)).to_owned(),
        by: tidy_line(&review.by, NAME_CHARS),
        when: minute(review.time_ms, lang),
        reason: tidy_line(&review.reason, 500),
        passed: review.passed,
        holds: review.holds,
    }
}
