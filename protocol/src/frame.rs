//! The messages of `/lianshi/sync/1`: each frame on a stream (and in a bundle) is one of them.

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

use crate::attachment::{FileAsk, FilePiece};
use crate::certificate::NodeCertificate;
use crate::circle::CircleId;
use crate::codec::{Decoder, Encoder};
use crate::entry::Head;
use crate::fault::{Checked, Fault};
use crate::fork::Fork;
use crate::hash::{Hash, NetworkId};
use crate::keys::PublicKey;
use crate::limits::{
    FRONTIER_BUCKETS, MAX_CIRCLE_NODES, MAX_DELIVERIES, MAX_FRAME, MAX_HEADS, MAX_NAME, MAX_WANTS, VERSION,
};
use crate::shelf::{LogId, Subscription};
use crate::status::StatusTalk;
use crate::steps::Redemption;

/// The type byte of a frame that holds a run.
const RUN: u8 = 7;
/// Frames of these types may be left unheeded: see [`Frame::is_optional`].
const OPTIONAL: RangeInclusive<u8> = 0x80..=0xbf;
/// What nodes say of themselves.
const STATUS: u8 = 0x80;
/// Where a credential stands: none, but the check of a certificate.
const BY_CHECK: u8 = 2;
/// Where a credential stands: none, but the pass of a guest.
const GUEST: u8 = 3;

/// What a node shows to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Its certificate, by an institution that the roster admits.
    Certificate(Box<NodeCertificate>),
    /// An invitation being used for the first time.
    Redemption(Box<Redemption>),
}

impl Credential {
    /// The certificate in it.
    pub fn certificate(&self) -> &NodeCertificate {
        match self {
            Self::Certificate(certificate) => certificate,
            Self::Redemption(redemption) => &redemption.certificate,
        }
    }

    /// Checks its signatures. Whether the institution is admitted is the roster's question.
    ///
    /// # Errors
    /// A signature that does not hold.
    pub fn verify(&self, network: &NetworkId) -> Checked<()> {
        match self {
            Self::Certificate(certificate) => certificate.verify(network),
            Self::Redemption(redemption) => redemption.verify(network),
        }
    }

    /// Writes which of the two it is, and it.
    pub fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Certificate(certificate) => {
                to.u8(0);
                certificate.encode(to);
            }
            Self::Redemption(redemption) => {
                to.u8(1);
                redemption.encode(to);
            }
        }
    }

    /// Reads a credential; `verify` is the caller's next step.
    ///
    /// # Errors
    /// Bytes of another form.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        match from.u8("credential")? {
            0 => Ok(Self::Certificate(Box::new(NodeCertificate::decode(from)?))),
            1 => Ok(Self::Redemption(Box::new(Redemption::decode(from)?))),
            code => Err(Fault::Unknown { what: "credential", code: code.into() }),
        }
    }
}

/// How a node says who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// By what it shows.
    InFull(Credential),
    /// By its certificate's check, for a peer that holds the certificate in one of its logs. It proves nothing, nor need it: the
    /// connection has proved the node's key.
    ByCheck([u8; 8]),
    /// As a node of another network, by an agreement that both have.
    Guest(Box<GuestPass>),
}

/// What a node shows where another network's entries are exchanged: to that network's gateways, and to nodes of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestPass {
    /// Its own network.
    pub network: NetworkId,
    /// Its certificate there.
    pub certificate: NodeCertificate,
    /// The agreement, by [`crate::Terms::id`].
    pub terms: Hash,
}

impl GuestPass {
    fn encode(&self, to: &mut Encoder) {
        self.network.encode(to);
        self.certificate.encode(to);
        self.terms.encode(to);
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        Ok(Self {
            network: NetworkId::decode(from)?,
            certificate: NodeCertificate::decode(from)?,
            terms: Hash::decode(from)?,
        })
    }
}

impl Shown {
    fn encode(&self, to: &mut Encoder) {
        match self {
            Self::InFull(credential) => credential.encode(to),
            Self::ByCheck(check) => {
                to.u8(BY_CHECK).raw(check);
            }
            Self::Guest(pass) => {
                to.u8(GUEST);
                pass.encode(to);
            }
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        match from.rest().first() {
            Some(&BY_CHECK) => {
                from.u8("credential")?;
                from.array("check of a certificate").map(Self::ByCheck)
            }
            Some(&GUEST) => {
                from.u8("credential")?;
                Ok(Self::Guest(Box::new(GuestPass::decode(from)?)))
            }
            _ => Credential::decode(from).map(Self::InFull),
        }
    }
}

/// The first message of both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The network.
    pub network: NetworkId,
    /// Who speaks.
    pub shown: Shown,
    /// What it wants.
    pub subscription: Subscription,
    /// Name and version of the program, for the operator's eyes.
    pub agent: String,
}

