//! How far logs count: revocations, forks and settles void and bring back the same entries, in every order of arrival.

#![expect(clippy::unwrap_used, reason = "in a test a failed expectation is the answer")]

use std::collections::{BTreeMap, BTreeSet};

use market::{Applicant, Authored, Desk, Fields, Identity, Incoming, Ledger, Library, Outcome};
use proptest::prelude::*;
use protocol::{
    Action, CertificateBody, CheckedEntry, DocumentId, Fork, Head, LogId, NodeCertificate, Role, Roster,
    RosterInput, RosterStep, SecretKey, SignedStep, Subject, Value, Verb, view_hash,
};
use replica::{Fate, Why, entry_bytes};
use tempfile::TempDir;

#[path = "limits/copies.rs"]
mod copies;

const NOW: i64 = 1_790_000_000_000;

struct Node {
    identity: Identity,
    ledger: Ledger,
    library: Library,
    _home: TempDir,
}

type Entries = Vec<(LogId, CheckedEntry)>;

fn ledger(home: &TempDir, identity: &Identity) -> Ledger {
    let options = storage::Options { cache_capacity: 8 << 20, floor_bytes: 0 };
    Ledger::open(&home.path().join("data"), options, identity.opener()).unwrap().ledger
}

fn node(identity: Identity) -> Node {
    let home = tempfile::tempdir().unwrap();
    let mut ledger = ledger(&home, &identity);
    ledger.owned_by(identity.node.public(), identity.institution.id());
    let roster = Roster::fold(&identity.charter.charter, &RosterInput::default());
    let library = Library::new(ledger.store(), roster);
    Node { identity, ledger, library, _home: home }
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
    node(Identity::found(home.path(), &who, NOW).unwrap().0)
}

fn colleague(of: &Node, seed: u8) -> Identity {
    let node = SecretKey::from_seed(&[seed; 32]);
    let body = CertificateBody { node: node.public(), ..of.identity.certificate.body.clone() };
    let root = of.identity.root.clone();
    let certificate = NodeCertificate::issue(body, &of.identity.network(), root.as_ref().unwrap(), &node);
    Identity {
        charter: of.identity.charter.clone(),
        institution: of.identity.institution.clone(),
        root,
        node,
        certificate,
        sealing: of.identity.sealing.clone(),
        redemption: None,
        bootstrap: Vec::new(),
    }
}

fn record(title: &str) -> Incoming {
    let fields = Fields::from([("title".to_owned(), Value::Text(title.to_owned()))]);
    Incoming { kind: 16, fields, contact: Fields::new(), private: Fields::new(), visibility: None }
}

fn flatten(authored: impl IntoIterator<Item = Authored>) -> Entries {
    authored.into_iter().flat_map(|a| a.entries.into_iter().map(move |e| (a.log, e))).collect()
}

impl Node {
    fn desk(&mut self, now_ms: i64) -> Desk<'_> {
        Desk { ledger: &mut self.ledger, identity: &self.identity, library: &self.library, now_ms }
    }

    fn create(&mut self, title: &str) -> (DocumentId, Entries) {
        let (outcomes, authored) = self.desk(NOW).take_in(&[record(title)], true).unwrap();
        let Outcome::Published(id) = outcomes[0] else { unreachable!() };
        (id, flatten(authored))
    }

    fn edit(&mut self, id: &DocumentId, field: &str, value: &str) -> Entries {
        let change = BTreeMap::from([(field.to_owned(), Some(Value::Text(value.to_owned())))]);
        flatten(self.desk(NOW + 1).edit(id, &change).unwrap())
    }

    fn take(&mut self, entries: &[(LogId, CheckedEntry)]) {
        for (log, entry) in entries {
            self.ledger.persist(log, std::slice::from_ref(entry)).unwrap();
        }
    }

    fn limit(&mut self, roster: &Roster) {
        self.ledger.relimit(roster, None).unwrap();
        self.library.set_roster(roster.clone());
    }

    fn view(&self) -> String {
        view_hash(self.ledger.sums(), &self.library.roster().digest()).to_string()
    }

    /// Hashes of the entries that count for these documents.
    fn counting(&self, ids: &[DocumentId]) -> BTreeSet<String> {
        let items = ids.iter().flat_map(|id| self.library.history(id).unwrap_or_default());
        items.filter(|item| item.fate == Fate::Valid).map(|item| item.entry.to_string()).collect()
    }

    fn roster(&self, steps: Vec<(Subject, Action)>) -> Roster {
        let (network, root) = (self.identity.network(), self.identity.root.as_ref().unwrap());
        let mut last: BTreeMap<Subject, (u64, protocol::Hash)> = BTreeMap::new();
        let mut input = RosterInput::default();
        for (subject, action) in steps {
            let (number, previous) = last.get(&subject).copied().unwrap_or_default();
            let step = RosterStep { epoch: 0, subject, number: number + 1, previous, action };
            last.insert(subject, (number + 1, step.id()));
            input.steps.push(SignedStep::sign(step, &network, 0, root));
        }
        Roster::fold(&self.identity.charter.charter, &input)
    }

    fn revoke(&self, node: &Identity, heads: Vec<(LogId, Head)>) -> Roster {
        let subject = Subject::Institution(node.institution.id());
        self.roster(vec![(subject, Action::RevokeNode(node.node.public(), heads, "stolen".into()))])
    }
}

