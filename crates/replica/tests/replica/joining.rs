//! Newcomers: invitations, and those who must stay outside.

use protocol::{Credential, Frame, Hello, NodeCertificate, Shown, Subscription};
use replica::{Effect, Input, SessionState};

use crate::harness::{KIND, World, node_certificate};

const LATER: i64 = 3_000_000_000_000;

#[test]
fn an_invitation_lets_a_newcomer_in() {
    let mut world = World::found(20);
    world.publish(0, KIND, "at the hub");
    let one_time = world.invite(0, LATER);
    let newcomer = world.newcomer("newcomer", &one_time);
    let session = world.connect(newcomer, 0);
    world.settle();
    assert!(world.synced(session));
    world.assert_same(&[0, newcomer]);
    let member = world.nodes[newcomer].institution.id();
    assert!(world.nodes[newcomer].replica.roster().members.contains_key(&member));
    world.publish(newcomer, KIND, "by the newcomer");
    world.settle();
    world.assert_same(&[0, newcomer]);
    // From now on it shows its certificate and needs no countersignature.
    world.cut(session);
    let redemptions = world.nodes[0].replica.roster_input().redemptions.len();
    world.sent = Some(Vec::new());
    let session = world.connect(newcomer, 0);
    world.settle();
    assert!(world.synced(session));
    let sent = world.sent.take().unwrap();
    let shown = sent.iter().filter_map(|(_, bytes)| match Frame::from_bytes(bytes) {
        Ok(Frame::Hello(hello)) => Some(hello.shown),
        _ => None,
    });
    assert!(shown.into_iter().all(|shown| !matches!(shown, Shown::InFull(Credential::Redemption(_)))));
    assert_eq!(world.nodes[0].replica.roster_input().redemptions.len(), redemptions);
}

#[test]
fn a_newcomer_cut_off_before_the_roster_came_is_let_in_again() {
    let mut world = World::found(21);
    let one_time = world.invite(0, LATER);
    let newcomer = world.newcomer("newcomer", &one_time);
    let session = world.connect(newcomer, 0);
    while world.nodes[0].replica.roster().redeemed.is_empty() {
        assert!(world.step());
    }
    world.cut(session);
    let session = world.connect(newcomer, 0);
    world.settle();
    assert!(world.synced(session));
}

#[test]
fn a_sub_market_invites_whoever_knows_only_the_charter() {
    let mut world = World::of(2, 22);
    let session = world.connect(1, 0);
    world.settle();
    let one_time = world.invite(1, LATER);
    world.settle();
    world.cut(session);
    world.publish(1, KIND, "at the sub-market");
    let newcomer = world.newcomer("newcomer", &one_time);
    let early = world.publish(newcomer, KIND, "written before it was admitted");
    let session = world.connect(newcomer, 1);
    world.pass(20);
    assert!(world.synced(session));
    world.assert_same(&[1, newcomer]);
    assert!(world.nodes[1].document(&early).is_some());
}

#[test]
fn before_its_issuer_is_on_the_roster_nothing_but_the_roster_is_shown_to_it() {
    let mut world = World::found(23);
    let (impostor, one_time) = (world.stranger("impostor"), world.invite(0, LATER));
    let newcomer = world.newcomer("newcomer", &one_time);
    world.publish(newcomer, KIND, "not for strangers");
    let log = world.nodes[newcomer].log(crate::harness::shelf(KIND));
    let hello = Hello {
        network: world.charter.id(),
        shown: Shown::InFull(Credential::Certificate(Box::new(world.nodes[impostor].certificate.clone()))),
        subscription: Subscription::everything(),
        agent: String::new(),
    };
    let (session, peer, now_ms) = (77, world.nodes[impostor].key.public(), world.now_ms);
    let replica = &mut world.nodes[newcomer].replica;
    let mut effects = replica.handle(Input::Connected { session, peer, outbound: true }, now_ms);
    let asks = [
        Frame::Hello(Box::new(hello)),
        Frame::Digest(protocol::Hash([1; 32])),
        Frame::Buckets(Vec::new()),
        Frame::Want(vec![protocol::Want { log, have: 0, to: 9 }]),
    ];
    for ask in asks {
        effects.extend(replica.handle(Input::Frame { session, bytes: ask.to_bytes() }, now_ms));
    }
    assert_eq!(replica.peers()[0].state, SessionState::Ready, "it may bring the roster");
    for effect in &effects {
        match effect {
            Effect::Serve { .. } => panic!("served"),
            Effect::Send { frame: Frame::Heads(heads), .. } => assert!(heads.is_empty()),
            Effect::Send { frame: Frame::Buckets(buckets), .. } => assert!(buckets.is_empty()),
            _ => {}
        }
    }
    let effects = replica.handle(Input::Tick, now_ms + 70_000);
    let ended =
        |effect: &Effect| matches!(effect, Effect::HangUp { reason, .. } if reason.contains("does not list"));
    assert!(effects.iter().any(ended));
}

