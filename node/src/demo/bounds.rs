//! What ends the demonstration early: the time that it was given, a signal, or a failure elsewhere in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};

/// Why to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Ctrl-C, or the terminal or the system asks to end.
    Interrupted,
    /// The time is up.
    Late,
    /// Something else has failed already.
    GivenUp,
}

/// Limits that all parts of the demonstration share. Clones are one and the same.
#[derive(Clone, Debug)]
pub struct Bounds {
    begun: Instant,
    limit: Duration,
    signals: Arc<AtomicUsize>,
    given_up: Arc<AtomicBool>,
}

impl Bounds {
    /// Begins to count the time and to watch for SIGINT, SIGTERM and SIGHUP.
    ///
    /// # Errors
    /// When the system lets no signal be watched.
    pub fn begin(limit: Duration) -> std::io::Result<Self> {
        let bounds = Self {
            begun: Instant::now(),
            limit,
            signals: Arc::new(AtomicUsize::new(0)),
            given_up: Arc::new(AtomicBool::new(false)),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let guard = runtime.enter();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        drop(guard);
        let signals = Arc::clone(&bounds.signals);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                loop {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                        _ = hangup.recv() => {}
                    }
                    signals.fetch_add(1, Ordering::AcqRel);
                }
            });
        })?;
        Ok(bounds)
    }

    /// Since the beginning.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The time that it was given.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// How often it was asked to end.
    pub fn signals(&self) -> usize {
        self.signals.load(Ordering::Acquire)
    }

    /// Ends it as a signal would: nobody reads what it prints any more.
    pub fn interrupt(&self) {
        self.signals.fetch_add(1, Ordering::AcqRel);
    }

    /// Tells the other threads that it is over.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    /// Whether to stop, and why.
    pub fn over(&self) -> Option<Over> {
        if self.signals() > 0 {
            Some(Over::Interrupted)
        } else if self.given_up.load(Ordering::Acquire) {
            Some(Over::GivenUp)
        } else {
            (self.elapsed() >= self.limit).then_some(Over::Late)
        }
    }
}
