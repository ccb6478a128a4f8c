//! Large values and their pieces, waiting for another handle, damage told from what may pass.

use std::io::{self, ErrorKind};

use super::guard::{panic_text, store_error};
use super::*;
use crate::limits::MAX_INLINE;

fn keys(store: &SledStore) -> usize {
    store.db.iter().count()
}

fn put(store: &SledStore, key: &[u8], len: usize) {
    let mut batch = Batch::default();
    batch.put(Table::Drafts, key, vec![1; len]);
    store.apply(batch).unwrap();
}

#[test]
fn no_piece_outlives_its_value() {
    let dir = tempfile::tempdir().unwrap();
    let open = || SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1)).unwrap();
    let store = open();
    put(&store, b"a", 3 * MAX_INLINE);
    assert_eq!(keys(&store), 1 + 1 + 3, "the key, its owner record, three pieces");
    put(&store, b"a", 2 * MAX_INLINE);
    assert_eq!(keys(&store), 1 + 1 + 2, "a large value replaced by a large one");
    put(&store, b"b", 2 * MAX_INLINE);
    drop(store);
    let store = open();
    for key in [b"c", b"d", b"e"] {
        put(&store, key, 2 * MAX_INLINE);
    }
    assert_eq!(keys(&store), 5 * (1 + 1 + 2), "no id is given twice");
    let mut batch = Batch::default();
    store.apply(std::mem::take(batch.delete(Table::Drafts, b"b"))).unwrap();
    assert_eq!(keys(&store), 4 * (1 + 1 + 2), "a large value deleted");
    put(&store, b"a", 10);
    store.sync().unwrap();
    assert_eq!(keys(&store), 1 + 3 * (1 + 1 + 2), "a large value replaced by a small one, swept");
    assert_eq!(store.get(Table::Drafts, b"c").unwrap().unwrap().len(), 2 * MAX_INLINE);
    put(&store, b"f", MAX_INLINE);
    assert_eq!(keys(&store), 2 + 3 * (1 + 1 + 2), "the largest that is not cut");
    let largest = guarded("read a key", || store.db.get(Table::Drafts.full_key(b"f"))).unwrap().unwrap();
    assert_eq!(largest.len(), 1 + MAX_INLINE);
}

#[test]
fn a_store_that_is_still_open_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let open = || SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1));
    let store = open().unwrap();
    put(&store, b"a", 10);
    let refused = open().unwrap_err();
    assert!(matches!(refused, StorageError::StoreBusy { .. }), "{refused}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(open);
        thread::sleep(Duration::from_millis(5 * OPEN_PAUSE_MS));
        drop(store);
        assert!(waiting.join().unwrap().unwrap().get(Table::Drafts, b"a").unwrap().is_some());
    });
}

#[test]
fn damage_is_told_from_what_may_pass() {
    let of = |kind: ErrorKind| store_error("read", sled::Error::Io(io::Error::new(kind, "why")));
    for kind in [ErrorKind::UnexpectedEof, ErrorKind::InvalidData, ErrorKind::NotFound] {
        assert!(matches!(of(kind), StorageError::StoreDamaged { .. }), "{kind}");
    }
    for kind in [ErrorKind::PermissionDenied, ErrorKind::StorageFull, ErrorKind::Other] {
        assert!(matches!(of(kind), StorageError::Store { .. }), "{kind}");
    }
    assert!(matches!(
        store_error("read", sled::Error::Corruption { at: None, bt: () }),
        StorageError::StoreDamaged { .. }
    ));
    type Call = fn() -> sled::Result<()>;
    let panics: [(Call, &str); 3] = [
        (|| panic!("page {}", 7), "page 7"),
        (|| panic!("a page"), "a page"),
        (|| std::panic::panic_any(7), "without a word"),
    ];
    for (panic, text) in panics {
        let found = guarded("read", panic).unwrap_err();
        assert!(
            matches!(&found, StorageError::StoreDamaged { detail, .. } if detail.contains(text)),
            "{found}"
        );
    }
    assert_eq!(panic_text(&"x".repeat(1000)).len(), 300);
}

#[test]
fn a_sweep_gets_round_to_everything() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1)).unwrap();
    let count = SWEEP_SLICE as u32 + 20;
    (0..count).for_each(|key| put(&store, &key.to_be_bytes(), MAX_INLINE + 1));
    // The last ones, which the first slice does not reach, and a first one after it has passed.
    (count - 10..count).for_each(|key| put(&store, &key.to_be_bytes(), 1));
    store.sync().unwrap();
    put(&store, &0_u32.to_be_bytes(), 1);
    store.sync().unwrap();
    store.sync().unwrap();
    assert_eq!(keys(&store), count as usize + (count as usize - 11) * 3);
}
