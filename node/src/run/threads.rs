//! The node's own threads: one gives the core what comes, one keeps the index in step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Announce;
use super::syncer::Syncer;
use crate::ahead::{Come, Coming, Comings};
use crate::core::Core;
use crate::notify::Heart;
use crate::office::Office;
use crate::turns::{self, Turns};

/// The core looks at deadlines this often.
const TICK: Duration = Duration::from_millis(500);
/// Without an event for this long, what came in is fsynced and confirmed.
const QUIET: Duration = Duration::from_millis(20);
/// What comes in without a pause is fsynced and confirmed this often.
const CHECKPOINT: Duration = Duration::from_millis(1_000);
/// Events that are put into their turns at a time: as many as the network lets wait.
const ARRIVALS_AT_ONCE: usize = 256;
/// The core is held for so long at a time; then whoever waits for it has it.
const HOLD: Duration = Duration::from_millis(5);
/// While entries keep coming, the index may fall behind by this long; searches wait longer than that for it.
const INDEX_LAG: Duration = Duration::from_secs(4);
/// Arrivals between two looks that are no pouring in: each is found as soon as it can be.
const TRICKLE: u64 = 50;
/// While more comes, the index looks for arrivals this often; the first one wakes it.
const INDEX_EVERY: Duration = Duration::from_millis(100);
/// Enquiries that wait for their receipts are looked for this often.
const RECEIPTS_EVERY: Duration = Duration::from_millis(250);
/// How far the index's threads stand back where processors are short (`nice`, 0 to 19): a tenth of what a page or a peer is
/// given. Documents that come by the thousand would else slow every search.
#[cfg(target_os = "linux")]
const INDEX_NICE: i32 = 10;

/// The thread that gives the core its events, ticks and checkpoints.
pub(super) fn spawn_core(
    office: Arc<Office>,
    mut comings: Comings,
    heart: Heart,
    (stop, stopping): (Arc<Notify>, Arc<AtomicBool>),
    announce: Announce,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Handle::current();
    let mut syncer = Syncer::start()?;
    std::thread::Builder::new().name("core".to_owned()).spawn(move || {
        let (mut ticked, mut checked) = (Instant::now(), Instant::now());
        let (mut wait, mut turns) = (QUIET, Turns::default());
        // The first calls go out at once, not after the first tick.
        office.core().tick();
        while !stopping.load(Ordering::Acquire) {
            if syncer.goes_on() {
                heart.beat();
            }
            let next = runtime.block_on(async {
                tokio::select! {
                    biased;
                    outcome = syncer.ended() => Next::Synced(outcome),
                    arrival = tokio::time::timeout(wait, comings.next()) => Next::of(arrival),
                }
            });
            let quiet = matches!(next, Next::Nothing);
            let mut core = office.core();
            match next {
                Next::Arrived(arrival) => turns.put(*arrival, |session| core.spent(session).is_none()),
                Next::Synced(outcome) => core.end_checkpoint(outcome),
                Next::Over => break,
                Next::Nothing => {}
            }
            for _ in 1..ARRIVALS_AT_ONCE {
                let Ok(arrival) = comings.try_next() else { break };
                turns.put(arrival, |session| core.spent(session).is_none());
            }
            let more = work(&mut core, &mut turns, &announce);
            if ticked.elapsed() >= TICK {
                core.tick();
                ticked = Instant::now();
                if core.is_condemned() {
                    stop.notify_one();
                    break;
                }
            }
            let due = (quiet && !more) || checked.elapsed() >= CHECKPOINT;
            if due && syncer.begin(&mut core) {
                checked = Instant::now();
            }
            wait = match (more, turns.is_waiting() || core.has_work() || core.is_dirty()) {
                (true, _) => Duration::ZERO,
                (false, true) => QUIET,
                (false, false) => TICK,
            };
        }
        syncer.finish(&mut office.core());
    })
}

/// What the core's thread waits for.
enum Next {
    Arrived(Box<Coming>),
    /// An fsync has ended.
    Synced(market::Result<()>),
    /// Nothing came for as long as it was to wait.
    Nothing,
    /// The network has stopped.
    Over,
}

