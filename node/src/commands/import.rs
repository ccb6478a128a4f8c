//! Import: a dry run that names every row, or the real thing, piece by piece, each piece acknowledged when it is durable.

use std::collections::BTreeMap;

use catalog::{Context as RowContext, Kind, Record};
use exchange::mapping::Mapping;
use exchange::read::{self, HeaderRow, ReadOptions, Source};
use serde_json::{Value as Json, json};

use super::{Answerer, Context, Outcome, file_failure, print_json, print_line, print_note, text};
use crate::cli::{Import, VisibilityArg};
use crate::office::{Failure, MAX_ROWS, Request, Row, exit, kind_of, of_value};

/// Rows sent in one piece: each piece is one fsync.
const PIECE: usize = 200;
/// Progress is shown every so many rows.
const PROGRESS: u64 = 500;

/// What became of the rows so far.
#[derive(Default)]
struct Tally {
    rows: u64,
    good: u64,
    refused: u64,
    advised: u64,
    outcomes: BTreeMap<String, u64>,
    missing: BTreeMap<String, u64>,
}

/// Code of the advice that a field is empty; said once for all rows.
const MISSING: &str = "missing";

pub fn run(context: &Context, args: &Import) -> Outcome {
    let options = ReadOptions {
        format: match &args.format {
            Some(id) => Some(read::Format::from_id(id).ok_or_else(|| {
                Failure::new(exit::USAGE, format!("{id:?}"), "csv, tsv, jsonl, json, xlsx")
            })?),
            None => None,
        },
        sheet: args.sheet.clone(),
        records: args.records.clone(),
        header: match (args.header, args.no_header) {
            (true, _) => HeaderRow::First,
            (_, true) => HeaderRow::Absent,
            _ => HeaderRow::Detect,
        },
        ..ReadOptions::default()
    };
    if let Err(error) = std::fs::metadata(&args.file) {
        return Err(file_failure(&args.file, &error));
    }
    let unread = |error: exchange::ReadError| {
        let said = context.lang.pick(error.zh(), error.to_string());
        Failure::new(exit::REJECTED, format!("{}: {said}", args.file.display()), "")
    };
    let mut source = read::open(args.file.as_path(), &options).map_err(unread)?;
    let kind = match &args.kind {
        Some(kind) => kind_of(kind)?,
        None => source.kind().ok_or_else(|| Failure::said(exit::USAGE, "cli.import.kind", &[]))?,
    };
    let stated = with_title(args.map.clone().unwrap_or_default(), source.headers());
    let mapping = Mapping::of(kind, &stated, &source).map_err(|error| {
        Failure::new(
            exit::USAGE,
            context.lang.pick(error.zh(), error.to_string()),
            context.say("cli.import.map.hint"),
        )
    })?;
    let missing = mapping.missing(source.headers());
    if !missing.is_empty() && source.header_row().is_some() {
        let (names, there) = (context.list(&missing), context.list(source.headers()));
        let message = context.fill("cli.import.missing", &[("columns", &names), ("there", &there)]);
        return Err(Failure::new(exit::USAGE, message, context.say("cli.import.map.hint")));
    }
    let mut import = Importing { context, args, kind, mapping, tally: Tally::default(), piece: Vec::new() };
    import.all(&mut source)
}

/// A list without a header row nearly always begins with the name: its first column is taken for the title where the
/// mapping names none. The note on the missing header says so.
fn with_title(stated: String, headers: &[String]) -> String {
    let nameless = headers.first().is_some_and(|header| header == "column1");
    let named = stated.split(',').any(|part| part.trim_start().starts_with("title="));
    match (nameless && !named, stated.is_empty()) {
        (false, _) => stated,
        (true, true) => "title=column1".to_owned(),
        (true, false) => format!("{stated},title=column1"),
    }
}

struct Importing<'a> {
    context: &'a Context,
    args: &'a Import,
    kind: Kind,
    mapping: Mapping,
    tally: Tally,
    piece: Vec<Row>,
}

