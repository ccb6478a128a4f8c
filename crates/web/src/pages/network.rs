//! `/network`: the 1+N map, drawn from the roster, and everyone in it.

mod map;

use super::org::org_href;
use super::{draw, message};
use crate::app::App;
use crate::labels;
use crate::limits::{MEMBERS_SHOWN, NAME_CHARS};
use crate::shell::{Place, Shell};
use crate::text::{ago, count, date, tidy_line};
use crate::view::{MemberView, Membership, NetworkView, NodeHealth, PeerMarketView, PeerState, Role};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};
use map::Map;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "network.html")]
struct Page {
    shell: Shell,
    summary: String,
    map: Map,
    members_title: String,
    members: Vec<Row>,
    members_more: String,
    markets: Vec<Market>,
}

/// One institution in the table.
struct Row {
    href: String,
    name: String,
    about: String,
    state: &'static str,
    class: &'static str,
    reason: String,
    said: String,
    last: String,
}

struct Market {
    name: String,
    state: &'static str,
    class: &'static str,
    about: String,
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    match app.ask(|source| source.network()).await {
        Ok(view) => draw(StatusCode::OK, &page(&app, &place, view), place.lang),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

fn page(app: &App, place: &Place, mut view: NetworkView) -> Page {
    let lang = place.lang;
    let mut shell = Shell::new(app, place, say(lang, "network.title"), None);
    shell.indexed = false;
    let place_of = |member: &MemberView| (member.region.clone(), member.role as u8, member.name.clone());
    view.members.sort_by_cached_key(place_of);
    let total = view.members.len();
    let hidden = total.saturating_sub(MEMBERS_SHOWN);
    Page {
        shell,
        summary: summary(lang, &view),
        map: Map::draw(lang, &view),
        members_title: fill(lang, "network.members", &[("n", &count(total as u64))]),
        members: view.members.iter().take(MEMBERS_SHOWN).map(|m| row(lang, view.now_ms, m)).collect(),
        members_more: match hidden {
            0 => String::new(),
            more => fill(lang, "network.more", &[("n", &count(more as u64))]),
        },
        markets: view.markets.iter().map(|market| row_of_market(lang, market)).collect(),
    }
}

/// How many of each role there are.
fn summary(lang: Lang, view: &NetworkView) -> String {
    let active = |role: Role| {
        let of_it = |m: &&MemberView| m.role == role && m.membership == Membership::Active;
        count(view.members.iter().filter(of_it).count() as u64)
    };
    let network = tidy_line(view.node.network.pick(lang), NAME_CHARS);
    let places = [
        ("network", network.as_str()),
        ("hubs", &active(Role::Hub)),
        ("markets", &active(Role::SubMarket)),
        ("stations", &active(Role::ResourceStation)),
        ("sites", &active(Role::GrassrootsSite)),
    ];
    fill(lang, "network.summary", &places)
}

/// How an institution stands, in a word and a colour.
fn state(member: &MemberView) -> (&'static str, &'static str) {
    match (&member.membership, member.own, member.link) {
        (Membership::Suspended(_), ..) => ("network.suspended", "state-bad"),
        (Membership::Exited(_), ..) => ("network.exited", "state-wait"),
        (_, true, _) => ("network.here", "state-good"),
        (_, _, Some(PeerState::InStep)) => ("peer.in_step", "state-good"),
        (_, _, Some(PeerState::Syncing)) => ("peer.syncing", "state-busy"),
        (_, _, Some(PeerState::Closed)) => ("peer.closed", "state-wait"),
        (_, _, Some(PeerState::Paused)) => ("peer.paused", "state-wait"),
        (_, _, Some(PeerState::Refused)) => ("peer.refused", "state-bad"),
        (_, _, Some(PeerState::Connecting | PeerState::Waiting)) => ("peer.connecting", "state-wait"),
        (_, _, None) => ("network.away", "state-wait"),
    }
}

fn row(lang: Lang, now_ms: i64, member: &MemberView) -> Row {
    let (key, class) = state(member);
    let reason = match &member.membership {
        Membership::Suspended(why) | Membership::Exited(why) => why.as_str(),
        Membership::Active if member.link == Some(PeerState::Refused) => &member.reason,
        Membership::Active => "",
    };
    let mut about = vec![labels::role(lang, member.role).to_owned(), labels::region(lang, &member.region)];
    if member.governs {
        about.push(say(lang, "network.governs").to_owned());
    }
    Row {
        href: org_href(&member.id),
        name: tidy_line(&member.name, NAME_CHARS),
        about: about.join(" · "),
        state: say(lang, key),
        class,
        reason: tidy_line(reason, NAME_CHARS),
        said: said(lang, now_ms, member),
        last: match (member.own, member.last_success_ms) {
            (true, _) => String::new(),
            (_, Some(then)) => ago(now_ms, then, lang),
            (_, None) => say(lang, "peer.never").to_owned(),
        },
    }
}

/// What its nodes say of themselves, in a word; nothing of one that is not a member now.
fn said(lang: Lang, now_ms: i64, member: &MemberView) -> String {
    let Some(said) = member.said.filter(|_| member.membership == Membership::Active) else {
        return String::new();
    };
    let key = match said.health {
        _ if said.silent => "network.said.silent",
        NodeHealth::Problem => "network.said.problem",
        NodeHealth::Notice => "network.said.notice",
        NodeHealth::Well => "network.said.well",
        NodeHealth::Unknown => return String::new(),
    };
    let at = ago(now_ms, said.heard_ms, lang);
    format!("{}{}{at}", say(lang, key), lang.pick("，", ", "))
}

fn row_of_market(lang: Lang, market: &PeerMarketView) -> Market {
    let listings = count(market.listings);
    let (state, class) = match market.open {
        true => (say(lang, "network.market.open"), "state-good"),
        false => (say(lang, "network.market.closed"), "state-wait"),
    };
    let until = date(market.until_ms, lang);
    let places = [("n", listings.as_str()), ("date", until.as_str())];
    Market {
        name: tidy_line(market.name.pick(lang), NAME_CHARS),
        state,
        class,
        about: fill(lang, "network.market.about", &places),
    }
}
