//! The replication state machine.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Charter, CheckedEntry, CheckedRun, Credential, Frame, Head, Hello, LogHead, LogId, NetworkId,
    NodeCertificate, NodeState, OpenLog, PublicKey, Redemption, Roster, RosterInput, Shelf, ShelfKind,
    SignedStep, Subscription, Verb, Want, limits,
};

use crate::session::{PeerView, Session, SessionId, SessionState};

mod exchange;
mod greeting;

/// Bad frames after which a peer is hung up.
const MAX_STRIKES: u32 = 8;
/// Logs of one node: shelves times incarnations, with room. More are not asked for.
const MAX_LOGS_PER_NODE: usize = 4_096;
/// A range asked for that brings nothing for this long is asked for elsewhere, milliseconds.
const WANT_PATIENCE_MS: i64 = 20_000;
/// A peer that has not shown a credential after this long is hung up, milliseconds.
const GREETING_PATIENCE_MS: i64 = 15_000;
/// Logs asked for at once from one peer; the roster's come first.
const WANTS_IN_FLIGHT: usize = 32;
/// Frontiers of at most this many logs are compared by their heads at once, without buckets.
const SMALL_FRONTIER: usize = 64;

/// Who this replica is.
#[derive(Clone, Debug)]
pub struct Me {
    /// The network's charter.
    pub charter: Charter,
    /// This node's certificate.
    pub certificate: NodeCertificate,
    /// The unused invitation of a newcomer.
    pub redemption: Option<Redemption>,
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
    /// Everything persisted so far is fsynced.
    Durable,
    /// Time has passed; to be given about once a second.
    Tick,
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
    /// Store these entries and what follows from them.
    Persist {
        /// The entries; they continue the log's head.
        run: CheckedRun,
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

/// The state machine: `handle` an [`Input`], perform the [`Effect`]s.
///
/// ```text
/// let mut replica = Replica::new(me, logs, roster_input);
/// for effect in replica.handle(Input::Connected { session, peer, outbound }, now_ms) { perform(effect) }
/// ```
pub struct Replica {
    me: Me,
    network: NetworkId,
    logs: BTreeMap<LogId, LogState>,
    roster_input: RosterInput,
    roster: Roster,
    sessions: BTreeMap<SessionId, Session>,
    in_flight: BTreeMap<LogId, InFlight>,
    /// Logs whose institution the roster does not (yet) admit.
    parked: BTreeSet<LogId>,
    /// Logs persisted since the last durable point.
    fresh: BTreeSet<LogId>,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    session: SessionId,
    to: u64,
    progress_ms: i64,
}

impl Replica {
    /// A replica that holds `logs`, with the roster entries that stand in them.
    pub fn new(me: Me, logs: BTreeMap<LogId, LogState>, roster_input: RosterInput) -> Self {
        let roster = Roster::fold(&me.charter, &roster_input);
        Self {
            network: me.charter.id(),
            me,
            logs,
            roster_input,
            roster,
            sessions: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            parked: BTreeSet::new(),
            fresh: BTreeSet::new(),
        }
    }

    /// Takes one input at the moment `now_ms` (milliseconds since 1970, this node's clock).
    pub fn handle(&mut self, input: Input, now_ms: i64) -> Vec<Effect> {
        let mut out = Vec::new();
        match input {
            Input::Connected { session, peer, outbound } => {
                self.sessions.insert(session, Session::new(peer, outbound, now_ms));
                out.push(Effect::Send { session, frame: Frame::Hello(Box::new(self.hello())) });
            }
            Input::Closed { session } => {
                self.sessions.remove(&session);
                self.release(session);
                self.plan_all(now_ms, &mut out);
            }
            Input::Frame { session, bytes } => self.on_frame(session, &bytes, now_ms, &mut out),
            Input::Appended { log, entries } => {
                let before = self.logs.get(&log).map_or(0, |l| l.head.seq);
                self.accept(log, &entries, &mut out);
                self.fresh.remove(&log);
                self.push_to_all(&log, before, None, &mut out);
                self.announce_durable(&BTreeSet::from([log]), &mut out);
                self.after_roster_entries(&log, now_ms, &mut out);
            }
            Input::Served { session, log, upto, entries } => {
                let Some(s) = self.sessions.get_mut(&session) else { return out };
                s.served.insert(log, upto);
                s.entries_out += entries;
                if !s.is_serving(&log) && s.unconfirmed.remove(&log) {
                    self.announce_durable(&BTreeSet::from([log]), &mut out);
                }
            }
            Input::Durable => {
                let fresh = std::mem::take(&mut self.fresh);
                self.announce_durable(&fresh, &mut out);
            }
            Input::Tick => self.tick(now_ms, &mut out),
        }
        out
    }

    fn hello(&self) -> Hello {
        let admitted = self.roster.members.contains_key(&self.me.certificate.body.institution);
        let credential = match &self.me.redemption {
            Some(redemption) if !admitted => Credential::Redemption(Box::new(redemption.clone())),
            _ => Credential::Certificate(Box::new(self.me.certificate.clone())),
        };
        Hello {
            network: self.network,
            credential,
            subscription: self.me.subscription.clone(),
            agent: self.me.agent.clone(),
        }
    }

    /// Counts a fault against a peer; a frame that was dropped is asked for again.
    fn strike(&mut self, session: SessionId, what: String, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(peer) = self.sessions.get_mut(&session) else { return };
        peer.strikes += 1;
        peer.last_fault = Some(what.clone());
        out.push(Effect::Report { session, what: what.clone() });
        if peer.strikes >= MAX_STRIKES {
            self.end(session, format!("too many bad frames, the last one: {what}"), out);
        } else {
            self.release(session);
            self.plan(session, now_ms, out);
        }
    }

    fn end(&mut self, session: SessionId, reason: String, out: &mut Vec<Effect>) {
        if let Some(peer) = self.sessions.get_mut(&session) {
            peer.state = SessionState::Ended(reason.clone());
            peer.last_fault = Some(reason.clone());
        }
        self.release(session);
        out.push(Effect::HangUp { session, reason });
    }

    fn release(&mut self, session: SessionId) {
        self.in_flight.retain(|_, flight| flight.session != session);
    }

    /// Takes entries into the heads, certificates and the roster. They continue the log.
    fn accept(&mut self, log: LogId, entries: &[CheckedEntry], out: &mut Vec<Effect>) {
        let state = self.logs.entry(log).or_default();
        for checked in entries {
            let entry = &checked.entry;
            state.head = Head { seq: entry.header.seq, hash: checked.hash };
            let Some(payload) = &entry.payload else { continue };
            match entry.header.verb {
                Verb::OPEN if entry.header.seq == 1 => {
                    state.certificate = OpenLog::from_bytes(&payload.bytes).ok().map(|open| open.certificate);
                }
                Verb::ROSTER_STEP if log.shelf == Shelf::ROSTER => {
                    if let Ok(step) = SignedStep::from_bytes(&payload.bytes) {
                        self.roster_input.steps.push(step);
                    }
                }
                Verb::REDEEM if log.shelf == Shelf::ROSTER => {
                    if let Ok(redemption) = Redemption::from_bytes(&payload.bytes) {
                        self.roster_input.redemptions.push((log, entry.header.seq, redemption));
                    }
                }
                _ => {}
            }
        }
        self.fresh.insert(log);
        if log.shelf.kind == ShelfKind::ROSTER {
            let roster = Roster::fold(&self.me.charter, &self.roster_input);
            if roster != self.roster {
                self.roster = roster;
                out.push(Effect::RosterChanged);
            }
        }
    }

    /// After roster entries: sessions that waited for admission go on, those of removed members end, parked logs get
    /// another chance.
    fn after_roster_entries(&mut self, log: &LogId, now_ms: i64, out: &mut Vec<Effect>) {
        if log.shelf.kind != ShelfKind::ROSTER {
            return;
        }
        self.parked.clear();
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            let Some(peer) = self.sessions.get(&session) else { continue };
            let Some(certificate) = peer.certificate.clone() else { continue };
            let active = matches!(self.roster.node(&certificate), NodeState::Active(_));
            match peer.state {
                SessionState::Admitting if active => self.make_ready(session, now_ms, out),
                SessionState::Ready if !active => {
                    self.end(session, "the roster no longer admits this node".to_owned(), out);
                }
                _ => {}
            }
        }
        self.plan_all(now_ms, out);
    }

    fn tick(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        let late: Vec<SessionId> = self
            .sessions
            .iter()
            .filter(|(_, s)| s.state == SessionState::Greeting && now_ms - s.since_ms > GREETING_PATIENCE_MS)
            .map(|(id, _)| *id)
            .collect();
        for session in late {
            self.end(session, "no valid hello within the time allowed".to_owned(), out);
        }
        let before = self.in_flight.len();
        self.in_flight.retain(|_, flight| now_ms - flight.progress_ms <= WANT_PATIENCE_MS);
        if self.in_flight.len() != before {
            self.plan_all(now_ms, out);
        }
    }

    /// The network.
    pub fn network(&self) -> NetworkId {
        self.network
    }

    /// The roster as of all entries held.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The roster's raw material, for proofs.
    pub fn roster_input(&self) -> &RosterInput {
        &self.roster_input
    }

    /// All logs held.
    pub fn logs(&self) -> &BTreeMap<LogId, LogState> {
        &self.logs
    }

    /// The head of a log; seq 0 when nothing is held.
    pub fn head(&self, log: &LogId) -> Head {
        self.logs.get(log).map(|l| l.head).unwrap_or_default()
    }

    /// Everyone connected.
    pub fn peers(&self) -> Vec<PeerView> {
        self.sessions.iter().map(|(id, s)| self.view(*id, s)).collect()
    }

    fn view(&self, session: SessionId, s: &Session) -> PeerView {
        let logs_behind = if s.is_ready() { self.differing(s) } else { 0 };
        PeerView {
            session,
            peer: s.peer,
            outbound: s.outbound,
            state: s.state.clone(),
            certificate: s.certificate.clone(),
            synced: s.is_ready() && s.compared && logs_behind == 0,
            logs_behind,
            agent: s.agent.clone(),
            entries: (s.entries_in, s.entries_out),
            strikes: s.strikes,
            last_fault: s.last_fault.clone(),
            times_ms: (s.since_ms, s.last_frame_ms),
            durable_logs: s.durable.len(),
        }
    }

    /// Logs of the shared shelves in which what the peer has told us differs from what we hold.
    fn differing(&self, s: &Session) -> usize {
        let shared = |log: &LogId| s.shares(&self.me.subscription, &log.shelf);
        let mine = self.logs.iter().filter(|(log, state)| shared(log) && s.known.get(log) != Some(&state.head));
        let theirs = s.known.keys().filter(|log| shared(log) && !self.logs.contains_key(log));
        mine.count() + theirs.filter(|log| !self.parked.contains(log)).count()
    }

    fn shared_heads<'a>(&'a self, s: &'a Session) -> impl Iterator<Item = (&'a LogId, &'a Head)> {
        let shared = self.logs.iter().filter(|(log, _)| s.shares(&self.me.subscription, &log.shelf));
        shared.map(|(log, state)| (log, &state.head))
    }

