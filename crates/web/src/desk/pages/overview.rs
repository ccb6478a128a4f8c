//! What there is to do.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::{fill, say};

use super::{STATES, shell, state_key};
use crate::desk::Bench;
use crate::desk::gate::{Away, signed_in};
use crate::labels;
use crate::pages::draw;
use crate::shell::{Place, Shell};
use crate::text::count;

#[derive(Template)]
#[template(path = "desk/overview.html")]
struct Page {
    shell: Shell,
    form_key: String,
    heaps: Vec<Heap>,
    kinds: Vec<(&'static str, String)>,
    /// Whether nothing was ever entered here.
    fresh: bool,
}

/// A number with what it counts and where that is listed.
struct Heap {
    href: String,
    label: String,
    count: String,
    /// Whether someone waits for it.
    urgent: bool,
}

pub(in crate::desk) async fn handle(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    match answer(&bench, &place, &headers).await {
        Ok(response) => response,
        Err(away) => away.answer(&bench, &place),
    }
}

async fn answer(bench: &Bench, place: &Place, headers: &HeaderMap) -> Result<Response, Away> {
    let who = signed_in(bench, headers).await?;
    let overview = bench.ask(|desk| desk.overview()).await?;
    let lang = place.lang;
    let mut heaps: Vec<Heap> = Vec::new();
    for state in STATES {
        let number = overview.drafts.get(state).copied().unwrap_or_default();
        let waits = matches!(state, "formal" | "department") && who.clerk.reviews() || state == "returned";
        heaps.push(Heap {
            href: format!("/desk/drafts?state={state}"),
            label: say(lang, state_key(state)).to_owned(),
            count: count(number),
            urgent: waits && number > 0,
        });
    }
    heaps.push(Heap {
        href: "/desk/listings".to_owned(),
        label: say(lang, "desk.state.listed").to_owned(),
        count: count(overview.listings),
        urgent: false,
    });
    let waiting = bench.ask(|desk| desk.enquiry_figures()).await?;
    let label = match waiting.overdue {
        0 => say(lang, "enquiry.heap").to_owned(),
        late => fill(lang, "enquiry.heap.late", &[("n", &count(late))]),
    };
    heaps.push(Heap {
        href: "/desk/enquiries".to_owned(),
        label,
        count: count(waiting.open),
        urgent: waiting.new > 0 || waiting.overdue > 0,
    });
    if who.clerk.administers() {
        let steps = bench.ask(|desk| desk.steps_for_us()).await?;
        if steps > 0 {
            heaps.push(Heap {
                href: "/desk/network".to_owned(),
                label: say(lang, "govern.heap").to_owned(),
                count: count(steps),
                urgent: true,
            });
        }
    }
    let fresh = overview.listings == 0 && overview.drafts.values().sum::<u64>() == 0;
    let kinds = catalog::Kind::ALL.iter().map(|kind| (kind.id(), labels::kinds(lang, kind.id()))).collect();
    let shell = shell(&bench.app, place, "desk.home.title", Some(&who));
    Ok(draw(StatusCode::OK, &Page { shell, form_key: who.form_key, heaps, kinds, fresh }, lang))
}
