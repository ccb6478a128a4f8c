//! How far logs count: worked out from roster, forks and what is stored; documents follow.

use std::collections::BTreeSet;

use protocol::{DocumentId, Entry, Fork, Hash, Head, InstitutionId, LogId, PublicKey, Roster, Shelf, Verb};
use replica::{Limit, Reach, Reached, Why, check_entry, entry_bytes, limits};
use storage::{Batch, Store, Table};

use super::project::{changes_document, creates_document};
use super::{Ledger, LogRecord, layout};
use crate::error::{MarketError, Result};

/// Prefix of the records that prove forks.
const FORK: &[u8] = b"fork:";
/// Documents folded in one batch when a log counts more or less than before: bounds its size.
const BATCH_DOCUMENTS: usize = 1_000;

/// The proof of a fork that the store holds.
pub(crate) fn fork_of(store: &dyn Store, log: &LogId) -> Result<Option<Fork>> {
    let bytes = store.get(Table::Meta, &[FORK, &log.to_bytes()].concat())?;
    bytes.map(|bytes| Fork::from_bytes(&bytes).map_err(layout::damaged)).transpose()
}

/// Heads named by a log's opening: its payload has room for these beside the certificate.
const MAX_PREDECESSORS: usize = 512;

/// What changed when limits were worked out.
#[derive(Debug, Default)]
pub struct Relimited {
    /// Logs of which more or less counts now.
    pub logs: Vec<Reached>,
    /// Of one of the roster's logs more or less of what is held counts.
    pub roster: bool,
    /// Documents whose payloads were removed now.
    pub purged: Vec<DocumentId>,
}

/// What an entry range of a log holds.
#[derive(Default)]
struct Range {
    documents: BTreeSet<DocumentId>,
    /// Moves and statements.
    about: Vec<Entry>,
    created: u64,
    void: u64,
    bytes: u64,
}

