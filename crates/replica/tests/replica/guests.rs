//! Two networks that agreed to exchange something: what is agreed passes, and nothing else, to nobody else.

use std::collections::BTreeSet;
use std::sync::Arc;

use protocol::{Action, Gateway, Peering, ShelfKind, ShelfPattern, Side, Subject, Terms, Visibility};
use replica::{Abroad, Input, SessionState};

use crate::harness::{KIND, Node, REGION, World, fields, shelf};

const DAY_MS: i64 = 86_400_000;

fn side(world: &World, gives: &[u16], gateway: usize) -> Side {
    let pattern =
        |kind: &u16| ShelfPattern { region_prefix: "4201".to_owned(), kind: Some(ShelfKind(*kind)) };
    Side {
        network: world.charter.id(),
        name_zh: world.charter.name_zh.clone(),
        name_en: world.charter.name_en.clone(),
        gives: gives.iter().map(pattern).collect(),
        fields: Vec::new(),
        licence: String::new(),
        gateways: vec![Gateway { node: world.nodes[gateway].key.public(), addresses: Vec::new() }],
        institutions: Vec::new(),
        mappings: Vec::new(),
    }
}

fn terms(home: &World, host: &World, given_by_home: &[u16], until_ms: i64) -> Terms {
    let mut sides = [side(home, given_by_home, 0), side(host, &[KIND], 0)];
    sides.sort_by_key(|side| side.network);
    Terms { number: 1, made_ms: 0, until_ms, sides }
}

fn sign(world: &mut World, other: &World, terms: &Terms) {
    let peering = Peering { terms: terms.clone(), charter: other.charter.clone() };
    let (subject, action) = (Subject::Peer(other.charter.id()), Action::Peer(Box::new(peering)));
    world.roster_step(0, subject, action);
}

fn abroad(home: &World, host: &World, terms: &Terms) -> Abroad {
    let roster = Arc::new(home.nodes[0].replica.roster().clone());
    Abroad::new(roster, terms.clone(), &host.charter.id()).unwrap()
}

/// Two networks of a hub and a station each, which signed these terms. In the second: its hub 0, its station 1; as guests the
/// first one's hub 2 and station 3.
fn two() -> (World, World, Terms) {
    let (mut home, mut host) = (World::of(2, 71), World::of(2, 72));
    let terms = terms(&home, &host, &[], home.now_ms + 30 * DAY_MS);
    sign(&mut home, &host, &terms);
    sign(&mut host, &home, &terms);
    let abroad = abroad(&home, &host, &terms);
    for node in 0..2 {
        host.guest(&home.nodes[node], abroad.clone());
    }
    host.connect(0, 1);
    host.settle();
    (home, host, terms)
}

fn shelves(node: &Node) -> BTreeSet<(u32, u16, Visibility)> {
    node.store.keys().map(|log| (log.shelf.region, log.shelf.kind.0, log.shelf.visibility)).collect()
}

fn ended(world: &World, node: usize, session: u64) -> Option<String> {
    let peers = world.nodes[node].replica.peers();
    peers.iter().find(|peer| peer.session == session).and_then(|peer| match &peer.state {
        SessionState::Ended(why) => Some(why.clone()),
        _ => None,
    })
}

