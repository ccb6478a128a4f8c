//! Bits that change on the disk: nothing damaged is taken for what was written, what verifies is taken over, and nothing of the
//! node's own is lost.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use protocol::Head;
use storage::{Store, Table};

use super::*;

/// Pairs of a store, tables and all.
type Dump = Vec<(u8, Vec<u8>, Vec<u8>)>;

/// A closed home with a node's own listings, edits and drafts, and another node's listings.
struct Old {
    home: TempDir,
    identity: Identity,
    held: BTreeMap<LogId, Head>,
    own: Vec<LogId>,
    drafts: usize,
    dump: Dump,
    sums: protocol::Hash,
}

/// Everything but the stored sums: those of an older moment are known by their mark, and added up anew.
fn dump(store: &dyn Store) -> storage::Result<Dump> {
    let mut all = Vec::new();
    for table in Table::ALL {
        store.walk(table, &[], &mut |key, value| {
            if table != Table::Shelves && key != b"lanes-at" {
                all.push((table.code(), key.to_vec(), value.to_vec()));
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(all)
}

/// What all shelves add up to.
fn sums(ledger: &Ledger) -> protocol::Hash {
    view_hash(ledger.sums(), &protocol::Hash::default())
}

fn held(ledger: &Ledger) -> BTreeMap<LogId, Head> {
    ledger.held().into_iter().map(|(log, (head, _))| (log, head)).collect()
}

fn drafts(store: &dyn Store) -> usize {
    store.scan(Table::Drafts, &[], None, 1_000).unwrap().len()
}

fn records(what: &str, count: usize) -> Vec<Incoming> {
    (0..count).map(|n| record(&format!("{what}第 {n} 号"))).collect()
}

impl Old {
    fn new(listings: usize) -> Self {
        let mut hub = hub();
        let (_, theirs) = hub.desk(NOW).take_in(&records("别人的", listings), true).unwrap();
        let mut node = sibling(&hub);
        for (log, entry) in flatten(theirs) {
            node.ledger.persist(&log, &[entry]).unwrap();
        }
        let (outcomes, _) = node.desk(NOW).take_in(&records("自己的", listings), true).unwrap();
        node.desk(NOW + 1).edit(&published(&outcomes[0]), &put("title", "改过")).unwrap().unwrap();
        for n in 0..3 {
            node.desk(NOW).keep_draft(None, &record(&format!("草稿 {n}"))).unwrap();
        }
        node.ledger.checkpoint().unwrap();
        let (held, sums, store) = (held(&node.ledger), sums(&node.ledger), node.ledger.store());
        let me = node.identity.node.public();
        let own = held.keys().filter(|log| log.node == me).copied().collect();
        let (drafts, dump) = (drafts(store.as_ref()), dump(store.as_ref()).unwrap());
        let Node { identity, ledger, library, home } = node;
        drop((store, library, ledger));
        Self { home, identity, held, own, drafts, dump, sums }
    }

    /// The files of its data, each with its length.
    fn files(&self) -> Vec<(PathBuf, u64)> {
        let mut folders = vec![self.home.path().join("data")];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for item in fs::read_dir(folder).unwrap() {
                let path = item.unwrap().path();
                if path.is_dir() {
                    folders.push(path)
                } else {
                    found.push((path.clone(), path.metadata().unwrap().len()))
                }
            }
        }
        found.sort();
        found
    }

    fn copied(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        for (path, _) in self.files() {
            let to = copy.path().join(path.strip_prefix(self.home.path()).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(path, to).unwrap();
        }
        copy
    }

    /// Flips one bit of a file, given by its place among all bits of all files.
    fn flip(&self, copy: &TempDir, mut bit: u64) -> String {
        let files = self.files();
        bit %= files.iter().map(|(_, len)| len * 8).sum::<u64>();
        for (path, len) in files {
            if bit >= len * 8 {
                bit -= len * 8;
                continue;
            }
            let name = path.strip_prefix(self.home.path()).unwrap();
            let to = copy.path().join(name);
            let mut bytes = fs::read(&to).unwrap();
            bytes[usize::try_from(bit / 8).unwrap()] ^= 1 << (bit % 8);
            fs::write(to, bytes).unwrap();
            return format!("{} bit {bit}", name.display());
        }
        panic!("no such bit")
    }

    /// Everything of the node's own is there, and of others' logs nothing that was not.
    fn check(&self, ledger: &Ledger, what: &str) {
        let now = held(ledger);
        for log in &self.own {
            assert_eq!(now.get(log), Some(&self.held[log]), "{what}: own entries");
        }
        for (log, head) in &now {
            assert!(head.seq <= self.held[log].seq, "{what}: {log:?} has grown");
        }
        assert_eq!(drafts(ledger.store().as_ref()), self.drafts, "{what}: drafts");
    }
}

/// What came of a flipped bit.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// Nothing reads differently.
    Harmless,
    /// The node says so and goes on with all that is its own.
    Mended,
    /// It does not start, and says why.
    Refused,
}

/// Opens, and looks at everything as a node does in time.
fn looked_through(copy: &TempDir, identity: &Identity) -> market::Result<OpenedLedger> {
    let options = storage::Options { cache_capacity: 16 << 20, floor_bytes: 0 };
    let data = copy.path().join("data");
    for _ in 0..2 {
        let mut opened = Ledger::open(&data, options, identity.opener())?;
        let looked = loop {
            match opened.ledger.examine(256) {
                Ok(false) => {}
                Ok(true) => break dump(opened.ledger.store().as_ref()).map(drop).map_err(Into::into),
                Err(error) => break Err(error),
            }
        };
        let Err(error) = looked else { return Ok(opened) };
        assert!(error.is_damage(), "{error}");
        opened.ledger.condemn(&error.to_string())?;
    }
    panic!("the new store is damaged too")
}

fn flip_and_look(old: &Old, bit: u64) -> Found {
    let copy = old.copied();
    let what = old.flip(&copy, bit);
    let opened = match looked_through(&copy, &old.identity) {
        Ok(opened) => opened,
        Err(error) => {
            // One file says that the folder is a home at all.
            assert!(what.starts_with("data/format"), "{what}: {error}");
            return Found::Refused;
        }
    };
    old.check(&opened.ledger, &what);
    if opened.mended.is_some() {
        return Found::Mended;
    }
    let now = dump(opened.ledger.store().as_ref()).unwrap();
    let differs: Vec<_> =
        now.iter().filter(|pair| !old.dump.contains(pair)).map(|(table, key, _)| (table, key)).collect();
    assert!(now.len() == old.dump.len() && differs.is_empty(), "{what} went by in silence: {differs:?}");
    assert_eq!(sums(&opened.ledger), old.sums, "{what} went by in silence");
    Found::Harmless
}

fn flips(count: u64, seed: u64) {
    let old = Old::new(30);
    let mut random = seed;
    let mut found = BTreeMap::<Found, u64>::new();
    for _ in 0..count {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *found.entry(flip_and_look(&old, random >> 16)).or_default() += 1;
    }
    println!("{count} flipped bits, 0 silent: {found:?}");
    assert!(found.contains_key(&Found::Mended), "nothing was ever found");
}

#[test]
fn no_flipped_bit_goes_by_in_silence() {
    flips(40, 1);
}

/// `cargo test -p market --test ledger -- --ignored ten_thousand --nocapture`
#[test]
#[ignore = "about ten minutes"]
fn no_bit_of_ten_thousand_goes_by_in_silence() {
    flips(10_000, 2);
}

/// Where a text stands in a file, its last place: earlier ones may be pages that were written anew.
fn damage(file: &PathBuf, text: &str) {
    let mut bytes = fs::read(file).unwrap();
    let places: Vec<usize> =
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(text.as_bytes())).collect();
    assert!(!places.is_empty(), "{text} is not in {}", file.display());
    for at in places {
        bytes[at] ^= 1;
    }
    fs::write(file, bytes).unwrap();
}

#[test]
fn of_a_damaged_store_what_verifies_is_taken_over() {
    let old = Old::new(40);
    let copy = old.copied();
    damage(&copy.path().join("data/store/db"), "别人的第 20 号");
    let opened = looked_through(&copy, &old.identity).unwrap();
    let told = opened.mended.as_ref().unwrap();
    assert!(told.contains("set-aside-1"), "{told}");
    old.check(&opened.ledger, told);
    let theirs = held(&opened.ledger).into_iter().find(|(log, _)| !old.own.contains(log)).unwrap().1.seq;
    assert!((2..=21).contains(&theirs), "{theirs} of 41 entries were taken over");
    let before: u64 = old.held.values().map(|head| head.seq).sum();
    assert_eq!(opened.ledger.rebuilding(), Some((before - 41 + theirs, before)));

    // It is told until the rest has come, after a restart too.
    let mut ledger = opened.ledger;
    ledger.checkpoint().unwrap();
    drop(ledger);
    let mut ledger = open(copy.path(), &old.identity).ledger;
    assert_eq!(ledger.rebuilding(), Some((before - 41 + theirs, before)));
    ledger.rebuilt().unwrap();
    assert_eq!(ledger.rebuilding(), None);
}

#[test]
fn a_damaged_journal_keeps_no_node_from_starting() {
    let old = Old::new(40);
    let copy = old.copied();
    let journal = copy.path().join("data/journal/00000000000000000000.journal");
    damage(&journal, "自己的第 10 号");
    let before = open(copy.path(), &old.identity);
    assert_eq!(before.mended, None, "what lies before the checkpoint is in the store");
    let incarnation = before.ledger.incarnation();
    before.ledger.condemn("for the test").unwrap();
    drop(before);

    // From the old store comes what the journal has lost, and goes into it again.
    let opened = open(copy.path(), &old.identity);
    let told = opened.mended.clone().unwrap();
    assert!(told.contains("the journal is damaged"), "{told}");
    old.check(&opened.ledger, &told);
    assert_ne!(opened.ledger.incarnation(), incarnation, "numbers may have been lost with it");
    drop(opened);
    for store in ["store", "set-aside-1"] {
        fs::remove_dir_all(copy.path().join("data").join(store)).unwrap();
    }
    let opened = open(copy.path(), &old.identity);
    old.check(&opened.ledger, "from the journal alone");
}
