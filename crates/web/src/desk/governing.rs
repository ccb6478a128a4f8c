//! Governing the network as the desk's pages see it: what waits for signatures, who is in, what is signed next.
//!
//! A [`Paper`] is what a page shows before anybody signs, and the very bytes that are signed then. Absent: root keys, which the
//! node opens for one signature, and what steps mean (crate `protocol`).

mod ground;
mod wish;

use protocol::Action;

pub use ground::{BranchRow, ForkRow, Ground, HiddenRow, Named, NodeRow, PeerRow};
pub use wish::{Agreement, PeerTurn, Wish};

use super::view::{Clerk, Said};
use crate::view::SourceError;

/// What the pages of governing need of the node. All of it is for administrators. Calls block; they are made off the async threads.
pub trait Governing: Send + Sync + 'static {
    /// Who governs, what waits, who is in, what was invited.
    fn room(&self, clerk: &Clerk) -> Result<Room, SourceError>;
    /// Steps that wait for the signature of this institution.
    fn steps_for_us(&self) -> Result<u64, SourceError>;
    /// What a motion asks to be signed.
    fn move_that(&self, clerk: &Clerk, motion: &Wish) -> Result<Result<Paper, Said>, SourceError>;
    /// A step that waits, with those that it builds on.
    fn paper_of(&self, clerk: &Clerk, step: &str) -> Result<Result<Paper, Said>, SourceError>;
    /// What a file holds: an application, steps, or what another network proposes.
    fn paper_in(&self, clerk: &Clerk, brought: &Brought) -> Result<Result<Paper, Said>, SourceError>;
    /// What can be proposed about what.
    fn ground(&self, clerk: &Clerk) -> Result<Ground, SourceError>;
    /// This network as it shows itself to others, in a file.
    fn card(&self, clerk: &Clerk) -> Result<Vec<u8>, SourceError>;
    /// Publishes a text that a version of the four unifications names; whether it is new here.
    fn add_text(&self, clerk: &Clerk, text: &[u8]) -> Result<Result<bool, Said>, SourceError>;
    /// Signs a paper as it is, and has its steps written.
    fn sign(&self, clerk: &Clerk, brought: &Brought, secret: &Secret) -> Result<Signing, SourceError>;
    /// Has the steps of a paper written with the signatures that they carry.
    fn carry(&self, clerk: &Clerk, paper: &[u8]) -> Result<Result<Vec<StepView>, Said>, SourceError>;
}

/// What opens the root key: its passphrase, or the account's password where the key lies open. It is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A file, and the texts that its steps name and bring.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// The file.
    pub file: Vec<u8>,
    /// Texts of the four unifications.
    pub texts: Vec<Vec<u8>>,
}

/// Whether a step takes something from somebody, or cannot be undone: such are said twice before they are signed.
pub fn is_grave(action: &Action) -> bool {
    matches!(
        action,
        Action::Exit(_)
            | Action::RevokeNode(..)
            | Action::Settle(..)
            | Action::Governors(..)
            | Action::Purge(_)
            | Action::RootKey(_)
    )
}

/// What became of signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// The steps as they stand now.
    Done(Vec<StepView>),
    /// The passphrase or password is wrong.
    Wrong(Said),
    /// It is not to be signed, whatever the passphrase.
    Refused(Said),
}

/// Where this institution's root key is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the home, as it is: the account's password is asked for.
    Open,
    /// In the home, under a passphrase.
    Locked,
    /// Elsewhere: steps are signed there, by file.
    #[default]
    Elsewhere,
}

/// The operator's room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    /// Names of the governors.
    pub governors: Vec<String>,
    /// How many of them must sign.
    pub threshold: usize,
    /// How often the governors changed.
    pub epoch: u32,
    /// Whether this institution is one of them.
    pub governs: bool,
    /// Whether it may invite by its own word.
    pub invites: bool,
    /// Where its root key is.
    pub key: KeyPlace,
    /// Steps that lack signatures.
    pub waiting: Vec<StepView>,
    /// Steps that count, by subject.
    pub decided: Vec<StepView>,
    /// Institutions.
    pub members: Vec<MemberRow>,
    /// How many there are beyond these.
    pub members_more: usize,
    /// Invitations, the last to end first.
    pub invitations: Vec<InvitationRow>,
}

/// A step, as it is shown before and after it is signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepView {
    /// Its hash, hex.
    pub id: String,
    /// What it does: the word behind `cli.roster.action.`.
    pub action: String,
    /// What it is about: a name, or an id where nothing is known by name.
    pub about: String,
    /// Particulars: the word behind `govern.detail.`, and what it says.
    pub detail: Vec<(&'static str, String)>,
    /// Governors who signed.
    pub signed: Vec<String>,
    /// Governors who did not.
    pub unsigned: Vec<String>,
    /// Signatures still missing.
    pub missing: usize,
    /// How many it needs.
    pub threshold: usize,
    /// Whether this institution signed it.
    pub ours: bool,
    /// Whether it is to be said twice.
    pub grave: bool,
    /// Where it is an agreement: what each side gives.
    pub sides: Vec<SideView>,
    /// Where it says how far logs count: those points.
    pub points: Vec<PointView>,
    /// Points beyond these.
    pub points_more: usize,
    /// While it waits: whose node wrote it to the roster first, and when by that node's own clock.
    pub first: Option<(String, i64)>,
}

