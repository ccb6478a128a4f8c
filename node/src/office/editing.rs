//! Answers about writing listings: taking in, editing, publishing, withdrawing.

use std::collections::BTreeMap;

use catalog::{Kind, Lang, Record};
use market::{Desk, Fields, Hands, Incoming, Outcome, is_private};
use serde_json::{Value as Json, json};

use super::Office;
use super::answers::kind_of;
use super::failure::{Failure, exit};
use super::json;
use super::request::Reply;
use super::rows::Row;

/// Most rows of one request; the command line sends an import in pieces of this size.
pub const MAX_ROWS: usize = 500;

impl Office {
    pub(super) fn take_in(
        &self,
        kind: &str,
        rows: Vec<Row>,
        publish: bool,
        visibility: Option<&str>,
        editors: &[String],
    ) -> Reply {
        let kind = kind_of(kind)?;
        let visibility = visibility.map(super::documents::visibility_of).transpose()?;
        let editors = self.editor_fields(editors)?;
        if rows.len() > MAX_ROWS {
            let message = format!("{} rows at once, {MAX_ROWS} are allowed", rows.len());
            return Err(Failure::new(exit::USAGE, message, "send them in pieces"));
        }
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            let (mut fields, private) = (values_of(&row.fields)?, values_of(&row.private)?);
            fields.extend(editors.clone());
            let record = incoming(kind, &fields, &private).map_err(|failure| failure.at_row(row.row))?;
            records.push(Incoming { visibility, ..record });
        }
        let outcomes = self.writing().work(|desk| desk.take_in(&records, publish))?;
        let list: Vec<Json> =
            rows.iter().zip(&outcomes).map(|(row, outcome)| outcome_json(row.row, outcome)).collect();
        Ok(json!({ "v": 1, "rows": list }))
    }

    pub(super) fn edit(&self, id: &str, changes: &BTreeMap<String, Json>) -> Reply {
        let mut parsed = BTreeMap::new();
        for (key, value) in changes {
            let value = match value {
                Json::Null => None,
                other => Some(json::to_value(other).ok_or_else(|| unusable(key))?),
            };
            parsed.insert(key.clone(), value);
        }
        if let Some(draft) = self.library().draft(id)? {
            let (private, parsed) = part(draft.private, parsed);
            let mut fields = draft.fields;
            apply(&mut fields, parsed);
            let kind = kind_of(&json::kind_id(draft.kind))?;
            let record = Incoming { visibility: draft.visibility, ..incoming(kind, &fields, &private)? };
            let outcome =
                self.writing().work(|desk| Ok((desk.keep_draft(Some(id), &record)?, Vec::new())))?;
            return Ok(outcome_json(0, &outcome));
        }
        let listing = self.newest_listing(id)?;
        let id = listing.id;
        if matches!(listing.hidden, Some(market::Hidden::Purged(_))) {
            return Err(market::MarketError::Purged { id: id.to_string() }.into());
        }
        let before = self.library().private(&id)?;
        let (private, parsed) = part(before.clone(), parsed);
        let mut fields = listing.state.flat();
        apply(&mut fields, parsed.clone());
        let kind = kind_of(&json::kind_id(listing.log.shelf.kind.0))?;
        let checked = incoming(kind, &fields, &private)?;
        if let Some(key) = checked.contact.keys().find(|key| parsed.contains_key(*key)) {
            return Err(Failure::said(exit::REFUSED, "cli.failure.contact", &[("key", key)]));
        }
        let changed = self.writing().work(|desk| {
            if private != before {
                desk.edit_private(&id, &private)?;
            }
            let authored = desk.edit(&id, &parsed)?;
            Ok((authored.is_some() || private != before, authored.into_iter().collect()))
        })?;
        let outcome = if changed { Outcome::Updated(id) } else { Outcome::Unchanged(id) };
        Ok(outcome_json(0, &outcome))
    }

    /// Publishes a draft: as a new listing, or as an edit of the one that it revises. A listing is shown again.
    pub(super) fn publish(&self, id: &str) -> Reply {
        let Some(draft) = self.library().draft(id)? else { return self.set_withdrawn(id, false, "") };
        let kind = kind_of(&json::kind_id(draft.kind))?;
        let record =
            Incoming { visibility: draft.visibility, ..incoming(kind, &draft.fields, &draft.private)? };
        let outcome = self.writing().work(|desk: &mut Desk<'_>| {
            let (outcome, authored) = if draft.revises.is_some() {
                let (outcome, authored) = desk.publish_revision(&draft)?;
                (Some(outcome), authored)
            } else {
                let (outcomes, authored) = desk.take_in(std::slice::from_ref(&record), true)?;
                desk.drop_draft(id)?;
                (outcomes.into_iter().next(), authored)
            };
            desk.note_hands(&authored, &Hands::of_way(&draft.way))?;
            Ok((outcome, authored))
        })?;
        let outcome = outcome.ok_or_else(|| Failure::new(exit::FAILED, "nothing was published", ""))?;
        Ok(outcome_json(0, &outcome))
    }

    /// Withdraws a listing or shows it again; `by` is who does so at the desk, empty for the command line.
    pub(super) fn set_withdrawn(&self, id: &str, withdrawn: bool, by: &str) -> Reply {
        let id = self.resolve(id)?;
        let changed = self.writing().work(|desk| {
            let authored: Vec<_> = desk.withdraw(&id, withdrawn)?.into_iter().collect();
            desk.note_hands(&authored, &Hands::of(by))?;
            Ok((!authored.is_empty(), authored))
        })?;
        let word = match (changed, withdrawn) {
            (false, _) => "unchanged",
            (true, true) => "withdrawn",
            (true, false) => "published",
        };
        Ok(json!({ "v": 1, "row": 0, "outcome": word, "id": id.to_string() }))
    }
}

