//! Forked logs: which log is written on, which branch is kept, what was lost with another one.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Action, Decoder, DocumentId, Entry, Fork, Hash, Head, LogId, RosterStep, Shelf, Subject, Value,
    limits::MAX_INCARNATIONS,
};
use replica::{Fate, Why, patch_of};
use storage::Table;

use super::{Authored, Desk, Fields, Incoming, Outcome};
use crate::error::{MarketError, Result};
use crate::ledger::{LOST, creates_document};

/// Prefix of the local marks of lost entries whose texts were published again; the entry's hash follows.
const AGAIN: &[u8] = b"again:";
/// Lost entries that are listed: more are shown once these have been dealt with.
const MAX_LOST: usize = 10_000;

/// An entry of this institution's that does not count, with what it said.
#[derive(Clone, Debug)]
pub struct LostEntry {
    /// The entry.
    pub entry: Hash,
    /// Its log.
    pub log: LogId,
    /// Its place there.
    pub seq: u64,
    /// The author's clock, milliseconds since 1970.
    pub time_ms: i64,
    /// The document: the one that it creates, or the one that it edits.
    pub document: DocumentId,
    /// Whether it creates the document.
    pub creates: bool,
    /// What it sets (a value) and removes (`None`).
    pub changes: BTreeMap<String, Option<Value>>,
}

impl LostEntry {
    fn of(entry: &Entry) -> Option<Self> {
        let signed = patch_of(entry).ok().flatten()?;
        Some(Self {
            entry: entry.hash(),
            log: entry.header.log,
            seq: entry.header.seq,
            time_ms: entry.header.time_ms,
            document: entry.document(),
            creates: creates_document(entry.header.verb),
            changes: signed.patch.ops.into_iter().map(|op| (op.key, op.put)).collect(),
        })
    }
}

