//! The ledger: entries laid down in the store, with what follows from them.
//!
//! One writer (the node's core) owns a [`Ledger`]; readers on other threads use [`crate::Library`] over the same
//! store. Layout of keys and values: `ledger/layout.rs`. Absent: sessions, sockets, what fields mean.

mod backup;
mod checkpoint;
mod contacts;
mod documents;
mod examine;
mod gaps;
mod heads;
mod layout;
mod letters;
mod limits;
mod mentions;
mod open;
mod project;
mod purge;
mod reading;
mod rebuild;
mod replace;
mod roster;
mod touched;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::{
    CheckedEntry, CheckedRun, DocumentId, Entry, Fork, Head, InstitutionId, LogId, NetworkId,
    NodeCertificate, PublicKey, SealingKey, Shelf, Verb, ViewSum,
};
use replica::{Limit, entry_bytes};
use storage::limits::{MAX_APPEND, MAX_KEY, MAX_VALUE};
use storage::{Batch, CheckpointFacts, Journal, Position, Record, Storage, StorageError, Store, Table};

use crate::error::{MarketError, Result};

pub use backup::{BackupPlan, BackupSource};
pub use checkpoint::Checkpoint;
pub(crate) use documents::{Logs, beginning_of, creating_entry, load_document, rightful_entries};
pub use gaps::Lacking;
use heads::HeadsSum;
pub(crate) use layout::{
    ARRIVALS_A_ROW, LogRecord, arrivals_in, creating_place, document_entries, entry_at, head_of, log_record,
    projection, readable_at, state_of,
};
pub(crate) use letters::{Unread, first_unread, replies_to};
pub use limits::Relimited;
pub(crate) use limits::fork_of;
pub(crate) use mentions::{Mention, mentioned, moves_by, statements_abroad, statements_from, statements_on};
pub use open::OpenedLedger;
pub(crate) use project::creates_document;
pub use reading::LedgerFigures;
pub(crate) use replace::LOST;
pub(crate) use roster::place_of_text;
use touched::Touched;

/// Key of the number that names the numbering of arrivals.
const NUMBERING: &[u8] = b"numbering";

/// A local record that is to be written: its table, its key, and its value, or `None` to delete it.
pub type Kept = (Table, Vec<u8>, Option<Vec<u8>>);

/// Entries after which a batch is written, so that one transaction stays small.
const BATCH_ENTRIES: usize = 512;

/// The node's entries and what is derived from them. See [`Ledger::author`] and [`Ledger::persist`].
pub struct Ledger {
    storage: Arc<Storage>,
    opener: Opener,
    store: Arc<dyn Store>,
    journal: Arc<Journal>,
    logs: BTreeMap<LogId, LogRecord>,
    certificates: BTreeMap<LogId, NodeCertificate>,
    sums: BTreeMap<Shelf, ViewSum>,
    /// Shelves whose sums the next batch writes.
    sums_due: BTreeSet<Shelf>,
    /// Documents that have arrived with the next batch.
    arrived: Vec<DocumentId>,
    /// Digest of the logs' heads.
    heads: HeadsSum,
    /// Number of documents whose edits came before the entry that creates them. Which they are their projections say: anyone can
    /// write edits of what is nowhere.
    waiting: u64,
    next_log: u32,
    entries: u64,
    figures: layout::Figures,
    folds: u64,
    /// The earliest fork known of each log.
    forks: BTreeMap<LogId, Fork>,
    /// How far logs count and why, where they end anywhere; as of the last [`Ledger::relimit`].
    limits: BTreeMap<LogId, Limit>,
    /// Heads of logs that peers are shown less of than is held.
    shown: BTreeMap<LogId, Head>,
    /// What was purged.
    purged: purge::Purged,
    /// Whose ledger this is.
    owner: Option<(PublicKey, InstitutionId)>,
    journaled: Position,
    checked: Position,
    dirty: bool,
    /// A checkpoint was begun, and nobody has said yet that it has ended.
    checking: bool,
    incarnation: u64,
    /// Own entries are in the journal, all that belong together or some, that the store did not take: no more may be written
    /// until a restart has replayed them, or a sequence number would be used twice.
    stuck: bool,
    /// How far the entries held were looked through.
    examined: examine::Examined,
    /// Entries that the store held before it was lost, for as long as they are not all back.
    rebuild: Option<u64>,
}

