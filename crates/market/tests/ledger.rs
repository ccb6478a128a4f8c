//! What a ledger promises: acknowledged entries are found again after any end, the same entries make the same view in
//! any order, contact details stay at home, nothing is published twice.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test a failed expectation is the answer")]

#[path = "ledger/backup.rs"]
mod backup;
#[path = "ledger/batches.rs"]
mod batches;
#[path = "ledger/changes.rs"]
mod changes;
#[path = "ledger/clocks.rs"]
mod clocks;
#[path = "ledger/documents.rs"]
mod documents;
#[path = "ledger/extremes.rs"]
mod extremes;
#[path = "ledger/governance.rs"]
mod governance;
#[path = "ledger/matching.rs"]
mod matching;
#[path = "ledger/members.rs"]
mod members;
#[path = "ledger/purge.rs"]
mod purge;
#[path = "ledger/review.rs"]
mod review;
#[path = "ledger/revisions.rs"]
mod revisions;
#[path = "ledger/rot.rs"]
mod rot;
#[path = "ledger/statistics.rs"]
mod statistics;
#[path = "ledger/watches.rs"]
mod watches;

use std::collections::BTreeMap;
use std::path::Path;

use market::{Applicant, Authored, Desk, Fields, Identity, Incoming, Ledger, Library, OpenedLedger, Outcome};
use protocol::{
    CertificateBody, CheckedEntry, CheckedRun, DocumentId, Institution, LogId, NodeCertificate, Role,
    RosterInput, SealingKey, SecretKey, Value, Verb, view_hash,
};
use replica::Fate;
use tempfile::TempDir;

const ACHIEVEMENT: u16 = 16;
const NOW: i64 = 1_790_000_000_000;

struct Node {
    identity: Identity,
    ledger: Ledger,
    library: Library,
    home: TempDir,
}

fn open(home: &Path, identity: &Identity) -> OpenedLedger {
    let options = storage::Options { cache_capacity: 16 << 20, floor_bytes: 0 };
    Ledger::open(&home.join("data"), options, identity.opener()).unwrap()
}

fn hub() -> Node {
    let home = tempfile::tempdir().unwrap();
    let who = Applicant {
        name: "样例大市场".into(),
        name_en: String::new(),
        credit_code: String::new(),
        role: Role::Hub,
        region: 420000,
        region_as_of: 2025,
    };
    let (identity, _) = Identity::found(home.path(), &who, NOW).unwrap();
    let opened = open(home.path(), &identity);
    let library = library_of(&identity, &opened.ledger);
    Node { identity, ledger: opened.ledger, library, home }
}

fn library_of(identity: &Identity, ledger: &Ledger) -> Library {
    let book = ledger.roster_book(&identity.charter.charter).unwrap();
    Library::new(ledger.store(), book.roster().clone())
}

impl Node {
    fn desk(&mut self, now_ms: i64) -> Desk<'_> {
        Desk { ledger: &mut self.ledger, identity: &self.identity, library: &self.library, now_ms }
    }

    fn view(&self) -> String {
        view_hash(self.ledger.sums(), &self.library.roster().digest()).to_string()
    }

    /// Ends the node without a checkpoint, as `kill -9` would, and opens it again.
    fn reopened(self) -> Node {
        let Node { identity, ledger, library, home } = self;
        drop(library);
        drop(ledger);
        let opened = open(home.path(), &identity);
        let library = library_of(&identity, &opened.ledger);
        Node { identity, ledger: opened.ledger, library, home }
    }

    /// Another node's store that takes the entries given, in the order given.
    fn mirror(&self, entries: &[(LogId, CheckedEntry)]) -> (TempDir, Ledger, Library) {
        let home = tempfile::tempdir().unwrap();
        let opened = open(home.path(), &self.identity);
        let mut ledger = opened.ledger;
        for (log, entry) in entries {
            let mut plain = entry.clone();
            plain.beginning = None;
            ledger.persist(log, &[plain]).unwrap();
        }
        let library = library_of(&self.identity, &ledger);
        (home, ledger, library)
    }
}

