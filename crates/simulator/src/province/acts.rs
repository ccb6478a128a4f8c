//! What can happen, and how.

use protocol::{LogId, Shelf, Visibility};
use replica::Input;

use super::{DAY, HOUR, Province};
use crate::fields;
use crate::node::Copied;

/// Something that happens at its moment.
pub(super) enum Act {
    /// Writes a listing, or edits one.
    Write(usize),
    /// Dials whom it is not connected with.
    Dial(usize),
    Leave(usize),
    Return(usize),
    /// The process ends, and starts again a little later.
    Crash(usize),
    /// The home is copied away; the copy comes back later.
    Backup(usize),
    Restore(usize, Box<Copied>),
    /// A line breaks.
    Cut(usize),
    /// A city is cut off.
    Part(u32, i64),
    /// The clock is set right, or wrong.
    SetClock(usize),
    /// Purges a listing of its own institution.
    Purge(usize),
    /// Writes two entries in one place.
    Fork(usize),
    /// The next day begins.
    Day(u32),
}

/// A node whose line broke dials again within this, milliseconds.
const REDIAL: i64 = 60_000;

impl Province {
    /// Lets an act happen at a moment.
    pub(super) fn plan(&mut self, at_ms: i64, act: Act) {
        self.next_act += 1;
        self.acts.insert(self.next_act, act);
        self.world.at(at_ms, self.next_act);
    }

    /// Some moment within the next `ms`.
    pub(super) fn soon(&mut self, ms: i64) -> i64 {
        self.world.now_ms + self.rng.below(ms.max(1) as usize) as i64
    }

    /// Lets time pass until a moment, and everything that is planned until then happen.
    pub(super) fn live_until(&mut self, until_ms: i64) {
        while let Some(number) = self.world.run_until(until_ms) {
            if let Some(act) = self.acts.remove(&number) {
                self.act(act);
            }
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Write(node) => drop(self.write(node)),
            Act::Dial(node) => self.dial(node),
            Act::Leave(node) => self.leave(node),
            Act::Return(node) => {
                self.members[node].away = false;
                self.dial(node);
            }
            Act::Crash(node) => self.crash(node),
            Act::Backup(node) => {
                self.note(node, "is copied");
                let (copied, back) = (self.world.nodes[node].copy(), self.soon(6 * DAY));
                self.plan(back, Act::Restore(node, Box::new(copied)));
            }
            Act::Restore(node, copied) => self.restore(node, *copied),
            Act::Cut(node) => {
                self.count("lines cut");
                self.hang_up(node);
                self.dial_soon(node);
            }
            Act::Part(region, until_ms) => self.part(region, until_ms),
            Act::SetClock(node) => {
                self.count("clocks set");
                let years = self.rng.below(20 * 365) as i64 - 10 * 365;
                let right = self.world.nodes[node].clock_off_ms != 0;
                self.world.nodes[node].clock_off_ms = if right { 0 } else { years * DAY };
            }
            Act::Purge(node) => self.purge(node),
            Act::Fork(node) => self.fork(node),
            Act::Day(day) => self.day(day),
        }
    }

    fn is_parted(&self, node: usize, from: usize) -> bool {
        let (a, b) = (self.members[node].region, self.members[from].region);
        let now_ms = self.world.now_ms;
        let cut_off = |region: u32| self.parted.get(&region).is_some_and(|until_ms| *until_ms > now_ms);
        a != b && (cut_off(a) || cut_off(b))
    }

    /// Dials whom it is not connected with, and looks again later.
    pub(super) fn dial(&mut self, node: usize) {
        if self.members[node].away {
            return;
        }
        let mut missing = false;
        for n in 0..self.members[node].dials.len() {
            let (to, line, session) = self.members[node].dials[n];
            if session.is_some_and(|session| self.world.is_open(session)) {
                continue;
            }
            if self.members[to].away || self.is_parted(node, to) {
                missing = true;
                continue;
            }
            self.members[node].dials[n].2 = Some(self.world.connect_by(node, to, line));
        }
        let again = self.soon(if missing { HOUR / 6 } else { 2 * HOUR });
        self.plan(again + REDIAL, Act::Dial(node));
    }

    fn dial_soon(&mut self, node: usize) {
        let again = self.soon(REDIAL);
        self.plan(again, Act::Dial(node));
    }

    /// Ends all sessions of a node.
    pub(super) fn hang_up(&mut self, node: usize) {
        for session in self.world.sessions_of(node) {
            self.world.cut(session);
        }
    }

    /// A line in the trace.
    fn note(&mut self, node: usize, what: &str) {
        self.world.note(format!("{} {what}", self.world.nodes[node].name));
    }

