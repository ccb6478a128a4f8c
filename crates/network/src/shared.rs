//! What the handle, the driver and the sessions share: the table of sessions, the counters, the bounds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use libp2p::swarm::ConnectionId;
use tokio::sync::watch;

use crate::bucket::Throttle;
use crate::channel::{Channel, Channels, Pair, TooManyChannels};
use crate::config::{CHANNELS_SHARE, Config, Limits, MEMORY_WAIT};
use crate::event::{CloseReason, Party, SessionId};
use crate::frame::Meter;
use crate::guard::Guard;
use crate::key::NodeKey;
use crate::memory::{Account, Memory};
use crate::outbox::{Outbox, Room};

/// One session as seen from outside its task.
#[derive(Debug)]
pub(crate) struct Session {
    pub id: SessionId,
    pub peer: NodeKey,
    pub channel: Channel,
    pub outbox: Outbox,
    pub meter: Meter,
    pub memory: Account,
    connection: ConnectionId,
    ending: watch::Sender<Option<CloseReason>>,
}

impl Session {
    pub fn new(id: SessionId, (peer, channel): Pair, connection: ConnectionId, memory: Account) -> Self {
        let (outbox, meter) = (Outbox::default(), Meter::new());
        Self { id, peer, channel, outbox, meter, memory, connection, ending: watch::Sender::new(None) }
    }

    /// Asks the session to end; the first reason counts.
    pub fn end(&self, reason: CloseReason) {
        self.ending.send_if_modified(|ending| {
            let first = ending.is_none();
            if first {
                *ending = Some(reason);
            }
            first
        });
    }

    /// Waits until somebody asks the session to end.
    pub async fn asked_to_end(&self) -> CloseReason {
        let mut ending = self.ending.subscribe();
        loop {
            if let Some(reason) = ending.borrow_and_update().clone() {
                return reason;
            }
            if ending.changed().await.is_err() {
                return CloseReason::Shutdown;
            }
        }
    }
}

/// Why the sessions of a channel that is closed end.
fn channel_closed() -> CloseReason {
    CloseReason::HungUp("the channel is closed".to_owned())
}

/// What has happened since the start, by count. Reasons of closing add up to `sessions_closed`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sessions begun.
    pub sessions_opened: u64,
    /// Sessions ended.
    pub sessions_closed: u64,
    /// … because a frame was too long.
    pub oversize_frames: u64,
    /// … because a frame was begun and not finished.
    pub stalled_frames: u64,
    /// … because there was no memory for a frame.
    pub out_of_memory: u64,
    /// … because the link was dead.
    pub dead_links: u64,
    /// … because a newer connection took over.
    pub superseded: u64,
    /// Inbound connections turned away at the door: too many or too fast from one source, too many in all or on channels.
    pub turned_away: u64,
    /// Inbound connections that failed their handshake.
    pub failed_handshakes: u64,
    /// Connections whose peer opened no stream in time.
    pub no_stream: u64,
    /// Peers with a key that is not ed25519.
    pub foreign_keys: u64,
    /// Dials that came to nothing.
    pub failed_dials: u64,
}

/// One number of [`Counters`] that is counted up by several tasks.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub sessions_opened: Count,
    pub sessions_closed: Count,
    pub oversize_frames: Count,
    pub stalled_frames: Count,
    pub out_of_memory: Count,
    pub dead_links: Count,
    pub superseded: Count,
    pub turned_away: Count,
    pub failed_handshakes: Count,
    pub no_stream: Count,
    pub foreign_keys: Count,
    pub failed_dials: Count,
}

impl Counts {
    pub fn closed(&self, reason: &CloseReason) {
        self.sessions_closed.add();
        match reason {
            CloseReason::Oversize { .. } => self.oversize_frames.add(),
            CloseReason::FrameStalled => self.stalled_frames.add(),
            CloseReason::OutOfMemory => self.out_of_memory.add(),
            CloseReason::LinkDead => self.dead_links.add(),
            CloseReason::Superseded => self.superseded.add(),
            CloseReason::HungUp(_)
            | CloseReason::RemoteClosed
            | CloseReason::ConnectionLost(_)
            | CloseReason::Shutdown => {}
        }
    }

    pub fn read(&self) -> Counters {
        Counters {
            sessions_opened: self.sessions_opened.get(),
            sessions_closed: self.sessions_closed.get(),
            oversize_frames: self.oversize_frames.get(),
            stalled_frames: self.stalled_frames.get(),
            out_of_memory: self.out_of_memory.get(),
            dead_links: self.dead_links.get(),
            superseded: self.superseded.get(),
            turned_away: self.turned_away.get(),
            failed_handshakes: self.failed_handshakes.get(),
            no_stream: self.no_stream.get(),
            foreign_keys: self.foreign_keys.get(),
            failed_dials: self.failed_dials.get(),
        }
    }
}

