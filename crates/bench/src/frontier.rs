//! What a frontier of many logs costs: two replicas in one process that hold the same logs meet, with nothing new and with one
//! log behind, and one of them begins anew. No disk, no network and no entry is there; what is counted is the replica's own time,
//! its memory, and the bytes of its frames.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Args;
use protocol::{
    Capabilities, CertificateBody, Charter, Governor, Governors, Hash, Head, Institution, LogId,
    NodeCertificate, Profile, PublicKey, Role, RosterBook, SealingKey, SecretKey, Shelf, ShelfKind,
    Subscription, Visibility, frontier_digest,
};
use replica::{Effect, Input, LogState, Me, Replica, Room};
use serde_json::{Value as Json, json};

use crate::machine;
use crate::random::Random;

/// Listings' shelves that a node publishes in, on average.
const SHELVES: u16 = 8;
/// The two never need more frames than this to come into step.
const MAX_FRAMES: usize = 10_000;
const REGION: u32 = 420_000;
const NOW_MS: i64 = 1_000_000;
const SESSION: u64 = 1;
const SEED: u64 = 20_260_401;

/// What `frontier` takes.
#[derive(Args, Debug)]
pub struct FrontierArgs {
    /// Logs: one row for each.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,80000")]
    logs: Vec<usize>,
    /// Entries in all logs together.
    #[arg(long, default_value_t = 10_000_000)]
    entries: u64,
    /// Print one line of JSON after the table.
    #[arg(long)]
    json: bool,
}

/// A meeting.
#[derive(Clone, Copy, Debug, Default)]
struct Meeting {
    ms: f64,
    frames: usize,
    bytes: usize,
}

/// What was measured with so many logs.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    logs: usize,
    begin_ms: f64,
    memory: u64,
    digest_ms: f64,
    nothing: Meeting,
    behind: Meeting,
}

/// Measures and prints the table.
///
/// # Errors
/// When the two do not come into step.
pub fn run(args: &FrontierArgs) -> anyhow::Result<()> {
    let rows =
        args.logs.iter().map(|logs| measure(*logs, args.entries)).collect::<anyhow::Result<Vec<Row>>>()?;
    let mut out = format!("{} entries in all, load {}\n\n", args.entries, machine::load());
    out.push_str("| Logs | Begin, ms | Memory, MB | Digest of all heads, ms | Nothing new: ms, frames, bytes | One log behind |\n|---|---|---|---|---|---|\n");
    for row in &rows {
        let meeting = |m: &Meeting| format!("{:.1}, {}, {}", m.ms, m.frames, m.bytes);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {} | {:.1} | {:.1} | {:.1} | {} | {} |",
            row.logs,
            row.begin_ms,
            row.memory as f64 / 1e6,
            row.digest_ms,
            meeting(&row.nothing),
            meeting(&row.behind)
        );
    }
    println!("{out}");
    if args.json {
        println!("{}", as_json(&rows, args.entries));
    }
    Ok(())
}

fn as_json(rows: &[Row], entries: u64) -> Json {
    let meeting = |m: &Meeting| json!({ "ms": m.ms, "frames": m.frames, "bytes": m.bytes });
    let row = |row: &Row| {
        json!({
            "logs": row.logs, "begin_ms": row.begin_ms, "memory": row.memory, "digest_ms": row.digest_ms,
            "nothing": meeting(&row.nothing), "behind": meeting(&row.behind),
        })
    };
    json!({ "v": 1, "entries": entries, "rows": rows.iter().map(row).collect::<Vec<_>>() })
}

