//! What a node reads of the roster, and what it purges by it.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Charter, CheckedEntry, DocumentId, Entry, Folded, InstitutionId, LogHead, LogId, Redemption, Roster,
    RosterBook, Shelf, SignedStep, Verb,
};
use replica::Input;

use super::Node;

impl Node {
    /// Removes the payloads that the roster purges, of all entries held.
    pub fn purge(&mut self) {
        self.purged = self.replica.roster().purge_words.keys().copied().collect();
        let logs: Vec<LogId> = self.store.keys().copied().collect();
        logs.iter().for_each(|log| self.purge_in(log, 0));
    }

    /// Removes those of what was purged since the last time.
    pub(super) fn purge_anew(&mut self) {
        let roster = self.replica.roster();
        if !roster.purged.is_empty() {
            return self.purge();
        }
        let before = std::mem::take(&mut self.purged);
        self.purged = roster.purge_words.keys().copied().collect();
        // A document lies on the shelf on which it begins.
        let new = self.purged.difference(&before).flat_map(|id| roster.purge_words[id].values());
        let shelves: BTreeSet<Shelf> = new.map(|word| word.origin.shelf).collect();
        let logs: Vec<LogId> =
            self.store.keys().filter(|log| shelves.contains(&log.shelf)).copied().collect();
        logs.iter().for_each(|log| self.purge_in(log, 0));
    }

    /// A run came, behind `after` entries of its log.
    pub(super) fn purge_come(&mut self, log: &LogId, after: usize) {
        let words = &self.replica.roster().purge_words;
        if after == 0 && words.values().flat_map(BTreeMap::values).any(|word| word.origin == *log) {
            // Whose documents begin in it is known now.
            return self.purge();
        }
        self.purge_in(log, after);
    }

    fn purge_in(&mut self, log: &LogId, from: usize) {
        let roster = self.replica.roster();
        if !log.shelf.kind.holds_documents() || roster.purged.is_empty() && roster.purge_words.is_empty() {
            return;
        }
        let logs = self.replica.logs();
        let institution = |log: &LogId| Some(logs.get(log)?.certificate.as_ref()?.body.institution);
        let is_purged = |entry: &Entry| {
            let id = entry.document();
            let word = roster.purge_words.get(&id).and_then(|words| words.values().next());
            let owner = word.and_then(|word| institution(&word.origin));
            roster.purge(&id, owner.as_ref()).is_some()
        };
        for entry in self.store.get_mut(log).into_iter().flatten().skip(from) {
            if entry.payload.is_some() && entry.header.may_be_bare() && is_purged(entry) {
                entry.payload = None;
            }
        }
    }

    /// Of these documents one that the roster purges and that is not: an entry still has its payload.
    pub fn purged_yet_whole(&self, documents: &BTreeSet<DocumentId>) -> Option<DocumentId> {
        let mut whole = self.store.values().flatten().filter(|entry| entry.payload.is_some());
        let purged = |id: &DocumentId| {
            let words = self.replica.roster().purge_words.get(id);
            words.is_some_and(|words| words.values().any(|word| self.head(&word.origin).seq > 0))
        };
        let found = whole.find(|entry| {
            let id = entry.document();
            entry.header.may_be_bare() && documents.contains(&id) && purged(&id)
        });
        found.map(Entry::document)
    }

    /// Who answers for each log.
    fn institutions(&self) -> BTreeMap<LogId, InstitutionId> {
        let logs = self.replica.logs().iter();
        logs.filter_map(|(log, state)| Some((*log, state.certificate.as_ref()?.body.institution))).collect()
    }

    /// Entries that stand without their payloads though they are not purged.
    pub fn bare(&self) -> Vec<LogHead> {
        let (roster, institutions) = (self.replica.roster(), self.institutions());
        let bare = self.store.values().flatten().filter(|entry| entry.payload.is_none());
        let bare = bare.filter(|entry| !is_purged(roster, &institutions, &entry.document()));
        bare.map(|entry| LogHead { log: entry.header.log, head: entry.head() }).collect()
    }

