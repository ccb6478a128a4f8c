//! The rules for typed values, wherever a record was edited.

use std::collections::BTreeMap;

use protocol::Value;

use super::Issue;
use super::draft::push;
use crate::limits::{
    MAX_KEY_BYTES, MAX_KEYS, MAX_LONG_TEXT_CHARS, MAX_RECORD_BYTES, MAX_TEXT_BYTES, MAX_YEAR, MIN_YEAR,
};
use crate::{Field, FieldType, Kind, Need, Part};
use crate::{contact, credit_code, date, id_number, ipc, money, patent, phone, region, scheme, trl};

/// Most characters of a text that was kept as given.
const MAX_GIVEN_CHARS: usize = 4_000;

/// Every rule on every entry, then the rules on the whole.
pub(super) fn all(kind: Kind, entries: &BTreeMap<String, Value>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (key, value) in entries {
        if let Some(issue) = entry(kind, key, value) {
            push(&mut issues, issue);
        }
    }
    for field in kind.fields() {
        if let Some(issue) = whole_field(field, entries) {
            push(&mut issues, issue);
        }
    }
    if let Some(issue) = size(entries) {
        push(&mut issues, issue);
    }
    issues
}

fn entry(kind: Kind, key: &str, value: &Value) -> Option<Issue> {
    let field = kind.key(key);
    // The value is not repeated in the reason: a report travels further than the record.
    if id_number::contains(key) {
        return Some(Issue::of_entry(kind, "", "id_number", ""));
    }
    if holds_id_number(value) {
        return Some(Issue::of_entry(kind, key, "id_number", ""));
    }
    let well_formed = !key.is_empty() && !key.starts_with('/') && !key.chars().any(char::is_control);
    if !well_formed || key.len() > MAX_KEY_BYTES {
        let max = MAX_KEY_BYTES.to_string();
        return Some(Issue::of_key(key, "key_form", "", &[("max", &max)]));
    }
    match field {
        Some((field, part)) => known_part(field, part, key, value),
        None => oversized(key, value),
    }
}

fn holds_id_number(value: &Value) -> bool {
    match value {
        Value::Text(text) => id_number::contains(text),
        Value::Int(number) | Value::Time(number) => id_number::contains(&number.to_string()),
        Value::Bool(_) => false,
    }
}

fn oversized(key: &str, value: &Value) -> Option<Issue> {
    let Value::Text(text) = value else { return None };
    let (count, max) = (text.len().to_string(), MAX_TEXT_BYTES.to_string());
    (text.len() > MAX_TEXT_BYTES)
        .then(|| Issue::of_key(key, "text_bytes", text, &[("count", &count), ("max", &max)]))
}

fn known_part(field: &Field, part: Part, key: &str, value: &Value) -> Option<Issue> {
    match (part, value) {
        (Part::Value, value) => main_value(field, value),
        (Part::Member, Value::Bool(true)) => {
            let (_, member) = key.split_once('/')?;
            unless(is_member(field, member), || Issue::of(field, "member_form", member, &[]))
        }
        (Part::ForeignMember, Value::Bool(true)) => {
            let (_, member) = key.split_once('/')?;
            let fits = !member.trim().is_empty() && member.chars().count() <= patent::MAX_FOREIGN_CHARS;
            unless(fits, || Issue::of(field, "member_form", member, &[]))
        }
        // A member that was struck out rather than removed is harmless: it counts as absent everywhere.
        (Part::Member | Part::ForeignMember, Value::Bool(false)) => None,
        (Part::Min | Part::Max, Value::Int(number)) => {
            let fits = match field.ty {
                FieldType::Trl => trl::is_valid(*number, *number),
                _ => money::is_valid(Some(*number), None),
            };
            unless(fits, || Issue::of(field, "out_of_range", &number.to_string(), &[]))
        }
        (Part::AsOf, Value::Int(year)) => unless((MIN_YEAR..=MAX_YEAR).contains(year), || {
            Issue::of(field, "out_of_range", &year.to_string(), &[])
        }),
        (Part::Negotiable, Value::Bool(_)) => None,
        (Part::Scheme, Value::Text(text)) => {
            unless(scheme::by_id(text).is_some(), || Issue::of(field, "unknown_scheme", text, &[]))
        }
        (Part::Word | Part::MappedBy | Part::AsGiven, Value::Text(text)) => {
            too_long(field, text, MAX_GIVEN_CHARS)
        }
        _ => Some(wrong_type(field)),
    }
}

