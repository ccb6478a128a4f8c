//! Tokens of the API: everyone's own, and for administrators those of others, to be revoked. A new one is shown once, on the page that
//! answers the form.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::{fill, say};

use super::users::doubt;
use super::{Acted, Trouble, shell};
use crate::api::Scope;
use crate::desk::Bench;
use crate::desk::gate::{Away, Client, SignedIn, client, posted, signed_in};
use crate::desk::view::{TokenLine, TokenWish};
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::shell::{Place, Shell};
use crate::text::{date, tidy_line};

/// Days that can be chosen: a trial, a season, a year.
const DAYS: [u32; 3] = [7, 90, 365];

#[derive(Template)]
#[template(path = "desk/tokens.html")]
struct Page {
    shell: Shell,
    form_key: String,
    /// The token that was made just now; empty where none was.
    made: String,
    tokens: Vec<Line>,
    scopes: Vec<(&'static str, String)>,
    days: Vec<(u32, String)>,
    done: String,
    troubles: Vec<Trouble>,
}

struct Line {
    id: String,
    title: String,
    line: String,
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        page(&bench, &place, &who, Acted::none(), String::new()).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    acted: Acted,
    made: String,
) -> Result<Response, Away> {
    let lang = place.lang;
    let clerk = who.clerk.clone();
    let tokens = bench.ask(move |desk| desk.tokens(&clerk)).await?;
    let line = |token: TokenLine| {
        let until = fill(lang, "api.desk.until", &[("date", &date(token.until_ms, lang))]);
        let name = tidy_line(&token.name, NAME_CHARS);
        let note = tidy_line(&token.note, NAME_CHARS);
        Line {
            title: if note.is_empty() { token.id.clone() } else { note },
            line: [name, token.scopes.join(lang.pick("、", ", ")), until].join(" · "),
            id: token.id,
        }
    };
    let status = if acted.troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        shell: shell(&bench.app, place, "api.desk.title", Some(who)),
        form_key: who.form_key.clone(),
        made,
        tokens: tokens.into_iter().map(line).collect(),
        scopes: Scope::ALL
            .map(|scope| (scope.id(), fill(lang, &format!("api.scope.{}", scope.id()), &[])))
            .into(),
        days: DAYS.map(|days| (days, fill(lang, "api.desk.days", &[("n", &days.to_string())]))).into(),
        done: acted.done,
        troubles: acted.troubles,
    };
    Ok(draw(status, &page, lang))
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
        let (clerk, id) = (who.clerk.clone(), fields.get("id").to_owned());
        let trouble = |said| Acted { done: String::new(), troubles: vec![Trouble::of(place.lang, &said)] };
        if fields.get("act") == "revoke" {
            let acted = match bench.ask(move |desk| desk.revoke_token(&clerk, &id)).await? {
                Ok(()) => {
                    Acted { done: say(place.lang, "api.desk.revoked").to_owned(), troubles: Vec::new() }
                }
                Err(said) => trouble(said),
            };
            return page(&bench, &place, &who, acted, String::new()).await;
        }
        // A token outlives the session: whoever sits down before an open browser gets none.
        if let Some(said) = doubt(&bench, &who, fields.get("present"), client(from.as_deref())).await? {
            return page(&bench, &place, &who, trouble(said), String::new()).await;
        }
        let wish = TokenWish {
            scopes: fields.all("scope").map(str::to_owned).collect(),
            days: fields.get("days").parse().unwrap_or_default(),
            note: fields.get("note").to_owned(),
        };
        match bench.ask(move |desk| desk.make_token(&clerk, &wish)).await? {
            Ok(token) => page(&bench, &place, &who, Acted::none(), token).await,
            Err(said) => page(&bench, &place, &who, trouble(said), String::new()).await,
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}