fn measure(logs: usize, entries: u64) -> anyhow::Result<Row> {
    let network = Network::found();
    let held = network.logs(logs, entries);
    let mut row = Row { logs, ..Row::default() };
    let begun = Instant::now();
    let digest = frontier_digest(held.iter().map(|(log, state)| (log, &state.head)));
    row.digest_ms = ms(begun);
    let before = machine::anon(std::process::id());
    let begun = Instant::now();
    let mut hub = network.replica(1, held.clone());
    row.begin_ms = ms(begun);
    row.memory = machine::anon(std::process::id()).saturating_sub(before);
    ensure!(digest != Hash::default(), "a frontier without a digest");
    let mut member = network.replica(2, held.clone());
    row.nothing = meet(&mut hub, &mut member)?;
    let mut late = held;
    let behind = late.iter_mut().nth(logs / 2).context("no logs")?.1;
    behind.head = Head { seq: behind.head.seq - 1, hash: Hash([9; 32]) };
    let mut late = network.replica(3, late);
    row.behind = meet(&mut hub, &mut late)?;
    Ok(row)
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

/// A node key and the replica that has it.
type Side = (PublicKey, Replica);

/// Lets two replicas talk until they have nothing more to say, or one asks for entries.
fn meet((key_a, a): &mut Side, (key_b, b): &mut Side) -> anyhow::Result<Meeting> {
    let (mut meeting, begun) = (Meeting::default(), Instant::now());
    let mut ways: [Vec<Vec<u8>>; 2] = Default::default();
    let mut wanted = false;
    let mut take = |effects: Vec<Effect>, out: &mut Vec<Vec<u8>>, meeting: &mut Meeting| {
        for effect in effects {
            match effect {
                Effect::Send { frame, .. } => {
                    let bytes = frame.to_bytes();
                    meeting.frames += 1;
                    meeting.bytes += bytes.len();
                    out.push(bytes);
                }
                Effect::Serve { .. } => wanted = true,
                _ => {}
            }
        }
    };
    let connected = |peer, outbound| Input::Connected { session: SESSION, peer, outbound };
    take(a.handle(connected(*key_b, true), NOW_MS), &mut ways[0], &mut meeting);
    take(b.handle(connected(*key_a, false), NOW_MS), &mut ways[1], &mut meeting);
    while let Some(from) = ways.iter().position(|way| !way.is_empty()) {
        ensure!(meeting.frames < MAX_FRAMES, "the two do not come to an end");
        let bytes = ways[from].remove(0);
        let to = if from == 0 { &mut *b } else { &mut *a };
        let effects = to.handle(Input::Frame { session: SESSION, bytes }, NOW_MS);
        take(effects, &mut ways[1 - from], &mut meeting);
    }
    meeting.ms = ms(begun);
    let in_step = a.peers().iter().all(|peer| peer.synced) && b.peers().iter().all(|peer| peer.synced);
    ensure!(in_step || wanted, "neither in step nor anything wanted");
    for replica in [a, b] {
        replica.handle(Input::Closed { session: SESSION }, NOW_MS);
    }
    Ok(meeting)
}

/// A network of one institution with any number of nodes.
struct Network {
    charter: Charter,
    root: SecretKey,
    institution: Institution,
}

impl Network {
    fn found() -> Self {
        let root = SecretKey::from_seed(&[1; 32]);
        let institution = Institution {
            root: root.public(),
            name: "样例大市场".to_owned(),
            credit_code: String::new(),
            region: REGION,
            region_as_of: 2025,
            role: Role::Hub,
        };
        let governors = Governors { members: vec![Governor::founding(institution.clone())], threshold: 1 };
        let charter = Charter {
            name_zh: "样例".to_owned(),
            name_en: "Sample".to_owned(),
            region: REGION,
            founded_ms: 0,
            nonce: [7; 16],
            governors,
            recovery: SecretKey::from_seed(&[2; 32]).public(),
            profile: Profile::default(),
            sub_markets_invite: true,
        };
        Self { charter, root, institution }
    }

    fn certificate(&self, key: &SecretKey) -> NodeCertificate {
        let body = CertificateBody {
            institution: self.institution.id(),
            root: self.institution.root,
            node: key.public(),
            sealing: sealing(key).public(),
            role: Role::Hub,
            region: REGION,
            capabilities: Capabilities(Capabilities::PUBLISH | Capabilities::STATE | Capabilities::ROSTER),
            shelves: Vec::new(),
            serial: 1,
            issued_ms: 0,
            not_after_ms: 4_000_000_000_000,
        };
        NodeCertificate::issue(body, &self.charter.id(), &self.root, key)
    }

    /// So many logs of nodes that publish on some shelves each, with so many entries together.
    fn logs(&self, count: usize, entries: u64) -> BTreeMap<LogId, LogState> {
        let mut random = Random::new(SEED);
        let (mut logs, each) = (BTreeMap::new(), (entries / count.max(1) as u64).max(2));
        while logs.len() < count {
            let key = SecretKey::from_seed(&random.bytes());
            let certificate = self.certificate(&key);
            for kind in 0..SHELVES.min(u16::try_from(count - logs.len()).unwrap_or(SHELVES)) {
                let shelf =
                    Shelf { region: REGION, kind: ShelfKind(16 + kind), visibility: Visibility::Public };
                let log = LogId { node: key.public(), incarnation: 1, shelf };
                let head = Head { seq: 1 + random.below(2 * each - 1).max(1), hash: Hash(random.bytes()) };
                logs.insert(
                    log,
                    LogState { head, certificate: Some(certificate.clone()), bytes: head.seq * 2_000 },
                );
            }
        }
        logs
    }

    fn replica(&self, seed: u8, logs: BTreeMap<LogId, LogState>) -> Side {
        let key = SecretKey::from_seed(&[100 + seed; 32]);
        let me = Me {
            charter: self.charter.clone(),
            certificate: self.certificate(&key),
            redemption: None,
            sealing: sealing(&key),
            subscription: Subscription::everything(),
            allowance: Room::UNBOUNDED,
            agent: "bench".to_owned(),
            abroad: None,
        };
        (key.public(), Replica::new(me, logs, RosterBook::new(&self.charter), BTreeMap::new()))
    }
}

fn sealing(key: &SecretKey) -> SealingKey {
    SealingKey::from_seed(&key.public().0)
}
