//! The roster: the deterministic fold of all roster steps and redemptions.
//!
//! The same set of steps gives the same roster, whatever the order in which they came. No clock is asked: an expired
//! invitation is the issuer's business when it countersigns.

use std::collections::BTreeMap;

use crate::certificate::NodeCertificate;
use crate::charter::{Charter, Governors, Institution, Profile};
use crate::codec::Encoder;
use crate::entry::Head;
use crate::hash::{DocumentId, Hash, InstitutionId, NetworkId, hash};
use crate::keys::{PublicKey, Purpose};
use crate::shelf::LogId;
use crate::steps::{Action, Invitation, Redemption, RosterStep, SignedStep, Subject};

/// Everything that the fold reads.
#[derive(Clone, Debug, Default)]
pub struct RosterInput {
    /// All steps seen, in any order, repeated or not.
    pub steps: Vec<SignedStep>,
    /// All countersigned redemptions: the issuer's log and sequence number, and the redemption.
    pub redemptions: Vec<(LogId, u64, Redemption)>,
}

/// Whether an institution's listings are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// Shown.
    Active,
    /// Hidden until reinstated, and why.
    Suspended(String),
    /// Gone, and why.
    Exited(String),
}

/// An admitted institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who it is, with its present role and region.
    pub institution: Institution,
    /// Its state.
    pub state: MemberState,
    /// The step or invitation step that admitted it; zero for a founding governor, whom the charter admits.
    pub admitted_by: Hash,
    /// The last step about it; zero when there is none.
    pub last_step: Hash,
    /// The number of that step.
    pub steps: u64,
}

