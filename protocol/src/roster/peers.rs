//! Networks that listings are exchanged with, as the roster of one of the two has it.

use super::{Named, Roster};
use crate::charter::Charter;
use crate::hash::{Hash, NetworkId};
use crate::peering::{Side, Terms};
use crate::steps::Action;

/// Whether anything is exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerState {
    /// It is, once the other's roster has the same terms.
    Active,
    /// Not for now, and why.
    Suspended(String),
    /// No more, and why.
    Ended(String),
}

/// Another network with which there is, or was, an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The latest terms.
    pub terms: Terms,
    /// The other network's charter, by which its entries are judged.
    pub charter: Charter,
    /// How it stands.
    pub state: PeerState,
    /// The last step about it.
    pub last_step: Hash,
}

impl Peer {
    /// What the other network gives.
    pub fn gives(&self) -> Option<&Side> {
        self.terms.side(&self.charter.id())
    }

    /// What is given to it.
    pub fn takes(&self) -> Option<&Side> {
        self.terms.other(&self.charter.id())
    }

    /// Whether its listings are shown: not while the agreement is suspended, and no more once it has ended.
    pub fn is_active(&self) -> bool {
        self.state == PeerState::Active
    }

    /// Whether gateways exchange anything at this moment of their clock, milliseconds since 1970.
    pub fn is_open(&self, now_ms: i64) -> bool {
        self.is_active() && now_ms < self.terms.until_ms
    }
}

impl Roster {
    /// A step about another network. One that names other parties than its subject and this network says nothing.
    pub(super) fn apply_to_peer(&mut self, id: NetworkId, (hash, step): &Named<'_>) {
        if let Action::Peer(peering) = &step.action {
            if peering.with(&self.network) == Some(id) {
                let peering = (**peering).clone();
                let (terms, charter) = (peering.terms, peering.charter);
                self.peers.insert(id, Peer { terms, charter, state: PeerState::Active, last_step: *hash });
            }
            return;
        }
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.last_step = *hash;
        match &step.action {
            Action::Suspend(why) => peer.state = PeerState::Suspended(why.clone()),
            Action::Reinstate => peer.state = PeerState::Active,
            Action::Exit(why) => peer.state = PeerState::Ended(why.clone()),
            _ => {}
        }
    }
}
