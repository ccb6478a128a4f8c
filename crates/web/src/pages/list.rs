//! `/list`: results, facets as links with counts, filters that can be taken off again.

use super::card::Entry;
use super::{draw, message};
use crate::app::App;
use crate::labels;
use crate::limits::{BUCKETS_SHOWN, LAST_PAGE, PAGE_SIZE};
use crate::request::{SearchRequest, Sort, parse_trl, trl_id};
use crate::shell::{Place, Shell};
use crate::text::count;
use crate::view::{Bucket, SearchView};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "list.html")]
struct Page {
    shell: Shell,
    heading: String,
    request: SearchRequest,
    kept: Vec<(&'static str, String)>,
    tabs: Vec<Choice>,
    facets: Vec<Facet>,
    found_before: String,
    found_count: String,
    found_after: String,
    orders: Vec<Choice>,
    active: Vec<Choice>,
    clear_href: String,
    empty_text: String,
    cards: Vec<Entry>,
    pages: Vec<Choice>,
}

/// A link to a changed search; an empty address stands for left-out pages.
struct Choice {
    href: String,
    label: String,
    count: String,
    current: bool,
}

struct Facet {
    name: String,
    links: Vec<Choice>,
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let search = SearchRequest::from_uri(request.uri());
    let asked = search.clone();
    match app.ask(move |source| source.search(&asked)).await {
        Ok(view) => draw(StatusCode::OK, &page(&app, &place, search, &view), place.lang),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

fn page(app: &App, place: &Place, request: SearchRequest, view: &SearchView) -> Page {
    let lang = place.lang;
    let heading = heading(lang, &request);
    let mut shell = Shell::new(app, place, &heading, request.kind.as_deref().unwrap_or_default());
    shell.search_in_head = false;
    // The tabs lead to the same halls and keep the words looked for.
    shell.halls.clear();
    shell.indexed = request.is_blank();
    let (found_before, found_after) = found(lang, &request);
    let mark = request.text.as_str();
    Page {
        heading,
        kept: kept(&request),
        tabs: tabs(lang, &request, view),
        facets: facets(lang, &request, view),
        found_before,
        found_count: count(view.total),
        found_after,
        orders: orders(lang, &request),
        active: active(lang, &request),
        clear_href: request.with(|r| *r = SearchRequest { text: r.text.clone(), ..blank() }).href(),
        empty_text: empty_text(lang, &request),
        cards: view.cards.iter().take(PAGE_SIZE as usize).map(|card| Entry::new(lang, card, mark)).collect(),
        pages: pages(&request, view.total),
        shell,
        request,
    }
}

fn blank() -> SearchRequest {
    SearchRequest { page: 1, ..SearchRequest::default() }
}

fn heading(lang: Lang, request: &SearchRequest) -> String {
    match (&request.kind, request.text.is_empty()) {
        (Some(kind), true) => fill(lang, "list.hall", &[("kind", &labels::hall(lang, kind))]),
        (None, true) => say(lang, "list.all").to_owned(),
        (_, false) => fill(lang, "list.search", &[("text", &request.text)]),
    }
}

/// The sentence around the number of results, cut at the number so that the number can be set apart.
fn found(lang: Lang, request: &SearchRequest) -> (String, String) {
    let key = if request.text.is_empty() { "list.found" } else { "list.found.text" };
    let sentence = fill(lang, key, &[("text", &request.text), ("n", "\u{0}")]);
    let (before, after) = sentence.split_once('\u{0}').unwrap_or((&sentence, ""));
    (before.to_owned(), after.to_owned())
}

/// What the search form carries along besides the words; the page starts over.
fn kept(request: &SearchRequest) -> Vec<(&'static str, String)> {
    let sort = (request.sort == Sort::Newest).then(|| "new".to_owned());
    let all = [
        ("kind", request.kind.clone()),
        ("region", request.region.clone()),
        ("field", request.field.clone()),
        ("trl", request.trl.map(trl_id)),
        ("sort", sort),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn tabs(lang: Lang, request: &SearchRequest, view: &SearchView) -> Vec<Choice> {
    let all = Choice {
        href: request.with(|r| r.kind = None).href(),
        label: say(lang, "list.tab.all").to_owned(),
        count: String::new(),
        current: request.kind.is_none(),
    };
    let tab = |kind: &&'static str| {
        let listings = view.kinds.iter().find(|bucket| bucket.value == *kind).map(|bucket| bucket.listings);
        Choice {
            href: request.with(|r| r.kind = Some((*kind).to_owned())).href(),
            label: labels::hall(lang, kind),
            count: listings.map(count).unwrap_or_default(),
            current: request.kind.as_deref() == Some(*kind),
        }
    };
    std::iter::once(all).chain(labels::KINDS.iter().map(tab)).collect()
}

fn facets(lang: Lang, request: &SearchRequest, view: &SearchView) -> Vec<Facet> {
    let region = facet(&view.regions, |value| {
        let current = request.region.as_deref() == Some(value);
        let label = labels::region_name(value);
        (label, current, request.with(|r| r.region = (!current).then(|| value.to_owned())))
    });
    let field = facet(&view.fields, |value| {
        let current = request.field.as_deref() == Some(value);
        (
            labels::technology(lang, value),
            current,
            request.with(|r| r.field = (!current).then(|| value.to_owned())),
        )
    });
    let trl = facet(&view.trl, |value| {
        let range = parse_trl(value);
        let label = range.map_or_else(|| value.to_owned(), |range| labels::readiness_band(lang, range));
        let current = range.is_some() && request.trl == range;
        (label, current, request.with(|r| r.trl = if current { None } else { range }))
    });
    let named = [("facet.region", region), ("facet.field", field), ("facet.trl", trl)];
    let named = named.into_iter().filter(|(_, links)| !links.is_empty());
    named.map(|(key, links)| Facet { name: say(lang, key).to_owned(), links }).collect()
}

fn facet(buckets: &[Bucket], link: impl Fn(&str) -> (String, bool, SearchRequest)) -> Vec<Choice> {
    let choice = |bucket: &Bucket| {
        let (label, current, request) = link(&bucket.value);
        Choice { href: request.href(), label, count: count(bucket.listings), current }
    };
    let shown = buckets.iter().filter(|bucket| bucket.listings > 0).take(BUCKETS_SHOWN);
    shown.map(choice).filter(|choice| !choice.label.is_empty()).collect()
}

fn orders(lang: Lang, request: &SearchRequest) -> Vec<Choice> {
    if request.text.is_empty() {
        return Vec::new();
    }
    let choice = |(sort, key): (Sort, &'static str)| Choice {
        href: request.with(|r| r.sort = sort).href(),
        label: say(lang, key).to_owned(),
        count: String::new(),
        current: request.sort == sort,
    };
    [(Sort::Relevance, "list.by_match"), (Sort::Newest, "list.by_date")].into_iter().map(choice).collect()
}

/// The filters that are set, each leading to the search without it.
fn active(lang: Lang, request: &SearchRequest) -> Vec<Choice> {
    let kind = request.kind.as_ref().map(|kind| (labels::hall(lang, kind), request.with(|r| r.kind = None)));
    let region = request.region.as_ref().map(|code| {
        let name = labels::region(lang, code);
        (if name.is_empty() { code.clone() } else { name }, request.with(|r| r.region = None))
    });
    let field =
        request.field.as_ref().map(|id| (labels::technology(lang, id), request.with(|r| r.field = None)));
    let trl = request.trl.map(|range| (labels::readiness(lang, range), request.with(|r| r.trl = None)));
    let set = [kind, region, field, trl].into_iter().flatten();
    let choice = |(label, without): (String, SearchRequest)| Choice {
        href: without.href(),
        label,
        count: String::new(),
        current: true,
    };
    set.map(choice).collect()
}

fn empty_text(lang: Lang, request: &SearchRequest) -> String {
    let key = match (request.text.is_empty(), request.is_filtered(), request.page > 1) {
        (_, _, true) => "list.empty.page",
        (true, false, _) => "list.empty.node",
        (true, true, _) => "list.empty.filters",
        (false, false, _) => "list.empty.words",
        (false, true, _) => "list.empty.both",
    };
    say(lang, key).to_owned()
}

/// Links to the first page, the last and those around this one.
fn pages(request: &SearchRequest, total: u64) -> Vec<Choice> {
    let last = u32::try_from(total.div_ceil(u64::from(PAGE_SIZE))).unwrap_or(LAST_PAGE).min(LAST_PAGE);
    let mut pages = Vec::new();
    let mut before = 0;
    for page in 1..=last {
        if page != 1 && page != last && page.abs_diff(request.page) > 2 {
            continue;
        }
        if page > before + 1 {
            pages.push(Choice {
                href: String::new(),
                label: String::new(),
                count: String::new(),
                current: false,
            });
        }
        before = page;
        pages.push(Choice {
            href: SearchRequest { page, ..request.clone() }.href(),
            label: page.to_string(),
            count: String::new(),
            current: page == request.page,
        });
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels_of(page: u32, total: u64) -> Vec<String> {
        let request = SearchRequest { page, ..SearchRequest::default() };
        pages(&request, total).into_iter().map(|choice| choice.label).collect()
    }

    #[test]
    fn page_links_stay_few_and_end_where_the_index_ends() {
        assert!(labels_of(1, 0).is_empty());
        assert_eq!(labels_of(1, 41), ["1", "2", "3"]);
        assert_eq!(labels_of(10, 400), ["1", "", "8", "9", "10", "11", "12", "", "20"]);
        assert_eq!(labels_of(1, u64::MAX).last().unwrap(), &LAST_PAGE.to_string());
    }
}
