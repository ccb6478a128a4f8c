//! What a node reads of the roster, and what it purges by it.

use std::collections::BTreeMap;

use protocol::{
    Charter, CheckedEntry, DocumentId, Folded, InstitutionId, LogHead, LogId, Redemption, Roster, RosterBook,
    Shelf, SignedStep, Verb,
};
use replica::Input;

use super::Node;

impl Node {
    /// Removes the payloads that the roster purges.
    pub fn purge(&mut self) {
        let roster = self.replica.roster();
        if roster.purged.is_empty() && roster.purge_words.is_empty() {
            return;
        }
        let institutions = self.institutions();
        let roster = self.replica.roster();
        for entry in self.store.values_mut().flatten().filter(|entry| entry.header.may_be_bare()) {
            if is_purged(roster, &institutions, &entry.document()) {
                entry.payload = None;
            }
        }
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
}

fn is_purged(roster: &Roster, institutions: &BTreeMap<LogId, InstitutionId>, id: &DocumentId) -> bool {
    let word = roster.purge_words.get(id).and_then(|words| words.values().next());
    roster.purge(id, word.and_then(|word| institutions.get(&word.origin))).is_some()
}
