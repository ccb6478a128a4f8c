//! Peer markets as the API sees them: the agreements on the roster. They are for administrators.

use super::view::{Clerk, Said};
use crate::view::{Names, SourceError};

/// What looking at peer markets needs of the node. Calls block; they are made off the async threads. All of them say why not, to
/// whoever is no administrator.
pub trait PeerMarkets: Send + Sync + 'static {
    /// The agreements, by the id of the other network.
    fn peer_markets(&self, clerk: &Clerk) -> Result<Result<Vec<AgreementView>, Said>, SourceError>;
    /// This network as it shows itself to another, as a file; whether other nodes of this institution may stand in as its gateway.
    fn market_card(&self, clerk: &Clerk, replaceable: bool) -> Result<Result<Vec<u8>, Said>, SourceError>;
}

/// An agreement with another network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgreementView {
    /// Id of the other network, hex.
    pub network: String,
    /// Its name.
    pub name: Names,
    /// `active`, `suspended` or `ended`.
    pub state: &'static str,
    /// Why it is no longer active.
    pub reason: String,
    /// Rises with each agreement between the two.
    pub number: u32,
    /// Digest of the terms, hex.
    pub terms: String,
    /// Moment at which it ends.
    pub until_ms: i64,
    /// What the other network gives.
    pub takes: Option<SideView>,
    /// What this network gives.
    pub gives: Option<SideView>,
    /// What is held of it here; `None` where nothing is.
    pub held: Option<HeldView>,
}

/// What one side gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SideView {
    /// The network that gives.
    pub name: Names,
    /// Shelves: `achievement@42`, `all`.
    pub shelves: Vec<String>,
    /// Fields that the other may show; none for all.
    pub fields: Vec<String>,
    /// Under which licence.
    pub licence: String,
    /// Its gateways: node's key and addresses.
    pub gateways: Vec<(String, Vec<String>)>,
    /// Institutions whose other nodes may stand in for a gateway.
    pub institutions: Vec<String>,
    /// How its values read in the other network.
    pub mappings: Vec<MappingView>,
}

/// How values of a field read in the other network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MappingView {
    /// Field id.
    pub field: String,
    /// Which edition.
    pub edition: String,
    /// A value, and what it is shown as.
    pub pairs: Vec<(String, String)>,
}

/// What is held of a peer market.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldView {
    /// Listings.
    pub listings: u64,
    /// Entries.
    pub entries: u64,
    /// Nodes that are connected for it.
    pub connected: u64,
    /// Whether it is level with whom it comes from.
    pub synced: bool,
    /// Why nodes were not reached, or failed.
    pub faults: Vec<String>,
}
