//! The network between nodes: sessions, queues, faults.

use std::collections::{BTreeMap, VecDeque};

use protocol::{Charter, Frame, LogId, PublicKey, RunCutter, SecretKey, Unsigned};
use replica::{Effect, Input, KnownCircle, PeerView, SessionId};

use crate::check::Checks;
use crate::node::Node;
use crate::rng::Rng;
use crate::trace::Trace;
use time::Timeline;

mod carrying;
mod filing;
mod meddling;
mod steps;
mod time;

pub use carrying::Unpacked;
pub use time::Line;

/// How often, in a thousand frames, the network does what to one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Loses it.
    pub drop: u64,
    /// Delivers it twice.
    pub duplicate: u64,
    /// Flips one of its bits.
    pub flip: u64,
    /// Lets it be overtaken; by virtual time only, since without it every order comes anyway.
    pub delay: u64,
}

struct Link {
    ends: [usize; 2],
    /// Frames on their way to each end.
    queues: [VecDeque<Vec<u8>>; 2],
    open: [bool; 2],
    closing: bool,
}

/// Everything.
pub struct World {
    /// The network's charter.
    pub charter: Charter,
    /// Root key of its only governor.
    pub governor: SecretKey,
    /// The nodes; the hub is the first.
    pub nodes: Vec<Node>,
    /// The true time, milliseconds since 1970.
    pub now_ms: i64,
    /// What the network does to frames.
    pub faults: Faults,
    /// Frames sent so far.
    pub frames: usize,
    /// Drops the frames of these numbers.
    pub lose: Vec<usize>,
    /// Entries put into one run; the builder's own bound where 0.
    pub run_entries: usize,
    /// When wanted: every frame sent, with the number of the node that it was sent to.
    pub sent: Option<Vec<(usize, Vec<u8>)>>,
    /// Where every choice comes from.
    pub rng: Rng,
    links: BTreeMap<SessionId, Link>,
    next_session: SessionId,
    trace: Trace,
    time: Option<Timeline>,
    /// Nodes that damage and repeat what they send, each with frames that it sent before.
    pub(crate) liars: BTreeMap<usize, VecDeque<Vec<u8>>>,
    pub(crate) checks: Checks,
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.trace.print();
        }
    }
}

impl World {
    /// A network without nodes.
    pub fn empty(charter: Charter, governor: SecretKey, seed: u64) -> Self {
        Self {
            charter,
            governor,
            nodes: Vec::new(),
            now_ms: 1_800_000_000_000,
            faults: Faults::default(),
            frames: 0,
            lose: Vec::new(),
            run_entries: 0,
            sent: None,
            rng: Rng::new(seed),
            links: BTreeMap::new(),
            next_session: 1,
            trace: Trace::new(seed),
            time: None,
            liars: BTreeMap::new(),
            checks: Checks::default(),
        }
    }

    /// A line for the trace.
    pub fn note(&mut self, line: String) {
        self.trace.note(self.now_ms, line);
    }

    /// Forgets the lines of the trace: what comes now is of interest.
    pub fn forget_lines(&mut self) {
        self.trace.forget();
    }

    /// The lines of the trace that are kept.
    pub fn lines(&self) -> Vec<String> {
        self.trace.lines()
    }

    /// All that happened.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Connects two nodes; the first one dials.
    pub fn connect(&mut self, a: usize, b: usize) -> SessionId {
        let keys = [self.nodes[a].key.public(), self.nodes[b].key.public()];
        self.connect_as(a, b, keys)
    }

    /// Connects with the given transport keys, which may be other ones than the nodes' own.
    pub fn connect_as(&mut self, a: usize, b: usize, keys: [PublicKey; 2]) -> SessionId {
        let session = self.next_session;
        self.next_session += 1;
        let link = Link { ends: [a, b], queues: Default::default(), open: [true; 2], closing: false };
        self.links.insert(session, link);
        self.note(format!("{} ══ {} (session {session})", self.nodes[a].name, self.nodes[b].name));
        self.give(a, Input::Connected { session, peer: keys[1], outbound: true });
        self.give(b, Input::Connected { session, peer: keys[0], outbound: false });
        session
    }

