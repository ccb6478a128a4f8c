//! Peers: what moves between them and this node, what they did, and what the operator wants of them.

use protocol::PublicKey;
use replica::{ConductView, Misdeed, SessionState};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use web::desk::peers::{ConductSeen, ForkSeen, MisdeedSeen, Paused, PeerTask, PeersView, TaskState};

use super::Office;
use super::failure::{Failure, exit};
use super::json::{peer_state, time};
use super::nodes::newest;
use super::request::Reply;
use crate::core::{Core, Meeting, NotPaused, now_ms};
use crate::harvest::when;

/// What is asked about peers. A node is named by its id or the first digits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum PeerAsk {
    /// All of them.
    List,
    /// Meet it now.
    Sync {
        /// The node.
        node: String,
    },
    /// End the meeting; the next one comes by itself.
    Stop {
        /// The node.
        node: String,
    },
    /// Let it alone.
    Pause {
        /// The node; all of them without one.
        node: Option<String>,
        /// For so long, such as `2h`; until it is resumed without that.
        length: Option<String>,
    },
    /// Meet it again.
    Resume {
        /// The node; all of them without one. Those paused by name stay so.
        node: Option<String>,
    },
}

impl Office {
    /// Answers.
    pub(super) fn answer_peers(&self, ask: PeerAsk) -> Reply {
        match ask {
            PeerAsk::List => Ok(peers_json(&self.peer_tasks()?)),
            PeerAsk::Sync { node } => self.meet(&node),
            PeerAsk::Stop { node } => self.part(&node),
            PeerAsk::Pause { node, length } => self.pause(node.as_deref(), length.as_deref()),
            PeerAsk::Resume { node } => self.resume(node.as_deref()),
        }
    }

    /// All peers, those to whom something is to be said first.
    pub fn peer_tasks(&self) -> Result<PeersView, Failure> {
        let forks = self.forks()?;
        let (meetings, certificates, paused) = {
            let core = self.core();
            let all = core.pauses().of_all(now_ms()).copied();
            (core.meetings(), newest(core.certificates()), all)
        };
        let roster = self.library().roster();
        let mut peers: Vec<PeerTask> = meetings.into_iter().map(task).collect();
        for peer in &mut peers {
            if let Some(certificate) =
                peer.key.parse().ok().and_then(|node: PublicKey| certificates.get(&node))
            {
                let body = &certificate.body;
                let member = roster.members.get(&body.institution);
                peer.name = member.map(|member| member.institution.name.clone()).unwrap_or_default();
                (peer.role, peer.region) =
                    (Some(crate::site::role(body.role)), format!("{:06}", body.region));
            }
            let its = forks["forks"].as_array().into_iter().flatten();
            let its = its.filter(|fork| !peer.key.is_empty() && fork["node"] == peer.key.as_str());
            peer.forks = its.map(fork).collect();
        }
        peers.sort_by(|a, b| (a.state, &a.name, &a.key).cmp(&(b.state, &b.name, &b.key)));
        let paused = paused.map(|pause| Paused { since_ms: pause.since_ms, until_ms: pause.until_ms });
        Ok(PeersView { peers, paused, now_ms: now_ms() })
    }

