//! Governing the network: who governs, what waits for signatures, what a motion asks to be signed.

use super::Role;
use crate::api::problem::{Kind, Problem};
use crate::desk::governing::{
    self, Agreement, InvitationRow, MemberRow, PeerTurn, Room, SignedText, StepView, Wish,
};
use crate::text::instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The operator's room.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Governance {
    /// Names of the governors.
    governors: Vec<String>,
    /// How many of them must sign.
    threshold: usize,
    /// How often the governors changed.
    epoch: u32,
    /// Whether this institution is one of them.
    governs: bool,
    /// Steps that lack signatures.
    waiting: Vec<Step>,
    /// Steps that count, the newest of each subject.
    decided: Vec<Step>,
    members: Vec<Member>,
    /// Members beyond these.
    more: usize,
    invitations: Vec<Invitation>,
}

/// A step: what governors decide about one subject, in force once enough of them have signed it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GovernStep)]
pub(in crate::api) struct Step {
    /// Its hash.
    id: String,
    /// `admit`, `suspend`, `reinstate`, `exit`, `role`, `invite`, `revoke`, `settle`, `take-down`, `restore`, `governors`, `keep`,
    /// `profile`, `peer`, `purge`, `root-key`; more may follow.
    action: String,
    /// What it is about: a name, or the first digits of an id.
    about: String,
    detail: Vec<Particular>,
    /// Governors who signed.
    signed: Vec<String>,
    /// Governors who did not; empty once it counts.
    unsigned: Vec<String>,
    /// Signatures that are missing.
    missing: usize,
    /// Signatures that it needs.
    threshold: usize,
    /// Whether this institution signed.
    ours: bool,
}

/// What a step says besides.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Particular {
    /// `role`, `region`, `reason`, `not_after`, `governors`, `threshold` and the like; more may follow.
    name: String,
    value: String,
}

/// An institution of the network.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Member {
    id: String,
    name: String,
    role: String,
    /// GB/T 2260 code.
    region: String,
    /// `active`, `suspended` or `exited`.
    state: String,
    /// Why, where it is not active.
    reason: String,
    governs: bool,
    /// It is this institution.
    own: bool,
}

/// An invitation, without what is secret of it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Invitation {
    /// First digits of its key.
    id: String,
    role: String,
    /// GB/T 2260 code.
    region: String,
    #[schema(format = "date-time")]
    until: String,
    /// Who came by it.
    used_by: Option<String>,
    expired: bool,
}

/// What is to be decided. It signs nothing: the answer is what governors sign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewMotion {
    act: MotionAct,
    /// Id of the member; for `suspend`, `reinstate`, `exit`, `role`, `governor_add` and `governor_remove`.
    #[serde(default)]
    institution: String,
    /// Why; everyone sees it. Needed for `suspend`, `exit`, `take_down`, `purge`, `revoke`, `peer_suspend` and `peer_end`.
    #[serde(default)]
    reason: String,
    /// For `role` and `invite`.
    #[serde(default)]
    role: Option<Role>,
    /// GB/T 2260 code; for `role` and `invite`.
    #[serde(default)]
    region: String,
    /// Days for which an invitation serves.
    #[serde(default = "week")]
    #[schema(default = 7)]
    days: u32,
    /// Id of the listing, or its first digits; for `take_down`, `restore` and `purge`.
    #[serde(default)]
    listing: String,
    /// Key of the node, or its first digits; for `revoke`.
    #[serde(default)]
    node: String,
    /// Entries from which on a revoked node's log is void, by their first digits; none where all that is held stays.
    #[serde(default)]
    #[schema(max_items = 64)]
    from: Vec<String>,
    /// The forked log; for `settle`.
    #[serde(default)]
    log: String,
    /// The branch that counts, by its first entry or as `NUMBER:HASH`; for `settle`.
    #[serde(default)]
    keep: String,
    /// How many governors must sign then; missing for more than half. For `governor_add` and `governor_remove`.
    #[serde(default)]
    threshold: Option<u8>,
    /// The other network, by its id; for `peer_suspend`, `peer_resume` and `peer_end`.
    #[serde(default)]
    network: String,
    /// For `unified`.
    #[serde(default)]
    unified: Option<Unified>,
    /// For `agree`.
    #[serde(default)]
    agreement: Option<NewAgreement>,
}

