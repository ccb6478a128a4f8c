//! Peer markets: what this network shows of itself, the agreements on its roster, and the steps that make and end them.

use market::MarketError;
use protocol::{
    Action, Gateway, MarketFile, NetworkId, Peer, PeerState, Peering, Roster, ShelfPattern, Side, Subject,
    Terms,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::roster::Motion;
use super::terms::Offer;
use super::{Failure, Office, Reply, exit, json::time};
use crate::abroad::Market;

/// A question about peer markets.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum PeeringAsk {
    /// This network as it shows itself: its charter, and this node as its gateway. The answer holds the file in base64.
    Card {
        /// Whether other nodes of this institution may take its place.
        #[serde(default)]
        replaceable: bool,
    },
    /// The charters of the networks on the roster, each in base64.
    Charters,
    /// The agreements, or the one with a network.
    Show {
        /// Its name, or the first digits of its id.
        network: Option<String>,
    },
}

/// Another way for an agreement to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerMove {
    /// Nothing is exchanged or shown for now.
    Suspend,
    /// It goes on.
    Resume,
    /// Nothing more is.
    End,
}

impl Office {
    pub(super) fn answer_peering(&self, ask: PeeringAsk) -> Reply {
        match ask {
            PeeringAsk::Card { replaceable } => Ok(self.market_card(replaceable)),
            PeeringAsk::Charters => {
                let roster = self.library().roster();
                let charters = roster.peers.values().map(|peer| &peer.charter);
                let charters: Vec<String> =
                    charters.map(|charter| data_encoding::BASE64.encode(&charter.to_bytes())).collect();
                Ok(json!({ "v": 1, "charters": charters }))
            }
            PeeringAsk::Show { network } => self.show_peers(network.as_deref()),
        }
    }

    fn market_card(&self, replaceable: bool) -> Json {
        let file = self.market_file(replaceable).to_file();
        json!({ "v": 1, "file": data_encoding::BASE64.encode(&file) })
    }

    /// This network as it shows itself, with this node as its gateway.
    pub fn market_file(&self, replaceable: bool) -> MarketFile {
        let identity = self.identity();
        let gateway = Gateway { node: identity.node.public(), addresses: self.invitation_addresses() };
        let institutions = if replaceable { vec![identity.institution.id()] } else { Vec::new() };
        let charter = identity.charter.clone();
        MarketFile { charter, gateways: vec![gateway], terms: None, institutions }
    }

    /// The motion that offers another network an agreement; `card` is how it shows itself.
    pub(super) fn offer(&self, card: &[u8], replaceable: bool, offer: Offer) -> Result<Motion, Failure> {
        let other = MarketFile::from_file(card).map_err(MarketError::from)?;
        let known =
            self.library().roster().peers.get(&other.charter.charter.id()).map(|peer| peer.terms.number);
        let number = known.unwrap_or_default().saturating_add(1);
        let terms = offer.terms(&self.market_file(replaceable), &other, number)?;
        let file = MarketFile { terms: Some(terms), ..other }.to_file();
        Ok(Motion::Peer { file: data_encoding::BASE64.encode(&file) })
    }

    /// The file by which the other network accepts an agreement that this one signs.
    pub(super) fn proposal(&self, peering: &Peering) -> Option<MarketFile> {
        let charter = self.identity().charter.clone();
        let own = peering.terms.side(&charter.charter.id())?;
        let gateways = own.gateways.clone();
        Some(MarketFile { charter, gateways, terms: Some(peering.terms.clone()), institutions: Vec::new() })
    }

    fn show_peers(&self, network: Option<&str>) -> Reply {
        let roster = self.library().roster();
        let only = network.map(|text| find_peer(&roster, text)).transpose()?;
        let chosen = roster.peers.iter().filter(|(id, _)| only.is_none_or(|only| only == **id));
        let markets = self.markets();
        let told = |(id, peer): (&NetworkId, &Peer)| {
            let mut told = peer_json(id, peer);
            if let Some(market) = markets.iter().find(|market| market.network == *id) {
                told["held"] = held_json(&held_of(market, self.is_gateway(peer, &roster)));
            }
            told
        };
        let peers: Vec<Json> = chosen.map(told).collect();
        Ok(json!({ "v": 1, "network": roster.network.to_string(), "peers": peers }))
    }

    /// Whether this node is a gateway of its own network under an agreement.
    pub fn is_gateway(&self, peer: &Peer, roster: &Roster) -> bool {
        peer.takes().is_some_and(|side| side.admits(&self.identity().certificate, Some(roster)))
    }

    /// What a motion about another network asks to be signed.
    pub(super) fn peer_step(&self, motion: Motion, roster: &Roster) -> Result<(Subject, Action), Failure> {
        match motion {
            Motion::Peer { file } => {
                let read =
                    MarketFile::from_file(&super::roster::bytes_of(&file)?).map_err(MarketError::from)?;
                let terms = read.terms.ok_or_else(|| refused("no-terms"))?;
                let id = read.charter.charter.id();
                let peering = Peering { terms, charter: read.charter.charter };
                if peering.with(&roster.network) != Some(id) {
                    return Err(refused("others"));
                }
                Ok((Subject::Peer(id), Action::Peer(Box::new(peering))))
            }
            Motion::PeerMove { network, to, reason } => {
                let subject = Subject::Peer(find_peer(roster, &network)?);
                let action = match to {
                    PeerMove::Suspend => Action::Suspend(reason),
                    PeerMove::Resume => Action::Reinstate,
                    PeerMove::End => Action::Exit(reason),
                };
                Ok((subject, action))
            }
            _ => Err(refused("others")),
        }
    }
}

