//! The form: on a listing's page, and on a page of its own where something in it is to be put right.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::enquiry::{Asked, MAX_CONTACT, MAX_MESSAGE, MAX_NAME, MAX_ORGANISATION, Wrong};
use catalog::words::{fill, say};
use catalog::{Hall, Kind, Lang};

use super::asked_about;
use crate::app::App;
use crate::desk::{Client, Fields, Trouble, client, is_own_page, see};
use crate::labels;
use crate::limits::{NAME_CHARS, REPEATED_CHARS};
use crate::pages::listing::document_id;
use crate::pages::{draw, message};
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::{tidy, tidy_line};
use crate::view::{ListingView, Standing};

/// A field that people do not see, and that programs fill in.
const TRAP: &str = "website";

/// The form as it is drawn.
pub(crate) struct Card {
    /// Document id of the listing.
    pub(crate) listing: String,
    /// Who will read it.
    pub(crate) note: String,
    pub(crate) name: Input,
    pub(crate) organisation: Input,
    pub(crate) contact: Input,
    pub(crate) message: Input,
}

/// A field with what was typed and what is wrong with it.
pub(crate) struct Input {
    pub(crate) value: String,
    pub(crate) most: usize,
    pub(crate) wrong: String,
}

impl Card {
    /// An empty form; `None` where there is nobody to ask.
    pub(crate) fn new(app: &App, lang: Lang, view: &ListingView) -> Option<Self> {
        // What is sealed goes to members of this network alone.
        let open = app.enquiries.is_some() && view.standing == Standing::Published && view.market.is_none();
        open.then(|| Self::of(lang, view, &Asked::default(), &[]))
    }

    fn of(lang: Lang, view: &ListingView, asked: &Asked, wrong: &[Wrong]) -> Self {
        let said = |field: &str| {
            let of_it = wrong.iter().find(|wrong| wrong.field == field);
            of_it.map(|wrong| wrong.in_words(lang)).unwrap_or_default()
        };
        let input = |field: &str, text: &str, most| Input {
            value: tidy(text, REPEATED_CHARS),
            most,
            wrong: said(field),
        };
        Self {
            listing: tidy_line(&view.id, NAME_CHARS),
            note: fill(lang, "enquiry.note", &[("institution", &institution(lang, view))]),
            name: input("name", &asked.name, MAX_NAME),
            organisation: input("organisation", &asked.organisation, MAX_ORGANISATION),
            contact: input("contact", &asked.contact, MAX_CONTACT),
            message: input("message", &asked.message, MAX_MESSAGE),
        }
    }
}

fn institution(lang: Lang, view: &ListingView) -> String {
    let name = tidy_line(&view.provenance.institution, NAME_CHARS);
    if name.is_empty() { say(lang, "listing.institution").to_owned() } else { name }
}

#[derive(Template)]
#[template(path = "enquiry/ask.html")]
struct Page {
    shell: Shell,
    title: String,
    ask: Card,
    trouble: Option<Trouble>,
}

fn page(
    app: &App,
    place: &Place,
    view: &ListingView,
    (asked, wrong): (&Asked, &[Wrong]),
    (status, trouble): (StatusCode, Option<Trouble>),
) -> Response {
    let lang = place.lang;
    let title = tidy_line(&view.title, NAME_CHARS * 2);
    let title = if title.is_empty() { labels::untitled(lang) } else { title };
    let mut shell =
        Shell::new(app, place, say(lang, "enquiry.title"), Kind::from_id(&view.kind).map(Hall::of));
    shell.indexed = false;
    let page = Page { shell, title, ask: Card::of(lang, view, asked, wrong), trouble };
    draw(status, &page, lang)
}

/// The listing that is asked about, as long as there is somebody to ask.
async fn subject(app: &App, uri: &Uri) -> Result<ListingView, Refusal> {
    let given = asked_about(uri).unwrap_or_default();
    let missing = || Refusal::NoListing(tidy_line(given, NAME_CHARS));
    let id = document_id(given).ok_or_else(missing)?;
    if app.enquiries.is_none() {
        return Err(Refusal::NoPage(tidy_line(uri.path(), NAME_CHARS)));
    }
    let view = app.ask(move |source| source.listing(&id)).await?;
    view.filter(|view| view.standing == Standing::Published).ok_or_else(missing)
}

/// `GET /listing/{id}/enquiry`: the form by itself.
pub(super) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    match subject(&app, request.uri()).await {
        Ok(view) => page(&app, &place, &view, (&Asked::default(), &[]), (StatusCode::OK, None)),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

/// `POST /listing/{id}/enquiry`: on to the address of what was sent, or the form again with what is to be put right.
pub(super) async fn send(
    State(app): State<Arc<App>>,
    from: Option<Extension<Client>>,
    uri: Uri,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let from = client(from.as_ref().map(|Extension(client)| client));
    match take(&app, &place, (&uri, &headers), from, form).await {
        Ok(response) => response,
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

async fn take(
    app: &App,
    place: &Place,
    (uri, headers): (&Uri, &HeaderMap),
    from: std::net::IpAddr,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    if !is_own_page(uri, headers) {
        return Err(Refusal::CrossSite);
    }
    let fields = Fields::new(form.map_err(|_| Refusal::Body)?.0);
    let view = subject(app, uri).await?;
    let lang = place.lang;
    let asked = Asked::new(
        fields.get("name"),
        fields.get("organisation"),
        fields.get("contact"),
        fields.get("message"),
    );
    let again = |wrong: &[Wrong], status, message: String, hint: String| {
        page(app, place, &view, (&asked, wrong), (status, Some(Trouble { message, hint })))
    };
    let say = |key| say(lang, key).to_owned();
    if !fields.get(TRAP).trim().is_empty() {
        let (text, hint) = (say("enquiry.trap"), say("enquiry.trap.hint"));
        return Ok(again(&[], StatusCode::UNPROCESSABLE_ENTITY, text, hint));
    }
    let wrong = asked.wrong();
    if !wrong.is_empty() {
        let (text, hint) = (say("enquiry.unsent"), say("enquiry.unsent.hint"));
        return Ok(again(&wrong, StatusCode::UNPROCESSABLE_ENTITY, text, hint));
    }
    if let Err(wait) = app.rate.enter(from, &view.id) {
        let minutes = wait.as_secs() / 60 + 1;
        let hint = fill(lang, "enquiry.often.hint", &[("n", &minutes.to_string())]);
        return Ok(again(&[], StatusCode::TOO_MANY_REQUESTS, say("enquiry.often"), hint));
    }
    let (id, sent) = (view.id.clone(), asked.clone());
    match app.ask_enquiries(move |enquiries| enquiries.ask(&id, &sent)).await? {
        Ok(token) => Ok(see(&format!("/enquiry/{token}"))),
        Err(said) => {
            let (message, hint) = said.in_words(lang);
            Ok(again(&[], StatusCode::UNPROCESSABLE_ENTITY, message, hint))
        }
    }
}
