//! Guessing a mapping from column names, and fields from misspelt ids.

use super::{Entry, MappingError, Origin};
use crate::error::quote;
use crate::read::header::{names_of, normalize};
use catalog::{Field, Kind, Part};
use std::collections::BTreeMap;

/// Best pairs of field and column first: a name nearer to the front of a field's names is the better one.
pub(super) fn entries(kind: Kind, headers: &[String]) -> Vec<Entry> {
    let plain: Vec<String> = headers.iter().map(|header| normalize(header)).collect();
    let mut pairs = Vec::new();
    for (order, field) in kind.fields().iter().enumerate() {
        let names = names_of(field);
        for (column, header) in plain.iter().enumerate().filter(|(_, header)| !header.is_empty()) {
            if let Some(rank) = names.iter().position(|name| name == header) {
                pairs.push((rank, order, column));
            }
        }
    }
    pairs.sort_unstable();
    let (mut used_fields, mut used_columns) = (vec![false; kind.fields().len()], vec![false; headers.len()]);
    let mut chosen: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (_, order, column) in &pairs {
        if !used_fields[*order] && !used_columns[*column] {
            (used_fields[*order], used_columns[*column]) = (true, true);
            chosen.insert(*order, vec![*column]);
        }
    }
    // A set has room for several columns: a patent's number and its application's.
    for (_, order, column) in pairs {
        let is_set = kind.fields()[order].is_set();
        if let (true, false, Some(columns)) = (is_set, used_columns[column], chosen.get_mut(&order)) {
            used_columns[column] = true;
            columns.push(column);
        }
    }
    let entry = |(order, columns): (usize, Vec<usize>)| Entry {
        key: kind.fields()[order].id.to_owned(),
        field: &kind.fields()[order],
        from: Origin::Columns(columns.into_iter().map(|column| headers[column].clone()).collect()),
    };
    let mut entries: Vec<Entry> = chosen.into_iter().map(entry).collect();
    // What is left may be parts of fields, as this crate's own exports name them.
    for header in headers.iter().zip(used_columns).filter(|(_, used)| !used).map(|(header, _)| header) {
        if let Some(field) =
            field_of(kind, header).filter(|_| entries.iter().all(|entry| entry.key != *header))
        {
            entries.push(Entry { key: header.clone(), field, from: Origin::Columns(vec![header.clone()]) });
        }
    }
    entries
}

/// The field of that id, or the one that has a part of that name, such as `price_min`. A member of a set is no column.
pub(crate) fn field_of(kind: Kind, key: &str) -> Option<&'static Field> {
    let part = kind.key(key).filter(|(_, part)| !matches!(part, Part::Member | Part::ForeignMember));
    kind.field(key).or(part.map(|(field, _)| field))
}

/// Fields that an error proposes.
const MAX_PROPOSED: usize = 5;
/// Letters of an id that are compared; no field's is longer.
const MAX_ID_CHARS: usize = 40;

/// The error for a field that is not there, with those written alike.
pub(super) fn unknown(kind: Kind, id: &str) -> MappingError {
    let short: String = id.chars().take(MAX_ID_CHARS).collect();
    let mut near: Vec<(usize, &str)> =
        kind.fields().iter().map(|field| (distance(&short, field.id), field.id)).collect();
    near.sort_unstable();
    let near: Vec<&str> = near.into_iter().take(MAX_PROPOSED).map(|(_, id)| id).collect();
    MappingError::UnknownField { field: quote(id), kind: kind.id(), near: near.join(", ") }
}

/// Levenshtein's distance.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut line: Vec<usize> = (0..=other.len()).collect();
    for (place, c) in one.chars().enumerate() {
        let mut diagonal = line[0];
        line[0] = place + 1;
        for (column, d) in other.iter().enumerate() {
            let change = diagonal + usize::from(c != *d);
            diagonal = line[column + 1];
            line[column + 1] = change.min(line[column] + 1).min(diagonal + 1);
        }
    }
    line[other.len()]
}
