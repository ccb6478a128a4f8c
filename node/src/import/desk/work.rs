//! The work of an import: its rows are compared, or taken in, and what became of them is kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use catalog::{Kind, Lang};
use exchange::mapping::{Choices, Mapping};
use exchange::read::{Input, ReadOptions};
use exchange::workbook::Marked;
use market::Account;

use super::super::job::{Job, KeptRow, MARKED, RowsOut, State, TABLE};
use super::super::{Face, Order, Run, Taken, Taker, Terms, Told, reading};
use super::{Imports, keep, lock, nothing_there, unkept};
use crate::core::now_ms;
use crate::office::{Failure, Office, Row, RowOutcome, TableAsk, exit, kind_of};

/// Rows of one table: what is kept of them is bounded by it, to some hundred megabytes.
const MAX_ROWS: u64 = 100_000;
/// Rows looked at for samples of each column.
const SAMPLE_ROWS: usize = 20;
/// Samples shown of a column.
const SAMPLES: usize = 3;
/// Characters of a sample.
const SAMPLE_CHARS: usize = 60;

impl Imports {
    /// Does what an import is at, to its end.
    pub(super) fn carry_on(&self, folder: &Path) {
        let Some(mut job) = Job::load(folder) else { return };
        let done = match job.state {
            State::Reading => self.compare(folder, &mut job),
            State::Applying => self.take_in(folder, &mut job),
            _ => return,
        };
        match done {
            Ok(state) => job.state = state,
            Err(failure) => (job.state, job.failure) = (State::Failed, Some(failure)),
        }
        if let Err(failure) = keep(folder, &mut job) {
            tracing::warn!("an import could not be kept: {failure}");
        }
    }

    fn compare(&self, folder: &Path, job: &mut Job) -> Result<State, Failure> {
        (job.rows, job.counts, job.begun_ms) = (0, BTreeMap::new(), 0);
        let (kind, lang) = (kind_of(&job.kind)?, if job.lang == "en" { Lang::En } else { Lang::Zh });
        let mut marked = Marked::new(kind, lang, folder).map_err(|fault| Failure::of_fault(&fault))?;
        let out = RowsOut::create(folder).map_err(|error| unkept(&error))?;
        let order = order(&table_in(folder).ok_or_else(nothing_there)?, job);
        let terms = self.terms(kind, true, job);
        let by = self.office.library().account(&job.by)?;
        let mut taker = Bench { office: &self.office, by: by.as_ref() };
        let mut face = Preview { imports: self, folder, job, out };
        let taken = walk(&order, terms, &mut taker, &mut face, Some((&mut marked, lang)))?;
        face.out.finish().map_err(|error| unkept(&error))?;
        if taken == Taken::Stopped {
            return Ok(self.stopped(State::Reading, State::Chosen));
        }
        marked.save(&folder.join(MARKED)).map_err(|fault| Failure::of_fault(&fault))?;
        Ok(State::Read)
    }

    fn take_in(&self, folder: &Path, job: &mut Job) -> Result<State, Failure> {
        let kind = kind_of(&job.kind)?;
        let missing = || market::MarketError::NoSuchAccount { name: job.by.clone() };
        let by = self.office.library().account(&job.by)?.ok_or_else(missing)?;
        let order = order(&table_in(folder).ok_or_else(nothing_there)?, job);
        let terms = self.terms(kind, false, job);
        let mut taker = Bench { office: &self.office, by: Some(&by) };
        let mut face = Applied { imports: self, folder, job };
        match walk(&order, terms, &mut taker, &mut face, None)? {
            Taken::Whole => Ok(State::Done),
            Taken::Stopped => Ok(self.stopped(State::Applying, State::Stopped)),
        }
    }

    /// Where an import stands that was told to stop: by the node's end it goes on from there.
    fn stopped(&self, by_the_end: State, by_a_person: State) -> State {
        if self.stopping.load(Ordering::Acquire) { by_the_end } else { by_a_person }
    }

    fn goes_on(&self, folder: &Path) -> bool {
        !self.stopping.load(Ordering::Acquire) && !lock(&self.stops).contains(folder)
    }

    fn terms(&self, kind: Kind, dry: bool, job: &Job) -> Terms {
        let region = format!("{:06}", self.office.identity().certificate.body.region);
        let begun_ms = if dry { now_ms() } else { job.begun_ms };
        let ask = TableAsk { columns: Vec::new(), begun_ms, dry, publish: job.publish, visibility: None };
        Terms { kind, region, ask, skip: job.rows }
    }
}

