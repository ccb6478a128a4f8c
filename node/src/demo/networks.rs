//! The demonstration of peer markets: several provinces' networks on one machine, each a hub and two places. They agree, two
//! and two, on what to exchange; each node is then asked what it finds, and is held against what was agreed. A listing is
//! withdrawn and an institution suspended, and both are to disappear wherever they had come.
//!
//! As in the other demonstration all is done with the program's own commands and the control socket. What must not have come is
//! looked for twice: in what a node finds, and in every file of its home. Absent: any knowledge of what the nodes exchange
//! how; `agreed` says what is to be found, by the terms alone.

mod acts;
mod agreed;
mod cast;
mod look;
mod report;

use std::collections::BTreeMap;

use serde_json::json;

use super::bounds::Bounds;
use super::broken;
use super::crew::{Crew, Endings, LOOK_EVERY, Seat};
use super::face::Face;
use super::folder::Folder;
use super::watch::Watched;
use crate::cli::Demo;
use crate::commands::{Context, Outcome};
use crate::office::{Failure, exit};
use agreed::{Agreed, Difference, compare};
use cast::{NETWORKS, SEATS};
use look::Found;
use report::{Agreement, Holding};

/// What the whole is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Founding,
    Agreeing,
    Publishing,
    Exchanging,
    Withdrawing,
    Suspending,
    Done,
}

impl Step {
    fn id(self) -> &'static str {
        self.key().rsplit('.').next().unwrap_or_default()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Founding => "cli.demo.networks.step.founding",
            Self::Agreeing => "cli.demo.networks.step.agreeing",
            Self::Publishing => "cli.demo.networks.step.publishing",
            Self::Exchanging => "cli.demo.networks.step.exchanging",
            Self::Withdrawing => "cli.demo.networks.step.withdrawing",
            Self::Suspending => "cli.demo.networks.step.suspending",
            Self::Done => "cli.demo.networks.step.done",
        }
    }
}

/// What a node finds: of the demonstration's listings, and ids that are none of them.
#[derive(Debug, Default)]
struct Sight {
    found: BTreeMap<usize, Option<String>>,
    unknown: Vec<String>,
}

/// The demonstration as it stands.
struct Play<'a> {
    context: &'a Context,
    bounds: Bounds,
    face: Face,
    crew: Crew,
    networks: usize,
    agreed: Agreed,
    finds: Vec<Watched<Found>>,
    /// Id → listing, of those that were written.
    ids: BTreeMap<String, usize>,
    step: Step,
    agreements: Vec<Agreement>,
}

/// Plays it. Returns the exit code.
///
/// # Errors
/// What was not as agreed, and where.
pub fn run(context: &Context, args: &Demo, bounds: Bounds, folder: Folder) -> Outcome {
    let mut play = Play::new(context, args.networks.into(), bounds, folder)?;
    let outcome = play.play(args.exit);
    play.face.erase();
    play.finds.clear();
    play.crew.stop();
    play.crew.close(&mut play.face);
    outcome
}

impl<'a> Play<'a> {
    fn new(context: &'a Context, networks: usize, bounds: Bounds, folder: Folder) -> Result<Self, Failure> {
        let endings =
            Endings { late: "cli.demo.networks.late", interrupted: "cli.demo.networks.interrupted" };
        let seats: Vec<Seat> = NETWORKS.iter().take(networks).flat_map(|network| network.seats).collect();
        Ok(Self {
            context,
            face: Face::new(context.lang, context.json, bounds.clone()),
            crew: Crew::new(context.lang, bounds.clone(), folder, seats, endings)?,
            bounds,
            networks,
            agreed: Agreed::new(networks),
            finds: Vec::new(),
            ids: BTreeMap::new(),
            step: Step::Founding,
            agreements: Vec::new(),
        })
    }

    fn play(&mut self, exit_then: bool) -> Outcome {
        let folder = self.crew.folder().path().display().to_string();
        self.face.event(&json!({ "v": 1, "event": "begin", "folder": folder, "networks": self.networks }));
        match self.act() {
            Ok(()) => {}
            Err(failure) if self.context.json => {
                self.end(&failure.message);
                self.face.remark(&format!("lianshi: {}", failure.message));
                return Ok(failure.code);
            }
            Err(failure) => return Err(failure),
        }
        self.crew.rest(&mut self.face, exit_then);
        Ok(0)
    }

