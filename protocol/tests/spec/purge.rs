//! §8, §11, §15: an institution's own purges, what they show and whom they bind.

use proptest::prelude::*;
use protocol::limits::{MAX_NAME, MAX_PURGES};
use protocol::{
    Action, CircleId, DocumentId, Entry, Folded, Head, LogId, Purge, Purges, Roster, RosterBook, RosterInput,
    Shelf, ShelfKind, Subject, Verb, Visibility,
};

use crate::book::{Book, issuer_log, who};
use crate::run::small_log;
use crate::support::{Dice, NOW, World};

/// The entry that creates a document, as a purge shows it.
fn beginning(world: &World) -> Entry {
    Entry { payload: None, ..small_log(world).1.swap_remove(1) }
}

fn purge(world: &World, reason: &str) -> Purge {
    Purge { reason: reason.to_owned(), beginning: beginning(world) }
}

/// A PURGE entry at a place of a log.
fn written(world: &World, log: LogId, seq: u64, purge: &Purge) -> Entry {
    let head = Head { seq: seq - 1, ..Head::default() };
    world.entry((log, head), Verb::PURGE, Some(purge.document()), purge.to_bytes(), NOW)
}

#[test]
fn a_purge_shows_the_beginning_of_the_document_that_it_names() {
    let world = World::new();
    let good = purge(&world, "误发电话");
    assert_eq!(Purge::from_bytes(&good.to_bytes()).unwrap(), good);
    assert_eq!(good.document(), DocumentId(small_log(&world).1[1].hash().0));
    assert_eq!(good.origin(), world.log(world.shelf()));
    let entry = written(&world, issuer_log(1), 2, &good);
    assert_eq!(Purge::of(&entry).unwrap(), Some(good.clone()));
    // Another shelf, another document, no document.
    let elsewhere = written(&world, world.log(world.shelf()), 2, &good);
    assert!(Purge::of(&elsewhere).is_err());
    for named in [Some(DocumentId([1; 32])), None] {
        let mut other = entry.clone();
        other.header.document = named;
        assert!(Purge::of(&other).is_err());
    }
    // What creates nothing, has its payload, or lies under seal.
    let (_, log) = small_log(&world);
    for wrong in [&log[0], &log[3]] {
        let beginning = Entry { payload: None, ..wrong.clone() };
        assert!(Purge::from_bytes(&Purge { beginning, ..good.clone() }.to_bytes()).is_err());
    }
    assert!(Purge::from_bytes(&Purge { beginning: log[1].clone(), ..good.clone() }.to_bytes()).is_err());
    for shelf in [
        Shelf { region: 0, kind: ShelfKind(16), visibility: Visibility::Sealed(CircleId([2; 16])) },
        Shelf { region: 420_000, kind: ShelfKind::STATEMENT, visibility: Visibility::Public },
        Shelf::ROSTER,
    ] {
        let mut beginning = beginning(&world);
        beginning.header.log.shelf = shelf;
        assert!(Purge::from_bytes(&Purge { beginning, ..good.clone() }.to_bytes()).is_err(), "{shelf:?}");
    }
    let long = Purge { reason: "x".repeat(MAX_NAME + 1), ..good };
    assert!(Purge::from_bytes(&long.to_bytes()).is_err());
}

#[test]
fn a_word_purges_the_institutions_own_documents_alone() {
    let world = World::new();
    let purge = purge(&world, "误发电话");
    let (id, mut book) = (purge.document(), Book::new(1, 1));
    assert!(book.input.purges.note(who(1).id(), &written(&world, issuer_log(1), 2, &purge)));
    assert!(!book.input.purges.note(who(1).id(), &small_log(&world).1[1]), "no PURGE");
    let roster = book.fold();
    assert_eq!(roster.purge(&id, Some(&who(1).id())), Some("误发电话"));
    assert_eq!(roster.purge(&id, Some(&who(2).id())), None, "it belongs to another institution");
    assert_eq!(roster.purge(&id, None), None);
    assert_ne!(roster.digest(), Book::new(1, 1).fold().digest());
    // Past the end of its log it says nothing.
    let log = issuer_log(1);
    book.add(Subject::Log(log.hash()), Action::Settle(log, Head { seq: 1, ..Head::default() }), &[0]);
    assert_eq!(book.fold().purge(&id, Some(&who(1).id())), None);
    // The governors purge whatever they name.
    book.add(Subject::Document(id), Action::Purge("法院".to_owned()), &[0]);
    assert_eq!(book.fold().purge(&id, None), Some("法院"));
}

/// The same beginning with another number: of another document.
fn numbered(beginning: &Entry, n: u64) -> Purge {
    let mut beginning = beginning.clone();
    beginning.header.seq = n + 2;
    Purge { reason: String::new(), beginning }
}

