//! A home whose store was lost, swapped, broken; two processes; formats.

use tempfile::TempDir;

use super::*;
use crate::{Batch, Record, Table};

const OPTIONS: Options = Options { cache_capacity: 8 << 20, floor_bytes: 1 };

fn open(dir: &TempDir) -> (Storage, Opened) {
    Storage::open(dir.path(), OPTIONS).unwrap()
}

/// Takes in one more entry: journal, store, facts.
fn add(storage: &Storage, number: u64) -> CheckpointFacts {
    let journal = storage.journal().append_durable(&[Record::Entry(number.to_be_bytes().to_vec())]).unwrap();
    let facts = CheckpointFacts { entries: number, digest: [number as u8; 32], journal };
    let mut batch = Batch::default();
    batch.put(Table::Entries, &number.to_be_bytes(), *b"value").facts(&facts);
    storage.store().apply(batch).unwrap();
    facts
}

/// A home with five entries, of which three are in the checkpoint.
fn five() -> (TempDir, CheckpointFacts) {
    let dir = tempfile::tempdir().unwrap();
    let (storage, opened) = open(&dir);
    assert_eq!(opened, Opened::Fresh);
    let facts = [1, 2, 3].map(|number| add(&storage, number))[2];
    storage.checkpoint(&facts).unwrap();
    add(&storage, 4);
    add(&storage, 5);
    (dir, facts)
}

fn replayed(storage: &Storage, from: Position) -> usize {
    let mut count = 0;
    let replay = storage.journal().replay(from, |_, records| {
        count += records.len();
        Ok::<(), StorageError>(())
    });
    replay.unwrap();
    count
}

