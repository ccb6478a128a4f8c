//! What roster entries cost a node that holds them, in signatures verified and in what stays in memory.

use protocol::{
    Action, BookFigures, CoSignature, Folded, Governors, Hash, RECOVERY_INDEX, RosterBook, RosterStep,
    Signature, SignedStep, Subject,
};

use crate::book::{Book, issuer_log, subject, who, why};
use crate::support::{certificate, governor, key};
use protocol::{DocumentId, Role};

/// Steps in a flood: 9 MB with 64 signatures each.
const FLOOD: u64 = 2_048;

fn held(book: &RosterBook) -> (usize, usize, usize) {
    let BookFigures { steps, words, redemptions, .. } = book.figures();
    (steps, words, redemptions)
}

fn bogus(index: u8, n: u64) -> CoSignature {
    let mut signature = [0; 64];
    signature[..8].copy_from_slice(&n.to_be_bytes());
    CoSignature { governor: index, signature: Signature(signature) }
}

/// Gives a book what it asks for until its roster stands.
fn fold(book: &mut RosterBook, stored: &[SignedStep]) {
    while let Folded::Unread(epoch) = book.fold() {
        stored.iter().filter(|copy| copy.step.epoch == epoch).for_each(|copy| _ = book.take_step(copy));
        book.has_read(epoch);
    }
}

#[test]
fn signatures_that_nobody_made_are_verified_once_and_leave_nothing() {
    let book = Book::new(3, 2);
    let step = book.step(subject(30), 1, Hash::default(), Action::Admit(who(30)));
    let mut live = RosterBook::new(&book.charter);
    for copy in 0..FLOOD {
        let signatures = (0..64).map(|index| bogus(index, copy)).collect();
        assert!(!live.take_step(&SignedStep { step: step.clone(), signatures, own: None }));
        assert_eq!(live.fold(), Folded::Same);
    }
    let once = 3 * FLOOD;
    assert_eq!(live.figures().verified, once, "those of the three governors, when they come");
    assert_eq!(held(&live), (0, 0, 0));
    // The governors' own two: verified once, whatever comes later under their names.
    for index in 0..2 {
        assert!(live.take_step(&SignedStep::sign(step.clone(), &book.charter.id(), index, &key(index + 1))));
    }
    for copy in 0..100 {
        let signatures = (0..2).map(|index| bogus(index, copy)).collect();
        live.take_step(&SignedStep { step: step.clone(), signatures, own: None });
        live.fold();
    }
    assert_eq!(live.figures().verified, once + 2);
    assert_eq!(live.input().steps[0].signatures.len(), 2);
    assert!(live.roster().members.contains_key(&who(30).id()));
}

#[test]
fn what_nobody_signed_leaves_nothing() {
    let book = Book::new(1, 1);
    let network = book.charter.id();
    let mut live = RosterBook::new(&book.charter);
    let large = |n: u64| Action::Other(99, vec![n as u8; 60_000]);
    let own = certificate(&network, 40, 140, Role::SubMarket);
    for n in 0..64 {
        let chained = RosterStep { number: n + 1, ..book.step(subject(30), 1, Hash::default(), large(n)) };
        let later = RosterStep { epoch: 1 + n as u32 * 1_000, ..chained.clone() };
        // By a key that is no governor's, under a governor's name and under the recovery key's.
        for index in [0, 7, RECOVERY_INDEX] {
            live.take_step(&SignedStep::sign(chained.clone(), &network, index, &key(9)));
            live.take_step(&SignedStep::sign(later.clone(), &network, index, &key(1)));
        }
        live.take_step(&SignedStep { step: chained, signatures: Vec::new(), own: None });
        // The recovery key signs new governors and what they keep, nothing else.
        let motion = book.step(subject(31), n, Hash::default(), large(n));
        live.take_step(&SignedStep::sign(motion, &network, RECOVERY_INDEX, &key(99)));
        // An own word that can mean nothing, and one that another key signed.
        live.take_step(&SignedStep::own_word(subject(40), large(n), own.clone(), &network, &key(40)));
        let (log, head) = (issuer_log(n), protocol::Head { seq: 1, hash: Hash([1; 32]) });
        let theirs = protocol::LogId { node: key(140).public(), ..log };
        for (log, root) in [(log, 40), (theirs, 41)] {
            let settle = Action::Settle(log, head);
            live.take_step(&SignedStep::own_word(
                Subject::Log(log.hash()),
                settle,
                own.clone(),
                &network,
                &key(root),
            ));
        }
        live.fold();
    }
    assert_eq!(held(&live), (0, 0, 0));
}

