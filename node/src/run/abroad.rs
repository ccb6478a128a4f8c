//! The thread that opens, feeds and closes what other networks give, as the roster says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use network::Channel;
use protocol::{Hash, NetworkId, Peer, PublicKey, Roster, Side};
use replica::{Abroad, Input};
use tokio::sync::Notify;

use super::threads::spawn_core;
use super::{Announce, filing};
use crate::abroad::{FOLDER, Market, folder};
use crate::ahead::{LetIn, Routes};
use crate::core::{Heard, NotPaused, now_ms};
use crate::notify::Heart;
use crate::office::Office;

/// It looks at the roster, and whether anything came, this often.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A market that does not open, or whose store was damaged, is opened again after this long.
const AGAIN: Duration = Duration::from_secs(5);
/// Until where what a network gives is in the index: the terms that it was taken under, and the number of arrivals.
const FOUND: &str = "found";

/// A market that is open.
struct Open {
    market: Arc<Market>,
    terms: Hash,
    /// Whether this node is one of this network's gateways.
    gateway: bool,
    /// Whether the other network has the same agreement in force: else nothing of it is shown.
    shown: bool,
    /// The roster there as it was seen last.
    roster: Arc<Roster>,
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

struct Traveller {
    office: Arc<Office>,
    /// Addresses that members of this network publish: who holds the same is called there too.
    heard: Heard,
    handle: network::Handle,
    routes: Routes,
    open: BTreeMap<NetworkId, Open>,
    failed: BTreeMap<NetworkId, Instant>,
    /// Networks by whose rosters the own core judges who stands in for their gateways.
    judged: BTreeSet<NetworkId>,
    /// This network's roster as it was seen last.
    roster: Option<Arc<Roster>>,
}

/// Starts it; to be called within the runtime.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn spawn_abroad(
    office: Arc<Office>,
    handle: network::Handle,
    routes: Routes,
    stopping: Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Handle::current();
    std::thread::Builder::new().name("abroad".to_owned()).spawn(move || {
        let _within = runtime.enter();
        let heard = office.core().heard();
        let mut traveller = Traveller {
            office,
            heard,
            handle,
            routes,
            open: BTreeMap::new(),
            failed: BTreeMap::new(),
            judged: BTreeSet::new(),
            roster: None,
        };
        while !stopping.load(Ordering::Acquire) {
            traveller.look();
            std::thread::sleep(LOOK_EVERY);
        }
        let open: Vec<NetworkId> = traveller.open.keys().copied().collect();
        open.iter().for_each(|network| traveller.close(network));
    })
}

