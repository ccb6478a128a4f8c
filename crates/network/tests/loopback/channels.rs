//! Sessions on several channels between the same nodes: each is its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use network::{
    Channel, CloseReason, Config, DialError, DialFailure, Event, Limits, MAX_CHANNELS, SendOutcome,
    SessionId, TooManyChannels,
};

use crate::support::{Node, QUIC, TCP, config, numbered};

const ONE: Channel = Channel::Of([1; 32]);
const OTHER: Channel = Channel::Of([2; 32]);
const QUIET: Duration = Duration::from_millis(700);

/// A node with these channels open beside its own.
async fn node(config: Config, channels: &[Channel]) -> Node {
    let node = Node::with(config).await;
    for channel in channels {
        node.handle.open_channel(*channel).unwrap();
    }
    node
}

/// The next session, with the channel that it is on. A member answers for it.
async fn joined(node: &mut Node) -> (Channel, SessionId) {
    let (channel, session) = node
        .until(|event| match event {
            Event::Connected { session, channel, .. } => Some((channel, session)),
            Event::DialFailed { reason, .. } => panic!("the dial failed: {reason}"),
            _ => None,
        })
        .await;
    node.handle.answers(session, Some([9; 32]));
    (channel, session)
}

type Open = BTreeMap<Channel, SessionId>;

/// Two nodes with a session on each of these channels; the first has dialed.
async fn pair(listen: &str, channels: &[Channel]) -> ((Node, Open), (Node, Open)) {
    let mut one = node(config(1, listen), channels).await;
    let mut other = node(config(2, listen), channels).await;
    let (mut here, mut there) = (Open::new(), Open::new());
    for channel in [Channel::Own].iter().chain(channels) {
        one.handle.dial_on(*channel, &other.address, None).unwrap();
        let (begun, session) = joined(&mut one).await;
        assert_eq!(begun, *channel);
        here.insert(begun, session);
        let (begun, session) = joined(&mut other).await;
        assert_eq!(begun, *channel);
        there.insert(begun, session);
    }
    ((one, here), (other, there))
}

/// A frame that says on which channel it was sent.
fn marked(channel: Channel, n: u32) -> Vec<u8> {
    [channel.to_string().into_bytes(), numbered(n)].concat()
}

/// Sends so many frames on every channel, and expects as many on each, in order.
async fn talk(mut node: Node, open: Open, count: u32) -> (Node, Open) {
    let mut progress: BTreeMap<SessionId, (Channel, u32, u32, bool)> =
        open.iter().map(|(channel, session)| (*session, (*channel, 0, 0, false))).collect();
    loop {
        for (session, (channel, sent, _, waiting)) in &mut progress {
            while *sent < count && !*waiting {
                match node.handle.send(*session, marked(*channel, *sent)) {
                    SendOutcome::Queued => *sent += 1,
                    SendOutcome::Full(_) => *waiting = true,
                    other => panic!("{channel}: {other:?}"),
                }
            }
        }
        if progress.values().all(|(_, sent, received, _)| (*sent, *received) == (count, count)) {
            return (node, open);
        }
        match node.next().await {
            Event::Frame { session, bytes } => {
                let (channel, _, received, _) = progress.get_mut(&session).unwrap();
                assert!(bytes == marked(*channel, *received), "{channel}: frame {received} is another");
                *received += 1;
            }
            Event::Drained { session } => progress.get_mut(&session).unwrap().3 = false,
            Event::Closed { reason, .. } => panic!("closed: {reason}"),
            _ => {}
        }
    }
}

async fn both_talk(one: (Node, Open), other: (Node, Open), count: u32) -> ((Node, Open), (Node, Open)) {
    let far = tokio::spawn(talk(other.0, other.1, count));
    (talk(one.0, one.1, count).await, far.await.unwrap())
}

/// The next end of a session.
async fn closed(node: &mut Node) -> (SessionId, CloseReason) {
    node.until(|event| match event {
        Event::Closed { session, reason, .. } => Some((session, reason)),
        Event::Frame { .. } => panic!("nobody has sent anything"),
        _ => None,
    })
    .await
}

