//! Those who do not keep to the rules.

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use libp2p::{Multiaddr, SwarmBuilder, noise, ping, tcp, yamux};
use network::{CloseReason, Config, Event, Limits, SendOutcome, SessionId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::{Node, QUIC, TCP, config, pair};

#[tokio::test(flavor = "multi_thread")]
async fn an_oversize_frame_ends_the_session_and_the_node_lives() {
    for listen in [TCP, QUIC] {
        let limits = Limits { max_frame: 4 * network::MAX_FRAME, ..Limits::default() };
        let hostile = Config { limits, ..config(1, listen) };
        let (one, session, mut node, _) = pair(hostile, config(2, listen)).await;
        let size = network::MAX_FRAME + 1;
        assert_eq!(node.handle.send(session, vec![0; size as usize]), SendOutcome::TooLarge);
        assert_eq!(one.handle.send(session, vec![0; size as usize - 1]), SendOutcome::Queued);
        assert_eq!(node.frame().await.len(), network::MAX_FRAME as usize);
        assert_eq!(one.handle.send(session, vec![0; size as usize]), SendOutcome::Queued);
        let reason = node.closed().await;
        assert_eq!(reason, CloseReason::Oversize { length: size, limit: network::MAX_FRAME });
        assert_eq!(node.handle.counters().oversize_frames, 1);
        let mut honest = Node::new(3, listen).await;
        honest.handle.dial(&node.address, None).unwrap();
        honest.connected().await;
    }
}

fn socket_address(node: &Node) -> SocketAddr {
    let port = node.address.split('/').nth(4).unwrap().parse().unwrap();
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A plain TCP connection from another loopback address than the honest nodes'.
async fn plain_connection(to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 2], 0)))?;
    socket.connect(to).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_connections_from_one_address_are_limited() {
    let node = Node::new(1, TCP).await;
    let mut flood = Vec::new();
    for _ in 0..200 {
        flood.push(plain_connection(socket_address(&node)).await);
    }
    // Others get in while the flood lasts.
    let mut honest = Node::new(2, TCP).await;
    honest.handle.dial(&node.address, None).unwrap();
    honest.connected().await;

    let mut kept = 0;
    for connection in flood {
        let Ok(mut connection) = connection else { continue };
        let mut hello = [0; 64];
        // Those let in get the node's half of the handshake only once they speak, so silence is acceptance.
        if timeout(Duration::from_millis(5), connection.read(&mut hello)).await.is_err() {
            kept += 1;
        }
    }
    assert!((1..=40).contains(&kept), "{kept} of 200 were let in");
    assert!(node.handle.counters().turned_away >= 150, "{:?}", node.handle.counters());
}

/// Members behind one address translator: each that is let in makes room for the next. Strangers there stay few.
#[tokio::test(flavor = "multi_thread")]
async fn members_of_one_address_all_get_in_and_strangers_do_not() {
    const MEMBERS: u8 = 24;
    let mut narrow = config(1, TCP);
    narrow.limits =
        Limits { per_source: 2, strangers: 2, source_burst: 3, source_rate: 1, ..Limits::default() };
    let mut hub = Node::with(narrow).await;
    let mut inside = Vec::new();
    for seed in 2..2 + MEMBERS {
        let mut member = Node::new(seed, TCP).await;
        member.handle.dial(&hub.address, None).unwrap();
        member.connected().await;
        let (session, _) = hub.connected().await;
        hub.handle.answers(session, Some([seed; 32]));
        inside.push(member);
    }
    for seed in 100..102 {
        let mut stranger = Node::new(seed, TCP).await;
        stranger.handle.dial(&hub.address, None).unwrap();
        stranger.connected().await;
        hub.greeted().await;
        inside.push(stranger);
    }
    let mut one_more = Node::new(102, TCP).await;
    one_more.handle.dial(&hub.address, None).unwrap();
    one_more.dial_failure().await;
    assert_eq!(hub.handle.counters().turned_away, 1, "{:?}", hub.handle.counters());
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_does_no_harm() {
    let mut node = Node::new(1, TCP).await;
    let mut noise_source = 0x9E37_79B9_7F4A_7C15_u64;
    let mut garbage = |size: usize| -> Vec<u8> {
        let mut next = || {
            noise_source ^= noise_source << 13;
            noise_source ^= noise_source >> 7;
            noise_source ^= noise_source << 17;
            noise_source as u8
        };
        (0..size).map(|_| next()).collect()
    };
    for round in 0..25 {
        let mut connection = plain_connection(socket_address(&node)).await.unwrap();
        // Some begin like the protocol would (multistream-select), then go wrong.
        if round % 2 == 0 {
            let _ = connection.write_all(b"\x13/multistream/1.0.0\n\x07/noise\n").await;
        }
        let _ = connection.write_all(&garbage(1 + round * 400)).await;
    }
    let udp = tokio::net::UdpSocket::bind("127.0.0.2:0").await.unwrap();
    let quic = Node::new(2, QUIC).await;
    for round in 0..100 {
        let _ = udp.send_to(&garbage(1 + round * 12), socket_address(&quic)).await;
    }
    for address in [&node.address.clone(), &quic.address] {
        let mut honest = Node::new(3, TCP).await;
        honest.handle.dial(address, None).unwrap();
        honest.connected().await;
        honest.handle.shutdown().await;
    }
    node.connected().await;
    assert!(node.handle.counters().failed_handshakes >= 20, "{:?}", node.handle.counters());
}

/// A libp2p program with a good key and the stock Yamux that never opens the stream.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_peer_is_let_go() {
    let node = Node::new(1, TCP).await;
    let mut silent = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|_| ping::Behaviour::default())
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
        .build();
    silent.dial(node.address.parse::<Multiaddr>().unwrap()).unwrap();
    let closed = async {
        loop {
            if let libp2p::swarm::SwarmEvent::ConnectionClosed { .. } = silent.select_next_some().await {
                return;
            }
        }
    };
    // Longer than a peer may take to open its stream.
    timeout(Duration::from_secs(24), closed).await.expect("the connection is still there");
    assert_eq!(node.handle.counters().no_stream, 1);
}

