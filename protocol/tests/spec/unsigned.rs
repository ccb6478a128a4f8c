//! §12: where a sender ends runs of a log whose author signed badly, and what that costs it.

use protocol::{CheckedRun, Entry, Head, LogId, RunCutter, Signature, Unsigned, Verb, limits};

use crate::support::{NOW, World};

/// A log of small entries; those at the given places have a signature that does not hold.
fn log_with(world: &World, entries: u64, bad: impl Fn(u64) -> bool) -> (LogId, Vec<Entry>) {
    let log = world.log(world.shelf());
    let mut all: Vec<Entry> = Vec::new();
    for seq in 1..=entries {
        let head = all.last().map_or(Head::default(), Entry::head);
        let mut entry = world.entry((log, head), Verb(999), None, vec![1], NOW);
        if bad(seq) {
            entry.signature = Signature([7; 64]);
        }
        all.push(entry);
    }
    (log, all)
}

/// The run that a sender makes of what follows after `have`: the last sequence number in it, and whether it is taken.
fn cut(world: &World, (log, all): &(LogId, Vec<Entry>), range: (u64, u64), to: &mut Unsigned) -> (u64, bool) {
    let mut cut = RunCutter::new(*log, range.1, world.network, to);
    let mut rest = all[range.0 as usize..].iter();
    while rest.next().is_some_and(|entry| cut.take(entry.clone())) {}
    let (bytes, upto) = cut.finish().unwrap().unwrap();
    (upto, CheckedRun::open(&bytes, &world.network).is_ok())
}

#[test]
fn a_run_ends_at_an_entry_that_verifies_wherever_there_is_one() {
    let world = World::new();
    let log = log_with(&world, 60, |seq| (10..=40).contains(&seq));
    let mut known = Unsigned::default();
    for _ in 0..2 {
        assert_eq!(cut(&world, &log, (0, 5), &mut known), (5, true), "as it was asked for");
        assert_eq!(cut(&world, &log, (0, 20), &mut known), (41, true), "past what does not verify");
        assert_eq!(cut(&world, &log, (15, 30), &mut known), (41, true));
        assert_eq!(cut(&world, &log, (45, 60), &mut known), (60, true));
    }
    let open = log_with(&world, 60, |seq| seq >= 30);
    let mut known = Unsigned::default();
    for _ in 0..2 {
        assert_eq!(cut(&world, &open, (0, 60), &mut known), (29, true), "before what does not verify");
        assert_eq!(cut(&world, &open, (29, 60), &mut known), (60, false), "there is nothing to be had");
    }
}

#[test]
fn who_asks_for_a_badly_signed_log_again_and_again_makes_its_signatures_be_checked_once() {
    let world = World::new();
    let most = limits::MAX_RUN_ENTRIES as u64;
    let entries = 2 * most;
    let log = log_with(&world, entries, |seq| seq > 1 && seq < entries);
    let mut known = Unsigned::default();
    for have in [1, 1, 2, most / 2, 1, most - 6, most + 1, most + 44, 1] {
        for to in [have + 1, have + 50, entries - 1] {
            cut(&world, &log, (have, to), &mut known);
        }
    }
    let once = entries;
    assert!(known.checked() <= once + 27, "{} checked, {once} entries, 27 runs", known.checked());
    known.forget();
    cut(&world, &log, (1, 2), &mut known);
    assert!(known.checked() > once + most / 2, "what was forgotten is checked again");
}

#[test]
fn what_is_remembered_of_bad_signatures_is_bounded() {
    let world = World::new();
    // Every second one: each run that is asked for up to a bad one meets a stretch of one entry.
    let log = log_with(&world, 4_000, |seq| seq % 2 == 0);
    let mut known = Unsigned::default();
    for to in (2..4_000).step_by(2) {
        assert_eq!(cut(&world, &log, (to - 1, to), &mut known), (to + 1, true));
    }
    let size = format!("{known:?}").matches("LogId").count();
    assert!((1_000..=1_024).contains(&size), "{size} stretches");
}
