//! Whom to call: the addresses of the invitation and the configuration first; when none of them answers, those that
//! other members have published.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use protocol::PublicKey;
use replica::{Pauses, PeerView, SessionState};

use super::Core;

/// First wait after a failed dial, milliseconds; doubles up to the longest.
const FIRST_WAIT_MS: i64 = 1_000;
/// Longest wait between dials of one address, milliseconds.
const LONGEST_WAIT_MS: i64 = 60_000;
/// A session that has been ready for this long shows that its address is good, milliseconds: only then does the wait begin
/// anew. Who lets a node in and hangs up at once, a peer that refuses it, is called ever more rarely.
const STEADY_MS: i64 = 20_000;
/// Without any session for this long, published addresses of other members are tried, milliseconds.
const PATIENCE_MS: i64 = 10_000;
/// Spare addresses remembered.
const MAX_SPARE: usize = 1_024;
/// Spare addresses tried at once.
const SPARE_AT_ONCE: usize = 4;
/// A wait is shorter by up to one part in so many, by chance: when a hub stops, a thousand nodes hear of it at the same moment,
/// and would else call again at the same moments for ever.
const SPREAD: u64 = 4;

#[derive(Clone, Debug, Default)]
struct Target {
    wait_ms: i64,
    next_ms: i64,
    dialling: bool,
    failure: Option<String>,
    /// When that was.
    failed_ms: Option<i64>,
    /// Who answered there last.
    node: Option<PublicKey>,
    /// The session that came of it, and since when that is ready.
    session: Option<u64>,
    ready_ms: Option<i64>,
}

impl Target {
    /// Nothing came of it, or nothing that lasted: the next dial waits twice as long.
    fn back_off(&mut self, chance: &mut Chance, now_ms: i64) {
        self.dialling = false;
        self.wait_ms = (self.wait_ms * 2).clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS);
        self.next_ms = now_ms + chance.shorten(self.wait_ms);
    }
}

/// Spreads the moments at which different nodes call (xorshift64); a seed of 0 spreads nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Chance(u64);

impl Chance {
    fn shorten(&mut self, wait_ms: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let part = u64::try_from(wait_ms).unwrap_or_default() / SPREAD;
        wait_ms - i64::try_from(self.0 % (part + 1)).unwrap_or_default()
    }
}

/// Addresses that were published meanwhile, for whoever calls on other channels.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<BTreeSet<String>>>);

impl Heard {
    /// Keeps addresses until somebody takes them: no more than are ever dialled.
    pub(super) fn add(&self, addresses: &[String]) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for address in addresses {
            if heard.len() < MAX_SPARE {
                heard.insert(address.clone());
            }
        }
    }

    /// Takes what was heard since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}

/// An address that is called, and what came of it.
#[derive(Clone, Debug)]
pub struct Called {
    /// The address.
    pub address: String,
    /// The node there, by the address or by who answered.
    pub node: Option<PublicKey>,
    /// Why the last call came to nothing.
    pub failure: Option<String>,
    /// When that was, milliseconds since 1970.
    pub failed_ms: Option<i64>,
    /// When it may be called again, milliseconds since 1970.
    pub next_ms: i64,
    /// It is being called.
    pub dialling: bool,
}

/// Addresses to dial and what came of it.
pub(super) struct Dialing {
    first: BTreeMap<String, Target>,
    spare: BTreeMap<String, Target>,
    alone_since_ms: Option<i64>,
    chance: Chance,
}

