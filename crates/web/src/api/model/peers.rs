//! Peers, what moves between them and this node, and what they did.

use crate::desk::peers::{ConductSeen, ForkSeen, MisdeedSeen, Paused, PeerTask, PeersView};
use crate::text::instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Peers; those to whom something is to be said first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PeerList {
    pub(in crate::api) total: u64,
    #[schema(format = "date-time")]
    pub(in crate::api) now: String,
    /// All are paused: offline work.
    pub(in crate::api) paused: Option<PauseState>,
    pub(in crate::api) items: Vec<PeerLine>,
    pub(in crate::api) next: Option<String>,
}

/// For how long to pause.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct PauseWish {
    /// `30m`, `2h`, `1d`: a minute to 30 days; until it is resumed without it.
    #[serde(default, rename = "for")]
    pub(in crate::api) length: Option<String>,
}

/// A pause.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PauseState {
    #[schema(format = "date-time")]
    since: String,
    /// Missing where it holds until it is resumed.
    #[schema(format = "date-time")]
    until: Option<String>,
}

/// Numbers as this node sees them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct InOut {
    /// Received, or to be received.
    r#in: u64,
    /// Sent, or to be sent.
    out: u64,
}

/// A peer, and what is between it and this node.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PeerLine {
    /// Public key; empty of an address where nobody has answered.
    key: String,
    /// Its institution's name; may be empty.
    name: String,
    /// GB/T 2260 code; may be empty.
    region: String,
    /// Where it is called.
    addresses: Vec<String>,
    /// `refused`, `syncing`, `connecting`, `waiting`, `stopped`, `paused`, `closed`, `in_step`.
    state: String,
    /// Why, where somebody said so; in English, as it came.
    reason: String,
    /// This node called.
    outbound: Option<bool>,
    #[schema(format = "date-time")]
    since: Option<String>,
    /// Entries moved in this meeting.
    entries: InOut,
    /// Entries left to move, as far as both have shown.
    left: InOut,
    /// Bytes moved in this meeting.
    bytes: InOut,
    /// Bytes a second.
    rate: InOut,
    /// Logs in which the two differ.
    logs_behind: u64,
    /// When the two last held the same.
    #[schema(format = "date-time")]
    last_success: Option<String>,
    last_failure: Option<Failed>,
    /// When it is called next.
    #[schema(format = "date-time")]
    next_call: Option<String>,
    paused: Option<PauseState>,
    conduct: Option<Conduct>,
    forks: Vec<Fork>,
}

/// What went wrong last.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Failed {
    /// Missing where that is not known.
    #[schema(format = "date-time")]
    at: Option<String>,
    what: String,
}

/// What a peer did that it should not have.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Conduct {
    score: u32,
    /// The score at which it is refused for a while.
    refused_at: u32,
    #[schema(format = "date-time")]
    refused_until: Option<String>,
    /// Refusals in a row; each is twice as long.
    refusals: u32,
    /// How often it did something.
    times: u64,
    #[schema(format = "date-time")]
    first: String,
    /// The last things that it did, the latest last.
    misdeeds: Vec<Misdeed>,
}

/// One thing that a peer did.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Misdeed {
    #[schema(format = "date-time")]
    at: String,
    /// `bad-frame`, `bad-run`, `too-often`, `asked-again`, `light`; more may follow.
    kind: String,
    what: String,
    /// Missing where it was no single one.
    frame: Option<EvidenceFrame>,
}

/// The frame in which it was; nothing of its contents is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct EvidenceFrame {
    /// Its first byte.
    kind: Option<u8>,
    /// Bytes.
    length: u64,
    /// Of its bytes, without the length before them.
    sha256: String,
}

/// Two entries with one number, signed by one key.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Fork {
    /// Hash of the log.
    log: String,
    seq: u64,
    /// The hashes of the two entries.
    heads: Vec<String>,
    /// A settle or a revocation has ended it.
    settled: bool,
}

impl From<&Paused> for PauseState {
    fn from(paused: &Paused) -> Self {
        Self { since: instant(paused.since_ms), until: paused.until_ms.map(instant) }
    }
}

impl From<(u64, u64)> for InOut {
    fn from((come, gone): (u64, u64)) -> Self {
        Self { r#in: come, out: gone }
    }
}

impl PeerList {
    /// Some of them, and where to go on.
    pub(in crate::api) fn of(view: &PeersView, (from, limit): (usize, usize), next: Option<String>) -> Self {
        Self {
            total: view.peers.len() as u64,
            now: instant(view.now_ms),
            paused: view.paused.as_ref().map(PauseState::from),
            items: view.peers.iter().skip(from).take(limit).map(PeerLine::from).collect(),
            next,
        }
    }
}

impl From<&PeerTask> for PeerLine {
    fn from(task: &PeerTask) -> Self {
        let failed = |(at, what): &(Option<i64>, String)| Failed { at: at.map(instant), what: what.clone() };
        Self {
            key: task.key.clone(),
            name: task.name.clone(),
            region: task.region.clone(),
            addresses: task.addresses.clone(),
            state: task.state.id().to_owned(),
            reason: task.reason.clone(),
            outbound: task.outbound,
            since: task.since_ms.map(instant),
            entries: task.entries.into(),
            left: task.left.into(),
            bytes: task.bytes.into(),
            rate: task.rate.into(),
            logs_behind: task.logs_behind,
            last_success: task.last_success_ms.map(instant),
            last_failure: task.last_failure.as_ref().map(failed),
            next_call: task.next_ms.map(instant),
            paused: task.paused.as_ref().map(PauseState::from),
            conduct: task.conduct.as_ref().map(Conduct::from),
            forks: task.forks.iter().map(Fork::from).collect(),
        }
    }
}

impl From<&ConductSeen> for Conduct {
    fn from(seen: &ConductSeen) -> Self {
        Self {
            score: seen.score.0,
            refused_at: seen.score.1,
            refused_until: seen.refused_until_ms.map(instant),
            refusals: seen.refusals,
            times: seen.times,
            first: instant(seen.first_ms),
            misdeeds: seen.misdeeds.iter().map(Misdeed::from).collect(),
        }
    }
}

impl From<&MisdeedSeen> for Misdeed {
    fn from(seen: &MisdeedSeen) -> Self {
        let frame = seen.frame.clone();
        let frame = frame.map(|(kind, length, sha256)| EvidenceFrame { kind, length, sha256 });
        Self { at: instant(seen.at_ms), kind: seen.kind.clone(), what: seen.what.clone(), frame }
    }
}

impl From<&ForkSeen> for Fork {
    fn from(seen: &ForkSeen) -> Self {
        Self { log: seen.log.clone(), seq: seen.seq, heads: seen.heads.to_vec(), settled: seen.settled }
    }
}
