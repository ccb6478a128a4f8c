//! Proposing: the acts that governors can be asked to sign, each with a form of its own.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use catalog::words::{fill, say};
use catalog::{Kind, Lang};

use super::{Acted, Trouble, operator, shell, trouble};
use crate::desk::Bench;
use crate::desk::gate::{Away, Fields, SignedIn};
use crate::desk::governing::{BranchRow, ForkRow, Ground, HiddenRow, Named, NodeRow, PeerRow};
use crate::desk::view::Said;
use crate::labels;
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::tidy_line;

/// Digits of a key that a form shows.
const DIGITS: usize = 12;

/// A form, by the last part of its address.
pub(super) struct Act {
    id: &'static str,
    title: &'static str,
    lead: &'static str,
}

/// All of them, in the order of the page that lists them.
const ACTS: [Act; 6] = [
    Act { id: "governors", title: "propose.governors", lead: "propose.governors.lead" },
    Act { id: "listing", title: "propose.listing", lead: "propose.listing.lead" },
    Act { id: "revoke", title: "propose.revoke", lead: "propose.revoke.lead" },
    Act { id: "settle", title: "propose.settle", lead: "propose.settle.lead" },
    Act { id: "unified", title: "propose.unified", lead: "propose.unified.lead" },
    Act { id: "peers", title: "propose.peers", lead: "propose.peers.lead" },
];

/// The form of that name.
pub(super) fn known(id: &str) -> Option<&'static Act> {
    ACTS.iter().find(|act| act.id == id)
}

#[derive(Template)]
#[template(path = "desk/propose.html")]
struct ListPage {
    shell: Shell,
    acts: &'static [Act],
}

#[derive(Template)]
#[template(path = "desk/act.html")]
struct ActPage {
    shell: Shell,
    form_key: String,
    act: &'static Act,
    governs: bool,
    governors: Vec<Named>,
    standing: String,
    /// More than half, once there is one governor more, and one less.
    majority_more: usize,
    majority_less: usize,
    others: Vec<Named>,
    nodes: Vec<(String, String)>,
    nodes_more: usize,
    forks: Vec<ForkCard>,
    peers: Vec<PeerCard>,
    hidden: Vec<HiddenRow>,
    hidden_more: String,
    parts: Vec<(String, String)>,
    kinds: Vec<(&'static str, String)>,
    typed: Vec<(String, String)>,
    done: String,
    troubles: Vec<Trouble>,
}

impl ActPage {
    /// What was typed into a field before.
    fn was(&self, name: &str) -> &str {
        super::super::asked(&self.typed, name)
    }

