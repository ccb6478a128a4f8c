//! What a node's network is configured with, and every bound it keeps, named with its unit and its reason.

use std::time::Duration;

/// The longest frame, in bytes. Frames of the protocol hold at most 256 KiB compressed; the rest is room.
pub const MAX_FRAME: u32 = 1024 * 1024;
/// The longest address text that is looked at, in bytes; a multiaddr with a host name and a key needs about 330.
pub const MAX_ADDRESS: usize = 512;

/// Every link is pinged this often.
pub const PING_INTERVAL: Duration = Duration::from_secs(10);
/// A ping without an answer after this long has failed.
pub const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// A link whose ping failed is dead once no byte has moved for this long. Full pipes of slow links delay a ping by
/// more than its timeout, so the ping alone does not decide. With the two above: noticed within about 30 s.
pub const QUIET_LINK: Duration = Duration::from_secs(15);

/// A connected peer must have opened its stream by then, and a name must have been looked up.
/// One of 64 kbit/s with a second's way there and back needs about four for it, twice that when datagrams are lost.
pub(crate) const OPEN_TIMEOUT: Duration = Duration::from_secs(20);
/// Name lookups and handshakes of the transport end by then; five ways there and back.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// After `hang_up`, what is queued may still be written for this long.
pub(crate) const FAREWELL: Duration = Duration::from_secs(2);
/// `shutdown` waits this long for all sessions together.
pub(crate) const SHUTDOWN_TIME: Duration = Duration::from_secs(4);
/// The driver looks at deadlines this often.
pub(crate) const TICK: Duration = Duration::from_secs(1);
/// 64 KiB of a begun frame must arrive within this long (1 KiB/s), or the session is closed: a peer must not hold
/// memory with frames that it never finishes.
pub(crate) const CHUNK_TIME: Duration = Duration::from_secs(64);
/// A session that needs memory for a frame waits for others to free some; when nobody has for this long, it is closed.
pub(crate) const MEMORY_WAIT: Duration = Duration::from_secs(10);

/// One party (an institution, or all newcomers) may have one part in so many of the memory for received frames: 16 MiB, what
/// five sessions can hold with the largest frames, and twenty with those of an honest node.
pub(crate) const PARTY_SHARE: usize = 8;
/// Bytes of frames that a session may have before the core has said who answers for it. A greeting with 64 patterns and a
/// redemption takes some 4 KiB; sessions at their greeting thus hold half of the memory, all 1,024 strangers of them.
pub(crate) const GREETING_MEMORY: usize = 64 * 1024;

/// Bytes of a frame that are allocated at a time: a peer gets memory for what it has sent, not for what it announces.
pub(crate) const READ_CHUNK: usize = 64 * 1024;
/// Bytes of small frames that go out in one write.
pub(crate) const WRITE_BATCH: usize = 64 * 1024;
/// Bytes after which writing counts as progress of the link.
pub(crate) const WRITE_STEP: usize = 16 * 1024;
/// Events that wait for the core, at most. Frames among them also count against the memory ceiling.
pub(crate) const EVENT_QUEUE: usize = 256;
/// Received frames of one session that wait for the core: one that it looks at, one that is next. More would fill the memory
/// of all with what one peer sends, and the queue of events.
pub(crate) const FRAMES_IN_FLIGHT: usize = 2;
/// The driver's own events (addresses, failed dials) that wait for the core; while more wait, no dial is begun.
pub(crate) const NOTICE_QUEUE: usize = 256;
/// Dial commands that wait for the driver.
pub(crate) const COMMAND_QUEUE: usize = 64;
/// Addresses that one name may stand for; further ones are ignored.
pub(crate) const ADDRESSES_PER_NAME: usize = 4;
/// Streams on one connection, both directions: sync, ping and identify each need one or two.
pub(crate) const STREAMS_PER_CONNECTION: usize = 16;
/// Inbound streams of one connection whose protocol is being agreed.
pub(crate) const NEGOTIATING_STREAMS: usize = 4;
/// Bytes that a TCP connection may hold unread beyond the 256 KiB that Yamux grants every stream at first.
pub(crate) const YAMUX_EXTRA_WINDOW: usize = 4 * 1024 * 1024;
/// Bytes that a QUIC stream may hold unread (1 MiB a round trip: 80 Mbit/s at 100 ms).
pub(crate) const QUIC_STREAM_WINDOW: u32 = 1024 * 1024;
/// Bytes that all streams of a QUIC connection may hold unread.
pub(crate) const QUIC_CONNECTION_WINDOW: u32 = 1536 * 1024;
/// QUIC gives a silent connection up after this long, in milliseconds.
pub(crate) const QUIC_IDLE_MS: u32 = 25_000;
/// Channels to other networks that a node has open at a time. A province exchanges with its neighbours and some markets of an
/// industry; each costs a replica of its own, and every peer may have a session on it.
pub const MAX_CHANNELS: usize = 16;
/// Channels together may have one part in so many of the connections, dials and memory that there are: however much comes
/// from other networks, the rest is the own network's.
pub(crate) const CHANNELS_SHARE: usize = 2;
/// Connections to one peer: the one in use and one arriving, for its own network and for each channel, and two that are closing.
pub(crate) const CONNECTIONS_PER_PEER: u32 = 2 * (1 + MAX_CHANNELS as u32) + 2;
/// Source addresses whose rate is remembered.
pub(crate) const TRACKED_SOURCES: usize = 4096;
/// Connections of one party that count as a member's, and as many on channels; further ones count as strangers' do. It
/// certifies as many nodes as it likes, and shall not fill the places of all.
pub(crate) const PER_PARTY: u32 = 64;
/// Connections of one party in a short time that do not count against the rate of their source.
pub(crate) const PARTY_BURST: u32 = 8;
/// … and in a second after that.
pub(crate) const PARTY_RATE: u32 = 1;
/// Parties whose rate is remembered.
pub(crate) const TRACKED_PARTIES: usize = 4096;

