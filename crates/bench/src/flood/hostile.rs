//! The hostile member: a program that speaks the real protocol with a certificate that the roster admits, and means harm.
//!
//! It has its institution's root key, so it can certify as many nodes as it likes. It keeps nothing on disk, and all of it
//! runs on one core.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use market::Identity;
use network::{Config, Event, Events, Handle, SendOutcome, SessionId};
use protocol::{Credential, Frame, Hello, NodeCertificate, SecretKey, Shown, Subscription};
use serde_json::json;

use super::attack::{Attack, Mode};
use super::cores;
use crate::random::Random;

/// After a connection that came to nothing, before the next one: the other side's door opens twice a second at most.
const PAUSE: Duration = Duration::from_millis(5);

/// What `flood` tells it.
#[derive(clap::Args, Debug)]
pub struct HostileArgs {
    /// A home whose institution the roster admits.
    #[arg(long)]
    home: PathBuf,
    /// Whom to flood.
    #[arg(long)]
    target: String,
    /// How.
    #[arg(long, value_enum)]
    mode: Mode,
    /// The core to keep to.
    #[arg(long)]
    core: usize,
    /// For how long.
    #[arg(long)]
    seconds: u64,
}

/// What it did.
#[derive(Default)]
struct Done {
    frames: AtomicU64,
    bytes: AtomicU64,
    sessions: AtomicU64,
    refused: AtomicU64,
    begun: AtomicBool,
}

/// Floods for the time given. Prints `begun` with the first frame beyond the hello, and what it did at its end.
///
/// # Errors
/// When it has no identity, or never got in.
pub fn run(args: &HostileArgs) -> anyhow::Result<()> {
    cores::pin(args.core)?;
    let institution = Arc::new(Institution::read(&args.home)?);
    let done = Arc::new(Done::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut nodes = tokio::task::JoinSet::new();
        for (n, modes) in args.mode.nodes().into_iter().enumerate() {
            let (institution, done) = (Arc::clone(&institution), Arc::clone(&done));
            let (target, mints) = (args.target.clone(), args.mode == Mode::Mix);
            nodes.spawn(async move {
                let mut key = institution.node_key()?;
                for life in 0_u64.. {
                    let seed = (n as u64) << 32 | life;
                    node(&institution, &key, &target, &modes, Random::new(seed), &done).await?;
                    if mints {
                        key = institution.node_key()?;
                    }
                }
                anyhow::Ok(())
            });
        }
        let _ = tokio::time::timeout(Duration::from_secs(args.seconds), nodes.join_all()).await;
    });
    ensure!(done.begun.load(Ordering::Relaxed), "it was never let in");
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let (frames, bytes) = (read(&done.frames), read(&done.bytes));
    println!(
        "{}",
        json!({ "frames": frames, "bytes": bytes, "sessions": read(&done.sessions), "refused": read(&done.refused) })
    );
    // The sockets close with the process.
    std::process::exit(0);
}

/// An institution that certifies nodes at will.
struct Institution {
    identity: Identity,
    root: SecretKey,
}

impl Institution {
    fn read(home: &Path) -> anyhow::Result<Self> {
        let identity = Identity::read(home)?;
        let root = identity.root.clone().context("the home has no root key")?;
        Ok(Self { identity, root })
    }

    fn node_key(&self) -> anyhow::Result<SecretKey> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(SecretKey::from_seed(&seed))
    }

    fn certify(&self, key: &SecretKey) -> NodeCertificate {
        let mut body = self.identity.certificate.body.clone();
        body.node = key.public();
        NodeCertificate::issue(body, &self.identity.network(), &self.root, key)
    }
}

/// One life of one node: it connects until it has been refused, or its session has ended otherwise.
async fn node(
    of: &Institution,
    key: &SecretKey,
    target: &str,
    modes: &[Mode],
    random: Random,
    done: &Done,
) -> anyhow::Result<()> {
    let certificate = of.certify(key);
    let network = of.identity.network();
    let (handle, mut events) = network::start(Config::new(key.seed()))?;
    let hello = Hello {
        network,
        shown: Shown::InFull(Credential::Certificate(Box::new(certificate.clone()))),
        subscription: Subscription::everything(),
        agent: "flood".to_owned(),
    };
    let mut attack = Attack::new(modes.to_vec(), network, key.clone(), certificate, random);
    loop {
        handle.dial(target, None)?;
        match events.recv().await {
            Some(Event::Connected { session, .. }) => {
                done.sessions.fetch_add(1, Ordering::Relaxed);
                handle.answers(session, None);
                count(done, &handle, session, Frame::Hello(Box::new(hello.clone())).to_bytes());
                session_of(&handle, &mut events, session, &mut attack, done).await;
                break;
            }
            Some(_) => tokio::time::sleep(PAUSE).await,
            None => break,
        }
    }
    handle.shutdown().await;
    Ok(())
}

fn count(done: &Done, handle: &Handle, session: SessionId, frame: Vec<u8>) -> Option<SendOutcome> {
    let size = frame.len() as u64;
    let sent = handle.send(session, frame);
    if sent == SendOutcome::Queued {
        done.frames.fetch_add(1, Ordering::Relaxed);
        done.bytes.fetch_add(size, Ordering::Relaxed);
        return None;
    }
    Some(sent)
}

/// Sends without end until the session has ended.
async fn session_of(
    handle: &Handle,
    events: &mut Events,
    session: SessionId,
    attack: &mut Attack,
    done: &Done,
) {
    let mut waiting: Option<Vec<u8>> = None;
    let mut let_in = false;
    loop {
        let event = match (let_in, &waiting) {
            (true, None) => events.try_recv().ok(),
            _ => match events.recv().await {
                Some(event) => Some(event),
                None => return,
            },
        };
        match event {
            Some(Event::Frame { bytes, .. }) => {
                match bytes.first() {
                    // The hello; it is answered only where nothing is refused.
                    Some(1) => let_in = true,
                    Some(2) => drop(done.refused.fetch_add(1, Ordering::Relaxed)),
                    _ => attack.hear(&bytes),
                }
                continue;
            }
            Some(Event::Closed { .. }) => return,
            Some(Event::Drained { .. }) => {
                waiting = waiting.and_then(|frame| match count(done, handle, session, frame) {
                    Some(SendOutcome::Full(frame)) => Some(frame),
                    _ => None,
                });
                continue;
            }
            Some(_) => continue,
            None => {}
        }
        let Some(frame) = attack.next() else {
            begin(done);
            handle.hang_up(session, "flood");
            while !matches!(events.recv().await, Some(Event::Closed { .. }) | None) {}
            return;
        };
        begin(done);
        if let Some(SendOutcome::Full(frame)) = count(done, handle, session, frame) {
            waiting = Some(frame);
        }
        tokio::task::yield_now().await;
    }
}

fn begin(done: &Done) {
    if !done.begun.swap(true, Ordering::Relaxed) {
        println!("begun");
    }
}
