//! Shelves, subscriptions and logs: the addresses of the replicated data.

use crate::circle::CircleId;
use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{Hash, hash};
use crate::keys::PublicKey;
use crate::limits::MAX_PATTERNS;

/// What a shelf holds. Codes from 16 on are kinds of listings (the catalogue names them); others are the protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShelfKind(pub u16);

impl ShelfKind {
    /// Admissions, suspensions, exits: replicated first, to everyone.
    pub const ROSTER: Self = Self(0);
    /// Node addresses: the network's address book.
    pub const DIRECTORY: Self = Self(1);
    /// Statements by third parties about listings.
    pub const STATEMENT: Self = Self(2);
    /// Requests and disclosures between institutions; always sealed.
    pub const CORRESPONDENCE: Self = Self(3);

    /// True for the kinds of listings.
    pub fn is_listing(self) -> bool {
        self.0 >= 16
    }

    /// True for the kinds whose entries make up documents: listings and correspondence.
    pub fn holds_documents(self) -> bool {
        self.is_listing() || self == Self::CORRESPONDENCE
    }
}

/// Who may have what lies on a shelf. Private data has no entry and so no shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Visibility {
    /// Anyone.
    Public,
    /// Certified nodes of the network.
    Members,
    /// Ciphertext for the parties of a circle.
    Sealed(CircleId),
}

impl Visibility {
    /// Writes the code, and the circle of a sealed one.
    pub fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Public => to.u8(0),
            Self::Members => to.u8(1),
            Self::Sealed(circle) => to.u8(2).raw(&circle.0),
        };
    }

    /// Reads a visibility.
    ///
    /// # Errors
    /// A code that version 1 does not know.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        match from.u8("visibility")? {
            0 => Ok(Self::Public),
            1 => Ok(Self::Members),
            2 => Ok(Self::Sealed(CircleId::decode(from)?)),
            code => Err(Fault::Unknown { what: "visibility", code: code.into() }),
        }
    }
}

/// The unit of subscription within a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shelf {
    /// GB/T 2260 code of the publishing node's region, six digits as a number; 0 for the whole network.
    pub region: u32,
    /// What it holds.
    pub kind: ShelfKind,
    /// Who may have it.
    pub visibility: Visibility,
}

impl Shelf {
    /// True for what concerns everyone in the network, and goes to every node: the roster, the directory, what third parties
    /// say of no region.
    pub fn is_everyones(&self) -> bool {
        self.region == 0 && !self.kind.is_listing() && self.circle().is_none()
    }

    /// The shelf of roster steps.
    pub const ROSTER: Self = Self { region: 0, kind: ShelfKind::ROSTER, visibility: Visibility::Public };
    /// The shelf of node addresses.
    pub const DIRECTORY: Self =
        Self { region: 0, kind: ShelfKind::DIRECTORY, visibility: Visibility::Members };

    /// Writes the shelf.
    pub fn encode(&self, to: &mut Encoder) {
        to.uint(self.region.into()).uint(self.kind.0.into());
        self.visibility.encode(to);
    }

    /// Reads a shelf.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self {
            region: from.uint_max(999_999, "region code")? as u32,
            kind: ShelfKind(from.uint_max(u16::MAX.into(), "shelf kind")? as u16),
            visibility: Visibility::decode(from)?,
        })
    }

    /// The circle of a sealed shelf.
    pub fn circle(&self) -> Option<CircleId> {
        match self.visibility {
            Visibility::Sealed(circle) => Some(circle),
            _ => None,
        }
    }
}

/// An append-only sequence of entries by one node for one shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogId {
    /// The node's key.
    pub node: PublicKey,
    /// Random number of the node's store: a restored or copied store has another one.
    pub incarnation: u64,
    /// The shelf.
    pub shelf: Shelf,
}

impl LogId {
    /// Writes the id.
    pub fn encode(&self, to: &mut Encoder) {
        self.node.encode(to);
        to.raw(&self.incarnation.to_be_bytes());
        self.shelf.encode(to);
    }

