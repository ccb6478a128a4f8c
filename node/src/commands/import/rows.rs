//! The rows of an import: each is read as a record, and taken in or named.

use std::collections::BTreeMap;

use catalog::{Context as RowContext, Issue, Kind, Record};
use exchange::read;
use exchange::workbook::{LISTING, Mark, Marked, cell_name};
use serde_json::{Value as Json, json};

use super::report::{Place, Tally};
use super::{Reading, known, template};
use crate::cli::{Import, VisibilityArg};
use crate::commands::{Answerer, Context, Outcome, print_json, text};
use crate::office::{Failure, MAX_ROWS, Request, Row, exit, of_value, this_year};

/// Rows sent in one piece: each piece is one fsync.
const PIECE: usize = 200;
/// Progress is shown every so many rows.
const PROGRESS: u64 = 500;
/// Code of the advice that a field is empty; said once for all rows.
pub const MISSING: &str = "missing";

/// An import under way.
pub struct Importing<'a> {
    pub context: &'a Context,
    pub args: &'a Import,
    pub kind: Kind,
    pub tally: Tally,
    pub sheets: Vec<super::report::Sheet>,
    pub marked: Option<Marked>,
    passed: Vec<String>,
    region: String,
    desk: Option<Answerer>,
    piece: Vec<Row>,
    /// The listings that rows named so far, and where.
    known: BTreeMap<String, u64>,
}

