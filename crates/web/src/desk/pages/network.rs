//! Governing: the operator's room, what is shown before it is signed, and signing.
//!
//! The page that shows a paper carries its bytes; what comes back is what is signed. Secrets are asked for each signature and kept
//! nowhere. Forms of the room and of [`propose`] lead to a paper ([`acts`]); [`signing`] is what becomes of it.

mod acts;
mod propose;
mod shown;
mod signing;

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};

use super::{Acted, Trouble, shell};
use crate::desk::Bench;
use crate::desk::form::{Broken, Incoming, Part};
use crate::desk::gate::{Away, Fields, SignedIn, administrator, posted, signed_in};
use crate::desk::governing::{Brought, KeyPlace, Paper};
use crate::desk::view::{Desk, Said};
use crate::limits::{FORM_FIELDS, GOVERNING_FILE_BYTES, NAME_CHARS};
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::tidy_line;
use shown::{Invited, MemberCard, StepCard, TextCard, choices};

pub(in crate::desk) use propose::{act, card, list};
pub(in crate::desk) use signing::{carry, save, sign};

#[derive(Template)]
#[template(path = "desk/network.html")]
struct RoomPage {
    shell: Shell,
    form_key: String,
    /// Why this institution cannot act; empty where it can.
    idle: String,
    governs: bool,
    invites: bool,
    governors: String,
    key: &'static str,
    waiting: Vec<StepCard>,
    ours: usize,
    decided: Vec<StepCard>,
    members: Vec<MemberCard>,
    more: String,
    invitations: Vec<Invited>,
    roles: Vec<(&'static str, String)>,
    done: String,
    troubles: Vec<Trouble>,
}

#[derive(Template)]
#[template(path = "desk/paper.html")]
struct PaperPage {
    shell: Shell,
    form_key: String,
    title: &'static str,
    papers: Vec<StepCard>,
    texts: Vec<TextCard>,
    fall: String,
    /// What else the signature does, and what is to be known of it.
    notes: Vec<String>,
    file: String,
    invitation: String,
    /// Texts that come with it, one field each.
    brings: Vec<String>,
    /// The file for the other network.
    proposal: String,
    /// Whether it must be said twice.
    grave: bool,
    done: String,
    carries: bool,
    signs: bool,
    locked: bool,
    elsewhere: bool,
    troubles: Vec<Trouble>,
}

fn encoded(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}

fn decoded(text: &str) -> Result<Vec<u8>, Away> {
    Ok(data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| Refusal::BadForm)?)
}

async fn operator(bench: &Bench, headers: &HeaderMap) -> Result<SignedIn, Away> {
    administrator(signed_in(bench, headers).await?)
}

async fn operator_posted(
    bench: &Bench,
    headers: &HeaderMap,
    given: Vec<(String, String)>,
) -> Result<(SignedIn, Fields), Away> {
    let (who, fields) = posted(bench, headers, given).await?;
    Ok((administrator(who)?, fields))
}

