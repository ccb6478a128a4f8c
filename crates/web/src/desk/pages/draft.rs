//! One draft: its form, what is wrong with it, and its way.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::{fill, say};
use catalog::{Kind, Lang};

use super::{Trouble, resume, shell, state_key};
use crate::desk::Bench;
use crate::desk::gate::{Away, Fields, SignedIn, posted, see, signed_in};
use crate::desk::inputs::{self, Group};
use crate::desk::view::{Act, AlikeView, Done, DraftView, RevisionView, Said};
use crate::fields::{Change, compare};
use crate::labels;
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::pages::listing::files::Files;
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{Place, Shell};
use crate::text::{minute, tidy_line};

/// The header of a request by the script that keeps a draft.
const KEEP: &str = "x-keep";

/// Keys of what is said of a form that crosses with another's, and of one from a session that is over.
const CROSSED: [&str; 2] = ["desk.draft.crossed", "desk.draft.crossed.hint"];
const AGAIN: [&str; 2] = ["desk.draft.again", "desk.draft.again.hint"];

/// Texts of a form by field id.
type Texts = BTreeMap<String, String>;

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
    /// Whether a script keeps it while it is written.
    keeps: bool,
    /// When it was saved, in words.
    kept: String,
    revised: Option<Revised>,
    alike: Vec<Alike>,
}

/// What a revision changes.
struct Revised {
    id: String,
    changes: Vec<Change>,
    /// A word on what others changed meanwhile; empty where nobody did.
    crossed: String,
}

