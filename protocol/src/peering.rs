//! Peer markets: what two networks agree to exchange, in one text that the governors of both sign, each on their own roster.

use crate::certificate::{Capabilities, NodeCertificate};
use crate::charter::Charter;
use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{Hash, InstitutionId, NetworkId, hash};
use crate::keys::PublicKey;
use crate::limits::{
    MAX_ADDRESS, MAX_ADDRESSES, MAX_GATEWAYS, MAX_KEY, MAX_MAPPING_PAIRS, MAX_MAPPINGS, MAX_NAME,
    MAX_PATTERNS, MAX_PAYLOAD, MAX_SHARED_FIELDS, VERSION,
};
use crate::roster::{NodeState, Roster};
use crate::shelf::{Shelf, ShelfKind, ShelfPattern, Visibility};

/// The version of terms that name institutions; terms that name none are of the first, byte for byte as before.
const WITH_INSTITUTIONS: u8 = 2;

/// A node of a network that the other network's nodes may call, and that may call them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// The node's key.
    pub node: PublicKey,
    /// Multiaddresses at which it is reached; may be empty where it only calls.
    pub addresses: Vec<String>,
}

/// How values of one field read in the other network: codes of regions, industries, fields of technology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeMapping {
    /// The field, as the catalogue names it.
    pub field: String,
    /// Whoever makes the next edition counts on.
    pub edition: String,
    /// A value of the giving network and what it is shown as, ascending by the former, each once. A value that stands here
    /// nowhere is shown as it came.
    pub pairs: Vec<(String, String)>,
}

/// What one of the two networks gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The network.
    pub network: NetworkId,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// The shelves whose public listings it gives; empty where it only takes.
    pub gives: Vec<ShelfPattern>,
    /// The fields that the other may show, ascending; empty for all. Entries travel as they were signed, whole: this binds
    /// whoever shows them.
    pub fields: Vec<String>,
    /// Under which licence, as a name or an address.
    pub licence: String,
    /// Its gateways, ascending by key.
    pub gateways: Vec<Gateway>,
    /// Institutions whose other nodes may take a gateway's place, ascending; empty where the gateways alone are meant.
    pub institutions: Vec<InstitutionId>,
    /// How its values read in the other network, ascending by field.
    pub mappings: Vec<CodeMapping>,
}

/// The agreement of two networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Rises with each agreement between the two.
    pub number: u32,
    /// When it was written, by its author's clock, milliseconds since 1970; information only.
    pub made_ms: i64,
    /// Gateways stop at this moment of their own clock, milliseconds since 1970.
    pub until_ms: i64,
    /// Both, ascending by network.
    pub sides: [Side; 2],
}

/// What a roster step says of a peer market: the terms, and the charter by which its entries are judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peering {
    /// What was agreed.
    pub terms: Terms,
    /// The other network's charter.
    pub charter: Charter,
}

impl Gateway {
    pub(crate) fn encode(&self, to: &mut Encoder) {
        self.node.encode(to);
        to.list(&self.addresses, |to, address| {
            to.text(address);
        });
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let node = PublicKey::decode(from)?;
        let address = |from: &mut Decoder<'_>| Ok(from.text(MAX_ADDRESS, "gateway address")?.to_owned());
        Ok(Self { node, addresses: from.list(MAX_ADDRESSES, "gateway addresses", address)? })
    }
}

impl CodeMapping {
    fn encode(&self, to: &mut Encoder) {
        to.text(&self.field).text(&self.edition).list(&self.pairs, |to, (theirs, shown)| {
            to.text(theirs).text(shown);
        });
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let field = from.text(MAX_KEY, "mapped field")?.to_owned();
        let edition = from.text(MAX_KEY, "edition of a mapping")?.to_owned();
        let pair = |from: &mut Decoder<'_>| {
            let theirs = from.text(MAX_KEY, "mapped value")?.to_owned();
            Ok((theirs, from.text(MAX_NAME, "mapped value")?.to_owned()))
        };
        let pairs = from.list(MAX_MAPPING_PAIRS, "mapping", pair)?;
        ascending(&pairs, |pair| &pair.0, "mapping")?;
        Ok(Self { field, edition, pairs })
    }

    /// What a value is shown as; `None` where it is to be shown as it came.
    pub fn reads(&self, value: &str) -> Option<&str> {
        let at = self.pairs.binary_search_by(|(theirs, _)| theirs.as_str().cmp(value)).ok()?;
        self.pairs.get(at).map(|(_, shown)| shown.as_str())
    }
}