fn main_value(field: &Field, value: &Value) -> Option<Issue> {
    match (field.ty, value) {
        (FieldType::Text { max_chars }, Value::Text(text)) => too_long(field, text, max_chars),
        (FieldType::LongText, Value::Text(text)) => too_long(field, text, MAX_LONG_TEXT_CHARS),
        (FieldType::Int { min, max }, Value::Int(number)) => unless((min..=max).contains(number), || {
            Issue::of(field, "out_of_range", &number.to_string(), &[])
        }),
        (FieldType::Year, Value::Int(year)) => unless((MIN_YEAR..=MAX_YEAR).contains(year), || {
            Issue::of(field, "out_of_range", &year.to_string(), &[])
        }),
        (FieldType::Flag, Value::Bool(_)) => None,
        // Lists grow between versions: a term this version does not know is shown by its id.
        (FieldType::Vocabulary(_), Value::Text(text)) => too_long(field, text, MAX_GIVEN_CHARS),
        (FieldType::Classified(schemes), Value::Text(text)) => {
            unless(schemes.iter().any(|s| s.read(text).is_some()), || {
                Issue::of(field, "class_form", text, &[])
            })
        }
        (FieldType::Date, Value::Text(text)) => form(field, text, date::is_normal, "date_form"),
        (FieldType::Region, Value::Text(text)) => {
            form(field, text, |code| region::by_code(code).is_some(), "region_code")
        }
        (FieldType::CreditCode, Value::Text(text)) => {
            form(field, text, credit_code::is_valid, "credit_code_check")
        }
        (FieldType::Url, Value::Text(text)) => form(field, text, contact::is_url, "url_form"),
        (FieldType::Email, Value::Text(text)) => {
            form(field, text, |t| contact::email(t).is_some(), "email_form")
        }
        (FieldType::Phone, Value::Text(text)) => {
            form(field, text, |t| phone::parse_all(t).is_some(), "phone_form")
        }
        _ => Some(wrong_type(field)),
    }
}

fn is_member(field: &Field, member: &str) -> bool {
    match field.ty {
        FieldType::PatentSet => patent::is_normal(member),
        FieldType::IpcSet => ipc::is_normal(member),
        FieldType::Set { max_chars, .. } => !member.trim().is_empty() && member.chars().count() <= max_chars,
        _ => !member.trim().is_empty(),
    }
}

/// Rules on several entries of one field: a title is there, ranges are in order.
fn whole_field(field: &Field, entries: &BTreeMap<String, Value>) -> Option<Issue> {
    let int = |part: Part| match entries.get(&field.key_of(part)) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    match field.ty {
        FieldType::Money | FieldType::Trl => {
            let (min, max) = int(Part::Min).zip(int(Part::Max))?;
            unless(min <= max, || Issue::of(field, "range_order", &format!("{min}–{max}"), &[]))
        }
        _ if field.need == Need::Required => {
            let given = matches!(entries.get(field.id), Some(Value::Text(text)) if !text.trim().is_empty());
            let struck = matches!(entries.get(field.id), Some(other) if !matches!(other, Value::Text(_)));
            unless(given || struck, || Issue::of(field, "required", "", &[]))
        }
        _ => None,
    }
}

fn size(entries: &BTreeMap<String, Value>) -> Option<Issue> {
    if entries.len() > MAX_KEYS {
        let (count, max) = (entries.len().to_string(), MAX_KEYS.to_string());
        return Some(Issue::of_key("", "too_many_keys", "", &[("count", &count), ("max", &max)]));
    }
    let bytes: usize = entries
        .iter()
        .map(|(key, value)| key.len() + if let Value::Text(text) = value { text.len() } else { 0 })
        .sum();
    let (count, max) = (bytes.to_string(), MAX_RECORD_BYTES.to_string());
    (bytes > MAX_RECORD_BYTES)
        .then(|| Issue::of_key("", "too_large", "", &[("count", &count), ("max", &max)]))
}

fn too_long(field: &Field, text: &str, max_chars: usize) -> Option<Issue> {
    let count = text.chars().count();
    let (count_text, max) = (count.to_string(), max_chars.to_string());
    unless(count <= max_chars, || {
        Issue::of(field, "too_long", text, &[("count", &count_text), ("max", &max)])
    })
}

fn form(field: &Field, text: &str, fits: impl Fn(&str) -> bool, code: &'static str) -> Option<Issue> {
    unless(fits(text), || Issue::of(field, code, text, &[]))
}

fn wrong_type(field: &Field) -> Issue {
    Issue::of(field, "wrong_type", "", &[])
}

fn unless(fits: bool, issue: impl FnOnce() -> Issue) -> Option<Issue> {
    (!fits).then(issue)
}
