//! What a replica remembers of one connected peer.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Head, LogId, NodeCertificate, PublicKey, Shelf, Subscription};

/// A connection, numbered by the network.
pub type SessionId = u64;

/// How far a session has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Connected, no valid hello yet.
    Greeting,
    /// An invitation of this peer is being countersigned.
    Admitting,
    /// Admitted: entries flow.
    Ready,
    /// Being hung up, and why.
    Ended(String),
}

/// One peer of a running session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub peer: PublicKey,
    pub outbound: bool,
    pub state: SessionState,
    pub certificate: Option<NodeCertificate>,
    pub subscription: Subscription,
    pub agent: String,
    /// Heads the peer has told us of, durable or not.
    pub known: BTreeMap<LogId, Head>,
    /// Heads that it has told us it holds durably.
    pub durable: BTreeMap<LogId, Head>,
    /// Sequence numbers that were sent, or that the peer was known to hold: the next push goes on from there.
    pub sent: BTreeMap<LogId, u64>,
    /// Sequence numbers that have left for the peer.
    pub served: BTreeMap<LogId, u64>,
    /// Logs that are durable here and to be confirmed once the peer has been sent all of them: a head that comes
    /// before its entries would only make it ask for what is on its way.
    pub unconfirmed: BTreeSet<LogId>,
    /// Logs that this peer holds another branch of.
    pub diverged: BTreeMap<LogId, Head>,
    pub compared: bool,
    pub asked_heads: bool,
    pub strikes: u32,
    pub since_ms: i64,
    pub last_frame_ms: i64,
    pub entries_in: u64,
    pub entries_out: u64,
    pub last_fault: Option<String>,
}

impl Session {
    pub fn new(peer: PublicKey, outbound: bool, now_ms: i64) -> Self {
        Self {
            peer,
            outbound,
            state: SessionState::Greeting,
            certificate: None,
            subscription: Subscription::default(),
            agent: String::new(),
            known: BTreeMap::new(),
            durable: BTreeMap::new(),
            sent: BTreeMap::new(),
            served: BTreeMap::new(),
            unconfirmed: BTreeSet::new(),
            diverged: BTreeMap::new(),
            compared: false,
            asked_heads: false,
            strikes: 0,
            since_ms: now_ms,
            last_frame_ms: now_ms,
            entries_in: 0,
            entries_out: 0,
            last_fault: None,
        }
    }

    /// A shelf that both sides subscribe to and that this peer may have.
    pub fn shares(&self, mine: &Subscription, shelf: &Shelf) -> bool {
        mine.covers(shelf) && self.subscription.covers(shelf)
    }

    /// True while entries of the log are on their way to the peer.
    pub fn is_serving(&self, log: &LogId) -> bool {
        self.sent.get(log).copied().unwrap_or(0) > self.served.get(log).copied().unwrap_or(0)
            && self.sent.get(log) > self.known.get(log).map(|h| &h.seq)
    }

    pub fn is_ready(&self) -> bool {
        self.state == SessionState::Ready
    }
}

/// What an operator sees of a peer.
#[derive(Clone, Debug)]
pub struct PeerView {
    /// The connection.
    pub session: SessionId,
    /// The node's key.
    pub peer: PublicKey,
    /// Who dialled.
    pub outbound: bool,
    /// How far it has come.
    pub state: SessionState,
    /// Its certificate, once shown.
    pub certificate: Option<NodeCertificate>,
    /// Program name and version as it says.
    pub agent: String,
    /// True when both hold the same entries of what they share.
    pub synced: bool,
    /// Logs in which the peer is behind us or we behind it.
    pub logs_behind: usize,
    /// Entries received from and sent to it in this session.
    pub entries: (u64, u64),
    /// Bad frames so far.
    pub strikes: u32,
    /// The last thing that went wrong.
    pub last_fault: Option<String>,
    /// Milliseconds since 1970 of the connection and of the last frame.
    pub times_ms: (i64, i64),
    /// Number of logs that it has confirmed to hold durably.
    pub durable_logs: usize,
}
