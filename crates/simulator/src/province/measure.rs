//! What a run measures when the days are over.

use std::collections::BTreeMap;
use std::time::Instant;

use protocol::{Head, LogId, Shelf};

use super::{DAY, HOUR, Province, Story};
use crate::report::{Report, Spread};

/// By then everyone must be in step, milliseconds.
const PATIENCE: i64 = 3 * DAY;
/// Looked at so often, milliseconds.
const LOOK: i64 = 1_000;
/// Edits whose way is timed.
const EDITS: usize = 15;
/// Nodes whose views are compared; each is folded anew from all that it holds.
const VIEWS: usize = 60;

impl Province {
    /// Plays a story to its end, checks what must hold, and says what it measured.
    ///
    /// # Panics
    /// When something that must hold does not; the trace and the seed are printed then.
    pub fn play(story: Story) -> Report {
        let begun = Instant::now();
        let mut province = Self::found(story);
        province.live();
        let settled_ms = province.until_in_step();
        province.check();
        let edit_ms = province.time_edits();
        let (absent, back) = province.welcome_back();
        province.check();
        let idle = province.idle_day();
        let entries = province.world.nodes[0].entries();
        Report {
            story,
            institutions: province.world.nodes[0].replica.roster().members.len(),
            entries,
            frames: province.world.frames,
            happened: province.counts.clone(),
            settled_ms,
            edit_ms,
            absent,
            back_ms: back.0,
            back_bytes: back.1,
            back_rounds: back.2,
            idle_bytes: idle,
            remembered: province.world.remembered(),
            wall: begun.elapsed(),
            trace: province.world.trace().digest(),
        }
    }

    /// Lets time pass until every session is in step and nobody lacks anything; milliseconds that it took.
    fn until_in_step(&mut self) -> i64 {
        let begin = self.world.now_ms;
        let mut look = LOOK;
        while let Some(lacking) = self.lacking() {
            assert!(self.world.now_ms - begin < PATIENCE, "{lacking}");
            self.live_until(self.world.now_ms + look);
            look = (look * 5 / 4).min(HOUR);
        }
        self.world.now_ms - begin
    }

    /// Who is here and does not hold what the hub holds, of what both want, or holds what the hub does not.
    fn lacking(&self) -> Option<String> {
        let hub = &self.world.nodes[0];
        let mut shelves: BTreeMap<Shelf, Vec<(&LogId, Head)>> = BTreeMap::new();
        for (log, state) in hub.replica.logs() {
            shelves.entry(log.shelf).or_default().push((log, state.head));
        }
        for n in self.honest().into_iter().filter(|n| !self.members[*n].away) {
            let node = &self.world.nodes[n];
            let wanted = shelves.iter().filter(|(shelf, _)| node.subscription.covers(shelf));
            for (log, should) in wanted.flat_map(|(_, logs)| logs) {
                let has = node.replica.head(log);
                if has != *should {
                    return Some(format!(
                        "{} has {} of {} entries of {log:?}",
                        node.name, has.seq, should.seq
                    ));
                }
            }
            for (log, state) in node.replica.logs() {
                if hub.replica.head(log) != state.head {
                    let has = hub.replica.head(log).seq;
                    return Some(format!("the hub has {has} of {} of {log:?}", state.head.seq));
                }
            }
        }
        None
    }

    /// Nobody lost anything of its own, what was purged is nowhere, and equal entries show the same.
    fn check(&mut self) {
        let honest = self.honest();
        for node in &honest {
            self.world.check_own(*node);
            self.world.check_purged(*node, &self.purged);
        }
        let every = honest.len().div_ceil(VIEWS);
        for node in honest.into_iter().step_by(every) {
            self.world.check_view(node);
        }
    }

    /// How long an edit takes to everyone who wants it and is here.
    fn time_edits(&mut self) -> Spread {
        let writers: Vec<usize> =
            self.honest().into_iter().filter(|n| *n > 0 && !self.members[*n].away).collect();
        let mut took = Vec::new();
        for _ in 0..EDITS.min(writers.len()) {
            let writer = writers[self.rng.below(writers.len())];
            let begin = self.world.now_ms;
            let Some((log, seq)) = self.write(writer) else { continue };
            let wanting = self.honest().into_iter().filter(|n| {
                let wants = self.world.nodes[*n].subscription.covers(&log.shelf);
                *n != writer && wants && !self.members[*n].away
            });
            let wanting: Vec<usize> = wanting.collect();
            self.world.watch(log, seq, wanting);
            while self.world.waiting() > 0 {
                assert!(self.world.now_ms - begin < PATIENCE, "{} nodes lack an edit", self.world.waiting());
                self.live_until(self.world.now_ms + 10);
            }
            took.push(self.world.now_ms - begin);
            self.live_until(self.world.now_ms + HOUR);
        }
        Spread::of(took)
    }

    /// Those who were away from the first day on come back: how many, and of each the milliseconds until it was in step,
    /// the bytes that it sent and was sent, and how often it asked.
    fn welcome_back(&mut self) -> (usize, (Spread, Spread, Spread)) {
        let gone: Vec<usize> = (0..self.members.len()).filter(|n| self.members[*n].long_gone).collect();
        let begin = self.world.now_ms;
        let before: Vec<_> =
            gone.iter().map(|n| (self.world.moved_by(*n), self.world.asked_by(*n))).collect();
        for node in &gone {
            self.members[*node].away = false;
            self.dial(*node);
        }
        let mut waiting: Vec<usize> = (0..gone.len()).collect();
        let mut found = (Vec::new(), Vec::new(), Vec::new());
        while !waiting.is_empty() {
            self.live_until(self.world.now_ms + 100);
            let now_ms = self.world.now_ms;
            assert!(now_ms - begin < PATIENCE, "{:?}", self.lacking());
            waiting.retain(|k| {
                let node = gone[*k];
                let sessions = self.world.sessions_of(node);
                let there =
                    !sessions.is_empty() && sessions.iter().all(|session| self.world.synced(*session));
                if there {
                    found.0.push(now_ms - begin);
                    found.1.push((self.world.moved_by(node) - before[*k].0) as i64);
                    found.2.push((self.world.asked_by(node) - before[*k].1) as i64);
                }
                !there
            });
        }
        self.until_in_step();
        (gone.len(), (Spread::of(found.0), Spread::of(found.1), Spread::of(found.2)))
    }

    /// Bytes that a node sends in a day in which nothing happens.
    fn idle_day(&mut self) -> Spread {
        self.live_until(self.world.now_ms + HOUR);
        let nodes = self.members.len();
        let before: Vec<u64> = (0..nodes).map(|n| self.world.sent_by(n)).collect();
        self.live_until(self.world.now_ms + DAY);
        Spread::of((0..nodes).map(|n| (self.world.sent_by(n) - before[n]) as i64).collect())
    }
}
