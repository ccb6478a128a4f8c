//! Governing: the operator's room, what is shown before it is signed, and signing.
//!
//! The page that shows a paper carries its bytes; what comes back is what is signed. Secrets are asked for each signature and kept
//! nowhere.

mod shown;

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use catalog::Lang;
use catalog::words::{fill, say};

use super::{Acted, Trouble, shell};
use crate::desk::Bench;
use crate::desk::form::{Broken, Incoming, Part};
use crate::desk::gate::{Away, Client, Fields, SignedIn, client, posted, signed_in};
use crate::desk::governing::{KeyPlace, Paper, Secret, Signing, StepView, Wish};
use crate::desk::view::{Desk, Said};
use crate::limits::{FORM_FIELDS, GOVERNING_FILE_BYTES, NAME_CHARS};
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::tidy_line;
use shown::{Invited, MemberCard, StepCard, TextCard, choices};

/// Whose wrong passphrases of the root key are counted together, whichever account guesses; no account is called so.
const ROOT_KEY: &str = "\u{0}root-key";

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
    file: String,
    invitation: String,
    carries: bool,
    signs: bool,
    locked: bool,
    elsewhere: bool,
    troubles: Vec<Trouble>,
}

#[derive(Template)]
#[template(path = "desk/invitation.html")]
struct InvitationPage {
    shell: Shell,
    form_key: String,
    file: String,
    text: String,
    side: usize,
    path: String,
    missing: String,
}

fn encoded(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}

fn decoded(text: &str) -> Result<Vec<u8>, Away> {
    Ok(data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| Refusal::BadForm)?)
}

/// Who looks after this network: nobody else sees any of this.
async fn operator(bench: &Bench, headers: &HeaderMap) -> Result<SignedIn, Away> {
    let who = signed_in(bench, headers).await?;
    if who.clerk.administers() { Ok(who) } else { Err(Refusal::NotAdministrator.into()) }
}

async fn operator_posted(
    bench: &Bench,
    headers: &HeaderMap,
    given: Vec<(String, String)>,
) -> Result<(SignedIn, Fields), Away> {
    let (who, fields) = posted(bench, headers, given).await?;
    if who.clerk.administers() { Ok((who, fields)) } else { Err(Refusal::NotAdministrator.into()) }
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
        file: encoded(&paper.file),
        invitation: encoded(&paper.invitation),
        carries: paper.carries && paper.steps.iter().any(|step| !step.ours || !paper.signs),
        signs: paper.signs && paper.key != KeyPlace::Elsewhere,
        locked: paper.key == KeyPlace::Locked,
        elsewhere: paper.signs && paper.key == KeyPlace::Elsewhere,
        troubles: acted.troubles,
    };
    draw(status, &page, lang)
}

/// Shows a paper, or why there is none beside the room.
async fn shown_or_told(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    paper: Result<Paper, Said>,
) -> Result<Response, Away> {
    match paper {
        Ok(paper) => Ok(paper_page(bench, place, who, &paper, Acted::none())),
        Err(said) => room(bench, place, who, trouble(place.lang, &said)).await,
    }
}

