//! The steps of a listing, each with what it changed: from what to what.

use std::collections::{BTreeMap, BTreeSet};

use catalog::Kind;
use market::{HistoryItem, Listing};
use protocol::{Value, Verb};
use replica::{Fate, STATUS, WITHDRAWN};
use web::view::{FieldView, HistoryStep, HistoryView, Step};

use super::Office;
use super::failure::Failure;
use super::json;

/// Fields with their values; several of one field stand beside each other.
type Fields = BTreeMap<String, Vec<Value>>;

impl Office {
    /// Steps of a listing that count, newest first, from before the one numbered `before`. What they changed is told where
    /// `open` says so, and who at this desk stands behind them where `home` does.
    pub(crate) fn steps(
        &self,
        listing: &Listing,
        (before, limit): (Option<u64>, usize),
        (open, home): (bool, bool),
    ) -> Result<HistoryView, Failure> {
        let items = self.library().history(&listing.id)?;
        let valid: Vec<&HistoryItem> = items.iter().filter(|item| item.fate == Fate::Valid).collect();
        let kind = Kind::from_code(listing.log.shelf.kind.0);
        let end = before.unwrap_or(u64::MAX).min(valid.len() as u64 + 1);
        let start = end.saturating_sub(limit as u64);
        let (mut fields, mut steps) = (Fields::new(), Vec::new());
        for (number, item) in (1..end).zip(&valid) {
            let told = if open && number >= start { told(kind, &fields, item) } else { Default::default() };
            take(&mut fields, item);
            if number >= start {
                steps.push(self.step(number, item, told, home)?);
            }
        }
        steps.reverse();
        Ok(HistoryView {
            id: listing.id.to_string(),
            kind: json::kind_id(listing.log.shelf.kind.0),
            title: if open { listing.title().to_owned() } else { String::new() },
            total: valid.len() as u64,
            steps,
        })
    }

    fn step(
        &self,
        number: u64,
        item: &HistoryItem,
        (before, after): (Vec<FieldView>, Vec<FieldView>),
        home: bool,
    ) -> Result<HistoryStep, Failure> {
        let hands = if home { self.library().hands(&item.entry)? } else { None };
        Ok(HistoryStep {
            number,
            step: step_of(item),
            signed_ms: item.time_ms,
            institution: self.library().name_behind(&item.log)?,
            node: item.log.node.to_string(),
            hands: hands.map(|h| [vec![h.writer], h.reviewers].concat()).unwrap_or_default(),
            hash: item.entry.to_string(),
            before,
            after,
        })
    }
}

/// What a step of a listing did.
pub(crate) fn step_of(item: &HistoryItem) -> Step {
    match item.verb {
        Verb::CREATE => Step::Published,
        Verb::MOVE => Step::Moved,
        _ if sets_status(item, WITHDRAWN) => Step::Withdrawn,
        _ if item.changes.contains_key(STATUS) => Step::Restored,
        _ => Step::Changed,
    }
}

/// Whether a step makes this the status of its listing.
pub(crate) fn sets_status(item: &HistoryItem, word: &str) -> bool {
    matches!(item.changes.get(STATUS), Some(Some(Value::Text(text))) if text == word)
}

/// Puts what a step changed into the fields. A document that continues another begins with all its fields.
fn take(fields: &mut Fields, item: &HistoryItem) {
    if item.verb == Verb::MOVE {
        fields.clear();
    }
    for (key, value) in &item.changes {
        let values = fields.entry(key.clone()).or_default();
        let replaced = item.before.get(key).map_or(&[][..], Vec::as_slice);
        values.retain(|value| !replaced.contains(value));
        values.extend(value.iter().filter(|value| !values.contains(value)).cloned().collect::<Vec<_>>());
        if values.is_empty() {
            fields.remove(key);
        }
    }
}

/// The changed fields before and after a step. A field comes with all its keys: of a range one end alone says little.
fn told(kind: Option<Kind>, fields: &Fields, item: &HistoryItem) -> (Vec<FieldView>, Vec<FieldView>) {
    let field_of = |key: &str| match kind.and_then(|kind| kind.key(key)) {
        Some((field, _)) => field.id.to_owned(),
        None => key.split('/').next().unwrap_or_default().to_owned(),
    };
    let mut after = fields.clone();
    take(&mut after, item);
    let mut before = fields.clone();
    // What its author had before it, where somebody else's step stands between.
    before.extend(item.before.iter().filter(|(_, values)| !values.is_empty()).map(pair));
    let keys: Vec<&String> = match item.verb {
        // It begins anew with all its fields, of which few differ.
        Verb::MOVE => {
            before.keys().chain(after.keys()).filter(|key| before.get(*key) != after.get(*key)).collect()
        }
        _ => item.changes.keys().collect(),
    };
    let shown = keys.into_iter().filter(|key| !key.starts_with('_'));
    let changed: BTreeSet<String> = shown.map(|key| field_of(key)).collect();
    let views = |fields: &Fields| {
        let shown =
            fields.iter().filter(|(key, _)| !key.starts_with('_') && changed.contains(&field_of(key)));
        shown.map(|(key, values)| FieldView::new(key.clone(), values.iter().map(json::text_of))).collect()
    };
    (views(&before), views(&after))
}

fn pair((key, values): (&String, &Vec<Value>)) -> (String, Vec<Value>) {
    (key.clone(), values.clone())
}
