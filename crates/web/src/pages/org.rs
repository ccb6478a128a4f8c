//! `/org/{id}`: what the roster says of an institution, its nodes, its listings, and what it says of others'.

use super::card::{Entry, listing_href};
use super::listing::Word;
use super::{Fact, draw, message};
use crate::app::App;
use crate::labels;
use crate::limits::{ID_DIGITS, NAME_CHARS, NEWEST_OF_ORG, NODES_OF_ORG, SAID_BY_ORG};
use crate::refusal::Refusal;
use crate::request::SearchRequest;
use crate::shell::{Place, Shell};
use crate::text::{count, short_id, tidy_line};
use crate::view::{Membership, OrgView};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use catalog::words::{fill, say};
use catalog::{Kind, Lang};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "org.html")]
struct Page {
    shell: Shell,
    name: String,
    byline: Vec<String>,
    /// Why its listings are not shown, when they are not: title and text.
    notice: Option<(&'static str, String)>,
    facts: Vec<Fact>,
    kinds: Vec<Heap>,
    newest: Vec<Entry>,
    all_href: String,
    nodes: Vec<Node>,
    nodes_more: String,
    said: Vec<About>,
}

/// Listings of one kind.
struct Heap {
    href: String,
    label: String,
    count: String,
}

struct Node {
    key: String,
    line: String,
    revoked: &'static str,
}

/// A statement and the listing that it is about.
struct About {
    href: String,
    title: String,
    word: Word,
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let given = request.uri().path().strip_prefix("/org/").unwrap_or_default();
    let fits = ID_DIGITS.contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !fits {
        return message::page(&app, &place, &Refusal::NoOrg(tidy_line(given, NAME_CHARS)));
    }
    let id = given.to_ascii_lowercase();
    let asked = id.clone();
    match app.ask(move |source| source.org(&asked)).await {
        Ok(Some(view)) => draw(StatusCode::OK, &page(&app, &place, &view), place.lang),
        Ok(None) => message::page(&app, &place, &Refusal::NoOrg(id)),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

/// The address of an institution's page; an id that is no hex leads nowhere rather than anywhere.
pub(crate) fn org_href(id: &str) -> String {
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    if id.is_empty() { String::new() } else { format!("/org/{id}") }
}

fn page(app: &App, place: &Place, view: &OrgView) -> Page {
    let lang = place.lang;
    let name = match tidy_line(&view.name, NAME_CHARS) {
        name if name.is_empty() => short_id(&view.id),
        name => name,
    };
    let mut shell = Shell::new(app, place, &name, None);
    shell.indexed = view.membership == Membership::Active;
    let role = labels::role(lang, view.role);
    shell.description = fill(lang, "org.description", &[("name", &name), ("role", role)]);
    let of_org = SearchRequest { institution: Some(view.id.clone()), ..SearchRequest::of_hall(None) };
    let byline = [role.to_owned(), labels::region(lang, &view.region)];
    let hidden = view.nodes.len().saturating_sub(NODES_OF_ORG);
    Page {
        name,
        byline: byline.into_iter().filter(|item| !item.is_empty()).collect(),
        notice: notice(lang, &view.membership),
        facts: facts(lang, view),
        kinds: kinds(lang, view, &of_org),
        newest: view.newest.iter().take(NEWEST_OF_ORG).map(|card| Entry::new(lang, card, "")).collect(),
        all_href: of_org.href(),
        nodes: view.nodes.iter().take(NODES_OF_ORG).map(|node| self::node(lang, node)).collect(),
        nodes_more: match hidden {
            0 => String::new(),
            more => fill(lang, "org.nodes.more", &[("n", &more.to_string())]),
        },
        said: view.said.iter().take(SAID_BY_ORG).map(|said| about(lang, said)).collect(),
        shell,
    }
}

fn notice(lang: Lang, membership: &Membership) -> Option<(&'static str, String)> {
    let (title, text, reason) = match membership {
        Membership::Active => return None,
        Membership::Suspended(why) => ("listing.suspended.title", "org.suspended.text", why),
        Membership::Exited(why) => ("listing.exited.title", "org.exited.text", why),
    };
    let reason = tidy_line(reason, NAME_CHARS);
    let said = say(lang, text).to_owned();
    let text = if reason.is_empty() {
        said
    } else {
        let reason = fill(lang, "listing.reason", &[("reason", &reason)]);
        format!("{said}{}{reason}", lang.pick("", " "))
    };
    Some((say(lang, title), text))
}

fn facts(lang: Lang, view: &OrgView) -> Vec<Fact> {
    let governs = if view.governs { say(lang, "org.governs") } else { "" };
    let mut facts = vec![
        Fact::mono(say(lang, "proof.credit_code"), tidy_line(&view.credit_code, NAME_CHARS)),
        Fact::new(say(lang, "proof.network"), tidy_line(view.network.pick(lang), NAME_CHARS)),
        Fact::new(say(lang, "org.role"), labels::role(lang, view.role)),
        Fact::new(say(lang, "org.region"), labels::region_with_code(lang, &view.region)),
        Fact::new(say(lang, "org.duty"), governs),
        Fact::mono(say(lang, "proof.institution_id"), tidy_line(&view.id, NAME_CHARS)),
    ];
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

fn kinds(lang: Lang, view: &OrgView, of_org: &SearchRequest) -> Vec<Heap> {
    let heap = |kind: Kind| {
        let listings = view.kinds.iter().find(|bucket| bucket.value == kind.id())?.listings;
        Some(Heap {
            href: of_org.with(|r| r.kind = Some(kind.id().to_owned())).href(),
            label: labels::kinds(lang, kind.id()),
            count: count(listings),
        })
    };
    Kind::ALL.into_iter().filter_map(heap).collect()
}

fn node(lang: Lang, node: &crate::view::OrgNode) -> Node {
    let logs = fill(lang, "org.node.logs", &[("n", &count(node.logs))]);
    let parts = [labels::role(lang, node.role).to_owned(), labels::region(lang, &node.region), logs];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Node {
        key: short_id(&tidy_line(&node.key, NAME_CHARS)),
        line: parts.join(" · "),
        revoked: if node.revoked { say(lang, "org.node.revoked") } else { "" },
    }
}

fn about(lang: Lang, said: &crate::view::OrgWord) -> About {
    let title = match tidy_line(&said.title, NAME_CHARS) {
        title if title.is_empty() => labels::untitled(lang),
        title => title,
    };
    About { href: listing_href(&said.about), title, word: Word::new(lang, &said.word) }
}