    /// The one node that begins so, among those that are met and those of the network.
    fn peer_named(&self, core: &Core, node: &str) -> Result<PublicKey, Failure> {
        let own = self.identity().node.public();
        let met = core.meetings().into_iter().filter_map(|meeting| meeting.node);
        let members = core.certificates().map(|certificate| certificate.body.node);
        let mut found: Vec<PublicKey> = met.chain(members).filter(|key| *key != own).collect();
        found.retain(|key| !node.is_empty() && key.to_string().starts_with(node));
        found.sort_unstable();
        found.dedup();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(Failure::said(exit::FAILED, "peer.failure.missing", &[("node", node)])),
            _ => Err(Failure::said(exit::FAILED, "peer.failure.ambiguous", &[("node", node)])),
        }
    }

    fn meet(&self, node: &str) -> Reply {
        let mut core = self.core();
        let peer = self.peer_named(&core, node)?;
        let paused = core.pauses().of(&peer, now_ms()).is_some_and(|pause| !pause.brief);
        let name = peer.to_string();
        if paused {
            return Err(Failure::said(
                exit::REFUSED,
                "peer.failure.paused",
                &[("node", peer.short().as_str())],
            ));
        }
        if !core.meet(peer) {
            return Err(Failure::said(
                exit::UNREACHABLE,
                "peer.failure.away",
                &[("node", peer.short().as_str())],
            ));
        }
        Ok(json!({ "v": 1, "node": name, "meeting": true }))
    }

    fn part(&self, node: &str) -> Reply {
        let mut core = self.core();
        let peer = self.peer_named(&core, node)?;
        core.part(peer).map_err(not_paused)?;
        Ok(json!({ "v": 1, "node": peer.to_string(), "stopped": true }))
    }

    fn pause(&self, node: Option<&str>, length: Option<&str>) -> Reply {
        let until_ms = match length.map(str::trim).filter(|length| !length.is_empty()) {
            Some(length) => {
                let wrong = || Failure::said(exit::USAGE, "peer.failure.length", &[("what", length)]);
                let ms = i64::try_from(when::every(length).ok_or_else(wrong)?).unwrap_or(i64::MAX);
                Some(now_ms().saturating_add(ms.saturating_mul(1_000)))
            }
            None => None,
        };
        let peer = {
            let mut core = self.core();
            let peer = node.map(|node| self.peer_named(&core, node)).transpose()?;
            core.pause(peer, until_ms).map_err(not_paused)?;
            peer
        };
        let node = peer.map(|peer| peer.to_string());
        Ok(json!({ "v": 1, "node": node, "paused": true, "until": until_ms.map(time) }))
    }

    fn resume(&self, node: Option<&str>) -> Reply {
        let (peer, lifted, all) = {
            let mut core = self.core();
            let peer = node.map(|node| self.peer_named(&core, node)).transpose()?;
            let lifted = core.resume(peer.as_ref()).map_err(not_paused)?;
            (peer, lifted, core.pauses().of_all(now_ms()).is_some())
        };
        if !lifted && all {
            return Err(Failure::said(exit::REFUSED, "peer.failure.all-paused", &[]));
        }
        let node = peer.map(|peer| peer.to_string());
        Ok(json!({ "v": 1, "node": node, "resumed": lifted }))
    }

    /// What is paused, for a status: `null` when nothing is.
    pub(super) fn paused_json(&self) -> Json {
        let core = self.core();
        let (pauses, now) = (core.pauses(), now_ms());
        let named = pauses.named(now).filter(|(_, pause)| !pause.brief).count();
        let all = pauses.of_all(now);
        if named == 0 && all.is_none() {
            return Json::Null;
        }
        let all =
            all.map(|pause| json!({ "since": time(pause.since_ms), "until": pause.until_ms.map(time) }));
        json!({ "all": all, "named": named })
    }

    /// Adds to what a status says of peers that they are paused; who is so by name is there even when nothing else is known of it.
    pub(super) fn mark_paused(&self, mut peers: Vec<Json>) -> Vec<Json> {
        let core = self.core();
        let (pauses, now) = (core.pauses(), now_ms());
        let mut named: Vec<(String, Json)> = pauses
            .named(now)
            .filter(|(_, pause)| !pause.brief)
            .map(|(node, pause)| (node.to_string(), json!(pause.until_ms.map(time))))
            .collect();
        for peer in &mut peers {
            let node = peer["node"].as_str().and_then(|node| node.parse::<PublicKey>().ok());
            let Some(pause) = node.and_then(|node| pauses.of(&node, now)).filter(|pause| !pause.brief) else {
                continue;
            };
            peer["state"] = json!("paused");
            peer["reason"] = json!("");
            peer["paused_until"] = json!(pause.until_ms.map(time));
            named.retain(|(node, _)| peer["node"] != node.as_str());
        }
        let others = named.into_iter().map(|(node, until)| {
            json!({ "v": 1, "node": node, "state": "paused", "reason": "", "paused_until": until, "last_success": null })
        });
        peers.extend(others);
        peers
    }
}

fn not_paused(why: NotPaused) -> Failure {
    match why {
        NotPaused::TooMany => {
            let most = replica::MAX_PAUSED.to_string();
            Failure::said(exit::REFUSED, "peer.failure.too-many", &[("most", &most)])
        }
        NotPaused::Disk(error) => {
            Failure::said(exit::FAILED, "peer.failure.disk", &[("why", &error.to_string())])
        }
    }
}

