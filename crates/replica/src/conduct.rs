//! What peers did that they should not have, remembered beyond the session: scores that fade, refusals that grow.
//!
//! A score is counted in points. What no honest program sends (bytes that do not read, runs whose signatures do not hold)
//! weighs much: streams are authenticated, so a bad line cannot cause it. What a bad line does cause (silence) weighs
//! little, and can never add up to a refusal.

use std::collections::{BTreeMap, VecDeque};

use protocol::{Hash, PublicKey, file_hash};

/// Points at which a peer is refused for a while.
pub const BAN_SCORE: u32 = 100;
/// Points that a refusal leaves behind: who goes on as before is refused again soon.
const SCORE_AFTER_BAN: u32 = BAN_SCORE / 2;
/// Points up to which silence adds up, and no further.
const LIGHT_CEILING: u32 = 20;
/// One point fades in this time, milliseconds.
const FADE_MS: i64 = 60_000;
/// The first refusal, milliseconds; each further one is twice as long …
const FIRST_BAN_MS: i64 = 60_000;
/// … up to this, milliseconds: a day, after which an operator will have looked.
const LONGEST_BAN_MS: i64 = 86_400_000;
/// A refusal is forgotten this long after it began, milliseconds: a peer that was mended a week ago begins anew.
const BANS_FADE_MS: i64 = 7 * 86_400_000;
/// Peers remembered: those with the fewest points make room for others. About 8 MiB when all have done their worst.
pub const MAX_REMEMBERED: usize = 4_096;
/// Misdeeds kept of each peer, the last ones: what one does again and again shows in these.
pub const MAX_REASONS: usize = 8;
/// Peers whose conduct is kept over a restart, those with the most points: a file of about 1 MiB.
pub const MAX_KEPT: usize = 512;
/// Bytes of one reason that are kept.
pub const MAX_REASON: usize = 120;

/// A kind of misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    /// A frame that does not read or comes out of turn.
    BadFrame,
    /// A run whose entries are not authentic.
    BadRun,
    /// Comparing frontiers without end.
    TooOften,
    /// Asking for the same entries without end.
    AskedAgain,
    /// What an honest peer may come to do: silence, logs of institutions that are not known here.
    Light,
}

impl Offence {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::BadFrame, Self::BadRun, Self::TooOften, Self::AskedAgain, Self::Light];

    /// Its name, for files and programs.
    pub fn id(self) -> &'static str {
        match self {
            Self::BadFrame => "bad-frame",
            Self::BadRun => "bad-run",
            Self::TooOften => "too-often",
            Self::AskedAgain => "asked-again",
            Self::Light => "light",
        }
    }

    /// The one of that name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|offence| offence.id() == id)
    }

    fn points(self) -> u32 {
        match self {
            Self::BadFrame | Self::BadRun => 10,
            Self::TooOften => 5,
            Self::AskedAgain => 50,
            Self::Light => 1,
        }
    }
}

/// The frame in which a peer did something: enough to tell it in a recording of the line, and nothing of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameSeen {
    /// Its first byte, which says what it is; `None` of an empty one.
    pub kind: Option<u8>,
    /// Its length, bytes.
    pub length: u64,
    /// SHA-256 of its bytes, the length before them left out: anyone can reckon it with the tools of their system.
    pub digest: Hash,
}

impl FrameSeen {
    fn of(bytes: &[u8]) -> Self {
        Self { kind: bytes.first().copied(), length: bytes.len() as u64, digest: file_hash(bytes) }
    }
}

/// One thing that a peer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misdeed {
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Its kind.
    pub offence: Offence,
    /// What it was.
    pub what: String,
    /// In which frame; `None` where it was no single one, such as silence.
    pub frame: Option<FrameSeen>,
}

/// What an operator sees of a peer's conduct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConductView {
    /// The node's key.
    pub peer: PublicKey,
    /// Its points; at [`BAN_SCORE`] it is refused.
    pub score: u32,
    /// Until when it is refused, milliseconds since 1970.
    pub banned_until_ms: Option<i64>,
    /// Refusals in a row.
    pub bans: u32,
    /// How often it did something, and when first, milliseconds since 1970.
    pub times: u64,
    /// See `times`.
    pub first_ms: i64,
    /// The last things that it did, the latest last.
    pub misdeeds: Vec<Misdeed>,
}

