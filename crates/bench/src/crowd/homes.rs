//! What a run begins with: a hub whose roster admits all publishers, homes of the real ones, keys of the played ones.
//!
//! The hub's store is filled before it starts: the steps that admit everyone, and the log with each played node's addresses,
//! as if all had been in the network for a while. Measured is what publishers cost and suffer, not how they were invited.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use market::{Desk, Identity, Ledger, Library};
use protocol::{
    Action, CheckedEntry, Draft, Encoder, Entry, Head, Institution, LogId, NetworkId, NodeCertificate,
    OpenLog, Payload, PublicKey, Role, SecretKey, Shelf, SignedStep, Subject, Verb,
};
use storage::Options;

use crate::node::{command, done};
use crate::random::Random;

/// The hub's port.
pub const PORT: u16 = 7400;
/// One district of each city of Hubei: publishers are spread over them, and each takes its own city.
pub const REGIONS: &[&str] = &[
    "420106", "420205", "420302", "420502", "420602", "420704", "420804", "420902", "421003", "421102",
    "421202", "421303", "422801", "429004", "429005", "429006",
];
/// Caches of all stores, MiB: small, so that memory is told from cache.
const CACHE_MIB: u64 = 32;
/// Steps that are written at a time.
const STEPS_AT_ONCE: usize = 256;
const SEED: u64 = 7_400;
/// Certificates are good until 2096.
const FOR_LONG_MS: i64 = 4_000_000_000_000;

/// A publisher that the bench plays.
#[derive(Clone)]
pub struct Part {
    /// Its node key.
    pub key: SecretKey,
    /// Its certificate, by an institution of its own.
    pub certificate: NodeCertificate,
    /// Where it is.
    pub region: &'static str,
    /// The log of its addresses, which the hub holds.
    pub directory: (LogId, Head),
}

/// A publisher that is a process.
pub struct Real {
    /// Its home.
    pub home: PathBuf,
    /// Its node key.
    pub node: PublicKey,
}

/// All of it.
pub struct Prepared {
    /// The hub's home.
    pub hub: PathBuf,
    /// The network.
    pub network: NetworkId,
    /// Processes to be.
    pub real: Vec<Real>,
    /// Played ones, and as the last one the observer.
    pub parts: Vec<Part>,
    /// What the hub holds at first.
    pub frontier: Arc<BTreeMap<LogId, u64>>,
}

/// Where a publisher finds the hub. Each has its own address there, so that each comes from an address of its own: the kernel
/// takes as source of a connection to itself the address that is called.
pub fn address(number: usize, spread: bool) -> String {
    let host =
        if spread { format!("10.66.{}.{}", number / 250, number % 250 + 1) } else { "127.0.0.1".to_owned() };
    format!("/ip4/{host}/tcp/{PORT}")
}

/// Makes homes, keys, and the hub's roster.
///
/// # Errors
/// When a command fails or the hub's store cannot be written.
pub fn prepare(
    bin: &Path,
    dir: &Path,
    processes: usize,
    played: usize,
    spread: bool,
) -> anyhow::Result<Prepared> {
    let hub = dir.join("hub");
    let listen = if spread { "0.0.0.0" } else { "127.0.0.1" };
    let config = |name: &str, network: &str, more: &str| {
        let path = dir.join(name);
        let text = format!(
            "[network]\n{network}[web]\nlisten = \"127.0.0.1:0\"\n[storage]\ncache_mib = {CACHE_MIB}\n{more}"
        );
        std::fs::write(&path, text).map(|()| path)
    };
    let announce = address(0, spread);
    let of_hub = format!("listen = [\"/ip4/{listen}/tcp/{PORT}\"]\nannounce = [\"{announce}\"]\n");
    let of_hub = config("hub.toml", &of_hub, "")?;
    let init = |home: &Path, role: &str, region: &str, config: &Path| {
        let mut init = command(bin, home);
        init.args(["init", "--role", role, "--name", "样例机构", "--region", region, "--config"]).arg(config);
        init
    };
    done(&mut init(&hub, "hub", "420000", &of_hub))?;
    let identity = Identity::read(&hub)?;
    let charter = dir.join("charter");
    std::fs::write(&charter, identity.charter_file())?;
    let mut real = Vec::new();
    let mut institutions = Vec::new();
    for number in 0..processes {
        let (home, region) = (dir.join(format!("p{number}")), REGIONS[number % REGIONS.len()]);
        let network = format!(
            "listen = [\"/ip4/127.0.0.1/tcp/0\"]\nbootstrap = [\"{}\"]\n",
            address(number + 1, spread)
        );
        let more = format!("[subscribe]\nregions = [\"{}\"]\n", &region[..4]);
        let config = config("publisher.toml", &network, &more)?;
        let mut join = init(&home, "grassroots-site", region, &config);
        join.arg("--charter").arg(&charter).arg("--application").arg(dir.join("application"));
        done(&mut join)?;
        let identity = Identity::read(&home)?;
        institutions.push(identity.institution.clone());
        real.push(Real { home, node: identity.node.public() });
    }
    let mut random = Random::new(SEED);
    let (network, mut parts, mut openings) = (identity.network(), Vec::new(), Vec::new());
    for number in 0..=played {
        let region = REGIONS[(processes + number) % REGIONS.len()];
        let (institution, part, entries) = part(&mut random, number, region, &network)?;
        institutions.push(institution);
        openings.push((part.directory.0, entries));
        parts.push(part);
    }
    let frontier = fill(&hub, &identity, institutions, openings).context("the hub's store")?;
    Ok(Prepared { hub, network, real, parts, frontier: Arc::new(frontier) })
}

