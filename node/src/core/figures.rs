//! Figures of a core, for a status and for pages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use market::LedgerFigures;
use protocol::{Hash, LogId, PublicKey};
use replica::{ConductView, PeerView};

use super::{Core, now_ms};

/// Figures that a status shows.
#[derive(Clone, Debug)]
pub struct CoreFigures {
    /// Of the ledger.
    pub ledger: LedgerFigures,
    /// The view hash.
    pub view: Hash,
    /// Where peers can reach this node.
    pub addresses: Vec<String>,
    /// Everyone connected.
    pub peers: Vec<PeerView>,
    /// How peers behaved that gave cause to remember it.
    pub conduct: Vec<ConductView>,
    /// When a node was last in step with this one, milliseconds since 1970.
    pub last_success: BTreeMap<PublicKey, i64>,
    /// The last thing that went wrong with nodes that are not connected.
    pub last_failure: BTreeMap<PublicKey, String>,
    /// Dials that came to nothing: address and reason.
    pub unreachable: Vec<(String, String)>,
    /// Bytes received and sent by the network since the start.
    pub bytes: (u64, u64),
    /// Bytes on disk.
    pub disk: u64,
    /// What had to be mended at the start.
    pub mended: Option<String>,
    /// While a lost store is being filled again: entries held, and held before.
    pub rebuilding: Option<(u64, u64)>,
    /// Bytes of what was purged may be left in free pages of the store.
    pub scrub_due: bool,
    /// Why the journal may still hold some of it.
    pub unpurged: Option<String>,
}

impl Core {
    /// The view hash.
    pub fn view_hash(&self) -> Hash {
        protocol::view_hash(self.ledger.sums(), &self.replica.roster().digest())
    }

    /// Addresses that do not answer, except those of nodes that are connected by another way.
    fn unreachable(&self) -> Vec<(String, String)> {
        let connected: Vec<[u8; 32]> = self.replica.peers().iter().map(|p| p.peer.0).collect();
        let missed =
            |address: &str| network::key_in_address(address).is_none_or(|key| !connected.contains(&key));
        self.dialing.unreachable().into_iter().filter(|(address, _)| missed(address)).collect()
    }

    /// Figures for a status.
    pub fn figures(&self) -> CoreFigures {
        let total = self.network.as_ref().map(network::Handle::total).unwrap_or_default();
        let peers = self.replica.peers();
        // Ticks note it twice a second; who is in step right now is in step right now.
        let mut last_success = self.last_success.clone();
        last_success.extend(peers.iter().filter(|p| p.synced).map(|p| (p.peer, now_ms())));
        CoreFigures {
            ledger: self.ledger.figures(&self.identity.node.public()),
            view: self.view_hash(),
            addresses: self.addresses.clone(),
            peers,
            conduct: self.replica.conduct(now_ms()),
            last_success,
            last_failure: self.last_failure.clone(),
            unreachable: self.unreachable(),
            bytes: (total.bytes_in, total.bytes_out),
            disk: self.ledger.size_on_disk().unwrap_or_default(),
            mended: self.mended.clone(),
            rebuilding: self.ledger.rebuilding(),
            scrub_due: self.ledger.is_scrub_due(),
            unpurged: self.ledger.purge_fault().map(str::to_owned),
        }
    }

    /// Of the nodes connected now, how many have confirmed to hold these logs up to these entries; and how many are connected.
    pub fn holders(&self, upto: &BTreeMap<LogId, u64>) -> (usize, usize) {
        let connected: BTreeSet<PublicKey> = self.replica.peers().iter().map(|peer| peer.peer).collect();
        (self.replica.holders(upto).len(), connected.len())
    }

    /// Number of nodes whose logs are held, as of the last tick: pages show it without waiting for the core.
    pub fn nodes(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.nodes)
    }

    pub(super) fn count_nodes(&self) {
        let mut nodes: Vec<_> = self.replica.logs().keys().map(|log| log.node).collect();
        // They come in the order of their nodes.
        nodes.dedup();
        self.nodes.store(nodes.len(), Ordering::Release);
    }
}