impl Traveller {
    fn look(&mut self) {
        let roster = self.office.library().roster();
        // What was published before a market is opened is in the directory that it begins with.
        let published = self.heard.take();
        let changed = self.roster.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &roster));
        if roster.peers.is_empty() && self.open.is_empty() {
            self.roster = Some(roster);
            return;
        }
        if changed {
            self.listen(&roster);
        }
        self.reconcile(&roster);
        for open in self.open.values_mut() {
            if changed {
                open.market.office.core().tell(Input::Home(Arc::clone(&roster)));
            }
            if !published.is_empty() {
                open.market.office.core().spare(published.clone());
            }
            if let Err(why) = heed_pause(&self.office, &open.market.office) {
                tracing::error!("a peer market does not pause or go on with this node: {why:?}");
            }
            if let Err(error) = open.show(&self.office).and_then(|()| open.feed(&self.office)) {
                tracing::error!("the search index fell behind with a peer market: {error:#}");
            }
        }
        self.roster = Some(roster);
    }

    /// Other networks' gateways call on the channel that has this network's name, nodes of this one on that of the others. While an
    /// agreement is suspended, and after its end, they still do: by the roster they hear of it.
    fn listen(&self, roster: &Roster) {
        let own = Channel::Of(roster.network.0);
        let gives = |peer: &Peer| peer.takes().is_some_and(|side| !side.gives.is_empty());
        if !roster.peers.values().any(gives) {
            return self.handle.close_channel(own);
        }
        if let Err(error) = self.handle.open_channel(own) {
            tracing::error!("other networks cannot call: {error}");
        }
    }

    fn reconcile(&mut self, roster: &Arc<Roster>) {
        let now = now_ms();
        let wants =
            |peer: &Peer| peer.is_open(now) && peer.gives().is_some_and(|side| !side.gives.is_empty());
        let wanted: BTreeMap<NetworkId, &Peer> =
            roster.peers.iter().filter(|(_, peer)| wants(peer)).map(|(id, peer)| (*id, peer)).collect();
        let is_old = |id: &NetworkId, open: &Open| {
            let same = |peer: &&Peer| {
                peer.terms.id() == open.terms && self.office.is_gateway(peer, roster) == open.gateway
            };
            !wanted.get(id).is_some_and(same) || open.is_condemned()
        };
        let old: Vec<NetworkId> =
            self.open.iter().filter(|(id, open)| is_old(id, open)).map(|(id, _)| *id).collect();
        old.iter().for_each(|id| self.close(id));
        for (id, peer) in &wanted {
            let waits = self.failed.get(id).is_some_and(|since| since.elapsed() < AGAIN);
            if !self.open.contains_key(id) && !waits {
                self.failed.remove(id);
                if let Err(error) = self.travel(id, peer, roster) {
                    self.handle.close_channel(Channel::Of(id.0));
                    self.routes.remove(Channel::Of(id.0));
                    tracing::error!("what {} gives cannot be opened: {error:#}", peer.charter.name_zh);
                    self.failed.insert(*id, Instant::now());
                }
            }
        }
        for (id, peer) in roster.peers.iter().filter(|(id, _)| !wanted.contains_key(*id)) {
            if self.failed.get(id).is_some_and(|since| since.elapsed() < AGAIN) {
                continue;
            }
            let done = self.forget(id, peer, roster).and_then(|()| self.remember(id, peer, roster));
            if let Err(error) = done {
                self.failed.insert(*id, Instant::now());
                tracing::error!(
                    "what {} gave cannot be taken out of the index: {error:#}",
                    peer.charter.name_zh
                );
            }
        }
    }

    /// Opens what a network gives, and begins to exchange.
    fn travel(&mut self, id: &NetworkId, peer: &Peer, home: &Arc<Roster>) -> anyhow::Result<()> {
        let office = Arc::new(self.office(id, peer, home)?);
        let stopping = Arc::new(AtomicBool::new(false));
        let (let_in, channel) = (LetIn::default(), Channel::Of(id.0));
        self.handle.open_channel(channel)?;
        let comings = self.routes.add(channel, *id, let_in.clone())?;
        let published = self.office.core().directory()?;
        heed_pause(&self.office, &office).map_err(|why| anyhow::anyhow!("{why:?}"))?;
        {
            let mut core = office.core();
            core.connect_on(self.handle.clone(), channel, let_in);
            core.spare(published);
        }
        let quiet: Announce = Arc::new(|_: &str| {});
        // Where its store was found damaged, its thread ends, and it is opened anew; the node goes on.
        let stop = (Arc::new(Notify::new()), Arc::clone(&stopping));
        let core = spawn_core(Arc::clone(&office), comings, Heart::default(), stop, quiet)?;
        let files = filing::spawn_filing(Arc::clone(&office), Arc::clone(&stopping))?;
        let terms = peer.terms.id();
        let found = read_found(office.home(), &terms);
        let market = Arc::new(Market::new(*id, peer.clone(), office, found));
        let roster = market.office.library().roster();
        tracing::info!("exchanging with {}", peer.charter.name_zh);
        let threads = vec![core, files];
        self.judge_by(&roster);
        let gateway = self.office.is_gateway(peer, home);
        self.open.insert(*id, Open { market, terms, gateway, shown: false, roster, stopping, threads });
        Ok(())
    }

    fn office(&self, id: &NetworkId, peer: &Peer, roster: &Arc<Roster>) -> anyhow::Result<Office> {
        let abroad = Abroad::new(Arc::clone(roster), peer.terms.clone(), id)
            .ok_or_else(|| anyhow::anyhow!("the agreement names other networks"))?;
        let own = self.office.identity();
        // A gateway calls the other network's gateways, everyone else this one's.
        let ours = peer.takes().filter(|_| !self.office.is_gateway(peer, roster));
        let called = ours.or(peer.gives()).map(|side| addresses(side, &own.node.public()));
        let identity = own.abroad(peer.charter.clone(), called.unwrap_or_default());
        let folder = folder(self.office.home(), id);
        std::fs::create_dir_all(&folder)?;
        Office::open_abroad(&folder, &self.office, identity, abroad)
    }

    /// Has the own core judge by a roster who stands in for the gateways of its network.
    fn judge_by(&mut self, roster: &Arc<Roster>) {
        self.judged.insert(roster.network);
        self.office.core().tell(Input::Foreign(Arc::clone(roster)));
    }

    /// While an agreement is suspended, who stands in for the other network's gateways still hears of it here: judged by its roster
    /// as it was held last.
    fn remember(&mut self, id: &NetworkId, peer: &Peer, roster: &Arc<Roster>) -> anyhow::Result<()> {
        let named = peer.gives().is_some_and(|side| !side.institutions.is_empty());
        if named && !self.judged.contains(id) && folder(self.office.home(), id).exists() {
            let held = self.office(id, peer, roster)?.library().roster();
            self.judge_by(&held);
        }
        Ok(())
    }

    /// Ends the exchange with a network. What it gave stays on disk and is shown no more.
    fn close(&mut self, id: &NetworkId) {
        let Some(open) = self.open.remove(id) else { return };
        self.office.markets_held().remove(id);
        self.office.finder().touch();
        self.handle.close_channel(Channel::Of(id.0));
        self.routes.remove(Channel::Of(id.0));
        open.stopping.store(true, Ordering::Release);
        for thread in open.threads {
            // A panic in it has been reported where it happened.
            let _ = thread.join();
        }
        open.market.office.core().close();
    }

    /// Takes out of the index what a network gave with which nothing is exchanged.
    fn forget(&self, id: &NetworkId, peer: &Peer, roster: &Arc<Roster>) -> anyhow::Result<()> {
        let found = folder(self.office.home(), id).join(FOUND);
        if !found.exists() {
            return Ok(());
        }
        let office = self.office(id, peer, roster)?;
        self.office.finder().forget_abroad(office.library())?;
        std::fs::remove_file(found)?;
        tracing::info!("what {} gave is no longer found", peer.charter.name_zh);
        Ok(())
    }
}

