//! What is on its way out: frames and ranges of entries, each session with its own queue, in turn.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use market::{Identity, Ledger};
use network::{SendOutcome, SessionId};
use protocol::{Decoder, Entry, Frame, LogId, RunCutter, ShelfKind, Unsigned, Verb, limits};
use replica::Input;

use super::Core;
use super::pace::{Line, Paces};

/// Frames that wait for a peer that does not read: some megabytes of announcements. Then the session ends, and the next
/// one compares anew.
const MAX_FRAMES: usize = 4_096;

struct Range {
    log: LogId,
    have: u64,
    to: u64,
}

#[derive(Default)]
struct Outbox {
    frames: VecDeque<Vec<u8>>,
    ranges: VecDeque<Range>,
    full: bool,
    line: Line,
}

/// The queues of all sessions.
#[derive(Default)]
pub(super) struct Serving {
    sessions: BTreeMap<u64, Outbox>,
    /// The session that was served last: the next one goes on behind it.
    last: u64,
    unsigned: Unsigned,
    paces: Paces,
}

impl Serving {
    /// Queues a frame. False when the peer has stopped reading and its queue is as long as it may get.
    #[must_use]
    pub fn queue(&mut self, session: u64, frame: Vec<u8>) -> bool {
        let frames = &mut self.sessions.entry(session).or_default().frames;
        frames.push_back(frame);
        frames.len() <= MAX_FRAMES
    }

    /// Entries after `have` up to `to`. A log asked for again is sent again from there; one that only grew goes on.
    pub fn serve(&mut self, session: u64, log: LogId, have: u64, to: u64) {
        let outbox = self.sessions.entry(session).or_default();
        match outbox.ranges.iter_mut().find(|r| r.log == log) {
            Some(range) if range.to == have => range.to = to,
            Some(range) => *range = Range { log, have, to: to.max(range.to) },
            None => outbox.ranges.push_back(Range { log, have, to }),
        }
    }

    /// A session begins.
    pub fn begin(&mut self, session: u64, now: Duration) {
        self.sessions.insert(session, Outbox { line: Line::begin(now), ..Outbox::default() });
    }

    pub fn forget(&mut self, session: u64) {
        self.sessions.remove(&session);
    }

    /// Number of sessions with a queue.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// The next range to send from: of the session after the one served last, with entries that its line could take. What
    /// does not pass at present is kept.
    fn next(
        &mut self,
        may: impl Fn(u64) -> bool,
        passes: impl Fn(u64, &LogId) -> bool,
    ) -> Option<(u64, Range)> {
        let (upto, after) = (self.sessions.range(..=self.last), self.sessions.range(self.last + 1..));
        let ready = |(id, o): (&u64, &Outbox)| {
            let place = o.ranges.iter().position(|range| passes(*id, &range.log))?;
            (o.frames.is_empty() && !o.full && may(*id)).then_some((*id, place))
        };
        let (session, place) = after.chain(upto).find_map(ready)?;
        self.last = session;
        Some((session, self.sessions.get_mut(&session)?.ranges.remove(place)?))
    }

    /// Logs may hold other entries than before.
    pub fn logs_changed(&mut self) {
        self.unsigned.forget();
    }

    pub fn drained(&mut self, session: u64) {
        if let Some(outbox) = self.sessions.get_mut(&session) {
            outbox.full = false;
        }
    }
}

impl Core {
    /// Sends the frames that can be sent now.
    pub(super) fn pump(&mut self) {
        let Some(network) = self.network.clone() else { return };
        let sessions: Vec<u64> = self.serving.sessions.keys().copied().collect();
        for session in sessions {
            self.pump_session(&network, session);
        }
    }

    /// Sends one run of entries to the session whose turn it is. False when there is none that may have one now.
    pub fn serve_one(&mut self) -> bool {
        let Some(network) = self.network.clone() else { return false };
        let (replica, purses, now) = (&self.replica, &self.purses, self.opened.elapsed());
        let may = |session| purses.spent(&replica.answers_for_session(session), now).is_some();
        let passes = |session, log: &LogId| replica.passes(session, log);
        let Some((session, range)) = self.serving.next(may, passes) else { return false };
        let begun = Instant::now();
        self.send_run(session, range);
        self.pump_session(&network, session);
        let party = self.replica.answers_for_session(session);
        self.purses.take_for_sending(party, begun.elapsed(), self.opened.elapsed());
        true
    }

    /// Notes what a frame of its peer tells of a session's line.
    pub(super) fn measure(&mut self, session: u64) {
        let Some(outbox) = self.serving.sessions.get_mut(&session) else { return };
        let now = self.opened.elapsed();
        outbox.line.heard(now);
        let rate = outbox.line.confirmed(|log| self.replica.held_durably(session, log), now);
        if let Some((rate, peer)) = rate.zip(self.replica.peer_of(session)) {
            self.serving.paces.note(peer, rate);
        }
    }

