//! The line of documents that moves make: an old id leads on to the document that continues it.

use protocol::limits::MAX_MOVES;
use protocol::{DocumentId, InstitutionId};
use replica::continued_by;

use super::Library;
use crate::error::Result;
use crate::ledger::{creating_entry, entry_at, moves_by};

impl Library {
    /// The document that continues this one: of the moves of it that count, that of the lowest entry hash. `None` when
    /// it was not moved, or is not held.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn continuation(&self, id: &DocumentId) -> Result<Option<DocumentId>> {
        let Some(owner) = self.owner(id)? else { return Ok(None) };
        let moves = moves_by(self.store(), id, &owner)?;
        Ok(moves.iter().map(|found| DocumentId(found.entry.0)).min())
    }

    /// When the first document of the line that leads to this one was made, by its author's clock.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub(crate) fn begun_ms(&self, id: &DocumentId) -> Result<Option<i64>> {
        let first = self.line(id)?.first().copied().unwrap_or(*id);
        let Some((log, seq)) = self.beginning(&first)? else { return Ok(None) };
        Ok(Some(entry_at(self.store(), log, seq)?.header.time_ms))
    }

    /// The newest document of the line that `id` stands in: what people mean by any id of it.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn newest(&self, id: &DocumentId) -> Result<DocumentId> {
        let mut newest = *id;
        // A move names a document by the hash of an entry before it: there are no circles.
        for _ in 0..MAX_MOVES {
            match self.continuation(&newest)? {
                Some(next) => newest = next,
                None => break,
            }
        }
        Ok(newest)
    }

    /// The documents that lead to this one, oldest first, itself last.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn line(&self, id: &DocumentId) -> Result<Vec<DocumentId>> {
        let mut line = vec![*id];
        while let Some(first) = line.last().copied()
            && line.len() <= MAX_MOVES
            && let Some(before) = self.continues(&first)?
        {
            line.push(before);
        }
        line.reverse();
        Ok(line)
    }

    /// The document that this one continues, when its move is the one that counts.
    fn continues(&self, id: &DocumentId) -> Result<Option<DocumentId>> {
        let Some((log, seq)) = self.beginning(id)? else { return Ok(None) };
        let before = continued_by(&entry_at(self.store(), log, seq)?).ok().flatten();
        match before {
            Some(before) if self.continuation(&before)? == Some(*id) => Ok(Some(before)),
            _ => Ok(None),
        }
    }

    /// The institution that created a document.
    fn owner(&self, id: &DocumentId) -> Result<Option<InstitutionId>> {
        let Some((log, _)) = self.beginning(id)? else { return Ok(None) };
        Ok(self.log_info(log)?.certificate.as_ref().map(|c| c.body.institution))
    }

    /// Number of the log and place in it where a document begins.
    pub(super) fn beginning(&self, id: &DocumentId) -> Result<Option<(u32, u64)>> {
        Ok(creating_entry(self.store(), id)?.map(|place| (place.log, place.seq)))
    }
}
