//! The journal against torn ends, flipped bits, many threads.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::sync::Barrier;
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::limits::JOURNAL_SEGMENT;

mod edges;

const START: Position = Position::START;

fn entry(number: u32) -> Record {
    Record::Entry(format!("entry {number} {}", "x".repeat(number as usize % 50)).into_bytes())
}

fn open_at(dir: &Path, known: Position, segment_bytes: u64) -> (Journal, JournalFindings) {
    super::open::open(dir, known, Floor::new(dir, 0), segment_bytes).unwrap()
}

fn open(dir: &Path) -> (Journal, JournalFindings) {
    open_at(dir, START, JOURNAL_SEGMENT)
}

fn read_all(journal: &Journal) -> Result<Vec<Record>> {
    let mut all = Vec::new();
    journal.replay(START, |_, records| {
        all.extend(records);
        Ok::<(), StorageError>(())
    })?;
    Ok(all)
}

fn salvage(journal: &Journal) -> (Vec<Record>, Salvage) {
    let mut all = Vec::new();
    let found = journal.salvage(START, |_, records| {
        all.extend(records);
        Ok::<(), StorageError>(())
    });
    (all, found.unwrap())
}

fn files(dir: &TempDir) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|item| item.unwrap().path()).collect();
    files.sort();
    files
}

fn flip(file: &Path, offset: usize, bit: u8) {
    let mut bytes = fs::read(file).unwrap();
    bytes[offset] ^= 1 << bit;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_torn_end_is_cut_at_every_byte() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    for number in 0..3 {
        journal.append_durable(&[entry(number)]).unwrap();
    }
    let whole_end = journal.end();
    journal.append(&[entry(3), entry(4)]).unwrap();
    drop(journal);
    let file = files(&dir).remove(0);
    let bytes = fs::read(&file).unwrap();
    let good = (HEADER + whole_end.as_u64()) as usize;
    for length in good..bytes.len() {
        // The lost bytes are missing, or zero (the file grew, its content was not written).
        for zeros in [0, bytes.len() - length] {
            fs::write(&file, [&bytes[..length], &vec![0; zeros]].concat()).unwrap();
            let (journal, findings) = open(dir.path());
            let lost = (length - good + zeros) as u64;
            let cut = Cut { file: file.clone(), offset: good as u64, bytes: lost };
            assert_eq!(findings, JournalFindings { cut: (lost > 0).then_some(cut), damage: None });
            assert_eq!(read_all(&journal).unwrap(), [entry(0), entry(1), entry(2)]);
            assert_eq!(journal.append_durable(&[entry(9)]).unwrap(), journal.end());
            assert_eq!(read_all(&journal).unwrap().len(), 4, "it goes on behind the cut");
        }
    }
    fs::write(&file, &bytes).unwrap();
    let (journal, findings) = open(dir.path());
    assert_eq!(findings, JournalFindings::default());
    assert_eq!(read_all(&journal).unwrap(), (0..5).map(entry).collect::<Vec<_>>());
}

#[test]
fn a_flipped_bit_in_the_middle_is_found_and_the_rest_salvaged() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let mut ends = vec![START];
    for number in 0..6 {
        ends.push(journal.append_durable(&[entry(number)]).unwrap());
    }
    drop(journal);
    let file = files(&dir).remove(0);
    let clean = fs::read(&file).unwrap();
    let bad_from = (HEADER + ends[2].as_u64()) as usize;
    let bad_to = (HEADER + ends[3].as_u64()) as usize;
    for offset in bad_from..bad_to {
        flip(&file, offset, (offset % 8) as u8);
        let (journal, findings) = open(dir.path());
        assert_eq!(findings.cut, None);
        assert_eq!(findings.damage.unwrap().offset, bad_from as u64);
        let refused = read_all(&journal).unwrap_err();
        assert!(
            matches!(&refused, StorageError::JournalDamaged { file: f, offset, .. } if *f == file && *offset == bad_from as u64),
            "{refused}"
        );
        journal.append_durable(&[entry(6)]).unwrap();
        let (records, found) = salvage(&journal);
        assert_eq!(records, [0, 1, 3, 4, 5, 6].map(entry));
        assert_eq!((found.records, found.damages.len(), found.gaps.len()), (6, 1, 0));
        assert_eq!(found.damages[0].bytes, (bad_to - bad_from) as u64);
        drop(journal);
        fs::remove_file(files(&dir).remove(1)).unwrap();
        fs::write(&file, &clean).unwrap();
    }
}

