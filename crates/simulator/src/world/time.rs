//! By virtual time: lines with a delay and a bandwidth, ticks, fsyncs, what is to happen when.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use protocol::{Frame, LogId, Unsigned};
use replica::{Input, SessionId};

use super::{World, first_run};

/// An entry of a small listing as it travels, bytes; how many fit into a run is reckoned with it.
const ENTRY_BYTES: u64 = 600;
/// A run carries at most so much of what a line can take, milliseconds (the program does alike).
const RUN_MS: u64 = 2_000;
/// What was received is fsynced after this, milliseconds.
const FSYNC_MS: i64 = 500;
/// An fsync takes so long: what comes meanwhile is left to the next one.
const SYNCING_MS: i64 = 100;
/// Ticks after something happened to a node: a second apart at first, milliseconds since then and apart.
const TICKS: [(i64, i64); 3] = [(12_000, 1_000), (120_000, 10_000), (i64::MAX, 600_000)];
/// A frame that is delayed comes so much later, milliseconds.
const OVERTAKEN_MS: u64 = 3_000;

/// Bytes before each frame that tell its length (SPEC §13).
const LENGTH: u64 = 4;
/// First bytes of frames that compare or ask: Digest, Buckets, Want (SPEC §13).
const ASKING: [u8; 3] = [3, 4, 6];

/// A line between two nodes.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// One way, milliseconds.
    pub delay_ms: i64,
    /// Each way, bytes in a second.
    pub bandwidth: u64,
}

impl Default for Line {
    fn default() -> Self {
        Self { delay_ms: 20, bandwidth: 1_000_000 }
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Frame {
        session: SessionId,
        end: usize,
        bytes: Vec<u8>,
    },
    /// The line towards this end can take another run.
    Pump {
        session: SessionId,
        end: usize,
    },
    Closed {
        session: SessionId,
    },
    Fsync {
        node: usize,
    },
    /// The fsync that was under way has ended.
    Fsynced {
        node: usize,
    },
    Tick {
        node: usize,
    },
    /// Something of the story, by its number.
    Act {
        number: u64,
    },
}

/// One direction of a session.
#[derive(Default)]
struct Way {
    free_ms: i64,
    /// Arrival of the last frame: a stream keeps its order.
    last_ms: i64,
    ranges: VecDeque<(LogId, u64, u64)>,
    pumped: bool,
}

#[derive(Default)]
struct Rest {
    /// When something last happened.
    busy_ms: i64,
    /// The tick that counts; others that are due have been overtaken by it.
    tick_ms: i64,
    fsync: bool,
}

/// What is due, and the lines.
#[derive(Default)]
pub(super) struct Timeline {
    due: BinaryHeap<Reverse<(i64, u64, Due)>>,
    order: u64,
    lines: BTreeMap<SessionId, (Line, [Way; 2])>,
    /// What each node has sent, bytes.
    sent_bytes: Vec<u64>,
    /// What each node has received or lost on the way to it, bytes.
    got_bytes: Vec<u64>,
    /// Frames in which each node asked for something or compared.
    asked: Vec<u64>,
    rests: Vec<Rest>,
}

impl Timeline {
    fn push(&mut self, at_ms: i64, due: Due) {
        self.order += 1;
        self.due.push(Reverse((at_ms, self.order, due)));
    }

    /// Something happened to a node: it ticks every second again for a while.
    fn wake(&mut self, node: usize, now_ms: i64) {
        let rest = &mut self.rests[node];
        rest.busy_ms = now_ms;
        if rest.tick_ms > now_ms + TICKS[0].1 || rest.tick_ms <= now_ms {
            rest.tick_ms = now_ms + TICKS[0].1;
            let at_ms = rest.tick_ms;
            self.push(at_ms, Due::Tick { node });
        }
    }
}

impl World {
    /// From now on time passes; sessions that there are keep a default line.
    pub fn start_time(&mut self) {
        let lines = self.links.keys().map(|id| (*id, (Line::default(), Default::default()))).collect();
        let mut time = Timeline { lines, ..Timeline::default() };
        for node in 0..self.nodes.len() {
            time.rests.push(Rest::default());
            for counts in [&mut time.sent_bytes, &mut time.got_bytes, &mut time.asked] {
                counts.push(0);
            }
            time.wake(node, self.now_ms);
        }
        self.time = Some(time);
    }

