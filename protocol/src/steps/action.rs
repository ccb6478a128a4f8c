//! What a roster step does, and how its body is written.

use super::{Subject, decode_head, decode_heads, encode_head};
use crate::charter::{Governors, Institution, Profile, Role};
use crate::codec::{Decoder, Encoder};
use crate::entry::Head;
use crate::fault::{Checked, Fault};
use crate::hash::{Hash, InstitutionId, NetworkId};
use crate::keys::{PublicKey, Purpose, SecretKey, Signature};
use crate::limits::{MAX_HEADS, MAX_KEPT_NODES, MAX_KEPT_WORDS, MAX_NAME};
use crate::peering::Peering;
use crate::shelf::LogId;

/// An invitation: a one-time key that the governors, or a sub-market, have admitted in advance.
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

impl Invitation {
    /// Whether it lets an institution in: role and region are those granted.
    pub fn grants(&self, institution: &Institution) -> bool {
        (institution.role, institution.region) == (self.role, self.region)
    }
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
    /// New governors, opening a new epoch, and the last step kept of subjects of the closed one: subjects ascending,
    /// each once.
    Governors(Governors, Vec<(Subject, Hash)>),
    /// More of what the next change of governors keeps: subjects ascending, each once. Of two words for one subject
    /// the later stands.
    Keep(Vec<(Subject, Hash)>),
    /// Another root key for the institution.
    RootKey(Rotation),
    /// New versions of the four unifications.
    Profile(Profile),
    /// Remove the payloads of a document.
    Purge(String),
    /// Exchange listings with another network, under these terms from now on. A peering is suspended, taken up again and
    /// ended as a membership is.
    Peer(Box<Peering>),
    /// An action of a later version: kept, passed on, without effect here.
    Other(u16, Vec<u8>),
}

/// A new root key for an institution, and what of the old one's stays good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The new root key.
    pub root: PublicKey,
    /// Nodes whose certificates by former root keys stay good; ascending.
    pub nodes: Vec<PublicKey>,
    /// Steps by a former root key alone that stay good; ascending.
    pub words: Vec<Hash>,
    /// The new root key's signature: someone holds it.
    pub by_new: Signature,
}

impl Rotation {
    /// Signs for the new root key of an institution. `nodes` and `words` need no order.
    pub fn sign(
        institution: &InstitutionId,
        mut nodes: Vec<PublicKey>,
        mut words: Vec<Hash>,
        network: &NetworkId,
        root: &SecretKey,
    ) -> Self {
        nodes.sort_unstable();
        nodes.dedup();
        words.sort_unstable();
        words.dedup();
        let by_new = root.sign(Purpose::RootKey, network, &Self::signed(institution, &root.public()));
        Self { root: root.public(), nodes, words, by_new }
    }

    /// What the new root key signs.
    pub(crate) fn signed(institution: &InstitutionId, root: &PublicKey) -> Vec<u8> {
        [institution.0, root.0].concat()
    }

    pub(crate) fn encode(&self, to: &mut Encoder) {
        self.root.encode(to);
        to.list(&self.nodes, |to, node| node.encode(to)).list(&self.words, |to, step| step.encode(to));
        self.by_new.encode(to);
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self {
            root: PublicKey::decode(from)?,
            nodes: ascending(from, MAX_KEPT_NODES, "kept nodes", PublicKey::decode)?,
            words: ascending(from, MAX_KEPT_WORDS, "kept steps", Hash::decode)?,
            by_new: Signature::decode(from)?,
        })
    }
}

fn encode_kept(to: &mut Encoder, kept: &[(Subject, Hash)]) {
    to.list(kept, |to, (subject, step)| {
        subject.encode(to);
        step.encode(to);
    });
}

fn decode_kept(from: &mut Decoder<'_>) -> Checked<Vec<(Subject, Hash)>> {
    let kept =
        from.list(MAX_HEADS, "kept steps", |from| Ok((Subject::decode(from)?, Hash::decode(from)?)))?;
    let ascending = kept.is_sorted_by(|a, b| a.0 < b.0);
    if ascending { Ok(kept) } else { Err(Fault::NotCanonical { what: "kept steps" }) }
}

fn ascending<T: Ord>(
    from: &mut Decoder<'_>,
    limit: usize,
    what: &'static str,
    each: fn(&mut Decoder<'_>) -> Checked<T>,
) -> Checked<Vec<T>> {
    let items = from.list(limit, what, each)?;
    if items.is_sorted_by(|a, b| a < b) { Ok(items) } else { Err(Fault::NotCanonical { what }) }
}

fn name(from: &mut Decoder<'_>, what: &'static str) -> Checked<String> {
    Ok(from.text(MAX_NAME, what)?.to_owned())
}

impl Action {
    pub(super) fn code(&self) -> u16 {
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
            Self::RootKey(_) => 14,
            Self::Keep(_) => 15,
            Self::Peer(_) => 16,
            Self::Other(code, _) => *code,
        }
    }

    /// Of two complete steps with one number the stricter wins; then the lower hash.
    pub(crate) fn strictness(&self) -> u8 {
        match self {
            Self::Governors(..) => 9,
            Self::RevokeNode(..) | Self::Purge(_) | Self::RootKey(_) => 8,
            Self::Exit(_) => 7,
            Self::Suspend(_) | Self::TakeDown(_) => 6,
            Self::Settle(..) => 5,
            Self::ChangeRole(..) => 4,
            Self::Profile(_) => 3,
            Self::Reinstate | Self::Restore => 2,
            Self::Admit(_) | Self::Invite(_) | Self::Keep(_) | Self::Peer(_) => 1,
            Self::Other(..) => 0,
        }
    }

    pub(super) fn body(&self) -> Vec<u8> {
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
                encode_kept(&mut to, kept);
            }
            Self::Keep(kept) => encode_kept(&mut to, kept),
            Self::RootKey(rotation) => rotation.encode(&mut to),
            Self::Profile(profile) => profile.encode(&mut to),
            Self::Peer(peering) => peering.encode(&mut to),
            Self::Other(_, body) => {
                to.raw(body);
            }
        }
        to.finish()
    }

    pub(super) fn decode_body(code: u16, from: &mut Decoder<'_>) -> Checked<Self> {
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
            14 => Self::RootKey(Rotation::decode(from)?),
            15 => Self::Keep(decode_kept(from)?),
            16 => Self::Peer(Box::new(Peering::decode(from)?)),
            _ => {
                let rest = from.rest();
                Self::Other(code, from.raw(rest.len(), "action")?.to_vec())
            }
        })
    }
}
