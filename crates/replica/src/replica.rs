//! The replication state machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::{
    BookFigures, CheckedEntry, CircleId, Folded, Fork, Frame, Head, InstitutionId, LogHead, LogId, NetworkId,
    NodeCertificate, NodeState, PublicKey, Roster, RosterBook, RosterInput, limits,
};

use crate::circles::KnownCircle;
use crate::conduct::{Conduct, Offence};
use crate::limit::{Limit, limits as log_limits};
use crate::pauses::Pauses;
use crate::session::{Held, PeerLog, Session, SessionId, SessionState};
use bounds::MAX_STRIKES;
use push::Came;

mod allowance;
mod api;
pub(crate) mod bounds;
mod carried;
mod circles;
mod compare;
mod deadlines;
mod durable;
mod exchange;
mod files;
mod forks;
mod gaps;
mod greeting;
mod guests;
mod line;
mod packing;
mod plan;
mod purge;
mod push;
mod remembered;
mod roster;
mod seen;
mod statuses;

pub use allowance::{Over, Room, entry_bytes};
pub use api::{Effect, Input, LogState, Me, Reached};
pub use carried::Carried;
pub use exchange::open_ahead;
pub use files::{FileOutcome, FoundPiece};
pub use guests::Abroad;
pub use packing::{NotServed, Piece};
pub use remembered::Remembered;
pub use seen::Left;
pub use statuses::HeardStatus;
pub(crate) use statuses::StatusTurn;

/// The state machine: `handle` an [`Input`], perform the [`Effect`]s.
///
/// ```text
/// let mut replica = Replica::new(me, logs, book, forks);
/// for effect in replica.handle(Input::Connected { session, peer, outbound }, now_ms) { perform(effect) }
/// ```
///
/// Two peers greet each other and tell the digest of their frontiers; who finds it different asks with its bucket
/// digests for the heads that differ, then for the entries. From the greeting on each tells the other whatever moves.
/// Whatever gets lost on the way is found by comparing again, ever more rarely, until both are in step.
pub struct Replica {
    me: Me,
    network: NetworkId,
    logs: BTreeMap<LogId, LogState>,
    /// Numbers of the logs that are or were held, for the sessions' bits.
    numbers: BTreeMap<LogId, u32>,
    book: RosterBook,
    /// The book has grown since the last fold.
    roster_due: bool,
    /// The epoch whose steps are being read; the roster stands meanwhile.
    reading: Option<u32>,
    folded_ms: Option<i64>,
    /// Rosters of other networks, by which their gateways are judged: of as many as there are agreements with.
    foreign: BTreeMap<NetworkId, Arc<Roster>>,
    circles: BTreeMap<CircleId, KnownCircle>,
    /// Number of circles that each node has brought to this one as a mailbox.
    brought: BTreeMap<PublicKey, usize>,
    sessions: BTreeMap<SessionId, Session>,
    /// Which session a log was asked of.
    in_flight: BTreeMap<LogId, SessionId>,
    /// A range was given up: someone else may be asked for it.
    replan: bool,
    /// Logs whose institution the roster does not (yet) admit.
    parked: BTreeSet<LogId>,
    /// Logs that a peer showed without payloads for which no purge is known, or not yet, and since when.
    bare: BTreeMap<LogId, i64>,
    /// Payloads that are missing here.
    gaps: gaps::Gaps,
    /// The earliest fork known of each log.
    forks: BTreeMap<LogId, Fork>,
    /// How far the logs held count, where they end.
    limits: BTreeMap<LogId, Limit>,
    /// Bytes held of each institution's logs, without what a revocation voids.
    held_bytes: BTreeMap<InstitutionId, Room>,
    /// Logs of which a bundle holds another branch: what it brings of them is looked at although it is held.
    contested: BTreeSet<LogId>,
    /// Searches for the place where a peer's log parts from ours.
    probes: BTreeMap<LogId, forks::Probe>,
    /// Files of listings that are being fetched.
    files: files::Fetches,
    /// How nodes are, as they say.
    statuses: statuses::Statuses,
    /// What is not fsynced yet.
    fresh: durable::Fresh,
    conduct: Conduct,
    pauses: Pauses,
    /// Entries pass on this node's line, not announcements alone.
    line_open: bool,
}

