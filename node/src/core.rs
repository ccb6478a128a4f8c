//! The one place that owns the replica and performs its effects.
//!
//! ```text
//! network events ─► on_event ─► Replica::handle ─► effects ─► ledger · network
//! clerk's work   ─► work     ─► Desk (sign, journal, fsync, store) ─► Replica::handle(Appended) ─► network
//! ```
//!
//! A [`Core`] stands behind one lock. It never waits for a peer: what does not fit into a session's queue stays in
//! `serving` until the network says that there is room.

mod carrying;
mod contacts;
mod dialing;
mod events;
mod evidence;
mod figures;
mod files;
mod limits;
mod line;
mod meetings;
mod pace;
mod packed;
mod pausing;
mod purses;
mod receipts;
mod returning;
mod serving;
mod soundness;
mod telling;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use market::{Authored, BackupPlan, BackupSource, Desk, Identity, Ledger, Library};
use network::Channel;
use protocol::{Entry, LogId, PublicKey, Redemption, Verb};
use replica::{Abroad, Effect, Input, Replica};

use crate::ahead::LetIn;
use crate::arrivals::Arrivals;
use crate::config::Config;
use crate::filing::Filing;
use crate::hours::Hours;
use crate::import::kept::Tables;
use contacts::Remembered;
use dialing::Dialing;
pub use dialing::Heard;
use evidence::Evidence;
use meetings::Rates;
use pausing::Pausing;
use purses::Purses;
use returning::Returning;
use serving::Serving;
use soundness::Soundness;
use telling::Telling;

pub use carrying::Brought;
pub use figures::CoreFigures;
pub use meetings::Meeting;
pub use pausing::NotPaused;

/// The name and version that peers and operators see.
pub const AGENT: &str = concat!("lianshi/", env!("CARGO_PKG_VERSION"));

/// Milliseconds since 1970, this machine's clock.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How the store of a home is opened.
pub fn storage_options(config: &Config) -> storage::Options {
    storage::Options {
        cache_capacity: config.storage.cache_mib.max(8) << 20,
        floor_bytes: config.storage.floor_mib << 20,
    }
}

/// A node's state and its hands.
pub struct Core {
    identity: Arc<Identity>,
    ledger: Ledger,
    replica: Replica,
    library: Arc<Library>,
    files: Arc<Filing>,
    tables: Tables,
    checks: files::Checks,
    network: Option<network::Handle>,
    /// On which channel it calls.
    channel: Channel,
    let_in: LetIn,
    serving: Serving,
    purses: Purses,
    /// When it was opened: what the purses' times are since.
    opened: Instant,
    dialing: Dialing,
    heard: Heard,
    returning: Returning,
    remembered: Remembered,
    addresses: Vec<String>,
    /// What others are told in place of these.
    announced: Vec<String>,
    /// When entries pass on the line, and whether they do now.
    hours: Hours,
    line_open: bool,
    arrivals: Arc<Arrivals>,
    nodes: Arc<AtomicUsize>,
    last_success: BTreeMap<PublicKey, i64>,
    last_failure: BTreeMap<PublicKey, String>,
    /// Whom it does not meet for now, what peers did, and how fast they are.
    pausing: Pausing,
    evidence: Evidence,
    rates: Rates,
    mended: Option<String>,
    soundness: Soundness,
    /// How this node is, as others are told. None where it is a guest.
    telling: Option<Telling>,
    /// The store did not take what came last.
    unstored: bool,
}

impl Core {
    /// Opens the node of a home.
    ///
    /// # Errors
    /// When there is none, another process holds it, or its files are damaged beyond mending.
    pub fn open(home: &Path, config: &Config) -> anyhow::Result<Self> {
        Self::over(home, config, Arc::new(Identity::read(home)?), None)
    }

