//! Co-editors, concurrent values, moves and statements: the same on every node, whatever the order in which entries came.

use std::collections::BTreeSet;

use market::{Moving, Said, search_doc};
use protocol::{Action, InstitutionId, SignedStep, Subject, Visibility};

use super::*;

const RIVAL: &str = "某某技术研究院";

/// A node of another institution, in another region; the hub's roster lists it.
pub fn guest(of: &mut Node, seed: u8) -> Node {
    let mut guest = sibling(of);
    let root = SecretKey::from_seed(&[seed; 32]);
    let node = SecretKey::from_seed(&[seed + 100; 32]);
    let institution = Institution {
        root: root.public(),
        name: format!("{RIVAL}{seed}"),
        region: 510_100,
        role: Role::ResourceStation,
        ..of.identity.institution.clone()
    };
    let body = CertificateBody {
        institution: institution.id(),
        root: root.public(),
        node: node.public(),
        region: institution.region,
        role: institution.role,
        ..guest.identity.certificate.body.clone()
    };
    guest.identity.certificate = NodeCertificate::issue(body, &of.identity.network(), &root, &node);
    guest.identity.node = node;
    guest.identity.institution = institution;
    guest.identity.root = Some(root);
    guest
}

/// Entries as they travel, and the roster that goes with them.
pub struct Traffic {
    entries: Vec<(LogId, CheckedEntry)>,
    pub roster: RosterInput,
}

/// The next step about a subject, signed by the hub, which governs alone, and written into its log.
pub fn govern(hub: &mut Node, subject: Subject, action: Action) -> SignedStep {
    let (network, root) = (hub.identity.network(), hub.identity.root.clone().unwrap());
    let mut desk = hub.desk(NOW);
    let signed = SignedStep::sign(desk.next_step(subject, action), &network, 0, &root);
    desk.carry(std::slice::from_ref(&signed)).unwrap();
    signed
}

impl Traffic {
    pub fn new() -> Self {
        Self { entries: Vec::new(), roster: RosterInput::default() }
    }

    fn step(&mut self, hub: &mut Node, about: InstitutionId, action: Action) {
        self.roster.steps.push(govern(hub, Subject::Institution(about), action));
        hub.library.set_roster(self.fold(hub));
    }

    pub fn admit(&mut self, hub: &mut Node, guests: &[&Node]) {
        for guest in guests {
            let who = guest.identity.institution.clone();
            self.step(hub, who.id(), Action::Admit(who));
        }
        for guest in guests {
            guest.library.set_roster(self.fold(hub));
        }
    }

    pub fn fold(&self, hub: &Node) -> protocol::Roster {
        protocol::Roster::fold(&hub.identity.charter.charter, &self.roster)
    }

    pub fn sent(&mut self, authored: impl IntoIterator<Item = Authored>) {
        self.entries.extend(flatten(authored.into_iter().collect()));
    }

    /// A node takes all that was written so far and that it does not hold yet.
    pub fn bring(&self, to: &mut Node) {
        for (log, entry) in &self.entries {
            if entry.entry.header.seq > to.ledger.head(log).seq {
                to.ledger.persist(log, std::slice::from_ref(entry)).unwrap();
            }
        }
    }

    /// The entries in another order that keeps each log's own.
    pub fn order(&self, seed: u64) -> Vec<(LogId, CheckedEntry)> {
        let mut logs: Vec<Vec<&(LogId, CheckedEntry)>> = Vec::new();
        for item in &self.entries {
            match logs.iter_mut().find(|log| log[0].0 == item.0) {
                Some(log) => log.push(item),
                None => logs.push(vec![item]),
            }
        }
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
        let mut out = Vec::new();
        while !logs.is_empty() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // Now and then a whole log before any other.
            let log = (state >> 8) as usize % logs.len();
            let take = if state.is_multiple_of(3) { logs[log].len() } else { 1 };
            out.extend(logs[log].drain(..take).cloned());
            logs.retain(|log| !log.is_empty());
        }
        out
    }

    /// What each of many nodes comes to show, each having received the entries in an order of its own.
    pub fn everywhere<T: PartialEq + std::fmt::Debug>(&self, hub: &Node, shown: impl Fn(&Library) -> T) -> T {
        let mut first: Option<(T, String)> = None;
        for seed in 0..12 {
            let (dir, ledger, library) = hub.mirror(&self.order(seed));
            library.set_roster(self.fold(hub));
            let roster = library.roster().digest();
            let found = (shown(&library), view_hash(ledger.sums(), &roster).to_string());
            drop((library, ledger));
            // Without a checkpoint the sums are added up anew from the store: to the same.
            let again = view_hash(open(dir.path(), &hub.identity).ledger.sums(), &roster).to_string();
            assert_eq!(again, found.1, "sums added up anew");
            match &first {
                Some(first) => assert_eq!(first, &found, "order {seed}"),
                None => first = Some(found),
            }
        }
        first.unwrap().0
    }
}

