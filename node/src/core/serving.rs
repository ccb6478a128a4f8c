//! What is on its way out: frames and ranges of entries, each session with its own queue, in turn.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use market::{Identity, Ledger};
use network::{SendOutcome, SessionId};
use protocol::{
    Decoder, Entry, FileAsk, Frame, LogId, PublicKey, RunCutter, Shelf, ShelfKind, Unsigned, Verb, limits,
};
use replica::Input;

use super::Core;
use super::pace::{Line, Paces, Spare};
use super::packed::{Packed, Wanted};

/// Frames that wait for a peer that does not read: some megabytes of announcements. Then the session ends, and the next
/// one compares anew.
const MAX_FRAMES: usize = 4_096;
/// What a party wrote that has to wait itself is passed on one run at a time, and this many times as long as one took passes
/// before the next: each is work for its reader, too, and the readers shall not all have it at once.
const APART: u32 = 8;

struct Range {
    log: LogId,
    have: u64,
    to: u64,
}

#[derive(Default)]
struct Outbox {
    frames: VecDeque<Vec<u8>>,
    ranges: VecDeque<Range>,
    /// A file that its peer asked for last.
    file: Option<FileAsk>,
    full: bool,
    line: Line,
}

impl Outbox {
    fn is_idle(&self) -> bool {
        self.frames.is_empty() && self.ranges.is_empty() && self.file.is_none()
    }
}

/// The queues of all sessions.
#[derive(Default)]
pub(super) struct Serving {
    sessions: BTreeMap<u64, Outbox>,
    /// Sessions for which anything waits: of a thousand that are connected, few at a time.
    busy: BTreeSet<u64>,
    /// The session that was served last: the next one goes on behind it.
    last: u64,
    /// Until when nothing is passed on of those who have to wait.
    rests: Duration,
    spare: Spare,
    unsigned: Unsigned,
    packed: Packed,
    paces: Paces,
}

impl Serving {
    /// Queues a frame. False when the peer has stopped reading and its queue is as long as it may get.
    #[must_use]
    pub fn queue(&mut self, session: u64, frame: Vec<u8>) -> bool {
        let frames = &mut self.outbox(session).frames;
        frames.push_back(frame);
        frames.len() <= MAX_FRAMES
    }

    /// Entries after `have` up to `to`. A log asked for again is sent again from there; one that only grew goes on.
    pub fn serve(&mut self, session: u64, log: LogId, have: u64, to: u64) {
        let outbox = self.outbox(session);
        match outbox.ranges.iter_mut().find(|r| r.log == log) {
            Some(range) if range.to == have => range.to = to,
            Some(range) => *range = Range { log, have, to: to.max(range.to) },
            None => outbox.ranges.push_back(Range { log, have, to }),
        }
    }

    /// A piece of a file; of several that were asked for the last.
    pub fn ask_file(&mut self, session: u64, ask: FileAsk) {
        self.outbox(session).file = Some(ask);
    }

    /// The queue of a session for which something is to wait.
    fn outbox(&mut self, session: u64) -> &mut Outbox {
        self.busy.insert(session);
        self.sessions.entry(session).or_default()
    }

    /// The sessions for which anything waits, from the one after that served last.
    fn in_turn(&self) -> impl Iterator<Item = (&u64, &Outbox)> {
        let (upto, after) = (self.busy.range(..=self.last), self.busy.range(self.last + 1..));
        after.chain(upto).filter_map(|id| self.sessions.get_key_value(id))
    }

    /// Forgets of the busy ones those for which nothing waits any more.
    fn settle(&mut self) {
        let sessions = &self.sessions;
        self.busy.retain(|id| sessions.get(id).is_some_and(|outbox| !outbox.is_idle()));
    }

    /// The next file to send a piece of: of the session after the one served last whose line could take it.
    pub fn next_file(&mut self, may: impl Fn(u64) -> bool) -> Option<(u64, FileAsk)> {
        let ready = |(id, o): (&u64, &Outbox)| {
            (o.file.is_some() && o.frames.is_empty() && !o.full && may(*id)).then_some(*id)
        };
        let session = self.in_turn().find_map(ready)?;
        self.last = session;
        Some((session, self.sessions.get_mut(&session)?.file.take()?))
    }

    /// How many bytes a session's line takes in a run's time.
    pub fn run_bytes(&self, session: u64, peer: Option<PublicKey>) -> usize {
        let line = self.sessions.get(&session).map(|outbox| &outbox.line);
        peer.zip(line).map_or(0, |(peer, line)| self.paces.run(&peer, line).0)
    }

