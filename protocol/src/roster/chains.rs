//! Which steps of an epoch count: complete ones, in chains.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Roster, Verified};
use crate::charter::{CoSignature, RECOVERY_INDEX};
use crate::hash::Hash;
use crate::keys::{PublicKey, Purpose, Signature};
use crate::steps::{Action, RosterStep, SignedStep, Subject};

/// A step with its hash.
pub(super) type Named<'a> = (Hash, &'a RosterStep);

/// Where a subject's chain ends: number and hash.
type End = (u64, Hash);

/// A step and the signatures of all its copies.
struct Candidate<'a> {
    step: &'a RosterStep,
    signatures: BTreeSet<&'a CoSignature>,
}

/// A complete step.
struct Complete<'a> {
    step: &'a RosterStep,
    /// The recovery key signed it.
    recovered: bool,
}

/// All steps held, by epoch and hash.
pub(super) struct Epochs<'a>(BTreeMap<u32, BTreeMap<Hash, Candidate<'a>>>);

impl<'a> Epochs<'a> {
    pub(super) fn of(steps: &'a [SignedStep]) -> Self {
        let mut epochs: BTreeMap<u32, BTreeMap<Hash, Candidate<'a>>> = BTreeMap::new();
        for signed in steps.iter().filter(|signed| signed.step.number > 0) {
            let of_epoch = epochs.entry(signed.step.epoch).or_default();
            let candidate = of_epoch
                .entry(signed.step.id())
                .or_insert_with(|| Candidate { step: &signed.step, signatures: BTreeSet::new() });
            candidate.signatures.extend(&signed.signatures);
        }
        Self(epochs)
    }
}

impl Roster {
    /// Takes the steps of the present epoch. True when one of them opened the next one.
    pub(super) fn fold_epoch<'a>(
        &mut self,
        epochs: &Epochs<'a>,
        verified: &mut Verified,
        accepted: &mut Vec<Named<'a>>,
    ) -> bool {
        let steps = self.complete_steps(epochs, verified);
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

    fn complete_steps<'a>(
        &self,
        epochs: &Epochs<'a>,
        verified: &mut Verified,
    ) -> BTreeMap<Hash, Complete<'a>> {
        let mut complete = BTreeMap::new();
        for (id, candidate) in epochs.0.get(&self.epoch).into_iter().flatten() {
            let step = candidate.step;
            let (signers, recovered) =
                self.count_signatures(id, step, candidate.signatures.iter().copied(), verified);
            if recovered || self.governors.suffice(&signers) {
                complete.insert(*id, Complete { step, recovered });
            }
        }
        complete
    }

    /// Which governors of the present epoch signed a step, and whether the recovery key did where it may.
    fn count_signatures<'s>(
        &self,
        id: &Hash,
        step: &RosterStep,
        signatures: impl Iterator<Item = &'s CoSignature> + Clone,
        verified: &mut Verified,
    ) -> (BTreeSet<u8>, bool) {
        let mut body = None;
        let mut good = |key: &PublicKey, signature: &Signature| {
            verified.ask(&[&self.network.0, &key.0, &id.0, &signature.0], || {
                let body = body.get_or_insert_with(|| step.to_bytes());
                key.verify(Purpose::RosterStep, &self.network, body, signature, "the roster step").is_ok()
            })
        };
        let recovers = step.subject == Subject::Network
            && matches!(step.action, Action::Governors(..) | Action::Keep(_));
        let recovered = recovers
            && signatures.clone().any(|s| s.governor == RECOVERY_INDEX && good(&self.recovery, &s.signature));
        (self.governors.signers(signatures, good), recovered)
    }

    /// The governors of the present epoch, by index, whose signatures under a step are good; and whether they, or the
    /// recovery key, complete it.
    pub fn signers(&self, step: &RosterStep, signatures: &[CoSignature]) -> (BTreeSet<u8>, bool) {
        let (signers, recovered) =
            self.count_signatures(&step.id(), step, signatures.iter(), &mut Verified::default());
        let complete = recovered || self.governors.suffice(&signers);
        (signers, complete)
    }
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
