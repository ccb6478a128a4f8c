//! An open sled, and a watch over the calls that write to it.
//!
//! Where a write fails in sled's background (0.34.7), it tells nobody who waits for that write: the call never returns. Whoever
//! asks for another flush gets the failure, and wakes the others. So a watch asks when a call takes long.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::guard::guarded;
use crate::Result;
use crate::limits::WATCH_EVERY_MS;

/// An open sled.
pub(super) struct Handle {
    /// Taken away in `drop` alone.
    db: Option<sled::Db>,
    calls: Arc<Calls>,
    watch: Option<(Sender<()>, JoinHandle<()>)>,
}

/// How many calls that write have begun, and how many have ended.
#[derive(Default)]
struct Calls {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Handle {
    pub(super) fn new(db: sled::Db) -> Self {
        let (calls, (ends, ended)) = (Arc::new(Calls::default()), channel());
        let watched = (db.clone(), Arc::clone(&calls));
        let thread = thread::Builder::new().name("store watch".to_owned());
        // Without a watch everything works as long as the disk does.
        let watch = thread.spawn(move || watch(&watched.0, &watched.1, &ended)).ok();
        Self { db: Some(db), calls, watch: watch.map(|thread| (ends, thread)) }
    }

    /// Runs a call that writes, watched over.
    pub(super) fn watched<T>(
        &self,
        action: &'static str,
        call: impl FnOnce() -> sled::Result<T>,
    ) -> Result<T> {
        self.calls.begun.fetch_add(1, Ordering::Relaxed);
        let result = guarded(action, call);
        self.calls.ended.fetch_add(1, Ordering::Relaxed);
        result
    }
}

impl Deref for Handle {
    type Target = sled::Db;

    fn deref(&self) -> &sled::Db {
        match &self.db {
            Some(db) => db,
            None => unreachable!("it is taken away in `drop` alone"),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let flushed = self.watched("flush", || self.flush());
        if let Some((ends, thread)) = self.watch.take() {
            drop(ends);
            let _ = thread.join();
        }
        let db = self.db.take();
        // The last handle syncs the file as it goes, and panics where the disk fails then. What counts is fsynced before.
        let closed = guarded("close", || {
            drop(db);
            Ok(())
        });
        if let Err(error) = flushed.and(closed) {
            tracing::error!("the store could not be closed in good order: {error}");
        }
    }
}

/// Looks again and again whether a call has begun and none has ended since, and then asks, on a thread of its own: one that asks
/// before the failure waits as well.
fn watch(db: &sled::Db, calls: &Calls, ends: &Receiver<()>) {
    let (mut before, mut pause) = (u64::MAX, Duration::from_millis(WATCH_EVERY_MS));
    thread::scope(|scope| {
        while ends.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let ended = calls.ended.load(Ordering::Relaxed);
            let waits = ended == before && calls.begun.load(Ordering::Relaxed) > ended;
            if waits {
                tracing::debug!("a call into the store takes long: it is asked whether a write has failed");
                scope.spawn(|| guarded("flush", || db.flush()));
            }
            // A disk that is merely slow is asked ever more rarely.
            pause = if waits { pause.saturating_mul(2) } else { Duration::from_millis(WATCH_EVERY_MS) };
            before = ended;
        }
    });
}
