//! The roster in 32 bytes.

use super::{MemberState, PeerState, Roster};
use crate::codec::Encoder;
use crate::entry::Head;
use crate::hash::{Hash, hash};
use crate::shelf::LogId;

impl Roster {
    /// A hash over everything that the roster decides of a view.
    pub fn digest(&self) -> Hash {
        let mut to = Encoder::new();
        self.network.encode(&mut to);
        to.uint(self.epoch.into());
        self.governors.encode(&mut to);
        self.profile.encode(&mut to);
        to.uint(self.members.len() as u64);
        for member in self.members.values() {
            member.institution.encode(&mut to);
            match &member.state {
                MemberState::Active => to.u8(0),
                MemberState::Suspended(why) => to.u8(1).text(why),
                MemberState::Exited(why) => to.u8(2).text(why),
            };
        }
        to.uint(self.rotations.len() as u64);
        for (id, rotations) in &self.rotations {
            id.encode(&mut to);
            to.list(rotations, |to, rotation| rotation.encode(to));
        }
        to.uint(self.revoked.len() as u64);
        for (node, heads) in &self.revoked {
            node.encode(&mut to);
            to.uint(heads.len() as u64);
            heads.iter().for_each(|(log, head)| point(&mut to, log, head));
        }
        to.uint(self.settled.len() as u64);
        self.settled.iter().for_each(|(log, head)| point(&mut to, log, head));
        for hidden in [&self.taken_down, &self.purged] {
            to.uint(hidden.len() as u64);
            for (id, why) in hidden {
                id.encode(&mut to);
                to.text(why);
            }
        }
        to.uint(self.purge_words.len() as u64);
        for (document, words) in &self.purge_words {
            document.encode(&mut to);
            to.uint(words.len() as u64);
            for (institution, word) in words {
                institution.encode(&mut to);
                to.text(&word.reason);
            }
        }
        // Without peer markets the digest is what it was before there were any.
        if !self.peers.is_empty() {
            to.uint(self.peers.len() as u64);
        }
        for (network, peer) in &self.peers {
            network.encode(&mut to);
            peer.terms.id().encode(&mut to);
            match &peer.state {
                PeerState::Active => to.u8(0),
                PeerState::Suspended(why) => to.u8(1).text(why),
                PeerState::Ended(why) => to.u8(2).text(why),
            };
        }
        hash("roster", &[&to.finish()])
    }
}

fn point(to: &mut Encoder, log: &LogId, head: &Head) {
    log.encode(to);
    to.uint(head.seq).raw(&head.hash.0);
}
