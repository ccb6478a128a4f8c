//! What PURGE carries: an institution's word that a document of its own is to lose all its contents.

use crate::codec::{Decoder, Encoder};
use crate::entry::{Entry, Verb};
use crate::fault::{Checked, Fault};
use crate::hash::DocumentId;
use crate::limits::MAX_NAME;
use crate::shelf::{LogId, Shelf};

/// The payload of PURGE, which stands on the roster shelf so that it is known before anything without a payload comes.
///
/// It shows the entry that creates the document, without payload: the document's id is that entry's hash, so whoever reads
/// it knows the document's log, and by that log's opening its institution, before it holds any of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    /// Why; may be empty.
    pub reason: String,
    /// The entry that creates the document, without payload.
    pub beginning: Entry,
}

impl Purge {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.text(&self.reason);
        self.beginning.encode(&mut to);
        to.finish()
    }

    /// Reads the payload of PURGE.
    ///
    /// # Errors
    /// Bytes that are not canonical, and a beginning that creates no document or lies on a sealed shelf, whose name is for
    /// its circle alone.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        let purge = Decoder::whole(bytes, "purge", |from| {
            Ok(Self { reason: from.text(MAX_NAME, "reason")?.to_owned(), beginning: Entry::decode(from)? })
        })?;
        let Entry { header, payload, .. } = &purge.beginning;
        let shelf = &header.log.shelf;
        let creates = [Verb::CREATE, Verb::MOVE].contains(&header.verb) && header.document.is_none();
        if payload.is_some() || !creates || !shelf.kind.holds_documents() || shelf.circle().is_some() {
            return Err(Fault::Forbidden { what: "purge", why: "it does not show where a document begins" });
        }
        Ok(purge)
    }

    /// What a PURGE entry says; `None` when its payload is gone.
    ///
    /// # Errors
    /// As [`Purge::from_bytes`]; an entry that names another document, or stands on another shelf than the roster's.
    pub fn of(entry: &Entry) -> Checked<Option<Self>> {
        let forbidden = |why| Err(Fault::Forbidden { what: "purge", why });
        if entry.header.log.shelf != Shelf::ROSTER {
            return forbidden("it stands on another shelf than the roster's");
        }
        let Some(payload) = &entry.payload else { return Ok(None) };
        let purge = Self::from_bytes(&payload.bytes)?;
        if entry.header.document != Some(purge.document()) {
            return forbidden("it names another document than it shows");
        }
        Ok(Some(purge))
    }

    /// The document.
    pub fn document(&self) -> DocumentId {
        DocumentId(self.beginning.hash().0)
    }

    /// The log that creates it.
    pub fn origin(&self) -> LogId {
        self.beginning.header.log
    }
}
