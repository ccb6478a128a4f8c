//! The play itself, step by step: found, join, import, compare, hold, close.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use super::bounds::{Bounds, Over};
use super::cast::CAST;
use super::face::{Face, Phase, Scene, Step};
use super::folder::Folder;
use super::import::{Imports, Load};
use super::program::{Program, Running};
use super::samples::{self, Batch};
use super::watch::{self, Figures, Watched};
use super::{broken, report};
use crate::commands::{Context, Outcome};
use crate::office::{Failure, exit};

/// What is awaited is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Once all is shown, the nodes are looked at this often.
const HOLD_EVERY: Duration = Duration::from_millis(200);

/// One node as the demonstration has it.
#[derive(Debug, Default)]
struct Node {
    running: Option<Running>,
    watched: Option<Watched>,
    gone: bool,
}

/// The demonstration as it stands.
pub struct Stage<'a> {
    context: &'a Context,
    bounds: Bounds,
    program: Program,
    face: Face,
    folder: Folder,
    step: Step,
    nodes: Vec<Node>,
    imports: Option<Imports>,
    expected: Option<u64>,
    imported_at: Option<Instant>,
}

impl<'a> Stage<'a> {
    /// All set, nothing begun.
    ///
    /// # Errors
    /// When the system does not say where this program lies.
    pub fn new(context: &'a Context, bounds: Bounds, folder: Folder) -> Result<Self, Failure> {
        Ok(Self {
            context,
            program: Program::this(context.lang).map_err(broken)?,
            face: Face::new(context.lang, context.json, bounds.clone()),
            bounds,
            folder,
            step: Step::Founding,
            nodes: CAST.iter().map(|_| Node::default()).collect(),
            imports: None,
            expected: None,
            imported_at: None,
        })
    }

    /// Plays it until all views are equal and, unless it is to exit then, until somebody ends it. Returns the exit code.
    ///
    /// # Errors
    /// What kept the views from becoming equal.
    pub fn play(&mut self, own_files: Vec<Batch>, exit_then: bool) -> Outcome {
        self.face
            .event(&json!({ "v": 1, "event": "begin", "folder": self.folder.path().display().to_string() }));
        match self.until_equal(own_files) {
            Ok(()) => {}
            Err(failure) if self.context.json => return Ok(self.end_unequal(failure)),
            Err(failure) => return Err(failure),
        }
        if self.folder.kept() && !self.context.json {
            let folder = self.folder.path().display().to_string();
            self.face.remark(&self.context.fill("cli.demo.kept", &[("folder", &folder)]));
        }
        if !exit_then {
            self.hold();
        }
        Ok(0)
    }

    fn until_equal(&mut self, own_files: Vec<Batch>) -> Result<(), Failure> {
        self.found()?;
        self.join()?;
        self.import(own_files)?;
        self.compare()
    }

    fn home(&self, place: usize) -> PathBuf {
        self.folder.path().join(CAST[place].slug)
    }

    /// The first node founds the network.
    fn found(&mut self) -> Result<(), Failure> {
        self.show();
        self.make(0, None)?;
        self.start(0)
    }

    /// The others are invited by it, join, and wait to be admitted.
    fn join(&mut self) -> Result<(), Failure> {
        self.step = Step::Joining;
        for (place, part) in CAST.iter().enumerate().skip(1) {
            let invitation = self.folder.path().join(format!("{}.invitation", part.slug));
            let arguments = [
                "invite".into(),
                "--role".into(),
                part.role.id().into(),
                "--region".into(),
                part.region.into(),
                "--out".into(),
                OsString::from(&invitation),
            ];
            self.command(0, "invite", &arguments)?;
            self.make(place, Some(&invitation))?;
            self.start(place)?;
        }
        self.wait(|scene| scene.nodes.iter().all(|n| n.as_ref().is_some_and(|n| n.admitted && n.peers > 0)))
    }

    /// Makes a home: from the sample configuration of its role, with an invitation unless it founds the network.
    fn make(&mut self, place: usize, invitation: Option<&Path>) -> Result<(), Failure> {
        let (part, home) = (&CAST[place], self.home(place));
        let config = part.config().and_then(|config| Ok(toml::to_string_pretty(&config)?)).map_err(broken)?;
        let file = self.folder.path().join(format!("{}.toml", part.slug));
        std::fs::create_dir_all(&home).and_then(|()| std::fs::write(&file, config)).map_err(broken)?;
        let mut arguments: Vec<OsString> = ["init", "--name", part.name.0, "--name-en", part.name.1]
            .into_iter()
            .chain(["--role", part.role.id(), "--region", part.region, "--config"])
            .map(OsString::from)
            .collect();
        arguments.push(file.into());
        if let Some(invitation) = invitation {
            arguments.extend(["--join".into(), OsString::from(invitation)]);
        }
        self.command(place, "init", &arguments)
    }

