//! A book of roster steps: a network's governors at work.

use protocol::{
    Action, Hash, Institution, Invitation, LogId, MemberState, Redemption, Role, Roster, RosterInput,
    RosterStep, SecretKey, Shelf, SignedStep, Subject,
};

use crate::support::{NOW, World, certificate, charter, institution, key};

/// Steps of a network of `n` governors with threshold `m`, each step chained to the subject's last.
pub struct Book {
    /// The network's.
    pub charter: protocol::Charter,
    /// The epoch of new steps.
    pub epoch: u32,
    /// All that the fold reads.
    pub input: RosterInput,
}

impl Book {
    /// A network of `n` governors of whom `m` must sign.
    pub fn new(n: u8, m: u8) -> Self {
        Self { charter: charter(n, m), epoch: 0, input: RosterInput::default() }
    }

    /// A step of the present epoch.
    pub fn step(&self, subject: Subject, number: u64, previous: Hash, action: Action) -> RosterStep {
        RosterStep { epoch: self.epoch, subject, number, previous, action }
    }

    /// The next step of a subject, signed by the governors with these indices. Returns its hash.
    pub fn add(&mut self, subject: Subject, action: Action, signers: &[u8]) -> Hash {
        let (number, previous) = self.fold().chains.get(&subject).copied().unwrap_or_default();
        let step = self.step(subject, number + 1, previous, action);
        self.sign(step, signers)
    }

    /// Adds a step with the signatures of these governors.
    pub fn sign(&mut self, step: RosterStep, signers: &[u8]) -> Hash {
        let id = step.id();
        for index in signers {
            self.push(step.clone(), *index, &key(index + 1));
        }
        id
    }

    /// Adds a step signed by a key under an index.
    pub fn push(&mut self, step: RosterStep, index: u8, root: &SecretKey) {
        self.input.steps.push(SignedStep::sign(step, &self.charter.id(), index, root));
    }

    /// The roster.
    pub fn fold(&self) -> Roster {
        Roster::fold(&self.charter, &self.input)
    }

    /// The state of institution `n`.
    pub fn state(&self, n: u8) -> Option<MemberState> {
        self.fold().members.get(&who(n).id()).map(|m| m.state.clone())
    }

    /// Invites a resource station with the one-time key `one_time`.
    pub fn invite(&mut self, one_time: u8, issuer: u8) {
        let invitation = Invitation {
            key: key(one_time).public(),
            issuer: key(issuer).public(),
            role: Role::ResourceStation,
            region: 420_100,
            not_after_ms: NOW,
        };
        self.add(Subject::Invitation(invitation.key), Action::Invite(invitation), &[0]);
    }

    /// Redeems an invitation in the log of its issuer.
    pub fn redeem(&mut self, one_time: u8, root: u8, log: LogId, seq: u64) {
        let network = self.charter.id();
        let own = certificate(&network, root, root + 100, Role::ResourceStation);
        let redemption = Redemption::sign(who(root), own, &network, &key(one_time), &key(root));
        self.input.redemptions.push((log, seq, redemption));
    }
}

/// The resource station whose root key is `key(n)`.
pub fn who(n: u8) -> Institution {
    institution(n, Role::ResourceStation)
}

/// The same as a subject.
pub fn subject(n: u8) -> Subject {
    Subject::Institution(who(n).id())
}

/// A reason.
pub fn why(text: &str) -> String {
    text.to_owned()
}

/// A roster log of the world's node.
pub fn issuer_log(incarnation: u64) -> LogId {
    LogId { incarnation, ..World::new().log(Shelf::ROSTER) }
}
