//! Which patches of a document count.
//!
//! A patch is judged once all it builds on has been, and after the earlier patches of its own actor; among those that
//! could be judged, the first in log order is. So the outcome is a function of the set of patches, at a cost that
//! grows with their number and not with its square.

use std::collections::{BTreeMap, BTreeSet};

use protocol::limits::{MAX_DOCUMENT_ACTORS, MAX_DOCUMENT_PATCHES};
use protocol::{Actor, Checked, Fault, Hash, OpId, Origin};

use super::{DocumentPatch, Fate};

/// The verdicts.
pub(super) struct Verdicts {
    pub fates: Vec<Fate>,
    /// Indices of the valid patches, each after all it builds on, with their actors.
    pub valid: Vec<(usize, Actor)>,
}

/// Judges patches that stand in log order.
pub(super) fn judge(origin: &Origin, patches: &[DocumentPatch]) -> Verdicts {
    let mut judge = Judge::new(origin, patches);
    while let Some(index) = judge.ready.pop_first() {
        let verdict = judge.verdict(index);
        judge.note(index, verdict);
    }
    judge.verdicts
}

/// Those who claim to be the change of one hash; at most one of them is.
#[derive(Default)]
struct Claim {
    undecided: usize,
    valid: Option<usize>,
    waiting: Vec<usize>,
}

struct Judge<'a> {
    origin: &'a Origin,
    patches: &'a [DocumentPatch],
    actors: Vec<Actor>,
    claims: BTreeMap<Hash, Claim>,
    /// How many things each patch still waits for.
    open: Vec<usize>,
    /// The next patch of the same actor in log order.
    next: Vec<Option<usize>>,
    ready: BTreeSet<usize>,
    /// Each actor's number, and by that number its valid patches in the order of their sequence numbers.
    numbers: BTreeMap<Actor, usize>,
    chains: Vec<Vec<usize>>,
    /// For each valid patch, how many patches of each actor it builds on, itself included.
    clocks: BTreeMap<usize, Vec<u32>>,
    verdicts: Verdicts,
}

impl<'a> Judge<'a> {
    fn new(origin: &'a Origin, patches: &'a [DocumentPatch]) -> Self {
        let actor = |p: &DocumentPatch| Actor::derive(&p.log, origin, p.signed.patch.generation);
        let mut judge = Self {
            origin,
            patches,
            actors: patches.iter().map(actor).collect(),
            claims: BTreeMap::new(),
            open: vec![0; patches.len()],
            next: vec![None; patches.len()],
            ready: BTreeSet::new(),
            numbers: BTreeMap::new(),
            chains: Vec::new(),
            clocks: BTreeMap::new(),
            verdicts: Verdicts { fates: vec![Fate::Waiting; patches.len()], valid: Vec::new() },
        };
        let mut last: BTreeMap<Actor, usize> = BTreeMap::new();
        for (index, patch) in patches.iter().enumerate() {
            judge.claims.entry(patch.signed.change).or_default().undecided += 1;
            for dep in &patch.signed.patch.deps {
                judge.claims.entry(*dep).or_default().waiting.push(index);
                judge.open[index] += 1;
            }
            if let Some(earlier) = last.insert(judge.actors[index], index) {
                judge.next[earlier] = Some(index);
                judge.open[index] += 1;
            }
        }
        judge.ready = (0..patches.len()).filter(|index| judge.open[*index] == 0).collect();
        judge
    }

    fn note(&mut self, index: usize, verdict: Checked<Vec<u32>>) {
        let valid = verdict.is_ok();
        match verdict {
            Ok(clock) => {
                let number = self.number(&self.actors[index]).unwrap_or(self.chains.len());
                if number == self.chains.len() {
                    self.numbers.insert(self.actors[index], number);
                    self.chains.push(Vec::new());
                }
                self.chains[number].push(index);
                self.clocks.insert(index, clock);
                self.verdicts.fates[index] = Fate::Valid;
                self.verdicts.valid.push((index, self.actors[index]));
            }
            Err(fault) => self.verdicts.fates[index] = Fate::Void(fault),
        }
        if let Some(next) = self.next[index] {
            self.settle(next);
        }
        let Some(claim) = self.claims.get_mut(&self.patches[index].signed.change) else { return };
        claim.undecided -= 1;
        if valid {
            claim.valid = Some(index);
        }
        // Decided for those who build on it: it is there, or all who claimed to be it are void.
        if valid || (claim.undecided == 0 && claim.valid.is_none()) {
            for waiting in std::mem::take(&mut claim.waiting) {
                self.settle(waiting);
            }
        }
    }

