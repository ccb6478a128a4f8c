//! Connections and their sessions: from the handshake to the last word.

use std::sync::Arc;
use std::time::Instant;

use libp2p::PeerId;
use libp2p::core::ConnectedPoint;
use libp2p::swarm::{ConnectionError, ConnectionId, Stream};
use tokio::sync::oneshot;

use super::Driver;
use super::dialing::{Dial, chain};
use crate::arbiter::{Verdict, judge};
use crate::channel::{Channel, Pair};
use crate::config::{OPEN_TIMEOUT, QUIET_LINK, channels_share};
use crate::event::{CloseReason, DialFailure, SessionId};
use crate::key::{NodeKey, node_key};
use crate::session::Task;
use crate::shared::Session;

/// One established connection.
pub(super) struct Link {
    pub peer: NodeKey,
    /// What it is for. Whoever has not dialed it learns that from the stream.
    pub channel: Option<Channel>,
    pub address: String,
    /// This node dialed it.
    pub outbound: bool,
    /// The dial that has not been answered yet.
    pub dial: Option<Dial>,
    pub phase: Phase,
    pub ping_failed: bool,
    /// The peer has said what it sees.
    pub observed: bool,
}

impl Link {
    fn pair(&self) -> Option<Pair> {
        self.channel.map(|channel| (self.peer, channel))
    }
}

/// How far a connection has come.
pub(super) enum Phase {
    /// The stream is awaited until the deadline.
    Opening(Instant),
    Talking(Arc<Session>),
    /// The connection is being closed.
    Closing,
}

impl Driver {
    pub(super) fn on_connected(&mut self, connection: ConnectionId, peer: PeerId, endpoint: &ConnectedPoint) {
        let dial = self.dials.remove(&connection);
        let Some(key) = node_key(&peer) else {
            self.shared.counts.foreign_keys.add();
            self.swarm.close_connection(connection);
            if let Some(dial) = dial {
                self.dial_failed(dial, DialFailure::WrongKey { found: None });
            }
            return;
        };
        let outbound = endpoint.is_dialer();
        let channel = dial.as_ref().map(|dial| dial.channel);
        let link = Link {
            peer: key,
            channel,
            address: without_peer(endpoint),
            outbound,
            dial,
            phase: Phase::Opening(Instant::now() + OPEN_TIMEOUT),
            ping_failed: false,
            observed: false,
        };
        self.links.insert(connection, link);
        if let Some(channel) = channel {
            self.on_dialed(connection, peer, (key, channel));
        }
    }

    fn on_dialed(&mut self, connection: ConnectionId, peer: PeerId, pair: Pair) {
        if !self.shared.channels.is_open(pair.1) {
            return self.close(connection, DialFailure::ChannelClosed);
        }
        match self.judge(&pair, true) {
            Verdict::Take | Verdict::Replace => {
                self.holders.insert(pair, connection);
                self.swarm.behaviour_mut().stream.open(peer, connection, pair.1);
            }
            Verdict::Refuse => self.close(connection, DialFailure::AlreadyConnected),
        }
    }

    fn judge(&self, pair: &Pair, outbound: bool) -> Verdict {
        let holder = self.holders.get(pair).and_then(|held| self.links.get(held));
        judge(&self.shared.local, &pair.0, holder.map(|link| link.outbound), outbound)
    }

