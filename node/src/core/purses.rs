//! Whose turn it is: every party gets the core's time in equal parts while others need it too.
//!
//! The core takes one thing after the other, so who brings much keeps the others waiting. A party is an institution with all
//! its nodes, since it can certify as many as it likes; whoever has not been let in yet, and is not known here, is of one party
//! with all such. Each has a purse of the core's time that fills slowly: of those who wait, the one with the fullest purse
//! comes first, and one whose purse is empty waits, but only while others are about. So a first sync of millions goes at full
//! speed where nobody else is kept from anything, and ordinary work is far from emptying a purse.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::InstitutionId;

/// What a full purse holds: an import of some thousands of listings passes in one go.
const FULL: Duration = Duration::from_millis(200);
/// A purse fills by one part in so many of the time that passes: a party that brings entries without end has so much of the
/// core, some five hundred entries a second. Each of them is then passed on, and indexed here and there, which takes several
/// times as long as taking it in.
const FILLS_BY: u32 = 40;
/// A purse is never emptier than this: who worked alone for an hour need not wait an hour when others come.
const MOST_DEBT: Duration = Duration::from_millis(50);
/// Entries that are sent to a party cost it this part of the time that they take: it has asked for them, may be new here, and
/// the others need not take them in as well.
const SENT_FOR: u32 = 4;
/// Others are about when something of theirs was done within this time.
const ABOUT: Duration = Duration::from_secs(5);
/// Purses kept; more than this, and the full ones, which are as good as none, are forgotten.
const MAX_PURSES: usize = 4_096;

/// Who is given time: an institution, or everybody who has not been let in.
pub type Party = Option<InstitutionId>;

#[derive(Clone, Copy, Debug)]
struct Purse {
    /// Time spent beyond what has filled up again since; an empty purse has spent `FULL`.
    spent: Duration,
    /// Until when the filling has been reckoned.
    as_of: Duration,
    /// When it last was given time.
    last: Duration,
}

impl Purse {
    fn fill(&mut self, now: Duration) {
        self.spent = self.spent.saturating_sub(now.saturating_sub(self.as_of) / FILLS_BY);
        self.as_of = self.as_of.max(now);
    }
}

/// The purses of all parties. Times are since some fixed start.
#[derive(Debug, Default)]
pub struct Purses {
    purses: BTreeMap<Party, Purse>,
}

impl Purses {
    /// Takes time out of a party's purse.
    pub fn take(&mut self, party: Party, took: Duration, now: Duration) {
        let purse =
            self.purses.entry(party).or_insert(Purse { spent: Duration::ZERO, as_of: now, last: now });
        purse.fill(now);
        purse.spent = (purse.spent + took).min(FULL + MOST_DEBT);
        purse.last = now;
        if self.purses.len() > MAX_PURSES {
            self.purses.values_mut().for_each(|purse| purse.fill(now));
            self.purses.retain(|_, purse| !purse.spent.is_zero());
        }
    }

    /// The same for entries that were sent to it.
    pub fn take_for_sending(&mut self, party: Party, took: Duration, now: Duration) {
        self.take(party, took / SENT_FOR, now);
    }

    /// What a party has spent: of those who wait, the one with the least comes first. `None` while it has to wait.
    pub fn spent(&self, party: &Party, now: Duration) -> Option<Duration> {
        let Some(mut purse) = self.purses.get(party).copied() else { return Some(Duration::ZERO) };
        purse.fill(now);
        (purse.spent < FULL || !self.others_about(party, now)).then_some(purse.spent)
    }

    fn others_about(&self, party: &Party, now: Duration) -> bool {
        // Whoever has not been let in has no claim on the others' pace: its greeting would slow its own first sync, and
        // strangers could slow everyone's.
        let about = |purse: &Purse| now.saturating_sub(purse.last) < ABOUT;
        self.purses.iter().any(|(other, purse)| other.is_some() && other != party && about(purse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn party(n: u8) -> Party {
        Some(InstitutionId([n; 32]))
    }

    /// How much of the core `n` gets when it wants all of it for so many milliseconds.
    fn greedy(purses: &mut Purses, n: u8, from: u32, during: u32, beside: bool) -> u32 {
        let mut got = 0;
        for ms in from..from + during {
            if beside && ms % 100 == 0 {
                purses.take(party(9), MS / 10, MS * ms);
            }
            if purses.spent(&party(n), MS * ms).is_some() {
                purses.take(party(n), MS, MS * ms);
                got += 1;
            }
        }
        got
    }

    #[test]
    fn who_is_alone_gets_everything() {
        assert_eq!(greedy(&mut Purses::default(), 1, 0, 60_000, false), 60_000);
    }

    #[test]
    fn beside_others_a_burst_and_then_a_small_part() {
        let mut purses = Purses::default();
        let burst = greedy(&mut purses, 1, 0, 2_000, true);
        assert!((200..=260).contains(&burst), "{burst} ms of the first 2,000");
        let then = greedy(&mut purses, 1, 2_000, 20_000, true);
        assert!((450..=550).contains(&then), "{then} ms of 20,000");
        let spent = |purses: &Purses, n, ms| purses.spent(&party(n), MS * ms);
        assert!(spent(&purses, 9, 22_000) < spent(&purses, 1, 22_500), "the modest one comes first");
    }

    #[test]
    fn who_is_not_let_in_slows_nobody() {
        let mut purses = Purses::default();
        purses.take(None, MS, Duration::ZERO);
        assert_eq!(greedy(&mut purses, 1, 1, 1_000, false), 1_000);
    }

    #[test]
    fn who_worked_alone_waits_a_moment_when_others_come_and_no_longer() {
        let mut purses = Purses::default();
        greedy(&mut purses, 1, 0, 60_000, false);
        purses.take(party(9), MS, MS * 60_000);
        assert_eq!(purses.spent(&party(1), MS * 60_001), None);
        assert!(purses.spent(&party(1), MS * 62_100).is_some(), "debts are small");
        assert!(purses.spent(&party(1), MS * 65_000).is_some(), "and the others are gone");
    }

    #[test]
    fn purses_are_bounded() {
        let mut purses = Purses::default();
        for n in 0..MAX_PURSES as u32 + 500 {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&n.to_be_bytes());
            purses.take(Some(InstitutionId(id)), MS / 100, MS * n);
        }
        assert!(purses.purses.len() <= MAX_PURSES);
    }
}
