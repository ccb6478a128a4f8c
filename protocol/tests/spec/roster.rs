//! §11: the roster's fold.

use proptest::prelude::*;
use protocol::{
    Action, DocumentId, Governor, Governors, Grant, Hash, Head, LogId, MemberState, NodeState, Profile,
    RECOVERY_INDEX, Redemption, Role, Roster, RosterBook, RosterInput, RosterStep, SignedStep, Subject,
};

use crate::book::{Book, issuer_log, subject, who, why};
use crate::support::{certificate, charter, governor, institution, key};

/// A history that uses every action, over two epochs, with rivals, incomplete and foreign steps.
fn long_history() -> Book {
    let mut book = Book::new(3, 2);
    let both = &[0, 1];
    for n in 30..34 {
        book.add(subject(n), Action::Admit(who(n)), both);
    }
    book.add(subject(30), Action::Suspend(why("late")), both);
    book.add(subject(30), Action::Reinstate, &[1, 2]);
    book.add(subject(31), Action::Exit(why("moved")), &[0, 2]);
    book.add(subject(32), Action::ChangeRole(Role::SubMarket, 420_200), both);
    book.add(subject(33), Action::Suspend(why("one signature is not enough")), &[2]);
    let rival = book.step(subject(33), 2, book.fold().chains[&subject(33)].1, Action::Exit(why("stricter")));
    book.add(subject(33), Action::Suspend(why("milder")), both);
    book.sign(rival, both);
    book.add(
        subject(32),
        Action::RevokeNode(
            key(132).public(),
            vec![(LogId { node: key(132).public(), ..issuer_log(1) }, Head { seq: 4, hash: Hash([4; 32]) })],
            why("stolen"),
        ),
        both,
    );
    book.add(Subject::Document(DocumentId([5; 32])), Action::TakeDown(why("false")), both);
    book.add(Subject::Document(DocumentId([6; 32])), Action::Purge(why("a telephone number")), both);
    book.add(
        Subject::Log(issuer_log(9).hash()),
        Action::Settle(issuer_log(9), Head { seq: 8, hash: Hash([8; 32]) }),
        both,
    );
    book.add(Subject::Network, Action::Profile(Profile::default()), both);
    book.add(Subject::Network, Action::Other(77, vec![1, 2, 3]), both);
    let kept = book.fold().chains.into_iter().filter(|(s, _)| *s != Subject::Network && *s != subject(31));
    let kept = kept.map(|(subject, (_, hash))| (subject, hash)).collect();
    let governors = Governors { members: (1..=3).map(governor).collect(), threshold: 3 };
    book.add(Subject::Network, Action::Governors(governors, kept), both);
    book.epoch = 1;
    book.add(subject(30), Action::Exit(why("of the new epoch")), &[0, 1, 2]);
    book.add(subject(32), Action::Suspend(why("two of three are not enough now")), both);
    book
}

