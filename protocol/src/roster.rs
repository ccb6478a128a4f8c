//! The roster: the deterministic fold of all roster steps and redemptions.
//!
//! The same set of steps gives the same roster, whatever the order in which they came. No clock is asked: an expired
//! invitation is the issuer's business when it countersigns.

use std::collections::{BTreeMap, BTreeSet};

use crate::certificate::NodeCertificate;
use crate::charter::{Charter, Governors, Institution, Profile};
use crate::entry::Head;
use crate::hash::{DocumentId, Hash, InstitutionId, NetworkId};
use crate::keys::PublicKey;
use crate::shelf::LogId;
use crate::steps::{Action, Invitation, Redemption, RosterStep, Rotation, SignedStep, Subject};

mod book;
mod chains;
mod digest;
mod invitations;
mod peers;
mod purges;
mod words;

pub use book::{BookFigures, Folded, RosterBook};
use chains::Named;
pub use invitations::Grant;
pub use peers::{Peer, PeerState};
pub use purges::{PurgeWord, Purges};
pub use words::lies_in;
use words::steps_about;

/// Everything that the fold reads.
#[derive(Clone, Debug, Default)]
pub struct RosterInput {
    /// All steps seen, in any order, repeated or not.
    pub steps: Vec<SignedStep>,
    /// All countersigned redemptions: the issuer's log and sequence number, and the redemption.
    pub redemptions: Vec<(LogId, u64, Redemption)>,
    /// Purges by institutions' own word.
    pub purges: Purges,
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
    /// Its institution is not admitted, or the certificate is not by a root key that is good for it.
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
    /// Whether a sub-market's own word invites grassroots sites of its region.
    pub sub_markets_invite: bool,
    /// The present versions of the four unifications.
    pub profile: Profile,
    /// All versions of them, the charter's first, each with the step that brought it (zero for the charter's).
    pub profiles: Vec<(Hash, Profile)>,
    /// Admitted institutions.
    pub members: BTreeMap<InstitutionId, Member>,
    /// Valid invitations, each with the step that made it.
    pub invitations: BTreeMap<Grant, (Hash, Invitation)>,
    /// Who redeemed which invitation.
    pub redeemed: BTreeMap<Grant, InstitutionId>,
    /// Revoked nodes and the last valid point of each of their logs.
    pub revoked: BTreeMap<PublicKey, BTreeMap<LogId, Head>>,
    /// Settled points of forked logs.
    pub settled: BTreeMap<LogId, Head>,
    /// Of these, the points that institutions settled by their own word, and which.
    pub own_settles: BTreeMap<(LogId, InstitutionId), Head>,
    /// Documents hidden by the governors, and why.
    pub taken_down: BTreeMap<DocumentId, String>,
    /// Documents whose payloads the governors removed.
    pub purged: BTreeMap<DocumentId, String>,
    /// Documents that institutions purge by their own word. Ask [`Roster::purge`]: it counts of their own documents alone.
    pub purge_words: BTreeMap<DocumentId, BTreeMap<InstitutionId, PurgeWord>>,
    /// Networks that listings are, or were, exchanged with.
    pub peers: BTreeMap<NetworkId, Peer>,
    /// The root keys that followed an institution's first one, in order.
    pub rotations: BTreeMap<InstitutionId, Vec<Rotation>>,
    /// Steps that count by institutions' own word, and whose. Who stole a node's key can say what its institution says.
    pub words: BTreeMap<Hash, BTreeSet<InstitutionId>>,
    /// Last accepted step of each subject: number and hash.
    pub chains: BTreeMap<Subject, (u64, Hash)>,
}

impl Roster {
    /// The roster of a charter and everything that came after it.
    pub fn fold(charter: &Charter, input: &RosterInput) -> Self {
        let mut book = RosterBook::new(charter);
        let read = |book: &mut RosterBook, epoch: u32| {
            let of_epoch = input.steps.iter().filter(|signed| signed.step.epoch == epoch);
            of_epoch.for_each(|signed| _ = book.take_step(signed));
            book.has_read(epoch);
        };
        for (log, seq, redemption) in &input.redemptions {
            book.take_redemption(log, *seq, redemption);
        }
        book.take_purges(&input.purges);
        read(&mut book, 0);
        while let Folded::Unread(epoch) = book.fold() {
            read(&mut book, epoch);
        }
        book.roster().clone()
    }

