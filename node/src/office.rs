//! The node's office: everything that the command line, the pages and the control socket ask for, answered in one place.
//!
//! Reads go to the library and the index, beside the core; writes take the core's lock for as long as they take.

mod accounts;
mod acts;
mod alike;
mod answers;
mod asked;
mod attachments;
mod audit;
mod backup;
mod bundle;
mod changes;
mod choices;
mod columns;
mod disclosure;
mod documents;
mod drafts;
mod editing;
mod enquiries;
mod examine;
mod failure;
mod following;
mod forks;
mod governing;
mod harvested;
mod json;
mod nodes;
mod own;
mod peering;
mod peers;
mod profile;
mod proof;
mod request;
mod roster;
mod rows;
mod statements;
mod statistics;
mod tables;
mod terms;
mod tokens;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};

use market::{AuditLog, BackupSource, Finder, Hidden, Identity, Library, Listing};
use protocol::{LogId, MemberState, Visibility};

use crate::abroad::{Market, Markets};
use crate::arrivals::Arrivals;
use crate::config::Config;
use crate::core::{Core, CoreFigures, now_ms};
use crate::filing::Filing;
use crate::outgoing::Outgoing;

pub(crate) use acts::{act, file_named};
pub use answers::{kind_of, region_code};
pub use attachments::describe;
pub use audit::AuditAsk;
pub(crate) use audit::{note_restored, this_user};
pub use bundle::{Carriage, Stretch, Tally, damaged, manifest_in};
pub(crate) use changes::{sets_status, step_of};
pub use enquiries::EnquiryAsk;
pub use failure::{Failure, exit};
pub use following::{CATCH_UP, Mark};
pub use governing::Unsigned;
pub use harvested::{Became, Coming, Taken};
pub use json::{day_ms, kind_id, of_value, peer_state, text_of, this_year, time as time_text, to_value};
pub use peering::{PeerMove, PeeringAsk, held_of, pattern_text};
pub(crate) use peering::{last_day, side_json};
pub use peers::PeerAsk;
pub use profile::{ProfileAsk, judge_text};
pub use request::{AccountAsk, MoveTo, Reply, Request, Saying, TokenAsk};
pub use roster::{Ask, MAX_INVITATION_DAYS, Motion, steps_of_file};
pub use rows::{Change, Row, RowOutcome, TableAsk};
pub use statements::Told;
pub use statistics::{Asked, CLAIM, Covered, claim_in};
pub use terms::{Offer, mappings_in};

/// The store of a peer market has one part in so many of the memory that the node's own has.
const ABROAD_CACHE_SHARE: u64 = 4;
/// A writer that waits looks this often whether it may.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(20);

/// An open node.
pub struct Office {
    home: PathBuf,
    config: Config,
    /// Who waits for the core stands here, so that whoever has it and wants it again comes after: locks are not fair.
    gate: Mutex<()>,
    core: Mutex<Core>,
    arrivals: Arc<Arrivals>,
    nodes: Arc<AtomicUsize>,
    library: Arc<Library>,
    finder: Arc<Finder>,
    backup: BackupSource,
    files: Arc<Filing>,
    outgoing: Arc<Outgoing>,
    /// Who did what; what another network gives has none.
    audit: Option<AuditLog>,
    statistics: market::Statistics,
    changes: market::Changes,
    identity: RwLock<Arc<Identity>>,
    started_ms: i64,
    web: OnceLock<String>,
    /// Proves that whoever makes the first account in a browser could read this node's terminal or socket.
    setup_key: String,
    /// Rung when something was changed of the sources that are harvested.
    harvest_bell: tokio::sync::Notify,
    running: bool,
    /// What peer markets give.
    markets: Markets,
    /// Where this is a peer market: the office of this node's own network.
    host: Option<Weak<Office>>,
}

