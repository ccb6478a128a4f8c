//! The rows of an import: each is read as a record, compared, and taken in or named.

use std::collections::BTreeMap;

use catalog::{Context, Issue, Kind, Lang, Record};
use exchange::RowProblem;
use exchange::read;
use exchange::workbook::{LISTING, Mark, Marked, cell_name};
use serde_json::Value as Json;

use super::reading::in_both;
use super::{Face, Reading, Taker};
use crate::office::{Change, Failure, Row, RowOutcome, TableAsk, of_value, this_year};

/// Rows compared and taken in at a time: each piece is one fsync.
const PIECE: usize = 200;
/// Code of the advice that a field is empty; said once for all rows.
pub const MISSING: &str = "missing";
/// Bytes of a hash by which rows of one table are told apart.
const SEEN_BYTES: usize = 16;

/// What an import is to do.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The kind of the rows.
    pub kind: Kind,
    /// The division of rows that name none: six digits.
    pub region: String,
    /// How rows are compared and taken in; its columns are those of each sheet.
    pub ask: TableAsk,
    /// Rows at the top that were done with before.
    pub skip: u64,
}

/// Something to say of a row.
#[derive(Clone, Debug)]
pub struct Remark {
    /// The field's id, a key, [`LISTING`], or empty for the whole row.
    pub field: String,
    /// A stable word for programs.
    pub code: String,
    /// Names of the cells that it is about, such as `B17`; may be empty.
    pub cells: Vec<String>,
    /// Chinese and English.
    pub said: (String, String),
    /// Whether the row is good all the same.
    pub advice: bool,
}

/// What became of a row, or would.
#[derive(Clone, Debug)]
pub struct Told {
    /// The sheet, where several are read.
    pub sheet: Option<String>,
    /// The row, as a spreadsheet counts it.
    pub row: u64,
    /// The title that it gives; empty where it gives none.
    pub title: String,
    /// `new`, `changed`, `unchanged`, `refused`; once applied `published`, `updated`, `drafted`.
    pub outcome: String,
    /// The listing or draft; empty where there is none.
    pub id: String,
    /// By what the listing was known; empty where the row is new.
    pub by: String,
    /// Which fields change.
    pub changes: Vec<Change>,
    /// What is to be said of it.
    pub remarks: Vec<Remark>,
}

/// What became of all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// All rows were done with.
    Whole,
    /// Whoever is told said stop.
    Stopped,
}

/// An import under way.
pub struct Run<'a> {
    terms: Terms,
    taker: &'a mut dyn Taker,
    face: &'a mut dyn Face,
    marked: Option<&'a mut Marked>,
    lang: Lang,
    piece: Vec<Pending>,
    rows: u64,
    /// Records and listings of rows before, as hashes, and in which row they stood.
    seen: BTreeMap<[u8; SEEN_BYTES], u64>,
}

/// A row on its way.
struct Pending {
    told: Told,
    source: Result<read::Row, RowProblem>,
    request: Option<Row>,
}