/// What two nodes of one institution wrote, and a revocation of the second one that names the first `kept` entries of
/// its log.
struct Story {
    reader: Node,
    logs: Vec<Entries>,
    ids: Vec<DocumentId>,
    revoked: Roster,
}

fn story(edits: &[(u8, u8)], kept: usize) -> Story {
    let mut first = hub();
    let mut second = node(colleague(&first, 7));
    let mut ids = Vec::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..2 {
        let (id, entries) = first.create(&format!("甲 {n}"));
        second.take(&entries);
        ours.extend(entries);
        ids.push(id);
        let (id, entries) = second.create(&format!("乙 {n}"));
        first.take(&entries);
        theirs.extend(entries);
        ids.push(id);
    }
    for (n, (by, what)) in edits.iter().enumerate() {
        let id = ids[*what as usize % ids.len()];
        let field = if what % 3 == 0 { "title" } else { "summary" };
        // Some edits are made without having seen the last one of the other.
        let (writer, reader, log) = match by % 2 {
            0 => (&mut first, &mut second, &mut ours),
            _ => (&mut second, &mut first, &mut theirs),
        };
        log.extend(writer.edit(&id, field, &format!("改 {n}")));
        if by % 4 < 2 {
            catch_up(reader, log);
        }
    }
    let named = theirs.get(kept.min(theirs.len()).wrapping_sub(1)).map(|(log, e)| (*log, e.entry.head()));
    let revoked = first.revoke(&second.identity, named.into_iter().collect());
    let reader = node(colleague(&first, 9));
    Story { reader, logs: vec![ours, theirs], ids, revoked }
}

fn catch_up(node: &mut Node, entries: &Entries) {
    for (log, entry) in entries {
        if entry.entry.header.seq > node.ledger.head(log).seq {
            node.take(&[(*log, entry.clone())]);
        }
    }
}

/// Gives a new reader the logs' entries interleaved as `order` says, and the roster at place `at`.
fn read(story: &Story, order: &[bool], at: usize) -> Node {
    let mut reader = node(colleague(&story.reader, 11));
    reader.identity.charter = story.reader.identity.charter.clone();
    let mut queues: Vec<_> = story.logs.iter().map(|entries| entries.iter()).collect();
    let total: usize = story.logs.iter().map(Vec::len).sum();
    for n in 0..=total {
        if n == at.min(total) {
            reader.limit(&story.revoked);
        }
        let first = usize::from(order.get(n).copied().unwrap_or_default());
        let next = queues[first].next().or_else(|| queues[1 - first].next());
        if let Some((log, entry)) = next {
            // A replica takes nothing past the end of a log that it knows to be ended.
            let end = reader.library.roster().end_under(log, &story.reader.identity.certificate);
            let ended = end.is_some_and(|end| entry.entry.header.seq > end.seq);
            if !ended {
                reader.take(&[(*log, entry.clone())]);
            }
        }
    }
    // A replica asks for it again after each entry that completes a log.
    reader.limit(&story.revoked);
    reader
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn a_revocation_leaves_the_same_entries_in_every_order_of_arrival(
        edits in prop::collection::vec((any::<u8>(), any::<u8>()), 1..10),
        kept in 0usize..12,
        orders in prop::collection::vec((prop::collection::vec(any::<bool>(), 24), 0usize..24), 10),
    ) {
        let story = story(&edits, kept);
        let plain = read(&story, &[], usize::MAX);
        let counting = story.logs.iter().flatten().filter(|(log, e)| e.entry.header.seq <= story.revoked.last_valid(log));
        let counting: u64 = counting.map(|(_, e)| entry_bytes(&e.entry)).sum();
        for (order, at) in orders {
            let other = read(&story, &order, at);
            prop_assert_eq!(plain.view(), other.view());
            prop_assert_eq!(other.ledger.logs().values().map(|log| log.bytes).sum::<u64>(), counting);
            prop_assert_eq!(plain.counting(&story.ids), other.counting(&story.ids));
            for id in &story.ids {
                let shown = |node: &Node| node.library.listing(id).unwrap().map(|l| (l.state, l.versions));
                prop_assert_eq!(shown(&plain), shown(&other));
            }
        }
    }
}

