//! Greetings by a certificate's check: short between two that hold each other's logs, in full as soon as somebody asks.

use protocol::{Credential, Frame, Hash, Hello, Shown, Subscription};
use replica::{Effect, Input, SessionState};

use crate::harness::{KIND, World};

/// What was greeted with since `sent` began to be kept.
fn greetings(world: &mut World) -> Vec<Shown> {
    let sent = world.sent.take().unwrap();
    let hello = |bytes: &Vec<u8>| match Frame::from_bytes(bytes) {
        Ok(Frame::Hello(hello)) => Some(hello.shown),
        _ => None,
    };
    sent.iter().filter_map(|(_, bytes)| hello(bytes)).collect()
}

#[test]
fn who_holds_each_others_logs_greets_by_a_check() {
    let mut world = World::found(41);
    let one_time = world.invite(0, LATER);
    let member = world.newcomer("member", &one_time);
    world.publish(member, KIND, "so that it has a log");
    world.sent = Some(Vec::new());
    let session = world.connect(member, 0);
    world.settle();
    assert!(greetings(&mut world).iter().all(|shown| matches!(shown, Shown::InFull(_))), "they meet");
    world.cut(session);
    world.sent = Some(Vec::new());
    let session = world.connect(member, 0);
    world.settle();
    assert!(world.synced(session));
    let by_check = |node: usize| Shown::ByCheck(world.nodes[node].certificate.check());
    let (of_member, of_hub) = (by_check(member), by_check(0));
    assert_eq!(greetings(&mut world), [of_hub, of_member], "who was called, then who called");
}

#[test]
fn who_called_greets_second_and_compares_in_the_same_breath() {
    let (mut world, member, hello) =
        greeted(|world, node| Shown::ByCheck(world.nodes[node].certificate.check()));
    let peer = world.nodes[member].key.public();
    let now_ms = world.now_ms;
    let effects =
        world.nodes[0].replica.handle(Input::Connected { session: 78, peer, outbound: true }, now_ms);
    assert!(effects.is_empty(), "{effects:?}");
    let effects = world.nodes[0].replica.handle(Input::Frame { session: 78, bytes: hello }, now_ms);
    let sent: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send { frame, session: 78 } => Some(frame),
            _ => None,
        })
        .collect();
    assert!(matches!(sent[..2], [Frame::Hello(_), Frame::Digest(_)]), "{sent:?}");
    assert_eq!(sent.iter().filter(|frame| matches!(frame, Frame::Hello(_))).count(), 1);
}

const LATER: i64 = 3_000_000_000_000;

/// A hello of the node, and a hub that it greets.
fn greeted(shown: impl Fn(&World, usize) -> Shown) -> (World, usize, Vec<u8>) {
    let mut world = World::found(42);
    let one_time = world.invite(0, LATER);
    let member = world.newcomer("member", &one_time);
    world.publish(member, KIND, "so that it has a log");
    let session = world.connect(member, 0);
    world.settle();
    world.cut(session);
    let hello = Hello {
        network: world.charter.id(),
        shown: shown(&world, member),
        subscription: Subscription::everything(),
        agent: String::new(),
    };
    let peer = world.nodes[member].key.public();
    let now_ms = world.now_ms;
    world.nodes[0].replica.handle(Input::Connected { session: 77, peer, outbound: false }, now_ms);
    (world, member, Frame::Hello(Box::new(hello)).to_bytes())
}

fn frame(world: &mut World, bytes: Vec<u8>) -> Vec<Effect> {
    let now_ms = world.now_ms;
    world.nodes[0].replica.handle(Input::Frame { session: 77, bytes }, now_ms)
}

#[test]
fn who_is_known_answers_for_itself_before_its_greeting_was_read() {
    let (mut world, member, _) = greeted(|_, _| Shown::ByCheck([9; 8]));
    let of_member = world.nodes[member].certificate.body.institution;
    let hub = &mut world.nodes[0].replica;
    assert_eq!(hub.answers_for_session(77), Some(of_member), "a thousand that return are no strangers");
    let stranger = protocol::PublicKey([9; 32]);
    hub.handle(Input::Connected { session: 78, peer: stranger, outbound: false }, world.now_ms);
    assert_eq!(hub.answers_for_session(78), None);
}

#[test]
fn who_does_not_hold_a_certificate_asks_for_it_and_drops_what_comes_meanwhile() {
    let (mut world, member, unknown) = greeted(|_, _| Shown::ByCheck([9; 8]));
    let effects = frame(&mut world, unknown.clone());
    assert!(matches!(effects[..], [Effect::Send { frame: Frame::ShowInFull, .. }]));
    let effects = frame(&mut world, Frame::Digest(Hash([1; 32])).to_bytes());
    assert!(effects.is_empty(), "its sender believes to be let in: {effects:?}");
    // It may not know this node's certificate either.
    let effects = frame(&mut world, Frame::ShowInFull.to_bytes());
    assert!(matches!(effects[..], [Effect::Send { frame: Frame::Hello(_), .. }]), "{effects:?}");
    let hello = Hello {
        network: world.charter.id(),
        shown: Shown::InFull(Credential::Certificate(Box::new(world.nodes[member].certificate.clone()))),
        subscription: Subscription::everything(),
        agent: String::new(),
    };
    frame(&mut world, Frame::Hello(Box::new(hello)).to_bytes());
    let peers = world.nodes[0].replica.peers();
    assert_eq!(peers.iter().map(|peer| &peer.state).collect::<Vec<_>>(), [&SessionState::Ready]);
    assert_eq!(peers[0].last_fault, None);
}

#[test]
fn a_check_that_stays_unknown_ends_the_session() {
    let (mut world, _, unknown) = greeted(|_, _| Shown::ByCheck([9; 8]));
    frame(&mut world, unknown.clone());
    let effects = frame(&mut world, unknown);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::HangUp { .. })), "{effects:?}");
}

#[test]
fn who_is_asked_shows_itself_once() {
    let (mut world, member, hello) =
        greeted(|world, node| Shown::ByCheck(world.nodes[node].certificate.check()));
    frame(&mut world, hello);
    let effects = frame(&mut world, Frame::ShowInFull.to_bytes());
    let own = world.nodes[0].certificate.clone();
    let shows = |effect: &Effect| {
        matches!(effect, Effect::Send { frame: Frame::Hello(hello), .. }
            if hello.shown == Shown::InFull(Credential::Certificate(Box::new(own.clone()))))
    };
    assert!(matches!(&effects[..], [effect] if shows(effect)), "{effects:?}");
    let effects = frame(&mut world, Frame::ShowInFull.to_bytes());
    assert!(!effects.iter().any(shows), "{effects:?}");
    assert!(world.nodes[0].replica.peers()[0].last_fault.is_some(), "{member} asks again");
}