/// The bounds that an operator may want to change. `Limits::default()` fits a hub of some thousand sites.
///
/// A connection is a stranger's until the core has said that a member answers for it ([`crate::Handle::answers`]). Strangers are
/// bounded by what they may cost, members by how many there are: whoever has no business here keeps nobody out, and a thousand
/// members behind one address translator all get in.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The longest frame accepted and sent, bytes.
    pub max_frame: u32,
    /// Connections that others opened to this node, at most; sessions on channels have half of them. Each takes a file of the
    /// process.
    pub inbound: u32,
    /// Of these, connections of strangers. When a hub starts, all its members are that for a moment, at the same time.
    pub strangers: u32,
    /// Connections that this node opened, at most; half of them on channels.
    pub outbound: u32,
    /// Connections being set up from outside, at most.
    pub pending_inbound: u32,
    /// Dials under way, name lookups included; half of them on channels.
    pub pending_outbound: u32,
    /// Open connections of strangers from one source (an IPv4 address or an IPv6 /64).
    pub per_source: u32,
    /// Connections that one source may open at once after a pause. One that turns out to be a member's does not count.
    pub source_burst: u32,
    /// Connections that one source may open in a second after that.
    pub source_rate: u32,
    /// Bytes that one session may have queued for sending; one frame always fits an empty queue.
    pub send_queue: usize,
    /// Bytes queued for sending in all sessions together (beyond one frame a session); those on channels queue up to half.
    pub send_memory: usize,
    /// Bytes of received frames, complete and begun, that wait for the core, in all sessions together; half of them on channels.
    pub receive_memory: usize,
}

/// What channels together may have of something.
pub(crate) fn channels_share(of_all: u32) -> usize {
    (of_all as usize / CHANNELS_SHARE).max(1)
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame: MAX_FRAME,
            inbound: 4_096,
            strangers: 1_024,
            outbound: 128,
            pending_inbound: 1_024,
            pending_outbound: 32,
            per_source: 64,
            source_burst: 32,
            source_rate: 2,
            send_queue: 2 * 1024 * 1024,
            send_memory: 64 * 1024 * 1024,
            receive_memory: 128 * 1024 * 1024,
        }
    }
}

/// How many bytes of frames may pass in a second, all sessions together; `None` is as fast as the link goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bandwidth {
    /// Bytes a second sent.
    pub up: Option<u32>,
    /// Bytes a second received.
    pub down: Option<u32>,
}

/// What [`crate::start`] needs.
#[derive(Clone)]
pub struct Config {
    /// The node's ed25519 secret key (RFC 8032 seed, 32 bytes). Its public key is the node's [`crate::NodeKey`].
    pub secret: [u8; 32],
    /// Multiaddrs to listen on, such as `/ip4/0.0.0.0/tcp/4001`, `/ip4/0.0.0.0/udp/4001/quic-v1`. Empty: only dial.
    pub listen: Vec<String>,
    /// Tried first wherever `listen` says port 0, so that addresses given to others stay true across restarts.
    pub preferred_port: Option<u16>,
    /// The bounds.
    pub limits: Limits,
    /// The bandwidth.
    pub bandwidth: Bandwidth,
}

impl Config {
    /// A node that only dials, with default bounds.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self {
            secret,
            listen: Vec::new(),
            preferred_port: None,
            limits: Limits::default(),
            bandwidth: Bandwidth::default(),
        }
    }
}

impl std::fmt::Debug for Config {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("preferred_port", &self.preferred_port)
            .field("limits", &self.limits)
            .field("bandwidth", &self.bandwidth)
            .finish_non_exhaustive()
    }
}