/// A log and its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The log.
    pub log: LogId,
    /// Its head at the sender.
    pub head: Head,
}

/// A range of entries asked for: everything after `have`, up to and including `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// The log.
    pub log: LogId,
    /// The last sequence number that the asker holds.
    pub have: u64,
    /// The last one wanted.
    pub to: u64,
}

/// A bucket of the frontier: logs are spread over `FRONTIER_BUCKETS` by the first byte of the hash of their id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its number.
    pub index: u8,
    /// First eight bytes of the digest over its logs.
    pub digest: [u8; 8],
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Who I am and what I want.
    Hello(Box<Hello>),
    /// Why I will not talk to you; I hang up after it.
    Refused(String),
    /// Digest of my frontier over what we both subscribe to.
    Digest(Hash),
    /// Digests of its non-empty buckets, ascending.
    Buckets(Vec<Bucket>),
    /// Heads of my logs: of the buckets that differ, or those that moved.
    Heads(Vec<LogHead>),
    /// Ranges I ask for.
    Want(Vec<Want>),
    /// Entries: see `RunBuilder` and `CheckedRun`.
    Run(Vec<u8>),
    /// What I hold durably: fsynced.
    Durable(Vec<LogHead>),
    /// Circles that I offer, take or decline.
    Deliver(Vec<Delivery>),
    /// A log of which you show more is forked: nothing past the last common entry counts.
    Fork(Box<Fork>),
    /// Whether entries pass on my line; if not, announcements alone, until I say otherwise.
    Line(bool),
    /// A file that I ask for.
    AskFile(FileAsk),
    /// Some of it.
    FilePiece(FilePiece),
    /// I do not hold the certificate that you named by its check: greet me in full.
    ShowInFull,
    /// How nodes are, as they say themselves.
    Status(StatusTalk),
}

/// What is said of a circle; see SPEC §13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DeliveryWord {
    /// I hold it, and you may have it. To be answered.
    Offer = 0,
    /// I take it: its logs are shared from now on.
    Take = 1,
    /// I cannot open it, and am no mailbox for it.
    Decline = 2,
}

/// One circle of a delivery message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The circle.
    pub circle: CircleId,
    /// What is said of it.
    pub word: DeliveryWord,
    /// With an offer to a mailbox: the nodes that it may pass the circle to, ascending. Else empty.
    pub nodes: Vec<PublicKey>,
}

impl Delivery {
    fn encode(&self, to: &mut Encoder) {
        to.raw(&self.circle.0).u8(self.word as u8).list(&self.nodes, |to, node| node.encode(to));
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let circle = CircleId::decode(from)?;
        let word = match from.u8("delivery")? {
            0 => DeliveryWord::Offer,
            1 => DeliveryWord::Take,
            2 => DeliveryWord::Decline,
            code => return Err(Fault::Unknown { what: "delivery", code: code.into() }),
        };
        let nodes = from.list(MAX_CIRCLE_NODES, "nodes of a circle", PublicKey::decode)?;
        let canonical = nodes.is_sorted_by(|a, b| a < b) && (word == DeliveryWord::Offer || nodes.is_empty());
        if canonical {
            Ok(Self { circle, word, nodes })
        } else {
            Err(Fault::NotCanonical { what: "delivery" })
        }
    }
}

impl LogHead {
    fn encode(&self, to: &mut Encoder) {
        self.log.encode(to);
        to.uint(self.head.seq);
        self.head.hash.encode(to);
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let log = LogId::decode(from)?;
        Ok(Self { log, head: Head { seq: from.uint("sequence number")?, hash: Hash::decode(from)? } })
    }
}

impl Hello {
    fn encode(&self, to: &mut Encoder) {
        to.u8(VERSION);
        self.network.encode(to);
        self.shown.encode(to);
        self.subscription.encode(to);
        to.text(shortened(&self.agent));
    }

    fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let version = from.u8("protocol version")?;
        if version != VERSION {
            return Err(Fault::Unknown { what: "protocol version", code: version.into() });
        }
        let network = NetworkId::decode(from)?;
        let shown = Shown::decode(from)?;
        let subscription = Subscription::decode(from)?;
        Ok(Self { network, shown, subscription, agent: from.text(MAX_NAME, "agent")?.to_owned() })
    }
}

