//! A backup is one moment of a node that goes on writing; a damaged one restores nothing; a restored node uses no number again.

use std::io::Read;

use market::backup::{BackupError, BackupHead, Checked, Pages, Totals, check, interrupted, restore, write};
use market::{BackupPlan, BackupSource};
use protocol::{Hash, Head, file_hash};
use storage::{Files, Floor, Position, Record};

use super::*;

fn head(node: &Node) -> BackupHead {
    BackupHead {
        made_ms: NOW,
        agent: "test".to_owned(),
        network: node.identity.network(),
        node: node.identity.node.public(),
        institution: node.identity.institution.name.clone(),
        own: false,
    }
}

fn written(node: &Node, plan: &BackupPlan, source: &BackupSource) -> Vec<u8> {
    let files = Identity::small_files(node.home.path()).unwrap();
    write(Vec::new(), &head(node), &files, plan, source, &mut |_: &Totals| {}).unwrap().0
}

/// A ledger with files of listings beside it.
struct WithFiles<'a>(&'a BackupSource, Vec<(Hash, Vec<u8>)>);

impl Pages for WithFiles<'_> {
    type Error = BackupError;

    fn entries(&mut self, log: &LogId, have: Head, to: u64) -> Result<(Head, Vec<Vec<u8>>), BackupError> {
        Pages::entries(&mut self.0, log, have, to)
    }

    fn records(&mut self, from: Position, to: Position) -> Result<(Position, Vec<Record>), BackupError> {
        Pages::records(&mut self.0, from, to)
    }

    fn attachment(&mut self) -> Result<Option<(Hash, Vec<u8>)>, BackupError> {
        Ok((!self.1.is_empty()).then(|| self.1.remove(0)))
    }

    fn audit(&mut self) -> Result<Vec<Record>, BackupError> {
        Ok(Vec::new())
    }
}

/// A backup with such files, in the order given.
fn written_with(node: &Node, files: Vec<(Hash, Vec<u8>)>) -> Vec<u8> {
    let (plan, source) = (node.ledger.backup_plan(), node.ledger.backup_source());
    let small = Identity::small_files(node.home.path()).unwrap();
    let pages = WithFiles(&source, files);
    write(Vec::new(), &head(node), &small, &plan, pages, &mut |_: &Totals| {}).unwrap().0
}

/// Files of listings, ascending by name.
fn files(texts: &[&str]) -> Vec<(Hash, Vec<u8>)> {
    let mut files: Vec<_> =
        texts.iter().map(|text| (file_hash(text.as_bytes()), text.as_bytes().to_vec())).collect();
    files.sort();
    files
}

fn options() -> storage::Options {
    storage::Options { cache_capacity: 16 << 20, floor_bytes: 0 }
}

/// A home made from a backup, opened.
fn restored(file: &[u8]) -> Node {
    let home = tempfile::tempdir().unwrap();
    let checked = check(file).unwrap();
    restore(home.path(), file, &checked, options(), &mut |_: &Totals| {}).unwrap();
    assert!(!interrupted(home.path()));
    opened(home)
}

fn opened(home: TempDir) -> Node {
    let identity = Identity::read(home.path()).unwrap();
    let opened = open(home.path(), &identity);
    let library = library_of(&identity, &opened.ledger);
    Node { identity, ledger: opened.ledger, library, home }
}

/// A hub with listings, drafts, contacts and edits of its own and of a second node.
fn busy() -> (Node, Node, Vec<DocumentId>) {
    let mut hub = hub();
    let records: Vec<Incoming> = (0..30).map(|n| record(&format!("成果 {n}"))).collect();
    let (outcomes, created) = hub.desk(NOW).take_in(&records, true).unwrap();
    let ids: Vec<DocumentId> = outcomes.iter().map(published).collect();
    let mut other = sibling(&hub);
    for (log, entry) in flatten(created) {
        other.ledger.persist(&log, &[CheckedEntry { beginning: None, ..entry }]).unwrap();
    }
    for (n, id) in ids.iter().enumerate().take(10) {
        let edit = other.desk(NOW + 1).edit(id, &put("summary", &format!("简介 {n}"))).unwrap().unwrap();
        for (log, entry) in flatten(vec![edit]) {
            hub.ledger.persist(&log, &[CheckedEntry { beginning: None, ..entry }]).unwrap();
        }
    }
    hub.desk(NOW).keep_draft(None, &record("草稿")).unwrap();
    (hub, other, ids)
}