/// What one side of an agreement gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SideView {
    /// The network, in Chinese and in English.
    pub name: (String, String),
    /// Shelves: id of the kind, empty for all; first digits of a region, empty for all.
    pub shelves: Vec<(String, String)>,
    /// Fields that the other may show; all where there are none.
    pub fields: Vec<String>,
    /// Under which licence.
    pub licence: String,
    /// Its gateways: key, addresses.
    pub gateways: Vec<(String, Vec<String>)>,
    /// Institutions whose other nodes may take a gateway's place, hex.
    pub institutions: Vec<String>,
    /// Code mappings: field, edition, how many values.
    pub mappings: Vec<(String, String, usize)>,
}

/// How far a log counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PointView {
    /// Id of the kind; `roster` and the like for those without listings.
    pub kind: String,
    /// Region code.
    pub region: String,
    /// Number of its last entry that counts.
    pub seq: u64,
}

/// A member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberRow {
    /// Id, hex.
    pub id: String,
    /// Name.
    pub name: String,
    /// Role id.
    pub role: String,
    /// Region code.
    pub region: String,
    /// `active`, `suspended` or `exited`.
    pub state: &'static str,
    /// Why.
    pub reason: String,
    /// Whether it governs.
    pub governs: bool,
    /// Whether it is this institution.
    pub own: bool,
}

/// An invitation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvitationRow {
    /// First digits of its key.
    pub id: String,
    /// Role id.
    pub role: String,
    /// Region code.
    pub region: String,
    /// Until when it serves.
    pub until_ms: i64,
    /// Who came by it; empty while nobody did.
    pub used_by: String,
    /// Whether it is over.
    pub expired: bool,
}

/// What is to be signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paper {
    /// The steps' file: what is signed, to the byte.
    pub file: Vec<u8>,
    /// What stands in it.
    pub steps: Vec<StepView>,
    /// Texts of the four unifications that it brings.
    pub texts: Vec<SignedText>,
    /// Names of those who lose their membership with it.
    pub fall: Vec<String>,
    /// Where it makes an invitation: the file for the newcomer.
    pub invitation: Vec<u8>,
    /// Whether all its steps carry a signature that counts, so that it can be taken in as it is.
    pub carries: bool,
    /// Whether this institution may still sign.
    pub signs: bool,
    /// Where its root key is.
    pub key: KeyPlace,
    /// Texts that come with it, to be published once it is signed.
    pub brings: Vec<Vec<u8>>,
    /// Steps that wait now and fall away with it.
    pub lapses: usize,
    /// Where the founder governs alone and changes that: whether the recovery key lies here and signs too.
    pub recovery: Option<bool>,
    /// Where it makes an agreement: the file for the other network.
    pub proposal: Vec<u8>,
}

/// A text that a step brings, to be read before it is signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignedText {
    /// `brand`, `rules`, `data` or `service`.
    pub part: &'static str,
    /// What its version is called.
    pub version: String,
    /// What is signed of it, hex; empty where the version has no text.
    pub hash: String,
    /// Whether it is here.
    pub held: bool,
    /// What it says; `None` of a picture, and of one that is not here.
    pub words: Option<String>,
}

/// What an invitation in text begins with.
const INVITATION: &str = "LSINV1:";

/// An invitation's file as text for a QR code: capitals and digits, which codes hold most of.
pub fn invitation_text(file: &[u8]) -> String {
    format!("{INVITATION}{}", data_encoding::BASE32_NOPAD.encode(file))
}

/// The file in such a text; `None` where it is none, as when it is a file itself. Blanks and breaks do no harm.
pub fn invitation_in(text: &[u8]) -> Option<Vec<u8>> {
    let text: String = std::str::from_utf8(text).ok()?.split_whitespace().collect();
    data_encoding::BASE32_NOPAD.decode(text.strip_prefix(INVITATION)?.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_survives_as_text_that_was_broken_over_lines() {
        let file = b"\x01\x02 not text \xff";
        let text = invitation_text(file);
        let (first, rest) = text.split_at(12);
        assert_eq!(invitation_in(format!(" {first}\r\n{rest}\n").as_bytes()).as_deref(), Some(&file[..]));
        for wrong in [&b""[..], b"LSINV1:\xff", b"LSINV1:0", &file[..], b"LSINV2:AAAA"] {
            assert_eq!(invitation_in(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret("sesame".to_owned())), "Secret");
    }
}
