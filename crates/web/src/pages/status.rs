//! `/status`: how the node is and whom it is in step with.

use super::home::belongs;
use super::{Fact, draw, message};
use crate::app::App;
use crate::labels;
use crate::limits::{NAME_CHARS, PEERS_SHOWN};
use crate::shell::{Place, Shell};
use crate::text::{ago, count, minute, short_id, tidy_line};
use crate::view::{PeerState, PeerView, StatusView};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    shell: Shell,
    summary: String,
    figures: Vec<Fact>,
    facts: Vec<Fact>,
    addresses: Vec<String>,
    view_hash: String,
    peers_title: String,
    peers: Vec<Peer>,
    peers_more: String,
}

struct Peer {
    name: String,
    key: String,
    address: String,
    state: &'static str,
    class: &'static str,
    reason: String,
    last: String,
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    match app.ask(|source| source.status()).await {
        Ok(view) => draw(StatusCode::OK, &page(&app, &place, &view), place.lang),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

fn page(app: &App, place: &Place, view: &StatusView) -> Page {
    let lang = place.lang;
    let mut shell = Shell::new(app, place, say(lang, "status.title"), None);
    shell.indexed = false;
    let total = view.peers.len().to_string();
    let hidden = view.peers.len().saturating_sub(PEERS_SHOWN);
    Page {
        shell,
        summary: summary(lang, view),
        figures: figures(lang, view),
        facts: facts(lang, view),
        addresses: view.addresses.iter().map(|address| tidy_line(address, NAME_CHARS * 2)).collect(),
        view_hash: tidy_line(&view.view_hash, NAME_CHARS),
        peers_title: fill(lang, "status.peers", &[("n", &total)]),
        peers: view.peers.iter().take(PEERS_SHOWN).map(|peer| row(lang, view.now_ms, peer)).collect(),
        peers_more: if hidden == 0 {
            String::new()
        } else {
            fill(lang, "status.more", &[("n", &hidden.to_string())])
        },
    }
}

/// One sentence that answers "is everything all right?".
fn summary(lang: Lang, view: &StatusView) -> String {
    let among = |states: &[PeerState]| view.peers.iter().filter(|peer| states.contains(&peer.state)).count();
    let closed = among(&[PeerState::Closed]);
    let connected = closed + among(&[PeerState::InStep, PeerState::Syncing]);
    let key = match (view.peers.len(), connected) {
        (0, _) => "status.summary.alone",
        (_, 0) => "status.summary.cut",
        _ if closed > 0 => "status.summary.closed",
        (all, some) if some < all => "status.summary.some",
        _ => "status.summary.all",
    };
    let numbers = [("n", &*connected.to_string()), ("all", &*view.peers.len().to_string())];
    fill(lang, key, &numbers)
}

fn figures(lang: Lang, view: &StatusView) -> Vec<Fact> {
    let numbers = [
        ("figure.listings", view.node.listings),
        ("figure.entries", view.entries),
        ("figure.logs", view.logs),
        ("figure.institutions", view.node.institutions),
        ("figure.nodes", view.node.nodes),
    ];
    numbers.iter().map(|(key, number)| Fact::new(say(lang, key), count(*number))).collect()
}

fn facts(lang: Lang, view: &StatusView) -> Vec<Fact> {
    let started = fill(
        lang,
        "value.quoted_after",
        &[("before", &minute(view.started_ms, lang)), ("value", &ago(view.now_ms, view.started_ms, lang))],
    );
    let id = |text: &str| tidy_line(text, NAME_CHARS);
    vec![
        Fact::new(say(lang, "status.name"), tidy_line(view.node.name.pick(lang), NAME_CHARS)),
        Fact::new(say(lang, "status.belongs"), belongs(lang, &view.node)),
        Fact::new(say(lang, "status.started"), started),
        Fact::new(say(lang, "status.version"), id(&view.version)),
        Fact::mono(say(lang, "proof.network_id"), id(&view.network_id)),
        Fact::mono(say(lang, "proof.node_key"), id(&view.node_key)),
    ]
}

fn row(lang: Lang, now_ms: i64, peer: &PeerView) -> Peer {
    let (state, class) = match peer.state {
        PeerState::InStep => ("peer.in_step", "state-good"),
        PeerState::Syncing => ("peer.syncing", "state-busy"),
        PeerState::Closed => ("peer.closed", "state-wait"),
        PeerState::Connecting => ("peer.connecting", "state-wait"),
        PeerState::Waiting => ("peer.waiting", "state-wait"),
        PeerState::Paused => ("peer.paused", "state-wait"),
        PeerState::Refused => ("peer.refused", "state-bad"),
    };
    let last = match peer.last_success_ms {
        Some(then) => ago(now_ms, then, lang),
        None => say(lang, "peer.never").to_owned(),
    };
    let name = tidy_line(&peer.name, NAME_CHARS);
    Peer {
        name: if name.is_empty() { labels::unnamed(lang) } else { name },
        key: short_id(&tidy_line(&peer.key, NAME_CHARS)),
        address: tidy_line(&peer.address, NAME_CHARS * 2),
        state: say(lang, state),
        class,
        reason: tidy_line(&peer.reason, NAME_CHARS),
        last,
    }
}