    fn behind(&self, log: &LogId, s: &Session) -> Option<Want> {
        let theirs = s.known.get(log)?.seq;
        let have = self.head(log).seq;
        let wanted = theirs > have
            && self.me.subscription.covers(&log.shelf)
            && !self.parked.contains(log)
            && !s.diverged.contains_key(log);
        wanted.then_some(Want { log: *log, have, to: theirs })
    }

    /// Asks a peer for what it holds and we lack: the roster first, then all logs in turn, each from one peer at a time.
    fn plan(&mut self, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(s) = self.sessions.get(&session).filter(|s| s.is_ready()) else { return };
        let all: Vec<Want> = s.known.keys().filter_map(|log| self.behind(log, s)).collect();
        let roster_behind = all.iter().any(|w| w.log.shelf.kind == ShelfKind::ROSTER);
        let mine = self.in_flight.values().filter(|f| f.session == session).count();
        let wants: Vec<Want> = all
            .into_iter()
            .filter(|w| !roster_behind || w.log.shelf.kind == ShelfKind::ROSTER)
            .filter(|w| !self.in_flight.contains_key(&w.log))
            .take(WANTS_IN_FLIGHT.saturating_sub(mine))
            .collect();
        for want in &wants {
            self.in_flight.insert(want.log, InFlight { session, to: want.to, progress_ms: now_ms });
        }
        if !wants.is_empty() {
            out.push(Effect::Send { session, frame: Frame::Want(wants) });
        }
    }

