//! What is done, act by act, as operators would do it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::super::broken;
use super::super::face::{rounded, seconds};
use super::super::watch::Watched;
use super::cast::{NETWORKS, Reach, SEATS};
use super::report::Agreement;
use super::{Play, Step, agreed, look, report};
use crate::core::now_ms;
use crate::office::{Failure, time_text};

/// The agreements hold so long: a year, milliseconds.
const TERM_MS: i64 = 365 * 24 * 3600 * 1000;

impl Play<'_> {
    /// Each hub founds a network and invites two others.
    pub(super) fn found(&mut self) -> Result<(), Failure> {
        self.enter(Step::Founding);
        for place in 0..self.agreed.nodes() {
            let hub = place - place % SEATS;
            let invitation = (place != hub).then(|| self.crew.invite(hub, place)).transpose()?;
            self.crew.make(place, invitation.as_deref())?;
            self.crew.start(place, &mut self.face)?;
            let watched = Watched::begin(self.crew.home(place), look::EVERY, look::search);
            self.finds.push(watched.map_err(broken)?);
            self.show();
        }
        while !self.crew.joined() {
            self.look()?;
        }
        Ok(())
    }

    /// Two and two, one proposes and the other accepts; both rosters then say the same.
    pub(super) fn agree(&mut self) -> Result<(), Failure> {
        self.enter(Step::Agreeing);
        let until = time_text(now_ms().saturating_add(TERM_MS));
        let until = until.get(..10).unwrap_or_default().to_owned();
        for (one, other) in agreed::pairs(self.networks) {
            let file = |what: &str| {
                self.crew.folder().path().join(format!("{}.{what}", NETWORKS[one].seats[0].slug))
            };
            let (card, proposal) = (file("card"), file("proposal"));
            self.command(other, &["peering", "card", "--out"], &[card.clone().into()])?;
            let mut more: Vec<OsString> = vec![card.into(), "--out".into(), proposal.clone().into()];
            for (option, from, to) in [("--give", one, other), ("--take", other, one)] {
                for give in agreed::gives(self.networks, from, to) {
                    more.extend([option.into(), give.text().into()]);
                }
            }
            let licence = NETWORKS[one].licence;
            self.command(one, &["peering", "propose", "--until", &until, "--licence", licence], &more)?;
            self.command(other, &["peering", "accept", "--yes"], &[proposal.into()])?;
            let shown = self.command(one, &["peering", "show"], &[NETWORKS[other].seats[0].name.0.into()])?;
            self.agreements.extend(Agreement::both(one, other, shown.first().unwrap_or(&Json::Null)));
            self.show();
        }
        for agreement in &self.agreements {
            self.face.event(&agreement.event());
        }
        self.tell(&report::agreements(self.context, &self.agreements));
        Ok(())
    }

    /// Runs a command at the hub of a network.
    fn command(&self, network: usize, words: &[&str], more: &[OsString]) -> Result<Vec<Json>, Failure> {
        let arguments: Vec<OsString> =
            words.iter().map(|word| OsString::from(*word)).chain(more.iter().cloned()).collect();
        let what = words.iter().take(2).copied().collect::<Vec<_>>().join(" ");
        self.crew.command(network * SEATS, &what, &arguments)
    }

    /// Every node writes its listings; drafts stay drafts.
    pub(super) fn publish(&mut self) -> Result<(), Failure> {
        self.enter(Step::Publishing);
        for at in 0..self.agreed.listings().len() {
            let placed = self.agreed.listings()[at];
            let sample = placed.sample;
            let fields =
                [("title", sample.title), ("summary", sample.summary), ("source_id", &placed.code())]
                    .map(|(field, value)| format!("{field}={value}"));
            let mut arguments = vec!["listing", "new", "--kind", sample.kind.id()];
            arguments.extend(fields.iter().map(String::as_str));
            match sample.reach {
                Reach::Public => arguments.extend(["--publish", "--visibility", "public"]),
                Reach::Members => arguments.extend(["--publish", "--visibility", "members"]),
                Reach::Draft => {}
            }
            let said = self.crew.command(placed.node, "listing new", &arguments)?;
            let id = said.iter().find_map(|line| line["id"].as_str()).unwrap_or_default().to_owned();
            self.ids.insert(id, at);
            self.show();
        }
        Ok(())
    }

    /// Waits until every node finds what was agreed, and looks for what was not.
    pub(super) fn exchange(&mut self) -> Result<(), Failure> {
        self.enter(Step::Exchanging);
        self.until_agreed()?;
        self.hold_against(true)
    }

    /// A listing that another network was given is withdrawn where it was written.
    pub(super) fn withdraw(&mut self) -> Result<(), Failure> {
        self.enter(Step::Withdrawing);
        let Some(listing) = self.agreed.to_withdraw() else { return Ok(()) };
        let placed = self.agreed.listings()[listing];
        // It goes from its own node too.
        let nodes = self.agreed.finders(listing).len() + 1;
        let id =
            self.ids.iter().find(|(_, at)| **at == listing).map(|(id, _)| id.clone()).unwrap_or_default();
        let begun = Instant::now();
        self.crew.command(placed.node, "listing withdraw", &["listing", "withdraw", &id])?;
        self.agreed.withdraw(listing);
        self.until_agreed()?;
        let (name, title) = (self.name(placed.node), placed.sample.title);
        self.gone("withdrawn", (name, title), (1, nodes), begun.elapsed());
        Ok(())
    }

    /// The hub of the last network suspends one of its institutions.
    pub(super) fn suspend(&mut self) -> Result<(), Failure> {
        self.enter(Step::Suspending);
        let Some(node) = self.agreed.to_suspend() else { return Ok(()) };
        let of_it = (0..self.agreed.listings().len()).filter(|&at| self.agreed.listings()[at].node == node);
        let finders: Vec<Vec<usize>> = of_it.map(|at| self.agreed.finders(at)).collect();
        let listings = finders.iter().filter(|nodes| !nodes.is_empty()).count();
        let nodes = finders.iter().flatten().collect::<BTreeSet<_>>().len();
        let institution = NETWORKS[node / SEATS].seats[node % SEATS].name.0;
        let reason = self.context.say("cli.demo.networks.reason");
        let begun = Instant::now();
        let words = ["roster", "propose", "suspend", institution, "--reason", reason];
        self.command(node / SEATS, &words, &[])?;
        self.agreed.suspend(node);
        self.until_agreed()?;
        self.gone("suspended", (self.name(node), ""), (listings, nodes), begun.elapsed());
        Ok(())
    }

    /// Tells from how many nodes how many listings have gone, and how soon.
    fn gone(&mut self, what: &str, (name, title): (&str, &str), counts: (usize, usize), after: Duration) {
        let (listings, nodes) = counts;
        self.face.event(&json!({
            "v": 1, "event": what, "institution": name, "title": title, "listings": listings, "nodes": nodes,
            "seconds": rounded(after),
        }));
        let (listings, nodes, after) = (listings.to_string(), nodes.to_string(), seconds(after));
        let places = [
            ("name", name),
            ("title", title),
            ("listings", &listings),
            ("nodes", &nodes),
            ("seconds", &after),
        ];
        let line = self.context.fill(&format!("cli.demo.networks.gone.{what}"), &places);
        self.tell(&[line]);
    }
}
