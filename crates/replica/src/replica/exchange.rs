//! Frames taken in: entries asked for, runs.

use protocol::{
    CheckedRun, CircleId, Fault, Frame, Head, LogId, NetworkId, NodeCertificate, NodeState, PublicKey, Shelf,
    ShelfKind, Visibility, Want,
};

use crate::conduct::Offence;

use super::bounds::{MAX_LOGS_PER_NODE, MAX_PARKED, MAX_REPEATED, MAX_UNSIGNED};
use super::push::Came;
use super::{Effect, Replica, SessionId, SessionState};
use crate::limit::Why;

/// Opens a run of a frame before the replica looks at it, on whatever thread has the time; [`Input::Opened`] hands it over. It
/// depends on the bytes and the network alone. `None` where the frame holds no run.
///
/// [`Input::Opened`]: super::Input::Opened
pub fn open_ahead(frame: &[u8], network: &NetworkId) -> Option<Result<CheckedRun, Fault>> {
    Frame::run_in(frame).map(|run| {
        let mut run = CheckedRun::open(run, network)?;
        run.sum_up();
        Ok(run)
    })
}

/// A run as it came, and what opening it gave where that was done ahead.
pub(super) struct Packed<'a> {
    bytes: &'a [u8],
    opened: Option<Result<CheckedRun, Fault>>,
}

impl<'a> From<&'a [u8]> for Packed<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self { bytes, opened: None }
    }
}

/// How a run stands to what is held of its log.
pub(super) enum Fit {
    /// It is held already.
    Late,
    /// It goes on further than what is held: something between is missing.
    Ahead,
    /// It is of another branch.
    Parts(CheckedRun),
    /// What it brings lies past the log's end.
    Past,
    /// What it brings.
    New(CheckedRun),
}

/// Whether a log that is new here may be taken in.
pub(super) enum Opening {
    /// It may.
    Yes,
    /// The roster does not know its institution, or not yet.
    Unknown,
    /// No, and why; an honest peer of another version may well hold it.
    No(&'static str),
}

impl Replica {
    pub(super) fn on_frame(
        &mut self,
        session: SessionId,
        bytes: &[u8],
        opened: Option<Result<CheckedRun, Fault>>,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let (peer, counted) = (self.peer_of(session), self.conduct.counted());
        self.take_frame(session, bytes, opened, now_ms, out);
        if let Some(peer) = peer.filter(|_| self.conduct.counted() > counted) {
            self.conduct.prove(&peer, counted, bytes);
        }
    }

    fn take_frame(
        &mut self,
        session: SessionId,
        bytes: &[u8],
        opened: Option<Result<CheckedRun, Fault>>,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let Some(peer) = self.sessions.get_mut(&session) else { return };
        if matches!(peer.state, SessionState::Ended(_)) {
            return;
        }
        peer.last_frame_ms = now_ms;
        let (greeting, ready) = (peer.state == SessionState::Greeting, peer.is_ready());
        // Whoever has opened a run has read its frame.
        if let Some(run) = Frame::run_in(bytes).filter(|_| ready && opened.is_some()) {
            return self.on_run(session, Packed { bytes: run, opened }, now_ms, out);
        }
        let frame = match Frame::from_bytes(bytes) {
            Ok(frame) => frame,
            // Of a later version, and meant to be let pass.
            Err(Fault::Unknown { what: "frame type", .. }) if Frame::is_optional(bytes) => return,
            Err(fault) => {
                let offence = (Offence::BadFrame, format!("frame dropped: {fault}"));
                return self.strike(session, None, offence, now_ms, out);
            }
        };
        match frame {
            Frame::Hello(hello) => self.on_hello(session, *hello, now_ms, out),
            Frame::Refused(why) => self.end(session, format!("the peer refused: {why}"), out),
            Frame::ShowInFull => self.on_show_in_full(session, now_ms, out),
            // Whoever greeted by a check that is not known here goes on meanwhile.
            _ if peer.asked_in_full && greeting => peer.pull_due = true,
            _ if greeting => {
                let offence = (Offence::BadFrame, "frame dropped: it came before the hello".to_owned());
                self.strike(session, None, offence, now_ms, out);
            }
            // Our admission of the peer and its first frames may cross: what is missed now is asked for then.
            _ if !ready => peer.pull_due = true,
            Frame::Digest(digest) => self.on_digest(session, &digest, now_ms, out),
            Frame::Buckets(buckets) => self.on_buckets(session, &buckets, now_ms, out),
            Frame::Heads(heads) => self.on_heads(session, &heads, false, now_ms, out),
            Frame::Durable(heads) => self.on_heads(session, &heads, true, now_ms, out),
            Frame::Want(wants) => self.on_want(session, &wants, now_ms, out),
            Frame::Run(bytes) => self.on_run(session, Packed { bytes: &bytes, opened }, now_ms, out),
            Frame::Deliver(told) => self.on_deliver(session, told, now_ms, out),
            Frame::Fork(fork) => self.on_fork(session, *fork, now_ms, out),
            Frame::Line(open) => self.on_peer_line(session, open, now_ms, out),
            Frame::AskFile(ask) => self.on_ask_file(session, ask, out),
            Frame::FilePiece(piece) => self.on_piece(session, piece, now_ms, out),
            Frame::Status(talk) => self.on_status(session, talk, now_ms, out),
        }
    }