fn ascending<T, K: Ord + ?Sized>(items: &[T], key: impl Fn(&T) -> &K, what: &'static str) -> Checked<()> {
    let sorted = items.is_sorted_by(|a, b| key(a) < key(b));
    if sorted { Ok(()) } else { Err(Fault::NotCanonical { what }) }
}

impl Side {
    fn encode(&self, to: &mut Encoder, version: u8) {
        self.network.encode(to);
        to.text(&self.name_zh).text(&self.name_en);
        to.list(&self.gives, |to, pattern| pattern.encode(to));
        to.list(&self.fields, |to, field| {
            to.text(field);
        });
        to.text(&self.licence);
        to.list(&self.gateways, |to, gateway| gateway.encode(to));
        to.list(&self.mappings, |to, mapping| mapping.encode(to));
        if version == WITH_INSTITUTIONS {
            encode_institutions(to, &self.institutions);
        }
    }

    fn decode(from: &mut Decoder<'_>, version: u8) -> Checked<Self> {
        let side = Self {
            network: NetworkId::decode(from)?,
            name_zh: from.text(MAX_NAME, "network name")?.to_owned(),
            name_en: from.text(MAX_NAME, "network name")?.to_owned(),
            gives: from.list(MAX_PATTERNS, "shelves given", ShelfPattern::decode)?,
            fields: from.list(MAX_SHARED_FIELDS, "fields given", |from| {
                Ok(from.text(MAX_KEY, "field given")?.to_owned())
            })?,
            licence: from.text(MAX_NAME, "licence")?.to_owned(),
            gateways: from.list(MAX_GATEWAYS, "gateways", Gateway::decode)?,
            mappings: from.list(MAX_MAPPINGS, "mappings", CodeMapping::decode)?,
            institutions: match version {
                WITH_INSTITUTIONS => decode_institutions(from)?,
                _ => Vec::new(),
            },
        };
        ascending(&side.gives, |pattern| pattern, "shelves given")?;
        ascending(&side.fields, |field| field, "fields given")?;
        ascending(&side.gateways, |gateway| &gateway.node, "gateways")?;
        ascending(&side.mappings, |mapping| &mapping.field, "mappings")?;
        Ok(side)
    }

    /// Whether it gives what lies on a shelf. Its roster comes along: entries are judged by it. What third parties state goes
    /// with the listings of its region; the directory, what is for members and what is sealed never leave.
    pub fn shares(&self, shelf: &Shelf) -> bool {
        if *shelf == Shelf::ROSTER {
            return !self.gives.is_empty();
        }
        if shelf.visibility != Visibility::Public || shelf.region == 0 {
            return false;
        }
        let stated = shelf.kind == ShelfKind::STATEMENT;
        let covers = |pattern: &ShelfPattern| match stated {
            true => pattern.covers_region(shelf.region),
            false => shelf.kind.is_listing() && pattern.covers(shelf),
        };
        self.gives.iter().any(covers)
    }

    /// Whether the other may show a field.
    pub fn shows(&self, field: &str) -> bool {
        self.fields.is_empty() || self.fields.binary_search_by(|known| known.as_str().cmp(field)).is_ok()
    }

    /// How a value of a field reads in the other network; `None` where it is to be shown as it came.
    pub fn reads(&self, field: &str, value: &str) -> Option<&str> {
        let at = self.mappings.binary_search_by(|known| known.field.as_str().cmp(field)).ok()?;
        self.mappings.get(at)?.reads(value)
    }

    /// Whether a node is one of the gateways that it names.
    pub fn is_gateway(&self, node: &PublicKey) -> bool {
        self.gateways.iter().any(|gateway| gateway.node == *node)
    }

