//! One listing: what it says, how it came to say so, what proves it, its files.

use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::cursor;
use crate::api::model::Statement;
use crate::api::model::listing::{HistoryPage, Listing, StatementList, Step};
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem};
use crate::limits::{API_PAGE, FILE_AGAIN_SECONDS, FILES_SHOWN, RELATED, STATEMENTS_SHOWN};
use crate::view::{FileView, ListingView, file_in};
use std::time::Duration;

async fn view(call: &Call) -> Result<ListingView, Problem> {
    let id = call.text("id");
    let asked = id.clone();
    let view = call.api.app.ask(move |source| source.listing(&asked)).await?;
    let mut view = view.ok_or_else(|| Problem::new(Kind::Missing).what(&id))?;
    view.statements.truncate(STATEMENTS_SHOWN);
    view.attachments.truncate(FILES_SHOWN);
    view.alike.truncate(RELATED);
    view.beside.truncate(RELATED);
    Ok(view)
}

/// `GET /listings/{id}`
pub(in crate::api) fn listing(call: Call) -> Answering {
    Box::pin(async move { Answer::json(&Listing::of(&call.origin(), &view(&call).await?)) })
}

/// `GET /listings/{id}/statements`
pub(in crate::api) fn statements(call: Call) -> Answering {
    Box::pin(async move {
        let view = view(&call).await?;
        Answer::json(&StatementList { items: view.statements.iter().map(Statement::from).collect() })
    })
}

/// `GET /listings/{id}/history`
pub(in crate::api) fn history(call: Call) -> Answering {
    Box::pin(async move {
        let (id, limit) = (call.text("id"), call.number("limit", API_PAGE));
        let question = format!("history {id}");
        let before = match call.get("cursor").map(|text| cursor::read(&question, text)) {
            None => None,
            Some(Some(('b', numbers))) if numbers.len() == 1 => numbers.first().copied(),
            Some(_) => return Err(Problem::new(Kind::Cursor)),
        };
        let asked = id.clone();
        let view = call.api.app.ask(move |source| source.history(&asked, before, limit as usize)).await?;
        let view = view.ok_or_else(|| Problem::new(Kind::Missing).what(&id))?;
        let earliest = view.steps.last().map(|step| step.number).filter(|number| *number > 1);
        let next = earliest.map(|number| cursor::write(&question, 'b', &[number]));
        let link = next.as_deref().map(|cursor| call.page_at(cursor));
        let items = view.steps.iter().map(Step::from).collect();
        Ok(Answer::json(&HistoryPage { total: view.total, items, next })?.next(link))
    })
}

/// `GET /listings/{id}/files/{hash}`
pub(in crate::api) fn file(call: Call) -> Answering {
    Box::pin(async move {
        let (id, given) = (call.text("id"), call.text("hash"));
        let missing = || Problem::new(Kind::Missing).what(&call.text("hash"));
        let hash = file_in(&given).ok_or_else(missing)?;
        let view = call.api.app.ask(move |source| source.file(&id, &hash)).await?.ok_or_else(missing)?;
        match view {
            FileView::Here { media, bytes, .. } => {
                let short: String = given.chars().take(12).collect();
                Ok(Answer::file(bytes, media.mime(), format!("{short}.{}", media.id())))
            }
            FileView::Coming => {
                let again = FILE_AGAIN_SECONDS.parse().map(Duration::from_secs).unwrap_or_default();
                Err(Problem::new(Kind::Coming).after(again))
            }
            FileView::Absent => Err(missing()),
        }
    })
}

/// `GET /listings/{id}/proof`
pub(in crate::api) fn proof(call: Call) -> Answering {
    Box::pin(async move {
        let id = call.text("id");
        let asked = id.clone();
        let bytes = call.api.app.ask(move |source| source.proof(&asked)).await?;
        let bytes = bytes.ok_or_else(|| Problem::new(Kind::Missing).what(&id))?;
        Ok(Answer::file(bytes, "application/octet-stream", format!("{}.proof", short(&id))))
    })
}

/// `GET /listings/{id}/certificate`
pub(in crate::api) fn certificate(call: Call) -> Answering {
    Box::pin(async move {
        let id = call.text("id");
        let Some(turn) = call.api.app.turn_to_draw().await else { return Err(Problem::new(Kind::Busy)) };
        let (asked, address) = (id.clone(), call.address.clone());
        let made = call.api.app.ask(move |source| {
            let _turn = turn;
            source.certificate(&asked, address.as_ref())
        });
        let bytes = made.await?.ok_or_else(|| Problem::new(Kind::Missing).what(&id))?;
        Ok(Answer::file(bytes, "application/pdf", format!("{}.pdf", short(&id))))
    })
}

fn short(id: &str) -> String {
    id.chars().take(12).collect()
}
