//! How the nodes of the network are, by their own signed word and as this node sees them.

use catalog::Lang;
use catalog::words::{fill, say};

use super::{PeerState, Role};

/// The nodes that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodesView {
    /// The worst first.
    pub nodes: Vec<NodeSeen>,
    /// This node's clock, ms.
    pub now_ms: i64,
}

/// How a node is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeHealth {
    /// It does not do what it should.
    Problem,
    /// Something is to be done in time.
    Notice,
    /// It has not said.
    Unknown,
    /// All is well.
    Well,
}

impl NodeHealth {
    /// All, the worst first.
    pub const ALL: [Self; 4] = [Self::Problem, Self::Notice, Self::Unknown, Self::Well];

    /// Its name for programs.
    pub fn id(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Notice => "notice",
            Self::Unknown => "unknown",
            Self::Well => "well",
        }
    }
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSeen {
    /// Its key, hex.
    pub key: String,
    /// Its institution's id, hex.
    pub institution: String,
    /// Its institution's name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// GB/T 2260 code, six digits.
    pub region: String,
    /// Whether it is this one.
    pub own: bool,
    /// How the connection with it is; `None` when there is none.
    pub link: Option<PeerState>,
    /// What it says.
    pub said: Option<NodeSaid>,
    /// What is to be known of it, the worst first: ids of findings.
    pub words: Vec<NodeWord>,
}

/// Something to be known of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeWord {
    /// Id of the finding, `disk-low`; of a later version perhaps.
    pub code: String,
    /// Whether the node does not do what it should because of it.
    pub problem: bool,
}

/// What a node says of itself; `None` is not said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeSaid {
    /// When it said so, by its clock, ms.
    pub made_ms: Option<i64>,
    /// When that came here, by this node's, ms.
    pub heard_ms: i64,
    /// Name and version of its program.
    pub agent: Option<String>,
    /// When its certificate ends, ms.
    pub not_after_ms: Option<i64>,
    /// Entries that it was shown and does not hold yet.
    pub missing: Option<u64>,
    /// Entries of its own that no node connected with it holds durably.
    pub unshared: Option<u64>,
    /// When it was last in step with another node, by its clock, ms.
    pub last_success_ms: Option<i64>,
    /// By how much its clock is behind most others, ms.
    pub clock_behind_ms: Option<u64>,
    /// Free and all bytes of its disk.
    pub disk: Option<(u64, u64)>,
    /// Bytes of its store.
    pub store: Option<u64>,
    /// Entries that it holds.
    pub entries: Option<u64>,
}

impl NodeSeen {
    /// How it is, in a word.
    pub fn health(&self) -> NodeHealth {
        if self.words.iter().any(|word| word.problem) {
            NodeHealth::Problem
        } else if self.said.is_none() {
            NodeHealth::Unknown
        } else if self.words.is_empty() {
            NodeHealth::Well
        } else {
            NodeHealth::Notice
        }
    }

    /// Whether what it said is too old to go by.
    pub fn is_silent(&self) -> bool {
        self.words.iter().any(|word| word.code == "silent")
    }
}

impl NodesView {
    /// How many are so.
    pub fn count(&self, health: NodeHealth) -> usize {
        self.nodes.iter().filter(|node| node.health() == health).count()
    }
}

impl NodeWord {
    /// What it means, and what to do, in words.
    pub fn in_words(&self, lang: Lang) -> (String, String) {
        let (word, what_to_do) = (format!("node.word.{}", self.code), format!("node.do.{}", self.code));
        let (meant, to_do) = (say(lang, &word), say(lang, &what_to_do));
        // A key without words stands for itself.
        if self.code == "other" || meant == word || to_do == what_to_do {
            return (
                fill(lang, "node.word.other", &[("code", &self.code)]),
                say(lang, "node.do.other").to_owned(),
            );
        }
        (meant.to_owned(), to_do.to_owned())
    }
}
