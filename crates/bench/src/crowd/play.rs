//! A publisher that the bench plays, over a connection of its own: it greets, fetches what it subscribes to, confirms, and
//! sends its own listings, as sessions of real ones do. It keeps nothing on disk and believes what it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use network::{Config, Event, Events, Handle, SendOutcome, SessionId};
use protocol::{
    Actor, CheckedRun, Credential, Draft, Entry, Frame, Head, Hello, LogHead, LogId, NetworkId, OpenLog,
    Origin, Patch, Payload, RunBuilder, Shelf, ShelfKind, ShelfPattern, Shown, SignedPatch, Subscription,
    Value, Verb, Visibility, Want,
};
use tokio::sync::mpsc;

use super::homes::Part;
use crate::random::Random;

/// First wait after a call that came to nothing, and the longest; it doubles, as a node's does.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What a publisher is told to do.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// Call the hub, and again whenever the line is gone.
    Connect,
    /// Hang up, and do not call.
    Rest,
    /// Send what it has written and the hub has not.
    Push,
}

/// What all publishers write down.
#[derive(Default)]
pub struct Notes {
    /// Calls that came to nothing, by cause.
    pub refused: BTreeMap<String, u64>,
    /// What the hub told the observer of each log.
    pub told: BTreeMap<LogId, Vec<(u64, Instant)>>,
    /// What the hub held at a quiet moment: who calls after it is taken to have that.
    pub frontier: Arc<BTreeMap<LogId, u64>>,
}

/// How one publisher is.
#[derive(Default)]
pub struct State {
    /// Since when its session is ready.
    pub ready: Option<Instant>,
    /// When it was told to call.
    pub called: Option<Instant>,
    /// What the hub has confirmed of its log, and when.
    pub durable: (u64, Option<Instant>),
    /// Its listings.
    entries: Vec<Entry>,
    /// Entries that it has published: the hub hears of no others, whatever it asks.
    published: u64,
}

impl State {
    fn publish_all(&mut self) {
        self.published = self.entries.len() as u64;
    }
}

/// A played publisher.
pub struct Publisher {
    part: Part,
    network: NetworkId,
    target: String,
    /// Its log of listings.
    pub log: LogId,
    /// The observer takes nothing in: it only listens to what the hub tells.
    observes: bool,
    /// It takes in what others of its city publish.
    takes_city: bool,
    state: Mutex<State>,
    notes: Arc<Mutex<Notes>>,
}

