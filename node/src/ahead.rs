//! Runs are opened ahead of the core: decompressed, hashed, their changes built, their signature checked, on a thread of its own.
//!
//! ```text
//! network ─► porter ─► core            what comes, in its order
//!               └────► opener          the runs among it
//! ```
//!
//! The core takes what comes in its own order. Of a run that has been opened by then it has the outcome; one that is being opened
//! it waits for; one that nobody has begun with it opens itself. So nobody ever waits longer than without the opener, and its
//! thread does at most what the core would have done. What it took is charged to who sent the run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc as jobs;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use network::{Arrival, Channel, Event, Events, SessionId};
use protocol::{CheckedRun, Fault, NetworkId};
use replica::open_ahead;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

/// What waits between porter and core. All of it is counted by the network, which lets no more wait.
const QUEUE: usize = 256;

/// A frame whose run may be opened by whoever comes first.
#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Default)]
enum State {
    Waiting(Vec<u8>),
    Busy,
    Opened(Ahead),
    #[default]
    Taken,
}

/// A run that was opened ahead.
pub struct Ahead {
    /// The frame that holds it.
    pub bytes: Vec<u8>,
    /// What opening it gave.
    pub run: Result<CheckedRun, Fault>,
    /// How long that took.
    pub took: Duration,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens it unless somebody else has it.
    fn open(&self, network: &NetworkId) {
        let bytes = match &mut *self.state() {
            waiting @ State::Waiting(_) => match std::mem::replace(waiting, State::Busy) {
                State::Waiting(bytes) => bytes,
                _ => return,
            },
            _ => return,
        };
        let begun = Instant::now();
        // Whatever goes wrong there, the core must not wait for ever.
        let opened = std::panic::catch_unwind(|| open_ahead(&bytes, network)).ok().flatten();
        let run = opened.unwrap_or(Err(Fault::Forbidden { what: "run", why: "it cannot be opened" }));
        *self.state() = State::Opened(Ahead { bytes, run, took: begun.elapsed() });
        self.opened.notify_one();
    }

