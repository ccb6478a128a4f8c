//! The whole network, for its map.

use std::collections::BTreeMap;

use protocol::InstitutionId;
use web::SourceError;
use web::view::{MemberSaid, MemberView, NetworkView, PeerMarketView, PeerState};

use super::org::membership;
use super::{Site, lists, peer_word, role};
use crate::core::now_ms;

/// How an institution's best connected node is, when it was last in step, and what went wrong.
#[derive(Default)]
struct Seen {
    link: Option<PeerState>,
    last_success_ms: Option<i64>,
    reason: String,
}

impl Site {
    pub(super) fn whole_network(&self) -> Result<NetworkView, SourceError> {
        let figures = self.office.figures();
        let roster = self.office.library().roster();
        let own = self.office.identity().institution.id();
        let mut seen: BTreeMap<InstitutionId, Seen> = BTreeMap::new();
        // Nodes that are connected tell of their institutions; those that were tell by their certificates.
        let certificates: BTreeMap<_, _> = self
            .office
            .core()
            .certificates()
            .map(|certificate| (certificate.body.node, certificate.body.institution))
            .collect();
        for (node, at) in &figures.last_success {
            let Some(institution) = certificates.get(node) else { continue };
            let known = &mut seen.entry(*institution).or_default().last_success_ms;
            *known = Some(known.map_or(*at, |before| before.max(*at)));
        }
        for (node, why) in &figures.last_failure {
            let Some(institution) = certificates.get(node) else { continue };
            seen.entry(*institution).or_default().reason.clone_from(why);
        }
        for peer in figures.peers.iter().filter(|peer| peer.guest_of.is_none()) {
            let Some(certificate) = &peer.certificate else { continue };
            let known = seen.entry(certificate.body.institution).or_default();
            let (state, reason) = peer_word(peer);
            if !reason.is_empty() {
                known.reason = reason;
            }
            if known.link != Some(PeerState::InStep) {
                known.link = Some(state);
            }
            if state == PeerState::InStep {
                known.reason.clear();
            }
        }
        let paused: Vec<_> = {
            let (core, now) = (self.office.core(), now_ms());
            let held =
                |node: &&protocol::PublicKey| core.pauses().of(node, now).is_some_and(|pause| !pause.brief);
            certificates.iter().filter(|(node, _)| held(node)).map(|(_, institution)| *institution).collect()
        };
        for institution in paused {
            let known = seen.entry(institution).or_default();
            (known.link, known.reason) = (Some(PeerState::Paused), String::new());
        }
        let mut said = self.said_by_members();
        let member = |(id, member): (&InstitutionId, &protocol::Member)| {
            let seen = seen.remove(id).unwrap_or_default();
            MemberView {
                id: id.to_string(),
                name: member.institution.name.clone(),
                role: role(member.institution.role),
                region: format!("{:06}", member.institution.region),
                membership: membership(member),
                governs: roster.governors.members.iter().any(|governor| governor.institution.id() == *id),
                own: *id == own,
                link: seen.link,
                reason: seen.reason,
                last_success_ms: seen.last_success_ms,
                said: said.remove(&id.to_string()),
            }
        };
        let members = roster.members.iter().map(member).collect();
        let markets = self.office.markets();
        let market = |(id, peer): (&protocol::NetworkId, &protocol::Peer)| {
            let held = markets.iter().find(|market| market.network == *id);
            PeerMarketView {
                name: lists::name_of(peer),
                open: held.is_some(),
                listings: held.map_or(0, |market| market.office.figures().ledger.held),
                until_ms: peer.terms.until_ms.saturating_sub(1),
            }
        };
        Ok(NetworkView {
            node: self.node(self.public_listings()?),
            members,
            markets: roster.peers.iter().map(market).collect(),
            now_ms: now_ms(),
        })
    }

    /// How the worst node of each institution is that has said so, by the institution's id.
    fn said_by_members(&self) -> BTreeMap<String, MemberSaid> {
        let mut members = BTreeMap::new();
        // The worst come first.
        for node in self.office.all_nodes().nodes {
            let Some(said) = &node.said else { continue };
            let (health, silent, heard_ms) = (node.health(), node.is_silent(), said.heard_ms);
            members.entry(node.institution).or_insert(MemberSaid { health, silent, heard_ms });
        }
        members
    }
}
