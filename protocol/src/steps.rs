//! What entries carry besides patches: roster steps, redemptions, log openings.

use crate::certificate::NodeCertificate;
use crate::charter::{CoSignature, Governors, Institution, Profile, Role};
use crate::codec::{Decoder, Encoder};
use crate::entry::Head;
use crate::fault::{Checked, Fault};
use crate::hash::{DocumentId, Hash, InstitutionId, NetworkId, hash};
use crate::keys::{PublicKey, Purpose, SecretKey, Signature};
use crate::limits::{MAX_GOVERNORS, MAX_HEADS, MAX_NAME, MAX_PAYLOAD, VERSION};
use crate::shelf::LogId;

/// What a roster step is about. Steps about one subject form a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The network itself: governors, profile.
    Network,
    /// An institution: admission, suspension, exit, role, its nodes.
    Institution(InstitutionId),
    /// A document: take-down.
    Document(DocumentId),
    /// An invitation, named by its one-time key.
    Invitation(PublicKey),
    /// A log, named by [`LogId::hash`]: settles.
    Log(Hash),
}

/// An invitation: a one-time key that the governors have admitted in advance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The one-time key; its secret half is in the invitation file.
    pub key: PublicKey,
    /// The node whose log countersigns the redemption; its first countersignature alone counts.
    pub issuer: PublicKey,
    /// The role that is granted.
    pub role: Role,
    /// The region that is granted, six digits as a number.
    pub region: u32,
    /// The issuer refuses redemptions after this moment of its own clock.
    pub not_after_ms: i64,
}

/// What a roster step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Admit an institution.
    Admit(Institution),
    /// Hide its listings until reinstated.
    Suspend(String),
    /// End a suspension.
    Reinstate,
    /// The institution has left; its listings are hidden.
    Exit(String),
    /// Give it another role and region.
    ChangeRole(Role, u32),
    /// Admit whoever redeems the invitation.
    Invite(Invitation),
    /// A node's key is no longer good: what each named log holds up to its last valid point stays, all else is void.
    /// The logs are ascending, each once.
    RevokeNode(PublicKey, Vec<(LogId, Head)>, String),
    /// Of a forked log, keep the branch that holds this head.
    Settle(LogId, Head),
    /// Hide one document.
    TakeDown(String),
    /// Show it again.
    Restore,
    /// New governors, opening a new epoch, and the last step kept of each subject of the closed one: subjects
    /// ascending, each once.
    Governors(Governors, Vec<(Subject, Hash)>),
    /// New versions of the four unifications.
    Profile(Profile),
    /// Remove the payloads of a document.
    Purge(String),
    /// An action of a later version: kept, passed on, without effect here.
    Other(u16, Vec<u8>),
}

/// One step of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterStep {
    /// The charter epoch whose governors sign.
    pub epoch: u32,
    /// What it is about.
    pub subject: Subject,
    /// Counts the steps about this subject, from 1.
    pub number: u64,
    /// The subject's previous step; zero for the first.
    pub previous: Hash,
    /// What it does.
    pub action: Action,
}

impl Subject {
    fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Network => to.u8(0),
            Self::Institution(id) => to.u8(1).raw(&id.0),
            Self::Document(id) => to.u8(2).raw(&id.0),
            Self::Invitation(key) => to.u8(3).raw(&key.0),
            Self::Log(id) => to.u8(4).raw(&id.0),
        };
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let code = from.u8("subject")?;
        Ok(match code {
            0 => Self::Network,
            1 => Self::Institution(InstitutionId::decode(from)?),
            2 => Self::Document(DocumentId::decode(from)?),
            3 => Self::Invitation(PublicKey::decode(from)?),
            4 => Self::Log(Hash::decode(from)?),
            _ => return Err(Fault::Unknown { what: "subject", code: code.into() }),
        })
    }
}

fn encode_head(to: &mut Encoder, (log, head): &(LogId, Head)) {
    log.encode(to);
    to.uint(head.seq);
    head.hash.encode(to);
}

fn decode_head(from: &mut Decoder<'_>) -> Checked<(LogId, Head)> {
    let log = LogId::decode(from)?;
    Ok((log, Head { seq: from.uint("sequence number")?, hash: Hash::decode(from)? }))
}

/// Heads in ascending order of their logs, each log once.
fn decode_heads(from: &mut Decoder<'_>, what: &'static str) -> Checked<Vec<(LogId, Head)>> {
    let heads = from.list(MAX_HEADS, what, decode_head)?;
    if heads.is_sorted_by(|a, b| a.0 < b.0) { Ok(heads) } else { Err(Fault::NotCanonical { what }) }
}

fn decode_kept(from: &mut Decoder<'_>) -> Checked<Vec<(Subject, Hash)>> {
    let kept =
        from.list(MAX_HEADS, "kept steps", |from| Ok((Subject::decode(from)?, Hash::decode(from)?)))?;
    let ascending = kept.is_sorted_by(|a, b| a.0 < b.0);
    if ascending { Ok(kept) } else { Err(Fault::NotCanonical { what: "kept steps" }) }
}

