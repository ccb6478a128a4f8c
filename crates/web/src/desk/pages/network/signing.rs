//! What becomes of a paper: it is signed, taken in as it is, or saved as a file.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use catalog::Lang;
use catalog::words::{fill, say};
use protocol::{Profile, StepsFile};

use super::{Acted, decoded, encoded, operator_posted, paper_page, room, shell, trouble};
use crate::desk::Bench;
use crate::desk::gate::{Away, Client, SignedIn, client};
use crate::desk::governing::{Brought, Paper, Secret, Signing, StepView, is_grave};
use crate::desk::view::{Desk, Said};
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};

/// Whose wrong passphrases of the root key are counted together, whichever account guesses; no account is called so.
const ROOT_KEY: &str = "\u{0}root-key";

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
        let texts = fields.all("text").take(Profile::PARTS.len()).map(decoded).collect::<Result<_, _>>()?;
        let brought = Brought { file, texts };
        let lang = place.lang;
        if is_heavy(&brought.file) && fields.get("sure") != "1" {
            let acted = trouble(lang, &unsure());
            return again(&bench, &place, &who, (brought, invitation), acted).await;
        }
        let from = client(from.as_deref());
        // The passphrase is one, whoever types it; a password is somebody's.
        let guessed = if fields.get("locked") == "1" { ROOT_KEY.to_owned() } else { who.clerk.name.clone() };
        let wait = [ROOT_KEY, &who.clerk.name].map(|name| bench.throttle.wait(name, from)).into_iter().max();
        let wait = wait.unwrap_or_default();
        if !wait.is_zero() {
            let acted = trouble(lang, &wait_said(wait.as_secs().saturating_add(1)));
            return again(&bench, &place, &who, (brought, invitation), acted).await;
        }
        // Counted as wrong until it is right, so that many at once gain nothing.
        bench.throttle.wrong(ROOT_KEY, from);
        if guessed != ROOT_KEY {
            bench.throttle.wrong(&guessed, from);
        }
        let Ok(_turn) = bench.checks.acquire().await else { return Err(Refusal::Busy.into()) };
        let (clerk, paper, secret) =
            (who.clerk.clone(), brought.clone(), Secret(fields.get("secret").to_owned()));
        let signed = bench.ask(move |desk: &dyn Desk| desk.sign(&clerk, &paper, &secret)).await?;
        match signed {
            Signing::Done(steps) => {
                bench.throttle.right(ROOT_KEY, from);
                bench.throttle.right(&guessed, from);
                if !invitation.is_empty() {
                    return Ok(invitation_page(&bench, &place, &who, &invitation, &steps));
                }
                signed_page(&bench, &place, &who, &steps).await
            }
            Signing::Wrong(said) => {
                again(&bench, &place, &who, (brought, invitation), trouble(lang, &said)).await
            }
            Signing::Refused(said) => room(&bench, &place, &who, trouble(lang, &said)).await,
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// Whether a paper holds something that is said twice.
fn is_heavy(file: &[u8]) -> bool {
    StepsFile::from_file(file).is_ok_and(|file| file.steps.iter().any(|signed| is_grave(&signed.step.action)))
}

fn unsure() -> Said {
    let words = |key: &str| (say(Lang::Zh, key).to_owned(), say(Lang::En, key).to_owned());
    Said {
        message: words("propose.failure.sure"),
        hint: words("propose.failure.sure.hint"),
        ..Said::default()
    }
}

/// What was signed: an agreement with the file for the other network, all else in the room.
async fn signed_page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    steps: &[StepView],
) -> Result<Response, Away> {
    let acted = signed_words(place.lang, steps);
    let Some(id) = steps.iter().find(|step| !step.sides.is_empty()).map(|step| step.id.clone()) else {
        return room(bench, place, who, acted).await;
    };
    let clerk = who.clerk.clone();
    match bench.ask(move |desk| desk.paper_of(&clerk, &id)).await? {
        Ok(paper) => Ok(paper_page(bench, place, who, &paper, acted)),
        Err(_) => room(bench, place, who, acted).await,
    }
}

/// The same paper once more, with what went wrong.
async fn again(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (brought, invitation): (Brought, Vec<u8>),
    acted: Acted,
) -> Result<Response, Away> {
    let clerk = who.clerk.clone();
    match bench.ask(move |desk| desk.paper_in(&clerk, &brought)).await? {
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
            "proposal" => ("proposal.lianshi", "proposal"),
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
