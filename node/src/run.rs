//! A running node: peers, pages, control socket, index; started in this order and stopped in the other.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use network::Events;
use tokio::sync::Notify;

use crate::commands::{LOCK_PATIENCE, is_locked};
use crate::config::Config;
use crate::core::Core;
use crate::notify::{Heart, Supervisor};
use crate::office::Office;
use crate::turns::{self, Turns};
use crate::{control, site};

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
/// The index looks for arrivals this often.
const INDEX_EVERY: Duration = Duration::from_millis(100);
/// How far the index's threads stand back where processors are short (`nice`, 0 to 19): a tenth of what a page or a peer is
/// given. Documents that come by the thousand would else slow every search.
#[cfg(target_os = "linux")]
const INDEX_NICE: i32 = 10;

/// The store of a home is tried this often while it is held.
const LOCK_EVERY: Duration = Duration::from_millis(100);

/// Set in its environment, a node ends when its standard input closes: whoever started it is gone.
pub const EXIT_WITH_STDIN: &str = "LIANSHI_EXIT_WITH_STDIN";

/// The system does not give the address for pages.
#[derive(Debug, thiserror::Error)]
#[error("pages cannot be served at {listen}: {what}; choose another address with --web")]
pub struct PagesRefused {
    /// The address as configured.
    pub listen: String,
    /// What the system said.
    pub what: String,
}

/// Runs the node of a home until it is told to stop. `announce` is called with each address as it comes up.
///
/// # Errors
/// When the home cannot be opened, or pages or the control socket cannot be served.
pub fn run(
    home: &Path,
    config: Config,
    announce: impl Fn(&str) + Send + Sync + 'static,
) -> anyhow::Result<()> {
    let stop = Arc::new(Notify::new());
    if std::env::var_os(EXIT_WITH_STDIN).is_some() {
        stop_with_stdin(Arc::clone(&stop)).context("standard input cannot be watched")?;
    }
    let announce: Announce = Arc::new(announce);
    while run_once(home, &config, &stop, &announce)? {
        tracing::error!("the store is damaged: it is set aside, and the node begins a new one");
    }
    Ok(())
}

/// Runs the node until it is told to stop, or its store was found damaged. True when that was so: opened again, the node
/// begins a new store.
fn run_once(home: &Path, config: &Config, stop: &Arc<Notify>, announce: &Announce) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .context("the async runtime cannot start")?;
    let office = Arc::new(open(home, config)?);
    let stopping = Arc::new(AtomicBool::new(false));
    let outcome = runtime.block_on(serve(Arc::clone(&office), home, stop, &stopping, Arc::clone(announce)));
    stopping.store(true, Ordering::Release);
    // Whatever was taken in is confirmed on disk before the process ends.
    let damaged = office.core().close();
    let _ = std::fs::remove_file(control::socket_path(home));
    runtime.shutdown_timeout(Duration::from_secs(3));
    outcome.map(|()| damaged)
}

/// Opens the store of a home: a node that was told to stop still holds it for a moment.
fn open(home: &Path, config: &Config) -> anyhow::Result<Office> {
    let begun = Instant::now();
    loop {
        match Office::open(home, config.clone(), true) {
            Err(error)
                if is_locked(&error)
                    && begun.elapsed() < LOCK_PATIENCE
                    && control::Client::connect(home).is_none() =>
            {
                std::thread::sleep(LOCK_EVERY);
            }
            opened => return opened,
        }
    }
}

type Announce = Arc<dyn Fn(&str) + Send + Sync>;

async fn serve(
    office: Arc<Office>,
    home: &Path,
    stop: &Arc<Notify>,
    stopping: &Arc<AtomicBool>,
    announce: Announce,
) -> anyhow::Result<()> {
    let config = office.config().clone();
    let (handle, events) = network::start(network::Config {
        listen: config.network.listen.clone(),
        preferred_port: crate::home::preferred_port(home),
        bandwidth: config.line.bandwidth(),
        ..network::Config::new(office.identity().node.seed())
    })?;
    office.core().connect(handle.clone());
    let (supervisor, heart) = (Supervisor::of_this_process(), Heart::default());
    let core = spawn_core(
        Arc::clone(&office),
        events,
        heart.clone(),
        (Arc::clone(stop), Arc::clone(stopping)),
        Arc::clone(&announce),
    )?;
    let index = spawn_index(Arc::clone(&office), Arc::clone(stopping))?;
    let listener = tokio::net::TcpListener::bind(&config.web.listen)
        .await
        .map_err(|error| PagesRefused { listen: config.web.listen.clone(), what: error.to_string() })?;
    let address = format!("http://{}/", listener.local_addr()?);
    office.set_web(address.clone());
    announce(&format!("web {address}"));
    let router = web::router(Arc::new(site::Site::new(Arc::clone(&office))), site::options(&office));
    let ended = Arc::new(Notify::new());
    let pages = tokio::spawn({
        let ended = Arc::clone(&ended);
        async move { web::serve(listener, router, async move { ended.notified().await }).await }
    });
    let listener = control::listen(home).context("the control socket cannot be served")?;
    // From here on it answers: on pages, at the socket, and to peers.
    supervisor.ready(&address);
    tokio::select! {
        () = control::serve(Arc::clone(&office), listener, Arc::clone(stop)) => {}
        () = supervisor.watch(heart) => {}
        () = stop.notified() => {}
        () = signalled() => {}
    }
    // A store that was found damaged has the node open again at once; for whoever watches it, that is no end.
    if !office.core().is_condemned() {
        supervisor.stopping();
    }
    ended.notify_one();
    handle.shutdown().await;
    stopping.store(true, Ordering::Release);
    let _ = tokio::time::timeout(Duration::from_secs(2), pages).await;
    let joined = tokio::task::spawn_blocking(move || (core.join(), index.join()));
    let _ = tokio::time::timeout(Duration::from_secs(10), joined).await;
    Ok(())
}

