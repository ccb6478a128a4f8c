//! What goes into a replica and what comes out.

use protocol::{
    Charter, CheckedEntry, CheckedRun, CircleId, Frame, Head, LogId, NodeCertificate, PublicKey, Redemption,
    SealingKey, Subscription,
};

use crate::circles::KnownCircle;
use crate::session::SessionId;

/// Who this replica is.
#[derive(Clone, Debug)]
pub struct Me {
    /// The network's charter.
    pub charter: Charter,
    /// This node's certificate.
    pub certificate: NodeCertificate,
    /// The unused invitation of a newcomer.
    pub redemption: Option<Redemption>,
    /// Opens what is sealed to this node; the certificate holds its public half.
    pub sealing: SealingKey,
    /// What it asks for.
    pub subscription: Subscription,
    /// Program name and version, shown to peers.
    pub agent: String,
}

/// One log held here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogState {
    /// Its head.
    pub head: Head,
    /// The certificate that opened it.
    pub certificate: Option<NodeCertificate>,
}

/// What happens to a replica.
#[derive(Debug)]
pub enum Input {
    /// A peer is connected; its key is authenticated by the transport.
    Connected {
        /// The connection.
        session: SessionId,
        /// Its node key.
        peer: PublicKey,
        /// Whether this side dialled.
        outbound: bool,
    },
    /// The connection is gone.
    Closed {
        /// The connection.
        session: SessionId,
    },
    /// A frame came.
    Frame {
        /// From where.
        session: SessionId,
        /// Its bytes, length prefix taken off.
        bytes: Vec<u8>,
    },
    /// This node wrote entries of its own, already fsynced in the journal.
    Appended {
        /// The log.
        log: LogId,
        /// The entries in order.
        entries: Vec<CheckedEntry>,
    },
    /// Entries of a log went out to a peer.
    Served {
        /// To whom.
        session: SessionId,
        /// The log.
        log: LogId,
        /// The last entry sent.
        upto: u64,
        /// How many.
        entries: u64,
    },
    /// What the store remembers of circles; to be given before anyone is connected.
    Circles(Vec<(CircleId, KnownCircle)>),
    /// Everything persisted so far is fsynced.
    Durable,
    /// Time has passed; to be given about once a second.
    Tick,
    /// The operator lets a peer begin anew: what it did is forgotten, and it is no longer refused.
    Forgive {
        /// Its node key.
        peer: PublicKey,
    },
}

/// What a replica wants done, in order.
#[derive(Debug)]
pub enum Effect {
    /// Send a frame.
    Send {
        /// To whom.
        session: SessionId,
        /// What.
        frame: Frame,
    },
    /// Read entries after `have` up to `to` from the store and send them in runs, as the line permits.
    Serve {
        /// To whom.
        session: SessionId,
        /// The log.
        log: LogId,
        /// Sequence number before the first wanted.
        have: u64,
        /// The last wanted.
        to: u64,
    },
    /// Store these entries and what follows from them. Given before any effect that tells of them.
    Persist {
        /// The entries; they continue the log's head.
        run: CheckedRun,
    },
    /// Remember this of a circle: a local record, to be given back after a restart.
    KeepCircle {
        /// The circle.
        id: CircleId,
        /// All that is known of it.
        known: KnownCircle,
    },
    /// Countersign this redemption in this node's own roster log.
    Countersign {
        /// The redemption, its signatures checked.
        redemption: Box<Redemption>,
    },
    /// The roster is another one now: views and admissions follow.
    RosterChanged,
    /// End the connection.
    HangUp {
        /// Which.
        session: SessionId,
        /// Why, for both operators.
        reason: String,
    },
    /// Something an operator should be able to read.
    Report {
        /// About whom.
        session: SessionId,
        /// What happened.
        what: String,
    },
}