    /// Cuts a session; what is on its way is lost.
    pub fn cut(&mut self, session: SessionId) {
        let Some(link) = self.links.remove(&session) else { return };
        self.forget_line(session);
        self.note(format!("session {session} ╳"));
        for (end, node) in link.ends.into_iter().enumerate() {
            if link.open[end] {
                self.give(node, Input::Closed { session });
            }
        }
    }

    /// Cuts all of them.
    pub fn cut_all(&mut self) {
        for session in self.sessions() {
            self.cut(session);
        }
    }

    /// Those that there are.
    pub fn sessions(&self) -> Vec<SessionId> {
        self.links.keys().copied().collect()
    }

    /// Those of one node.
    pub fn sessions_of(&self, node: usize) -> Vec<SessionId> {
        self.links.iter().filter(|(_, link)| link.ends.contains(&node)).map(|(id, _)| *id).collect()
    }

    /// Whether a session is open on both sides.
    pub fn is_open(&self, session: SessionId) -> bool {
        self.links.get(&session).is_some_and(|link| !link.closing)
    }

    /// Gives a node one input and performs its effects.
    pub fn give(&mut self, node: usize, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let now_ms = self.now_ms + self.nodes[node].clock_off_ms;
            self.nodes[node].clock_ms = now_ms;
            for effect in self.nodes[node].replica.handle(input, now_ms) {
                self.perform(node, effect, &mut inputs);
            }
        }
    }

    fn perform(&mut self, node: usize, effect: Effect, inputs: &mut VecDeque<Input>) {
        match effect {
            Effect::Send { session, frame } => self.send(node, session, frame.to_bytes()),
            Effect::Serve { session, log, have, to } => self.serve(node, session, (log, have, to), inputs),
            Effect::Persist { run } => {
                self.stored(node, &run);
                self.nodes[node].keep(run);
            }
            Effect::Compare { session, run } => {
                let stored = self.nodes[node].store.get(&run.log);
                let own = stored.and_then(|entries| entries.get(run.after.seq as usize)).cloned();
                inputs.push_back(Input::Held { session, run, own: own.map(Box::new) });
            }
            Effect::Forked { fork } => {
                self.note(format!("{} knows a fork at {}", self.nodes[node].name, fork.seq()));
                self.nodes[node].forks.insert(fork.log(), *fork);
            }
            Effect::Relimit { log } => inputs.extend(self.nodes[node].relimit(log)),
            Effect::ReadSteps { epoch, after } => inputs.push_back(self.nodes[node].read_steps(epoch, after)),
            Effect::ReadPurges { after } => inputs.push_back(self.nodes[node].read_purges(after)),
            Effect::ReadBare { session, after } => {
                let entries = self.nodes[node].bare();
                inputs.push_back(Input::Bare { session, after, entries, more_after: None });
            }
            Effect::Fill { log, entries } => self.nodes[node].fill(&log, entries),
            Effect::Countersign { redemption } => {
                let input = self.nodes[node].write_redeem(&redemption);
                inputs.push_back(input);
            }
            Effect::KeepCircle { id, known } => {
                let stored = KnownCircle::from_bytes(&known.to_bytes()).unwrap();
                self.nodes[node].circles.insert(id, stored);
            }
            Effect::ReadFile { session, ask } => {
                let found = self.find_piece(node, &ask);
                inputs.push_back(Input::FileRead { session, ask, found });
            }
            Effect::KeepPiece { file, offset, bytes, whole } => {
                inputs.extend(self.keep_piece(node, (file, offset), &bytes, whole));
            }
            Effect::RosterChanged => self.nodes[node].roster_changes += 1,
            Effect::Report { session, what } => {
                let line = format!("{} (session {session}): {what}", self.nodes[node].name);
                self.note(line);
                self.nodes[node].reports.push(what);
            }
            Effect::HangUp { session, reason } => {
                self.note(format!("{} hangs up session {session}: {reason}", self.nodes[node].name));
                self.nodes[node].reports.push(reason);
                self.hang_up(node, session);
                inputs.push_back(Input::Closed { session });
            }
        }
    }

    fn hang_up(&mut self, node: usize, session: SessionId) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let end = usize::from(link.ends[1] == node);
        link.open[end] = false;
        link.closing = true;
        link.queues[end].clear();
        self.close_later(session, end);
    }

    /// Runs of a range: at once where there is no time, else as the line permits.
    fn serve(
        &mut self,
        node: usize,
        session: SessionId,
        (log, have, to): (LogId, u64, u64),
        inputs: &mut VecDeque<Input>,
    ) {
        if self.time.is_some() {
            return self.queue_range(node, session, (log, have, to));
        }
        for (bytes, upto, entries) in runs(&self.nodes[node], &log, have, to, self.run_entries) {
            self.send(node, session, Frame::Run(bytes).to_bytes());
            inputs.push_back(Input::Served { session, log, upto, entries });
        }
    }

    fn send(&mut self, from: usize, session: SessionId, bytes: Vec<u8>) {
        let Some(link) = self.links.get(&session) else { return };
        let end = usize::from(link.ends[0] == from);
        let (to, open) = (link.ends[end], link.open[end]);
        self.frames += 1;
        if let Some(sent) = &mut self.sent {
            sent.push((to, bytes.clone()));
        }
        let mut fate = "─▶";
        let size = bytes.len();
        let mut copies = self.lie(from, bytes);
        if self.rng.chance(self.faults.drop) || self.lose.contains(&self.frames) || !open {
            fate = "─╳";
            copies.clear();
        } else if self.rng.chance(self.faults.duplicate) {
            fate = "═▶";
            copies.push(copies[0].clone());
        } else if self.rng.chance(self.faults.flip) && !copies[0].is_empty() {
            fate = "~▶";
            let bit = self.rng.below(copies[0].len() * 8);
            copies[0][bit / 8] ^= 1 << (bit % 8);
        }
        let arrow = (self.frames, self.nodes[from].name.as_str(), fate, self.nodes[to].name.as_str());
        self.trace.frame(self.now_ms, arrow, copies.first().map(Vec::as_slice));
        if self.time.is_some() {
            return self.launch(session, end, copies, size);
        }
        if let Some(link) = self.links.get_mut(&session) {
            link.queues[end].extend(copies);
        }
    }

    /// What a node says of a session.
    pub fn peer(&self, node: usize, session: SessionId) -> PeerView {
        let peers = self.nodes[node].replica.peers();
        peers.into_iter().find(|peer| peer.session == session).expect("the session is there")
    }

    /// Whether both ends of a session say that they are in step.
    pub fn synced(&self, session: SessionId) -> bool {
        let Some(link) = self.links.get(&session) else { return false };
        link.ends.into_iter().all(|node| self.peer(node, session).synced)
    }

    /// All nodes hold the same entries and show the same.
    pub fn assert_same(&self, nodes: &[usize]) {
        let (heads, view) = (self.nodes[nodes[0]].heads(), self.nodes[nodes[0]].view());
        for node in &nodes[1..] {
            let (a, b) = (&self.nodes[nodes[0]], &self.nodes[*node]);
            assert_eq!(heads, b.heads(), "{} and {} hold the same", a.name, b.name);
            assert_eq!(view, b.view(), "{} and {} show the same", a.name, b.name);
        }
    }

    /// Whether something with these words happened to a node.
    pub fn report_of(&self, node: usize, words: &str) -> bool {
        self.nodes[node].reports.iter().any(|report| report.contains(words))
    }
}

/// The runs of a range: bytes, last sequence number, number of entries.
pub fn runs(node: &Node, log: &LogId, have: u64, to: u64, most: usize) -> Vec<(Vec<u8>, u64, u64)> {
    let (mut have, mut out, mut unsigned) = (have, Vec::new(), Unsigned::default());
    while let Some((bytes, upto)) = first_run(node, log, (have, to), most, &mut unsigned) {
        out.push((bytes, upto, upto - have));
        have = upto;
    }
    out
}

/// The first of them: bytes and last sequence number.
fn first_run(
    node: &Node,
    log: &LogId,
    (have, to): (u64, u64),
    most: usize,
    unsigned: &mut Unsigned,
) -> Option<(Vec<u8>, u64)> {
    let entries = node.store.get(log).map_or(&[][..], Vec::as_slice);
    let to = to.min(entries.len() as u64);
    if have >= to {
        return None;
    }
    let most = if most > 0 { most } else { usize::MAX };
    let mut cut = RunCutter::new(*log, to, node.replica.network(), unsigned).of_at_most(most);
    let mut rest = entries[have as usize..].iter();
    while rest.next().is_some_and(|entry| cut.take(entry.clone())) {}
    cut.finish().unwrap()
}
