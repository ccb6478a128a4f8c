//! What an institution says without governors: settles of its own nodes' logs, a sub-market's invitations; and which
//! of its keys may say it.

use std::collections::BTreeMap;

use super::chains::Named;
use super::{Roster, RosterBook};
use crate::certificate::{CertificateBody, NodeCertificate};
use crate::charter::Role;
use crate::hash::{Hash, InstitutionId, NetworkId};
use crate::keys::{PublicKey, Purpose};
use crate::steps::{Action, OwnWord, RosterStep, Rotation, SignedStep, Subject};

/// A step that an institution's own root key signed, and that can mean something by its word alone: a settle of a log of
/// the certificate's node, or an invitation which that node countersigns.
pub(super) struct Word<'a> {
    pub id: Hash,
    pub step: &'a RosterStep,
    own: &'a OwnWord,
}

impl<'a> Word<'a> {
    /// The word in a signed step, its signatures unchecked; `None` when it can mean nothing.
    pub fn of(signed: &'a SignedStep) -> Option<Self> {
        let (step, own) = (&signed.step, signed.own.as_deref()?);
        let node = &own.certificate.body.node;
        let says = match &step.action {
            Action::Settle(log, _) => step.subject == Subject::Log(log.hash()) && log.node == *node,
            Action::Invite(invitation) => {
                step.subject == Subject::Invitation(invitation.key)
                    && invitation.issuer == *node
                    && invitation.role == Role::GrassrootsSite
            }
            _ => false,
        };
        let outside = step.number == 0 && step.epoch == 0 && step.previous == Hash::default();
        (says && outside).then(|| Self { id: step.id(), step, own })
    }

    /// What it is known by: the step, and who certified the node with which key.
    pub fn key(&self) -> (Hash, InstitutionId, PublicKey) {
        let body = self.body();
        (self.id, body.institution, body.root)
    }

    /// Whether its three signatures hold: over the step, and both of the certificate.
    pub fn verify(&self, network: &NetworkId) -> bool {
        let (step, what) = (self.step.to_bytes(), "the institution's own word");
        let root = &self.body().root;
        root.verify(Purpose::RosterStep, network, &step, &self.own.signature, what).is_ok()
            && self.own.certificate.verify(network).is_ok()
    }

    /// What certifies its node.
    pub fn body(&self) -> &'a CertificateBody {
        &self.own.certificate.body
    }
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

    /// The words in a book that stand: those by keys that are good.
    pub(super) fn words_that_stand<'a>(&self, book: &'a RosterBook) -> Vec<Word<'a>> {
        let stands = |word: &Word<'_>| {
            let body = word.body();
            self.stands(&body.institution, &body.root, |r| r.words.binary_search(&word.id).is_ok())
        };
        book.words().filter(stands).collect()
    }

    /// Settles that an institution signs for a log of its node. The governors' stands before it; of several the lower.
    pub(super) fn settle_by_word(&mut self, words: &[Word<'_>]) {
        let mut settled = BTreeMap::new();
        for word in words {
            let Action::Settle(log, head) = &word.step.action else { continue };
            if !self.settled.contains_key(log) {
                let end = settled.entry(*log).or_insert(*head);
                *end = (*end).min(*head);
                let institution = word.body().institution;
                let end = self.own_settles.entry((*log, institution)).or_insert(*head);
                *end = (*end).min(*head);
                self.words.entry(word.id).or_default().insert(institution);
            }
        }
        self.settled.append(&mut settled);
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
