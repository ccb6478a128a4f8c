//! Listings as a workbook: laid out as the template is, so that it can be edited and imported again. Its last column holds the
//! id of each listing, by which an import finds the listing that a row is.

use super::furniture::{self, Lists};
use super::stamp::{Column, LISTING, Stamp};
use super::{Fault, fitting, template};
use catalog::words::say;
use catalog::{Context, Field, FieldType, Kind, Lang, Part, Record, display};
use protocol::Value;
use rust_xlsxwriter::Workbook;
use std::collections::BTreeMap;

/// Width of the column of ids, characters: enough to tell them apart.
const ID_WIDTH: f64 = 12.0;
/// Width of a column for a part of a field.
const PART_WIDTH: f64 = 16.0;

/// The workbook of listings of a kind, each with its id: its bytes. Every text is written so that reading it gives the
/// same record; where no text for people does that, the parts stand in columns of their own.
///
/// # Errors
/// When the workbook cannot be put together, for more rows than a sheet has.
pub fn listings(kind: Kind, lang: Lang, listings: &[(String, Record)]) -> Result<Vec<u8>, Fault> {
    let rows: Vec<BTreeMap<String, String>> =
        listings.iter().map(|(_, record)| cells(kind, record, lang)).collect();
    let fields = furniture::ordered(kind);
    let name = kind.label(lang);
    let mut columns: Vec<(String, String)> =
        fields.iter().map(|field| (field.id.to_owned(), furniture::label(field, lang))).collect();
    let mut parts: Vec<&String> = rows.iter().flat_map(BTreeMap::keys).collect();
    parts.sort_unstable();
    parts.dedup();
    for key in parts {
        if !columns.iter().any(|(known, _)| known == key) {
            columns.push((key.clone(), display::entry_label(kind, key, lang)));
        }
    }
    columns.push((LISTING.to_owned(), say(lang, "table.listing").to_owned()));

    let mut workbook = Workbook::new();
    let mut lists = Lists::default();
    let mut stamp = Stamp::new(kind);
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    template::header(sheet, &fields, &mut lists, lang)?;
    for (column, (key, label)) in (0u16..).zip(&columns) {
        if usize::from(column) >= fields.len() {
            sheet.write_string_with_format(0, column, label, &furniture::header_format(None))?;
            sheet.set_column_width(column, if key == LISTING { ID_WIDTH } else { PART_WIDTH })?;
        }
        let place = Some((usize::from(column), 0));
        stamp.columns.push(Column {
            sheet: name.to_owned(),
            key: key.clone(),
            place,
            sure: true,
            label: label.clone(),
        });
    }
    for (row, (cells, (id, _))) in (1u32..).zip(rows.iter().zip(listings)) {
        for (column, (key, _)) in (0u16..).zip(&columns) {
            let text = if key == LISTING { Some(id) } else { cells.get(key) };
            let Some(text) = text else { continue };
            let format = furniture::cell_format(fields.get(usize::from(column)).copied()).set_num_format("@");
            sheet.write_string_with_format(row, column, fitting(text).0, &format)?;
        }
    }
    lists.write(&mut workbook)?;
    stamp.write(&mut workbook)?;
    Ok(workbook.save_to_buffer()?)
}

/// A record as cells by field id, or by the key of a part.
fn cells(kind: Kind, record: &Record, lang: Lang) -> BTreeMap<String, String> {
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
    let entries = record
        .entries()
        .iter()
        .filter(|(key, value)| is_own(key) && !(key.contains('/') && **value == Value::Bool(false)));
    entries.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Texts that may stand for a field, the one for people first, the one for programs last.
fn candidates(field: &Field, record: &Record, own: &BTreeMap<String, Value>, lang: Lang) -> Vec<String> {
    let mut texts = Vec::new();
    // Amounts are in the unit of the header in either language.
    let shown = if matches!(field.ty, FieldType::Money) { Lang::Zh } else { lang };
    texts.extend(
        record
            .text(&field.key_of(Part::Word))
            .map(str::to_owned)
            .filter(|_| matches!(field.ty, FieldType::Trl)),
    );
    if let (FieldType::Trl, Some((min, max))) = (field.ty, record.trl()) {
        texts.push(if min == max { min.to_string() } else { format!("{min}-{max}") });
    }
    texts.extend(display::field_value(field, record, shown));
    let members: Vec<&str> = own.keys().filter_map(|key| Some(key.split_once('/')?.1)).collect();
    if members.is_empty() {
        texts.extend(own.get(field.id).map(plain));
    } else {
        texts.push(members.join("；"));
        texts.push(serde_json::json!(members).to_string());
    }
    texts
}

/// Whether a text is read as exactly these entries.
fn reads_as(kind: Kind, field: &Field, text: &str, own: &BTreeMap<String, Value>) -> bool {
    let outcome = Record::from_cells(kind, &[(field.id, text)], &Context::default());
    of_field(kind, field, &outcome.record) == *own
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) | Value::Time(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
    }
}
