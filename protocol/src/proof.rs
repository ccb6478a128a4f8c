//! Files that prove themselves: a listing that anyone can check offline with the charter alone.

mod statements;

use std::collections::BTreeMap;

use crate::certificate::NodeCertificate;
use crate::charter::{Charter, Institution};
use crate::codec::{Decoder, Encoder};
use crate::entry::{Entry, Verb};
use crate::fault::{Checked, Fault};
use crate::hash::{DocumentId, NetworkId, hash};
use crate::keys::PublicKey;
use crate::limits::{MAX_FILE, MAX_HEADS, MAX_PROOF_ENTRIES, VERSION};
use crate::roster::{Member, NodeState, Roster, RosterInput};
use crate::shelf::{LogId, Shelf, ShelfKind};
use crate::steps::{OpenLog, Redemption, SignedStep};

pub use statements::Stated;

/// What a sealed file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A signed charter.
    Charter,
    /// An invitation with its one-time secret: to be handed over like a key.
    Invitation,
    /// A listing with everything that proves it.
    Proof,
    /// An institution that asks to be admitted: its record and its node's certificate.
    Application,
    /// Roster steps on their way to governors who sign by file.
    Steps,
    /// A fork with everything that proves it.
    Fork,
    /// A network as it shows itself to another one, and what it proposes to exchange.
    Market,
}

impl FileKind {
    fn word(self) -> &'static str {
        match self {
            Self::Charter => "charter",
            Self::Invitation => "invitation",
            Self::Proof => "proof",
            Self::Application => "application",
            Self::Steps => "steps",
            Self::Fork => "fork",
            Self::Market => "market",
        }
    }

    fn magic(self) -> Vec<u8> {
        format!("lianshi {} {VERSION}\n", self.word()).into_bytes()
    }
}

/// Wraps bytes into a file: a readable first line, the bytes, and their hash, so that any damage is told from forgery.
pub fn seal_file(kind: FileKind, body: &[u8]) -> Vec<u8> {
    let mut file = kind.magic();
    file.extend_from_slice(body);
    file.extend_from_slice(&hash("file", &[&kind.magic(), body]).0);
    file
}

/// The bytes of a file of that kind.
pub fn unseal_file(kind: FileKind, file: &[u8]) -> Checked<&[u8]> {
    if file.len() > MAX_FILE {
        let size = file.len() as u64;
        return Err(Fault::TooLong { what: "file", size, limit: MAX_FILE as u64 });
    }
    let magic = kind.magic();
    let Some(rest) = file.strip_prefix(magic.as_slice()) else {
        return Err(Fault::OtherFile { kind: kind.word() });
    };
    let Some(end) = rest.len().checked_sub(32) else {
        return Err(Fault::Truncated { what: kind.word() });
    };
    let (body, sum) = rest.split_at(end);
    if hash("file", &[&magic, body]).0 == *sum {
        Ok(body)
    } else {
        Err(Fault::Mismatch { what: "file and its checksum" })
    }
}

/// Everything that proves a document and what is stated of it: the entries, the openings of their logs, and the roster
/// entries that admitted their institutions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The network.
    pub network: NetworkId,
    /// The document.
    pub document: DocumentId,
    /// Roster steps: admissions and invitations.
    pub steps: Vec<SignedStep>,
    /// Log openings, countersignatures, the document's entries, statements, and the beginnings of those earlier documents
    /// of its line that statements are about.
    pub entries: Vec<Entry>,
}

/// What a proof has shown.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The document's entries, in the order of the file.
    pub entries: Vec<Entry>,
    /// Who answers for each node that wrote them.
    pub authors: BTreeMap<PublicKey, Institution>,
    /// The statements that stand, as far as the file shows, oldest first by the authors' clocks. What was stated, replaced
    /// or taken back besides is not to be seen in it.
    pub statements: Vec<Stated>,
    /// The roster of the steps in the file.
    pub roster: Roster,
}

