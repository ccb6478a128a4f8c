//! Promises 17 and 21: what was sent once is sent again, elsewhere, by someone else; and keys that nobody admitted.

use protocol::{
    Action, Credential, Frame, Hello, NodeCertificate, PublicKey, SecretKey, Shown, Subject, Subscription,
    Verb,
};
use replica::{Effect, Input};

use crate::harness::{KIND, Rng, World, node_certificate, runs, shelf};
use crate::sync::star;

/// Generated replays; the full figure takes ten thousand.
const REPLAYS: usize = 500;
/// Generated keys.
const KEYS: usize = 1_000;

fn replays() -> usize {
    std::env::var("LIANSHI_REPLAYS").ok().and_then(|n| n.parse().ok()).unwrap_or(REPLAYS)
}

/// All that honest nodes have sent: runs of every log, steps, heads.
fn recorded(world: &World) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for node in &world.nodes {
        for (log, entries) in &node.store {
            let upto = entries.len() as u64;
            for have in 0..upto {
                frames.extend(
                    runs(node, log, have, upto, 2).into_iter().map(|(run, ..)| Frame::Run(run).to_bytes()),
                );
            }
            let head = node.head(log);
            frames.push(Frame::Heads(vec![protocol::LogHead { log: *log, head }]).to_bytes());
        }
    }
    frames
}

#[test]
fn what_was_sent_once_does_nothing_when_it_is_sent_again() {
    let (mut world, sessions) = star(3, 120);
    let ids: Vec<_> = (0..4).map(|n| world.publish(1 + n % 2, KIND, &format!("{n}"))).collect();
    world.settle();
    for id in &ids {
        for node in 1..3 {
            world.edit(node, *id, &[("title", Some("edited"))]);
        }
    }
    let who = world.nodes[2].institution.id();
    world.roster_step(0, Subject::Institution(who), Action::ChangeRole(protocol::Role::SubMarket, 420_100));
    world.settle();
    let (mut other, _) = star(2, 121);
    other.publish(1, KIND, "of another network");
    other.settle();
    let (own, foreign) = (recorded(&world), recorded(&other));
    let (heads, view) = (world.nodes[0].heads(), world.nodes[0].view());
    let roster = world.nodes[0].replica.roster().digest();
    let mut rng = Rng::new(122);
    for case in 0..replays() {
        let foreign_one = rng.chance(300);
        let frames = if foreign_one { &foreign } else { &own };
        let bytes = frames[rng.below(frames.len())].clone();
        // By its author, or by another peer; now, or years later.
        let session = sessions[rng.below(2)];
        if rng.chance(20) {
            world.now_ms += 86_400_000 * rng.below(30) as i64;
        }
        world.give(0, Input::Frame { session, bytes });
        if case % 10 == 9 {
            let peers: Vec<PublicKey> = world.nodes.iter().map(|node| node.key.public()).collect();
            for peer in peers {
                world.give(0, Input::Forgive { peer });
            }
        }
        assert_eq!(world.nodes[0].heads(), heads, "case {case}");
    }
    assert_eq!(world.nodes[0].view(), view);
    assert_eq!(world.nodes[0].replica.roster().digest(), roster);
}

/// A patch signed for one document is put into another by a member that may edit it.
#[test]
fn a_patch_replayed_into_another_document_is_void() {
    let (mut world, _) = star(3, 123);
    let ids: Vec<_> = (0..6).map(|n| world.publish(1, KIND, &format!("{n}"))).collect();
    for id in &ids {
        world.edit(1, *id, &[("title", Some("edited")), ("summary", None)]);
    }
    world.settle();
    let before: Vec<_> = ids.iter().map(|id| world.nodes[0].document(id).unwrap().state()).collect();
    let log = world.nodes[1].log(shelf(KIND));
    let patches: Vec<(Option<protocol::DocumentId>, Vec<u8>)> = world.nodes[1].store[&log]
        .iter()
        .filter(|entry| [Verb::CREATE, Verb::EDIT].contains(&entry.header.verb))
        .map(|entry| (Some(entry.document()), entry.payload.as_ref().unwrap().bytes.clone()))
        .collect();
    let mut tried = 0;
    for (from, bytes) in patches {
        for id in ids.iter().filter(|id| Some(**id) != from) {
            let input = world.nodes[1].write(log, Verb::EDIT, Some(*id), bytes.clone());
            world.give(1, input);
            tried += 1;
        }
    }
    world.settle();
    assert_eq!(tried, 60);
    for (id, state) in ids.iter().zip(before) {
        assert_eq!(world.nodes[0].document(id).unwrap().state(), state);
    }
    // The author goes on: its next edit counts.
    assert!(world.edit(1, ids[0], &[("title", Some("after it"))]));
    world.settle();
    let title = world.nodes[0].document(&ids[0]).unwrap().state().fields["title"].clone();
    assert_eq!(title, [protocol::Value::Text("after it".to_owned())]);
    world.assert_same(&[0, 1, 2]);
}

