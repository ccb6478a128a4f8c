//! What is exact in the journal: where a file ends, where a search begins, which failures stop it.

use super::*;

/// A journal in files of about 300 bytes, and the positions behind its records.
fn in_small_files(dir: &TempDir, records: u32) -> (Journal, Vec<Position>) {
    let (journal, _) = open_at(dir.path(), START, 300);
    let ends = (0..records).map(|number| journal.append_durable(&[entry(number)]).unwrap());
    let ends = ends.collect();
    (journal, ends)
}

#[test]
fn a_file_is_followed_by_the_next_as_soon_as_it_is_full() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, ends) = in_small_files(&dir, 40);
    drop(journal);
    let segments = Segment::list(dir.path()).unwrap();
    assert!(segments.len() > 5);
    for pair in segments.windows(2) {
        let (base, next) = (pair[0].base, pair[1].base);
        assert_eq!(pair[0].end().unwrap(), next, "without a gap");
        assert!(HEADER + next - base >= 300, "not before it is full");
        let last = ends.iter().map(|end| end.as_u64()).filter(|end| *end < next).max().unwrap_or(base);
        assert!(HEADER + last - base < 300, "not a record later");
    }
}

#[test]
fn a_torn_end_is_cut_in_a_later_file_as_in_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, ends) = in_small_files(&dir, 9);
    let torn = journal.append(&[entry(9)]).unwrap();
    drop(journal);
    let segments = Segment::list(dir.path()).unwrap();
    let last = segments.last().unwrap();
    assert!(last.base > 0 && last.base < ends[8].as_u64(), "the last file holds more than the torn record");
    let file = OpenOptions::new().write(true).open(&last.path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
    let offset = HEADER + ends[8].as_u64() - last.base;
    // A checkpoint that knew all up to there, and not a byte more, makes no damage of it.
    let (journal, findings) = open_at(dir.path(), ends[8], 300);
    let cut = Cut { file: last.path.clone(), offset, bytes: torn.as_u64() - ends[8].as_u64() - 1 };
    assert_eq!(findings, JournalFindings { cut: Some(cut), damage: None });
    assert_eq!(fs::metadata(&last.path).unwrap().len(), offset);
    assert_eq!(read_all(&journal).unwrap(), (0..9).map(entry).collect::<Vec<_>>());
}

#[test]
fn damage_in_every_frame_of_every_file_costs_that_frame_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, ends) = in_small_files(&dir, 12);
    let segments = Segment::list(dir.path()).unwrap();
    let mut begin = 0;
    for (number, end) in (0_u32..).zip(&ends) {
        let segment = segments.iter().rfind(|segment| segment.base <= begin).unwrap();
        let clean = fs::read(&segment.path).unwrap();
        let offset = HEADER + begin - segment.base;
        flip(&segment.path, offset as usize + 21, 0);
        let (records, found) = salvage(&journal);
        assert_eq!(records, (0..12).filter(|other| *other != number).map(entry).collect::<Vec<_>>());
        let (why, bytes) = ("the checksum does not fit", end.as_u64() - begin);
        assert_eq!(found.damages, [Damage { file: segment.path.clone(), offset, bytes, why }]);
        fs::write(&segment.path, clean).unwrap();
        begin = end.as_u64();
    }
    assert_eq!(salvage(&journal).1.damages, []);
}

/// What was written may hold anything, the first bytes of frames too.
#[test]
fn a_search_passes_over_what_only_looks_like_a_frame() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let marker = [0xF5, b'L', b'J', 0x1E];
    let lookalikes = [
        &marker[..1],
        &marker,
        &marker[..3],
        // A whole head, of a body that is there, and of one that is not.
        &[&marker[..], &[0, 0, 0, 3], &[9; 12], &[7; 3]].concat(),
        &[&marker[..], &[0, 0xff, 0, 0], &[9; 12]].concat(),
        &marker,
    ]
    .concat();
    let first = journal.append_durable(&[Record::Entry(lookalikes)]).unwrap();
    journal.append_durable(&[entry(1)]).unwrap();
    flip(&files(&dir)[0], (HEADER + 20) as usize, 0);
    let (records, found) = salvage(&journal);
    assert_eq!((records, found.damages[0].bytes), (vec![entry(1)], first.as_u64()));
}

