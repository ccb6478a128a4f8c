//! `/listing/{id}`: all that a listing says, who says it, and how that was verified.

mod details;
pub(crate) mod files;
mod linked;
mod proof;
mod said;
mod scan;

use super::card::Entry;
use super::org::org_href;
use super::{Fact, draw, feed, message};
use crate::address::{origin, paper_address, reached};
use crate::app::App;
use crate::enquiry::Card;
use crate::fields::{Arranged, Row, arrange};
use crate::labels;
use crate::limits::{ID_DIGITS, NAME_CHARS, RELATED, STATEMENTS_SHOWN, VERSIONS_SHOWN};
use crate::refusal::Refusal;
use crate::request::SearchRequest;
use crate::shell::{Link, Place, Shell};
use crate::text::{date, minute, short_id, stamp, tidy, tidy_line};
use crate::view::{HiddenBy, ListingView, MarketView, Standing, Step, Version};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use catalog::words::{fill, say};
use catalog::{Hall, Kind, Lang};
use details::Details;
use files::Files;
use linked::LinkedData;
use proof::Proof;
pub(crate) use said::Word;
use scan::Scan;
use std::sync::Arc;

pub(super) use scan::version;

#[derive(Template)]
#[template(path = "listing.html")]
struct Page {
    shell: Shell,
    crumbs: Vec<Link>,
    id: String,
    kind: String,
    kind_class: &'static str,
    title: String,
    /// Who answers for it, and the page of theirs.
    by: String,
    by_href: String,
    place: String,
    updated: String,
    moved: String,
    notice: Option<Notice>,
    /// By what agreement it is shown, where it is another network's.
    market: String,
    parts_before: Vec<Row>,
    rows: Vec<Row>,
    parts_after: Vec<Row>,
    files: Files,
    contact: Vec<Row>,
    details: Option<Details>,
    may_ask: bool,
    no_contact: String,
    ask: Option<Card>,
    history_title: String,
    versions: Vec<Line>,
    versions_more: String,
    proof: Proof,
    said: Vec<Word>,
    said_more: String,
    /// For machines; of what stands alone.
    linked: Option<LinkedData>,
    beside_title: &'static str,
    beside: Vec<Entry>,
    alike: Vec<Entry>,
    scan: Option<Scan>,
}

/// Why a listing does not stand.
pub(super) struct Notice {
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) bad: bool,
}