fn record(title: &str) -> Incoming {
    let text = |t: &str| Value::Text(t.to_owned());
    Incoming {
        kind: ACHIEVEMENT,
        fields: Fields::from([
            ("title".to_owned(), text(title)),
            ("keyword/新材料".to_owned(), Value::Bool(true)),
            ("trl_min".to_owned(), Value::Int(5)),
        ]),
        contact: Fields::from([("contact_phone".to_owned(), text("027-55550000"))]),
        visibility: None,
        private: Fields::new(),
    }
}

fn published(outcome: &Outcome) -> DocumentId {
    match outcome {
        Outcome::Published(id) | Outcome::Updated(id) | Outcome::Unchanged(id) => *id,
        Outcome::Drafted(id) => panic!("{id} is a draft"),
    }
}

fn flatten(authored: Vec<Authored>) -> Vec<(LogId, CheckedEntry)> {
    authored.into_iter().flat_map(|a| a.entries.into_iter().map(move |e| (a.log, e))).collect()
}

fn put(field: &str, value: &str) -> BTreeMap<String, Option<Value>> {
    BTreeMap::from([(field.to_owned(), Some(Value::Text(value.to_owned())))])
}

#[test]
fn acknowledged_entries_and_local_records_outlive_the_process() {
    let mut node = hub();
    let records: Vec<Incoming> = (0..40).map(|n| record(&format!("成果 {n}"))).collect();
    let (outcomes, _) = node.desk(NOW).take_in(&records, true).unwrap();
    let first = published(&outcomes[0]);
    node.desk(NOW + 1000).edit(&first, &put("title", "改过的标题")).unwrap().unwrap();
    let Outcome::Drafted(draft) = node.desk(NOW).keep_draft(None, &record("草稿")).unwrap() else {
        panic!()
    };
    let (view, incarnation) = (node.view(), node.ledger.incarnation());

    let node = node.reopened();
    assert_eq!(node.view(), view);
    assert_eq!(node.ledger.incarnation(), incarnation);
    for outcome in &outcomes {
        assert!(node.library.listing(&published(outcome)).unwrap().is_some());
    }
    let listing = node.library.listing(&first).unwrap().unwrap();
    assert_eq!((listing.title(), listing.versions), ("改过的标题", 2));
    assert!(node.library.draft(&draft).unwrap().is_some());
}

#[test]
fn a_lost_store_comes_back_from_the_journal_under_the_same_numbers() {
    let mut node = hub();
    let (outcomes, _) = node.desk(NOW).take_in(&[record("甲"), record("乙")], true).unwrap();
    node.ledger.checkpoint().unwrap();
    let (view, incarnation) = (node.view(), node.ledger.incarnation());
    let Node { identity, ledger, library, home } = node;
    drop((ledger, library));
    std::fs::remove_dir_all(home.path().join("data/store")).unwrap();

    let opened = open(home.path(), &identity);
    assert!(opened.mended.is_some(), "the loss must be noticed");
    let library = library_of(&identity, &opened.ledger);
    let node = Node { identity, ledger: opened.ledger, library, home };
    assert_eq!(node.view(), view);
    assert_eq!(node.ledger.incarnation(), incarnation);
    for outcome in &outcomes {
        assert!(node.library.listing(&published(outcome)).unwrap().is_some());
    }
}

#[test]
fn a_home_without_journal_and_store_starts_another_incarnation() {
    let node = hub();
    let before = node.ledger.incarnation();
    let Node { identity, ledger, library, home } = node;
    drop((ledger, library));
    std::fs::remove_dir_all(home.path().join("data")).unwrap();
    let opened = open(home.path(), &identity);
    assert_ne!(opened.ledger.incarnation(), before);
    drop(identity);
}