/// Hide a member's listings for now, end that, say that it has left, give it another role or region, invite a newcomer, hide a
/// listing everywhere, show it again, remove its contents for good, void what a node writes, say which branch of a forked log
/// counts, change the governors, give one of the four unifications another version, offer another network an agreement, suspend
/// one, take it up again or end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum MotionAct {
    Suspend,
    Reinstate,
    Exit,
    Role,
    Invite,
    TakeDown,
    Restore,
    Purge,
    Revoke,
    Settle,
    GovernorAdd,
    GovernorRemove,
    Unified,
    Agree,
    PeerSuspend,
    PeerResume,
    PeerEnd,
}

/// Another version of one of the four unifications.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Unified {
    /// `brand`, `rules`, `data` or `service`.
    part: String,
    version: String,
    /// Its text, Markdown or a picture, base64; empty where it has none. It is published by `POST /desk/network/texts` once the step
    /// is on the roster.
    #[serde(default)]
    text: String,
}

/// What is offered to another network.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewAgreement {
    /// How the other network shows itself: its file, base64.
    card: String,
    /// What is given: `achievement`, `achievement@42`, `all`.
    give: Vec<String>,
    /// What is taken.
    take: Vec<String>,
    /// Fields that the other may show; all where there are none.
    #[serde(default)]
    give_fields: Vec<String>,
    /// Fields that this network may show.
    #[serde(default)]
    take_fields: Vec<String>,
    /// The last day, `2027-12-31`.
    until: String,
    /// Under which licence this network gives.
    #[serde(default)]
    licence: String,
    /// How its codes read there, in TOML.
    #[serde(default)]
    give_mapping: String,
    /// How the other's codes read here, in TOML.
    #[serde(default)]
    take_mapping: String,
    /// Whether other nodes of this institution may take this gateway's place.
    #[serde(default)]
    replaceable: bool,
}

fn week() -> u32 {
    7
}

/// The bytes behind base64 of a field.
pub(in crate::api) fn bytes_of(field: &str, text: &str) -> Result<Vec<u8>, Problem> {
    let decoded = data_encoding::BASE64.decode(text.as_bytes());
    decoded.map_err(|error| Problem::new(Kind::Record).fault(field, error.to_string()))
}

impl NewMotion {
    /// What it asks for.
    ///
    /// # Errors
    /// When the part that its act needs is missing, or is not base64.
    pub(in crate::api) fn wish(self) -> Result<Wish, Problem> {
        let Self {
            institution,
            reason,
            region,
            days,
            listing,
            node,
            from,
            log,
            keep,
            threshold,
            network,
            ..
        } = self;
        let role = self.role.map(|role| role.id().to_owned()).unwrap_or_default();
        let missing =
            |field: &str| Problem::new(Kind::Record).fault(field, format!("missing field `{field}`"));
        let peer = |turn, network, reason| Wish::Peer { network, turn, reason };
        Ok(match self.act {
            MotionAct::Suspend => Wish::Suspend { institution, reason },
            MotionAct::Reinstate => Wish::Reinstate { institution },
            MotionAct::Exit => Wish::Exit { institution, reason },
            MotionAct::Role => Wish::Role { institution, role, region },
            MotionAct::Invite => Wish::Invite { role, region, days },
            MotionAct::TakeDown => Wish::TakeDown { listing, reason },
            MotionAct::Restore => Wish::Restore { listing },
            MotionAct::Purge => Wish::Purge { listing, reason },
            MotionAct::Revoke => Wish::Revoke { node, from, reason },
            MotionAct::Settle => Wish::Settle { log, keep },
            MotionAct::GovernorAdd => Wish::AddGovernor { institution, threshold },
            MotionAct::GovernorRemove => Wish::RemoveGovernor { institution, threshold },
            MotionAct::Unified => {
                let Unified { part, version, text } = self.unified.ok_or_else(|| missing("unified"))?;
                Wish::Unified { part, version, text: bytes_of("unified.text", &text)? }
            }
            MotionAct::Agree => {
                let new = self.agreement.ok_or_else(|| missing("agreement"))?;
                Wish::Agree(Box::new(Agreement {
                    card: bytes_of("agreement.card", &new.card)?,
                    give: new.give,
                    take: new.take,
                    give_fields: new.give_fields,
                    take_fields: new.take_fields,
                    until: new.until,
                    licence: new.licence,
                    give_mapping: new.give_mapping,
                    take_mapping: new.take_mapping,
                    replaceable: new.replaceable,
                }))
            }
            MotionAct::PeerSuspend => peer(PeerTurn::Suspend, network, reason),
            MotionAct::PeerResume => peer(PeerTurn::Resume, network, reason),
            MotionAct::PeerEnd => peer(PeerTurn::End, network, reason),
        })
    }
}