    /// Runs a command in the home of a node; it must end well.
    fn command(&mut self, place: usize, what: &str, arguments: &[OsString]) -> Result<(), Failure> {
        self.show();
        let home = self.home(place);
        let code = self.program.finish(&home, arguments, &self.bounds, |_| {})?;
        self.in_time()?;
        if code == 0 { Ok(()) } else { Err(self.program.unsuccessful(what, &home)) }
    }

    /// Starts a node and waits until it answers.
    fn start(&mut self, place: usize) -> Result<(), Failure> {
        let (part, home) = (&CAST[place], self.home(place));
        self.nodes[place].running = Some(self.program.start(&home)?);
        while watch::ask(&home).is_none() {
            self.in_time()?;
            self.all_alive()?;
            std::thread::sleep(LOOK_EVERY);
        }
        self.nodes[place].watched = Some(Watched::begin(home.clone()).map_err(broken)?);
        self.face.event(&json!({
            "v": 1, "event": "node", "name": part.name(self.context.lang), "role": part.role.id(), "region": part.region,
            "home": home.display().to_string(),
        }));
        self.show();
        Ok(())
    }

    /// All nodes take in their listings.
    fn import(&mut self, own_files: Vec<Batch>) -> Result<(), Failure> {
        self.step = Step::Importing;
        let mut loads = Vec::new();
        for (place, part) in CAST.iter().enumerate() {
            let folder = self.folder.path().join("samples").join(part.slug);
            let mut batches = samples::write(place, part, &folder).map_err(broken)?;
            if place == samples::DATA_NODE {
                batches.extend_from_slice(&own_files);
            }
            loads.push(Load { place, home: self.home(place), batches });
        }
        // The total of a folder of one's own shows when it has been read.
        let ours = loads.iter().flat_map(|load| &load.batches).filter_map(|batch| batch.rows).sum();
        self.expected = own_files.is_empty().then_some(ours);
        self.imports = Some(Imports::begin(&self.program, &self.bounds, loads).map_err(broken)?);
        while !self.take_news()? {
            self.look()?;
            std::thread::sleep(LOOK_EVERY);
        }
        self.imported_at = Some(Instant::now());
        self.expected = self.imports.as_ref().map(Imports::published);
        Ok(())
    }

    /// Tells what the imports did since the last time; whether they have all ended.
    fn take_news(&mut self) -> Result<bool, Failure> {
        let Some(imports) = &mut self.imports else { return Ok(true) };
        let ended = imports.ended()?;
        for file in imports.news() {
            let own = !file.file.ends_with("-written.jsonl") && !file.file.ends_with("-generated.jsonl");
            report::imported(self.context.lang, &mut self.face, &file, own);
        }
        Ok(ended)
    }