impl Replica {
    /// A replica that durably holds `logs`, with the roster steps and redemptions that stand in them, and the forks known of
    /// them. The heads are those that count: see [`crate::Reach`].
    pub fn new(
        me: Me,
        logs: BTreeMap<LogId, LogState>,
        mut book: RosterBook,
        forks: BTreeMap<LogId, Fork>,
    ) -> Self {
        let roster_due = matches!(book.fold(), Folded::Unread(_));
        let limits = log_limits(logs.iter().map(opened), book.roster(), &forks);
        let held_bytes = allowance::held_bytes(&logs);
        Self {
            network: me.charter.id(),
            me,
            numbers: logs.keys().zip(0..).map(|(log, number)| (*log, number)).collect(),
            logs,
            book,
            roster_due,
            reading: None,
            folded_ms: None,
            foreign: BTreeMap::new(),
            circles: BTreeMap::new(),
            brought: BTreeMap::new(),
            sessions: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            replan: false,
            parked: BTreeSet::new(),
            bare: BTreeMap::new(),
            gaps: gaps::Gaps::default(),
            forks,
            limits,
            held_bytes,
            contested: BTreeSet::new(),
            probes: BTreeMap::new(),
            files: files::Fetches::default(),
            statuses: statuses::Statuses::default(),
            fresh: durable::Fresh::default(),
            conduct: Conduct::default(),
            pauses: Pauses::default(),
            line_open: true,
        }
    }

    /// Begins again from what is durably held, without sessions. How peers behaved stays known.
    pub fn begin_again(&mut self, logs: BTreeMap<LogId, LogState>) {
        let empty = RosterBook::new(&self.me.charter);
        let (me, book) = (self.me.clone(), std::mem::replace(&mut self.book, empty));
        let (conduct, forks) = (std::mem::take(&mut self.conduct), std::mem::take(&mut self.forks));
        let (circles, brought) = (std::mem::take(&mut self.circles), std::mem::take(&mut self.brought));
        let (line_open, mut files) = (self.line_open, std::mem::take(&mut self.files));
        files.release_all();
        let (statuses, pauses) = (std::mem::take(&mut self.statuses), std::mem::take(&mut self.pauses));
        *self = Self {
            conduct,
            circles,
            brought,
            line_open,
            files,
            statuses,
            pauses,
            ..Self::new(me, logs, book, forks)
        };
    }

    /// Takes one input at the moment `now_ms` (milliseconds since 1970, this node's clock).
    pub fn handle(&mut self, input: Input, now_ms: i64) -> Vec<Effect> {
        let mut out = Vec::new();
        match input {
            Input::Connected { session, peer, outbound } => {
                self.on_connected(session, peer, outbound, now_ms, &mut out);
            }
            Input::Closed { session } => self.forget(session),
            Input::Frame { session, bytes } => self.on_frame(session, &bytes, None, now_ms, &mut out),
            Input::Opened { session, bytes, run } => {
                self.on_frame(session, &bytes, Some(*run), now_ms, &mut out);
            }
            Input::Appended { log, entries } => self.on_appended(log, &entries, now_ms, &mut out),
            Input::Served { session, log, upto, entries } => {
                self.on_served(session, log, upto, entries, &mut out);
            }
            Input::Held { session, run, own } => {
                self.on_held(session, &run, own.as_deref(), now_ms, &mut out);
            }
            Input::Reached { logs } => self.on_reached(&logs, now_ms, &mut out),
            Input::Steps { epoch, steps, more_after } => {
                self.on_steps(epoch, &steps, more_after, now_ms, &mut out);
            }
            Input::Purges { entries, more_after } => {
                self.on_purges(&entries, more_after, now_ms, &mut out);
            }
            Input::Bare { session, after, entries, more_after } => {
                self.on_bare(session, (after, more_after), entries, &mut out);
            }
            Input::Syncing => self.on_syncing(),
            Input::Synced => self.on_synced(&mut out),
            Input::Durable => self.on_durable(&mut out),
            Input::Circles(known) => {
                self.recall_circles(known);
                self.offer_to_all(&mut out);
            }
            Input::Tick => self.tick(now_ms, &mut out),
            Input::Line { open } => self.on_line(open, now_ms, &mut out),
            Input::WantFile { attachment, document, log, have } => {
                self.want_file(attachment, (document, log), have, now_ms, &mut out);
            }
            Input::FileRead { session, ask, found } => self.on_file_read(session, &ask, found, &mut out),
            Input::FileKept { file, outcome } => self.on_file_kept(&file, outcome, now_ms, &mut out),
            Input::Home(roster) => self.on_home_roster(roster, now_ms, &mut out),
            Input::Statuses(kept) => self.recall_statuses(kept),
            Input::Status(note) => self.on_own_status(*note, now_ms),
            Input::Foreign(roster) => self.on_foreign_roster(roster, now_ms, &mut out),
            Input::Forgive { peer } => drop(self.conduct.forgive(&peer)),
            Input::Conduct(kept) => self.conduct.recall(kept, now_ms),
            Input::Pauses(pauses) => self.on_pauses(pauses, now_ms, &mut out),
            Input::Meet { peer } => self.on_meet(&peer, now_ms, &mut out),
        }
        self.finish(now_ms, out)
    }