#[test]
fn what_was_agreed_passes_and_nothing_else() {
    let (_, mut host, _) = two();
    let shared = host.publish(1, KIND, "agreed");
    let kept: Vec<_> = [KIND + 1, KIND + 2].map(|kind| host.publish(1, kind, "not agreed")).into();
    let elsewhere = protocol::Shelf { region: 420_200, ..shelf(KIND) };
    let members = protocol::Shelf { visibility: Visibility::Members, ..shelf(KIND) };
    for shelf in [elsewhere, members, protocol::Shelf::DIRECTORY] {
        let (_, input) = host.nodes[1].create(shelf, fields(&[("title", "canary")]));
        host.give(1, input);
    }
    let gateway = host.connect(2, 0);
    let fellow = host.connect(3, 2);
    host.pass(30);
    assert!(host.synced(gateway) && host.synced(fellow));
    let agreed = BTreeSet::from([(0, 0, Visibility::Public), (REGION, KIND, Visibility::Public)]);
    for guest in [2, 3] {
        assert_eq!(shelves(&host.nodes[guest]), agreed);
        assert!(host.nodes[guest].document(&shared).is_some());
        assert!(kept.iter().all(|id| host.nodes[guest].document(id).is_none()));
        assert_eq!(host.nodes[guest].replica.roster().digest(), host.nodes[0].replica.roster().digest());
    }
    // Later news pass, a withdrawal as well; and a suspension, by the roster.
    host.edit(1, shared, &[("_status", Some("withdrawn"))]);
    let later = host.publish(1, KIND, "later");
    host.pass(5);
    let id = host.nodes[1].institution.id();
    host.roster_step(0, Subject::Institution(id), Action::Suspend("查".to_owned()));
    host.pass(5);
    for guest in [2, 3] {
        assert!(host.nodes[guest].document(&later).is_some());
        let member = &host.nodes[guest].replica.roster().members[&id];
        assert_eq!(member.state, protocol::MemberState::Suspended("查".to_owned()));
    }
}

#[test]
fn a_guest_that_asks_for_more_gets_nothing_more() {
    let (_, mut host, _) = two();
    host.publish(1, KIND, "agreed");
    let kept = host.publish(1, KIND + 1, "not agreed");
    let log = host.nodes[1].log(shelf(KIND + 1));
    let session = host.connect(2, 0);
    host.pass(10);
    host.sent = Some(Vec::new());
    let want = protocol::Frame::Want(vec![protocol::Want { log, have: 0, to: 9 }]);
    host.inject(session, 2, want.to_bytes());
    host.pass(10);
    let told = |bytes: &Vec<u8>| bytes.windows(32).any(|part| part == log.node.0);
    let sent = host.sent.take().unwrap();
    assert!(sent.iter().all(|(to, bytes)| *to != 2 || !told(bytes)), "no word of the log");
    assert!(host.nodes[2].document(&kept).is_none());
}

#[test]
fn what_was_given_is_passed_on_to_nobody_else() {
    let (_, mut host, terms) = two();
    // A third network, which has its own agreement with the first: that is no way to what the second gave.
    let third = World::of(2, 73);
    let other = self::terms(&third, &host, &[KIND], terms.until_ms);
    let stranger = host.guest(&third.nodes[0], abroad(&third, &host, &other));
    host.publish(1, KIND, "agreed");
    host.connect(2, 0);
    host.pass(10);
    let (by_guest, by_host) = (host.connect(stranger, 2), host.connect(stranger, 0));
    host.settle();
    assert!(host.report_of(stranger, "own nodes alone") || ended(&host, 2, by_guest).is_some());
    assert!(ended(&host, 0, by_host).is_none_or(|why| why.contains("no agreement")));
    assert_eq!(host.nodes[stranger].entries(), 0, "not even the roster");
}

#[test]
fn only_gateways_call_and_only_under_the_terms_that_both_signed() {
    let (home, mut host, terms) = two();
    host.publish(1, KIND, "agreed");
    // The station is no gateway.
    host.connect(3, 0);
    host.settle();
    assert_eq!(host.nodes[3].entries(), 0);
    // The first network has signed other terms meanwhile.
    let newer = Terms { number: 2, ..terms.clone() };
    let other = host.guest(&home.nodes[0], abroad(&home, &host, &newer));
    host.connect(other, 0);
    host.pass(5);
    let roster = BTreeSet::from([(0, 0, Visibility::Public)]);
    assert_eq!(shelves(&host.nodes[other]), roster, "by that it hears when both have signed the same");
    // Nor does the guest take from whoever is on no roster and no gateway.
    let stranger = host.stranger("stranger");
    let session = host.connect(2, stranger);
    host.settle();
    assert!(!host.is_open(session));
    assert_eq!(host.nodes[2].entries(), 0);
}