pub fn with_editor(title: &str, editor: &Node) -> Incoming {
    let mut incoming = record(title);
    let key = format!("_editor/{}", editor.identity.institution.id());
    incoming.fields.insert(key, Value::Bool(true));
    incoming
}

pub fn moving(library: &Library, id: &DocumentId) -> Moving {
    let listing = library.listing(id).unwrap().unwrap();
    let fields = listing.state.flat().into_iter().filter(|(key, _)| !key.starts_with("_editor/"));
    Moving {
        kind: listing.log.shelf.kind.0,
        visibility: listing.log.shelf.visibility,
        editors: listing.editors.iter().copied().collect(),
        fields: fields.collect(),
    }
}

#[test]
fn a_named_co_editor_elsewhere_edits_and_nobody_else_does() {
    let mut hub = hub();
    let (mut editor, mut stranger) = (guest(&mut hub, 21), guest(&mut hub, 22));
    let mut traffic = Traffic::new();
    traffic.admit(&mut hub, &[&editor, &stranger]);
    let (outcomes, created) = hub.desk(NOW).take_in(&[with_editor("甲", &editor)], true).unwrap();
    let id = published(&outcomes[0]);
    traffic.sent(created);
    traffic.bring(&mut editor);
    traffic.bring(&mut stranger);
    traffic.sent(editor.desk(NOW + 1).edit(&id, &put("summary", "合作方补充")).unwrap());
    assert!(stranger.desk(NOW + 1).edit(&id, &put("title", "x")).is_err(), "its own program refuses");
    // What a later patch says of editors changes no rights; a program that thinks it does writes in vain.
    let named = format!("_editor/{}", stranger.identity.institution.id());
    let change = BTreeMap::from([(named, Some(Value::Bool(true)))]);
    traffic.sent(hub.desk(NOW + 2).edit(&id, &change).unwrap());
    traffic.bring(&mut stranger);
    let own = stranger.identity.institution.clone();
    stranger.identity.institution = hub.identity.institution.clone();
    traffic.sent(stranger.desk(NOW + 3).edit(&id, &put("title", "冒名")).unwrap());
    stranger.identity.institution = own;

    let (title, summary, fates) = traffic.everywhere(&hub, |library| {
        let listing = library.listing(&id).unwrap().unwrap();
        let void = |item: &market::HistoryItem| matches!(item.fate, Fate::Void(_));
        let fates: Vec<bool> = library.history(&id).unwrap().iter().map(void).collect();
        (listing.title().to_owned(), listing.state.flat().get("summary").cloned(), fates)
    });
    assert_eq!((title.as_str(), summary), ("甲", Some(Value::Text("合作方补充".into()))));
    assert_eq!(fates, [false, false, false, true]);
}

