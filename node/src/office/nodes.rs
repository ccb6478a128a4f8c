//! How the nodes of the network are: by their own signed word, and as this node is connected with them.

use std::collections::BTreeMap;

use protocol::{NodeCertificate, NodeState, PublicKey};
use replica::HeardStatus;
use serde_json::{Value as Json, json};
use web::view::{NodeSaid, NodeSeen, NodeWord, NodesView, PeerState};

use super::Office;
use super::json::time;
use crate::core::{AGENT, now_ms};
use crate::health::{self, Level};

impl Office {
    /// All nodes that are known and that the roster admits, the worst first.
    pub fn all_nodes(&self) -> NodesView {
        let now_ms = now_ms();
        let own = self.identity().certificate.body.node;
        let (certificates, statuses, peers, pauses) = {
            let core = self.core();
            (newest(core.certificates()), core.statuses(), core.replica().peers(), core.pauses().clone())
        };
        let mut heard: BTreeMap<PublicKey, HeardStatus> =
            statuses.into_iter().map(|heard| (heard.note.node, heard)).collect();
        let links: BTreeMap<PublicKey, PeerState> =
            peers.iter().map(|peer| (peer.peer, crate::site::peer_word(peer).0)).collect();
        let roster = self.library().roster();
        let mut nodes = Vec::with_capacity(certificates.len());
        for (node, certificate) in certificates {
            let NodeState::Active(member) = roster.node(&certificate) else { continue };
            let body = &certificate.body;
            let heard = heard.remove(&node);
            nodes.push(NodeSeen {
                key: node.to_string(),
                institution: body.institution.to_string(),
                name: member.institution.name.clone(),
                role: crate::site::role(body.role),
                region: format!("{:06}", body.region),
                own: node == own,
                link: match pauses.of(&node, now_ms) {
                    Some(pause) if !pause.brief => Some(PeerState::Paused),
                    _ => links.get(&node).copied(),
                },
                words: words_of(heard.as_ref(), now_ms),
                said: heard.as_ref().map(said),
            });
        }
        nodes.sort_by(|a, b| (a.health(), &a.name, &a.key).cmp(&(b.health(), &b.name, &b.key)));
        NodesView { nodes, now_ms }
    }

    /// The same, for programs.
    pub(super) fn nodes_json(&self) -> Json {
        let view = self.all_nodes();
        let nodes: Vec<Json> = view.nodes.iter().map(node_json).collect();
        json!({ "v": 1, "now": time(view.now_ms), "nodes": nodes })
    }
}

/// The newest certificate of each node.
pub(super) fn newest<'a>(
    certificates: impl Iterator<Item = &'a NodeCertificate>,
) -> BTreeMap<PublicKey, NodeCertificate> {
    let mut newest: BTreeMap<PublicKey, NodeCertificate> = BTreeMap::new();
    for certificate in certificates {
        let known = newest.entry(certificate.body.node).or_insert_with(|| certificate.clone());
        if known.body.serial < certificate.body.serial {
            *known = certificate.clone();
        }
    }
    newest
}

/// What is to be known of a node, what is worse first.
fn words_of(heard: Option<&HeardStatus>, now_ms: i64) -> Vec<NodeWord> {
    let Some(heard) = heard else {
        return vec![NodeWord { code: "never".to_owned(), problem: false }];
    };
    let seen = health::of_note(heard, AGENT, now_ms).into_iter().map(str::to_owned);
    let mut codes: Vec<String> = seen.chain(heard.note.facts.words.iter().cloned()).collect();
    codes.sort_by_cached_key(|code| (health::level(code), code.clone()));
    codes.dedup();
    let word = |code: String| NodeWord { problem: health::level(&code) == Level::Problem, code };
    codes.into_iter().map(word).collect()
}

fn said(heard: &HeardStatus) -> NodeSaid {
    let facts = &heard.note.facts;
    NodeSaid {
        made_ms: facts.made_ms,
        heard_ms: heard.heard_ms,
        agent: facts.agent.clone(),
        not_after_ms: facts.not_after_ms,
        missing: facts.missing,
        unshared: facts.unshared,
        last_success_ms: facts.last_success_ms,
        clock_behind_ms: facts.clock_behind_ms,
        disk: facts.disk,
        store: facts.store,
        entries: facts.entries,
    }
}

fn node_json(node: &NodeSeen) -> Json {
    let said = node.said.as_ref().map(|said| {
        json!({
            "made": said.made_ms.map(time), "heard": time(said.heard_ms), "agent": said.agent,
            "certificate_ends": said.not_after_ms.map(time), "missing": said.missing, "unshared": said.unshared,
            "last_success": said.last_success_ms.map(time), "clock_behind_ms": said.clock_behind_ms,
            "disk": said.disk.map(|(free, total)| json!({ "free": free, "total": total })),
            "store": said.store, "entries": said.entries,
        })
    });
    let words: Vec<&str> = node.words.iter().map(|word| word.code.as_str()).collect();
    json!({
        "v": 1, "node": node.key, "institution": node.institution, "name": node.name, "region": node.region, "own": node.own,
        "connected": node.link.is_some(), "health": node.health().id(), "words": words, "said": said,
    })
}
