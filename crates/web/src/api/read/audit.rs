//! The audit log.

use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::cursor;
use crate::api::model::audit::{AuditPage, AuditRecord};
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem};
use crate::desk::audit::AuditAsk;
use crate::limits::API_PAGE;

/// What a cursor of it is about.
const QUESTION: &str = "audit";
const DAY_MS: i64 = 86_400_000;

/// `GET /desk/audit`
pub(in crate::api) fn audit(call: Call) -> Answering {
    Box::pin(async move {
        let clerk = call.holder()?.clerk.clone();
        if !clerk.administers() {
            return Err(Problem::new(Kind::Role));
        }
        let before = match call.get("cursor") {
            Some(text) => match cursor::read(QUESTION, text) {
                Some(('n', numbers)) if numbers.len() == 1 => Some(numbers[0]),
                _ => return Err(Problem::new(Kind::Cursor)),
            },
            None => None,
        };
        // A day before 1970 is before every record.
        let day = |name: &str| call.get(name).map(|day| catalog::date::midnight_ms(day).unwrap_or_default());
        let ask = AuditAsk {
            since_ms: day("since"),
            until_ms: day("until").map(|ms| ms + DAY_MS),
            by: call.text("by"),
            act: call.text("act"),
            subject: call.text("subject"),
            before,
            limit: call.number("limit", API_PAGE) as usize,
        };
        let found = call.api.ask_desk(move |desk| desk.audit(&clerk, &ask)).await?;
        let view = found.map_err(Problem::of_desk)?;
        let next = view.next.map(|number| cursor::write(QUESTION, 'n', &[number]));
        let link = next.as_deref().map(|cursor| call.page_at(cursor));
        let items = view.lines.iter().map(AuditRecord::from).collect();
        let body = AuditPage { last: view.last, head: view.head, items, next };
        Ok(Answer::json(&body)?.next(link).keep(Keep::Never))
    })
}