/// What a form of the room asks for.
fn wish(fields: &Fields) -> Option<Wish> {
    let text = |name: &str| fields.get(name).to_owned();
    Some(match fields.get("act") {
        "suspend" => Wish::Suspend { institution: text("id"), reason: text("reason") },
        "reinstate" => Wish::Reinstate { institution: text("id") },
        "exit" => Wish::Exit { institution: text("id"), reason: text("reason") },
        "role" => Wish::Role { institution: text("id"), role: text("role"), region: text("region") },
        "invite" => Wish::Invite {
            role: text("role"),
            region: text("region"),
            days: fields.get("days").parse().unwrap_or_default(),
        },
        _ => return None,
    })
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
        let (clerk, wish) = (who.clerk.clone(), wish(&fields).ok_or(Refusal::BadForm)?);
        let paper = bench.ask(move |desk| desk.move_that(&clerk, &wish)).await?;
        shown_or_told(&bench, &place, &who, paper).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// A file that was brought here: an application, or steps.
pub(in crate::desk) async fn take(State(bench): State<Arc<Bench>>, request: Request) -> Response {
    let (place, headers) = (Place::of(request.uri(), request.headers()), request.headers().clone());
    let answer = async {
        operator(&bench, &headers).await?;
        let _turn = bench.app.uploads.acquire().await.map_err(|_| Refusal::Busy)?;
        let (fields, bytes) = parts(&headers, request).await?;
        let (who, _) = operator_posted(&bench, &headers, fields).await?;
        let clerk = who.clerk.clone();
        let paper = bench.ask(move |desk| desk.paper_in(&clerk, &bytes)).await?;
        shown_or_told(&bench, &place, &who, paper).await
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
        shown_or_told(&bench, &place, &who, paper).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

pub(in crate::desk) async fn sign(
    State(bench): State<Arc<Bench>>,
    from: Option<Extension<Client>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = operator_posted(&bench, &headers, given).await?;
        let (file, invitation) = (decoded(fields.get("paper"))?, decoded(fields.get("invitation"))?);
        let lang = place.lang;
        let from = client(from.as_deref());
        // The passphrase is one, whoever types it; a password is somebody's.
        let guessed = if fields.get("locked") == "1" { ROOT_KEY.to_owned() } else { who.clerk.name.clone() };
        let wait = [ROOT_KEY, &who.clerk.name].map(|name| bench.throttle.wait(name, from)).into_iter().max();
        let wait = wait.unwrap_or_default();
        if !wait.is_zero() {
            let acted = trouble(lang, &wait_said(wait.as_secs().saturating_add(1)));
            return again(&bench, &place, &who, (file, invitation), acted).await;
        }
        // Counted as wrong until it is right, so that many at once gain nothing.
        bench.throttle.wrong(ROOT_KEY, from);
        if guessed != ROOT_KEY {
            bench.throttle.wrong(&guessed, from);
        }
        let Ok(_turn) = bench.checks.acquire().await else { return Err(Refusal::Busy.into()) };
        let (clerk, paper, secret) =
            (who.clerk.clone(), file.clone(), Secret(fields.get("secret").to_owned()));
        let signed = bench.ask(move |desk: &dyn Desk| desk.sign(&clerk, &paper, &secret)).await?;
        match signed {
            Signing::Done(steps) => {
                bench.throttle.right(ROOT_KEY, from);
                bench.throttle.right(&guessed, from);
                if !invitation.is_empty() {
                    return Ok(invitation_page(&bench, &place, &who, &invitation, &steps));
                }
                room(&bench, &place, &who, signed_words(lang, &steps)).await
            }
            Signing::Wrong(said) => {
                again(&bench, &place, &who, (file, invitation), trouble(lang, &said)).await
            }
            Signing::Refused(said) => room(&bench, &place, &who, trouble(lang, &said)).await,
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// The same paper once more, with what went wrong.
async fn again(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (file, invitation): (Vec<u8>, Vec<u8>),
    acted: Acted,
) -> Result<Response, Away> {
    let clerk = who.clerk.clone();
    match bench.ask(move |desk| desk.paper_in(&clerk, &file)).await? {
        Ok(paper) => Ok(paper_page(bench, place, who, &Paper { invitation, ..paper }, acted)),
        Err(said) => room(bench, place, who, trouble(place.lang, &said)).await,
    }
}

fn wait_said(seconds: u64) -> Said {
    let words = |lang| fill(lang, "govern.wait", &[("n", &seconds.to_string())]);
    Said { message: (words(Lang::Zh), words(Lang::En)), ..Said::default() }
}

fn signed_words(lang: Lang, steps: &[StepView]) -> Acted {
    let missing = steps.iter().map(|step| step.missing).max().unwrap_or_default();
    let done = match missing {
        0 => say(lang, "govern.done.counts").to_owned(),
        n => fill(lang, "govern.done.waits", &[("n", &n.to_string())]),
    };
    Acted { done, troubles: Vec::new() }
}

fn invitation_page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    invitation: &[u8],
    steps: &[StepView],
) -> Response {
    let text = crate::desk::governing::invitation_text(invitation);
    let code = paper::Code::for_screen(&text).ok();
    let missing = steps.iter().map(|step| step.missing).max().unwrap_or_default();
    let page = InvitationPage {
        shell: shell(&bench.app, place, "govern.invitation.title", Some(who)),
        form_key: who.form_key.clone(),
        file: encoded(invitation),
        side: code.as_ref().map_or(0, |code| code.side() + 2 * paper::QUIET),
        path: code.map(|code| code.path(paper::QUIET, paper::QUIET)).unwrap_or_default(),
        text,
        missing: match missing {
            0 => String::new(),
            n => fill(place.lang, "govern.invitation.waits", &[("n", &n.to_string())]),
        },
    };
    draw(StatusCode::OK, &page, place.lang)
}

pub(in crate::desk) async fn carry(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = operator_posted(&bench, &headers, given).await?;
        let (clerk, file) = (who.clerk.clone(), decoded(fields.get("paper"))?);
        let acted = match bench.ask(move |desk| desk.carry(&clerk, &file)).await? {
            Ok(steps) => signed_words(place.lang, &steps),
            Err(said) => trouble(place.lang, &said),
        };
        room(&bench, &place, &who, acted).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// A paper or an invitation as a file. It comes back from the page that shows it, so that nothing is kept here.
pub(in crate::desk) async fn save(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (_, fields) = operator_posted(&bench, &headers, given).await?;
        let (name, field) = match fields.get("what") {
            "invitation" => ("invitation.lianshi", "invitation"),
            _ => ("steps.lianshi", "paper"),
        };
        let mut response =
            ([(header::CONTENT_TYPE, "application/octet-stream")], decoded(fields.get(field))?)
                .into_response();
        crate::download::named(&mut response, name);
        Ok(response)
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}
