//! 应挂尽挂: which rows of an institution's own register are listed.
//!
//! A row is recognised as an import recognises it (`market::Library::match_of`); where that finds nothing, because another node of the
//! institution published it or the register words it a little otherwise, its listings in the whole network are compared as the desk
//! compares drafts (`market::Likeness`).

use catalog::{Kind, Record};
use market::{Incoming, Likeness, Listing, MarketError};
use protocol::{DocumentId, Visibility};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::office::editing::{incoming, values_of};
use crate::office::failure::Failure;
use crate::office::rows::{Row, RowOutcome};
use crate::office::{Office, Reply, kind_of};

/// Listings that are compared with a row for each thing they are found by.
const COMPARED: usize = 10;
/// Patents of a row that are looked up.
const LOOKED_UP: usize = 8;

/// What the rows of an institution's own register came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// Kind id.
    pub kind: String,
    /// SHA-256 of the register's file, hexadecimal.
    pub register: String,
    /// Rows in it.
    pub rows: u64,
    /// Listed in public.
    pub listed: u64,
    /// Listed for members alone.
    pub members: u64,
    /// Withdrawn since.
    pub withdrawn: u64,
    /// Published, but suspended or taken down.
    pub hidden: u64,
    /// Not listed.
    pub missing: u64,
    /// That could not be read, or stood in the register before.
    pub passed: u64,
}

impl Office {
    /// A register's figures with the institution that they are of.
    pub(in crate::office) fn covered_json(&self, covered: &Covered) -> Result<Json, Failure> {
        let kind = kind_of(&covered.kind)?;
        let due = covered.listed + covered.members + covered.withdrawn + covered.hidden + covered.missing;
        let mut json = serde_json::to_value(covered).unwrap_or_default();
        json["kind"] = kind.id().into();
        json["due"] = due.into();
        json["institution"] = self.identity().institution.name.clone().into();
        Ok(json)
    }

    /// Says of each row whether it is listed: `listed`, `members`, `withdrawn`, `hidden` or `missing`.
    pub(in crate::office) fn cover(&self, kind: Kind, rows: &[Row]) -> Reply {
        Ok(json!({ "v": 1, "rows": self.covered(kind, rows)? }))
    }

    /// The same, as a walk over a table takes it.
    ///
    /// # Errors
    /// When a row holds no values, or the store fails.
    pub fn covered(&self, kind: Kind, rows: &[Row]) -> Result<Vec<RowOutcome>, Failure> {
        self.await_index()?;
        let mut outcomes = Vec::with_capacity(rows.len());
        for row in rows {
            let record = incoming(kind, &values_of(&row.fields)?, &market::Fields::new())?;
            let found = match &row.listing {
                Some(id) => self.newest_listing(id).ok().map(|listing| (listing, "listing".to_owned())),
                None => self.recognised(kind, &record)?,
            };
            let mut outcome = RowOutcome::of(row.row);
            match found {
                Some((listing, by)) => {
                    self.standing_of(&listing).clone_into(&mut outcome.outcome);
                    (outcome.id, outcome.by) = (listing.id.to_string(), by);
                }
                None => "missing".clone_into(&mut outcome.outcome),
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn standing_of(&self, listing: &Listing) -> &'static str {
        match () {
            () if listing.hidden.is_some() => "hidden",
            () if listing.state.is_withdrawn() => "withdrawn",
            () if listing.log.shelf.visibility != Visibility::Public => "members",
            () => "listed",
        }
    }

    fn recognised(&self, kind: Kind, record: &Incoming) -> Result<Option<(Listing, String)>, Failure> {
        // A register tells nothing apart by its order: what any listing has counts.
        if let Some((listing, by)) = self.library().match_of(record, Some(i64::MAX))? {
            return Ok(Some((listing, by.id().to_owned())));
        }
        let record = Record::new(record.fields.clone());
        let likeness = Likeness::of(&record);
        if likeness.is_empty() {
            return Ok(None);
        }
        let own = self.identity().certificate.body.institution;
        let patents = record.members("patent").chain(record.members(catalog::kinds::FOREIGN_PATENT));
        for text in patents.take(LOOKED_UP).chain([record.title()]).filter(|text| !text.is_empty()) {
            let query = search::Query {
                text: text.to_owned(),
                kind: Some(kind.id().to_owned()),
                institution: Some(own.to_string()),
                limit: COMPARED,
                ..search::Query::default()
            };
            for hit in self.find(query).map_err(MarketError::from)?.hits {
                let Ok(id) = hit.id.parse::<DocumentId>() else { continue };
                let Some(listing) = self.library().listing(&id)? else { continue };
                if likeness.with(&Likeness::of(&Record::new(listing.state.flat()))).is_some() {
                    return Ok(Some((listing, "alike".to_owned())));
                }
            }
        }
        Ok(None)
    }
}