    /// True while something waits that the lines could take, if only its party may have it.
    pub fn has_work(&self) -> bool {
        let passes = |id: u64, o: &Outbox| o.ranges.iter().any(|range| self.replica.passes(id, &range.log));
        self.serving.sessions.iter().any(|(id, o)| !o.full && (!o.frames.is_empty() || passes(*id, o)))
    }

    fn pump_session(&mut self, network: &network::Handle, session: u64) {
        let Some(outbox) = self.serving.sessions.get_mut(&session) else { return };
        while !outbox.full {
            let Some(frame) = outbox.frames.pop_front() else { return };
            match network.send(SessionId(session), frame) {
                SendOutcome::Queued => {}
                SendOutcome::Full(frame) => {
                    outbox.frames.push_front(frame);
                    outbox.full = true;
                    return;
                }
                SendOutcome::TooLarge => tracing::error!("a frame was too large to be sent"),
                SendOutcome::Gone => {
                    self.serving.forget(session);
                    return;
                }
            }
        }
    }

    /// One run of a log after `have`, for a bundle: see [`read_run`].
    ///
    /// # Errors
    /// When the store fails.
    pub fn run_after(&mut self, log: LogId, have: u64, to: u64) -> anyhow::Result<Option<(Vec<u8>, u64)>> {
        let cut = RunCutter::new(log, to, self.replica.network(), &mut self.serving.unsigned);
        read_run(&self.ledger, &log, have, cut)
    }

    /// Queues one run of a range, and puts the rest of the range behind the others.
    fn send_run(&mut self, session: u64, range: Range) {
        let Range { log, have, to } = range;
        let Some(peer) = self.replica.peer_of(session) else { return };
        let serving = &mut self.serving;
        let line = serving.sessions.get(&session).map(|outbox| &outbox.line);
        let (long, slow) = line.map_or((0, false), |line| serving.paces.run(&peer, line));
        let cut = RunCutter::new(log, to, self.replica.network(), &mut serving.unsigned);
        let cut = cut.of_bytes(long).dense(slow);
        let (bytes, upto) = match read_run(&self.ledger, &log, have, cut) {
            Ok(Some(run)) => run,
            Ok(None) => return,
            Err(error) => {
                tracing::error!("entries could not be read for a peer: {error}");
                return;
            }
        };
        // Ranges are only read while the queue has room.
        let frame = Frame::Run(bytes).to_bytes();
        let (size, now) = (frame.len(), self.opened.elapsed());
        let _ = self.serving.queue(session, frame);
        if let Some(outbox) = self.serving.sessions.get_mut(&session) {
            outbox.line.sent(log, upto, size, now);
            if upto < to {
                outbox.ranges.push_back(Range { log, have: upto, to });
            }
        }
        self.drive(Input::Served { session, log, upto, entries: upto - have });
    }
}

/// One run of a log after `have`: its bytes and the last sequence number in it. It may end past the last one asked for: see
/// [`RunCutter`].
fn read_run(
    ledger: &Ledger,
    log: &LogId,
    have: u64,
    mut cut: RunCutter<'_>,
) -> anyhow::Result<Option<(Vec<u8>, u64)>> {
    ledger.read_log(log, have, ledger.head(log).seq, |entry| cut.take(entry))?;
    Ok(cut.finish()?)
}

/// Addresses in a directory entry of another node.
pub(super) fn addresses_in(entry: &Entry, me: &Identity) -> Vec<String> {
    let of_others = entry.header.log.node != me.node.public();
    let payload = entry.payload.as_ref().filter(|_| of_others && entry.header.verb == Verb::ADDRESSES);
    let read = payload.map(|payload| {
        Decoder::whole(&payload.bytes, "addresses", |from| {
            from.list(limits::MAX_ADDRESSES, "addresses", |from| {
                Ok(from.text(limits::MAX_ADDRESS, "address")?.to_owned())
            })
        })
    });
    match read {
        Some(Ok(addresses)) => addresses,
        _ => Vec::new(),
    }
}

/// The latest addresses of all other nodes, from the directory shelf.
pub(super) fn directory(ledger: &Ledger, me: &Identity) -> market::Result<Vec<String>> {
    let mut found = Vec::new();
    for (log, state) in ledger.logs() {
        if log.shelf.kind != ShelfKind::DIRECTORY || log.node == me.node.public() {
            continue;
        }
        ledger.read_log(&log, state.head.seq.saturating_sub(1), state.head.seq, |entry| {
            found.extend(addresses_in(&entry, me));
            true
        })?;
    }
    Ok(found)
}