/// The other way round: this node dials a program that does not know the protocol.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_recognised() {
    let mut stranger = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|_| ping::Behaviour::default())
        .unwrap()
        .build();
    stranger.listen_on(TCP.parse().unwrap()).unwrap();
    let address = loop {
        if let libp2p::swarm::SwarmEvent::NewListenAddr { address, .. } = stranger.select_next_some().await {
            break address;
        }
    };
    tokio::spawn(async move {
        loop {
            stranger.select_next_some().await;
        }
    });
    let mut node = Node::new(1, TCP).await;
    node.handle.dial(&address.to_string(), None).unwrap();
    let reason = node.dial_failure().await;
    assert!(matches!(reason, network::DialFailure::NoSync(_)), "{reason}");
    let channel = network::Channel::Of([1; 32]);
    node.handle.open_channel(channel).unwrap();
    node.handle.dial_on(channel, &address.to_string(), None).unwrap();
    let reason = node.dial_failure().await;
    assert!(matches!(reason, network::DialFailure::NoChannel(_)), "{reason}");
}

/// A router on the way forgets the connection: packets vanish, and no end is ever told.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute; run with --ignored"]
async fn a_dead_link_is_noticed_and_the_way_is_free_again() {
    let mut node = Node::new(1, TCP).await;
    let far = socket_address(&node);
    let router = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let way = format!("/ip4/127.0.0.1/tcp/{}", router.local_addr().unwrap().port());
    let (freeze, frozen) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        let (mut near, _) = router.accept().await.unwrap();
        let mut beyond = TcpStream::connect(far).await.unwrap();
        let mut frozen_now = frozen.clone();
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut near, &mut beyond) => {}
            _ = frozen_now.wait_for(|frozen| *frozen) => {}
        }
        std::future::pending::<()>().await; // both sockets stay open, silent
    });
    let mut other = Node::new(2, TCP).await;
    other.handle.dial(&way, Some(node.key)).unwrap();
    let (session, _) = other.connected().await;
    node.connected().await;
    freeze.send_replace(true);
    // Full pipes: closing must not wait for the peer to take what is queued.
    while other.handle.send(session, vec![0; 60_000]) == SendOutcome::Queued {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let begun = std::time::Instant::now();
    let closed = |node: Node| async move {
        let mut node = node;
        loop {
            match node.events.recv().await.unwrap() {
                network::Event::Closed { reason, .. } => return (node, reason),
                _ => continue,
            }
        }
    };
    let both = futures::future::join(closed(node), closed(other));
    let ((node, at_node), (mut other, at_other)) = timeout(Duration::from_secs(40), both).await.unwrap();
    assert_eq!((at_node, at_other), (CloseReason::LinkDead, CloseReason::LinkDead));
    println!("noticed after {:?}", begun.elapsed());
    other.handle.dial(&node.address, None).unwrap();
    other.connected().await;
}