/// What is held of a peer market, and whether it is level with whom it is exchanged with.
pub struct Held {
    /// Listings.
    pub listings: u64,
    /// Entries.
    pub entries: u64,
    /// Nodes that are connected for it.
    pub connected: u64,
    /// Whether one of those that bring it is in step.
    pub synced: bool,
    /// Why nodes were not reached.
    pub faults: Vec<String>,
    /// Why others failed last.
    pub failures: Vec<String>,
}

/// What is held of a peer market here; `gateway` whether this node has it from the other network.
pub fn held_of(market: &Market, gateway: bool) -> Held {
    let figures = market.office.figures();
    // A gateway has it from the other network, everyone else from nodes of this one.
    let brings = |peer: &&replica::PeerView| !gateway || peer.guest_of.is_none();
    let synced = figures.peers.iter().filter(brings).any(|peer| peer.synced);
    Held {
        listings: figures.ledger.held,
        entries: figures.ledger.entries,
        connected: figures.peers.len() as u64,
        synced,
        faults: figures.unreachable.iter().map(|(_, why)| why.clone()).collect(),
        failures: figures.last_failure.values().cloned().collect(),
    }
}

fn held_json(held: &Held) -> Json {
    json!({
        "listings": held.listings, "entries": held.entries, "connected": held.connected, "synced": held.synced,
        "faults": held.faults, "failures": held.failures,
    })
}

fn refused(why: &str) -> Failure {
    Failure::said(exit::REJECTED, &format!("cli.failure.peering.{why}"), &[])
}

/// The network that a name, or the first digits of an id, mean.
fn find_peer(roster: &Roster, text: &str) -> Result<NetworkId, Failure> {
    let text = text.trim();
    let digits = text.to_ascii_lowercase();
    let meant = |id: &NetworkId, peer: &Peer| {
        let charter = &peer.charter;
        charter.name_zh == text
            || charter.name_en == text
            || (digits.len() >= 6 && id.to_string().starts_with(&digits))
    };
    let mut found = roster.peers.iter().filter(|(id, peer)| meant(id, peer)).map(|(id, _)| *id);
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(Failure::said(exit::FAILED, "cli.failure.peering.unknown", &[("name", text)])),
        (Some(_), Some(_)) => Err(Failure::said(exit::FAILED, "cli.failure.several", &[("what", text)])),
    }
}

/// One agreement, as it stands on this network's roster.
pub(super) fn peer_json(id: &NetworkId, peer: &Peer) -> Json {
    let (state, reason) = match &peer.state {
        PeerState::Active => ("active", ""),
        PeerState::Suspended(why) => ("suspended", why.as_str()),
        PeerState::Ended(why) => ("ended", why.as_str()),
    };
    json!({
        "v": 1,
        "id": id.to_string(),
        "name": { "zh": peer.charter.name_zh, "en": peer.charter.name_en },
        "state": state,
        "reason": reason,
        "number": peer.terms.number,
        "terms": peer.terms.id().to_string(),
        "last_day": last_day(&peer.terms),
        "until": time(peer.terms.until_ms),
        "until_ms": peer.terms.until_ms,
        "takes": peer.gives().map(side_json),
        "gives": peer.takes().map(side_json),
    })
}

/// The last day on which an agreement holds, UTC.
pub(crate) fn last_day(terms: &Terms) -> String {
    let mut day = time(terms.until_ms.saturating_sub(1));
    day.truncate(10);
    day
}

/// What one side gives.
pub(crate) fn side_json(side: &Side) -> Json {
    let mappings: Vec<Json> = side
        .mappings
        .iter()
        .map(|mapping| {
            json!({ "field": mapping.field, "edition": mapping.edition, "values": mapping.pairs.len() })
        })
        .collect();
    let gateways: Vec<Json> = side
        .gateways
        .iter()
        .map(|gateway| json!({ "node": gateway.node.to_string(), "addresses": gateway.addresses }))
        .collect();
    json!({
        "name": { "zh": side.name_zh, "en": side.name_en },
        "shelves": side.gives.iter().map(pattern_text).collect::<Vec<_>>(),
        "fields": side.fields,
        "licence": side.licence,
        "gateways": gateways,
        "institutions": side.institutions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "mappings": mappings,
    })
}

/// A pattern as the command line takes it: `achievement@42`, `all`.
pub fn pattern_text(pattern: &ShelfPattern) -> String {
    let kind =
        pattern.kind.map_or("all", |kind| catalog::Kind::from_code(kind.0).map_or("?", |kind| kind.id()));
    match pattern.region_prefix.as_str() {
        "" => kind.to_owned(),
        region => format!("{kind}@{region}"),
    }
}