    fn leave(&mut self, node: usize) {
        self.count("absences");
        self.note(node, "is away");
        self.members[node].away = true;
        self.hang_up(node);
        // Most for hours, some for weeks.
        let back = if self.rng.chance(700) { self.soon(20 * HOUR) } else { self.soon(21 * DAY) };
        self.plan(back + HOUR, Act::Return(node));
    }

    fn crash(&mut self, node: usize) {
        self.count("crashes");
        self.note(node, "crashes");
        self.hang_up(node);
        let charter = self.world.charter.clone();
        self.world.nodes[node].crash(&charter);
        self.world.check_own(node);
        self.dial_soon(node);
    }

    fn restore(&mut self, node: usize, copied: Copied) {
        self.count("old copies restored");
        self.note(node, "is set back to an old copy");
        self.hang_up(node);
        let charter = self.world.charter.clone();
        self.world.nodes[node].restore(copied, &charter);
        self.members[node].restored = true;
        self.dial_soon(node);
    }

    fn part(&mut self, region: u32, until_ms: i64) {
        self.count("cities cut off");
        self.parted.insert(region, until_ms);
        for node in 0..self.members.len() {
            if self.members[node].region != region {
                continue;
            }
            let dials = self.members[node].dials.clone();
            let leading_out = dials.into_iter().filter(|(to, ..)| self.members[*to].region != region);
            for session in leading_out.filter_map(|(.., session)| session).collect::<Vec<_>>() {
                self.world.cut(session);
            }
            let again = until_ms + self.rng.below(REDIAL as usize) as i64;
            self.plan(again, Act::Dial(node));
        }
    }

    /// Writes something, unless it has to hear first what it wrote before. Says what.
    pub(super) fn write(&mut self, node: usize) -> Option<(LogId, u64)> {
        if !self.may_write(node) {
            return None;
        }
        self.count("entries");
        let title = format!("成果 {}", self.counts["entries"]);
        self.world.nodes[node].clock_ms = self.world.now_ms + self.world.nodes[node].clock_off_ms;
        let own = self.world.nodes[node].some_document(&mut self.rng);
        let edited = own.filter(|_| self.rng.chance(350)).and_then(|id| {
            let at = self.world.nodes[node].document(&id)?.origin().log.shelf;
            if self.keeps_to(node, at) {
                return None;
            }
            let key = ["title", "summary"][self.rng.below(2)];
            self.world.nodes[node].edit(id, &[(key, Some(&title))])
        });
        let input = match edited {
            Some(input) => input,
            None => {
                let members = self.rng.chance(200);
                let visibility = if members { Visibility::Members } else { Visibility::Public };
                let kind = 16 + self.rng.below(2) as u16;
                let shelf = self.shelf(node, kind, visibility);
                if self.keeps_to(node, shelf) {
                    return None;
                }
                let listing = fields(&[("title", &title), ("summary", "一种新材料")]);
                self.world.nodes[node].create(shelf, listing).1
            }
        };
        let at = match &input {
            Input::Appended { log, entries } => entries.last().map(|last| (*log, last.entry.header.seq)),
            _ => None,
        };
        self.world.give(node, input);
        self.world.busy(node);
        at
    }

    /// False while a node that came back from an old copy has not been told what it wrote since.
    fn may_write(&mut self, node: usize) -> bool {
        let member = &mut self.members[node];
        member.restored &= !self.world.nodes[node].replica.knows_own();
        !member.restored
    }

    /// Whether a member writes nothing on a shelf, since it keeps to the rules and its log there is cut off.
    fn keeps_to(&self, node: usize, shelf: Shelf) -> bool {
        !self.members[node].hostile && self.world.nodes[node].is_cut(shelf)
    }

    fn purge(&mut self, node: usize) {
        if !self.may_write(node) || self.keeps_to(node, Shelf::ROSTER) {
            return;
        }
        let Some(id) = self.world.nodes[node].some_document(&mut self.rng) else { return };
        self.count("purges");
        self.purged.insert(id);
        self.world.purge(node, id);
        self.world.busy(node);
    }

    /// Two entries in one place, as from a copied home whose both copies run.
    fn fork(&mut self, node: usize) {
        let copied = self.world.nodes[node].copy();
        if self.write(node).is_none() {
            return;
        }
        self.count("forks");
        self.note(node, "writes in one place twice");
        let charter = self.world.charter.clone();
        self.hang_up(node);
        self.world.nodes[node].restore(copied, &charter);
        self.write(node);
        self.dial_soon(node);
    }
}