    fn plan_all(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.plan(session, now_ms, out);
        }
    }

    /// Sends what a log gained to every peer that holds all before it; others learn the new head and ask. What came
    /// from a peer (`from`) is only announced: others may be getting it from its author at this moment.
    fn push_to_all(&mut self, log: &LogId, before: u64, from: Option<SessionId>, out: &mut Vec<Effect>) {
        let head = self.head(log);
        let mine = &self.me.subscription;
        for (id, s) in &mut self.sessions {
            if Some(*id) == from || !s.is_ready() || !s.compared || !s.shares(mine, &log.shelf) {
                continue;
            }
            let known = s.known.get(log).map_or(0, |h| h.seq);
            let sent = s.sent.get(log).copied().unwrap_or(0).max(known);
            if sent >= head.seq {
                continue;
            }
            if sent >= before && from.is_none() {
                s.sent.insert(*log, head.seq);
                out.push(Effect::Serve { session: *id, log: *log, have: sent, to: head.seq });
            } else {
                let frame = Frame::Heads(vec![LogHead { log: *log, head }]);
                out.push(Effect::Send { session: *id, frame });
            }
        }
    }

    /// Tells every peer the fsynced heads of these logs.
    fn announce_durable(&mut self, logs: &BTreeSet<LogId>, out: &mut Vec<Effect>) {
        for (id, s) in self.sessions.iter_mut().filter(|(_, s)| s.is_ready() && s.compared) {
            let mut heads = Vec::new();
            for log in logs {
                if !s.shares(&self.me.subscription, &log.shelf) {
                    continue;
                }
                let Some(state) = self.logs.get(log) else { continue };
                if s.is_serving(log) {
                    s.unconfirmed.insert(*log);
                } else {
                    heads.push(LogHead { log: *log, head: state.head });
                }
            }
            for chunk in heads.chunks(limits::MAX_HEADS) {
                out.push(Effect::Send { session: *id, frame: Frame::Durable(chunk.to_vec()) });
            }
        }
    }
}
