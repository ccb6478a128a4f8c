//! Opening: heads, certificates, sums and roster read back; the journal replayed; sums rebuilt when they are behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use protocol::{CheckedEntry, Decoder, DocumentId, Shelf};
use replica::ViewSum;
use storage::{Batch, Opened, Options, Position, Record, Storage, Table};

use super::{Ledger, Opener, layout};
use crate::error::{MarketError, Result};

/// A ledger just opened.
pub struct OpenedLedger {
    /// The ledger.
    pub ledger: Ledger,
    /// What had to be mended, in words, when anything had.
    pub mended: Option<String>,
}

/// Why the replay of the journal stopped.
pub(super) enum Stop {
    Storage(storage::StorageError),
    Market(MarketError),
}

impl From<storage::StorageError> for Stop {
    fn from(error: storage::StorageError) -> Self {
        Self::Storage(error)
    }
}

impl Ledger {
    /// Opens or makes the ledger in a home's `data` folder.
    ///
    /// # Errors
    /// When the home is locked by another process, of a newer version, or the disk fails.
    pub fn open(dir: &Path, options: Options, opener: Opener) -> Result<OpenedLedger> {
        let (storage, opened) = Storage::open(dir, options)?;
        let (from, mended) = match opened {
            Opened::Fresh => (Position::START, None),
            Opened::Intact { replay_from } => (replay_from, None),
            Opened::Rebuilt { set_aside, why } => {
                (Position::START, Some(format!("{why}; the old store was moved to {}", set_aside.display())))
            }
        };
        let mut ledger = Self {
            store: storage.store(),
            journal: storage.journal(),
            storage,
            opener,
            logs: BTreeMap::new(),
            certificates: BTreeMap::new(),
            sums: BTreeMap::new(),
            waiting: BTreeSet::new(),
            next_log: 0,
            entries: 0,
            figures: layout::Figures::default(),
            folds: 0,
            forks: BTreeMap::new(),
            limits: BTreeMap::new(),
            shown: BTreeMap::new(),
            purged: super::purge::Purged::default(),
            owner: None,
            journaled: from,
            checked: from,
            dirty: false,
            incarnation: 0,
            stuck: false,
        };
        ledger.read_back()?;
        ledger.replay(from)?;
        ledger.settle_incarnation()?;
        ledger.read_forks()?;
        Ok(OpenedLedger { ledger, mended })
    }

    /// Takes everything kept in memory from the store.
    pub(super) fn read_back(&mut self) -> Result<()> {
        self.logs.clear();
        self.certificates.clear();
        (self.next_log, self.entries) = (0, 0);
        self.read_heads()?;
        self.read_figures()?;
        self.read_marks()?;
        self.read_sums()?;
        self.fold_left_over()
    }

    fn settle_incarnation(&mut self) -> Result<()> {
        let known = self.store.get(Table::Meta, INCARNATION)?.and_then(|bytes| bytes.try_into().ok());
        match known {
            Some(number) => self.incarnation = u64::from_be_bytes(number),
            None => _ = self.begin_incarnation()?,
        }
        Ok(())
    }

    /// Begins a new incarnation, in which all further entries of this node stand, and returns its number.
    ///
    /// # Errors
    /// When the disk fails or is full, or the system gives no random number.
    pub fn begin_incarnation(&mut self) -> Result<u64> {
        let number: [u8; 8] = crate::identity::random()?;
        self.keep(Table::Meta, INCARNATION, Some(&number))?;
        self.incarnation = u64::from_be_bytes(number);
        Ok(self.incarnation)
    }

    fn read_heads(&mut self) -> Result<()> {
        let mut found = Vec::new();
        let mut fault = None;
        self.store.walk(Table::Heads, &[], &mut |key, value| {
            let number = key.try_into().map(u32::from_be_bytes).unwrap_or_default();
            match layout::head_of(number, value) {
                Ok(head) => found.push(head),
                Err(error) => fault = Some(error),
            }
            std::ops::ControlFlow::Continue(())
        })?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        for (log, record) in found {
            self.next_log = self.next_log.max(record.number + 1);
            self.entries += record.head.seq;
            if record.head.seq > 0 {
                let first = layout::entry_at(self.store.as_ref(), record.number, 1)?;
                self.note_certificate(&log, &first);
            }
            self.logs.insert(log, record);
        }
        Ok(())
    }

