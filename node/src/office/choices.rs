//! Fields with several values, and the choice of one: the ends of a range that the same people wrote stand together, since one of
//! them alone says little.

use std::collections::BTreeSet;

use catalog::Kind;
use market::{Account, Candidate, Dispute, Hands, Listing};
use protocol::Hash;
use web::desk::view::{DisputeView, Done};
use web::view::{FieldView, Writer};

use super::Office;
use super::failure::{Failure, exit};
use super::json;
use super::own::reviewer;

/// Keys of one field with the values that the same entries wrote.
type Together = Vec<Dispute>;

impl Office {
    /// What there is to choose between.
    pub(super) fn dispute_views(&self, listing: &Listing) -> Result<Vec<DisputeView>, Failure> {
        let disputes = together(listing, self.library().disputes(listing)?);
        Ok(disputes.iter().filter_map(|keys| view(keys)).collect())
    }

    /// Of a field with several values chooses the one that an entry wrote.
    pub(super) fn choose_written(
        &self,
        account: &Account,
        id: &str,
        (key, entry): (&str, &str),
    ) -> Result<Done, Failure> {
        reviewer(account)?;
        let listing = self.newest_listing(id)?;
        let disputes = together(&listing, self.library().disputes(&listing)?);
        let keys = disputes.into_iter().find(|keys| keys.iter().any(|dispute| dispute.key == key));
        let chosen = |dispute: Dispute| {
            let wrote = |value: &Candidate| value.by.iter().any(|by| by.entry.to_string() == entry);
            Some((dispute.key, Some(dispute.values.into_iter().find(wrote)?.value)))
        };
        // Somebody else has chosen meanwhile, or another value has come.
        let gone = || Failure::said(exit::REFUSED, "desk.failure.choice", &[]);
        let change = keys.and_then(|keys| keys.into_iter().map(chosen).collect()).ok_or_else(gone)?;
        self.writing().work(|desk| {
            let authored: Vec<_> = desk.edit(&listing.id, &change)?.into_iter().collect();
            desk.note_hands(&authored, &Hands::of(&account.name))?;
            Ok(((), authored))
        })?;
        Ok(Done::Listing(listing.id.to_string()))
    }
}

fn together(listing: &Listing, disputes: Vec<Dispute>) -> Vec<Together> {
    let kind = Kind::from_code(listing.log.shelf.kind.0);
    // Members of a set are chosen one by one.
    let field = |key: &str| Some(kind?.key(key).filter(|_| !key.contains('/'))?.0.id);
    let mut all: Vec<Together> = Vec::new();
    for dispute in disputes.into_iter().filter(|dispute| !dispute.key.starts_with('_')) {
        let (of, by) = (field(&dispute.key), entries(&dispute));
        let is_of = |first: &Dispute| of.is_some() && field(&first.key) == of && entries(first) == by;
        match all.iter_mut().find(|keys| keys.first().is_some_and(is_of)) {
            Some(keys) => keys.push(dispute),
            None => all.push(vec![dispute]),
        }
    }
    all
}

/// The entry by which a value is chosen.
fn entry(value: &Candidate) -> Option<Hash> {
    value.by.first().map(|by| by.entry)
}

fn entries(dispute: &Dispute) -> BTreeSet<Option<Hash>> {
    dispute.values.iter().map(entry).collect()
}

/// The values of each key in the order of the first one's.
fn view(keys: &[Dispute]) -> Option<DisputeView> {
    let first = keys.first()?;
    let writers = first.values.iter().map(|value| {
        value.by.first().map_or_else(Writer::default, |by| Writer {
            institution: by.institution_name.clone(),
            signed_ms: by.time_ms,
        })
    });
    let texts = |dispute: &Dispute| {
        let of = |value: &Candidate| dispute.values.iter().find(|other| entry(other) == entry(value));
        let texts: Vec<String> =
            first.values.iter().filter_map(of).map(|value| json::text_of(&value.value)).collect();
        FieldView::new(&dispute.key, texts)
    };
    Some(DisputeView {
        fields: keys.iter().map(texts).collect(),
        writers: writers.collect(),
        entries: first
            .values
            .iter()
            .map(|value| entry(value).map(|e| e.to_string()).unwrap_or_default())
            .collect(),
    })
}