#[test]
fn unacknowledged_frames_behind_a_hole_are_a_torn_end() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let durable = journal.append_durable(&[entry(0)]).unwrap();
    journal.append(&[entry(1)]).unwrap();
    journal.append(&[entry(2)]).unwrap();
    let end = journal.end();
    drop(journal);
    // The disk wrote the third frame before the second, and the power went.
    let file = files(&dir).remove(0);
    flip(&file, (HEADER + durable.as_u64()) as usize + 22, 0);
    let before = fs::read(&file).unwrap();
    let (journal, findings) = open(dir.path());
    assert_eq!(findings.cut.unwrap().bytes, end.as_u64() - durable.as_u64());
    assert_eq!(read_all(&journal).unwrap(), [entry(0)]);
    drop(journal);
    // The same bytes, but a checkpoint knows that they were on disk.
    fs::write(&file, &before).unwrap();
    let (journal, findings) = open_at(dir.path(), end, JOURNAL_SEGMENT);
    assert!(findings.cut.is_none() && findings.damage.is_some());
    assert_eq!(salvage(&journal).0, [entry(0), entry(2)]);
}

#[test]
fn a_journal_that_lost_what_a_checkpoint_knew_goes_on_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, findings) = open_at(dir.path(), Position::from_u64(500), JOURNAL_SEGMENT);
    assert_eq!(findings, JournalFindings::default());
    journal.append_durable(&[entry(0)]).unwrap();
    let refused = read_all(&journal).unwrap_err();
    assert!(matches!(refused, StorageError::JournalGap { from: START, .. }), "{refused}");
    let (records, found) = salvage(&journal);
    assert_eq!((records, found.gaps), (vec![entry(0)], vec![(START, Position::from_u64(500))]));
    drop(journal);
    let (journal, findings) = open_at(dir.path(), Position::from_u64(9000), JOURNAL_SEGMENT);
    assert!(findings.damage.is_some());
    assert_eq!(journal.end(), Position::from_u64(9000), "no position is given out twice");
}

#[test]
fn files_are_rotated_and_read_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open_at(dir.path(), START, 300);
    let mut ends = vec![START];
    for number in 0..40 {
        ends.push(journal.append(&[entry(number)]).unwrap());
    }
    journal.commit(journal.end()).unwrap();
    assert!(ends.is_sorted());
    let all: Vec<_> = (0..40).map(entry).collect();
    assert_eq!(read_all(&journal).unwrap(), all);
    drop(journal);
    assert!(files(&dir).len() > 5, "{:?}", files(&dir));
    let (journal, findings) = open_at(dir.path(), START, 300);
    assert_eq!(findings, JournalFindings::default());
    for (skip, from) in ends.iter().enumerate() {
        let mut seen = Vec::new();
        let replayed = journal.replay(*from, |end, records| {
            assert_eq!(end, ends[skip + seen.len() + 1]);
            seen.extend(records);
            Ok::<(), StorageError>(())
        });
        assert_eq!((replayed.unwrap(), seen), (journal.end(), all[skip..].to_vec()));
    }
    let beyond = Position::from_u64(journal.end().as_u64() + 1);
    assert!(matches!(journal.commit(beyond), Err(StorageError::NoSuchPosition { .. })));
    drop(journal);
    fs::remove_file(&files(&dir)[2]).unwrap();
    let (journal, _) = open_at(dir.path(), START, 300);
    assert!(matches!(read_all(&journal), Err(StorageError::JournalGap { .. })));
    assert_eq!(salvage(&journal).1.gaps.len(), 1);
}

