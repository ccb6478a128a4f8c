//! Bundles: the command line has the files, the office what goes into them and what becomes of what comes out.
//!
//! Every request stands for itself: a file is written and read piece by piece, and whoever breaks off begins again without
//! harm. What is checked is checked here, by whoever holds the keys and the roster.

use data_encoding::{BASE64, HEXLOWER};
use protocol::{
    Credential, Decoder, Fault, Frame, Hash, LogId, Manifest, MemberState, NodeCertificate, NodeState,
    SignedManifest, Slip,
};
use replica::{Carried, NotServed, Piece};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Office;
use super::answers::file_reply;
use super::{Failure, Reply, exit};
use crate::core::{Brought, now_ms};

/// Runs are read for one answer until they reach this, bytes: an answer takes some tenths of a second.
const ANSWER_BYTES: usize = 1024 * 1024;

/// A stretch of a log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stretch {
    /// Canonical bytes of its id, hexadecimal.
    pub log: String,
    /// Sequence number before the first wanted.
    pub have: u64,
    /// The last wanted.
    pub to: u64,
}

/// What is asked while a bundle is made or taken in. Bytes are in base64.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Carriage {
    /// This node's slip.
    Slip,
    /// What a bundle is to hold.
    Plan {
        /// For whom: a node id, its first digits, or an institution's name; empty for the one who wrote the slip.
        to: Option<String>,
        /// The slip's bytes.
        slip: Option<String>,
    },
    /// The first runs of these stretches, as many as an answer holds.
    Runs {
        /// The stretches.
        stretches: Vec<Stretch>,
    },
    /// The front of a volume with this manifest.
    Sign {
        /// The manifest.
        manifest: String,
    },
    /// Whether a volume may be taken in here, and the key to it.
    Open {
        /// The signed manifest.
        head: String,
    },
    /// Takes frames of such a volume.
    Take {
        /// The signed manifest.
        head: String,
        /// The frames.
        frames: Vec<String>,
    },
    /// What was taken is fsynced when this is answered.
    Keep,
}

/// What became of frames; each is counted under one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Entries new here.
    pub taken: u64,
    /// Frames of which everything is held.
    pub held: u64,
    /// Frames that this node does not subscribe to, or is no party to.
    pub unwanted: u64,
    /// Runs that lack what comes before them.
    pub early: u64,
    /// Runs of institutions that the roster does not know.
    pub unknown: u64,
    /// Runs of institutions that have used up their allowance.
    pub over: u64,
    /// Runs of another branch than what is held.
    pub branches: u64,
    /// Forks found so.
    pub forks: u64,
    /// Frames that do not read, are not authentic, or break the rules.
    pub refused: u64,
    /// Why the first of these was refused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl Tally {
    /// Adds what became of others.
    pub fn add(&mut self, more: Self) {
        self.taken += more.taken;
        self.held += more.held;
        self.unwanted += more.unwanted;
        self.early += more.early;
        self.unknown += more.unknown;
        self.over += more.over;
        self.branches += more.branches;
        self.forks += more.forks;
        self.refused += more.refused;
        if self.why.is_empty() {
            self.why = more.why;
        }
    }

    fn count(&mut self, brought: Brought) {
        match brought {
            Brought::Frame(Carried::Taken(entries)) => self.taken += entries,
            Brought::Frame(Carried::Held) => self.held += 1,
            Brought::Frame(Carried::Unwanted) => self.unwanted += 1,
            // Payloads without their purge: it comes before them, in what is missing.
            Brought::Frame(Carried::Early | Carried::Bare) => self.early += 1,
            Brought::Frame(Carried::Unknown) => self.unknown += 1,
            Brought::Frame(Carried::Over) => self.over += 1,
            Brought::Frame(Carried::Parts(_)) | Brought::Branch(false) => self.branches += 1,
            Brought::Branch(true) => self.forks += 1,
            Brought::Frame(Carried::Refused(fault)) => self.refuse(&fault),
        }
    }

    /// Counts a frame that does not read.
    pub fn refuse(&mut self, fault: &Fault) {
        self.refused += 1;
        if self.why.is_empty() {
            self.why = fault.to_string();
        }
    }
}

impl Office {
    pub(super) fn answer_carriage(&self, step: Carriage) -> Reply {
        match step {
            Carriage::Slip => {
                let slip = self.core().slip();
                let mut reply = file_reply(&slip.to_bytes());
                reply["logs"] = json!(slip.logs());
                Ok(reply)
            }
            Carriage::Plan { to, slip } => self.plan(to.as_deref(), slip.as_deref()),
            Carriage::Runs { stretches } => self.runs(stretches),
            Carriage::Sign { manifest } => {
                let manifest =
                    Manifest::from_bytes(&bytes_of(&manifest)?).map_err(|fault| damaged(&fault))?;
                Ok(file_reply(&manifest.sign(&self.identity().node).to_front()))
            }
            Carriage::Open { head } => self.open_volume(&head),
            Carriage::Take { head, frames } => {
                let signed = self.checked(&head)?;
                let maker = signed.manifest.credential.certificate();
                let mut tally = Tally::default();
                for frame in &frames {
                    // The core is free for others between two frames.
                    tally.count(self.core().bring(maker, &bytes_of(frame)?)?);
                }
                Ok(json!({ "v": 1, "tally": tally }))
            }
            Carriage::Keep => {
                self.core().keep_brought()?;
                Ok(json!({ "v": 1, "kept": true }))
            }
        }
    }