#[test]
fn concurrent_values_are_told_apart_by_who_wrote_them_and_one_is_chosen() {
    let mut hub = hub();
    let mut editor = guest(&mut hub, 21);
    let mut traffic = Traffic::new();
    traffic.admit(&mut hub, &[&editor]);
    let (outcomes, created) = hub.desk(NOW).take_in(&[with_editor("甲", &editor)], true).unwrap();
    let id = published(&outcomes[0]);
    traffic.sent(created);
    traffic.bring(&mut editor);
    traffic.sent(hub.desk(NOW + 1).edit(&id, &put("title", "本单位改的")).unwrap());
    traffic.sent(editor.desk(NOW + 2).edit(&id, &put("title", "合作方改的")).unwrap());
    let shown = |library: &Library| {
        let listing = library.listing(&id).unwrap().unwrap();
        let mut said: Vec<(Value, String, i64)> = Vec::new();
        for dispute in library.disputes(&listing).unwrap() {
            assert_eq!(dispute.key, "title");
            for candidate in dispute.values {
                assert_eq!(candidate.by.len(), 1);
                said.push((
                    candidate.value,
                    candidate.by[0].institution_name.clone(),
                    candidate.by[0].time_ms,
                ));
            }
        }
        (said, library.disputed(10).unwrap())
    };
    let (said, disputed) = traffic.everywhere(&hub, shown);
    let text = |t: &str| Value::Text(t.to_owned());
    let ours = (text("本单位改的"), "样例大市场".to_owned(), NOW + 1);
    let theirs = (text("合作方改的"), format!("{RIVAL}21"), NOW + 2);
    assert_eq!(said, if ours < theirs { vec![ours, theirs] } else { vec![theirs, ours] });
    assert_eq!(disputed, [id]);

    traffic.bring(&mut hub);
    let narrow = Moving { visibility: Visibility::Members, ..moving(&hub.library, &id) };
    let refused = hub.desk(NOW + 3).relocate(&id, narrow);
    assert!(refused.is_err(), "a snapshot has one value a field");
    let chosen = hub.desk(NOW + 3).edit(&id, &put("title", "合作方改的")).unwrap().unwrap();
    let patch = replica::patch_of(&chosen.entries[0].entry).unwrap().unwrap().patch;
    assert_eq!(patch.ops[0].preds.len(), 2, "choosing names all that it decides between");
    traffic.sent([chosen]);
    assert_eq!(traffic.everywhere(&hub, shown), (Vec::new(), Vec::new()));
}

#[test]
fn a_moved_listing_is_found_by_its_old_ids_in_every_order_of_arrival() {
    let mut hub = hub();
    let (mut other, mut stranger) = (sibling(&hub), guest(&mut hub, 22));
    let mut traffic = Traffic::new();
    traffic.admit(&mut hub, &[&stranger]);
    let (outcomes, created) = hub.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let old = published(&outcomes[0]);
    traffic.sent(created);
    traffic.bring(&mut other);
    traffic.bring(&mut stranger);
    // Two nodes of one institution move it apart; a stranger's program says that it was its to move.
    let to = Moving { visibility: Visibility::Members, ..moving(&hub.library, &old) };
    let (left, written) = hub.desk(NOW + 1).relocate(&old, to).unwrap().unwrap();
    traffic.sent([written]);
    let to = Moving { kind: 20, ..moving(&other.library, &old) };
    let (right, written) = other.desk(NOW + 2).relocate(&old, to).unwrap().unwrap();
    traffic.sent([written]);
    let own = stranger.identity.institution.clone();
    stranger.identity.institution = hub.identity.institution.clone();
    // It tries until its move has the lowest hash of all: that must not help it.
    let foreign = loop {
        let to = Moving { editors: BTreeSet::from([own.id()]), ..moving(&stranger.library, &old) };
        let (foreign, written) = stranger.desk(NOW + 3).relocate(&old, to).unwrap().unwrap();
        traffic.sent([written]);
        if foreign < left.min(right) {
            break foreign;
        }
    };
    // The one that counts is moved on; the old document is edited late.
    let (first, second) = (left.min(right), left.max(right));
    traffic.bring(&mut hub);
    let to = Moving { kind: 21, visibility: Visibility::Public, ..moving(&hub.library, &first) };
    let (last, written) = hub.desk(NOW + 4).relocate(&first, to).unwrap().unwrap();
    traffic.sent([written]);
    traffic.sent(other.desk(NOW + 5).edit(&old, &put("title", "迟到的修改")).unwrap());

    let shown = traffic.everywhere(&hub, |library| {
        let newest = [old, first, last, second, foreign].map(|id| library.newest(&id).unwrap());
        let found = |id: &DocumentId| search_doc(&library.listing(id).unwrap().unwrap());
        let public = [old, first, second, last].map(|id| found(&id).map(|doc| doc.public));
        (newest, public, library.line(&last).unwrap(), library.history(&last).unwrap().len())
    });
    assert_eq!(shown.0, [last, last, last, second, foreign]);
    let apart = Some(second == right);
    assert_eq!(shown.1, [None, None, apart, Some(true)], "lists show the newest, and what stands by itself");
    assert_eq!(shown.2, [old, first, last]);
    assert_eq!(shown.3, 4, "created, edited late, moved, moved");
    assert_eq!(hub.library.listing(&last).unwrap().unwrap().title(), "甲");
    assert_eq!(hub.library.contact(&last).unwrap().len(), 1, "contact details go along, at home");
    // Taken down once, it does not come back by a move.
    let step = govern(&mut hub, Subject::Document(old), Action::TakeDown("侵权".into()));
    traffic.roster.steps.push(step);
    hub.library.set_roster(traffic.fold(&hub));
    assert!(hub.library.listing(&last).unwrap().unwrap().hidden.is_some());
    assert!(hub.library.listing(&second).unwrap().unwrap().hidden.is_none());
    // Nor after a purge, of itself or of what came before.
    let step = govern(&mut hub, Subject::Document(first), Action::Purge("手机号".into()));
    traffic.roster.steps.push(step);
    let step = govern(&mut hub, Subject::Document(second), Action::Purge("手机号".into()));
    traffic.roster.steps.push(step);
    hub.library.set_roster(traffic.fold(&hub));
    for id in [first, second] {
        let hidden = hub.library.listing(&id).unwrap().unwrap().hidden;
        assert_eq!(hidden, Some(market::Hidden::Purged("手机号".into())));
    }
}

