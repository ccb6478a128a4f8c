//! Other networks, as this node holds what they give: each in a folder of its own, under its own charter, beside what is this
//! network's.
//!
//! ```text
//! home/data, home/index           this network
//! home/peers/<network>/data       what another one gives; searched in the same index
//! ```
//!
//! Absent here: which agreements there are (the roster), what passes (the replica), when a folder is opened and closed
//! (`run::abroad`).

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use market::{Listing, MarketError};
use protocol::{DocumentId, InstitutionId, MemberState, NetworkId, Peer};

use crate::office::Office;

/// The folder of a home with what other networks give.
pub const FOLDER: &str = "peers";
/// Digits of a network's id that name its folder.
const DIGITS: usize = 16;

/// A peer market whose listings are held here.
pub struct Market {
    /// The network.
    pub network: NetworkId,
    /// What was agreed.
    pub peer: Peer,
    /// Its listings.
    pub office: Arc<Office>,
    /// Arrivals there that are in the index.
    found: AtomicU64,
}

impl Market {
    /// One of which so many arrivals are in the index.
    pub fn new(network: NetworkId, peer: Peer, office: Arc<Office>, found: u64) -> Self {
        Self { network, peer, office, found: AtomicU64::new(found) }
    }

    /// Arrivals there that are in the index.
    pub fn found(&self) -> u64 {
        self.found.load(Ordering::Acquire)
    }

    /// Notes how many are.
    pub fn set_found(&self, found: u64) {
        self.found.store(found, Ordering::Release);
    }
}

/// All of them.
#[derive(Default)]
pub struct Markets(RwLock<Vec<Arc<Market>>>);

impl Markets {
    /// Those held now.
    pub fn all(&self) -> Vec<Arc<Market>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes one up; in place of an earlier one of the same network.
    pub fn put(&self, market: Arc<Market>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|known| known.network != market.network);
        all.push(market);
    }

    /// Shows one no more.
    pub fn remove(&self, network: &NetworkId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|known| known.network != *network);
    }
}

/// Where a home keeps what a network gives.
pub fn folder(home: &Path, network: &NetworkId) -> PathBuf {
    home.join(FOLDER).join(&network.to_string()[..DIGITS])
}

impl Office {
    /// The peer market that a listing's id, or its first digits, belong to, where nothing of this network is called so.
    ///
    /// # Errors
    /// When a store fails.
    pub fn elsewhere(&self, id: &str) -> market::Result<Option<Arc<Market>>> {
        let markets = self.markets();
        if markets.is_empty() {
            return Ok(None);
        }
        match self.library().find(id) {
            Err(MarketError::NoSuchListing { .. }) => {}
            Err(error) => return Err(error),
            Ok(_) => return Ok(None),
        }
        for market in markets {
            match market.office.library().find(id) {
                Ok(_) => return Ok(Some(market)),
                Err(MarketError::NoSuchListing { .. } | MarketError::AmbiguousId { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The peer market on whose roster an institution is, where it is not on this network's.
    pub fn market_of(&self, institution: &InstitutionId) -> Option<Arc<Market>> {
        if self.library().roster().members.contains_key(institution) {
            return None;
        }
        let has = |market: &Arc<Market>| market.office.library().roster().members.contains_key(institution);
        self.markets().into_iter().find(has)
    }

    /// A listing that may stand in lists here, of this network or of a peer market, which is then told too.
    ///
    /// # Errors
    /// When a store fails.
    pub fn listed(&self, id: &DocumentId) -> market::Result<Option<(Listing, Option<Arc<Market>>)>> {
        if let Some(listing) = self.library().listing(id)? {
            return Ok(Some(listing).filter(|l| self.shows(l)).map(|listing| (listing, None)));
        }
        for market in self.markets() {
            if let Some(listing) = market.office.library().listing(id)? {
                let shown = Some(listing).filter(|listing| market.office.shows_publicly(listing));
                return Ok(shown.map(|listing| (listing, Some(market))));
            }
        }
        Ok(None)
    }

    /// What of peer markets no search finds: institutions that are not active there, and documents that were taken down or purged.
    pub(crate) fn hidden_abroad(&self) -> (Vec<String>, Vec<String>) {
        let (mut institutions, mut documents) = (Vec::new(), Vec::new());
        for market in self.markets() {
            let roster = market.office.library().roster();
            let gone = roster.members.iter().filter(|(_, member)| member.state != MemberState::Active);
            institutions.extend(gone.map(|(id, _)| id.to_string()));
            documents.extend(roster.taken_down.keys().chain(roster.purged.keys()).map(ToString::to_string));
        }
        (institutions, documents)
    }
}
