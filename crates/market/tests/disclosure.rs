//! Private fields, requests and disclosures, from one store to another: what is sealed is read by its parties and by nobody
//! else, and stands nowhere but in their stores.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test a failed expectation is the answer")]

#[path = "disclosure/enquiry.rs"]
mod enquiry;

use std::collections::BTreeMap;
use std::path::Path;

use market::{
    Applicant, Authored, Desk, Fields, Identity, Incoming, Ledger, Library, MarketError, OpenedLedger,
    Outcome,
};
use protocol::{
    Action, CheckedEntry, DocumentId, Invitation, InvitationFile, LogId, Role, Roster, RosterInput,
    SecretKey, SignedStep, Subject, Value, Verb,
};
use tempfile::TempDir;

const DEMAND: u16 = 17;
const NOW: i64 = 1_790_000_000_000;
const SECRET: &str = "绝密：轴承寿命只有三百小时";

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

fn applicant(name: &str, role: Role) -> Applicant {
    Applicant {
        name: name.into(),
        name_en: String::new(),
        credit_code: String::new(),
        role,
        region: 420000,
        region_as_of: 2025,
    }
}

fn node(identity: Identity, home: TempDir) -> Node {
    let opened = open(home.path(), &identity);
    let roster = opened.ledger.roster_book(&identity.charter.charter).unwrap().roster().clone();
    let library = Library::new(opened.ledger.store(), roster);
    Node { identity, ledger: opened.ledger, library, home }
}

/// Everything written so far, in the order of its writing.
#[derive(Default)]
struct Wire {
    entries: Vec<(LogId, CheckedEntry)>,
    roster: RosterInput,
}

impl Wire {
    fn take(&mut self, authored: impl IntoIterator<Item = Authored>) {
        for Authored { log, entries } in authored {
            for entry in entries {
                let payload = entry.entry.payload.as_ref().unwrap();
                match entry.entry.header.verb {
                    Verb::ROSTER_STEP => {
                        self.roster.steps.push(protocol::SignedStep::from_bytes(&payload.bytes).unwrap());
                    }
                    Verb::REDEEM => self.roster.redemptions.push((
                        log,
                        entry.entry.header.seq,
                        protocol::Redemption::from_bytes(&payload.bytes).unwrap(),
                    )),
                    _ => {}
                }
                self.entries.push((log, CheckedEntry { beginning: None, ..entry }));
            }
        }
    }

    /// Gives a node all that it lacks.
    fn give(&self, to: &mut Node) {
        for (log, entry) in &self.entries {
            if to.ledger.head(log).seq < entry.entry.header.seq {
                to.ledger.persist(log, std::slice::from_ref(entry)).unwrap();
            }
        }
        to.library.set_roster(Roster::fold(&to.identity.charter.charter, &self.roster));
    }
}

impl Node {
    fn desk(&mut self) -> Desk<'_> {
        Desk { ledger: &mut self.ledger, identity: &self.identity, library: &self.library, now_ms: NOW }
    }

    fn text(&self, id: &DocumentId, key: &str) -> Option<String> {
        let letter = self.library.letter(id).unwrap()?;
        Some(letter.text(key).to_owned())
    }
}

/// An invitation by the hub, with the entry that admits it in advance.
fn invite(hub: &mut Node, n: u8) -> (InvitationFile, Authored) {
    let (secret, role) = ([n; 32], Role::ResourceStation);
    let key = SecretKey::from_seed(&secret).public();
    let issuer = hub.identity.node.public();
    let invitation = Invitation { key, issuer, role, region: 420_000, not_after_ms: NOW + 1 };
    let step = hub.desk().next_step(Subject::Invitation(key), Action::Invite(invitation.clone()));
    let signed = SignedStep::sign(step, &hub.identity.network(), 0, hub.identity.root.as_ref().unwrap());
    let charter = hub.identity.charter.clone();
    let carried = hub.desk().carry(&[signed]).unwrap();
    (InvitationFile { charter, invitation, secret, addresses: Vec::new() }, carried)
}

/// A hub, a firm, a university and an outsider, who know each other.
fn network() -> ([Node; 4], Wire) {
    let home = tempfile::tempdir().unwrap();
    let (identity, _) = Identity::found(home.path(), &applicant("枢纽", Role::Hub), NOW).unwrap();
    let mut hub = node(identity, home);
    let mut wire = Wire::default();
    let mut joined = Vec::new();
    for name in ["企业", "大学", "旁人"] {
        let invited = invite(&mut hub, joined.len() as u8 + 50);
        wire.take([invited.1]);
        wire.give(&mut hub);
        let home = tempfile::tempdir().unwrap();
        let who = applicant(name, Role::ResourceStation);
        let identity = Identity::join(home.path(), &who, &invited.0, NOW).unwrap();
        wire.take([hub.desk().countersign(identity.redemption.as_ref().unwrap()).unwrap()]);
        let mut one = node(identity, home);
        wire.take(one.desk().publish_addresses(&[name.to_owned()]).unwrap());
        joined.push(one);
    }
    let [firm, university, outsider] = joined.try_into().unwrap_or_else(|_| panic!("three"));
    let mut all = [hub, firm, university, outsider];
    all.iter_mut().for_each(|node| wire.give(node));
    (all, wire)
}

