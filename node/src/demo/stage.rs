//! The play itself, step by step: found, join, import, compare, hold, close.

use std::time::Instant;

use serde_json::json;

use super::bounds::Bounds;
use super::cast::{CAST, Part};
use super::crew::{Crew, Endings, LOOK_EVERY};
use super::face::{Face, Scene, Step};
use super::folder::Folder;
use super::import::{Imports, Load};
use super::samples::{self, Batch};
use super::{broken, report, watch};
use crate::commands::{Context, Outcome};
use crate::office::Failure;

/// The demonstration as it stands.
pub struct Stage<'a> {
    context: &'a Context,
    bounds: Bounds,
    face: Face,
    crew: Crew,
    step: Step,
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
        let endings = Endings { late: "cli.demo.late", interrupted: "cli.demo.interrupted" };
        let seats = CAST.iter().map(Part::seat).collect();
        Ok(Self {
            context,
            face: Face::new(context.lang, context.json, bounds.clone()),
            crew: Crew::new(context.lang, bounds.clone(), folder, seats, endings)?,
            bounds,
            step: Step::Founding,
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
        self.face.event(
            &json!({ "v": 1, "event": "begin", "folder": self.crew.folder().path().display().to_string() }),
        );
        match self.until_equal(own_files) {
            Ok(()) => {}
            Err(failure) if self.context.json => return Ok(self.end_unequal(failure)),
            Err(failure) => return Err(failure),
        }
        self.crew.rest(&mut self.face, exit_then);
        Ok(0)
    }

    fn until_equal(&mut self, own_files: Vec<Batch>) -> Result<(), Failure> {
        self.found()?;
        self.join()?;
        self.import(own_files)?;
        self.compare()
    }

    fn enter(&mut self, step: Step) {
        self.step = step;
        self.crew.enter(match step {
            Step::Founding => "cli.demo.step.founding",
            Step::Joining => "cli.demo.step.joining",
            Step::Importing => "cli.demo.step.importing",
            Step::Comparing | Step::Equal => "cli.demo.step.comparing",
        });
    }

    /// The first node founds the network.
    fn found(&mut self) -> Result<(), Failure> {
        self.enter(Step::Founding);
        self.show();
        self.crew.make(0, None)?;
        self.crew.start(0, &mut self.face)
    }

    /// The others are invited by it, join, and wait to be admitted.
    fn join(&mut self) -> Result<(), Failure> {
        self.enter(Step::Joining);
        for place in 1..CAST.len() {
            let invitation = self.crew.invite(0, place)?;
            self.show();
            self.crew.make(place, Some(&invitation))?;
            self.show();
            self.crew.start(place, &mut self.face)?;
            self.show();
        }
        self.wait(|stage| stage.crew.joined())
    }

    /// All nodes take in their listings.
    fn import(&mut self, own_files: Vec<Batch>) -> Result<(), Failure> {
        self.enter(Step::Importing);
        let mut loads = Vec::new();
        for (place, part) in CAST.iter().enumerate() {
            let folder = self.crew.folder().path().join("samples").join(part.slug);
            let mut batches = samples::write(place, part, &folder).map_err(broken)?;
            if place == samples::DATA_NODE {
                batches.extend_from_slice(&own_files);
            }
            loads.push(Load { place, home: self.crew.home(place), batches });
        }
        // The total of a folder of one's own shows when it has been read.
        let ours = loads.iter().flat_map(|load| &load.batches).filter_map(|batch| batch.rows).sum();
        self.expected = own_files.is_empty().then_some(ours);
        self.imports = Some(Imports::begin(self.crew.program(), &self.bounds, loads).map_err(broken)?);
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
        self.enter(Step::Comparing);
        let expected = self.expected.unwrap_or_default();
        self.wait(move |stage| watch::common_view(&stage.crew.figures(), expected).is_some())?;
        let (whole, after) = (self.bounds.elapsed(), self.imported_at.map(|at| at.elapsed()));
        let importing = self.imports.as_ref().map(Imports::elapsed);
        self.step = Step::Equal;
        let nodes = self.crew.figures();
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
            folder: self.crew.folder(),
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
        let nodes = self.crew.figures();
        let summary = report::Summary {
            view: None,
            reason: failure.message.clone(),
            whole: self.bounds.elapsed(),
            importing: self.imports.as_ref().map(Imports::elapsed),
            after: self.imported_at.map(|at| at.elapsed()),
            listings: self.imports.as_ref().map(Imports::published).unwrap_or_default(),
            nodes: &nodes,
            folder: self.crew.folder(),
        };
        let document = report::document(self.context.lang, &summary);
        self.face.event(&document);
        self.face.remark(&format!("lianshi: {}", failure.message));
        failure.code
    }

    /// Looks until `reached`.
    fn wait(&mut self, reached: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        while !reached(self) {
            self.look()?;
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn look(&mut self) -> Result<(), Failure> {
        self.crew.in_time()?;
        self.crew.all_alive()?;
        self.show();
        Ok(())
    }

    fn show(&mut self) {
        let (phases, nodes) = (self.crew.phases(), self.crew.figures());
        self.face.show(&Scene { step: self.step, phases, nodes, expected: self.expected });
    }

    /// Stops the nodes, the hub last, and takes the folder away.
    pub fn close(mut self) {
        self.face.erase();
        self.crew.stop();
        if let Some(imports) = self.imports.take() {
            imports.join();
        }
        self.crew.close(&mut self.face);
    }
}