/// Records in pieces that the journal takes as one frame each.
fn frames(records: &[Record]) -> Result<Vec<&[Record]>> {
    /// Kind, table and lengths of a record, in bytes, generously.
    const RECORD_HEAD: usize = 32;
    let mut found = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (n, record) in records.iter().enumerate() {
        let size = RECORD_HEAD
            + match record {
                Record::Entry(entry) => entry.len(),
                Record::Put { key, value, .. } => key.len() + value.len(),
                Record::Delete { key, .. } => key.len(),
            };
        if size > RECORD_HEAD + MAX_KEY + MAX_VALUE {
            return Err(StorageError::AppendTooLarge { records: 1, bytes: size }.into());
        }
        if n - from == BATCH_ENTRIES || bytes + size > MAX_APPEND {
            found.extend(records.get(from..n));
            (from, bytes) = (n, 0);
        }
        bytes += size;
    }
    found.extend(records.get(from..).filter(|rest| !rest.is_empty()));
    Ok(found)
}

/// Local records as the journal and as the store take them.
fn records_of(kept: &[Kept]) -> (Vec<Record>, Batch) {
    let mut batch = Batch::default();
    let of = |(table, key, value): &Kept| match value {
        Some(value) => {
            batch.put(*table, key, value.clone());
            Record::Put { table: *table, key: key.clone(), value: value.clone() }
        }
        None => {
            batch.delete(*table, key);
            Record::Delete { table: *table, key: key.clone() }
        }
    };
    (kept.iter().map(of).collect(), batch)
}

/// Opens what is sealed to this node.
#[derive(Clone, Debug)]
pub struct Opener {
    /// The network, to which envelopes are bound.
    pub network: NetworkId,
    /// The node's sealing key.
    pub key: SealingKey,
}

impl Ledger {
    /// Says whose ledger this is: its own entries that come back from peers are journaled, and those of its institution
    /// that make way for another branch are kept aside.
    pub fn owned_by(&mut self, node: PublicKey, institution: InstitutionId) {
        self.owner = Some((node, institution));
    }

    /// Lays down entries that the replica has accepted; they continue their log, or replace what is held of it past the
    /// end of what counts.
    ///
    /// # Errors
    /// When the store fails or the disk is full; then nothing of the last batch was written.
    pub fn persist(&mut self, log: &LogId, entries: &[CheckedEntry]) -> Result<()> {
        self.persist_summed(log, entries, None)
    }

    /// The same of a run, for which the digests of what it begins may have been added up.
    ///
    /// # Errors
    /// As [`Ledger::persist`].
    pub fn persist_run(&mut self, run: &CheckedRun) -> Result<()> {
        self.persist_summed(&run.log, &run.entries, run.sum.as_deref())
    }

    fn persist_summed(&mut self, log: &LogId, entries: &[CheckedEntry], sum: Option<&ViewSum>) -> Result<()> {
        let entries = self.without_purged(entries);
        let journaled = self.journal_own(log, &entries);
        let done = journaled.and_then(|()| self.try_persist(log, &entries, sum, Batch::default()));
        if done.is_err() {
            // What is in memory runs ahead of the disk: take the disk's word.
            self.read_back()?;
        }
        done
    }

    /// `beside` goes into the store with what the entries lead to.
    fn try_persist(
        &mut self,
        log: &LogId,
        entries: &[CheckedEntry],
        sum: Option<&ViewSum>,
        beside: Batch,
    ) -> Result<()> {
        let mut touched = Touched::default();
        for entries in self.make_way(log, entries)?.chunks(BATCH_ENTRIES) {
            let mut batch = Batch::default();
            for checked in entries {
                self.lay_down(log, checked, &mut batch, &mut touched)?;
                self.note_bare(checked, &mut batch);
            }
            self.put_head(log, &mut batch);
            self.sum_touched(&mut touched, sum);
            self.write(&mut batch)?;
        }
        self.fold_touched(touched, beside)?;
        let opens = entries.first().is_some_and(|checked| checked.entry.header.verb == Verb::OPEN);
        if opens && self.begins_purged(log) {
            self.purge_due()?;
        }
        Ok(())
    }

    /// Writes own entries, and local records that belong to them: into the journal, under one fsync, then into the store. When
    /// this returns they are acknowledged.
    ///
    /// # Errors
    /// When the disk is full or fails: nothing was acknowledged.
    pub fn author(&mut self, log: &LogId, entries: &[CheckedEntry], kept: &[Kept]) -> Result<()> {
        self.may_write()?;
        let records: Vec<Record> = entries.iter().map(|e| Record::Entry(e.entry.to_bytes())).collect();
        let (local, beside) = records_of(kept);
        let before = self.journal.end();
        self.stuck = true;
        // In frames of their own: what rots in an entry, which peers have, takes along nothing that is nowhere else.
        let journaled = self.append(&[&records, &local]);
        if journaled.is_err() {
            self.stuck = self.journal.end() != before;
        }
        journaled?;
        let done = self.try_persist(log, entries, None, beside);
        if done.is_err() {
            self.read_back()?;
        }
        done?;
        self.stuck = false;
        Ok(())
    }

    fn may_write(&self) -> Result<()> {
        if self.stuck {
            return Err(MarketError::Damaged { what: "the store did not take what the journal holds" });
        }
        Ok(self.storage.room()?)
    }