/// A step of an epoch whose governors are not known yet is not lost: it is read when they are.
#[test]
fn an_epoch_that_opens_is_read_once() {
    let mut book = Book::new(1, 1);
    let governors = Governors { members: vec![governor(2)], threshold: 1 };
    book.add(Subject::Network, Action::Governors(governors, vec![]), &[0]);
    book.epoch = 1;
    let step = book.step(subject(30), 1, Hash::default(), Action::Admit(who(30)));
    book.push(step.clone(), 0, &key(2));
    for n in 0..100 {
        book.input.steps.push(SignedStep { step: step.clone(), signatures: vec![bogus(0, n)], own: None });
    }
    let expected = book.fold();
    let mut stored = book.input.steps.clone();
    stored.reverse();
    let mut live = RosterBook::new(&book.charter);
    for copy in &stored {
        live.take_step(copy);
    }
    assert_eq!(live.figures().verified, 1, "the governors of epoch 0 alone are known");
    assert_eq!(live.fold(), Folded::Unread(1));
    assert_eq!(live.fold(), Folded::Unread(1), "until it has been read");
    assert_eq!(live.roster().epoch, 0);
    fold(&mut live, &stored);
    assert_eq!(live.roster(), &expected);
    assert_eq!(live.fold(), Folded::Same);
    assert!(live.figures().verified <= 102);
}

/// Redemptions count as far as their log does; those of a branch that made way are gone.
#[test]
fn redemptions_follow_their_log() {
    let mut book = Book::new(1, 1);
    book.invite(50, 11);
    book.redeem(50, 40, issuer_log(1), 3);
    book.redeem(50, 41, issuer_log(1), 4);
    let mut live = RosterBook::new(&book.charter);
    book.input.steps.iter().for_each(|copy| _ = live.take_step(copy));
    for (log, seq, redemption) in &book.input.redemptions {
        live.take_redemption(log, *seq, redemption);
    }
    let joined = |live: &mut RosterBook| {
        live.fold();
        let members = &live.roster().members;
        [40, 41].map(|n| members.contains_key(&who(n).id()))
    };
    assert_eq!(joined(&mut live), [true, false]);
    assert!(live.end(&issuer_log(1), 2));
    assert_eq!(joined(&mut live), [false, false]);
    assert!(live.end(&issuer_log(1), u64::MAX));
    assert!(!live.end(&issuer_log(1), u64::MAX));
    assert_eq!(joined(&mut live), [true, false]);
    let (log, _, second) = book.input.redemptions[1].clone();
    live.replace_from(&log, 3);
    assert_eq!(joined(&mut live), [false, false]);
    live.take_redemption(&log, 3, &second);
    assert_eq!(joined(&mut live), [false, true]);
}

/// `cargo test --release -p protocol --test spec figures -- --ignored --nocapture`
#[test]
#[ignore = "prints how long folds take"]
fn figures_of_a_large_roster() {
    let mut book = Book::new(1, 1);
    let document = |n: u32| Subject::Document(DocumentId(protocol::hash("x", &[&n.to_be_bytes()]).0));
    for n in 0..=5_000 {
        let step = book.step(document(n), 1, Hash::default(), Action::TakeDown(why("x")));
        book.sign(step, &[0]);
    }
    let mut live = RosterBook::new(&book.charter);
    let last = book.input.steps.pop().into_iter().collect::<Vec<_>>();
    for (what, steps) in [("5,000 steps", &book.input.steps), ("one more", &last)] {
        let begun = std::time::Instant::now();
        steps.iter().for_each(|copy| _ = live.take_step(copy));
        live.fold();
        let (took, down) = (begun.elapsed().as_secs_f64() * 1e3, live.roster().taken_down.len());
        println!("{what}: {took:.1} ms, {down} taken down");
    }
}
