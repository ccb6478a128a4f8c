//! Opening: heads, certificates, sums and roster read back; the journal replayed; sums rebuilt when they are behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use protocol::{CheckedEntry, Decoder, DocumentId, PublicKey, Shelf, ViewSum};
use storage::{Batch, Opened, Options, Position, Record, Storage, Table};

use super::heads::HeadsSum;
use super::{Ledger, Opener, layout};
use crate::error::{MarketError, Result};

/// A ledger just opened.
pub struct OpenedLedger {
    /// The ledger.
    pub ledger: Ledger,
    /// What had to be mended, in words, when anything had.
    pub mended: Option<String>,
}

/// What a replay of the journal brought to light.
struct Replayed {
    /// Whose entries are in it: this node's keys.
    writers: BTreeSet<PublicKey>,
    /// What did not read back.
    damage: Option<String>,
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
    /// Opens or makes the ledger in a home's `data` folder. A store that turns out to be damaged is set aside and begun anew, from
    /// the journal and from what still verifies of the old one; the rest is the peers' to bring.
    ///
    /// # Errors
    /// When the home is locked by another process, of a newer version, or the disk fails.
    pub fn open(dir: &Path, options: Options, opener: Opener) -> Result<OpenedLedger> {
        match Self::try_open(dir, options, opener.clone()) {
            // It is condemned by now; a new one that is damaged too is another matter.
            Err(error) if error.is_damage() => Self::try_open(dir, options, opener),
            opened => opened,
        }
    }

    fn try_open(dir: &Path, options: Options, opener: Opener) -> Result<OpenedLedger> {
        let (storage, opened) = Storage::open(dir, options)?;
        let from = match &opened {
            Opened::Fresh | Opened::Rebuilt { .. } => Position::START,
            Opened::Intact { replay_from } => *replay_from,
        };
        let mut ledger = Self::over(storage, opener, from);
        let mut mended = Vec::new();
        if let Err(error) = ledger.bring_up(&opened, &mut mended) {
            if error.is_damage() {
                ledger.condemn(&error.to_string())?;
            }
            return Err(error);
        }
        let mended = (!mended.is_empty()).then(|| mended.join("; "));
        Ok(OpenedLedger { ledger, mended })
    }

    /// A ledger that has read nothing yet.
    fn over(storage: Storage, opener: Opener, from: Position) -> Self {
        Self {
            store: storage.store(),
            journal: storage.journal(),
            storage: Arc::new(storage),
            opener,
            logs: BTreeMap::new(),
            certificates: BTreeMap::new(),
            sums: BTreeMap::new(),
            sums_due: BTreeSet::new(),
            arrived: Vec::new(),
            heads: HeadsSum::default(),
            waiting: 0,
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
            checking: false,
            incarnation: 0,
            stuck: false,
            examined: super::examine::Examined::default(),
            rebuild: None,
        }
    }

    /// Reads what the store holds and brings it up to the journal; says in `mended` what had to be mended.
    fn bring_up(&mut self, opened: &Opened, mended: &mut Vec<String>) -> Result<()> {
        self.read_back()?;
        let Replayed { writers, damage } = self.replay(self.journaled)?;
        if let Opened::Rebuilt { set_aside, why, entries } = opened {
            let saved = self.take_over(set_aside, &writers)?;
            let folder = set_aside.display();
            mended.push(format!(
                "{why}; the old store was moved to {folder}, and {saved} entries were taken over from it"
            ));
            self.note_rebuild(*entries)?;
        }
        self.read_rebuild()?;
        self.settle_incarnation()?;
        if let Some(damage) = damage {
            // Numbers that this node has used may have been lost with it.
            self.begin_incarnation()?;
            mended.push(damage);
        }
        self.read_forks()?;
        self.write_sums()
    }

    /// Takes everything kept in memory from the store.
    pub(super) fn read_back(&mut self) -> Result<()> {
        self.logs.clear();
        self.heads = HeadsSum::default();
        self.sums_due.clear();
        self.arrived.clear();
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
            self.set_log(&log, record);
        }
        Ok(())
    }

    fn read_figures(&mut self) -> Result<()> {
        if let Some(bytes) = self.store.get(Table::Meta, layout::FIGURES)? {
            self.figures = layout::figures_of(&bytes)?;
        }
        let mut waiting = 0;
        self.store.walk(Table::Projections, &[], &mut |_, value| {
            waiting += u64::from(layout::is_waiting(value));
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
        // All are written anew, those of shelves on which nothing is left included.
        self.store.walk(Table::Shelves, &[], &mut |key, _| {
            let shelf = Decoder::whole(key, "shelf", Shelf::decode);
            self.sums.extend(shelf.ok().map(|shelf| (shelf, ViewSum::default())));
            std::ops::ControlFlow::Continue(())
        })?;
        for (id, log) in ids {
            let Some(shelf) = shelves.get(&log).filter(|shelf| shelf.circle().is_none()) else { continue };
            if let Some(digest) = self.standing(&id)?.digest {
                self.sums.entry(*shelf).or_default().add(&digest);
            }
        }
        self.sum_statements()?;
        self.sums_due = self.sums.keys().copied().collect();
        Ok(())
    }

    /// Brings back what the journal holds and the store does not. Damage in it is passed over, and told.
    fn replay(&mut self, from: Position) -> Result<Replayed> {
        let journal = Arc::clone(&self.journal);
        let mut writers = BTreeSet::new();
        let found = journal.salvage(from, |_, records| -> std::result::Result<(), Stop> {
            for record in records {
                writers.extend(self.replay_record(record)?);
            }
            Ok(())
        });
        let found = found.map_err(|stop| match stop {
            Stop::Storage(error) => MarketError::from(error),
            Stop::Market(error) => error,
        })?;
        self.journaled = journal.end();
        Ok(Replayed { writers, damage: found.fault() })
    }

    /// Returns whose entry it was, if it was one.
    pub(super) fn replay_record(&mut self, record: Record) -> std::result::Result<Option<PublicKey>, Stop> {
        let mut batch = Batch::default();
        match record {
            Record::Entry(bytes) => return self.replay_entry(&bytes).map(Some).map_err(Stop::Market),
            Record::Put { table, key, value } => batch.put(table, &key, value),
            Record::Delete { table, key } => batch.delete(table, &key),
        };
        self.store.apply(batch)?;
        Ok(None)
    }

    fn replay_entry(&mut self, bytes: &[u8]) -> Result<PublicKey> {
        let entry = layout::entry_of(bytes)?;
        let log = entry.header.log;
        // Where a branch of the log was replaced, or entries came back from peers, the journal holds what the log does
        // not go on with; and payloads that came back after a purge.
        let head = self.head(&log);
        let (goes_on, hash) =
            (entry.header.seq == head.seq + 1 && entry.header.prev == head.hash, entry.hash());
        let checked = CheckedEntry { entry, hash, beginning: None };
        if goes_on { self.persist(&log, &[checked]) } else { self.put_back(&log, &[checked]) }?;
        Ok(log.node)
    }
}

/// Key of the store's incarnation.
const INCARNATION: &[u8] = b"incarnation";

/// Key of the arrival number at which the stored sums were written.
pub(super) const SUMS_AT: &[u8] = b"lanes-at";

/// The sums' mark, to be written in the same batch as the sums.
pub(super) fn sums_mark(next_arrival: u64, batch: &mut Batch) {
    batch.put(Table::Meta, SUMS_AT, next_arrival.to_be_bytes());
}