    fn settle(&mut self, index: usize) {
        self.open[index] -= 1;
        if self.open[index] == 0 {
            self.ready.insert(index);
        }
    }

    fn number(&self, actor: &Actor) -> Option<usize> {
        self.numbers.get(actor).copied()
    }

    fn verdict(&self, index: usize) -> Checked<Vec<u32>> {
        let forbidden = |why| Err(Fault::Forbidden { what: "patch", why });
        let entry = &self.patches[index];
        let patch = &entry.signed.patch;
        if entry.log.shelf != self.origin.log.shelf {
            return forbidden("a document's patches stand on the shelf where it was created");
        }
        if self.verdicts.valid.len() >= MAX_DOCUMENT_PATCHES {
            return forbidden("the document has as many patches as it may have");
        }
        let creating = entry.log == self.origin.log && entry.seq == self.origin.seq;
        if creating != patch.deps.is_empty() {
            return forbidden("only the creating patch has no dependencies");
        }
        let number = self.number(&self.actors[index]);
        if number.is_none() && self.chains.len() >= MAX_DOCUMENT_ACTORS {
            return forbidden("the document has as many actors as it may have");
        }
        let number = number.unwrap_or(self.chains.len());
        let Some((mut clock, last_op)) = self.past(index) else {
            return forbidden("what it builds on is void");
        };
        if patch.start_op != last_op + 1 {
            return forbidden("its operations must start one past those it builds on");
        }
        if clock.len() <= number {
            clock.resize(number + 1, 0);
        }
        let written = self.chains.get(number).map_or(0, Vec::len);
        let seen = clock[number] as usize;
        if seen != written || patch.seq != written as u64 + 1 {
            return forbidden("its number must follow its author's last one, on which it must build");
        }
        if !patch.ops.iter().all(|op| op.preds.iter().all(|pred| self.replaces(pred, &op.key, &clock))) {
            return forbidden("it replaces an operation that is not one of its field that it builds on");
        }
        entry.signed.check_hash(self.actors[index], entry.time_ms)?;
        clock[number] += 1;
        Ok(clock)
    }

    /// What the patch builds on: the joined clocks of its dependencies and their last operation. `None` when one of
    /// them is void.
    fn past(&self, index: usize) -> Option<(Vec<u32>, u64)> {
        let (mut clock, mut last_op) = (Vec::new(), 0);
        for dep in &self.patches[index].signed.patch.deps {
            let dep = self.claims.get(dep)?.valid?;
            last_op = last_op.max(self.patches[dep].signed.patch.last_op());
            let its = self.clocks.get(&dep)?;
            if clock.len() < its.len() {
                clock.resize(its.len(), 0);
            }
            for (mine, its) in clock.iter_mut().zip(its) {
                *mine = (*mine).max(*its);
            }
        }
        Some((clock, last_op))
    }

    /// True when the named operation is one on this key, in what the clock covers.
    fn replaces(&self, pred: &OpId, key: &str, clock: &[u32]) -> bool {
        let Some(number) = self.number(&pred.actor) else { return false };
        let covered = clock.get(number).map_or(0, |seen| *seen as usize);
        let Some(chain) = self.chains.get(number).and_then(|chain| chain.get(..covered)) else {
            return false;
        };
        let after = chain.partition_point(|index| self.patches[*index].signed.patch.start_op <= pred.counter);
        let Some(index) = after.checked_sub(1).and_then(|place| chain.get(place)) else { return false };
        let patch = &self.patches[*index].signed.patch;
        let place = usize::try_from(pred.counter - patch.start_op).unwrap_or(usize::MAX);
        patch.ops.get(place).is_some_and(|op| op.key == key)
    }
}
