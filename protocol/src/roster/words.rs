//! What an institution says without governors: settles of its own nodes' logs, a sub-market's invitations; and which
//! of its keys may say it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::chains::Named;
use super::{MemberState, Roster, RosterInput, Verified};
use crate::certificate::NodeCertificate;
use crate::charter::Role;
use crate::hash::{Hash, InstitutionId};
use crate::keys::{PublicKey, Purpose};
use crate::steps::{Action, Invitation, RosterStep, Rotation, SignedStep, Subject};

/// A step that an institution's own root key signed, the signatures checked.
pub(super) struct Word<'a> {
    id: Hash,
    step: &'a RosterStep,
    certificate: &'a NodeCertificate,
}

impl Roster {
    /// Notes the root keys that institutions have had, members or not.
    pub(super) fn rotate(&mut self, step: &RosterStep) {
        let (Subject::Institution(id), Action::RootKey(rotation)) = (step.subject, &step.action) else {
            return;
        };
        let signed = Rotation::signed(&id, &rotation.root);
        let held = rotation.root.verify(
            Purpose::RootKey,
            &self.network,
            &signed,
            &rotation.by_new,
            "the new root key",
        );
        // A root key that was left behind never comes back.
        if held.is_ok() && self.place_of(&id, &rotation.root).is_none() {
            self.rotations.entry(id).or_default().push(rotation.clone());
        }
    }

    fn rotations_of(&self, id: &InstitutionId) -> &[Rotation] {
        self.rotations.get(id).map_or(&[], Vec::as_slice)
    }

    /// Which of an institution's root keys this is: 0 the first.
    fn place_of(&self, id: &InstitutionId, root: &PublicKey) -> Option<usize> {
        if InstitutionId::of_first_root(root) == *id {
            return Some(0);
        }
        self.rotations_of(id).iter().position(|rotation| rotation.root == *root).map(|place| place + 1)
    }

    /// Whether what a root key signed is good: it is the institution's present one, or every later rotation keeps that.
    fn stands(&self, id: &InstitutionId, root: &PublicKey, kept: impl Fn(&Rotation) -> bool) -> bool {
        let place = self.place_of(id, root);
        place.is_some_and(|place| self.rotations_of(id).iter().skip(place).all(kept))
    }

    /// Whether a root key's certificate for a node is good.
    pub fn certifies(&self, certificate: &NodeCertificate) -> bool {
        let body = &certificate.body;
        self.stands(&body.institution, &body.root, |r| r.nodes.binary_search(&body.node).is_ok())
    }

    /// The root key with which a member signs now.
    pub fn present_root(&self, id: &InstitutionId) -> Option<PublicKey> {
        let first = self.members.get(id)?.institution.root;
        Some(self.rotations_of(id).last().map_or(first, |rotation| rotation.root))
    }

    /// The steps signed by institutions alone whose signatures hold and whose keys are good, by hash.
    pub(super) fn words<'a>(&self, input: &'a RosterInput, verified: &mut Verified) -> Vec<Word<'a>> {
        let mut words: Vec<Word<'a>> =
            input.steps.iter().filter_map(|signed| self.word(signed, verified)).collect();
        words.sort_by_key(|word| word.id);
        words
    }

    fn word<'a>(&self, signed: &'a SignedStep, verified: &mut Verified) -> Option<Word<'a>> {
        let own = signed.own.as_deref()?;
        let step = &signed.step;
        if step.number != 0 || step.epoch != 0 || step.previous != Hash::default() {
            return None;
        }
        let (id, body) = (step.id(), &own.certificate.body);
        let parts: [&[u8]; 4] = [&self.network.0, &own.certificate.to_bytes(), &id.0, &own.signature.0];
        let holds = verified.ask(&parts, || {
            let (purpose, what) = (Purpose::RosterStep, "the institution's own word");
            let signed = body.root.verify(purpose, &self.network, &step.to_bytes(), &own.signature, what);
            signed.is_ok() && own.certificate.verify(&self.network).is_ok()
        });
        let stands = || self.stands(&body.institution, &body.root, |r| r.words.binary_search(&id).is_ok());
        (holds && stands()).then_some(Word { id, step, certificate: &own.certificate })
    }

    /// Settles that an institution signs for a log of its node. The governors' stands before it; of several the lower.
    pub(super) fn settle_by_word(&mut self, words: &[Word<'_>]) {
        let mut settled = BTreeMap::new();
        for word in words {
            let Action::Settle(log, head) = &word.step.action else { continue };
            let own = word.step.subject == Subject::Log(log.hash()) && log.node == word.certificate.body.node;
            if own && !self.settled.contains_key(log) {
                let end = settled.entry(*log).or_insert(*head);
                *end = (*end).min(*head);
                let institution = word.certificate.body.institution;
                let end = self.own_settles.entry((*log, institution)).or_insert(*head);
                *end = (*end).min(*head);
                self.words.insert(word.id, institution);
            }
        }
        self.settled.append(&mut settled);
    }

    /// Invitations of grassroots sites by sub-markets. True when there is a new one.
    pub(super) fn invite_by_word(&mut self, words: &[Word<'_>]) -> bool {
        let mut found = false;
        for word in words {
            let Some(invitation) = self.invitation_of(word) else { continue };
            let of_key = self.invitations.entry(invitation.key).or_default();
            if let Entry::Vacant(place) = of_key.entry(invitation.issuer) {
                place.insert((word.id, invitation.clone()));
                self.words.insert(word.id, word.certificate.body.institution);
                found = true;
            }
        }
        found
    }

    fn invitation_of<'a>(&self, word: &Word<'a>) -> Option<&'a Invitation> {
        let Action::Invite(invitation) = &word.step.action else { return None };
        let member = self.members.get(&word.certificate.body.institution)?;
        let may = self.sub_markets_invite
            && member.institution.role == Role::SubMarket
            && !matches!(member.state, MemberState::Exited(_));
        let fits = word.step.subject == Subject::Invitation(invitation.key)
            && invitation.issuer == word.certificate.body.node
            && invitation.role == Role::GrassrootsSite
            && lies_in(invitation.region, member.institution.region);
        (may && fits).then_some(invitation)
    }
}

/// The accepted steps about a subject.
pub(super) fn steps_about<'s, 'a>(accepted: &'s [Named<'a>], subject: Subject) -> &'s [Named<'a>] {
    let from = accepted.partition_point(|(_, step)| step.subject < subject);
    let to = accepted.partition_point(|(_, step)| step.subject <= subject);
    &accepted[from..to]
}

/// Whether a region lies in another, both GB/T 2260 codes: 420000 holds 42xxxx, 420100 holds 4201xx.
pub fn lies_in(region: u32, of: u32) -> bool {
    let unit = [10_000, 100].into_iter().find(|unit| of.is_multiple_of(*unit)).unwrap_or(1);
    region / unit == of / unit
}
