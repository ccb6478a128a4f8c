//! How fast the lines to the peers are, and how long a run for each may be.
//!
//! A run is the smallest piece that a line which breaks may lose, so it shall take a few seconds at the most. How fast a line
//! is cannot be seen from writing to it: buffers on the way take a quarter of a megabyte at once. It is seen from what the
//! peer confirms to hold, and remembered for the next session, since a line that is cut again and again may never show it
//! within one. As long as nothing is known, runs begin short and double.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::{LogId, PublicKey};

/// A run takes a line so long at the most.
const RUN_TIME: Duration = Duration::from_secs(2);
/// The shortest run, bytes before compression: of shorter ones the frame and the signature would be the larger part.
const SHORTEST: u64 = 8 * 1024;
/// The first run of a session with a peer of which nothing is known, bytes; each further one may be twice as long where the
/// peer is close.
const FIRST: u64 = 16 * 1024;
/// A peer whose answer to the greeting takes longer is far: its line may be slow as well, and that is waited to be seen.
const FAR: Duration = Duration::from_millis(150);
/// A line of fewer bytes a second is slow: it waits for bytes, not for the processor (256 kbit/s).
const SLOW: u64 = 32_000;
/// The longest run, bytes: that of the protocol.
const LONGEST: u64 = protocol::limits::RUN_TARGET as u64;
/// Confirmations of fewer bytes say more of the way there and back than of the line.
const TELLING: u64 = 4 * 1024;
/// Of so many confirmations the fastest counts: in each some waiting may be contained.
const SAMPLES: usize = 8;
/// Runs of one session whose confirmation is waited for; further ones push out the oldest, which may never be confirmed.
const MAX_SENT: usize = 64;
/// Peers whose pace is remembered: a hub's, many times over. Keys cost nothing, so there must be some bound.
const MAX_PEERS: usize = 4_096;

/// Of its time the core uses at most one part in so many for packing as well as can be.
const DENSE_PART: u32 = 8;

struct Sent {
    log: LogId,
    upto: u64,
    bytes: u64,
    at: Duration,
}

/// What has been sent in one session.
#[derive(Default)]
pub(super) struct Line {
    sent: VecDeque<Sent>,
    confirmed: Duration,
    runs: u32,
    begun: Duration,
    /// Frames of the peer up to the first that answers one of ours: the second, since both sides greet unasked.
    frames: u32,
    is_far: bool,
}

impl Line {
    /// A session that begins now.
    pub fn begin(now: Duration) -> Self {
        Self { begun: now, ..Self::default() }
    }

    /// A frame has come.
    pub fn heard(&mut self, now: Duration) {
        self.frames = self.frames.saturating_add(1);
        if self.frames == 2 {
            self.is_far = now.saturating_sub(self.begun) > FAR;
        }
    }

    /// A run has been sent, of so many bytes with its frame.
    pub fn sent(&mut self, log: LogId, upto: u64, bytes: usize, now: Duration) {
        self.runs = self.runs.saturating_add(1);
        if self.sent.len() >= MAX_SENT {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent { log, upto, bytes: bytes as u64, at: now });
    }

    /// Bytes a second of what the peer has newly confirmed, when that tells something. `holds` gives the last entry of a log
    /// that it has confirmed.
    pub fn confirmed(&mut self, holds: impl Fn(&LogId) -> u64, now: Duration) -> Option<u64> {
        let begun = self.sent.front()?.at.max(self.confirmed);
        let mut bytes = 0;
        while let Some(run) = self.sent.front().filter(|run| holds(&run.log) >= run.upto) {
            bytes += run.bytes;
            self.sent.pop_front();
        }
        if bytes > 0 {
            self.confirmed = now;
        }
        let took = now.saturating_sub(begun).max(Duration::from_millis(1));
        (bytes >= TELLING).then(|| bytes.saturating_mul(1_000) / took.as_millis().max(1) as u64)
    }
}

/// What is known of the peers' lines.
#[derive(Default)]
pub(super) struct Paces(BTreeMap<PublicKey, VecDeque<u64>>);

impl Paces {
    /// Notes how fast a peer's line was.
    pub fn note(&mut self, peer: PublicKey, bytes_a_second: u64) {
        if self.0.len() >= MAX_PEERS && !self.0.contains_key(&peer) {
            return;
        }
        let samples = self.0.entry(peer).or_default();
        if samples.len() >= SAMPLES {
            samples.pop_front();
        }
        samples.push_back(bytes_a_second);
    }

    /// Bytes a second of a peer's line, when it has shown it.
    pub fn of(&self, peer: &PublicKey) -> Option<u64> {
        self.0.get(peer)?.iter().max().copied()
    }

    /// How long the next run of a session with a peer may be, bytes before compression, and whether the line is slow.
    pub fn run(&self, peer: &PublicKey, line: &Line) -> (usize, bool) {
        let (most, slow) = match self.of(peer) {
            Some(rate) => (rate.saturating_mul(RUN_TIME.as_secs()), rate < SLOW),
            None if line.is_far => (FIRST, true),
            None => (FIRST << line.runs.min(16), false),
        };
        (most.clamp(SHORTEST, LONGEST) as usize, slow)
    }
}

