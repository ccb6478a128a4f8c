//! Rows for enquiries: which of them nobody has looked at yet, and what replies to what. Derived from the entries that this
//! node can open, as they are laid down; whether what a row names still counts is a question of the reading side.

use protocol::{CheckedEntry, DocumentId, InstitutionId, LogId, ShelfKind, SignedPatch, Value};
use storage::{Batch, Store, Table};

use super::layout::{DocumentEntry, entry_key, log_record, place_of};
use super::mentions::{Group, Mention, mention_key, mentions};
use super::{Ledger, creates_document};
use crate::error::Result;

/// Prefix, in the table of what the node remembers, of enquiries that were not looked at: the asking institution and the
/// enquiry follow. The value is the place of its entry.
const ASKED: &[u8] = b"asked:";
/// The group of mentions that reply to an enquiry.
const REPLIES: Group = *b"replies\0";

/// An enquiry that was not looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unread {
    /// Whose it is.
    pub from: InstitutionId,
    /// Its document.
    pub id: DocumentId,
    /// The log in which it begins.
    pub log: LogId,
    /// Its place there.
    pub seq: u64,
}

impl Ledger {
    /// Notes a creating entry on the shelf of correspondence, of which `opened` is the payload.
    pub(super) fn note_letter(
        &self,
        log: &LogId,
        place: &DocumentEntry,
        checked: &CheckedEntry,
        opened: &[u8],
        batch: &mut Batch,
    ) {
        let is_letter = log.shelf.kind == ShelfKind::CORRESPONDENCE && place.creates;
        if !is_letter || !creates_document(checked.entry.header.verb) {
            return;
        }
        let (Ok(signed), Some(author)) = (SignedPatch::from_bytes(opened), self.certificates.get(log)) else {
            return;
        };
        let text = |key: &str| {
            let op = signed.patch.ops.iter().find(|op| op.key == key);
            match op.and_then(|op| op.put.as_ref()) {
                Some(Value::Text(text)) => text.as_str(),
                _ => "",
            }
        };
        let at = entry_key(place.log, place.seq);
        match (text("type"), text("answers").parse::<DocumentId>()) {
            ("enquiry", _) => {
                batch.put(Table::Meta, &asked_key(&author.body.institution, &checked.hash.0), at);
            }
            ("receipt" | "answer" | "closed", Ok(enquiry)) => {
                batch.put(Table::Mentions, &mention_key(&enquiry.0, REPLIES, &at), checked.hash.0);
            }
            _ => {}
        }
    }

    /// These were looked at. Not journaled: one that is looked at again is found to be known.
    pub(crate) fn looked_at(&self, unread: &Unread) -> Result<()> {
        let mut batch = Batch::default();
        batch.delete(Table::Meta, &asked_key(&unread.from, &unread.id.0));
        Ok(self.store.apply(batch)?)
    }
}

fn asked_key(from: &InstitutionId, id: &[u8; 32]) -> Vec<u8> {
    [ASKED, &from.0, id].concat()
}

/// The first enquiry of any institution above `after` that was not looked at.
pub(crate) fn first_unread(store: &dyn Store, after: Option<&InstitutionId>) -> Result<Option<Unread>> {
    // No institution's enquiries stand behind this key.
    let above = after.map(|from| [ASKED, &from.0, &[u8::MAX; 33]].concat());
    let page = store.scan_prefix(Table::Meta, ASKED, above.as_deref(), 1)?;
    let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
        let (from, id) = key.strip_prefix(ASKED)?.split_first_chunk::<32>()?;
        let place = place_of(value, true)?;
        Some((InstitutionId(*from), DocumentId(id.try_into().ok()?), place))
    };
    let Some((from, id, place)) = page.first().and_then(read) else { return Ok(None) };
    Ok(Some(Unread { from, id, log: log_record(store, place.log)?.0, seq: place.seq }))
}

/// The documents that reply to an enquiry, or say that they do: of each log the first few.
pub(crate) fn replies_to(store: &dyn Store, enquiry: &DocumentId) -> Result<Vec<DocumentId>> {
    let found: Vec<Mention> = mentions(store, enquiry, REPLIES)?;
    Ok(found.into_iter().map(|mention| DocumentId(mention.entry.0)).collect())
}
