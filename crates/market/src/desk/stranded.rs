//! Roster steps that stand in void entries only: peers that do not hold those would never hear of them.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Action, Charter, CoSignature, Governors, Hash, InstitutionId, Purpose, Role, Roster, Shelf, SignedStep,
    Verb,
};

use super::{Authored, Desk};
use crate::error::Result;

/// Steps written at once: with 64 KiB each they stay far below what the ledger takes in one batch.
const STEPS_AT_ONCE: usize = 256;

impl Desk<'_> {
    /// Writes roster steps again that stand in void entries only, so that everyone gets them: those that count, and those
    /// that wait with a governor's signature, without whatever else their copies carry. A hub or a sub-market does that, of
    /// which there are few.
    ///
    /// # Errors
    /// When the store fails, or the disk is full.
    pub fn carry_stranded(&mut self) -> Result<Vec<Authored>> {
        if !matches!(self.identity.institution.role, Role::Hub | Role::SubMarket) {
            return Ok(Vec::new());
        }
        let (counting, void) = self.ledger.roster_steps()?;
        let roster = self.library.roster();
        let steps = stranded(&self.identity.charter.charter, &roster, &counting, &void);
        let mut authored = Vec::new();
        for steps in steps.chunks(STEPS_AT_ONCE) {
            let drafts =
                steps.iter().map(|step| Ok((self.draft(None, Verb::ROSTER_STEP, step.to_bytes())?, None)));
            let drafts = drafts.collect::<Result<_>>()?;
            authored.push(self.write(Shelf::ROSTER, drafts)?);
        }
        Ok(authored)
    }
}

/// Of the steps in void entries those worth carrying, each with its good signatures, unless counting entries hold all that.
fn stranded(
    charter: &Charter,
    roster: &Roster,
    counting: &[SignedStep],
    void: &[SignedStep],
) -> Vec<SignedStep> {
    let (accepted, governors) = accepted(charter, roster, counting, void);
    let signed = |step: &SignedStep| {
        let id = step.step.id();
        step.signatures.iter().map(|signature| (id, signature.clone())).collect::<Vec<_>>()
    };
    let known: BTreeSet<(Hash, CoSignature)> = counting.iter().flat_map(signed).collect();
    let mut epochs: BTreeMap<u32, Roster> = BTreeMap::new();
    // Governors' copies of a step become one; institutions who say the same say it each for itself.
    let mut found: BTreeMap<(Hash, Option<InstitutionId>), SignedStep> = BTreeMap::new();
    for copy in void {
        let id = copy.step.id();
        if roster.words.contains_key(&id) {
            let is_held = counting.iter().any(|held| held.own == copy.own && held.step.id() == id);
            if !is_held && let Some(by) = own_word_of(roster, copy) {
                let alone = || SignedStep { signatures: Vec::new(), ..copy.clone() };
                found.entry((id, Some(by))).or_insert_with(alone);
            }
            continue;
        }
        let epoch = copy.step.epoch;
        let Some(of_epoch) = governors.get(&epoch) else { continue };
        if !accepted.contains(&id) && epoch != roster.epoch {
            continue;
        }
        let then = epochs.entry(epoch).or_insert_with(|| Roster {
            governors: of_epoch.clone(),
            epoch,
            ..roster.clone()
        });
        for signature in &copy.signatures {
            let taken = found.get(&(id, None)).map_or(&[][..], |step| &step.signatures);
            if known.contains(&(id, signature.clone()))
                || taken.iter().any(|s| s.governor == signature.governor)
            {
                continue;
            }
            let (signers, complete) = then.signers(&copy.step, std::slice::from_ref(signature));
            if complete || !signers.is_empty() {
                let step = || SignedStep { step: copy.step.clone(), signatures: Vec::new(), own: None };
                found.entry((id, None)).or_insert_with(step).signatures.push(signature.clone());
            }
        }
    }
    found.into_values().collect()
}

/// The steps in the roster's chains, and each epoch's governors.
fn accepted(
    charter: &Charter,
    roster: &Roster,
    counting: &[SignedStep],
    void: &[SignedStep],
) -> (BTreeSet<Hash>, BTreeMap<u32, Governors>) {
    let all: BTreeMap<Hash, _> = counting.iter().chain(void).map(|s| (s.step.id(), &s.step)).collect();
    let mut accepted = BTreeSet::new();
    let mut governors = BTreeMap::from([(0, charter.governors.clone())]);
    for (_, last) in roster.chains.values() {
        let mut next = *last;
        while let Some(step) = all.get(&next).filter(|_| accepted.insert(next)) {
            if let Action::Governors(following, _) = &step.action {
                governors.insert(step.epoch.saturating_add(1), following.clone());
            }
            next = step.previous;
        }
    }
    (accepted, governors)
}

/// Whose own word a copy is, if it carries the signature that makes it one.
fn own_word_of(roster: &Roster, copy: &SignedStep) -> Option<InstitutionId> {
    let own = copy.own.as_ref()?;
    let certified = &own.certificate.body;
    let (body, what) = (copy.step.to_bytes(), "the institution's own word");
    let counts = roster.words.get(&copy.step.id())?.contains(&certified.institution)
        && certified.root.verify(Purpose::RosterStep, &roster.network, &body, &own.signature, what).is_ok()
        && own.certificate.verify(&roster.network).is_ok();
    counts.then_some(certified.institution)
}