    /// Opens what this node holds of another network, in a folder of its own: it takes in, passes on and writes nothing.
    ///
    /// # Errors
    /// As [`Core::open`].
    pub fn open_abroad(
        folder: &Path,
        config: &Config,
        identity: Identity,
        abroad: Abroad,
    ) -> anyhow::Result<Self> {
        Self::over(folder, config, Arc::new(identity), Some(abroad))
    }

    fn over(
        home: &Path,
        config: &Config,
        identity: Arc<Identity>,
        abroad: Option<Abroad>,
    ) -> anyhow::Result<Self> {
        let options = storage_options(config);
        let mut opened = Ledger::open(&home.join("data"), options, identity.opener())?;
        let mut me = identity.me(config.subscription()?, AGENT.to_owned());
        let gives = abroad.as_ref().map(|abroad| Arc::clone(&abroad.gives));
        me.abroad = abroad;
        me.allowance = config.storage.allowance();
        opened.ledger.owned_by(identity.node.public(), identity.institution.id());
        let (mut replica, purged) = limits::begin(&me, &mut opened.ledger)?;
        replica.handle(Input::Circles(opened.ledger.circles()?), now_ms());
        let library = Library::new(opened.ledger.store(), replica.roster().clone());
        let library = Arc::new(match &gives {
            Some(gives) => library.through(Arc::clone(gives)),
            None => library,
        });
        let announced = config.network.announced(&identity.node.public().0)?;
        let arrivals = Arc::new(Arrivals::new(opened.ledger.arrivals()));
        let mut dialing = Dialing::new(identity.bootstrap.iter().chain(&config.network.bootstrap))
            .spread(&identity.node.public());
        dialing.spare(serving::directory(&opened.ledger, &identity)?);
        let mut core = Self {
            identity,
            ledger: opened.ledger,
            replica,
            library,
            files: Arc::new(Filing::of(home, config)),
            tables: Tables::of(home),
            checks: files::Checks::default(),
            network: None,
            channel: Channel::Own,
            let_in: LetIn::default(),
            serving: Serving::default(),
            purses: Purses::default(),
            opened: Instant::now(),
            dialing,
            heard: Heard::default(),
            returning: if gives.is_some() { Returning::never() } else { Returning::begin() },
            remembered: Remembered::default(),
            addresses: Vec::new(),
            announced,
            hours: config.line.hours()?,
            line_open: true,
            arrivals,
            nodes: Arc::default(),
            last_success: BTreeMap::new(),
            last_failure: BTreeMap::new(),
            pausing: Pausing::of(home),
            evidence: Evidence::of(home),
            rates: Rates::default(),
            mended: opened.mended,
            soundness: Soundness::default(),
            telling: gives.is_none().then(|| Telling::of(home, config)),
            unstored: false,
        };
        core.note_purged(&purged);
        core.recall_statuses();
        core.recall_conduct();
        core.recall_pauses();
        Ok(core)
    }

    /// The reading side, for other threads.
    pub fn library(&self) -> Arc<Library> {
        Arc::clone(&self.library)
    }

    /// The files of listings.
    pub fn files(&self) -> Arc<Filing> {
        Arc::clone(&self.files)
    }

    /// The present moment, for a backup.
    pub fn backup_plan(&self) -> BackupPlan {
        self.ledger.backup_plan()
    }

    /// Reads what a moment names, beside the core.
    pub fn backup_source(&self) -> BackupSource {
        self.ledger.backup_source()
    }

    /// Counts documents as they arrive or change; the index catches up to it.
    pub fn arrivals(&self) -> Arc<Arrivals> {
        Arc::clone(&self.arrivals)
    }

