//! Keys and values as the ledger lays them down (crates/market/src/ledger/layout.rs), of the size of real listings.

use std::time::Instant;

use crate::engines::{Engine, Pairs};

/// Entries of one batch: a run.
const BATCH: u64 = 128;
/// Edits of one batch, and between two fsyncs.
const EDITS: u64 = 16;
const SYNC_EDITS: u64 = 256;
/// Logs that a hub holds.
const LOGS: u64 = 1_000;
/// Gets that are timed.
const GETS: u64 = 100_000;
/// Bytes of a listing's entry, of an edit's, and of a projection: an eighth more or less.
const ENTRY: u64 = 1_200;
const EDIT: u64 = 350;
const PROJECTION: u64 = 1_300;
/// Characters of the pool that texts are cut from.
const POOL: usize = 60_000;

/// Draws the work, the same in every run.
pub struct Work {
    random: u64,
    pool: Vec<u8>,
    /// How far each log has come.
    heads: Vec<u64>,
    arrivals: u64,
    /// Entries between two fsyncs of a first sync.
    sync_every: u64,
    in_order: bool,
}

/// The key of an entry.
pub fn entry_key(log: u32, seq: u64) -> Vec<u8> {
    [&[3][..], &log.to_be_bytes(), &seq.to_be_bytes()].concat()
}

fn document_key(number: u64, in_order: bool) -> Vec<u8> {
    let mut key = vec![4];
    if in_order {
        key.extend(number.to_be_bytes());
    }
    for part in u64::from(in_order)..4 {
        key.extend(mixed(number * 4 + part + 1).to_be_bytes());
    }
    key
}

fn mixed(n: u64) -> u64 {
    let mut mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

impl Work {
    pub fn new(sync_every: u64, in_order: bool) -> Self {
        // Chinese characters as often as in texts: few of them are most.
        let character = |n: usize| {
            let drawn = mixed(n as u64) % 1_000_000;
            let rank = (drawn * drawn / 1_000_000 * drawn / 1_000_000 / 400) as u32;
            char::from_u32(0x4E00 + rank % 3_000).unwrap_or('一')
        };
        let pool: String = (0..POOL).map(character).collect();
        Self {
            random: 1,
            pool: pool.into_bytes(),
            heads: vec![0; LOGS as usize],
            arrivals: 0,
            sync_every,
            in_order,
        }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random += 1;
        mixed(self.random) % end.max(1)
    }

    /// A header with hashes and a signature, then text.
    fn value(&mut self, bytes: u64) -> Vec<u8> {
        let size = (bytes - bytes / 8 + self.below(bytes / 4)) as usize;
        let mut value = Vec::with_capacity(size + 32);
        for _ in 0..22 {
            let random = self.below(u64::MAX);
            value.extend(random.to_be_bytes());
        }
        while value.len() < size {
            // Two to five characters of three bytes.
            let (from, long) = (self.below(POOL as u64 - 6) as usize * 3, 6 + 3 * self.below(4) as usize);
            value.extend_from_slice(&self.pool[from..from + long]);
        }
        value
    }

    fn beside(&mut self, log: u32, pairs: &mut Pairs) {
        pairs.push(([&[2][..], &log.to_be_bytes()].concat(), self.value(120)[..120].to_vec()));
        pairs.push((vec![12, b'f'], vec![7; 60]));
        pairs.push((vec![0, b'f'], vec![7; 80]));
    }

    fn arrival(&mut self, document: &[u8], pairs: &mut Pairs) {
        self.arrivals += 1;
        pairs.push(([&[5][..], &self.arrivals.to_be_bytes()].concat(), document[1..].to_vec()));
    }

    /// One batch of a first sync: entries, and bytes put.
    pub fn first_sync(&mut self, engine: &mut Engine, at: u64) -> anyhow::Result<(u64, u64)> {
        let mut pairs = Pairs::new();
        // One log of the author's, as an import makes it.
        for number in at..at + BATCH {
            pairs.push((entry_key(0, number + 1), self.value(ENTRY)));
            let document = document_key(number, self.in_order);
            self.arrival(&document, &mut pairs);
            pairs.push((document, entry_key(0, number + 1)[1..].to_vec()));
        }
        self.beside(0, &mut pairs);
        let bytes = put(engine, pairs)?;
        if at % self.sync_every < BATCH {
            engine.sync()?;
        }
        Ok((BATCH, bytes))
    }

    /// One batch of edits.
    pub fn edits(&mut self, engine: &mut Engine, entries: u64, at: u64) -> anyhow::Result<(u64, u64)> {
        let mut pairs = Pairs::new();
        for _ in 0..EDITS {
            let log = 1 + self.below(LOGS - 1);
            let Some(head) = self.heads.get_mut(log as usize) else { continue };
            *head += 1;
            let key = entry_key(log as u32, *head);
            let document = document_key(self.below(entries), self.in_order);
            pairs.push((key.clone(), self.value(EDIT)));
            pairs.push(([&document[..], &key[1..]].concat(), Vec::new()));
            self.arrival(&document, &mut pairs);
            pairs.push(([&[6][..], &document[1..]].concat(), self.value(PROJECTION)));
            self.beside(log as u32, &mut pairs);
        }
        let bytes = put(engine, pairs)?;
        if at % SYNC_EDITS < EDITS {
            engine.sync()?;
        }
        Ok((EDITS, bytes))
    }

    /// Gets entries in no order; nanoseconds of each.
    pub fn gets(&mut self, engine: &Engine, entries: u64) -> anyhow::Result<Vec<u64>> {
        let mut times = Vec::with_capacity(GETS as usize);
        for _ in 0..GETS {
            let key = entry_key(0, 1 + self.below(entries));
            let begun = Instant::now();
            let found = engine.get(&key)?;
            times.push(begun.elapsed().as_nanos() as u64);
            anyhow::ensure!(found.is_some_and(|size| size > 500), "an entry is gone");
        }
        Ok(times)
    }
}

fn put(engine: &mut Engine, pairs: Pairs) -> anyhow::Result<u64> {
    let bytes = pairs.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum();
    engine.apply(pairs)?;
    Ok(bytes)
}