    fn on_want(&mut self, session: SessionId, wants: &[Want], now_ms: i64, out: &mut Vec<Effect>) {
        for want in wants {
            let (head, held) = (self.head(&want.log), self.held(&want.log));
            let Some(s) = self.sessions.get(&session) else { return };
            let to = want.to.min(head.seq);
            if want.have >= to || !self.shares(s, &want.log) || !self.passes(session, &want.log) {
                continue;
            }
            let Some(s) = self.sessions.get_mut(&session) else { return };
            let Some(peer) = s.log(want.log, held) else { continue };
            let again = peer.served.saturating_sub(want.have);
            peer.sent = to;
            peer.served = peer.served.min(want.have);
            // What it has by another way did not come by that.
            peer.elsewhere = false;
            s.repeated = s.repeated.saturating_add(again);
            if s.repeated > MAX_REPEATED {
                let reason = "the same entries were asked for again and again";
                let peer = s.peer;
                self.refuse(session, reason.to_owned(), out);
                if self.conduct.count(&peer, Offence::AskedAgain, reason, now_ms) {
                    self.refuse_all(&peer, now_ms, out);
                }
                return;
            }
            out.push(Effect::Serve { session, log: want.log, have: want.have, to });
        }
    }

    fn on_run(&mut self, session: SessionId, mut packed: Packed<'_>, now_ms: i64, out: &mut Vec<Effect>) {
        let place = CheckedRun::peek(packed.bytes);
        let log = place.as_ref().ok().map(|(log, _, _)| *log);
        let taken = place.and_then(|place| self.take_run(session, place, &mut packed, now_ms, out));
        if let Err(fault) = taken {
            if let (Fault::Signature { .. }, Some(log)) =
                (&fault, log.filter(|log| self.is_asked(session, log)))
            {
                return self.unsigned(session, &log, &fault, now_ms, out);
            }
            // An authentic run that may not be taken in, an honest peer of another view may hold.
            let light = matches!(fault, Fault::Forbidden { what: "log", .. });
            let offence = if light { Offence::Light } else { Offence::BadRun };
            let what = format!("run dropped and asked for again: {fault}");
            self.strike(session, log, (offence, what), now_ms, out);
        }
    }

    /// True when the session was asked for entries of this log.
    fn is_asked(&self, session: SessionId, log: &LogId) -> bool {
        self.in_flight.get(log) == Some(&session)
            || self.probes.get(log).is_some_and(|p| p.is_of(session))
            || self.gaps.is_asked(session, log)
    }

    /// A run that was asked for has no good signature: damaged on its way, or its author signed badly and who passes it on
    /// cannot help it. It is asked for again a few times; other logs do not wait for it.
    fn unsigned(
        &mut self,
        session: SessionId,
        log: &LogId,
        fault: &Fault,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let held = self.held(log);
        let Some(s) = self.sessions.get_mut(&session) else { return };
        let what = format!("run dropped and asked for again: {fault}");
        s.last_fault = Some(what.clone());
        s.pull_due = true;
        let key = s.peer;
        let tries = s.log(*log, held).map_or(MAX_UNSIGNED, |peer| {
            peer.unsigned = peer.unsigned.saturating_add(1);
            peer.unsigned
        });
        self.conduct.count(&key, Offence::Light, &what, now_ms);
        out.push(Effect::Report { session, what });
        if tries >= MAX_UNSIGNED {
            self.drop_probe(log);
            self.bar(session, log, "the signatures of its entries do not hold", out);
        } else if !self.probe_again(session, log, now_ms, out) {
            self.release(log);
        }
    }