    /// What follows from ranges given up meanwhile.
    fn finish(&mut self, now_ms: i64, mut out: Vec<Effect>) -> Vec<Effect> {
        if std::mem::take(&mut self.replan) {
            self.plan_all(now_ms, &mut out);
        }
        out
    }

    fn on_connected(
        &mut self,
        session: SessionId,
        peer: PublicKey,
        outbound: bool,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        self.forget(session);
        self.sessions.insert(session, Session::new(peer, outbound, now_ms));
        match self.paused(&peer, now_ms).or_else(|| self.conduct.refusal(&peer, now_ms)) {
            Some(reason) => self.refuse(session, reason, out),
            // Who called greets second: then its digest goes in one packet with its greeting, and nobody waits longer for it.
            None if outbound => {}
            None => self.send_hello(session, out),
        }
    }

    fn on_appended(&mut self, log: LogId, entries: &[CheckedEntry], now_ms: i64, out: &mut Vec<Effect>) {
        let before = self.head(&log).seq;
        // Own entries are fsynced; what of this log came back from peers may not be yet.
        let durable = !self.fresh.contains(&log);
        self.accept(log, entries, out);
        if durable {
            self.fresh.kept(&log);
        }
        self.learn_circles(&log, entries, out);
        self.push_to_all(&log, before, (Came::Written, true), out);
        self.announce_durable(&[log], out);
        self.fold_roster(now_ms, out);
    }

    /// Takes entries that continue the log into heads, certificates and the roster's raw material.
    fn accept(&mut self, log: LogId, entries: &[CheckedEntry], out: &mut Vec<Effect>) {
        let before = self.head(&log);
        self.moves(&log);
        let state = self.logs.entry(log).or_default();
        if let Some(last) = entries.last() {
            state.head = Head { seq: last.entry.header.seq, hash: last.hash };
        }
        if before.seq == 0 {
            state.certificate = entries.first().and_then(roster::opening);
            for session in self.sessions.values_mut().filter(|s| s.logs.is_recorded(&log)) {
                session.announced = session.announced.saturating_sub(1);
            }
            self.limit_opened(&log, out);
            self.tell_mailboxes(&log, out);
            self.bare_begins(&log);
        }
        self.fresh.grown(log, before);
        self.count_bytes(&log, entries);
        self.absorb(&log, entries);
        self.refresh_all(&log);
    }

    /// A log as it is held, if it is.
    fn held(&self, log: &LogId) -> Option<Held> {
        let head = self.logs.get(log)?.head;
        self.numbers.get(log).map(|number| Held { number: *number, head })
    }

    /// How a log stands in a session.
    fn told_of(&self, session: SessionId, log: &LogId) -> Option<PeerLog> {
        self.sessions.get(&session)?.logs.get(log, self.held(log))
    }

    /// To be called before the head of a log changes, or a new one comes.
    fn moves(&mut self, log: &LogId) {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.entry(*log).or_insert(next);
        let held = self.held(log);
        for s in self.sessions.values_mut() {
            s.logs.moves(log, held);
        }
    }

    /// Keeps no record of a log in a session where both are even.
    fn settle(&mut self, session: SessionId, log: &LogId) {
        let Some(held) = self.held(log) else { return };
        if let Some(s) = self.sessions.get_mut(&session) {
            s.logs.settle(log, held);
        }
    }

    /// Counts a fault against a peer. What was dropped is asked for again: the range of `log`, or all of them when it
    /// is not known which one was hit, and the frontier.
    fn strike(
        &mut self,
        session: SessionId,
        log: Option<LogId>,
        (offence, what): (Offence, String),
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let Some(peer) = self.sessions.get_mut(&session) else { return };
        peer.strikes += 1;
        peer.last_fault = Some(what.clone());
        peer.pull_due = true;
        let (key, strikes) = (peer.peer, peer.strikes);
        out.push(Effect::Report { session, what: what.clone() });
        if self.conduct.count(&key, offence, &what, now_ms) {
            return self.refuse_all(&key, now_ms, out);
        }
        if strikes >= MAX_STRIKES {
            return self.end(session, format!("too many bad frames, the last one: {what}"), out);
        }
        let Some(peer) = self.sessions.get_mut(&session) else { return };
        match log.filter(|log| peer.flights.contains_key(log)) {
            Some(log) => self.release(&log),
            None => self.release_all(session),
        }
    }

