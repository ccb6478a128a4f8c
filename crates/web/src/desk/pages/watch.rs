//! One saved search: what came since it was last read, and how it tells.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};

use super::watches::{every_key, in_words};
use super::{Trouble, shell};
use crate::address::origin;
use crate::desk::Bench;
use crate::desk::gate::{Away, SignedIn, posted, see, signed_in};
use crate::desk::watches::{FoundView, Tried, WatchAct, WatchView, WayView};
use crate::limits::NAME_CHARS;
use crate::pages::card::Entry;
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{Place, Shell};
use crate::text::{date, minute, stamp, tidy_line};

#[derive(Template)]
#[template(path = "desk/watch.html")]
struct Page {
    shell: Shell,
    form_key: String,
    id: String,
    name: String,
    asks: String,
    asks_href: String,
    told: &'static str,
    reach: &'static str,
    since: String,
    paused: bool,
    upto: u64,
    unread: String,
    found: Vec<Found>,
    more: String,
    feed: String,
    mail: Option<Way>,
    hook: Option<Way>,
    secret: String,
    tells: bool,
    done: String,
    troubles: Vec<Trouble>,
}

/// Something that was found.
struct Found {
    entry: Entry,
    state: &'static str,
    unread: bool,
    members: bool,
    when: String,
    stamp: String,
}

/// A way of telling.
struct Way {
    to: String,
    state: String,
    bad: bool,
    stopped: bool,
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
        let key = pairs(&uri).into_iter().find_map(|(name, _)| done_key(&name));
        let done = key.map(|key| say(place.lang, key).to_owned()).unwrap_or_default();
        page(&bench, &place, &who, (&id, &uri, &headers), (done, Vec::new())).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

fn done_key(name: &str) -> Option<&'static str> {
    Some(match name {
        "added" => "watch.done.added",
        "read" => "watch.done.read",
        "pause" => "watch.done.pause",
        "resume" => "watch.done.resume",
        "feed" => "watch.done.feed",
        "no-feed" => "watch.done.no_feed",
        "start" => "watch.done.start",
        _ => return None,
    })
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
        let back = format!("/desk/watches/{id}");
        let typed = fields.get("act").to_owned();
        let Some(act) = WatchAct::from_id(&typed, fields.get("upto")) else { return Ok(see(&back)) };
        let (clerk, asked, doing) = (who.clerk.clone(), id.clone(), act.clone());
        let outcome = bench.ask(move |desk| desk.change_watch(&clerk, &asked, &doing)).await?;
        let at = (id.as_str(), &uri, &headers);
        match (outcome, act) {
            (Ok(_), WatchAct::Remove) => Ok(see("/desk/watches")),
            (Ok(tried), WatchAct::Test) => {
                let told = said_of(place.lang, &tried);
                page(&bench, &place, &who, at, told).await
            }
            (Ok(_), _) => Ok(see(&format!("{back}?{typed}=1"))),
            (Err(said), _) => {
                let troubles = vec![Trouble::of(place.lang, &said)];
                page(&bench, &place, &who, at, (String::new(), troubles)).await
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// What became of a test, in words.
fn said_of(lang: Lang, tried: &[Tried]) -> (String, Vec<Trouble>) {
    let went = tried.iter().filter(|tried| tried.failed.is_none());
    let went: Vec<String> = went.map(|tried| tidy_line(&tried.to, NAME_CHARS)).collect();
    let done = match (tried.is_empty(), went.is_empty()) {
        (true, _) => say(lang, "watch.test.none").to_owned(),
        (false, true) => String::new(),
        (false, false) => fill(lang, "watch.test.done", &[("to", &went.join(lang.pick("、", ", ")))]),
    };
    let failed = tried.iter().filter_map(|tried| Some((tried, tried.failed.as_ref()?)));
    let troubles = failed.map(|(_, (zh, en))| Trouble {
        message: say(lang, "watch.test.failed").to_owned(),
        hint: lang.pick(zh.clone(), en.clone()),
    });
    (done, troubles.collect())
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (id, uri, headers): (&str, &Uri, &HeaderMap),
    (done, troubles): (String, Vec<Trouble>),
) -> Result<Response, Away> {
    let (clerk, asked) = (who.clerk.clone(), id.to_owned());
    let found = bench.ask(move |desk| desk.watch(&clerk, &asked)).await?;
    let view = found.ok_or_else(|| Refusal::NoPage(tidy_line(uri.path(), NAME_CHARS)))?;
    let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let base = origin(&bench.app.options, uri, headers);
    Ok(draw(status, &drawn(bench, place, who, view, &base, (done, troubles)), place.lang))
}

fn drawn(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    view: WatchView,
    base: &str,
    (done, troubles): (String, Vec<Trouble>),
) -> Page {
    let lang = place.lang;
    let name = tidy_line(&view.line.name, NAME_CHARS);
    let mut shell = shell(&bench.app, place, "watch.nav", Some(who));
    shell.title = format!("{name} – {}", shell.title);
    let number =
        |key: &str, n: usize| if n == 0 { String::new() } else { fill(lang, key, &[("n", &n.to_string())]) };
    Page {
        form_key: who.form_key.clone(),
        name,
        asks: in_words(lang, &view.line.asks),
        asks_href: view.line.asks.href(),
        told: say(lang, every_key(view.line.every)),
        reach: say(lang, if view.abroad { "watch.abroad" } else { "watch.at_home" }),
        since: fill(lang, "watch.since", &[("date", &date(view.since_ms, lang))]),
        paused: view.line.paused,
        upto: view.upto,
        unread: number("watch.unread", view.line.unread),
        found: view.found.iter().map(|of| found(lang, of)).collect(),
        more: number("watch.more", view.more),
        feed: if view.feed.is_empty() { String::new() } else { format!("{base}{}.atom", view.feed) },
        mail: view.mail.as_ref().map(|of| way(lang, of)),
        hook: view.hook.as_ref().map(|of| way(lang, of)),
        secret: view.secret,
        tells: view.tells,
        id: view.line.id,
        done,
        troubles,
        shell,
    }
}

fn found(lang: Lang, of: &FoundView) -> Found {
    Found {
        entry: Entry::new(lang, &of.card, ""),
        state: say(lang, if of.changed { "watch.found.changed" } else { "watch.found.new" }),
        unread: of.unread,
        members: of.members,
        when: minute(of.found_ms, lang),
        stamp: stamp(of.found_ms),
    }
}

fn way(lang: Lang, of: &WayView) -> Way {
    let (zh, en) = &of.why;
    let why = tidy_line(lang.pick(zh, en), NAME_CHARS * 2);
    let state = if of.stopped {
        fill(lang, "watch.way.stopped", &[("why", &why)])
    } else if !why.is_empty() && of.again_ms > 0 {
        fill(lang, "watch.way.again", &[("why", &why), ("when", &minute(of.again_ms, lang))])
    } else if of.waiting > 0 {
        fill(lang, "watch.way.waiting", &[("n", &of.waiting.to_string())])
    } else if of.last_ms > 0 {
        fill(lang, "watch.way.last", &[("when", &minute(of.last_ms, lang))])
    } else {
        say(lang, "watch.way.none").to_owned()
    };
    Way {
        to: tidy_line(&of.to, NAME_CHARS * 2),
        state,
        bad: of.stopped || !why.is_empty(),
        stopped: of.stopped,
    }
}