    pub(super) fn on_stream(&mut self, connection: ConnectionId, channel: Channel, stream: Stream) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        if !matches!(link.phase, Phase::Opening(_)) {
            return;
        }
        link.channel = Some(channel);
        let (pair, outbound) = ((link.peer, channel), link.outbound);
        if !outbound {
            match self.judge(&pair, false) {
                Verdict::Take if self.has_no_room(channel) => {
                    self.shared.counts.turned_away.add();
                    return self.close(connection, DialFailure::Limit("too many on channels".to_owned()));
                }
                Verdict::Take => {}
                Verdict::Replace => self.supersede(&pair),
                Verdict::Refuse => return self.close(connection, DialFailure::AlreadyConnected),
            }
            self.holders.insert(pair, connection);
        }
        if self.sessions.len() >= self.most_sessions() {
            self.shared.counts.turned_away.add();
            return self.close(connection, DialFailure::Limit("too many sessions are ending".to_owned()));
        }
        self.begin(connection, pair, stream);
    }

    /// Whether a connection on this channel, which is there already, is one more than others may open on channels.
    fn has_no_room(&self, channel: Channel) -> bool {
        !channel.is_own() && self.on_channels(false) > channels_share(self.shared.limits.inbound)
    }

    /// Connections on channels, those that are closing included, that this node opened, or that others did.
    pub(super) fn on_channels(&self, outbound: bool) -> usize {
        let on_channel = |link: &&Link| link.channel.is_some_and(|channel| !channel.is_own());
        self.links.values().filter(|link| link.outbound == outbound).filter(on_channel).count()
    }

    /// Sessions, those included that have ended and wait to tell a slow core.
    fn most_sessions(&self) -> usize {
        2 * (self.shared.limits.inbound as usize + self.shared.limits.outbound as usize)
    }

    fn begin(&mut self, connection: ConnectionId, pair: Pair, stream: Stream) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        self.last_session += 1;
        let id = SessionId(self.last_session);
        let session = Arc::new(Session::new(id, pair, connection, self.shared.memory.account(pair.1)));
        link.phase = Phase::Talking(Arc::clone(&session));
        link.dial = None; // `Connected` is the answer
        let (told, tail) = oneshot::channel();
        let task = Task {
            session: Arc::clone(&session),
            shared: Arc::clone(&self.shared),
            events: self.events.clone(),
            connection,
            address: link.address.clone(),
            outbound: link.outbound,
            predecessor: self.tails.insert(pair, (id, tail)).map(|(_, tail)| tail),
            told,
            ended: self.ended.0.clone(),
        };
        self.shared.insert(&session);
        self.shared.counts.sessions_opened.add();
        self.sessions.spawn(async move {
            task.run(stream).await;
            (pair, id)
        });
    }

    /// The connection that holds the peer on the channel gives way to another.
    fn supersede(&mut self, pair: &Pair) {
        let Some(old) = self.holders.remove(pair) else { return };
        match self.links.get(&old).map(|link| &link.phase) {
            Some(Phase::Talking(session)) => session.end(CloseReason::Superseded),
            Some(_) => self.close(old, DialFailure::AlreadyConnected),
            None => {}
        }
    }

    /// Closes a connection that has no session; `failure` answers its dial, if it is one.
    fn close(&mut self, connection: ConnectionId, failure: DialFailure) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        link.phase = Phase::Closing;
        let (pair, dial) = (link.pair(), link.dial.take());
        self.release(pair, connection);
        if let Some(dial) = dial {
            self.dial_failed(dial, failure);
        }
        self.swarm.close_connection(connection);
    }

    fn release(&mut self, pair: Option<Pair>, connection: ConnectionId) {
        if let Some(pair) = pair.filter(|pair| self.holders.get(pair) == Some(&connection)) {
            self.holders.remove(&pair);
        }
    }

    pub(super) fn on_no_stream(&mut self, connection: ConnectionId, why: String) {
        self.shared.counts.no_stream.add();
        let on = self.links.get(&connection).and_then(|link| link.channel).unwrap_or_default();
        self.close(
            connection,
            if on.is_own() { DialFailure::NoSync(why) } else { DialFailure::NoChannel(why) },
        );
    }

    pub(super) fn on_session_ended(&mut self, connection: ConnectionId) {
        self.close(connection, DialFailure::AlreadyConnected);
    }

    pub(super) fn on_session_told(&mut self, pair: &Pair, session: SessionId) {
        if self.tails.get(pair).is_some_and(|(last, _)| *last == session) {
            self.tails.remove(pair);
        }
    }

    pub(super) fn on_closed(&mut self, connection: ConnectionId, cause: Option<ConnectionError>) {
        let Some(link) = self.links.remove(&connection) else { return };
        self.release(link.pair(), connection);
        let why = cause.map_or_else(|| "it was closed".to_owned(), |cause| chain(&cause));
        if let Phase::Talking(session) = link.phase {
            session.end(CloseReason::ConnectionLost(why.clone()));
        }
        if let Some(dial) = link.dial {
            self.dial_failed(dial, DialFailure::Lost(why));
        }
    }

    /// Looks at the deadlines.
    pub(super) fn on_tick(&mut self) {
        let now = Instant::now();
        let mut late = Vec::new();
        for (connection, link) in &self.links {
            match &link.phase {
                Phase::Opening(deadline) if now >= *deadline => late.push(*connection),
                Phase::Talking(session) if link.ping_failed && session.meter.quiet() >= QUIET_LINK => {
                    session.end(CloseReason::LinkDead);
                }
                _ => {}
            }
        }
        for connection in late {
            self.on_no_stream(connection, "it opened no stream in time".to_owned());
        }
    }
}

/// Where the other side is, without the `/p2p/…` ending that libp2p adds when dialing.
fn without_peer(endpoint: &ConnectedPoint) -> String {
    let address = endpoint.get_remote_address();
    let parts = address.iter().filter(|part| !matches!(part, libp2p::multiaddr::Protocol::P2p(_)));
    parts.collect::<libp2p::Multiaddr>().to_string()
}
