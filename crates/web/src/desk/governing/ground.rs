//! What proposals can be about: what their forms offer to choose from.

/// What can be proposed about what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ground {
    /// Whether this institution governs.
    pub governs: bool,
    /// Governors.
    pub governors: Vec<Named>,
    /// How many of them must sign.
    pub threshold: usize,
    /// Active members that do not govern.
    pub others: Vec<Named>,
    /// Nodes of which something is held and that are not revoked.
    pub nodes: Vec<NodeRow>,
    /// How many there are beyond these.
    pub nodes_more: usize,
    /// Forked logs that nobody has settled.
    pub forks: Vec<ForkRow>,
    /// Agreements with other networks.
    pub peers: Vec<PeerRow>,
    /// Listings that were taken down.
    pub hidden: Vec<HiddenRow>,
    /// How many there are beyond these.
    pub hidden_more: usize,
    /// The four unifications: name, version.
    pub parts: Vec<(String, String)>,
}

/// An institution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Id, hex.
    pub id: String,
    /// Name.
    pub name: String,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeRow {
    /// Its key, hex.
    pub key: String,
    /// Whose it is.
    pub institution: String,
    /// Entries held of it.
    pub entries: u64,
    /// Whether it is this node.
    pub own: bool,
}

/// A forked log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForkRow {
    /// Its hash, hex.
    pub log: String,
    /// Whose it is.
    pub institution: String,
    /// Id of the kind.
    pub kind: String,
    /// Region code.
    pub region: String,
    /// Number of the entry that there are two of.
    pub seq: u64,
    /// Whether it is this node's own: then this institution settles it by its own word.
    pub own: bool,
    /// The two branches.
    pub branches: Vec<BranchRow>,
}

/// A branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchRow {
    /// Its first entry, hex.
    pub first: String,
    /// When that was written, by its author's clock.
    pub time: String,
    /// Number of the last entry held of it; `None` where nothing of it is held.
    pub held: Option<u64>,
}

/// An agreement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerRow {
    /// The network's id, hex.
    pub id: String,
    /// Its name, in Chinese and in English.
    pub name: (String, String),
    /// `active`, `suspended` or `ended`.
    pub state: &'static str,
    /// Why.
    pub reason: String,
    /// Number of the agreement.
    pub number: u32,
    /// Last day on which it holds.
    pub last_day: String,
    /// The last step about it, hex.
    pub step: String,
}

/// A listing that was taken down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HiddenRow {
    /// Id, hex.
    pub id: String,
    /// Title; empty where it is not held.
    pub title: String,
    /// Why.
    pub reason: String,
}
