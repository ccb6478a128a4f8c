//! Which steps of an epoch count: complete ones, in chains.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Roster;
use super::book::Epoch;
use crate::charter::CoSignature;
use crate::hash::Hash;
use crate::steps::{Action, RosterStep, SignedStep, Subject};

/// A step with its hash.
pub(super) type Named<'a> = (Hash, &'a RosterStep);

/// Where a subject's chain ends: number and hash.
type End = (u64, Hash);

/// A complete step.
struct Complete<'a> {
    step: &'a RosterStep,
    /// The recovery key signed it.
    recovered: bool,
}

impl Roster {
    /// Takes the steps of the present epoch. True when one of them opened the next one.
    pub(super) fn fold_epoch<'a>(&mut self, epoch: &'a Epoch, accepted: &mut Vec<Named<'a>>) -> bool {
        let steps = complete_steps(epoch);
        let mut chains = self.chains.clone();
        let taken = extend_chains(&steps, &mut chains);
        let of_network = || taken.iter().filter(|(_, step)| step.subject == Subject::Network);
        let opening = of_network().find_map(|(_, step)| match &step.action {
            Action::Governors(governors, _) => Some(governors),
            _ => None,
        });
        let Some(governors) = opening else {
            self.chains = chains;
            accepted.extend(taken);
            return false;
        };
        let kept = of_network().flat_map(|(_, step)| match &step.action {
            Action::Governors(_, kept) | Action::Keep(kept) => kept.as_slice(),
            _ => &[],
        });
        // The chain is in order: what stands later replaces what an earlier step says of the same subject.
        let kept: BTreeMap<Subject, Hash> = kept.copied().collect();
        accepted.extend(of_network().copied());
        self.chains.extend(chains.get_key_value(&Subject::Network));
        for (subject, last) in kept.into_iter().filter(|(subject, _)| *subject != Subject::Network) {
            let before = self.chains.get(&subject).copied().unwrap_or_default();
            if let Some(chain) = walk_back(&steps, subject, last, before) {
                self.chains.insert(subject, (before.0 + chain.len() as u64, last));
                accepted.extend(chain);
            }
        }
        self.governors = governors.clone();
        self.epoch += 1;
        true
    }

    /// The governors of the present epoch, by index, whose signatures under a step are good; and whether they, or the
    /// recovery key, complete it.
    pub fn signers(&self, step: &RosterStep, signatures: &[CoSignature]) -> (BTreeSet<u8>, bool) {
        let mut epoch = Epoch::under(self.governors.clone());
        let copy = SignedStep { step: step.clone(), signatures: signatures.to_vec(), own: None };
        epoch.take(&copy, self, &mut 0);
        let held = epoch.steps.values().next();
        held.map(|held| (held.signers(), held.is_complete(&epoch.governors))).unwrap_or_default()
    }
}

fn complete_steps(epoch: &Epoch) -> BTreeMap<Hash, Complete<'_>> {
    let mut complete = BTreeMap::new();
    for (id, held) in &epoch.steps {
        if held.is_complete(&epoch.governors) {
            complete.insert(*id, Complete { step: &held.step, recovered: held.is_recovered() });
        }
    }
    complete
}

/// Extends every subject's chain as far as complete steps of the epoch reach, and returns them by subject and number.
/// The network's chain ends at a step of new governors: later ones belong to the next epoch.
fn extend_chains<'a>(
    steps: &BTreeMap<Hash, Complete<'a>>,
    chains: &mut BTreeMap<Subject, End>,
) -> Vec<Named<'a>> {
    let mut candidates: BTreeMap<(Subject, u64), Vec<(Hash, &Complete<'a>)>> = BTreeMap::new();
    for (id, complete) in steps {
        let place = (complete.step.subject, complete.step.number);
        candidates.entry(place).or_default().push((*id, complete));
    }
    let mut taken = Vec::new();
    let mut closed = false;
    for ((subject, number), rivals) in candidates {
        let (last, previous) = chains.get(&subject).copied().unwrap_or_default();
        if last.checked_add(1) != Some(number) || (closed && subject == Subject::Network) {
            continue;
        }
        let chained = rivals.into_iter().filter(|(_, complete)| complete.step.previous == previous);
        let rank = |id: &Hash, complete: &Complete<'_>| {
            (Reverse(complete.recovered), Reverse(complete.step.action.strictness()), *id)
        };
        let Some((id, complete)) = chained.min_by_key(|(id, complete)| rank(id, complete)) else {
            continue;
        };
        chains.insert(subject, (number, id));
        taken.push((id, complete.step));
        closed |= subject == Subject::Network && matches!(complete.step.action, Action::Governors(..));
    }
    taken
}

/// The steps of a subject that end in `last` and continue `before`; `None` while one of them is missing. The kept list
/// thus picks the branch: a stricter step that old governors sign after they were replaced changes nothing.
fn walk_back<'a>(
    steps: &BTreeMap<Hash, Complete<'a>>,
    subject: Subject,
    last: Hash,
    before: End,
) -> Option<Vec<Named<'a>>> {
    let mut chain = Vec::new();
    let mut next = last;
    while next != before.1 {
        let complete = steps.get(&next).filter(|complete| complete.step.subject == subject)?;
        chain.push((next, complete.step));
        next = complete.step.previous;
    }
    chain.reverse();
    let numbered = chain.iter().zip(before.0..).all(|((_, step), n)| n.checked_add(1) == Some(step.number));
    numbered.then_some(chain)
}