fn name(from: &mut Decoder<'_>, what: &'static str) -> Checked<String> {
    Ok(from.text(MAX_NAME, what)?.to_owned())
}

impl Action {
    fn code(&self) -> u16 {
        match self {
            Self::Admit(_) => 1,
            Self::Suspend(_) => 2,
            Self::Reinstate => 3,
            Self::Exit(_) => 4,
            Self::ChangeRole(..) => 5,
            Self::Invite(_) => 6,
            Self::RevokeNode(..) => 7,
            Self::Settle(..) => 8,
            Self::TakeDown(_) => 9,
            Self::Restore => 10,
            Self::Governors(..) => 11,
            Self::Profile(_) => 12,
            Self::Purge(_) => 13,
            Self::Other(code, _) => *code,
        }
    }

    /// Of two complete steps with one number the stricter wins; then the lower hash.
    pub(crate) fn strictness(&self) -> u8 {
        match self {
            Self::Governors(..) => 9,
            Self::RevokeNode(..) | Self::Purge(_) => 8,
            Self::Exit(_) => 7,
            Self::Suspend(_) | Self::TakeDown(_) => 6,
            Self::Settle(..) => 5,
            Self::ChangeRole(..) => 4,
            Self::Profile(_) => 3,
            Self::Reinstate | Self::Restore => 2,
            Self::Admit(_) | Self::Invite(_) => 1,
            Self::Other(..) => 0,
        }
    }

    fn body(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        match self {
            Self::Admit(institution) => institution.encode(&mut to),
            Self::Suspend(why) | Self::Exit(why) | Self::TakeDown(why) | Self::Purge(why) => {
                to.text(why);
            }
            Self::Reinstate | Self::Restore => {}
            Self::ChangeRole(role, region) => {
                to.u8(*role as u8).uint((*region).into());
            }
            Self::Invite(i) => {
                i.key.encode(&mut to);
                i.issuer.encode(&mut to);
                to.u8(i.role as u8).uint(i.region.into()).int(i.not_after_ms);
            }
            Self::RevokeNode(node, heads, why) => {
                node.encode(&mut to);
                to.list(heads, encode_head).text(why);
            }
            Self::Settle(log, head) => encode_head(&mut to, &(*log, *head)),
            Self::Governors(governors, kept) => {
                governors.encode(&mut to);
                to.list(kept, |to, (subject, step)| {
                    subject.encode(to);
                    step.encode(to);
                });
            }
            Self::Profile(profile) => profile.encode(&mut to),
            Self::Other(_, body) => {
                to.raw(body);
            }
        }
        to.finish()
    }

    fn decode_body(code: u16, from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(match code {
            1 => Self::Admit(Institution::decode(from)?),
            2 => Self::Suspend(name(from, "reason")?),
            3 => Self::Reinstate,
            4 => Self::Exit(name(from, "reason")?),
            5 => Self::ChangeRole(Role::decode(from)?, from.uint_max(999_999, "region code")? as u32),
            6 => Self::Invite(Invitation {
                key: PublicKey::decode(from)?,
                issuer: PublicKey::decode(from)?,
                role: Role::decode(from)?,
                region: from.uint_max(999_999, "region code")? as u32,
                not_after_ms: from.int("expiry")?,
            }),
            7 => Self::RevokeNode(
                PublicKey::decode(from)?,
                decode_heads(from, "last valid points")?,
                name(from, "reason")?,
            ),
            8 => {
                let (log, head) = decode_head(from)?;
                Self::Settle(log, head)
            }
            9 => Self::TakeDown(name(from, "reason")?),
            10 => Self::Restore,
            11 => Self::Governors(Governors::decode(from)?, decode_kept(from)?),
            12 => Self::Profile(Profile::decode(from)?),
            13 => Self::Purge(name(from, "reason")?),
            _ => {
                let rest = from.rest();
                Self::Other(code, from.raw(rest.len(), "action")?.to_vec())
            }
        })
    }
}

impl RosterStep {
    /// Canonical bytes: what governors sign.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.u8(VERSION).uint(self.epoch.into());
        self.subject.encode(&mut to);
        to.uint(self.number);
        self.previous.encode(&mut to);
        to.uint(self.action.code().into()).bytes(&self.action.body());
        to.finish()
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let version = from.u8("roster step version")?;
        if version != VERSION {
            return Err(Fault::Unknown { what: "roster step version", code: version.into() });
        }
        let (epoch, subject) = (from.uint_max(u32::MAX.into(), "epoch")? as u32, Subject::decode(from)?);
        let (number, previous) = (from.uint("step number")?, Hash::decode(from)?);
        let code = from.uint_max(u16::MAX.into(), "action")? as u16;
        let body = from.bytes(MAX_PAYLOAD, "action")?;
        let action = Decoder::whole(body, "action", |from| Action::decode_body(code, from))?;
        Ok(Self { epoch, subject, number, previous, action })
    }

    /// The step's hash, which the subject's next step names.
    pub fn id(&self) -> Hash {
        hash("roster-step", &[&self.to_bytes()])
    }
}

