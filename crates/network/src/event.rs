//! What the network tells, and the reasons it gives.

use crate::channel::Channel;
use crate::key::NodeKey;

/// One stream to one peer, from `Connected` to `Closed`. Numbers are given once in the life of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// Who answers for a session, as the core found out from its greeting: the id of an institution; `None` are all newcomers.
pub type Party = Option<[u8; 32]>;

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "session {}", self.0)
    }
}

/// What happened. Addresses are multiaddrs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// This node can be reached here (`0.0.0.0` is told as one address per interface), `/p2p/…` ending included.
    Listening {
        /// The address.
        address: String,
    },
    /// This node can no longer be reached here: an interface went away, or the listener broke.
    ListeningEnded {
        /// The address.
        address: String,
        /// Why.
        why: String,
    },
    /// A configured address cannot be listened on. The node goes on without it.
    ListenFailed {
        /// The address as configured.
        address: String,
        /// What the system said.
        why: String,
        /// What to do.
        hint: String,
    },
    /// A session began: the key is proven, frames may be sent.
    Connected {
        /// The session.
        session: SessionId,
        /// Who it is.
        peer: NodeKey,
        /// On which channel it talks.
        channel: Channel,
        /// Where it is: as dialed (without `/p2p/…`), or the source address of an inbound connection.
        address: String,
        /// Whether this node dialed.
        outbound: bool,
    },
    /// A frame arrived, in the order it was sent.
    Frame {
        /// The session.
        session: SessionId,
        /// The frame without its length.
        bytes: Vec<u8>,
    },
    /// A session that had answered `Full` has sent at least half of its queue.
    Drained {
        /// The session.
        session: SessionId,
    },
    /// A session ended; nothing more comes from it.
    Closed {
        /// The session.
        session: SessionId,
        /// Who it was.
        peer: NodeKey,
        /// Why.
        reason: CloseReason,
    },
    /// A dial came to nothing.
    DialFailed {
        /// The address as given to `dial`.
        address: String,
        /// Who was expected there.
        peer: Option<NodeKey>,
        /// On which channel.
        channel: Channel,
        /// Why.
        reason: DialFailure,
    },
    /// A peer sees this node at this address: a guess at what to tell others, to be believed from several peers only.
    Observed {
        /// The address; for TCP with the port that this node listens on.
        address: String,
        /// Who says so.
        by: NodeKey,
    },
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// This node called `hang_up`, with this reason.
    #[error("hung up: {0}")]
    HungUp(String),
    /// The peer ended the session in good order.
    #[error("the peer ended the session")]
    RemoteClosed,
    /// The connection broke.
    #[error("the connection was lost: {0}")]
    ConnectionLost(String),
    /// Pings went unanswered and nothing moved.
    #[error("the link is dead: no answer and no byte for some 30 seconds")]
    LinkDead,
    /// The peer announced a frame longer than allowed.
    #[error("the peer announced a frame of {length} bytes, more than the {limit} allowed")]
    Oversize {
        /// Announced bytes.
        length: u32,
        /// Allowed bytes.
        limit: u32,
    },
    /// The peer began a frame and did not go on with it.
    #[error("the peer began a frame and did not finish it in time")]
    FrameStalled,
    /// The memory for received frames was used up for too long.
    #[error("the memory for received frames was used up for {} seconds", crate::config::MEMORY_WAIT.as_secs())]
    OutOfMemory,
    /// A newer connection to the same peer, on the same channel, took over.
    #[error("a newer connection to the same peer took over")]
    Superseded,
    /// This node's network stops.
    #[error("this node is shutting down")]
    Shutdown,
}

/// Why a dial came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialFailure {
    /// Another node answers there.
    #[error("another node answers at that address; ask its operator for the current address and key")]
    WrongKey {
        /// The key that answered, if it is an ed25519 key.
        found: Option<NodeKey>,
    },
    /// Nobody answers there.
    #[error("nobody answers: {0}; check the address and the firewalls on the way")]
    Unreachable(String),
    /// The host name has no address.
    #[error("the host name cannot be resolved: {0}; check the name and this machine's DNS")]
    NameNotFound(String),
    /// There is a session already.
    #[error("already connected to that node")]
    AlreadyConnected,
    /// The address leads back to this node.
    #[error("that address is this node's own")]
    Myself,
    /// This node's own limits forbid another connection.
    #[error("too many connections: {0}; try again later or raise the limit")]
    Limit(String),
    /// Whoever answers speaks another protocol.
    #[error(
        "the other side does not speak /lianshi/sync/1: {0}; it may be another program or a newer version"
    )]
    NoSync(String),
    /// Whoever answers does not know the channel, or has it closed.
    #[error(
        "the other side takes no part in that exchange between networks: {0}; its program may be older, or its network's agreement may not have reached it yet"
    )]
    NoChannel(String),
    /// This node has not opened the channel, or has closed it meanwhile.
    #[error("this node has closed its channel for that network")]
    ChannelClosed,
    /// The connection was lost before a session began.
    #[error("the connection was lost before the session began: {0}")]
    Lost(String),
}

/// What became of a frame given to `send`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a frame that is not queued is not sent"]
pub enum SendOutcome {
    /// It will be sent, unless the session ends before.
    Queued,
    /// The queue is full: here is the frame again, to be sent after `Event::Drained`.
    Full(Vec<u8>),
    /// The frame is longer than `Limits::max_frame`; it can never be sent.
    TooLarge,
    /// The session has ended.
    Gone,
}
