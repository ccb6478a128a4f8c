//! Steps, members and invitations as pages show them.

use market::{Gathered, Library, TextKind, text_kind};
use protocol::{Action, Hash, InstitutionId, MemberState, Profile, Roster, Subject};
use serde_json::Value as Json;
use web::desk::governing::{InvitationRow, MemberRow, SignedText, StepView};

use crate::office::roster::{action_json, subject_json};

/// Hexadecimal digits of an id that a page shows.
const DIGITS: usize = 12;

/// A step: what it does, about whom, who signed it. `index` is this institution's place among the governors.
pub(super) fn step(roster: &Roster, gathered: &Gathered, index: Option<u8>) -> StepView {
    let step = &gathered.signed.step;
    let (action, particulars) = action_json(&step.action);
    let has_signed = |at: usize| u8::try_from(at).is_ok_and(|at| gathered.signers.contains(&at));
    let names = |signed: bool| {
        let all = roster.governors.members.iter().enumerate();
        all.filter(|(at, _)| has_signed(*at) == signed).map(|(_, of)| of.institution.name.clone()).collect()
    };
    StepView {
        id: gathered.id.to_string(),
        action: action.to_owned(),
        about: about(roster, &step.subject, &step.action),
        detail: detail(roster, &step.action, &particulars),
        signed: names(true),
        unsigned: if gathered.missing == 0 { Vec::new() } else { names(false) },
        missing: gathered.missing,
        threshold: usize::from(roster.governors.threshold),
        ours: index.is_some_and(|index| gathered.signers.contains(&index)),
    }
}

fn about(roster: &Roster, subject: &Subject, action: &Action) -> String {
    if let Action::Admit(who) = action {
        return who.name.clone();
    }
    let told = subject_json(roster, subject);
    let text = |name: &str| told[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let short = || text("id").map(|id| id.chars().take(DIGITS).collect());
    text("name").or_else(short).unwrap_or_default()
}

/// What a step says beyond whom it is about. Of a change of role the one before stands beside it.
fn detail(roster: &Roster, action: &Action, particulars: &Json) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    if let Action::Profile(profile) = action {
        told.extend(changed_parts(roster, profile).map(|(part, version, _)| (part, version.to_owned())));
    } else if let Action::Admit(who) = action {
        told.push(("role", who.role.id().to_owned()));
        told.push(("region", format!("{:06}", who.region)));
        told.push(("credit_code", who.credit_code.clone()));
        let known = roster.members.get(&who.id()).map(|_| "known".to_owned());
        told.extend(known.map(|known| ("standing", known)));
        told.push(("root", who.root.to_string()));
    } else {
        for key in
            ["role", "region", "not_after", "node", "governors", "threshold", "number", "until", "root"]
        {
            let value = match &particulars[key] {
                Json::String(text) => text.clone(),
                Json::Number(number) => number.to_string(),
                Json::Array(names) => names.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("、"),
                _ => continue,
            };
            told.push((key, value));
        }
        told.extend(particulars["reason"].as_str().map(|reason| ("reason", reason.to_owned())));
    }
    told.retain(|(_, text)| !text.is_empty());
    told
}

/// What another profile changes: name of the part, its version, what names its text.
fn changed_parts<'p>(
    roster: &'p Roster,
    profile: &'p Profile,
) -> impl Iterator<Item = (&'static str, &'p str, Hash)> {
    let parts = Profile::PARTS.into_iter().zip(&profile.parts).zip(&roster.profile.parts);
    parts
        .filter(|((_, new), old)| new != old)
        .map(|((part, (version, text)), _)| (part, version.as_str(), *text))
}

/// The texts that a step brings, to be read before it is signed.
pub(super) fn texts(library: &Library, roster: &Roster, action: &Action) -> Vec<SignedText> {
    let Action::Profile(profile) = action else { return Vec::new() };
    let text = |(part, version, hash): (&'static str, &str, Hash)| {
        let held = if hash == Hash::default() { None } else { library.text(&hash).ok().flatten() };
        let words = held.as_ref().filter(|held| text_kind(&held.bytes) == Ok(TextKind::Words));
        SignedText {
            part,
            version: version.to_owned(),
            hash: if hash == Hash::default() { String::new() } else { hash.to_string() },
            held: held.is_some(),
            words: words.and_then(|held| std::str::from_utf8(&held.bytes).ok().map(str::to_owned)),
        }
    };
    changed_parts(roster, profile).map(text).collect()
}

/// Members, those that need looking after first, then by name.
pub(super) fn members(roster: &Roster, own: &InstitutionId, most: usize) -> Vec<MemberRow> {
    let row = |(id, member): (&InstitutionId, &protocol::Member)| {
        let (state, reason) = match &member.state {
            MemberState::Active => ("active", String::new()),
            MemberState::Suspended(why) => ("suspended", why.clone()),
            MemberState::Exited(why) => ("exited", why.clone()),
        };
        MemberRow {
            id: id.to_string(),
            name: member.institution.name.clone(),
            role: member.institution.role.id().to_owned(),
            region: format!("{:06}", member.institution.region),
            state,
            reason,
            governs: roster.governors.members.iter().any(|g| g.institution.id() == *id),
            own: id == own,
        }
    };
    let mut rows: Vec<MemberRow> = roster.members.iter().map(row).collect();
    let rank = |state: &str| ["suspended", "active", "exited"].iter().position(|known| *known == state);
    rows.sort_by(|a, b| (rank(a.state), &a.name).cmp(&(rank(b.state), &b.name)));
    rows.truncate(most);
    rows
}

/// Invitations, those that serve longest first.
pub(super) fn invitations(roster: &Roster, now_ms: i64, most: usize) -> Vec<InvitationRow> {
    let rows = roster.invitations.iter().map(|(grant, (_, invitation))| {
        let by = roster.redeemed.get(grant).and_then(|id| roster.members.get(id));
        InvitationRow {
            id: invitation.key.to_string().chars().take(DIGITS).collect(),
            role: invitation.role.id().to_owned(),
            region: format!("{:06}", invitation.region),
            until_ms: invitation.not_after_ms,
            used_by: by.map(|member| member.institution.name.clone()).unwrap_or_default(),
            expired: invitation.not_after_ms < now_ms,
        }
    });
    let mut rows: Vec<InvitationRow> = rows.collect();
    rows.sort_by(|a, b| (b.until_ms, &b.id).cmp(&(a.until_ms, &a.id)));
    rows.truncate(most);
    rows
}
