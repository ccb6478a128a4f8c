//! What the network tells the core, and what time does.

use std::time::Instant;

use network::{Event, SessionId};
use protocol::PublicKey;
use replica::{Input, MAX_REMEMBERED};

use super::{Core, now_ms};
use crate::ahead::Ahead;

impl Core {
    pub(super) fn hang_up(&mut self, session: u64, reason: String) {
        self.note_failure(session, &reason);
        if let Some(network) = &self.network {
            network.hang_up(SessionId(session), reason);
        }
    }

    fn note_failure(&mut self, session: u64, reason: &str) {
        let peers = self.replica.peers();
        if let Some(peer) = peers.iter().find(|p| p.session == session) {
            let node = peer.peer;
            self.remember_failure(node, || reason.to_owned(), true);
        }
    }

    /// Keys cost a stranger nothing: of so many nodes that failed, further ones are not remembered.
    fn remember_failure(&mut self, node: PublicKey, why: impl FnOnce() -> String, replace: bool) {
        let known = self.last_failure.contains_key(&node);
        if (known && replace) || (!known && self.last_failure.len() < MAX_REMEMBERED) {
            self.last_failure.insert(node, why());
        }
    }

    /// Forgets what a peer did, so that it is no longer refused.
    pub fn forgive(&mut self, peer: PublicKey) {
        self.last_failure.remove(&peer);
        self.drive(Input::Forgive { peer });
    }

    /// Takes an event of the network that came at a time.
    pub fn on_event(&mut self, event: Event, at: Instant) {
        self.remember(&event);
        match event {
            Event::Connected { session, peer, address, outbound, .. } => {
                if outbound {
                    self.dialing.connected(session.0, &peer, &address);
                }
                let peer = PublicKey(peer);
                self.serving.begin(session.0, self.opened.elapsed());
                self.drive(Input::Connected { session: session.0, peer, outbound });
            }
            Event::Frame { session, bytes } => {
                self.drive(Input::Frame { session: session.0, bytes });
                self.tell_who_answers(session);
                self.measure(session.0, at);
            }
            Event::Closed { session, peer, reason } => {
                self.remember_failure(PublicKey(peer), || reason.to_string(), false);
                self.serving.forget(session.0);
                self.let_in.remove(session);
                self.dialing.closed(session.0, now_ms());
                self.drive(Input::Closed { session: session.0 });
            }
            Event::Drained { session } => self.serving.drained(session.0),
            Event::Listening { address } => {
                tracing::info!("listening on {address}");
                self.addresses.push(address);
                self.publish_addresses();
            }
            Event::ListeningEnded { address, .. } => self.addresses.retain(|a| *a != address),
            Event::ListenFailed { address, why, hint } => {
                tracing::error!("cannot listen on {address}: {why}; {hint}");
                if !crate::log::is_json() {
                    eprintln!("lianshi: cannot listen on {address}: {why}\n  hint: {hint}");
                }
            }
            Event::DialFailed { address, reason, .. } => {
                self.dialing.failed(&address, reason.to_string(), now_ms())
            }
            Event::Observed { .. } => {}
        }
        self.pump();
    }

    /// Takes a frame that came at a time, and whose run was opened ahead.
    pub fn on_run(&mut self, session: SessionId, ahead: Ahead, at: Instant) {
        let Ahead { bytes, run, .. } = ahead;
        let _span = tracing::info_span!("run", bytes = bytes.len()).entered();
        self.drive(Input::Opened { session: session.0, bytes, run: Box::new(run) });
        self.tell_who_answers(session);
        self.measure(session.0, at);
        self.pump();
    }

    /// Tells the network out of whose share of its memory the frames of a session are to come.
    fn tell_who_answers(&self, session: SessionId) {
        if let Some(network) = self.network.as_ref().filter(|_| self.replica.has_greeted(session.0)) {
            network.answers(session, self.replica.answers_for_session(session.0).map(|id| id.0));
            self.let_in.add(session);
        }
    }

    pub(super) fn publish_addresses(&mut self) {
        if !self.may_write() {
            self.returning.addresses_due();
            return;
        }
        let told = if self.announced.is_empty() { &self.addresses } else { &self.announced };
        let addresses = told.clone();
        let published = self.work(|desk| Ok(((), desk.publish_addresses(&addresses)?.into_iter().collect())));
        if let Err(error) = published {
            tracing::warn!("the node's addresses could not be published: {error}");
        }
    }

    /// To be called about once a second: deadlines, dials.
    pub fn tick(&mut self) {
        let now = now_ms();
        self.watch_line(now);
        self.watch_pauses(now);
        self.take_checked();
        self.serving.age(self.opened.elapsed());
        self.drive(Input::Tick);
        self.count_nodes();
        for peer in self.replica.peers() {
            if peer.synced {
                self.last_success.insert(peer.peer, now);
                self.last_failure.remove(&peer.peer);
            }
        }
        if self.last_success.values().any(|seen| *seen == now) {
            self.note_seen();
        }
        self.look_at_rates(now);
        self.keep_conduct_beside();
        self.dial(now);
        self.catch_up_writing();
        self.look_after_store();
        self.tell_status(now);
        self.pump();
    }
}