impl Dialing {
    pub fn new<'a>(addresses: impl Iterator<Item = &'a String>) -> Self {
        let first = addresses.map(|a| (a.clone(), Target::default())).collect();
        Self { first, spare: BTreeMap::new(), alone_since_ms: None, chance: Chance::default() }
    }

    /// Spreads its calls by the key of its node, so that nodes which lost the same peer do not call it all at once.
    #[must_use]
    pub fn spread(mut self, node: &PublicKey) -> Self {
        let seed = node.0.first_chunk().map_or(1, |first| u64::from_be_bytes(*first));
        self.chance = Chance(seed.max(1));
        self
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

    /// A session of this node's own dialling has begun with that peer. How long to wait after it is decided by how long it
    /// is ready. An address that is a name shows by its key, or by being the only one under way, that it is meant.
    pub fn connected(&mut self, session: u64, peer: &[u8; 32], address: &str) {
        let meant = |known: &str| {
            known == address
                || known.starts_with(&format!("{address}/p2p/"))
                || network::key_in_address(known).is_some_and(|key| key == *peer)
        };
        let known = || self.first.keys().chain(self.spare.keys());
        let mut found: Vec<String> = known().filter(|known| meant(known)).cloned().collect();
        if found.is_empty() {
            let under_way = self.first.iter().chain(&self.spare).filter(|(_, target)| target.dialling);
            found = under_way.map(|(known, _)| known.clone()).collect();
            found.truncate(if found.len() == 1 { 1 } else { 0 });
        }
        for known in &found {
            let Some(target) = self.target(known) else { continue };
            (target.dialling, target.failure) = (false, None);
            (target.session, target.ready_ms) = (Some(session), None);
            target.node = Some(PublicKey(*peer));
        }
    }

    /// A session is ready, as a tick saw it.
    fn is_ready(&mut self, session: u64, now_ms: i64) {
        let of_it = |target: &&mut Target| target.session == Some(session);
        for target in self.first.values_mut().chain(self.spare.values_mut()).filter(of_it) {
            let since = *target.ready_ms.get_or_insert(now_ms);
            if now_ms - since >= STEADY_MS {
                target.wait_ms = 0;
            }
        }
    }

    /// A session has ended.
    pub fn closed(&mut self, session: u64, now_ms: i64) {
        let chance = &mut self.chance;
        for target in self.first.values_mut() {
            target.next_ms = target.next_ms.max(now_ms + chance.shorten(FIRST_WAIT_MS));
            target.dialling = false;
        }
        let of_it = |target: &&mut Target| target.session == Some(session);
        for target in self.first.values_mut().chain(self.spare.values_mut()).filter(of_it) {
            (target.session, target.ready_ms) = (None, None);
            target.back_off(chance, now_ms);
        }
    }

    fn begun(&mut self, address: &str) {
        if let Some(target) = self.target(address) {
            target.dialling = true;
        }
    }

    pub fn failed(&mut self, address: &str, reason: String, now_ms: i64) {
        let mut chance = self.chance;
        if let Some(target) = self.target(address) {
            target.back_off(&mut chance, now_ms);
            (target.failure, target.failed_ms) = (Some(reason), Some(now_ms));
        }
        self.chance = chance;
    }

    /// Addresses to dial now: of the spare ones so many at most. QUIC is left until the same node's TCP has failed: on a line that
    /// loses packets it sends everything twice (decision 0029). A first address gives way to first ones alone, since spare ones
    /// are called late.
    /// Whoever is paused is not called.
    fn due(&self, now_ms: i64, spare: usize, pauses: &Pauses) -> Vec<String> {
        let paused = |address: &str, target: &Target| {
            node_of(address, target).is_some_and(|node| pauses.of(&node, now_ms).is_some())
        };
        let due = |(address, target): &(&String, &Target), gives_way: bool| {
            let ready = !target.dialling && target.next_ms <= now_ms && !(is_quic(address) && gives_way);
            ready && !paused(address, target)
        };
        let first = self.first.iter().filter(|it| due(it, tcp_may_answer(&self.first, it.0)));
        let known = |address: &str| [&self.first, &self.spare].iter().any(|of| tcp_may_answer(of, address));
        let spares = self.spare.iter().filter(|it| due(it, known(it.0))).take(spare);
        first.chain(spares).map(|(address, _)| address.clone()).collect()
    }

    /// Calls a node at the next turn, whatever came of it before. The addresses where it may be.
    fn hurry(&mut self, node: &PublicKey) -> Vec<String> {
        let mut found = Vec::new();
        for (address, target) in self.first.iter_mut().chain(self.spare.iter_mut()) {
            if node_of(address, target) == Some(*node) {
                (target.wait_ms, target.next_ms) = (0, 0);
                found.push(address.clone());
            }
        }
        found
    }

    /// What is called: all first addresses, and of the spare ones those that were tried.
    pub fn called(&self) -> Vec<Called> {
        let tried =
            |(_, target): &(&String, &Target)| target.dialling || target.wait_ms > 0 || target.node.is_some();
        let spare = self.spare.iter().filter(tried);
        let called = |(address, target): (&String, &Target)| Called {
            address: address.clone(),
            node: node_of(address, target),
            failure: target.failure.clone(),
            failed_ms: target.failed_ms,
            next_ms: target.next_ms,
            dialling: target.dialling,
        };
        self.first.iter().chain(spare).map(called).collect()
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
        if self.pausing.pauses.of_all(now_ms).is_some() {
            self.dialing.alone_since_ms = None;
            return;
        }
        let peers = self.replica.peers();
        // Whoever waits to be called (a hub) calls others only while nobody has called.
        let waits = self.dialing.first.is_empty() && !peers.is_empty();
        let ready = |p: &&PeerView| p.outbound && p.state == SessionState::Ready;
        for peer in peers.iter().filter(ready) {
            self.dialing.is_ready(peer.session, now_ms);
        }
        if waits || peers.iter().any(|p| ready(&p)) {
            self.dialing.alone_since_ms = None;
        }
        if waits || peers.iter().any(|p| p.outbound) {
            return;
        }
        let alone = *self.dialing.alone_since_ms.get_or_insert(now_ms);
        let desperate = now_ms - alone > PATIENCE_MS;
        let spare = if desperate { SPARE_AT_ONCE } else { 0 };
        for address in self.dialing.due(now_ms, spare, &self.pausing.pauses) {
            match network.dial_on(self.channel, &address, None) {
                Ok(()) => self.dialing.begun(&address),
                Err(error) => self.dialing.failed(&address, error.to_string(), now_ms),
            }
        }
    }
}