/// A peer's conduct as it is kept over a restart: see [`ConductView`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptConduct {
    /// The node's key.
    pub peer: PublicKey,
    /// Its points.
    pub score: u32,
    /// Up to when their fading has been reckoned, milliseconds since 1970.
    pub as_of_ms: i64,
    /// Refusals in a row.
    pub bans: u32,
    /// When the last one began and ends, milliseconds since 1970.
    pub banned_ms: (i64, i64),
    /// How often it did something.
    pub times: u64,
    /// When first, milliseconds since 1970.
    pub first_ms: i64,
    /// The last things that it did, the latest last.
    pub misdeeds: Vec<Misdeed>,
}

#[derive(Clone, Debug)]
struct Record {
    score: u32,
    /// Up to when fading has been reckoned.
    as_of_ms: i64,
    /// Refusals in a row, and when the last one began and ends.
    bans: u32,
    banned_ms: i64,
    until_ms: i64,
    times: u64,
    first_ms: i64,
    /// With the number that each had when it was counted.
    reasons: VecDeque<(u64, Misdeed)>,
}

impl Record {
    fn new(now_ms: i64) -> Self {
        Self {
            score: 0,
            as_of_ms: now_ms,
            bans: 0,
            banned_ms: now_ms,
            until_ms: now_ms,
            times: 0,
            first_ms: now_ms,
            reasons: VecDeque::new(),
        }
    }

    /// Lets points fade. A clock that was set back makes nothing fade, and no refusal longer.
    fn fade(&mut self, now_ms: i64) {
        if now_ms < self.as_of_ms {
            self.until_ms = now_ms.saturating_add(self.until_ms.saturating_sub(self.as_of_ms).max(0));
            self.banned_ms = self.banned_ms.min(now_ms);
            self.as_of_ms = now_ms;
        }
        let faded = now_ms.saturating_sub(self.as_of_ms) / FADE_MS;
        self.score = self.score.saturating_sub(u32::try_from(faded).unwrap_or(u32::MAX));
        self.as_of_ms = self.as_of_ms.saturating_add(faded.saturating_mul(FADE_MS));
        if now_ms.saturating_sub(self.banned_ms) > BANS_FADE_MS {
            self.bans = 0;
        }
    }

    fn is_banned(&self, now_ms: i64) -> bool {
        self.until_ms > now_ms
    }

    fn ban(&mut self, now_ms: i64) {
        let length = FIRST_BAN_MS.checked_shl(self.bans).filter(|ms| (1..LONGEST_BAN_MS).contains(ms));
        self.bans = self.bans.saturating_add(1);
        self.banned_ms = now_ms;
        self.until_ms = now_ms.saturating_add(length.unwrap_or(LONGEST_BAN_MS));
        self.score = SCORE_AFTER_BAN;
    }

    fn is_forgotten(&self, now_ms: i64) -> bool {
        self.score == 0 && self.bans == 0 && !self.is_banned(now_ms)
    }
}

/// The conduct of all peers that have given cause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conduct {
    peers: BTreeMap<PublicKey, Record>,
    /// Misdeeds counted since the start, of all peers.
    counted: u64,
    /// Records that were forgotten or made anew otherwise.
    changed: u64,
}

impl Conduct {
    /// Counts an offence. True when the peer is to be refused from now on.
    pub fn count(&mut self, peer: &PublicKey, offence: Offence, what: &str, now_ms: i64) -> bool {
        if !self.peers.contains_key(peer) {
            self.make_room(now_ms);
        }
        let record = self.peers.entry(*peer).or_insert_with(|| Record::new(now_ms));
        record.fade(now_ms);
        if offence == Offence::Light {
            record.score = record.score.max((record.score + offence.points()).min(LIGHT_CEILING));
        } else {
            record.score = record.score.saturating_add(offence.points());
        }
        if record.reasons.len() == MAX_REASONS {
            record.reasons.pop_front();
        }
        let what = what[..what.floor_char_boundary(MAX_REASON)].to_owned();
        record.reasons.push_back((self.counted, Misdeed { at_ms: now_ms, offence, what, frame: None }));
        record.times = record.times.saturating_add(1);
        self.counted = self.counted.saturating_add(1);
        let over = record.score >= BAN_SCORE && !record.is_banned(now_ms);
        if over {
            record.ban(now_ms);
        }
        over
    }