/// A lock that a panic elsewhere does not spoil.
pub fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Publisher {
    /// One that has not called yet.
    pub fn new(
        part: Part,
        (network, target): (NetworkId, String),
        (observes, takes_city): (bool, bool),
        notes: Arc<Mutex<Notes>>,
    ) -> Self {
        let kind = ShelfKind(catalog::Kind::Achievement.code());
        let shelf = Shelf { region: part.certificate.body.region, kind, visibility: Visibility::Public };
        let log = LogId { node: part.key.public(), incarnation: 1, shelf };
        Self { part, network, target, log, observes, takes_city, state: Mutex::default(), notes }
    }

    /// How it is.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Whether the hub has confirmed all that it has written.
    pub fn is_confirmed(&self) -> bool {
        let state = self.state();
        state.durable.0 >= state.entries.len() as u64
    }

    /// Entries of its log.
    pub fn written(&self) -> u64 {
        self.state().entries.len() as u64
    }

    /// Writes so many listings, with texts from these.
    ///
    /// # Errors
    /// Never, as texts are short.
    pub fn write(&self, texts: &[BTreeMap<String, String>], random: &mut Random) -> anyhow::Result<()> {
        let mut state = self.state();
        let mut head = state.entries.last().map(Entry::head).unwrap_or_default();
        let mut author = |head: &mut Head, verb: Verb, bytes: Vec<u8>, entries: &mut Vec<Entry>| {
            let payload = Payload { salt: random.bytes(), bytes };
            let draft = Draft { document: None, verb, payload, time_ms: 0 };
            let entry = Entry::author(self.log, *head, draft, &self.network, &self.part.key)?;
            *head = entry.head();
            entries.push(entry);
            anyhow::Ok(())
        };
        if head.seq == 0 {
            let open = OpenLog { certificate: self.part.certificate.clone(), predecessors: Vec::new() };
            author(&mut head, Verb::OPEN, open.to_bytes(), &mut state.entries)?;
        }
        for fields in texts {
            let origin = Origin { log: self.log, seq: head.seq + 1 };
            let patch =
                Patch::first(fields.iter().map(|(key, text)| (key.clone(), Value::Text(text.clone()))));
            let signed = SignedPatch::of(patch, Actor::derive(&self.log, &origin, 0), 0)?;
            author(&mut head, Verb::CREATE, signed.to_bytes(), &mut state.entries)?;
        }
        Ok(())
    }

    /// Lives until its orders end.
    ///
    /// # Errors
    /// When its network cannot start.
    pub async fn live(self: Arc<Self>, mut orders: mpsc::UnboundedReceiver<Order>) -> anyhow::Result<()> {
        let (handle, mut events) = network::start(Config::new(self.part.key.seed()))?;
        let (mut calls, mut wait) = (false, Duration::ZERO);
        let mut random = Random::new(u64::from_be_bytes(self.part.key.public().0[..8].try_into()?));
        loop {
            if !calls {
                match orders.recv().await {
                    Some(Order::Connect) => {
                        (calls, wait) = (true, Duration::ZERO);
                        let mut state = self.state();
                        state.called = Some(Instant::now());
                        // It publishes while the hub is away, too.
                        state.publish_all();
                    }
                    Some(_) => {}
                    None => break,
                }
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                order = orders.recv() => {
                    if matches!(order, Some(Order::Push)) {
                        self.state().publish_all();
                    }
                    calls = !matches!(order, Some(Order::Rest) | None);
                    continue;
                }
            }
            wait = (wait * 2).clamp(FIRST_WAIT, LONGEST_WAIT);
            // As the node does: see `spread` there.
            wait -= wait.mul_f64(random.below(1_000) as f64 / 4_000.0);
            let Some(session) = self.call(&handle, &mut events).await? else { continue };
            let frontier = Arc::clone(&lock(&self.notes).frontier);
            let mut talk = Talk::new(&self, (&handle, session), frontier);
            calls = talk.go(&mut events, &mut orders).await;
            let was_ready = self.state().ready.take().is_some();
            if was_ready {
                wait = FIRST_WAIT;
            }
        }
        handle.shutdown().await;
        Ok(())
    }

    async fn call(&self, handle: &Handle, events: &mut Events) -> anyhow::Result<Option<SessionId>> {
        handle.dial(&self.target, None)?;
        loop {
            match events.recv().await {
                Some(Event::Connected { session, .. }) => return Ok(Some(session)),
                Some(Event::DialFailed { reason, .. }) => {
                    self.note(&reason.to_string());
                    return Ok(None);
                }
                Some(_) => {}
                None => anyhow::bail!("the network of a publisher has ended"),
            }
        }
    }

    fn note(&self, cause: &str) {
        // Ports and numbers aside, so that alike causes are counted together.
        let cause: String = cause.chars().filter(|c| !c.is_ascii_digit()).take(80).collect();
        *lock(&self.notes).refused.entry(cause).or_default() += 1;
    }

    fn subscription(&self) -> Subscription {
        if self.observes {
            return Subscription::everything();
        }
        if !self.takes_city {
            return Subscription::default();
        }
        let region_prefix = self.part.region[..4].to_owned();
        Subscription { patterns: vec![ShelfPattern { region_prefix, kind: None }] }
    }
}

/// One session.
struct Talk<'a> {
    of: &'a Publisher,
    handle: &'a Handle,
    session: SessionId,
    /// Own entries that have been sent.
    sent: u64,
    /// What it has of others' logs at first, and what it has fetched since.
    frontier: Arc<BTreeMap<LogId, u64>>,
    levels: BTreeMap<LogId, u64>,
    /// What the hub has told of them last.
    heads: BTreeMap<LogId, Head>,
    /// Frames that found no room.
    waiting: Vec<Vec<u8>>,
}

