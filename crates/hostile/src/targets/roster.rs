//! The roster of steps that some governors signed, two of three to complete one; of what institutions say by their own
//! word, of their new root keys, and of invitations redeemed: in every order of arrival the same.

use std::collections::BTreeMap;

use protocol::{
    Action, Charter, CoSignature, DocumentId, Folded, Governor, Governors, Hash, Head, Institution,
    Invitation, LogId, NodeCertificate, Profile, Purpose, Redemption, Role, Roster, RosterBook, RosterInput,
    RosterStep, Rotation, SignedStep, Subject,
};

use crate::reader::Reader;
use crate::world::{NOW, certified, charter, institution, key, log};

/// Steps and redemptions of one input: each costs a few signatures.
const MAX_STEPS: usize = 24;
/// The first root key that is none of an institution's first ones: those that rotations bring.
const LATER_KEYS: u8 = 60;

fn subject(from: &mut Reader<'_>) -> Subject {
    match from.below(6) {
        0 => Subject::Network,
        1 => Subject::Document(DocumentId([from.below(2) as u8; 32])),
        2 => Subject::Invitation(key(one_time(from)).public()),
        3 => Subject::Log(its_log(from).hash()),
        n => Subject::Institution(institution(n as u8).id()),
    }
}

/// The number of a one-time key.
fn one_time(from: &mut Reader<'_>) -> u8 {
    50 + from.below(2) as u8
}

/// A log of the node of institution 4 or 5.
fn its_log(from: &mut Reader<'_>) -> LogId {
    log(14 + from.below(2) as u8, 0)
}

/// An institution as it came in by an invitation, or as the governors admitted it.
fn joining(from: &mut Reader<'_>) -> (u8, Institution) {
    let n = 4 + from.below(3) as u8;
    let role = if from.one_in(2) { Role::GrassrootsSite } else { Role::ResourceStation };
    (n, Institution { role, ..institution(n) })
}

/// A certificate for a node of institution 4 or 5, by its first root key or by one that a rotation may have brought.
fn certificate(from: &mut Reader<'_>, charter: &Charter) -> (u8, NodeCertificate) {
    let n = 4 + from.below(2) as u8;
    let root = if from.one_in(3) { LATER_KEYS + from.below(3) as u8 } else { n };
    let node = if from.one_in(8) { 14 + from.below(2) as u8 } else { n + 10 };
    (root, certified(&charter.id(), institution(n), root, node))
}

/// The steps so far, by what later ones may name.
#[derive(Default)]
struct Book {
    chains: BTreeMap<Subject, (u64, Hash)>,
    epoch: u32,
    words: Vec<Hash>,
    input: RosterInput,
}

impl Book {
    fn kept(&self, from: &mut Reader<'_>) -> Vec<(Subject, Hash)> {
        let chains = self.chains.iter().filter(|_| !from.one_in(3));
        chains.map(|(subject, (_, last))| (*subject, *last)).collect()
    }

    fn action(&self, from: &mut Reader<'_>, charter: &Charter, subject: &Subject) -> Action {
        let head = Head { seq: from.odd_number(), hash: Hash([from.below(3) as u8; 32]) };
        match from.below(16) {
            0 => Action::Admit(institution(4 + from.below(3) as u8)),
            1 => Action::Suspend("缘由".to_owned()),
            2 => Action::Reinstate,
            3 => Action::Exit(String::new()),
            4 => Action::ChangeRole(Role::SubMarket, 420_000),
            5 => Action::Invite(invitation(one_time(from), 11, Role::ResourceStation)),
            6 => {
                let log = its_log(from);
                Action::RevokeNode(log.node, vec![(log, head)], String::new())
            }
            7 => Action::Settle(its_log(from), head),
            8 => Action::TakeDown("why".to_owned()),
            9 => Action::Restore,
            10 => {
                let members =
                    (1..=2 + from.below(2) as u8).map(institution).map(Governor::founding).collect();
                Action::Governors(Governors { members, threshold: 2 }, self.kept(from))
            }
            11 => Action::Profile(Profile::default()),
            12 => Action::Purge("why".to_owned()),
            13 => Action::Keep(self.kept(from)),
            14 => Action::RootKey(self.rotation(from, charter, subject)),
            _ => Action::Other(from.odd_number() as u16, vec![from.byte()]),
        }
    }

