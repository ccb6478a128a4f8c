//! §12: where a sender ends a run.

use proptest::prelude::*;
use protocol::{CheckedRun, Entry, Head, LogId, RunBuilder, RunCutter, Unsigned, Verb, limits};

use crate::support::{NOW, World};

/// A log of entries with payloads of these sizes, signed well or badly; each is chained to the one before as it is.
fn log_of(world: &World, entries: impl IntoIterator<Item = (usize, bool)>) -> (LogId, Vec<Entry>) {
    let log = world.log(world.shelf());
    let mut head = Head::default();
    let chained = entries.into_iter().map(|(size, good)| {
        let mut entry = world.entry((log, head), Verb(40_000), None, vec![b'x'; size], NOW);
        if !good {
            entry.signature.0[40] ^= 1;
        }
        head = entry.head();
        entry
    });
    (log, chained.collect())
}

/// Cuts a run from `after` on. Returns its bytes and how many entries it has.
fn cut(world: &World, log: LogId, entries: &[Entry], to: u64, most: usize) -> (Vec<u8>, usize) {
    let mut unsigned = Unsigned::default();
    let mut cutter = RunCutter::new(log, to, world.network, &mut unsigned).of_at_most(most);
    let before = entries[0].header.seq - 1;
    for entry in entries {
        if !cutter.take(entry.clone()) {
            break;
        }
    }
    let (bytes, upto) = cutter.finish().unwrap().unwrap();
    (bytes, (upto - before) as usize)
}

/// What the specification says of so many entries.
fn expected(good: &[bool], wanted: usize) -> usize {
    let aim = wanted.clamp(1, good.len());
    let behind = (aim..=good.len()).find(|count| good[count - 1]).filter(|_| wanted <= good.len());
    behind.or_else(|| (1..=aim).rev().find(|count| good[count - 1])).unwrap_or(aim)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// It ends where it was asked to, or else at the next entry that is signed well, or at the last one before.
    #[test]
    fn a_run_ends_at_an_entry_that_verifies(
        signed in prop::collection::vec((0..40usize, any::<bool>()), 1..9),
        before in 0..3usize,
        to in 0..12u64,
        most in 1..12usize,
    ) {
        let world = World::new();
        let (log, entries) = log_of(&world, (0..before).map(|_| (1, true)).chain(signed.iter().copied()));
        let entries = &entries[before..];
        let good: Vec<bool> = signed.iter().map(|(_, good)| *good).collect();
        let wanted = (to.saturating_sub(before as u64) as usize).min(most);
        let (bytes, count) = cut(&world, log, entries, to, most);
        prop_assert_eq!(count, expected(&good, wanted));
        let last = &entries[count - 1];
        let run = CheckedRun::open_to(&bytes, &world.network, Some(last.head())).unwrap();
        prop_assert_eq!(run.head(), last.head());
        prop_assert_eq!(run.after, Head { seq: before as u64, hash: entries[0].header.prev });
        prop_assert!(run.entries.iter().map(|checked| &checked.entry).eq(&entries[..count]));
        prop_assert_eq!(CheckedRun::open(&bytes, &world.network).is_ok(), good[count - 1]);
    }
}

#[test]
fn a_run_of_nothing_is_none() {
    let world = World::new();
    let mut unsigned = Unsigned::default();
    let cutter = RunCutter::new(world.log(world.shelf()), 9, world.network, &mut unsigned);
    assert_eq!(cutter.finish(), Ok(None));
}

/// Bytes that an entry of [`log_of`] adds to a run: flags, verb, time, length, payload; signature, salt.
fn bytes_in_run(size: usize, first: bool) -> usize {
    let time = if first { 6 } else { 1 };
    let length = if size < 1 << 14 { 2 } else { 3 };
    1 + 3 + time + length + size + 64 + 16
}

#[test]
fn a_run_is_full_at_its_target_and_not_a_byte_before() {
    let world = World::new();
    let large = 65_500;
    let three = bytes_in_run(large, true) + 2 * bytes_in_run(large, false);
    let rest = limits::RUN_TARGET - three - bytes_in_run(1 << 15, false) + (1 << 15);
    for (last, full) in [(rest - 1, false), (rest, true)] {
        let (log, entries) = log_of(&world, [large, large, large, last].map(|size| (size, true)));
        let mut run = RunBuilder::new(log, Head::default());
        assert!(run.is_empty());
        for (number, entry) in entries.iter().enumerate() {
            assert!(!run.is_full() && run.len() == number);
            run.push(entry);
            assert!(!run.is_empty());
        }
        assert_eq!(run.is_full(), full, "a last payload of {last} bytes");
    }
}

/// Past its target a run goes on to an entry that is signed well, as far as a reader takes it.
#[test]
fn a_run_goes_on_within_what_a_reader_takes() {
    let world = World::new();
    for (good, count) in [(4, 4), (5, 5), (6, 1)] {
        let signed = (1..=7).map(|number| (limits::MAX_PAYLOAD, number == 1 || number == good));
        let (log, entries) = log_of(&world, signed);
        let (bytes, cut) = cut(&world, log, &entries, u64::MAX, usize::MAX);
        assert_eq!(cut, count, "the next one signed well is number {good}");
        assert_eq!(CheckedRun::open(&bytes, &world.network).unwrap().entries.len(), count);
    }
}

#[test]
fn a_run_has_no_more_entries_than_a_reader_takes() {
    let world = World::new();
    let most = limits::MAX_RUN_ENTRIES;
    for (good, count) in [(most, most), (most + 1, 2)] {
        let signed = (1..=most + 1).map(|number| (0, number == 2 || number == good));
        let (log, entries) = log_of(&world, signed);
        let (bytes, cut) = cut(&world, log, &entries, 3, usize::MAX);
        assert_eq!(cut, count, "the next one signed well is number {good}");
        assert_eq!(CheckedRun::open(&bytes, &world.network).unwrap().entries.len(), count);
    }
}
