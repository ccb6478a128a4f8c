//! The log against changed, dropped, exchanged and cut records, against a full disk, and within its bounds.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;

use proptest::prelude::*;
use storage::{Journal, Position, Record};
use tempfile::TempDir;

use super::record::of_bytes;
use super::*;

const AMPLE: AuditBounds = AuditBounds { records: 1_000_000, age_ms: i64::MAX };
const DAY: i64 = 86_400_000;

fn open(home: &TempDir, bounds: AuditBounds) -> AuditLog {
    AuditLog::open(home.path(), 0, bounds).unwrap()
}

fn act(id: &'static str, subject: &str) -> Act {
    Act { id, subject: subject.to_owned() }
}

fn note(log: &AuditLog, time: i64, subject: &str) -> u64 {
    log.note(time, &Actor::system(1_000), &act("drafts.publish", subject), AuditOutcome::Done).unwrap()
}

fn filled(home: &TempDir, count: i64) -> AuditLog {
    let log = open(home, AMPLE);
    for number in 1..=count {
        assert_eq!(note(&log, number, &format!("id{number}")), number as u64);
    }
    log
}

/// The only file of a small log.
fn file(home: &TempDir) -> PathBuf {
    let items = fs::read_dir(home.path().join("audit")).unwrap().map(|item| item.unwrap().path());
    items.filter(|path| path.extension().is_some_and(|end| end == "journal")).min().unwrap()
}

/// The records of a log in their bytes, put back in another order or changed by somebody who knows the format of the files.
fn rewritten(home: &TempDir, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let log = open(home, AMPLE);
    let (_, records) = log.pages_for_backup(Position::START).unwrap();
    let mut bytes: Vec<Vec<u8>> = records
        .into_iter()
        .map(|record| match record {
            Record::Entry(bytes) => bytes,
            other => panic!("{other:?}"),
        })
        .collect();
    drop(log);
    change(&mut bytes);
    let kept = fs::read(home.path().join("audit/head")).unwrap();
    fs::remove_dir_all(home.path().join("audit")).unwrap();
    AuditLog::write_back(home.path(), 0, &bytes).unwrap();
    fs::write(home.path().join("audit/head"), kept).unwrap();
}

#[test]
fn records_come_back_newest_first_and_a_restart_goes_on_with_the_chain() {
    let home = TempDir::new().unwrap();
    let head = filled(&home, 5).head();
    let log = open(&home, AMPLE);
    assert_eq!(log.head(), head);
    note(&log, 6, "id6");
    let page = log.page(&AuditFilter::default(), None, 4).unwrap();
    let numbers: Vec<u64> = page.records.iter().map(|record| record.number).collect();
    assert_eq!((numbers, page.next), (vec![6, 5, 4, 3], Some(3)));
    let rest = log.page(&AuditFilter::default(), page.next, 4).unwrap();
    assert_eq!((rest.records.len(), rest.next), (2, None));
    let found = log.page(&AuditFilter { subject: "id4".into(), ..AuditFilter::default() }, None, 9).unwrap();
    assert_eq!((found.records.len(), found.next), (1, None));
    let verified = log.verify().unwrap();
    assert_eq!((verified.first, verified.last, verified.fault), (1, 6, None));
    assert_eq!(verified.head, page.records[0].hash());
}

#[test]
fn what_was_done_to_records_is_found_where_it_was_done() {
    type Change = fn(&mut Vec<Vec<u8>>);
    let cases: [(Change, AuditFault); 5] = [
        (|all| drop(all.remove(2)), AuditFault::Missing { from: 3, to: 3 }),
        (|all| all.swap(1, 2), AuditFault::Missing { from: 2, to: 2 }),
        (|all| all.truncate(4), AuditFault::Missing { from: 5, to: 6 }),
        (|all| drop(all.drain(..2)), AuditFault::Missing { from: 1, to: 2 }),
        (|all| all[2] = b"nothing".to_vec(), AuditFault::Changed { after: 2 }),
    ];
    for (change, fault) in cases {
        let home = TempDir::new().unwrap();
        drop(filled(&home, 6));
        rewritten(&home, change);
        let log = open(&home, AMPLE);
        assert_eq!(log.verify().unwrap().fault, Some(fault.clone()));
        // It stays to be seen, however much comes after it.
        note(&log, 9, "later");
        drop(log);
        assert_eq!(open(&home, AMPLE).verify().unwrap().fault, Some(fault));
    }
}

#[test]
fn a_record_that_says_something_else_breaks_the_chain_behind_it() {
    for at in 0..6 {
        let home = TempDir::new().unwrap();
        drop(filled(&home, 6));
        rewritten(&home, |all| {
            let mut record = AuditRecord::from_bytes(&all[at]).unwrap();
            record.subject = "another".to_owned();
            all[at] = record.to_bytes();
        });
        let fault = open(&home, AMPLE).verify().unwrap().fault;
        let after = if at == 5 { 5 } else { at as u64 + 1 };
        assert_eq!(fault, Some(AuditFault::Changed { after }), "record {at}");
    }
}