fn walk(
    order: &Order,
    terms: Terms,
    taker: &mut dyn Taker,
    face: &mut dyn Face,
    marked: Option<(&mut Marked, Lang)>,
) -> Result<Taken, Failure> {
    let kind = terms.kind;
    let mut run = Run::new(terms, taker, face, marked);
    let mut taken = Taken::Whole;
    order.each_sheet(kind, |mut reading, name| {
        if taken == Taken::Whole {
            taken = run.sheet(&mut reading, name.as_deref())?;
        }
        Ok(())
    })?;
    Ok(taken)
}

/// The ending of a file's name, which says what the file is where its bytes do not.
pub(super) fn ending(name: &str) -> String {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let ending: String = ending.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    ending.to_ascii_lowercase()
}

pub(super) fn table_in(folder: &Path) -> Option<PathBuf> {
    let mut entries = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    entries.find(|path| path.file_stem().is_some_and(|stem| stem == TABLE))
}

pub(super) fn order(file: &Path, job: &Job) -> Order {
    let choices = |of: &BTreeMap<String, String>| {
        let mut choices = Choices::default();
        of.iter().for_each(|(header, key)| choices.choose(header, key));
        choices
    };
    Order {
        input: Input::from(file),
        options: ReadOptions { helper: crate::apart::helper(), ..ReadOptions::default() },
        stated: String::new(),
        chosen: choices(&job.chosen),
        remembered: choices(&job.remembered),
    }
}

/// The kind of which most columns are known; of equals the first.
pub(super) fn likely(order: &Order) -> Result<Kind, Failure> {
    let source = exchange::read::open(order.input.clone(), &order.options);
    let source = source.map_err(|error| reading::unread(&error))?;
    let known = |kind: &Kind| Mapping::guess(*kind, source.headers()).entries().len();
    let most = Kind::ALL.iter().rev().max_by_key(|kind| known(kind));
    Ok(most.copied().unwrap_or(Kind::Achievement))
}

/// The first texts of each column.
pub(super) fn samples(source: &mut exchange::read::Source) -> BTreeMap<String, Vec<String>> {
    let mut samples: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in source.by_ref().take(SAMPLE_ROWS).flatten() {
        for (header, text) in row.cells.into_iter().filter(|(_, text)| !text.is_empty()) {
            let own = samples.entry(header).or_default();
            let text = catalog::fold::clip(&catalog::fold::line(&text), SAMPLE_CHARS);
            if own.len() < SAMPLES && !own.contains(&text) {
                own.push(text);
            }
        }
    }
    samples
}

/// The office, asked by this process.
struct Bench<'a> {
    office: &'a Office,
    by: Option<&'a Account>,
}

impl Taker for Bench<'_> {
    fn take(&mut self, kind: Kind, rows: Vec<Row>, ask: &TableAsk) -> Result<Vec<RowOutcome>, Failure> {
        self.office.take_table(kind, &rows, ask, self.by)
    }
}

/// Keeps what rows would become.
struct Preview<'a> {
    imports: &'a Imports,
    folder: &'a Path,
    job: &'a mut Job,
    out: RowsOut,
}

impl Face for Preview<'_> {
    fn told(&mut self, told: &Told) -> Result<(), Failure> {
        let kept = KeptRow::of(told);
        *self.job.counts.entry(kept.outcome.clone()).or_default() += 1;
        if kept.outcome != "refused" && kept.remarks.iter().any(|remark| remark.advice) {
            *self.job.counts.entry("advised".to_owned()).or_default() += 1;
        }
        self.out.put(&kept).map_err(|error| unkept(&error))
    }

    fn went_on(&mut self, rows: u64) -> Result<bool, Failure> {
        if rows > MAX_ROWS {
            let most = MAX_ROWS.to_string();
            return Err(Failure::said(exit::REJECTED, "import.failure.rows", &[("most", &most)]));
        }
        self.job.rows = rows;
        keep(self.folder, self.job)?;
        Ok(self.imports.goes_on(self.folder))
    }
}

/// Counts what rows became.
struct Applied<'a> {
    imports: &'a Imports,
    folder: &'a Path,
    job: &'a mut Job,
}

impl Face for Applied<'_> {
    fn told(&mut self, told: &Told) -> Result<(), Failure> {
        *self.job.outcomes.entry(told.outcome.clone()).or_default() += 1;
        Ok(())
    }

    fn went_on(&mut self, rows: u64) -> Result<bool, Failure> {
        self.job.rows = rows;
        keep(self.folder, self.job)?;
        Ok(self.imports.goes_on(self.folder))
    }
}
