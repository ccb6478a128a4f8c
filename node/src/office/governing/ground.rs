//! What the forms of proposing offer to choose from.

use std::collections::BTreeMap;

use market::Account;
use protocol::{MemberState, PeerState, Profile, PublicKey, Roster};
use serde_json::Value as Json;
use web::desk::governing::{BranchRow, ForkRow, Ground, HiddenRow, Named, NodeRow, PeerRow};

use super::check_rank;
use crate::office::{Failure, Office, last_day};

/// Institutions that a form offers; more are named by typing.
const NAMES_OFFERED: usize = 500;
/// Nodes that a form offers; more are named by typing.
const NODES_OFFERED: usize = 500;
/// Listings taken down that a page shows.
const HIDDEN_SHOWN: usize = 200;
/// Forked logs that a page shows.
const FORKS_SHOWN: usize = 50;
/// Agreements that a page shows.
const PEERS_SHOWN: usize = 200;

impl Office {
    /// What can be proposed about what.
    ///
    /// # Errors
    /// When the account is no administrator's, or the store fails.
    pub fn governing_ground(&self, account: &Account) -> Result<Ground, Failure> {
        check_rank(account)?;
        let roster = self.library().roster();
        let (nodes, nodes_more) = self.nodes_to_revoke(&roster)?;
        let hidden = roster.taken_down.iter().take(HIDDEN_SHOWN).map(|(id, reason)| {
            let title = self.library().listing(id).ok().flatten().map(|listing| listing.title().to_owned());
            HiddenRow { id: id.to_string(), title: title.unwrap_or_default(), reason: reason.clone() }
        });
        let parts = Profile::PARTS.iter().zip(&roster.profile.parts);
        Ok(Ground {
            governs: self.identity().governor_index(&roster.governors).is_some(),
            governors: governors(&roster),
            threshold: usize::from(roster.governors.threshold),
            others: others(&roster),
            nodes,
            nodes_more,
            forks: self.forks_to_settle()?,
            peers: peers(&roster),
            hidden: hidden.collect(),
            hidden_more: roster.taken_down.len().saturating_sub(HIDDEN_SHOWN),
            parts: parts.map(|(part, (version, _))| ((*part).to_owned(), version.clone())).collect(),
        })
    }

    /// Nodes of members of which something is held, by institution, without those that are revoked.
    fn nodes_to_revoke(&self, roster: &Roster) -> Result<(Vec<NodeRow>, usize), Failure> {
        let own = self.identity().node.public();
        let found = self.core().read(|desk| {
            let mut found: BTreeMap<PublicKey, (String, u64)> = BTreeMap::new();
            for (log, (head, certificate)) in desk.ledger.held() {
                let member = certificate.and_then(|c| roster.members.get(&c.body.institution));
                let known = found.entry(log.node).or_default();
                known.1 = known.1.saturating_add(head.seq);
                if let Some(member) = member {
                    known.0.clone_from(&member.institution.name);
                }
            }
            Ok(found)
        })?;
        let is_open = |(node, (name, _)): &(PublicKey, (String, u64))| {
            !name.is_empty() && !roster.revoked.contains_key(node)
        };
        let row = |(node, (institution, entries)): (PublicKey, (String, u64))| NodeRow {
            key: node.to_string(),
            institution,
            entries,
            own: node == own,
        };
        let mut rows: Vec<NodeRow> = found.into_iter().filter(is_open).map(row).collect();
        rows.sort_by(|a, b| (&a.institution, &a.key).cmp(&(&b.institution, &b.key)));
        let more = rows.len().saturating_sub(NODES_OFFERED);
        rows.truncate(NODES_OFFERED);
        Ok((rows, more))
    }

    fn forks_to_settle(&self) -> Result<Vec<ForkRow>, Failure> {
        let reply = self.forks()?;
        let text = |json: &Json, key: &str| json[key].as_str().unwrap_or_default().to_owned();
        let branch = |branch: &Json| BranchRow {
            first: text(branch, "first"),
            time: text(branch, "time"),
            held: branch["held"]["seq"].as_u64(),
        };
        let row = |fork: &Json| ForkRow {
            log: text(fork, "log"),
            institution: text(&fork["institution"], "name"),
            kind: text(&fork["shelf"], "kind"),
            region: text(&fork["shelf"], "region"),
            seq: fork["seq"].as_u64().unwrap_or_default(),
            own: fork["own"] == true,
            branches: fork["branches"].as_array().into_iter().flatten().map(branch).collect(),
        };
        let open = reply["forks"].as_array().into_iter().flatten().filter(|fork| fork["state"] == "open");
        Ok(open.take(FORKS_SHOWN).map(row).collect())
    }
}

fn governors(roster: &Roster) -> Vec<Named> {
    let named = |governor: &protocol::Governor| Named {
        id: governor.institution.id().to_string(),
        name: governor.institution.name.clone(),
    };
    roster.governors.members.iter().map(named).collect()
}

/// Active members that do not govern, by name.
fn others(roster: &Roster) -> Vec<Named> {
    let governs = |id: &protocol::InstitutionId| {
        roster.governors.members.iter().any(|governor| governor.institution.id() == *id)
    };
    let open = roster.members.iter().filter(|(id, m)| m.state == MemberState::Active && !governs(id));
    let named = |(id, member): (&protocol::InstitutionId, &protocol::Member)| Named {
        id: id.to_string(),
        name: member.institution.name.clone(),
    };
    let mut names: Vec<Named> = open.map(named).collect();
    names.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    names.truncate(NAMES_OFFERED);
    names
}

fn peers(roster: &Roster) -> Vec<PeerRow> {
    let row = |(id, peer): (&protocol::NetworkId, &protocol::Peer)| {
        let (state, reason) = match &peer.state {
            PeerState::Active => ("active", String::new()),
            PeerState::Suspended(why) => ("suspended", why.clone()),
            PeerState::Ended(why) => ("ended", why.clone()),
        };
        PeerRow {
            id: id.to_string(),
            name: (peer.charter.name_zh.clone(), peer.charter.name_en.clone()),
            state,
            reason,
            number: peer.terms.number,
            last_day: last_day(&peer.terms),
            step: peer.last_step.to_string(),
        }
    };
    roster.peers.iter().take(PEERS_SHOWN).map(row).collect()
}
