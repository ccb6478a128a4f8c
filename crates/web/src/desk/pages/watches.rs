//! Saved searches: those that this person sees, and a form for a new one, filled in by the list that it was saved on.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::{fill, say};
use catalog::{Kind, Lang, region};

use super::{Acted, Trouble, shell};
use crate::desk::Bench;
use crate::desk::gate::{Away, Fields, SignedIn, posted, see, signed_in};
use crate::desk::watches::{NewWatch, WatchLine};
use crate::labels;
use crate::limits::{NAME_CHARS, QUERY_CHARS, WATCHES_SHOWN};
use crate::pages::draw;
use crate::request::{SearchRequest, encode};
use crate::shell::{Place, Shell};
use crate::text::{short_id, tidy_line};

#[derive(Template)]
#[template(path = "desk/watches.html")]
struct Page {
    shell: Shell,
    form_key: String,
    lines: Vec<Line>,
    /// What the form for a new one holds.
    form: New,
    mails: bool,
    done: String,
    troubles: Vec<Trouble>,
}

struct Line {
    id: String,
    name: String,
    unread: String,
    asks: String,
    told: String,
    owner: String,
    paused: bool,
    trouble: bool,
}

/// The form for a new watch.
struct New {
    /// Whether it is to be seen at once.
    open: bool,
    name: String,
    text: String,
    /// Filters that the form shows and does not ask for.
    more: String,
    kept: Vec<(&'static str, String)>,
    kinds: Vec<Choice>,
    regions: Vec<Choice>,
    every: Vec<Choice>,
    mail: String,
    hook: String,
    feed: bool,
    tells: bool,
    at_home: bool,
}

/// An entry of a list to choose from.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        let asks = SearchRequest::from_uri(&uri);
        let new = NewWatch { asks, feed: true, every: "day".to_owned(), ..NewWatch::default() };
        let open = uri.query().is_some_and(|query| query.contains('='));
        page(&bench, &place, &who, (&new, open), Acted::none()).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

pub(in crate::desk) async fn add(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let new = new_of(&fields, place.lang);
        let (clerk, asked) = (who.clerk.clone(), new.clone());
        match bench.ask(move |desk| desk.add_watch(&clerk, &asked)).await? {
            Ok(id) => Ok(see(&format!("/desk/watches/{id}?added=1"))),
            Err(said) => {
                let acted = Acted { done: String::new(), troubles: vec![Trouble::of(place.lang, &said)] };
                page(&bench, &place, &who, (&new, true), acted).await
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// What a form asks for, read as the parameters of a list are.
fn new_of(fields: &Fields, lang: Lang) -> NewWatch {
    let mut parameters = String::new();
    for name in ["q", "hall", "kind", "region", "field", "trl", "mode", "price", "org"] {
        let value = fields.get(name);
        if !value.is_empty() {
            parameters.push_str(if parameters.is_empty() { "" } else { "&" });
            parameters.push_str(name);
            parameters.push('=');
            encode(&mut parameters, &tidy_line(value, QUERY_CHARS));
        }
    }
    let text = |name: &str| fields.get(name).trim().to_owned();
    NewWatch {
        name: tidy_line(fields.get("name"), NAME_CHARS),
        asks: SearchRequest::from_parameters(&parameters),
        every: text("every"),
        zh: lang == Lang::Zh,
        tells: fields.get("tells") == "1",
        at_home: fields.get("at_home") == "1",
        feed: fields.get("feed") == "1",
        hook: text("hook"),
        mail: text("mail"),
    }
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (new, open): (&NewWatch, bool),
    acted: Acted,
) -> Result<Response, Away> {
    let clerk = who.clerk.clone();
    let (lines, mails) = bench.ask(move |desk| desk.watches(&clerk)).await?;
    let status = if acted.troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let lang = place.lang;
    let own = who.clerk.name.as_str();
    let page = Page {
        shell: shell(&bench.app, place, "watch.nav", Some(who)),
        form_key: who.form_key.clone(),
        form: form(lang, new, open || lines.is_empty()),
        lines: lines.iter().take(WATCHES_SHOWN).map(|one| line(lang, one, own)).collect(),
        mails,
        done: acted.done,
        troubles: acted.troubles,
    };
    Ok(draw(status, &page, lang))
}

fn line(lang: Lang, of: &WatchLine, own: &str) -> Line {
    let unread = match of.unread {
        0 => String::new(),
        n => fill(lang, "watch.unread", &[("n", &n.to_string())]),
    };
    Line {
        id: of.id.clone(),
        name: tidy_line(&of.name, NAME_CHARS),
        unread,
        asks: in_words(lang, &of.asks),
        told: say(lang, every_key(of.every)).to_owned(),
        owner: if of.owner.eq_ignore_ascii_case(own) {
            String::new()
        } else if of.owner.is_empty() {
            say(lang, "watch.of_node").to_owned()
        } else {
            tidy_line(&of.owner, NAME_CHARS)
        },
        paused: of.paused,
        trouble: of.trouble,
    }
}

fn form(lang: Lang, new: &NewWatch, open: bool) -> New {
    let asks = &new.asks;
    let chosen = |value: &str, now: &Option<String>| now.as_deref().unwrap_or_default() == value;
    let all = |key: &str, now: &Option<String>| Choice {
        value: String::new(),
        label: say(lang, key).to_owned(),
        chosen: now.is_none(),
    };
    let kind = |kind: Kind| Choice {
        value: kind.id().to_owned(),
        label: labels::kinds(lang, kind.id()),
        chosen: chosen(kind.id(), &asks.kind),
    };
    let mut regions = vec![all("facet.region.all", &asks.region)];
    regions.extend(region::children(None).iter().map(|(code, _)| {
        let prefix = region::prefix(code);
        Choice {
            value: prefix.to_owned(),
            label: labels::region(lang, prefix),
            chosen: chosen(prefix, &asks.region),
        }
    }));
    // One that is narrower than a province stays to be chosen.
    if let Some(own) = asks.region.as_ref().filter(|_| regions.iter().all(|choice| !choice.chosen)) {
        let label = labels::region(lang, own);
        let label = if label.is_empty() { own.clone() } else { label };
        regions.insert(1, Choice { value: own.clone(), label, chosen: true });
    }
    let shown = ["kind", "region", "sort"];
    let mut kept: Vec<(&'static str, String)> =
        asks.settings().into_iter().filter(|(name, _)| !shown.contains(name)).collect();
    kept.extend(asks.hall.map(|hall| ("hall", hall.id().to_owned())));
    let bare = SearchRequest { text: String::new(), kind: None, region: None, ..asks.clone() };
    New {
        open,
        name: new.name.clone(),
        text: asks.text.clone(),
        more: if kept.is_empty() { String::new() } else { in_words(lang, &bare) },
        kept,
        kinds: std::iter::once(all("watch.kind.all", &asks.kind))
            .chain(Kind::ALL.into_iter().map(kind))
            .collect(),
        regions,
        every: ["day", "week", "now"]
            .into_iter()
            .map(|id| Choice {
                value: id.to_owned(),
                label: say(lang, every_key(id)).to_owned(),
                chosen: new.every == id,
            })
            .collect(),
        mail: new.mail.clone(),
        hook: new.hook.clone(),
        feed: new.feed,
        tells: new.tells,
        at_home: new.at_home,
    }
}

pub(super) fn every_key(id: &str) -> &'static str {
    match id {
        "now" => "watch.every.now",
        "week" => "watch.every.week",
        _ => "watch.every.day",
    }
}

/// What a search asks for, in words.
pub(super) fn in_words(lang: Lang, asks: &SearchRequest) -> String {
    let mut words: Vec<String> = Vec::new();
    if !asks.text.is_empty() {
        words.push(fill(lang, "web.feed.search", &[("text", &asks.text)]));
    }
    words.extend(asks.hall.map(|hall| labels::hall(lang, hall).to_owned()));
    words.extend(asks.kind.as_deref().map(|id| labels::kinds(lang, id)));
    words.extend(asks.region.as_deref().map(|code| match labels::region(lang, code) {
        name if name.is_empty() => code.to_owned(),
        name => name,
    }));
    words.extend(asks.field.as_deref().map(|id| labels::technology(lang, id)));
    words.extend(asks.trl.map(|range| labels::readiness(lang, range)));
    words.extend(asks.cooperation.as_deref().map(|id| labels::cooperation(lang, id)));
    words.extend(
        asks.price.as_deref().map(|id| labels::price_band(lang, id).unwrap_or_else(|| id.to_owned())),
    );
    words.extend(asks.institution.as_deref().map(short_id));
    if words.is_empty() {
        words.push(say(lang, "list.all").to_owned());
    }
    words.join(" · ")
}
