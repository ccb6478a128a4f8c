//! The network between nodes: queues, faults, virtual time.

use std::collections::{BTreeMap, VecDeque};

use protocol::{Charter, Frame, LogId, PublicKey, RunCutter, SecretKey, Unsigned};
use replica::{Effect, Input, KnownCircle, PeerView, SessionId};

use super::node::Node;
use super::rng::Rng;
use super::trace::describe;

/// Lines that are kept for a failed test.
const TRACE: usize = 400;
/// Frames after which a world that should have come to rest has not.
const ENDLESS: usize = 200_000;

/// How often, in a thousand frames, the network does what to one.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    pub drop: u64,
    pub duplicate: u64,
    pub flip: u64,
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
    pub charter: Charter,
    pub governor: SecretKey,
    pub nodes: Vec<Node>,
    pub now_ms: i64,
    pub faults: Faults,
    pub frames: usize,
    /// Drops the frames of these numbers.
    pub lose: Vec<usize>,
    /// Entries put into one run; the builder's own bound where 0.
    pub run_entries: usize,
    /// When wanted: every frame sent, with the number of the node that it was sent to.
    pub sent: Option<Vec<(usize, Vec<u8>)>>,
    pub rng: Rng,
    seed: u64,
    links: BTreeMap<SessionId, Link>,
    next_session: SessionId,
    trace: VecDeque<String>,
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in &self.trace {
                eprintln!("{line}");
            }
            eprintln!("seed {}", self.seed);
        }
    }
}

