//! Lists of listings, and what changed.

use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::cursor;
use crate::api::model::lists::{Card, Change, ChangePage, Facets, ListingPage};
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem};
use crate::limits::{API_CHANGES, API_PAGE};
use crate::request::{SearchRequest, Sort, parse_trl};
use crate::text::tidy_line;
use crate::view::{After, ChangesAsk, ListAsk};
use catalog::Hall;

/// `GET /listings`
pub(in crate::api) fn listings(call: Call) -> Answering {
    Box::pin(async move {
        let search = search(&call);
        let question = format!("listings {}", search.href());
        let after = match call.get("cursor") {
            Some(text) => after(&question, text).ok_or_else(|| Problem::new(Kind::Cursor))?,
            None => After::Start,
        };
        let ask =
            ListAsk { search, limit: call.number("limit", API_PAGE), after, facets: call.flag("facets") };
        let page = call.api.app.ask(move |source| source.listings(&ask)).await?;
        let next = page.next.and_then(|after| match after {
            After::Start => None,
            After::Offset(offset) => Some(cursor::write(&question, 'o', &[offset])),
            After::Place(place) => Some(cursor::write(&question, 'p', &place)),
        });
        let link = next.as_deref().map(|cursor| call.page_at(cursor));
        let body = ListingPage {
            total: page.total,
            complete: page.complete,
            items: Card::all(&call.origin(), &page.cards),
            facets: page.facets.as_ref().map(Facets::from),
            next,
        };
        Ok(Answer::json(&body)?.next(link))
    })
}

fn after(question: &str, text: &str) -> Option<After> {
    match cursor::read(question, text)? {
        ('o', numbers) => match numbers.as_slice() {
            [offset] => Some(After::Offset(*offset)),
            _ => None,
        },
        ('p', numbers) => numbers.try_into().ok().map(After::Place),
        _ => None,
    }
}

/// The same search as a page of a list would make of the same parameters.
fn search(call: &Call) -> SearchRequest {
    let text = |name: &str| call.get(name).map(str::to_owned);
    let sort = match call.get("sort") {
        Some("relevance") | None => Sort::Relevance,
        Some(id) => Sort::ALL.into_iter().find(|sort| sort.id() == id).unwrap_or_default(),
    };
    SearchRequest {
        text: tidy_line(call.get("q").unwrap_or_default(), crate::limits::QUERY_CHARS),
        hall: call.get("hall").and_then(Hall::from_id),
        kind: text("kind"),
        region: text("region"),
        field: text("field"),
        trl: call.get("trl").and_then(parse_trl),
        cooperation: text("mode"),
        price: text("price"),
        institution: text("org"),
        page: 1,
        sort,
    }
}

/// `GET /changes`
pub(in crate::api) fn changes(call: Call) -> Answering {
    Box::pin(async move {
        let (kind, region) = (call.get("kind").map(str::to_owned), call.get("region").map(str::to_owned));
        let question = format!("changes {kind:?} {region:?}");
        let stale = || Problem::new(Kind::Cursor);
        let after = match call.get("cursor").map(|text| cursor::read(&question, text)) {
            None => None,
            Some(Some(('c', numbers))) => Some(<[u64; 3]>::try_from(numbers).map_err(|_| stale())?),
            Some(_) => return Err(stale()),
        };
        let (limit, cards) = (call.number("limit", API_CHANGES), call.flag("full"));
        let ask = ChangesAsk { kind, region, after, limit, cards };
        let page = call.api.app.ask(move |source| source.changes(&ask)).await?.ok_or_else(stale)?;
        let next = page.next.map(|place| cursor::write(&question, 'c', &place));
        let link = next.as_deref().filter(|_| page.more).map(|cursor| call.page_at(cursor));
        let origin = call.origin();
        let items = page.changes.iter().map(|change| Change::of(&origin, change)).collect();
        Ok(Answer::json(&ChangePage { items, next, more: page.more })?.next(link))
    })
}