#[test]
fn a_suspended_agreement_ends_what_is_open_and_opens_nothing() {
    let (home, mut host, _) = two();
    let session = host.connect(2, 0);
    host.pass(5);
    assert!(host.synced(session));
    let held = host.nodes[2].entries();
    let peer = Subject::Peer(home.charter.id());
    host.roster_step(0, peer, Action::Suspend("核对数据".to_owned()));
    let meanwhile = host.publish(1, KIND, "meanwhile");
    host.pass(5);
    assert_eq!(host.nodes[2].entries(), held + 1, "the step, and nothing else");
    let state = |host: &World| host.nodes[2].replica.roster().peers[&home.charter.id()].state.clone();
    assert_eq!(state(&host), protocol::PeerState::Suspended("核对数据".to_owned()));
    // Nor does a new connection bring it.
    host.cut(session);
    let session = host.connect(2, 0);
    host.pass(5);
    assert!(host.synced(session) && host.nodes[2].document(&meanwhile).is_none());
    host.roster_step(0, peer, Action::Reinstate);
    host.pass(30);
    assert!(host.synced(session) && host.nodes[2].document(&meanwhile).is_some());
}

#[test]
fn an_agreement_ends_at_its_time_and_a_suspended_fellow_gets_nothing() {
    let (mut home, mut host, terms) = two();
    let (gateway, fellow) = (host.connect(2, 0), host.connect(3, 2));
    host.pass(10);
    assert!(host.synced(gateway) && host.synced(fellow));
    let id = home.nodes[1].institution.id();
    home.roster_step(0, Subject::Institution(id), Action::Suspend("查".to_owned()));
    let roster = Arc::new(home.nodes[0].replica.roster().clone());
    host.give(2, Input::Home(roster));
    host.settle();
    assert!(!host.is_open(fellow) && host.is_open(gateway));
    host.now_ms = terms.until_ms;
    host.pass(2);
    assert!(!host.is_open(gateway));
    host.connect(2, 0);
    host.settle();
    assert!(host.sessions_of(2).is_empty());
}

#[test]
fn another_node_of_a_named_institution_stands_in_by_the_roster_held_and_no_longer() {
    let (mut home, mut host) = (World::of(2, 71), World::of(2, 72));
    let mut terms = terms(&home, &host, &[], home.now_ms + 30 * DAY_MS);
    let (ours, id) = (home.charter.id(), home.nodes[1].institution.id());
    let ours = terms.sides.iter_mut().find(|side| side.network == ours).unwrap();
    ours.institutions = vec![id];
    sign(&mut home, &host, &terms);
    sign(&mut host, &home, &terms);
    let roster = |home: &World| Arc::new(home.nodes[0].replica.roster().clone());
    let abroad = abroad(&home, &host, &terms);
    // The station, whose institution is named; the gateway is the hub.
    let guest = host.guest(&home.nodes[1], abroad);
    host.connect(0, 1);
    host.settle();
    let shared = host.publish(1, KIND, "agreed");
    host.connect(guest, 0);
    host.settle();
    assert_eq!(host.nodes[guest].entries(), 0, "without that roster nobody stands in");
    // One of a network with which there is no agreement says nothing.
    host.give(0, Input::Foreign(Arc::new(World::of(2, 73).nodes[0].replica.roster().clone())));
    host.give(0, Input::Foreign(roster(&home)));
    let session = host.connect(guest, 0);
    host.pass(30);
    assert!(host.synced(session) && host.nodes[guest].document(&shared).is_some());
    let key = home.nodes[1].key.public();
    home.roster_step(0, Subject::Institution(id), Action::RevokeNode(key, Vec::new(), "遗失".to_owned()));
    host.give(0, Input::Foreign(roster(&home)));
    host.settle();
    assert!(!host.is_open(session), "a key that is revoked is out at once");
    host.connect(guest, 0);
    host.settle();
    assert!(host.sessions_of(guest).is_empty());
}