impl<'a> Importing<'a> {
    pub fn new(context: &'a Context, args: &'a Import, kind: Kind, marked: Option<Marked>) -> Self {
        Importing {
            context,
            args,
            kind,
            tally: Tally::default(),
            sheets: Vec::new(),
            marked,
            passed: Vec::new(),
            region: String::new(),
            desk: None,
            piece: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    /// What to say of the sheets that were not read.
    pub fn passed_over(&mut self, why: Vec<String>) {
        self.passed = why;
    }

    /// Whoever takes the rows in. A dry run only asks where the node is: the store is free for others meanwhile.
    fn ask_desk(&mut self) -> Result<(), Failure> {
        if self.region.is_empty() {
            let mut desk = self.context.desk()?;
            let status = desk.ask(&Request::Status)?;
            text(&status, "region").clone_into(&mut self.region);
            self.desk = self.args.apply.then_some(desk);
        }
        Ok(())
    }

    /// Reads one sheet, or a whole file that has none; `named` where there are several.
    pub fn sheet(&mut self, mut reading: Reading, named: bool) -> Result<(), Failure> {
        self.ask_desk()?;
        let name = reading.source.sheet().filter(|_| named).map(str::to_owned);
        if self.marked.is_some() {
            let headers = reading.all_headers(self.context, self.args)?;
            self.mark(|marked| marked.sheet(&reading.source, &headers, &reading.mapping))?;
        }
        while let Some(item) = reading.source.next() {
            self.tally.rows += 1;
            match item {
                Err(problem) => {
                    let place = Place { sheet: name.as_deref(), row: problem.number, cells: Vec::new() };
                    let reason = self.context.lang.pick(&problem.reason_zh, &problem.reason_en);
                    self.refuse(&place, "", problem.code, reason);
                    self.tally.refused += 1;
                    self.mark(|marked| marked.problem(&problem))?;
                }
                Ok(row) => self.row(&row, &reading, name.as_deref())?,
            }
            if self.piece.len() >= PIECE.min(MAX_ROWS) {
                self.send(name.as_deref())?;
            }
            self.progress();
        }
        self.send(name.as_deref())?;
        self.sheets.push(super::report::Sheet::of(name, &reading.source, &reading.mapping));
        Ok(())
    }

    fn progress(&self) {
        if self.tally.rows.is_multiple_of(PROGRESS) {
            let rows = self.tally.rows.to_string();
            eprint!("\r{}", self.context.fill("cli.import.progress", &[("rows", &rows)]));
        }
    }

    /// Ends the import: says what became of the rows.
    pub fn finish(mut self) -> Outcome {
        if self.tally.rows >= PROGRESS {
            eprintln!();
        }
        let marked = self.marked.take().zip(self.args.errors.as_deref());
        let saved = marked.map(|(marked, out)| marked.save(out)).transpose();
        let short = saved.map_err(|fault| template::failed(self.context, &fault))?;
        self.summary(&self.passed, short);
        let broke_off = self.sheets.iter().any(|sheet| sheet.broke_off);
        Ok(if self.tally.refused == 0 && !broke_off { 0 } else { exit::REJECTED })
    }

    fn mark(
        &mut self,
        write: impl FnOnce(&mut Marked) -> Result<(), exchange::workbook::Fault>,
    ) -> Result<(), Failure> {
        let Some(marked) = &mut self.marked else { return Ok(()) };
        write(marked).map_err(|fault| template::failed(self.context, &fault))
    }

    fn row(&mut self, row: &read::Row, reading: &Reading, sheet: Option<&str>) -> Result<(), Failure> {
        let cells = reading.mapping.apply(row);
        let borrowed: Vec<(&str, &str)> = cells.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let against = RowContext {
            default_region: Some(&self.region),
            today_year: this_year(),
            ..RowContext::default()
        };
        let outcome = Record::from_cells(self.kind, &borrowed, &against);
        let place = |issue: &Issue| Place {
            sheet,
            row: row.number,
            cells: if reading.source.has_cells() {
                cells_of(reading, &issue.field, row.number)
            } else {
                Vec::new()
            },
        };
        for issue in &outcome.refused {
            self.refuse(&place(issue), &issue.field, issue.code, issue.reason(self.context.lang));
        }
        let mut failed = None;
        if outcome.is_accepted() {
            if !outcome.advice.is_empty() {
                self.tally.advised += 1;
            }
            for issue in &outcome.advice {
                if issue.code == MISSING {
                    *self.tally.missing.entry(issue.field.clone()).or_default() += 1;
                }
                self.advise(&place(issue), &issue.field, issue.code, issue.reason(self.context.lang));
            }
            failed = self.good(row, reading, &outcome.record, sheet)?;
        }
        match (outcome.is_accepted(), &failed) {
            (true, None) => self.tally.good += 1,
            _ => self.tally.refused += 1,
        }
        let lang = self.context.lang;
        let mut marks: Vec<Mark<'_>> = outcome
            .refused
            .iter()
            .map(|issue| (issue, false))
            .chain(outcome.advice.iter().filter(|issue| issue.code != MISSING).map(|issue| (issue, true)))
            .map(|(issue, advice)| Mark { field: &issue.field, reason: issue.reason(lang), advice })
            .collect();
        marks.extend(failed.as_deref().map(|reason| Mark { field: LISTING, reason, advice: false }));
        self.mark(|marked| marked.row(row, &marks))
    }

    /// A row that can be taken in, or why its listing cannot be changed.
    fn good(
        &mut self,
        row: &read::Row,
        reading: &Reading,
        record: &Record,
        sheet: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let listing = reading.mapping.listing(row);
        if let Some(reason) = listing.as_ref().and_then(|id| self.named_before(id, row.number)) {
            self.refuse_listing(row.number, reading, sheet, &reason);
            return Ok(Some(reason));
        }
        if !self.args.apply && self.context.json {
            let place = Place { sheet, row: row.number, cells: Vec::new() };
            print_json(&place.json(&json!({ "outcome": "good", "title": record.title() })));
        }
        let fields = record.entries().iter().map(|(key, value)| (key.clone(), of_value(value)));
        let fields: BTreeMap<String, Json> = fields.collect();
        match listing {
            Some(id) => self.update(row.number, &id, &fields, reading, sheet),
            None => {
                self.piece.push(Row { row: row.number, fields, private: BTreeMap::new() });
                Ok(None)
            }
        }
    }

    /// Changes the listing that a row of an exported workbook is.
    fn update(
        &mut self,
        row: u64,
        id: &str,
        fields: &BTreeMap<String, Json>,
        reading: &Reading,
        sheet: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let Some(desk) = &mut self.desk else { return Ok(None) };
        let place = Place { sheet, row, cells: Vec::new() };
        match known::update(desk, id, fields, &reading.mapping) {
            Ok(reply) => {
                self.outcome(&place, &reply);
                Ok(None)
            }
            Err(failure) if known::is_of_the_row(&failure) => {
                let (message, hint) = failure.in_words(self.context.lang);
                let reason = [message, hint].join(self.context.lang.pick("；", "; "));
                self.refuse_listing(row, reading, sheet, &reason);
                Ok(Some(reason))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Why a row may not name a listing that another named: somebody copied that row to write a new one below it.
    fn named_before(&mut self, id: &str, row: u64) -> Option<String> {
        let first = *self.known.entry(id.to_owned()).or_insert(row);
        let first_row = first.to_string();
        (first != row).then(|| self.context.fill("cli.import.listing.twice", &[("row", &first_row)]))
    }

    fn refuse_listing(&self, row: u64, reading: &Reading, sheet: Option<&str>, reason: &str) {
        let place = Place { sheet, row, cells: cells_of(reading, LISTING, row) };
        self.refuse(&place, "", "listing", reason);
    }

    fn send(&mut self, sheet: Option<&str>) -> Result<(), Failure> {
        let rows = std::mem::take(&mut self.piece);
        let Some(desk) = self.desk.as_mut().filter(|_| !rows.is_empty()) else { return Ok(()) };
        let request = Request::TakeIn {
            kind: self.kind.id().to_owned(),
            rows,
            publish: self.args.publish,
            visibility: self.args.visibility.map(VisibilityArg::id),
            editors: Vec::new(),
        };
        let reply = desk.ask(&request)?;
        for row in reply["rows"].as_array().into_iter().flatten() {
            let number = row["row"].as_u64().unwrap_or_default();
            self.outcome(&Place { sheet, row: number, cells: Vec::new() }, row);
        }
        Ok(())
    }

    fn outcome(&mut self, place: &Place<'_>, reply: &Json) {
        *self.tally.outcomes.entry(text(reply, "outcome").to_owned()).or_default() += 1;
        if self.context.json {
            print_json(&place.json(reply));
        }
    }
}

/// The cells of a row that a field is read from.
fn cells_of(reading: &Reading, field: &str, row: u64) -> Vec<String> {
    let places = reading.mapping.places(field, reading.source.headers());
    places.into_iter().map(|column| cell_name(column, row)).collect()
}