/// A version in the history.
struct Line {
    number: u64,
    step: &'static str,
    when: String,
    stamp: String,
    by: String,
    hash: String,
    changed: String,
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let (head, _) = request.into_parts();
    let given = head.uri.path().strip_prefix("/listing/").unwrap_or_default();
    if let Some(id) = given.strip_suffix(".jsonld").and_then(document_id) {
        return linked_data(&app, &head, id, place.lang).await;
    }
    let Some(id) = document_id(given) else {
        return message::page(&app, &place, &Refusal::NoListing(tidy_line(given, NAME_CHARS)));
    };
    let asked = id.clone();
    let address = reached(&app.options, &head.uri, &head.headers);
    let leads = |view: &ListingView| paper_address(address.as_ref(), &view.id, &view.mark);
    match app.ask(move |source| source.listing(&asked)).await {
        Ok(Some(view)) => draw(StatusCode::OK, &page(&app, &place, &view, &leads(&view)), place.lang),
        Ok(None) => message::page(&app, &place, &Refusal::NoListing(id)),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

/// What the page carries for machines, by itself.
async fn linked_data(app: &App, head: &Parts, id: String, lang: Lang) -> Response {
    let base = origin(&app.options, &head.uri, &head.headers);
    let made = app.ask(move |source| {
        let view = source.listing(&id)?.filter(|view| view.standing == Standing::Published);
        Ok(view.map(|view| LinkedData::of(lang, &view, &heading(lang, &view), &base).alone()))
    });
    feed::sent(app, head, made.await, feed::LINKED)
}

/// The title that a page about a listing has.
fn heading(lang: Lang, view: &ListingView) -> String {
    let title = tidy_line(&view.title, NAME_CHARS * 2);
    if title.is_empty() { labels::untitled(lang) } else { title }
}

/// A document id as people paste it: hex of either case. Anything else names no document.
pub(crate) fn document_id(given: &str) -> Option<String> {
    let fits = ID_DIGITS.contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| given.to_ascii_lowercase())
}

/// `address` is what a code on paper leads to.
fn page(app: &App, place: &Place, view: &ListingView, address: &str) -> Page {
    let lang = place.lang;
    let title = heading(lang, view);
    let mut shell = Shell::new(app, place, &title, Kind::from_id(&view.kind).map(Hall::of));
    shell.indexed = view.standing == Standing::Published;
    let Arranged { before, rows, after, contact, region, summary } = arrange(lang, &view.kind, &view.fields);
    if !summary.is_empty() {
        shell.description = tidy(&summary.replace('\n', " "), NAME_CHARS);
    }
    let proof = Proof::new(lang, view);
    let institution = tidy_line(&view.provenance.institution, NAME_CHARS);
    let hidden = view.provenance.versions_total.saturating_sub(view.provenance.versions.len() as u64);
    let whom = if institution.is_empty() { say(lang, "listing.institution") } else { &institution };
    let ask = Card::new(app, lang, view);
    let asked = [("institution", whom), ("id", &short_id(&view.id))];
    Page {
        crumbs: crumbs(lang, &view.kind, &region),
        id: tidy_line(&view.id, NAME_CHARS),
        kind: labels::kind(lang, &view.kind),
        kind_class: labels::kind_class(&view.kind),
        linked: (view.standing == Standing::Published).then(|| LinkedData::of(lang, view, &title, "")),
        title,
        by_href: org_href(&view.provenance.institution_id),
        place: labels::region(lang, &region),
        updated: fill(lang, "listing.updated", &[("date", &date(view.provenance.signed_ms, lang))]),
        moved: if view.moved { say(lang, "listing.moved").to_owned() } else { String::new() },
        notice: notice(lang, &view.standing),
        market: view.market.as_ref().map(|market| agreed(lang, market)).unwrap_or_default(),
        parts_before: before,
        rows,
        parts_after: after,
        files: Files::new(lang, &format!("/listing/{}", tidy_line(&view.id, NAME_CHARS)), &view.attachments),
        may_ask: contact.is_empty() && view.standing == Standing::Published && view.market.is_none(),
        contact,
        details: (view.has_more && view.standing == Standing::Published)
            .then(|| Details::new(lang, whom, &view.id)),
        no_contact: fill(
            lang,
            if ask.is_some() { "listing.ask_below" } else { "listing.no_contact" },
            &asked,
        ),
        ask,
        by: institution.clone(),
        history_title: fill(lang, "listing.history", &[("n", &view.provenance.versions_total.to_string())]),
        versions: view
            .provenance
            .versions
            .iter()
            .take(VERSIONS_SHOWN)
            .map(|v| line(lang, &view.kind, v))
            .collect(),
        versions_more: match hidden {
            0 => String::new(),
            more => fill(lang, "listing.history.more", &[("n", &more.to_string())]),
        },
        proof,
        beside_title: say(lang, beside_key(&view.kind)),
        beside: view.beside.iter().take(RELATED).map(|card| Entry::new(lang, card, "")).collect(),
        alike: view.alike.iter().take(RELATED).map(|card| Entry::new(lang, card, "")).collect(),
        scan: Scan::new(lang, address, view),
        said: view.statements.iter().take(STATEMENTS_SHOWN).map(|s| Word::new(lang, s)).collect(),
        said_more: match view.statements.len().saturating_sub(STATEMENTS_SHOWN) {
            0 => String::new(),
            more => fill(lang, "said.more", &[("n", &more.to_string())]),
        },
        shell,
    }
}

/// By what agreement a listing of another network is shown.
fn agreed(lang: Lang, market: &MarketView) -> String {
    let name = tidy_line(market.name.pick(lang), NAME_CHARS);
    let until = date(market.until_ms, lang);
    let mut said = fill(lang, "market.from", &[("name", &name), ("date", &until)]);
    let licence = tidy_line(&market.licence, NAME_CHARS);
    if !licence.is_empty() {
        said.push_str(&fill(lang, "market.licence", &[("licence", &licence)]));
    }
    if market.mapped {
        said.push_str(say(lang, "market.mapped"));
    }
    if market.partly {
        said.push_str(say(lang, "market.partly"));
    }
    said
}

/// The hall, in it the kind where there are several, then the province, city and county as far as the region code goes.
fn crumbs(lang: Lang, kind: &str, region: &str) -> Vec<Link> {
    let hall = Kind::from_id(kind).map(Hall::of);
    let link = |request: &SearchRequest, label: String| Link { href: request.href(), label, current: false };
    let mut within = SearchRequest::of_hall(hall);
    let mut crumbs = vec![match hall {
        Some(hall) => link(&within, labels::hall(lang, hall).to_owned()),
        None => link(&within, say(lang, "list.all").to_owned()),
    }];
    if hall.is_some_and(|hall| hall.kinds().len() > 1) {
        within.kind = Some(kind.to_owned());
        crumbs.push(link(&within, labels::kinds(lang, kind)));
    }
    for (prefix, name) in labels::region_chain(region) {
        within.region = Some(prefix);
        crumbs.push(link(&within, name));
    }
    crumbs
}

/// What the list beside an expert, a service or an organization is called.
fn beside_key(kind: &str) -> &'static str {
    match kind {
        "expert" => "listing.beside.expert",
        "service" => "listing.beside.service",
        _ => "listing.beside.organization",
    }
}