/// A second node of the same institution, with a store of its own.
fn sibling(of: &Node) -> Node {
    let home = tempfile::tempdir().unwrap();
    let node = SecretKey::from_seed(&[7; 32]);
    let sealing = SealingKey::from_seed(&[8; 32]).public();
    let body =
        CertificateBody { node: node.public(), sealing, serial: 2, ..of.identity.certificate.body.clone() };
    let root = of.identity.root.clone();
    let network = of.identity.network();
    let certificate = NodeCertificate::issue(body, &network, root.as_ref().unwrap(), &node);
    let identity = Identity {
        charter: of.identity.charter.clone(),
        institution: of.identity.institution.clone(),
        root,
        node,
        sealing: SealingKey::from_seed(&[8; 32]),
        certificate,
        redemption: None,
        bootstrap: Vec::new(),
    };
    let opened = open(home.path(), &identity);
    let library = library_of(&identity, &opened.ledger);
    Node { identity, ledger: opened.ledger, library, home }
}

/// A node of another institution, certified by its own root key for the region and kinds of `of`; its program pretends that
/// listings of `of` are its own.
fn stranger(of: &Node) -> Node {
    let mut stranger = sibling(of);
    let root = SecretKey::from_seed(&[9; 32]);
    let institution = Institution { root: root.public(), ..of.identity.institution.clone() };
    let body = CertificateBody {
        institution: institution.id(),
        root: root.public(),
        ..stranger.identity.certificate.body.clone()
    };
    let network = of.identity.network();
    stranger.identity.certificate = NodeCertificate::issue(body, &network, &root, &stranger.identity.node);
    stranger
}

/// Who asks for an fsync while one is under way is answered once what it covers is on disk, by one of his own.
#[test]
fn a_checkpoint_waits_for_what_another_has_begun() {
    let mut home = hub();
    home.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let begun = home.ledger.begin_checkpoint().unwrap().unwrap();
    assert!(home.ledger.begin_checkpoint().unwrap().is_none(), "nothing new");
    assert!(home.ledger.checkpoint().unwrap());
    assert!(!home.ledger.checkpoint().unwrap());
    begun.run().unwrap();
    home.ledger.end_checkpoint(true);
    assert!(!home.ledger.is_dirty());
    home.ledger.end_checkpoint(false);
    assert!(home.ledger.checkpoint().unwrap(), "one that failed is made good");
}

#[test]
fn an_edit_that_comes_before_its_listing_waits_for_it() {
    let mut home = hub();
    let (outcomes, created) = home.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let id = published(&outcomes[0]);
    let created = flatten(created);
    let mut other = sibling(&home);
    for (log, entry) in &created {
        other.ledger.persist(log, std::slice::from_ref(entry)).unwrap();
    }
    let edited = flatten(vec![other.desk(NOW + 1000).edit(&id, &put("summary", "简介")).unwrap().unwrap()]);
    assert_ne!(created[0].0, edited[0].0, "two nodes, two logs");

    let backwards: Vec<_> = edited.iter().chain(&created).cloned().collect();
    let (_dir, mirror, library) = home.mirror(&edited);
    assert_eq!(mirror.figures(&home.identity.node.public()).waiting, 1);
    assert_eq!(mirror.figures(&home.identity.node.public()).held, 0);
    assert!(library.listing(&id).unwrap().is_none(), "nothing is shown of half a listing");
    let (_dir, mirror, library) = home.mirror(&backwards);
    assert_eq!(mirror.figures(&home.identity.node.public()).waiting, 0);
    assert_eq!(library.listing(&id).unwrap().unwrap().versions, 2);
    assert_eq!(view_hash(mirror.sums(), &library.roster().digest()).to_string(), other.view());
}