impl Importing<'_> {
    fn all(&mut self, source: &mut Source) -> Outcome {
        let mut desk = self.context.desk()?;
        let status = desk.ask(&Request::Status)?;
        let region = text(&status, "region").to_owned();
        let mut answerer = self.args.apply.then_some(desk);
        // A dry run only reads: the store is free for others meanwhile.
        for item in source.by_ref() {
            self.tally.rows += 1;
            match item {
                Err(problem) => {
                    let reason = self.context.lang.pick(&problem.reason_zh, &problem.reason_en);
                    self.refuse(problem.number, "", problem.code, reason);
                }
                Ok(row) => self.row(&row, &region),
            }
            if self.piece.len() >= PIECE.min(MAX_ROWS) {
                self.send(answerer.as_mut())?;
            }
            if self.tally.rows.is_multiple_of(PROGRESS) {
                let rows = self.tally.rows.to_string();
                eprint!("\r{}", self.context.fill("cli.import.progress", &[("rows", &rows)]));
            }
        }
        self.send(answerer.as_mut())?;
        if self.tally.rows >= PROGRESS {
            eprintln!();
        }
        self.summary(source);
        let whole = self.tally.refused == 0 && !source.broke_off();
        Ok(if whole { 0 } else { exit::REJECTED })
    }

    fn row(&mut self, row: &read::Row, region: &str) {
        let cells = self.mapping.apply(row);
        let borrowed: Vec<(&str, &str)> = cells.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let against =
            RowContext { default_region: Some(region), today_year: this_year(), ..RowContext::default() };
        let outcome = Record::from_cells(self.kind, &borrowed, &against);
        if !outcome.is_accepted() {
            for issue in &outcome.refused {
                self.refuse_field(row.number, &issue.field, issue.code, issue.reason(self.context.lang));
            }
            self.tally.refused += 1;
            return;
        }
        self.tally.good += 1;
        if !outcome.advice.is_empty() {
            self.tally.advised += 1;
            for issue in &outcome.advice {
                if issue.code == MISSING {
                    *self.tally.missing.entry(issue.field.clone()).or_default() += 1;
                }
                self.advise(row.number, &issue.field, issue.code, issue.reason(self.context.lang));
            }
        }
        let fields = outcome.record.entries().iter().map(|(key, value)| (key.clone(), of_value(value)));
        let fields: BTreeMap<String, Json> = fields.collect();
        if !self.args.apply && self.context.json {
            let title = outcome.record.title();
            print_json(&json!({ "v": 1, "row": row.number, "outcome": "good", "title": title }));
        }
        self.piece.push(Row { row: row.number, fields, private: BTreeMap::new() });
    }

    fn refuse(&mut self, row: u64, field: &str, code: &str, reason: &str) {
        self.refuse_field(row, field, code, reason);
        self.tally.refused += 1;
    }

    fn refuse_field(&self, row: u64, field: &str, code: &str, reason: &str) {
        if self.context.json {
            let line = json!({ "v": 1, "row": row, "outcome": "refused", "field": field, "code": code, "reason": reason });
            print_json(&line);
        } else {
            let row = row.to_string();
            print_line(
                &self
                    .context
                    .fill("cli.import.refused", &[("row", &row), ("field", field), ("reason", reason)]),
            );
        }
    }

    /// Advice is for people who look at a dry run; a script finds it in the JSON of the dry run too.
    fn advise(&self, row: u64, field: &str, code: &str, reason: &str) {
        if self.args.apply || (code == MISSING && !self.context.json) {
            return;
        }
        if self.context.json {
            let line = json!({ "v": 1, "row": row, "outcome": "advice", "field": field, "code": code, "reason": reason });
            print_json(&line);
        } else if self.tally.advised <= 10 {
            let row = row.to_string();
            let places = [("row", row.as_str()), ("field", field), ("reason", reason)];
            print_note(&self.context.fill("cli.import.advice", &places));
        }
    }

    fn send(&mut self, answerer: Option<&mut Answerer>) -> Result<(), Failure> {
        let rows = std::mem::take(&mut self.piece);
        let Some(answerer) = answerer.filter(|_| !rows.is_empty()) else { return Ok(()) };
        let request = Request::TakeIn {
            kind: self.kind.id().to_owned(),
            rows,
            publish: self.args.publish,
            visibility: self.args.visibility.map(VisibilityArg::id),
            editors: Vec::new(),
        };
        let reply = answerer.ask(&request)?;
        for row in reply["rows"].as_array().into_iter().flatten() {
            *self.tally.outcomes.entry(text(row, "outcome").to_owned()).or_default() += 1;
            if self.context.json {
                print_json(row);
            }
        }
        Ok(())
    }

    fn summary(&self, source: &Source) {
        let context = self.context;
        for note in source.notes() {
            print_note(context.lang.pick(&note.zh, &note.en));
        }
        let unmapped = self.mapping.unmapped(source.headers());
        if !unmapped.is_empty() {
            print_note(&context.fill("cli.import.unmapped", &[("columns", &context.list(&unmapped))]));
        }
        let mapped: Vec<String> =
            self.mapping.entries().iter().map(|entry| entry.field.label(context.lang).to_owned()).collect();
        let tally = &self.tally;
        let label =
            |id: &String| self.kind.field(id).map_or(id.clone(), |f| f.label(context.lang).to_owned());
        let missing: Vec<String> = tally.missing.iter().map(|(id, n)| format!("{} {n}", label(id))).collect();
        if !missing.is_empty() && !context.json {
            print_note(&context.fill("cli.import.incomplete", &[("fields", &context.list(&missing))]));
        }
        if context.json {
            let out = json!({
                "v": 1, "summary": true, "applied": self.args.apply, "rows": tally.rows, "good": tally.good,
                "refused": tally.refused, "advised": tally.advised, "outcomes": tally.outcomes,
                "blank": source.blank_rows(), "unmapped": unmapped, "missing": tally.missing,
            });
            print_json(&out);
            return;
        }
        print_note(&context.fill("cli.import.mapped", &[("fields", &context.list(&mapped))]));
        let counts = [
            ("rows", tally.rows),
            ("good", tally.good),
            ("refused", tally.refused),
            ("advised", tally.advised),
        ];
        let counts = counts.map(|(key, n)| (key, n.to_string()));
        let places: Vec<(&str, &str)> = counts.iter().map(|(k, n)| (*k, n.as_str())).collect();
        print_line(&context.fill("cli.import.summary", &places));
        for (outcome, count) in &tally.outcomes {
            let key = format!("cli.outcome.{outcome}");
            print_line(&format!("  {} {count}", context.say(&key)));
        }
        if !self.args.apply {
            print_note(context.say("cli.import.dry"));
        }
    }
}

fn this_year() -> i64 {
    let now = crate::office::time_text(crate::core::now_ms());
    now.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default()
}
