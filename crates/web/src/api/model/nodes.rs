//! How the network's nodes are.

use super::Role;
use crate::text::instant;
use crate::view::{NodeHealth, NodeSaid, NodeSeen};
use serde::Serialize;
use utoipa::ToSchema;

/// Nodes of the network, the worst first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct NodePage {
    pub(in crate::api) total: u64,
    #[schema(format = "date-time")]
    pub(in crate::api) now: String,
    pub(in crate::api) items: Vec<NodeLine>,
    pub(in crate::api) next: Option<String>,
}

/// A node of the network.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct NodeLine {
    /// Public key.
    key: String,
    /// Id of its institution.
    institution: String,
    name: String,
    role: Role,
    /// GB/T 2260 code.
    region: String,
    /// It is this one.
    own: bool,
    /// It is connected with this one now.
    connected: bool,
    health: Health,
    /// Ids of what is to be known of it, the worst first, as `lianshi doctor` and the page of nodes name them.
    words: Vec<String>,
    /// Its own signed word; missing where none has come.
    said: Option<Said>,
}

/// How a node is, in a word.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum Health {
    Problem,
    Notice,
    Unknown,
    Well,
}

/// What a node says of itself; times are by its own clock but for `heard`, and what it does not say is missing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeSaid)]
pub(in crate::api) struct Said {
    #[schema(format = "date-time")]
    made: Option<String>,
    /// When it came here.
    #[schema(format = "date-time")]
    heard: String,
    /// Name and version of its program.
    agent: Option<String>,
    #[schema(format = "date-time")]
    certificate_ends: Option<String>,
    /// Entries that it was shown and does not hold yet.
    missing: Option<u64>,
    /// Entries of its own that no node connected with it holds durably.
    unshared: Option<u64>,
    /// When it was last in step with another node.
    #[schema(format = "date-time")]
    last_success: Option<String>,
    /// Milliseconds by which its clock is behind most others.
    clock_behind_ms: Option<u64>,
    /// Bytes.
    disk_free: Option<u64>,
    /// Bytes.
    disk_total: Option<u64>,
    /// Bytes of its store.
    store: Option<u64>,
    /// Entries that it holds.
    entries: Option<u64>,
}

impl From<&NodeSeen> for NodeLine {
    fn from(node: &NodeSeen) -> Self {
        Self {
            key: node.key.clone(),
            institution: node.institution.clone(),
            name: node.name.clone(),
            role: node.role.into(),
            region: node.region.clone(),
            own: node.own,
            connected: node.link.is_some(),
            health: match node.health() {
                NodeHealth::Problem => Health::Problem,
                NodeHealth::Notice => Health::Notice,
                NodeHealth::Unknown => Health::Unknown,
                NodeHealth::Well => Health::Well,
            },
            words: node.words.iter().map(|word| word.code.clone()).collect(),
            said: node.said.as_ref().map(Said::from),
        }
    }
}

impl From<&NodeSaid> for Said {
    fn from(said: &NodeSaid) -> Self {
        Self {
            made: said.made_ms.map(instant),
            heard: instant(said.heard_ms),
            agent: said.agent.clone(),
            certificate_ends: said.not_after_ms.map(instant),
            missing: said.missing,
            unshared: said.unshared,
            last_success: said.last_success_ms.map(instant),
            clock_behind_ms: said.clock_behind_ms,
            disk_free: said.disk.map(|(free, _)| free),
            disk_total: said.disk.map(|(_, total)| total),
            store: said.store,
            entries: said.entries,
        }
    }
}