#[test]
fn what_builds_on_a_void_patch_falls_with_it_and_comes_back_with_it() {
    let mut first = hub();
    let mut second = node(colleague(&first, 7));
    let (id, created) = first.create("甲");
    second.take(&created);
    let before = first.view();
    let by_second = second.edit(&id, "title", "乙改的");
    first.take(&by_second);
    let on_top = first.edit(&id, "title", "甲又改");
    let beside = first.edit(&id, "summary", "另一处");
    let full = first.view();
    assert_eq!(first.library.listing(&id).unwrap().unwrap().title(), "甲又改");

    // Nothing that the second node wrote counts: what the first wrote on top of it falls too.
    let revoked = first.revoke(&second.identity, Vec::new());
    first.limit(&revoked);
    let listing = first.library.listing(&id).unwrap().unwrap();
    assert_eq!((listing.title(), listing.versions), ("甲", 1));
    let me = first.identity.node.public();
    assert_eq!(
        first.ledger.figures(&me).void,
        2,
        "two entries past the end; what built on them waits for ever"
    );
    let reasons: Vec<String> = first
        .library
        .history(&id)
        .unwrap()
        .iter()
        .filter_map(|item| match &item.fate {
            Fate::Void(fault) => Some(fault.to_string()),
            _ => None,
        })
        .collect();
    assert!(reasons.iter().any(|r| r.contains("revoked")) && reasons.len() == 3, "{reasons:?}");
    let lost: Vec<_> = first.desk(NOW).lost().unwrap();
    let texts: Vec<_> = lost.iter().flat_map(|l| l.changes.values().flatten().cloned()).collect();
    for word in ["乙改的", "甲又改", "另一处"] {
        assert!(texts.contains(&Value::Text(word.into())), "{word} is offered: {texts:?}");
    }

    // Published again it is a change of its own, under another actor.
    let again = lost.iter().find(|l| l.changes.contains_key("summary")).unwrap().clone();
    first.desk(NOW + 9).publish_again(&again).unwrap();
    let listing = first.library.listing(&id).unwrap().unwrap();
    assert_eq!(listing.state.fields["summary"], [Value::Text("另一处".into())]);
    assert_eq!(first.desk(NOW).lost().unwrap().len(), lost.len() - 1);

    // A limit that rises brings everything back.
    let mut third = node(colleague(&first, 9));
    third.take(&created);
    third.take(&by_second);
    third.take(&on_top);
    third.take(&beside);
    let none = first.roster(Vec::new());
    third.limit(&revoked);
    assert_eq!(third.ledger.figures(&me).held, 1);
    third.limit(&none);
    assert_eq!(third.view(), full);
    assert_ne!(third.view(), before);
    assert_eq!(third.ledger.figures(&me).void, 0);
}

#[test]
fn a_listing_created_past_the_end_leaves_view_figures_and_arrivals_and_comes_back() {
    let mut first = hub();
    let (id, mut entries) = first.create("甲");
    let (gone, more) = first.create("乙");
    entries.extend(more);
    let edit = first.edit(&gone, "title", "乙改");
    entries.extend(edit);
    let (me, view) = (first.identity.node.public(), first.view());
    let mut reader = node(colleague(&first, 9));
    reader.take(&entries);
    let head = entries[1].1.entry.head();
    let revoked = first.revoke(&first.identity, vec![(entries[0].0, head)]);
    let arrivals = reader.ledger.arrivals();
    reader.limit(&revoked);
    assert!(reader.ledger.arrivals() > arrivals, "the search index hears of it");
    assert!(reader.library.listing(&gone).unwrap().is_none());
    assert!(reader.library.listing(&id).unwrap().is_some());
    let figures = reader.ledger.figures(&me);
    assert_eq!((figures.held, figures.own, figures.void, figures.waiting), (1, 1, 2, 0));
    assert_eq!(reader.library.history(&gone).unwrap().len(), 2, "its history still says why");
    reader.limit(&first.roster(Vec::new()));
    assert_eq!(reader.view(), view);
    assert_eq!(reader.ledger.figures(&me).own, 2);
}