impl Office {
    /// Opens the node of a home. `running` says whether it will serve peers and pages.
    ///
    /// # Errors
    /// When there is none, another process holds it, or it cannot be read.
    pub fn open(home: &Path, config: Config, running: bool) -> anyhow::Result<Self> {
        let mut core = Core::open(home, &config)?;
        let finder = Finder::open(&home.join("index"), core.numbering()?)?;
        if let Some(why) = finder.rebuilt() {
            tracing::info!("the search index is built anew: {why}");
            crate::run::begin_anew(home);
        }
        // Behind the core, which holds the home's lock.
        let audit = audit::open(home, &config)?;
        Ok(Self { audit: Some(audit), ..Self::over(home, config, core, Arc::new(finder), running, None)? })
    }

    /// Opens what another network gives, in a folder of its own; it is found through the index of `host`.
    ///
    /// # Errors
    /// As [`Office::open`].
    pub fn open_abroad(
        folder: &Path,
        host: &Arc<Self>,
        identity: Identity,
        abroad: replica::Abroad,
    ) -> anyhow::Result<Self> {
        let mut config = host.config.clone();
        config.network.bootstrap.clear();
        config.storage.cache_mib /= ABROAD_CACHE_SHARE;
        let core = Core::open_abroad(folder, &config, identity, abroad)?;
        let finder = Arc::clone(&host.finder);
        Self::over(folder, config, core, finder, host.running, Some(Arc::downgrade(host)))
    }