#[test]
fn a_long_history_gives_what_was_decided() {
    let book = long_history();
    let roster = book.fold();
    assert_eq!(roster.epoch, 1);
    assert_eq!(roster.governors.threshold, 3);
    assert_eq!(book.state(30), Some(MemberState::Exited(why("of the new epoch"))));
    assert_eq!(book.state(31), None, "its steps were not kept");
    assert_eq!(book.state(32), Some(MemberState::Active));
    assert_eq!(roster.members[&who(32).id()].institution.role, Role::SubMarket);
    assert_eq!(book.state(33), Some(MemberState::Exited(why("stricter"))));
    assert_eq!(roster.taken_down[&DocumentId([5; 32])], "false");
    assert_eq!(roster.purged[&DocumentId([6; 32])], "a telephone number");
    assert_eq!(roster.settled[&issuer_log(9)].seq, 8);
    assert_eq!(roster.last_valid(&issuer_log(9)), 8);
    assert_eq!(roster.last_valid(&issuer_log(1)), u64::MAX);
    let stolen = LogId { node: key(132).public(), ..issuer_log(1) };
    assert_eq!(roster.last_valid(&stolen), 4);
    assert_eq!(
        roster.last_valid(&LogId { incarnation: 2, ..stolen }),
        0,
        "a log that the revocation does not name"
    );
    let own = certificate(&book.charter.id(), 32, 132, Role::ResourceStation);
    assert!(matches!(roster.node(&own), NodeState::Revoked(_)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Any order, with any of them repeated, gives the same roster and digest.
    #[test]
    fn the_order_of_arrival_does_not_matter(order in Just((0..200).collect::<Vec<usize>>()).prop_shuffle(), repeats in 0usize..20) {
        let book = long_history();
        let expected = book.fold();
        let mut steps: Vec<SignedStep> = order.iter().filter_map(|n| book.input.steps.get(*n).cloned()).collect();
        prop_assert_eq!(steps.len(), book.input.steps.len());
        steps.extend_from_within(..repeats.min(book.input.steps.len()));
        let roster = Roster::fold(&book.charter, &RosterInput { steps, ..RosterInput::default() });
        prop_assert_eq!(roster.digest(), expected.digest());
        prop_assert_eq!(roster, expected);
    }

    /// Who redeemed first is decided by the issuer's log, not by what came first.
    #[test]
    fn the_order_of_redemptions_does_not_matter(order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle()) {
        let mut book = Book::new(1, 1);
        book.invite(50, 11);
        for (n, seq) in [(40, 9), (41, 3), (42, 5), (43, 4), (44, 8), (45, 7)] {
            book.redeem(50, n, issuer_log(1), seq);
        }
        let all = std::mem::take(&mut book.input.redemptions);
        book.input.redemptions = order.iter().map(|n| all[*n].clone()).collect();
        let grant = Grant { key: key(50).public(), issuer: key(11).public(), by: None };
        prop_assert_eq!(book.fold().redeemed[&grant], who(41).id());
        prop_assert_eq!((40..46).filter(|n| book.state(*n).is_some()).count(), 1);
    }
}

#[test]
fn a_roster_tells_who_signed_and_whether_that_is_enough() {
    let book = Book::new(3, 2);
    let roster = book.fold();
    let step = book.step(subject(30), 1, Hash::default(), Action::Admit(who(30)));
    let sign = |step: &RosterStep, index: u8, with: u8| {
        SignedStep::sign(step.clone(), &book.charter.id(), index, &key(with)).signatures.remove(0)
    };
    let told = |step: &RosterStep, signatures: &[(u8, u8)]| {
        let signatures: Vec<_> = signatures.iter().map(|(index, with)| sign(step, *index, *with)).collect();
        let (signers, complete) = roster.signers(step, &signatures);
        (signers.into_iter().collect::<Vec<u8>>(), complete)
    };
    assert_eq!(told(&step, &[]), (vec![], false));
    assert_eq!(told(&step, &[(2, 3), (2, 3)]), (vec![2], false));
    assert_eq!(told(&step, &[(2, 3), (0, 2), (3, 4)]), (vec![2], false), "bad ones do no harm");
    assert_eq!(told(&step, &[(2, 3), (0, 1)]), (vec![0, 2], true));
    assert_eq!(told(&step, &[(RECOVERY_INDEX, 99)]), (vec![], false), "no step for the recovery key");
    let governors = Governors { members: vec![governor(9)], threshold: 1 };
    let change = book.step(Subject::Network, 1, Hash::default(), Action::Governors(governors, vec![]));
    assert_eq!(told(&change, &[(RECOVERY_INDEX, 99)]), (vec![], true));
    assert_eq!(told(&change, &[(RECOVERY_INDEX, 98)]), (vec![], false));
}

#[test]
fn two_of_three_governors_need_two_signatures() {
    let mut book = Book::new(3, 2);
    let step = book.step(subject(30), 1, Hash::default(), Action::Admit(who(30)));
    book.sign(step.clone(), &[1]);
    assert_eq!(book.state(30), None, "one");
    book.sign(step.clone(), &[1]);
    assert_eq!(book.state(30), None, "one, twice");
    book.push(step.clone(), 0, &key(2));
    assert_eq!(book.state(30), None, "one under two indices");
    book.push(step.clone(), 7, &key(8));
    book.push(step.clone(), RECOVERY_INDEX, &key(99));
    assert_eq!(book.state(30), None, "nobody's index, and the recovery key for what it may not do");
    book.sign(step, &[2]);
    assert_eq!(book.state(30), Some(MemberState::Active), "two");
}

#[test]
fn of_two_steps_with_one_number_the_stricter_wins_then_the_lower_hash() {
    let admitted = || {
        let mut book = Book::new(1, 1);
        let last = book.add(subject(30), Action::Admit(who(30)), &[0]);
        (book, last)
    };
    let ranked = [
        Action::RevokeNode(key(130).public(), vec![], why("a")),
        Action::Exit(why("a")),
        Action::Suspend(why("a")),
        Action::ChangeRole(Role::SubMarket, 1),
        Action::Reinstate,
        Action::Admit(who(30)),
        Action::Other(99, vec![]),
    ];
    for (n, strict) in ranked.iter().enumerate() {
        for mild in &ranked[n + 1..] {
            let (mut book, last) = admitted();
            let [strict, mild] = [strict, mild].map(|action| book.step(subject(30), 2, last, action.clone()));
            book.sign(mild, &[0]);
            let strict = book.sign(strict, &[0]);
            assert_eq!(book.fold().chains[&subject(30)], (2, strict));
        }
    }
    let (mut book, last) = admitted();
    let [a, b] = ["a", "b"].map(|text| book.step(subject(30), 2, last, Action::Suspend(why(text))));
    let lower = a.id().min(b.id());
    book.sign(a, &[0]);
    book.sign(b, &[0]);
    assert_eq!(book.fold().chains[&subject(30)].1, lower);
}

#[test]
fn a_step_that_is_not_chained_waits() {
    let mut book = Book::new(1, 1);
    let admit = book.step(subject(30), 1, Hash::default(), Action::Admit(who(30)));
    let suspend = book.step(subject(30), 2, admit.id(), Action::Suspend(why("late")));
    let foreign = book.step(subject(30), 3, Hash([9; 32]), Action::Exit(why("no such step before it")));
    book.sign(suspend, &[0]);
    book.sign(foreign, &[0]);
    assert_eq!(book.state(30), None);
    book.sign(admit, &[0]);
    assert_eq!(book.state(30), Some(MemberState::Suspended(why("late"))));
}

#[test]
fn what_the_closed_epoch_left_out_is_void_and_stays_so() {
    let mut book = Book::new(1, 1);
    let admit = book.add(subject(30), Action::Admit(who(30)), &[0]);
    book.add(subject(31), Action::Admit(who(31)), &[0]);
    book.add(subject(30), Action::Suspend(why("not kept")), &[0]);
    let governors = Governors { members: vec![governor(2)], threshold: 1 };
    let change = Action::Governors(governors, vec![(subject(30), admit)]);
    book.add(Subject::Network, change.clone(), &[0]);
    assert_eq!(book.state(30), Some(MemberState::Active));
    assert_eq!(book.state(31), None);
    assert!(book.fold().members.contains_key(&institution(2, Role::Hub).id()), "a governor is a member");
    // The replaced governor signs on, in its own epoch: a rival for the kept step, a further one, another change.
    let before = book.fold();
    let last = before.chains[&Subject::Network].1;
    for step in [
        book.step(subject(30), 1, Hash::default(), Action::Exit(why("stricter than the kept one"))),
        book.step(subject(30), 3, before.chains[&subject(30)].1, Action::Exit(why("late"))),
        book.step(Subject::Network, 2, last, change),
        book.step(Subject::Network, 2, last, Action::Profile(Profile::default())),
    ] {
        book.sign(step, &[0]);
    }
    assert_eq!(book.fold(), before);
    book.epoch = 1;
    book.add(subject(30), Action::Suspend(why("by the old governor")), &[0]);
    assert_eq!(book.fold(), before);
    let step = book.step(subject(30), 2, admit, Action::Suspend(why("by the new one")));
    book.push(step, 0, &key(2));
    assert_eq!(book.state(30), Some(MemberState::Suspended(why("by the new one"))));
}

#[test]
fn a_kept_step_that_has_not_arrived_is_waited_for() {
    let mut book = Book::new(1, 1);
    let admit = book.step(subject(30), 1, Hash::default(), Action::Admit(who(30)));
    let suspend = book.step(subject(30), 2, admit.id(), Action::Suspend(why("kept")));
    let governors = Governors { members: vec![governor(2)], threshold: 1 };
    book.add(Subject::Network, Action::Governors(governors, vec![(subject(30), suspend.id())]), &[0]);
    book.sign(suspend, &[0]);
    assert_eq!(book.state(30), None);
    book.sign(admit, &[0]);
    assert_eq!(book.state(30), Some(MemberState::Suspended(why("kept"))));
}

#[test]
fn the_recovery_key_names_new_governors_and_does_nothing_else() {
    let mut book = Book::new(3, 2);
    let governors = Governors { members: vec![governor(60)], threshold: 1 };
    let step = book.step(Subject::Network, 1, Hash::default(), Action::Governors(governors, vec![]));
    book.push(step.clone(), RECOVERY_INDEX, &key(98));
    book.push(step.clone(), 0, &key(99));
    assert_eq!(book.fold().epoch, 0, "another key, and the recovery key under a governor's index");
    book.push(step, RECOVERY_INDEX, &key(99));
    assert_eq!(book.fold().governors.members, [governor(60)]);
    let profile = book.step(Subject::Network, 1, Hash::default(), Action::Profile(Profile::default()));
    let mut book = Book::new(3, 2);
    book.push(profile, RECOVERY_INDEX, &key(99));
    assert!(book.fold().chains.is_empty());
}

#[test]
fn an_invitation_counts_once_and_only_as_granted() {
    let mut book = Book::new(1, 1);
    book.invite(50, 11);
    let foreign = LogId { node: key(12).public(), ..issuer_log(1) };
    book.redeem(50, 40, foreign, 2);
    assert_eq!(book.state(40), None, "countersigned by another node");
    book.redeem(51, 40, issuer_log(1), 3);
    assert_eq!(book.state(40), None, "an invitation that nobody made");
    let network = book.charter.id();
    let hub = institution(40, Role::Hub);
    let own = certificate(&network, 40, 140, Role::Hub);
    let other_role = Redemption::sign(hub, own.clone(), &network, &key(50), &key(40));
    assert!(other_role.verify(&network).is_ok());
    book.input.redemptions.push((issuer_log(1), 4, other_role));
    assert_eq!(book.state(40), None, "another role");
    let mixed = Redemption::sign(who(40), own, &network, &key(50), &key(40));
    assert!(mixed.verify(&network).is_err(), "a certificate that speaks of another role");
    book.redeem(50, 41, issuer_log(1), 5);
    book.redeem(50, 42, issuer_log(1), 6);
    assert_eq!((book.state(41), book.state(42)), (Some(MemberState::Active), None));
}

/// Whoever stole the issuer's key cannot use up invitations after its last valid point.
#[test]
fn a_redemption_after_the_issuers_last_valid_point_is_void() {
    let mut book = Book::new(1, 1);
    book.invite(50, 11);
    book.invite(51, 11);
    book.redeem(50, 40, issuer_log(1), 5);
    book.redeem(51, 41, issuer_log(1), 6);
    assert!(book.state(40).is_some() && book.state(41).is_some());
    let last = Head { seq: 5, hash: Hash([5; 32]) };
    book.add(
        subject(1),
        Action::RevokeNode(key(11).public(), vec![(issuer_log(1), last)], why("stolen")),
        &[0],
    );
    assert!(book.state(40).is_some() && book.state(41).is_none());
}

#[test]
fn of_two_last_valid_points_the_lower_stands() {
    for order in [[5, 9], [9, 5]] {
        let mut book = Book::new(1, 1);
        book.add(subject(30), Action::Admit(who(30)), &[0]);
        for seq in order {
            let head = Head { seq, hash: Hash([5; 32]) };
            book.add(
                subject(30),
                Action::RevokeNode(key(11).public(), vec![(issuer_log(1), head)], why("stolen")),
                &[0],
            );
            book.add(
                Subject::Log(issuer_log(2).hash()),
                Action::Settle(LogId { node: key(12).public(), ..issuer_log(2) }, head),
                &[0],
            );
            book.add(Subject::Log(issuer_log(3).hash()), Action::Settle(issuer_log(3), head), &[0]);
        }
        let roster = book.fold();
        assert_eq!(roster.last_valid(&issuer_log(1)), 5);
        assert_eq!(roster.settled.len(), 1, "a settle whose subject is another log has no effect");
        assert_eq!(roster.settled[&issuer_log(3)].seq, 5);
    }
}

/// What decides a view is in the digest, each part told from the others.
#[test]
fn rosters_that_show_different_views_have_different_digests() {
    let mut digests = std::collections::BTreeSet::new();
    let document = Subject::Document(DocumentId([5; 32]));
    let log = issuer_log(1);
    let head = |n: u8| Head { seq: n.into(), hash: Hash([n; 32]) };
    let revoke = |logs: Vec<(LogId, Head)>| Action::RevokeNode(log.node, logs, why("a"));
    let cases: Vec<(Subject, Action)> = vec![
        (document, Action::TakeDown(why("a"))),
        (document, Action::Purge(why("a"))),
        (document, Action::TakeDown(why("b"))),
        (subject(1), revoke(vec![])),
        (subject(1), revoke(vec![(log, head(1))])),
        (subject(1), revoke(vec![(log, head(2))])),
        (subject(1), revoke(vec![(LogId { incarnation: 2, ..log }, head(1))])),
        (Subject::Log(log.hash()), Action::Settle(log, head(1))),
        (
            Subject::Network,
            Action::Profile(Profile { parts: std::array::from_fn(|_| (why("2"), Hash::default())) }),
        ),
        (subject(30), Action::Admit(who(30))),
    ];
    let n = cases.len();
    for (subject, action) in cases {
        let mut book = Book::new(1, 1);
        book.charter.governors.members[0] = Governor::founding(institution(1, Role::ResourceStation));
        book.add(subject, action, &[0]);
        digests.insert(book.fold().digest().0);
    }
    assert_eq!(digests.len(), n);
}

#[test]
fn thresholds_of_half_or_less_are_refused() {
    let read = |n: u8, m: u8| {
        let bytes = charter(n, m).to_bytes();
        protocol::Decoder::whole(&bytes, "charter", protocol::Charter::decode).is_ok()
    };
    for (n, m, sound) in [
        (1, 1, true),
        (1, 0, false),
        (1, 2, false),
        (2, 1, false),
        (2, 2, true),
        (3, 2, true),
        (4, 2, false),
        (4, 3, true),
        (0, 0, false),
    ] {
        assert_eq!(read(n, m), sound, "{m} of {n}");
    }
    let mut twice = charter(2, 2);
    twice.governors.members[1] = twice.governors.members[0].clone();
    assert!(protocol::Decoder::whole(&twice.to_bytes(), "charter", protocol::Charter::decode).is_err());
    // One key under two records, and one record under two keys.
    let two = |second: Governor| Governors { members: vec![governor(1), second], threshold: 2 }.check();
    assert_eq!(two(governor(2)), Ok(()));
    assert!(two(Governor { key: key(1).public(), ..governor(2) }).is_err());
    assert!(two(Governor { key: key(2).public(), ..governor(1) }).is_err());
}

/// Of the governors' own invitations for one key the last stands, whoever is to countersign it.
#[test]
fn the_governors_last_invitation_for_a_key_stands_alone() {
    let mut book = Book::new(1, 1);
    book.invite(50, 130);
    book.invite(50, 131);
    let roster = book.fold();
    let issuers: Vec<_> = roster.invitations.keys().map(|grant| grant.issuer).collect();
    assert_eq!(issuers, [key(131).public()]);
}

#[test]
fn a_book_knows_of_whom_it_holds_a_step() {
    let mut book = Book::new(1, 1);
    book.add(subject(3), Action::Admit(who(3)), &[0]);
    let mut held = RosterBook::new(&book.charter);
    assert!(held.take_step(&book.input.steps[0]));
    assert!(held.knows_of(&subject(3)) && !held.knows_of(&subject(4)));
}
