//! Governing the network: who governs, what waits for signatures, what a motion asks to be signed.

use super::Role;
use crate::desk::governing::{self, InvitationRow, MemberRow, Room, SignedText, StepView, Wish};
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
    /// Id of the member; needed for all but `invite`.
    #[serde(default)]
    institution: String,
    /// Why; everyone sees it. Needed for `suspend` and `exit`.
    #[serde(default)]
    reason: String,
    /// Needed for `role` and `invite`.
    #[serde(default)]
    role: Option<Role>,
    /// GB/T 2260 code; needed for `role` and `invite`.
    #[serde(default)]
    region: String,
    /// Days for which an invitation serves.
    #[serde(default = "week")]
    #[schema(default = 7)]
    days: u32,
}

/// Hide a member's listings for now, end that, say that it has left, give it another role or region, or invite a newcomer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum MotionAct {
    Suspend,
    Reinstate,
    Exit,
    Role,
    Invite,
}

fn week() -> u32 {
    7
}

impl From<NewMotion> for Wish {
    fn from(motion: NewMotion) -> Self {
        let NewMotion { act, institution, reason, role, region, days } = motion;
        let role = role.map(|role| role.id().to_owned()).unwrap_or_default();
        match act {
            MotionAct::Suspend => Self::Suspend { institution, reason },
            MotionAct::Reinstate => Self::Reinstate { institution },
            MotionAct::Exit => Self::Exit { institution, reason },
            MotionAct::Role => Self::Role { institution, role, region },
            MotionAct::Invite => Self::Invite { role, region, days },
        }
    }
}

/// A file of steps or of an application, base64.
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
            invitation: (!paper.invitation.is_empty()).then(|| base64(&paper.invitation)),
            carries: paper.carries,
            signs: paper.signs,
        }
    }
}
