//! `/list` and `/hall/…`: results, facets as links with counts, filters that can be taken off again.

mod facets;

use super::card::Entry;
use super::feed::{self, Alternate};
use super::table::{self, Tables};
use super::{draw, message};
use crate::app::App;
use crate::labels;
use crate::limits::{LAST_PAGE, NAME_CHARS, PAGE_SIZE};
use crate::refusal::Refusal;
use crate::request::{SearchRequest, Sort};
use crate::shell::{Place, Shell};
use crate::text::{count, tidy_line};
use crate::view::SearchView;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use catalog::words::{fill, say};
use catalog::{Hall, Lang};
use facets::{Facet, active, facets};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "list.html")]
struct Page {
    shell: Shell,
    /// Links to tables of what was found.
    tables: Vec<Tables>,
    tables_heading: &'static str,
    /// The same to follow.
    feeds: Vec<Alternate>,
    /// Where it is saved, to be told of what comes.
    save_href: String,
    heading: String,
    /// What stands in this hall.
    line: &'static str,
    request: SearchRequest,
    action: String,
    hall: &'static str,
    kept: Vec<(&'static str, String)>,
    tabs: Vec<Choice>,
    facets: Vec<Facet>,
    found_before: String,
    found_count: String,
    found_after: String,
    /// Said when some results hold only part of what was looked for.
    partly: String,
    orders: Vec<Choice>,
    active: Vec<Choice>,
    clear_href: String,
    empty: Empty,
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

/// What is said where nothing is found: why, and what to do next.
struct Empty {
    text: String,
    /// Whether other halls hold something for the same words: then the tabs say how much.
    elsewhere: &'static str,
}

impl Choice {
    fn new(request: &SearchRequest, label: impl Into<String>, current: bool) -> Self {
        Choice { href: request.href(), label: label.into(), count: String::new(), current }
    }

    fn counted(self, listings: u64) -> Self {
        Choice { count: count(listings), ..self }
    }

    fn gap() -> Self {
        Choice { href: String::new(), label: String::new(), count: String::new(), current: false }
    }
}

pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let search = SearchRequest::from_uri(request.uri());
    let path = request.uri().path();
    if path.starts_with("/hall/") && search.hall.is_none() {
        return message::page(&app, &place, &Refusal::NoPage(tidy_line(path, NAME_CHARS)));
    }
    let asked = search.clone();
    match app.ask(move |source| source.search(&asked)).await {
        Ok(view) => draw(StatusCode::OK, &page(&app, &place, search, &view), place.lang),
        Err(refusal) => message::page(&app, &place, &refusal),
    }
}

fn page(app: &App, place: &Place, request: SearchRequest, view: &SearchView) -> Page {
    let lang = place.lang;
    let heading = heading(lang, &request);
    let mut shell = Shell::new(app, place, &heading, request.hall);
    shell.search_in_head = false;
    // The tabs lead to the same halls and keep the words looked for.
    shell.halls.clear();
    shell.indexed = request.is_blank();
    let line = request.hall.map_or("", |hall| labels::hall_line(lang, hall));
    if !line.is_empty() {
        shell.description = line.to_owned();
    }
    let (found_before, found_after) = found(lang, &request);
    let mark = request.text.as_str();
    Page {
        heading,
        line: if request.text.is_empty() { line } else { "" },
        action: request.path(),
        hall: request.hall.map_or("", Hall::id),
        kept: request.settings(),
        tabs: tabs(lang, &request, view),
        facets: facets(lang, &request, view),
        found_before,
        found_count: count(view.total),
        found_after,
        partly: partly(lang, view),
        orders: orders(lang, &request),
        active: active(lang, &request, view),
        clear_href: request.unfiltered().href(),
        empty: empty(lang, &request, view),
        cards: view.cards.iter().take(PAGE_SIZE as usize).map(|card| Entry::new(lang, card, mark)).collect(),
        pages: pages(&request, view.total),
        tables: table::of(lang, &request, &view.kinds),
        tables_heading: table::heading(lang),
        feeds: feed::of(lang, &request),
        save_href: format!("/desk/watches?{}#new", request.with(|_| {}).parameters()),
        shell,
        request,
    }
}

fn heading(lang: Lang, request: &SearchRequest) -> String {
    match (request.hall, request.text.is_empty()) {
        (Some(hall), true) => fill(lang, "list.hall", &[("hall", labels::hall(lang, hall))]),
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

/// What is found beyond what holds every word of the search.
fn partly(lang: Lang, view: &SearchView) -> String {
    match view.complete {
        all if all >= view.total => String::new(),
        0 => say(lang, "list.partly.none").to_owned(),
        some => fill(lang, "list.partly.some", &[("n", &count(some))]),
    }
}

fn tabs(lang: Lang, request: &SearchRequest, view: &SearchView) -> Vec<Choice> {
    let to = |hall: Option<Hall>| {
        request.with(|r| {
            r.hall = hall;
            r.kind = None;
        })
    };
    let all = Choice::new(&to(None), say(lang, "list.tab.all"), request.hall.is_none());
    let tab = |hall: Hall| {
        let listings = view.halls.iter().find(|bucket| bucket.value == hall.id()).map_or(0, |b| b.listings);
        let current = request.hall == Some(hall);
        Choice::new(&to(Some(hall)), labels::hall(lang, hall), current).counted(listings)
    };
    std::iter::once(all).chain(Hall::ALL.into_iter().map(tab)).collect()
}

fn orders(lang: Lang, request: &SearchRequest) -> Vec<Choice> {
    let blank = request.text.is_empty();
    let key = |sort: Sort| match sort {
        Sort::Relevance => "list.by_match",
        Sort::Newest => "list.by_date",
        Sort::Cheapest => "list.by_price",
        Sort::Dearest => "list.by_price_down",
        Sort::Ripest => "list.by_readiness",
    };
    // Without words there is nothing to match: newest first is the default then.
    let offered = Sort::ALL.into_iter().filter(|sort| !blank || *sort != Sort::Relevance);
    let choice = |sort: Sort| {
        let default = blank && sort == Sort::Newest;
        let current = request.sort == sort || (default && request.sort == Sort::Relevance);
        let to = if default { Sort::Relevance } else { sort };
        Choice::new(&request.with(|r| r.sort = to), say(lang, key(sort)), current)
    };
    offered.map(choice).collect()
}

fn empty(lang: Lang, request: &SearchRequest, view: &SearchView) -> Empty {
    let key = match (request.text.is_empty(), request.is_filtered(), request.page > 1) {
        (_, _, true) => "list.empty.page",
        (true, false, _) if request.hall.is_some() => "list.empty.hall",
        (true, false, _) => "list.empty.node",
        (true, true, _) => "list.empty.filters",
        (false, false, _) => "list.empty.words",
        (false, true, _) => "list.empty.both",
    };
    let elsewhere = request.hall.is_some() && view.halls.iter().any(|bucket| bucket.listings > 0);
    Empty {
        text: say(lang, key).to_owned(),
        elsewhere: if elsewhere { say(lang, "list.empty.elsewhere") } else { "" },
    }
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
            pages.push(Choice::gap());
        }
        before = page;
        let there = SearchRequest { page, ..request.clone() };
        pages.push(Choice::new(&there, page.to_string(), page == request.page));
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
