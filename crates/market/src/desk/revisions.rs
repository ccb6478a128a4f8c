//! Revisions: a published listing opened as a draft, which goes the way of every draft and is published as an edit of the
//! same document. Only the fields that it changed are written; what others changed meanwhile stays as they left it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use catalog::{Field, Kind, Record, form};
use protocol::{Checked, Decoder, DocumentId, Encoder, FILE, Value};

use super::disclosure::is_private;
use super::review::Way;
use super::{Authored, Desk, DraftRecord, Fields, Outcome, fields_bytes, fields_of};
use crate::error::{MarketError, Result};
use crate::identity::random;
use crate::library::Library;

/// Which listing a draft is to change, and from what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The listing.
    pub of: DocumentId,
    /// What its fields said when they were taken over, contact details too.
    pub base: Fields,
}

impl Revision {
    pub(super) fn encode(&self, to: &mut Encoder) {
        to.raw(&self.of.0).raw(&fields_bytes(&self.base));
    }

    pub(super) fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let mut of = DocumentId([0; 32]);
        of.0.copy_from_slice(from.raw(32, "listing that is revised")?);
        Ok(Self { of, base: fields_of(from)? })
    }

    /// Takes what someone has written on top of this one, while the listing says `present`. A field whose text they left as
    /// it was, they did not change: it stands as the listing has it now, in whatever form that is.
    pub fn rebased(&self, kind: Kind, written: Fields, present: &Fields) -> (Self, Fields) {
        let (mut base, mut fields) = (self.base.clone(), written);
        let (before, now) = (Record::new(self.base.clone()), Record::new(fields.clone()));
        let left = kind.fields().iter().filter(|field| form::text(field, &before) == form::text(field, &now));
        for field in left {
            for target in [&mut base, &mut fields] {
                target.retain(|key, _| !is_of(kind, field, key));
                let taken = present.iter().filter(|(key, _)| is_of(kind, field, key));
                target.extend(taken.map(|(key, value)| (key.clone(), value.clone())));
            }
        }
        let mut left: BTreeSet<String> = files([&self.base, &fields, present]).cloned().collect();
        left.retain(|key| self.base.get(key) == fields.get(key));
        for key in left {
            for target in [&mut base, &mut fields] {
                match present.get(&key) {
                    Some(value) => target.insert(key.clone(), value.clone()),
                    None => target.remove(&key),
                };
            }
        }
        (Self { of: self.of, base }, fields)
    }

    /// What it changes of a listing that says `present`: a value, or `None` for what it removes. Fields change whole: of a
    /// range that somebody else wrote meanwhile nothing is left beside the new one.
    pub fn changes(&self, kind: Kind, fields: &Fields, present: &Fields) -> BTreeMap<String, Option<Value>> {
        let mut changes = BTreeMap::new();
        for field in kind.fields().iter().filter(|field| self.touches(kind, field, fields)) {
            let keys = present.keys().chain(fields.keys()).filter(|key| is_of(kind, field, key));
            changes.extend(keys.map(|key| (key.clone(), fields.get(key).cloned())));
        }
        let differ = files([&self.base, fields]).filter(|key| self.base.get(*key) != fields.get(*key));
        changes.extend(differ.map(|key| (key.clone(), fields.get(key).cloned())));
        changes
    }

    /// Whether it changes a field.
    pub fn touches(&self, kind: Kind, field: &Field, fields: &Fields) -> bool {
        let of = |(key, _): &(&String, &Value)| is_of(kind, field, key);
        !self.base.iter().filter(of).eq(fields.iter().filter(of))
    }
}

/// The keys that name files: each of them is one file, whatever the others are.
fn files<const N: usize>(of: [&Fields; N]) -> impl Iterator<Item = &String> {
    of.into_iter().flat_map(Fields::keys).filter(|key| key.starts_with(FILE))
}

fn is_of(kind: Kind, field: &Field, key: &str) -> bool {
    kind.key(key).is_some_and(|(of, _)| of.id == field.id)
}

impl Library {
    /// What a revision of a listing begins from: the fields that its form has, contact details and files too. Of concurrent values it
    /// takes the first, and leaves the others be unless it changes the field.
    ///
    /// # Errors
    /// When the listing is not held.
    pub fn revisable(&self, id: &DocumentId) -> Result<Fields> {
        let missing = || MarketError::NoSuchListing { id: id.to_string() };
        let listing = self.listing(id)?.ok_or_else(missing)?;
        let kind = Kind::from_code(listing.log.shelf.kind.0).ok_or_else(missing)?;
        let mut fields = listing.state.flat();
        fields.extend(self.contact(id)?);
        fields.retain(|key, _| kind.key(key).is_some() || key.starts_with(FILE));
        Ok(fields)
    }