    /// Who this node is.
    pub fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity)
    }

    /// The replica, to read.
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Goes on with the certificate that lies in the home now, for the same node key.
    ///
    /// # Errors
    /// When it is another node's, or does not read.
    pub fn renew(&mut self, home: &Path) -> market::Result<Arc<Identity>> {
        let identity = Arc::new(Identity::read(home)?);
        if identity.node.public() != self.identity.node.public() {
            return Err(market::MarketError::Identity {
                path: home.display().to_string(),
                why: "the node's key has changed; stop the node and start it again".to_owned(),
            });
        }
        self.replica.renew(identity.certificate.clone());
        self.identity = Arc::clone(&identity);
        Ok(identity)
    }

    /// Names the numbering of arrivals.
    ///
    /// # Errors
    /// When the store fails.
    pub fn numbering(&mut self) -> market::Result<u64> {
        self.ledger.numbering()
    }

    /// The certificates that opened the logs held here.
    pub fn certificates(&self) -> impl Iterator<Item = &protocol::NodeCertificate> {
        self.ledger.certificates()
    }

    /// One entry of a log, when it is held.
    ///
    /// # Errors
    /// When the store fails.
    pub fn read_one(&self, log: &LogId, seq: u64) -> market::Result<Vec<Entry>> {
        let mut found = Vec::new();
        // The opening comes along: it holds the certificate of the node that signed.
        for place in [1, seq] {
            self.ledger.read_log(log, place - 1, place, |entry| {
                found.push(entry);
                true
            })?;
        }
        Ok(found)
    }

    /// Gives the core its network, and the list of sessions whose runs are opened ahead.
    pub fn connect(&mut self, network: network::Handle, let_in: LetIn) {
        self.connect_on(network, Channel::Own, let_in);
    }

    /// The same, on the channel of another network.
    pub fn connect_on(&mut self, network: network::Handle, channel: Channel, let_in: LetIn) {
        self.network = Some(network);
        self.channel = channel;
        self.let_in = let_in;
    }

    /// Gives the replica an input from beside the network.
    pub fn tell(&mut self, input: Input) {
        self.drive(input);
        self.pump();
    }

    /// Addresses that members of this network publish.
    ///
    /// # Errors
    /// When the store fails.
    pub fn directory(&self) -> market::Result<Vec<String>> {
        serving::directory(&self.ledger, &self.identity)
    }

    /// Those that are published from now on.
    pub fn heard(&self) -> Heard {
        self.heard.clone()
    }

    /// Further addresses to call when those known do not answer.
    pub fn spare(&mut self, addresses: Vec<String>) {
        self.dialing.spare(addresses);
    }

    /// Does a clerk's or operator's work and passes what was written on to the peers.
    ///
    /// # Errors
    /// Those of the work.
    pub fn work<T>(
        &mut self,
        work: impl FnOnce(&mut Desk<'_>) -> market::Result<(T, Vec<Authored>)>,
    ) -> market::Result<T> {
        let now_ms = now_ms();
        let mut desk =
            Desk { ledger: &mut self.ledger, identity: &self.identity, library: &self.library, now_ms };
        let (value, authored) = work(&mut desk)?;
        self.announce(authored);
        Ok(value)
    }

    /// Looks things up as the desk sees them; nothing is written.
    ///
    /// # Errors
    /// Those of the reading.
    pub fn read<T>(&mut self, read: impl FnOnce(&Desk<'_>) -> market::Result<T>) -> market::Result<T> {
        self.work(|desk| Ok((read(desk)?, Vec::new())))
    }

    fn announce(&mut self, authored: Vec<Authored>) {
        for Authored { log, entries } in authored {
            self.serving.log_grew(&log);
            self.drive(Input::Appended { log, entries });
        }
        self.note_arrivals();
        self.pump();
        // What was written here leaves at once; of more than a run for each peer the core's own loop takes care.
        for _ in 0..self.serving.sessions() {
            if !self.serve_one() {
                break;
            }
        }
    }

    fn note_arrivals(&self) {
        self.arrivals.set(self.ledger.arrivals(), self.replica.is_fetching());
    }

    /// Gives the replica one input and performs what it wants.
    fn drive(&mut self, input: Input) {
        let effects = self.replica.handle(input, now_ms());
        self.follow(effects);
    }

    fn follow(&mut self, mut effects: Vec<Effect>) {
        // Performing an effect can call for another input; it is taken after the effects before it.
        let mut later = Vec::new();
        while !effects.is_empty() {
            for effect in effects.drain(..) {
                if let Some(input) = self.perform(effect) {
                    later.push(input);
                }
            }
            for input in later.drain(..) {
                effects.extend(self.replica.handle(input, now_ms()));
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Send { session, frame } => {
                if !self.serving.queue(session, frame.to_bytes()) {
                    self.hang_up(session, "it has stopped reading what it is sent".to_owned());
                }
            }
            Effect::Serve { session, log, have, to } => self.serving.serve(session, log, have, to),
            Effect::Persist { run } => self.persist(&run),
            Effect::KeepCircle { id, known } => {
                if let Err(error) = self.ledger.keep_circle(&id, &known) {
                    tracing::error!("what is known of a sealed shelf could not be kept: {error}");
                }
            }
            Effect::Countersign { redemption } => return self.countersign(&redemption),
            Effect::Compare { session, run } => return self.compare(session, run),
            Effect::Forked { fork } => self.forked(&fork),
            Effect::Relimit { log } => return self.relimit(log),
            Effect::ReadSteps { epoch, after } => return self.read_steps(epoch, after),
            Effect::ReadPurges { after } => return self.read_purges(after),
            Effect::ReadBare { session, after } => return self.read_bare(session, after),
            Effect::Fill { log, entries } => self.fill(&log, &entries),
            Effect::ReadFile { session, ask } => self.serving.ask_file(session, ask),
            Effect::KeepPiece { file, offset, bytes, whole } => {
                return self.keep_piece((file, offset), &bytes, whole);
            }
            Effect::RosterChanged => self.library.set_roster(self.replica.roster().clone()),
            Effect::HangUp { session, reason } => {
                self.pump();
                self.hang_up(session, reason);
            }
            Effect::Report { session, what } => tracing::warn!(session, "{what}"),
        }
        None
    }

    fn persist(&mut self, run: &protocol::CheckedRun) {
        if let Err(error) = self.ledger.persist_run(run) {
            tracing::error!("entries from a peer could not be stored: {error}");
            self.unstored = true;
            self.start_over(&format!("entries from a peer could not be stored: {error}"));
            return;
        }
        self.serving.log_grew(&run.log);
        for checked in run.entries.iter().filter(|e| e.entry.header.verb == Verb::ADDRESSES) {
            let addresses = serving::addresses_in(&checked.entry, &self.identity);
            self.heard.add(&addresses);
            self.dialing.spare(addresses);
        }
        self.note_arrivals();
    }

    fn countersign(&mut self, redemption: &Redemption) -> Option<Input> {
        if !self.may_write() {
            self.returning.wait(redemption);
            return None;
        }
        let mut desk = Desk {
            ledger: &mut self.ledger,
            identity: &self.identity,
            library: &self.library,
            now_ms: now_ms(),
        };
        match desk.countersign(redemption) {
            Ok(Authored { log, entries }) => Some(Input::Appended { log, entries }),
            Err(error) => {
                tracing::error!("an invitation could not be countersigned: {error}");
                None
            }
        }
    }

    /// What the party of a session has spent of the core's time; `None` while it has to wait, since others are about.
    pub fn spent(&self, session: u64) -> Option<Duration> {
        self.purses.spent(&self.replica.answers_for_session(session), self.opened.elapsed())
    }

    /// Takes the time that something of a session took out of its party's purse.
    pub fn charge(&mut self, session: u64, took: Duration) {
        let party = self.replica.answers_for_session(session);
        self.purses.take(party, took, self.opened.elapsed());
    }

    /// True while something waits to be fsynced.
    pub fn is_dirty(&self) -> bool {
        self.ledger.is_dirty()
    }
}
