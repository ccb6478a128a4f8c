//! Listings of this institution.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::say;

use super::bulk::{Bulk, bulk};
use super::{Acted, Paging, Trouble, asked, shell};
use crate::desk::Bench;
use crate::desk::gate::{Away, SignedIn, posted, see, signed_in};
use crate::desk::view::{Heap, OwnLine, Selection};
use crate::labels;
use crate::limits::{DESK_PAGE, LAST_OWN_PAGE, NAME_CHARS, QUERY_CHARS};
use crate::pages::draw;
use crate::request::pairs;
use crate::shell::{Link, Place, Shell};
use crate::text::{count, minute, tidy_line};

#[derive(Template)]
#[template(path = "desk/listings.html")]
struct Page {
    shell: Shell,
    form_key: String,
    total: String,
    tabs: Vec<Link>,
    heap: &'static str,
    text: String,
    /// Keys of what is said where the list is empty.
    empty: [&'static str; 2],
    lines: Vec<Line>,
    paging: Paging,
    acts: Vec<(&'static str, &'static str)>,
    all: String,
    done: String,
    troubles: Vec<Trouble>,
}

struct Line {
    id: String,
    title: String,
    kind: String,
    kind_class: &'static str,
    state: &'static str,
    state_class: &'static str,
    disputed: bool,
    changed: String,
}

fn line(lang: catalog::Lang, own: OwnLine) -> Line {
    let title = tidy_line(&own.title, NAME_CHARS);
    let (state, state_class) = standing(&own);
    Line {
        title: if title.is_empty() { labels::untitled(lang) } else { title },
        kind: labels::kind(lang, &own.kind),
        kind_class: labels::kind_class(&own.kind),
        changed: minute(own.updated_ms, lang),
        id: own.id,
        disputed: own.disputed,
        state,
        state_class,
    }
}

/// Whether a listing is seen by others: the words and the style class.
pub(super) fn standing(own: &OwnLine) -> (&'static str, &'static str) {
    match (own.hidden, own.withdrawn) {
        (true, _) => ("desk.state.hidden", "state-bad"),
        (_, true) => ("desk.state.withdrawn", "state-wait"),
        _ => ("desk.state.published", "state-good"),
    }
}

/// Which listings, found by which words, from which page on.
struct Wanted {
    heap: Heap,
    text: String,
    page: usize,
}

impl Wanted {
    fn of(pairs: &[(String, String)]) -> Self {
        let heap = Heap::from_id(asked(pairs, "heap")).unwrap_or_default();
        let text =
            if heap == Heap::Shown { tidy_line(asked(pairs, "q"), QUERY_CHARS) } else { String::new() };
        let page = asked(pairs, "page").parse().unwrap_or(1);
        Self { heap, text, page: page.clamp(1, LAST_OWN_PAGE) }
    }
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        page(&bench, &place, &who, Wanted::of(&pairs(&uri)), Acted::none()).await
    };
    answer.await.unwrap_or_else(|away| away.answer(&bench, &place))
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    wanted: Wanted,
    acted: Acted,
) -> Result<Response, Away> {
    let lang = place.lang;
    let (heap, offset) = (wanted.heap, (wanted.page - 1) * DESK_PAGE);
    let text = wanted.text.clone();
    let (total, listings) = bench.ask(move |desk| desk.listings(heap, &text, offset, DESK_PAGE)).await?;
    let tab = |of: &Heap| Link {
        href: if *of == Heap::Shown {
            "/desk/listings".to_owned()
        } else {
            format!("/desk/listings?heap={}", of.id())
        },
        label: say(lang, heap_key(*of)).to_owned(),
        current: *of == heap,
    };
    let pages = total.min((LAST_OWN_PAGE * DESK_PAGE) as u64) as usize;
    let paging =
        Paging::new("/desk/listings", &[("heap", heap.id()), ("q", &wanted.text)], wanted.page, pages);
    let page = Page {
        shell: shell(&bench.app, place, "desk.nav.listings", Some(who)),
        form_key: who.form_key.clone(),
        all: super::bulk::all_text(lang, total as usize, listings.len(), wanted.text.is_empty()),
        total: count(total),
        tabs: Heap::ALL.iter().map(tab).collect(),
        heap: heap.id(),
        empty: match (heap, wanted.text.is_empty()) {
            (Heap::Shown, true) => ["desk.listings.none", "desk.listings.none.text"],
            (Heap::Shown, false) => ["desk.listings.unfound", "desk.listings.unfound.text"],
            (Heap::Withdrawn, _) => ["desk.listings.none.withdrawn", "desk.listings.none.withdrawn.text"],
            (Heap::Disputed, _) => ["desk.listings.none.disputed", "desk.listings.none.disputed.text"],
        },
        text: wanted.text,
        lines: listings.into_iter().map(|own| line(lang, own)).collect(),
        paging,
        acts: acts(who, heap),
        done: acted.done,
        troubles: acted.troubles,
    };
    Ok(draw(StatusCode::OK, &page, lang))
}

fn heap_key(heap: Heap) -> &'static str {
    match heap {
        Heap::Shown => "desk.listings.shown",
        Heap::Withdrawn => "desk.listings.withdrawn",
        Heap::Disputed => "desk.listings.disputes",
    }
}

fn acts(who: &SignedIn, heap: Heap) -> Vec<(&'static str, &'static str)> {
    match heap {
        _ if !who.clerk.reviews() => Vec::new(),
        Heap::Withdrawn => vec![("show", "desk.act.show")],
        _ => vec![("withdraw", "desk.act.withdraw")],
    }
}

pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let wanted = Wanted::of(&given);
        let (who, fields) = posted(&bench, &headers, given).await?;
        match bulk(&bench, &who, &fields, Selection::Listings(wanted.heap)).await? {
            Bulk::Begun(job) => Ok(see(&format!("/desk/job/{job}"))),
            Bulk::Done(outcomes) => {
                page(&bench, &place, &who, wanted, Acted::of(place.lang, &outcomes)).await
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}
