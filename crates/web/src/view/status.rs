//! How this node is, and the nodes that it knows of, as their page shows them.

use super::NodeView;

/// How the node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusView {
    /// This node.
    pub node: NodeView,
    /// The network's id, hex.
    pub network_id: String,
    /// The node's public key, hex.
    pub node_key: String,
    /// Addresses under which peers reach it.
    pub addresses: Vec<String>,
    /// View hash: equal on two nodes that hold the same entries, hex.
    pub view_hash: String,
    /// Entries held.
    pub entries: u64,
    /// Logs held.
    pub logs: u64,
    /// Version of the program.
    pub version: String,
    /// When the program started, ms.
    pub started_ms: i64,
    /// Now, ms.
    pub now_ms: i64,
    /// Peers, in the order to show; at most [`crate::limits::PEERS_SHOWN`] are drawn.
    pub peers: Vec<PeerView>,
}

/// Another node, as this one sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerView {
    /// Its name; may be empty.
    pub name: String,
    /// Its public key, hex.
    pub key: String,
    /// Address last used; may be empty.
    pub address: String,
    /// Its state.
    pub state: PeerState,
    /// Why it is in that state, as text of the node; may be empty.
    pub reason: String,
    /// Last successful round of replication, ms.
    pub last_success_ms: Option<i64>,
}

/// State of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerState {
    /// Connected, and holds the same entries.
    InStep,
    /// Connected, entries are moving.
    Syncing,
    /// Connected, but the line is closed to entries for now.
    Closed,
    /// Being dialled.
    Connecting,
    /// Not connected; will be dialled again.
    Waiting,
    /// Let alone by this node's operator.
    Paused,
    /// It or this node refuses the connection.
    Refused,
}
