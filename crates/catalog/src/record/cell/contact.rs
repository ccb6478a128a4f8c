//! Addresses of the web, mail and telephone.

use super::super::Issue;
use super::super::draft::Draft;
use super::keep;
use crate::{Field, Part, contact, fold, phone};

pub(super) fn read_url(draft: &mut Draft<'_>, field: &Field, text: &str) {
    if contact::is_url(text) {
        return draft.put_text(field, Part::Value, text);
    }
    let completed = format!("http://{text}");
    if !text.contains("://") && contact::is_url(&completed) {
        draft.put_text(field, Part::Value, &completed);
        return draft.advise(Issue::of(field, "url_completed", text, &[("url", &completed)]));
    }
    keep(draft, field, "url_kept", text);
}

pub(super) fn read_email(draft: &mut Draft<'_>, field: &Field, text: &str) {
    match contact::email(text) {
        Some(address) => draft.put_text(field, Part::Value, &address),
        None => keep(draft, field, "email_kept", text),
    }
}

pub(super) fn read_phone(draft: &mut Draft<'_>, field: &Field, text: &str, folded: &str) {
    match phone::parse_all(text) {
        Some(numbers) => draft.put_text(field, Part::Value, &numbers.join("；")),
        None => keep(draft, field, "phone_kept", &fold::line(folded)),
    }
}
