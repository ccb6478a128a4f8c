//! What is told of peer markets.

use protocol::{Peer, PeerState, Side};
use web::SourceError;
use web::desk::markets::{AgreementView, HeldView, MappingView, PeerMarkets, SideView};
use web::desk::view::{Clerk, Said};
use web::view::Names;

use super::{Bench, told};
use crate::office::{held_of, pattern_text};

impl PeerMarkets for Bench {
    fn peer_markets(&self, clerk: &Clerk) -> Result<Result<Vec<AgreementView>, Said>, SourceError> {
        told(self.administrator(clerk).map(|_| self.agreements()))
    }

    fn market_card(&self, clerk: &Clerk, replaceable: bool) -> Result<Result<Vec<u8>, Said>, SourceError> {
        told(self.administrator(clerk).map(|_| self.office.market_file(replaceable).to_file()))
    }
}

impl Bench {
    fn agreements(&self) -> Vec<AgreementView> {
        let roster = self.office.library().roster();
        let markets = self.office.markets();
        let one = |(id, peer): (&protocol::NetworkId, &Peer)| {
            let market = markets.iter().find(|market| market.network == *id);
            let held = market.map(|market| {
                let held = held_of(market, self.office.is_gateway(peer, &roster));
                HeldView {
                    listings: held.listings,
                    entries: held.entries,
                    connected: held.connected,
                    synced: held.synced,
                    faults: held.faults.into_iter().chain(held.failures).collect(),
                }
            });
            AgreementView { held, ..agreement(&id.to_string(), peer) }
        };
        roster.peers.iter().map(one).collect()
    }
}

fn agreement(id: &str, peer: &Peer) -> AgreementView {
    let (state, reason) = match &peer.state {
        PeerState::Active => ("active", ""),
        PeerState::Suspended(why) => ("suspended", why.as_str()),
        PeerState::Ended(why) => ("ended", why.as_str()),
    };
    AgreementView {
        network: id.to_owned(),
        name: names(&peer.charter.name_zh, &peer.charter.name_en),
        state,
        reason: reason.to_owned(),
        number: peer.terms.number,
        terms: peer.terms.id().to_string(),
        until_ms: peer.terms.until_ms,
        takes: peer.gives().map(side),
        gives: peer.takes().map(side),
        held: None,
    }
}

fn names(zh: &str, en: &str) -> Names {
    Names { zh: zh.to_owned(), en: en.to_owned() }
}

fn side(side: &Side) -> SideView {
    let mapping = |mapping: &protocol::CodeMapping| MappingView {
        field: mapping.field.clone(),
        edition: mapping.edition.clone(),
        pairs: mapping.pairs.clone(),
    };
    let gateway = |gateway: &protocol::Gateway| (gateway.node.to_string(), gateway.addresses.clone());
    SideView {
        name: names(&side.name_zh, &side.name_en),
        shelves: side.gives.iter().map(pattern_text).collect(),
        fields: side.fields.clone(),
        licence: side.licence.clone(),
        gateways: side.gateways.iter().map(gateway).collect(),
        institutions: side.institutions.iter().map(ToString::to_string).collect(),
        mappings: side.mappings.iter().map(mapping).collect(),
    }
}