/// Frames that nobody has looked at yet: a peer that sends without end gets two of them taken, is read no further, and keeps
/// no other peer's from coming.
#[tokio::test(flavor = "multi_thread")]
async fn frames_that_wait_are_few_and_keep_nobody_elses_from_coming() {
    for listen in [TCP, QUIC] {
        let (flooder, flood, mut node, from_flooder) = pair(config(1, listen), config(2, listen)).await;
        let mut sent = 0;
        while flooder.handle.send(flood, vec![1; 200_000]) == SendOutcome::Queued {
            sent += 1;
        }
        assert!(sent >= 5, "{sent} frames are on their way");
        let mut honest = Node::new(3, listen).await;
        honest.handle.dial(&node.address, None).unwrap();
        let (session, _) = honest.connected().await;
        assert_eq!(honest.handle.send(session, vec![3]), SendOutcome::Queued);
        let mut kept = Vec::new();
        let mut of_flooder = 0;
        loop {
            let arrival = timeout(Duration::from_secs(10), node.events.arrival()).await;
            let arrival = arrival.expect("the honest frame comes").expect("the network goes on");
            let honest_one = matches!(&arrival.event, Event::Frame { bytes, .. } if bytes == &[3]);
            let of_it = |session: &SessionId| *session == from_flooder;
            of_flooder +=
                usize::from(matches!(&arrival.event, Event::Frame { session, .. } if of_it(session)));
            kept.push(arrival);
            if honest_one {
                break;
            }
        }
        assert!(of_flooder <= 2, "{of_flooder} frames of the flooder");
        // Whoever looks at them gets the next ones.
        drop(kept);
        for _ in of_flooder..sent {
            assert_eq!(node.frame().await.len(), 200_000);
        }
    }
}

/// One institution with as many nodes as it likes, which all send without end while nobody looks: it fills its own share of
/// the memory, and what others send comes.
#[tokio::test(flavor = "multi_thread")]
async fn many_sessions_of_one_institution_fill_its_share_and_no_more() {
    const FLOODERS: u8 = 6;
    const FRAME: usize = 200_000;
    let mut small = config(1, TCP);
    // Three frames of each flooder would fill it nearly twice.
    small.limits = network::Limits { max_frame: 256 * 1024, receive_memory: 2 * 1024 * 1024, ..small.limits };
    let mut node = Node::with(small).await;
    let mut flooders = Vec::new();
    for seed in 2..2 + FLOODERS {
        let mut flooder = Node::new(seed, TCP).await;
        flooder.handle.dial(&node.address, None).unwrap();
        let (flood, _) = flooder.connected().await;
        let (session, _) = node.connected().await;
        node.handle.answers(session, Some([7; 32]));
        while flooder.handle.send(flood, vec![1; FRAME]) == SendOutcome::Queued {}
        flooders.push(flooder);
    }
    let mut honest = Node::new(99, TCP).await;
    honest.handle.dial(&node.address, None).unwrap();
    let (session, _) = honest.connected().await;
    let (mut kept, mut of_flooders, mut came) = (Vec::new(), 0, false);
    while !came {
        let arrival = timeout(Duration::from_secs(8), node.events.arrival()).await;
        let arrival = arrival.expect("the honest frame comes").expect("the network goes on");
        match &arrival.event {
            Event::Connected { session: there, peer, .. } if *peer == honest.key => {
                node.handle.answers(*there, Some([8; 32]));
                assert_eq!(honest.handle.send(session, vec![3; FRAME]), SendOutcome::Queued);
            }
            Event::Frame { bytes, .. } if bytes[0] == 3 => came = true,
            Event::Frame { .. } => of_flooders += 1,
            Event::Closed { reason, .. } => panic!("closed: {reason}"),
            _ => {}
        }
        kept.push(arrival);
    }
    assert!(of_flooders <= 1, "its share has room for one, or for parts of several");
}

/// Whoever has not been let in yet has room for a greeting: a large frame waits until it is known whose it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_frame_waits_for_the_greeting() {
    let mut node = Node::new(1, TCP).await;
    let mut peer = Node::new(2, TCP).await;
    peer.handle.dial(&node.address, None).unwrap();
    let (out, _) = peer.connected().await;
    let (session, _) = node.connected().await;
    for size in [4_000, 500_000] {
        assert_eq!(peer.handle.send(out, vec![1; size]), SendOutcome::Queued);
    }
    assert_eq!(node.frame().await.len(), 4_000);
    let meanwhile = node.settle(Duration::from_millis(500)).await;
    assert!(!meanwhile.iter().any(|event| matches!(event, Event::Frame { .. })), "the other one waits");
    node.handle.answers(session, Some([7; 32]));
    assert_eq!(node.frame().await.len(), 500_000);
}