fn rebuilt(opened: Opened) -> (PathBuf, String) {
    match opened {
        Opened::Rebuilt { set_aside, why, .. } => (set_aside, why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_intact_home_replays_from_its_checkpoint() {
    let (dir, facts) = five();
    let (storage, opened) = open(&dir);
    assert_eq!(opened, Opened::Intact { replay_from: facts.journal });
    assert_eq!(replayed(&storage, facts.journal), 2);
    assert_eq!(storage.store().facts().unwrap().unwrap().entries, 5);
}

#[test]
fn without_a_checkpoint_all_is_replayed() {
    let dir = tempfile::tempdir().unwrap();
    add(&open(&dir).0, 1);
    assert_eq!(open(&dir).1, Opened::Intact { replay_from: Position::START });
    fs::remove_dir_all(dir.path().join(STORE)).unwrap();
    assert_eq!(open(&dir).1, Opened::Intact { replay_from: Position::START });
}

#[test]
fn a_store_replaced_by_an_empty_one_is_noticed_and_set_aside() {
    let (dir, _) = five();
    fs::remove_dir_all(dir.path().join(STORE)).unwrap();
    fs::create_dir(dir.path().join(STORE)).unwrap();
    let (storage, opened) = open(&dir);
    let (set_aside, why) = rebuilt(opened);
    assert!(set_aside.is_dir() && set_aside.ends_with("set-aside-1"), "{why}");
    assert_eq!(replayed(&storage, Position::START), 5);
    drop(storage);
    // Killed before the first checkpoint: the next start says it again, and sets nothing more aside.
    let (storage, opened) = open(&dir);
    assert_eq!(rebuilt(opened).0, set_aside);
    assert!(!dir.path().join("set-aside-2").exists());
    let mut batch = Batch::default();
    let facts = CheckpointFacts { entries: 5, digest: [5; 32], journal: storage.journal().end() };
    storage.store().apply(std::mem::take(batch.facts(&facts))).unwrap();
    storage.checkpoint(&facts).unwrap();
    drop(storage);
    assert_eq!(open(&dir).1, Opened::Intact { replay_from: facts.journal });
}

#[test]
fn an_older_copy_of_the_store_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let (storage, _) = open(&dir);
    let facts = add(&storage, 1);
    storage.checkpoint(&facts).unwrap();
    drop(storage);
    let old = dir.path().join("old");
    let copy = || {
        let _ = fs::remove_dir_all(dir.path().join(STORE));
        fs::create_dir_all(dir.path().join(STORE).join("blobs")).unwrap();
        for item in fs::read_dir(&old).unwrap().map(|item| item.unwrap().path()).filter(|path| path.is_file())
        {
            fs::copy(&item, dir.path().join(STORE).join(item.file_name().unwrap())).unwrap();
        }
    };
    fs::rename(dir.path().join(STORE), &old).unwrap();
    copy();
    let (storage, opened) = open(&dir);
    assert!(matches!(opened, Opened::Intact { .. }), "{opened:?}");
    storage.checkpoint(&add(&storage, 2)).unwrap();
    drop(storage);
    copy();
    let (_, why) = rebuilt(open(&dir).1);
    assert!(why.contains("holds 1 entries, and held 2"), "{why}");
}

#[test]
fn other_entries_of_the_same_number_are_noticed() {
    let (dir, _) = five();
    let (storage, _) = open(&dir);
    let facts = CheckpointFacts { entries: 5, digest: [5; 32], journal: storage.journal().end() };
    storage.checkpoint(&facts).unwrap();
    let mut batch = Batch::default();
    batch.facts(&CheckpointFacts { digest: [6; 32], ..facts });
    storage.store().apply(batch).unwrap();
    drop(storage);
    let (_, why) = rebuilt(open(&dir).1);
    assert!(why.contains("not those"), "{why}");
}

#[test]
fn a_sidecar_made_anew_from_a_batch_without_a_digest_condemns_nothing() {
    let (dir, _) = five();
    let (storage, _) = open(&dir);
    let journal = storage.journal().end();
    let mut batch = Batch::default();
    batch.facts(&CheckpointFacts { entries: 6, digest: CheckpointFacts::NO_DIGEST, journal });
    storage.store().apply(batch).unwrap();
    storage.store().sync().unwrap();
    drop(storage);
    fs::remove_file(dir.path().join("sidecar.json")).unwrap();
    let (storage, opened) = open(&dir);
    assert!(matches!(opened, Opened::Intact { .. }), "{opened:?}");
    let mut batch = Batch::default();
    batch.facts(&CheckpointFacts { entries: 6, digest: [6; 32], journal });
    storage.store().apply(batch).unwrap();
    drop(storage);
    let opened = open(&dir).1;
    assert!(matches!(opened, Opened::Intact { .. }), "{opened:?}");
}

#[test]
fn a_store_that_does_not_open_is_set_aside_and_kept() {
    let (dir, _) = five();
    let db = dir.path().join(STORE).join("db");
    let conf = dir.path().join(STORE).join("conf");
    fs::write(&conf, b"segment_size: nonsense and more").unwrap();
    let (storage, opened) = open(&dir);
    let (set_aside, why) = rebuilt(opened);
    assert!(why.starts_with("it did not open"), "{why}");
    assert!(set_aside.join("db").is_file() && db.is_file());
    assert_eq!(replayed(&storage, Position::START), 5);
}

#[test]
fn a_store_full_of_noise_is_set_aside() {
    let (dir, _) = five();
    let db = dir.path().join(STORE).join("db");
    let length = fs::metadata(&db).unwrap().len() as usize;
    let mut state = 88_172_645_463_325_252_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    })
    .take(length)
    .collect();
    fs::write(&db, noise).unwrap();
    let (storage, opened) = open(&dir);
    rebuilt(opened);
    add(&storage, 6);
}

#[test]
fn a_condemned_store_is_set_aside_at_the_next_start() {
    let (dir, facts) = five();
    let (storage, _) = open(&dir);
    storage.condemn("a page did not read").unwrap();
    assert!(matches!(storage.checkpoint(&facts), Err(StorageError::Condemned)));
    drop(storage);
    let (storage, opened) = open(&dir);
    assert_eq!(rebuilt(opened).1, "a page did not read");
    assert_eq!(storage.store().facts().unwrap(), None);
    storage.checkpoint(&add(&storage, 6)).unwrap();
}