    fn rotation(&self, from: &mut Reader<'_>, charter: &Charter, subject: &Subject) -> Rotation {
        let id = match subject {
            Subject::Institution(id) if !from.one_in(16) => *id,
            _ => institution(from.below(6) as u8).id(),
        };
        let nodes = [14, 15].into_iter().filter(|_| from.one_in(2)).map(|node| key(node).public()).collect();
        let words = self.words.iter().filter(|_| from.one_in(2)).copied().collect();
        Rotation::sign(&id, nodes, words, &charter.id(), &key(LATER_KEYS + from.below(3) as u8))
    }

    /// A step of the governors, chained to the last one of its subject.
    fn govern(&mut self, from: &mut Reader<'_>, charter: &Charter) {
        let subject = subject(from);
        let (last, before): (u64, Hash) = self.chains.get(&subject).copied().unwrap_or_default();
        let number = if from.one_in(16) { from.odd_number() } else { last.saturating_add(1) };
        let previous = if from.one_in(16) { Hash::default() } else { before };
        let action = self.action(from, charter, &subject);
        let opens = matches!((&action, subject), (Action::Governors(..), Subject::Network));
        let epoch = if from.one_in(16) { from.odd_number() as u32 } else { self.epoch };
        let step = RosterStep { epoch, subject, number, previous, action };
        // A rival to the last one: same number, same previous step.
        if !from.one_in(6) {
            self.chains.insert(subject, (number, step.id()));
        }
        self.input.steps.push(signed(from, step, charter));
        if opens {
            self.epoch += 1;
            self.chains.remove(&Subject::Network);
        }
    }

    /// A settle or an invitation by an institution's own word.
    fn say(&mut self, from: &mut Reader<'_>, charter: &Charter) {
        let (root, certificate) = certificate(from, charter);
        let node = certificate.body.node;
        let (subject, action) = if from.one_in(2) {
            let log = if from.one_in(8) { its_log(from) } else { LogId { node, ..log(14, 0) } };
            let head = Head { seq: from.odd_number(), hash: Hash([from.below(3) as u8; 32]) };
            (Subject::Log(log.hash()), Action::Settle(log, head))
        } else {
            let issuer = if from.one_in(8) { 14 } else { root.min(5) + 10 };
            let invitation = invitation(one_time(from), issuer, Role::GrassrootsSite);
            (Subject::Invitation(invitation.key), Action::Invite(invitation))
        };
        let root = if from.one_in(16) { from.byte() } else { root };
        let word = SignedStep::own_word(subject, action, certificate, &charter.id(), &key(root));
        self.words.push(word.step.id());
        self.input.steps.push(word);
    }

    /// A redemption in the log of an issuer.
    fn redeem(&mut self, from: &mut Reader<'_>, charter: &Charter) {
        let (n, who) = joining(from);
        let own = certified(&charter.id(), who.clone(), n, n + 10);
        let redemption = Redemption::sign(who, own, &charter.id(), &key(one_time(from)), &key(n));
        let issuer = [11, 14, 15][from.below(3)];
        self.input.redemptions.push((log(issuer, 0), from.odd_number(), redemption));
    }
}

fn invitation(one_time: u8, issuer: u8, role: Role) -> Invitation {
    let (key, issuer) = (key(one_time).public(), key(issuer).public());
    Invitation { key, issuer, role, region: 420_100, not_after_ms: NOW }
}

fn signed(from: &mut Reader<'_>, step: RosterStep, charter: &Charter) -> SignedStep {
    let signers = if from.one_in(8) { from.byte() } else { 3 };
    let bytes = step.to_bytes();
    let by = |n: u8, governor: u8| CoSignature {
        governor,
        signature: key(n).sign(Purpose::RosterStep, &charter.id(), &bytes),
    };
    let mut signatures: Vec<CoSignature> =
        (0..3).filter(|n| signers & (1 << n) != 0).map(|n| by(n + 1, n)).collect();
    if signers & 8 != 0 {
        signatures.push(by(99, protocol::RECOVERY_INDEX));
    }
    SignedStep { step, signatures, own: None }
}

/// The steps and redemptions that the input describes.
fn read(bytes: &[u8], charter: &Charter) -> RosterInput {
    let mut from = Reader::new(bytes);
    let mut book = Book::default();
    while !from.is_done() && book.input.steps.len() + book.input.redemptions.len() < MAX_STEPS {
        match from.below(8) {
            6 => book.say(&mut from, charter),
            7 => book.redeem(&mut from, charter),
            _ => book.govern(&mut from, charter),
        }
    }
    book.input
}