    /// What came of it: opened, or as it came.
    fn take(&self) -> Result<Ahead, Vec<u8>> {
        let mut state = self.state();
        loop {
            match std::mem::take(&mut *state) {
                State::Opened(ahead) => return Ok(ahead),
                State::Waiting(bytes) => return Err(bytes),
                State::Taken => return Err(Vec::new()),
                State::Busy => {
                    *state = State::Busy;
                    state = self.opened.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

/// Something that came, on its way to the core.
pub struct Coming {
    arrival: Arrival,
    slot: Option<Arc<Slot>>,
}

impl From<Arrival> for Coming {
    fn from(arrival: Arrival) -> Self {
        Self { arrival, slot: None }
    }
}

/// What the core is given.
pub enum Come {
    /// An event of the network.
    Event(Event),
    /// A frame whose run is open.
    Run(SessionId, Ahead),
}

impl Coming {
    /// What happened; of a frame that may hold a run without its bytes.
    pub fn event(&self) -> &Event {
        &self.arrival.event
    }

    /// When it came.
    pub fn at(&self) -> Instant {
        self.arrival.at
    }

    /// Takes it; the memory that was counted for it is the caller's now.
    pub fn open(self) -> Come {
        let event = self.arrival.open();
        match (event, self.slot.map(|slot| slot.take())) {
            (Event::Frame { session, .. }, Some(Ok(ahead))) => Come::Run(session, ahead),
            (Event::Frame { session, .. }, Some(Err(bytes))) => Come::Event(Event::Frame { session, bytes }),
            (event, _) => Come::Event(event),
        }
    }
}

/// Sessions whose peers have been let in: what others send is nobody's work ahead of time.
#[derive(Clone, Default)]
pub struct LetIn(Arc<Mutex<BTreeSet<u64>>>);

impl LetIn {
    fn sessions(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The peer of a session has been let in.
    pub fn add(&self, session: SessionId) {
        self.sessions().insert(session.0);
    }

    /// A session has ended. That is the core's to say: it may be looking at frames of a session whose end the porter has carried.
    pub fn remove(&self, session: SessionId) {
        self.sessions().remove(&session.0);
    }

    fn has(&self, session: SessionId) -> bool {
        self.sessions().contains(&session.0)
    }
}

/// What comes from the network, runs of it opened ahead.
pub struct Comings {
    queue: mpsc::Receiver<Coming>,
}

impl Comings {
    /// Waits for what comes next; `None` when the network has stopped. Can be cancelled without losing anything.
    pub async fn next(&mut self) -> Option<Coming> {
        self.queue.recv().await
    }

    /// What comes next if it is there.
    ///
    /// # Errors
    /// `Empty`: nothing now. `Disconnected`: the network has stopped.
    pub fn try_next(&mut self) -> Result<Coming, TryRecvError> {
        self.queue.try_recv()
    }
}

/// Where what comes goes: to the core of the network on whose channel it came.
#[derive(Clone, Default)]
pub struct Routes(Arc<Mutex<BTreeMap<Channel, Route>>>);

#[derive(Clone)]
struct Route {
    let_in: LetIn,
    order: jobs::Sender<Arc<Slot>>,
    pass: mpsc::Sender<Coming>,
}

impl Routes {
    /// Starts the porter; to be called within the runtime, once there is a route for what comes at once. It ends with the network,
    /// or with what takes the own one's. On the channel that has the own network's name its own core is called.
    pub fn start(&self, mut events: Events, own: &NetworkId) {
        let (known, own) = (self.clone(), Channel::Of(own.0));
        tokio::spawn(async move {
            let mut sessions: BTreeMap<SessionId, Channel> = BTreeMap::new();
            while let Some(arrival) = events.arrival().await {
                let channel = channel_of(&arrival.event, &mut sessions);
                let channel = if channel == own { Channel::Own } else { channel };
                let Some(route) = known.get(channel) else { continue };
                let coming = carry(arrival, &route.let_in, &route.order);
                if route.pass.send(coming).await.is_err() && channel == Channel::Own {
                    break;
                }
            }
            // Who waits for what comes shall not wait for ever.
            known.routes().clear();
        });
    }

    fn routes(&self) -> MutexGuard<'_, BTreeMap<Channel, Route>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, channel: Channel) -> Option<Route> {
        self.routes().get(&channel).cloned()
    }

    /// Starts the opener of a network, and carries what comes on its channel from now on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn add(&self, channel: Channel, network: NetworkId, let_in: LetIn) -> std::io::Result<Comings> {
        let (order, orders) = jobs::channel::<Arc<Slot>>();
        let open = move || orders.into_iter().for_each(|slot| slot.open(&network));
        std::thread::Builder::new().name("opener".to_owned()).spawn(open)?;
        let (pass, queue) = mpsc::channel(QUEUE);
        self.routes().insert(channel, Route { let_in, order, pass });
        Ok(Comings { queue })
    }

    /// Carries nothing more on a channel.
    pub fn remove(&self, channel: Channel) {
        self.routes().remove(&channel);
    }
}

/// On which channel something came. Sessions are known from their beginning to their end.
fn channel_of(event: &Event, sessions: &mut BTreeMap<SessionId, Channel>) -> Channel {
    let known =
        |sessions: &BTreeMap<SessionId, Channel>, session| sessions.get(session).copied().unwrap_or_default();
    match event {
        Event::Connected { session, channel, .. } => {
            if !channel.is_own() {
                sessions.insert(*session, *channel);
            }
            *channel
        }
        Event::Closed { session, .. } => sessions.remove(session).unwrap_or_default(),
        Event::DialFailed { channel, .. } => *channel,
        Event::Frame { session, .. } | Event::Drained { session } => known(sessions, session),
        Event::Listening { .. }
        | Event::ListeningEnded { .. }
        | Event::ListenFailed { .. }
        | Event::Observed { .. } => Channel::Own,
    }
}

fn carry(mut arrival: Arrival, let_in: &LetIn, order: &jobs::Sender<Arc<Slot>>) -> Coming {
    let slot = match &mut arrival.event {
        Event::Frame { session, bytes }
            if protocol::Frame::run_in(bytes).is_some() && let_in.has(*session) =>
        {
            let state = Mutex::new(State::Waiting(std::mem::take(bytes)));
            Some(Arc::new(Slot { state, opened: Condvar::new() }))
        }
        _ => None,
    };
    if let Some(slot) = &slot {
        // Without an opener the core opens it.
        let _ = order.send(Arc::clone(slot));
    }
    Coming { arrival, slot }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: NetworkId = NetworkId([7; 32]);

    fn frame(first: u8) -> Arrival {
        Event::Frame { session: SessionId(3), bytes: vec![first, 1, 2] }.into()
    }

    #[test]
    fn a_run_is_opened_once_by_whoever_comes_first() {
        let (order, orders) = jobs::channel();
        let let_in = LetIn::default();
        let_in.add(SessionId(3));
        let opened = carry(frame(7), &let_in, &order);
        orders.recv().unwrap().open(&NETWORK);
        let Come::Run(session, ahead) = opened.open() else { panic!("it was opened ahead") };
        assert_eq!((session, ahead.bytes), (SessionId(3), vec![7, 1, 2]));
        assert!(ahead.run.is_err(), "it is no good run");
        let early = carry(frame(7), &let_in, &order);
        let Come::Event(event) = early.open() else { panic!("nobody had begun") };
        assert_eq!(event, frame(7).event);
        orders.recv().unwrap().open(&NETWORK);
    }

    #[test]
    fn what_is_no_run_or_comes_from_strangers_goes_past_the_opener() {
        let (order, orders) = jobs::channel();
        let let_in = LetIn::default();
        assert!(carry(frame(7), &let_in, &order).slot.is_none());
        let_in.add(SessionId(3));
        assert!(carry(frame(5), &let_in, &order).slot.is_none());
        let_in.remove(SessionId(3));
        assert!(carry(frame(7), &let_in, &order).slot.is_none());
        assert!(orders.try_recv().is_err());
    }

    #[test]
    fn the_core_waits_for_what_is_being_opened() {
        let slot = Arc::new(Slot { state: Mutex::new(State::Busy), opened: Condvar::new() });
        let opener = std::thread::spawn({
            let slot = Arc::clone(&slot);
            move || {
                std::thread::sleep(Duration::from_millis(20));
                *slot.state() = State::Waiting(vec![7]);
                slot.open(&NETWORK);
            }
        });
        let came = slot.take();
        opener.join().unwrap();
        assert_eq!(came.map(|ahead| ahead.bytes).unwrap_or_else(|bytes| bytes), [7]);
    }
}
