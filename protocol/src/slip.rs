//! Slips: what a node holds, said so briefly that it fits on paper, so that another one can make the bundle that it lacks.
//!
//! Of each log a slip tells four bytes of its hash, its last sequence number, and four bytes of the head's hash. Whoever holds
//! the log sees whether the two follow the same branch; where four bytes mislead, too much is sent, never too little that a
//! reader would not notice. A slip is text: numbered lines of forty letters and digits, each with a check of its own, that
//! can be mailed, typed, or shown as QR codes, in any order. Nobody signs it: it decides nothing, and what is made for a node
//! is encrypted to that node's certified key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use data_encoding::BASE32_NOPAD;
use thiserror::Error;

use crate::certificate::NodeCertificate;
use crate::codec::{Decoder, Encoder};
use crate::entry::Head;
use crate::fault::{Checked, Fault};
use crate::hash::{NetworkId, hash};
use crate::limits::{MAX_FILE, MAX_SLIP_LOGS, VERSION};
use crate::shelf::{LogId, Subscription};

/// Bytes of a slip in one line.
const LINE_BYTES: usize = 22;
/// Bytes that check a line.
const LINE_CHECK: usize = 3;
/// Letters and digits of a line, in groups of five.
const LINE_LETTERS: usize = (LINE_BYTES + LINE_CHECK) * 8 / 5;
/// Bytes that check the whole.
const WHOLE_CHECK: usize = 8;
/// Most lines: those of `MAX_SLIP_LOGS` logs of up to nineteen bytes, and what stands before them.
const MAX_LINES: u32 = 60_000;

/// The head of a log, in few bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortHead {
    /// The last sequence number held.
    pub seq: u64,
    /// The first four bytes of the head's hash.
    pub check: [u8; 4],
}

impl ShortHead {
    /// Of a head.
    pub fn of(head: &Head) -> Self {
        Self { seq: head.seq, check: first(&head.hash.0) }
    }
}

/// What a node holds and wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The network.
    pub network: NetworkId,
    /// Who asks.
    pub certificate: NodeCertificate,
    /// What it wants.
    pub subscription: Subscription,
    heads: BTreeMap<u32, ShortHead>,
}

/// Why a text is no slip.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SlipFault {
    /// No line of one was found.
    #[error("no line of a slip was found in it")]
    Nothing,
    /// Lines are missing, or do not read as they were written.
    #[error("lines are missing or do not read: {0:?}")]
    Lines(Vec<u32>),
    /// All lines are there, and yet it does not read.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Slip {
    /// A slip that tells of these logs; sealed ones are left out, since anyone may read it. Where several have the same four
    /// bytes none of them is told of, and of more than `MAX_SLIP_LOGS` the rest is not: they are sent whole.
    pub fn new<'a>(
        network: NetworkId,
        certificate: NodeCertificate,
        subscription: Subscription,
        heads: impl IntoIterator<Item = (&'a LogId, &'a Head)>,
    ) -> Self {
        let (mut told, mut twice) = (BTreeMap::new(), BTreeSet::new());
        for (log, head) in
            heads.into_iter().filter(|(log, head)| log.shelf.circle().is_none() && head.seq > 0)
        {
            if told.insert(key(log), ShortHead::of(head)).is_some() {
                twice.insert(key(log));
            }
        }
        let once = told.into_iter().filter(|(key, _)| !twice.contains(key));
        Self { network, certificate, subscription, heads: once.take(MAX_SLIP_LOGS).collect() }
    }

    /// What it tells of a log.
    pub fn head(&self, log: &LogId) -> Option<ShortHead> {
        self.heads.get(&key(log)).copied().filter(|_| log.shelf.circle().is_none())
    }

    /// Number of logs that it tells of.
    pub fn logs(&self) -> usize {
        self.heads.len()
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.u8(VERSION);
        self.network.encode(&mut to);
        self.certificate.encode(&mut to);
        self.subscription.encode(&mut to);
        to.uint(self.heads.len() as u64);
        let mut before = 0;
        for (key, head) in &self.heads {
            to.uint((key - before).into()).uint(head.seq).raw(&head.check);
            before = *key;
        }
        to.finish()
    }

    /// Reads a slip and checks that its certificate's signatures hold.
    ///
    /// # Errors
    /// Bytes of another form or version, a certificate that does not hold.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        let slip = Decoder::whole(bytes, "slip", |from| {
            let version = from.u8("slip version")?;
            if version != VERSION {
                return Err(Fault::Unknown { what: "slip version", code: version.into() });
            }
            let (network, certificate) = (NetworkId::decode(from)?, NodeCertificate::decode(from)?);
            let subscription = Subscription::decode(from)?;
            let mut before = None;
            let heads = from.list(MAX_SLIP_LOGS, "logs of a slip", |from| {
                let gap = from.uint_max(u32::MAX.into(), "log")? as u32;
                let key = before.map_or(Some(gap), |before: u32| before.checked_add(gap).filter(|_| gap > 0));
                let key = key.ok_or(Fault::NotCanonical { what: "logs of a slip" })?;
                before = Some(key);
                Ok((key, ShortHead { seq: from.uint("sequence number")?, check: from.array("head")? }))
            })?;
            Ok(Self { network, certificate, subscription, heads: heads.into_iter().collect() })
        })?;
        slip.certificate.verify(&slip.network)?;
        Ok(slip)
    }

    /// The lines of its text.
    pub fn lines(&self) -> Vec<SlipLine> {
        let mut to = Encoder::new();
        let bytes = self.to_bytes();
        to.bytes(&bytes).raw(&hash("slip", &[&bytes]).0[..WHOLE_CHECK]);
        let mut bytes = to.finish();
        bytes.resize(bytes.len().next_multiple_of(LINE_BYTES), 0);
        let of = (bytes.len() / LINE_BYTES) as u32;
        let pieces = bytes.chunks_exact(LINE_BYTES).zip(1..);
        pieces.map(|(piece, number)| SlipLine::new(number, of, piece)).collect()
    }

    /// Reads a text: lines in any order, among whatever else stands there.
    ///
    /// # Errors
    /// Which lines are missing or do not read; or why what they hold is no slip.
    pub fn from_text(text: &str) -> Result<Self, SlipFault> {
        if text.len() > MAX_FILE {
            let size = text.len() as u64;
            return Err(Fault::TooLong { what: "slip", size, limit: MAX_FILE as u64 }.into());
        }
        let (of, lines) = read_lines(text).ok_or(SlipFault::Nothing)?;
        let missing: Vec<u32> = (1..=of).filter(|number| !lines.contains_key(number)).collect();
        if !missing.is_empty() {
            return Err(SlipFault::Lines(missing));
        }
        let bytes: Vec<u8> = lines.into_values().flatten().collect();
        let mut from = Decoder::new(&bytes);
        let slip = from.bytes(bytes.len(), "slip")?;
        let check = from.raw(WHOLE_CHECK, "slip")?;
        if hash("slip", &[slip]).0[..WHOLE_CHECK] != *check {
            return Err(Fault::Mismatch { what: "the slip and its check" }.into());
        }
        if from.rest().len() >= LINE_BYTES || from.rest().iter().any(|byte| *byte != 0) {
            return Err(Fault::NotCanonical { what: "slip" }.into());
        }
        Ok(Self::from_bytes(slip)?)
    }
}

