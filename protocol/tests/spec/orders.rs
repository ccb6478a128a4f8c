//! §11: the same roster for every order of arrival, of histories made at random.

use std::collections::BTreeSet;

use proptest::prelude::*;
use protocol::{
    Action, CoSignature, DocumentId, Folded, Governor, Governors, Hash, Head, Institution, Invitation, LogId,
    Profile, RECOVERY_INDEX, Redemption, Role, Roster, RosterBook, RosterInput, Rotation, Signature,
    SignedStep, Subject,
};

use crate::book::{Book, issuer_log, why};
use crate::support::{Dice, NOW, certificate, governor, institution, key};

/// Steps of one history: enough for several epochs with rivals.
const STEPS: usize = 60;
/// Institutions beside the governors: root keys 30 …, their nodes 130 ….
const INSTITUTIONS: u8 = 5;

/// A history in the making. Root keys of governors are 1 to 3; institution 30 is a sub-market.
struct Maker {
    book: Book,
    dice: Dice,
    next_key: u8,
}

impl Maker {
    fn some(&mut self) -> u8 {
        30 + self.dice.below(INSTITUTIONS.into()) as u8
    }

    fn log(&mut self) -> LogId {
        let (node, incarnation) = (100 + self.some(), 1 + self.dice.below(2) as u64);
        LogId { node: key(node).public(), ..issuer_log(incarnation) }
    }

    fn head(&mut self) -> Head {
        Head { seq: 1 + self.dice.below(9) as u64, hash: Hash([self.dice.below(4) as u8; 32]) }
    }

    fn about_an_institution(&mut self) -> (Subject, Action) {
        let n = self.some();
        let role = if n == 30 { Role::SubMarket } else { Role::ResourceStation };
        let id = institution(n, role).id();
        let action = match self.dice.below(9) {
            0..3 => Action::Admit(institution(n, role)),
            3 => Action::Suspend(why("a")),
            4 => Action::Reinstate,
            5 => Action::Exit(why("b")),
            6 => Action::ChangeRole(Role::SubMarket, 420_100),
            7 => {
                let points = vec![(LogId { node: key(n + 100).public(), ..issuer_log(1) }, self.head())];
                Action::RevokeNode(key(n + 100).public(), points, why("c"))
            }
            _ => {
                self.next_key = self.next_key.wrapping_add(1);
                let words = self.book.fold().words.into_keys().filter(|_| self.dice.below(2) == 0).collect();
                let nodes = if self.dice.below(2) == 0 { vec![key(n + 100).public()] } else { vec![] };
                let new = key(self.next_key);
                Action::RootKey(Rotation::sign(&id, nodes, words, &self.book.charter.id(), &new))
            }
        };
        (Subject::Institution(id), action)
    }

    fn motion(&mut self) -> (Subject, Action) {
        match self.dice.below(6) {
            0..3 => self.about_an_institution(),
            3 => {
                let id = DocumentId([self.dice.below(3) as u8; 32]);
                let all = [Action::TakeDown(why("a")), Action::Restore, Action::Purge(why("b"))];
                (Subject::Document(id), all[self.dice.below(3)].clone())
            }
            4 => {
                let (log, head) = (self.log(), self.head());
                (Subject::Log(log.hash()), Action::Settle(log, head))
            }
            _ => {
                let invitation = Invitation {
                    key: key(70 + self.dice.below(4) as u8).public(),
                    issuer: key(100 + self.some()).public(),
                    role: Role::GrassrootsSite,
                    region: 420_100,
                    not_after_ms: NOW,
                };
                (Subject::Invitation(invitation.key), Action::Invite(invitation))
            }
        }
    }