impl Ledger {
    /// Keeps the proof of a fork, fsynced. Of one log the earliest fork is kept.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn note_fork(&mut self, fork: &Fork) -> Result<()> {
        let log = fork.log();
        if self.forks.get(&log).is_some_and(|known| known.seq() <= fork.seq()) {
            return Ok(());
        }
        self.keep(Table::Meta, &[FORK, &log.to_bytes()].concat(), Some(&fork.to_bytes()))?;
        self.forks.insert(log, fork.clone());
        Ok(())
    }

    /// The earliest fork known of each log.
    pub fn forks(&self) -> &std::collections::BTreeMap<LogId, Fork> {
        &self.forks
    }

    /// How far a log counts and why, when it ends anywhere.
    pub fn limit(&self, log: &LogId) -> Option<Limit> {
        self.limits.get(log).copied()
    }

    /// The logs of a node that are held.
    pub fn own_logs(&self, node: &PublicKey) -> Vec<LogId> {
        self.logs.keys().filter(|log| log.node == *node).copied().collect()
    }

    /// Where a node's logs of earlier incarnations end: what the opening of a new one names. Sealed ones are named to
    /// nobody.
    pub fn predecessors(&self, node: &PublicKey) -> Vec<(LogId, Head)> {
        let earlier = self.logs.iter().filter(|(log, _)| {
            log.node == *node && log.incarnation != self.incarnation && log.shelf.circle().is_none()
        });
        let head = |log: &LogId, record: &LogRecord| self.shown.get(log).copied().unwrap_or(record.head);
        earlier.map(|(log, record)| (*log, head(log, record))).take(MAX_PREDECESSORS).collect()
    }

    /// Gives `take` the document entries that logs hold past their ends, and who answers for each.
    ///
    /// # Errors
    /// When the store fails.
    pub fn past_ends(&self, take: &mut impl FnMut(&InstitutionId, &Entry)) -> Result<()> {
        for (log, record) in self.logs.iter().filter(|(_, record)| record.void() > 0) {
            let Some(certificate) = self.certificates.get(log) else { continue };
            self.read_log(log, record.counts, record.head.seq, |entry| {
                if changes_document(entry.header.verb, log) {
                    take(&certificate.body.institution, &entry);
                }
                true
            })?;
        }
        Ok(())
    }

    /// Documents of which some entry is void by the rules of documents.
    ///
    /// # Errors
    /// When the store fails.
    pub fn with_void(&self) -> Result<BTreeSet<DocumentId>> {
        let mut found = BTreeSet::new();
        self.store.walk(Table::Projections, &[], &mut |key, value| {
            let void = layout::projection_of(value).is_ok_and(|projection| projection.void > 0);
            found.extend(key.try_into().ok().filter(|_| void).map(DocumentId));
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    pub(super) fn read_forks(&mut self) -> Result<()> {
        let mut forks = Vec::new();
        self.store.walk(Table::Meta, FORK, &mut |_, value| {
            forks.extend(Fork::from_bytes(value));
            std::ops::ControlFlow::Continue(())
        })?;
        self.forks = forks.into_iter().map(|fork| (fork.log(), fork)).collect();
        Ok(())
    }

    /// Works out how far all logs count under this roster. Documents with entries in a range that counts no more, or counts
    /// again, are folded anew. The answer names the logs concerned, and `named`.
    ///
    /// # Errors
    /// When the store fails; the same call, after a restart too, then goes on.
    pub fn relimit(&mut self, roster: &Roster, named: Option<&LogId>) -> Result<Relimited> {
        let done = self.try_relimit(roster, named);
        if done.is_err() {
            // What is in memory runs ahead of the disk: take the disk's word.
            self.read_back()?;
        }
        done
    }

    fn try_relimit(&mut self, roster: &Roster, named: Option<&LogId>) -> Result<Relimited> {
        let opened = self.logs.keys().map(|log| (log, self.certificates.get(log)));
        let before = std::mem::replace(&mut self.limits, limits(opened, roster, &self.forks));
        let mut changed = Relimited::default();
        let ended: Vec<LogId> =
            self.logs.iter().filter(|(log, r)| self.is_ended(log, r)).map(|(log, _)| *log).collect();
        let mut shown = std::collections::BTreeMap::new();
        for log in ended {
            let Some(record) = self.logs.get(&log).copied() else { continue };
            let (limit, fork) = (self.limits.get(&log).copied(), self.forks.get(&log).cloned());
            let hash_at = |seq| self.hash_at(record.number, seq);
            let reach = Reach::of(record.head, limit.as_ref(), fork.as_ref(), hash_at)?;
            if reach.head != record.head {
                shown.insert(log, reach.head);
            }
            let held = |counts: u64| counts.min(record.head.seq);
            changed.roster |= log.shelf == Shelf::ROSTER && held(reach.counts) != held(record.counts);
            let why = |limit: Option<Limit>| limit.map(|limit| limit.why);
            let other_reason = why(before.get(&log).copied()) != why(limit);
            if reach.counts != record.counts || other_reason || named == Some(&log) {
                self.recount(&log, reach.counts)?;
                let bytes = self.logs.get(&log).map_or(0, |record| self.bytes_of(&log, record));
                changed.logs.push(Reached { log, head: reach.head, counts: reach.counts, bytes });
            }
        }
        self.shown = shown;
        changed.purged = self.purge(roster)?;
        Ok(changed)
    }

    /// Bytes that a log takes of its institution's allowance: what a revocation voids takes none.
    pub(super) fn bytes_of(&self, log: &LogId, record: &LogRecord) -> u64 {
        let revoked = self.limits.get(log).is_some_and(|limit| limit.why == Why::Revoked);
        record.bytes + if revoked { 0 } else { record.void_bytes }
    }

    fn is_ended(&self, log: &LogId, record: &LogRecord) -> bool {
        record.counts != u64::MAX || self.limits.contains_key(log)
    }

    fn hash_at(&self, number: u32, seq: u64) -> Result<Hash> {
        Ok(layout::entry_at(self.store.as_ref(), number, seq)?.hash())
    }

    /// The entry of a log at a place, when it is held.
    ///
    /// # Errors
    /// When the store fails.
    pub fn entry(&self, log: &LogId, seq: u64) -> Result<Option<Entry>> {
        let held = self.logs.get(log).filter(|record| (1..=record.head.seq).contains(&seq));
        held.map(|record| layout::entry_at(self.store.as_ref(), record.number, seq)).transpose()
    }

    /// Lets a log count up to there. Its record is written last: until then everything can be done again.
    fn recount(&mut self, log: &LogId, counts: u64) -> Result<()> {
        let Some(mut record) = self.logs.get(log).copied() else { return Ok(()) };
        let (was, now) = (record.counts.min(record.head.seq), counts.min(record.head.seq));
        let range = self.range(log, was.min(now), was.max(now))?;
        let changing = Some((record.number, counts));
        let mut batch = Batch::default();
        for (n, id) in range.documents.iter().enumerate() {
            let before = self.standing(id)?;
            self.refold(id, before, changing, &mut batch)?;
            if n % BATCH_DOCUMENTS == BATCH_DOCUMENTS - 1 {
                self.write(&mut batch)?;
            }
        }
        for (n, entry) in range.about.iter().enumerate() {
            self.mention_anew(log, &record, entry, now > was, &mut batch)?;
            if n % BATCH_DOCUMENTS == BATCH_DOCUMENTS - 1 {
                self.write(&mut batch)?;
            }
        }
        if now < was {
            record.created = record.created.saturating_sub(range.created);
            record.bytes = record.bytes.saturating_sub(range.bytes);
            record.void_bytes += range.bytes;
            self.figures.void = self.figures.void.saturating_sub(range.void);
        } else {
            record.created += range.created;
            record.bytes += range.bytes;
            record.void_bytes = record.void_bytes.saturating_sub(range.bytes);
            self.figures.void += range.void;
        }
        record.counts = counts;
        self.set_log(log, record);
        batch.put(Table::Heads, &record.number.to_be_bytes(), layout::head_value(log, &record));
        self.dirty = true;
        self.write(&mut batch)
    }

    /// What the entries after `have` up to `to` do to documents and figures.
    fn range(&self, log: &LogId, have: u64, to: u64) -> Result<Range> {
        let mut range = Range::default();
        let certificate =
            self.certificates.get(log).ok_or(MarketError::Damaged { what: "a log has no certificate" });
        if have >= to {
            return Ok(range);
        }
        let certificate = certificate?;
        self.read_log(log, have, to, |entry| {
            range.bytes += entry_bytes(&entry);
            let sound = check_entry(&entry, certificate).is_ok();
            if sound && matches!(entry.header.verb, Verb::MOVE | Verb::STATEMENT) {
                range.about.push(entry.clone());
            }
            if !sound {
                range.void += 1;
            } else if changes_document(entry.header.verb, log) {
                range.created += u64::from(creates_document(entry.header.verb));
                range.documents.insert(entry.document());
            }
            true
        })?;
        Ok(range)
    }
}