    fn plan(&self, to: Option<&str>, slip: Option<&str>) -> Reply {
        let slip = slip.map(|slip| self.slip_in(slip)).transpose()?;
        let to = to.map(|to| self.reader(to, slip.as_ref())).transpose()?;
        let (pieces, until) = self.core().pack(to.as_ref(), slip.as_ref())?.map_err(|why| {
            let name = to.as_ref().and_then(|to| self.library().institution_of(to)).unwrap_or_default();
            not_served(&why, &name)
        })?;
        let since = slip.as_ref().map_or(Hash::default(), |slip| protocol::hash("slip", &[&slip.to_bytes()]));
        let manifest = self.manifest(since, until)?;
        let pieces: Vec<Json> = pieces.iter().map(piece_json).collect();
        let reader = to.map(|to| {
            let name = self.library().institution_of(&to).unwrap_or_default();
            json!({ "node": to.body.node.to_string(), "name": name, "sealing": HEXLOWER.encode(&to.body.sealing) })
        });
        Ok(
            json!({ "v": 1, "manifest": BASE64.encode(&manifest.to_bytes()), "reader": reader, "pieces": pieces }),
        )
    }

    fn slip_in(&self, slip: &str) -> Result<Slip, Failure> {
        let slip = Slip::from_bytes(&bytes_of(slip)?).map_err(|fault| {
            Failure::said(exit::REJECTED, "cli.failure.slip", &[("what", &fault.to_string())])
        })?;
        if slip.network == self.identity().network() {
            return Ok(slip);
        }
        Err(Failure::said(exit::REJECTED, "cli.failure.slip.network", &[("network", &slip.network.short())]))
    }

    /// The certificate of the node for which a bundle is: the one of the highest serial that is known of it.
    fn reader(&self, to: &str, slip: Option<&Slip>) -> Result<NodeCertificate, Failure> {
        let missing = || Failure::said(exit::FAILED, "cli.failure.bundle.reader", &[("node", to)]);
        let roster = self.library().roster();
        let mut known: Vec<NodeCertificate> = self.core().certificates().cloned().collect();
        known.extend(slip.map(|slip| slip.certificate.clone()));
        let asked = match (to, slip) {
            ("", Some(slip)) => slip.certificate.body.node.to_string(),
            ("", None) => return Err(Failure::said(exit::USAGE, "cli.failure.bundle.whom", &[])),
            _ => to.to_owned(),
        };
        let named = |c: &NodeCertificate| {
            let member = roster.members.get(&c.body.institution);
            c.body.node.to_string().starts_with(&asked) || member.is_some_and(|m| m.institution.name == asked)
        };
        known.retain(|certificate| named(certificate));
        // A certificate by a former root key is worse than any that is good.
        let worth = |c: &NodeCertificate| (!matches!(roster.node(c), NodeState::Unknown), c.body.serial);
        known.sort_by_key(|certificate| (certificate.body.node, worth(certificate)));
        known.reverse();
        known.dedup_by_key(|certificate| certificate.body.node);
        let found = known.pop().ok_or_else(missing)?;
        if known.is_empty() {
            return Ok(found);
        }
        Err(Failure::said(exit::FAILED, "cli.failure.several-nodes", &[("node", to)]))
    }

    /// What is written on a bundle of this node; its volumes are numbered later.
    fn manifest(&self, since: Hash, until: Hash) -> Result<Manifest, Failure> {
        let identity = self.identity();
        let admitted = self.library().roster().members.contains_key(&identity.certificate.body.institution);
        let credential = match identity.redemption.clone().filter(|_| !admitted) {
            Some(redemption) => Credential::Redemption(Box::new(redemption)),
            None => Credential::Certificate(Box::new(identity.certificate.clone())),
        };
        let (network, set) = (identity.network(), market::random()?);
        Ok(Manifest::new(network, credential, set, now_ms(), (since, until)))
    }