impl Core {
    /// Calls a node now, whoever else is connected. False where none of its addresses is known, or none can be called.
    pub(super) fn call(&mut self, node: &PublicKey) -> bool {
        let Some(network) = self.network.clone() else { return false };
        let mut called = false;
        for address in self.dialing.hurry(node) {
            match network.dial_on(self.channel, &address, None) {
                Ok(()) => {
                    self.dialing.begun(&address);
                    called = true;
                }
                Err(error) => self.dialing.failed(&address, error.to_string(), super::now_ms()),
            }
        }
        called
    }
}

/// The node at an address: the one it names, else who answered there.
fn node_of(address: &str, target: &Target) -> Option<PublicKey> {
    network::key_in_address(address).map(PublicKey).or(target.node)
}

/// Whether the node of an address has a TCP address among these that has not failed.
fn tcp_may_answer(among: &BTreeMap<String, Target>, address: &str) -> bool {
    let key = network::key_in_address(address);
    let same = |other: &str| !is_quic(other) && network::key_in_address(other) == key;
    key.is_some() && among.iter().any(|(other, target)| target.failure.is_none() && same(other))
}

/// Whether an address is one of QUIC.
fn is_quic(address: &str) -> bool {
    address.split('/').any(|part| part == "quic-v1")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: &str = "/ip4/192.0.2.1/tcp/7400";

    fn due_ms(dialing: &Dialing) -> i64 {
        dialing.first[HUB].next_ms
    }

    /// One session of so many milliseconds, ready throughout; how long the node waits after it.
    fn wait_after(dialing: &mut Dialing, session: u64, ready_ms: i64, now_ms: &mut i64) -> i64 {
        dialing.connected(session, &[7; 32], HUB);
        for passed in (0..=ready_ms).step_by(500) {
            dialing.is_ready(session, *now_ms + passed);
        }
        *now_ms += ready_ms;
        dialing.closed(session, *now_ms);
        let wait = due_ms(dialing) - *now_ms;
        *now_ms = due_ms(dialing);
        wait
    }

    #[test]
    fn what_is_published_meanwhile_is_taken_once_and_is_bounded() {
        let heard = Heard::default();
        let address = |n: usize| format!("/ip4/192.0.2.1/tcp/{n}");
        heard.clone().add(&[address(1), address(1), address(2)]);
        assert_eq!(heard.take(), [address(1), address(2)]);
        assert!(heard.take().is_empty());
        heard.add(&(0..2 * MAX_SPARE).map(address).collect::<Vec<_>>());
        assert_eq!(heard.take().len(), MAX_SPARE);
    }

    #[test]
    fn who_refuses_is_called_ever_more_rarely() {
        let mut dialing = Dialing::new([HUB.to_owned()].iter());
        let mut now_ms = 1_000_000;
        let waits: Vec<i64> = (0..10).map(|n| wait_after(&mut dialing, n, 500, &mut now_ms)).collect();
        assert_eq!(waits[..6], [1_000, 2_000, 4_000, 8_000, 16_000, 32_000]);
        assert_eq!(waits[6..], [60_000; 4]);
    }

    #[test]
    fn nodes_that_lost_the_same_hub_do_not_call_it_at_the_same_moment() {
        let mut moments = std::collections::BTreeSet::new();
        for node in 1..=200 {
            let mut dialing = Dialing::new([HUB.to_owned()].iter()).spread(&PublicKey([node; 32]));
            for n in 0..5 {
                dialing.failed(HUB, "no answer".to_owned(), 0);
                let wait = FIRST_WAIT_MS << n;
                assert!((wait - wait / 4..=wait).contains(&due_ms(&dialing)), "{}", due_ms(&dialing));
            }
            moments.insert(due_ms(&dialing));
        }
        assert!(moments.len() > 180, "{} moments of 200 nodes", moments.len());
    }

    #[test]
    fn a_session_that_lasted_makes_the_wait_begin_anew() {
        let mut dialing = Dialing::new([HUB.to_owned()].iter());
        let mut now_ms = 1_000_000;
        for session in 0..5 {
            wait_after(&mut dialing, session, 0, &mut now_ms);
        }
        assert_eq!(wait_after(&mut dialing, 5, STEADY_MS - 500, &mut now_ms), 32_000);
        assert_eq!(wait_after(&mut dialing, 6, STEADY_MS, &mut now_ms), 1_000);
    }

    #[test]
    fn the_end_of_another_session_changes_no_wait_but_the_shortest() {
        let mut dialing = Dialing::new([HUB.to_owned()].iter());
        dialing.failed(HUB, "no answer".to_owned(), 0);
        dialing.failed(HUB, "no answer".to_owned(), 1_000);
        dialing.connected(1, &[7; 32], "/ip4/192.0.2.9/tcp/1");
        dialing.closed(1, 1_500);
        assert_eq!((due_ms(&dialing), dialing.first[HUB].wait_ms), (3_000, 2_000));
        assert_eq!(dialing.unreachable().len(), 1);
    }

    #[test]
    fn quic_is_left_until_the_tcp_of_the_same_node_has_failed() {
        let of = |key: u8, way: &str| {
            let key = protocol::SecretKey::from_seed(&[key; 32]).public().0;
            format!("/ip4/192.0.2.{}/{way}/p2p/{}", key[0], network::peer_id_text(&key).unwrap())
        };
        let (tcp, quic) = (of(1, "tcp/7400"), of(1, "udp/7400/quic-v1"));
        let alone = of(2, "udp/7400/quic-v1");
        let mut dialing = Dialing::new([tcp.clone(), quic.clone()].iter());
        dialing.spare(vec![alone.clone()]);
        assert_eq!(dialing.due(0, 0, &Pauses::default()), std::slice::from_ref(&tcp));
        assert_eq!(
            dialing.due(0, 9, &Pauses::default()),
            [tcp.clone(), alone.clone()],
            "another node has only QUIC"
        );
        dialing.failed(&tcp, "no answer".to_owned(), 0);
        assert_eq!(dialing.due(0, 0, &Pauses::default()), std::slice::from_ref(&quic));
        dialing.connected(1, &[7; 32], &tcp);
        dialing.closed(1, 0);
        assert_eq!(
            dialing.due(LONGEST_WAIT_MS, 0, &Pauses::default()),
            std::slice::from_ref(&tcp),
            "it answers again"
        );
        let mut configured = Dialing::new([quic.clone()].iter());
        configured.spare(vec![tcp.clone()]);
        assert_eq!(
            configured.due(0, 0, &Pauses::default()),
            std::slice::from_ref(&quic),
            "what is called late holds up nothing"
        );
        let mut published = Dialing::new([].iter());
        published.spare(vec![quic, tcp.clone()]);
        assert_eq!(published.due(0, 9, &Pauses::default()), [tcp]);
    }

    #[test]
    fn a_name_is_known_by_being_the_only_one_under_way() {
        let name = "/dns4/hub.example/tcp/7400".to_owned();
        let mut dialing = Dialing::new([name.clone()].iter());
        if let Some(target) = dialing.target(&name) {
            target.dialling = true;
        }
        dialing.connected(1, &[7; 32], "/ip4/192.0.2.1/tcp/7400");
        dialing.closed(1, 0);
        dialing.connected(2, &[7; 32], "/ip4/192.0.2.9/tcp/1");
        dialing.closed(2, 0);
        assert_eq!(dialing.first[&name].wait_ms, 1_000, "the second one was none of ours");
    }
}