#[test]
fn logs_that_a_revocation_names_need_no_place_among_the_incarnations() {
    let mut first = hub();
    let (_, entries) = first.create("甲");
    let (own, head) = (entries[0].0, entries[1].1.entry.head());
    // Whoever stole the key opened as many logs as may count, with lower numbers.
    let most = protocol::limits::MAX_INCARNATIONS as u64;
    let stolen = (0..most).map(|incarnation| LogId { incarnation, ..own });
    let logs: BTreeSet<LogId> = stolen.chain([LogId { incarnation: u64::MAX, ..own }]).collect();
    let heads: Vec<(LogId, Head)> = logs.iter().map(|log| (*log, head)).collect();
    let certificate = first.identity.certificate.clone();
    let end = |roster: &Roster| {
        let opened = logs.iter().map(|log| (log, Some(&certificate)));
        replica::limits(opened, roster, &BTreeMap::new()).get(logs.last().unwrap()).map(|limit| limit.head)
    };
    assert_eq!(end(&first.roster(Vec::new())), Some(Head::default()));
    assert_eq!(end(&first.revoke(&first.identity, heads)), Some(head));
}

#[test]
fn of_what_a_void_log_carries_only_steps_that_count_are_written_again() {
    let mut first = hub();
    let mut thief = node(colleague(&first, 7));
    let network = first.identity.network();
    let (root, stranger) = (first.identity.root.clone().unwrap(), SecretKey::from_seed(&[66; 32]));
    let about = |n: u8| Subject::Document(DocumentId([n; 32]));
    let step = |n: u8, number| {
        let action = Action::TakeDown("x".into());
        RosterStep { epoch: 0, subject: about(n), number, previous: protocol::Hash::default(), action }
    };
    let good = SignedStep::sign(step(1, 1), &network, 0, &root);
    // The same with a signature that nobody made, garbage, and a step of an epoch that never came.
    let mut steps = vec![good.clone(), good.clone()];
    steps[1].signatures.extend(SignedStep::sign(step(9, 1), &network, 7, &stranger).signatures);
    steps.extend((0..20).map(|n| SignedStep::sign(step(n, 1), &network, 0, &stranger)));
    steps.push(SignedStep::sign(RosterStep { epoch: 5, ..step(1, 1) }, &network, 0, &root));
    // Its program carries whatever it likes.
    let mut written: Entries = Vec::new();
    let opened = flatten([thief.desk(NOW).carry(std::slice::from_ref(&good)).unwrap()]);
    let log = opened[0].0;
    written.extend(opened);
    for step in steps {
        let payload = protocol::Payload { salt: [1; 16], bytes: step.to_bytes() };
        let draft = protocol::Draft { document: None, verb: Verb::ROSTER_STEP, payload, time_ms: NOW };
        let head = written.last().unwrap().1.entry.head();
        let entry = protocol::Entry::author(log, head, draft, &network, &thief.identity.node).unwrap();
        written.push((log, CheckedEntry { hash: entry.hash(), entry, beginning: None }));
    }
    first.take(&written);
    let subject = Subject::Institution(thief.identity.institution.id());
    let revoke = Action::RevokeNode(thief.identity.node.public(), Vec::new(), "stolen".into());
    let roster = first.roster(vec![(subject, revoke), (about(1), good.step.action.clone())]);
    first.limit(&roster);
    let again = flatten(first.desk(NOW).carry_stranded().unwrap());
    let payloads: Vec<_> = again.iter().filter(|(_, e)| e.entry.header.verb == Verb::ROSTER_STEP).collect();
    assert_eq!(payloads.len(), 1);
    assert_eq!(payloads[0].1.entry.payload.as_ref().unwrap().bytes, good.to_bytes());
    assert!(first.desk(NOW).carry_stranded().unwrap().is_empty(), "once is enough");
}