/// A line of a slip's text. `{}` writes it in groups, for people; [`SlipLine::brief`] as short as it can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlipLine {
    /// Its number, from 1.
    pub number: u32,
    /// The number of lines.
    pub of: u32,
    letters: String,
}

impl SlipLine {
    fn new(number: u32, of: u32, piece: &[u8]) -> Self {
        let letters = BASE32_NOPAD.encode(&[piece, &line_check(number, of, piece)].concat());
        Self { number, of, letters }
    }

    /// The line without gaps, in characters of which a QR code holds most.
    pub fn brief(&self) -> String {
        format!("{}/{}:{}", self.number, self.of, self.letters)
    }
}

impl fmt::Display for SlipLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:", self.number, self.of)?;
        for group in self.letters.as_bytes().chunks(5) {
            write!(f, " {}", String::from_utf8_lossy(group))?;
        }
        Ok(())
    }
}

fn first<const N: usize>(bytes: &[u8; 32]) -> [u8; N] {
    std::array::from_fn(|n| bytes[n])
}

fn key(log: &LogId) -> u32 {
    u32::from_be_bytes(first(&log.hash().0))
}

fn line_check(number: u32, of: u32, piece: &[u8]) -> [u8; LINE_CHECK] {
    first(&hash("slip-line", &[&number.to_be_bytes(), &of.to_be_bytes(), piece]).0)
}

/// The lines of a text that read, and how many there must be.
fn read_lines(text: &str) -> Option<(u32, BTreeMap<u32, Vec<u8>>)> {
    let mut found: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut whole = None;
    let mut open: Option<(u32, u32, String)> = None;
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '/' || c == ':')) {
        let begins = word.split_once(':').and_then(|(place, rest)| Some((place_of(place)?, rest)));
        let rest = match begins {
            Some(((number, of), rest)) => {
                open = Some((number, of, String::with_capacity(LINE_LETTERS)));
                rest
            }
            None => word,
        };
        let Some((number, of, letters)) = &mut open else { continue };
        letters.extend(rest.chars().take(LINE_LETTERS - letters.len()).map(|c| c.to_ascii_uppercase()));
        if letters.len() < LINE_LETTERS {
            continue;
        }
        let piece = BASE32_NOPAD.decode(letters.as_bytes()).ok();
        let piece = piece.and_then(|mut piece| {
            let check = piece.split_off(LINE_BYTES);
            (check == line_check(*number, *of, &piece)).then_some(piece)
        });
        if let Some(piece) = piece.filter(|_| *whole.get_or_insert(*of) == *of) {
            found.insert(*number, piece);
        }
        open = None;
    }
    Some((whole?, found))
}

/// The number of a line and of all lines.
fn place_of(text: &str) -> Option<(u32, u32)> {
    let (number, of) = text.split_once('/')?;
    let (number, of) = (number.parse().ok()?, of.parse().ok()?);
    (1..=of).contains(&number).then_some((number, of)).filter(|_| of <= MAX_LINES)
}