/// Pauses what is exchanged with another network while this node works offline, and lifts that with it.
fn heed_pause(own: &Office, market: &Office) -> Result<(), NotPaused> {
    let of = |office: &Office| office.core().pauses().of_all(now_ms()).map(|pause| pause.until_ms);
    match (of(own), of(market)) {
        (wanted, has) if wanted == has => Ok(()),
        (Some(until_ms), _) => market.core().pause(None, until_ms),
        (None, _) => market.core().resume(None).map(drop),
    }
}

impl Open {
    fn is_condemned(&self) -> bool {
        self.threads.iter().any(JoinHandle::is_finished)
    }

    /// Shows what the network gives while its own roster has the same agreement in force; else hides it.
    fn show(&mut self, own: &Office) -> anyhow::Result<()> {
        let office = &self.market.office;
        let roster = office.library().roster();
        if !Arc::ptr_eq(&roster, &self.roster) {
            // Whom that network suspended is found no more, and no node of theirs stands in for a gateway.
            own.finder().touch();
            own.core().tell(Input::Foreign(Arc::clone(&roster)));
        }
        let there = roster.peers.get(&own.library().roster().network);
        let agreed = there.is_some_and(|peer| peer.is_active() && peer.terms.id() == self.terms);
        self.roster = roster;
        if agreed && !self.shown {
            own.markets_held().put(Arc::clone(&self.market));
            own.finder().touch();
        } else if !agreed {
            own.markets_held().remove(&self.market.network);
            if self.market.found() > 0 {
                own.finder().forget_abroad(office.library())?;
                std::fs::remove_file(office.home().join(FOUND))?;
                self.market.set_found(0);
            }
        }
        self.shown = agreed;
        Ok(())
    }

    /// Makes searchable what came.
    fn feed(&mut self, own: &Office) -> anyhow::Result<()> {
        let (office, known) = (&self.market.office, self.market.found());
        if self.shown && office.arrivals() > known {
            let found = own.finder().catch_up_abroad(office.library(), known)?;
            std::fs::write(office.home().join(FOUND), format!("{} {found}\n", self.terms))?;
            self.market.set_found(found);
        }
        Ok(())
    }
}

/// Where the gateways of a side are called. Where another node of the institution may have taken the place of one, whoever answers
/// there is asked, and shows by its certificate who it is.
fn addresses(side: &Side, me: &PublicKey) -> Vec<String> {
    let others = side.gateways.iter().filter(|gateway| gateway.node != *me);
    let called = |address: &String| match address.split_once("/p2p/") {
        Some((place, key)) if !side.institutions.is_empty() && !key.contains('/') => place.to_owned(),
        _ => address.clone(),
    };
    others.flat_map(|gateway| gateway.addresses.iter().map(called)).collect()
}

/// Up to where the index has what a network gives; 0 where that was under other terms.
fn read_found(folder: &Path, terms: &Hash) -> u64 {
    let text = std::fs::read_to_string(folder.join(FOUND)).unwrap_or_default();
    let (under, found) = text.trim().split_once(' ').unwrap_or_default();
    if under == terms.to_string() { found.parse().unwrap_or_default() } else { 0 }
}

/// The index is begun anew: what of other networks was in it is to be taken in again.
pub fn begin_anew(home: &Path) {
    let folders = std::fs::read_dir(home.join(FOLDER)).into_iter().flatten().flatten();
    for folder in folders {
        // Where there is none, nothing was in the index.
        let _ = std::fs::remove_file(folder.path().join(FOUND));
    }
}
