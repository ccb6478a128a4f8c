//! A day, and what goes wrong in it.

use super::acts::Act;
use super::{DAY, HOUR, Province};

/// Office hours.
const OPENS: i64 = 8 * HOUR;
const CLOSES: i64 = 18 * HOUR;

impl Province {
    /// Connects everyone and lets the days pass. Then nothing goes wrong any more, everyone is back, and those that
    /// were away all the time still are.
    pub fn live(&mut self) {
        for node in 0..self.members.len() {
            if self.members[node].long_gone {
                self.members[node].away = true;
            } else {
                let at_ms = self.soon(HOUR);
                self.plan(at_ms, Act::Dial(node));
            }
        }
        let begin = self.world.now_ms;
        self.plan(begin, Act::Day(0));
        self.world.faults = self.story.faults;
        self.live_until(begin + i64::from(self.story.days) * DAY);
        self.calm_down();
    }

    fn calm_down(&mut self) {
        self.world.faults = Default::default();
        self.world.liars.clear();
        self.parted.clear();
        self.acts.retain(|_, act| matches!(act, Act::Dial(_)));
        for node in 0..self.members.len() {
            self.members[node].away = self.members[node].long_gone;
            let at_ms = self.soon(HOUR / 60);
            self.plan(at_ms, Act::Dial(node));
        }
    }

    /// What is to happen in a day.
    pub(super) fn day(&mut self, day: u32) {
        let begin = self.world.now_ms;
        if day == 0 {
            let liars = (0..self.members.len()).filter(|n| self.members[*n].hostile);
            self.world.liars = liars.map(|n| (n, Default::default())).collect();
        }
        for node in 0..self.members.len() {
            if self.members[node].long_gone {
                continue;
            }
            let certainly = self.story.writes / 1_000 + u64::from(self.rng.chance(self.story.writes % 1_000));
            for _ in 0..certainly {
                let at_ms = begin + OPENS + self.rng.below((CLOSES - OPENS) as usize) as i64;
                self.plan(at_ms, Act::Write(node));
            }
            if self.rng.chance(self.story.trouble) {
                let at_ms = self.soon(DAY);
                let act = self.trouble(node);
                self.plan(at_ms, act);
            }
            if self.rng.chance(self.story.purges) {
                let at_ms = self.soon(DAY);
                self.plan(at_ms, Act::Purge(node));
            }
            if self.members[node].hostile && self.rng.chance(200) {
                let at_ms = self.soon(DAY);
                self.plan(at_ms, Act::Fork(node));
            }
        }
        let cities = self.members.len().div_ceil(super::CITY);
        for city in 1..=cities {
            if self.rng.chance(self.story.trouble) {
                let (at_ms, until_ms) = (self.soon(DAY), self.soon(2 * DAY));
                self.plan(at_ms, Act::Part(420_000 + city as u32, until_ms));
            }
        }
        if day + 1 < self.story.days {
            self.plan(begin + DAY, Act::Day(day + 1));
        }
    }

    fn trouble(&mut self, node: usize) -> Act {
        match self.rng.below(8) {
            0..=2 => Act::Cut(node),
            3..=4 if node > 0 => Act::Leave(node),
            5 => Act::Backup(node),
            6 if self.story.wrong_clocks > 0 => Act::SetClock(node),
            _ => Act::Crash(node),
        }
    }
}