impl<'a> Run<'a> {
    /// Begins an import; `marked` is written in `lang` beside it, where a table is to come back.
    pub fn new(
        terms: Terms,
        taker: &'a mut dyn Taker,
        face: &'a mut dyn Face,
        marked: Option<(&'a mut Marked, Lang)>,
    ) -> Self {
        let lang = marked.as_ref().map_or(Lang::Zh, |(_, lang)| *lang);
        let marked = marked.map(|(marked, _)| marked);
        Run { terms, taker, face, marked, lang, piece: Vec::new(), rows: 0, seen: BTreeMap::new() }
    }

    /// Reads one sheet, or a whole file that has none; `name` where there are several.
    ///
    /// # Errors
    /// When rows can neither be compared nor taken in, or nobody can be told.
    pub fn sheet(&mut self, reading: &mut Reading, name: Option<&str>) -> Result<Taken, Failure> {
        if let Some(marked) = &mut self.marked {
            let headers = reading.all_headers()?;
            marked
                .sheet(&reading.source, &headers, &reading.mapping)
                .map_err(|fault| Failure::of_fault(&fault))?;
        }
        self.terms.ask.columns = reading.columns();
        while let Some(item) = reading.source.next() {
            self.rows += 1;
            let pending = match item {
                Err(problem) => of_problem(problem, name),
                Ok(row) => self.read(row, reading, name),
            };
            // Of rows that were done with before only that is of interest by which later ones are told apart.
            if self.rows > self.terms.skip {
                self.piece.push(pending);
            }
            if self.piece.len() >= PIECE && !self.finish_piece(reading)? {
                return Ok(Taken::Stopped);
            }
        }
        Ok(if self.finish_piece(reading)? { Taken::Whole } else { Taken::Stopped })
    }

    /// Rows read so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn read(&mut self, row: read::Row, reading: &Reading, sheet: Option<&str>) -> Pending {
        let cells = reading.mapping.apply(&row);
        let borrowed: Vec<(&str, &str)> = cells.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let against = Context {
            default_region: Some(&self.terms.region),
            today_year: this_year(),
            ..Context::default()
        };
        let read = Record::from_cells(self.terms.kind, &borrowed, &against);
        let refused = read.refused.iter().map(|issue| (issue, false));
        let remarks = refused.chain(read.advice.iter().map(|issue| (issue, true)));
        let remark = |(issue, advice): (&Issue, bool)| Remark {
            field: issue.field.clone(),
            code: issue.code.to_owned(),
            cells: cells_of(reading, &issue.field, row.number),
            said: (issue.reason_zh.clone(), issue.reason_en.clone()),
            advice,
        };
        let mut told = Told {
            remarks: remarks.map(remark).collect(),
            title: read.record.title().to_owned(),
            ..of_row(row.number, sheet)
        };
        let mut request = None;
        if read.is_accepted() {
            let fields = read.record.entries().iter().map(|(key, value)| (key.clone(), of_value(value)));
            let listing = reading.mapping.listing(&row);
            let asked = Row { row: row.number, fields: fields.collect(), private: BTreeMap::new(), listing };
            request = self.tell_apart(asked, &mut told, reading);
        }
        Pending { told, source: Ok(row), request }
    }

    /// Tells a row from those before it in the same table. One that says the very same adds nothing; one that claims the listing
    /// or the number of another is refused, since both cannot be meant.
    fn tell_apart(&mut self, row: Row, told: &mut Told, reading: &Reading) -> Option<Row> {
        let text = |key: &str| row.fields.get(key).and_then(Json::as_str).unwrap_or_default();
        let (kind, field, key) = match (&row.listing, text("source_id")) {
            (Some(id), _) => ("listing", LISTING, id.clone()),
            (None, "") => {
                let all = serde_json::to_string(&row.fields).unwrap_or_default();
                ("content", "", all)
            }
            (None, number) => ("number", "source_id", format!("{number}\n{}", text("credit_code"))),
        };
        let first = *self.seen.entry(seen(kind, &key)).or_insert(row.row);
        if first == row.row {
            return Some(row);
        }
        if kind == "content" {
            "unchanged".clone_into(&mut told.outcome);
            "content".clone_into(&mut told.by);
        } else {
            let said = in_both(&format!("cli.import.{kind}.twice"), &[("row", &first.to_string())]);
            refuse(told, field, kind, said, reading);
        }
        None
    }

    /// Compares a piece, takes it in where that is asked, and tells of each row. False where it was told to stop.
    fn finish_piece(&mut self, reading: &Reading) -> Result<bool, Failure> {
        let mut piece = std::mem::take(&mut self.piece);
        if piece.is_empty() {
            return Ok(true);
        }
        let dry = TableAsk { dry: true, ..self.terms.ask.clone() };
        self.ask(&mut piece, &dry, reading)?;
        for pending in piece.iter_mut().filter(|pending| !pending.told.id.is_empty()) {
            let first = *self.seen.entry(seen("is", &pending.told.id)).or_insert(pending.told.row);
            if first != pending.told.row {
                let by = pending.told.by.clone();
                let said = in_both("cli.import.match.twice", &[("row", &first.to_string())]);
                let field = match by.as_str() {
                    "listing" => LISTING,
                    "number" => "source_id",
                    "patent" => "patents",
                    _ => "title",
                };
                refuse(&mut pending.told, field, "listing", said, reading);
                pending.request = None;
            }
        }
        if !self.terms.ask.dry {
            let ask = self.terms.ask.clone();
            self.ask(&mut piece, &ask, reading)?;
        }
        for pending in &piece {
            self.face.told(&pending.told)?;
            self.mark(pending)?;
        }
        self.face.went_on(self.rows)
    }