    fn over(
        home: &Path,
        config: Config,
        core: Core,
        finder: Arc<Finder>,
        running: bool,
        host: Option<Weak<Self>>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            home: home.to_owned(),
            library: core.library(),
            backup: core.backup_source(),
            files: core.files(),
            outgoing: Arc::new(Outgoing::of(&config)?),
            audit: None,
            statistics: market::Statistics::default(),
            changes: market::Changes::default(),
            identity: RwLock::new(core.identity()),
            gate: Mutex::new(()),
            arrivals: core.arrivals(),
            nodes: core.nodes(),
            core: Mutex::new(core),
            finder,
            started_ms: now_ms(),
            web: OnceLock::new(),
            setup_key: data_encoding::HEXLOWER.encode(&market::random::<16>()?),
            config,
            harvest_bell: tokio::sync::Notify::new(),
            running,
            markets: Markets::default(),
            host,
        })
    }

    /// The peer markets whose listings are held here.
    pub fn markets_held(&self) -> &Markets {
        &self.markets
    }

    /// The same, as they are now.
    pub fn markets(&self) -> Vec<Arc<Market>> {
        self.markets.all()
    }

    /// Where this is a peer market: the office of this node's own network.
    pub fn host(&self) -> Option<Arc<Self>> {
        self.host.as_ref().and_then(Weak::upgrade)
    }

    /// The home's folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// A folder of the home for what is put together and not kept.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn scratch(&self) -> std::io::Result<PathBuf> {
        let folder = self.home.join("scratch");
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The core, locked.
    pub fn core(&self) -> MutexGuard<'_, Core> {
        let _next = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the store was found damaged: see [`Core::is_condemned`]. False where the core is not free within `patience`, as one
    /// that waits for a disk.
    pub fn is_condemned(&self, patience: std::time::Duration) -> bool {
        let begun = std::time::Instant::now();
        loop {
            match self.core.try_lock() {
                Ok(core) => return core.is_condemned(),
                Err(_) if begun.elapsed() >= patience => return false,
                Err(_) => std::thread::sleep(LOOK_EVERY),
            }
        }
    }

    /// Number of documents that arrived or changed so far.
    pub fn arrivals(&self) -> u64 {
        self.arrivals.count()
    }

    /// True while peers have been asked for more.
    pub fn more_come(&self) -> bool {
        self.arrivals.more_come()
    }

    /// The calling thread is woken when documents arrive.
    pub fn wake_for_arrivals(&self) {
        self.arrivals.wake_me();
    }

    /// Number of nodes whose logs are held.
    pub fn nodes(&self) -> usize {
        self.nodes.load(Ordering::Acquire)
    }

    /// The core, locked, to write with. A node that has just started first hears from a peer what it wrote before: see
    /// [`Core::may_write`].
    pub fn writing(&self) -> MutexGuard<'_, Core> {
        loop {
            let mut core = self.core();
            if core.may_write() {
                return core;
            }
            drop(core);
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The reading side.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// The files of listings.
    pub fn files(&self) -> &Filing {
        &self.files
    }

    /// The way out.
    pub fn outgoing(&self) -> &Arc<Outgoing> {
        &self.outgoing
    }

    /// The audit log; what another network gives has none.
    fn audit(&self) -> Option<&AuditLog> {
        self.audit.as_ref()
    }

    /// The search index.
    pub fn finder(&self) -> &Arc<Finder> {
        &self.finder
    }

    /// Who this node is.
    pub fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the identity anew, after its certificate was renewed. Sessions go on.
    fn renew(&self) -> Reply {
        let renewed = self.core().renew(&self.home)?;
        let until = json::time(renewed.certificate.body.not_after_ms);
        let serial = renewed.certificate.body.serial;
        *self.identity.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(serde_json::json!({ "v": 1, "serial": serial, "not_after": until }))
    }

    /// The configuration it was started with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// When it was opened, milliseconds since 1970.
    pub fn started_ms(&self) -> i64 {
        self.started_ms
    }

    /// Rung when something was changed of the sources that are harvested.
    pub fn harvest_bell(&self) -> &tokio::sync::Notify {
        &self.harvest_bell
    }

    /// Notes the web address once the pages are served.
    pub fn set_web(&self, address: String) {
        // Set once, by the one task that binds the port.
        let _ = self.web.set(address);
    }

    /// The web address, when pages are served.
    pub fn web(&self) -> Option<&str> {
        self.web.get().map(String::as_str)
    }

    /// Whether a listing belongs into lists and search results here: unless it was moved, the roster hides it, or a label
    /// that this node heeds does. What this node wrote before its admission is found at home already.
    pub fn shows(&self, listing: &Listing) -> bool {
        let own = Some(self.identity().certificate.body.institution);
        let admitted = listing.institution.is_some_and(|id| self.library.roster().members.contains_key(&id));
        let exempt = listing.institution == own && !admitted && listing.hidden == Some(Hidden::Unknown);
        let hidden = listing.hidden.is_some() && !exempt;
        // Where the store does not tell, the narrow side is right.
        !hidden && listing.continued_by.is_none() && matches!(self.screened(listing), Ok(None))
    }

    /// Whether it may stand on pages, which anyone may read.
    pub fn shows_publicly(&self, listing: &Listing) -> bool {
        listing.log.shelf.visibility == Visibility::Public && self.shows(listing)
    }

    /// Searches what is shown here: what the roster, or a label that this node heeds, hides takes no place among the results
    /// and is not counted.
    ///
    /// # Errors
    /// When the index cannot be read, or the page lies too deep.
    pub fn find(&self, query: search::Query) -> Result<search::Results, search::Error> {
        if let Some(host) = self.host() {
            return host.find(query);
        }
        let roster = self.library.roster();
        let gone = roster.members.iter().filter(|(_, member)| member.state != MemberState::Active);
        let hidden = roster.taken_down.keys().chain(roster.purged.keys());
        let (gone_abroad, hidden_abroad) = self.hidden_abroad();
        let hidden = hidden.map(ToString::to_string).chain(hidden_abroad);
        let query = search::Query {
            without_institutions: gone.map(|(id, _)| id.to_string()).chain(gone_abroad).collect(),
            without_ids: hidden.chain(query.without_ids).collect(),
            without_objected_by: self.heeded().iter().map(ToString::to_string).collect(),
            ..query
        };
        self.finder.index().search(&query)
    }

    /// Figures of the core.
    pub fn figures(&self) -> CoreFigures {
        self.core().figures()
    }

    /// Of the nodes connected now, how many say that they hold these logs up to these entries, and how many there are; nothing
    /// while the core is at work: a page does not wait for that.
    pub fn holders(&self, upto: &BTreeMap<LogId, u64>) -> Option<(usize, usize)> {
        let core = self.core.try_lock().ok()?;
        Some(core.holders(upto))
    }

    /// Makes everything that arrived searchable. A running node does so by itself.
    ///
    /// # Errors
    /// When the store or the index fails.
    pub fn index(&self) -> market::Result<u64> {
        self.finder.catch_up(&self.library)
    }
}
