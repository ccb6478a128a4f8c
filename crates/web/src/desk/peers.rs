//! Peers with whom this node meets, as the desk's pages, the API and the command line see them: what moves, what comes next, what
//! a peer did. For administrators: what is wrong between two nodes is of use to whoever wishes them ill.

use super::view::{Clerk, Said};
use crate::view::{Role, SourceError};

/// What the desk's pages need of the node for peers. Calls block; they are made off the async threads.
pub trait Peers: Send + Sync + 'static {
    /// All of them.
    fn peers(&self, clerk: &Clerk) -> Result<Result<PeersView, Said>, SourceError>;
    /// Does something with one; with all of them where none is named, which can be paused and resumed alone.
    fn change_peer(
        &self,
        clerk: &Clerk,
        node: Option<&str>,
        act: &PeerAct,
    ) -> Result<Result<(), Said>, SourceError>;
    /// The file that proves the fork of a log, by the log's hash.
    fn fork_proof(&self, clerk: &Clerk, log: &str) -> Result<Result<Vec<u8>, Said>, SourceError>;
}

/// What can be done with a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerAct {
    /// Meet it now.
    Sync,
    /// End the meeting.
    Stop,
    /// Let it alone, for so long such as `2h`; until it is resumed where that is empty.
    Pause(String),
    /// Meet it again.
    Resume,
    /// Forget what it did.
    Forgive,
}

impl PeerAct {
    /// The act of that id; `length` is that of a pause.
    pub fn from_id(id: &str, length: &str) -> Option<Self> {
        Some(match id {
            "sync" => Self::Sync,
            "stop" => Self::Stop,
            "pause" => Self::Pause(length.trim().to_owned()),
            "resume" => Self::Resume,
            "forgive" => Self::Forgive,
            _ => return None,
        })
    }

    /// Its id.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Stop => "stop",
            Self::Pause(_) => "pause",
            Self::Resume => "resume",
            Self::Forgive => "forgive",
        }
    }
}

/// All peers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeersView {
    /// Those to whom something is to be said first.
    pub peers: Vec<PeerTask>,
    /// All are paused.
    pub paused: Option<Paused>,
    /// This node's clock, ms.
    pub now_ms: i64,
}

/// A pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paused {
    /// Since when, ms.
    pub since_ms: i64,
    /// Until when, ms; `None` until it is resumed.
    pub until_ms: Option<i64>,
}

/// How it is with a peer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskState {
    /// It is refused for what it did, or it refuses this node.
    Refused,
    /// Entries move.
    Syncing,
    /// It is being called, or greets.
    Connecting,
    /// Not connected.
    #[default]
    Waiting,
    /// Its meeting was ended here; the next one comes by itself.
    Stopped,
    /// Let alone by the operator's word.
    Paused,
    /// Connected; a line is closed to all but announcements.
    Closed,
    /// Both hold the same entries.
    InStep,
}

impl TaskState {
    /// Its name for programs.
    pub fn id(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Syncing => "syncing",
            Self::Connecting => "connecting",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
            Self::Closed => "closed",
            Self::InStep => "in_step",
        }
    }
}

/// A peer, and what is between it and this node. Pairs are in and out, as this node sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerTask {
    /// Its key, hex; empty of an address where nobody has answered.
    pub key: String,
    /// Its institution's name; may be empty.
    pub name: String,
    /// What it is in the network, where that is known.
    pub role: Option<Role>,
    /// GB/T 2260 code; may be empty.
    pub region: String,
    /// Where it is called.
    pub addresses: Vec<String>,
    /// How it is.
    pub state: TaskState,
    /// Why, where somebody said so; in English, as it came.
    pub reason: String,
    /// Whether this node called.
    pub outbound: Option<bool>,
    /// Since when it is connected, ms.
    pub since_ms: Option<i64>,
    /// Entries moved in this meeting.
    pub entries: (u64, u64),
    /// Entries left to move, as far as both have shown.
    pub left: (u64, u64),
    /// Bytes moved in this meeting.
    pub bytes: (u64, u64),
    /// Bytes a second.
    pub rate: (u64, u64),
    /// Logs in which the two differ.
    pub logs_behind: u64,
    /// When the two last held the same, ms.
    pub last_success_ms: Option<i64>,
    /// What went wrong last, and when, ms, where that is known.
    pub last_failure: Option<(Option<i64>, String)>,
    /// When it is called next, ms.
    pub next_ms: Option<i64>,
    /// Let alone until then.
    pub paused: Option<Paused>,
    /// What it did.
    pub conduct: Option<ConductSeen>,
    /// Forks of its logs.
    pub forks: Vec<ForkSeen>,
}

impl PeerTask {
    /// Entries moved, and those that will have moved at the end, as far as is known.
    pub fn progress(&self) -> (u64, u64) {
        let moved = self.entries.0.saturating_add(self.entries.1);
        (moved, moved.saturating_add(self.left.0).saturating_add(self.left.1))
    }
}

/// What a peer did that it should not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConductSeen {
    /// Its points, and at how many it is refused.
    pub score: (u32, u32),
    /// Until when it is refused, ms.
    pub refused_until_ms: Option<i64>,
    /// Refusals in a row.
    pub refusals: u32,
    /// How often it did something, and when first, ms.
    pub times: u64,
    /// See `times`.
    pub first_ms: i64,
    /// The last things that it did, the latest last.
    pub misdeeds: Vec<MisdeedSeen>,
}

/// One thing that a peer did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MisdeedSeen {
    /// When, ms.
    pub at_ms: i64,
    /// Its kind: `bad-frame`, `bad-run`, `too-often`, `asked-again`, `light`.
    pub kind: String,
    /// What it was, in English.
    pub what: String,
    /// The frame: its first byte, length and SHA-256.
    pub frame: Option<(Option<u8>, u64, String)>,
}

/// Two entries with one number, signed by one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForkSeen {
    /// Hash of the log, hex.
    pub log: String,
    /// Their number.
    pub seq: u64,
    /// The hashes of the two.
    pub heads: [String; 2],
    /// Whether a settle or a revocation has ended it.
    pub settled: bool,
}