/// A peer with this key shows this; gives back what the hub sent it.
fn shown(
    world: &mut World,
    session: u64,
    peer: PublicKey,
    credential: Credential,
    network: u64,
) -> Vec<Frame> {
    let id = if network == 0 { world.charter.id() } else { protocol::NetworkId([7; 32]) };
    let hello = Hello {
        network: id,
        shown: Shown::InFull(credential),
        subscription: Subscription::everything(),
        agent: String::new(),
    };
    let now_ms = world.now_ms;
    let hub = &mut world.nodes[0].replica;
    let mut effects = hub.handle(Input::Connected { session, peer, outbound: false }, now_ms);
    let log = hub.logs().keys().next().copied().unwrap();
    for frame in [
        Frame::Hello(Box::new(hello)),
        Frame::Buckets(Vec::new()),
        Frame::Want(vec![protocol::Want { log, have: 0, to: u64::MAX }]),
    ] {
        effects.extend(hub.handle(Input::Frame { session, bytes: frame.to_bytes() }, now_ms));
    }
    let mut sent = Vec::new();
    for effect in effects {
        match effect {
            Effect::Send { frame, .. } => sent.push(frame),
            other => assert!(matches!(other, Effect::HangUp { .. } | Effect::Report { .. }), "{other:?}"),
        }
    }
    assert!(!hub.peers().iter().any(|p| p.session == session && p.state == replica::SessionState::Ready));
    hub.handle(Input::Closed { session }, now_ms);
    sent
}

/// The kinds of keys that get nothing.
const KINDS: [&str; 8] = [
    "unlisted",
    "suspended",
    "expired",
    "other network",
    "another's certificate",
    "used invitation",
    "invitation of nobody",
    "revoked",
];

#[test]
fn a_thousand_keys_that_nobody_admitted_get_nothing() {
    let mut world = World::of(4, 130);
    let who = world.nodes[2].institution.id();
    world.roster_step(0, Subject::Institution(who), Action::Suspend("fees".to_owned()));
    let one_time = world.invite(0, i64::MAX);
    let guest = world.newcomer("guest", &one_time);
    let joined = world.connect(guest, 0);
    world.settle();
    assert!(world.synced(joined));
    world.cut(joined);
    let members = world.nodes[0].replica.roster().members.len();
    let mut rng = Rng::new(131);
    for n in 0..KEYS {
        let kind = KINDS[n % KINDS.len()];
        let key = SecretKey::from_seed(&rng.bytes());
        let root = SecretKey::from_seed(&rng.bytes());
        let issued = |world: &World, of: usize, expired: bool, network: &protocol::NetworkId| {
            let node = &world.nodes[of];
            let mut body = node_certificate(&node.institution, &key.public());
            body.not_after_ms = if expired { world.now_ms - 1 } else { body.not_after_ms };
            NodeCertificate::issue(body, network, &node.root, &key)
        };
        let network = world.charter.id();
        let stranger = protocol::Institution { root: root.public(), ..world.nodes[1].institution.clone() };
        let unlisted =
            NodeCertificate::issue(node_certificate(&stranger, &key.public()), &network, &root, &key);
        let redeem = |with: &SecretKey| {
            let redemption =
                protocol::Redemption::sign(stranger.clone(), unlisted.clone(), &network, with, &root);
            Credential::Redemption(Box::new(redemption))
        };
        let certificate = |certificate| Credential::Certificate(Box::new(certificate));
        let credential = match kind {
            "unlisted" => certificate(unlisted.clone()),
            "suspended" => certificate(issued(&world, 2, false, &network)),
            "expired" => certificate(issued(&world, 1, true, &network)),
            "other network" if n % 16 < 8 => {
                certificate(issued(&world, 1, false, &protocol::NetworkId([7; 32])))
            }
            "other network" => certificate(issued(&world, 1, false, &network)),
            "another's certificate" => certificate(world.nodes[1].certificate.clone()),
            "used invitation" if n % 16 < 8 => redeem(&one_time),
            "used invitation" => Credential::Redemption(Box::new(world.nodes[guest].redemption())),
            "invitation of nobody" => redeem(&SecretKey::from_seed(&rng.bytes())),
            _ => {
                let revoked = issued(&world, 1, false, &network);
                let institution = world.nodes[1].institution.id();
                let action = Action::RevokeNode(key.public(), Vec::new(), "stolen".to_owned());
                world.roster_step(0, Subject::Institution(institution), action);
                certificate(revoked)
            }
        };
        let claimed = u64::from(kind == "other network" && n % 16 >= 8);
        let sent = shown(&mut world, 10_000 + n as u64, key.public(), credential, claimed);
        let reasons = sent.iter().filter(|frame| matches!(frame, Frame::Refused(_))).count();
        let hellos = sent.iter().filter(|frame| matches!(frame, Frame::Hello(_))).count();
        assert_eq!((hellos, reasons, sent.len()), (1, 1, 2), "{kind}: {sent:?}");
    }
    let roster = world.nodes[0].replica.roster();
    assert_eq!(roster.members.len(), members, "nobody was admitted");
    assert_eq!(roster.redeemed.len(), 1);
    assert!(world.nodes[0].replica.peers().is_empty());
    println!("{KEYS} keys, 0 admitted");
}
