//! The node and the institutions of its network.

use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::cursor;
use crate::api::model::network::{Institution, InstitutionLine, InstitutionPage, Node, Profile};
use crate::api::model::nodes::{NodeLine, NodePage};
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem};
use crate::limits::API_PAGE;
use crate::pages::profile::media;
use crate::text::{instant, short_id};
use crate::view::file_in;

/// What a cursor of institutions is about.
const QUESTION: &str = "institutions";
/// What one of nodes is about.
const NODES: &str = "nodes";

/// `GET /node`
pub(in crate::api) fn node(call: Call) -> Answering {
    Box::pin(async move {
        let view = call.api.app.ask(|source| source.status()).await?;
        Answer::json(&Node::from(&view))
    })
}

/// `GET /profile`
pub(in crate::api) fn profile(call: Call) -> Answering {
    Box::pin(async move {
        let view = call.api.app.ask(|source| source.profile()).await?;
        Answer::json(&Profile::from(&view))
    })
}

/// `GET /profile/texts/{hash}`
pub(in crate::api) fn profile_text(call: Call) -> Answering {
    Box::pin(async move {
        let given = call.text("hash");
        let missing = || Problem::new(Kind::Missing).what(&given);
        let hash = file_in(&given).ok_or_else(missing)?;
        let bytes = call.api.app.ask(move |source| source.profile_text(&hash)).await?.ok_or_else(missing)?;
        let (mime, ending) = media(&bytes);
        Ok(Answer::file(bytes, mime, format!("{}.{ending}", short_id(&given))))
    })
}

/// `GET /institutions`
pub(in crate::api) fn institutions(call: Call) -> Answering {
    Box::pin(async move {
        let after = match call.get("cursor") {
            Some(text) => Some(id_in(text).ok_or_else(|| Problem::new(Kind::Cursor))?),
            None => None,
        };
        let limit = call.number("limit", API_PAGE) as usize;
        let asked = move |source: &dyn crate::view::Source| source.institutions(after.as_deref(), limit + 1);
        let (total, mut lines) = call.api.app.ask(asked).await?;
        let more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| more).and_then(|line| cursor_at(&line.id));
        let link = next.as_deref().map(|cursor| call.page_at(cursor));
        let items = lines.iter().map(InstitutionLine::from).collect();
        Ok(Answer::json(&InstitutionPage { total, items, next })?.next(link))
    })
}

/// `GET /institutions/{id}`
pub(in crate::api) fn institution(call: Call) -> Answering {
    Box::pin(async move {
        let id = call.text("id");
        let asked = id.clone();
        let view = call.api.app.ask(move |source| source.org(&asked)).await?;
        let view = view.ok_or_else(|| Problem::new(Kind::Missing).what(&id))?;
        Answer::json(&Institution::of(&call.origin(), &view))
    })
}

/// `GET /desk/nodes`
pub(in crate::api) fn nodes(call: Call) -> Answering {
    Box::pin(async move {
        if !call.holder()?.clerk.administers() {
            return Err(Problem::new(Kind::Role));
        }
        let from = match call.get("cursor") {
            Some(text) => match cursor::read(NODES, text) {
                Some(('o', numbers)) if numbers.len() == 1 => numbers[0] as usize,
                _ => return Err(Problem::new(Kind::Cursor)),
            },
            None => 0,
        };
        let limit = call.number("limit", API_PAGE) as usize;
        let view = call.api.ask_desk(|desk| desk.nodes()).await?;
        let end = from.saturating_add(limit);
        let next = (end < view.nodes.len()).then(|| cursor::write(NODES, 'o', &[end as u64]));
        let link = next.as_deref().map(|cursor| call.page_at(cursor));
        let items = view.nodes.iter().skip(from).take(limit).map(NodeLine::from).collect();
        let body = NodePage { total: view.nodes.len() as u64, now: instant(view.now_ms), items, next };
        Ok(Answer::json(&body)?.next(link).keep(Keep::Never))
    })
}

/// An id of 64 digits as four numbers.
fn cursor_at(id: &str) -> Option<String> {
    let part = |n: usize| id.get(n * 16..(n + 1) * 16).and_then(|part| u64::from_str_radix(part, 16).ok());
    let numbers: Option<Vec<u64>> = (0..4).map(part).collect();
    numbers.map(|numbers| cursor::write(QUESTION, 'i', &numbers))
}

fn id_in(text: &str) -> Option<String> {
    match cursor::read(QUESTION, text)? {
        ('i', numbers) if numbers.len() == 4 => Some(numbers.iter().map(|n| format!("{n:016x}")).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_as_a_cursor() {
        let id = "00000000000000010203040506070809ffffffffffffffff0a0b0c0d0e0f0001";
        assert_eq!(id_in(&cursor_at(id).unwrap()).as_deref(), Some(id));
        assert_eq!(id_in("abc"), None);
    }
}
