//! Both stores against a plain ordered map, over random histories.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a test's answer")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use storage::{Batch, Floor, MemoryStore, Pair, SledStore, Store, Table};

#[derive(Clone, Debug)]
enum Step {
    Apply(Vec<(u8, Vec<u8>, Option<Vec<u8>>)>),
    Get(u8, Vec<u8>),
    Scan(u8, Vec<u8>, Option<Vec<u8>>, usize),
    ScanPrefix(u8, Vec<u8>, Option<Vec<u8>>, usize),
    Walk(u8, Vec<u8>),
    Last(u8, Vec<u8>),
    Sync,
    Reopen,
}

/// Short keys of few different bytes, so that they meet; 0 and 255 are where bounds go wrong.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0, 1, 7, 254, 255]), 0..5)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..40),
        // Around the size at which values are cut, and at twice that.
        1 => (prop::sample::select(vec![5119, 5120, 5121, 10_240, 10_241, 60_000]), any::<u8>()).prop_map(patterned),
    ]
}

/// No two pieces of it alike.
fn patterned((len, seed): (usize, u8)) -> Vec<u8> {
    (0..len).map(|at| (at / 251) as u8 ^ (at as u8).wrapping_mul(seed | 1)).collect()
}

fn step() -> impl Strategy<Value = Step> {
    let table = 0_u8..3;
    let op = (0_u8..3, key(), prop::option::weighted(0.8, value()));
    prop_oneof![
        8 => prop::collection::vec(op, 0..40).prop_map(Step::Apply),
        4 => (table.clone(), key()).prop_map(|(table, key)| Step::Get(table, key)),
        4 => (table.clone(), key(), prop::option::of(key()), 0_usize..30)
            .prop_map(|(table, from, to, limit)| Step::Scan(table, from, to, limit)),
        4 => (table.clone(), key(), prop::option::of(key()), 0_usize..30)
            .prop_map(|(table, prefix, after, limit)| Step::ScanPrefix(table, prefix, after, limit)),
        2 => (table.clone(), key()).prop_map(|(table, prefix)| Step::Walk(table, prefix)),
        4 => (table, key()).prop_map(|(table, prefix)| Step::Last(table, prefix)),
        1 => Just(Step::Sync),
        1 => Just(Step::Reopen),
    ]
}

/// Neighbours, so that one table's end is the next one's beginning.
fn table(number: u8) -> Table {
    [Table::Heads, Table::Entries, Table::Documents][usize::from(number)]
}

type Model = BTreeMap<(u8, Vec<u8>), Vec<u8>>;

fn pairs(model: &Model, table: u8, keep: impl Fn(&[u8]) -> bool) -> Vec<Pair> {
    let of_table = model.iter().filter(|((of, key), _)| *of == table && keep(key));
    of_table.map(|((_, key), value)| (key.clone(), value.clone())).collect()
}

fn check(model: &mut Model, store: &dyn Store, step: &Step) {
    match step {
        Step::Apply(ops) => {
            let mut batch = Batch::default();
            for (of, key, value) in ops {
                match value {
                    Some(value) => {
                        batch.put(table(*of), key, value.clone());
                        model.insert((*of, key.clone()), value.clone());
                    }
                    None => {
                        batch.delete(table(*of), key);
                        model.remove(&(*of, key.clone()));
                    }
                }
            }
            store.apply(batch).unwrap();
        }
        Step::Get(of, key) => {
            assert_eq!(store.get(table(*of), key).unwrap().as_ref(), model.get(&(*of, key.clone())));
        }
        Step::Scan(of, from, to, limit) => {
            let mut expected = pairs(model, *of, |key| {
                key >= from.as_slice() && to.as_ref().is_none_or(|to| key < to.as_slice())
            });
            expected.truncate(*limit);
            assert_eq!(store.scan(table(*of), from, to.as_deref(), *limit).unwrap(), expected);
        }
        Step::ScanPrefix(of, prefix, after, limit) => {
            let mut expected = pairs(model, *of, |key| {
                key.starts_with(prefix) && after.as_ref().is_none_or(|after| key > after.as_slice())
            });
            expected.truncate(*limit);
            assert_eq!(store.scan_prefix(table(*of), prefix, after.as_deref(), *limit).unwrap(), expected);
        }
        Step::Walk(of, prefix) => {
            let mut seen = Vec::new();
            let mut visit = |key: &[u8], value: &[u8]| {
                seen.push((key.to_vec(), value.to_vec()));
                ControlFlow::Continue(())
            };
            store.walk(table(*of), prefix, &mut visit).unwrap();
            assert_eq!(seen, pairs(model, *of, |key| key.starts_with(prefix)));
        }
        Step::Last(of, prefix) => {
            let expected = pairs(model, *of, |key| key.starts_with(prefix)).pop();
            assert_eq!(store.last(table(*of), prefix).unwrap(), expected);
        }
        Step::Sync => store.sync().unwrap(),
        Step::Reopen => {}
    }
}

