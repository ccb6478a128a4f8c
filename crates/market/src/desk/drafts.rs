//! Drafts: kept on this node, and never leaving it.

use std::ops::ControlFlow;

use protocol::{Attachment, DocumentId, Encoder, Visibility};
use storage::Table;

use super::review::Way;
use super::revisions::Revision;
use super::{Desk, Fields, Incoming, Outcome, fields_bytes, fields_of};
use crate::error::Result;
use crate::identity::random;
use crate::library::{Library, in_order};

/// Prefix of drafts.
pub(super) const DRAFT: &str = "draft:";

/// A draft kept on this node.
#[derive(Clone, Debug)]
pub struct DraftRecord {
    /// Its number here.
    pub id: String,
    /// The kind's shelf code.
    pub kind: u16,
    /// Who may have it once it is published, where that was said.
    pub visibility: Option<Visibility>,
    /// All its fields, contact details too.
    pub fields: Fields,
    /// Fields that are to stay private when it is published.
    pub private: Fields,
    /// The published listing that it is to change, where it is a revision of one.
    pub revises: Option<Revision>,
    /// How far it has come.
    pub way: Way,
}

impl DraftRecord {
    /// The files that are to belong to the listing: pictures first, each sort by title.
    pub fn attachments(&self) -> Vec<Attachment> {
        in_order(self.fields.iter().filter_map(|(key, value)| Attachment::read(key, value)).collect())
    }

    /// What it says: what a review is about. A revision says from what and to what.
    pub(super) fn content(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.raw(&self.said());
        self.revises.iter().for_each(|revision| revision.encode(&mut to));
        to.finish()
    }

    fn said(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.uint(self.kind.into()).option(self.visibility.as_ref(), |to, visibility| visibility.encode(to));
        to.raw(&fields_bytes(&self.fields)).raw(&fields_bytes(&self.private));
        to.finish()
    }

    /// A text of it; empty where it has none.
    pub fn text(&self, key: &str) -> &str {
        match self.fields.get(key) {
            Some(protocol::Value::Text(text)) => text,
            _ => "",
        }
    }

    /// As it is stored.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.raw(&self.said());
        self.way.encode(&mut to);
        to.option(self.revises.as_ref(), |to, revision| revision.encode(to));
        to.finish()
    }
}

impl Desk<'_> {
    /// Keeps a draft on this node; it never leaves it. A new one gets a number of its own. What was reviewed before has to
    /// be reviewed again.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn keep_draft(&mut self, id: Option<&str>, record: &Incoming) -> Result<Outcome> {
        self.keep_draft_of(id, record, "")
    }

    /// The same, written by someone who has signed in.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn keep_draft_of(&mut self, id: Option<&str>, record: &Incoming, by: &str) -> Result<Outcome> {
        let (revises, before) = match id {
            Some(id) => self.library.draft(id)?.map(|draft| (draft.revises, draft.way)).unwrap_or_default(),
            None => (None, Way::default()),
        };
        let id = match id {
            Some(id) => id.to_owned(),
            None => format!("d-{}", data_encoding::HEXLOWER.encode(&random::<6>()?)),
        };
        let mut fields = record.fields.clone();
        fields.extend(record.contact.clone());
        let (kind, visibility, private) = (record.kind, record.visibility, record.private.clone());
        let draft = DraftRecord { id: id.clone(), kind, visibility, fields, private, revises, way: before };
        self.keep_written(draft, by)?;
        Ok(Outcome::Drafted(id))
    }

    /// Keeps a draft as someone has written it now: what was reviewed before has to be reviewed again.
    pub(super) fn keep_written(&mut self, draft: DraftRecord, by: &str) -> Result<()> {
        let way = draft.way.clone().written(by, self.now_ms);
        self.keep_record(&DraftRecord { way, ..draft })
    }

    pub(super) fn keep_record(&mut self, draft: &DraftRecord) -> Result<()> {
        let key = format!("{DRAFT}{}", draft.id);
        self.ledger.keep(Table::Drafts, key.as_bytes(), Some(&draft.to_bytes()))
    }

    /// Removes a draft, once it was published or is no longer wanted.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn drop_draft(&mut self, id: &str) -> Result<()> {
        self.ledger.keep(Table::Drafts, format!("{DRAFT}{id}").as_bytes(), None)
    }
}

impl Library {
    /// Drafts of this node in the order of their ids, those that come after one of them, at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn drafts(&self, after: Option<&str>, limit: usize) -> Result<Vec<DraftRecord>> {
        let after = after.map(|id| format!("{DRAFT}{id}").into_bytes());
        let page = self.store().scan_prefix(Table::Drafts, DRAFT.as_bytes(), after.as_deref(), limit)?;
        Ok(page.iter().filter_map(|(key, value)| draft_of(key, value)).collect())
    }

    /// Shows every draft of this node, in the order of their ids, until it is told to stop.
    ///
    /// # Errors
    /// When the store fails.
    pub fn each_draft(&self, visit: &mut dyn FnMut(DraftRecord) -> ControlFlow<()>) -> Result<()> {
        Ok(self.store().walk(Table::Drafts, DRAFT.as_bytes(), &mut |key, value| {
            draft_of(key, value).map_or(ControlFlow::Continue(()), &mut *visit)
        })?)
    }

    /// One draft.
    ///
    /// # Errors
    /// When the store fails.
    pub fn draft(&self, id: &str) -> Result<Option<DraftRecord>> {
        let key = format!("{DRAFT}{id}").into_bytes();
        let value = self.store().get(Table::Drafts, &key)?;
        Ok(value.and_then(|value| draft_of(&key, &value)))
    }
}

fn draft_of(key: &[u8], value: &[u8]) -> Option<DraftRecord> {
    let id = std::str::from_utf8(key).ok()?.strip_prefix(DRAFT)?.to_owned();
    protocol::Decoder::whole(value, "draft", |from| {
        let kind = from.uint_max(u16::MAX.into(), "kind")? as u16;
        let visibility = from.option("visibility", Visibility::decode)?;
        let (fields, private) = (fields_of(from)?, fields_of(from)?);
        // Drafts of earlier programs end here.
        let way = if from.is_empty() { Way::default() } else { Way::decode(from)? };
        let revises = if from.is_empty() { None } else { from.option("revision", Revision::decode)? };
        Ok(DraftRecord { id, kind, visibility, fields, private, revises, way })
    })
    .ok()
}

/// The listing that a stored draft is to change.
pub(crate) fn revised_by(key: &[u8], value: &[u8]) -> Option<DocumentId> {
    draft_of(key, value)?.revises.map(|revision| revision.of)
}

/// Whether a key of the local table is a draft's.
pub(crate) fn is_draft(key: &[u8]) -> bool {
    key.starts_with(DRAFT.as_bytes())
}

/// Prefix of drafts in their table.
pub(crate) const fn draft_prefix() -> &'static [u8] {
    DRAFT.as_bytes()
}