    /// Writes a local record (draft, setting): journaled and fsynced like an own entry. `None` deletes.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn keep(&mut self, table: Table, key: &[u8], value: Option<&[u8]>) -> Result<()> {
        self.keep_each(&[(table, key.to_vec(), value.map(<[u8]>::to_vec))])
    }

    /// Several local records at once, under one fsync.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn keep_all(&mut self, table: Table, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<()> {
        let of = |(key, value): &(Vec<u8>, Option<Vec<u8>>)| (table, key.clone(), value.clone());
        self.keep_each(&changes.iter().map(of).collect::<Vec<Kept>>())
    }

    /// The same of several tables.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn keep_each(&mut self, kept: &[Kept]) -> Result<()> {
        if kept.is_empty() {
            return Ok(());
        }
        self.may_write()?;
        let (records, mut batch) = records_of(kept);
        self.append(&[&records])?;
        self.write(&mut batch)
    }

    /// Appends records to the journal, under one fsync, in frames that it takes, each part in its own: all are measured before the
    /// first is written.
    fn append(&mut self, parts: &[&[Record]]) -> Result<()> {
        let measured: Vec<Vec<&[Record]>> = parts.iter().map(|part| frames(part)).collect::<Result<_>>()?;
        for frame in measured.into_iter().flatten() {
            self.journaled = self.journal.append(frame)?;
        }
        Ok(self.journal.commit(self.journaled)?)
    }

    fn lay_down(
        &mut self,
        log: &LogId,
        checked: &CheckedEntry,
        batch: &mut Batch,
        touched: &mut Touched,
    ) -> Result<()> {
        let entry = &checked.entry;
        let mut record = self.record(log, batch);
        if entry.header.seq != record.head.seq + 1 || entry.header.prev != record.head.hash {
            return Err(MarketError::OutOfStep { node: log.node.short(), seq: entry.header.seq });
        }
        if entry.header.verb == Verb::OPEN {
            self.note_certificate(log, entry);
        }
        batch.put(Table::Entries, &layout::entry_key(record.number, entry.header.seq), entry.to_bytes());
        Self::index_roster(record.number, entry, batch);
        let created = self.project(log, &record, checked, (&mut *batch, touched))?;
        record.head = Head { seq: entry.header.seq, hash: checked.hash };
        record.created += u64::from(created);
        let counted =
            if entry.header.seq <= record.counts { &mut record.bytes } else { &mut record.void_bytes };
        *counted += entry_bytes(entry);
        self.set_log(log, record);
        self.entries += 1;
        self.dirty = true;
        Ok(())
    }

    /// Writes the head of a log as it is after the entries of a batch.
    fn put_head(&self, log: &LogId, batch: &mut Batch) {
        if let Some(record) = self.logs.get(log) {
            batch.put(Table::Heads, &record.number.to_be_bytes(), layout::head_value(log, record));
        }
    }

    fn record(&mut self, log: &LogId, batch: &mut Batch) -> LogRecord {
        if let Some(record) = self.logs.get(log) {
            return *record;
        }
        let number = self.next_log;
        self.next_log += 1;
        batch.put(Table::LogNumbers, &log.to_bytes(), number.to_be_bytes());
        LogRecord { counts: self.limits.get(log).map_or(u64::MAX, |l| l.head.seq), ..LogRecord::new(number) }
    }

    fn note_certificate(&mut self, log: &LogId, entry: &Entry) {
        let open = entry.payload.as_ref().map(|p| protocol::OpenLog::from_bytes(&p.bytes));
        if let Some(Ok(open)) = open {
            self.certificates.insert(*log, open.certificate);
        }
    }

    /// Writes a batch with the figures that belong to it.
    fn write(&mut self, batch: &mut Batch) -> Result<()> {
        let full = std::mem::take(batch);
        if full.is_empty() && self.arrived.is_empty() { Ok(()) } else { self.write_full(full) }
    }

    /// Writes the sums that were added up anew, so that the next start has them. On a full disk it has to add them up again.
    fn write_sums(&mut self) -> Result<()> {
        while !self.sums_due.is_empty() && self.storage.room().is_ok() {
            self.write_full(Batch::default())?;
        }
        Ok(())
    }

    fn write_full(&mut self, mut full: Batch) -> Result<()> {
        self.sums_into(&mut full);
        self.arrivals_into(&mut full);
        full.put(Table::Meta, layout::FIGURES, layout::figures_value(&self.figures));
        full.facts(&self.facts());
        self.store.apply(full)?;
        Ok(())
    }

    /// The facts of a batch, or of a checkpoint.
    fn facts(&self) -> CheckpointFacts {
        let entries = self.entries + self.figures.replaced;
        CheckpointFacts { entries, digest: self.heads.to_bytes(), journal: self.journaled }
    }
}