/// A played publisher, its institution, and its log of addresses.
fn part(
    random: &mut Random,
    number: usize,
    region: &'static str,
    network: &NetworkId,
) -> anyhow::Result<(Institution, Part, Vec<CheckedEntry>)> {
    let (root, key) = (SecretKey::from_seed(&random.bytes()), SecretKey::from_seed(&random.bytes()));
    let code: u32 = region.parse()?;
    let institution = Institution {
        root: root.public(),
        name: format!("样例站点{number}"),
        credit_code: String::new(),
        region: code,
        region_as_of: 2025,
        role: Role::GrassrootsSite,
    };
    let capabilities =
        protocol::Capabilities::PUBLISH | protocol::Capabilities::STATE | protocol::Capabilities::ROSTER;
    let body = protocol::CertificateBody {
        institution: institution.id(),
        root: root.public(),
        node: key.public(),
        sealing: protocol::SealingKey::from_seed(&random.bytes()).public(),
        role: institution.role,
        region: code,
        capabilities: protocol::Capabilities(capabilities),
        shelves: Vec::new(),
        serial: 1,
        issued_ms: 0,
        not_after_ms: FOR_LONG_MS,
    };
    let certificate = NodeCertificate::issue(body, network, &root, &key);
    let log = LogId { node: key.public(), incarnation: random.next(), shelf: Shelf::DIRECTORY };
    let mut addresses = Encoder::new();
    addresses.list(
        &[format!("/ip4/10.99.{}.{}/tcp/{PORT}", number / 250, number % 250 + 1)],
        |to, address| {
            to.text(address);
        },
    );
    let opening = OpenLog { certificate: certificate.clone(), predecessors: Vec::new() };
    let mut head = Head::default();
    let mut entries = Vec::new();
    for (verb, bytes) in [(Verb::OPEN, opening.to_bytes()), (Verb::ADDRESSES, addresses.finish())] {
        let payload = Payload { salt: random.bytes(), bytes };
        let entry =
            Entry::author(log, head, Draft { document: None, verb, payload, time_ms: 0 }, network, &key)?;
        let hash = entry.hash();
        head = Head { seq: entry.header.seq, hash };
        entries.push(CheckedEntry { entry, hash, beginning: None });
    }
    Ok((institution, Part { key, certificate, region, directory: (log, head) }, entries))
}

/// Admits everyone and lays down their logs of addresses.
fn fill(
    home: &Path,
    identity: &Identity,
    institutions: Vec<Institution>,
    openings: Vec<(LogId, Vec<CheckedEntry>)>,
) -> anyhow::Result<BTreeMap<LogId, u64>> {
    let root = identity.root.clone().context("the hub has no root key")?;
    let options = Options { cache_capacity: CACHE_MIB << 20, floor_bytes: 0 };
    let mut ledger = Ledger::open(&home.join("data"), options, identity.opener())?.ledger;
    ledger.owned_by(identity.node.public(), identity.institution.id());
    let roster = ledger.roster_book(&identity.charter.charter)?.roster().clone();
    let library = Library::new(ledger.store(), roster);
    let network = identity.network();
    let mut desk = Desk { ledger: &mut ledger, identity, library: &library, now_ms: 0 };
    let steps: Vec<SignedStep> = institutions
        .into_iter()
        .map(|who| desk.next_step(Subject::Institution(who.id()), Action::Admit(who)))
        .map(|step| SignedStep::sign(step, &network, 0, &root))
        .collect();
    for some in steps.chunks(STEPS_AT_ONCE) {
        desk.carry(some)?;
    }
    for (log, entries) in &openings {
        ledger.persist(log, entries)?;
    }
    ledger.checkpoint()?;
    let book = ledger.roster_book(&identity.charter.charter)?;
    ensure!(
        book.roster().members.len() > steps.len(),
        "not all were admitted: {}",
        book.roster().members.len()
    );
    let heads = ledger.logs().iter().map(|(log, state)| (*log, state.head.seq)).collect();
    Ok(heads)
}