impl Proof {
    /// Canonical bytes of the proof's body.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.network.encode(&mut to);
        self.document.encode(&mut to);
        to.list(&self.steps, |to, s| s.encode(to)).list(&self.entries, |to, e| e.encode(to));
        to.finish()
    }

    /// Reads a proof; `verify` is the caller's next step.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "proof", |from| {
            Ok(Self {
                network: NetworkId::decode(from)?,
                document: DocumentId::decode(from)?,
                steps: from.list(MAX_HEADS, "roster steps", SignedStep::decode)?,
                entries: from.list(MAX_PROOF_ENTRIES, "entries", Entry::decode)?,
            })
        })
    }

    /// Checks every signature against the charter: the governors admitted the institution, the institution certified
    /// the node, the node signed the entries.
    ///
    /// # Errors
    /// The first thing that does not hold; then nothing in the file is to be believed.
    pub fn verify(&self, charter: &Charter) -> Checked<Proven> {
        if self.network != charter.id() {
            return Err(Fault::Mismatch { what: "the proof's network and the charter" });
        }
        for entry in &self.entries {
            entry.verify(&self.network)?;
        }
        let roster = Roster::fold(charter, &self.roster_input()?);
        let grounds = Grounds { roster: &roster, openings: self.openings()? };
        let mut authors = BTreeMap::new();
        let (mut entries, mut statements, mut earlier) = (Vec::new(), Vec::new(), Vec::new());
        for entry in &self.entries {
            let kind = entry.header.log.shelf.kind;
            if kind == ShelfKind::ROSTER || entry.header.verb == Verb::OPEN {
                continue;
            }
            let (_, member) = grounds.author(entry)?;
            if kind == ShelfKind::STATEMENT {
                statements.push(entry);
            } else if entry.document() == self.document {
                authors.insert(entry.header.log.node, member.institution.clone());
                entries.push(entry.clone());
            } else {
                earlier.push(entry);
            }
        }
        let created = entries.iter().find(|entry| begins(entry)).ok_or(Fault::Forbidden {
            what: "proof",
            why: "the entry that creates the document is missing",
        })?;
        let statements = grounds.standing(created, &earlier, &statements)?;
        Ok(Proven { entries, authors, statements, roster })
    }

    fn roster_input(&self) -> Checked<RosterInput> {
        let mut input = RosterInput { steps: self.steps.clone(), ..RosterInput::default() };
        let redeem = |e: &&Entry| e.header.verb == Verb::REDEEM && e.header.log.shelf == Shelf::ROSTER;
        for entry in self.entries.iter().filter(redeem) {
            let Some(payload) = &entry.payload else { continue };
            let redemption = Redemption::from_bytes(&payload.bytes)?;
            input.redemptions.push((entry.header.log, entry.header.seq, redemption));
        }
        Ok(input)
    }

    fn openings(&self) -> Checked<BTreeMap<LogId, OpenLog>> {
        let mut found = BTreeMap::new();
        for entry in self.entries.iter().filter(|e| e.header.verb == Verb::OPEN) {
            let Some(payload) = &entry.payload else { continue };
            let open = OpenLog::from_bytes(&payload.bytes)?;
            open.certificate.verify(&self.network)?;
            if open.certificate.body.node != entry.header.log.node {
                return Err(Fault::Mismatch { what: "a log and its certificate" });
            }
            found.insert(entry.header.log, open);
        }
        Ok(found)
    }
}

/// What entries are judged by.
struct Grounds<'a> {
    roster: &'a Roster,
    openings: BTreeMap<LogId, OpenLog>,
}

impl Grounds<'_> {
    /// The certificate of an entry's node and the member that answers for it, when that node could write it.
    fn author(&self, entry: &Entry) -> Checked<(&NodeCertificate, &Member)> {
        let log = &entry.header.log;
        let missing = Fault::Forbidden { what: "proof", why: "the certificate of a writing node is missing" };
        let certificate = &self.openings.get(log).ok_or(missing)?.certificate;
        if !certificate.allows(&log.shelf) || begins(entry) && !certificate.may_create(&log.shelf) {
            return Err(Fault::Forbidden { what: "entry", why: "its node is not certified for this shelf" });
        }
        let member = match self.roster.node(certificate) {
            NodeState::Active(member) | NodeState::Inactive(member) | NodeState::Revoked(member) => member,
            NodeState::Unknown => {
                return Err(Fault::Forbidden {
                    what: "proof",
                    why: "it does not show that the institution was admitted",
                });
            }
        };
        if entry.header.seq > self.roster.last_valid_under(log, certificate) {
            return Err(Fault::Forbidden {
                what: "entry",
                why: "it lies past the last valid point of its log: its node's key was revoked, or the log settled",
            });
        }
        Ok((certificate, member))
    }
}

/// Whether a document begins with an entry.
fn begins(entry: &Entry) -> bool {
    entry.header.document.is_none() && matches!(entry.header.verb, Verb::CREATE | Verb::MOVE)
}
