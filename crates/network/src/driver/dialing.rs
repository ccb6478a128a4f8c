//! Dials: names to addresses, addresses to connections, and what to say when that fails.

use std::error::Error;
use std::io;
use std::net::IpAddr;

use libp2p::Multiaddr;
use libp2p::core::transport::TransportError;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError};
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::Driver;
use crate::channel::{Channel, Pair};
use crate::config::{ADDRESSES_PER_NAME, OPEN_TIMEOUT, channels_share};
use crate::event::{DialFailure, Event};
use crate::handle::DialCommand;
use crate::key::{Host, NodeKey, node_key, peer_id};

/// Characters of foreign error text that are passed on.
const REASON_LENGTH: usize = 300;

/// A dial that waits for its answer.
#[derive(Debug, Clone)]
pub(super) struct Dial {
    pub text: String,
    pub expect: Option<NodeKey>,
    pub channel: Channel,
}

/// A name that has been looked up.
pub(super) struct Lookup {
    command: DialCommand,
    found: io::Result<Vec<IpAddr>>,
}

impl Driver {
    pub(super) fn on_dial(&mut self, command: DialCommand) {
        let channel = command.channel;
        let dial = Dial { text: command.text.clone(), expect: command.expect, channel };
        if let Some(why) = self.no_room(channel) {
            return self.dial_failed(dial, DialFailure::Limit(why.to_owned()));
        }
        if let Some(failure) = command.expect.and_then(|peer| self.no_need(&(peer, channel))) {
            return self.dial_failed(dial, failure);
        }
        match command.address.host.clone() {
            Host::Ip(_) => self.dial(dial, vec![command.address.transport], command.address.quic),
            Host::Name(name) => {
                self.lookups_on_channels += usize::from(!channel.is_own());
                self.lookups.spawn(look_up(name, command));
            }
        }
    }

    /// What there are too many of to dial on a channel now.
    fn no_room(&self, channel: Channel) -> Option<&'static str> {
        let limits = &self.shared.limits;
        if self.dials.len() + self.lookups.len() >= limits.pending_outbound as usize {
            return Some("too many dials are under way");
        }
        if channel.is_own() {
            return None;
        }
        let dialing = self.dials.values().filter(|dial| !dial.channel.is_own()).count();
        let under_way = dialing + self.lookups_on_channels;
        if under_way >= channels_share(limits.pending_outbound) {
            return Some("too many dials to other networks are under way");
        }
        (under_way + self.on_channels(true) >= channels_share(limits.outbound))
            .then_some("this node has as many connections to other networks as it may open")
    }

    /// Why this peer need not be dialed.
    fn no_need(&self, pair: &Pair) -> Option<DialFailure> {
        if pair.0 == self.shared.local {
            return Some(DialFailure::Myself);
        }
        self.holders.contains_key(pair).then_some(DialFailure::AlreadyConnected)
    }

    pub(super) fn on_lookup(&mut self, Lookup { command, found }: Lookup) {
        let dial = Dial { text: command.text, expect: command.expect, channel: command.channel };
        if !dial.channel.is_own() {
            self.lookups_on_channels = self.lookups_on_channels.saturating_sub(1);
        }
        match found {
            Err(error) => self.dial_failed(dial, DialFailure::NameNotFound(error.to_string())),
            Ok(ips) => {
                let addresses = ips.into_iter().map(|ip| command.address.at(ip)).collect();
                self.dial(dial, addresses, command.address.quic);
            }
        }
    }

    /// `addresses` are never empty. TCP dials from a port of its own: with the listener's port, two nodes dialing each
    /// other would meet in one TCP connection with no one to answer. QUIC shares the listener's socket, which keeps
    /// address translators on the way open for the others.
    fn dial(&mut self, dial: Dial, addresses: Vec<Multiaddr>, quic: bool) {
        let options = match (dial.expect, addresses.first()) {
            (Some(key), _) => {
                let Some(peer) = peer_id(&key) else {
                    return self.dial_failed(dial, DialFailure::WrongKey { found: None });
                };
                let known = DialOpts::peer_id(peer).condition(PeerCondition::Always).addresses(addresses);
                if quic { known.build() } else { known.allocate_new_port().build() }
            }
            (None, Some(first)) => {
                let unknown = DialOpts::unknown_peer_id().address(first.clone());
                if quic { unknown.build() } else { unknown.allocate_new_port().build() }
            }
            (None, None) => {
                return self.dial_failed(dial, DialFailure::NameNotFound("it has no address".to_owned()));
            }
        };
        let connection = options.connection_id();
        match self.swarm.dial(options) {
            Ok(()) => {
                self.dials.insert(connection, dial);
            }
            Err(error) => self.dial_failed(dial, failure(error)),
        }
    }

    pub(super) fn on_dial_error(&mut self, connection: ConnectionId, error: DialError) {
        if let Some(dial) = self.dials.remove(&connection) {
            self.dial_failed(dial, failure(error));
        }
    }

    pub(super) fn dial_failed(&mut self, dial: Dial, reason: DialFailure) {
        self.shared.counts.failed_dials.add();
        let Dial { text: address, expect: peer, channel } = dial;
        self.notice(Event::DialFailed { address, peer, channel, reason });
    }
}

async fn look_up(name: String, command: DialCommand) -> Lookup {
    let fits = match command.address.transport.iter().next() {
        Some(Protocol::Dns4(_)) => IpAddr::is_ipv4,
        Some(Protocol::Dns6(_)) => IpAddr::is_ipv6,
        _ => |_: &IpAddr| true,
    };
    let found = match timeout(OPEN_TIMEOUT, lookup_host((name, command.address.port))).await {
        Ok(Ok(found)) => {
            let ips: Vec<IpAddr> = found.map(|a| a.ip()).filter(fits).take(ADDRESSES_PER_NAME).collect();
            if ips.is_empty() { Err(io::Error::other("it has no address of that kind")) } else { Ok(ips) }
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    };
    Lookup { command, found }
}

fn failure(error: DialError) -> DialFailure {
    match error {
        DialError::LocalPeerId { .. } => DialFailure::Myself,
        DialError::WrongPeerId { obtained, .. } => DialFailure::WrongKey { found: node_key(&obtained) },
        DialError::Denied { cause } => DialFailure::Limit(chain(&cause)),
        DialError::Transport(tried) => {
            let each: Vec<String> = tried
                .iter()
                .map(|(_, error)| match error {
                    TransportError::Other(error) => chain(error),
                    TransportError::MultiaddrNotSupported(_) => {
                        "no transport for that kind of address".to_owned()
                    }
                })
                .collect();
            DialFailure::Unreachable(each.join("; ").chars().take(REASON_LENGTH).collect())
        }
        other => DialFailure::Unreachable(chain(&other)),
    }
}

/// An error and what caused it, each text once.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text.chars().take(REASON_LENGTH).collect()
}