#[test]
fn a_lost_sidecar_keeps_a_store_that_has_facts_and_drops_one_that_has_none() {
    let (dir, _) = five();
    fs::write(dir.path().join("sidecar.json"), b"{}").unwrap();
    assert_eq!(open(&dir).1, Opened::Intact { replay_from: Position::START });
    fs::remove_dir_all(dir.path().join(STORE)).unwrap();
    rebuilt(open(&dir).1);
}

#[test]
fn a_checkpoint_needs_its_facts_in_the_store() {
    let (dir, facts) = five();
    let (storage, _) = open(&dir);
    let ahead = CheckpointFacts { entries: 6, ..facts };
    assert!(matches!(storage.checkpoint(&ahead), Err(StorageError::FactsNotInStore { found: Some(5), .. })));
    storage.checkpoint(&facts).unwrap();
}

/// The schedule and a shutdown may each take one, and the later may come first.
#[test]
fn a_checkpoint_older_than_the_last_changes_nothing() {
    let (dir, third) = five();
    let (storage, _) = open(&dir);
    let sidecar = || fs::read(dir.path().join("sidecar.json")).unwrap();
    let facts = storage.store().facts().unwrap().unwrap();
    storage.checkpoint(&facts).unwrap();
    let last = sidecar();
    let older = [
        third,
        CheckpointFacts { entries: third.entries, ..facts },
        CheckpointFacts { journal: third.journal, ..facts },
    ];
    older.iter().for_each(|older| storage.checkpoint(older).unwrap());
    assert_eq!(sidecar(), last);
    drop(storage);
    let (storage, opened) = open(&dir);
    assert_eq!(opened, Opened::Intact { replay_from: facts.journal });
    older.iter().for_each(|older| storage.checkpoint(older).unwrap());
    assert_eq!(sidecar(), last, "nor after a restart");
}

#[test]
fn a_home_tells_of_its_journals_torn_end() {
    let (dir, _) = five();
    let (storage, _) = open(&dir);
    assert_eq!(*storage.journal_findings(), JournalFindings::default());
    assert_eq!(storage.home(), dir.path());
    storage.room().unwrap();
    let end = storage.journal().end();
    storage.journal().append(&[Record::Entry(b"not acknowledged".to_vec())]).unwrap();
    drop(storage);
    let file = dir.path().join(JOURNAL).join("00000000000000000000.journal");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    let (storage, _) = open(&dir);
    assert!(storage.journal_findings().cut.is_some());
    assert_eq!(storage.journal().end(), end);
}

#[test]
fn a_home_in_use_names_its_process() {
    let dir = tempfile::tempdir().unwrap();
    let (storage, _) = open(&dir);
    let store = storage.store();
    drop(storage);
    let refused = Storage::open(dir.path(), OPTIONS).unwrap_err();
    assert!(
        matches!(refused, StorageError::Locked { pid: Some(pid), .. } if pid == std::process::id()),
        "{refused}"
    );
    drop(store);
    open(&dir);
}

#[test]
fn formats_are_respected() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    let format = dir.path().join("format");
    assert_eq!(fs::read_to_string(&format).unwrap(), "lianshi home 3\n");
    fs::write(&format, "lianshi home 4\n").unwrap();
    let refused = Storage::open(dir.path(), OPTIONS).unwrap_err();
    assert!(matches!(refused, StorageError::NewerFormat { found: 4, known: 3, .. }), "{refused}");
    fs::remove_file(&format).unwrap();
    assert!(matches!(Storage::open(dir.path(), OPTIONS), Err(StorageError::NotAHome { .. })));
}

