//! Nodes on loopback, with patience that ends.

use std::time::Duration;

use network::{Config, Event, Events, Handle, NodeKey, SendOutcome, SessionId, key_of_secret, start};
use tokio::time::timeout;

pub const TCP: &str = "/ip4/127.0.0.1/tcp/0";
pub const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

/// Nothing on loopback takes longer.
const PATIENCE: Duration = Duration::from_secs(15);

pub struct Node {
    pub handle: Handle,
    pub events: Events,
    pub key: NodeKey,
    pub address: String,
}

pub fn config(seed: u8, listen: &str) -> Config {
    Config { listen: vec![listen.to_owned()], ..Config::new([seed; 32]) }
}

impl Node {
    pub async fn new(seed: u8, listen: &str) -> Self {
        Self::with(config(seed, listen)).await
    }

    /// Starts and waits for the first address.
    pub async fn with(config: Config) -> Self {
        let key = key_of_secret(&config.secret);
        let (handle, events) = start(config).unwrap();
        let mut node = Self { handle, events, key, address: String::new() };
        node.address = node
            .until(|event| match event {
                Event::Listening { address } => Some(address),
                _ => None,
            })
            .await;
        node
    }

    pub async fn next(&mut self) -> Event {
        timeout(PATIENCE, self.events.recv()).await.expect("no event in time").expect("the network stopped")
    }

    /// The first event that `wanted` takes; others are dropped.
    pub async fn until<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.next().await) {
                return found;
            }
        }
    }

    pub async fn connected(&mut self) -> (SessionId, NodeKey) {
        self.until(|event| match event {
            Event::Connected { session, peer, .. } => Some((session, peer)),
            Event::DialFailed { reason, .. } => panic!("the dial failed: {reason}"),
            _ => None,
        })
        .await
    }

    /// The same, and lets the peer in as a newcomer.
    pub async fn greeted(&mut self) -> (SessionId, NodeKey) {
        let (session, peer) = self.connected().await;
        self.handle.answers(session, None);
        (session, peer)
    }

    pub async fn frame(&mut self) -> Vec<u8> {
        self.until(|event| match event {
            Event::Frame { bytes, .. } => Some(bytes),
            Event::Closed { reason, .. } => panic!("closed: {reason}"),
            _ => None,
        })
        .await
    }

    pub async fn closed(&mut self) -> network::CloseReason {
        self.until(|event| match event {
            Event::Closed { reason, .. } => Some(reason),
            _ => None,
        })
        .await
    }

    pub async fn dial_failure(&mut self) -> network::DialFailure {
        self.until(|event| match event {
            Event::DialFailed { reason, .. } => Some(reason),
            _ => None,
        })
        .await
    }

    /// Everything until nothing has happened for a while.
    pub async fn settle(&mut self, quiet: Duration) -> Vec<Event> {
        let mut all = Vec::new();
        while let Ok(Some(event)) = timeout(quiet, self.events.recv()).await {
            all.push(event);
        }
        all
    }
}

/// Two nodes in a session; the first has dialed.
pub async fn pair(one: Config, other: Config) -> (Node, SessionId, Node, SessionId) {
    let (mut one, mut other) = (Node::with(one).await, Node::with(other).await);
    one.handle.dial(&other.address, None).unwrap();
    let (session, peer) = one.greeted().await;
    assert_eq!(peer, other.key);
    let (far, peer) = other.greeted().await;
    assert_eq!(peer, one.key);
    (one, session, other, far)
}

/// The `n`th frame of a direction: its number, then bytes that follow from it, of sizes from 8 to some thousand.
pub fn numbered(n: u32) -> Vec<u8> {
    let size = if n.is_multiple_of(100) { 20_000 } else { 8 + (n as usize * 37) % 400 };
    let mut frame = vec![n as u8; size];
    frame[..4].copy_from_slice(&n.to_be_bytes());
    frame
}

/// Sends `count` numbered frames and expects as many, in order.
pub async fn exchange(mut node: Node, session: SessionId, count: u32) -> Node {
    let (mut sent, mut received) = (0, 0);
    let mut waiting = false;
    loop {
        while sent < count && !waiting {
            match node.handle.send(session, numbered(sent)) {
                SendOutcome::Queued => sent += 1,
                SendOutcome::Full(frame) => {
                    assert_eq!(frame, numbered(sent));
                    waiting = true;
                }
                other => panic!("{other:?}"),
            }
        }
        if sent == count && received == count {
            break;
        }
        match node.next().await {
            Event::Frame { bytes, .. } => {
                assert!(bytes == numbered(received), "frame {received} is another");
                received += 1;
            }
            Event::Drained { .. } => waiting = false,
            Event::Closed { reason, .. } => panic!("closed: {reason}"),
            _ => {}
        }
    }
    node
}
