//! What waits to be sent in one session, bounded by bytes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::config::WRITE_BATCH;
use crate::event::SendOutcome;

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Somebody was told `Full` and waits to hear of room.
    refused: bool,
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// Nothing is taken any more; what is queued still goes out.
    Finishing,
    Closed,
}

/// Frames on their way out: the core puts them in without waiting, the session takes them out.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    filled: Notify,
}

/// What [`Outbox::next_batch`] has put into the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Batch {
    Frames {
        /// How many.
        count: u64,
        /// More frames wait, so writing need not be flushed yet.
        more: bool,
        /// Whoever was told `Full` may try again.
        drained: bool,
    },
    /// Nothing more will come.
    Finished,
}

/// Room for queued bytes: of one session, and of all together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room<'a> {
    pub session: usize,
    pub all: usize,
    pub used: &'a AtomicUsize,
}

impl Outbox {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a frame if there is room. An empty queue takes any frame, so that nobody starves; then `Drained` is
    /// certain to come, since there is something to drain.
    pub fn push(&self, frame: Vec<u8>, room: Room<'_>) -> SendOutcome {
        let mut queue = self.queue();
        if queue.state != State::Open {
            return SendOutcome::Gone;
        }
        let size = cost(&frame);
        let used = room.used.load(Ordering::Relaxed);
        let fits = queue.bytes + size <= room.session && used.saturating_add(size) <= room.all;
        if !queue.frames.is_empty() && !fits {
            queue.refused = true;
            return SendOutcome::Full(frame);
        }
        queue.bytes += size;
        room.used.fetch_add(size, Ordering::Relaxed);
        queue.frames.push_back(frame);
        drop(queue);
        self.filled.notify_one();
        SendOutcome::Queued
    }

    /// Waits for frames and appends them, each with its length before it, until the batch is full.
    pub async fn next_batch(&self, room: Room<'_>, buffer: &mut Vec<u8>) -> Batch {
        loop {
            if let Some(batch) = self.take(room, buffer) {
                return batch;
            }
            self.filled.notified().await;
        }
    }

    fn take(&self, room: Room<'_>, buffer: &mut Vec<u8>) -> Option<Batch> {
        let mut queue = self.queue();
        if queue.frames.is_empty() {
            return (queue.state != State::Open).then_some(Batch::Finished);
        }
        let mut count = 0;
        while buffer.len() < WRITE_BATCH {
            let Some(frame) = queue.frames.pop_front() else { break };
            count += 1;
            queue.bytes -= cost(&frame);
            room.used.fetch_sub(cost(&frame), Ordering::Relaxed);
            let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
            buffer.extend_from_slice(&length.to_be_bytes());
            buffer.extend_from_slice(&frame);
        }
        let drained = queue.refused && queue.bytes <= room.session / 2;
        if drained {
            queue.refused = false;
        }
        Some(Batch::Frames { count, more: !queue.frames.is_empty(), drained })
    }

    /// Takes no more; what is queued still goes out.
    pub fn finish(&self) {
        let mut queue = self.queue();
        if queue.state == State::Open {
            queue.state = State::Finishing;
        }
        drop(queue);
        self.filled.notify_one();
    }

    /// Drops what is queued.
    pub fn close(&self, used: &AtomicUsize) {
        let mut queue = self.queue();
        queue.state = State::Closed;
        queue.frames.clear();
        used.fetch_sub(std::mem::take(&mut queue.bytes), Ordering::Relaxed);
        drop(queue);
        self.filled.notify_one();
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.queue().bytes
    }
}

/// What a queued frame is counted as: its bytes, its length field, and about what the allocation costs besides.
fn cost(frame: &[u8]) -> usize {
    const OVERHEAD: usize = 64;
    frame.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn full_then_drained() {
        let used = AtomicUsize::new(0);
        let room = Room { session: 1000, all: 10_000, used: &used };
        let outbox = Outbox::default();
        assert_eq!(outbox.push(vec![1; 5000], room), SendOutcome::Queued, "an empty queue takes any frame");
        assert_eq!(outbox.push(vec![2; 10], room), SendOutcome::Full(vec![2; 10]));
        let mut buffer = Vec::new();
        let batch = outbox.next_batch(room, &mut buffer).await;
        assert_eq!(batch, Batch::Frames { count: 1, more: false, drained: true });
        assert_eq!(buffer.len(), 5004);
        assert_eq!(buffer[..5], [0, 0, 0x13, 0x88, 1]);
        assert_eq!((outbox.bytes(), used.load(Ordering::Relaxed)), (0, 0));
    }

    #[tokio::test]
    async fn all_sessions_together_are_bounded_and_none_starves() {
        let used = AtomicUsize::new(9_990);
        let room = Room { session: 1000, all: 10_000, used: &used };
        let outbox = Outbox::default();
        assert_eq!(outbox.push(vec![1; 100], room), SendOutcome::Queued);
        assert_eq!(outbox.push(vec![1; 100], room), SendOutcome::Full(vec![1; 100]));
    }

    #[tokio::test]
    async fn finishing_sends_what_is_queued_and_takes_no_more() {
        let used = AtomicUsize::new(0);
        let room = Room { session: 1000, all: 10_000, used: &used };
        let outbox = Outbox::default();
        assert_eq!(outbox.push(vec![1], room), SendOutcome::Queued);
        outbox.finish();
        assert_eq!(outbox.push(vec![2], room), SendOutcome::Gone);
        let mut buffer = Vec::new();
        assert!(matches!(outbox.next_batch(room, &mut buffer).await, Batch::Frames { .. }));
        assert_eq!(outbox.next_batch(room, &mut buffer).await, Batch::Finished);
        assert_eq!(buffer, [0, 0, 0, 1, 1]);
    }
}