#[test]
fn below_the_floor_the_store_reads_and_does_not_write() {
    let (dir, _) = five();
    let (storage, _) = Storage::open(dir.path(), Options { floor_bytes: u64::MAX, ..OPTIONS }).unwrap();
    assert!(matches!(storage.room(), Err(StorageError::DiskFull { .. })));
    let mut batch = Batch::default();
    batch.put(Table::Meta, b"k", *b"v");
    assert!(matches!(storage.store().apply(batch), Err(StorageError::DiskFull { .. })));
    assert!(storage.store().get(Table::Entries, &1_u64.to_be_bytes()).unwrap().is_some());
}

#[test]
fn a_store_cut_short_anywhere_is_noticed_or_holds_what_it_should() {
    let (dir, facts) = five();
    let store = dir.path().join(STORE);
    let files: Vec<_> = fs::read_dir(&store)
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    let saved: Vec<_> = files.iter().map(|path| (path, fs::read(path).unwrap())).collect();
    let sidecar = fs::read(dir.path().join("sidecar.json")).unwrap();
    let length =
        saved.iter().map(|(path, bytes)| if path.ends_with("db") { bytes.len() } else { 0 }).sum::<usize>();
    let (mut lost, mut kept) = (0, 0);
    for part in 0..12 {
        let _ = fs::remove_dir_all(&store);
        fs::create_dir_all(store.join("blobs")).unwrap();
        for (path, bytes) in &saved {
            let bytes = if path.ends_with("db") { &bytes[..length * part / 11] } else { &bytes[..] };
            fs::write(path, bytes).unwrap();
        }
        fs::write(dir.path().join("sidecar.json"), &sidecar).unwrap();
        let (storage, opened) = open(&dir);
        match opened {
            Opened::Rebuilt { .. } => lost += 1,
            Opened::Intact { replay_from } => {
                kept += 1;
                assert_eq!(replay_from, facts.journal);
                // Those of the checkpoint, and as many more as its facts say.
                let entries = storage.store().facts().unwrap().unwrap().entries;
                let found = storage.store().scan(Table::Entries, b"", None, 9).unwrap().len();
                assert!(
                    entries >= facts.entries && found as u64 == entries,
                    "part {part}: {entries}, {found}"
                );
            }
            Opened::Fresh => panic!("part {part}: fresh"),
        }
    }
    assert!(lost > 0 && kept > 0, "{lost} lost, {kept} kept");
}

/// Whether any file of the home holds these bytes.
fn holds(dir: &Path, needle: &[u8]) -> bool {
    fs::read_dir(dir).unwrap().map(|item| item.unwrap().path()).any(|path| {
        if path.is_dir() {
            holds(&path, needle)
        } else {
            fs::read(&path).unwrap().windows(needle.len()).any(|bytes| bytes == needle)
        }
    })
}

const SECRET: &[u8] = b"tel 13907100000";

/// A home that held a text in store, journal and a folder set aside, and whose store has deleted it.
fn forgetful() -> TempDir {
    let (dir, facts) = five();
    let (storage, _) = open(&dir);
    let put = |value: &[u8]| {
        let mut batch = Batch::default();
        batch.put(Table::Projections, b"listing", value).put(Table::Drafts, b"large", value.repeat(2_000));
        storage.store().apply(batch).unwrap();
    };
    put(SECRET);
    storage.store().sync().unwrap();
    put(b"-");
    storage.checkpoint(&CheckpointFacts { entries: 5, digest: [5; 32], ..facts }).unwrap();
    fs::create_dir(dir.path().join("set-aside-7")).unwrap();
    fs::write(dir.path().join("set-aside-7").join("db"), SECRET).unwrap();
    assert!(holds(dir.path().join(STORE).as_path(), SECRET), "sled keeps what was deleted");
    assert!(!storage.is_scrub_due());
    storage.scrub_at_start().unwrap();
    storage.scrub_at_start().unwrap();
    assert!(storage.is_scrub_due());
    dir
}

