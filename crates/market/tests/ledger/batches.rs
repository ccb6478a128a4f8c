//! What entries about a document cost that come together, come from strangers, or were interrupted: counted in folds.

use storage::{Batch, Table};

use super::*;

/// A listing and forty edits of it, in one log.
fn edited(hub: &mut Node) -> (DocumentId, Vec<(LogId, CheckedEntry)>) {
    let (outcomes, created) = hub.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let id = published(&outcomes[0]);
    let mut entries = flatten(created);
    for n in 1..=40 {
        let edit = hub.desk(NOW + n).edit(&id, &put("title", &format!("改 {n}"))).unwrap();
        entries.extend(flatten(edit.into_iter().collect()));
    }
    (id, entries)
}

/// Entries of one log, taken in at once as a run brings them.
fn take_in(ledger: &mut Ledger, entries: &[(LogId, CheckedEntry)]) {
    let run: Vec<CheckedEntry> = entries.iter().map(|(_, entry)| entry.clone()).collect();
    ledger.persist(&entries[0].0, &run).unwrap();
}

/// What all shelves add up to.
fn sums(ledger: &Ledger) -> protocol::Hash {
    view_hash(ledger.sums(), &protocol::Hash::default())
}

#[test]
fn what_comes_together_is_folded_once() {
    let mut hub = hub();
    let (id, entries) = edited(&mut hub);
    let node = hub.identity.node.public();
    let (_one, plain, by_one) = hub.mirror(&entries);
    assert_eq!(plain.figures(&node).folds, 40);
    let (_all, mut ledger, together) = hub.mirror(&[]);
    take_in(&mut ledger, &entries);
    assert_eq!(ledger.figures(&node).folds, 1);
    let shown = |library: &Library| {
        let listing = library.listing(&id).unwrap().unwrap();
        (listing.title().to_owned(), listing.versions, listing.updated_ms)
    };
    assert_eq!(shown(&together), ("改 40".to_owned(), 41, NOW + 40));
    assert_eq!(shown(&together), shown(&by_one));
    assert_eq!(sums(&ledger), sums(&plain));
    assert_eq!(ledger.figures(&node).void, 0);
    // The rest of a log, whose beginning came before.
    let (_half, mut ledger, library) = hub.mirror(&entries[..10]);
    take_in(&mut ledger, &entries[10..]);
    assert_eq!((shown(&library), sums(&ledger)), (shown(&by_one), sums(&plain)));
}

/// An edit by a stranger counts as void, and the document is not folded for it.
#[test]
fn edits_by_strangers_cost_no_fold() {
    let mut home = hub();
    let (id, entries) = edited(&mut home);
    let mut stranger = stranger(&home);
    take_in(&mut stranger.ledger, &entries);
    let first = stranger.desk(NOW + 99).edit(&id, &put("title", "别人改的")).unwrap().unwrap();
    let mut theirs = flatten(vec![first]);
    let (log, like) = theirs.last().cloned().unwrap();
    for n in 0..30 {
        let payload = protocol::Payload { salt: [n; 16], ..like.entry.payload.clone().unwrap() };
        let draft = protocol::Draft { document: Some(id), verb: Verb::EDIT, payload, time_ms: NOW };
        let head = theirs.last().unwrap().1.entry.head();
        let entry =
            protocol::Entry::author(log, head, draft, &home.identity.network(), &stranger.identity.node)
                .unwrap();
        theirs.push((log, CheckedEntry { hash: entry.hash(), entry, beginning: None }));
    }
    let node = home.identity.node.public();
    let (_dir, mut ledger, library) = home.mirror(&entries);
    let (before, expected, arrivals) = (ledger.figures(&node), sums(&ledger), ledger.arrivals());
    for (log, entry) in &theirs {
        ledger.persist(log, std::slice::from_ref(entry)).unwrap();
    }
    let after = ledger.figures(&node);
    assert_eq!((after.folds, after.void), (before.folds, 31));
    assert_eq!((sums(&ledger), ledger.arrivals()), (expected, arrivals));
    assert_eq!(library.listing(&id).unwrap().unwrap().versions, 41);
    // The same figure when they came first.
    let (_dir, ledger, _) = home.mirror(&[&theirs[..], &entries].concat());
    assert_eq!((ledger.figures(&node).void, sums(&ledger)), (31, expected));
}

/// Between the entries and what follows from them a node can be killed: the next start folds what was marked.
#[test]
fn a_document_that_was_not_folded_is_folded_at_the_next_start() {
    let mut hub = hub();
    let (id, entries) = edited(&mut hub);
    let (home, mut ledger, library) = hub.mirror(&[]);
    take_in(&mut ledger, &entries);
    let expected = sums(&ledger);
    assert!(ledger.store().get(Table::Meta, &[&b"fold:"[..], &id.0].concat()).unwrap().is_none());
    let mut batch = Batch::default();
    batch.delete(Table::Projections, &id.0);
    batch.put(Table::Meta, &[&b"fold:"[..], &id.0].concat(), Vec::new());
    ledger.store().apply(batch).unwrap();
    drop((ledger, library));
    let ledger = open(home.path(), &hub.identity).ledger;
    let library = library_of(&hub.identity, &ledger);
    assert_eq!(library.listing(&id).unwrap().unwrap().versions, 41);
    assert_eq!(sums(&ledger), expected);
    assert!(ledger.store().get(Table::Meta, &[&b"fold:"[..], &id.0].concat()).unwrap().is_none());
}

/// Rows of sums, and what the store says of itself.
type Stored = (BTreeMap<Vec<u8>, Vec<u8>>, Option<Vec<u8>>);