fn task(meeting: Meeting) -> PeerTask {
    let mut task = PeerTask {
        key: meeting.node.map(|node| node.to_string()).unwrap_or_default(),
        addresses: meeting.addresses,
        last_success_ms: meeting.last_success_ms,
        last_failure: meeting.last_failure,
        next_ms: meeting.next_ms,
        state: if meeting.dialling { TaskState::Connecting } else { TaskState::Waiting },
        ..PeerTask::default()
    };
    if let Some(session) = meeting.session {
        let view = &session.view;
        (task.state, task.reason) = match &view.state {
            SessionState::Ended(why) => (TaskState::Refused, why.clone()),
            SessionState::Greeting | SessionState::Admitting => (TaskState::Connecting, peer_state(view).1),
            SessionState::Ready if !view.line_open => (TaskState::Closed, String::new()),
            SessionState::Ready if view.synced => (TaskState::InStep, String::new()),
            SessionState::Ready => (TaskState::Syncing, String::new()),
        };
        (task.outbound, task.since_ms) = (Some(view.outbound), Some(view.since_ms));
        (task.entries, task.logs_behind) = (view.entries, view.logs_behind as u64);
        task.left = (session.left.entries_in, session.left.entries_out);
        (task.bytes, task.rate) = (session.bytes, session.rate);
    }
    task.conduct = meeting.conduct.map(conduct);
    if task.conduct.as_ref().is_some_and(|conduct| conduct.refused_until_ms.is_some()) {
        task.state = TaskState::Refused;
    }
    if let Some(pause) = meeting.pause {
        task.state = if pause.brief { TaskState::Stopped } else { TaskState::Paused };
        task.reason.clear();
        task.paused = Some(Paused { since_ms: pause.since_ms, until_ms: pause.until_ms });
        task.next_ms = pause.until_ms;
    }
    task
}

fn conduct(seen: ConductView) -> ConductSeen {
    let misdeed = |one: Misdeed| MisdeedSeen {
        at_ms: one.at_ms,
        kind: one.offence.id().to_owned(),
        what: one.what,
        frame: one.frame.map(|frame| (frame.kind, frame.length, frame.digest.to_string())),
    };
    ConductSeen {
        score: (seen.score, replica::BAN_SCORE),
        refused_until_ms: seen.banned_until_ms,
        refusals: seen.bans,
        times: seen.times,
        first_ms: seen.first_ms,
        misdeeds: seen.misdeeds.into_iter().map(misdeed).collect(),
    }
}

fn fork(fork: &Json) -> ForkSeen {
    let head = |n: usize| fork["branches"][n]["first"].as_str().unwrap_or_default().to_owned();
    ForkSeen {
        log: fork["log"].as_str().unwrap_or_default().to_owned(),
        seq: fork["seq"].as_u64().unwrap_or_default(),
        heads: [head(0), head(1)],
        settled: fork["state"] != "open",
    }
}

fn peers_json(view: &PeersView) -> Json {
    json!({
        "v": 1, "now": time(view.now_ms), "paused": view.paused.as_ref().map(pause_json),
        "peers": view.peers.iter().map(task_json).collect::<Vec<_>>(),
    })
}

fn pause_json(pause: &Paused) -> Json {
    json!({ "since": time(pause.since_ms), "until": pause.until_ms.map(time) })
}

fn task_json(task: &PeerTask) -> Json {
    let pair = |(come, gone): (u64, u64)| json!({ "in": come, "out": gone });
    let (moved, total) = task.progress();
    let failure = task.last_failure.as_ref().map(|(at, why)| json!({ "time": at.map(time), "what": why }));
    json!({
        "v": 1, "node": task.key, "name": task.name, "region": task.region, "addresses": task.addresses,
        "state": task.state.id(), "reason": task.reason, "outbound": task.outbound, "since": task.since_ms.map(time),
        "entries": pair(task.entries), "left": pair(task.left), "moved": moved, "total": total,
        "bytes": pair(task.bytes), "rate": pair(task.rate), "logs_behind": task.logs_behind,
        "last_success": task.last_success_ms.map(time), "last_failure": failure, "next": task.next_ms.map(time),
        "paused": task.paused.as_ref().map(pause_json),
        "conduct": task.conduct.as_ref().map(conduct_json),
        "forks": task.forks.iter().map(fork_json).collect::<Vec<_>>(),
    })
}

fn conduct_json(conduct: &ConductSeen) -> Json {
    let misdeed = |one: &MisdeedSeen| {
        let frame = one.frame.as_ref();
        let frame =
            frame.map(|(kind, length, digest)| json!({ "kind": kind, "length": length, "sha256": digest }));
        json!({ "time": time(one.at_ms), "kind": one.kind, "what": one.what, "frame": frame })
    };
    json!({
        "score": conduct.score.0, "refused_at": conduct.score.1, "refused_until": conduct.refused_until_ms.map(time),
        "refusals": conduct.refusals, "times": conduct.times, "first": time(conduct.first_ms),
        "misdeeds": conduct.misdeeds.iter().map(misdeed).collect::<Vec<_>>(),
    })
}

fn fork_json(fork: &ForkSeen) -> Json {
    json!({ "log": fork.log, "seq": fork.seq, "heads": fork.heads, "settled": fork.settled })
}