/// Time for packing as well as can be. It takes milliseconds, and a node with a thousand readers has none to give: it would take
/// its own slowness for that of their lines, and become slower still.
#[derive(Default)]
pub(super) struct Spare {
    from: Duration,
}

impl Spare {
    /// Whether there is any; else is packed as for any line.
    pub fn is_there(&self, now: Duration) -> bool {
        now >= self.from
    }

    /// Something was packed so between these two times.
    pub fn take(&mut self, begun: Duration, ended: Duration) {
        self.from = ended + ended.saturating_sub(begun) * (DENSE_PART - 1);
    }
}

#[cfg(test)]
mod tests {
    use protocol::Shelf;

    use super::*;

    const PEER: PublicKey = PublicKey([7; 32]);
    const MS: Duration = Duration::from_millis(1);

    fn log() -> LogId {
        LogId { node: PublicKey([1; 32]), incarnation: 0, shelf: Shelf::ROSTER }
    }

    #[test]
    fn runs_begin_short_and_double_while_nothing_is_known() {
        let (paces, mut line) = (Paces::default(), Line::default());
        let mut lengths = Vec::new();
        for n in 1..=6 {
            lengths.push(paces.run(&PEER, &line).0 / 1024);
            line.sent(log(), n, 1, Duration::ZERO);
        }
        assert_eq!(lengths, [16, 32, 64, 128, 256, 256]);
    }

    #[test]
    fn runs_to_a_peer_that_is_far_stay_short_until_its_pace_is_known() {
        let (mut paces, mut line) = (Paces::default(), Line::begin(MS * 50));
        line.heard(MS * 60);
        line.heard(MS * 1_250);
        line.heard(MS * 1_251);
        (1..=6).for_each(|n| line.sent(log(), n, 1, MS * 1_300));
        assert_eq!(paces.run(&PEER, &line), (FIRST as usize, true));
        paces.note(PEER, 1_000_000);
        assert_eq!(paces.run(&PEER, &line), (LONGEST as usize, false));
    }

    /// Sends runs over a line of so many bytes a second with so long a way there and back, until it is cut.
    fn session(paces: &mut Paces, rate: u64, trip: Duration, until: Duration) -> usize {
        let (mut line, mut seq, mut arrives) = (Line::default(), 0, Duration::ZERO);
        let mut arrivals = Vec::new();
        while arrives < until {
            // Buffers take all of them at once.
            let (bytes, _) = paces.run(&PEER, &line);
            seq += 1;
            line.sent(log(), seq, bytes, Duration::ZERO);
            arrives += Duration::from_millis(bytes as u64 * 1_000 / rate);
            arrivals.push((seq, arrives + trip));
        }
        let heard: Vec<u64> = arrivals
            .into_iter()
            .filter(|(_, at)| *at < until)
            .filter_map(|(upto, at)| line.confirmed(|_| upto, at))
            .collect();
        heard.into_iter().for_each(|rate| paces.note(PEER, rate));
        paces.run(&PEER, &Line::default()).0
    }

    #[test]
    fn a_line_that_is_cut_again_and_again_is_given_runs_that_pass() {
        let mut paces = Paces::default();
        let half_minute = Duration::from_secs(30);
        session(&mut paces, 8_000, MS * 1_200, half_minute);
        let known = paces.of(&PEER).unwrap_or_default();
        assert!((5_000..=8_000).contains(&known), "{known} bytes a second of 8,000");
        let run = session(&mut paces, 8_000, MS * 1_200, half_minute);
        assert!((10_000..=16_000).contains(&run), "{run} bytes");
    }

    #[test]
    fn a_fast_line_is_given_the_longest_and_a_better_one_is_soon_found_out() {
        let mut paces = Paces::default();
        assert_eq!(session(&mut paces, 10_000_000, MS * 600, Duration::from_secs(2)), LONGEST as usize);
        let mut paces = Paces::default();
        session(&mut paces, 8_000, MS, Duration::from_secs(30));
        for _ in 0..3 {
            session(&mut paces, 10_000_000, MS, Duration::from_secs(1));
        }
        assert_eq!(paces.run(&PEER, &Line::default()), (LONGEST as usize, false));
    }

    #[test]
    fn packing_as_well_as_can_be_has_an_eighth_of_the_time() {
        let (mut spare, mut now, mut dense) = (Spare::default(), Duration::ZERO, Duration::ZERO);
        while now < Duration::from_secs(10) {
            let begun = now;
            let takes_long = spare.is_there(now);
            now += if takes_long { MS * 12 } else { MS };
            if takes_long {
                dense += now - begun;
                spare.take(begun, now);
            }
        }
        let part = dense.as_millis();
        assert!((1_150..=1_300).contains(&part), "{part} ms of 10 s");
    }

    #[test]
    fn what_is_never_confirmed_takes_bounded_memory() {
        let mut line = Line::default();
        for n in 0..10_000 {
            line.sent(log(), n, 1, Duration::ZERO);
        }
        assert_eq!(line.sent.len(), MAX_SENT);
        let mut paces = Paces::default();
        for n in 0..10_000_u32 {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&n.to_be_bytes());
            paces.note(PublicKey(key), 1);
        }
        assert_eq!(paces.0.len(), MAX_PEERS);
    }
}
