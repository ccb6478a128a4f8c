//! `/`: what this node is, a search box, the six halls, the newest listings.

use super::card::Entry;
use super::feed::{self, Alternate};
use super::{Fact, draw, message};
use crate::app::App;
use crate::labels;
use crate::limits::{NAME_CHARS, NEWEST_ON_HOME};
use crate::request::SearchRequest;
use crate::shell::{Place, Shell};
use crate::text::{count, tidy_line};
use crate::view::{HomeView, NodeView};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use catalog::words::{fill, say};
use catalog::{Hall, Lang};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    shell: Shell,
    name: String,
    belongs: String,
    figures: Vec<Fact>,
    halls: Vec<HallCard>,
    newest: Vec<Entry>,
    /// All of it to follow.
    feeds: Vec<Alternate>,
    /// What the node offers, for catalogues.
    catalogue: &'static str,
}

struct HallCard {
    id: &'static str,
    href: String,
    name: &'static str,
    count: String,
    line: &'static str,
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    match app.ask(|source| source.home()).await {
        Ok(view) => draw(StatusCode::OK, &page(&app, &place, &view), place.lang),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

fn page(app: &App, place: &Place, view: &HomeView) -> Page {
    let lang = place.lang;
    let mut shell = Shell::new(app, place, "", None);
    shell.search_in_head = false;
    let node = &view.node;
    Page {
        name: tidy_line(node.name.pick(lang), NAME_CHARS),
        belongs: belongs(lang, node),
        figures: figures(lang, node),
        halls: halls(lang, view),
        newest: view.newest.iter().take(NEWEST_ON_HOME).map(|card| Entry::new(lang, card, "")).collect(),
        feeds: feed::of(lang, &SearchRequest::of_hall(None)),
        catalogue: feed::CATALOGUE,
        shell,
    }
}

/// "湖北省联合技术市场 的枢纽节点 · 湖北省".
pub(crate) fn belongs(lang: Lang, node: &NodeView) -> String {
    let network = tidy_line(node.network.pick(lang), NAME_CHARS);
    let role = labels::role(lang, node.role);
    let text = fill(lang, "home.belongs", &[("network", &network), ("role", role)]);
    match labels::region(lang, &node.region) {
        region if region.is_empty() => text,
        region => format!("{text} · {region}"),
    }
}

fn figures(lang: Lang, node: &NodeView) -> Vec<Fact> {
    let numbers = [
        ("figure.listings", node.listings),
        ("figure.institutions", node.institutions),
        ("figure.nodes", node.nodes),
    ];
    numbers.iter().map(|(key, number)| Fact::new(say(lang, key), count(*number))).collect()
}

fn halls(lang: Lang, view: &HomeView) -> Vec<HallCard> {
    let listings = |id: &str| view.halls.iter().find(|hall| hall.value == id).map_or(0, |hall| hall.listings);
    let hall = |hall: Hall| HallCard {
        id: hall.id(),
        href: SearchRequest::of_hall(Some(hall)).href(),
        name: labels::hall(lang, hall),
        count: count(listings(hall.id())),
        line: labels::hall_line(lang, hall),
    };
    Hall::ALL.into_iter().map(hall).collect()
}