/// It holds what it should, and nothing of the text.
fn assert_scrubbed(dir: &TempDir, at: &str) {
    let (storage, opened) = open(dir);
    assert!(matches!(opened, Opened::Intact { .. }), "{at}: {opened:?}");
    assert!(!storage.is_scrub_due(), "{at}");
    assert_eq!(storage.store().facts().unwrap().unwrap().entries, 5, "{at}");
    assert_eq!(storage.store().scan(Table::Entries, b"", None, 9).unwrap().len(), 5, "{at}");
    assert_eq!(storage.store().get(Table::Drafts, b"large").unwrap(), Some(b"-".repeat(2_000)), "{at}");
    drop(storage);
    assert!(!holds(dir.path(), SECRET), "{at}: the text is gone from every file");
    let names = fs::read_dir(dir.path()).unwrap().map(|item| item.unwrap().file_name());
    let left = names.filter(|name| name.to_str().is_some_and(|n| n.contains("store-") || n.contains("set-")));
    assert_eq!(left.count(), 0, "{at}");
}

#[test]
fn a_store_written_anew_holds_all_and_nothing_that_was_deleted() {
    assert_scrubbed(&forgetful(), "at once");
}

#[test]
fn a_scrub_that_is_cut_off_anywhere_is_done_again() {
    let at = |what: &str, interrupt: &dyn Fn(&Path)| {
        let dir = forgetful();
        interrupt(dir.path());
        assert_scrubbed(&dir, what);
    };
    at("in the copy", &|home| {
        fs::create_dir(home.join("store-new")).unwrap();
        fs::write(home.join("store-new").join("db"), b"half a store").unwrap();
    });
    // The copy is whole: a home of its own made it.
    let copied = |home: &Path| {
        let floor = Floor::new(home, 1);
        let store = SledStore::open(&home.join(STORE), 8 << 20, floor.clone()).unwrap();
        let copy = SledStore::open(&home.join("store-new"), 8 << 20, floor).unwrap();
        store.copy_into(&copy).unwrap();
        copy.close().unwrap();
        store.close().unwrap();
    };
    at("before the swap", &copied);
    at("between the two renames", &|home| {
        copied(home);
        fs::rename(home.join(STORE), home.join("store-old")).unwrap();
    });
    at("after the swap", &|home| {
        copied(home);
        fs::rename(home.join(STORE), home.join("store-old")).unwrap();
        fs::rename(home.join("store-new"), home.join(STORE)).unwrap();
    });
    at("before the last folder is gone", &|home| {
        copied(home);
        fs::rename(home.join(STORE), home.join("store-old")).unwrap();
        fs::rename(home.join("store-new"), home.join(STORE)).unwrap();
        fs::remove_dir_all(home.join("set-aside-7")).unwrap();
        fs::remove_file(home.join("scrub")).unwrap();
        fs::remove_file(home.join("store-old").join("conf")).unwrap();
    });
}

#[test]
fn a_store_that_is_rebuilt_keeps_what_was_set_aside_until_it_is_whole() {
    let dir = forgetful();
    fs::remove_dir_all(dir.path().join(STORE)).unwrap();
    let (storage, opened) = open(&dir);
    let (set_aside, _) = rebuilt(opened);
    assert_eq!(set_aside.file_name().unwrap(), "set-aside-8");
    assert!(storage.is_scrub_due());
    let mut batch = Batch::default();
    let facts = CheckpointFacts { entries: 5, digest: [5; 32], journal: storage.journal().end() };
    storage.store().apply(std::mem::take(batch.facts(&facts))).unwrap();
    storage.checkpoint(&facts).unwrap();
    drop(storage);
    drop(open(&dir));
    assert!(!holds(dir.path(), SECRET));
}

#[test]
fn without_room_for_the_copy_the_store_is_used_as_it_is() {
    let dir = forgetful();
    let (storage, _) = Storage::open(dir.path(), Options { floor_bytes: u64::MAX, ..OPTIONS }).unwrap();
    assert!(storage.is_scrub_due());
    assert_eq!(storage.store().facts().unwrap().unwrap().entries, 5);
    drop(storage);
    assert_scrubbed(&dir, "with room");
}