#[test]
fn an_invitation_serves_once() {
    let mut world = World::found(24);
    let one_time = world.invite(0, LATER);
    let (first, second) = (world.newcomer("first", &one_time), world.newcomer("second", &one_time));
    world.connect(first, 0);
    world.settle();
    world.connect(second, 0);
    world.settle();
    assert!(world.report_of(second, "used already"));
    let members = &world.nodes[0].replica.roster().members;
    assert!(members.contains_key(&world.nodes[first].institution.id()));
    assert!(!members.contains_key(&world.nodes[second].institution.id()));
    assert_eq!(world.nodes[second].entries(), 0);
}

#[test]
fn two_newcomers_with_one_invitation_at_the_same_time() {
    for seed in 0..20 {
        let mut world = World::found(2_400 + seed);
        let one_time = world.invite(0, LATER);
        let (a, b) = (world.newcomer("a", &one_time), world.newcomer("b", &one_time));
        world.connect(a, 0);
        world.connect(b, 0);
        world.pass(30);
        let members = &world.nodes[0].replica.roster().members;
        let admitted = [a, b].into_iter().filter(|n| members.contains_key(&world.nodes[*n].institution.id()));
        assert_eq!(admitted.count(), 1);
        assert_eq!(world.sessions().len(), 1, "the other one was hung up");
    }
}

#[test]
fn an_expired_invitation_is_refused() {
    let mut world = World::found(25);
    let one_time = world.invite(0, world.now_ms - 1);
    let newcomer = world.newcomer("newcomer", &one_time);
    world.connect(newcomer, 0);
    world.settle();
    assert!(world.report_of(newcomer, "expired"));
}

#[test]
fn an_invitation_of_another_node_is_refused_with_advice() {
    let mut world = World::of(2, 26);
    world.connect(1, 0);
    world.settle();
    let one_time = world.invite(0, LATER);
    world.pass(2);
    let newcomer = world.newcomer("newcomer", &one_time);
    world.connect(newcomer, 1);
    world.settle();
    assert!(world.report_of(newcomer, "issued by another node"));
}

#[test]
fn an_unlisted_node_is_refused() {
    let mut world = World::found(27);
    let stranger = world.stranger("stranger");
    world.publish(0, KIND, "for members");
    world.connect(stranger, 0);
    world.settle();
    assert!(world.report_of(stranger, "not on the roster"));
    assert!(world.sessions().is_empty());
    assert_eq!(world.nodes[stranger].entries(), 0);
}

#[test]
fn another_network_is_refused() {
    let mut world = World::of(2, 28);
    let other = World::found(29);
    let mine = world.charter.id();
    let hello = Hello {
        network: other.charter.id(),
        shown: Shown::InFull(Credential::Certificate(Box::new(world.nodes[1].certificate.clone()))),
        subscription: Subscription::everything(),
        agent: "x".to_owned(),
    };
    let session = world.connect(1, 0);
    world.give(0, Input::Frame { session, bytes: Frame::Hello(Box::new(hello)).to_bytes() });
    assert!(world.report_of(0, &format!("I to {}", mine.short())));
}

#[test]
fn a_certificate_for_another_key_than_the_connections_is_refused() {
    let mut world = World::of(3, 30);
    // 2 connects with its own transport key, and shows the certificate of 1.
    world.nodes[2].certificate = world.nodes[1].certificate.clone();
    let keys = [world.nodes[2].key.public(), world.nodes[0].key.public()];
    let charter = world.charter.clone();
    world.nodes[2].restart(&charter);
    world.connect_as(2, 0, keys);
    world.settle();
    assert!(world.report_of(2, "another node key"));
}

