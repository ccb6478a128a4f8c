//! Where a run ends: at an entry that verifies by itself, within what a receiver takes.

use std::collections::BTreeMap;

use super::RunBuilder;
use crate::entry::{Entry, Head};
use crate::fault::Checked;
use crate::hash::NetworkId;
use crate::limits::{MAX_PAYLOAD, MAX_RUN_ENTRIES, MAX_RUN_PLAIN, RUN_TARGET};
use crate::shelf::LogId;

/// Bytes of texts that one entry adds at the most: its payload, and flags, verb, time and lengths with it.
const MOST_TEXTS: usize = MAX_PAYLOAD + 32;

/// Stretches of badly signed entries that are remembered, all logs together; of more the shortest are forgotten. A stretch
/// is one entry long at least, so this costs some 100 KiB at the most.
const MAX_STRETCHES: usize = 1_024;

/// Remembers which entries of logs do not verify by themselves, so that whoever asks for a badly signed log again and again
/// does not make its keeper check up to `MAX_RUN_ENTRIES` signatures each time.
#[derive(Debug, Default)]
pub struct Unsigned {
    /// Log and first entry of each stretch, and its last entry.
    stretches: BTreeMap<(LogId, u64), u64>,
    checked: u64,
}

impl Unsigned {
    /// Signatures checked so far.
    pub fn checked(&self) -> u64 {
        self.checked
    }

    /// Forgets everything: what logs hold may have changed.
    pub fn forget(&mut self) {
        self.stretches.clear();
    }

    fn verifies(&mut self, entry: &Entry, network: &NetworkId) -> bool {
        let (log, seq) = (entry.header.log, entry.header.seq);
        let before = self.stretches.range(..=(log, seq)).next_back();
        let before = before.filter(|((of, _), _)| *of == log).map(|((_, first), last)| (*first, *last));
        if before.is_some_and(|(_, last)| seq <= last) {
            return false;
        }
        self.checked += 1;
        if entry.verify(network).is_ok() {
            return true;
        }
        let first = before.filter(|(_, last)| last + 1 == seq).map_or(seq, |(first, _)| first);
        let after = seq.checked_add(1).and_then(|next| self.stretches.remove(&(log, next)));
        self.stretches.insert((log, first), after.unwrap_or(seq));
        if self.stretches.len() > MAX_STRETCHES {
            let length = |((_, first), last): &(&(LogId, u64), &u64)| **last - first;
            if let Some(shortest) = self.stretches.iter().min_by_key(length).map(|(place, _)| *place) {
                self.stretches.remove(&shortest);
            }
        }
        false
    }
}

/// Takes entries of a log one after the other until they make a run whose last entry verifies by itself.
///
/// An author signs every entry, but no receiver checks those in the middle of a run; so a log may hold entries with bad
/// signatures, and a run that is cut elsewhere than its author cut it must not end at one of these.
///
/// ```text
/// let mut cut = RunCutter::new(log, to, network, &mut unsigned);
/// for entry in entries_after(have) { if !cut.take(entry) { break } }
/// let run = cut.finish()?;
/// ```
pub struct RunCutter<'a> {
    log: LogId,
    network: NetworkId,
    unsigned: &'a mut Unsigned,
    to: u64,
    most: usize,
    bytes: usize,
    dense: bool,
    entries: Vec<Entry>,
    builder: Option<RunBuilder>,
    /// Number of entries with which the run would end if all were signed.
    aim: Option<usize>,
    signed: bool,
}

impl<'a> RunCutter<'a> {
    /// A run of `log` that is to end at the entry `to`, or before it when the run is full. `unsigned` is kept from one run
    /// to the next.
    pub fn new(log: LogId, to: u64, network: NetworkId, unsigned: &'a mut Unsigned) -> Self {
        let (most, bytes, entries) = (MAX_RUN_ENTRIES, RUN_TARGET, Vec::new());
        Self {
            log,
            network,
            unsigned,
            to,
            most,
            bytes,
            dense: false,
            entries,
            builder: None,
            aim: None,
            signed: false,
        }
    }

    /// The same, with so many entries at the most if all are signed.
    #[must_use]
    pub fn of_at_most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// The same, ending once its texts and randoms together reach so many bytes before compression: a slow line shall not
    /// lose much of a run when it breaks.
    #[must_use]
    pub fn of_bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// The same, compressed as well as can be, for a slow line.
    #[must_use]
    pub fn dense(mut self, dense: bool) -> Self {
        self.dense = dense;
        self
    }

    /// Takes the next entry; the caller gives them in order and without gaps, past `to` as long as there are any. False
    /// when no further one is wanted.
    pub fn take(&mut self, entry: Entry) -> bool {
        let prev = Head { seq: entry.header.seq.saturating_sub(1), hash: entry.header.prev };
        let run = self.builder.get_or_insert_with(|| RunBuilder::new(self.log, prev).dense(self.dense));
        if run.count >= MAX_RUN_ENTRIES || run.texts.size() + MOST_TEXTS > MAX_RUN_PLAIN {
            return false;
        }
        run.push(&entry);
        let full = run.is_full() || run.len() >= self.most || run.size() >= self.bytes;
        let aimed = entry.header.seq >= self.to || full;
        self.entries.push(entry);
        if self.aim.is_none() && aimed {
            self.aim = Some(self.entries.len());
        }
        self.signed = self.aim.is_some() && self.verifies(self.entries.len());
        !self.signed
    }

    /// Bytes of what was taken before compression, texts and randoms: see [`RunCutter::of_bytes`].
    #[must_use]
    pub fn size(&self) -> usize {
        self.builder.as_ref().map_or(0, RunBuilder::size)
    }

    /// The bytes of the run, and the sequence number with which it ends. `None` when nothing was taken.
    ///
    /// Where no entry verifies, the run ends where it was to: a receiver that knows the last one otherwise takes it, and
    /// any other finds out that there is nothing to be had here.
    ///
    /// # Errors
    /// When the texts cannot be compressed.
    pub fn finish(mut self) -> Checked<Option<(Vec<u8>, u64)>> {
        let Some(run) = self.builder.take() else { return Ok(None) };
        let all = self.entries.len();
        let aim = self.aim.unwrap_or(all);
        let count = match self.signed {
            true => all,
            false => (1..=aim).rev().find(|count| self.verifies(*count)).unwrap_or(aim),
        };
        let upto = (run.first - 1).saturating_add(count as u64);
        if count == all {
            return Ok(Some((run.finish()?, upto)));
        }
        let before = Head { seq: run.first - 1, hash: run.prev };
        let mut short = RunBuilder::new(self.log, before).dense(self.dense);
        self.entries.iter().take(count).for_each(|entry| short.push(entry));
        Ok(Some((short.finish()?, upto)))
    }

    fn verifies(&mut self, count: usize) -> bool {
        let (unsigned, network) = (&mut *self.unsigned, &self.network);
        self.entries.get(count - 1).is_some_and(|entry| unsigned.verifies(entry, network))
    }
}