/// A step with the signatures of governors. Valid whatever carried it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedStep {
    /// The step.
    pub step: RosterStep,
    /// The governors' signatures.
    pub signatures: Vec<CoSignature>,
}

impl SignedStep {
    /// Signs as the governor at `index` of the step's epoch.
    pub fn sign(step: RosterStep, network: &NetworkId, index: u8, root: &SecretKey) -> Self {
        let signature = root.sign(Purpose::RosterStep, network, &step.to_bytes());
        Self { step, signatures: vec![CoSignature { governor: index, signature }] }
    }

    /// Writes step and signatures.
    pub fn encode(&self, to: &mut Encoder) {
        to.bytes(&self.step.to_bytes()).list(&self.signatures, |to, s| s.encode(to));
    }

    /// Canonical bytes: the payload of a roster entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.encode(&mut to);
        to.finish()
    }

    /// Reads step and signatures; the roster's fold checks them.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let step = from.bytes(MAX_PAYLOAD, "roster step")?;
        Ok(Self {
            step: Decoder::whole(step, "roster step", RosterStep::decode)?,
            signatures: from.list(MAX_GOVERNORS, "signatures", CoSignature::decode)?,
        })
    }

    /// Reads a payload.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "roster step", Self::decode)
    }
}

/// A newcomer's use of an invitation, signed by the one-time key and by its own root key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redemption {
    /// The one-time key of the invitation.
    pub invitation: PublicKey,
    /// Who it is. Role and region must be those of the invitation.
    pub institution: Institution,
    /// Its node.
    pub certificate: NodeCertificate,
    /// The one-time key's signature.
    pub by_invitation: Signature,
    /// The new root key's signature.
    pub by_root: Signature,
}

impl Redemption {
    fn signed(invitation: &PublicKey, institution: &Institution, certificate: &NodeCertificate) -> Vec<u8> {
        let mut to = Encoder::new();
        to.u8(VERSION);
        invitation.encode(&mut to);
        institution.encode(&mut to);
        certificate.encode(&mut to);
        to.finish()
    }

    /// Signs with both keys.
    pub fn sign(
        institution: Institution,
        certificate: NodeCertificate,
        network: &NetworkId,
        one_time: &SecretKey,
        root: &SecretKey,
    ) -> Self {
        let invitation = one_time.public();
        let bytes = Self::signed(&invitation, &institution, &certificate);
        Self {
            by_invitation: one_time.sign(Purpose::Redemption, network, &bytes),
            by_root: root.sign(Purpose::Redemption, network, &bytes),
            invitation,
            institution,
            certificate,
        }
    }

    /// Checks all four signatures and that they speak of one institution.
    pub fn verify(&self, network: &NetworkId) -> Checked<()> {
        let bytes = Self::signed(&self.invitation, &self.institution, &self.certificate);
        let what = "the redemption";
        self.invitation.verify(Purpose::Redemption, network, &bytes, &self.by_invitation, what)?;
        self.institution.root.verify(Purpose::Redemption, network, &bytes, &self.by_root, what)?;
        self.certificate.verify(network)?;
        let body = &self.certificate.body;
        let same = body.root == self.institution.root
            && body.institution == self.institution.id()
            && body.role == self.institution.role
            && body.region == self.institution.region;
        if same { Ok(()) } else { Err(Fault::Mismatch { what: "redemption and certificate" }) }
    }

    /// Writes it.
    pub fn encode(&self, to: &mut Encoder) {
        self.invitation.encode(to);
        self.institution.encode(to);
        self.certificate.encode(to);
        self.by_invitation.encode(to);
        self.by_root.encode(to);
    }

    /// Canonical bytes: the payload of the issuer's countersignature.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.encode(&mut to);
        to.finish()
    }

    /// Reads it; `verify` is the caller's next step.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self {
            invitation: PublicKey::decode(from)?,
            institution: Institution::decode(from)?,
            certificate: NodeCertificate::decode(from)?,
            by_invitation: Signature::decode(from)?,
            by_root: Signature::decode(from)?,
        })
    }

    /// Reads a payload.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "redemption", Self::decode)
    }
}

/// The payload of a log's first entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLog {
    /// The node's certificate.
    pub certificate: NodeCertificate,
    /// The heads of the previous incarnation's logs, when there was one; ascending, each log once.
    pub predecessors: Vec<(LogId, Head)>,
}

impl OpenLog {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.certificate.encode(&mut to);
        to.list(&self.predecessors, encode_head);
        to.finish()
    }

    /// Reads a payload.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "log opening", |from| {
            Ok(Self {
                certificate: NodeCertificate::decode(from)?,
                predecessors: decode_heads(from, "predecessors")?,
            })
        })
    }
}