/// The sessions that are open after these events; never were two open on one channel.
fn open_after(events: &[Event]) -> Open {
    let mut open = Open::new();
    for event in events {
        match event {
            Event::Connected { session, channel, .. } => {
                assert_eq!(open.insert(*channel, *session), None, "{events:?}");
            }
            Event::Closed { session, .. } => open.retain(|_, one| one != session),
            _ => {}
        }
    }
    open
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_between_two_nodes_are_sessions_of_their_own() {
    for listen in [TCP, QUIC] {
        for gone in [ONE, Channel::Own] {
            let (one, other) = pair(listen, &[ONE, OTHER]).await;
            let ((mut one, mut here), (mut other, mut there)) = both_talk(one, other, 1_000).await;
            // One of them ends; the others do not hear of it.
            let (near, far) = (here.remove(&gone).unwrap(), there.remove(&gone).unwrap());
            one.handle.hang_up(near, "enough");
            assert_eq!(closed(&mut one).await, (near, CloseReason::HungUp("enough".to_owned())));
            assert_eq!(closed(&mut other).await, (far, CloseReason::RemoteClosed));
            let ((mut one, _), (mut other, _)) = both_talk((one, here), (other, there), 300).await;
            // And the way is free for it, from the other side as well.
            other.handle.dial_on(gone, &one.address, Some(one.key)).unwrap();
            assert_eq!(joined(&mut one).await.0, gone);
            assert_eq!(joined(&mut other).await.0, gone);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_a_channel_ends_its_sessions_and_no_others() {
    for listen in [TCP, QUIC] {
        let ((mut one, mut here), (mut other, mut there)) = pair(listen, &[ONE, OTHER]).await;
        one.handle.close_channel(Channel::Own); // never closed
        one.handle.close_channel(ONE);
        let (near, far) = (here.remove(&ONE).unwrap(), there.remove(&ONE).unwrap());
        let (session, reason) = closed(&mut one).await;
        assert!(session == near && matches!(reason, CloseReason::HungUp(_)), "{session}: {reason}");
        assert_eq!(closed(&mut other).await, (far, CloseReason::RemoteClosed));
        // Neither side gets one on it now.
        assert_eq!(one.handle.dial_on(ONE, &other.address, None), Err(DialError::ChannelClosed));
        other.handle.dial_on(ONE, &one.address, None).unwrap();
        let reason = other.dial_failure().await;
        assert!(matches!(reason, DialFailure::NoChannel(_)), "{reason}");
        let ((mut one, _), (mut other, _)) = both_talk((one, here), (other, there), 300).await;
        one.handle.open_channel(ONE).unwrap();
        other.handle.dial_on(ONE, &one.address, None).unwrap();
        assert_eq!((joined(&mut one).await.0, joined(&mut other).await.0), (ONE, ONE));
    }
}

/// To a node without the channel this is what an older program is.
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_the_other_side_does_not_know_fails_and_disturbs_nothing() {
    for listen in [TCP, QUIC] {
        let ((mut one, here), (mut other, there)) = pair(listen, &[]).await;
        one.handle.open_channel(ONE).unwrap();
        one.handle.dial_on(ONE, &other.address, Some(other.key)).unwrap();
        let failed = one
            .until(|event| match event {
                Event::DialFailed { channel, peer, reason, .. } => Some((channel, peer, reason)),
                _ => None,
            })
            .await;
        assert!(
            matches!(&failed, (ONE, Some(peer), DialFailure::NoChannel(_)) if *peer == other.key),
            "{failed:?}"
        );
        assert_eq!(open_after(&other.settle(QUIET).await), Open::new());
        // At once it may be there: nobody is held to have done wrong.
        let ((mut one, _), (mut other, _)) = both_talk((one, here), (other, there), 300).await;
        other.handle.open_channel(ONE).unwrap();
        one.handle.dial_on(ONE, &other.address, None).unwrap();
        assert_eq!((joined(&mut one).await.0, joined(&mut other).await.0), (ONE, ONE));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_dial_each_other_on_every_channel_at_once_keep_one_session_on_each() {
    let rounds = (0..8).map(|round| {
        let listen = if round % 2 == 0 { TCP } else { QUIC };
        tokio::spawn(async move {
            let channels = [Channel::Own, ONE, OTHER];
            let mut one = node(config(10 + 2 * round, listen), &channels).await;
            let mut other = node(config(11 + 2 * round, listen), &channels).await;
            for channel in channels {
                one.handle.dial_on(channel, &other.address, Some(other.key)).unwrap();
                other.handle.dial_on(channel, &one.address, Some(one.key)).unwrap();
            }
            let (at_one, at_other) = tokio::join!(one.settle(QUIET), other.settle(QUIET));
            let (here, there) = (open_after(&at_one), open_after(&at_other));
            assert_eq!((here.len(), there.len()), (3, 3), "{at_one:?}\n{at_other:?}");
            both_talk((one, here), (other, there), 50).await;
        })
    });
    for round in rounds.collect::<Vec<_>>() {
        round.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_on_one_channel_takes_over_that_session_alone() {
    let ((mut first, mut here), (mut other, mut there)) = pair(TCP, &[ONE, OTHER]).await;
    let mut lives = Vec::new();
    for _ in 0..5 {
        let mut life = node(config(1, TCP), &[ONE]).await;
        life.handle.dial_on(ONE, &other.address, None).unwrap();
        let (_, session) = joined(&mut life).await;
        lives.push((life, Open::from([(ONE, session)])));
        let (gone, reason) = closed(&mut other).await;
        assert_eq!((there.insert(ONE, gone), reason), (Some(gone), CloseReason::Superseded));
        there.insert(ONE, joined(&mut other).await.1);
    }
    assert_eq!(closed(&mut first).await.0, here.remove(&ONE).unwrap());
    assert_eq!(other.handle.counters().superseded, 5);
    // What the first one has on the other two channels, and the last one on this, goes on.
    let of_last = Open::from([(ONE, there.remove(&ONE).unwrap())]);
    let ((_first, _), (other, _)) = both_talk((first, here), (other, there), 300).await;
    both_talk(lives.pop().unwrap(), (other, of_last), 300).await;
}

/// Closing meets dialing at every moment: each dial is answered once, and nothing is left over.
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_closed_while_it_is_dialed_leaves_no_session() {
    let limits = Limits { source_burst: 1_000, source_rate: 1_000, ..Limits::default() };
    let mut one = node(Config { limits: limits.clone(), ..config(1, TCP) }, &[]).await;
    let mut other = node(Config { limits, ..config(2, TCP) }, &[ONE]).await;
    let mut ends = BTreeMap::new();
    for round in 0..120_u64 {
        one.handle.open_channel(ONE).unwrap();
        one.handle.dial_on(ONE, &other.address, None).unwrap();
        // A timer is too coarse for what takes a millisecond.
        let (begun, pause) = (Instant::now(), Duration::from_micros(round / 4 * 100));
        while begun.elapsed() < pause {
            tokio::task::yield_now().await;
        }
        one.handle.close_channel(ONE);
        let end = one
            .until(|event| match event {
                Event::DialFailed { reason: DialFailure::ChannelClosed, .. } => Some("not begun"),
                Event::DialFailed { reason, .. } => panic!("{reason}"),
                Event::Closed { reason: CloseReason::HungUp(_), .. } => Some("ended"),
                Event::Closed { reason, .. } => panic!("{reason}"),
                _ => None,
            })
            .await;
        *ends.entry(end).or_insert(0) += 1;
    }
    println!("{ends:?}");
    assert!(ends.contains_key("not begun"), "closed before anybody answers, it is not asked for: {ends:?}");
    assert_eq!(one.settle(QUIET).await, [], "answered once");
    assert_eq!(open_after(&other.settle(QUIET).await), Open::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn invented_channels_bring_no_session() {
    for listen in [TCP, QUIC] {
        let mut target = node(config(1, listen), &[ONE]).await;
        let invented: Vec<Channel> = (0..MAX_CHANNELS).map(|n| Channel::Of([100 + n as u8; 32])).collect();
        let mut inventor = node(config(2, listen), &invented).await;
        assert_eq!(inventor.handle.open_channel(OTHER), Err(TooManyChannels));
        inventor.handle.dial(&target.address, None).unwrap();
        joined(&mut inventor).await;
        for channel in &invented {
            inventor.handle.dial_on(*channel, &target.address, None).unwrap();
            let reason = inventor.dial_failure().await;
            assert!(matches!(reason, DialFailure::NoChannel(_)), "{reason}");
        }
        let open = open_after(&target.settle(QUIET).await);
        assert_eq!(open.into_keys().collect::<Vec<_>>(), [Channel::Own]);
    }
}

/// However many come on channels, those of the own network find their half of the places.
#[tokio::test(flavor = "multi_thread")]
async fn channels_take_half_of_the_places_and_no_more() {
    let limits = Limits { inbound: 6, outbound: 4, ..Limits::default() };
    let mut hub = node(Config { limits, ..config(1, TCP) }, &[ONE, OTHER]).await;
    let (mut others, mut at_home) = (Vec::new(), Vec::new());
    for seed in 2..6 {
        let channel = if seed % 2 == 0 { ONE } else { OTHER };
        let site = node(config(seed, TCP), &[channel]).await;
        site.handle.dial_on(channel, &hub.address, None).unwrap();
        others.push(site);
    }
    let events = hub.settle(QUIET).await;
    let begun = events.iter().filter(|event| matches!(event, Event::Connected { .. }));
    assert_eq!(begun.count(), 3, "three sessions, and nothing of the fourth: {events:?}");
    assert_eq!(hub.handle.counters().turned_away, 1);
    for seed in 10..13 {
        let mut site = Node::new(seed, TCP).await;
        site.handle.dial(&hub.address, None).unwrap();
        assert_eq!(joined(&mut hub).await.0, Channel::Own);
        joined(&mut site).await;
        at_home.push(site);
    }
    // Out of the hub it is the same.
    for (seed, room) in [(20, true), (21, true), (22, false)] {
        let far = node(config(seed, TCP), &[ONE]).await;
        hub.handle.dial_on(ONE, &far.address, None).unwrap();
        if room {
            assert_eq!(joined(&mut hub).await.0, ONE);
        } else {
            let reason = hub.dial_failure().await;
            assert!(matches!(reason, DialFailure::Limit(_)), "{reason}");
            hub.handle.dial(&far.address, None).unwrap();
            assert_eq!(joined(&mut hub).await.0, Channel::Own);
        }
        others.push(far);
    }
}

/// Dials that hang, on channels, do not keep the own network's from being dialed; those that are answered make room.
#[tokio::test(flavor = "multi_thread")]
async fn channels_take_half_of_the_dials_and_no_more() {
    let limits = Limits { pending_outbound: 4, ..Limits::default() };
    let mut one = node(Config { limits, ..config(1, TCP) }, &[ONE]).await;
    let other = Node::new(2, TCP).await;
    let failure = |node: Node, address: String| async move {
        let mut node = node;
        node.handle.dial_on(ONE, &address, None).unwrap();
        let reason = node.dial_failure().await;
        (node, reason)
    };
    let mut reason;
    for _ in 0..6 {
        (one, reason) = failure(one, "/dns4/localhost/tcp/1".to_owned()).await;
        assert!(matches!(reason, DialFailure::Unreachable(_)), "{reason}");
    }
    // It takes connections and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("/ip4/127.0.0.1/tcp/{}", silent.local_addr().unwrap().port());
    for _ in 0..2 {
        one.handle.dial_on(ONE, &nowhere, None).unwrap();
    }
    (one, reason) = failure(one, nowhere).await;
    assert!(matches!(reason, DialFailure::Limit(_)), "{reason}");
    one.handle.dial(&other.address, None).unwrap();
    assert_eq!(joined(&mut one).await.0, Channel::Own);
}