#[test]
fn the_offices_number_leads_to_where_its_listing_was_moved() {
    let mut hub = hub();
    let mut numbered = record("甲");
    numbered.fields.insert("source_id".into(), Value::Text("KJ-7".into()));
    let (made, _) = hub.desk(NOW).take_in(std::slice::from_ref(&numbered), true).unwrap();
    let old = published(&made[0]);
    let to = Moving { visibility: Visibility::Members, ..moving(&hub.library, &old) };
    let (new, _) = hub.desk(NOW + 1).relocate(&old, to).unwrap().unwrap();
    numbered.fields.insert("title".into(), Value::Text("乙".into()));
    let (changed, _) = hub.desk(NOW + 2).take_in(std::slice::from_ref(&numbered), true).unwrap();
    assert_eq!(changed[0], Outcome::Updated(new));
    numbered.visibility = Some(Visibility::Public);
    assert!(
        hub.desk(NOW + 3).take_in(std::slice::from_ref(&numbered), true).is_err(),
        "never wider by an import"
    );
    let to = Moving { kind: 20, ..moving(&hub.library, &new) };
    let (service, _) = hub.desk(NOW + 4).relocate(&new, to).unwrap().unwrap();
    numbered.visibility = None;
    let (again, written) = hub.desk(NOW + 5).take_in(&[numbered], true).unwrap();
    assert_eq!((again[0].clone(), written.len()), (Outcome::Unchanged(service), 0));
}

fn said(library: &Library, id: &DocumentId) -> Vec<(String, String, bool)> {
    let brief = |said: Said| (said.statement.label, said.statement.value, said.present);
    library.statements(id).unwrap().into_iter().map(brief).collect()
}

