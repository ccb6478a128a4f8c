//! A running node: peers, pages, control socket, index; started in this order and stopped in the other.

mod abroad;
mod filing;
mod syncer;
mod threads;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use network::Channel;
use tokio::sync::Notify;

use crate::ahead::{LetIn, Routes};
use crate::commands::{LOCK_PATIENCE, is_locked};
use crate::config::Config;
use crate::import::desk::Imports;
use crate::notify::{Heart, Supervisor};
use crate::office::Office;
use crate::{control, desk, open_files, site, watching};
pub use abroad::begin_anew;
use abroad::spawn_abroad;
use threads::{spawn_core, spawn_index, spawn_receipts};

/// The store of a home is tried this often while it is held.
const LOCK_EVERY: Duration = Duration::from_millis(100);

/// What was taken in is on disk within this long when the node ends; a slow disk under full load takes seconds.
const CLOSED_WITHIN: Duration = Duration::from_secs(30);
/// A page of a repository that is being taken in when the node ends is waited for this long.
const HARVEST_ENDING: Duration = Duration::from_secs(12);
/// The core's thread gives the core away many times within this long, unless it waits for the disk.
const CORE_PATIENCE: Duration = Duration::from_secs(2);

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
    office.note_start();
    let stopping = Arc::new(AtomicBool::new(false));
    let outcome = runtime.block_on(serve(Arc::clone(&office), home, stop, &stopping, Arc::clone(announce)));
    stopping.store(true, Ordering::Release);
    office.note_stop();
    let damaged = close(&office);
    let _ = std::fs::remove_file(control::socket_path(home));
    runtime.shutdown_timeout(Duration::from_secs(3));
    outcome.and(damaged)
}

/// Whatever was taken in is confirmed on disk before the process ends. True when the store was found damaged. A disk that does
/// not answer is not waited for: what was acknowledged is on it, and the rest comes again from peers.
fn close(office: &Arc<Office>) -> anyhow::Result<bool> {
    let (tell, told) = std::sync::mpsc::channel();
    let closing = Arc::clone(office);
    // It may wait for ever, and ends with the process.
    std::thread::Builder::new().name("close".to_owned()).spawn(move || tell.send(closing.core().close()))?;
    let late = "the disk does not answer: the node ends without it, and has lost nothing that it acknowledged; look at the disk before the next start";
    told.recv_timeout(CLOSED_WITHIN).context(late)
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
    let limits = network::Limits::default();
    let limits = network::Limits { inbound: open_files::connections(limits.inbound), ..limits };
    let (handle, events) = network::start(network::Config {
        limits,
        listen: config.network.listen.clone(),
        preferred_port: crate::home::preferred_port(home),
        bandwidth: config.line.bandwidth(),
        ..network::Config::new(office.identity().node.seed())
    })?;
    let let_in = LetIn::default();
    office.core().connect(handle.clone(), let_in.clone());
    let own = office.core().replica().network();
    let routes = Routes::default();
    let comings = routes.add(Channel::Own, own, let_in)?;
    routes.start(events, &own);
    let (supervisor, heart) = (Supervisor::of_this_process(), Heart::default());
    let core = spawn_core(
        Arc::clone(&office),
        comings,
        heart.clone(),
        (Arc::clone(stop), Arc::clone(stopping)),
        Arc::clone(&announce),
    )?;
    let index = spawn_index(Arc::clone(&office), Arc::clone(stopping))?;
    let receipts = spawn_receipts(Arc::clone(&office), Arc::clone(stopping))?;
    let files = filing::spawn_filing(Arc::clone(&office), Arc::clone(stopping))?;
    let abroad = spawn_abroad(Arc::clone(&office), handle.clone(), routes, Arc::clone(stopping))?;
    let [looking, telling] = watching::spawn(&office, stopping)?;
    let listener = tokio::net::TcpListener::bind(&config.web.listen)
        .await
        .map_err(|error| PagesRefused { listen: config.web.listen.clone(), what: error.to_string() })?;
    let address = format!("http://{}/", listener.local_addr()?);
    office.set_web(address.clone());
    announce(&format!("web {address}"));
    let (imports, importing) = Imports::start(Arc::clone(&office), Arc::clone(stopping))?;
    let (pages, desk) =
        (site::Site::new(Arc::clone(&office)), desk::Bench::new(Arc::clone(&office), imports));
    let router = web::router_with_desk(Arc::new(pages), Arc::new(desk), site::options(&office)?);
    if let Some(link) = office.setup_link() {
        announce(&format!("desk {link}"));
    }
    let ended = Arc::new(Notify::new());
    let pages = tokio::spawn({
        let ended = Arc::clone(&ended);
        async move { web::serve(listener, router, async move { ended.notified().await }).await }
    });
    let harvesting = tokio::spawn({
        let settings = config.web_out.settings(&config.web.email)?;
        let client = Arc::new(courier::Client::new(settings));
        crate::harvest::serve(Arc::clone(&office), client, Arc::clone(stopping))
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
    if !office.is_condemned(CORE_PATIENCE) {
        supervisor.stopping();
    }
    ended.notify_one();
    handle.shutdown().await;
    stopping.store(true, Ordering::Release);
    office.harvest_bell().notify_one();
    let _ = tokio::time::timeout(HARVEST_ENDING, harvesting).await;
    let _ = tokio::time::timeout(Duration::from_secs(2), pages).await;
    let threads = move || {
        let watching = (looking.join(), telling.join());
        let others = (abroad.join(), files.join(), watching);
        (core.join(), index.join(), receipts.join(), importing.join(), others)
    };
    let joined = tokio::task::spawn_blocking(threads);
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