fn trouble(lang: Lang, said: &Said) -> Acted {
    Acted { done: String::new(), troubles: vec![Trouble::of(lang, said)] }
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = operator(&bench, &headers).await?;
        room(&bench, &place, &who, Acted::none()).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

async fn room(bench: &Bench, place: &Place, who: &SignedIn, acted: Acted) -> Result<Response, Away> {
    let (clerk, lang) = (who.clerk.clone(), place.lang);
    let room = bench.ask(move |desk| desk.room(&clerk)).await?;
    let status = if acted.troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let names: Vec<String> = room.governors.iter().map(|name| tidy_line(name, NAME_CHARS)).collect();
    let names = names.join(lang.pick("、", ", "));
    let places = [("names", names.as_str()), ("threshold", &room.threshold.to_string())];
    let idle = if room.governs {
        String::new()
    } else {
        fill(lang, if room.invites { "govern.idle.invites" } else { "govern.idle" }, &[("governors", &names)])
    };
    let page = RoomPage {
        shell: shell(&bench.app, place, "govern.title", Some(who)),
        form_key: who.form_key.clone(),
        idle,
        governs: room.governs,
        invites: room.governs || room.invites,
        governors: fill(lang, "cli.roster.governors", &places),
        key: match room.key {
            KeyPlace::Open => "govern.key.open",
            KeyPlace::Locked => "govern.key.locked",
            KeyPlace::Elsewhere => "govern.key.elsewhere",
        },
        ours: room.waiting.iter().filter(|step| room.governs && !step.ours).count(),
        waiting: room.waiting.iter().map(|step| StepCard::of(lang, step, room.governs)).collect(),
        decided: room.decided.iter().map(|step| StepCard::of(lang, step, false)).collect(),
        members: room.members.iter().map(|row| MemberCard::of(lang, row)).collect(),
        more: match room.members_more {
            0 => String::new(),
            n => fill(lang, "govern.members.more", &[("n", &n.to_string())]),
        },
        invitations: room.invitations.iter().map(|row| Invited::of(lang, row)).collect(),
        roles: choices(lang),
        done: acted.done,
        troubles: acted.troubles,
    };
    Ok(draw(status, &page, lang))
}

fn paper_page(bench: &Bench, place: &Place, who: &SignedIn, paper: &Paper, acted: Acted) -> Response {
    let lang = place.lang;
    let status = if acted.troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let fall: Vec<String> = paper.fall.iter().map(|name| tidy_line(name, NAME_CHARS)).collect();
    let title = if paper.signs { "govern.paper.title" } else { "govern.paper.seen" };
    let page = PaperPage {
        shell: shell(&bench.app, place, title, Some(who)),
        form_key: who.form_key.clone(),
        title,
        papers: paper.steps.iter().map(|step| StepCard::of(lang, step, paper.signs)).collect(),
        texts: paper.texts.iter().map(|text| TextCard::of(lang, text)).collect(),
        fall: match fall.as_slice() {
            [] => String::new(),
            names => fill(lang, "cli.roster.fall", &[("names", &names.join(lang.pick("、", ", ")))]),
        },
        notes: notes(lang, paper),
        file: encoded(&paper.file),
        invitation: encoded(&paper.invitation),
        brings: paper.brings.iter().map(|text| encoded(text)).collect(),
        proposal: encoded(&paper.proposal),
        grave: paper.steps.iter().any(|step| step.grave && step.missing > 0),
        done: acted.done,
        carries: paper.carries && paper.steps.iter().any(|step| !step.ours || !paper.signs),
        signs: paper.signs && paper.key != KeyPlace::Elsewhere,
        locked: paper.key == KeyPlace::Locked,
        elsewhere: paper.signs && paper.key == KeyPlace::Elsewhere,
        troubles: acted.troubles,
    };
    draw(status, &page, lang)
}

/// What else a signature does, and what is to be known of it.
fn notes(lang: Lang, paper: &Paper) -> Vec<String> {
    let lapses =
        (paper.lapses > 0).then(|| fill(lang, "propose.paper.lapses", &[("n", &paper.lapses.to_string())]));
    let recovery = paper.recovery.map(|lies_here| {
        let key = if lies_here { "propose.paper.recovery" } else { "propose.paper.unsealed" };
        say(lang, key).to_owned()
    });
    lapses.into_iter().chain(recovery).collect()
}

/// Shows a paper; or, beside the form that asked for it, why there is none.
async fn shown_or_told(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    fields: &Fields,
    paper: Result<Paper, Said>,
) -> Result<Response, Away> {
    let said = match paper {
        Ok(paper) => return Ok(paper_page(bench, place, who, &paper, Acted::none())),
        Err(said) => trouble(place.lang, &said),
    };
    match propose::known(fields.get("from")) {
        Some(form) => propose::page(bench, place, who, form, fields, said).await,
        None => room(bench, place, who, said).await,
    }
}

pub(in crate::desk) async fn draft(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = operator_posted(&bench, &headers, given).await?;
        let (clerk, wish) = (who.clerk.clone(), acts::wish(&fields).ok_or(Refusal::BadForm)?);
        let paper = bench.ask(move |desk| desk.move_that(&clerk, &wish)).await?;
        shown_or_told(&bench, &place, &who, &fields, paper).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// A file that was brought here: an application, steps, another network's proposal; or what a form with a file proposes.
pub(in crate::desk) async fn take(State(bench): State<Arc<Bench>>, request: Request) -> Response {
    let (place, headers) = (Place::of(request.uri(), request.headers()), request.headers().clone());
    let answer = async {
        operator(&bench, &headers).await?;
        let _turn = bench.app.uploads.acquire().await.map_err(|_| Refusal::Busy)?;
        let (fields, bytes) = parts(&headers, request).await?;
        let (who, fields) = operator_posted(&bench, &headers, fields).await?;
        let clerk = who.clerk.clone();
        if fields.get("act") == "text" {
            let brought = bench.ask(move |desk| desk.add_text(&clerk, &bytes)).await?;
            return propose::text_told(&bench, &place, &who, &fields, brought).await;
        }
        let wish = acts::wish_with(&fields, &bytes);
        let brought = Brought { file: bytes, texts: Vec::new() };
        let ask = move |desk: &dyn Desk| match &wish {
            Some(wish) => desk.move_that(&clerk, wish),
            None => desk.paper_in(&clerk, &brought),
        };
        let paper = bench.ask(ask).await?;
        shown_or_told(&bench, &place, &who, &fields, paper).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

async fn parts(headers: &HeaderMap, request: Request) -> Result<(Vec<(String, String)>, Vec<u8>), Away> {
    let refused = |why: Broken| match why {
        Broken::Large => Refusal::Body,
        Broken::Form | Broken::Disk(_) => Refusal::BadForm,
    };
    let read = async {
        let mut form = Incoming::new(headers, request.into_body(), FORM_FIELDS, GOVERNING_FILE_BYTES)?;
        let (mut fields, mut bytes) = (Vec::new(), Vec::new());
        while let Some(part) = form.part().await? {
            match part {
                Part::Field(name, text) => fields.push((name, text)),
                Part::File(file) => bytes = file.bytes().await?,
            }
        }
        Ok((fields, bytes))
    };
    Ok(read.await.map_err(refused)?)
}

pub(in crate::desk) async fn step(
    State(bench): State<Arc<Bench>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = operator(&bench, &headers).await?;
        let clerk = who.clerk.clone();
        let paper = bench.ask(move |desk| desk.paper_of(&clerk, &id)).await?;
        shown_or_told(&bench, &place, &who, &Fields::new(Vec::new()), paper).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}
