//! Accounts: everyone's own password, and for administrators who else has one.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::{fill, say};

use super::{Acted, Trouble, role_key, shell};
use crate::desk::Bench;
use crate::desk::gate::{Away, Client, Fields, SignedIn, client, posted, signed_in};
use crate::desk::view::{AccountChange, Said};
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::{date, tidy_line};

const ROLES: [&str; 3] = ["clerk", "reviewer", "administrator"];

#[derive(Template)]
#[template(path = "desk/users.html")]
struct Page {
    shell: Shell,
    form_key: String,
    name: String,
    administers: bool,
    users: Vec<Line>,
    roles: Vec<(&'static str, &'static str)>,
    done: String,
    troubles: Vec<Trouble>,
}

struct Line {
    name: String,
    role: String,
    since: String,
    /// Whether it is the reader's own.
    own: bool,
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        page(&bench, &place, &who, Acted::none()).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

async fn page(bench: &Bench, place: &Place, who: &SignedIn, acted: Acted) -> Result<Response, Away> {
    let administers = who.clerk.administers();
    let accounts = if administers { bench.ask(|desk| desk.accounts()).await? } else { Vec::new() };
    let line = |account: crate::desk::view::AccountLine| Line {
        own: account.name == who.clerk.name,
        name: tidy_line(&account.name, NAME_CHARS),
        role: account.role,
        since: date(account.since_ms, place.lang),
    };
    let status = if acted.troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        shell: shell(&bench.app, place, "desk.nav.users", Some(who)),
        form_key: who.form_key.clone(),
        name: tidy_line(&who.clerk.name, NAME_CHARS),
        administers,
        users: accounts.into_iter().map(line).collect(),
        roles: ROLES.iter().map(|role| (*role, role_key(role))).collect(),
        done: acted.done,
        troubles: acted.troubles,
    };
    Ok(draw(status, &page, place.lang))
}

pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    from: Option<Extension<Client>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let acted = match change(&bench, &who, &fields, client(from.as_deref())).await? {
            Ok(key) => {
                Acted { done: fill(place.lang, key, &[("name", fields.get("name"))]), troubles: Vec::new() }
            }
            Err(said) => Acted { done: String::new(), troubles: vec![Trouble::of(place.lang, &said)] },
        };
        // One's own account may be another one now.
        let who = signed_in(&bench, &headers).await?;
        page(&bench, &place, &who, acted).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

/// Does what a form says; the key of what was done.
async fn change(
    bench: &Bench,
    who: &SignedIn,
    fields: &Fields,
    from: std::net::IpAddr,
) -> Result<Result<&'static str, Said>, Away> {
    let [act, name, role, password] =
        ["act", "name", "role", "password"].map(|field| fields.get(field).to_owned());
    let own = act == "own-password";
    let (change, key) = match act.as_str() {
        "own-password" => {
            let name = who.clerk.name.clone();
            (AccountChange::Password { name, password: password.clone() }, "desk.users.password.done")
        }
        _ if !who.clerk.administers() => return Err(Away::Refused(Refusal::NotAdministrator)),
        "add" => (AccountChange::Add { name, role, password: password.clone() }, "desk.users.added"),
        "role" => (AccountChange::Role { name, role }, "desk.users.changed"),
        "password" => (AccountChange::Password { name, password: password.clone() }, "desk.users.changed"),
        "remove" => (AccountChange::Remove { name }, "desk.users.removed"),
        _ => return Err(Away::To("/desk/users".to_owned())),
    };
    let sets_password = matches!(change, AccountChange::Add { .. } | AccountChange::Password { .. });
    if sets_password && password != fields.get("again") {
        return Ok(Err(words("desk.setup.differ", "desk.setup.differ.hint")));
    }
    if own && let Some(said) = doubt(bench, who, fields.get("present"), from).await? {
        return Ok(Err(said));
    }
    let (clerk, named) = (who.clerk.clone(), change.name().to_owned());
    let changed = bench.ask(move |desk| desk.change_account(&clerk, &change)).await?;
    if changed.is_ok() && sets_password {
        // Whoever knew the old password is out; who changed their own stays.
        bench.sessions.end_others(&named, &who.form_key);
    }
    Ok(changed.map(|()| key))
}

/// Why it is not taken for granted that it is they who have signed in; nothing once they have given the password that they have now.
pub(super) async fn doubt(
    bench: &Bench,
    who: &SignedIn,
    present: &str,
    from: std::net::IpAddr,
) -> Result<Option<Said>, Away> {
    let wait = bench.throttle.wait(&who.clerk.name, from);
    if !wait.is_zero() {
        let seconds = wait.as_secs().saturating_add(1).to_string();
        let mut said = words("desk.sign_in.wait", "desk.users.again");
        said.message.0 = said.message.0.replace("{n}", &seconds);
        said.message.1 = said.message.1.replace("{n}", &seconds);
        return Ok(Some(said));
    }
    let known = proves(bench, who, present, from).await?;
    Ok((!known).then(|| words("desk.users.present.wrong", "desk.users.again")))
}

/// Whether someone knows the password that they have now.
async fn proves(bench: &Bench, who: &SignedIn, present: &str, from: std::net::IpAddr) -> Result<bool, Away> {
    let (name, present) = (who.clerk.name.clone(), present.to_owned());
    bench.throttle.wrong(&name, from);
    let Ok(_turn) = bench.checks.acquire().await else { return Err(Away::Refused(Refusal::Busy)) };
    let clerk = who.clerk.clone();
    let right = bench.ask(move |desk| desk.proves(&clerk, &present)).await?;
    if right {
        bench.throttle.right(&name, from);
    }
    Ok(right)
}

fn words(message: &str, hint: &str) -> Said {
    use catalog::Lang::{En, Zh};
    let both = |key: &str| (say(Zh, key).to_owned(), say(En, key).to_owned());
    Said { message: both(message), hint: both(hint), ..Said::default() }
}
