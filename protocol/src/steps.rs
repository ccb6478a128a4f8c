//! What entries carry besides patches: roster steps, redemptions, log openings.

use crate::certificate::NodeCertificate;
use crate::charter::CoSignature;
use crate::codec::{Decoder, Encoder};
use crate::entry::Head;
use crate::fault::{Checked, Fault};
use crate::hash::{DocumentId, Hash, InstitutionId, NetworkId, hash};
use crate::keys::{PublicKey, Purpose, SecretKey, Signature};
use crate::limits::{MAX_GOVERNORS, MAX_HEADS, MAX_PAYLOAD, VERSION};
use crate::shelf::LogId;

mod action;
mod redemption;

pub use action::{Action, Invitation, Rotation};
pub use redemption::Redemption;

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
    /// Another network: what is exchanged with it.
    Peer(NetworkId),
}

/// One step of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterStep {
    /// The charter epoch whose governors sign; 0 for an institution's own word.
    pub epoch: u32,
    /// What it is about.
    pub subject: Subject,
    /// Counts the steps about this subject, from 1; 0 for an institution's own word.
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
            Self::Peer(id) => to.u8(5).raw(&id.0),
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
            5 => Self::Peer(NetworkId::decode(from)?),
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

    /// Reads canonical bytes.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "roster step", Self::decode)
    }

    /// The step's hash, which the subject's next step names.
    pub fn id(&self) -> Hash {
        hash("roster-step", &[&self.to_bytes()])
    }
}

/// An institution's word for a step that needs no governors: a settle of its own node's log, a sub-market's invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnWord {
    /// Which institution, and which node of it is meant.
    pub certificate: NodeCertificate,
    /// The signature over the step by the root key that the certificate names.
    pub signature: Signature,
}

/// A step with the signatures of governors, or with an institution's own. Valid whatever carried it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedStep {
    /// The step.
    pub step: RosterStep,
    /// The governors' signatures.
    pub signatures: Vec<CoSignature>,
    /// The word of one institution.
    pub own: Option<Box<OwnWord>>,
}

impl SignedStep {
    /// Signs as the governor at `index` of the step's epoch.
    pub fn sign(step: RosterStep, network: &NetworkId, index: u8, root: &SecretKey) -> Self {
        let signature = root.sign(Purpose::RosterStep, network, &step.to_bytes());
        Self { step, signatures: vec![CoSignature { governor: index, signature }], own: None }
    }

    /// An institution's own word about one of its nodes: a settle or an invitation, signed by its root key. Such a
    /// step stands outside chains and epochs.
    pub fn own_word(
        subject: Subject,
        action: Action,
        certificate: NodeCertificate,
        network: &NetworkId,
        root: &SecretKey,
    ) -> Self {
        let step = RosterStep { epoch: 0, subject, number: 0, previous: Hash::default(), action };
        let signature = root.sign(Purpose::RosterStep, network, &step.to_bytes());
        Self { step, signatures: Vec::new(), own: Some(Box::new(OwnWord { certificate, signature })) }
    }

    /// Writes step and signatures.
    pub fn encode(&self, to: &mut Encoder) {
        to.bytes(&self.step.to_bytes()).list(&self.signatures, |to, s| s.encode(to));
        to.option(self.own.as_deref(), |to, own| {
            own.certificate.encode(to);
            own.signature.encode(to);
        });
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
            own: from.option("own word", |from| {
                let certificate = NodeCertificate::decode(from)?;
                Ok(Box::new(OwnWord { certificate, signature: Signature::decode(from)? }))
            })?,
        })
    }

    /// Reads a payload.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "roster step", Self::decode)
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