    /// The draft that is to change a listing, when there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn revision_of(&self, id: &DocumentId) -> Result<Option<DraftRecord>> {
        let mut found = None;
        self.each_draft(&mut |draft| {
            if draft.revises.as_ref().is_some_and(|revision| revision.of == *id) {
                found = Some(draft);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }
}

impl Desk<'_> {
    /// Opens a listing that we may edit as a draft; the one that is open already, where there is one. Returns its number.
    ///
    /// # Errors
    /// When the listing is not ours to edit, not held or purged, or the disk is full.
    pub fn open_revision(&mut self, id: &DocumentId, by: &str) -> Result<String> {
        let id = self.library.newest(id)?;
        let listing = self.editable(&id)?;
        if let Some(open) = self.library.revision_of(&id)? {
            return Ok(open.id);
        }
        let base = self.library.revisable(&id)?;
        let draft = DraftRecord {
            id: format!("d-{}", data_encoding::HEXLOWER.encode(&random::<6>()?)),
            kind: listing.log.shelf.kind.0,
            visibility: None,
            fields: base.clone(),
            private: self.library.private(&id)?,
            revises: Some(Revision { of: id, base }),
            way: Way::default(),
        };
        self.keep_written(draft.clone(), by)?;
        Ok(draft.id)
    }

    /// Keeps what someone has written into a revision; see [`Revision::rebased`].
    ///
    /// # Errors
    /// When there is no such draft, it is no revision, its listing is gone, or the disk is full.
    pub fn keep_revision(&mut self, id: &str, written: Fields, by: &str) -> Result<()> {
        let missing = || MarketError::NoSuchListing { id: id.to_owned() };
        let draft = self.library.draft(id)?.ok_or_else(missing)?;
        let revision = draft.revises.as_ref().ok_or_else(missing)?;
        let of = self.library.newest(&revision.of)?;
        let kind = Kind::from_code(draft.kind).ok_or_else(missing)?;
        let (revision, fields) = revision.rebased(kind, written, &self.library.revisable(&of)?);
        let revises = Some(Revision { of, ..revision });
        self.keep_written(DraftRecord { fields, revises, ..draft }, by)
    }

    /// Publishes a revision as an edit of its listing, and drops the draft.
    ///
    /// # Errors
    /// When it is no revision, its listing is no longer ours to edit or of another kind by now, or the disk is full.
    pub fn publish_revision(&mut self, draft: &DraftRecord) -> Result<(Outcome, Vec<Authored>)> {
        let missing = || MarketError::NoSuchListing { id: draft.id.clone() };
        let revision = draft.revises.as_ref().ok_or_else(missing)?;
        let id = self.library.newest(&revision.of)?;
        let listing = self.editable(&id)?;
        let kind = Kind::from_code(draft.kind).ok_or_else(missing)?;
        if listing.log.shelf.kind.0 != draft.kind {
            return Err(MarketError::Elsewhere { title: listing.title().to_owned(), id: id.to_string() });
        }
        let present = self.library.revisable(&id)?;
        let is_contact = |key: &String| kind.key(key).is_some_and(|(field, _)| field.contact);
        let (contact, changes): (BTreeMap<_, _>, BTreeMap<_, _>) =
            revision.changes(kind, &draft.fields, &present).into_iter().partition(|(key, _)| is_contact(key));
        let private = self.library.private(&id)?;
        let (kept, shown): (BTreeMap<_, _>, BTreeMap<_, _>) =
            changes.into_iter().partition(|(key, _)| is_private(&private, key));
        if !kept.is_empty() {
            self.edit_private(&id, &with(private, &kept))?;
        }
        if !contact.is_empty() {
            let contact = with(self.library.contact(&id)?, &contact);
            self.replace_contact(&id, &contact)?;
        }
        let authored = self.edit(&id, &shown)?;
        self.drop_draft(&draft.id)?;
        Ok((Outcome::Updated(id), authored.into_iter().collect()))
    }
}

/// Fields after changes.
fn with(mut fields: Fields, changes: &BTreeMap<String, Option<Value>>) -> Fields {
    for (key, value) in changes {
        match value {
            Some(value) => fields.insert(key.clone(), value.clone()),
            None => fields.remove(key),
        };
    }
    fields
}

#[cfg(test)]
mod tests;