/// Plays the steps on both stores and on maps.
fn play(steps: &[Step]) {
    let dir = tempfile::tempdir().unwrap();
    let open = || SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1)).unwrap();
    let (mut on_disk, in_memory) = (Some(open()), MemoryStore::default());
    let (mut model, mut twin) = (Model::new(), Model::new());
    for step in steps {
        if matches!(step, Step::Reopen) {
            on_disk = None;
        }
        let store = on_disk.get_or_insert_with(open);
        check(&mut model, store, step);
        check(&mut twin, &in_memory, step);
    }
    assert_eq!(model, twin);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stores_answer_as_a_map_does(steps in prop::collection::vec(step(), 1..40)) {
        play(&steps);
    }
}

/// Always the same histories, up to ten times as long.
#[test]
#[ignore = "the full count: a million steps; a quarter of an hour"]
fn stores_answer_as_a_map_does_for_a_million_steps() {
    let (history, mut runner) = (prop::collection::vec(step(), 1..400), TestRunner::deterministic());
    let (mut histories, mut steps) = (0, 0);
    while steps < 1_000_000 {
        let played = history.new_tree(&mut runner).unwrap().current();
        play(&played);
        histories += 1;
        steps += played.len();
        if histories % 100 == 0 {
            println!("{steps} steps");
        }
    }
    println!("{steps} steps of {histories} histories: both stores answered as the map");
}

#[test]
fn a_walk_crosses_pages_and_stops_when_told() {
    let store = MemoryStore::default();
    let mut batch = Batch::default();
    for number in 0..1000_u32 {
        batch.put(Table::Peers, &number.to_be_bytes(), number.to_be_bytes());
    }
    store.apply(batch).unwrap();
    let mut seen = 0_u32;
    let mut visit = |key: &[u8], _: &[u8]| {
        assert_eq!(key, seen.to_be_bytes());
        seen += 1;
        if seen == 700 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    store.walk(Table::Peers, b"", &mut visit).unwrap();
    assert_eq!(seen, 700);
    assert!(store.scan(Table::Peers, b"", None, storage::limits::MAX_SCAN + 1).is_err());
    assert_eq!(store.scan(Table::Peers, b"", None, storage::limits::MAX_SCAN).unwrap().len(), 1000);
}

#[test]
fn a_store_tells_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let on_disk = SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1)).unwrap();
    let stores: [&dyn Store; 2] = [&on_disk, &MemoryStore::default()];
    for store in stores {
        let before = store.size_on_disk().unwrap();
        let mut batch = Batch::default();
        for key in 0..100_u32 {
            batch.put(Table::Meta, &key.to_be_bytes(), patterned((20_000, key as u8)));
        }
        store.apply(batch).unwrap();
        store.sync().unwrap();
        let grown = store.size_on_disk().unwrap() - before;
        assert!((2_000_000..20_000_000).contains(&grown), "{grown}");
    }
}

#[test]
fn a_scan_sees_batches_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1)).unwrap();
    let write = |round: u32| {
        let mut batch = Batch::default();
        for key in 0..100_u32 {
            batch.put(Table::Meta, &key.to_be_bytes(), round.to_be_bytes());
        }
        store.apply(batch).unwrap();
    };
    write(0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (1..200).for_each(write));
        while !writer.is_finished() {
            let rounds: Vec<_> =
                store.scan(Table::Meta, b"", None, 100).unwrap().into_iter().map(|pair| pair.1).collect();
            assert_eq!(rounds.len(), 100);
            assert!(rounds.iter().all(|round| *round == rounds[0]), "{rounds:?}");
        }
    });
}

/// sled puts pages above a bound into files that it does not fsync; our bounds keep pages below that.
#[test]
fn the_largest_pairs_stay_in_the_one_file_that_is_fsynced() {
    use storage::limits::{MAX_KEY, MAX_VALUE};
    const LARGEST_INLINE: usize = 5 * 1024;
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1)).unwrap();
    for round in 0..4_u64 {
        for number in 0..600_u64 {
            let mut key = vec![0; MAX_KEY];
            let place = ((number * 37 + round * 11) % 601).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            key[..8].copy_from_slice(&place.to_be_bytes());
            let len = if number % 40 == 0 { MAX_VALUE } else { LARGEST_INLINE };
            let mut batch = Batch::default();
            if round == 2 && number % 2 == 0 {
                batch.delete(Table::Entries, &key);
            } else {
                batch.put(Table::Entries, &key, vec![number as u8; len]);
            }
            store.apply(batch).unwrap();
        }
        store.sync().unwrap();
        assert_eq!(std::fs::read_dir(dir.path().join("blobs")).unwrap().count(), 0, "round {round}");
    }
}
