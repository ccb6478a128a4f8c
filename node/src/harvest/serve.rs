//! Whose turn it is: a task for each source that is due.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::{Id, JoinSet};

use super::kept;
use super::pass::Pass;
use crate::core::now_ms;
use crate::office::{Failure, Office};

/// Sources are looked at this often; whoever changes one rings.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A source is not begun again sooner than this after its last pass: where the disk is full, each ends as it begins.
const REST: Duration = Duration::from_secs(1);
/// Passes that ask at once: each may hold a page in memory.
const AT_ONCE: usize = 16;
/// Of these, how many may be over sources that failed last time: those that hang never fill all places.
const SHAKY_AT_ONCE: usize = 8;
/// Taking a page in is waited for this long when the node ends.
const ENDING: Duration = Duration::from_secs(10);

/// Harvests until the node ends.
pub async fn serve(office: Arc<Office>, client: Arc<courier::Client>, stopping: Arc<AtomicBool>) {
    let taking = Arc::new(Semaphore::new(1));
    let pass = Pass {
        office: Arc::clone(&office),
        client,
        taking: Arc::clone(&taking),
        stopping: Arc::clone(&stopping),
    };
    let (places, shaky) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(Semaphore::new(SHAKY_AT_ONCE)));
    let mut running = JoinSet::new();
    let mut under_way: BTreeMap<Id, String> = BTreeMap::new();
    let mut ended_at: BTreeMap<String, Instant> = BTreeMap::new();
    while !stopping.load(Ordering::Acquire) {
        ended_at.retain(|_, at| at.elapsed() < REST);
        let busy: BTreeSet<String> = under_way.values().chain(ended_at.keys()).cloned().collect();
        for (id, failed) in due(&office, &busy).await {
            let (pass, places, shaky) = (pass.clone(), Arc::clone(&places), Arc::clone(&shaky));
            let own = id.clone();
            let task = running.spawn(async move {
                let _shaky = if failed { shaky.acquire_owned().await.ok() } else { None };
                let _place = places.acquire_owned().await.ok();
                pass.run(&own).await;
            });
            under_way.insert(task.id(), id);
        }
        tokio::select! {
            () = office.harvest_bell().notified() => {}
            Some(ended) = running.join_next_with_id() => {
                let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
                ended_at.extend(under_way.remove(&id).map(|source| (source, Instant::now())));
            }
            () = tokio::time::sleep(if ended_at.is_empty() { LOOK_EVERY } else { REST }) => {}
        }
    }
    // What is being taken in is taken in; whoever waits for a server is not waited for.
    let _ = tokio::time::timeout(ENDING, taking.acquire()).await;
    running.abort_all();
}

/// Sources that are due and not under way, and whether they failed last time.
async fn due(office: &Arc<Office>, busy: &BTreeSet<String>) -> Vec<(String, bool)> {
    let office = Arc::clone(office);
    let found = tokio::task::spawn_blocking(move || kept::sources(&office)).await;
    let sources = match found.map_err(|error| Failure::new(1, error.to_string(), "")).and_then(|found| found)
    {
        Ok(sources) => sources,
        Err(failure) => {
            tracing::warn!("sources cannot be read: {failure}");
            return Vec::new();
        }
    };
    let now = now_ms();
    let due = sources
        .into_iter()
        .filter(|(id, source, progress)| !busy.contains(id) && progress.is_due(source, now));
    due.map(|(id, _, progress)| (id, progress.failures > 0)).collect()
}