/// Stops the node when its standard input closes.
fn stop_with_stdin(stop: Arc<Notify>) -> std::io::Result<()> {
    let watch = move || {
        // What is written there has no meaning; that it ends has, in whatever way.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        stop.notify_one();
    };
    std::thread::Builder::new().name("stdin".to_owned()).spawn(watch).map(drop)
}

async fn signalled() {
    let mut term = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(term) => term,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}

/// The thread that gives the core its events, ticks and checkpoints.
fn spawn_core(
    office: Arc<Office>,
    mut events: Events,
    heart: Heart,
    (stop, stopping): (Arc<Notify>, Arc<AtomicBool>),
    announce: Announce,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Handle::current();
    std::thread::Builder::new().name("core".to_owned()).spawn(move || {
        let (mut ticked, mut checked) = (Instant::now(), Instant::now());
        let (mut wait, mut turns) = (QUIET, Turns::default());
        // The first calls go out at once, not after the first tick.
        office.core().tick();
        while !stopping.load(Ordering::Acquire) {
            heart.beat();
            let arrival = runtime.block_on(async { tokio::time::timeout(wait, events.arrival()).await });
            let quiet = arrival.is_err();
            let mut core = office.core();
            match arrival {
                Ok(Some(arrival)) => turns.put(arrival, |session| core.spent(session).is_none()),
                Ok(None) => return,
                Err(_) => {}
            }
            for _ in 1..ARRIVALS_AT_ONCE {
                let Ok(arrival) = events.try_arrival() else { break };
                turns.put(arrival, |session| core.spent(session).is_none());
            }
            let more = work(&mut core, &mut turns, &announce);
            if ticked.elapsed() >= TICK {
                core.tick();
                ticked = Instant::now();
                if core.is_condemned() {
                    return stop.notify_one();
                }
            }
            if (quiet && !more && core.checkpoint()) || (checked.elapsed() >= CHECKPOINT && core.checkpoint())
            {
                checked = Instant::now();
            }
            wait = match (more, turns.is_waiting() || core.has_work() || core.is_dirty()) {
                (true, _) => Duration::ZERO,
                (false, true) => QUIET,
                (false, false) => TICK,
            };
        }
    })
}

/// Takes arrivals and sends runs by turns, for as long as the core may be held. True when that was too short for all that
/// there is to do now.
fn work(core: &mut Core, turns: &mut Turns, announce: &Announce) -> bool {
    let begun = Instant::now();
    loop {
        let arrival = turns.next(|session| core.spent(session));
        let took = arrival.is_some();
        if let Some(arrival) = arrival {
            let (session, since) = (turns::session_of(&arrival.event), Instant::now());
            take(core, arrival.open(), announce);
            if let Some(session) = session {
                core.charge(session, since.elapsed());
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

fn take(core: &mut Core, event: network::Event, announce: &Announce) {
    if let network::Event::Listening { address } = &event {
        announce(&format!("listening {address}"));
    }
    core.on_event(event);
}

/// The thread that keeps the index in step with the store, behind the acknowledgement. The index's own threads are started
/// from it, and inherit how far it stands back.
fn spawn_index(
    office: Arc<Office>,
    stopping: Arc<AtomicBool>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("index".to_owned()).spawn(move || {
        // To Linux, and to no other system, it is the calling thread that this is said of.
        #[cfg(target_os = "linux")]
        if let Err(error) = rustix::process::setpriority_process(None, INDEX_NICE) {
            tracing::debug!("the index does not stand back: {error}");
        }
        let (mut seen, mut behind) = (0, None::<Instant>);
        while !stopping.load(Ordering::Acquire) {
            let now = office.arrivals();
            if now > office.finder().cursor() {
                let since = *behind.get_or_insert_with(Instant::now);
                // While entries pour in, the core needs the processor more than the index does.
                if (now.saturating_sub(seen) <= TRICKLE || since.elapsed() >= INDEX_LAG)
                    && let Err(error) = office.index()
                {
                    tracing::error!("the search index fell behind: {error}");
                    std::thread::sleep(TICK);
                }
            } else {
                behind = None;
            }
            seen = now;
            std::thread::sleep(INDEX_EVERY);
        }
    })
}
