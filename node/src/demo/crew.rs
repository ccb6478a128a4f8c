//! The nodes of a demonstration: homes made, commands given, nodes started, watched and stopped.
//!
//! Absent here: who the nodes are (`cast`, `networks::cast`), and what the play is about.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog::{Lang, words};
use protocol::Role;
use serde_json::{Value as Json, json};

use super::bounds::{Bounds, Over};
use super::broken;
use super::cast;
use super::face::{Face, Phase};
use super::folder::Folder;
use super::program::{Program, Running, stop};
use super::watch::{self, Figures, Watched};
use crate::office::{Failure, exit};

/// What is awaited is looked at this often.
pub const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Once all is shown, the nodes are looked at this often.
const HOLD_EVERY: Duration = Duration::from_millis(200);

/// What a node is made of.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// Name of its folder.
    pub slug: &'static str,
    /// Its institution, Chinese and English.
    pub name: (&'static str, &'static str),
    /// What it is in its network.
    pub role: Role,
    /// Six digits of GB/T 2260.
    pub region: &'static str,
}

impl Seat {
    /// The institution's name.
    pub fn name(&self, lang: Lang) -> &'static str {
        lang.pick(self.name.0, self.name.1)
    }

    /// The name of its role.
    pub fn role_name(&self, lang: Lang) -> String {
        words::say(lang, &format!("role.{}", self.role.id().replace('-', "_"))).to_owned()
    }
}

/// What is said when the time is up or somebody ends it early: keys of texts with a place for the step.
#[derive(Clone, Copy, Debug)]
pub struct Endings {
    /// The time is up.
    pub late: &'static str,
    /// It was interrupted.
    pub interrupted: &'static str,
}

/// One node as the demonstration has it.
#[derive(Debug, Default)]
struct Node {
    running: Option<Running>,
    watched: Option<Watched<Figures>>,
    gone: bool,
}

/// All of them, each at its place.
#[derive(Debug)]
pub struct Crew {
    lang: Lang,
    program: Program,
    bounds: Bounds,
    folder: Folder,
    seats: Vec<Seat>,
    nodes: Vec<Node>,
    endings: Endings,
    step: &'static str,
}

impl Crew {
    /// All set, nothing begun.
    ///
    /// # Errors
    /// When the system does not say where this program lies.
    pub fn new(
        lang: Lang,
        bounds: Bounds,
        folder: Folder,
        seats: Vec<Seat>,
        endings: Endings,
    ) -> Result<Self, Failure> {
        let program = Program::this(lang).map_err(broken)?;
        let nodes = seats.iter().map(|_| Node::default()).collect();
        let step = "cli.demo.step.founding";
        Ok(Self { lang, program, bounds, folder, seats, nodes, endings, step })
    }

    /// What the whole is doing now: key of a text.
    pub fn enter(&mut self, step: &'static str) {
        self.step = step;
    }

    /// The program that they run.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Where their homes lie.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The home of one.
    pub fn home(&self, place: usize) -> PathBuf {
        self.folder.path().join(self.seats[place].slug)
    }

    /// Runs a command in the home of a node; it must end well. Returns its lines of JSON.
    ///
    /// # Errors
    /// When it did not, or the time is up.
    pub fn command<A: AsRef<std::ffi::OsStr>>(
        &self,
        place: usize,
        what: &str,
        arguments: &[A],
    ) -> Result<Vec<Json>, Failure> {
        let (home, mut said) = (self.home(place), Vec::new());
        let code = self.program.finish(&home, arguments, &self.bounds, |line| {
            said.extend(serde_json::from_str::<Json>(line));
        })?;
        self.in_time()?;
        if code == 0 { Ok(said) } else { Err(self.program.unsuccessful(what, &home)) }
    }

    /// Has a hub invite the node of another place: where the invitation lies.
    ///
    /// # Errors
    /// As [`Crew::command`].
    pub fn invite(&self, hub: usize, place: usize) -> Result<PathBuf, Failure> {
        let seat = &self.seats[place];
        let invitation = self.folder.path().join(format!("{}.invitation", seat.slug));
        let mut arguments: Vec<OsString> =
            ["invite", "--role", seat.role.id(), "--region", seat.region, "--out"].map(OsString::from).into();
        arguments.push(OsString::from(&invitation));
        self.command(hub, "invite", &arguments)?;
        Ok(invitation)
    }

    /// Makes a home: from the sample configuration of its role, with an invitation unless it founds a network.
    ///
    /// # Errors
    /// As [`Crew::command`]; when a file cannot be written.
    pub fn make(&self, place: usize, invitation: Option<&Path>) -> Result<(), Failure> {
        let (seat, home) = (&self.seats[place], self.home(place));
        let config = cast::config(seat.role)
            .and_then(|config| Ok(toml::to_string_pretty(&config)?))
            .map_err(broken)?;
        let file = self.folder.path().join(format!("{}.toml", seat.slug));
        std::fs::create_dir_all(&home).and_then(|()| std::fs::write(&file, config)).map_err(broken)?;
        let mut arguments: Vec<OsString> = ["init", "--name", seat.name.0, "--name-en", seat.name.1]
            .into_iter()
            .chain(["--role", seat.role.id(), "--region", seat.region, "--config"])
            .map(OsString::from)
            .collect();
        arguments.push(file.into());
        if let Some(invitation) = invitation {
            arguments.extend(["--join".into(), OsString::from(invitation)]);
        }
        self.command(place, "init", &arguments).map(drop)
    }

