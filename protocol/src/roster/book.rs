//! What the fold reads, judged as it comes in.
//!
//! Whoever may write into a roster log can fill it with steps that nobody signed. So signatures are looked at once, at the
//! door, and of what does not hold nothing stays: what the book keeps grows with what governors and institutions sign.

use std::collections::{BTreeMap, BTreeSet};

use super::words::Word;
use super::{Purges, Roster, RosterInput};
use crate::charter::{Charter, CoSignature, Governors, RECOVERY_INDEX};
use crate::entry::Entry;
use crate::hash::{Hash, InstitutionId};
use crate::keys::{PublicKey, Purpose, Signature};
use crate::shelf::LogId;
use crate::steps::{Action, Redemption, RosterStep, SignedStep, Subject};

/// Roster steps and redemptions as they come in, and the roster that follows from them.
///
/// ```text
/// let mut book = RosterBook::new(&charter);
/// book.take_step(&step);                                       // in any order, repeated or not
/// while let Folded::Unread(epoch) = book.fold() {
///     stored(epoch).for_each(|step| drop(book.take_step(step)));
///     book.has_read(epoch);
/// }
/// book.roster()
/// ```
///
/// Of a step the book keeps one good signature a governor, and a step without any not at all. Who governs an epoch is known
/// once the step that opens it is there; steps of that epoch that came before are not kept, but asked for then, from where
/// entries are stored. The roster is a function of the entries held, whenever they came.
#[derive(Clone, Debug)]
pub struct RosterBook {
    founding: Roster,
    roster: Roster,
    epochs: Vec<Epoch>,
    words: BTreeMap<(Hash, InstitutionId, PublicKey), SignedStep>,
    redemptions: BTreeMap<(LogId, u64), Vec<Redemption>>,
    /// Purges by institutions' own word, as far as they count.
    purges: Purges,
    /// Roster logs with purges that do not count: they are not kept.
    past_end: BTreeSet<LogId>,
    /// Purges that were not kept may count now.
    purges_due: bool,
    ends: BTreeMap<LogId, u64>,
    verified: u64,
}

/// How a fold went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// The roster is what it was.
    Same,
    /// It is another one.
    Changed,
    /// It is what it was, until all steps of this epoch that are held have been taken and [`RosterBook::has_read`] says so.
    Unread(u32),
}

/// What a book holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BookFigures {
    /// Steps that governors or the recovery key signed, complete or not.
    pub steps: usize,
    /// Steps by an institution's own word.
    pub words: usize,
    /// Redemptions.
    pub redemptions: usize,
    /// Signatures that were verified since the book was begun.
    pub verified: u64,
}

/// The steps of one epoch, by hash.
#[derive(Clone, Debug)]
pub(super) struct Epoch {
    pub governors: Governors,
    pub steps: BTreeMap<Hash, CoSigned>,
    unread: bool,
}

/// A step and its good signatures, by the index under which they stand.
#[derive(Clone, Debug)]
pub(super) struct CoSigned {
    pub step: RosterStep,
    pub signatures: BTreeMap<u8, Signature>,
}

impl RosterBook {
    /// A book with nothing in it: the roster is the charter's.
    pub fn new(charter: &Charter) -> Self {
        let founding = Roster::founding(charter);
        let first = Epoch { unread: false, ..Epoch::under(charter.governors.clone()) };
        Self {
            roster: founding.clone(),
            founding,
            epochs: vec![first],
            words: BTreeMap::new(),
            redemptions: BTreeMap::new(),
            purges: Purges::default(),
            past_end: BTreeSet::new(),
            purges_due: false,
            ends: BTreeMap::new(),
            verified: 0,
        }
    }

    /// The roster as of the last fold that went through.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Takes a copy of a step. True when it brought something that the next fold has to look at.
    pub fn take_step(&mut self, copy: &SignedStep) -> bool {
        if copy.step.number == 0 {
            return self.take_word(copy);
        }
        let Self { founding, epochs, verified, .. } = self;
        let epoch = epochs.get_mut(copy.step.epoch as usize);
        epoch.is_some_and(|epoch| epoch.take(copy, founding, verified))
    }

    fn take_word(&mut self, copy: &SignedStep) -> bool {
        let Some(word) = Word::of(copy) else { return false };
        let key = word.key();
        if self.words.contains_key(&key) {
            return false;
        }
        self.verified += 3;
        let holds = word.verify(&self.founding.network);
        if holds {
            self.words.insert(key, SignedStep { signatures: Vec::new(), ..copy.clone() });
        }
        holds
    }

