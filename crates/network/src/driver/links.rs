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
use crate::config::{OPEN_TIMEOUT, QUIET_LINK};
use crate::event::{CloseReason, DialFailure, SessionId};
use crate::key::{NodeKey, node_key};
use crate::session::Task;
use crate::shared::Session;

/// One established connection.
pub(super) struct Link {
    pub peer: NodeKey,
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
        let link = Link {
            peer: key,
            address: without_peer(endpoint),
            outbound,
            dial,
            phase: Phase::Opening(Instant::now() + OPEN_TIMEOUT),
            ping_failed: false,
            observed: false,
        };
        self.links.insert(connection, link);
        if outbound {
            match self.judge(&key, true) {
                Verdict::Take | Verdict::Replace => {
                    self.holders.insert(key, connection);
                    self.swarm.behaviour_mut().stream.open(peer, connection);
                }
                Verdict::Refuse => self.close(connection, DialFailure::AlreadyConnected),
            }
        }
    }

    fn judge(&self, peer: &NodeKey, outbound: bool) -> Verdict {
        let holder = self.holders.get(peer).and_then(|held| self.links.get(held));
        judge(&self.shared.local, peer, holder.map(|link| link.outbound), outbound)
    }

    pub(super) fn on_stream(&mut self, connection: ConnectionId, stream: Stream) {
        let Some(Link { peer, outbound, phase: Phase::Opening(_), .. }) = self.links.get(&connection) else {
            return;
        };
        let (peer, outbound) = (*peer, *outbound);
        if !outbound {
            match self.judge(&peer, false) {
                Verdict::Take => {}
                Verdict::Replace => self.supersede(&peer),
                Verdict::Refuse => return self.close(connection, DialFailure::AlreadyConnected),
            }
            self.holders.insert(peer, connection);
        }
        if self.sessions.len() >= self.most_sessions() {
            self.shared.counts.turned_away.add();
            return self.close(connection, DialFailure::Limit("too many sessions are ending".to_owned()));
        }
        self.begin(connection, peer, stream);
    }

    /// Sessions, those included that have ended and wait to tell a slow core.
    fn most_sessions(&self) -> usize {
        2 * (self.shared.limits.inbound as usize + self.shared.limits.outbound as usize)
    }

    fn begin(&mut self, connection: ConnectionId, peer: NodeKey, stream: Stream) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        self.last_session += 1;
        let id = SessionId(self.last_session);
        let session = Arc::new(Session::new(id, peer, connection, self.shared.memory.account()));
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
            predecessor: self.tails.insert(peer, (id, tail)).map(|(_, tail)| tail),
            told,
            ended: self.ended.0.clone(),
        };
        self.shared.insert(session);
        self.shared.counts.sessions_opened.add();
        self.sessions.spawn(async move {
            task.run(stream).await;
            (peer, id)
        });
    }

    /// The connection that holds the peer gives way to another.
    fn supersede(&mut self, peer: &NodeKey) {
        let Some(old) = self.holders.remove(peer) else { return };
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
        let (peer, dial) = (link.peer, link.dial.take());
        self.release(&peer, connection);
        if let Some(dial) = dial {
            self.dial_failed(dial, failure);
        }
        self.swarm.close_connection(connection);
    }

    fn release(&mut self, peer: &NodeKey, connection: ConnectionId) {
        if self.holders.get(peer) == Some(&connection) {
            self.holders.remove(peer);
        }
    }

    pub(super) fn on_no_stream(&mut self, connection: ConnectionId, why: String) {
        self.shared.counts.no_stream.add();
        self.close(connection, DialFailure::NoSync(why));
    }

    pub(super) fn on_session_ended(&mut self, connection: ConnectionId) {
        self.close(connection, DialFailure::AlreadyConnected);
    }

    pub(super) fn on_session_told(&mut self, peer: NodeKey, session: SessionId) {
        if self.tails.get(&peer).is_some_and(|(last, _)| *last == session) {
            self.tails.remove(&peer);
        }
    }

    pub(super) fn on_closed(&mut self, connection: ConnectionId, cause: Option<ConnectionError>) {
        let Some(link) = self.links.remove(&connection) else { return };
        self.release(&link.peer, connection);
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