    /// A session begins.
    pub fn begin(&mut self, session: u64, now: Duration) {
        self.sessions.insert(session, Outbox { line: Line::begin(now), ..Outbox::default() });
        self.busy.remove(&session);
    }

    pub fn forget(&mut self, session: u64) {
        self.sessions.remove(&session);
        self.busy.remove(&session);
    }

    /// Number of sessions with a queue.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// The next range to send from: of the session after the one served last, with entries that its line could take. What
    /// does not pass at present is kept, and what those wrote who have to wait, as long as it rests.
    fn next(
        &mut self,
        now: Duration,
        may: impl Fn(u64) -> bool,
        passes: impl Fn(u64, &LogId) -> bool,
        waits: impl Fn(&LogId) -> bool,
    ) -> Option<(u64, Range)> {
        let rests = now < self.rests;
        let passes = |id: u64, log: &LogId| passes(id, log) && !(rests && waits(log));
        let ready = |(id, o): (&u64, &Outbox)| {
            let place = o.ranges.iter().position(|range| passes(*id, &range.log))?;
            (o.frames.is_empty() && !o.full && may(*id)).then_some((*id, place))
        };
        let (session, place) = self.in_turn().find_map(ready)?;
        self.last = session;
        Some((session, self.sessions.get_mut(&session)?.ranges.remove(place)?))
    }

    /// Something of a party that has to wait was passed on, which took so long.
    fn rest(&mut self, took: Duration, now: Duration) {
        self.rests = now + took * APART;
    }

    /// Logs may hold other entries than before.
    pub fn logs_changed(&mut self) {
        self.unsigned.forget();
        self.packed.forget();
    }

    /// A log has grown. Whatever the roster's logs bring may purge what was packed.
    pub fn log_grew(&mut self, log: &LogId) {
        if log.shelf == Shelf::ROSTER {
            self.packed.forget();
        }
    }

    /// Entries have their payloads again.
    pub fn logs_filled(&mut self) {
        self.packed.forget();
    }

    /// What was packed is not kept for long.
    pub fn age(&mut self, now: Duration) {
        self.packed.age(now);
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
        let sessions: Vec<u64> = self.serving.busy.iter().copied().collect();
        for session in sessions {
            self.pump_session(&network, session);
        }
        self.serving.settle();
    }

    /// Sends one run of entries to the session whose turn it is. False when there is none that may have one now.
    pub fn serve_one(&mut self) -> bool {
        let Some(network) = self.network.clone() else { return false };
        let (replica, purses, now) = (&self.replica, &self.purses, self.opened.elapsed());
        let may = |session| purses.spent(&replica.answers_for_session(session), now).is_some();
        let passes = |session, log: &LogId| replica.passes(session, log);
        let me = self.identity.node.public();
        let waits = |log: &LogId| {
            let author = replica.answers_for(log).filter(|_| log.node != me);
            author.is_some() && purses.spent(&author, now).is_none()
        };
        let Some((session, range)) = self.serving.next(now, may, passes, waits) else {
            // Entries first: they say which files there are.
            return self.serve_file(&network);
        };
        let (begun, waits) = (Instant::now(), waits(&range.log));
        self.send_run(session, range);
        self.pump_session(&network, session);
        let (took, now) = (begun.elapsed(), self.opened.elapsed());
        let party = self.replica.answers_for_session(session);
        self.purses.take_for_sending(party, took, now);
        if waits {
            self.serving.rest(took, now);
        }
        true
    }

    /// Notes what a frame of its peer that came at a time tells of a session's line: how long it waited here does not count.
    pub(super) fn measure(&mut self, session: u64, at: Instant) {
        let Some(outbox) = self.serving.sessions.get_mut(&session) else { return };
        let at = at.saturating_duration_since(self.opened);
        outbox.line.heard(at);
        let rate = outbox.line.confirmed(|log| self.replica.held_durably(session, log), at);
        if let Some((rate, peer)) = rate.zip(self.replica.peer_of(session)) {
            self.serving.paces.note(peer, rate);
        }
    }

    /// True while something waits that the lines could take, if only its party may have it.
    pub fn has_work(&self) -> bool {
        let passes = |id: u64, o: &Outbox| o.ranges.iter().any(|range| self.replica.passes(id, &range.log));
        self.serving
            .in_turn()
            .any(|(id, o)| !o.full && (!o.frames.is_empty() || o.file.is_some() || passes(*id, o)))
    }

    pub(super) fn pump_session(&mut self, network: &network::Handle, session: u64) {
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
        Ok(read_run(&self.ledger, &log, have, cut)?.map(|run| (run.bytes, run.upto)))
    }