    /// Two, sometimes one, of the three founding governors sign: who governs by now is luck.
    fn sign(&mut self, subject: Subject, action: Action) {
        let roster = self.book.fold();
        let (number, previous) = roster.chains.get(&subject).copied().unwrap_or_default();
        self.book.epoch = roster.epoch - self.dice.below(roster.epoch as usize + 1).min(1) as u32;
        let step = self.book.step(subject, number + 1, previous, action);
        let left_out = self.dice.below(4) as u8;
        for (index, g) in (0u8..).zip(&roster.governors.members) {
            let root = (1..=3).find(|n| key(*n).public() == g.key);
            if let Some(root) = root.filter(|root| *root != left_out) {
                self.book.push(step.clone(), index, &key(root));
            }
        }
    }

    /// Governors that remove each other at once: each pair leaves the third one out, at the same number.
    fn quarrel(&mut self) {
        let roster = self.book.fold();
        let chains: Vec<(Subject, (u64, Hash))> = roster.chains.clone().into_iter().collect();
        let (number, previous) = roster.chains.get(&Subject::Network).copied().unwrap_or_default();
        self.book.epoch = roster.epoch;
        let kept: Vec<(Subject, Hash)> = chains
            .iter()
            .filter(|(subject, _)| *subject != Subject::Network && self.dice.below(4) > 0)
            .map(|(subject, (_, last))| (*subject, *last))
            .collect();
        for left_out in 1..=3u8 {
            let others: Vec<u8> = (1..=3).filter(|n| *n != left_out).collect();
            let members: Vec<Governor> = others.iter().map(|n| governor(*n)).collect();
            let action = Action::Governors(Governors { members, threshold: 2 }, kept.clone());
            let step = self.book.step(Subject::Network, number + 1, previous, action);
            for (index, g) in (0u8..).zip(&roster.governors.members) {
                if let Some(root) = others.iter().find(|n| key(**n).public() == g.key) {
                    self.book.push(step.clone(), index, &key(*root));
                }
            }
        }
    }

    fn recover(&mut self) {
        let roster = self.book.fold();
        let (number, previous) = roster.chains.get(&Subject::Network).copied().unwrap_or_default();
        self.book.epoch = roster.epoch;
        let members = (1..=3).map(governor).collect();
        let kept = roster.chains.iter().filter(|(subject, _)| **subject != Subject::Network);
        let kept = kept.map(|(subject, (_, last))| (*subject, *last)).collect();
        let keep = self.book.step(Subject::Network, number + 1, previous, Action::Keep(kept));
        let governors = Action::Governors(Governors { members, threshold: 2 }, vec![]);
        let change = self.book.step(Subject::Network, number + 2, keep.id(), governors);
        self.book.push(keep, RECOVERY_INDEX, &key(99));
        self.book.push(change, RECOVERY_INDEX, &key(99));
    }

    /// An institution's own word: a settle, or a sub-market's invitation.
    fn word(&mut self) {
        let (network, n) = (self.book.charter.id(), self.some());
        let own = certificate(&network, n, n + 100, Role::SubMarket);
        let (subject, action) = if self.dice.below(2) == 0 {
            let (log, head) = (LogId { node: key(n + 100).public(), ..self.log() }, self.head());
            (Subject::Log(log.hash()), Action::Settle(log, head))
        } else {
            let invitation = Invitation {
                key: key(70 + self.dice.below(4) as u8).public(),
                issuer: key(n + 100).public(),
                role: Role::GrassrootsSite,
                region: 420_106,
                not_after_ms: NOW,
            };
            (Subject::Invitation(invitation.key), Action::Invite(invitation))
        };
        // Who stole the node's key and certifies it for another institution can say the same.
        if self.dice.below(3) == 0 {
            let other = self.some();
            let theirs = certificate(&network, other, n + 100, Role::SubMarket);
            let word = SignedStep::own_word(subject, action.clone(), theirs, &network, &key(other));
            self.book.input.steps.push(word);
        }
        self.book.input.steps.push(SignedStep::own_word(subject, action, own, &network, &key(n)));
    }