    /// The roster of what a book holds; or the epoch whose steps have to be read first, and its governors.
    fn of(book: &RosterBook) -> Result<Self, (u32, Governors)> {
        let mut roster = book.founding().clone();
        let mut accepted: Vec<Named<'_>> = Vec::new();
        loop {
            let epoch = book.epoch(roster.epoch, &roster.governors);
            let Some(epoch) = epoch else { return Err((roster.epoch, roster.governors)) };
            if !roster.fold_epoch(epoch, &mut accepted) {
                break;
            }
        }
        accepted.sort_by_key(|(_, step)| (step.subject, step.number));
        // What is void must be known before redemptions are counted, and who is a member before steps about members.
        accepted.iter().for_each(|(_, step)| roster.rotate(step));
        let words = roster.words_that_stand(book);
        accepted.iter().for_each(|(_, step)| roster.clip(step));
        roster.settle_by_word(&words);
        roster.purge_by_word(book);
        accepted.iter().for_each(|named| roster.admit(named));
        accepted.iter().for_each(|named| roster.apply(named));
        // Whoever joins may be a sub-market, whose word lets others join.
        loop {
            for id in roster.redeem(book) {
                let about = steps_about(&accepted, Subject::Institution(id));
                about.iter().for_each(|named| roster.apply(named));
            }
            if !roster.invite_by_word(&words) {
                return Ok(roster);
            }
        }
    }

    fn founding(charter: &Charter) -> Self {
        let mut roster = Self {
            network: charter.id(),
            recovery: charter.recovery,
            epoch: 0,
            governors: charter.governors.clone(),
            sub_markets_invite: charter.sub_markets_invite,
            profile: charter.profile.clone(),
            profiles: vec![(Hash::default(), charter.profile.clone())],
            members: BTreeMap::new(),
            invitations: BTreeMap::new(),
            redeemed: BTreeMap::new(),
            revoked: BTreeMap::new(),
            settled: BTreeMap::new(),
            own_settles: BTreeMap::new(),
            taken_down: BTreeMap::new(),
            purged: BTreeMap::new(),
            purge_words: BTreeMap::new(),
            peers: BTreeMap::new(),
            rotations: BTreeMap::new(),
            words: BTreeMap::new(),
            chains: BTreeMap::new(),
        };
        charter.governors.members.iter().for_each(|g| roster.enter(&g.institution, Hash::default()));
        roster
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

    /// The last sequence number of a log that counts: all of it, unless the governors settled the log or revoked its node.
    pub fn last_valid(&self, log: &LogId) -> u64 {
        self.end(log).map_or(u64::MAX, |head| head.seq)
    }

    /// The same, of a log that this certificate opened: nothing of it counts when the root key is not good for the node.
    pub fn last_valid_under(&self, log: &LogId, certificate: &NodeCertificate) -> u64 {
        self.end_under(log, certificate).map_or(u64::MAX, |head| head.seq)
    }

    fn admit(&mut self, (id, step): &Named<'_>) {
        let by = *id;
        match (&step.action, step.subject) {
            (Action::Admit(institution), Subject::Institution(id)) if institution.id() == id => {
                self.enter(institution, by);
            }
            (Action::Governors(governors, _), Subject::Network) => {
                governors.members.iter().for_each(|g| self.enter(&g.institution, by));
            }
            (Action::Invite(invitation), Subject::Invitation(key)) if invitation.key == key => {
                self.invite(invitation, by);
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

    fn apply(&mut self, named: &Named<'_>) {
        let step = named.1;
        match step.subject {
            Subject::Institution(id) => self.apply_to_member(id, named),
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
                    self.profiles.push((named.0, profile.clone()));
                }
            }
            Subject::Peer(id) => self.apply_to_peer(id, named),
            Subject::Invitation(_) | Subject::Log(_) => {}
        }
    }

    fn apply_to_member(&mut self, id: InstitutionId, (hash, step): &Named<'_>) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.last_step = *hash;
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
        if !self.certifies(certificate) {
            NodeState::Unknown
        } else if self.revoked.contains_key(&body.node) {
            NodeState::Revoked(member)
        } else if member.state == MemberState::Active {
            NodeState::Active(member)
        } else {
            NodeState::Inactive(member)
        }
    }
}