pub(super) fn notice(lang: Lang, standing: &Standing) -> Option<Notice> {
    let (title, text, reason, bad) = match standing {
        Standing::Published => return None,
        Standing::Withdrawn { at_ms, reason } => {
            let text = fill(lang, "listing.withdrawn.text", &[("date", &date(*at_ms, lang))]);
            ("listing.withdrawn.title", text, reason.as_str(), false)
        }
        Standing::Hidden { by, reason } => {
            let (title, text) = hidden(*by);
            (title, say(lang, text).to_owned(), reason.as_str(), true)
        }
        Standing::Screened { by, reason } => {
            let by = [("institution", &*tidy_line(by, NAME_CHARS))];
            ("listing.screened.title", fill(lang, "listing.screened.text", &by), reason.as_str(), true)
        }
    };
    let reason = tidy_line(reason, NAME_CHARS);
    let text = if reason.is_empty() {
        text
    } else {
        format!("{text}{}{}", lang.pick("", " "), fill_reason(lang, &reason))
    };
    Some(Notice { title: say(lang, title), text, bad })
}

/// Keys of the title and the text that say what hides a listing.
fn hidden(by: HiddenBy) -> (&'static str, &'static str) {
    match by {
        HiddenBy::Unknown => ("listing.unknown.title", "listing.unknown.text"),
        HiddenBy::Suspension => ("listing.suspended.title", "listing.suspended.text"),
        HiddenBy::Exit => ("listing.exited.title", "listing.exited.text"),
        HiddenBy::TakeDown => ("listing.taken_down.title", "listing.taken_down.text"),
        HiddenBy::Purge => ("listing.purged.title", "listing.purged.text"),
        HiddenBy::Loss => ("listing.missing.title", "listing.missing.text"),
    }
}

fn fill_reason(lang: Lang, reason: &str) -> String {
    fill(lang, "listing.reason", &[("reason", reason)])
}

/// The words for a step.
pub(super) fn step_key(step: Step) -> &'static str {
    match step {
        Step::Published => "step.published",
        Step::Changed => "step.changed",
        Step::Withdrawn => "step.withdrawn",
        Step::Restored => "step.restored",
        Step::Moved => "step.moved",
    }
}

fn line(lang: Lang, kind: &str, version: &Version) -> Line {
    let names = labels::field_names(lang, kind, &version.changed);
    let changed = match version.step {
        Step::Changed if !names.is_empty() => {
            fill(lang, "listing.history.changed", &[("fields", &names.join(lang.pick("、", ", ")))])
        }
        _ => String::new(),
    };
    Line {
        number: version.number,
        step: say(lang, step_key(version.step)),
        when: minute(version.signed_ms, lang),
        stamp: stamp(version.signed_ms),
        by: tidy_line(&version.by, NAME_CHARS),
        hash: short_id(&tidy_line(&version.hash, NAME_CHARS)),
        changed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hex_names_a_document() {
        let full = "0123456789ABCDEFabcdef0123456789abcdef0123456789abcdef0123456789";
        assert_eq!(document_id(full), Some(full.to_ascii_lowercase()));
        assert_eq!(document_id("01234567"), Some("01234567".to_owned()));
        for wrong in ["", "0123456", "g1234567", "../../etc/passwd", &format!("{full}0"), "%3Cscript%3E"] {
            assert_eq!(document_id(wrong), None, "{wrong}");
        }
    }
}