    /// Starts a node and waits until it answers.
    ///
    /// # Errors
    /// When it does not in time, or it or another one has ended by itself.
    pub fn start(&mut self, place: usize, face: &mut Face) -> Result<(), Failure> {
        let home = self.home(place);
        self.nodes[place].running = Some(self.program.start(&home)?);
        while watch::ask(&home).is_none() {
            self.in_time()?;
            self.all_alive()?;
            std::thread::sleep(LOOK_EVERY);
        }
        let watched = Watched::begin(home.clone(), watch::EVERY, watch::look).map_err(broken)?;
        self.nodes[place].watched = Some(watched);
        let seat = &self.seats[place];
        face.event(&json!({
            "v": 1, "event": "node", "name": seat.name(self.lang), "role": seat.role.id(), "region": seat.region,
            "home": home.display().to_string(),
        }));
        Ok(())
    }

    /// What each said last.
    pub fn figures(&self) -> Vec<Option<Figures>> {
        self.nodes.iter().map(|node| node.watched.as_ref().and_then(Watched::latest)).collect()
    }

    /// What each is doing.
    pub fn phases(&self) -> Vec<Phase> {
        let phase = |(node, figures): (&Node, Option<Figures>)| match (node, figures) {
            (Node { gone: true, .. }, _) => Phase::Gone,
            (Node { running: None, .. }, _) => Phase::Waiting,
            (_, Some(figures)) if figures.admitted => Phase::Busy,
            _ => Phase::Joining,
        };
        self.nodes.iter().zip(self.figures()).map(phase).collect()
    }

    /// Whether all are admitted and have met somebody.
    pub fn joined(&self) -> bool {
        self.figures().iter().all(|node| node.as_ref().is_some_and(|n| n.admitted && n.peers > 0))
    }

    /// Whether it may go on.
    ///
    /// # Errors
    /// When the time is up or somebody asks to end.
    pub fn in_time(&self) -> Result<(), Failure> {
        let step = words::say(self.lang, self.step);
        let Some(over) = self.bounds.over() else { return Ok(()) };
        let seconds = self.bounds.limit().as_secs().to_string();
        let (key, hint) = match over {
            Over::Late => (self.endings.late, words::say(self.lang, "cli.demo.late.hint")),
            Over::Interrupted | Over::GivenUp => (self.endings.interrupted, ""),
        };
        // The text of an interruption has no place for the seconds.
        let places = [("seconds", &*seconds), ("step", step)];
        Err(Failure::new(exit::FAILED, words::fill(self.lang, key, &places), hint))
    }

    /// Whether all that were started still run.
    ///
    /// # Errors
    /// When one has ended by itself.
    pub fn all_alive(&mut self) -> Result<(), Failure> {
        (0..self.nodes.len()).find_map(|place| self.death_of(place)).map_or(Ok(()), Err)
    }

    /// The failure of a node that has ended by itself, told once.
    fn death_of(&mut self, place: usize) -> Option<Failure> {
        let node = &mut self.nodes[place];
        let status = node.running.as_mut().filter(|_| !node.gone)?.ended()?;
        node.gone = true;
        let said = node.running.as_ref().map(Running::last_words).unwrap_or_default();
        let name = self.seats[place].name(self.lang);
        let places = [("name", name), ("status", &*status.to_string()), ("said", &*said)];
        let message = words::fill(self.lang, "cli.demo.node-ended", &places);
        Some(Failure::new(exit::FAILED, message, words::say(self.lang, "cli.demo.node-ended.hint")))
    }

    /// Lets the nodes run until somebody asks to end; first says where their folders stay, when they do.
    pub fn rest(&mut self, face: &mut Face, exit_then: bool) {
        if self.folder.kept() && !face.is_json() {
            let folder = self.folder.path().display().to_string();
            face.remark(&words::fill(self.lang, "cli.demo.kept", &[("folder", &folder)]));
        }
        if exit_then {
            return;
        }
        face.remark(words::say(self.lang, "cli.demo.hold"));
        // The time was for what was to be shown; from now on only a signal ends it.
        while self.bounds.signals() == 0 {
            for place in 0..self.nodes.len() {
                if let Some(failure) = self.death_of(place) {
                    face.remark(&failure.message);
                }
            }
            std::thread::sleep(HOLD_EVERY);
        }
    }

    /// Stops the nodes, the hubs last.
    pub fn stop(&mut self) {
        self.bounds.give_up();
        let seated = self.seats.iter().zip(self.nodes.drain(..));
        let (hubs, others): (Vec<_>, Vec<_>) = seated.partition(|(seat, _)| seat.role == Role::Hub);
        for group in [others, hubs] {
            stop(group.into_iter().filter_map(|(_, node)| node.running).collect(), &self.bounds);
        }
    }

    /// Takes the folder away, unless it is kept.
    pub fn close(self, face: &mut Face) {
        let path = self.folder.path().display().to_string();
        if let Err(error) = self.folder.close() {
            let places = [("folder", &*path), ("why", &*error.to_string())];
            face.remark(&words::fill(self.lang, "cli.demo.folder-stays", &places));
        }
    }
}