#[test]
fn a_certificate_by_another_root_is_refused() {
    let mut world = World::of(3, 31);
    // 2 certifies its node for the institution of 1, with its own root key.
    let who = world.nodes[1].institution.clone();
    let (root, key) = (world.nodes[2].root.clone(), world.nodes[2].key.clone());
    let mut body = node_certificate(&who, &key.public());
    body.root = root.public();
    world.nodes[2].certificate = NodeCertificate::issue(body, &world.charter.id(), &root, &key);
    let charter = world.charter.clone();
    world.nodes[2].restart(&charter);
    world.connect(2, 0);
    world.settle();
    assert!(world.report_of(2, "not on the roster"));
}

#[test]
fn an_expired_certificate_is_refused_and_ends_a_running_session() {
    let mut world = World::of(2, 32);
    let mut body = world.nodes[1].certificate.body.clone();
    body.not_after_ms = world.now_ms + 5_000;
    let (root, key) = (world.nodes[1].root.clone(), world.nodes[1].key.clone());
    world.nodes[1].certificate = NodeCertificate::issue(body, &world.charter.id(), &root, &key);
    let charter = world.charter.clone();
    world.nodes[1].restart(&charter);
    let session = world.connect(1, 0);
    world.settle();
    assert_eq!(world.peer(0, session).state, SessionState::Ready);
    world.pass(8);
    assert!(world.sessions().is_empty());
    world.connect(1, 0);
    world.settle();
    assert!(world.report_of(1, "expired"));
}

/// A certificate is good to the last millisecond that it names, at the greeting and while a session runs.
#[test]
fn a_certificate_expires_behind_its_last_millisecond() {
    let mut world = World::of(2, 38);
    let mut body = world.nodes[1].certificate.body.clone();
    let last = world.now_ms + 5_000;
    body.not_after_ms = last;
    let node = &world.nodes[1];
    let certificate = NodeCertificate::issue(body, &world.charter.id(), &node.root, &node.key);
    let hello = Frame::Hello(Box::new(Hello {
        network: world.charter.id(),
        shown: Shown::InFull(Credential::Certificate(Box::new(certificate))),
        subscription: node.subscription.clone(),
        agent: String::new(),
    }));
    let (bytes, peer) = (hello.to_bytes(), node.key.public());
    let hub = &mut world.nodes[0].replica;
    let mut ends = |session, input, now_ms| {
        if let Input::Frame { .. } = input {
            hub.handle(Input::Connected { session, peer, outbound: false }, now_ms);
        }
        hub.handle(input, now_ms).iter().any(|effect| matches!(effect, Effect::HangUp { .. }))
    };
    assert!(!ends(77, Input::Frame { session: 77, bytes: bytes.clone() }, last));
    assert!(!ends(77, Input::Tick, last));
    assert!(ends(78, Input::Frame { session: 78, bytes }, last + 1));
    assert!(ends(77, Input::Tick, last + 1));
}

#[test]
fn who_never_greets_is_hung_up() {
    let mut world = World::of(2, 33);
    world.faults.drop = 1000;
    world.connect(1, 0);
    world.faults.drop = 0;
    world.pass(20);
    assert!(world.report_of(0, "no valid hello"));
    assert!(world.sessions().is_empty());
}

#[test]
fn who_waits_while_another_uses_its_invitation_is_told_so() {
    let mut world = World::found(34);
    let one_time = world.invite(0, LATER);
    let (first, second) = (world.newcomer("first", &one_time), world.newcomer("second", &one_time));
    let hello = |world: &World, node: usize| {
        let credential = Credential::Redemption(Box::new(world.nodes[node].redemption()));
        let network = world.charter.id();
        let hello = Hello {
            network,
            shown: Shown::InFull(credential),
            subscription: Subscription::everything(),
            agent: String::new(),
        };
        Frame::Hello(Box::new(hello)).to_bytes()
    };
    let (session, peer, now_ms) = (77, world.nodes[second].key.public(), world.now_ms);
    let bytes = hello(&world, second);
    let hub = &mut world.nodes[0].replica;
    hub.handle(Input::Connected { session, peer, outbound: false }, now_ms);
    // The countersignature that it calls for is not written; that of the first is, on another way.
    let effects = hub.handle(Input::Frame { session, bytes }, now_ms);
    assert!(matches!(effects[..], [Effect::Countersign { .. }]));
    let redemption = world.nodes[first].redemption();
    let written = world.nodes[0].write_redeem(&redemption);
    let effects = world.nodes[0].replica.handle(written, now_ms);
    let told =
        |effect: &Effect| matches!(effect, Effect::HangUp { reason, .. } if reason.contains("used already"));
    assert!(effects.iter().any(told));
}

