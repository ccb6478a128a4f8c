//! The public listings of this node for whoever keeps a copy of them: in the order of their last change, or each once by id.
//!
//! What is public is judged here alone, for harvesters and for these. Absent here: the forms in which they are given on.

use std::time::{Duration, Instant};

use catalog::Kind;
use market::{Change, Judge, Listing, Place, Sought};
use protocol::DocumentId;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Office;
use super::answers::kind_of;
use super::failure::{Failure, exit};
use super::json;
use super::request::Reply;
use crate::core::now_ms;

/// How long a request may take in what came since the last one. The rest is the next one's.
pub const CATCH_UP: Duration = Duration::from_secs(2);
/// Most listings of one answer.
const MOST: usize = 500;
/// Bytes of fields after which an answer ends.
const PAGE_BYTES: usize = 1024 * 1024;

/// A place among the changes of a node, as others keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The list of changes, hexadecimal.
    pub catalogue: String,
    /// Seconds since 1970.
    pub at_s: u64,
    /// Number among all changes.
    pub number: u64,
}

impl Office {
    /// The changes of the public listings, as far as they were taken in.
    pub fn changes(&self) -> &market::Changes {
        &self.changes
    }

    /// Takes in what changed of the public listings; a node that was never asked for them has to look at all it holds. False when
    /// that is not done yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn catch_up_changes(&self, patience: Duration) -> market::Result<bool> {
        let heeded: Vec<u8> = self.heeded().iter().flat_map(|id| id.0).collect();
        let shows = |listing: &Listing| self.shows_publicly(listing);
        let judge = Judge { shows: &shows, rules: protocol::hash("rules", &[&heeded]).0 };
        let begun = Instant::now();
        let now_s = u64::try_from(now_ms() / 1_000).unwrap_or_default();
        self.changes.catch_up(self.library(), &judge, now_s, || begun.elapsed() < patience)
    }

    /// A listing that anyone may see now.
    fn public(&self, id: &DocumentId) -> market::Result<Option<Listing>> {
        let listing = self.library().listing(id)?;
        Ok(listing.filter(|listing| self.shows_publicly(listing) && !listing.state.is_withdrawn()))
    }

    /// Whether all is taken in; else the answer says how far it is.
    fn being_made(&self) -> Result<Option<Json>, Failure> {
        if self.catch_up_changes(CATCH_UP)? {
            return Ok(None);
        }
        Ok(Some(json!({ "v": 1, "ready": false, "rows": self.changes.count(self.library())? })))
    }

    /// Changes behind a mark, in order; one of another list begins from the beginning.
    pub(super) fn follow(&self, after: Option<&Mark>, limit: usize) -> Reply {
        if let Some(answer) = self.being_made()? {
            return Ok(answer);
        }
        let library = self.library();
        let catalogue = format!("{:016x}", self.changes.catalogue(library)?.unwrap_or_default());
        let after = after.filter(|mark| mark.catalogue == catalogue);
        let after = after.map(|mark| Place { at_s: mark.at_s, number: mark.number });
        let page = self.changes.page(library, &Sought::default(), after, limit.clamp(1, MOST))?;
        let (mut rows, mut bytes, mut next) = (Vec::new(), 0, page.next);
        for change in &page.changes {
            if bytes >= PAGE_BYTES {
                next =
                    rows.len().checked_sub(1).and_then(|last| page.changes.get(last)).map(|last| last.place);
                break;
            }
            let (row, size) = self.followed(change)?;
            bytes += size;
            rows.push(row);
        }
        let end = rows.len().checked_sub(1).and_then(|last| page.changes.get(last)).map(|last| last.place);
        let end = next.or(end).or(after);
        let end = end.map(|end| json!({ "catalogue": catalogue, "at_s": end.at_s, "number": end.number }));
        Ok(json!({
            "v": 1, "ready": true, "catalogue": catalogue, "changes": rows, "end": end, "more": next.is_some(),
        }))
    }

    fn followed(&self, change: &Change) -> market::Result<(Json, usize)> {
        let listing = if change.shown { self.public(&change.id)? } else { None };
        let bytes = listing.as_ref().map_or(0, size);
        let row = json!({
            "id": change.id.to_string(), "kind": json::kind_id(change.kind), "region": format!("{:06}", change.region),
            "at_s": change.place.at_s, "number": change.place.number,
            "listing": listing.as_ref().map(of_public),
        });
        Ok((row, bytes))
    }

    /// Public listings of a kind by their ids, each once, behind one of them.
    pub(super) fn catalogue(&self, kind: &str, after: Option<&str>, limit: usize) -> Reply {
        let kind = kind_of(kind)?;
        if let Some(answer) = self.being_made()? {
            return Ok(answer);
        }
        let after = after.map(|id| id.parse::<DocumentId>()).transpose();
        let after = after.map_err(|_| Failure::new(exit::USAGE, "after: not a document id", ""))?;
        let found = self.changes.by_id(self.library(), after.as_ref(), limit.clamp(1, MOST))?;
        let (mut rows, mut bytes, mut last) = (Vec::new(), 0, None);
        for change in &found {
            if bytes >= PAGE_BYTES {
                break;
            }
            last = Some(change.id.to_string());
            if change.kind != kind.code() || !change.shown {
                continue;
            }
            if let Some(listing) = self.public(&change.id)? {
                bytes += size(&listing);
                rows.push(of_public(&listing));
            }
        }
        Ok(json!({ "v": 1, "ready": true, "listings": rows, "next": last }))
    }
}

fn size(listing: &Listing) -> usize {
    let one = |(key, values): (&String, &Vec<protocol::Value>)| {
        key.len() + values.iter().map(|value| super::text_of(value).len()).sum::<usize>()
    };
    listing.state.fields.iter().map(one).sum()
}

/// A public listing with one value a field, as analysts and copies take it.
fn of_public(listing: &Listing) -> Json {
    let fields = json::shown(&listing.state.flat());
    let kind = listing.log.shelf.kind.0;
    let record = catalog::Record::new(fields.clone());
    let region = Kind::from_code(kind).and_then(|kind| catalog::facets::of(kind, &record).region);
    let conflicts = listing.state.conflicts().map(|(key, _)| key.clone());
    json!({
        "id": listing.id.to_string(),
        "kind": json::kind_id(kind),
        "region": region.unwrap_or_else(|| format!("{:06}", listing.log.shelf.region)),
        "institution": listing.institution.map(|id| id.to_string()),
        "institution_name": listing.institution_name,
        "created_ms": listing.created_ms,
        "updated_ms": listing.updated_ms,
        "versions": listing.versions,
        "fields": json::of_fields(&fields),
        "conflicts": conflicts.collect::<Vec<_>>(),
    })
}