    /// A redemption of an invitation that is there, in a log that may have forked: two of them at one place are usual.
    fn redeem(&mut self) {
        let (network, n) = (self.book.charter.id(), 80 + self.dice.below(6) as u8);
        let invitations = self.book.fold().invitations;
        let invitations: Vec<_> = invitations.into_values().map(|(_, invitation)| invitation).collect();
        if invitations.is_empty() {
            return;
        }
        let invitation = &invitations[self.dice.below(invitations.len())];
        let one_time = (70..74).map(key).find(|key| key.public() == invitation.key).unwrap();
        let mut body = certificate(&network, n, n + 100, Role::GrassrootsSite).body;
        body.region = invitation.region;
        let site = Institution { region: body.region, ..institution(n, Role::GrassrootsSite) };
        let own = protocol::NodeCertificate::issue(body, &network, &key(n), &key(n + 100));
        let redemption = Redemption::sign(site, own, &network, &one_time, &key(n));
        let log = LogId { node: invitation.issuer, ..self.log() };
        self.book.input.redemptions.push((log, 1 + self.dice.below(2) as u64, redemption));
    }
}

fn history(seed: u64) -> Book {
    let mut maker = Maker { book: Book::new(3, 2), dice: Dice(seed), next_key: 200 };
    maker.sign(Subject::Network, Action::Profile(Profile::default()));
    for _ in 0..STEPS {
        match maker.dice.below(12) {
            0 => maker.quarrel(),
            1 if maker.dice.below(3) == 0 => maker.recover(),
            1..4 => maker.word(),
            4..6 => maker.redeem(),
            _ => {
                let (subject, action) = maker.motion();
                maker.sign(subject, action);
            }
        }
    }
    maker.book
}

fn shuffle<T>(items: &mut [T], dice: &mut Dice) {
    for n in (1..items.len()).rev() {
        items.swap(n, dice.below(n + 1));
    }
}

/// Something that came into a roster log.
#[derive(Clone)]
enum Arrival {
    Step(Box<SignedStep>),
    Redemption(LogId, u64, Box<Redemption>),
}

/// Brings a book up to date from all that has been stored.
fn fold(book: &mut RosterBook, stored: &[Arrival]) {
    while let Folded::Unread(epoch) = book.fold() {
        for arrival in stored {
            if let Arrival::Step(copy) = arrival
                && copy.step.epoch == epoch
            {
                book.take_step(copy);
            }
        }
        book.has_read(epoch);
    }
}

/// A copy of a step as anyone can make it: with signatures that nobody gave.
fn forged(copy: &SignedStep, dice: &mut Dice) -> SignedStep {
    let mut copy = copy.clone();
    let mut bogus =
        |governor: u8| CoSignature { governor, signature: Signature([dice.below(250) as u8; 64]) };
    let forged: Vec<CoSignature> = (0..4).chain([RECOVERY_INDEX]).map(&mut bogus).collect();
    copy.signatures.splice(0..0, forged);
    if let Some(own) = &mut copy.own {
        own.signature.0[3] ^= 1;
    }
    copy
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever came first, and however often: the same roster. A book that is folded as things arrive, at any moments, and
    /// reads an epoch's steps when it learns who governs it, ends at the same one.
    #[test]
    fn any_order_of_a_random_history_gives_the_same_roster(seed: u64, order: u64) {
        let book = history(seed);
        let expected = book.fold();
        let mut dice = Dice(order);
        let RosterInput { steps, redemptions, .. } = book.input.clone();
        let mut arrivals: Vec<Arrival> = steps.into_iter().map(|step| Arrival::Step(Box::new(step))).collect();
        arrivals.extend(redemptions.into_iter().map(|(log, seq, r)| Arrival::Redemption(log, seq, Box::new(r))));
        let repeated = dice.below(arrivals.len());
        arrivals.extend_from_within(..repeated);
        for _ in 0..repeated {
            if let Arrival::Step(copy) = arrivals[dice.below(arrivals.len())].clone() {
                arrivals.push(Arrival::Step(Box::new(forged(&copy, &mut dice))));
            }
        }
        shuffle(&mut arrivals, &mut dice);
        let mut arrived = RosterBook::new(&book.charter);
        for (n, arrival) in arrivals.iter().enumerate() {
            match arrival {
                Arrival::Step(copy) => arrived.take_step(copy),
                Arrival::Redemption(log, seq, redemption) => arrived.take_redemption(log, *seq, redemption),
            };
            if dice.below(8) == 0 {
                fold(&mut arrived, &arrivals[..=n]);
            }
        }
        fold(&mut arrived, &arrivals);
        prop_assert_eq!(arrived.roster().digest(), expected.digest());
        prop_assert_eq!(arrived.roster(), &expected);
        // What it holds is all that the roster needs.
        prop_assert_eq!(Roster::fold(&book.charter, &arrived.input()), expected);
    }
}