impl Office {
    pub(super) fn purge(&self, id: &str, reason: &str) -> Reply {
        let id = self.resolve(id)?;
        let gone = self.writing().work(|desk| {
            let (gone, authored) = desk.purge(&id, reason)?;
            Ok((gone, vec![authored]))
        })?;
        let documents: Vec<String> = gone.iter().map(ToString::to_string).collect();
        Ok(json!({ "v": 1, "row": 0, "outcome": "purged", "id": id.to_string(), "documents": documents }))
    }
}

type Changes = BTreeMap<String, Option<protocol::Value>>;

/// The private fields after an edit, and what of it is for the published part.
fn part(mut private: Fields, changes: Changes) -> (Fields, Changes) {
    let (own, shown): (Changes, Changes) =
        changes.into_iter().partition(|(key, _)| is_private(&private, key));
    let field = |key: &str| key.split('/').next().map(str::to_owned);
    private.retain(|key, _| !own.keys().any(|changed| field(changed) == field(key)));
    private.extend(own.into_iter().filter_map(|(key, value)| Some((key, value?))));
    (private, shown)
}

fn apply(fields: &mut BTreeMap<String, protocol::Value>, changes: BTreeMap<String, Option<protocol::Value>>) {
    for (key, value) in changes {
        match value {
            Some(value) => fields.insert(key, value),
            None => fields.remove(&key),
        };
    }
}

fn unusable(key: &str) -> Failure {
    Failure::new(exit::REJECTED, format!("{key}: a field holds a text, a whole number, yes or no"), "")
}

pub(super) fn values_of(
    fields: &BTreeMap<String, Json>,
) -> Result<BTreeMap<String, protocol::Value>, Failure> {
    let one = |(key, value): (&String, &Json)| {
        Ok((key.clone(), json::to_value(value).ok_or_else(|| unusable(key))?))
    };
    fields.iter().map(one).collect()
}

/// Checks a record against the catalogue and parts what stays at home from what is published.
pub(super) fn incoming(
    kind: Kind,
    fields: &BTreeMap<String, protocol::Value>,
    private: &BTreeMap<String, protocol::Value>,
) -> Result<Incoming, Failure> {
    let known: BTreeMap<String, protocol::Value> = fields
        .iter()
        .chain(private)
        .filter(|(key, _)| !key.starts_with('_'))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let mut issues = Record::validate(kind, &known);
    if issues.is_empty() && !private.is_empty() {
        // What is published must stand by itself.
        let shown = known.iter().filter(|(key, _)| !private.contains_key(*key));
        issues = Record::validate(kind, &shown.map(|(k, v)| (k.clone(), v.clone())).collect());
    }
    if !issues.is_empty() {
        let reasons = |lang: Lang| {
            issues.iter().map(|i| i.reason(lang)).collect::<Vec<_>>().join(lang.pick("；", "; "))
        };
        let key = "cli.failure.record";
        return Err(Failure::said(exit::REJECTED, key, &[("what", &reasons(Lang::En))])
            .with_chinese(key, &reasons(Lang::Zh)));
    }
    let is_contact = |key: &str| kind.key(key).is_some_and(|(field, _)| field.contact);
    let (contact, fields) = fields.clone().into_iter().partition(|(key, _)| is_contact(key));
    Ok(Incoming { kind: kind.code(), fields, contact, private: private.clone(), visibility: None })
}

pub(super) fn outcome_json(row: u64, outcome: &Outcome) -> Json {
    let (word, id) = match outcome {
        Outcome::Published(id) => ("published", id.to_string()),
        Outcome::Updated(id) => ("updated", id.to_string()),
        Outcome::Unchanged(id) => ("unchanged", id.to_string()),
        Outcome::Drafted(id) => ("drafted", id.clone()),
    };
    json!({ "v": 1, "row": row, "outcome": word, "id": id })
}
