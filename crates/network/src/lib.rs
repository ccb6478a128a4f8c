//! Carries byte frames between nodes over libp2p, and knows nothing of what they say.
//!
//! This is the only crate that knows libp2p. It turns connections into **sessions**: one session is one stream of the
//! protocol `/lianshi/sync/1` to one peer, over QUIC or over TCP with Noise and Yamux. A stream carries frames: a length
//! of four bytes, big-endian, then that many bytes, at most [`MAX_FRAME`]. Beside its own network's sessions a node may have
//! some on [`Channel`]s to other networks, each with its name behind the protocol's and on a connection of its own.
//!
//! ```text
//!            dial · send · hang_up                 Connected · Frame · Drained · Closed
//!  core ──────────► Handle ──► driver, sessions ──► Events ──────────► core
//! ```
//!
//! How to drive it: [`start`] a node, then call [`Events::recv`] in a loop; answer with [`Handle::send`]. When `send`
//! says [`SendOutcome::Full`], keep the frame until [`Event::Drained`] comes for that session. A core that is slow to
//! call `recv` slows the peers down (nothing is read from a socket that nobody has room for); it loses nothing. Once the core
//! knows who answers for a session, it says so with [`Handle::answers`]: until then large frames of it wait. To exchange with
//! another network, [`Handle::open_channel`] first: then peers may come on it, and [`Handle::dial_on`] goes out on it.
//!
//! What holds:
//! - For one session the events come in this order: one `Connected`, its `Frame`s and `Drained`s, one `Closed`.
//! - At most one session to a peer and channel at a time: the `Closed` of the old one comes before the `Connected` of the new
//!   one. What becomes of one changes nothing for those on other channels.
//! - Channels together have half of every bound at most: the own network's sessions always find the other half.
//! - Every accepted `dial` is answered once, by `Connected` (with `outbound: true`) or by `DialFailed`.
//! - Every queue, buffer and table has a bound that [`Limits`] names.
//!
//! What is absent: entries, roster, admission (any ed25519 key may connect; whoever reads the events decides and
//! calls [`Handle::hang_up`]), retries and timers for dialing again, discovery, relaying, gossip, compression.

mod arbiter;
mod bucket;
mod channel;
mod config;
mod cork;
mod doors;
mod driver;
mod event;
mod frame;
mod guard;
mod handle;
mod key;
mod listening;
mod memory;
mod mux;
mod outbox;
#[cfg(debug_assertions)]
mod record;
mod session;
mod shared;
mod stream;
mod swarm;

pub use channel::{Channel, TooManyChannels};
pub use config::{
    Bandwidth, Config, Limits, MAX_ADDRESS, MAX_CHANNELS, MAX_FRAME, PING_INTERVAL, PING_TIMEOUT, QUIET_LINK,
};
pub use event::{CloseReason, DialFailure, Event, Party, SendOutcome, SessionId};
pub use handle::{Arrival, DialError, Events, Handle};
pub use key::{NodeKey, address_with_key, check_address, key_in_address, key_of_secret, peer_id_text};
pub use shared::{Counters, Stats};

/// Why a node's network could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no tokio runtime here.
    #[error("the network needs a tokio runtime and found none; call `network::start` inside one")]
    NoRuntime,
    /// An address to listen on cannot be understood.
    #[error(
        "cannot listen on {address:?}: {why}; write it like /ip4/0.0.0.0/tcp/4001 or /ip4/0.0.0.0/udp/4001/quic-v1"
    )]
    BadListenAddress {
        /// The address as configured.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The encryption layer refused the node's key.
    #[error("cannot set up encryption with this node's key: {0}; restore the key file from its backup")]
    Key(String),
}

/// Starts the network of one node and returns what to command it with and what to listen to.
///
/// Listening happens in the background: an address that cannot be had is told by [`Event::ListenFailed`], since a node
/// without a free port must still run and reach others. The network stops when [`Handle::shutdown`] is called, when all
/// handles are dropped, or when the [`Events`] are.
///
/// # Errors
/// A listen address that cannot be parsed, a key that cannot be used, no tokio runtime.
pub fn start(config: Config) -> Result<(Handle, Events), StartError> {
    if tokio::runtime::Handle::try_current().is_err() {
        return Err(StartError::NoRuntime);
    }
    driver::spawn(config)
}