/// The sums that stand in the store, with the mark of the moment that they are of.
fn stored_sums(ledger: &Ledger) -> Stored {
    let store = ledger.store();
    let mut sums = BTreeMap::new();
    store
        .walk(storage::Table::Shelves, &[], &mut |key, value| {
            sums.insert(key.to_vec(), value.to_vec());
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    (sums, store.get(storage::Table::Meta, b"lanes-at").unwrap())
}

/// No checkpoint was taken anywhere here: a node that is killed at any moment has nothing to add up at its start.
#[test]
fn a_batch_writes_the_sums_that_it_changes() {
    let mut hub = hub();
    let as_held = |hub: &Node| {
        let (stored, mark) = stored_sums(&hub.ledger);
        let held: BTreeMap<Vec<u8>, Vec<u8>> = hub
            .ledger
            .sums()
            .iter()
            .map(|(shelf, sum)| {
                let mut key = protocol::Encoder::new();
                shelf.encode(&mut key);
                (key.finish(), sum.to_bytes())
            })
            .collect();
        assert_eq!(stored, held);
        assert_eq!(mark, Some(hub.ledger.arrivals().to_be_bytes().to_vec()));
    };
    let (outcomes, _) = hub.desk(NOW).take_in(&[record("甲"), record("乙")], true).unwrap();
    as_held(&hub);
    let ids: Vec<DocumentId> = outcomes.iter().map(published).collect();
    hub.desk(NOW + 1).edit(&ids[0], &put("title", "丙")).unwrap().unwrap();
    as_held(&hub);
    let (view, before) = (hub.view(), stored_sums(&hub.ledger));
    let hub = hub.reopened();
    assert_eq!((hub.view(), stored_sums(&hub.ledger)), (view, before));
}

/// A store whose sums are of another moment, or were made in another way: they are added up once, and stand there from then on.
#[test]
fn sums_that_had_to_be_added_up_are_written_at_once() {
    let mut hub = hub();
    hub.desk(NOW).take_in(&[record("甲"), record("乙")], true).unwrap();
    let (view, before) = (hub.view(), stored_sums(&hub.ledger));
    let mut batch = Batch::default();
    batch.delete(Table::Meta, b"lanes-at");
    for shelf in before.0.keys() {
        batch.put(Table::Shelves, shelf, vec![7; protocol::SUM_BYTES + 8]);
    }
    hub.ledger.store().apply(batch).unwrap();
    let hub = hub.reopened();
    assert_eq!((hub.view(), stored_sums(&hub.ledger)), (view, before));
}

/// Whoever opened a run may have added up what it begins; that counts where all of it begins something, and nothing else does.
#[test]
fn the_sum_of_a_run_counts_for_all_of_it_or_not_at_all() {
    let mut hub = hub();
    let (_, created) = hub.desk(NOW).take_in(&[record("甲"), record("乙"), record("丙")], true).unwrap();
    let entries = flatten(created);
    let (_home, plain, _) = hub.mirror(&entries);
    let (log, last) = (entries[0].0, entries.len() - 1);
    let run = |from: usize, told: &[usize]| {
        let mut run: Vec<CheckedEntry> = entries.iter().map(|(_, entry)| entry.clone()).collect();
        for (n, checked) in run.iter_mut().enumerate() {
            checked.beginning = checked.beginning.filter(|_| told.contains(&n));
        }
        let mut run = CheckedRun { log, after: protocol::Head::default(), entries: run, sum: None };
        run.sum_up();
        // What is held already is cut off, and the sum is still that of all.
        run.entries.drain(..from);
        run
    };
    let all: Vec<usize> = (0..=last).collect();
    for (held, told) in [(0, &all[..]), (last, &all), (last - 1, &all), (last, &[last - 1]), (0, &[last])] {
        let (_home, mut ledger, _) = hub.mirror(&entries[..held]);
        ledger.persist_run(&run(held, told)).unwrap();
        assert_eq!(sums(&ledger), sums(&plain), "{held} held, {told:?} told");
    }
}

/// Many arrivals stand in one row; homes of before version 3 have a row for each.
#[test]
fn arrivals_are_read_from_any_number_on_whatever_their_rows_hold() {
    let mut hub = hub();
    let records: Vec<Incoming> = (0..150).map(|n| record(&format!("第 {n} 号"))).collect();
    let (outcomes, _) = hub.desk(NOW).take_in(&records, true).unwrap();
    hub.desk(NOW + 1).edit(&published(&outcomes[0]), &put("title", "改")).unwrap();
    let all = hub.library.arrivals(0, 1_000).unwrap();
    assert_eq!(all.len() as u64, hub.ledger.arrivals());
    assert!(all.len() > 150 && all.iter().zip(0..).all(|((number, _), n)| *number == n));
    let rows = |hub: &Node| hub.ledger.store().scan(Table::Arrivals, &[], None, 1_000).unwrap();
    let stored = rows(&hub);
    assert!(stored.len() < 10, "{}", stored.len());
    // The first two rows as they would have stood before.
    let mut batch = Batch::default();
    for (number, id) in &all[..stored[0].1.len() / 32 + stored[1].1.len() / 32] {
        batch.put(Table::Arrivals, &number.to_be_bytes(), id.0);
    }
    for round in 0..2 {
        for from in 0..=all.len() {
            for limit in [1, 63, 64, 65, 1_000] {
                let expected: Vec<_> = all[from..].iter().take(limit).copied().collect();
                let found = hub.library.arrivals(from as u64, limit).unwrap();
                assert_eq!(found, expected, "{round}: {limit} from {from}");
            }
        }
        hub.ledger.store().apply(std::mem::take(&mut batch)).unwrap();
    }
    assert!(rows(&hub).len() > 64);
}
