//! Builds the libp2p swarm with every bound that it has.

use std::num::NonZeroUsize;
use std::time::Duration;

use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::identity::Keypair;
use libp2p::swarm::NetworkBehaviour;
use libp2p::{Swarm, SwarmBuilder, identify, noise, ping, tcp};

use crate::channel::{Channels, PROTOCOL};
use crate::config::{
    CONNECT_TIMEOUT, CONNECTIONS_PER_PEER, Limits, NEGOTIATING_STREAMS, OPEN_TIMEOUT, PING_INTERVAL,
    PING_TIMEOUT, QUIC_CONNECTION_WINDOW, QUIC_IDLE_MS, QUIC_STREAM_WINDOW, STREAMS_PER_CONNECTION,
};
use crate::guard::Guard;
use crate::{StartError, mux, stream};

/// What identify says this is.
const AGENT: &str = "lianshi";
/// QUIC sends something at least this often, so that address translators on the way remember the connection.
const QUIC_KEEP_ALIVE: Duration = Duration::from_secs(5);

/// All that a connection is used for. The guard comes first: it is the cheapest to say no.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    guard: Guard,
    limits: connection_limits::Behaviour,
    ping: ping::Behaviour,
    identify: identify::Behaviour,
    pub(crate) stream: stream::Behaviour,
}

impl Behaviour {
    fn new(key: &Keypair, limits: &Limits, guard: Guard, channels: Channels) -> Self {
        // Only what a peer sees of our address is wanted; our own addresses travel in signed entries instead.
        let identify = identify::Config::new(PROTOCOL.to_owned(), key.public())
            .with_agent_version(AGENT.to_owned())
            .with_cache_size(0)
            .with_hide_listen_addrs(true);
        let connections = ConnectionLimits::default()
            .with_max_pending_incoming(Some(limits.pending_inbound))
            .with_max_pending_outgoing(Some(limits.pending_outbound))
            .with_max_established_incoming(Some(limits.inbound))
            .with_max_established_outgoing(Some(limits.outbound))
            .with_max_established(Some(limits.inbound.saturating_add(limits.outbound)))
            .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER));
        Self {
            guard,
            limits: connection_limits::Behaviour::new(connections),
            ping: ping::Behaviour::new(
                ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_TIMEOUT),
            ),
            identify: identify::Behaviour::new(identify),
            stream: stream::Behaviour::new(channels),
        }
    }
}

/// A swarm that listens nowhere yet.
pub(crate) fn build(
    key: Keypair,
    limits: &Limits,
    guard: Guard,
    channels: Channels,
) -> Result<Swarm<Behaviour>, StartError> {
    let tcp = tcp::Config::default().nodelay(true);
    let Ok(built) = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp, noise::Config::new, || mux::Upgrade)
        .map_err(|error| StartError::Key(error.to_string()))?
        .with_quic_config(|mut quic| {
            quic.handshake_timeout = CONNECT_TIMEOUT;
            quic.max_idle_timeout = QUIC_IDLE_MS;
            quic.keep_alive_interval = QUIC_KEEP_ALIVE;
            quic.max_concurrent_stream_limit = STREAMS_PER_CONNECTION as u32;
            quic.max_stream_data = QUIC_STREAM_WINDOW;
            quic.max_connection_data = QUIC_CONNECTION_WINDOW;
            quic
        })
        .with_behaviour(|key| Behaviour::new(key, limits, guard, channels));
    let swarm = built.with_swarm_config(|config| {
        config
            .with_idle_connection_timeout(OPEN_TIMEOUT)
            .with_max_negotiating_inbound_streams(NEGOTIATING_STREAMS)
            .with_notify_handler_buffer_size(NonZeroUsize::MIN)
            .with_per_connection_event_buffer_size(4)
    });
    Ok(swarm.with_connection_timeout(CONNECT_TIMEOUT).build())
}