/// A file, base64.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct StepFile {
    pub(in crate::api) file: String,
}

/// Steps to be signed, and what follows from them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Paper {
    /// The file of steps, base64: it is signed where the root key is, by `lianshi roster approve FILE --out SIGNED`.
    file: String,
    steps: Vec<Step>,
    /// Texts of the four unifications that it brings, to be read first.
    texts: Vec<Text>,
    /// Names of those who lose their membership with it.
    fall: Vec<String>,
    /// Where it offers an agreement: the file by which the other network accepts it, base64.
    proposal: Option<String>,
    /// Where it invites: the file for the newcomer, base64. It is secret, is shown this once, and serves once the step counts.
    invitation: Option<String>,
    /// Whether all its steps carry a signature that counts, so that it can be taken in as it is.
    carries: bool,
    /// Whether this institution may still sign it.
    signs: bool,
}

/// A text that a step brings.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Text {
    /// `brand`, `rules`, `data` or `service`.
    part: String,
    version: String,
    /// What is signed of it; missing where the version has no text.
    hash: Option<String>,
    /// Whether this node has it.
    held: bool,
    /// What it says; missing of a picture.
    words: Option<String>,
}

/// What became of a text.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Added {
    /// Whether this node did not have it before.
    pub(in crate::api) new: bool,
}

/// Steps as they stand now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StepList {
    pub(in crate::api) items: Vec<Step>,
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl From<&StepView> for Step {
    fn from(step: &StepView) -> Self {
        let particular = |(name, value): &(&'static str, String)| Particular {
            name: (*name).to_owned(),
            value: value.clone(),
        };
        Self {
            id: step.id.clone(),
            action: step.action.clone(),
            about: step.about.clone(),
            detail: step.detail.iter().map(particular).collect(),
            signed: step.signed.clone(),
            unsigned: step.unsigned.clone(),
            missing: step.missing,
            threshold: step.threshold,
            ours: step.ours,
        }
    }
}

impl Step {
    pub(in crate::api) fn all(steps: &[StepView]) -> Vec<Self> {
        steps.iter().map(Self::from).collect()
    }
}

impl From<&Room> for Governance {
    fn from(room: &Room) -> Self {
        let member = |row: &MemberRow| Member {
            id: row.id.clone(),
            name: row.name.clone(),
            role: row.role.clone(),
            region: row.region.clone(),
            state: row.state.to_owned(),
            reason: row.reason.clone(),
            governs: row.governs,
            own: row.own,
        };
        let invitation = |row: &InvitationRow| Invitation {
            id: row.id.clone(),
            role: row.role.clone(),
            region: row.region.clone(),
            until: instant(row.until_ms),
            used_by: some(&row.used_by),
            expired: row.expired,
        };
        Self {
            governors: room.governors.clone(),
            threshold: room.threshold,
            epoch: room.epoch,
            governs: room.governs,
            waiting: Step::all(&room.waiting),
            decided: Step::all(&room.decided),
            members: room.members.iter().map(member).collect(),
            more: room.members_more,
            invitations: room.invitations.iter().map(invitation).collect(),
        }
    }
}

impl From<&governing::Paper> for Paper {
    fn from(paper: &governing::Paper) -> Self {
        let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
        let text = |text: &SignedText| Text {
            part: text.part.to_owned(),
            version: text.version.clone(),
            hash: some(&text.hash),
            held: text.held,
            words: text.words.clone(),
        };
        Self {
            file: base64(&paper.file),
            steps: Step::all(&paper.steps),
            texts: paper.texts.iter().map(text).collect(),
            fall: paper.fall.clone(),
            proposal: (!paper.proposal.is_empty()).then(|| base64(&paper.proposal)),
            invitation: (!paper.invitation.is_empty()).then(|| base64(&paper.invitation)),
            carries: paper.carries,
            signs: paper.signs,
        }
    }
}