/// What the roster says of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeState<'a> {
    /// A node of an active member.
    Active(&'a Member),
    /// A node of a suspended or exited member.
    Inactive(&'a Member),
    /// Its key was revoked.
    Revoked(&'a Member),
    /// Its institution is not admitted, or the certificate is not by its root key.
    Unknown,
}

/// The fold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// The network.
    pub network: NetworkId,
    /// The present charter epoch.
    pub epoch: u32,
    /// Its governors.
    pub governors: Governors,
    /// The present versions of the four unifications.
    pub profile: Profile,
    /// Admitted institutions.
    pub members: BTreeMap<InstitutionId, Member>,
    /// Valid invitations by their one-time key, with the step that made them.
    pub invitations: BTreeMap<PublicKey, (Hash, Invitation)>,
    /// Who redeemed which invitation.
    pub redeemed: BTreeMap<PublicKey, InstitutionId>,
    /// Revoked nodes and the last valid point of each of their logs.
    pub revoked: BTreeMap<PublicKey, BTreeMap<LogId, Head>>,
    /// Settled points of forked logs.
    pub settled: BTreeMap<LogId, Head>,
    /// Documents hidden by the governors, and why.
    pub taken_down: BTreeMap<DocumentId, String>,
    /// Documents whose payloads the governors removed.
    pub purged: BTreeMap<DocumentId, String>,
    /// Last accepted step of each subject: number and hash.
    pub chains: BTreeMap<Subject, (u64, Hash)>,
}

impl Roster {
    /// The roster of a charter and everything that came after it.
    pub fn fold(charter: &Charter, input: &RosterInput) -> Self {
        let mut roster = Self::founding(charter);
        let mut accepted: Vec<RosterStep> = Vec::new();
        while let Some(kept) = roster.fold_epoch(input, &mut accepted) {
            roster.close_epoch(&kept, &mut accepted);
        }
        accepted.sort_by_key(|step| (step.subject, step.number));
        for step in &accepted {
            roster.admit(step);
        }
        roster.redeem(input);
        for step in &accepted {
            roster.apply(step);
        }
        roster
    }

    fn founding(charter: &Charter) -> Self {
        let members = charter.governors.members.iter().map(|g| {
            let member = Member {
                institution: g.clone(),
                state: MemberState::Active,
                admitted_by: Hash::default(),
                last_step: Hash::default(),
                steps: 0,
            };
            (g.id(), member)
        });
        Self {
            network: charter.id(),
            epoch: 0,
            governors: charter.governors.clone(),
            profile: charter.profile.clone(),
            members: members.collect(),
            invitations: BTreeMap::new(),
            redeemed: BTreeMap::new(),
            revoked: BTreeMap::new(),
            settled: BTreeMap::new(),
            taken_down: BTreeMap::new(),
            purged: BTreeMap::new(),
            chains: BTreeMap::new(),
        }
    }

    /// Extends every subject's chain with the complete steps of the present epoch. Returns the kept list when one of
    /// them names new governors.
    fn fold_epoch(
        &mut self,
        input: &RosterInput,
        accepted: &mut Vec<RosterStep>,
    ) -> Option<Vec<(Subject, Hash)>> {
        let mut candidates: BTreeMap<(Subject, u64), Vec<(Hash, &RosterStep)>> = BTreeMap::new();
        for (id, step) in self.complete_steps(input) {
            candidates.entry((step.subject, step.number)).or_default().push((id, step));
        }
        let mut closing = None;
        for ((subject, number), mut steps) in candidates {
            let (last, previous) = self.chains.get(&subject).copied().unwrap_or_default();
            if number != last + 1 {
                continue;
            }
            steps.retain(|(_, step)| step.previous == previous);
            steps.sort_by_key(|(id, step)| (std::cmp::Reverse(step.action.strictness()), *id));
            let Some((id, step)) = steps.first() else { continue };
            self.chains.insert(subject, (number, *id));
            accepted.push((*step).clone());
            if let (Subject::Network, Action::Governors(governors, kept)) = (subject, &step.action) {
                self.governors = governors.clone();
                closing = Some(kept.clone());
                // Later network steps belong to the next epoch.
                continue;
            }
        }
        closing
    }

    fn complete_steps<'a>(&self, input: &'a RosterInput) -> BTreeMap<Hash, &'a RosterStep> {
        let mut signatures: BTreeMap<Hash, (&RosterStep, Vec<_>)> = BTreeMap::new();
        for signed in input.steps.iter().filter(|s| s.step.epoch == self.epoch) {
            let (_, known) = signatures.entry(signed.step.id()).or_insert((&signed.step, Vec::new()));
            known.extend(signed.signatures.iter().cloned());
        }
        let complete = signatures.into_iter().filter(|(_, (step, signatures))| {
            let (purpose, body) = (Purpose::RosterStep, step.to_bytes());
            self.governors.check_signed(purpose, &self.network, &body, signatures, "the roster step").is_ok()
        });
        complete.map(|(id, (step, _))| (id, step)).collect()
    }

    /// Cuts every chain of the closed epoch at the step that the new governors' step keeps.
    fn close_epoch(&mut self, kept: &[(Subject, Hash)], accepted: &mut Vec<RosterStep>) {
        let kept: BTreeMap<Subject, Hash> = kept.iter().copied().collect();
        let epoch = self.epoch;
        accepted.sort_by_key(|step| (step.subject, step.number));
        let mut ended = std::collections::BTreeSet::new();
        accepted.retain(|step| {
            if step.subject == Subject::Network || step.epoch != epoch {
                return true;
            }
            let Some(last) = kept.get(&step.subject) else { return false };
            let keep = !ended.contains(&step.subject);
            if step.id() == *last {
                ended.insert(step.subject);
            }
            keep
        });
        self.chains.clear();
        for step in accepted.iter() {
            self.chains.insert(step.subject, (step.number, step.id()));
        }
        self.epoch += 1;
    }

    fn admit(&mut self, step: &RosterStep) {
        match (&step.action, step.subject) {
            (Action::Admit(institution), Subject::Institution(id)) if institution.id() == id => {
                self.members.entry(id).or_insert(Member {
                    institution: institution.clone(),
                    state: MemberState::Active,
                    admitted_by: step.id(),
                    last_step: Hash::default(),
                    steps: 0,
                });
            }
            (Action::Invite(invitation), Subject::Invitation(key)) if invitation.key == key => {
                self.invitations.insert(key, (step.id(), invitation.clone()));
            }
            _ => {}
        }
    }

    /// Counts of each invitation the first redemption in its issuer's log.
    fn redeem(&mut self, input: &RosterInput) {
        let mut ordered: Vec<_> = input.redemptions.iter().collect();
        ordered.sort_by_key(|(log, seq, _)| (*log, *seq));
        for (log, _, redemption) in ordered {
            let Some((step, invitation)) = self.invitations.get(&redemption.invitation) else { continue };
            let who = &redemption.institution;
            let granted = log.node == invitation.issuer
                && who.role == invitation.role
                && who.region == invitation.region
                && !self.redeemed.contains_key(&redemption.invitation)
                && redemption.verify(&self.network).is_ok();
            if granted {
                self.redeemed.insert(redemption.invitation, who.id());
                let admitted_by = *step;
                self.members.entry(who.id()).or_insert_with(|| Member {
                    institution: who.clone(),
                    state: MemberState::Active,
                    admitted_by,
                    last_step: Hash::default(),
                    steps: 0,
                });
            }
        }
    }

    fn apply(&mut self, step: &RosterStep) {
        match step.subject {
            Subject::Institution(id) => self.apply_to_member(id, step),
            Subject::Document(id) => match &step.action {
                Action::TakeDown(why) => {
                    self.taken_down.insert(id, why.clone());
                }
                Action::Restore => {
                    self.taken_down.remove(&id);
                }
                Action::Purge(why) => {
                    self.purged.insert(id, why.clone());
                }
                _ => {}
            },
            Subject::Log(_) => {
                if let Action::Settle(log, head) = &step.action {
                    let lower = self.settled.get(log).is_none_or(|known| head < known);
                    if lower {
                        self.settled.insert(*log, *head);
                    }
                }
            }
            Subject::Network => {
                if let Action::Profile(profile) = &step.action {
                    self.profile = profile.clone();
                }
            }
            Subject::Invitation(_) => {}
        }
    }

    fn apply_to_member(&mut self, id: InstitutionId, step: &RosterStep) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.last_step = step.id();
        member.steps = step.number;
        match &step.action {
            Action::Suspend(why) => member.state = MemberState::Suspended(why.clone()),
            Action::Reinstate => member.state = MemberState::Active,
            Action::Exit(why) => member.state = MemberState::Exited(why.clone()),
            Action::ChangeRole(role, region) => {
                member.institution.role = *role;
                member.institution.region = *region;
            }
            Action::RevokeNode(node, heads, _) => {
                let last = heads.iter().filter(|(log, _)| log.node == *node);
                self.revoked.entry(*node).or_default().extend(last.copied());
            }
            _ => {}
        }
    }

    /// What the roster says of the node that a certificate names. The certificate's own signatures must have been
    /// verified.
    pub fn node(&self, certificate: &NodeCertificate) -> NodeState<'_> {
        let body = &certificate.body;
        let Some(member) = self.members.get(&body.institution) else { return NodeState::Unknown };
        if member.institution.root != body.root {
            NodeState::Unknown
        } else if self.revoked.contains_key(&body.node) {
            NodeState::Revoked(member)
        } else if member.state == MemberState::Active {
            NodeState::Active(member)
        } else {
            NodeState::Inactive(member)
        }
    }

    /// A hash over everything that the roster decides of a view.
    pub fn digest(&self) -> Hash {
        let mut to = Encoder::new();
        self.network.encode(&mut to);
        to.uint(self.epoch.into());
        self.governors.encode(&mut to);
        self.profile.encode(&mut to);
        to.uint(self.members.len() as u64);
        for member in self.members.values() {
            member.institution.encode(&mut to);
            match &member.state {
                MemberState::Active => to.u8(0),
                MemberState::Suspended(why) => to.u8(1).text(why),
                MemberState::Exited(why) => to.u8(2).text(why),
            };
        }
        for (node, heads) in &self.revoked {
            node.encode(&mut to);
            heads.values().for_each(|head| head.hash.encode(&mut to));
        }
        for head in self.settled.values() {
            head.hash.encode(&mut to);
        }
        for (id, why) in self.taken_down.iter().chain(&self.purged) {
            id.encode(&mut to);
            to.text(why);
        }
        hash("roster", &[&to.finish()])
    }
}