/// The histories hold what they are meant to hold.
#[test]
fn random_histories_are_eventful() {
    let mut seen = [0usize; 6];
    for seed in 0..40 {
        let roster = history(seed).fold();
        let now = [
            roster.epoch as usize,
            roster.rotations.len(),
            roster.words.len(),
            roster.redeemed.len(),
            roster.revoked.len(),
            roster.settled.len(),
        ];
        seen.iter_mut().zip(now).for_each(|(sum, n)| *sum += n);
    }
    println!("epochs, rotations, words, redeemed, revoked, settled: {seen:?}");
    assert!(seen.iter().all(|n| *n >= 10), "{seen:?}");
}

/// Two institutions sign one and the same step: it is the word of both, whoever said it first, and whoever comes in by it
/// is in by the word of the one whose invitation was redeemed.
#[test]
fn what_two_institutions_say_in_one_step_is_the_word_of_both() {
    let mut book = Book::new(1, 1);
    let (network, log) = (book.charter.id(), LogId { node: key(130).public(), ..issuer_log(1) });
    let markets = [30, 31].map(|n| institution(n, Role::SubMarket));
    for market in &markets {
        book.add(Subject::Institution(market.id()), Action::Admit(market.clone()), &[0]);
    }
    let invitation = Invitation {
        key: key(70).public(),
        issuer: log.node,
        role: Role::GrassrootsSite,
        region: 420_100,
        not_after_ms: NOW,
    };
    let settle = Action::Settle(log, Head { seq: 9, hash: Hash([1; 32]) });
    let said = [
        (Subject::Log(log.hash()), settle),
        (Subject::Invitation(invitation.key), Action::Invite(invitation)),
    ];
    let words = said.map(|(subject, action)| {
        [30, 31].map(|n| {
            let own = certificate(&network, n, 130, Role::SubMarket);
            SignedStep::own_word(subject, action.clone(), own, &network, &key(n))
        })
    });
    let before = book.input.clone();
    let folds = [[0, 1], [1, 0]].map(|order| {
        book.input = before.clone();
        book.input.steps.extend(words.iter().flat_map(|by| order.map(|n| by[n].clone())));
        for (site, seq) in [(40, 3), (41, 4)] {
            let own = certificate(&network, site, site + 100, Role::GrassrootsSite);
            let who = institution(site, Role::GrassrootsSite);
            let redemption = Redemption::sign(who, own, &network, &key(70), &key(site));
            book.input.redemptions.push((log, seq, redemption));
        }
        book.fold()
    });
    assert_eq!(folds[0], folds[1]);
    let roster = &folds[0];
    let both: BTreeSet<_> = markets.iter().map(Institution::id).collect();
    for by in &words {
        assert_eq!(roster.words[&by[0].step.id()], both);
    }
    let vouched = [40, 41].map(|site| {
        let id = institution(site, Role::GrassrootsSite).id();
        roster.vouched_by(&roster.members[&id]).unwrap()
    });
    let in_order: Vec<_> = both.into_iter().collect();
    assert_eq!(vouched.to_vec(), in_order, "of several the invitation by the lowest is redeemed first");
    assert_eq!(roster.vouched_by(&roster.members[&markets[0].id()]), None, "the governors admitted it");
}
