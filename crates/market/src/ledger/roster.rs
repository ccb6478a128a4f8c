//! The roster's entries in the store, found by an index: steps by their epoch, redemptions and purges.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Charter, Entry, Folded, Hash, LogId, Profile, Redemption, RosterBook, Shelf, SignedStep, Verb,
    limits::{MAX_PAYLOAD, MAX_PROFILE_TEXT},
};
use storage::{Batch, Store, Table};

use super::{Ledger, layout};
use crate::error::Result;

/// Steps that are read at once, …
const STEPS_AT_ONCE: usize = 256;
/// … or fewer once their payloads take so many bytes: as much as a few frames.
const STEP_BYTES: usize = 16 * MAX_PAYLOAD;

/// First byte of the index's keys for steps; epoch, number of the log and sequence number follow.
const STEP: u8 = 0;
/// First byte of the index's keys for redemptions; number of the log and sequence number follow.
const REDEMPTION: u8 = 1;
/// First byte of the index's keys for purges; number of the log and sequence number follow.
const PURGE: u8 = 2;

/// First byte of the index's keys for texts; what a profile names the text by, number of the log and sequence number follow.
const TEXT: u8 = 3;

/// A step with the place where it stands.
pub type PlacedStep = ((LogId, u64), SignedStep);

/// The key in the index of an entry of a roster log; `None` when the roster has no use for it.
pub(super) fn index_key(number: u32, entry: &Entry) -> Option<Vec<u8>> {
    let place = layout::entry_key(number, entry.header.seq);
    let payload = entry.payload.as_ref().filter(|_| entry.header.log.shelf == Shelf::ROSTER)?;
    match entry.header.verb {
        Verb::ROSTER_STEP => {
            let step = SignedStep::from_bytes(&payload.bytes).ok()?.step;
            Some([&[STEP][..], &step.epoch.to_be_bytes(), &place].concat())
        }
        Verb::REDEEM => Some([&[REDEMPTION][..], &place].concat()),
        Verb::PURGE => Some([&[PURGE][..], &place].concat()),
        Verb::TEXT if (1..=MAX_PROFILE_TEXT).contains(&payload.bytes.len()) => {
            Some([&[TEXT][..], &Profile::text(&payload.bytes).0, &place].concat())
        }
        _ => None,
    }
}

/// The number of the log and the sequence number of an entry with this text; of several the first in their order.
pub(crate) fn place_of_text(store: &dyn Store, text: &Hash) -> Result<Option<(u32, u64)>> {
    let prefix = [&[TEXT][..], &text.0].concat();
    let found = store.scan_prefix(Table::Roster, &prefix, None, 1)?;
    let place = found.first().and_then(|(key, _)| layout::place_of(key.get(prefix.len()..)?, false));
    Ok(place.map(|place| (place.log, place.seq)))
}

impl Ledger {
    /// Adds an entry to the index.
    pub(super) fn index_roster(number: u32, entry: &Entry, batch: &mut Batch) {
        if let Some(key) = index_key(number, entry) {
            batch.put(Table::Roster, &key, Vec::new());
        }
    }