impl Desk<'_> {
    /// The log that entries of a shelf are written into. One that was settled takes none: the node goes on in a new
    /// incarnation. None is begun while the shelf's log is forked; but for the roster's, since the settle itself has to
    /// stand somewhere.
    ///
    /// # Errors
    /// When the log is forked and not settled, or the node's key was revoked.
    pub(super) fn log(&mut self, shelf: Shelf) -> Result<LogId> {
        let node = self.identity.node.public();
        let log = LogId { node, incarnation: self.ledger.incarnation(), shelf };
        let own = self.ledger.own_logs(&node);
        let is_forked =
            |log: &&LogId| log.shelf == shelf && self.ledger.limit(log).is_some_and(|l| l.why == Why::Forked);
        if let Some(forked) = own.iter().find(is_forked).filter(|_| shelf != Shelf::ROSTER) {
            return Err(MarketError::Forked { log: forked.hash().to_string() });
        }
        match self.ledger.limit(&log).map(|limit| limit.why) {
            None => return Ok(log),
            Some(Why::Revoked) => return Err(MarketError::Revoked),
            Some(Why::Settled | Why::Forked | Why::Incarnations) => {}
        }
        let used: BTreeSet<u64> =
            own.iter().filter(|log| log.shelf == shelf).map(|log| log.incarnation).collect();
        if used.len() >= MAX_INCARNATIONS {
            return Err(MarketError::Incarnations { most: MAX_INCARNATIONS });
        }
        Ok(LogId { node, incarnation: self.ledger.begin_incarnation()?, shelf })
    }

    /// The step that keeps the branch of a forked log which holds `head`, unsigned: as this institution's own word for a
    /// log of this node, else for the governors.
    pub fn settle_step(&self, fork: &Fork, head: Head) -> RosterStep {
        let log = fork.log();
        let (subject, action) = (Subject::Log(log.hash()), Action::Settle(log, head));
        if log.node == self.identity.node.public() {
            RosterStep { epoch: 0, subject, number: 0, previous: Hash::default(), action }
        } else {
            self.next_step(subject, action)
        }
    }

    /// The fork of the log that a text names: its hash, or the first few digits of it.
    ///
    /// # Errors
    /// When no known fork or several begin so.
    pub fn fork(&self, text: &str) -> Result<Fork> {
        let digits = text.trim().to_ascii_lowercase();
        let mut found = self.ledger.forks().values().filter(|fork| begins(&fork.log().hash(), &digits));
        match (found.next(), found.next()) {
            (Some(fork), None) => Ok(fork.clone()),
            _ => Err(MarketError::NoSuchFork { log: text.to_owned() }),
        }
    }

    /// The last entry held of a fork's branch; `None` when nothing of it is held here.
    ///
    /// # Errors
    /// When the store fails.
    pub fn branch_head(&self, fork: &Fork, branch: &Head) -> Result<Option<Head>> {
        let held = self.ledger.entry(&fork.log(), branch.seq)?;
        Ok(held.filter(|entry| entry.hash() == branch.hash).map(|_| self.ledger.head(&fork.log())))
    }

    /// The point that a text names on a branch of a fork: `NUMBER:HASH`, or the first digits of a branch's first entry,
    /// which stands for all that is held of the branch.
    ///
    /// # Errors
    /// When it names neither branch.
    pub fn point(&self, fork: &Fork, text: &str) -> Result<Head> {
        let missing = || MarketError::NoSuchBranch { branch: text.to_owned() };
        if let Some((seq, hash)) = text.split_once(':') {
            let hash = data_encoding::HEXLOWER.decode(hash.as_bytes()).ok();
            let hash = hash.and_then(|bytes| bytes.try_into().ok()).map(Hash).ok_or_else(missing)?;
            let seq = seq.parse().ok().filter(|seq| *seq >= fork.seq()).ok_or_else(missing)?;
            return Ok(Head { seq, hash });
        }
        let digits = text.trim().to_ascii_lowercase();
        let branches = fork.branches();
        let mut named = branches.iter().filter(|branch| begins(&branch.hash, &digits));
        let (Some(branch), None) = (named.next(), named.next()) else { return Err(missing()) };
        Ok(self.branch_head(fork, branch)?.unwrap_or(*branch))
    }

    /// Entries of this institution's that do not count, with what they said: those of lost branches, those past the end of
    /// a log, those that fell with what they build on. The oldest first; without those published again.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn lost(&self) -> Result<Vec<LostEntry>> {
        let mut found: BTreeMap<Hash, LostEntry> = BTreeMap::new();
        let mut take = |entry: &Entry| {
            if let Some(lost) = LostEntry::of(entry).filter(|_| found.len() < MAX_LOST) {
                found.insert(lost.entry, lost);
            }
        };
        self.ledger.store().walk(Table::Meta, LOST, &mut |_, bytes| {
            if let Ok(entry) = Decoder::whole(bytes, "lost entry", Entry::decode) {
                take(&entry);
            }
            std::ops::ControlFlow::Continue(())
        })?;
        let institution = self.identity.institution.id();
        let mut documents = self.ledger.with_void()?;
        self.ledger.past_ends(&mut |answers, entry| {
            documents.insert(entry.document());
            if *answers == institution {
                take(entry);
            }
        })?;
        documents.extend(found.values().map(|lost| lost.document));
        self.fallen(&documents, |entry| {
            found.extend(LostEntry::of(entry).map(|lost| (lost.entry, lost)));
        })?;
        let mut lost = Vec::new();
        for entry in found.into_values() {
            if self.ledger.store().get(Table::Meta, &[AGAIN, &entry.entry.0].concat())?.is_none() {
                lost.push(entry);
            }
        }
        lost.sort_by_key(|lost| (lost.time_ms, lost.log, lost.seq));
        Ok(lost)
    }

    /// Entries of this node whose patch does not count because of another one. What it wrote built on what it held, so a
    /// patch of its own that waits has lost what it built on.
    fn fallen(&self, documents: &BTreeSet<DocumentId>, mut take: impl FnMut(&Entry)) -> Result<()> {
        let node = self.identity.node.public();
        for id in documents {
            for item in self.library.history(id)? {
                if item.log.node == node && item.fate != Fate::Valid {
                    self.ledger.entry(&item.log, item.seq)?.iter().for_each(&mut take);
                }
            }
        }
        Ok(())
    }

    /// Publishes the text of a lost entry again: as a new listing when it created one, else as an edit.
    ///
    /// # Errors
    /// When the listing that it edits does not count any more, or the entry cannot be written.
    pub fn publish_again(&mut self, lost: &LostEntry) -> Result<(Outcome, Vec<Authored>)> {
        let done = if lost.creates {
            let fields: Fields =
                lost.changes.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect();
            let contact = self.library.contact(&lost.document)?;
            let private = self.library.private(&lost.document)?;
            let record = Incoming {
                kind: lost.log.shelf.kind.0,
                fields,
                contact,
                private,
                visibility: Some(lost.log.shelf.visibility),
            };
            let (mut outcomes, authored) = self.take_in(std::slice::from_ref(&record), true)?;
            (outcomes.pop().unwrap_or(Outcome::Unchanged(lost.document)), authored)
        } else {
            match self.edit(&lost.document, &lost.changes)? {
                Some(authored) => (Outcome::Updated(lost.document), vec![authored]),
                None => (Outcome::Unchanged(lost.document), Vec::new()),
            }
        };
        self.ledger.keep(Table::Meta, &[AGAIN, &lost.entry.0].concat(), Some(&[]))?;
        Ok(done)
    }
}

/// Fewest hexadecimal digits that stand for a hash.
const SHORTEST: usize = 6;

fn begins(hash: &Hash, digits: &str) -> bool {
    digits.len() >= SHORTEST && hash.to_string().starts_with(digits)
}