    /// Waits until all views are equal, and says so.
    fn compare(&mut self) -> Result<(), Failure> {
        self.step = Step::Comparing;
        let expected = self.expected.unwrap_or_default();
        self.wait(move |scene| watch::common_view(&scene.nodes, expected).is_some())?;
        let (whole, after) = (self.bounds.elapsed(), self.imported_at.map(|at| at.elapsed()));
        let importing = self.imports.as_ref().map(Imports::elapsed);
        self.step = Step::Equal;
        let nodes = self.figures();
        self.show();
        if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
            self.face.erase();
        }
        let summary = report::Summary {
            view: watch::common_view(&nodes, expected),
            reason: String::new(),
            whole,
            importing,
            after,
            listings: expected,
            nodes: &nodes,
            folder: &self.folder,
        };
        if self.context.json {
            self.face.event(&report::document(self.context.lang, &summary));
        } else {
            for line in report::words_of(self.context.lang, &summary) {
                self.face.say(&line);
            }
        }
        Ok(())
    }

    /// For scripts: the last object says that the views are not equal, and why.
    fn end_unequal(&mut self, failure: Failure) -> u8 {
        let nodes = self.figures();
        let summary = report::Summary {
            view: None,
            reason: failure.message.clone(),
            whole: self.bounds.elapsed(),
            importing: self.imports.as_ref().map(Imports::elapsed),
            after: self.imported_at.map(|at| at.elapsed()),
            listings: self.imports.as_ref().map(Imports::published).unwrap_or_default(),
            nodes: &nodes,
            folder: &self.folder,
        };
        let document = report::document(self.context.lang, &summary);
        self.face.event(&document);
        self.face.remark(&format!("lianshi: {}", failure.message));
        failure.code
    }

    /// Lets the nodes run until somebody asks to end.
    fn hold(&mut self) {
        self.face.remark(self.context.say("cli.demo.hold"));
        // The time was for becoming equal; from now on only a signal ends it.
        while self.bounds.signals() == 0 {
            for place in 0..CAST.len() {
                if let Some(failure) = self.death_of(place) {
                    self.face.remark(&failure.message);
                }
            }
            std::thread::sleep(HOLD_EVERY);
        }
    }

    /// Looks until `reached`.
    fn wait(&mut self, reached: impl Fn(&Scene) -> bool) -> Result<(), Failure> {
        while !reached(&self.scene()) {
            self.look()?;
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn look(&mut self) -> Result<(), Failure> {
        self.in_time()?;
        self.all_alive()?;
        self.show();
        Ok(())
    }

    fn show(&mut self) {
        let scene = self.scene();
        self.face.show(&scene);
    }

    fn figures(&self) -> Vec<Option<Figures>> {
        self.nodes.iter().map(|node| node.watched.as_ref().and_then(Watched::figures)).collect()
    }

    fn scene(&self) -> Scene {
        let nodes = self.figures();
        let phase = |(node, figures): (&Node, &Option<Figures>)| match (node, figures) {
            (Node { gone: true, .. }, _) => Phase::Gone,
            (Node { running: None, .. }, _) => Phase::Waiting,
            (_, Some(figures)) if figures.admitted => Phase::Busy,
            _ => Phase::Joining,
        };
        let phases = self.nodes.iter().zip(&nodes).map(phase).collect();
        Scene { step: self.step, phases, nodes, expected: self.expected }
    }

    fn in_time(&self) -> Result<(), Failure> {
        let step = self.context.say(match self.step {
            Step::Founding => "cli.demo.step.founding",
            Step::Joining => "cli.demo.step.joining",
            Step::Importing => "cli.demo.step.importing",
            Step::Comparing | Step::Equal => "cli.demo.step.comparing",
        });
        match self.bounds.over() {
            None => Ok(()),
            Some(Over::Late) => {
                let seconds = self.bounds.limit().as_secs().to_string();
                let message = self.context.fill("cli.demo.late", &[("seconds", &seconds), ("step", step)]);
                Err(Failure::new(exit::FAILED, message, self.context.say("cli.demo.late.hint")))
            }
            Some(Over::Interrupted | Over::GivenUp) => Err(Failure::new(
                exit::FAILED,
                self.context.fill("cli.demo.interrupted", &[("step", step)]),
                "",
            )),
        }
    }

    fn all_alive(&mut self) -> Result<(), Failure> {
        (0..CAST.len()).find_map(|place| self.death_of(place)).map_or(Ok(()), Err)
    }

    /// The failure of a node that has ended by itself, told once.
    fn death_of(&mut self, place: usize) -> Option<Failure> {
        let node = &mut self.nodes[place];
        let status = node.running.as_mut().filter(|_| !node.gone)?.ended()?;
        node.gone = true;
        let said = node.running.as_ref().map(Running::last_words).unwrap_or_default();
        let places =
            [("name", CAST[place].name(self.context.lang)), ("status", &status.to_string()), ("said", &said)];
        let message = self.context.fill("cli.demo.node-ended", &places);
        Some(Failure::new(exit::FAILED, message, self.context.say("cli.demo.node-ended.hint")))
    }

    /// Stops the nodes, the hub last, and takes the folder away.
    pub fn close(mut self) {
        self.bounds.give_up();
        self.face.erase();
        let mut running: Vec<Running> = self.nodes.drain(..).filter_map(|node| node.running).collect();
        let others = running.split_off(running.len().min(1));
        for mut group in [others, running] {
            group.iter_mut().for_each(Running::ask_to_stop);
            group.into_iter().for_each(|node| node.wait(&self.bounds));
        }
        if let Some(imports) = self.imports.take() {
            imports.join();
        }
        let path = self.folder.path().display().to_string();
        if let Err(error) = self.folder.close() {
            let places = [("folder", &*path), ("why", &*error.to_string())];
            self.face.remark(&self.context.fill("cli.demo.folder-stays", &places));
        }
    }
}
