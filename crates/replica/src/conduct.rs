//! What peers did that they should not have, remembered beyond the session: scores that fade, refusals that grow.
//!
//! A score is counted in points. What no honest program sends (bytes that do not read, runs whose signatures do not hold)
//! weighs much: streams are authenticated, so a bad line cannot cause it. What a bad line does cause (silence) weighs
//! little, and can never add up to a refusal.

use std::collections::{BTreeMap, VecDeque};

use protocol::PublicKey;

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
/// Peers remembered: those with the fewest points make room for others. About 2 MiB when all have done their worst.
pub const MAX_REMEMBERED: usize = 4_096;
/// Reasons kept of each peer, the last ones.
const MAX_REASONS: usize = 4;
/// Bytes of one reason that are kept.
const MAX_REASON: usize = 120;

/// A kind of misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offence {
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
    fn points(self) -> u32 {
        match self {
            Self::BadFrame | Self::BadRun => 10,
            Self::TooOften => 5,
            Self::AskedAgain => 50,
            Self::Light => 1,
        }
    }
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
    /// The last things that it did, the latest last: when, milliseconds since 1970, and what.
    pub reasons: Vec<(i64, String)>,
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
    reasons: VecDeque<(i64, String)>,
}

impl Record {
    fn new(now_ms: i64) -> Self {
        Self {
            score: 0,
            as_of_ms: now_ms,
            bans: 0,
            banned_ms: now_ms,
            until_ms: now_ms,
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
        record.reasons.push_back((now_ms, what[..what.floor_char_boundary(MAX_REASON)].to_owned()));
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
        let last = record.reasons.back().map_or("", |(_, what)| what.as_str());
        Some(format!(
            "this node is refused for {minutes} more minutes because of what it sent, at last: {last}; \
             the operator here can lift it with: lianshi peer forgive {}",
            peer.short()
        ))
    }

    /// Forgets what a peer did. False when nothing was remembered.
    pub fn forgive(&mut self, peer: &PublicKey) -> bool {
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
                reasons: record.reasons.into(),
            })
        };
        self.peers.iter().filter_map(view).collect()
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