#[test]
fn a_statement_stands_until_its_own_institution_replaces_it_or_takes_it_back() {
    let mut hub = hub();
    let (mut judge, mut other) = (guest(&mut hub, 21), guest(&mut hub, 22));
    let mut traffic = Traffic::new();
    traffic.admit(&mut hub, &[&judge, &other]);
    let (outcomes, created) = hub.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let id = published(&outcomes[0]);
    traffic.sent(created);
    traffic.bring(&mut judge);
    traffic.bring(&mut other);
    let (first, written) =
        judge.desk(NOW + 1).state(&id, None, ["screening", "rejected", "缺少报告"]).unwrap();
    traffic.sent([written]);
    // Another institution's word replaces nothing and, since it claims to, says nothing.
    let (_, written) = other.desk(NOW + 2).state(&id, Some(first), ["screening", "passed", ""]).unwrap();
    traffic.sent([written]);
    let (_, written) = other.desk(NOW + 3).state(&id, None, ["evaluation", "trl=6", ""]).unwrap();
    traffic.sent([written]);
    let row = |label: &str, value: &str, present| (label.to_owned(), value.to_owned(), present);
    let evaluated = row("evaluation", "trl=6", true);
    assert_eq!(
        traffic.everywhere(&hub, |library| said(library, &id)),
        [row("screening", "rejected", true), evaluated.clone()]
    );

    // Two replacements of one: that of the lower hash stands, and can be replaced in turn.
    let (left, written) = judge.desk(NOW + 4).state(&id, Some(first), ["screening", "passed", "左"]).unwrap();
    traffic.sent([written]);
    let (right, written) =
        judge.desk(NOW + 5).state(&id, Some(first), ["screening", "passed", "右"]).unwrap();
    traffic.sent([written]);
    let reasons = traffic.everywhere(&hub, |library| {
        let found = library.statements(&id).unwrap();
        found.iter().map(|said| said.statement.reason.clone()).collect::<Vec<_>>()
    });
    let stands = if left < right { "左" } else { "右" };
    assert!(reasons.contains(&stands.to_owned()) && reasons.len() == 2, "{reasons:?}");
    // What was said of an earlier version, and of the document before a move, is still found, and told apart.
    traffic.sent(hub.desk(NOW + 6).edit(&id, &put("title", "乙")).unwrap());
    let to = Moving { visibility: Visibility::Members, ..moving(&hub.library, &id) };
    let (moved, written) = hub.desk(NOW + 7).relocate(&id, to).unwrap().unwrap();
    traffic.sent([written]);
    let (_, written) = judge.desk(NOW + 8).state(&id, Some(left.min(right)), ["", "", "误判"]).unwrap();
    traffic.sent([written]);
    traffic.bring(&mut other);
    let (_, written) = other.desk(NOW + 9).state(&moved, None, ["recognition", "新产品", ""]).unwrap();
    traffic.sent([written]);
    let found = traffic.everywhere(&hub, |library| said(library, &library.newest(&id).unwrap()));
    assert_eq!(found, [row("evaluation", "trl=6", false), row("recognition", "新产品", true)]);
    traffic.bring(&mut hub);
    let all = hub.library.statements(&moved).unwrap();
    assert!(all.iter().all(|said| said.verified && said.version == Some(1)));
    assert_eq!(hub.library.find_statement(&all[0].id.to_string()[..9]).unwrap().id, all[0].id);

    let suspended = other.identity.institution.id();
    traffic.step(&mut hub, suspended, Action::Suspend("核查".into()));
    assert_eq!(
        traffic.everywhere(&hub, |library| said(library, &moved)),
        [],
        "a suspended institution's word is hidden"
    );
}

#[test]
fn a_talkative_log_crowds_nobody_out() {
    let mut hub = hub();
    let (mut loud, mut other) = (guest(&mut hub, 21), guest(&mut hub, 22));
    let mut traffic = Traffic::new();
    traffic.admit(&mut hub, &[&loud, &other]);
    let (outcomes, created) = hub.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let id = published(&outcomes[0]);
    traffic.sent(created);
    traffic.bring(&mut loud);
    traffic.bring(&mut other);
    let limit = protocol::limits::MAX_MENTIONS;
    for n in 0..limit as i64 + 9 {
        let (_, written) =
            loud.desk(NOW + n).state(&id, None, ["recognition", &format!("奖 {n}"), ""]).unwrap();
        traffic.sent([written]);
    }
    let (_, written) = other.desk(NOW).state(&id, None, ["screening", "rejected", "理由"]).unwrap();
    traffic.sent([written]);
    let found = traffic.everywhere(&hub, |library| said(library, &id));
    assert_eq!(found.len(), limit + 1, "the first of a log, and all of the other's");
    traffic.bring(&mut hub);
    let listing = hub.library.listing(&id).unwrap().unwrap();
    let objections = hub.library.objections(&listing).unwrap();
    assert_eq!(
        objections.iter().map(|said| said.institution).collect::<Vec<_>>(),
        [other.identity.institution.id()]
    );
}