    fn runs(&self, stretches: Vec<Stretch>) -> Reply {
        let (mut frames, mut bytes) = (Vec::new(), 0);
        let mut left = stretches.into_iter();
        for mut stretch in left.by_ref() {
            let log = log_of(&stretch.log)?;
            while stretch.have < stretch.to && bytes < ANSWER_BYTES {
                let run =
                    self.core().run_after(log, stretch.have, stretch.to).map_err(|error| unread(&error))?;
                let Some((run, upto)) = run else { break };
                bytes += run.len();
                let entries = upto - stretch.have;
                frames
                    .push(json!({ "frame": BASE64.encode(&Frame::Run(run).to_bytes()), "entries": entries }));
                stretch.have = upto;
            }
            if bytes >= ANSWER_BYTES {
                let rest: Vec<Stretch> = std::iter::once(stretch).chain(left).collect();
                return Ok(json!({ "v": 1, "frames": frames, "rest": rest }));
            }
        }
        Ok(json!({ "v": 1, "frames": frames, "rest": [] }))
    }

    /// A head that reads, is of this network and signed by who it says.
    fn checked(&self, head: &str) -> Result<SignedManifest, Failure> {
        let signed = SignedManifest::from_bytes(&bytes_of(head)?).map_err(|fault| damaged(&fault))?;
        let network = self.identity().network();
        if signed.manifest.network != network {
            let other = signed.manifest.network.short();
            return Err(Failure::said(exit::REJECTED, "cli.failure.bundle.network", &[("network", &other)]));
        }
        signed.verify(&network).map_err(|fault| damaged(&fault))?;
        Ok(signed)
    }

    fn open_volume(&self, head: &str) -> Reply {
        let manifest = self.checked(head)?.manifest;
        let key = manifest.unlock(&self.identity().sealing);
        if let Some(lock) = manifest.lock.filter(|_| key.is_none()) {
            let node = lock.node.to_string();
            return Err(Failure::said(exit::REJECTED, "cli.failure.bundle.other", &[("node", &node[..16])]));
        }
        let certificate = manifest.credential.certificate();
        let introduced = self.core().introduce(&manifest.credential);
        let by = self.library().institution_of(certificate).or_else(|| match &manifest.credential {
            Credential::Redemption(redemption) => Some(redemption.institution.name.clone()),
            Credential::Certificate(_) => None,
        });
        Ok(json!({
            "v": 1,
            "set": HEXLOWER.encode(&manifest.set),
            "volume": manifest.volume,
            "volumes": manifest.volumes,
            "entries": manifest.entries,
            "bytes": manifest.bytes,
            "made": super::json::time(manifest.made_ms),
            "by": by.unwrap_or_else(|| certificate.body.node.short()),
            "locked": manifest.lock.is_some(),
            "key": key.map(|key| HEXLOWER.encode(&key.seed())),
            "not_admitted": introduced.err(),
        }))
    }
}

fn piece_json(piece: &Piece) -> Json {
    match piece {
        Piece::Frame(frame) => json!({ "frame": BASE64.encode(&frame.to_bytes()) }),
        Piece::Range { log, held, to } => {
            let log = HEXLOWER.encode(&log.to_bytes());
            json!({ "stretch": Stretch { log, have: held.map_or(0, |held| held.seq), to: *to } })
        }
    }
}

fn log_of(text: &str) -> Result<LogId, Failure> {
    let bytes = HEXLOWER.decode(text.as_bytes()).unwrap_or_default();
    Decoder::whole(&bytes, "log", LogId::decode).map_err(|fault| damaged(&fault))
}

fn bytes_of(text: &str) -> Result<Vec<u8>, Failure> {
    let unread =
        |error: data_encoding::DecodeError| Failure::new(exit::USAGE, format!("base64: {error}"), "");
    BASE64.decode(text.as_bytes()).map_err(unread)
}

fn unread(error: &anyhow::Error) -> Failure {
    Failure::said(exit::FAILED, "cli.failure.storage", &[("what", &format!("{error:#}"))])
}

/// The failure of a head, or of a part of a volume.
pub fn damaged(fault: &Fault) -> Failure {
    let key = match fault {
        Fault::Unknown { .. } => "cli.failure.bundle.version",
        _ => "cli.failure.bundle.damaged",
    };
    Failure::said(exit::REJECTED, key, &[("what", &fault.to_string())])
}

fn not_served(why: &NotServed, name: &str) -> Failure {
    let key = match why {
        NotServed::Inactive(member) if matches!(member.state, MemberState::Exited(_)) => {
            "cli.failure.bundle.exited"
        }
        NotServed::Inactive(_) => "cli.failure.bundle.suspended",
        NotServed::Revoked => "cli.failure.bundle.revoked",
        NotServed::Unknown => "cli.failure.bundle.unlisted",
        NotServed::Expired => "cli.failure.bundle.expired",
    };
    Failure::said(exit::REFUSED, key, &[("name", name)])
}

/// Bytes of a manifest, for who writes a volume.
pub fn manifest_in(reply: &Json) -> Result<Manifest, Failure> {
    let bytes = bytes_of(reply["manifest"].as_str().unwrap_or_default())?;
    Manifest::from_bytes(&bytes).map_err(|fault| damaged(&fault))
}