fn demand(title: &str) -> Incoming {
    let text = |t: &str| Value::Text(t.to_owned());
    Incoming {
        kind: DEMAND,
        fields: Fields::from([("title".to_owned(), text(title))]),
        contact: Fields::from([("contact_phone".to_owned(), text("027-55550000"))]),
        visibility: None,
        private: Fields::from([("problem".to_owned(), text(SECRET))]),
    }
}

fn publish(firm: &mut Node, wire: &mut Wire) -> DocumentId {
    let (outcomes, authored) = firm.desk().take_in(&[demand("轴承需求")], true).unwrap();
    wire.take(authored);
    match outcomes[0] {
        Outcome::Published(id) => id,
        _ => panic!("it is published"),
    }
}

#[test]
fn a_request_is_answered_and_only_the_parties_read_it() {
    let ([mut hub, mut firm, mut university, mut outsider], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    wire.give(&mut university);
    let (request, written) = university.desk().request(&about, "请提供工况", &[]).unwrap();
    wire.take([written]);
    for node in [&mut hub, &mut firm, &mut outsider] {
        wire.give(node);
    }
    assert_eq!(firm.text(&request, "message").as_deref(), Some("请提供工况"));
    let to = university.identity.institution.id();
    let (grant, written) = firm.desk().disclose(&about, &[to], &[], &[]).unwrap();
    wire.take([written]);
    for node in [&mut hub, &mut university, &mut outsider] {
        wire.give(node);
    }
    assert_eq!(university.text(&grant, "detail/problem").as_deref(), Some(SECRET));
    assert_eq!(university.text(&grant, "answers"), Some(request.to_string()), "the grant names the request");
    let letter = university.library.letter(&grant).unwrap().unwrap();
    assert_eq!(letter.document.institution, Some(firm.identity.institution.id()), "each side signs its own");
    assert_eq!(letter.text("detail/contact_phone"), "", "contact details stay at home unless named");
    for node in [&hub, &outsider] {
        assert!(node.library.letters().unwrap().is_empty());
        assert!(node.library.listing(&grant).unwrap().is_none());
    }
    assert!(university.library.listing(&grant).unwrap().is_none(), "no page shows it at a party either");
    assert_eq!(university.ledger.figures(&university.identity.node.public()).own, 0);
}

/// What everyone reads names no circle: neither a revocation nor where a node's earlier logs end.
#[test]
fn sealed_logs_are_named_to_nobody() {
    let ([mut hub, mut firm, university, _], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    let to = university.identity.institution.id();
    wire.take([firm.desk().disclose(&about, &[to], &[], &[]).unwrap().1]);
    wire.give(&mut hub);
    let node = firm.identity.node.public();
    assert!(hub.ledger.own_logs(&node).iter().any(|log| log.shelf.circle().is_some()), "a mailbox holds one");
    let step = hub.desk().revoke(&node.to_string(), &[], "x".into()).unwrap();
    let Action::RevokeNode(_, points, _) = step.action else { panic!("{step:?}") };
    assert!(!points.is_empty() && points.iter().all(|(log, _)| log.shelf.circle().is_none()));
    firm.ledger.begin_incarnation().unwrap();
    let earlier = firm.ledger.predecessors(&node);
    assert!(!earlier.is_empty() && earlier.iter().all(|(log, _)| log.shelf.circle().is_none()));
}

#[test]
fn named_fields_and_contact_are_disclosed_when_named() {
    let ([_, mut firm, university, _], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    let to = university.identity.institution.id();
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (id, _) = firm.desk().disclose(&about, &[to], &named(&["contact"]), &[]).unwrap();
    assert_eq!(firm.text(&id, "detail/contact_phone").as_deref(), Some("027-55550000"));
    assert_eq!(firm.text(&id, "detail/problem").as_deref(), Some(""));
    let nothing = firm.desk().disclose(&about, &[to], &named(&["budget"]), &[]);
    assert!(matches!(nothing, Err(MarketError::NothingPrivate { .. })));
    let own = firm.desk().request(&about, "x", &[]);
    assert!(matches!(own, Err(MarketError::OwnListing { .. })));
}

#[test]
fn parties_edit_a_disclosure_together_and_others_do_not() {
    let ([mut hub, mut firm, mut university, _], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    let to = university.identity.institution.id();
    let (id, written) = firm.desk().disclose(&about, &[to], &[], &[]).unwrap();
    wire.take([written]);
    wire.give(&mut university);
    let change = |value: &str| {
        let key = "detail/budget".to_owned();
        BTreeMap::from([(key, Some(Value::Text(value.to_owned())))])
    };
    wire.take(university.desk().edit_sealed(&id, &change("八十万")).unwrap());
    wire.give(&mut firm);
    assert_eq!(firm.text(&id, "detail/budget").as_deref(), Some("八十万"));
    wire.give(&mut hub);
    assert!(matches!(hub.desk().edit_sealed(&id, &change("1")), Err(MarketError::NoSuchListing { .. })));
}

#[test]
fn a_removed_party_reads_no_later_version() {
    let ([_, mut firm, mut university, mut other], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    let ids = [&university, &other].map(|node| node.identity.institution.id());
    let (id, written) = firm.desk().disclose(&about, &ids, &[], &[]).unwrap();
    wire.take([written]);
    wire.give(&mut university);
    wire.give(&mut other);
    assert!(other.text(&id, "detail/problem").is_some() && university.text(&id, "detail/problem").is_some());
    let (next, written) = firm.desk().remove_party(&id, ids[1]).unwrap();
    wire.take([written]);
    wire.give(&mut university);
    // Whoever still names the old one writes into the new one.
    let change = BTreeMap::from([("detail/budget".to_owned(), Some(Value::Text("八十万".to_owned())))]);
    wire.take(university.desk().edit_sealed(&id, &change).unwrap());
    wire.give(&mut firm);
    wire.give(&mut other);
    for node in [&firm, &university] {
        assert_eq!(node.text(&next, "detail/budget").as_deref(), Some("八十万"));
        assert_eq!(node.text(&next, "detail/problem").as_deref(), Some(SECRET));
        let shown: Vec<_> = node.library.letters().unwrap().iter().map(|l| l.document.id).collect();
        assert_eq!(shown, [next], "the new one takes the old one's place");
    }
    assert_eq!(other.text(&next, "detail/problem"), None, "it cannot read what goes on without it");
    assert_eq!(other.text(&id, "detail/budget").as_deref(), Some(""), "what it has read it has read");
    let again = firm.desk().remove_party(&id, ids[1]);
    assert!(matches!(again, Err(MarketError::NoParty { .. })));
    let foreign = university.desk().remove_party(&next, firm.identity.institution.id());
    assert!(matches!(foreign, Err(MarketError::NotOurs { .. })));
}

#[test]
fn a_lost_store_opens_its_own_letters_again() {
    let ([_, mut firm, university, _], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    let (id, _) = firm.desk().disclose(&about, &[university.identity.institution.id()], &[], &[]).unwrap();
    let Node { identity, ledger, library, home } = firm;
    drop((ledger, library));
    std::fs::remove_dir_all(home.path().join("data/store")).unwrap();
    let firm = node(identity, home);
    assert_eq!(firm.text(&id, "detail/problem").as_deref(), Some(SECRET));
    assert_eq!(firm.library.private(&about).unwrap().len(), 1);
    assert!(firm.home.path().exists());
}

#[test]
fn private_text_stands_in_no_entry() {
    let ([_, mut firm, university, _], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    let to = university.identity.institution.id();
    wire.take([firm.desk().disclose(&about, &[to], &[], &[]).unwrap().1]);
    for needle in [SECRET, "027-55550000"] {
        let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|part| part == needle.as_bytes());
        assert!(!wire.entries.iter().any(|(_, e)| holds(&e.entry.to_bytes())), "{needle}");
    }
    let listing = firm.library.listing(&about).unwrap().unwrap();
    assert_eq!(listing.state.fields.get("_details"), Some(&vec![Value::Bool(true)]));
}

#[test]
fn what_is_private_stays_so_when_the_listing_comes_again() {
    let ([_, mut firm, _, _], mut wire) = network();
    let numbered = |mut record: Incoming| {
        record.fields.insert("source_id".to_owned(), Value::Text("A-1".to_owned()));
        record
    };
    let (outcomes, authored) = firm.desk().take_in(&[numbered(demand("轴承需求"))], true).unwrap();
    wire.take(authored);
    let Outcome::Published(id) = outcomes[0] else { panic!("it is published") };
    // The same row again, its private column among the others.
    let mut again = numbered(demand("轴承需求，改"));
    let problem = again.private.remove("problem").unwrap();
    again.fields.insert("problem".to_owned(), problem);
    let (outcomes, _) = firm.desk().take_in(&[again], true).unwrap();
    assert_eq!(outcomes, [Outcome::Updated(id)]);
    let listing = firm.library.listing(&id).unwrap().unwrap();
    assert!(!listing.state.fields.contains_key("problem"));
    assert!(listing.state.fields.contains_key("_details"));
    assert_eq!(firm.library.private(&id).unwrap().len(), 1);
}

#[test]
fn nothing_is_sealed_to_an_institution_without_a_known_node() {
    let ([_, mut firm, _, _], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    let nobody = protocol::InstitutionId([9; 32]);
    let refused = firm.desk().disclose(&about, &[nobody], &[], &[]);
    assert!(matches!(refused, Err(MarketError::NoReader { .. })));
}