    fn take_run(
        &mut self,
        session: SessionId,
        (log, after, count): (LogId, Head, u64),
        packed: &mut Packed<'_>,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Result<(), Fault> {
        self.fill(session, &log, packed, out)?;
        if self.is_probed(session, &log, after.seq) {
            let run = self.open(&log, packed)?;
            out.push(Effect::Compare { session, run });
            return Ok(());
        }
        let Some(s) = self.sessions.get(&session) else { return Ok(()) };
        let barred = s.logs.get(&log, self.held(&log)).is_some_and(|peer| peer.barred);
        if barred || self.parked.contains(&log) || self.is_over(&log) || !self.shares(s, &log) {
            return Ok(());
        }
        let mine = self.head(&log).seq;
        match self.fit((log, after, count), packed)? {
            Fit::Ahead => self.rewind(session, &log, now_ms, out),
            // It came from elsewhere meanwhile.
            Fit::Late => {
                self.tell_late(session, &log, after.seq.saturating_add(count), out);
                self.advance(&log, now_ms, out);
            }
            Fit::Parts(_) => self.contest(session, &log, mine, now_ms, out),
            Fit::Past => {}
            Fit::New(run) if self.awaits_purge(session, &run, now_ms) => {
                self.await_purge(session, &log, now_ms, out);
            }
            Fit::New(run) if mine > 0 || self.opens(session, &run, out)? => {
                self.gaps_after(&run);
                self.take_in(Came::Sent(session), run, now_ms, out);
            }
            Fit::New(_) => {}
        }
        Ok(())
    }

    /// Opens a run unless that is for nothing, and cuts it to what is missing here and counts.
    pub(super) fn fit(
        &self,
        (log, after, count): (LogId, Head, u64),
        packed: &mut Packed<'_>,
    ) -> Result<Fit, Fault> {
        let (mine, limit) = (self.head(&log), self.limit(&log));
        if after.seq > mine.seq {
            return Ok(Fit::Ahead);
        }
        if after.seq.saturating_add(count) <= mine.seq {
            return Ok(Fit::Late);
        }
        let mut run = self.open(&log, packed)?;
        if !continues(&mut run, &mine) {
            return Ok(Fit::Parts(run));
        }
        run.entries.retain(|e| limit.is_none_or(|limit| e.entry.header.seq <= limit.head.seq));
        Ok(if run.entries.is_empty() { Fit::Past } else { Fit::New(run) })
    }

    /// Opens a run. The entry at which branches part is authentic by the proof of the fork.
    pub(super) fn open(&self, log: &LogId, packed: &mut Packed<'_>) -> Result<CheckedRun, Fault> {
        let common = self.forks.get(log).map(protocol::Fork::common);
        match packed.opened.take() {
            Some(Ok(run)) => Ok(run),
            Some(Err(fault)) if common.is_none() => Err(fault),
            _ => CheckedRun::open_to(packed.bytes, &self.network, common),
        }
    }

    /// Takes in what a run brings.
    pub(super) fn take_in(&mut self, came: Came, run: CheckedRun, now_ms: i64, out: &mut Vec<Effect>) {
        let (log, before, head) = (run.log, self.head(&run.log).seq, run.head());
        let passes_on = came.passes_on(&log, &run.entries);
        self.accept(log, &run.entries, out);
        if let Came::Sent(session) = came {
            self.note_progress(session, &run, now_ms);
        }
        let sealed = log.shelf.circle().map(|_| run.entries.clone());
        out.push(Effect::Persist { run });
        self.learn_circles(&log, &sealed.unwrap_or_default(), out);
        self.end_reached(came, &log, head, out);
        self.fold_roster_in_turn(now_ms, out);
        self.push_to_all(&log, before, (came, passes_on), out);
        self.advance(&log, now_ms, out);
    }

    fn note_progress(&mut self, session: SessionId, run: &CheckedRun, now_ms: i64) {
        let (log, head, held) = (run.log, run.head(), self.held(&run.log));
        if let Some(s) = self.sessions.get_mut(&session) {
            s.progress(run.entries.len() as u64, now_ms);
            if let Some(peer) = s.log(log, held) {
                peer.unsigned = 0;
                if peer.known.seq <= head.seq {
                    peer.known = head;
                }
                // It knows that what it sent is here.
                peer.told = peer.told.max(head.seq);
            }
        }
        self.refresh(session, &log);
    }

