//! One thing done with many: those ticked on the page at once, a whole list as a job of its own.

use std::sync::Arc;

use catalog::Lang;
use catalog::words::fill;

use crate::desk::Bench;
use crate::desk::gate::{Fields, SignedIn};
use crate::desk::view::{Act, Done, Said, Selection};
use crate::limits::{ACTS_AT_ONCE, JOB_ITEMS};
use crate::refusal::Refusal;
use crate::text::count;

/// What became of a form of many.
pub(super) enum Bulk {
    /// It is done: what became of each, under its title.
    Done(Vec<(String, Result<Done, Said>)>),
    /// It goes on as the job of that number.
    Begun(u64),
}

/// Does what a form says with all that it has ticked, or with the whole list where it says so.
pub(super) async fn bulk(
    bench: &Arc<Bench>,
    who: &SignedIn,
    fields: &Fields,
    all: Selection,
) -> Result<Bulk, Refusal> {
    let Some(act) = Act::from_id(fields.get("act"), fields.get("reason")) else {
        return Ok(Bulk::Done(Vec::new()));
    };
    if !fields.get("all").is_empty() {
        let items = bench.ask(move |desk| desk.all(&all, JOB_ITEMS)).await?;
        return Ok(Bulk::Begun(bench.jobs.begin(bench, &who.clerk, act, items)?));
    }
    let ids: Vec<String> = fields.all("id").take(ACTS_AT_ONCE).map(str::to_owned).collect();
    let mut outcomes = Vec::with_capacity(ids.len());
    for id in ids {
        let (clerk, act) = (who.clerk.clone(), act.clone());
        let title = fields.get(&format!("title-{id}")).to_owned();
        let outcome = bench.ask(move |desk| desk.act(&clerk, &id, &act)).await?;
        outcomes.push((title, outcome));
    }
    Ok(Bulk::Done(outcomes))
}

/// The words beside the box that takes the whole list; empty where the page is all of it, or the list was searched.
pub(super) fn all_text(lang: Lang, total: usize, shown: usize, whole: bool) -> String {
    if !whole || total <= shown {
        return String::new();
    }
    fill(lang, "desk.bulk.all", &[("n", &count(total.min(JOB_ITEMS) as u64))])
}