/// However many edits come of what is nowhere, none is in memory, and each finds its beginning, after a restart too.
#[test]
fn documents_that_wait_are_counted_in_the_store() {
    const MANY: u64 = 60;
    let mut home = hub();
    let records: Vec<_> = (0..MANY).map(|n| record(&format!("成果 {n}"))).collect();
    let (outcomes, created) = home.desk(NOW).take_in(&records, true).unwrap();
    let created = flatten(created);
    let mut other = sibling(&home);
    for (log, entry) in &created {
        other.ledger.persist(log, std::slice::from_ref(entry)).unwrap();
    }
    let mut edits = Vec::new();
    for outcome in &outcomes {
        let id = published(outcome);
        for text in ["简介", "改过的简介"] {
            edits.push(other.desk(NOW + 1000).edit(&id, &put("summary", text)).unwrap().unwrap());
        }
    }
    let (dir, mirror, library) = home.mirror(&flatten(edits));
    let waiting = |ledger: &Ledger| ledger.figures(&home.identity.node.public()).waiting;
    assert_eq!(waiting(&mirror), MANY);
    assert_eq!(mirror.arrivals(), 0, "what shows nothing is no work for the index");
    drop((mirror, library));
    let mut mirror = open(dir.path(), &home.identity).ledger;
    assert_eq!(waiting(&mirror), MANY);
    let mut left = MANY;
    for (log, entry) in &created {
        mirror.persist(log, std::slice::from_ref(entry)).unwrap();
        left -= u64::from(entry.entry.header.verb == protocol::Verb::CREATE);
        assert_eq!(waiting(&mirror), left);
    }
    assert_eq!((left, mirror.figures(&home.identity.node.public()).held), (0, MANY));
    assert_eq!(mirror.arrivals(), MANY);
    let roster = library_of(&home.identity, &mirror).roster().digest();
    assert_eq!(view_hash(mirror.sums(), &roster).to_string(), other.view());
}

#[test]
fn an_edit_by_another_institution_is_kept_but_void() {
    let mut home = hub();
    let (outcomes, created) = home.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let id = published(&outcomes[0]);
    let mut entries = flatten(created);
    let view = home.view();

    let mut stranger = stranger(&home);
    for (log, entry) in &entries {
        stranger.ledger.persist(log, std::slice::from_ref(entry)).unwrap();
    }
    let edit = stranger.desk(NOW + 1).edit(&id, &put("title", "别人改的")).unwrap().unwrap();
    entries.extend(flatten(vec![edit]));

    for order in [entries.clone(), entries.into_iter().rev().collect::<Vec<_>>()] {
        // Within a log entries come in order; the logs come in either order.
        let mut order = order;
        order.sort_by_key(|(_, e)| e.entry.header.seq);
        let (_dir, mirror, library) = home.mirror(&order);
        let listing = library.listing(&id).unwrap().unwrap();
        assert_eq!((listing.title(), listing.versions), ("甲", 1));
        assert_eq!(view_hash(mirror.sums(), &library.roster().digest()).to_string(), view);
        let history = library.history(&id).unwrap();
        assert_eq!(history.iter().filter(|item| matches!(item.fate, Fate::Void(_))).count(), 1);
        assert_eq!(
            library.evidence(&id).unwrap().listing.len(),
            2,
            "a proof carries the opening and the creation alone"
        );
    }
}

#[test]
fn sums_kept_step_by_step_equal_those_added_up_from_the_store() {
    let mut node = hub();
    let (outcomes, _) = node.desk(NOW).take_in(&[record("甲"), record("乙"), record("丙")], true).unwrap();
    for (n, outcome) in outcomes.iter().enumerate() {
        node.desk(NOW + n as i64).edit(&published(outcome), &put("summary", "新")).unwrap();
    }
    node.desk(NOW + 9).withdraw(&published(&outcomes[1]), true).unwrap();
    let stepwise = node.view();
    // Without a checkpoint the stored sums are behind, so opening adds up every document anew.
    assert_eq!(node.reopened().view(), stepwise);
}

#[test]
fn contact_details_and_drafts_are_in_no_entry() {
    let mut node = hub();
    let (outcomes, authored) = node.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let id = published(&outcomes[0]);
    node.desk(NOW).keep_draft(None, &record("不公开的需求")).unwrap();
    for (_, entry) in flatten(authored) {
        let bytes = entry.entry.to_bytes();
        let holds = |needle: &str| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
        assert!(!holds("027-55550000") && !holds("不公开的需求"));
    }
    assert_eq!(node.library.contact(&id).unwrap().len(), 1, "they are kept at home");
}

