//! Work on a whole list: it goes on while the browser waits, one draft or listing after the other, and says how far it has
//! come. It lives in memory: where the node stops, what is done is done, and the rest is to be asked for again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Bench;
use super::view::{Act, Clerk, Done, Said};
use crate::limits::{JOBS, REFUSALS_TOLD};
use crate::refusal::Refusal;

/// What is done with each of a list, and how far it has come.
pub(super) struct Job {
    pub(super) number: u64,
    /// Whose it is.
    clerk: Clerk,
    pub(super) act: Act,
    progress: Mutex<Progress>,
}

/// How far a job has come.
#[derive(Clone, Default)]
pub(super) struct Progress {
    pub(super) total: usize,
    /// What became of those that were done, most of them alike: each kind with its number.
    pub(super) done: Vec<(Done, usize)>,
    /// Titles of those that were refused and why, the first [`REFUSALS_TOLD`].
    pub(super) refused: Vec<(String, Said)>,
    /// How many were refused.
    pub(super) refusals: usize,
    /// Whether it goes on no more.
    pub(super) ended: bool,
    /// Whether it was told to stop.
    pub(super) stopped: bool,
    /// Why it ended before its time, where the node failed.
    pub(super) broken: bool,
}

impl Progress {
    /// How many have been tried.
    pub(super) fn tried(&self) -> usize {
        self.done.iter().map(|(_, number)| number).sum::<usize>() + self.refusals
    }

    fn note(&mut self, title: String, outcome: Result<Done, Said>) {
        match outcome {
            Ok(done) => {
                // Which listing or draft it became is not told of each.
                let done = match done {
                    Done::Listing(_) => Done::Listing(String::new()),
                    Done::Opened(_) => Done::Opened(String::new()),
                    other => other,
                };
                match self.done.iter_mut().find(|(known, _)| *known == done) {
                    Some((_, number)) => *number += 1,
                    None => self.done.push((done, 1)),
                }
            }
            Err(said) => {
                self.refusals += 1;
                if self.refused.len() < REFUSALS_TOLD {
                    self.refused.push((title, said));
                }
            }
        }
    }
}

impl Job {
    pub(super) fn progress(&self) -> Progress {
        self.locked().clone()
    }

    pub(super) fn stop(&self) {
        self.locked().stopped = true;
    }

    fn locked(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The jobs of a desk, the last ones of them.
#[derive(Default)]
pub(super) struct Jobs(Mutex<(u64, Vec<Arc<Job>>)>);

impl Jobs {
    /// Begins to do something with each of a list.
    ///
    /// # Errors
    /// When so many go on already that this one would only wait.
    pub(super) fn begin(
        &self,
        bench: &Arc<Bench>,
        clerk: &Clerk,
        act: Act,
        items: Vec<(String, String)>,
    ) -> Result<u64, Refusal> {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let going = jobs.1.iter().filter(|job| !job.locked().ended).count();
        if going >= JOBS {
            return Err(Refusal::Busy);
        }
        // Of those that ended only the last few can be read again.
        let past = (jobs.1.len() + 1).saturating_sub(2 * JOBS);
        let mut gone = 0;
        jobs.1.retain(|job| {
            let goes = gone < past && job.locked().ended;
            gone += usize::from(goes);
            !goes
        });
        jobs.0 += 1;
        let progress = Mutex::new(Progress { total: items.len(), ..Progress::default() });
        let job = Arc::new(Job { number: jobs.0, clerk: clerk.clone(), act, progress });
        jobs.1.push(Arc::clone(&job));
        tokio::spawn(work(Arc::clone(bench), Arc::clone(&job), items));
        Ok(job.number)
    }

    /// A job of someone.
    pub(super) fn find(&self, clerk: &Clerk, number: u64) -> Option<Arc<Job>> {
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.1.iter().find(|job| job.number == number && job.clerk.name == clerk.name).cloned()
    }
}

async fn work(bench: Arc<Bench>, job: Arc<Job>, items: Vec<(String, String)>) {
    for (id, title) in items {
        if job.locked().stopped {
            break;
        }
        let (clerk, act) = (job.clerk.clone(), job.act.clone());
        // Pages come first: a turn that is not to be had now is waited for.
        let outcome = loop {
            let (clerk, act, id) = (clerk.clone(), act.clone(), id.clone());
            match bench.ask(move |desk| desk.act(&clerk, &id, &act)).await {
                Err(Refusal::Busy) => {}
                other => break other,
            }
        };
        match outcome {
            Ok(outcome) => job.locked().note(title, outcome),
            Err(_) => {
                job.locked().broken = true;
                break;
            }
        }
    }
    job.locked().ended = true;
}