#[test]
fn a_broken_header_hides_no_frame_from_a_salvage() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    journal.append_durable(&[entry(0)]).unwrap();
    drop(journal);
    flip(&files(&dir)[0], 3, 1);
    let (journal, findings) = open(dir.path());
    assert!(findings.cut.is_none() && findings.damage.is_some());
    assert!(read_all(&journal).is_err());
    assert_eq!(salvage(&journal).0, [entry(0)]);
    drop(journal);
    // A file cut within its header has no frames: it is begun anew under its own name.
    let last = files(&dir).pop().unwrap();
    OpenOptions::new().write(true).open(&last).unwrap().set_len(10).unwrap();
    let (journal, _) = open(dir.path());
    journal.append_durable(&[entry(1)]).unwrap();
    drop(journal);
    assert_eq!(salvage(&open(dir.path()).0).0, [entry(0), entry(1)]);
}

#[test]
fn a_newer_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let file = files(&dir).remove(0);
    let mut bytes = fs::read(&file).unwrap();
    bytes[11] = 2;
    let crc = crc32fast::hash(&bytes[..20]);
    bytes[20..].copy_from_slice(&crc.to_be_bytes());
    fs::write(&file, bytes).unwrap();
    let refused = Journal::open(dir.path(), START, Floor::new(dir.path(), 0)).unwrap_err();
    assert!(matches!(refused, StorageError::NewerFormat { found: 2, known: 1, .. }), "{refused}");
}

#[test]
fn threads_that_wait_share_an_fsync() {
    const THREADS: u32 = 8;
    const EACH: u32 = 100;
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let barrier = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (journal, barrier) = (&journal, &barrier);
            scope.spawn(move || {
                for number in 0..EACH {
                    // All together each time, so that there is something to share on a fast disk too.
                    barrier.wait();
                    let position = journal.append(&[entry(thread * EACH + number)]).unwrap();
                    barrier.wait();
                    journal.commit(position).unwrap();
                    assert!(journal.durable() >= position);
                }
            });
        }
    });
    assert!(
        journal.fsyncs() <= u64::from(EACH),
        "{} fsyncs for {} appends",
        journal.fsyncs(),
        THREADS * EACH
    );
    assert!(journal.fsyncs() > 0);
    let mut all = read_all(&journal).unwrap();
    all.sort_by_key(|record| format!("{record:?}"));
    let mut expected: Vec<_> = (0..THREADS * EACH).map(entry).collect();
    expected.sort_by_key(|record| format!("{record:?}"));
    assert_eq!(all, expected);
}

#[test]
fn erased_records_are_gone_and_the_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open_at(dir.path(), START, 300);
    let secret = Record::Put { table: Table::Drafts, key: b"phone".to_vec(), value: b"13800000000".to_vec() };
    for number in 0..10 {
        journal.append_durable(&[entry(number), secret.clone()]).unwrap();
    }
    let end = journal.end();
    let secrets = |record: &Record| if *record == secret { Erasure::Erase } else { Erasure::Keep };
    assert_eq!(journal.erase(secrets).unwrap(), 10);
    assert_eq!(journal.erase(secrets).unwrap(), 0);
    assert_eq!(journal.end(), end);
    journal.append_durable(&[entry(10)]).unwrap();
    drop(journal);
    let (journal, findings) = open(dir.path());
    assert_eq!(findings, JournalFindings::default());
    assert_eq!(read_all(&journal).unwrap(), (0..11).map(entry).collect::<Vec<_>>());
    for file in files(&dir) {
        let bytes = fs::read(file).unwrap();
        assert!(!bytes.windows(11).any(|bytes| bytes == b"13800000000"));
    }
}

#[test]
fn below_the_floor_nothing_is_appended_and_reading_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    journal.append_durable(&[entry(0)]).unwrap();
    drop(journal);
    let (journal, _) = Journal::open(dir.path(), START, Floor::new(dir.path(), u64::MAX)).unwrap();
    assert!(matches!(journal.append(&[entry(1)]), Err(StorageError::DiskFull { .. })));
    assert_eq!(read_all(&journal).unwrap(), [entry(0)]);
}
