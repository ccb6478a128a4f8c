//! `kill -9` while threads append: whatever was acknowledged is replayed.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed expectation is a test's answer")]

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use storage::{Batch, CheckpointFacts, Opened, Options, Position, Record, Storage, StorageError, Table};

const HOME: &str = "LIANSHI_STORAGE_TEST_HOME";
const ROUND: &str = "LIANSHI_STORAGE_TEST_ROUND";
const THREADS: u64 = 3;
const ROUNDS: u64 = 4;
const ACKS_A_ROUND: usize = 150;
const OPTIONS: Options = Options { cache_capacity: 8 << 20, floor_bytes: 1 };

fn record(id: &str) -> Record {
    Record::Put { table: Table::Drafts, key: id.as_bytes().to_vec(), value: vec![b'x'; 300] }
}

/// Not a test of its own: the process that the test below kills.
#[test]
fn child() {
    let (Ok(home), Ok(round)) = (env::var(HOME), env::var(ROUND)) else { return };
    let (storage, opened) = Storage::open(Path::new(&home), OPTIONS).unwrap();
    assert!(!matches!(opened, Opened::Rebuilt { .. }), "kill -9 alone loses no store: {opened:?}");
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (storage, round) = (&storage, &round);
            scope.spawn(move || {
                for number in 0_u64.. {
                    let id = format!("{round}/{thread}/{number}");
                    storage.journal().append_durable(&[record(&id)]).unwrap();
                    // In one write, so that a line is whole.
                    std::io::stdout().write_all(format!("ack {id}\n").as_bytes()).unwrap();
                    if thread == 0 && number % 20 == 19 {
                        checkpoint(storage, number);
                    }
                }
            });
        }
    });
}

fn checkpoint(storage: &Storage, entries: u64) {
    let facts = CheckpointFacts { entries, digest: [0; 32], journal: Position::START };
    let known = storage.store().facts().unwrap().map_or(0, |facts| facts.entries);
    let facts = CheckpointFacts { entries: facts.entries.max(known), ..facts };
    let mut batch = Batch::default();
    storage.store().apply(std::mem::take(batch.facts(&facts))).unwrap();
    storage.checkpoint(&facts).unwrap();
}

/// The acknowledgements of a child that was killed in the midst of its work.
fn run_and_kill(home: &Path, round: u64) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(HOME, home)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let ack = |line: String| line.split_once("ack ").map(|(_, id)| id.to_owned());
    let mut acks: Vec<String> = lines.by_ref().filter_map(ack).take(ACKS_A_ROUND).collect();
    child.kill().unwrap();
    // What was printed before the signal counts too.
    acks.extend(lines.filter_map(ack));
    child.wait().unwrap();
    acks
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let home = tempfile::tempdir().unwrap();
    let mut acked = BTreeSet::new();
    for round in 0..ROUNDS {
        acked.extend(run_and_kill(home.path(), round));
        let (storage, _) = Storage::open(home.path(), OPTIONS).unwrap();
        let mut found = BTreeSet::new();
        let replay = storage.journal().replay(Position::START, |_, records| {
            for record in records {
                let Record::Put { key, .. } = record else { continue };
                found.insert(String::from_utf8(key).unwrap());
            }
            Ok::<(), StorageError>(())
        });
        replay.unwrap();
        assert!(
            acked.len() >= ACKS_A_ROUND * (round as usize + 1),
            "the child did not work: {}",
            acked.len()
        );
        let lost: Vec<_> = acked.difference(&found).collect();
        assert!(lost.is_empty(), "lost after round {round}: {lost:?}");
    }
}