    /// Connects two nodes by a line; the first one dials.
    pub fn connect_by(&mut self, a: usize, b: usize, line: Line) -> SessionId {
        let session = self.next_session;
        if let Some(time) = &mut self.time {
            time.lines.insert(session, (line, Default::default()));
        }
        self.connect(a, b)
    }

    /// Something of the story is to happen: [`World::run_until`] comes back with this number then.
    pub fn at(&mut self, at_ms: i64, number: u64) {
        let at_ms = at_ms.max(self.now_ms);
        self.timeline().push(at_ms, Due::Act { number });
    }

    /// What a node has sent so far, bytes.
    pub fn sent_by(&self, node: usize) -> u64 {
        self.time.as_ref().map_or(0, |time| time.sent_bytes[node])
    }

    /// What a node has sent and was sent so far, bytes.
    pub fn moved_by(&self, node: usize) -> u64 {
        self.time.as_ref().map_or(0, |time| time.sent_bytes[node] + time.got_bytes[node])
    }

    /// Frames in which a node asked for something or compared, so far.
    pub fn asked_by(&self, node: usize) -> u64 {
        self.time.as_ref().map_or(0, |time| time.asked[node])
    }

    /// Lets time pass until then. Stops early with a number that [`World::at`] was given, once its moment is there.
    pub fn run_until(&mut self, until_ms: i64) -> Option<u64> {
        loop {
            let next = self.timeline().due.peek().map(|Reverse((at_ms, ..))| *at_ms);
            let Some(at_ms) = next.filter(|at_ms| *at_ms <= until_ms) else {
                self.now_ms = self.now_ms.max(until_ms);
                return None;
            };
            let Some(Reverse((_, _, due))) = self.timeline().due.pop() else { continue };
            self.now_ms = self.now_ms.max(at_ms);
            if let Due::Act { number } = due {
                return Some(number);
            }
            self.happen(due);
        }
    }

    fn timeline(&mut self) -> &mut Timeline {
        self.time.get_or_insert_default()
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Act { .. } => {}
            Due::Frame { session, end, bytes } => {
                let Some(link) = self.links.get(&session).filter(|link| link.open[end]) else { return };
                let node = link.ends[end];
                self.arrive(node, session, bytes);
                self.busy(node);
            }
            Due::Pump { session, end } => self.pump(session, end),
            Due::Closed { session } => self.cut(session),
            Due::Fsync { node } => {
                let begun = self.nodes[node].begin_fsync();
                self.give(node, begun);
                let now_ms = self.now_ms;
                self.timeline().rests[node].fsync = false;
                self.timeline().push(now_ms + SYNCING_MS, Due::Fsynced { node });
            }
            Due::Fsynced { node } => {
                let ended = self.nodes[node].end_fsync();
                self.give(node, ended);
            }
            Due::Tick { node } => self.tick(node),
        }
    }

    /// Ticks come as long as a node has anyone to talk to.
    fn tick(&mut self, node: usize) {
        let now_ms = self.now_ms;
        let rest = &mut self.timeline().rests[node];
        if rest.tick_ms != now_ms {
            return;
        }
        let quiet = now_ms - rest.busy_ms;
        let every = TICKS.iter().find(|(up_to, _)| quiet <= *up_to).map_or(TICKS[2].1, |(_, every)| *every);
        rest.tick_ms = now_ms + every;
        self.timeline().push(now_ms + every, Due::Tick { node });
        self.check_memory(node);
        self.give(node, Input::Tick);
    }

    /// Something happened to a node.
    pub(crate) fn busy(&mut self, node: usize) {
        let now_ms = self.now_ms;
        if self.time.is_some() {
            self.timeline().wake(node, now_ms);
        }
    }

    /// A node stored something: it is fsynced a little later.
    pub(crate) fn fsync_later(&mut self, node: usize) {
        let now_ms = self.now_ms;
        if self.time.is_none() || std::mem::replace(&mut self.timeline().rests[node].fsync, true) {
            return;
        }
        self.timeline().push(now_ms + FSYNC_MS, Due::Fsync { node });
    }