#[test]
fn taking_in_the_same_again_changes_nothing_and_the_offices_number_updates() {
    let mut node = hub();
    let (first, _) = node.desk(NOW).take_in(&[record("甲"), record("甲")], true).unwrap();
    assert!(matches!(first[0], Outcome::Published(_)));
    assert!(matches!(first[1], Outcome::Unchanged(_)), "the same row twice in one file");
    let entries = node.ledger.figures(&node.identity.node.public()).entries;
    let (again, authored) = node.desk(NOW + 5).take_in(&[record("甲")], true).unwrap();
    assert_eq!(again[0], Outcome::Unchanged(published(&first[0])));
    assert!(authored.is_empty());
    assert_eq!(node.ledger.figures(&node.identity.node.public()).entries, entries);

    let numbered = |title: &str| {
        let mut incoming = record(title);
        incoming.fields.insert("source_id".into(), Value::Text("KJ-7".into()));
        incoming
    };
    let (made, _) = node.desk(NOW).take_in(&[numbered("旧名")], true).unwrap();
    let (changed, _) = node.desk(NOW + 9).take_in(&[numbered("新名")], true).unwrap();
    assert_eq!(changed[0], Outcome::Updated(published(&made[0])));
    assert_eq!(node.library.listing(&published(&made[0])).unwrap().unwrap().title(), "新名");
}

#[test]
fn withdrawing_and_showing_again_are_versions_with_valid_signatures() {
    let mut node = hub();
    let (outcomes, _) = node.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let id = published(&outcomes[0]);
    node.desk(NOW + 1).withdraw(&id, true).unwrap().unwrap();
    assert!(node.library.listing(&id).unwrap().unwrap().state.is_withdrawn());
    assert!(node.desk(NOW + 2).withdraw(&id, true).unwrap().is_none(), "twice is once");
    node.desk(NOW + 3).withdraw(&id, false).unwrap().unwrap();
    let history = node.library.history(&id).unwrap();
    assert_eq!(history.len(), 3);
    assert!(history.iter().all(|item| item.signed && item.fate == Fate::Valid));
    assert_eq!(history[0].verb, Verb::CREATE);
    assert!(!node.library.listing(&id).unwrap().unwrap().state.is_withdrawn());
}

#[test]
fn a_prefix_finds_one_listing_and_says_when_there_are_several_or_none() {
    let mut node = hub();
    let records: Vec<Incoming> = (0..300).map(|n| record(&format!("成果 {n}"))).collect();
    let (outcomes, _) = node.desk(NOW).take_in(&records, true).unwrap();
    let id = published(&outcomes[7]);
    assert_eq!(node.library.find(&id.to_string()).unwrap(), id);
    assert_eq!(
        node.library.find(&id.to_string()[..13].to_uppercase()).unwrap(),
        id,
        "odd digits, either case"
    );
    assert!(node.library.find("abc").is_err(), "too short to name anything");
    assert!(node.library.find("zzzzzzzz").is_err());
    assert!(node.library.find(&"f".repeat(65)).is_err());
}

/// A frame of the journal holds 16 MiB: what does not fit into one stands in several, and no number is used twice.
#[test]
fn entries_of_more_bytes_than_a_frame_of_the_journal_are_written_whole() {
    let mut node = hub();
    let (_, authored) = node.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let log = authored[0].log;
    let (network, mut head) = (node.identity.network(), node.ledger.head(&log));
    let mut entries = Vec::new();
    for n in 0..512 + 300 {
        // Void ones do as well.
        let bytes = vec![0; if n < 512 { 9 } else { 60_000 }];
        let payload = protocol::Payload { salt: [1; 16], bytes };
        let draft =
            protocol::Draft { document: Some(DocumentId([3; 32])), verb: Verb::EDIT, payload, time_ms: NOW };
        let entry = protocol::Entry::author(log, head, draft, &network, &node.identity.node).unwrap();
        head = entry.head();
        entries.push(CheckedEntry { hash: entry.hash(), entry, beginning: None });
    }
    node.ledger.author(&log, &entries, &[]).unwrap();
    assert_eq!(node.reopened().ledger.head(&log), head);
}
