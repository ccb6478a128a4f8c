//! The roster: the deterministic fold of all roster steps and redemptions.
//!
//! The same set of steps gives the same roster, whatever the order in which they came. No clock is asked: an expired
//! invitation is the issuer's business when it countersigns.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::certificate::NodeCertificate;
use crate::charter::{Charter, CoSignature, Governors, Institution, Profile, RECOVERY_INDEX};
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
    /// The charter's recovery key.
    pub recovery: PublicKey,
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
        while roster.fold_epoch(input, &mut accepted) {}
        accepted.sort_by_key(|step| (step.subject, step.number));
        // What is void must be known before redemptions are counted, and who is a member before steps about members.
        accepted.iter().for_each(|step| roster.clip(step));
        accepted.iter().for_each(|step| roster.admit(step));
        roster.redeem(input);
        accepted.iter().for_each(|step| roster.apply(step));
        roster
    }

    fn founding(charter: &Charter) -> Self {
        let mut roster = Self {
            network: charter.id(),
            recovery: charter.recovery,
            epoch: 0,
            governors: charter.governors.clone(),
            profile: charter.profile.clone(),
            members: BTreeMap::new(),
            invitations: BTreeMap::new(),
            redeemed: BTreeMap::new(),
            revoked: BTreeMap::new(),
            settled: BTreeMap::new(),
            taken_down: BTreeMap::new(),
            purged: BTreeMap::new(),
            chains: BTreeMap::new(),
        };
        charter.governors.members.iter().for_each(|g| roster.enter(g, Hash::default()));
        roster
    }

    /// Takes the steps of the present epoch. True when one of them opened the next one.
    fn fold_epoch(&mut self, input: &RosterInput, accepted: &mut Vec<RosterStep>) -> bool {
        let steps = self.complete_steps(input);
        let mut chains = self.chains.clone();
        let taken = extend_chains(&steps, &mut chains);
        let opening = taken.iter().find_map(|step| match (step.subject, &step.action) {
            (Subject::Network, Action::Governors(governors, kept)) => Some((governors, kept)),
            _ => None,
        });
        let Some((governors, kept)) = opening else {
            self.chains = chains;
            accepted.extend(taken.into_iter().cloned());
            return false;
        };
        accepted.extend(taken.iter().filter(|step| step.subject == Subject::Network).copied().cloned());
        self.chains.extend(chains.get_key_value(&Subject::Network));
        for (subject, last) in kept.iter().filter(|(subject, _)| *subject != Subject::Network) {
            let before = self.chains.get(subject).copied().unwrap_or_default();
            if let Some(chain) = walk_back(&steps, *subject, *last, before) {
                self.chains.insert(*subject, (before.0 + chain.len() as u64, *last));
                accepted.extend(chain.into_iter().cloned());
            }
        }
        self.governors = governors.clone();
        self.epoch += 1;
        true
    }

    fn complete_steps<'a>(&self, input: &'a RosterInput) -> BTreeMap<Hash, &'a RosterStep> {
        let mut signed: BTreeMap<Hash, (&RosterStep, BTreeSet<&CoSignature>)> = BTreeMap::new();
        for step in input.steps.iter().filter(|s| s.step.epoch == self.epoch) {
            let (_, known) = signed.entry(step.step.id()).or_insert((&step.step, BTreeSet::new()));
            known.extend(&step.signatures);
        }
        let complete =
            signed.into_iter().filter(|(_, (step, signatures))| self.is_complete(step, signatures));
        complete.map(|(id, (step, _))| (id, step)).collect()
    }

    /// Signed by the threshold of the epoch's governors; a step of new governors by the recovery key alone.
    fn is_complete(&self, step: &RosterStep, signatures: &BTreeSet<&CoSignature>) -> bool {
        let (purpose, body, what) = (Purpose::RosterStep, step.to_bytes(), "the roster step");
        let recovers = step.subject == Subject::Network && matches!(step.action, Action::Governors(..));
        let by_recovery = |s: &&CoSignature| {
            let key = &self.recovery;
            s.governor == RECOVERY_INDEX
                && key.verify(purpose, &self.network, &body, &s.signature, what).is_ok()
        };
        if recovers && signatures.iter().any(by_recovery) {
            return true;
        }
        let signatures: Vec<CoSignature> = signatures.iter().copied().cloned().collect();
        self.governors.check_signed(purpose, &self.network, &body, &signatures, what).is_ok()
    }

    /// Revocations and settles: the end of what counts in a log. Of two ends of one log the lower stands.
    fn clip(&mut self, step: &RosterStep) {
        let lower = |known: &mut BTreeMap<LogId, Head>, log: &LogId, head: &Head| {
            let end = known.entry(*log).or_insert(*head);
            *end = (*end).min(*head);
        };
        match (step.subject, &step.action) {
            (Subject::Institution(_), Action::RevokeNode(node, heads, _)) => {
                let known = self.revoked.entry(*node).or_default();
                heads
                    .iter()
                    .filter(|(log, _)| log.node == *node)
                    .for_each(|(log, head)| lower(known, log, head));
            }
            (Subject::Log(id), Action::Settle(log, head)) if log.hash() == id => {
                lower(&mut self.settled, log, head);
            }
            _ => {}
        }
    }

    /// The last sequence number of a log that counts: all of it, unless the log was settled or its node revoked.
    pub fn last_valid(&self, log: &LogId) -> u64 {
        let settled = self.settled.get(log).map_or(u64::MAX, |head| head.seq);
        match self.revoked.get(&log.node) {
            Some(heads) => heads.get(log).map_or(0, |head| head.seq).min(settled),
            None => settled,
        }
    }

    fn admit(&mut self, step: &RosterStep) {
        match (&step.action, step.subject) {
            (Action::Admit(institution), Subject::Institution(id)) if institution.id() == id => {
                self.enter(institution, step.id());
            }
            (Action::Governors(governors, _), Subject::Network) => {
                governors.members.iter().for_each(|g| self.enter(g, step.id()));
            }
            (Action::Invite(invitation), Subject::Invitation(key)) if invitation.key == key => {
                self.invitations.insert(key, (step.id(), invitation.clone()));
            }
            _ => {}
        }
    }

    /// Makes an institution a member; what is known of one that is stays.
    fn enter(&mut self, institution: &Institution, admitted_by: Hash) {
        self.members.entry(institution.id()).or_insert_with(|| Member {
            institution: institution.clone(),
            state: MemberState::Active,
            admitted_by,
            last_step: Hash::default(),
            steps: 0,
        });
    }

    /// Counts of each invitation the first redemption in its issuer's log.
    fn redeem(&mut self, input: &RosterInput) {
        let mut ordered: Vec<_> = input.redemptions.iter().collect();
        ordered.sort_by_key(|(log, seq, _)| (*log, *seq));
        for (log, seq, redemption) in ordered {
            let Some((step, invitation)) = self.invitations.get(&redemption.invitation) else { continue };
            let admitted_by = *step;
            let who = &redemption.institution;
            let granted = log.node == invitation.issuer
                && *seq <= self.last_valid(log)
                && who.role == invitation.role
                && who.region == invitation.region
                && !self.redeemed.contains_key(&redemption.invitation)
                && redemption.verify(&self.network).is_ok();
            if granted {
                self.redeemed.insert(redemption.invitation, who.id());
                self.enter(who, admitted_by);
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
            Subject::Network => {
                if let Action::Profile(profile) = &step.action {
                    self.profile = profile.clone();
                }
            }
            Subject::Invitation(_) | Subject::Log(_) => {}
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
        let point = |to: &mut Encoder, log: &LogId, head: &Head| {
            log.encode(to);
            to.uint(head.seq).raw(&head.hash.0);
        };
        to.uint(self.revoked.len() as u64);
        for (node, heads) in &self.revoked {
            node.encode(&mut to);
            to.uint(heads.len() as u64);
            heads.iter().for_each(|(log, head)| point(&mut to, log, head));
        }
        to.uint(self.settled.len() as u64);
        self.settled.iter().for_each(|(log, head)| point(&mut to, log, head));
        for hidden in [&self.taken_down, &self.purged] {
            to.uint(hidden.len() as u64);
            for (id, why) in hidden {
                id.encode(&mut to);
                to.text(why);
            }
        }
        hash("roster", &[&to.finish()])
    }
}

/// Extends every subject's chain as far as complete steps of the epoch reach, and returns them. The network's chain
/// ends at a step of new governors: later ones belong to the next epoch.
fn extend_chains<'a>(
    steps: &BTreeMap<Hash, &'a RosterStep>,
    chains: &mut BTreeMap<Subject, (u64, Hash)>,
) -> Vec<&'a RosterStep> {
    let mut candidates: BTreeMap<(Subject, u64), Vec<(Hash, &RosterStep)>> = BTreeMap::new();
    for (id, step) in steps {
        candidates.entry((step.subject, step.number)).or_default().push((*id, step));
    }
    let mut taken = Vec::new();
    let mut closed = false;
    for ((subject, number), rivals) in candidates {
        let (last, previous) = chains.get(&subject).copied().unwrap_or_default();
        if last.checked_add(1) != Some(number) || (closed && subject == Subject::Network) {
            continue;
        }
        let chained = rivals.into_iter().filter(|(_, step)| step.previous == previous);
        let Some((id, step)) = chained.min_by_key(|(id, step)| (Reverse(step.action.strictness()), *id))
        else {
            continue;
        };
        chains.insert(subject, (number, id));
        taken.push(step);
        closed |= subject == Subject::Network && matches!(step.action, Action::Governors(..));
    }
    taken
}

/// The steps of a subject that end in `last` and continue `before`; `None` while one of them is missing. The kept list
/// thus picks the branch: a stricter step that old governors sign after they were replaced changes nothing.
fn walk_back<'a>(
    steps: &BTreeMap<Hash, &'a RosterStep>,
    subject: Subject,
    last: Hash,
    before: (u64, Hash),
) -> Option<Vec<&'a RosterStep>> {
    let mut chain = Vec::new();
    let mut next = last;
    while next != before.1 {
        let step = steps.get(&next).filter(|step| step.subject == subject)?;
        chain.push(*step);
        next = step.previous;
    }
    chain.reverse();
    let numbered = chain.iter().zip(before.0..).all(|(step, n)| n.checked_add(1) == Some(step.number));
    numbered.then_some(chain)
}