    fn ticked(&self, name: &str, value: &str) -> bool {
        self.typed.iter().any(|(key, known)| key == name && known == value)
    }
}

struct ForkCard {
    log: String,
    title: String,
    own: bool,
    branches: Vec<(String, String)>,
}

struct PeerCard {
    id: String,
    name: String,
    line: String,
    state: &'static str,
    state_word: &'static str,
    reason: String,
    step: String,
}

pub(in crate::desk) async fn list(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = operator(&bench, &headers).await?;
        let page = ListPage { shell: shell(&bench.app, &place, "propose.title", Some(&who)), acts: &ACTS };
        Ok(draw(StatusCode::OK, &page, place.lang))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = operator(&bench, &headers).await?;
        let act = known(&id).ok_or_else(|| Refusal::NoPage(uri.path().to_owned()))?;
        // An address may fill a form in; it proposes nothing.
        let given = crate::request::pairs(&uri);
        page(&bench, &place, &who, act, &Fields::new(given), Acted::none()).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// The form of an act, with what was typed before and what became of it.
pub(super) async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    act: &'static Act,
    typed: &Fields,
    acted: Acted,
) -> Result<Response, Away> {
    let (clerk, lang) = (who.clerk.clone(), place.lang);
    let ground = bench.ask(move |desk| desk.ground(&clerk)).await?;
    let status = if acted.troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = act_page(shell(&bench.app, place, act.title, Some(who)), who, act, ground, lang);
    let page =
        ActPage { typed: typed.all_pairs().to_vec(), done: acted.done, troubles: acted.troubles, ..page };
    Ok(draw(status, &page, lang))
}

fn act_page(shell: Shell, who: &SignedIn, act: &'static Act, ground: Ground, lang: Lang) -> ActPage {
    let tidied = |named: Vec<Named>| -> Vec<Named> {
        named.into_iter().map(|n| Named { name: tidy_line(&n.name, NAME_CHARS), id: n.id }).collect()
    };
    let count = ground.governors.len();
    let governors = tidied(ground.governors);
    let names: Vec<&str> = governors.iter().map(|n| n.name.as_str()).collect();
    let names = names.join(lang.pick("、", ", "));
    let places = [("names", names.as_str()), ("threshold", &ground.threshold.to_string())];
    let hidden = |row: HiddenRow| HiddenRow {
        title: if row.title.is_empty() { labels::untitled(lang) } else { tidy_line(&row.title, NAME_CHARS) },
        reason: tidy_line(&row.reason, NAME_CHARS * 4),
        id: row.id,
    };
    ActPage {
        shell,
        form_key: who.form_key.clone(),
        act,
        governs: ground.governs,
        standing: fill(lang, "cli.roster.governors", &places),
        governors,
        majority_more: count.saturating_add(1) / 2 + 1,
        majority_less: count.saturating_sub(1) / 2 + 1,
        others: tidied(ground.others),
        nodes: ground.nodes.iter().map(|row| (row.key.clone(), node_label(lang, row))).collect(),
        nodes_more: ground.nodes_more,
        forks: ground.forks.iter().map(|row| fork_card(lang, row)).collect(),
        peers: ground.peers.iter().map(|row| peer_card(lang, row)).collect(),
        hidden: ground.hidden.into_iter().map(hidden).collect(),
        hidden_more: match ground.hidden_more {
            0 => String::new(),
            n => fill(lang, "propose.listing.more", &[("n", &n.to_string())]),
        },
        parts: ground
            .parts
            .iter()
            .map(|(part, version)| (part.clone(), part_label(lang, part, version)))
            .collect(),
        kinds: Kind::ALL.iter().map(|kind| (kind.id(), kind.label(lang).to_owned())).collect(),
        typed: Vec::new(),
        done: String::new(),
        troubles: Vec::new(),
    }
}

fn short(id: &str) -> String {
    id.chars().take(DIGITS).collect()
}

fn node_label(lang: Lang, row: &NodeRow) -> String {
    let name = tidy_line(&row.institution, NAME_CHARS);
    let (key, n) = (short(&row.key), row.entries.to_string());
    let places = [("name", name.as_str()), ("key", &key), ("n", &n)];
    fill(lang, if row.own { "propose.node.own" } else { "propose.node" }, &places)
}

fn part_label(lang: Lang, part: &str, version: &str) -> String {
    let (name, _) = labels::unified(lang, part);
    fill(lang, "propose.unified.now", &[("part", name), ("version", &tidy_line(version, NAME_CHARS))])
}

fn fork_card(lang: Lang, row: &ForkRow) -> ForkCard {
    let branch = |branch: &BranchRow| {
        let held = match branch.held {
            Some(seq) => fill(lang, "propose.branch.held", &[("seq", &seq.to_string())]),
            None => say(lang, "propose.branch.absent").to_owned(),
        };
        let (first, time) = (short(&branch.first), tidy_line(&branch.time, NAME_CHARS));
        let places = [("first", first.as_str()), ("time", &time), ("held", &held)];
        (branch.first.clone(), fill(lang, "propose.branch", &places))
    };
    let (who, kind) = (tidy_line(&row.institution, NAME_CHARS), labels::kind(lang, &row.kind));
    let (region, seq) = (labels::region(lang, &row.region), row.seq.to_string());
    let places = [("who", who.as_str()), ("kind", &kind), ("region", &region), ("seq", &seq)];
    ForkCard {
        log: row.log.clone(),
        title: fill(lang, "propose.fork", &places),
        own: row.own,
        branches: row.branches.iter().map(branch).collect(),
    }
}

fn peer_card(lang: Lang, row: &PeerRow) -> PeerCard {
    let (zh, en) = (tidy_line(&row.name.0, NAME_CHARS), tidy_line(&row.name.1, NAME_CHARS));
    let number = fill(lang, "cli.peering.number", &[("number", &row.number.to_string())]);
    PeerCard {
        id: row.id.clone(),
        name: if en.is_empty() { zh } else { lang.pick(zh, en) },
        line: [number, fill(lang, "cli.peering.until", &[("until", &row.last_day)])].join(" · "),
        state: row.state,
        state_word: match row.state {
            "suspended" => "cli.peering.state.suspended",
            "ended" => "cli.peering.state.ended",
            _ => "cli.peering.state.active",
        },
        reason: tidy_line(&row.reason, NAME_CHARS * 4),
        step: row.step.clone(),
    }
}

/// What became of a text that was brought.
pub(super) async fn text_told(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    fields: &Fields,
    brought: Result<bool, Said>,
) -> Result<Response, Away> {
    let act = known("unified").ok_or(Refusal::BadForm)?;
    let acted = match brought {
        Ok(new) => {
            let key = if new { "propose.text.added" } else { "propose.text.held" };
            Acted { done: say(place.lang, key).to_owned(), troubles: Vec::new() }
        }
        Err(said) => trouble(place.lang, &said),
    };
    page(bench, place, who, act, fields, acted).await
}

/// This network's card, for another one.
pub(in crate::desk) async fn card(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = operator(&bench, &headers).await?;
        let file = bench.ask(move |desk| desk.card(&who.clerk)).await?;
        let mut response = ([(header::CONTENT_TYPE, "application/octet-stream")], file).into_response();
        crate::download::named(&mut response, "card.lianshi");
        Ok(response)
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}
