//! Fsyncs beside the core: a disk takes its time, in which peers and clerks need not wait.

use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use market::Checkpoint;
use tokio::sync::mpsc as answers;

use crate::core::Core;

/// An fsync that takes longer than this will not end: a slow disk under full load takes seconds.
const HANGS: Duration = Duration::from_secs(60);

/// A thread that runs checkpoints, one at a time.
pub struct Syncer {
    work: mpsc::Sender<Checkpoint>,
    done: answers::UnboundedReceiver<market::Result<()>>,
    thread: JoinHandle<()>,
    /// Since when one is under way.
    since: Option<Instant>,
    told: bool,
}

impl Syncer {
    /// Starts it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let (work, waiting) = mpsc::channel::<Checkpoint>();
        let (answer, done) = answers::unbounded_channel();
        let run = move || {
            for checkpoint in waiting {
                if answer.send(checkpoint.run()).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("fsync".to_owned()).spawn(run)?;
        Ok(Self { work, done, thread, since: None, told: false })
    }

    /// Begins an fsync of what came in. False when one is under way, or there is nothing to do.
    pub fn begin(&mut self, core: &mut Core) -> bool {
        if self.since.is_some() {
            return false;
        }
        let Some(checkpoint) = core.begin_checkpoint() else { return false };
        match self.work.send(checkpoint) {
            Ok(()) => self.since = Some(Instant::now()),
            // The thread is gone: then it is done here.
            Err(mpsc::SendError(checkpoint)) => core.end_checkpoint(checkpoint.run()),
        }
        true
    }

    /// Waits until the one under way has ended; for ever when there is none. Can be cancelled without losing its outcome.
    pub async fn ended(&mut self) -> market::Result<()> {
        match self.done.recv().await {
            Some(outcome) => {
                (self.since, self.told) = (None, false);
                outcome
            }
            None => std::future::pending().await,
        }
    }

    /// False once the disk has not answered for so long that it will not: then nothing that comes in is confirmed any more, and
    /// only another start helps.
    pub fn goes_on(&mut self) -> bool {
        let hangs = self.since.is_some_and(|since| since.elapsed() > HANGS);
        if hangs && !std::mem::replace(&mut self.told, true) {
            tracing::error!(
                "an fsync has taken longer than {} s: the disk does not answer; look at the disk, and start the node again",
                HANGS.as_secs()
            );
        }
        !hangs
    }

    /// Ends the thread: an fsync under way is waited for, and the core is told.
    pub fn finish(mut self, core: &mut Core) {
        drop(self.work);
        // It ends by itself, and a panic in it has been reported where it happened.
        let _ = self.thread.join();
        while let Ok(outcome) = self.done.try_recv() {
            core.end_checkpoint(outcome);
        }
    }
}