    /// Queues one run of a range, and puts the rest of the range behind the others.
    fn send_run(&mut self, session: u64, range: Range) {
        let Range { log, have, to } = range;
        let Some(peer) = self.replica.peer_of(session) else { return };
        let serving = &mut self.serving;
        let line = serving.sessions.get(&session).map(|outbox| &outbox.line);
        let (long, slow) = line.map_or((0, false), |line| serving.paces.run(&peer, line));
        let begun = self.opened.elapsed();
        let slow = slow && serving.spare.is_there(begun);
        let wanted = Wanted { log, have, to, slow };
        let (frame, upto) = match serving.packed.find(&wanted, long) {
            Some(frame) => (frame, to),
            None => {
                let cut = RunCutter::new(log, to, self.replica.network(), &mut serving.unsigned);
                let run = match read_run(&self.ledger, &log, have, cut.of_bytes(long).dense(slow)) {
                    Ok(Some(run)) => run,
                    Ok(None) => return,
                    Err(error) => {
                        tracing::error!("entries could not be read for a peer: {error}");
                        return;
                    }
                };
                if slow {
                    serving.spare.take(begun, self.opened.elapsed());
                }
                let frame = Frame::Run(run.bytes).to_bytes();
                if run.upto == to {
                    self.serving.packed.keep(wanted, run.size, &frame, begun);
                }
                (frame, run.upto)
            }
        };
        // Ranges are only read while the queue has room.
        let (size, now) = (frame.len(), self.opened.elapsed());
        let _ = self.serving.queue(session, frame);
        if let Some(outbox) = self.serving.sessions.get_mut(&session) {
            outbox.line.sent(log, upto, size, now);
            if upto < to {
                outbox.ranges.push_back(Range { log, have: upto, to });
                self.serving.busy.insert(session);
            }
        }
        self.drive(Input::Served { session, log, upto, entries: upto - have });
    }
}

struct ReadRun {
    bytes: Vec<u8>,
    /// The last sequence number in it.
    upto: u64,
    /// Bytes before compression.
    size: usize,
}

/// One run of a log after `have`. It may end past the last one asked for: see [`RunCutter`].
fn read_run(
    ledger: &Ledger,
    log: &LogId,
    have: u64,
    mut cut: RunCutter<'_>,
) -> anyhow::Result<Option<ReadRun>> {
    ledger.read_log(log, have, ledger.head(log).seq, |entry| cut.take(entry))?;
    let size = cut.size();
    Ok(cut.finish()?.map(|(bytes, upto)| ReadRun { bytes, upto, size }))
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

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn log(n: u8) -> LogId {
        LogId { node: PublicKey([n; 32]), incarnation: 1, shelf: Shelf::ROSTER }
    }

    #[test]
    fn of_many_sessions_those_are_looked_at_for_which_something_waits() {
        let mut serving = Serving::default();
        (1..=1_000).for_each(|session| serving.begin(session, Duration::ZERO));
        assert!(serving.queue(7, vec![1]));
        serving.serve(9, log(1), 0, 9);
        assert_eq!(serving.in_turn().map(|(id, _)| *id).collect::<Vec<_>>(), [7, 9]);
        let all =
            |serving: &mut Serving| serving.next(MS, |_| true, |_, _| true, |_| false).map(|(id, _)| id);
        assert_eq!((all(&mut serving), all(&mut serving)), (Some(9), None));
        serving.settle();
        assert_eq!(serving.in_turn().map(|(id, _)| *id).collect::<Vec<_>>(), [7], "its frame has not left");
        serving.forget(7);
        assert_eq!(serving.in_turn().count(), 0);
    }

    #[test]
    fn what_those_wrote_who_have_to_wait_goes_out_one_run_at_a_time() {
        let mut serving = Serving::default();
        let (poor, other) = (log(1), log(2));
        for session in [1, 2] {
            serving.begin(session, Duration::ZERO);
            serving.serve(session, poor, 0, 9);
        }
        let next = |serving: &mut Serving, ms: u32| {
            let found = serving.next(MS * ms, |_| true, |_, _| true, |log| *log == poor);
            found.map(|(session, range)| (session, range.log))
        };
        assert_eq!(next(&mut serving, 100), Some((1, poor)));
        serving.rest(MS, MS * 100);
        assert_eq!(next(&mut serving, 101), None, "the other reader not at the same time");
        serving.serve(2, other, 0, 9);
        assert_eq!(next(&mut serving, 102), Some((2, other)), "what others wrote goes past it");
        assert_eq!(next(&mut serving, 100 + APART), Some((2, poor)));
    }
}
