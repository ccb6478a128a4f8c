//! Forks, settles and what was lost: the answers.

use market::{Desk, LostEntry};
use protocol::{FileKind, Fork, RosterStep, seal_file};
use replica::Why;
use serde_json::{Map, Value as Json, json};

use super::answers::file_reply;
use super::editing::outcome_json;
use super::failure::Failure;
use super::request::Reply;
use super::{Office, json as shown};

impl Office {
    /// All forks known here.
    pub(super) fn forks(&self) -> Reply {
        let forks = self.core().read(|desk| {
            let forks: Vec<Fork> = desk.ledger.forks().values().cloned().collect();
            forks.iter().map(|fork| fork_json(desk, fork)).collect::<market::Result<Vec<Json>>>()
        })?;
        Ok(json!({ "v": 1, "forks": forks }))
    }

    /// How many logs are forked and not settled: in all, and of this node's own.
    pub(super) fn open_forks(&self) -> Json {
        let me = self.identity().node.public();
        let open = self.core().read(|desk| {
            let is_open = |fork: &&Fork| desk.ledger.limit(&fork.log()).is_some_and(|l| l.why == Why::Forked);
            let own = |fork: &Fork| fork.log().node == me;
            Ok(desk.ledger.forks().values().filter(is_open).map(own).collect::<Vec<_>>())
        });
        let open = open.unwrap_or_default();
        json!({ "open": open.len(), "own": open.iter().filter(|own| **own).count() })
    }

    /// Institutions of whose entries, or of what they write for the roster, as much is held as this node allows.
    pub(super) fn over_allowance(&self) -> Json {
        let over = self.core().replica().over_allowance();
        let roster = self.library().roster();
        let name = |id| roster.members.get(id).map(|member| member.institution.name.clone());
        over.iter()
            .map(|(id, over)| {
                json!({
                    "id": id.to_string(), "name": name(id), "mib": over.held.all >> 20, "roster_mib": over.held.roster >> 20,
                    "entries": over.entries, "roster": over.roster,
                })
            })
            .collect()
    }

    pub(super) fn fork_file(&self, log: &str) -> Reply {
        let fork = self.core().read(|desk| desk.fork(log))?;
        let body = fork.to_file_body(&self.identity().network());
        Ok(file_reply(&seal_file(FileKind::Fork, &body)))
    }

    /// The settle of a forked log, unsigned.
    pub(super) fn settle_step(&self, log: &str, keep: &str) -> Result<RosterStep, Failure> {
        Ok(self.core().read(|desk| {
            let fork = desk.fork(log)?;
            let head = desk.point(&fork, keep)?;
            Ok(desk.settle_step(&fork, head))
        })?)
    }

    pub(super) fn lost(&self) -> Reply {
        let lost = self.core().read(|desk| desk.lost())?;
        let list: Vec<Json> = (1..).zip(&lost).map(|(n, entry)| lost_json(n, entry)).collect();
        Ok(json!({ "v": 1, "lost": list }))
    }

    pub(super) fn publish_again(&self, number: usize) -> Reply {
        let outcome = self.writing().work(|desk| {
            let missing = market::MarketError::NoSuchLost { number };
            let lost = desk.lost()?.into_iter().nth(number.wrapping_sub(1)).ok_or(missing)?;
            desk.publish_again(&lost)
        })?;
        Ok(outcome_json(0, &outcome))
    }
}

fn fork_json(desk: &Desk<'_>, fork: &Fork) -> market::Result<Json> {
    let log = fork.log();
    let limit = desk.ledger.limit(&log);
    let state = match limit.map(|limit| limit.why) {
        Some(Why::Settled) => "settled",
        Some(Why::Revoked) => "revoked",
        _ => "open",
    };
    let mut branches = Vec::new();
    for (branch, entry) in fork.branches().iter().zip([&fork.left, &fork.right]) {
        let held = desk.branch_head(fork, branch)?;
        branches.push(json!({
            "first": branch.hash.to_string(),
            "time": shown::time(entry.header.time_ms),
            "held": held.map(|head| json!({ "seq": head.seq, "hash": head.hash.to_string() })),
        }));
    }
    let institution = desk.library.institution_of(&fork.certificate);
    Ok(json!({
        "v": 1,
        "log": log.hash().to_string(),
        "node": log.node.to_string(),
        "own": log.node == desk.identity.node.public(),
        "institution": { "id": fork.certificate.body.institution.to_string(), "name": institution },
        "shelf": { "region": format!("{:06}", log.shelf.region), "kind": shown::kind_id(log.shelf.kind.0) },
        "incarnation": format!("{:016x}", log.incarnation),
        "seq": fork.seq(),
        "common": { "seq": fork.common().seq, "hash": fork.common().hash.to_string() },
        "state": state,
        "counts": limit.map(|limit| limit.head.seq),
        "branches": branches,
    }))
}

fn lost_json(number: usize, lost: &LostEntry) -> Json {
    let changes: Map<String, Json> = lost
        .changes
        .iter()
        .map(|(key, value)| (key.clone(), value.as_ref().map_or(Json::Null, shown::of_value)))
        .collect();
    json!({
        "v": 1, "number": number, "entry": lost.entry.to_string(), "id": lost.document.to_string(),
        "verb": if lost.creates { "create" } else { "edit" }, "kind": shown::kind_id(lost.log.shelf.kind.0),
        "seq": lost.seq, "time": shown::time(lost.time_ms), "changes": changes,
    })
}
