//! How fast batches go in and values come out.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a bench's answer")]

use std::cell::Cell;
use std::process::ExitCode;
use std::rc::Rc;

use measure::Part;
use storage::{Batch, Floor, Journal, Position, Record, SledStore, Store, Table};

const PAIRS: u64 = 1000;
const CACHE: u64 = 64 << 20;
/// Pairs that a scan reads.
const PAGE: u64 = 256;

fn value(number: u64) -> Vec<u8> {
    // Not all alike, as listings are not.
    (0..1024_u64).map(|at| (number.wrapping_mul(31).wrapping_add(at * at) >> 3) as u8).collect()
}

fn batch(first: u64) -> Batch {
    let mut batch = Batch::default();
    for number in first..first + PAIRS {
        batch.put(Table::Entries, &number.to_be_bytes(), value(number));
    }
    batch
}

fn main() -> ExitCode {
    let dir = tempfile::tempdir().unwrap();
    let floor = || Floor::new(dir.path(), 1);
    let store = Rc::new(SledStore::open(&dir.path().join("store"), CACHE, floor()).unwrap());
    store.apply(batch(0)).unwrap();
    let next = Rc::new(Cell::new(PAIRS));
    let make = {
        let next = Rc::clone(&next);
        move || {
            next.set(next.get() + PAIRS);
            batch(next.get() - PAIRS)
        }
    };
    // Of those that are certainly there: inputs that were made and not used are not.
    let mut at = 0_u64;
    let mut place = move |end: u64| {
        at = (at + 7919) % end;
        at
    };
    let (to_get, mut to_scan) = (Rc::clone(&store), place);
    let (scanned, synced, applied) = (Rc::clone(&store), Rc::clone(&store), store);
    std::fs::create_dir(dir.path().join("journal")).unwrap();
    let journal = Rc::new(Journal::open(&dir.path().join("journal"), Position::START, floor()).unwrap().0);
    let durable = Rc::clone(&journal);
    measure::run(vec![
        Part::new("store: apply 1000 x 1 KiB in order", PAIRS, make, move |batch| {
            applied.apply(batch).unwrap()
        }),
        Part::new(
            "store: get 1 KiB",
            1,
            move || place(PAIRS),
            move |at| to_get.get(Table::Entries, &at.to_be_bytes()).unwrap().unwrap(),
        ),
        Part::new(
            "store: scan 256 x 1 KiB",
            PAGE,
            move || to_scan(PAIRS - PAGE),
            move |at| scanned.scan(Table::Entries, &at.to_be_bytes(), None, PAGE as usize).unwrap(),
        ),
        Part::new("store: sync", 1, || (), move |()| synced.sync().unwrap()),
        Part::new(
            "journal: append 1 KiB",
            1,
            || [Record::Entry(value(1))],
            move |record| journal.append(&record).unwrap(),
        ),
        Part::new(
            "journal: append 1 KiB, durable",
            1,
            || [Record::Entry(value(1))],
            move |record| durable.append_durable(&record).unwrap(),
        ),
    ])
}
