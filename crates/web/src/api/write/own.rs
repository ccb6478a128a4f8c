//! Listings that this institution may edit.

use super::{further, offset};
use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::model::desk::{Done, Own, OwnAct, OwnActId, OwnLine, OwnPage};
use crate::api::operation::{Answering, Scope};
use crate::api::problem::{Kind, Problem};
use crate::desk::view::{Act, Heap};
use crate::limits::{API_PAGE, API_PAGE_MOST, DESK_PAGE, LAST_OWN_PAGE, QUERY_CHARS};
use crate::text::tidy_line;

/// Listings that can be paged to: what the index ranks.
const DEPTH: u64 = (LAST_OWN_PAGE * DESK_PAGE) as u64;

/// `GET /desk/listings`
pub(in crate::api) fn list(call: Call) -> Answering {
    Box::pin(async move {
        let heap = call.get("heap").and_then(Heap::from_id).unwrap_or_default();
        let text = tidy_line(call.get("q").unwrap_or_default(), QUERY_CHARS);
        let question = format!("own {} {text}", heap.id());
        let (from, limit) =
            (offset(&call, &question)?, call.number("limit", API_PAGE).min(API_PAGE_MOST) as usize);
        if from.saturating_add(limit as u64) > DEPTH {
            return Err(Problem::new(Kind::Cursor));
        }
        let skipped = usize::try_from(from).unwrap_or(usize::MAX);
        let asked = move |desk: &dyn crate::desk::view::Desk| desk.listings(heap, &text, skipped, limit);
        let (total, lines) = call.api.ask_desk(asked).await?;
        let next = further(&question, from, limit, total.min(DEPTH - API_PAGE_MOST as u64));
        let link = next.as_deref().map(|cursor| call.page_at(cursor));
        let items = lines.iter().map(OwnLine::from).collect();
        Ok(Answer::json(&OwnPage { total, items, next })?.next(link).keep(Keep::Never))
    })
}

/// `GET /desk/listings/{id}`
pub(in crate::api) fn one(call: Call) -> Answering {
    Box::pin(async move {
        let (id, clerk) = (call.text("id"), call.holder()?.clerk.clone());
        let asked = id.clone();
        let view = call.api.ask_desk(move |desk| desk.own(&asked, &clerk, None, 1)).await?;
        let view = view.ok_or_else(|| Problem::new(Kind::Missing).what(&id))?;
        Ok(Answer::json(&Own::from(&view))?.keep(Keep::Never))
    })
}

/// `POST /desk/listings/{id}/acts`
pub(in crate::api) fn act(call: Call) -> Answering {
    Box::pin(async move {
        let (id, asked): (_, OwnAct) = (call.text("id"), call.read()?);
        let (scope, act) = match asked.act {
            OwnActId::Revise => (Scope::Drafts, Act::Revise),
            OwnActId::Withdraw => (Scope::Publish, Act::Withdraw),
            OwnActId::Show => (Scope::Publish, Act::Show),
            OwnActId::Choose if asked.field.is_empty() || asked.entry.is_empty() => {
                return Err(Problem::new(Kind::Record).fault("field", "`choose` names a field and an entry"));
            }
            OwnActId::Choose => (Scope::Publish, Act::Choose { key: asked.field, entry: asked.entry }),
            // What cannot be undone is said twice.
            OwnActId::Purge if asked.confirm != id => {
                return Err(
                    Problem::new(Kind::Record).fault("confirm", "`purge` is confirmed by the listing's id")
                );
            }
            OwnActId::Purge => (Scope::Publish, Act::Purge(asked.reason)),
        };
        call.must(scope)?;
        let (clerk, of) = (call.holder()?.clerk.clone(), id.clone());
        let done = call.api.ask_desk(move |desk| desk.act(&clerk, &of, &act)).await?;
        let done = done.map_err(Problem::of_desk)?;
        Ok(Answer::json(&Done::of(&id, done))?.keep(Keep::Never))
    })
}