#[test]
fn of_more_words_than_count_the_first_by_place_stand() {
    let world = World::new();
    let (mut purges, most, some) = (Purges::default(), MAX_PURGES as u64, beginning(&world));
    let word = |seq: u64| written(&world, issuer_log(1), seq, &numbered(&some, seq));
    // The last ones come first, and make room.
    for seq in (3..most + 4).rev() {
        purges.note(who(1).id(), &word(seq));
    }
    assert!(purges.note(who(1).id(), &word(2)));
    assert!(!purges.note(who(1).id(), &word(most + 9)), "it has no place");
    let book = Book::new(1, 1);
    let roster = Roster::fold(&book.charter, &RosterInput { purges, ..RosterInput::default() });
    assert_eq!(roster.purge_words.len(), MAX_PURGES);
    let held = |seq| roster.purge_words.contains_key(&numbered(&some, seq).document());
    assert!(held(2) && held(most + 1) && !held(most + 2));
}

/// An institution has purged as much as counts, and more, from two nodes. What the first node said is void, or another branch
/// takes its place: then the last words of the other one count, as soon as what is held is read once more.
#[test]
fn where_purges_count_no_more_later_ones_have_their_place() {
    let (world, charter) = (World::new(), Book::new(1, 1).charter);
    let some = beginning(&world);
    let (first, second) = (issuer_log(1), issuer_log(2));
    let (first, second) = (first.min(second), first.max(second));
    let most = MAX_PURGES as u64;
    let word = |log, seq: u64, n: u64| written(&world, log, seq, &numbered(&some, n));
    let held: Vec<Entry> = (2..5)
        .map(|seq| word(first, seq, 100_000 + seq))
        .chain((2..most + 2).map(|seq| word(second, seq, seq)))
        .collect();
    let take = |book: &mut RosterBook| held.iter().for_each(|entry| _ = book.take_purge(who(1).id(), entry));
    let purged = |book: &mut RosterBook| {
        while book.fold() != Folded::Same {}
        book.roster().purge_words.len()
    };
    let known =
        |book: &RosterBook, n: u64| book.roster().purge_words.contains_key(&numbered(&some, n).document());
    let mut book = RosterBook::new(&charter);
    take(&mut book);
    assert!(purged(&mut book) == MAX_PURGES && !known(&book, most + 1) && !book.wants_purges());

    // Its log ends behind the first of its words.
    assert!(book.end(&first, 2));
    assert!(purged(&mut book) == MAX_PURGES - 2 && book.wants_purges() && !book.wants_purges());
    take(&mut book);
    assert!(purged(&mut book) == MAX_PURGES && known(&book, most) && !known(&book, most + 1));
    assert!(!known(&book, 100_003), "void, and it takes no place");
    // Nothing of it counts.
    assert!(book.end(&first, 0) && book.wants_purges());
    take(&mut book);
    assert!(purged(&mut book) == MAX_PURGES && known(&book, most + 1));
    // All of it does again.
    assert!(book.end(&first, u64::MAX) && book.wants_purges());
    take(&mut book);
    assert!(purged(&mut book) == MAX_PURGES && known(&book, 100_004) && !known(&book, most - 1));
    // Another branch, which purges nothing.
    assert!(book.replace_from(&first, 2) && book.wants_purges());
    held[3..].iter().for_each(|entry| _ = book.take_purge(who(1).id(), entry));
    assert!(purged(&mut book) == MAX_PURGES && known(&book, most + 1));
    assert!(book.replace_from(&second, 3) && !book.wants_purges(), "nothing was turned away any more");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever came first, and however often: the same roster.
    #[test]
    fn words_fold_alike_in_every_order(seed: u64) {
        let world = World::new();
        let mut dice = Dice(seed);
        let mut words = Vec::new();
        for n in 0..24 {
            let by = who(1 + dice.below(3) as u8).id();
            let mut purge = numbered(&beginning(&world), dice.below(6) as u64);
            purge.reason = format!("第 {n} 次");
            words.push((by, written(&world, issuer_log(dice.below(2) as u64), 2 + n, &purge)));
        }
        let fold = |words: &[(protocol::InstitutionId, Entry)]| {
            let mut book = Book::new(1, 1);
            for (by, entry) in words {
                book.input.purges.note(*by, entry);
            }
            book.fold()
        };
        let expected = fold(&words);
        words.extend_from_within(..8);
        for i in (1..words.len()).rev() {
            words.swap(i, dice.below(i + 1));
        }
        let roster = fold(&words);
        prop_assert_eq!(roster.digest(), expected.digest());
        prop_assert_eq!(roster, expected);
    }
}
