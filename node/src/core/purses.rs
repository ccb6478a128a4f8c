//! Whose turn it is: every party gets the core's time in equal parts while others need it too.
//!
//! The core takes one thing after the other, so who brings much keeps the others waiting. A party is an institution with all
//! its nodes, since it can certify as many as it likes; whoever has not been let in yet is of one party with all such. Each
//! has a purse of the core's time that fills slowly: of those who wait, the one with the fullest purse comes first, and one
//! whose purse is empty waits, but only while others are about: another member brings entries of its own, somebody searches or
//! writes here. Whoever only takes in what it is sent and confirms it is kept from nothing by more of the same. So a first
//! sync of millions, or a university's whole catalogue on its way through the hub, goes at full speed where nobody else is
//! kept from anything, and ordinary work is far from emptying a purse.

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
/// Others are about when they brought entries, searched or wrote within this time.
const ABOUT: Duration = Duration::from_secs(2);
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
    /// When it last brought something, if it ever did.
    brought: Option<Duration>,
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
    /// When somebody last searched or wrote at this node itself.
    used_here: Option<Duration>,
}

impl Purses {
    /// Takes time out of a party's purse. `brought` says that it went into entries that it brought.
    pub fn take(&mut self, party: Party, took: Duration, brought: bool, now: Duration) {
        let purse =
            self.purses.entry(party).or_insert(Purse { spent: Duration::ZERO, as_of: now, brought: None });
        purse.fill(now);
        purse.spent = (purse.spent + took).min(FULL + MOST_DEBT);
        if brought {
            purse.brought = Some(now);
        }
        if self.purses.len() > MAX_PURSES {
            self.purses.values_mut().for_each(|purse| purse.fill(now));
            self.purses.retain(|_, purse| !purse.spent.is_zero());
        }
    }

    /// The same for entries that were sent to it.
    pub fn take_for_sending(&mut self, party: Party, took: Duration, now: Duration) {
        self.take(party, took / SENT_FOR, false, now);
    }

    /// Somebody searches or writes at this node itself.
    pub fn used_here(&mut self, now: Duration) {
        self.used_here = Some(now);
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
        let about = |at: Option<Duration>| at.is_some_and(|at| now.saturating_sub(at) < ABOUT);
        let brings =
            |(other, purse): (&Party, &Purse)| other.is_some() && other != party && about(purse.brought);
        about(self.used_here) || self.purses.iter().any(brings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn party(n: u8) -> Party {
        Some(InstitutionId([n; 32]))
    }

    /// How much of the core `n` gets when it wants all of it for so many milliseconds, while `beside` happens every 100.
    fn greedy(
        purses: &mut Purses,
        n: u8,
        during: std::ops::Range<u32>,
        beside: impl Fn(&mut Purses, Duration),
    ) -> u32 {
        let got = |purses: &mut Purses, ms: u32| {
            if ms.is_multiple_of(100) {
                beside(purses, MS * ms);
            }
            let may = purses.spent(&party(n), MS * ms).is_some();
            if may {
                purses.take(party(n), MS, true, MS * ms);
            }
            u32::from(may)
        };
        during.map(|ms| got(purses, ms)).sum()
    }

    fn nothing(_: &mut Purses, _: Duration) {}

    fn another_writes(purses: &mut Purses, now: Duration) {
        purses.take(party(9), MS / 10, true, now);
    }

    #[test]
    fn who_is_alone_gets_everything() {
        assert_eq!(greedy(&mut Purses::default(), 1, 0..60_000, nothing), 60_000);
    }

    #[test]
    fn beside_others_a_burst_and_then_a_small_part() {
        let mut purses = Purses::default();
        let burst = greedy(&mut purses, 1, 0..2_000, another_writes);
        assert!((200..=260).contains(&burst), "{burst} ms of the first 2,000");
        let then = greedy(&mut purses, 1, 2_000..22_000, another_writes);
        assert!((450..=550).contains(&then), "{then} ms of 20,000");
        let spent = |purses: &Purses, n, ms| purses.spent(&party(n), MS * ms);
        assert!(spent(&purses, 9, 22_000) < spent(&purses, 1, 22_500), "the modest one comes first");
        let here = greedy(&mut Purses::default(), 1, 0..2_000, |purses, now| purses.used_here(now));
        assert!((200..=260).contains(&here), "{here} ms of 2,000 while somebody searches here");
    }

    #[test]
    fn who_only_takes_in_what_it_is_sent_slows_nobody() {
        let confirms = |purses: &mut Purses, now| {
            purses.take_for_sending(party(9), MS, now);
            purses.take(party(9), MS / 10, false, now);
        };
        assert_eq!(greedy(&mut Purses::default(), 1, 0..10_000, confirms), 10_000);
    }

    #[test]
    fn who_is_not_let_in_slows_nobody() {
        let strangers = |purses: &mut Purses, now| purses.take(None, MS, true, now);
        assert_eq!(greedy(&mut Purses::default(), 1, 0..1_000, strangers), 1_000);
    }

    #[test]
    fn who_worked_alone_waits_a_moment_when_others_come_and_no_longer() {
        let mut purses = Purses::default();
        greedy(&mut purses, 1, 0..60_000, nothing);
        another_writes(&mut purses, MS * 60_000);
        assert_eq!(purses.spent(&party(1), MS * 60_001), None);
        another_writes(&mut purses, MS * 61_000);
        assert!(purses.spent(&party(1), MS * 62_100).is_some(), "debts are small");
        assert!(purses.spent(&party(1), MS * 63_100).is_some(), "and the others are gone");
    }

    #[test]
    fn purses_are_bounded() {
        let mut purses = Purses::default();
        for n in 0..MAX_PURSES as u32 + 500 {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&n.to_be_bytes());
            purses.take(Some(InstitutionId(id)), MS / 100, true, MS * n);
        }
        assert!(purses.purses.len() <= MAX_PURSES);
    }
}