    /// Puts a frame on its way to an end; more than one copy, or none.
    pub(super) fn launch(&mut self, session: SessionId, end: usize, copies: Vec<Vec<u8>>, size: usize) {
        let (now_ms, overtaken) = (self.now_ms, self.rng.chance(self.faults.delay));
        let late = if overtaken { self.rng.below(OVERTAKEN_MS as usize) as i64 } else { 0 };
        let ends = self.links.get(&session).map(|link| (link.ends[1 - end], link.ends[end]));
        let time = self.timeline();
        let Some((line, ways)) = time.lines.get_mut(&session) else { return };
        let way = &mut ways[end];
        way.free_ms = way.free_ms.max(now_ms) + (size as u64 * 1_000).div_ceil(line.bandwidth) as i64;
        let arrives = (way.free_ms + line.delay_ms).max(way.last_ms);
        if !overtaken {
            way.last_ms = arrives;
        }
        if let Some((from, to)) = ends {
            time.sent_bytes[from] += size as u64 + LENGTH;
            time.got_bytes[to] += size as u64 + LENGTH;
            let asks =
                copies.first().and_then(|bytes| bytes.first()).is_some_and(|kind| ASKING.contains(kind));
            time.asked[from] += u64::from(asks);
        }
        for bytes in copies {
            time.push(arrives + late, Due::Frame { session, end, bytes });
        }
    }

    /// A range that a peer asked for, after those it asked for before.
    pub(super) fn queue_range(&mut self, node: usize, session: SessionId, range: (LogId, u64, u64)) {
        let Some(link) = self.links.get(&session) else { return };
        let end = usize::from(link.ends[0] == node);
        let Some((_, ways)) = self.timeline().lines.get_mut(&session) else { return };
        let (log, have, to) = range;
        match ways[end].ranges.iter_mut().find(|(queued, ..)| *queued == log) {
            Some(queued) if queued.2 == have => queued.2 = to,
            Some(queued) => *queued = (log, have, to.max(queued.2)),
            None => ways[end].ranges.push_back(range),
        }
        self.pump_later(session, end);
    }

    fn pump_later(&mut self, session: SessionId, end: usize) {
        let now_ms = self.now_ms;
        let time = self.timeline();
        let Some((_, ways)) = time.lines.get_mut(&session) else { return };
        if ways[end].ranges.is_empty() || std::mem::replace(&mut ways[end].pumped, true) {
            return;
        }
        let at_ms = ways[end].free_ms.max(now_ms);
        time.push(at_ms, Due::Pump { session, end });
    }

    /// Sends one run, and puts the rest of its range behind the others.
    fn pump(&mut self, session: SessionId, end: usize) {
        let Some(node) = self.links.get(&session).map(|link| link.ends[1 - end]) else { return };
        let Some((line, ways)) = self.timeline().lines.get_mut(&session) else { return };
        ways[end].pumped = false;
        let most = (line.bandwidth * RUN_MS / 1_000 / ENTRY_BYTES).max(1) as usize;
        let Some((log, have, to)) = ways[end].ranges.pop_front() else { return };
        if let Some((bytes, upto)) =
            first_run(&self.nodes[node], &log, (have, to), most, &mut Unsigned::default())
        {
            self.send(node, session, Frame::Run(bytes).to_bytes());
            if let Some((_, ways)) = self.timeline().lines.get_mut(&session).filter(|_| upto < to) {
                ways[end].ranges.push_back((log, upto, to));
            }
            self.give(node, Input::Served { session, log, upto, entries: upto - have });
        }
        self.pump_later(session, end);
    }

    /// The session ends for the other side too, once what was said before has arrived.
    pub(super) fn close_later(&mut self, session: SessionId, end: usize) {
        let now_ms = self.now_ms;
        let Some(time) = &mut self.time else { return };
        let Some((line, ways)) = time.lines.get(&session) else { return };
        let at_ms = ways[1 - end].last_ms.max(now_ms) + line.delay_ms;
        time.push(at_ms, Due::Closed { session });
    }

    pub(super) fn forget_line(&mut self, session: SessionId) {
        if let Some(time) = &mut self.time {
            time.lines.remove(&session);
        }
    }
}