    fn read_figures(&mut self) -> Result<()> {
        if let Some(bytes) = self.store.get(Table::Meta, layout::FIGURES)? {
            self.figures = layout::figures_of(&bytes)?;
        }
        let mut waiting = BTreeSet::new();
        self.store.walk(Table::Projections, &[], &mut |key, value| {
            // The first byte says that a document waits.
            if let (Ok(id), Some(1)) = (key.try_into(), value.first()) {
                waiting.insert(DocumentId(id));
            }
            std::ops::ControlFlow::Continue(())
        })?;
        self.waiting = waiting;
        Ok(())
    }

    /// Reads the stored sums when they were written with the very figures that the store holds; else adds them up.
    fn read_sums(&mut self) -> Result<()> {
        let marked = self.store.get(Table::Meta, SUMS_AT)?;
        if marked.as_deref() != Some(&self.figures.next_arrival.to_be_bytes()[..]) {
            return self.rebuild_sums();
        }
        let mut sums = BTreeMap::new();
        self.store.walk(Table::Shelves, &[], &mut |key, value| {
            let shelf = Decoder::whole(key, "shelf", Shelf::decode);
            if let (Ok(shelf), Some(sum)) = (shelf, ViewSum::from_bytes(value)) {
                sums.insert(shelf, sum);
            }
            std::ops::ControlFlow::Continue(())
        })?;
        self.sums = sums;
        Ok(())
    }

    /// Adds up the state digests of all documents, and the statements.
    pub(super) fn rebuild_sums(&mut self) -> Result<()> {
        let mut ids: Vec<(DocumentId, u32)> = Vec::new();
        self.store.walk(Table::Documents, &[], &mut |key, value| {
            let id = key.get(..32).and_then(|id| <[u8; 32]>::try_from(id).ok());
            // The creating entry's row.
            if let (Some(id), 32, Some(log)) = (id, key.len(), value.first_chunk::<4>()) {
                ids.push((DocumentId(id), u32::from_be_bytes(*log)));
            }
            std::ops::ControlFlow::Continue(())
        })?;
        let shelves: BTreeMap<u32, Shelf> = self.logs.iter().map(|(log, r)| (r.number, log.shelf)).collect();
        self.sums.clear();
        for (id, log) in ids {
            let Some(shelf) = shelves.get(&log).filter(|shelf| shelf.circle().is_none()) else { continue };
            if let Some(digest) = self.standing(&id)?.digest {
                self.sums.entry(*shelf).or_default().add(&digest);
            }
        }
        self.sum_statements()
    }

    /// Brings back what the journal holds and the store does not.
    fn replay(&mut self, from: Position) -> Result<()> {
        let journal = Arc::clone(&self.journal);
        let done = journal.replay(from, |_, records| -> std::result::Result<(), Stop> {
            for record in records {
                self.replay_record(record)?;
            }
            Ok(())
        });
        match done {
            Ok(_) => {
                self.journaled = journal.end();
                Ok(())
            }
            Err(Stop::Storage(error)) => Err(error.into()),
            Err(Stop::Market(error)) => Err(error),
        }
    }

    pub(super) fn replay_record(&mut self, record: Record) -> std::result::Result<(), Stop> {
        let mut batch = Batch::default();
        match record {
            Record::Entry(bytes) => return self.replay_entry(&bytes).map_err(Stop::Market),
            Record::Put { table, key, value } => batch.put(table, &key, value),
            Record::Delete { table, key } => batch.delete(table, &key),
        };
        Ok(self.store.apply(batch)?)
    }

    fn replay_entry(&mut self, bytes: &[u8]) -> Result<()> {
        let entry = layout::entry_of(bytes)?;
        let log = entry.header.log;
        // Where a branch of the log was replaced, or entries came back from peers, the journal holds what the log does
        // not go on with.
        let head = self.head(&log);
        if entry.header.seq != head.seq + 1 || entry.header.prev != head.hash {
            return Ok(());
        }
        let hash = entry.hash();
        self.persist(&log, &[CheckedEntry { entry, hash, patch: None }])
    }
}

/// Key of the store's incarnation.
const INCARNATION: &[u8] = b"incarnation";

/// Key of the arrival number at which the stored sums were written.
pub(super) const SUMS_AT: &[u8] = b"sums-at";

/// The sums' mark, to be written in the same batch as the sums.
pub(super) fn sums_mark(next_arrival: u64, batch: &mut Batch) {
    batch.put(Table::Meta, SUMS_AT, next_arrival.to_be_bytes());
}