#[test]
fn a_backup_is_one_moment_of_a_node_that_goes_on_writing() {
    let (mut hub, _other, ids) = busy();
    // Plans at several moments; what is written later is in none of them.
    let mut moments = Vec::new();
    for n in 0..4 {
        let drafts = hub.library.drafts(None, 100).unwrap().len();
        moments.push((hub.ledger.backup_plan(), hub.view(), drafts, hub.ledger.held().len()));
        hub.desk(NOW + n).edit(&ids[n as usize], &put("title", &format!("之后改的 {n}"))).unwrap();
        hub.desk(NOW + n).keep_draft(None, &record(&format!("之后的草稿 {n}"))).unwrap();
        hub.desk(NOW + n).take_in(&[record(&format!("之后的成果 {n}"))], true).unwrap();
        hub.ledger.checkpoint().unwrap();
    }
    let source = hub.ledger.backup_source();
    for (plan, view, drafts, logs) in &moments {
        let file = written(&hub, plan, &source);
        let node = restored(&file);
        assert_eq!(node.view(), *view);
        assert_eq!(node.library.drafts(None, 100).unwrap().len(), *drafts);
        assert_eq!(node.library.contact(&ids[3]).unwrap(), hub.library.contact(&ids[3]).unwrap());
        assert!(!node.library.contact(&ids[3]).unwrap().is_empty());
        assert_eq!(node.ledger.held().len(), *logs);
        assert_eq!(BackupPlan::from_bytes(&plan.to_bytes()).unwrap(), *plan);
    }
}

#[test]
fn a_restored_node_goes_on_in_another_incarnation_and_its_journal_holds_all_its_own() {
    let (hub, _other, _) = busy();
    let (plan, source) = (hub.ledger.backup_plan(), hub.ledger.backup_source());
    let file = written(&hub, &plan, &source);
    let mut node = restored(&file);
    assert_ne!(node.ledger.incarnation(), hub.ledger.incarnation());
    let own = node.identity.node.public();
    let before: BTreeMap<LogId, u64> =
        node.ledger.held().iter().map(|(log, (head, _))| (*log, head.seq)).collect();
    let (_, authored) = node.desk(NOW + 9).take_in(&[record("恢复之后")], true).unwrap();
    for (log, entry) in flatten(authored) {
        assert!(!before.contains_key(&log), "number {} of an earlier log", entry.entry.header.seq);
    }
    // The store is lost: what this node wrote comes from the journal.
    let Node { identity, ledger, library, home } = node;
    let own_heads = |ledger: &Ledger| -> Vec<_> {
        ledger
            .held()
            .iter()
            .filter(|(log, _)| log.node == own)
            .map(|(log, (head, _))| (*log, *head))
            .collect()
    };
    let heads = own_heads(&ledger);
    drop((ledger, library, identity));
    std::fs::remove_dir_all(home.path().join("data/store")).unwrap();
    assert_eq!(own_heads(&opened(home).ledger), heads);
}

#[test]
fn a_backup_of_the_own_alone_leaves_others_listings_out() {
    let (hub, _other, ids) = busy();
    let own = hub.identity.node.public();
    let plan = hub.ledger.backup_plan().own(&own);
    let node = restored(&written(&hub, &plan, &hub.ledger.backup_source()));
    assert!(node.ledger.held().keys().all(|log| log.node == own));
    assert_eq!(node.library.listing(&ids[0]).unwrap().unwrap().versions, 1);
    assert!(plan.entries() < hub.ledger.backup_plan().entries());
}