impl Frame {
    /// Canonical bytes: a type byte and the message.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        match self {
            Self::Hello(hello) => {
                to.u8(1);
                hello.encode(&mut to);
            }
            Self::Refused(why) => {
                to.u8(2).text(shortened(why));
            }
            Self::Digest(digest) => {
                to.u8(3).raw(&digest.0);
            }
            Self::Buckets(buckets) => {
                to.u8(4).list(buckets, |to, b| {
                    to.u8(b.index).raw(&b.digest);
                });
            }
            Self::Heads(heads) => {
                to.u8(5).list(heads, |to, h| h.encode(to));
            }
            Self::Want(wants) => {
                to.u8(6).list(wants, |to, w| {
                    w.log.encode(to);
                    to.uint(w.have).uint(w.to);
                });
            }
            Self::Run(bytes) => {
                to.u8(RUN).raw(bytes);
            }
            Self::Durable(heads) => {
                to.u8(8).list(heads, |to, h| h.encode(to));
            }
            Self::Fork(fork) => {
                to.u8(9);
                fork.encode(&mut to);
            }
            Self::Deliver(circles) => {
                to.u8(10).list(circles, |to, c| c.encode(to));
            }
            Self::Line(open) => {
                to.u8(11).u8(u8::from(*open));
            }
            Self::AskFile(ask) => {
                to.u8(12);
                ask.encode(&mut to);
            }
            Self::FilePiece(piece) => {
                to.u8(13);
                piece.encode(&mut to);
            }
            Self::ShowInFull => {
                to.u8(14);
            }
            Self::Status(talk) => {
                to.u8(STATUS);
                talk.encode(&mut to);
            }
        }
        to.finish()
    }

    /// The bytes of the run in a frame that holds one; `None` of all other frames.
    pub fn run_in(frame: &[u8]) -> Option<&[u8]> {
        frame.split_first().filter(|(kind, _)| **kind == RUN).map(|(_, run)| run)
    }

    /// Whether a frame of this type, where it is not known, is let pass without a word: what later versions add so costs no
    /// peer its session. None of it is needed to exchange entries.
    pub fn is_optional(frame: &[u8]) -> bool {
        frame.first().is_some_and(|kind| OPTIONAL.contains(kind))
    }

    /// Reads a frame.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        if bytes.len() > MAX_FRAME {
            let size = bytes.len() as u64;
            return Err(Fault::TooLong { what: "frame", size, limit: MAX_FRAME as u64 });
        }
        Decoder::whole(bytes, "frame", |from| match from.u8("frame type")? {
            1 => Ok(Self::Hello(Box::new(Hello::decode(from)?))),
            2 => Ok(Self::Refused(from.text(MAX_NAME, "reason")?.to_owned())),
            3 => Ok(Self::Digest(Hash::decode(from)?)),
            4 => Ok(Self::Buckets(decode_buckets(from)?)),
            5 => Ok(Self::Heads(from.list(MAX_HEADS, "heads", LogHead::decode)?)),
            6 => Ok(Self::Want(from.list(MAX_WANTS, "wants", |from| {
                let log = LogId::decode(from)?;
                Ok(Want { log, have: from.uint("have")?, to: from.uint("to")? })
            })?)),
            RUN => {
                let rest = from.rest();
                Ok(Self::Run(from.raw(rest.len(), "run")?.to_vec()))
            }
            8 => Ok(Self::Durable(from.list(MAX_HEADS, "heads", LogHead::decode)?)),
            9 => Ok(Self::Fork(Box::new(Fork::decode(from)?))),
            10 => Ok(Self::Deliver(from.list(MAX_DELIVERIES, "deliveries", Delivery::decode)?)),
            11 => match from.u8("line")? {
                open @ (0 | 1) => Ok(Self::Line(open == 1)),
                code => Err(Fault::Unknown { what: "line", code: code.into() }),
            },
            12 => Ok(Self::AskFile(FileAsk::decode(from)?)),
            13 => Ok(Self::FilePiece(FilePiece::decode(from)?)),
            14 => Ok(Self::ShowInFull),
            STATUS => StatusTalk::decode(from).map(Self::Status),
            code => Err(Fault::Unknown { what: "frame type", code: code.into() }),
        })
    }
}

fn decode_buckets(from: &mut Decoder<'_>) -> Checked<Vec<Bucket>> {
    let buckets = from.list(FRONTIER_BUCKETS, "buckets", |from| {
        Ok(Bucket { index: from.u8("bucket")?, digest: from.array("bucket digest")? })
    })?;
    let ascending = buckets.is_sorted_by(|a, b| a.index < b.index);
    if ascending { Ok(buckets) } else { Err(Fault::NotCanonical { what: "buckets" }) }
}

/// The beginning of a text for an operator's eyes that a frame has room for.
fn shortened(text: &str) -> &str {
    let end = (0..=text.len().min(MAX_NAME)).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// The bucket of a log.
pub fn bucket_of(log: &LogId) -> u8 {
    log.hash().0[0]
}

/// Digest of a set of heads, which the caller gives in ascending order of their log ids.
pub fn frontier_digest<'a>(heads: impl IntoIterator<Item = (&'a LogId, &'a Head)>) -> Hash {
    let mut sha = Sha256::new();
    sha.update(b"lianshi/1/frontier\0");
    for (log, head) in heads {
        sha.update(log.to_bytes());
        sha.update(head.seq.to_be_bytes());
        sha.update(head.hash.0);
    }
    Hash(sha.finalize().into())
}