/// While an invitation is being countersigned, another connection cannot use it; other invitations can be.
#[test]
fn one_invitation_is_used_on_one_connection_at_a_time() {
    let mut world = World::found(36);
    let (one_time, other) = (world.invite(0, LATER), world.invite(0, LATER));
    let nodes = [&one_time, &one_time, &other].map(|key| world.newcomer("newcomer", key));
    let effects = nodes.map(|node| {
        let (session, peer, now_ms) = (70 + node as u64, world.nodes[node].key.public(), world.now_ms);
        let hello = Hello {
            network: world.charter.id(),
            shown: Shown::InFull(Credential::Redemption(Box::new(world.nodes[node].redemption()))),
            subscription: Subscription::everything(),
            agent: String::new(),
        };
        let hub = &mut world.nodes[0].replica;
        hub.handle(Input::Connected { session, peer, outbound: false }, now_ms);
        hub.handle(Input::Frame { session, bytes: Frame::Hello(Box::new(hello)).to_bytes() }, now_ms)
    });
    assert!(matches!(effects[0][..], [Effect::Countersign { .. }]));
    let told = |effect: &Effect| matches!(effect, Effect::HangUp { reason, .. } if reason.contains("another connection"));
    assert!(effects[1].iter().any(told));
    assert!(matches!(effects[2][..], [Effect::Countersign { .. }]));
}

/// Patience ends at its bound and not a moment before.
#[test]
fn who_is_late_is_hung_up_to_the_millisecond() {
    let mut world = World::of(2, 37);
    let (peer, begun) = (world.nodes[1].key.public(), world.now_ms);
    let hub = &mut world.nodes[0].replica;
    hub.handle(Input::Connected { session: 77, peer, outbound: false }, begun);
    let ended = |effects: Vec<Effect>| effects.iter().any(|e| matches!(e, Effect::HangUp { .. }));
    assert!(!ended(hub.handle(Input::Tick, begun + 15_000)));
    assert!(ended(hub.handle(Input::Tick, begun + 15_001)));
    let (one, other) = (world.stranger("one"), world.stranger("other"));
    let session = world.connect(one, other);
    world.settle_hello(session);
    let met = world.now_ms;
    let one = &mut world.nodes[one].replica;
    assert!(!ended(one.handle(Input::Tick, met + 60_000)));
    assert!(ended(one.handle(Input::Tick, met + 60_001)));
}

#[test]
fn an_invitation_that_cannot_be_countersigned_ends_with_a_reason() {
    let mut world = World::found(35);
    let one_time = world.invite(0, LATER);
    let newcomer = world.newcomer("newcomer", &one_time);
    let (session, peer, now_ms) = (77, world.nodes[newcomer].key.public(), world.now_ms);
    let credential = Credential::Redemption(Box::new(world.nodes[newcomer].redemption()));
    let hello = Hello {
        network: world.charter.id(),
        shown: Shown::InFull(credential),
        subscription: Subscription::everything(),
        agent: String::new(),
    };
    let hub = &mut world.nodes[0].replica;
    hub.handle(Input::Connected { session, peer, outbound: false }, now_ms);
    hub.handle(Input::Frame { session, bytes: Frame::Hello(Box::new(hello)).to_bytes() }, now_ms);
    let effects = hub.handle(Input::Tick, now_ms + 20_000);
    let told =
        |effect: &Effect| matches!(effect, Effect::HangUp { reason, .. } if reason.contains("countersigned"));
    assert!(effects.iter().any(told));
}
