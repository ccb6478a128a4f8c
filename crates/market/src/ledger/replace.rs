//! A branch of a log makes way for the one that was kept.

use protocol::{CheckedEntry, Entry, Head, LogId};
use replica::entry_bytes;
use storage::{Batch, Record, Table};

use super::roster::index_key;
use super::{BATCH_ENTRIES, Ledger, layout, project};
use crate::error::{MarketError, Result};

/// Prefix of the local records of entries that made way; the entry's hash follows.
pub(crate) const LOST: &[u8] = b"lost:";

impl Ledger {
    /// Own entries that come back from peers go into the journal, as those written here have: a store that is rebuilt
    /// from it then knows every sequence number that this node has used.
    pub(super) fn journal_own(&mut self, log: &LogId, entries: &[CheckedEntry]) -> Result<()> {
        if self.owner.is_none_or(|(node, _)| node != log.node) {
            return Ok(());
        }
        let records: Vec<Record> = entries.iter().map(|e| Record::Entry(e.entry.to_bytes())).collect();
        self.append(&[&records])
    }

    /// Entries may begin before the end of what is held where that does not count. What is held already is left out of
    /// them; where they differ, what is held makes way.
    pub(super) fn make_way<'e>(
        &mut self,
        log: &LogId,
        entries: &'e [CheckedEntry],
    ) -> Result<&'e [CheckedEntry]> {
        let Some(record) = self.logs.get(log).copied() else { return Ok(entries) };
        for (n, checked) in entries.iter().enumerate() {
            let seq = checked.entry.header.seq;
            if seq > record.head.seq {
                return Ok(&entries[n..]);
            }
            let held = layout::entry_at(self.store.as_ref(), record.number, seq)?;
            if held.hash() == checked.hash {
                continue;
            }
            if seq <= record.counts || held.header.prev != checked.entry.header.prev {
                return Err(MarketError::OutOfStep { node: log.node.short(), seq });
            }
            self.keep_aside(log, seq - 1)?;
            self.cut_off(log, Head { seq: seq - 1, hash: held.header.prev })?;
            return Ok(&entries[n..]);
        }
        Ok(&[])
    }

    /// Keeps the entries after `have` aside when they are this institution's: their texts are offered to it.
    fn keep_aside(&mut self, log: &LogId, have: u64) -> Result<()> {
        let theirs = self.certificates.get(log).map(|c| c.body.institution);
        if self.owner.is_none_or(|(_, institution)| Some(institution) != theirs) {
            return Ok(());
        }
        let mut records = Vec::new();
        self.read_log(log, have, self.head(log).seq, |entry| {
            if project::changes_document(entry.header.verb, log) {
                records.push(([LOST, &entry.hash().0].concat(), Some(entry.to_bytes())));
            }
            true
        })?;
        self.keep_all(Table::Meta, &records)
    }

    /// Takes entries off the end of a log, the last ones first, so that it is whole at every moment.
    fn cut_off(&mut self, log: &LogId, to: Head) -> Result<()> {
        while let Some(mut record) = self.logs.get(log).copied().filter(|record| record.head.seq > to.seq) {
            let have = record.head.seq.saturating_sub(BATCH_ENTRIES as u64).max(to.seq);
            let mut entries: Vec<Entry> = Vec::new();
            self.read_log(log, have, record.head.seq, |entry| {
                entries.push(entry);
                true
            })?;
            let mut batch = Batch::default();
            for entry in &entries {
                let seq = entry.header.seq;
                batch.delete(Table::Entries, &layout::entry_key(record.number, seq));
                if let Some(key) = index_key(record.number, entry) {
                    batch.delete(Table::Roster, &key);
                }
                let id = entry.document();
                // One that names a document creates none, whatever its verb says.
                let creates = entry.header.document.is_none();
                let place = layout::DocumentEntry { log: record.number, seq, creates };
                batch.delete(Table::Documents, &layout::place_row(&id, &place).0);
                batch.delete(Table::Opened, &layout::document_key(&id, record.number, seq));
            }
            let Some(first) = entries.first() else { break };
            record.head = Head { seq: have, hash: first.header.prev };
            let gone: u64 = entries.iter().map(entry_bytes).sum();
            record.void_bytes = record.void_bytes.saturating_sub(gone);
            self.set_log(log, record);
            batch.put(Table::Heads, &record.number.to_be_bytes(), layout::head_value(log, &record));
            self.entries = self.entries.saturating_sub(entries.len() as u64);
            self.figures.replaced += entries.len() as u64 + 1;
            self.dirty = true;
            self.write(&mut batch)?;
        }
        Ok(())
    }
}