impl Next {
    fn of(arrival: Result<Option<Coming>, tokio::time::error::Elapsed>) -> Self {
        match arrival {
            Ok(Some(arrival)) => Self::Arrived(Box::new(arrival)),
            Ok(None) => Self::Over,
            Err(_) => Self::Nothing,
        }
    }
}

/// Takes arrivals and sends runs by turns, for as long as the core may be held. True when that was too short for all that
/// there is to do now.
fn work(core: &mut Core, turns: &mut Turns, announce: &Announce) -> bool {
    let begun = Instant::now();
    turns.again();
    loop {
        let arrival = turns.next(|session| core.spent(session));
        let took = arrival.is_some();
        if let Some(arrival) = arrival {
            let (session, since) = (turns::session_of(arrival.event()), Instant::now());
            let at = arrival.at();
            let ahead = take(core, arrival.open(), at, announce);
            if let Some(session) = session {
                core.charge(session, since.elapsed() + ahead);
            }
        }
        if !core.serve_one() && !took {
            return false;
        }
        if begun.elapsed() >= HOLD {
            return true;
        }
    }
}

/// Gives the core what came, and when. How long it was worked on before.
fn take(core: &mut Core, come: Come, at: Instant, announce: &Announce) -> Duration {
    match come {
        Come::Event(event) => {
            if let network::Event::Listening { address } = &event {
                announce(&format!("listening {address}"));
            }
            core.on_event(event, at);
            Duration::ZERO
        }
        Come::Run(session, ahead) => {
            let took = ahead.took;
            core.on_run(session, ahead, at);
            took
        }
    }
}

/// The thread that has enquiries received once they are durable here: each is signed for by itself, so that others have the
/// core in between.
pub(super) fn spawn_receipts(
    office: Arc<Office>,
    stopping: Arc<AtomicBool>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("receipts".to_owned()).spawn(move || {
        while !stopping.load(Ordering::Acquire) {
            let received = match office.library().has_unread_enquiries() {
                Ok(true) => office.core().acknowledge(),
                other => other,
            };
            match received {
                Ok(true) => {}
                Ok(false) => std::thread::sleep(RECEIPTS_EVERY),
                Err(error) => {
                    tracing::error!("an enquiry could not be received: {error}");
                    std::thread::sleep(TICK);
                }
            }
        }
    })
}

/// The thread that keeps the index in step with the store, behind the acknowledgement. The index's own threads are started
/// from it, and inherit how far it stands back.
pub(super) fn spawn_index(
    office: Arc<Office>,
    stopping: Arc<AtomicBool>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("index".to_owned()).spawn(move || {
        // To Linux, and to no other system, it is the calling thread that this is said of.
        #[cfg(target_os = "linux")]
        if let Err(error) = rustix::process::setpriority_process(None, INDEX_NICE) {
            tracing::debug!("the index does not stand back: {error}");
        }
        office.wake_for_arrivals();
        let (mut seen, mut behind) = (0, None::<Instant>);
        while !stopping.load(Ordering::Acquire) {
            let now = office.arrivals();
            if now > office.finder().cursor() {
                let since = *behind.get_or_insert_with(Instant::now);
                // While entries pour in, the core needs the processor more than the index does.
                let pours = office.more_come() || now.saturating_sub(seen) > TRICKLE;
                if (!pours || since.elapsed() >= INDEX_LAG)
                    && let Err(error) =
                        tracing::info_span!("index", behind = now.saturating_sub(office.finder().cursor()))
                            .in_scope(|| office.index())
                {
                    tracing::error!("the search index fell behind: {error}");
                    std::thread::sleep(TICK);
                }
                // A commit costs the same for one document as for a hundred: what comes meanwhile waits for the next.
                std::thread::sleep(INDEX_EVERY);
            } else {
                behind = None;
                std::thread::park_timeout(INDEX_EVERY);
            }
            seen = now;
        }
    })
}