    /// The roster's book as the entries held have it: steps wherever they stand, redemptions as far as their log counts.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn roster_book(&self, charter: &Charter) -> Result<RosterBook> {
        let mut book = RosterBook::new(charter);
        self.end_roster_logs(&mut book);
        self.take_placed(REDEMPTION, |entry| {
            let payload = entry.payload.as_ref().map(|payload| Redemption::from_bytes(&payload.bytes));
            if let Some(Ok(redemption)) = payload {
                book.take_redemption(&entry.header.log, entry.header.seq, &redemption);
            }
        })?;
        self.take_placed(PURGE, |entry| {
            if let Some(certificate) = self.certificates.get(&entry.header.log) {
                book.take_purge(certificate.body.institution, entry);
            }
        })?;
        self.take_steps(0, &mut book)?;
        while let Folded::Unread(epoch) = book.fold() {
            self.take_steps(epoch, &mut book)?;
            book.has_read(epoch);
        }
        Ok(book)
    }

    /// Tells a book how far roster logs count.
    pub fn end_roster_logs(&self, book: &mut RosterBook) {
        for (log, record) in self.logs.iter().filter(|(log, _)| log.shelf == Shelf::ROSTER) {
            book.end(log, record.counts);
        }
    }

    /// Gives `take` the entries under one of the index's first bytes, by log number and place.
    fn take_placed(&self, code: u8, mut take: impl FnMut(&Entry)) -> Result<()> {
        let mut after = vec![code];
        loop {
            let page = self.store.scan_prefix(Table::Roster, &[code], Some(&after), STEPS_AT_ONCE)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            for (key, _) in &page {
                self.indexed(key)?.iter().for_each(&mut take);
            }
        }
    }

    fn take_steps(&self, epoch: u32, book: &mut RosterBook) -> Result<()> {
        let mut after = None;
        loop {
            let page = self.steps_of(epoch, after)?;
            let Some((place, _)) = page.last() else { return Ok(()) };
            after = Some(*place);
            page.iter().for_each(|(_, step)| _ = book.take_step(step));
        }
    }

    /// The steps of an epoch that stand behind a place, some hundreds at the most; none when there are no more.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn steps_of(&self, epoch: u32, after: Option<(LogId, u64)>) -> Result<Vec<PlacedStep>> {
        let prefix = [&[STEP][..], &epoch.to_be_bytes()].concat();
        let after = after.and_then(|(log, seq)| Some((self.logs.get(&log)?.number, seq)));
        let after = after.map(|(number, seq)| [&prefix[..], &layout::entry_key(number, seq)].concat());
        let page = self.store.scan_prefix(Table::Roster, &prefix, after.as_deref(), STEPS_AT_ONCE)?;
        let (mut found, mut bytes) = (Vec::new(), 0);
        for (key, _) in page {
            let Some(Entry { header, payload: Some(payload), .. }) = self.indexed(&key)? else { continue };
            bytes += payload.bytes.len();
            found.push((
                (header.log, header.seq),
                SignedStep::from_bytes(&payload.bytes).map_err(layout::damaged)?,
            ));
            if bytes >= STEP_BYTES {
                break;
            }
        }
        Ok(found)
    }

    /// Of each step of an epoch, the log that carries it with the earliest time of its author's, and that time. A copy's time is
    /// its node's own word.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn first_carriers(&self, epoch: u32) -> Result<BTreeMap<Hash, (LogId, i64)>> {
        let prefix = [&[STEP][..], &epoch.to_be_bytes()].concat();
        let mut first: BTreeMap<Hash, (LogId, i64)> = BTreeMap::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.store.scan_prefix(Table::Roster, &prefix, after.as_deref(), STEPS_AT_ONCE)?;
            let Some((last, _)) = page.last() else { return Ok(first) };
            after = Some(last.clone());
            for (key, _) in &page {
                let Some(Entry { header, payload: Some(payload), .. }) = self.indexed(key)? else { continue };
                let id = SignedStep::from_bytes(&payload.bytes).map_err(layout::damaged)?.step.id();
                let found = (header.log, header.time_ms);
                let known = first.entry(id).or_insert(found);
                if (found.1, found.0) < (known.1, known.0) {
                    *known = found;
                }
            }
        }
    }

    /// The PURGE entries that stand behind a place, some hundreds at the most; none when there are no more.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn purges_after(&self, after: Option<(LogId, u64)>) -> Result<Vec<Entry>> {
        let after = after.and_then(|(log, seq)| Some((self.logs.get(&log)?.number, seq)));
        let after = after.map(|(number, seq)| [&[PURGE][..], &layout::entry_key(number, seq)].concat());
        let page = self.store.scan_prefix(Table::Roster, &[PURGE], after.as_deref(), STEPS_AT_ONCE)?;
        let mut found = Vec::with_capacity(page.len());
        for (key, _) in page {
            found.extend(self.indexed(&key)?);
        }
        Ok(found)
    }

    /// The entry that a key of the index names.
    fn indexed(&self, key: &[u8]) -> Result<Option<Entry>> {
        let place = key.len().checked_sub(12).and_then(|from| layout::place_of(&key[from..], false));
        place.map(|place| layout::entry_at(self.store.as_ref(), place.log, place.seq)).transpose()
    }

    /// The roster steps in entries that count, and those in void ones.
    ///
    /// # Errors
    /// When the store fails.
    pub fn roster_steps(&self) -> Result<(Vec<SignedStep>, Vec<SignedStep>)> {
        let (mut counting, mut void) = (BTreeSet::new(), BTreeSet::new());
        for (log, record) in self.logs.iter().filter(|(log, _)| log.shelf == Shelf::ROSTER) {
            self.read_log(log, 0, record.head.seq, |entry| {
                let of = if entry.header.seq <= record.counts { &mut counting } else { &mut void };
                of.extend(entry.payload.filter(|_| entry.header.verb == Verb::ROSTER_STEP).map(|p| p.bytes));
                true
            })?;
        }
        let read =
            |all: BTreeSet<Vec<u8>>| all.iter().filter_map(|b| SignedStep::from_bytes(b).ok()).collect();
        Ok((read(counting), read(void)))
    }
}