#[test]
fn a_statement_on_another_shelf_than_its_listings_says_nothing() {
    let mut hub = hub();
    let mut judge = guest(&mut hub, 21);
    let mut traffic = Traffic::new();
    traffic.admit(&mut hub, &[&judge]);
    let (outcomes, created) = hub.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let id = published(&outcomes[0]);
    traffic.sent(created);
    traffic.bring(&mut judge);
    // The judge's log for statements about its own region, opened by one about a listing of its own.
    let (own, created) = judge.desk(NOW).take_in(&[record("乙")], true).unwrap();
    traffic.sent(created);
    let (_, written) = judge.desk(NOW).state(&published(&own[0]), None, ["recognition", "奖", ""]).unwrap();
    let log = written.log;
    traffic.sent([written]);
    let text = |t: &str| t.to_owned();
    let (label, value, reason) = (text("screening"), text("rejected"), text("理由"));
    let statement = protocol::Statement { about: id, version: Vec::new(), label, value, reason };
    let payload = protocol::Payload { salt: [1; 16], bytes: statement.to_bytes() };
    let draft = protocol::Draft { document: None, verb: Verb::STATEMENT, payload, time_ms: NOW };
    let (head, network) = (judge.ledger.head(&log), hub.identity.network());
    let entry = protocol::Entry::author(log, head, draft, &network, &judge.identity.node).unwrap();
    let hash = entry.hash();
    traffic.sent([Authored { log, entries: vec![CheckedEntry { entry, hash, beginning: None }] }]);
    assert_eq!(traffic.everywhere(&hub, |library| said(library, &id)), []);
    let (_, written) = judge.desk(NOW + 1).state(&id, None, ["screening", "passed", ""]).unwrap();
    traffic.sent([written]);
    assert_eq!(traffic.everywhere(&hub, |library| said(library, &id)).len(), 1);
}

/// Whoever names another's listing in thousands of edits, in a log that came first, hides and delays nothing.
#[test]
fn edits_by_strangers_hide_no_listing_wherever_their_log_came_first() {
    let mut hub = hub();
    let mut stranger = guest(&mut hub, 21);
    let mut traffic = Traffic::new();
    traffic.admit(&mut hub, &[&stranger]);
    let (_, theirs) = stranger.desk(NOW).take_in(&[record("乙")], true).unwrap();
    let (outcomes, created) = hub.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let id = published(&outcomes[0]);
    let (theirs, created) = (flatten(theirs), flatten(created));
    let edited = flatten(hub.desk(NOW + 1).edit(&id, &put("title", "改")).unwrap().into_iter().collect());

    let (_dir, plain, _) = hub.mirror(&[&theirs[..], &created, &edited].concat());
    let (_dir, mut ledger, library) = hub.mirror(&[&theirs[..], &created].concat());
    // What that many edits leave in the index of documents; the entries themselves are never read.
    let store = ledger.store();
    let number = store.get(storage::Table::LogNumbers, &theirs[0].0.to_bytes()).unwrap().unwrap();
    let mut batch = storage::Batch::default();
    for seq in 3..12_000_u64 {
        let key = [&id.0[..], &number, &seq.to_be_bytes()].concat();
        batch.put(storage::Table::Documents, &key, vec![0]);
    }
    store.apply(batch).unwrap();
    assert!(library.listing(&id).unwrap().is_some());
    for (log, entry) in &edited {
        ledger.persist(log, std::slice::from_ref(entry)).unwrap();
    }
    let listing = library.listing(&id).unwrap().unwrap();
    assert_eq!((listing.title(), listing.versions), ("改", 2));
    let digest = library.roster().digest();
    assert_eq!(view_hash(ledger.sums(), &digest), view_hash(plain.sums(), &digest));
    assert_eq!(library.evidence(&id).unwrap().listing.len(), 3);
}