/// Small, so that each of its bytes can be tried.
fn small() -> Vec<u8> {
    let mut hub = hub();
    hub.desk(NOW).take_in(&[record("甲")], true).unwrap();
    hub.desk(NOW).keep_draft(None, &record("草稿")).unwrap();
    written_with(&hub, files(&["%PDF-1.7 a", "%PDF-1.7 b"]))
}

#[test]
fn files_of_listings_come_back_and_others_than_their_names_say_are_refused() {
    let (hub, ..) = busy();
    let largest = vec![b'x'; protocol::limits::MAX_ATTACHMENT as usize];
    let mut all = files(&["%PDF-1.7 a", "%PDF-1.7 b"]);
    all.push((file_hash(&largest), largest));
    all.sort();
    let node = restored(&written_with(&hub, all.clone()));
    assert_eq!(node.view(), hub.view());
    let kept = Files::new(&node.home.path().join(Files::FOLDER), Floor::new(node.home.path(), 0));
    for (name, bytes) in &all {
        assert_eq!(kept.read(&name.0, 0, u64::MAX).unwrap().as_ref(), Some(bytes));
    }
    let refused =
        |files: Vec<(Hash, Vec<u8>)>| check(written_with(&hub, files).as_slice()).unwrap_err().to_string();
    assert!(refused(all.iter().rev().cloned().collect()).contains("out of order"));
    assert!(refused(vec![all[0].clone(), all[0].clone()]).contains("out of order"));
    assert!(refused(vec![(all[0].0, b"%PDF-1.7 c".to_vec())]).contains("not what its name says"));
    let mut long = vec![b'x'; protocol::limits::MAX_ATTACHMENT as usize + 1];
    assert!(refused(vec![(file_hash(&long), long.clone())]).contains("does not read"));
    long.extend([b'x'; 2_000]);
    assert!(refused(vec![(file_hash(&long), long)]).contains("out of bounds"));
}

#[test]
fn a_truncated_or_damaged_backup_is_refused_wherever_it_is_hurt() {
    let file = small();
    check(file.as_slice()).unwrap();
    for length in 0..file.len() {
        let refused = check(&file[..length]).unwrap_err();
        let expected = matches!(refused, BackupError::CutOff { .. } | BackupError::Foreign);
        assert!(expected, "{length} of {}: {refused}", file.len());
    }
    for at in 0..file.len() {
        let mut bad = file.clone();
        bad[at] ^= 1;
        assert!(check(bad.as_slice()).is_err(), "byte {at} of {}", file.len());
    }
    // As an older version it would count differently; that has other checksums.
    let older = [b"lianshi backup 1\n", &file[17..]].concat();
    assert!(matches!(check(older.as_slice()), Err(BackupError::Damaged { part: 1, .. })));
    let none = [b"lianshi backup 0\n", &file[17..]].concat();
    assert!(matches!(check(none.as_slice()), Err(BackupError::Foreign)));
    let more = [file.as_slice(), b"x"].concat();
    assert!(matches!(check(more.as_slice()), Err(BackupError::Damaged { .. })));
    let newer = [b"lianshi backup 4\n", &file[17..]].concat();
    assert!(matches!(check(newer.as_slice()), Err(BackupError::Newer { found: 4 })));
    assert!(matches!(check(&b"PK\x03\x04 something else"[..]), Err(BackupError::Foreign)));
}

#[test]
fn a_backup_that_says_something_else_than_it_holds_is_refused() {
    let (hub, _other, _) = busy();
    let (plan, source) = (hub.ledger.backup_plan(), hub.ledger.backup_source());
    let files = Identity::small_files(hub.home.path()).unwrap();
    let refused = |head: &BackupHead, files: &BTreeMap<String, Vec<u8>>, plan: &BackupPlan| {
        let file = write(Vec::new(), head, files, plan, &source, &mut |_: &Totals| {}).unwrap().0;
        check(file.as_slice()).map(|_| ()).unwrap_err().to_string()
    };
    let strange = BackupHead { node: SecretKey::from_seed(&[3; 32]).public(), ..head(&hub) };
    assert!(refused(&strange, &files, &plan).contains("another node's"));
    let strange = BackupHead { network: protocol::NetworkId([3; 32]), ..head(&hub) };
    assert!(refused(&strange, &files, &plan).contains("not signed"));
    for (name, what) in [
        ("identity/certificate", "certificate"),
        ("identity/node.key", "node's key"),
        ("identity/sealing.key", "sealing key"),
        ("identity/charter.lianshi", "charter"),
    ] {
        let mut fewer = files.clone();
        fewer.remove(name);
        assert!(refused(&head(&hub), &fewer, &plan).contains(what), "{name}");
    }
    let mut more = files.clone();
    more.insert("../elsewhere".to_owned(), Vec::new());
    assert!(refused(&head(&hub), &more, &plan).contains("none of a home"));
    let mut backwards = plan.clone();
    backwards.logs.reverse();
    assert!(refused(&head(&hub), &files, &backwards).contains("out of order"));
}

