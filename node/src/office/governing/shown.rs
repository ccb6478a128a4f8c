//! Steps, members and invitations as pages show them.

use market::{Gathered, Library, TextKind, text_kind};
use protocol::{Action, Hash, Head, InstitutionId, LogId, MemberState, Profile, Roster, Side, Subject};
use serde_json::Value as Json;
use web::desk::governing::{InvitationRow, MemberRow, PointView, SideView, SignedText, StepView, is_grave};

use crate::office::kind_id;
use crate::office::roster::{action_json, subject_json};

/// Hexadecimal digits of an id that a page shows.
const DIGITS: usize = 12;
/// Points of logs that a step shows.
const POINTS_SHOWN: usize = 40;

/// A step: what it does, about whom, who signed it. `index` is this institution's place among the governors.
pub(super) fn step(library: &Library, roster: &Roster, gathered: &Gathered, index: Option<u8>) -> StepView {
    let step = &gathered.signed.step;
    let (action, particulars) = action_json(&step.action);
    let has_signed = |at: usize| u8::try_from(at).is_ok_and(|at| gathered.signers.contains(&at));
    let names = |signed: bool| {
        let all = roster.governors.members.iter().enumerate();
        all.filter(|(at, _)| has_signed(*at) == signed).map(|(_, of)| of.institution.name.clone()).collect()
    };
    let own_word = step.number == 0;
    let (points, points_more) = points(&step.action);
    StepView {
        id: gathered.id.to_string(),
        action: peer_action(&step.subject, &step.action).unwrap_or(action).to_owned(),
        about: about(library, roster, &step.subject, &step.action),
        detail: detail(roster, &step.action, &particulars),
        signed: names(true),
        unsigned: if gathered.missing == 0 || own_word { Vec::new() } else { names(false) },
        missing: gathered.missing,
        threshold: if own_word { 1 } else { usize::from(roster.governors.threshold) },
        ours: index.is_some_and(|index| gathered.signers.contains(&index)),
        grave: is_grave(&step.action),
        sides: match &step.action {
            Action::Peer(peering) => peering.terms.sides.iter().map(side).collect(),
            _ => Vec::new(),
        },
        points,
        points_more,
        first: None,
    }
}

/// What is done to an agreement has words of its own: nobody's listings are meant.
fn peer_action(subject: &Subject, action: &Action) -> Option<&'static str> {
    match (subject, action) {
        (Subject::Peer(_), Action::Suspend(_)) => Some("peer-suspend"),
        (Subject::Peer(_), Action::Reinstate) => Some("peer-resume"),
        (Subject::Peer(_), Action::Exit(_)) => Some("peer-end"),
        _ => None,
    }
}

fn side(side: &Side) -> SideView {
    let shelf = |shelf: &protocol::ShelfPattern| {
        let kind = shelf.kind.map(|kind| kind_id(kind.0)).unwrap_or_default();
        (kind, shelf.region_prefix.clone())
    };
    SideView {
        name: (side.name_zh.clone(), side.name_en.clone()),
        shelves: side.gives.iter().map(shelf).collect(),
        fields: side.fields.clone(),
        licence: side.licence.clone(),
        gateways: side.gateways.iter().map(|g| (g.node.to_string(), g.addresses.clone())).collect(),
        institutions: side.institutions.iter().map(ToString::to_string).collect(),
        mappings: side.mappings.iter().map(|m| (m.field.clone(), m.edition.clone(), m.pairs.len())).collect(),
    }
}

/// How far a step says that logs count, and how many more it names than are shown.
fn points(action: &Action) -> (Vec<PointView>, usize) {
    let point = |log: &LogId, head: &Head| PointView {
        kind: kind_id(log.shelf.kind.0),
        region: format!("{:06}", log.shelf.region),
        seq: head.seq,
    };
    match action {
        Action::RevokeNode(_, points, _) => {
            let shown = points.iter().take(POINTS_SHOWN).map(|(log, head)| point(log, head)).collect();
            (shown, points.len().saturating_sub(POINTS_SHOWN))
        }
        Action::Settle(log, head) => (vec![point(log, head)], 0),
        _ => (Vec::new(), 0),
    }
}

fn about(library: &Library, roster: &Roster, subject: &Subject, action: &Action) -> String {
    let known = match (subject, action) {
        (_, Action::Admit(who)) => who.name.clone(),
        (_, Action::Peer(peering)) => peering.charter.name_zh.clone(),
        (Subject::Peer(id), _) => {
            roster.peers.get(id).map(|peer| peer.charter.name_zh.clone()).unwrap_or_default()
        }
        (Subject::Document(id), _) => {
            let listing = library.listing(id).ok().flatten();
            listing.map(|listing| listing.title().to_owned()).unwrap_or_default()
        }
        (_, Action::Settle(log, _)) => library.name_behind(log).unwrap_or_default(),
        _ => String::new(),
    };
    if !known.is_empty() {
        return known;
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
pub(super) fn texts(
    library: &Library,
    roster: &Roster,
    action: &Action,
    brought: &[Vec<u8>],
) -> Vec<SignedText> {
    let Action::Profile(profile) = action else { return Vec::new() };
    let text = |(part, version, hash): (&'static str, &str, Hash)| {
        let with_it = || brought.iter().find(|text| Profile::text(text) == hash).cloned();
        let held = || library.text(&hash).ok().flatten().map(|held| held.bytes);
        let bytes = if hash == Hash::default() { None } else { with_it().or_else(held) };
        let words = bytes.as_ref().filter(|bytes| text_kind(bytes) == Ok(TextKind::Words));
        SignedText {
            part,
            version: version.to_owned(),
            hash: if hash == Hash::default() { String::new() } else { hash.to_string() },
            held: bytes.is_some(),
            words: words.and_then(|bytes| std::str::from_utf8(bytes).ok().map(str::to_owned)),
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
