//! Fsyncs beside the core: a disk takes its time, in which peers and clerks need not wait.

use std::sync::mpsc;
use std::thread::JoinHandle;

use market::Checkpoint;
use tokio::sync::mpsc as answers;

use crate::core::Core;

/// A thread that runs checkpoints, one at a time.
pub struct Syncer {
    work: mpsc::Sender<Checkpoint>,
    done: answers::UnboundedReceiver<market::Result<()>>,
    thread: JoinHandle<()>,
    busy: bool,
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
        Ok(Self { work, done, thread, busy: false })
    }

    /// Begins an fsync of what came in. False when one is under way, or there is nothing to do.
    pub fn begin(&mut self, core: &mut Core) -> bool {
        if self.busy {
            return false;
        }
        let Some(checkpoint) = core.begin_checkpoint() else { return false };
        match self.work.send(checkpoint) {
            Ok(()) => self.busy = true,
            // The thread is gone: then it is done here.
            Err(mpsc::SendError(checkpoint)) => core.end_checkpoint(checkpoint.run()),
        }
        true
    }

    /// Waits until the one under way has ended; for ever when there is none. Can be cancelled without losing its outcome.
    pub async fn ended(&mut self) -> market::Result<()> {
        match self.done.recv().await {
            Some(outcome) => {
                self.busy = false;
                outcome
            }
            None => std::future::pending().await,
        }
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
