//! A record as texts, one a field, that a person may edit and [`Record::from_cells`] reads again: those of a form, and those
//! of a row in a table.
//!
//! In a form terms stand by their ids, which it shows as choices, and divisions by their codes; in a table both stand in
//! words. Amounts and ranges stand as people write them, what could not be read as it was given.

use std::collections::BTreeMap;

use protocol::Value;

use crate::record::{Context, Record};
use crate::words::Lang;
use crate::{Field, FieldType, Kind, Part, display};

/// Between the members of a set.
pub const BETWEEN: &str = "；";

/// The text of a field; empty when the record says nothing of it.
pub fn text(field: &Field, record: &Record) -> String {
    let read = match field.ty {
        FieldType::Money => money(field, record),
        FieldType::Trl => readiness(field, record),
        FieldType::Flag => record.get(field.id).map(|_| {
            let yes = record.is_true(field.id);
            if yes { "yes" } else { "no" }.to_owned()
        }),
        FieldType::Int { .. } | FieldType::Year => record.int(field.id).map(|number| number.to_string()),
        _ if field.is_set() => members(field, record),
        _ => record.text(field.id).map(str::to_owned),
    };
    let given = field.parts().contains(&Part::AsGiven).then(|| record.text(&field.key_of(Part::AsGiven)));
    let parts: Vec<&str> = read.as_deref().into_iter().chain(given.flatten()).collect();
    parts.join(BETWEEN)
}

/// A record as the cells of a table: by field id, in words. Where no text for people is read as exactly what the record
/// says, its parts stand under keys of their own (`price_min`), as do keys that this version does not know.
pub fn cells(kind: Kind, record: &Record, lang: Lang) -> BTreeMap<String, String> {
    let mut cells = BTreeMap::new();
    for field in kind.fields() {
        let own = of_field(kind, field, record);
        if own.is_empty() {
            continue;
        }
        let candidates = candidates(field, record, &own, lang);
        let faithful = candidates.iter().find(|text| reads_as(kind, field, text, &own));
        let single = own.keys().all(|key| key.contains('/')) || own.contains_key(field.id) && own.len() == 1;
        match faithful.or(candidates.last().filter(|_| single)) {
            Some(text) => drop(cells.insert(field.id.to_owned(), text.clone())),
            None => cells.extend(own.iter().map(|(key, value)| (key.clone(), plain(value)))),
        }
    }
    let unknown = record.entries().iter().filter(|(key, _)| kind.key(key).is_none() && !key.contains('/'));
    cells.extend(unknown.map(|(key, value)| (key.clone(), plain(value))));
    cells
}

/// What a record says of a field. A member that was struck out says nothing.
fn of_field(kind: Kind, field: &Field, record: &Record) -> BTreeMap<String, Value> {
    let is_own = |key: &str| kind.key(key).is_some_and(|(owner, _)| owner.id == field.id);
    let is_said = |key: &str, value: &Value| !(key.contains('/') && *value == Value::Bool(false));
    let said = record.entries().iter().filter(|(key, value)| is_own(key) && is_said(key, value));
    said.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Texts that may stand for a field in a table, the one for people first, the one for programs last.
fn candidates(field: &Field, record: &Record, own: &BTreeMap<String, Value>, lang: Lang) -> Vec<String> {
    let typed = text(field, record);
    // Amounts are in the unit of the header in either language.
    let shown = if matches!(field.ty, FieldType::Money) { Lang::Zh } else { lang };
    let mut texts: Vec<String> = display::field_value(field, record, shown).into_iter().collect();
    // The word that the office wrote comes before what a table makes of it.
    texts.insert(if matches!(field.ty, FieldType::Trl) { 0 } else { texts.len() }, typed);
    texts.retain(|text| !text.is_empty());
    let members: Vec<&str> = own.keys().filter_map(|key| Some(key.split_once('/')?.1)).collect();
    if !members.is_empty() {
        texts.push(crate::record::list_of(&members));
    }
    texts
}

/// Whether a text is read as exactly these entries.
fn reads_as(kind: Kind, field: &Field, text: &str, own: &BTreeMap<String, Value>) -> bool {
    let outcome = Record::from_cells(kind, &[(field.id, text)], &Context::default());
    of_field(kind, field, &outcome.record) == *own
}

/// A value as the text that stands under its own key.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) | Value::Time(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
    }
}

/// Chinese amounts have a unit in them, which makes them short and plain in both languages.
fn money(field: &Field, record: &Record) -> Option<String> {
    let (min, max) = (record.int(&field.key_of(Part::Min)), record.int(&field.key_of(Part::Max)));
    display::money(min, max, record.is_true(&field.key_of(Part::Negotiable)), Lang::Zh)
}

fn readiness(field: &Field, record: &Record) -> Option<String> {
    let word = record.text(&field.key_of(Part::Word)).map(str::to_owned);
    let levels =
        record.trl().map(|(min, max)| if min == max { min.to_string() } else { format!("{min}-{max}") });
    word.or(levels)
}

fn members(field: &Field, record: &Record) -> Option<String> {
    let foreign = if matches!(field.ty, FieldType::PatentSet) { crate::kinds::FOREIGN_PATENT } else { "" };
    let mut all: Vec<&str> = record.members(field.set_prefix).collect();
    if !foreign.is_empty() {
        all.extend(record.members(foreign));
    }
    (!all.is_empty()).then(|| all.join(BETWEEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_shows_is_read_as_the_same() {
        let cells = [
            ("title", "矿用隔爆型锂电池充电装置"),
            ("summary", "第一段\n第二段"),
            ("keywords", "锂电池、防爆；矿山"),
            ("field", "新材料及其应用；没有这一类"),
            ("trl", "中试"),
            ("cooperation", "独占许可、作价入股"),
            ("price", "10-20万元，面议"),
            ("patents", "ZL201810046029.1；US9876543B2"),
            ("year", "2024年"),
            ("completed_on", "2013.01.02"),
            ("region", "武汉市"),
            ("rights_granted", "是"),
            ("contact_phone", "027-87654321；13900000000"),
            ("credit_code", "9142 0100 MA4K XXXX XX"),
            ("level", "国际领先"),
        ];
        let context = Context { default_region: Some("420000"), ..Context::default() };
        let first = Record::from_cells(Kind::Achievement, &cells, &context).record;
        let texts: Vec<(&str, String)> =
            Kind::Achievement.fields().iter().map(|field| (field.id, text(field, &first))).collect();
        let shown: Vec<(&str, &str)> = texts.iter().map(|(id, text)| (*id, text.as_str())).collect();
        let again = Record::from_cells(Kind::Achievement, &shown, &context).record;
        assert_eq!(again, first);
        assert!(first.text("field_text").is_some() && first.is_true("rights_granted"));
    }
}