/// Bytes and frames that passed, lengths included; what the transport adds (encryption, headers) is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// Frames received.
    pub frames_in: u64,
    /// Frames written.
    pub frames_out: u64,
    /// Bytes that wait to be written.
    pub queued: u64,
}

impl Stats {
    fn add(&mut self, other: Self) {
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.frames_in += other.frames_in;
        self.frames_out += other.frames_out;
        self.queued += other.queued;
    }

    fn of(session: &Session) -> Self {
        let meter = &session.meter;
        Self {
            bytes_in: meter.bytes_in.load(Ordering::Relaxed),
            bytes_out: meter.bytes_out.load(Ordering::Relaxed),
            frames_in: meter.frames_in.load(Ordering::Relaxed),
            frames_out: meter.frames_out.load(Ordering::Relaxed),
            queued: session.outbox.bytes() as u64,
        }
    }
}

#[derive(Debug, Default)]
struct Table {
    open: BTreeMap<SessionId, Arc<Session>>,
    /// What the sessions that have ended moved.
    past: Stats,
}

/// The state that is not the driver's own.
#[derive(Debug)]
pub(crate) struct Shared {
    pub local: NodeKey,
    pub limits: Limits,
    pub counts: Counts,
    pub memory: Memory,
    pub channels: Channels,
    guard: Guard,
    pub up: Throttle,
    pub down: Throttle,
    queued: AtomicUsize,
    table: Mutex<Table>,
    /// Set once, when the network shall stop.
    pub stop: watch::Sender<bool>,
}

impl Shared {
    pub fn new(config: &Config, local: NodeKey, guard: Guard, channels: Channels) -> Self {
        Self {
            local,
            limits: config.limits.clone(),
            counts: Counts::default(),
            memory: Memory::new(config.limits.receive_memory, config.limits.max_frame, MEMORY_WAIT),
            channels,
            guard,
            up: Throttle::new(config.bandwidth.up),
            down: Throttle::new(config.bandwidth.down),
            queued: AtomicUsize::new(0),
            table: Mutex::default(),
            stop: watch::Sender::new(false),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for what is to be sent on a channel: what others queue beyond their share leaves it to the own network.
    pub fn room(&self, channel: Channel) -> Room<'_> {
        let all = self.limits.send_memory / if channel.is_own() { 1 } else { CHANNELS_SHARE };
        Room { session: self.limits.send_queue, all, used: &self.queued }
    }

    /// Takes a session into the table. Its channel may have been closed meanwhile: then whoever closed it has not seen it there.
    pub fn insert(&self, session: &Arc<Session>) {
        self.table().open.insert(session.id, Arc::clone(session));
        if !self.channels.is_open(session.channel) {
            session.end(channel_closed());
        }
    }

    pub fn open_channel(&self, channel: Channel) -> Result<(), TooManyChannels> {
        self.channels.open(channel)
    }

    /// Closes a channel, then asks its sessions to end: one that begins in between looks for itself.
    pub fn close_channel(&self, channel: Channel) {
        if channel.is_own() {
            return;
        }
        self.channels.close(channel);
        for session in self.table().open.values().filter(|session| session.channel == channel) {
            session.end(channel_closed());
        }
    }

    /// Takes a session out of the table; from here on sending to it answers `Gone`.
    pub fn remove(&self, session: &Session) {
        session.outbox.close(&self.queued);
        let mut table = self.table();
        if table.open.remove(&session.id).is_some() {
            table.past.add(Stats::of(session));
        }
    }

    pub fn session(&self, id: SessionId) -> Option<Arc<Session>> {
        self.table().open.get(&id).cloned()
    }

    /// Notes who answers for a session.
    pub fn answers(&self, session: &Session, party: Party) {
        self.memory.assign(&session.memory, party);
        self.guard.answers(session.connection, party, session.channel);
    }

    /// Asks every session to end.
    pub fn end_all(&self, reason: &CloseReason) {
        for session in self.table().open.values() {
            session.end(reason.clone());
        }
    }

    pub fn stats(&self, id: SessionId) -> Option<Stats> {
        self.session(id).map(|session| Stats::of(&session))
    }

    /// All sessions, those that have ended included.
    pub fn total(&self) -> Stats {
        let table = self.table();
        let mut total = table.past;
        for session in table.open.values() {
            total.add(Stats::of(session));
        }
        total
    }
}