/// Brings a book up to date, with what it asks for read from all that has come.
fn fold(book: &mut RosterBook, come: &[SignedStep]) {
    let mut epochs = 0;
    while let Folded::Unread(epoch) = book.fold() {
        come.iter().filter(|copy| copy.step.epoch == epoch).for_each(|copy| _ = book.take_step(copy));
        book.has_read(epoch);
        epochs += 1;
        assert!(epochs <= come.len(), "a step opens one epoch at the most");
    }
}

/// Folds them forwards, and backwards in a book as they come in by and by.
pub fn run(bytes: &[u8]) {
    let charter = charter(3, 2);
    let mut input = read(bytes, &charter);
    let forwards = Roster::fold(&charter, &input);
    input.steps.reverse();
    input.redemptions.reverse();
    let mut book = RosterBook::new(&charter);
    let half = input.steps.len() / 2;
    input.steps[..half].iter().for_each(|copy| _ = book.take_step(copy));
    fold(&mut book, &input.steps[..half]);
    input.steps[half..].iter().for_each(|copy| _ = book.take_step(copy));
    for (log, seq, redemption) in &input.redemptions {
        book.take_redemption(log, *seq, redemption);
    }
    fold(&mut book, &input.steps);
    let backwards = book.roster();
    assert_eq!(&forwards, backwards, "one set of steps, two rosters");
    assert_eq!(forwards.digest(), backwards.digest());
    for n in [4, 5] {
        let certified = |root| certified(&charter.id(), institution(n), root, n + 10);
        let present = forwards.present_root(&institution(n).id());
        let root = (0..=u8::MAX).find(|root| present == Some(key(*root).public()));
        assert!(
            root.is_none_or(|root| forwards.certifies(&certified(root))),
            "a present key makes something"
        );
        let first = certified(n);
        forwards.end_under(&log(n + 10, 0), &first);
        forwards.node(&first);
    }
}

/// 4 and 5 are admitted, and 4 becomes a sub-market. By their own word both settle a log of theirs and 4 invites 6, who
/// comes. 5 has another root key, and the governors keep all this when others take their places.
fn story() -> Vec<u8> {
    let govern = |subject: u8, action: &[u8]| [&[0, subject, 0, 0, 3, 1][..], action, &[0, 0, 0]].concat();
    [
        govern(4, &[0, 0]),
        govern(5, &[0, 1]),
        govern(4, &[4]),
        vec![6, 0, 0, 0, 1, 0, 3, 1, 0],
        vec![6, 1, 0, 0, 1, 0, 3, 1, 0],
        vec![6, 0, 0, 0, 0, 0, 0, 0],
        vec![7, 2, 1, 0, 1, 2],
        govern(5, &[14, 0, 0, 1, 0, 1, 0, 0]),
        govern(0, &[13, 0, 0]),
        govern(0, &[10, 1, 0, 0, 0]),
    ]
    .concat()
}

/// 4 settles a log of its node; 5, who holds that node's key, says the same: one step by two institutions.
fn both_say() -> Vec<u8> {
    [vec![6, 0, 0, 0, 1, 0, 3, 1, 0], vec![6, 1, 0, 7, 0, 1, 0, 3, 1, 0]].concat()
}

pub fn seeds() -> Vec<Vec<u8>> {
    let program = |salt: u8| (0..240u32).map(|n| (n.wrapping_mul(151) >> 2) as u8 ^ salt).collect();
    vec![
        story(),
        both_say(),
        vec![1; 60],
        vec![6; 60],
        vec![7; 40],
        program(0),
        program(85),
        program(170),
        program(254),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A seed that no longer says what it means would feed nothing.
    #[test]
    fn the_story_is_read_as_it_is_told() {
        let charter = charter(3, 2);
        let roster = Roster::fold(&charter, &read(&story(), &charter));
        assert_eq!(roster.epoch, 1);
        assert_eq!(roster.members.len(), 6, "three governors, and 4, 5 and 6");
        assert_eq!((roster.own_settles.len(), roster.redeemed.len(), roster.words.len()), (2, 1, 3));
        assert_eq!(roster.rotations[&institution(5).id()].len(), 1);
        let both = Roster::fold(&charter, &read(&both_say(), &charter));
        let by: Vec<usize> = both.words.values().map(BTreeSet::len).collect();
        assert_eq!((both.own_settles.len(), by), (2, vec![2]), "one step, by the word of two");
    }
}
