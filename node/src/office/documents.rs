//! Answers about listings that several institutions write, and that move.

use std::collections::{BTreeMap, BTreeSet};

use market::{Dispute, Listing, Moving, Outcome, Writer};
use protocol::{DocumentId, InstitutionId, Value, Visibility};
use replica::EDITOR;
use serde_json::{Map, Value as Json, json};

use super::Office;
use super::answers::{kind_of, region_code};
use super::editing::{incoming, outcome_json};
use super::failure::{Failure, exit};
use super::json;
use super::request::{MoveTo, Reply};

/// Most listings with concurrent values that are looked through for those asked for.
const MAX_DISPUTED: usize = 10_000;

impl Office {
    /// The newest document of the line that an id, or its first digits, stand in.
    pub(super) fn resolve(&self, id: &str) -> Result<DocumentId, Failure> {
        let found = self.library().find(id)?;
        Ok(self.library().newest(&found)?)
    }

    /// The listing that an id leads to.
    pub(super) fn newest_listing(&self, id: &str) -> Result<Listing, Failure> {
        let id = self.resolve(id)?;
        let missing = || Failure::said(exit::FAILED, "cli.failure.missing", &[("id", &id.to_string())]);
        self.library().listing(&id)?.ok_or_else(missing)
    }

    /// Adds to a listing what stands around it: earlier ids, co-editors, who wrote which of several values, what third
    /// parties say.
    pub(super) fn add_surroundings(
        &self,
        listing: &Listing,
        out: &mut Map<String, Json>,
    ) -> Result<(), Failure> {
        let mut line = self.library().line(&listing.id)?;
        line.pop();
        out.insert("continues".into(), json!(line.iter().map(ToString::to_string).collect::<Vec<_>>()));
        let roster = self.library().roster();
        let editor = |id: &InstitutionId| {
            let name = roster.members.get(id).map(|member| member.institution.name.clone());
            json!({ "id": id.to_string(), "name": name.unwrap_or_default() })
        };
        out.insert("editors".into(), listing.editors.iter().map(editor).collect());
        let disputes = self.library().disputes(listing)?;
        out.insert("disputes".into(), disputes.iter().map(of_dispute).collect());
        let told = self.told_of(&listing.id)?;
        out.insert("statements".into(), told.iter().map(json::of_told).collect());
        let screened = self.screened(listing)?.and_then(|by| told.iter().find(|told| told.said.id == by.id));
        out.insert("screened".into(), screened.map_or(Json::Null, json::of_told));
        Ok(())
    }

    /// The fields that name co-editors.
    pub(super) fn editor_fields(&self, editors: &[String]) -> Result<BTreeMap<String, Value>, Failure> {
        let mut fields = BTreeMap::new();
        for id in self.institutions(editors)? {
            fields.insert(format!("{EDITOR}{id}"), Value::Bool(true));
        }
        Ok(fields)
    }

    /// The institutions that texts name.
    fn institutions(&self, texts: &[String]) -> Result<BTreeSet<InstitutionId>, Failure> {
        texts.iter().map(|text| Ok(self.library().find_institution(text)?)).collect()
    }

    pub(super) fn choose(&self, id: &str, field: &str, number: usize) -> Reply {
        let listing = self.newest_listing(id)?;
        let disputes = self.library().disputes(&listing)?;
        let dispute = disputes
            .iter()
            .find(|dispute| dispute.key == field)
            .ok_or_else(|| Failure::said(exit::USAGE, "cli.failure.undisputed", &[("field", field)]))?;
        let chosen = number.checked_sub(1).and_then(|n| dispute.values.get(n)).ok_or_else(|| {
            let count = dispute.values.len().to_string();
            Failure::said(exit::USAGE, "cli.failure.choice", &[("field", field), ("count", &count)])
        })?;
        let change = BTreeMap::from([(field.to_owned(), Some(chosen.value.clone()))]);
        self.writing().work(|desk| {
            let authored = desk.edit(&listing.id, &change)?;
            Ok(((), authored.into_iter().collect()))
        })?;
        Ok(outcome_json(0, &Outcome::Updated(listing.id)))
    }

    pub(super) fn conflicts(&self, kind: Option<&str>, limit: usize) -> Reply {
        let kind = kind.map(kind_of).transpose()?;
        let mut rows = Vec::new();
        for id in self.library().disputed(MAX_DISPUTED)? {
            let listing = self.library().listing(&id)?;
            let Some(listing) = listing.filter(|listing| self.shows(listing)) else { continue };
            if kind.is_some_and(|kind| kind.code() != listing.log.shelf.kind.0) {
                continue;
            }
            let mut row = json::of_row(&listing);
            row["conflicts"] = listing.state.conflicts().map(|(key, _)| key.clone()).collect();
            rows.push(row);
            if rows.len() >= limit {
                break;
            }
        }
        Ok(json!({ "v": 1, "hits": rows }))
    }

    pub(super) fn relocate(&self, id: &str, to: &MoveTo) -> Reply {
        let listing = self.newest_listing(id)?;
        let own = self.identity().certificate.body.region;
        if let Some(region) = &to.region
            && region_code(region)? != own
        {
            let places = [("region", region.as_str()), ("own", &*format!("{own:06}"))];
            return Err(Failure::said(exit::REFUSED, "cli.failure.other-region", &places));
        }
        let present = kind_of(&json::kind_id(listing.log.shelf.kind.0))?;
        let kind = to.kind.as_deref().map_or(Ok(present), kind_of)?;
        let mut fields = listing.state.flat();
        fields.retain(|key, _| !key.starts_with(EDITOR));
        if kind != present {
            fields = incoming(kind, &fields, &BTreeMap::new())?.fields;
        }
        let mut editors: BTreeSet<InstitutionId> = listing.editors.iter().copied().collect();
        editors.extend(self.institutions(&to.editors)?);
        for leaving in self.institutions(&to.no_editors)? {
            editors.remove(&leaving);
        }
        let visibility = to.visibility.as_deref().map(visibility_of).transpose()?;
        let visibility = visibility.unwrap_or(listing.log.shelf.visibility);
        let moving = Moving { kind: kind.code(), visibility, editors, fields };
        let moved = self.writing().work(|desk| {
            Ok(match desk.relocate(&listing.id, moving)? {
                Some((id, authored)) => (Some(id), vec![authored]),
                None => (None, Vec::new()),
            })
        })?;
        let outcome = if moved.is_some() { "moved" } else { "unchanged" };
        let id = moved.unwrap_or(listing.id).to_string();
        Ok(json!({ "v": 1, "row": 0, "outcome": outcome, "id": id, "from": listing.id.to_string() }))
    }
}

fn of_dispute(dispute: &Dispute) -> Json {
    let writer = |writer: &Writer| {
        json!({
            "institution": writer.institution_name, "node": writer.node.to_string(),
            "time": json::time(writer.time_ms), "entry": writer.entry.to_string(),
        })
    };
    let values: Vec<Json> = (1..)
        .zip(&dispute.values)
        .map(|(n, candidate)| {
            let by: Vec<Json> = candidate.by.iter().map(writer).collect();
            json!({ "number": n, "value": json::of_value(&candidate.value), "by": by })
        })
        .collect();
    json!({ "field": dispute.key, "values": values })
}

/// The visibility of that id.
pub(super) fn visibility_of(id: &str) -> Result<Visibility, Failure> {
    match id {
        "public" => Ok(Visibility::Public),
        "members" => Ok(Visibility::Members),
        _ => Err(Failure::said(exit::USAGE, "cli.failure.visibility", &[("visibility", id)])),
    }
}