/// The parts of a file: kind and body.
fn parts(file: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let (mut rest, mut parts) = (&file[17..], Vec::new());
    while let [kind, a, b, c, d, behind @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        parts.push((*kind, behind[..length].to_vec()));
        rest = &behind[length + 32..];
    }
    parts
}

/// A file of such parts, with checksums that hold.
fn sealed(parts: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = b"lianshi backup 3\n".to_vec();
    let mut digest = protocol::hash("backup", &[&file]);
    for (kind, body) in parts {
        let length = (body.len() as u32).to_be_bytes();
        digest = protocol::hash("backup", &[&digest.0, &[*kind], &length, body]);
        for bytes in [&[*kind][..], &length, body, &digest.0] {
            file.extend_from_slice(bytes);
        }
    }
    file
}

#[test]
fn parts_that_lie_under_good_checksums_are_refused() {
    let file = small();
    let honest = parts(&file);
    assert_eq!(sealed(&honest), file);
    for (number, (_, body)) in honest.iter().enumerate() {
        for at in 0..body.len() {
            let mut lying = honest.clone();
            lying[number].1[at] ^= 1 << (at % 8);
            // A name, a time, a draft's text may say something else; nothing may fall over.
            let _ = check(sealed(&lying).as_slice());
        }
        let mut fewer = honest.clone();
        fewer.remove(number);
        // A root key may be kept elsewhere.
        let needless = body.starts_with(b"\x11identity/root.key");
        assert_eq!(check(sealed(&fewer).as_slice()).is_ok(), needless, "without part {number}");
        let mut twice = honest.clone();
        twice.insert(number, honest[number].clone());
        assert!(check(sealed(&twice).as_slice()).is_err(), "part {number} twice");
    }
}

/// Gives so many bytes, then fails as a stick does that is pulled out.
struct Pulled<'a>(&'a [u8]);

impl Read for Pulled<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        if self.0.is_empty() {
            return Err(std::io::Error::other("pulled out"));
        }
        self.0.read(to)
    }
}

#[test]
fn a_restore_that_was_cut_short_is_no_node_and_can_be_done_again() {
    let (hub, _other, _) = busy();
    let file = written(&hub, &hub.ledger.backup_plan(), &hub.ledger.backup_source());
    let checked: Checked = check(file.as_slice()).unwrap();
    let home = tempfile::tempdir().unwrap();
    for tenth in 1..10 {
        let part = Pulled(&file[..file.len() * tenth / 10]);
        restore(home.path(), part, &checked, options(), &mut |_: &Totals| {}).unwrap_err();
        assert!(interrupted(home.path()) && !Identity::exists(home.path()));
        let refused = Identity::read(home.path()).err().unwrap().to_string();
        assert!(refused.contains("restore FILE` again"), "{refused}");
    }
    // Another file in its place is noticed, too.
    let other = small();
    let changed = restore(home.path(), other.as_slice(), &checked, options(), &mut |_: &Totals| {});
    assert!(matches!(changed, Err(BackupError::Changed)) && !Identity::exists(home.path()));
    restore(home.path(), file.as_slice(), &checked, options(), &mut |_: &Totals| {}).unwrap();
    assert_eq!(opened(home).view(), hub.view());
}
