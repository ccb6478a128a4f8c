//! §15: what proves a fork, and whose word ends a log.

use protocol::{Action, Entry, Fault, Fork, Hash, Head, LogId, Role, SignedStep, Subject, Verb};

use crate::book::{Book, subject, who, why};
use crate::support::{World, certificate, key};

/// Two entries of one log with one number, after the same entry.
fn forked(world: &World) -> (Entry, Entry, Fork) {
    let log = world.log(world.shelf());
    let before = Head { seq: 4, hash: Hash([4; 32]) };
    let entry = |text: &str| world.entry((log, before), Verb::EDIT, None, text.as_bytes().to_vec(), 9);
    let (left, right) = (entry("左"), entry("右"));
    let fork = Fork::of(certificate(&world.network, 1, 11, Role::Hub), &left, &right);
    (left, right, fork)
}

#[test]
fn a_fork_proves_itself_without_a_word_of_what_was_written() {
    let world = World::new();
    let (left, right, fork) = forked(&world);
    fork.verify(&world.network).unwrap();
    assert_eq!(fork, Fork::of(fork.certificate.clone(), &right, &left), "in whatever order they were found");
    assert_eq!((fork.seq(), fork.common()), (5, Head { seq: 4, hash: Hash([4; 32]) }));
    let hashes = fork.branches().map(|branch| branch.hash);
    assert!(hashes.contains(&left.hash()) && hashes.contains(&right.hash()));
    let bytes = fork.to_bytes();
    assert_eq!(Fork::from_bytes(&bytes).unwrap(), fork);
    assert!(!bytes.windows(3).any(|w| w == "左".as_bytes() || w == "右".as_bytes()));
    let file = fork.to_file_body(&world.network);
    assert_eq!(Fork::from_file_body(&file).unwrap(), (world.network, fork));
}

#[test]
fn every_flipped_bit_of_a_fork_is_noticed() {
    let world = World::new();
    let bytes = forked(&world).2.to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read = Fork::from_bytes(&flipped).and_then(|fork| fork.verify(&world.network));
        assert!(read.is_err(), "bit {bit}");
    }
}

#[test]
fn what_is_no_fork_is_refused() {
    let world = World::new();
    let (left, right, fork) = forked(&world);
    let own = fork.certificate.clone();
    let log = world.log(world.shelf());
    let elsewhere = LogId { incarnation: 1, ..log };
    let at = |log, seq, hash: u8| {
        world.entry((log, Head { seq, hash: Hash([hash; 32]) }), Verb::EDIT, None, vec![1], 9)
    };
    let wrong = [
        Fork::of(own.clone(), &left, &left),
        Fork::of(own.clone(), &left, &at(log, 5, 4)),
        Fork::of(own.clone(), &left, &at(log, 4, 5)),
        Fork::of(own.clone(), &left, &at(elsewhere, 4, 4)),
        Fork::of(certificate(&world.network, 1, 12, Role::Hub), &left, &right),
        Fork { left: fork.right.clone(), right: fork.left.clone(), ..fork.clone() },
    ];
    for fork in wrong {
        assert!(fork.verify(&world.network).is_err());
    }
    let full = Fork { left: left.clone(), ..fork };
    let refused = Fork::from_bytes(&full.to_bytes());
    assert_eq!(refused, Err(Fault::NotCanonical { what: "fork" }), "with a payload it has another form");
}

#[test]
fn whoever_certifies_a_stolen_node_key_for_himself_settles_nothing() {
    let mut book = Book::new(1, 1);
    book.add(subject(30), Action::Admit(who(30)), &[0]);
    book.add(subject(31), Action::Admit(who(31)), &[0]);
    let network = book.charter.id();
    let own = |root: u8| certificate(&network, root, 130, Role::ResourceStation);
    let log = LogId { node: key(130).public(), ..World::new().log(World::new().shelf()) };
    let head = |seq: u64| Head { seq, hash: Hash([seq as u8; 32]) };
    let settle = |root: u8, seq: u64| {
        let (subject, action) = (Subject::Log(log.hash()), Action::Settle(log, head(seq)));
        SignedStep::own_word(subject, action, own(root), &network, &key(root))
    };
    book.input.steps.push(settle(31, 1));
    let roster = book.fold();
    assert_eq!(roster.end_under(&log, &own(30)), None, "the log is not the thief's institution's");
    assert_eq!(roster.last_valid(&log), u64::MAX);
    assert_eq!(roster.end_under(&log, &own(31)), Some(head(1)));
    // Its own institution's word counts, and so does a revocation, below which nothing is void.
    book.input.steps.push(settle(30, 9));
    assert_eq!(book.fold().end_under(&log, &own(30)), Some(head(9)));
    book.add(subject(30), Action::RevokeNode(key(130).public(), vec![(log, head(7))], why("stolen")), &[0]);
    assert_eq!(book.fold().end_under(&log, &own(30)), Some(head(7)));
    assert_eq!(book.fold().last_valid(&log), 7);
    let other = LogId { incarnation: 3, ..log };
    assert_eq!(book.fold().end_under(&other, &own(30)), Some(Head::default()), "it does not name this one");
    // The governors' word stands before both.
    book.add(Subject::Log(log.hash()), Action::Settle(log, head(5)), &[0]);
    assert_eq!(book.fold().end_under(&log, &own(30)), Some(head(5)));
}
