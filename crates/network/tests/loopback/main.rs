//! Real nodes over real loopback sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the test's answer"
)]

mod channels;
mod hostile;
mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use network::{
    Bandwidth, CloseReason, DialError, DialFailure, Event, SendOutcome, address_with_key, key_of_secret,
    start,
};
use support::{Node, QUIC, TCP, config, exchange, numbered, pair};

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_frames_each_way_in_order() {
    for listen in [TCP, QUIC] {
        let (one, session, other, far) = pair(config(1, listen), config(2, listen)).await;
        let far = tokio::spawn(exchange(other, far, 10_000));
        let one = exchange(one, session, 10_000).await;
        let other = far.await.unwrap();
        let expected: usize = (0..10_000).map(|n| numbered(n).len() + 4).sum();
        for node in [&one, &other] {
            let total = node.handle.total();
            assert_eq!((total.frames_in, total.bytes_in), (10_000, expected as u64));
            assert_eq!((total.frames_out, total.bytes_out), (10_000, expected as u64));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_dial_each_other_at_once_keep_one_session() {
    let rounds = (0..12).map(|round| {
        let listen = if round % 2 == 0 { TCP } else { QUIC };
        tokio::spawn(async move {
            let mut one = Node::new(10 + 2 * round, listen).await;
            let mut other = Node::new(11 + 2 * round, listen).await;
            one.handle.dial(&other.address, Some(other.key)).unwrap();
            other.handle.dial(&one.address, Some(one.key)).unwrap();
            let quiet = Duration::from_millis(700);
            let (at_one, at_other) = tokio::join!(one.settle(quiet), other.settle(quiet));
            let (from, to) = (only_session(&at_one), only_session(&at_other));
            assert_eq!(one.handle.send(from, b"here".to_vec()), SendOutcome::Queued);
            assert_eq!(other.handle.send(to, b"there".to_vec()), SendOutcome::Queued);
            assert_eq!(one.frame().await, b"there");
            assert_eq!(other.frame().await, b"here");
        })
    });
    for round in rounds.collect::<Vec<_>>() {
        round.await.unwrap();
    }
}

/// A restarted peer comes back before its old connection is known to be dead.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_comes_back_takes_over_its_old_session() {
    let mut node = Node::new(1, TCP).await;
    let mut lives = Vec::new();
    for _ in 0..20 {
        let mut peer = Node::new(2, TCP).await;
        peer.handle.dial(&node.address, None).unwrap();
        peer.connected().await;
        lives.push(peer);
    }
    let events = node.settle(Duration::from_millis(500)).await;
    let session = only_session(&events);
    assert_eq!(node.handle.counters().superseded, 19);
    assert_eq!(node.handle.send(session, b"welcome back".to_vec()), SendOutcome::Queued);
    assert_eq!(lives.pop().unwrap().frame().await, b"welcome back");
}

/// The one session that is open after these events; never were two open at a time.
fn only_session(events: &[Event]) -> network::SessionId {
    let mut open = BTreeSet::new();
    for event in events {
        match event {
            Event::Connected { session, .. } => {
                assert!(open.insert(*session) && open.len() == 1, "{events:?}")
            }
            Event::Closed { session, .. } => assert!(open.remove(session), "{events:?}"),
            _ => {}
        }
    }
    assert_eq!(open.len(), 1, "{events:?}");
    open.pop_first().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_core_holds_the_sender_back_and_loses_nothing() {
    for listen in [TCP, QUIC] {
        let (mut one, session, mut other, _) = pair(config(1, listen), config(2, listen)).await;
        let frame = |n: u32| [&n.to_be_bytes()[..], &[7; 60_000]].concat();
        let mut sent = 0_u32;
        loop {
            match one.handle.send(session, frame(sent)) {
                SendOutcome::Queued => sent += 1,
                // Full for half a second: nothing moves any more.
                SendOutcome::Full(_) => {
                    let drained = tokio::time::timeout(Duration::from_millis(500), async {
                        one.until(|event| matches!(event, Event::Drained { .. }).then_some(())).await;
                    });
                    if drained.await.is_err() {
                        break;
                    }
                }
                other => panic!("{other:?}"),
            }
            assert!(sent < 500, "30 MB are taken though nobody reads them");
        }
        assert!(one.handle.stats(session).unwrap().queued <= 2 * 1024 * 1024);
        for n in 0..sent {
            assert_eq!(other.frame().await[..4], n.to_be_bytes());
        }
        one.until(|event| matches!(event, Event::Drained { .. }).then_some(())).await;
    }
}

#[test]
fn a_killed_node_is_noticed() {
    let rt = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (here, there) = (rt(), rt());
    let victim = there.block_on(Node::new(1, TCP));
    let mut witness = here.block_on(Node::new(2, TCP));
    here.block_on(async {
        witness.handle.dial(&victim.address, Some(victim.key)).unwrap();
        witness.connected().await;
    });
    there.shutdown_background(); // no task of it runs on, nothing is said
    let reason = here.block_on(witness.closed());
    assert!(matches!(reason, CloseReason::ConnectionLost(_) | CloseReason::RemoteClosed), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn last_words_arrive_before_the_end() {
    for listen in [TCP, QUIC] {
        let (mut one, session, mut other, far) = pair(config(1, listen), config(2, listen)).await;
        // More than the windows of the transport hold, so that much is still on its way when the session ends.
        const LAST: u32 = 90;
        for n in 0..LAST {
            assert_eq!(one.handle.send(session, numbered(n * 100)), SendOutcome::Queued);
        }
        let begun = Instant::now();
        one.handle.hang_up(session, "enough");
        let reader = async {
            for n in 0..LAST {
                assert!(other.frame().await == numbered(n * 100), "frame {n}");
            }
            other.closed().await
        };
        let (at_one, at_other) = tokio::join!(one.closed(), reader);
        assert_eq!((at_one, at_other), (CloseReason::HungUp("enough".to_owned()), CloseReason::RemoteClosed));
        assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
        assert_eq!(one.handle.send(session, vec![1]), SendOutcome::Gone);
        assert_eq!(other.handle.send(far, vec![1]), SendOutcome::Gone);
        // And the way is free for a new session.
        other.handle.dial(&one.address, None).unwrap();
        one.connected().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_ends_sessions_and_events() {
    for listen in [TCP, QUIC] {
        let (mut one, _, mut other, _) = pair(config(1, listen), config(2, listen)).await;
        one.handle.shutdown().await;
        assert_eq!(one.closed().await, CloseReason::Shutdown);
        assert_eq!(one.events.recv().await, None);
        assert_eq!(one.handle.dial(&other.address, None), Err(DialError::Stopped));
        let reason = other.closed().await;
        assert!(matches!(reason, CloseReason::RemoteClosed | CloseReason::ConnectionLost(_)), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dials_that_fail_say_why() {
    let (mut one, _, other, _) = pair(config(1, TCP), config(2, TCP)).await;
    let third = Node::new(3, QUIC).await;
    let dial = |address: &str, expect| one.handle.dial(address, expect).unwrap();

    let bare = third.address.split("/p2p/").next().unwrap();
    dial(bare, Some(key_of_secret(&[9; 32])));
    let dial_again = one.dial_failure().await;
    assert_eq!(dial_again, DialFailure::WrongKey { found: Some(third.key) });

    one.handle.dial(other.address.split("/p2p/").next().unwrap(), Some(key_of_secret(&[9; 32]))).unwrap();
    assert_eq!(one.dial_failure().await, DialFailure::WrongKey { found: Some(other.key) });

    one.handle.dial(&other.address, None).unwrap();
    assert_eq!(one.dial_failure().await, DialFailure::AlreadyConnected);
    one.handle.dial(other.address.split("/p2p/").next().unwrap(), None).unwrap();
    assert_eq!(one.dial_failure().await, DialFailure::AlreadyConnected);

    let own = one.address.clone();
    one.handle.dial(&own, None).unwrap();
    assert_eq!(one.dial_failure().await, DialFailure::Myself);

    one.handle.dial("/ip4/127.0.0.1/tcp/1", None).unwrap();
    let reason = one.dial_failure().await;
    assert!(matches!(&reason, DialFailure::Unreachable(why) if why.contains("refused")), "{reason}");

    one.handle.dial("/dns4/no-such-host.invalid/tcp/1", None).unwrap();
    assert!(matches!(one.dial_failure().await, DialFailure::NameNotFound(_)));

    assert!(matches!(one.handle.dial("hub:4001", None), Err(DialError::BadAddress { .. })));
    assert_eq!(one.handle.dial(&own, Some(third.key)), Err(DialError::KeysDiffer));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_looked_up() {
    let mut one = Node::new(1, TCP).await;
    let other = Node::new(2, TCP).await;
    let address = other.address.replace("/ip4/127.0.0.1/", "/dns4/localhost/");
    one.handle.dial(&address, None).unwrap();
    assert_eq!(one.connected().await.1, other.key);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preferred_port_is_kept_and_a_taken_one_is_told() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for listen in [TCP, QUIC] {
        let preferring = |seed| network::Config { preferred_port: Some(free), ..config(seed, listen) };
        let first = Node::with(preferring(1)).await;
        let expected = listen.replace("/0", &format!("/{free}"));
        assert_eq!(first.address, address_with_key(&expected, &first.key).unwrap());

        let second = Node::with(preferring(2)).await;
        assert_ne!(second.address.split("/p2p/").next().unwrap(), expected, "two nodes share a port");

        let (handle, events) = start(config(3, &expected)).unwrap();
        let (key, address) = ([0; 32], String::new());
        let mut third = Node { handle, events, key, address };
        let hint = third.until(|event| match event {
            Event::ListenFailed { hint, .. } => Some(hint),
            _ => None,
        });
        assert!(hint.await.contains("another program"));

        first.handle.shutdown().await;
        let again = Node::with(preferring(1)).await;
        assert_eq!(again.address, first.address, "the port is kept across a restart");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_interface_is_told_and_peers_tell_what_they_see() {
    let one = Node::new(1, "/ip4/0.0.0.0/tcp/0").await;
    assert!(!one.address.contains("0.0.0.0") && one.address.contains("/p2p/12D3Koo"), "{}", one.address);
    let (mut one, other) = (Node::new(1, TCP).await, Node::new(2, TCP).await);
    one.handle.dial(&other.address, None).unwrap();
    let seen = one.until(|event| match event {
        Event::Observed { address, .. } => Some(address),
        _ => None,
    });
    let seen = seen.await;
    assert_eq!(seen, one.address, "the port listened on, not that of the outgoing connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn bandwidth_is_kept() {
    let slow = Bandwidth { up: Some(200_000), down: None };
    let one = network::Config { bandwidth: slow, ..config(1, TCP) };
    let (one, session, mut other, _) = pair(one, config(2, TCP)).await;
    let begun = Instant::now();
    for _ in 0..10 {
        assert_eq!(one.handle.send(session, vec![0; 40_000]), SendOutcome::Queued);
    }
    for _ in 0..10 {
        other.frame().await;
    }
    // 400,000 bytes: the first 200,000 at once, the others within a second.
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(700) && took < Duration::from_secs(4), "{took:?}");
}