    /// Reads an id.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self {
            node: PublicKey::decode(from)?,
            incarnation: u64::from_be_bytes(from.array("incarnation")?),
            shelf: Shelf::decode(from)?,
        })
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.encode(&mut to);
        to.finish()
    }

    /// The hash that names the log in roster steps, and whose first byte is its bucket.
    pub fn hash(&self) -> Hash {
        hash("log", &[&self.to_bytes()])
    }
}

/// A pattern of shelves: a region prefix of 0 to 6 digits, a kind or any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShelfPattern {
    /// Leading digits of the region code; empty for all.
    pub region_prefix: String,
    /// The kind, or every kind.
    pub kind: Option<ShelfKind>,
}

impl ShelfPattern {
    /// Every shelf.
    pub fn everything() -> Self {
        Self { region_prefix: String::new(), kind: None }
    }

    /// True when the shelf is covered. Shelves of the whole network (region 0) are covered by every prefix.
    pub fn covers(&self, shelf: &Shelf) -> bool {
        self.covers_region(shelf.region) && self.kind.is_none_or(|kind| kind == shelf.kind)
    }

    /// The same of a region, whichever the kind.
    pub(crate) fn covers_region(&self, region: u32) -> bool {
        region == 0 || digits(region).starts_with(self.region_prefix.as_bytes())
    }

    /// Writes the pattern.
    pub fn encode(&self, to: &mut Encoder) {
        to.text(&self.region_prefix).option(self.kind.as_ref(), |to, kind| {
            to.uint(kind.0.into());
        });
    }

    /// Reads a pattern.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let region_prefix = from.text(6, "region prefix")?.to_owned();
        if !region_prefix.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Fault::NotCanonical { what: "region prefix" });
        }
        let kind = from.option("pattern kind", |from| {
            Ok(ShelfKind(from.uint_max(u16::MAX.into(), "shelf kind")? as u16))
        })?;
        Ok(Self { region_prefix, kind })
    }
}

/// The six digits of a region code. A hub asks for them for each session whenever a log grows, so nothing is allocated.
fn digits(region: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    let mut rest = region;
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

/// What a node asks for. The roster and the directory are always part of it, sealed shelves never: those go where their
/// circle goes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Subscription {
    /// Shelves wanted, any of them matching.
    pub patterns: Vec<ShelfPattern>,
}

impl Subscription {
    /// Everything.
    pub fn everything() -> Self {
        Self { patterns: vec![ShelfPattern::everything()] }
    }

    /// True when entries of the shelf are wanted.
    pub fn covers(&self, shelf: &Shelf) -> bool {
        shelf.is_everyones() || shelf.circle().is_none() && self.patterns.iter().any(|p| p.covers(shelf))
    }

    /// Writes the subscription.
    pub fn encode(&self, to: &mut Encoder) {
        to.list(&self.patterns, |to, p| p.encode(to));
    }

    /// Reads a subscription.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self { patterns: from.list(MAX_PATTERNS, "subscription", ShelfPattern::decode)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_covers_the_regions_that_are_written_so() {
        for region in [420_106, 429_004, 420, 7, 999_999, 100_000] {
            let shelf = Shelf { region, ..Shelf { kind: ShelfKind(16), ..Shelf::ROSTER } };
            for prefix in ["", "4", "42", "4201", "420106", "0", "000", "000420", "000007", "9", "1000"] {
                let pattern = ShelfPattern { region_prefix: prefix.to_owned(), kind: None };
                let written = format!("{region:06}");
                assert_eq!(pattern.covers(&shelf), written.starts_with(prefix), "{prefix} {written}");
            }
        }
        let everywhere = ShelfPattern { region_prefix: "42".to_owned(), kind: None };
        assert!(everywhere.covers(&Shelf::ROSTER), "what is of no region");
    }
}
