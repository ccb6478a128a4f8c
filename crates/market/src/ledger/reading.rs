//! The ledger, asked: heads, entries, figures, and where it lies.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol::{CircleId, Entry, Head, LogId, NodeCertificate, Shelf, ViewSum};
use replica::KnownCircle;
use storage::{Batch, Store, Table};

use super::{Ledger, LogRecord, NUMBERING, layout};
use crate::error::{MarketError, Result};

/// Figures of a ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerFigures {
    /// Entries held.
    pub entries: u64,
    /// Of them void.
    pub void: u64,
    /// Logs held.
    pub logs: usize,
    /// Listings held, withdrawn ones included.
    pub held: u64,
    /// Listings created by this node's keys.
    pub own: u64,
    /// Documents whose beginning has not arrived.
    pub waiting: u64,
    /// Folds of documents since the start: what entries about them have cost.
    pub folds: u64,
}

impl Ledger {
    /// Entries of a log after `have` up to `to`, in order, for as long as `take` wants more.
    ///
    /// # Errors
    /// When the store fails or an entry does not read.
    pub fn read_log(
        &self,
        log: &LogId,
        have: u64,
        to: u64,
        mut take: impl FnMut(Entry) -> bool,
    ) -> Result<()> {
        let Some(record) = self.logs.get(log) else { return Ok(()) };
        let mut next = have + 1;
        while next <= to {
            let from = layout::entry_key(record.number, next);
            let end = layout::entry_key(record.number, to.saturating_add(1));
            let page = self.store.scan(Table::Entries, &from, Some(&end), 64)?;
            if page.is_empty() {
                return Err(MarketError::Damaged { what: "an entry that the head counts is missing" });
            }
            for (_, value) in page {
                let entry = layout::entry_of(&value)?;
                next = entry.header.seq + 1;
                if !take(entry) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The head of a log, when it is held.
    pub fn head(&self, log: &LogId) -> Head {
        self.logs.get(log).map(|r| r.head).unwrap_or_default()
    }

    /// All logs with their heads, as far as they count, and the certificates that opened them.
    pub fn logs(&self) -> BTreeMap<LogId, replica::LogState> {
        let state = |(log, record): (&LogId, &LogRecord)| {
            let certificate = self.certificates.get(log).cloned();
            let head = self.shown.get(log).copied().unwrap_or(record.head);
            (*log, replica::LogState { head, certificate, bytes: self.bytes_of(log, record) })
        };
        self.logs.iter().map(state).collect()
    }

    /// All logs with the last entry held of them, whether that counts or not, and the certificates that opened them.
    pub fn held(&self) -> BTreeMap<LogId, (Head, Option<&NodeCertificate>)> {
        self.logs.iter().map(|(log, record)| (*log, (record.head, self.certificates.get(log)))).collect()
    }

    /// The certificates that opened the logs held here.
    pub fn certificates(&self) -> impl Iterator<Item = &NodeCertificate> {
        self.certificates.values()
    }

    /// What is remembered of circles.
    ///
    /// # Errors
    /// When the store fails.
    pub fn circles(&self) -> Result<Vec<(CircleId, KnownCircle)>> {
        let mut known = Vec::new();
        self.store.walk(Table::Circles, &[], &mut |key, value| {
            if let (Ok(id), Ok(circle)) = (key.try_into(), KnownCircle::from_bytes(value)) {
                known.push((CircleId(id), circle));
            }
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(known)
    }

    /// Remembers what is known of a circle.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn keep_circle(&mut self, id: &CircleId, known: &KnownCircle) -> Result<()> {
        self.keep(Table::Circles, &id.0, Some(&known.to_bytes()))
    }

    /// The sums of all shelves, for the view hash.
    pub fn sums(&self) -> &BTreeMap<Shelf, ViewSum> {
        &self.sums
    }

    /// Figures, `own` counted over the given node key.
    pub fn figures(&self, node: &protocol::PublicKey) -> LedgerFigures {
        let listings = self.sums.iter().filter(|(shelf, _)| shelf.kind.is_listing());
        let own = self.logs.iter().filter(|(log, _)| log.node == *node && log.shelf.circle().is_none());
        LedgerFigures {
            entries: self.entries,
            void: self.figures.void + self.logs.values().map(LogRecord::void).sum::<u64>(),
            logs: self.logs.len(),
            held: listings.map(|(_, sum)| sum.count).sum(),
            own: own.map(|(_, record)| record.created).sum(),
            waiting: self.waiting,
            folds: self.folds,
        }
    }

    /// The number of the next arrival: what the search index catches up to.
    pub fn arrivals(&self) -> u64 {
        self.figures.next_arrival
    }

    /// Number of this store: part of the id of every log written here. A store that is lost and begun anew has another,
    /// so that no sequence number is ever used twice.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Names the numbering of arrivals: another store counts anew. The search index is built for one of them.
    ///
    /// # Errors
    /// When the store fails or the system gives no random number.
    pub fn numbering(&mut self) -> Result<u64> {
        if let Some(known) = self.store.get(Table::Meta, NUMBERING)?.and_then(|bytes| bytes.try_into().ok()) {
            return Ok(u64::from_be_bytes(known));
        }
        let number: [u8; 8] = crate::identity::random()?;
        let mut batch = Batch::default();
        batch.put(Table::Meta, NUMBERING, number);
        self.store.apply(batch)?;
        Ok(u64::from_be_bytes(number))
    }

    /// The store, for readers on other threads.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Whether there is room to write.
    ///
    /// # Errors
    /// Below the floor of free space.
    pub fn room(&self) -> Result<()> {
        Ok(self.storage.room()?)
    }

    /// Whether bytes of what was purged may be left in freed pages of the store, until the node starts again.
    pub fn is_scrub_due(&self) -> bool {
        self.storage.is_scrub_due()
    }

    /// Bytes of the store and the journal on disk.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn size_on_disk(&self) -> Result<u64> {
        Ok(self.store.size_on_disk()? + self.journal.size_on_disk()?)
    }
}
