//! Rows of a workbook that was exported before: each names its listing, and changes that one.

use std::collections::BTreeMap;

use exchange::mapping::Mapping;
use serde_json::{Value as Json, json};

use crate::commands::Answerer;
use crate::office::{Failure, Reply, Request, exit};

/// Makes a listing say what a row says, in the fields that the workbook has columns for.
///
/// # Errors
/// When there is no such listing, or it is not this node's to change: see [`is_of_the_row`].
pub fn update(desk: &mut Answerer, id: &str, fields: &BTreeMap<String, Json>, mapping: &Mapping) -> Reply {
    let listing = desk.ask(&Request::Show { id: id.to_owned() })?;
    let before = listing["fields"].as_object().cloned().unwrap_or_default();
    let has_column = |key: &str| {
        let owner = mapping.kind().field(key).map(|field| field.id);
        let owner = owner.or(mapping.kind().key(key).map(|(field, _)| field.id));
        mapping.entries().iter().any(|entry| Some(entry.field.id) == owner)
    };
    let mut changes: BTreeMap<String, Json> = BTreeMap::new();
    for (key, value) in fields.iter().filter(|(key, _)| has_column(key)) {
        if before.get(key) != Some(value) {
            changes.insert(key.clone(), value.clone());
        }
    }
    for (key, value) in before.iter().filter(|(key, _)| has_column(key)) {
        // A member that was struck out before is as good as absent.
        if !fields.contains_key(key) && *value != Json::Bool(false) {
            changes.insert(key.clone(), Json::Null);
        }
    }
    if changes.is_empty() {
        // Nobody's leave is needed to leave a listing as it is: an export holds those of others too.
        return Ok(json!({ "outcome": "unchanged", "id": listing["id"] }));
    }
    desk.ask(&Request::Edit { id: id.to_owned(), changes })
}

/// Whether a failure is about one row, so that the others can go on.
pub fn is_of_the_row(failure: &Failure) -> bool {
    [exit::REFUSED, exit::REJECTED, exit::USAGE].contains(&failure.code)
}
