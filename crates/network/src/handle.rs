//! The two ends that the core holds: commands in, events out.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc::error::{TryRecvError, TrySendError};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};

use crate::channel::{Channel, TooManyChannels};
use crate::event::{CloseReason, Event, Party, SendOutcome, SessionId};
use crate::key::{Address, NodeKey};
use crate::memory;
use crate::shared::{Counters, Shared, Stats};

/// Why an address is not dialed at all. Everything that goes wrong later is an [`Event::DialFailed`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The address cannot be understood.
    #[error(
        "cannot dial {address:?}: {why}; write it like /dns4/hub.example/tcp/4001 or /ip4/192.0.2.1/udp/4001/quic-v1"
    )]
    BadAddress {
        /// The address as given.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The address names another key than the expected one.
    #[error("the address names another node than the one expected there; one of them is out of date")]
    KeysDiffer,
    /// The channel is not open.
    #[error("this node has no channel open for that network; open it first")]
    ChannelClosed,
    /// Too many dials wait.
    #[error("too many dials are under way; try again when some have been answered")]
    Busy,
    /// The network has stopped.
    #[error("the network of this node has stopped")]
    Stopped,
}

/// A dial on its way to the driver.
#[derive(Debug)]
pub(crate) struct DialCommand {
    /// As given, for the answer.
    pub text: String,
    pub address: Address,
    pub expect: Option<NodeKey>,
    pub channel: Channel,
}

/// Commands the network. Cheap to clone; no call waits, except `shutdown`.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) dials: mpsc::Sender<DialCommand>,
    pub(crate) stopped: watch::Receiver<bool>,
}

impl Handle {
    /// This node's own key.
    #[must_use]
    pub fn local(&self) -> NodeKey {
        self.shared.local
    }

    /// Opens a channel to another network: peers may come on it, and it can be dialed on. An open one stays open.
    ///
    /// # Errors
    /// When as many as there may be are open.
    pub fn open_channel(&self, channel: Channel) -> Result<(), TooManyChannels> {
        self.shared.open_channel(channel)
    }

    /// Closes a channel. Its sessions are hung up as by [`Handle::hang_up`], dials on it fail, and none comes in on it any
    /// more; sessions on other channels go on. The own network's channel stays open.
    pub fn close_channel(&self, channel: Channel) {
        self.shared.close_channel(channel);
    }

    /// Connects to an address, `/dns4/…` names included, to talk on the own network's channel. The answer comes as `Connected`
    /// or `DialFailed`. `expect`, or the address's own `/p2p/…` ending, is the only key that is accepted there.
    ///
    /// # Errors
    /// The address is no address, two keys are named, too many dials are under way, the network has stopped.
    pub fn dial(&self, address: &str, expect: Option<NodeKey>) -> Result<(), DialError> {
        self.dial_on(Channel::Own, address, expect)
    }