    /// Takes a redemption with the place of its entry. True when it brought something that the next fold has to look at.
    pub fn take_redemption(&mut self, log: &LogId, seq: u64, redemption: &Redemption) -> bool {
        let at = self.redemptions.get(&(*log, seq));
        if at.is_some_and(|at| at.contains(redemption)) {
            return false;
        }
        self.verified += 4;
        if redemption.verify(&self.founding.network).is_err() {
            return false;
        }
        let at = self.redemptions.entry((*log, seq)).or_default();
        at.push(redemption.clone());
        // Two at one place are a fork, which is for its settle to end; here they only need one order.
        at.sort_by_cached_key(Redemption::to_bytes);
        true
    }

    /// Takes a PURGE entry by a node of `institution`, as its log's opening says. True when it is new and counts.
    pub fn take_purge(&mut self, institution: InstitutionId, entry: &Entry) -> bool {
        let log = &entry.header.log;
        if entry.header.seq > self.counts(log) {
            self.past_end.insert(*log);
            return false;
        }
        self.purges.note(institution, entry)
    }

    /// Whether PURGE entries that were not kept may count now: since some of those that came before them count no more, or a
    /// log counts further. Then all that are held are to be taken once more. Asked once, it is taken as done.
    pub fn wants_purges(&mut self) -> bool {
        let due = std::mem::take(&mut self.purges_due);
        if due {
            self.purges.read_again();
        }
        due
    }

    /// Takes all these purges in place of those held.
    pub(super) fn take_purges(&mut self, purges: &Purges) {
        self.purges.clone_from(purges);
    }

    /// Other entries take the place of what a log held from `seq` on. A step stays one whatever carried it. True when that is
    /// something that the next fold has to look at.
    pub fn replace_from(&mut self, log: &LogId, seq: u64) -> bool {
        let gone = self.redemptions.range((*log, seq)..=(*log, u64::MAX));
        let gone: Vec<(LogId, u64)> = gone.map(|(place, _)| *place).collect();
        for place in &gone {
            self.redemptions.remove(place);
        }
        let cut = self.purges.cut(log, seq);
        self.purges_due |= cut.room;
        cut.any || !gone.is_empty()
    }

    /// Redemptions and purges in a log count up to there; `u64::MAX` while it has no end. True when that is news.
    pub fn end(&mut self, log: &LogId, counts: u64) -> bool {
        let before = match counts {
            u64::MAX => self.ends.remove(log),
            _ => self.ends.insert(*log, counts),
        };
        let before = before.unwrap_or(u64::MAX);
        if counts < before {
            let cut = self.purges.cut(log, counts.saturating_add(1));
            self.purges_due |= cut.room;
            if cut.any {
                self.past_end.insert(*log);
            }
        } else if counts > before {
            self.purges_due |= self.past_end.remove(log);
        }
        before != counts
    }

    /// All steps held of an epoch that was asked for have been taken.
    pub fn has_read(&mut self, epoch: u32) {
        if let Some(epoch) = self.epochs.get_mut(epoch as usize) {
            epoch.unread = false;
        }
    }

    /// Brings the roster up to date.
    pub fn fold(&mut self) -> Folded {
        match Roster::of(self) {
            Ok(roster) if roster == self.roster => Folded::Same,
            Ok(roster) => {
                self.roster = roster;
                Folded::Changed
            }
            Err((epoch, governors)) => {
                let known = self.epochs.get(epoch as usize).is_some_and(|known| known.governors == governors);
                if !known {
                    // Later epochs follow from this one.
                    self.epochs.truncate(epoch as usize);
                    self.epochs.push(Epoch::under(governors));
                }
                Folded::Unread(epoch)
            }
        }
    }

    /// What is held: each step once with its good signatures, and the redemptions that count.
    pub fn input(&self) -> RosterInput {
        let cosigned = |held: &CoSigned| {
            let signature = |(governor, signature): (&u8, &Signature)| CoSignature {
                governor: *governor,
                signature: *signature,
            };
            let signatures = held.signatures.iter().map(signature).collect();
            SignedStep { step: held.step.clone(), signatures, own: None }
        };
        let steps = self.epochs.iter().flat_map(|epoch| epoch.steps.values()).map(cosigned);
        let redemptions = self.redemptions().map(|(log, seq, redemption)| (*log, seq, redemption.clone()));
        RosterInput {
            steps: steps.chain(self.words.values().cloned()).collect(),
            redemptions: redemptions.collect(),
            purges: self.purges.clone(),
        }
    }