    fn act(&mut self) -> Result<(), Failure> {
        self.found()?;
        self.agree()?;
        self.publish()?;
        self.exchange()?;
        self.withdraw()?;
        self.suspend()?;
        // What should not have come has had all this time to come.
        self.hold_against(false)?;
        self.enter(Step::Done);
        self.end("");
        Ok(())
    }

    fn enter(&mut self, step: Step) {
        self.step = step;
        self.crew.enter(step.key());
        self.show();
    }

    /// Results for people, above what is drawn.
    fn tell(&mut self, lines: &[String]) {
        if self.face.is_json() {
            return;
        }
        self.face.erase();
        lines.iter().for_each(|line| self.face.say(line));
    }

    fn name(&self, node: usize) -> &'static str {
        NETWORKS[node / SEATS].seats[node % SEATS].name(self.context.lang)
    }

    fn sight(&self, node: usize) -> Option<Sight> {
        let mut sight = Sight::default();
        for (id, market) in self.finds.get(node)?.latest()? {
            match self.ids.get(&id) {
                Some(listing) => drop(sight.found.insert(*listing, market)),
                None => sight.unknown.push(id),
            }
        }
        Some(sight)
    }

    /// What each node finds that it should not, and does not find that it should.
    fn differences(&self) -> Vec<Difference> {
        let difference = |node| compare(&self.agreed, node, &self.sight(node).unwrap_or_default().found);
        (0..self.agreed.nodes()).map(difference).collect()
    }

    /// Waits until every node finds exactly what was agreed. What it must never have ends the wait at once.
    fn until_agreed(&mut self) -> Result<(), Failure> {
        loop {
            for node in 0..self.agreed.nodes() {
                self.no_stray(node)?;
            }
            let differences = self.differences();
            if differences.iter().all(|difference| *difference == Difference::default()) {
                self.show();
                return Ok(());
            }
            if let Err(mut failure) = self.look() {
                failure.message.push_str(&self.in_words(&differences));
                return Err(failure);
            }
        }
    }

    fn no_stray(&self, node: usize) -> Result<(), Failure> {
        let Some(sight) = self.sight(node) else { return Ok(()) };
        let strays = sight.found.keys().filter(|&&listing| !self.agreed.may_have(node, listing));
        let mut strays: Vec<&str> = strays.map(|&listing| self.title(listing)).collect();
        strays.extend(sight.unknown.iter().map(String::as_str));
        if strays.is_empty() { Ok(()) } else { Err(self.unlike("cli.demo.networks.stray", node, &strays)) }
    }

    fn title(&self, listing: usize) -> &'static str {
        self.agreed.listings()[listing].sample.title
    }

    fn unlike(&self, key: &str, node: usize, titles: &[&str]) -> Failure {
        let titles = self.context.list(titles);
        let message = self.context.fill(key, &[("name", self.name(node)), ("titles", &titles)]);
        Failure::new(exit::FAILED, message, self.context.say("cli.demo.networks.unlike.hint"))
    }

    /// What is amiss, a line for each node.
    fn in_words(&self, differences: &[Difference]) -> String {
        let mut lines = String::new();
        for (node, difference) in differences.iter().enumerate() {
            let amiss = [
                ("cli.demo.networks.missing", &difference.missing),
                ("cli.demo.networks.surplus", &difference.surplus),
            ];
            for (key, listings) in amiss.into_iter().filter(|(_, listings)| !listings.is_empty()) {
                let titles: Vec<&str> = listings.iter().map(|&listing| self.title(listing)).collect();
                lines.push_str(&format!("\n  {}", self.unlike(key, node, &titles).message));
            }
        }
        lines
    }

    /// Holds what each node finds and has in its files against what was agreed, and tells it where it is to be shown.
    ///
    /// # Errors
    /// When a node has what was not given to it; when its own listings are not in its files either, since then the looking
    /// sees nothing.
    fn hold_against(&mut self, shown: bool) -> Result<(), Failure> {
        let (mut holdings, mut failures) = (Vec::new(), Vec::new());
        for node in 0..self.agreed.nodes() {
            self.crew.in_time()?;
            let codes = look::codes_below(&self.crew.home(node)).map_err(broken)?;
            let sight = self.sight(node).unwrap_or_default();
            let listings = self.agreed.listings();
            let in_files = |&at: &usize| codes.contains(&listings[at].code());
            let own: Vec<usize> = (0..listings.len()).filter(|&at| listings[at].node == node).collect();
            let unseen: Vec<usize> = own.into_iter().filter(|at| !in_files(at)).collect();
            let kept_from = self.agreed.kept_from(node);
            let found: Vec<usize> =
                kept_from.iter().copied().filter(|at| sight.found.contains_key(at)).collect();
            let held: Vec<usize> = kept_from.iter().copied().filter(in_files).collect();
            let strays = kept_from.iter().filter(|at| found.contains(at) || held.contains(at)).count();
            holdings.push(Holding::of(&self.agreed, node, &sight.found, (strays, kept_from.len())));
            let amiss = [
                ("cli.demo.networks.stray", found),
                ("cli.demo.networks.in-files", held),
                ("cli.demo.networks.blind", unseen),
            ];
            for (key, places) in amiss.into_iter().filter(|(_, places)| !places.is_empty()) {
                let titles: Vec<&str> = places.into_iter().map(|at| self.title(at)).collect();
                failures.push(self.unlike(key, node, &titles));
            }
        }
        if shown {
            self.face.event(&report::exchanged(self.context.lang, self.bounds.elapsed(), &holdings));
            self.tell(&report::holdings(self.context.lang, self.networks, &holdings));
        }
        let mut failures = failures.into_iter();
        let Some(mut first) = failures.next() else { return Ok(()) };
        failures.for_each(|failure| first.message.push_str(&format!("\n{}", failure.message)));
        Err(first)
    }

    fn look(&mut self) -> Result<(), Failure> {
        self.crew.in_time()?;
        self.crew.all_alive()?;
        self.show();
        std::thread::sleep(LOOK_EVERY);
        Ok(())
    }

    fn show(&mut self) {
        let (lang, whole) = (self.context.lang, self.bounds.elapsed());
        let sights: Vec<Option<Sight>> = (0..self.agreed.nodes()).map(|node| self.sight(node)).collect();
        let differences = self.differences();
        let like = |node: usize| sights[node].is_some() && differences[node] == Difference::default();
        let rows: Vec<report::Row> = (0..self.agreed.nodes())
            .map(|node| report::Row {
                node,
                found: sights[node]
                    .as_ref()
                    .map(|sight| Holding::of(&self.agreed, node, &sight.found, (0, 0)).found),
                // Before all is published there is nothing to judge.
                agrees: (self.step >= Step::Exchanging).then(|| like(node)),
            })
            .collect();
        let step = self.context.say(self.step.key());
        if self.face.width().is_some() {
            self.face.paint(&report::board(lang, self.networks, (step, whole), &rows));
        } else if self.face.is_news(self.step.id(), report::state(&rows)) {
            match self.face.is_json() {
                true => self.face.event(&report::progress(lang, self.step.id(), whole, &rows)),
                false => self.face.remark(&report::told(lang, (step, whole), &rows)),
            }
        }
    }

    /// The last words: that all was as agreed and where to look, or, for scripts, what was not.
    fn end(&mut self, reason: &str) {
        let webs: Vec<String> =
            self.crew.figures().into_iter().map(|node| node.map(|n| n.web).unwrap_or_default()).collect();
        let (lang, whole) = (self.context.lang, self.bounds.elapsed());
        let homes: Vec<String> =
            (0..self.agreed.nodes()).map(|node| self.crew.home(node).display().to_string()).collect();
        self.face.event(&report::done(lang, reason, whole, &homes, &webs));
        if reason.is_empty() {
            self.tell(&report::last_words(lang, self.networks, whole, &webs));
        }
    }
}
