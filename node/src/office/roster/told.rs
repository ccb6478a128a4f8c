//! The roster in JSON: members, steps, who signed them.

use market::Gathered;
use protocol::{Action, InstitutionId, MemberState, Profile, Roster, StepsFile, Subject};
use serde_json::{Value as Json, json};

use crate::office::json::time;
use crate::office::last_day;

/// Governors, profile and all members.
pub(super) fn whole_json(roster: &Roster) -> Json {
    let members: Vec<Json> = roster.members.keys().map(|id| member_json(roster, id)).collect();
    let governors: Vec<&str> = roster.governors.members.iter().map(|g| g.institution.name.as_str()).collect();
    json!({
        "v": 1,
        "network": roster.network.to_string(),
        "digest": roster.digest().to_string(),
        "epoch": roster.epoch,
        "governors": governors,
        "threshold": roster.governors.threshold,
        "members": members,
        "profile": profile_json(&roster.profile),
        "governs_alone": roster.governors.members.len() == 1,
    })
}

fn profile_json(profile: &Profile) -> Json {
    let names = ["brand", "rules", "data", "service"];
    let parts = names.iter().zip(&profile.parts);
    Json::Object(
        parts
            .map(|(name, (version, text))| {
                ((*name).to_owned(), json!({ "version": version, "text": text.to_string() }))
            })
            .collect(),
    )
}

/// One member.
pub(super) fn member_json(roster: &Roster, id: &InstitutionId) -> Json {
    let Some(member) = roster.members.get(id) else { return Json::Null };
    let (state, reason) = match &member.state {
        MemberState::Active => ("active", None),
        MemberState::Suspended(why) => ("suspended", Some(why)),
        MemberState::Exited(why) => ("exited", Some(why)),
    };
    let governor = roster.governors.members.iter().find(|g| g.institution.id() == *id);
    let vouched = roster.vouched_by(member).and_then(|by| roster.members.get(&by));
    json!({
        "id": id.to_string(),
        "name": member.institution.name,
        "credit_code": member.institution.credit_code,
        "role": member.institution.role.id(),
        "region": format!("{:06}", member.institution.region),
        "state": state,
        "reason": reason,
        "governor": governor.is_some(),
        "governor_key": governor.map(|g| g.key.to_string()),
        "root": roster.present_root(id).map(|root| root.to_string()),
        "admitted_by": vouched.map(|by| by.institution.name.clone()),
    })
}

pub(in crate::office) fn subject_json(roster: &Roster, subject: &Subject) -> Json {
    let mut told = bare_subject(subject);
    if let Subject::Institution(id) = subject {
        told["name"] = json!(roster.members.get(id).map(|m| m.institution.name.as_str()));
    }
    told
}

/// What a step is about, by its id alone.
fn bare_subject(subject: &Subject) -> Json {
    match subject {
        Subject::Network => json!({ "kind": "network", "name": "" }),
        Subject::Institution(id) => json!({ "kind": "institution", "id": id.to_string() }),
        Subject::Document(id) => json!({ "kind": "listing", "id": id.to_string() }),
        Subject::Invitation(key) => json!({ "kind": "invitation", "id": key.to_string() }),
        Subject::Log(log) => json!({ "kind": "log", "id": log.to_string() }),
        Subject::Peer(network) => json!({ "kind": "network", "id": network.to_string() }),
    }
}

/// What a step does, in a word and its particulars.
pub(in crate::office) fn action_json(action: &Action) -> (&'static str, Json) {
    match action {
        Action::Admit(who) => ("admit", json!({ "name": who.name, "role": who.role.id() })),
        Action::Suspend(why) => ("suspend", json!({ "reason": why })),
        Action::Reinstate => ("reinstate", Json::Null),
        Action::Exit(why) => ("exit", json!({ "reason": why })),
        Action::ChangeRole(role, region) => {
            ("role", json!({ "role": role.id(), "region": format!("{region:06}") }))
        }
        Action::Invite(i) => (
            "invite",
            json!({ "role": i.role.id(), "region": format!("{:06}", i.region), "not_after": time(i.not_after_ms) }),
        ),
        Action::RevokeNode(node, logs, why) => {
            ("revoke", json!({ "node": node.to_string(), "logs": logs.len(), "reason": why }))
        }
        Action::Settle(log, head) => ("settle", json!({ "node": log.node.to_string(), "seq": head.seq })),
        Action::TakeDown(why) => ("take-down", json!({ "reason": why })),
        Action::Restore => ("restore", Json::Null),
        Action::Governors(governors, kept) => {
            let names: Vec<&str> = governors.members.iter().map(|g| g.institution.name.as_str()).collect();
            let (threshold, kept) = (governors.threshold, kept.len());
            ("governors", json!({ "governors": names, "threshold": threshold, "kept": kept }))
        }
        Action::Keep(kept) => ("keep", json!({ "kept": kept.len() })),
        Action::Profile(profile) => ("profile", profile_json(profile)),
        Action::Peer(peering) => (
            "peer",
            json!({ "name": peering.charter.name_zh, "number": peering.terms.number, "until": last_day(&peering.terms) }),
        ),
        Action::Purge(why) => ("purge", json!({ "reason": why })),
        Action::RootKey(rotation) => {
            ("root-key", json!({ "root": rotation.root.to_string(), "nodes": rotation.nodes.len() }))
        }
        Action::Other(code, _) => ("other", json!({ "code": code })),
    }
}

/// A step: what it does, about what, who signed it and how many are missing.
pub(super) fn step_json(roster: &Roster, gathered: &Gathered) -> Json {
    let step = &gathered.signed.step;
    let (action, detail) = action_json(&step.action);
    let signed: Vec<&str> = gathered
        .signers
        .iter()
        .filter_map(|n| roster.governors.members.get(usize::from(*n)))
        .map(|g| g.institution.name.as_str())
        .collect();
    let by = roster.words.get(&gathered.id).into_iter().flatten().filter_map(|by| roster.members.get(by));
    let word_of: Vec<&str> = by.map(|member| member.institution.name.as_str()).collect();
    let counts = !word_of.is_empty() || roster.chains.values().any(|(_, last)| *last == gathered.id);
    let state = match () {
        () if counts => "counts",
        () if step.epoch == roster.epoch && gathered.missing > 0 => "waits",
        // A later step of its subject, or other governors since, stand in its place.
        () => "past",
    };
    json!({
        "v": 1,
        "id": gathered.id.to_string(),
        "action": action,
        "detail": detail,
        "subject": subject_json(roster, &step.subject),
        "epoch": step.epoch,
        "number": step.number,
        "signed": signed,
        "threshold": roster.governors.threshold,
        "missing": gathered.missing,
        "latest": counts,
        "state": state,
        "word_of": word_of,
    })
}

/// The steps of a file as they are, without any roster: what each does, about what, and whose signatures stand under it.
pub fn steps_of_file(file: &StepsFile) -> Vec<Json> {
    let told = |signed: &protocol::SignedStep| {
        let (action, detail) = action_json(&signed.step.action);
        let governor = |index: u8| file.governors.members.get(usize::from(index));
        let names: Vec<&str> = signed
            .signatures
            .iter()
            .filter_map(|one| governor(one.governor))
            .map(|g| g.institution.name.as_str())
            .collect();
        json!({
            "v": 1,
            "id": signed.step.id().to_string(),
            "action": action,
            "detail": detail,
            "subject": bare_subject(&signed.step.subject),
            "epoch": signed.step.epoch,
            "number": signed.step.number,
            "signed": names,
            "threshold": file.governors.threshold,
        })
    };
    file.steps.iter().map(told).collect()
}
