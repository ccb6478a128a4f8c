//! The founding document of a network.

use std::collections::BTreeSet;

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{Hash, InstitutionId, NetworkId, hash};
use crate::keys::{PublicKey, Purpose, SecretKey, Signature};
use crate::limits::{MAX_GOVERNORS, MAX_NAME, VERSION};

/// What a node is in the 1+N network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// 枢纽: the provincial hall, the "1".
    Hub = 1,
    /// 分市场: a city or county sub-market.
    SubMarket = 2,
    /// 资源分站: a university's or institute's station.
    ResourceStation = 3,
    /// 基层站点: a park's or incubator's site.
    GrassrootsSite = 4,
}

impl Role {
    /// All roles, the hub first.
    pub const ALL: [Self; 4] = [Self::Hub, Self::SubMarket, Self::ResourceStation, Self::GrassrootsSite];

    /// The word used in configuration and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::SubMarket => "sub-market",
            Self::ResourceStation => "resource-station",
            Self::GrassrootsSite => "grassroots-site",
        }
    }

    /// The role of that word.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let code = from.u8("role")?;
        let known = Self::ALL.into_iter().find(|role| *role as u8 == code);
        known.ok_or(Fault::Unknown { what: "role", code: code.into() })
    }
}

/// Who an institution says it is: what a governor admits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Institution {
    /// Its first root key, which names it for good.
    pub root: PublicKey,
    /// Its name, in Chinese or as it writes itself.
    pub name: String,
    /// Its unified social credit code (GB 32100-2015), or empty.
    pub credit_code: String,
    /// GB/T 2260 code of its region, six digits as a number.
    pub region: u32,
    /// The year of the code list that `region` is taken from.
    pub region_as_of: u16,
    /// Its role in the network.
    pub role: Role,
}

impl Institution {
    /// The institution's identifier.
    pub fn id(&self) -> InstitutionId {
        InstitutionId::of_first_root(&self.root)
    }

    /// Writes the record.
    pub fn encode(&self, to: &mut Encoder) {
        self.root.encode(to);
        to.text(&self.name).text(&self.credit_code);
        to.uint(self.region.into()).uint(self.region_as_of.into()).u8(self.role as u8);
    }

    /// Reads the record.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self {
            root: PublicKey::decode(from)?,
            name: from.text(MAX_NAME, "institution name")?.to_owned(),
            credit_code: from.text(18, "credit code")?.to_owned(),
            region: from.uint_max(999_999, "region code")? as u32,
            region_as_of: from.uint_max(9_999, "year of the region code")? as u16,
            role: Role::decode(from)?,
        })
    }
}

/// Versions of the "four unifications" that members follow: a name, a version and the hash of its text (zero when the
/// text is not yet fixed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Brand (品牌标识), management rules (管理制度), data standard (数据标准), service rules (服务规则).
    pub parts: [(String, Hash); 4],
}

impl Default for Profile {
    fn default() -> Self {
        Self { parts: std::array::from_fn(|_| ("1".to_owned(), Hash::default())) }
    }
}

impl Profile {
    /// The parts' names, in their order.
    pub const PARTS: [&str; 4] = ["brand", "rules", "data", "service"];

    /// What a profile names a text by.
    pub fn text(bytes: &[u8]) -> Hash {
        hash("text", &[bytes])
    }

    /// Whether one of its parts has this text.
    pub fn names(&self, text: &Hash) -> bool {
        *text != Hash::default() && self.parts.iter().any(|(_, named)| named == text)
    }

    pub(crate) fn encode(&self, to: &mut Encoder) {
        for (version, text) in &self.parts {
            to.text(version);
            text.encode(to);
        }
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let mut profile = Self::default();
        for part in &mut profile.parts {
            *part = (from.text(MAX_NAME, "profile version")?.to_owned(), Hash::decode(from)?);
        }
        Ok(profile)
    }
}

/// A governing institution and the key with which it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Governor {
    /// Who it is.
    pub institution: Institution,
    /// Its root key as of the epoch's beginning: after a rotation another one than in the record, which names the
    /// first.
    pub key: PublicKey,
}

impl Governor {
    /// A governor whose root key was never rotated.
    pub fn founding(institution: Institution) -> Self {
        Self { key: institution.root, institution }
    }

    fn encode(&self, to: &mut Encoder) {
        self.institution.encode(to);
        self.key.encode(to);
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self { institution: Institution::decode(from)?, key: PublicKey::decode(from)? })
    }
}

/// The governors of an epoch and how many of them must sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Governors {
    /// The governing institutions, in the order that signatures refer to.
    pub members: Vec<Governor>,
    /// How many must sign; more than half.
    pub threshold: u8,
}

impl Governors {
    /// Writes the governors.
    pub fn encode(&self, to: &mut Encoder) {
        to.list(&self.members, |to, g| g.encode(to)).u8(self.threshold);
    }

