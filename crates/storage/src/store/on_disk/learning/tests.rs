use super::*;
use crate::store::packing::DICTIONARY_KEY;

const VALUES: u32 = 3_000;
const SECRET: &str = "不该再出现的一段文字，它曾经写在许多条目里面";

/// About 700 bytes, of which three quarters stand in all of them.
fn value(seed: u32, word: &str) -> Vec<u8> {
    let own =
        (0..48_u32).flat_map(|n| seed.wrapping_mul(2_654_435_761).wrapping_add(n * n * 7).to_be_bytes());
    format!("本成果属于{word}领域，已通过中试，可以许可或作价入股，欢迎联系。")
        .repeat(6)
        .bytes()
        .chain(own)
        .collect()
}

fn open(dir: &Path) -> SledStore {
    SledStore::open(dir, 4 << 20, Floor::new(dir, 1)).unwrap()
}

fn put(store: &SledStore, keys: std::ops::Range<u32>, word: &str) {
    for first in keys.clone().step_by(256) {
        let mut batch = Batch::default();
        for key in first..keys.end.min(first + 256) {
            batch.put(Table::Entries, &key.to_be_bytes(), value(key, word));
        }
        store.apply(batch).unwrap();
    }
}

fn stored(store: &SledStore, key: u32) -> Vec<u8> {
    store.db.get(Table::Entries.full_key(&key.to_be_bytes())).unwrap().unwrap().to_vec()
}

fn learn_now(store: &SledStore) {
    store.take_dictionary(&store.samples(VALUES as usize).unwrap()).unwrap();
    assert!(store.packing.is_ready());
}

fn dictionary(store: &SledStore) -> Vec<u8> {
    store.whole(&store.db.get(DICTIONARY_KEY).unwrap().unwrap()).unwrap()
}

#[test]
fn what_is_packed_and_what_is_not_comes_back_after_a_restart_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put(&store, 0..VALUES, "新材料");
    learn_now(&store);
    put(&store, VALUES - 10..VALUES + 10, "生物医药");
    assert_eq!((stored(&store, 0)[0], stored(&store, VALUES)[0]), (0, 2));
    assert!(stored(&store, VALUES).len() < value(VALUES, "生物医药").len() * 3 / 4);
    let read = |store: &SledStore| {
        let mut seen = 0;
        store
            .walk(Table::Entries, &[], &mut |key, found| {
                let key = u32::from_be_bytes(key.try_into().unwrap());
                let word = if key < VALUES - 10 { "新材料" } else { "生物医药" };
                assert_eq!(found, value(key, word));
                assert_eq!(store.get(Table::Entries, &key.to_be_bytes()).unwrap().as_deref(), Some(found));
                seen += 1;
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(seen, VALUES + 10);
        let last = store.last(Table::Entries, &[]).unwrap().unwrap();
        assert_eq!(last.1, value(VALUES + 9, "生物医药"));
    };
    read(&store);
    store.sync().unwrap();
    drop(store);
    let store = open(dir.path());
    assert!(store.packing.is_ready());
    read(&store);
    // A packed value in the place of a cut one, and the other way about.
    let large: Vec<u8> = (0..100).flat_map(|seed| value(seed * 31, "新材料")).collect();
    for expected in [large.clone(), value(7, "新材料"), large] {
        let mut batch = Batch::default();
        store
            .apply(std::mem::take(batch.put(Table::Entries, &7_u32.to_be_bytes(), expected.clone())))
            .unwrap();
        assert_eq!(store.get(Table::Entries, &7_u32.to_be_bytes()).unwrap(), Some(expected));
    }
}

#[test]
fn written_anew_it_is_smaller_and_its_dictionary_holds_nothing_that_was_deleted() {
    let (dir, copied) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(dir.path());
    put(&store, 0..VALUES, SECRET);
    learn_now(&store);
    let holds = |dictionary: &[u8]| {
        dictionary.windows(12).any(|part| SECRET.as_bytes().windows(12).any(|s| s == part))
    };
    assert!(holds(&dictionary(&store)), "the test has something to find");
    put(&store, 0..VALUES, "新材料");
    let facts = CheckpointFacts { entries: 7, digest: [7; 32], journal: crate::Position::START };
    let mut batch = Batch::default();
    store.apply(std::mem::take(batch.facts(&facts))).unwrap();
    let copy = open(copied.path());
    store.copy_into(&copy).unwrap();
    assert!(!holds(&dictionary(&copy)));
    assert_eq!(copy.facts().unwrap(), Some(facts));
    for key in 0..VALUES {
        assert_eq!(copy.get(Table::Entries, &key.to_be_bytes()).unwrap(), Some(value(key, "新材料")));
        assert_eq!(stored(&copy, key)[0], 2);
    }
}

#[test]
fn a_store_learns_once_it_is_large_enough() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put(&store, 0..8 * VALUES, "新材料");
    store.sync().unwrap();
    assert!(!store.packing.is_ready(), "a small store keeps its values as they are");
    std::fs::File::create(dir.path().join("blobs/room")).unwrap().set_len(DICTIONARY_FROM).unwrap();
    store.sync().unwrap();
    assert!(store.packing.is_ready());
    drop(store);
    // What does not read is no dictionary.
    let store = open(dir.path());
    let mut changes = sled::Batch::default();
    changes.insert(DICTIONARY_KEY, pieces::inline(b""));
    store.db.apply_batch(changes).unwrap();
    put(&store, 0..1, "新材料");
    store.sync().unwrap();
    drop(store);
    let broken = SledStore::open(dir.path(), 4 << 20, Floor::new(dir.path(), 1));
    assert!(
        matches!(broken, Err(StorageError::StoreDamaged { .. }))
            || broken.unwrap().get(Table::Entries, &[0; 4]).is_err()
    );
}
