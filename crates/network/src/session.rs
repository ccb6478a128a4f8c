//! The task of one session: reads frames into events, writes queued frames, and ends in good order.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use futures::io::{BufReader, ReadHalf, WriteHalf};
use futures::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::swarm::{ConnectionId, Stream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use crate::config::{FAREWELL, FRAMES_IN_FLIGHT, WRITE_BATCH, WRITE_STEP};
use crate::event::{CloseReason, Event};
use crate::frame::{Reading, lost};
use crate::handle::Arrival;
use crate::outbox::Batch;
use crate::shared::{Session, Shared};

/// Bytes that small frames are read in at a time.
const READ_BUFFER: usize = 16 * 1024;

/// The connection whose session has ended, and what is held until that is known everywhere.
pub(crate) type Ended = (ConnectionId, oneshot::Sender<()>);

/// A session about to run, with all that its task needs.
pub(crate) struct Task {
    pub session: Arc<Session>,
    pub shared: Arc<Shared>,
    pub events: mpsc::Sender<Arrival>,
    pub connection: ConnectionId,
    pub address: String,
    pub outbound: bool,
    /// Fires when the previous session with the same peer, on the same channel, has told its end.
    pub predecessor: Option<oneshot::Receiver<()>>,
    /// Fires (by being dropped) when this one has.
    pub told: oneshot::Sender<()>,
    /// Tells the driver to close the connection, before the core has taken the last events. It lets go of the second part
    /// once the way is free for another session with this peer.
    pub ended: mpsc::Sender<Ended>,
}

impl Task {
    /// Runs from `Connected` to `Closed`.
    pub async fn run(self, stream: Stream) {
        if let Some(predecessor) = self.predecessor {
            // Dropped without a word is an end as well.
            let _ = predecessor.await;
        }
        let Session { id, peer, channel, .. } = *self.session;
        let Self { address, outbound, .. } = self;
        let connected = Event::Connected { session: id, peer, channel, address, outbound };
        let line = Line { session: &self.session, shared: &self.shared, events: &self.events };
        let reason = match self.events.send(connected.into()).await {
            Ok(()) => line.talk(stream).await,
            Err(_) => CloseReason::Shutdown,
        };
        tracing::debug!(session = id.0, %reason, "session closed");
        self.shared.remove(&self.session);
        self.shared.counts.closed(&reason);
        // All of these fail only when nobody is left to be told.
        let (held, freed) = oneshot::channel();
        if self.ended.send((self.connection, held)).await.is_ok() {
            // Whoever hears of the end may dial at once.
            let _ = freed.await;
        }
        let _ = self.events.send(Event::Closed { session: id, peer, reason }.into()).await;
        drop(self.told);
    }
}

/// What both directions of a running session use.
struct Line<'a> {
    session: &'a Session,
    shared: &'a Shared,
    events: &'a mpsc::Sender<Arrival>,
}

impl Line<'_> {
    async fn talk(&self, stream: Stream) -> CloseReason {
        let (read, write) = stream.split();
        let mut read = BufReader::with_capacity(READ_BUFFER, read);
        let mut writing = pin!(self.write(write));
        let reason = {
            let mut reading = pin!(self.read(&mut read));
            tokio::select! {
                reason = &mut reading => reason,
                reason = &mut writing => reason,
                reason = self.session.asked_to_end() => match reason {
                    // What the peer sent before the connection went may still lie in the buffers.
                    CloseReason::ConnectionLost(_) => timeout(FAREWELL, reading).await.unwrap_or(reason),
                    other => other,
                },
            }
        };
        if matches!(reason, CloseReason::HungUp(_) | CloseReason::Shutdown) {
            self.session.outbox.finish();
            // When time is up, the rest is not sent.
            let _ = timeout(FAREWELL, async {
                writing.await;
                discard(&mut read).await;
            })
            .await;
        }
        reason
    }

    async fn read(&self, from: &mut BufReader<ReadHalf<Stream>>) -> CloseReason {
        let reading = Reading {
            max_frame: self.shared.limits.max_frame,
            memory: &self.session.memory,
            throttle: &self.shared.down,
            meter: &self.session.meter,
        };
        let in_flight = Arc::new(Semaphore::new(FRAMES_IN_FLIGHT));
        loop {
            let (bytes, memory) = match reading.next(from).await {
                Ok(Some(frame)) => frame,
                Ok(None) => return CloseReason::RemoteClosed,
                Err(reason) => return reason,
            };
            let at = Instant::now();
            let Ok(place) = Arc::clone(&in_flight).acquire_owned().await else {
                return CloseReason::Shutdown;
            };
            let event = Event::Frame { session: self.session.id, bytes };
            let arrival = Arrival { event, at, hold: Some((memory, place)) };
            if self.events.send(arrival).await.is_err() {
                return CloseReason::Shutdown;
            }
        }
    }

    /// Writes until the outbox is finished, then closes this direction.
    async fn write(&self, mut to: WriteHalf<Stream>) -> CloseReason {
        let mut buffer = Vec::new();
        loop {
            let batch =
                self.session.outbox.next_batch(self.shared.room(self.session.channel), &mut buffer).await;
            let Batch::Frames { count, more, drained } = batch else {
                return to.close().await.map_or_else(lost, |()| CloseReason::RemoteClosed);
            };
            #[cfg(debug_assertions)]
            crate::record::sent(&self.session.peer, self.session.channel, &buffer);
            self.shared.up.pass(buffer.len()).await;
            if let Err(error) = self.write_out(&mut to, &buffer, !more).await {
                return lost(error);
            }
            self.session.meter.frames_out.fetch_add(count, Ordering::Relaxed);
            buffer.clear();
            if buffer.capacity() > 4 * WRITE_BATCH {
                buffer = Vec::new(); // one huge frame shall not cost its memory for ever
            }
            if drained && self.events.send(Event::Drained { session: self.session.id }.into()).await.is_err()
            {
                return CloseReason::Shutdown;
            }
        }
    }

    async fn write_out<W: AsyncWrite + Unpin>(
        &self,
        to: &mut W,
        bytes: &[u8],
        flush: bool,
    ) -> std::io::Result<()> {
        let meter = &self.session.meter;
        for step in bytes.chunks(WRITE_STEP) {
            to.write_all(step).await?;
            meter.count(&meter.bytes_out, step.len());
        }
        if flush {
            to.flush().await?;
        }
        Ok(())
    }
}

/// Reads on without keeping anything until the peer has closed its side too: then it has all that was sent to it.
async fn discard(from: &mut BufReader<ReadHalf<Stream>>) {
    let mut sink = [0; 4096];
    while matches!(from.read(&mut sink).await, Ok(read) if read > 0) {}
}