#[test]
fn a_file_that_shrinks_under_an_open_journal_is_missed() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let kept = journal.append_durable(&[entry(0)]).unwrap();
    let end = journal.append_durable(&[entry(1)]).unwrap();
    let file = OpenOptions::new().write(true).open(&files(&dir)[0]).unwrap();
    file.set_len(HEADER + kept.as_u64()).unwrap();
    let refused = read_all(&journal).unwrap_err();
    assert!(
        matches!(refused, StorageError::JournalGap { from, to, .. } if (from, to) == (kept, end)),
        "{refused}"
    );
    assert!(refused.to_string().contains(&format!("lacks position {} up to position {}", kept.0, end.0)));
    assert_eq!(salvage(&journal).1.gaps, [(kept, end)]);
}

#[test]
fn what_only_claims_to_be_newer_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let file = files(&dir).remove(0);
    let clean = fs::read(&file).unwrap();
    let header = |change: &dyn Fn(&mut Vec<u8>), sealed: bool| {
        let mut bytes = clean.clone();
        change(&mut bytes);
        if sealed {
            let crc = crc32fast::hash(&bytes[..20]);
            bytes[20..].copy_from_slice(&crc.to_be_bytes());
        }
        fs::write(&file, bytes).unwrap();
        Journal::open(dir.path(), START, Floor::new(dir.path(), 0)).unwrap().1.damage
    };
    assert!(header(&|bytes| bytes[11] = 2, false).is_some(), "its checksum does not fit");
    assert!(header(&|bytes| (bytes[0], bytes[11]) = (b'M', 2), true).is_some(), "another kind of file");
    assert!(header(&|bytes| bytes[11] = 0, true).is_some(), "older than the first");
    assert!(header(&|bytes| bytes[19] ^= 1, true).is_some(), "of another position than its name says");
    assert!(header(&|_| {}, true).is_none());
}

#[test]
fn what_cannot_be_read_is_an_error_and_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let file = files(&dir).remove(0);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let refused = Journal::open(dir.path(), START, Floor::new(dir.path(), 0)).unwrap_err();
    assert!(matches!(refused, StorageError::Io { action: "read", .. }), "{refused}");
}

/// Nobody knows then what is on disk, so nothing more is promised.
#[test]
#[cfg(unix)]
fn after_a_failed_fsync_nothing_is_taken_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let durable = journal.append_durable(&[entry(0)]).unwrap();
    // A pipe takes bytes, and cannot be fsynced.
    let (_reader, writer) = std::io::pipe().unwrap();
    journal.active().file = Arc::new(File::from(std::os::fd::OwnedFd::from(writer)));
    let lost = journal.append(&[entry(1)]).unwrap();
    assert!(matches!(journal.commit(lost), Err(StorageError::JournalStopped { .. })));
    assert_eq!(journal.durable(), durable);
    journal.commit(durable).unwrap();
    assert!(matches!(journal.append(&[entry(2)]), Err(StorageError::JournalStopped { .. })));
    assert!(matches!(journal.append(&[]), Err(StorageError::JournalStopped { .. })));
    assert!(matches!(journal.erase(|_| Erasure::Erase), Err(StorageError::JournalStopped { .. })));
    drop(journal);
    let (journal, findings) = open(dir.path());
    assert_eq!((findings, journal.end()), (JournalFindings::default(), durable));
}

#[test]
fn a_failed_write_that_cannot_be_undone_stops_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let end = journal.append_durable(&[entry(0)]).unwrap();
    journal.active().file = Arc::new(File::open(&files(&dir)[0]).unwrap());
    assert!(matches!(journal.append(&[entry(1)]), Err(StorageError::Io { action: "write", .. })));
    assert!(matches!(journal.append(&[entry(1)]), Err(StorageError::JournalStopped { .. })));
    assert_eq!((journal.end(), read_all(&journal).unwrap()), (end, vec![entry(0)]));
}

#[test]
fn a_torn_file_that_never_got_its_name_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let torn = dir.path().join("00000000000000000099.journal.new");
    fs::write(&torn, b"LSJ").unwrap();
    fs::write(dir.path().join("7.journal"), b"not one of ours").unwrap();
    let (journal, findings) = open(dir.path());
    assert_eq!((findings, journal.end()), (JournalFindings::default(), START));
    assert!(!torn.exists() && dir.path().join("7.journal").exists());
}

#[test]
fn the_journal_tells_what_it_takes_on_disk_and_how_often_it_synced() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = in_small_files(&dir, 9);
    let sum: u64 = files(&dir).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert_eq!(journal.size_on_disk().unwrap(), sum);
    let synced = journal.fsyncs();
    assert!(synced >= 9);
    journal.commit(journal.durable()).unwrap();
    assert_eq!(journal.fsyncs(), synced, "what is durable needs no fsync");
}