#[test]
fn a_whole_new_chain_is_told_by_a_head_that_was_printed() {
    let home = TempDir::new().unwrap();
    let printed = filled(&home, 6).verify().unwrap().head;
    fs::remove_dir_all(home.path().join("audit")).unwrap();
    let log = filled(&home, 5);
    note(&log, 6, "forged");
    let verified = log.verify().unwrap();
    assert_eq!((verified.fault, verified.last), (None, 6), "the log alone cannot know");
    assert_ne!(verified.head, printed);
}

#[test]
fn what_is_old_or_too_much_goes_and_the_rest_still_verifies() {
    let home = TempDir::new().unwrap();
    let log = open(&home, AuditBounds { records: u64::MAX, age_ms: 400 * DAY });
    for day in 0..1_000 {
        note(&log, day * DAY, "id");
    }
    let verified = log.verify().unwrap();
    assert_eq!(verified.fault, None);
    assert_ne!(verified.trimmed, Default::default());
    let oldest =
        log.page(&AuditFilter { until_ms: Some(600 * DAY), ..AuditFilter::default() }, None, 1_000).unwrap();
    assert!(
        oldest.records.iter().all(|record| record.time_ms >= 560 * DAY),
        "a file's span more, no further"
    );
    assert!(oldest.records.len() > 5, "and not sooner");
    drop(log);
    // Fewer are wanted now.
    let log = open(&home, AuditBounds { records: 100, age_ms: i64::MAX });
    note(&log, 1_000 * DAY, "id");
    let verified = log.verify().unwrap();
    assert_eq!(verified.fault, None);
    assert!((100..=140).contains(&(verified.last - verified.first)), "{verified:?}");
    // Files that go without a word of it are missed.
    drop(log);
    fs::remove_file(file(&home)).unwrap();
    let fault = open(&home, AMPLE).verify().unwrap().fault;
    assert!(matches!(fault, Some(AuditFault::Missing { from: 1, .. })), "{fault:?}");
}

#[test]
fn a_full_disk_is_said_and_how_many_records_it_cost() {
    let home = TempDir::new().unwrap();
    let log = AuditLog::open(home.path(), u64::MAX, AMPLE).unwrap();
    assert!(log.ready(1).is_err());
    for _ in 0..3 {
        log.note(1, &Actor::node(), &act("node.start", ""), AuditOutcome::Done).unwrap_err();
    }
    assert_eq!(log.failing().unwrap().1, 3);
    drop(log);
    let log = filled(&home, 1);
    assert_eq!(log.failing(), None);
    log.ready(1).unwrap();
}

#[test]
fn bytes_from_a_backup_are_looked_at() {
    let home = TempDir::new().unwrap();
    let log = filled(&home, 3);
    let (at, records) = log.pages_for_backup(Position::START).unwrap();
    assert_eq!((records.len(), log.pages_for_backup(at).unwrap().1.len()), (3, 0));
    for record in records {
        let Record::Entry(bytes) = record else { panic!() };
        assert!(AuditLog::is_record(&bytes) && !AuditLog::is_record(&bytes[1..]));
        assert_eq!(of_bytes(&bytes), AuditRecord::from_bytes(&bytes).unwrap().hash());
    }
    let journal = Journal::open_in_files(home.path(), storage::Floor::new(home.path(), 0), 1).unwrap().0;
    assert_eq!(journal.files().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_flipped_bit_of_a_file_is_found(place in 0.0..1.0f64, bit in 0u8..8) {
        let home = TempDir::new().unwrap();
        drop(filled(&home, 8));
        let path = file(&home);
        let mut bytes = fs::read(&path).unwrap();
        let at = (place * bytes.len() as f64) as usize;
        bytes[at] ^= 1 << bit;
        fs::write(&path, &bytes).unwrap();
        match AuditLog::open(home.path(), 0, AMPLE) {
            Ok(log) => prop_assert!(log.verify().unwrap().fault.is_some(), "byte {}", at),
            Err(error) => prop_assert!(error.to_string().contains("format"), "{}", error),
        }
    }

    #[test]
    fn any_cut_is_found(left in 0.0..1.0f64) {
        let home = TempDir::new().unwrap();
        drop(filled(&home, 8));
        let path = file(&home);
        let length = fs::metadata(&path).unwrap().len();
        OpenOptions::new().write(true).open(&path).unwrap().set_len((left * length as f64) as u64).unwrap();
        let log = open(&home, AMPLE);
        prop_assert!(log.verify().unwrap().fault.is_some());
    }
}
