//! Peer markets: agreements with other networks, and what is exchanged under them.

use super::Names;
use crate::desk::markets::{AgreementView, HeldView, MappingView, SideView};
use crate::text::instant;
use serde::Serialize;
use utoipa::ToSchema;

/// Agreements, all of them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PeerMarketList {
    pub(in crate::api) items: Vec<PeerMarket>,
}

/// An agreement with another network, as it stands on the roster.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PeerMarket {
    /// Id of the other network, 64 hexadecimal digits.
    id: String,
    name: Names,
    /// `active`, `suspended` or `ended`.
    state: String,
    /// Why it is no longer active; may be empty.
    reason: String,
    /// Rises with each agreement between the two.
    number: u32,
    /// Digest of the terms.
    terms: String,
    /// Moment at which it ends.
    #[schema(format = "date-time")]
    until: String,
    /// What the other network gives.
    takes: Option<MarketSide>,
    /// What this network gives.
    gives: Option<MarketSide>,
    /// What this node holds of it; null where it holds nothing.
    held: Option<MarketHeld>,
}

/// What one side gives.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MarketSide {
    name: Names,
    /// Kinds and regions whose public listings it gives: `achievement@42`, `all`; none where it only takes.
    shelves: Vec<String>,
    /// Fields that the other may show; none for all.
    fields: Vec<String>,
    /// Under which licence.
    licence: String,
    gateways: Vec<MarketGateway>,
    /// Institutions whose other nodes may stand in for a gateway.
    institutions: Vec<String>,
    mappings: Vec<CodeMapping>,
}

/// A node that hands listings to the other network.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MarketGateway {
    node: String,
    /// Multiaddresses; none where it only calls.
    addresses: Vec<String>,
}

/// How values of a field read in the other network.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CodeMapping {
    field: String,
    edition: String,
    values: Vec<CodePair>,
}

/// A value, and what it is shown as.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CodePair {
    from: String,
    to: String,
}

/// What is held of a peer market.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MarketHeld {
    listings: u64,
    entries: u64,
    /// Nodes that are connected for it.
    connected: u64,
    /// Whether it is level with whom it comes from.
    synced: bool,
    /// Why nodes were not reached, or failed.
    faults: Vec<String>,
}

impl From<&AgreementView> for PeerMarket {
    fn from(view: &AgreementView) -> Self {
        Self {
            id: view.network.clone(),
            name: Names::from(&view.name),
            state: view.state.to_owned(),
            reason: view.reason.clone(),
            number: view.number,
            terms: view.terms.clone(),
            until: instant(view.until_ms),
            takes: view.takes.as_ref().map(MarketSide::from),
            gives: view.gives.as_ref().map(MarketSide::from),
            held: view.held.as_ref().map(MarketHeld::from),
        }
    }
}

impl From<&SideView> for MarketSide {
    fn from(side: &SideView) -> Self {
        let gateway = |(node, addresses): &(String, Vec<String>)| MarketGateway {
            node: node.clone(),
            addresses: addresses.clone(),
        };
        Self {
            name: Names::from(&side.name),
            shelves: side.shelves.clone(),
            fields: side.fields.clone(),
            licence: side.licence.clone(),
            gateways: side.gateways.iter().map(gateway).collect(),
            institutions: side.institutions.clone(),
            mappings: side.mappings.iter().map(CodeMapping::from).collect(),
        }
    }
}

impl From<&MappingView> for CodeMapping {
    fn from(mapping: &MappingView) -> Self {
        let pair = |(from, to): &(String, String)| CodePair { from: from.clone(), to: to.clone() };
        Self {
            field: mapping.field.clone(),
            edition: mapping.edition.clone(),
            values: mapping.pairs.iter().map(pair).collect(),
        }
    }
}

impl From<&HeldView> for MarketHeld {
    fn from(held: &HeldView) -> Self {
        Self {
            listings: held.listings,
            entries: held.entries,
            connected: held.connected,
            synced: held.synced,
            faults: held.faults.clone(),
        }
    }
}