impl<'a> Talk<'a> {
    fn new(
        of: &'a Publisher,
        (handle, session): (&'a Handle, SessionId),
        frontier: Arc<BTreeMap<LogId, u64>>,
    ) -> Self {
        let (levels, heads, waiting) = Default::default();
        Self { of, handle, session, sent: 0, frontier, levels, heads, waiting }
    }

    /// Until the session ends. False when it was told to rest.
    async fn go(&mut self, events: &mut Events, orders: &mut mpsc::UnboundedReceiver<Order>) -> bool {
        self.handle.answers(self.session, None);
        let hello = Hello {
            network: self.of.network,
            shown: Shown::InFull(Credential::Certificate(Box::new(self.of.part.certificate.clone()))),
            subscription: self.of.subscription(),
            agent: "crowd".to_owned(),
        };
        self.send(&Frame::Hello(Box::new(hello)));
        if self.of.observes {
            self.send(&Frame::Line(false));
        }
        let mut calls = true;
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(Event::Frame { bytes, .. }) => self.hear(&bytes),
                    Some(Event::Drained { .. }) => {
                        for frame in std::mem::take(&mut self.waiting) {
                            self.send_bytes(frame);
                        }
                    }
                    Some(Event::Closed { reason, .. }) => {
                        // What it was told to end is no loss.
                        if calls {
                            self.of.note(&format!("session: {reason}"));
                        }
                        return calls;
                    }
                    Some(_) => {}
                    None => return false,
                },
                order = orders.recv() => match order {
                    Some(Order::Push) => self.push(),
                    Some(Order::Connect) => {}
                    Some(Order::Rest) | None => {
                        calls = false;
                        self.handle.hang_up(self.session, "crowd");
                    }
                },
            }
        }
    }

    fn send(&mut self, frame: &Frame) {
        self.send_bytes(frame.to_bytes());
    }

    fn send_bytes(&mut self, frame: Vec<u8>) {
        if !self.waiting.is_empty() {
            return self.waiting.push(frame);
        }
        if let SendOutcome::Full(frame) = self.handle.send(self.session, frame) {
            self.waiting.push(frame);
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        match Frame::from_bytes(bytes) {
            Ok(Frame::Refused(why)) => self.of.note(&why),
            Ok(Frame::Digest(digest)) => self.begin(digest),
            Ok(Frame::Buckets(_)) => self.tell_own(),
            Ok(Frame::Heads(heads) | Frame::Durable(heads)) => self.told(&heads),
            Ok(Frame::Want(wants)) => wants.iter().for_each(|want| self.serve(want)),
            Ok(Frame::Run(run)) => self.took(&run),
            _ => {}
        }
    }

    /// The session is ready: it has all that the hub has, as it says. The observer asks for all heads.
    fn begin(&mut self, digest: protocol::Hash) {
        let all = if self.of.observes { Frame::Buckets(Vec::new()) } else { Frame::Digest(digest) };
        self.send(&all);
        let mut state = self.of.state();
        let first = state.ready.is_none();
        state.ready.get_or_insert_with(Instant::now);
        let (published, durable) = (state.published, state.durable.0);
        drop(state);
        if first {
            self.sent = durable;
        }
        if first && published > durable {
            self.tell_own();
        }
    }

    fn tell_own(&mut self) {
        let head = {
            let state = self.of.state();
            let last = (state.published as usize).checked_sub(1);
            last.and_then(|last| state.entries.get(last)).map(Entry::head)
        };
        let told: Vec<LogHead> = head.map(|head| LogHead { log: self.of.log, head }).into_iter().collect();
        self.send(&Frame::Heads(told));
    }

    /// Publishes what it has written since, and sends it as a node does: in runs.
    fn push(&mut self) {
        let (is_ready, to) = {
            let mut state = self.of.state();
            state.publish_all();
            (state.ready.is_some(), state.published)
        };
        if is_ready {
            self.serve(&Want { log: self.of.log, have: self.sent, to });
        }
    }

    fn serve(&mut self, want: &Want) {
        if want.log != self.of.log {
            return;
        }
        let mut have = want.have;
        while let Some((run, upto)) = self.run(have, want.to) {
            self.send(&Frame::Run(run));
            have = upto;
        }
        self.sent = self.sent.max(have);
    }

    fn run(&self, have: u64, to: u64) -> Option<(Vec<u8>, u64)> {
        let state = self.of.state();
        let before = (have as usize).checked_sub(1).and_then(|last| state.entries.get(last));
        let mut run = RunBuilder::new(self.of.log, before.map(Entry::head).unwrap_or_default());
        let mut upto = have;
        for entry in state.entries.get(have as usize..to.min(state.entries.len() as u64) as usize)? {
            run.push(entry);
            upto += 1;
            if run.is_full() {
                break;
            }
        }
        (upto > have).then(|| run.finish().ok()).flatten().map(|run| (run, upto))
    }

    /// The hub tells of heads: of its own log that is a confirmation, others it fetches.
    fn told(&mut self, heads: &[LogHead]) {
        let now = Instant::now();
        let mut wants = Vec::new();
        for LogHead { log, head } in heads {
            if *log == self.of.log {
                let mut state = self.of.state();
                if head.seq > state.durable.0 {
                    state.durable = (head.seq, Some(now));
                }
                continue;
            }
            if self.of.observes {
                lock(&self.of.notes).told.entry(*log).or_default().push((head.seq, now));
                continue;
            }
            let have = self.level(log);
            if head.seq > have && self.heads.get(log).is_none_or(|known| known.seq < head.seq) {
                self.heads.insert(*log, *head);
                wants.push(Want { log: *log, have, to: head.seq });
            }
        }
        if !wants.is_empty() {
            self.send(&Frame::Want(wants));
        }
    }

    fn level(&self, log: &LogId) -> u64 {
        let at_first = || self.frontier.get(log).copied().unwrap_or_default();
        self.levels.get(log).copied().unwrap_or_else(at_first)
    }

    /// A run has come: what is whole is confirmed.
    fn took(&mut self, run: &[u8]) {
        let Ok((log, after, count)) = CheckedRun::peek(run) else { return };
        let upto = after.seq + count;
        self.levels.insert(log, upto);
        if let Some(head) = self.heads.get(&log).copied().filter(|head| head.seq == upto) {
            self.send(&Frame::Durable(vec![LogHead { log, head }]));
        }
    }
}