    /// Asks of each row that is still to be asked of; one that changes nothing is not asked of again.
    fn ask(&mut self, piece: &mut [Pending], ask: &TableAsk, reading: &Reading) -> Result<(), Failure> {
        let rows: Vec<Row> = piece.iter().filter_map(|pending| pending.request.clone()).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let outcomes = self.taker.take(self.terms.kind, rows, ask)?;
        let asked = piece.iter_mut().filter(|pending| pending.request.is_some());
        for (pending, outcome) in asked.zip(outcomes) {
            let RowOutcome { outcome, id, by, changes, failure, .. } = outcome;
            pending.told.outcome = outcome;
            (pending.told.id, pending.told.changes) = (id, changes);
            if !by.is_empty() {
                pending.told.by = by;
            }
            if let Some(failure) = failure {
                let said = |lang: Lang| {
                    let (message, hint) = failure.in_words(lang);
                    let parts: Vec<&str> =
                        [message, hint].into_iter().filter(|part| !part.is_empty()).collect();
                    parts.join(lang.pick("；", "; "))
                };
                refuse(&mut pending.told, LISTING, "listing", (said(Lang::Zh), said(Lang::En)), reading);
            }
            if matches!(pending.told.outcome.as_str(), "unchanged" | "refused") {
                pending.request = None;
            }
        }
        Ok(())
    }

    fn mark(&mut self, pending: &Pending) -> Result<(), Failure> {
        let Some(marked) = &mut self.marked else { return Ok(()) };
        let lang = self.lang;
        let said = |remark: &&Remark| !(remark.advice && remark.code == MISSING);
        let written = match &pending.source {
            Err(problem) => marked.problem(problem),
            Ok(row) => {
                let remarks = pending.told.remarks.iter().filter(said);
                let marks: Vec<Mark<'_>> = remarks.map(|remark| mark_of(remark, lang)).collect();
                marked.row(row, &marks)
            }
        };
        written.map_err(|fault| Failure::of_fault(&fault))
    }
}

fn mark_of(remark: &Remark, lang: Lang) -> Mark<'_> {
    let reason = lang.pick(&remark.said.0, &remark.said.1);
    Mark { field: &remark.field, reason, advice: remark.advice }
}

fn seen(kind: &str, text: &str) -> [u8; SEEN_BYTES] {
    let hash = protocol::hash("row-of-table", &[kind.as_bytes(), text.as_bytes()]);
    let mut short = [0; SEEN_BYTES];
    short.copy_from_slice(&hash.0[..SEEN_BYTES]);
    short
}

fn of_row(row: u64, sheet: Option<&str>) -> Told {
    Told {
        sheet: sheet.map(str::to_owned),
        row,
        title: String::new(),
        outcome: "refused".to_owned(),
        id: String::new(),
        by: String::new(),
        changes: Vec::new(),
        remarks: Vec::new(),
    }
}

fn of_problem(problem: RowProblem, sheet: Option<&str>) -> Pending {
    let remark = Remark {
        field: String::new(),
        code: problem.code.to_owned(),
        cells: Vec::new(),
        said: (problem.reason_zh.clone(), problem.reason_en.clone()),
        advice: false,
    };
    let told = Told { remarks: vec![remark], ..of_row(problem.number, sheet) };
    Pending { told, source: Err(problem), request: None }
}

fn refuse(told: &mut Told, field: &str, code: &str, said: (String, String), reading: &Reading) {
    "refused".clone_into(&mut told.outcome);
    let cells = cells_of(reading, field, told.row);
    let (field, code) = (field.to_owned(), code.to_owned());
    told.remarks.push(Remark { field, code, cells, said, advice: false });
}

/// The cells of a row that a field is read from.
fn cells_of(reading: &Reading, field: &str, row: u64) -> Vec<String> {
    if !reading.source.has_cells() {
        return Vec::new();
    }
    let places = reading.mapping.places(field, reading.source.headers());
    places.into_iter().map(|column| cell_name(column, row)).collect()
}
