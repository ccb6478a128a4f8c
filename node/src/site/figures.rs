//! The node in numbers, for monitoring.

use std::collections::BTreeMap;
use std::time::Duration;

use replica::PeerView;
use web::SourceError;
use web::view::{Figure, NodeHealth};

use super::Site;
use crate::core::now_ms;

/// Arrivals that the index may be behind and still be called ready: what one first sync brings in a second.
const BEHIND: u64 = 20_000;
/// How long it is waited for a busy core before the store is taken for sound.
const PATIENCE: Duration = Duration::from_millis(200);

/// States of peers, in the words of the node's status.
const STATES: [&str; 5] = ["synced", "syncing", "closed", "refused", "connecting"];

impl Site {
    /// Everything that is worth a curve or an alarm. Names are part of what the node promises: dashboards know them.
    pub(super) fn monitored(&self) -> Vec<Figure> {
        let office = &self.office;
        let figures = office.figures();
        let ledger = figures.ledger;
        let now = now_ms();
        let mut found = Vec::new();
        let mut say = |name, help, labels: &[(&'static str, &str)], value: f64, counts| {
            let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            found.push(Figure { name, help, labels, value, counts });
        };
        let version = env!("CARGO_PKG_VERSION");
        say("build_info", "The program", &[("version", version)], 1.0, false);
        let started = office.started_ms() as f64 / 1_000.0;
        say("start_time_seconds", "When the node was started, seconds since 1970", &[], started, false);
        say("entries", "Signed entries held", &[("of", "all")], ledger.entries as f64, false);
        say("entries", "Signed entries held", &[("of", "void")], ledger.void as f64, false);
        say("logs", "Logs held", &[], ledger.logs as f64, false);
        say(
            "listings",
            "Listings held, withdrawn ones included",
            &[("of", "all")],
            ledger.held as f64,
            false,
        );
        say("listings", "Listings held, withdrawn ones included", &[("of", "own")], ledger.own as f64, false);
        let waiting = "Documents whose beginning has not arrived";
        say("documents_waiting", waiting, &[], ledger.waiting as f64, false);
        let behind = office.arrivals().saturating_sub(office.finder().cursor());
        say("index_behind", "Documents that are held and not searchable yet", &[], behind as f64, false);
        say("store_bytes", "The store on disk", &[], figures.disk as f64, false);
        // Where the system does not tell, nothing is said.
        if let Ok(free) = storage::free_bytes(office.home()) {
            say("disk_free_bytes", "Free space where the home lies", &[], free as f64, false);
        }
        let (received, sent) = figures.bytes;
        let bytes = "Bytes of replication";
        say("network_bytes", bytes, &[("way", "in")], received as f64, true);
        say("network_bytes", bytes, &[("way", "out")], sent as f64, true);
        let mut states: BTreeMap<&str, u64> = STATES.into_iter().map(|state| (state, 0)).collect();
        for peer in &figures.peers {
            *states.entry(crate::office::peer_state(peer).0).or_default() += 1;
        }
        for (state, count) in states {
            say("peers", "Nodes connected, by state", &[("state", state)], count as f64, false);
        }
        let unreachable = figures.unreachable.len() as f64;
        say("addresses_unreachable", "Addresses of nodes that do not answer", &[], unreachable, false);
        // Of those that are connected: who is away for good is no alarm, who comes back has the time since then, and who never was
        // in step is no exception.
        let seen = |peer: &PeerView| {
            figures.last_success.get(&peer.peer).map_or(peer.since_ms, |s| peer.since_ms.max(*s))
        };
        let longest =
            figures.peers.iter().map(|peer| now.saturating_sub(seen(peer))).max().unwrap_or_default();
        let out = "Longest that a connected node has not been in step, seconds";
        say("peers_out_of_step_seconds", out, &[], longest as f64 / 1_000.0, false);
        let nodes = office.all_nodes();
        for health in NodeHealth::ALL {
            let (help, count) = ("Nodes known, by how they say they are", nodes.count(health) as f64);
            say("nodes", help, &[("health", health.id())], count, false);
        }
        let (there, missing) = figures.rebuilding.unwrap_or_default();
        let rebuilding = "Entries that a lost store still lacks";
        say("rebuilding_entries", rebuilding, &[], missing.saturating_sub(there) as f64, false);
        found
    }

    /// Whether searches are answered, and from nearly all that is held.
    pub(super) fn readiness(&self) -> Result<(), SourceError> {
        if self.office.is_condemned(PATIENCE) {
            return Err(SourceError::NotReady("its store was found damaged".to_owned()));
        }
        let behind = self.office.arrivals().saturating_sub(self.office.finder().cursor());
        if behind > BEHIND {
            return Err(SourceError::NotReady(format!("{behind} documents are not searchable yet")));
        }
        Ok(())
    }
}