    /// A log has come as far as it counts. Of a settled one this must be the entry that was settled.
    fn end_reached(&mut self, came: Came, log: &LogId, head: Head, out: &mut Vec<Effect>) {
        let Some(limit) = self.limit(log).filter(|limit| limit.head.seq == head.seq) else { return };
        out.push(Effect::Relimit { log: Some(*log) });
        let lost = matches!(limit.why, Why::Settled | Why::Revoked) && limit.head != head;
        if let (true, Came::Sent(session)) = (lost, came) {
            self.bar(session, log, "it holds another branch than the one that was kept", out);
        }
    }

    /// Whether the run opens a log that may be held here; if not, it is set aside.
    fn opens(&mut self, session: SessionId, run: &CheckedRun, out: &mut Vec<Effect>) -> Result<bool, Fault> {
        let log = run.log;
        let opening = match self.opening(run) {
            Ok(opening) => opening,
            Err(fault) => {
                self.bar(session, &log, "its opening breaks the rules", out);
                return Err(fault);
            }
        };
        match opening {
            Opening::Yes => return Ok(true),
            Opening::No(why) => {
                self.bar(session, &log, why, out);
                let on_trial = |id: &CircleId| !self.circles.contains_key(id);
                if let Some(id) = log.shelf.circle().filter(on_trial) {
                    self.decline(session, id, out);
                }
            }
            Opening::Unknown if self.parked.len() >= MAX_PARKED => {
                self.bar(session, &log, "too many of its logs are by institutions not on the roster", out);
                return Err(Fault::Forbidden { what: "log", why: "its institution is not on the roster" });
            }
            Opening::Unknown => {
                let Some(s) = self.sessions.get_mut(&session) else { return Ok(false) };
                if let Some(peer) = s.log(log, None).filter(|peer| peer.known.seq < run.head().seq) {
                    peer.known = run.head();
                }
                self.parked.insert(log);
                self.release(&log);
                self.refresh_all(&log);
            }
        }
        Ok(false)
    }

    /// A new log must open with a certificate of an admitted institution for this very node and shelf.
    pub(super) fn opening(&self, run: &CheckedRun) -> Result<Opening, Fault> {
        let forbidden = |why| Fault::Forbidden { what: "log", why };
        let first = run.entries.first().ok_or(forbidden("it is empty"))?;
        let payload = first.entry.payload.as_ref().ok_or(forbidden("its opening has no payload"))?;
        if first.entry.header.verb != protocol::Verb::OPEN {
            return Err(forbidden("its first entry is not an opening"));
        }
        let open = protocol::OpenLog::from_bytes(&payload.bytes)?;
        if open.certificate.body.node != run.log.node {
            return Err(forbidden("its opening shows another node's certificate"));
        }
        open.certificate.verify(&self.network)?;
        if matches!(self.book.roster().node(&open.certificate), NodeState::Unknown) {
            return Ok(Opening::Unknown);
        }
        if !open.certificate.allows(&run.log.shelf) {
            return Ok(Opening::No("its node is not certified for this shelf"));
        }
        if let Some(id) = run.log.shelf.circle()
            && let Err(why) = self.may_open(&id, run, &open.certificate)
        {
            return Ok(Opening::No(why));
        }
        if self.logs_of(&run.log.node).count() >= MAX_LOGS_PER_NODE {
            return Ok(Opening::No("its node has as many logs as it may have"));
        }
        Ok(Opening::Yes)
    }

    /// The logs of a node that are held.
    pub(super) fn logs_of<'a>(
        &'a self,
        node: &'a PublicKey,
    ) -> impl Iterator<Item = (&'a LogId, Option<&'a NodeCertificate>)> {
        let shelf = Shelf { region: 0, kind: ShelfKind(0), visibility: Visibility::Public };
        let from = LogId { node: *node, incarnation: 0, shelf };
        self.logs.range(from..).map(super::opened).take_while(|(log, _)| log.node == *node)
    }
}

/// Cuts off what is held already; false when the run is of another branch.
fn continues(run: &mut CheckedRun, mine: &Head) -> bool {
    if run.after.seq == mine.seq {
        return run.after.hash == mine.hash;
    }
    let overlap = (mine.seq - run.after.seq) as usize;
    let meets = run.entries.get(overlap - 1).is_some_and(|e| e.hash == mine.hash);
    if meets {
        run.entries.drain(..overlap);
        run.after = *mine;
    }
    meets
}