    /// What it holds.
    pub fn figures(&self) -> BookFigures {
        BookFigures {
            steps: self.epochs.iter().map(|epoch| epoch.steps.len()).sum(),
            words: self.words.len(),
            redemptions: self.redemptions.values().map(Vec::len).sum(),
            verified: self.verified,
        }
    }

    /// Whether a step about this subject is held, complete or not.
    pub fn knows_of(&self, subject: &Subject) -> bool {
        let words = self.words.values().map(|word| &word.step);
        let steps = self.epochs.iter().flat_map(|epoch| epoch.steps.values()).map(|held| &held.step);
        words.chain(steps).any(|step| step.subject == *subject)
    }

    pub(super) fn purges(&self) -> &Purges {
        &self.purges
    }

    /// How far a roster log counts.
    pub(super) fn counts(&self, log: &LogId) -> u64 {
        self.ends.get(log).copied().unwrap_or(u64::MAX)
    }

    pub(super) fn founding(&self) -> &Roster {
        &self.founding
    }

    /// The steps of an epoch under these governors, once they have been read.
    pub(super) fn epoch(&self, number: u32, governors: &Governors) -> Option<&Epoch> {
        let epoch = self.epochs.get(number as usize)?;
        (epoch.governors == *governors && !epoch.unread).then_some(epoch)
    }

    /// The institutions' own words, ascending by the steps' hashes.
    pub(super) fn words(&self) -> impl Iterator<Item = Word<'_>> {
        self.words.values().filter_map(Word::of)
    }

    /// Redemptions in entries that count, by log and place.
    pub(super) fn redemptions(&self) -> impl Iterator<Item = (&LogId, u64, &Redemption)> {
        let counting = self.redemptions.iter().filter(move |((log, seq), _)| *seq <= self.counts(log));
        counting.flat_map(|((log, seq), at)| at.iter().map(move |redemption| (log, *seq, redemption)))
    }
}

impl Epoch {
    /// An epoch of which nothing has been read.
    pub fn under(governors: Governors) -> Self {
        Self { governors, steps: BTreeMap::new(), unread: true }
    }

    /// Takes of a copy the signatures that hold and are not there yet, and counts those that were verified for it. True when
    /// there was one.
    pub fn take(&mut self, copy: &SignedStep, network: &Roster, verified: &mut u64) -> bool {
        let (id, body) = (copy.step.id(), copy.step.to_bytes());
        let mut found: BTreeMap<u8, Signature> = BTreeMap::new();
        for CoSignature { governor, signature } in &copy.signatures {
            let held = self.steps.get(&id).is_some_and(|held| held.signatures.contains_key(governor));
            let Some(key) = self.signer(*governor, &copy.step, &network.recovery) else { continue };
            if held || found.contains_key(governor) {
                continue;
            }
            *verified += 1;
            let what = "the roster step";
            if key.verify(Purpose::RosterStep, &network.network, &body, signature, what).is_ok() {
                found.insert(*governor, *signature);
            }
        }
        if found.is_empty() {
            return false;
        }
        let new = || CoSigned { step: copy.step.clone(), signatures: BTreeMap::new() };
        self.steps.entry(id).or_insert_with(new).signatures.append(&mut found);
        true
    }

    /// The key whose signature an index stands for under a step.
    fn signer(&self, index: u8, step: &RosterStep, recovery: &PublicKey) -> Option<PublicKey> {
        match index {
            RECOVERY_INDEX => recovers(step).then_some(*recovery),
            _ => self.governors.members.get(usize::from(index)).map(|governor| governor.key),
        }
    }
}

impl CoSigned {
    /// The governors that signed, by index.
    pub fn signers(&self) -> BTreeSet<u8> {
        self.signatures.keys().copied().filter(|index| *index != RECOVERY_INDEX).collect()
    }

    /// The recovery key signed it.
    pub fn is_recovered(&self) -> bool {
        self.signatures.contains_key(&RECOVERY_INDEX)
    }

    /// It counts: enough of these governors signed it, or the recovery key did.
    pub fn is_complete(&self, governors: &Governors) -> bool {
        self.is_recovered() || governors.suffice(&self.signers())
    }
}

/// Whether the recovery key alone completes a step.
fn recovers(step: &RosterStep) -> bool {
    step.subject == Subject::Network && matches!(step.action, Action::Governors(..) | Action::Keep(_))
}