    /// Why a peer is not talked to at present, in words for both operators.
    pub fn refusal(&mut self, peer: &PublicKey, now_ms: i64) -> Option<String> {
        let record = self.peers.get_mut(peer)?;
        record.fade(now_ms);
        if record.is_forgotten(now_ms) {
            self.peers.remove(peer);
            return None;
        }
        if !record.is_banned(now_ms) {
            return None;
        }
        let minutes = record.until_ms.saturating_sub(now_ms).saturating_add(59_999) / 60_000;
        let last = record.reasons.back().map_or("", |(_, misdeed)| misdeed.what.as_str());
        Some(format!(
            "this node is refused for {minutes} more minutes because of what it sent, at last: {last}; \
             the operator here can lift it with: lianshi peer forgive {}",
            peer.short()
        ))
    }

    /// Forgets what a peer did. False when nothing was remembered.
    pub fn forgive(&mut self, peer: &PublicKey) -> bool {
        self.changed = self.changed.saturating_add(1);
        self.peers.remove(peer).is_some()
    }

    /// Everyone who is remembered.
    pub fn views(&self, now_ms: i64) -> Vec<ConductView> {
        let view = |(peer, record): (&PublicKey, &Record)| {
            let mut record = record.clone();
            record.fade(now_ms);
            (!record.is_forgotten(now_ms)).then(|| ConductView {
                peer: *peer,
                score: record.score,
                banned_until_ms: record.is_banned(now_ms).then_some(record.until_ms),
                bans: record.bans,
                times: record.times,
                first_ms: record.first_ms,
                misdeeds: record.reasons.into_iter().map(|(_, misdeed)| misdeed).collect(),
            })
        };
        self.peers.iter().filter_map(view).collect()
    }

    /// Misdeeds counted since the start, of all peers.
    pub fn counted(&self) -> u64 {
        self.counted
    }

    /// Counts the changes that are worth keeping.
    pub fn revision(&self) -> u64 {
        self.counted.saturating_add(self.changed)
    }

    /// What a peer did since so many were counted, it did in this frame.
    pub fn prove(&mut self, peer: &PublicKey, counted: u64, frame: &[u8]) {
        let Some(record) = self.peers.get_mut(peer) else { return };
        let unproven =
            |(number, misdeed): &&mut (u64, Misdeed)| *number >= counted && misdeed.frame.is_none();
        for (_, misdeed) in record.reasons.iter_mut().rev().take_while(|it| unproven(it)) {
            misdeed.frame = Some(FrameSeen::of(frame));
        }
    }

    /// Those who did most, to be kept over a restart.
    pub fn kept(&self, now_ms: i64) -> Vec<KeptConduct> {
        let kept = |(peer, record): (&PublicKey, &Record)| {
            let mut record = record.clone();
            record.fade(now_ms);
            (!record.is_forgotten(now_ms)).then(|| KeptConduct {
                peer: *peer,
                score: record.score,
                as_of_ms: record.as_of_ms,
                bans: record.bans,
                banned_ms: (record.banned_ms, record.until_ms),
                times: record.times,
                first_ms: record.first_ms,
                misdeeds: record.reasons.into_iter().map(|(_, misdeed)| misdeed).collect(),
            })
        };
        let mut kept: Vec<KeptConduct> = self.peers.iter().filter_map(kept).collect();
        kept.sort_by_key(|kept| std::cmp::Reverse((kept.banned_ms.1, kept.bans, kept.score)));
        kept.truncate(MAX_KEPT);
        kept
    }

    /// Takes what was kept. Nothing in it makes a refusal longer than the longest.
    pub fn recall(&mut self, kept: Vec<KeptConduct>, now_ms: i64) {
        for KeptConduct { peer, score, as_of_ms, bans, banned_ms, times, first_ms, misdeeds } in
            kept.into_iter().take(MAX_KEPT)
        {
            let last = misdeeds.len().saturating_sub(MAX_REASONS);
            let reasons = misdeeds.into_iter().skip(last).map(|misdeed| (0, misdeed)).collect();
            let until_ms = banned_ms.1.min(as_of_ms.saturating_add(LONGEST_BAN_MS));
            let mut record = Record {
                score: score.min(BAN_SCORE),
                as_of_ms,
                bans,
                banned_ms: banned_ms.0,
                until_ms,
                times,
                first_ms,
                reasons,
            };
            record.fade(now_ms);
            self.peers.insert(peer, record);
        }
    }

    fn make_room(&mut self, now_ms: i64) {
        if self.peers.len() < MAX_REMEMBERED {
            return;
        }
        let least =
            |(_, record): &(&PublicKey, &Record)| (record.until_ms.max(now_ms), record.bans, record.score);
        if let Some(peer) = self.peers.iter().min_by_key(least).map(|(peer, _)| *peer) {
            self.peers.remove(&peer);
        }
    }
}

#[cfg(test)]
mod tests;