    /// Puts payloads back, where they are not purged.
    pub fn fill(&mut self, log: &LogId, entries: Vec<CheckedEntry>) {
        for checked in entries {
            let held = &mut self.store.get_mut(log).unwrap()[checked.entry.header.seq as usize - 1];
            assert_eq!(held.hash(), checked.hash, "{}: it asked for this entry", self.name);
            *held = checked.entry;
        }
        self.purge();
    }

    /// Number of entries of a document that have their payloads.
    pub fn whole_of(&self, id: &DocumentId) -> usize {
        let entries = self.store.values().flatten().filter(|entry| entry.header.may_be_bare());
        entries.filter(|entry| entry.document() == *id && entry.payload.is_some()).count()
    }

    /// The roster's book as a node that starts reads it from what is stored.
    pub(super) fn book(&self, charter: &Charter) -> RosterBook {
        let mut book = RosterBook::new(charter);
        for (log, entries) in self.store.iter().filter(|(log, _)| log.shelf == Shelf::ROSTER) {
            book.end(log, self.counts(log));
            let certificate = self.replica.logs().get(log).and_then(|l| l.certificate.as_ref());
            for entry in entries {
                if let Some(certificate) = certificate {
                    book.take_purge(certificate.body.institution, entry);
                }
            }
            for entry in entries.iter().filter(|entry| entry.header.verb == Verb::REDEEM) {
                let redemption = Redemption::from_bytes(&entry.payload.as_ref().unwrap().bytes);
                book.take_redemption(log, entry.header.seq, &redemption.unwrap());
            }
        }
        self.steps_of(0).iter().for_each(|(_, step)| _ = book.take_step(step));
        while let Folded::Unread(epoch) = book.fold() {
            self.steps_of(epoch).iter().for_each(|(_, step)| _ = book.take_step(step));
            book.has_read(epoch);
        }
        book
    }

    /// The steps of an epoch in the entries stored, each with its place.
    fn steps_of(&self, epoch: u32) -> Vec<((LogId, u64), SignedStep)> {
        let roster = self.store.iter().filter(|(log, _)| log.shelf == Shelf::ROSTER);
        let steps = roster.flat_map(|(log, entries)| entries.iter().map(|entry| (*log, entry)));
        let steps = steps.filter(|(_, entry)| entry.header.verb == Verb::ROSTER_STEP);
        let read = steps.filter_map(|(log, entry)| {
            let step = SignedStep::from_bytes(&entry.payload.as_ref()?.bytes).ok()?;
            Some(((log, entry.header.seq), step))
        });
        read.filter(|(_, step)| step.step.epoch == epoch).collect()
    }

    /// Answers a replica that asks for the steps of an epoch, a few at a time.
    pub fn read_steps(&self, epoch: u32, after: Option<(LogId, u64)>) -> Input {
        const AT_ONCE: usize = 2;
        let mut steps = self.steps_of(epoch);
        steps.retain(|(place, _)| after.is_none_or(|after| *place > after));
        steps.truncate(AT_ONCE);
        let more_after = steps.last().map(|(place, _)| *place);
        Input::Steps { epoch, steps: steps.into_iter().map(|(_, step)| step).collect(), more_after }
    }

    /// Answers a replica that asks for purges, a few hundred at a time.
    pub fn read_purges(&self, after: Option<(LogId, u64)>) -> Input {
        const AT_ONCE: usize = 256;
        let roster = self.store.iter().filter(|(log, _)| log.shelf == Shelf::ROSTER);
        let purges = roster.flat_map(|(_, entries)| entries).filter(|entry| entry.header.verb == Verb::PURGE);
        let behind = |entry: &&Entry| after.is_none_or(|after| (entry.header.log, entry.header.seq) > after);
        let entries: Vec<Entry> = purges.filter(behind).take(AT_ONCE).cloned().collect();
        let more_after = entries.last().map(|entry| (entry.header.log, entry.header.seq));
        Input::Purges { entries, more_after }
    }
}

fn is_purged(roster: &Roster, institutions: &BTreeMap<LogId, InstitutionId>, id: &DocumentId) -> bool {
    let word = roster.purge_words.get(id).and_then(|words| words.values().next());
    roster.purge(id, word.and_then(|word| institutions.get(&word.origin))).is_some()
}