    /// Reads the governors; `m > n/2` must hold, and no institution and no key may stand twice.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let members = from.list(MAX_GOVERNORS, "governors", Governor::decode)?;
        let governors = Self { members, threshold: from.u8("threshold")? };
        governors.check()?;
        Ok(governors)
    }

    /// Checks the threshold and that all differ.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check(&self) -> Checked<()> {
        let n = self.members.len();
        let m = usize::from(self.threshold);
        if m > n || m * 2 <= n {
            return Err(Fault::Forbidden {
                what: "threshold",
                why: "it must be more than half of the governors and at most all",
            });
        }
        let distinct = |of: fn(&Governor) -> PublicKey| {
            let keys: BTreeSet<PublicKey> = self.members.iter().map(of).collect();
            keys.len() == n
        };
        if distinct(|g| g.key) && distinct(|g| g.institution.root) {
            Ok(())
        } else {
            Err(Fault::NotCanonical { what: "governors" })
        }
    }

    /// The indices of the governors whose signature is good, each once, ascending. `good` says whether a signature
    /// verifies with a key.
    pub fn signers<'s>(
        &self,
        signatures: impl IntoIterator<Item = &'s CoSignature>,
        mut good: impl FnMut(&PublicKey, &Signature) -> bool,
    ) -> BTreeSet<u8> {
        let mut signed = BTreeSet::new();
        for s in signatures {
            let governor = self.members.get(usize::from(s.governor));
            if !signed.contains(&s.governor) && governor.is_some_and(|g| good(&g.key, &s.signature)) {
                signed.insert(s.governor);
            }
        }
        signed
    }

    /// Where a key stands among the governors'.
    pub fn index_of(&self, key: &PublicKey) -> Option<u8> {
        let index = self.members.iter().position(|g| g.key == *key)?;
        u8::try_from(index).ok()
    }

    /// True when so many signers are enough.
    pub fn suffice(&self, signers: &BTreeSet<u8>) -> bool {
        signers.len() >= usize::from(self.threshold)
    }
}

/// The index that stands for the charter's recovery key, in place of a governor's.
pub const RECOVERY_INDEX: u8 = 255;

/// One governor's signature, named by the governor's place in the epoch's list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoSignature {
    /// Index in `Governors::members`, or `RECOVERY_INDEX`.
    pub governor: u8,
    /// The signature.
    pub signature: Signature,
}

impl CoSignature {
    pub(crate) fn encode(&self, to: &mut Encoder) {
        to.u8(self.governor);
        self.signature.encode(to);
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self { governor: from.u8("governor")?, signature: Signature::decode(from)? })
    }
}

/// The charter of a network. Its hash is the network's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charter {
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// GB/T 2260 code of the region served, six digits as a number.
    pub region: u32,
    /// The founder's clock, milliseconds since 1970; information only.
    pub founded_ms: i64,
    /// Random, so that two networks of one name differ.
    pub nonce: [u8; 16],
    /// The governors of epoch 0.
    pub governors: Governors,
    /// A key kept offline that may name new governors when the old ones are gone: its signature, with
    /// [`RECOVERY_INDEX`], completes a step of governors, or of what they keep, by itself.
    pub recovery: PublicKey,
    /// The founding versions of the four unifications.
    pub profile: Profile,
    /// Whether a sub-market's own word invites grassroots sites of its region.
    pub sub_markets_invite: bool,
}

impl Charter {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.u8(VERSION).text(&self.name_zh).text(&self.name_en);
        to.uint(self.region.into()).int(self.founded_ms).raw(&self.nonce);
        self.governors.encode(&mut to);
        self.recovery.encode(&mut to);
        self.profile.encode(&mut to);
        to.u8(self.sub_markets_invite.into());
        to.finish()
    }

    /// Reads canonical bytes.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let version = from.u8("charter version")?;
        if version != VERSION {
            return Err(Fault::Unknown { what: "charter version", code: version.into() });
        }
        let charter = Self {
            name_zh: from.text(MAX_NAME, "network name")?.to_owned(),
            name_en: from.text(MAX_NAME, "network name")?.to_owned(),
            region: from.uint_max(999_999, "region code")? as u32,
            founded_ms: from.int("founding time")?,
            nonce: from.array("nonce")?,
            governors: Governors::decode(from)?,
            recovery: PublicKey::decode(from)?,
            profile: Profile::decode(from)?,
            sub_markets_invite: match from.u8("charter flag")? {
                0 => false,
                1 => true,
                _ => return Err(Fault::NotCanonical { what: "charter flag" }),
            },
        };
        if charter.governors.members.iter().all(|g| g.key == g.institution.root) {
            Ok(charter)
        } else {
            Err(Fault::Mismatch { what: "a founding governor's key and its root key" })
        }
    }

    /// The network's id.
    pub fn id(&self) -> NetworkId {
        NetworkId(hash("charter", &[&self.to_bytes()]).0)
    }
}

/// A charter with the governors' signatures: what a charter file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCharter {
    /// The charter.
    pub charter: Charter,
    /// Its founding governors' signatures.
    pub signatures: Vec<CoSignature>,
}

impl SignedCharter {
    /// Signs a charter for the governor at `index`.
    pub fn sign(charter: Charter, index: u8, root: &SecretKey) -> Self {
        let signature = root.sign(Purpose::Charter, &charter.id(), &charter.to_bytes());
        Self { charter, signatures: vec![CoSignature { governor: index, signature }] }
    }

    /// Writes charter and signatures.
    pub fn encode(&self, to: &mut Encoder) {
        to.bytes(&self.charter.to_bytes()).list(&self.signatures, |to, s| s.encode(to));
    }

    /// Reads and checks: the threshold of governors must have signed.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let bytes = from.bytes(crate::limits::MAX_PAYLOAD, "charter")?;
        let charter = Decoder::whole(bytes, "charter", Charter::decode)?;
        let signatures = from.list(MAX_GOVERNORS, "charter signatures", CoSignature::decode)?;
        let (network, what) = (charter.id(), "the charter");
        let signers = charter.governors.signers(&signatures, |key, signature| {
            key.verify(Purpose::Charter, &network, bytes, signature, what).is_ok()
        });
        if charter.governors.suffice(&signers) {
            Ok(Self { charter, signatures })
        } else {
            Err(Fault::Signature { what })
        }
    }
}