    /// Whether a node speaks for it as a gateway: one that it names, unless its network's roster has revoked that; or, by that
    /// roster alone, an active node of an institution that it names, with leave to carry the roster. The certificate's own
    /// signatures must have been verified. Without the roster nobody stands in for anybody.
    pub fn admits(&self, certificate: &NodeCertificate, roster: Option<&Roster>) -> bool {
        let body = &certificate.body;
        match (self.is_gateway(&body.node), roster.map(|roster| roster.node(certificate))) {
            (true, Some(NodeState::Revoked(_))) => false,
            (true, _) => true,
            (false, Some(NodeState::Active(member))) => {
                body.capabilities.0 & Capabilities::ROSTER != 0
                    && self.institutions.binary_search(&member.institution.id()).is_ok()
            }
            (false, _) => false,
        }
    }
}

pub(crate) fn encode_institutions(to: &mut Encoder, institutions: &[InstitutionId]) {
    to.list(institutions, |to, institution| institution.encode(to));
}

pub(crate) fn decode_institutions(from: &mut Decoder<'_>) -> Checked<Vec<InstitutionId>> {
    let institutions = from.list(MAX_GATEWAYS, "institutions of gateways", InstitutionId::decode)?;
    ascending(&institutions, |id| id, "institutions of gateways")?;
    Ok(institutions)
}

impl Terms {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        let version = if self.names_institutions() { WITH_INSTITUTIONS } else { VERSION };
        to.u8(version).uint(self.number.into()).int(self.made_ms).int(self.until_ms);
        self.sides.iter().for_each(|side| side.encode(&mut to, version));
        to.finish()
    }

    fn names_institutions(&self) -> bool {
        self.sides.iter().any(|side| !side.institutions.is_empty())
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let version = from.u8("version of an agreement")?;
        if version != VERSION && version != WITH_INSTITUTIONS {
            return Err(Fault::Unknown { what: "version of an agreement", code: version.into() });
        }
        let terms = Self {
            number: from.uint_max(u32::MAX.into(), "number of an agreement")? as u32,
            made_ms: from.int("time of an agreement")?,
            until_ms: from.int("end of an agreement")?,
            sides: [Side::decode(from, version)?, Side::decode(from, version)?],
        };
        if terms.names_institutions() != (version == WITH_INSTITUTIONS) {
            return Err(Fault::NotCanonical { what: "version of an agreement" });
        }
        ascending(&terms.sides, |side| &side.network, "sides of an agreement")?;
        Ok(terms)
    }

    /// The hash that both rosters must have for anything to be exchanged.
    pub fn id(&self) -> Hash {
        hash("peering", &[&self.to_bytes()])
    }

    /// What a network gives.
    pub fn side(&self, network: &NetworkId) -> Option<&Side> {
        self.sides.iter().find(|side| side.network == *network)
    }

    /// The one of the two that a network is not.
    pub fn other(&self, network: &NetworkId) -> Option<&Side> {
        self.side(network)?;
        self.sides.iter().find(|side| side.network != *network)
    }
}

impl Peering {
    pub(crate) fn encode(&self, to: &mut Encoder) {
        to.bytes(&self.terms.to_bytes()).bytes(&self.charter.to_bytes());
    }

    /// Reads terms and charter. The charter needs no signatures: its hash is the network that the terms name.
    ///
    /// # Errors
    /// What does not read.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let terms = from.bytes(MAX_PAYLOAD, "agreement")?;
        let terms = Decoder::whole(terms, "agreement", Terms::decode)?;
        let charter = from.bytes(MAX_PAYLOAD, "charter")?;
        Ok(Self { terms, charter: Decoder::whole(charter, "charter", Charter::decode)? })
    }

    /// The other network, where this is an agreement of `own` with the one whose charter it carries.
    pub fn with(&self, own: &NetworkId) -> Option<NetworkId> {
        let other = self.terms.other(own)?;
        (self.charter.id() == other.network).then_some(other.network)
    }
}