    /// Ends all sessions of a peer that is refused from now on.
    fn refuse_all(&mut self, peer: &PublicKey, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(reason) = self.conduct.refusal(peer, now_ms) else { return };
        let ended = |s: &Session| matches!(s.state, SessionState::Ended(_));
        let its = self.sessions.iter().filter(|(_, s)| s.peer == *peer && !ended(s));
        let its: Vec<SessionId> = its.map(|(id, _)| *id).collect();
        for session in its {
            self.refuse(session, reason.clone(), out);
        }
    }

    /// Says why, and hangs up.
    fn refuse(&mut self, session: SessionId, reason: String, out: &mut Vec<Effect>) {
        let text = reason[..reason.floor_char_boundary(limits::MAX_NAME)].to_owned();
        out.push(Effect::Send { session, frame: Frame::Refused(text) });
        self.end(session, reason, out);
    }

    fn end(&mut self, session: SessionId, reason: String, out: &mut Vec<Effect>) {
        self.release_all(session);
        if let Some(peer) = self.sessions.get_mut(&session) {
            peer.state = SessionState::Ended(reason.clone());
            peer.last_fault = Some(reason.clone());
            // Nothing more is expected of it; what it told us need not be kept until the connection is gone.
            peer.logs.clear();
            peer.circles.clear();
            peer.renewed.clear();
            peer.behind.clear();
            peer.differing.clear();
            peer.announced = 0;
            peer.statuses = StatusTurn::default();
        }
        out.push(Effect::HangUp { session, reason });
    }

    fn forget(&mut self, session: SessionId) {
        self.release_all(session);
        self.sessions.remove(&session);
    }

    /// The network.
    pub fn network(&self) -> NetworkId {
        self.network
    }

    /// What this node asks for.
    pub fn subscription(&self) -> &protocol::Subscription {
        &self.me.subscription
    }

    /// Shows peers another certificate of this node from the next greeting on.
    pub fn renew(&mut self, certificate: NodeCertificate) {
        self.me.certificate = certificate;
        // Another region brings other logs close.
        for s in self.sessions.values_mut() {
            s.behind.clear();
        }
        for session in self.sessions.keys().copied().collect::<Vec<_>>() {
            self.refresh_session(session);
        }
    }

    /// The roster as of all entries held.
    pub fn roster(&self) -> &Roster {
        self.book.roster()
    }

    /// The roster's raw material: each step once, with its good signatures.
    pub fn roster_input(&self) -> RosterInput {
        self.book.input()
    }

    /// What is held of the roster, and what it has cost.
    pub fn roster_figures(&self) -> BookFigures {
        self.book.figures()
    }

    /// The earliest fork known of each log.
    pub fn forks(&self) -> &BTreeMap<LogId, Fork> {
        &self.forks
    }

    /// True once a peer has told all that it holds of this node's own logs, and nothing of it is missing here: what is
    /// written from now on repeats no sequence number that it knows.
    pub fn knows_own(&self) -> bool {
        let me = self.me.certificate.body.node;
        // Who has only what was agreed on does not tell of all.
        let told = |s: &Session| {
            let whole = s.bounds.is_none() && !s.roster_only;
            s.is_ready() && whole && s.compared && !s.behind.all().any(|log| log.node == me)
        };
        self.sessions.values().any(told)
    }

    /// All logs held.
    pub fn logs(&self) -> &BTreeMap<LogId, LogState> {
        &self.logs
    }

    /// The head of a log as far as it counts; seq 0 when nothing is held.
    pub fn head(&self, log: &LogId) -> Head {
        self.logs.get(log).map(|l| l.head).unwrap_or_default()
    }

    /// True when this node's own institution is on the roster that it holds.
    fn is_listed(&self) -> bool {
        !matches!(self.book.roster().node(&self.me.certificate), NodeState::Unknown)
    }

    fn shares(&self, s: &Session, log: &LogId) -> bool {
        s.shares(&self.me.certificate.body.node, &self.me.subscription, log)
    }

    /// True while peers have been asked for entries that have not come.
    pub fn is_fetching(&self) -> bool {
        !self.in_flight.is_empty()
    }
}

/// A log with the certificate that opened it.
fn opened<'a>((log, state): (&'a LogId, &'a LogState)) -> (&'a LogId, Option<&'a NodeCertificate>) {
    (log, state.certificate.as_ref())
}

fn heads_frames(heads: &[LogHead], frame: fn(Vec<LogHead>) -> Frame) -> impl Iterator<Item = Frame> {
    heads.chunks(limits::MAX_HEADS).map(move |chunk| frame(chunk.to_vec()))
}