    /// The same, to talk on a channel that is open. Sessions with that peer on other channels are none of its business.
    ///
    /// # Errors
    /// As [`Handle::dial`], and when the channel is not open.
    pub fn dial_on(&self, channel: Channel, address: &str, expect: Option<NodeKey>) -> Result<(), DialError> {
        if !self.shared.channels.is_open(channel) {
            return Err(DialError::ChannelClosed);
        }
        let parsed = Address::parse(address).map_err(|why| DialError::BadAddress {
            address: address.chars().take(crate::config::MAX_ADDRESS).collect(),
            why,
        })?;
        let expect = match (expect, parsed.key) {
            (Some(one), Some(other)) if one != other => return Err(DialError::KeysDiffer),
            (one, other) => one.or(other),
        };
        let command = DialCommand { text: address.to_owned(), address: parsed, expect, channel };
        self.dials.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => DialError::Busy,
            TrySendError::Closed(_) => DialError::Stopped,
        })
    }

    /// Queues a frame for a session, or says why not. Frames of one session arrive in the order they were queued.
    pub fn send(&self, session: SessionId, frame: Vec<u8>) -> SendOutcome {
        if frame.len() > self.shared.limits.max_frame as usize {
            return SendOutcome::TooLarge;
        }
        match self.shared.session(session) {
            Some(session) => session.outbox.push(frame, self.shared.room(session.channel)),
            None => SendOutcome::Gone,
        }
    }

    /// Says who answers for a session, once that is known or when it has changed: its frames come out of that party's share of
    /// the memory. Until then only small ones are read, and a larger one waits, as long as any waits for memory. What a party
    /// answers for is no stranger's connection any more. What it has on channels counts apart from what it has at home.
    pub fn answers(&self, session: SessionId, party: Party) {
        if let Some(session) = self.shared.session(session) {
            self.shared.answers(&session, party);
        }
    }

    /// Ends a session. Frames queued before are still sent if that takes no more than two seconds; frames that arrive
    /// from now on are dropped. `Closed` follows.
    pub fn hang_up(&self, session: SessionId, reason: impl Into<String>) {
        if let Some(session) = self.shared.session(session) {
            session.end(CloseReason::HungUp(reason.into()));
        }
    }

    /// Traffic of a session that is open.
    #[must_use]
    pub fn stats(&self, session: SessionId) -> Option<Stats> {
        self.shared.stats(session)
    }

    /// Traffic of all sessions since the start.
    #[must_use]
    pub fn total(&self) -> Stats {
        self.shared.total()
    }

    /// What has happened since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.counts.read()
    }

    /// Ends all sessions, closes all sockets and returns when that is done, after some eight seconds at most. The
    /// events end with the last `Closed`.
    pub async fn shutdown(&self) {
        self.shared.stop.send_replace(true);
        // An error means that the driver is gone, which is what is waited for.
        let _ = self.stopped.clone().wait_for(|stopped| *stopped).await;
    }
}

/// What a received frame holds on to until the core takes it.
pub(crate) type Hold = (memory::Hold, OwnedSemaphorePermit);

/// An event on its way to the core. A received frame counts against the bounds of memory, and of frames of its session that
/// wait, for as long as this lives.
#[derive(Debug)]
pub struct Arrival {
    /// What happened.
    pub event: Event,
    /// When: a frame has been read whole. However long it then waits to be looked at says nothing of its line.
    pub at: Instant,
    pub(crate) hold: Option<Hold>,
}

impl From<Event> for Arrival {
    fn from(event: Event) -> Self {
        Self { event, at: Instant::now(), hold: None }
    }
}

impl Arrival {
    /// Lets go of the memory that was counted for a frame: it is the caller's now.
    #[must_use]
    pub fn open(self) -> Event {
        drop(self.hold);
        self.event
    }
}

/// Everything that happens, in order. Dropping it stops the network.
#[derive(Debug)]
pub struct Events {
    pub(crate) queue: mpsc::Receiver<Arrival>,
}

impl Events {
    /// Waits for the next event; `None` when the network has stopped. Can be cancelled without losing an event.
    pub async fn recv(&mut self) -> Option<Event> {
        self.arrival().await.map(Arrival::open)
    }

    /// The same, for whoever keeps events for a while before looking at them: frames stay counted until then.
    pub async fn arrival(&mut self) -> Option<Arrival> {
        self.queue.recv().await
    }

    /// The next event if one is there.
    ///
    /// # Errors
    /// `Empty`: nothing now. `Disconnected`: the network has stopped.
    pub fn try_recv(&mut self) -> Result<Event, TryRecvError> {
        self.try_arrival().map(Arrival::open)
    }

    /// The same, for whoever keeps events for a while.
    ///
    /// # Errors
    /// As [`Events::try_recv`].
    pub fn try_arrival(&mut self) -> Result<Arrival, TryRecvError> {
        self.queue.try_recv()
    }
}
