//! Whom to call: the addresses of the invitation and the configuration first; when none of them answers, those that
//! other members have published.

use std::collections::BTreeMap;

use super::Core;

/// First wait after a failed dial, milliseconds; doubles up to the longest.
const FIRST_WAIT_MS: i64 = 1_000;
/// Longest wait between dials of one address, milliseconds.
const LONGEST_WAIT_MS: i64 = 60_000;
/// Without any session for this long, published addresses of other members are tried, milliseconds.
const PATIENCE_MS: i64 = 10_000;
/// Spare addresses remembered.
const MAX_SPARE: usize = 1_024;
/// Spare addresses tried at once.
const SPARE_AT_ONCE: usize = 4;

#[derive(Clone, Debug, Default)]
struct Target {
    wait_ms: i64,
    next_ms: i64,
    dialling: bool,
    failure: Option<String>,
}

/// Addresses to dial and what came of it.
pub(super) struct Dialing {
    first: BTreeMap<String, Target>,
    spare: BTreeMap<String, Target>,
    alone_since_ms: Option<i64>,
}

impl Dialing {
    pub fn new<'a>(addresses: impl Iterator<Item = &'a String>) -> Self {
        let first = addresses.map(|a| (a.clone(), Target::default())).collect();
        Self { first, spare: BTreeMap::new(), alone_since_ms: None }
    }

    /// Adds addresses that other members publish.
    pub fn spare(&mut self, addresses: Vec<String>) {
        for address in addresses {
            if self.spare.len() < MAX_SPARE && !self.first.contains_key(&address) {
                self.spare.entry(address).or_default();
            }
        }
    }

    fn target(&mut self, address: &str) -> Option<&mut Target> {
        self.first.get_mut(address).or_else(|| self.spare.get_mut(address))
    }

    pub fn connected(&mut self, address: &str) {
        let same = |known: &String| known == address || known.starts_with(&format!("{address}/p2p/"));
        for (known, target) in self.first.iter_mut().chain(&mut self.spare) {
            if same(known) {
                *target = Target::default();
            }
        }
    }

    pub fn closed(&mut self, now_ms: i64) {
        for target in self.first.values_mut() {
            target.next_ms = target.next_ms.max(now_ms + FIRST_WAIT_MS);
            target.dialling = false;
        }
    }

    pub fn failed(&mut self, address: &str, reason: String, now_ms: i64) {
        if let Some(target) = self.target(address) {
            target.dialling = false;
            target.wait_ms = (target.wait_ms * 2).clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS);
            target.next_ms = now_ms + target.wait_ms;
            target.failure = Some(reason);
        }
    }

    /// Addresses that do not answer, with the reason.
    pub fn unreachable(&self) -> Vec<(String, String)> {
        let failed = |(a, t): (&String, &Target)| Some((a.clone(), t.failure.clone()?));
        self.first.iter().filter_map(failed).collect()
    }
}

impl Core {
    /// Dials whoever is due. One session with any of the first addresses is enough.
    pub(super) fn dial(&mut self, now_ms: i64) {
        let Some(network) = self.network.clone() else { return };
        let peers = self.replica.peers();
        // Whoever waits to be called (a hub) calls others only while nobody has called.
        let waits = self.dialing.first.is_empty() && !peers.is_empty();
        if waits || peers.iter().any(|p| p.outbound) {
            self.dialing.alone_since_ms = None;
            return;
        }
        let alone = *self.dialing.alone_since_ms.get_or_insert(now_ms);
        let desperate = now_ms - alone > PATIENCE_MS;
        let spare = if desperate { SPARE_AT_ONCE } else { 0 };
        let due = |t: &Target| !t.dialling && t.next_ms <= now_ms;
        let first = self.dialing.first.iter_mut().filter(|(_, t)| due(t));
        let others = self.dialing.spare.iter_mut().filter(|(_, t)| due(t)).take(spare);
        for (address, target) in first.chain(others) {
            match network.dial(address, None) {
                Ok(()) => target.dialling = true,
                Err(error) => {
                    target.wait_ms = (target.wait_ms * 2).clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS);
                    target.next_ms = now_ms + target.wait_ms;
                    target.failure = Some(error.to_string());
                }
            }
        }
    }
}
