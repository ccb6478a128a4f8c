//! How fast batches go in and values come out: `cargo bench -p storage`.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a bench's answer")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use storage::{Batch, Floor, Journal, Position, Record, SledStore, Store, Table};

const PAIRS: u64 = 1000;
const CACHE: u64 = 64 << 20;

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

fn store(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path(), CACHE, Floor::new(dir.path(), 1)).unwrap();
    let mut group = criterion.benchmark_group("store");
    group.sample_size(20).throughput(Throughput::Elements(PAIRS));
    let mut next = 0;
    let mut prepare = || {
        next += PAIRS;
        batch(next - PAIRS)
    };
    group.bench_function("apply 1000 × 1 KiB in order", |bench| {
        bench.iter_batched(&mut prepare, |batch| store.apply(batch).unwrap(), BatchSize::LargeInput);
    });
    group.throughput(Throughput::Elements(1));
    let mut at = 0_u64;
    group.bench_function("get 1 KiB", |bench| {
        bench.iter(|| {
            at = (at + 7919) % next;
            black_box(store.get(Table::Entries, &at.to_be_bytes()).unwrap().unwrap());
        });
    });
    group.throughput(Throughput::Elements(256));
    group.bench_function("scan 256 × 1 KiB", |bench| {
        bench.iter(|| {
            at = (at + 7919) % (next - 256);
            black_box(store.scan(Table::Entries, &at.to_be_bytes(), None, 256).unwrap());
        });
    });
    group.bench_function("sync", |bench| bench.iter(|| store.sync().unwrap()));
    group.finish();
}

fn journal(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), Position::START, Floor::new(dir.path(), 1)).unwrap();
    let record = [Record::Entry(value(1))];
    let mut group = criterion.benchmark_group("journal");
    group.sample_size(20);
    group.bench_function("append 1 KiB", |bench| bench.iter(|| journal.append(&record).unwrap()));
    group.bench_function("append 1 KiB, durable", |bench| {
        bench.iter(|| journal.append_durable(&record).unwrap())
    });
    group.finish();
}

criterion_group!(benches, store, journal);
criterion_main!(benches);