/// Something that may be the same.
struct Alike {
    href: String,
    title: String,
    whose: String,
    why: String,
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
        Ok(page(&bench, &place, &who, draft, Shown { saved, ..Shown::default() }))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

pub(super) async fn find(bench: &Bench, who: &SignedIn, id: &str) -> Result<DraftView, Away> {
    let (clerk, asked) = (who.clerk.clone(), id.to_owned());
    let draft = bench.ask(move |desk| desk.draft(&asked, &clerk)).await?;
    draft.ok_or_else(|| Away::Refused(Refusal::NoDraft(tidy_line(id, NAME_CHARS))))
}

/// Saves what was typed, and does what the button says. Whatever goes wrong, what was typed is shown again.
pub(in crate::desk) async fn save(
    State(bench): State<Arc<Bench>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let fields = Fields::new(given);
    let answer = async {
        let who = match signed_in(&bench, &headers).await {
            Err(Away::To(_)) if has_form(&fields) => return Ok(resume::page(&bench, &place, &id, fields)),
            other => other?,
        };
        if let Err(refusal) = fields.check(&who) {
            // It comes from a page of this host, of a session that is over: nothing is done, and nothing is lost.
            let before = find(&bench, &who, &id).await?;
            let mine = typed(&before, &fields).ok_or(refusal)?;
            return Ok(beside(&bench, &place, &who, (before, mine), (AGAIN, StatusCode::OK)));
        }
        if let Some(response) = keep_typed(&bench, &place, &who, &id, &fields).await? {
            return Ok(response);
        }
        act(&bench, &place, &who, &id, &fields, headers.contains_key(KEEP)).await
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
    let mine = typed(&before, fields);
    let same = fields.get("act").is_empty() && mine.as_ref() == Some(&before.texts);
    if !same && fields.get("changed").parse() != Ok(before.line.changed_ms) {
        let mine = mine.unwrap_or_else(|| before.texts.clone());
        return Ok(Some(beside(bench, place, who, (before, mine), (CROSSED, StatusCode::CONFLICT))));
    }
    let Some(texts) = mine.filter(|texts| *texts != before.texts) else { return Ok(None) };
    let (clerk, asked, kept) = (who.clerk.clone(), id.to_owned(), texts.clone());
    match bench.ask(move |desk| desk.save(&clerk, &asked, &kept)).await? {
        Ok(()) => Ok(None),
        Err(said) => Ok(Some(troubled(bench, place, who, DraftView { texts, ..before }, &said))),
    }
}

/// Does what the button of a form says, once it is saved; the script that keeps it is shown the page as it is now.
async fn act(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    id: &str,
    fields: &Fields,
    keeps: bool,
) -> Result<Response, Away> {
    let Some(act) = Act::from_id(fields.get("act"), fields.get("reason")) else {
        return match keeps {
            true => Ok(page(bench, place, who, find(bench, who, id).await?, Shown::default())),
            false => Ok(see(&format!("/desk/draft/{id}?saved=1"))),
        };
    };
    let (clerk, asked) = (who.clerk.clone(), id.to_owned());
    match bench.ask(move |desk| desk.act(&clerk, &asked, &act)).await? {
        Ok(Done::Listing(listing)) => Ok(see(&format!("/listing/{listing}"))),
        Ok(Done::Opened(draft)) => Ok(see(&format!("/desk/draft/{draft}"))),
        Ok(Done::Gone) => Ok(see("/desk/drafts")),
        Ok(Done::Draft(_)) => Ok(see(&format!("/desk/draft/{id}?saved=1"))),
        Err(said) => Ok(troubled(bench, place, who, find(bench, who, id).await?, &said)),
    }
}

fn has_form(fields: &Fields) -> bool {
    !fields.get("form").is_empty()
}

/// The form with what was typed, and beside it what is saved. Nothing was done.
fn beside(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (saved, mine): (DraftView, Texts),
    ([message, hint], status): ([&str; 2], StatusCode),
) -> Response {
    let trouble =
        Trouble { message: say(place.lang, message).to_owned(), hint: say(place.lang, hint).to_owned() };
    let theirs = Some(saved.texts.clone());
    let shown = Shown { trouble: Some(trouble), status, theirs, ..Shown::default() };
    page(bench, place, who, DraftView { texts: mine, ..saved }, shown)
}

/// The texts of a form that has any: a button for a draft in review sends none.
/// Of a field whose saved text is to be taken, it is that.
fn typed(draft: &DraftView, fields: &Fields) -> Option<Texts> {
    let kind = Kind::from_id(&draft.line.kind)?;
    if !has_form(fields) {
        return None;
    }
    let mut texts = inputs::texts(kind, |id| fields.all(id).collect());
    // Line breaks come as CRLF from a form.
    texts.values_mut().for_each(|text| *text = text.replace("\r\n", "\n"));
    for taken in fields.all("take").filter(|id| kind.field(id).is_some()) {
        texts.insert(taken.to_owned(), draft.texts.get(taken).cloned().unwrap_or_default());
    }
    Some(texts)
}

pub(super) fn troubled(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    draft: DraftView,
    said: &Said,
) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let shown = Shown { trouble: Some(Trouble::of(place.lang, said)), status, ..Shown::default() };
    page(bench, place, who, draft, shown)
}

/// How a draft is shown.
#[derive(Default)]
struct Shown {
    status: StatusCode,
    saved: bool,
    trouble: Option<Trouble>,
    /// The saved texts, where others stand in the form.
    theirs: Option<Texts>,
}

fn act_key(act: &'static str) -> &'static str {
    match act {
        "submit" => "desk.act.submit",
        "pass" => "desk.act.pass",
        "publish" => "desk.act.publish",
        _ => "desk.act.discard",
    }
}

fn page(bench: &Bench, place: &Place, who: &SignedIn, draft: DraftView, shown: Shown) -> Response {
    let lang = place.lang;
    let title = tidy_line(draft.texts.get("title").map(String::as_str).unwrap_or_default(), NAME_CHARS);
    let title = if title.is_empty() { labels::untitled(lang) } else { title };
    let mut shell = shell(&bench.app, place, "desk.draft.title", Some(who));
    shell.title = format!("{title} – {}", shell.title);
    let whole = draft.refused.iter().filter(|remark| remark.field.is_empty());
    let faults = draft.refused.len();
    let changed = if draft.line.changed_ms > 0 { minute(draft.line.changed_ms, lang) } else { String::new() };
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
        kept: if changed.is_empty() {
            String::new()
        } else {
            fill(lang, "desk.keep.kept", &[("when", &changed)])
        },
        changed,
        keeps: matches!(draft.line.state.as_str(), "writing" | "returned") && shown.theirs.is_none(),
        groups: inputs::groups(lang, &draft, shown.theirs.as_ref()),
        revised: draft.revises.as_ref().map(|revision| revised(lang, &draft.line.kind, revision)),
        alike: draft.alike.iter().map(|one| alike(lang, one)).collect(),
        whole: whole.map(|remark| lang.pick(&remark.text.0, &remark.text.1).clone()).collect(),
        faults: match faults {
            0 => String::new(),
            n => fill(lang, "desk.drafts.faults", &[("n", &n.to_string())]),
        },
        acts: draft.acts.iter().filter(|act| **act != "return").map(|act| (*act, act_key(act))).collect(),
        files: Files::new(lang, &format!("/desk/draft/{}", draft.line.id), &draft.attachments),
        returns: draft.acts.contains(&"return"),
        reviews: draft.reviews.iter().rev().map(|review| step(lang, review)).collect(),
        saved: shown.saved && shown.trouble.is_none(),
        trouble: shown.trouble,
    };
    draw(shown.status, &page, lang)
}

fn revised(lang: Lang, kind: &str, revision: &RevisionView) -> Revised {
    let names = labels::field_names(lang, kind, &revision.crossed).join(lang.pick("、", ", "));
    Revised {
        id: revision.id.clone(),
        changes: compare(lang, kind, &revision.before, &revision.after),
        crossed: if names.is_empty() {
            String::new()
        } else {
            fill(lang, "desk.revision.crossed", &[("fields", &names)])
        },
    }
}

fn alike(lang: Lang, one: &AlikeView) -> Alike {
    let title = tidy_line(&one.title, NAME_CHARS);
    Alike {
        href: match (one.draft, one.own) {
            (true, _) => format!("/desk/draft/{}", one.id),
            (_, true) => format!("/desk/listing/{}", one.id),
            _ => format!("/listing/{}", one.id),
        },
        title: if title.is_empty() { labels::untitled(lang) } else { title },
        whose: match (one.draft, one.own) {
            (true, _) => say(lang, "desk.alike.draft").to_owned(),
            (_, true) => say(lang, "desk.alike.own").to_owned(),
            _ => tidy_line(&one.institution, NAME_CHARS),
        },
        why: match one.number.is_empty() {
            true => say(lang, "desk.alike.by-title").to_owned(),
            false => fill(lang, "desk.alike.by-number", &[("number", &tidy_line(&one.number, NAME_CHARS))]),
        },
    }
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