impl World {
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
            seed,
            links: BTreeMap::new(),
            next_session: 1,
            trace: VecDeque::new(),
        }
    }

    pub fn note(&mut self, line: String) {
        if self.trace.len() == TRACE {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{:>9} {line}", self.now_ms % 1_000_000_000));
    }

    /// Forgets the lines of the trace: what comes now is of interest.
    pub fn forget_lines(&mut self) {
        self.trace.clear();
    }

    /// The lines of the trace that are kept.
    pub fn lines(&self) -> Vec<String> {
        self.trace.iter().cloned().collect()
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

    /// Purges a listing by the word of a node's institution.
    pub fn purge(&mut self, node: usize, id: protocol::DocumentId) {
        self.nodes[node].clock_ms = self.now_ms;
        let input = self.nodes[node].write_purge(id, "电话号码");
        self.give(node, input);
    }

    /// Cuts a session; what is on its way is lost.
    pub fn cut(&mut self, session: SessionId) {
        let Some(link) = self.links.remove(&session) else { return };
        self.note(format!("session {session} ╳"));
        for (end, node) in link.ends.into_iter().enumerate() {
            if link.open[end] {
                self.give(node, Input::Closed { session });
            }
        }
    }

    pub fn cut_all(&mut self) {
        for session in self.sessions() {
            self.cut(session);
        }
    }

    pub fn sessions(&self) -> Vec<SessionId> {
        self.links.keys().copied().collect()
    }

    /// Puts bytes on a session, as if `from` had sent them.
    pub fn inject(&mut self, session: SessionId, from: usize, bytes: Vec<u8>) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let to = usize::from(link.ends[0] == from);
        link.queues[to].push_back(bytes);
    }

    /// Loses the next frame on its way to `node`.
    pub fn drop_next(&mut self, session: SessionId, node: usize) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let end = usize::from(link.ends[1] == node);
        assert!(link.queues[end].pop_front().is_some(), "a frame is on its way");
    }

    /// Loses the frames on their way that `bad` picks.
    pub fn discard(&mut self, session: SessionId, bad: impl Fn(&[u8]) -> bool) {
        let Some(link) = self.links.get_mut(&session) else { return };
        link.queues.iter_mut().for_each(|queue| queue.retain(|bytes| !bad(bytes)));
    }

    /// Flips a bit at the end of the next frame on its way to `node`.
    pub fn damage_next(&mut self, session: SessionId, node: usize) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let end = usize::from(link.ends[1] == node);
        let last = link.queues[end].front_mut().and_then(|frame| frame.last_mut());
        *last.expect("a frame is on its way") ^= 1;
    }

    /// Number of frames on their way to `node`.
    pub fn frames_for(&self, session: SessionId, node: usize) -> usize {
        let Some(link) = self.links.get(&session) else { return 0 };
        link.queues[usize::from(link.ends[1] == node)].len()
    }

    /// Loses all that is on its way to `node`.
    pub fn drop_all(&mut self, session: SessionId, node: usize) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let end = usize::from(link.ends[1] == node);
        link.queues[end].clear();
    }

    /// From now on nothing that `node` sends on this session arrives.
    pub fn mute(&mut self, session: SessionId, node: usize) {
        let Some(link) = self.links.get_mut(&session) else { return };
        let end = usize::from(link.ends[0] == node);
        link.queues[end].clear();
        link.open[end] = false;
    }

    /// Gives a node one input and performs its effects.
    pub fn give(&mut self, node: usize, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.nodes[node].clock_ms = self.now_ms;
            for effect in self.nodes[node].replica.handle(input, self.now_ms) {
                self.perform(node, effect, &mut inputs);
            }
        }
    }

    fn perform(&mut self, node: usize, effect: Effect, inputs: &mut VecDeque<Input>) {
        match effect {
            Effect::Send { session, frame } => self.send(node, session, frame.to_bytes()),
            Effect::Serve { session, log, have, to } => {
                for (bytes, upto, entries) in runs(&self.nodes[node], &log, have, to, self.run_entries) {
                    self.send(node, session, Frame::Run(bytes).to_bytes());
                    inputs.push_back(Input::Served { session, log, upto, entries });
                }
            }
            Effect::Persist { run } => {
                let stored = self.nodes[node].store.entry(run.log).or_default();
                let before = (run.after.seq as usize).checked_sub(1).map(|n| stored[n].head());
                assert_eq!(before.unwrap_or_default(), run.after, "a run continues what counts of the store");
                stored.truncate(run.after.seq as usize);
                stored.extend(run.entries.into_iter().map(|checked| checked.entry));
                self.nodes[node].purge();
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
            Effect::Countersign { redemption } => {
                let input = self.nodes[node].write_redeem(&redemption);
                inputs.push_back(input);
            }
            Effect::KeepCircle { id, known } => {
                let stored = KnownCircle::from_bytes(&known.to_bytes()).unwrap();
                self.nodes[node].circles.insert(id, stored);
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
                let Some(link) = self.links.get_mut(&session) else { return };
                let end = usize::from(link.ends[1] == node);
                link.open[end] = false;
                link.closing = true;
                link.queues[end].clear();
                inputs.push_back(Input::Closed { session });
            }
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
        let mut copies = vec![bytes];
        if self.rng.chance(self.faults.drop) || self.lose.contains(&self.frames) || !open {
            fate = "─╳";
            copies.clear();
        } else if self.rng.chance(self.faults.duplicate) {
            fate = "═▶";
            copies.push(copies[0].clone());
        } else if self.rng.chance(self.faults.flip) {
            fate = "~▶";
            let bit = self.rng.below(copies[0].len() * 8);
            copies[0][bit / 8] ^= 1 << (bit % 8);
        }
        let what = copies.first().map_or_else(|| "lost".to_owned(), |bytes| describe(bytes));
        let (from, to) = (self.nodes[from].name.clone(), self.nodes[to].name.clone());
        self.note(format!("#{} {from} {fate} {to} {what}", self.frames));
        if let Some(link) = self.links.get_mut(&session) {
            link.queues[end].extend(copies);
        }
    }

    /// Delivers one frame of a session picked at random. False when none is on its way.
    pub fn step(&mut self) -> bool {
        let busy: Vec<(SessionId, usize)> = self
            .links
            .iter()
            .flat_map(|(id, link)| (0..2).map(move |end| (*id, end, link)))
            .filter(|(_, end, link)| !link.queues[*end].is_empty())
            .map(|(id, end, _)| (id, end))
            .collect();
        if busy.is_empty() {
            return self.close_emptied();
        }
        let (session, end) = busy[self.rng.below(busy.len())];
        self.now_ms += 1;
        let Some(link) = self.links.get_mut(&session) else { return true };
        let (node, bytes) = (link.ends[end], link.queues[end].pop_front());
        if let Some(bytes) = bytes {
            self.give(node, Input::Frame { session, bytes });
        }
        true
    }

    fn close_emptied(&mut self) -> bool {
        let closing: Vec<SessionId> =
            self.links.iter().filter(|(_, link)| link.closing).map(|(id, _)| *id).collect();
        closing.iter().for_each(|session| self.cut(*session));
        !closing.is_empty()
    }

    /// Delivers frames until none is left, fsyncs everywhere, and so on until the world is at rest.
    pub fn settle(&mut self) {
        let begin = self.frames;
        loop {
            while self.step() {
                assert!(self.frames - begin < ENDLESS, "the world does not come to rest");
            }
            let before = self.frames;
            for node in 0..self.nodes.len() {
                self.give(node, Input::Durable);
            }
            if self.frames == before && !self.links.values().any(|link| link.closing) {
                return;
            }
        }
    }

    /// Delivers the hellos of a session, and nothing after them.
    pub fn settle_hello(&mut self, session: SessionId) {
        for end in 0..2 {
            let Some(link) = self.links.get_mut(&session) else { return };
            let (node, bytes) = (link.ends[end], link.queues[end].pop_front());
            if let Some(bytes) = bytes {
                self.give(node, Input::Frame { session, bytes });
            }
        }
    }

    /// Lets time pass, a tick a second, settling in between.
    pub fn pass(&mut self, seconds: usize) {
        for _ in 0..seconds {
            self.settle();
            self.now_ms += 1_000;
            for node in 0..self.nodes.len() {
                self.give(node, Input::Tick);
            }
        }
        self.settle();
    }

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

    pub fn report_of(&self, node: usize, words: &str) -> bool {
        self.nodes[node].reports.iter().any(|report| report.contains(words))
    }
}

/// The runs of a range: bytes, last sequence number, number of entries.
pub fn runs(node: &Node, log: &LogId, have: u64, to: u64, most: usize) -> Vec<(Vec<u8>, u64, u64)> {
    let entries = node.store.get(log).map_or(&[][..], Vec::as_slice);
    let (mut have, to) = (have, to.min(entries.len() as u64));
    let most = if most > 0 { most } else { usize::MAX };
    let (mut out, mut unsigned) = (Vec::new(), Unsigned::default());
    while have < to {
        let mut cut = RunCutter::new(*log, to, node.replica.network(), &mut unsigned).of_at_most(most);
        let mut rest = entries[have as usize..].iter();
        while rest.next().is_some_and(|entry| cut.take(entry.clone())) {}
        let (bytes, upto) = cut.finish().unwrap().unwrap();
        out.push((bytes, upto, upto - have));
        have = upto;
    }
    out
}
