//! What an import says: of each row with its cells, and of all of them.

use std::collections::BTreeMap;

use catalog::Kind;
use exchange::mapping::Mapping;
use exchange::read::Source;
use exchange::workbook::Shortfall;
use serde_json::{Value as Json, json};

use crate::cli::Import;
use crate::commands::{Context, print_json, print_line, print_note};
use crate::import::{Face, MISSING, Remark, Told};
use crate::office::{Failure, exit};

/// Rows with advice of which people are told one by one.
const ADVISED_ROWS: u64 = 10;
/// Rows that a dry run would change, of which people are told one by one.
const CHANGED_ROWS: u64 = 10;
/// Progress is shown every so many rows.
const PROGRESS: u64 = 500;

/// Tells at the terminal how an import goes.
pub struct Report<'a> {
    context: &'a Context,
    args: &'a Import,
    kind: Kind,
    good: u64,
    refused: u64,
    advised: u64,
    outcomes: BTreeMap<String, u64>,
    missing: BTreeMap<String, u64>,
    shown: u64,
}

/// What is known of a sheet once it is read.
pub struct Sheet {
    name: Option<String>,
    notes: Vec<exchange::Note>,
    unmapped: Vec<String>,
    mapped: Vec<&'static catalog::Field>,
    blank: u64,
    broke_off: bool,
}

impl Sheet {
    pub fn of(name: Option<String>, source: &Source, mapping: &Mapping) -> Sheet {
        // Where all sheets are read, that others are there is no news.
        let news = |note: &&exchange::Note| name.is_none() || note.code != "one_sheet";
        Sheet {
            notes: source.notes().iter().filter(news).cloned().collect(),
            name,
            unmapped: mapping.unmapped(source.headers()),
            // That a workbook of ours is understood is no news either.
            mapped: if source.kind() == Some(mapping.kind()) {
                Vec::new()
            } else {
                mapping.entries().iter().map(|entry| entry.field).collect()
            },
            blank: source.blank_rows(),
            broke_off: source.broke_off(),
        }
    }

    /// A sentence, with the sheet before it where there are several.
    fn note(&self, context: &Context, said: &str) {
        match &self.name {
            Some(sheet) => print_note(&context.fill("cli.import.sheet", &[("sheet", sheet), ("said", said)])),
            None => print_note(said),
        }
    }
}

impl Face for Report<'_> {
    fn told(&mut self, told: &Told) -> Result<(), Failure> {
        let refused = told.outcome == "refused";
        *self.outcomes.entry(told.outcome.clone()).or_default() += u64::from(!refused);
        match refused {
            true => self.refused += 1,
            false => self.good += 1,
        }
        let (advice, faults): (Vec<&Remark>, Vec<&Remark>) =
            told.remarks.iter().partition(|remark| remark.advice);
        faults.into_iter().for_each(|remark| self.refuse(told, remark));
        if !refused {
            self.advised += u64::from(!advice.is_empty());
            advice.into_iter().for_each(|remark| self.advise(told, remark));
            self.good(told);
        }
        Ok(())
    }

    fn went_on(&mut self, rows: u64) -> Result<bool, Failure> {
        if rows / PROGRESS > self.shown {
            self.shown = rows / PROGRESS;
            eprint!("\r{}", self.context.fill("cli.import.progress", &[("rows", &rows.to_string())]));
        }
        Ok(true)
    }
}

impl<'a> Report<'a> {
    pub fn new(context: &'a Context, args: &'a Import, kind: Kind) -> Self {
        let (outcomes, missing) = (BTreeMap::new(), BTreeMap::new());
        Report { context, args, kind, good: 0, refused: 0, advised: 0, outcomes, missing, shown: 0 }
    }

    fn refuse(&self, told: &Told, remark: &Remark) {
        let reason = self.context.lang.pick(&remark.said.0, &remark.said.1);
        if self.context.json {
            let (field, code) = (&remark.field, &remark.code);
            let said = json!({ "outcome": "refused", "field": field, "code": code, "reason": reason });
            return print_json(&line(told, &remark.cells, &said));
        }
        let at = self.at(told, &remark.cells);
        print_line(&self.context.fill("cli.import.refused", &[("at", &at), ("reason", reason)]));
    }

    /// Advice is for people who look at a dry run; a script finds it in the JSON of the dry run too.
    fn advise(&mut self, told: &Told, remark: &Remark) {
        if remark.code == MISSING {
            *self.missing.entry(remark.field.clone()).or_default() += 1;
        }
        if self.args.apply || (remark.code == MISSING && !self.context.json) {
            return;
        }
        let reason = self.context.lang.pick(&remark.said.0, &remark.said.1);
        if self.context.json {
            let (field, code) = (&remark.field, &remark.code);
            let said = json!({ "outcome": "advice", "field": field, "code": code, "reason": reason });
            print_json(&line(told, &remark.cells, &said));
        } else if self.advised <= ADVISED_ROWS {
            let at = self.at(told, &remark.cells);
            print_note(&self.context.fill("cli.import.advice", &[("at", &at), ("reason", reason)]));
        }
    }

    fn good(&self, told: &Told) {
        if self.context.json {
            let mut said = json!({ "outcome": told.outcome, "title": told.title });
            if !told.id.is_empty() {
                said["id"] = json!(told.id);
            }
            if !told.by.is_empty() {
                said["by"] = json!(told.by);
            }
            if !told.changes.is_empty() {
                said["changes"] = json!(told.changes);
            }
            return print_json(&line(told, &[], &said));
        }
        let changed = self.outcomes.get("changed").copied().unwrap_or_default();
        if told.outcome == "changed" && changed <= CHANGED_ROWS {
            let fields: Vec<String> =
                told.changes.iter().map(|change| label(self.kind, &change.field, self.context)).collect();
            let by = self.context.say(&format!("import.by.{}", told.by)).to_owned();
            let places = [("at", &*self.at(told, &[])), ("by", &by), ("fields", &self.context.list(&fields))];
            print_line(&self.context.fill("cli.import.changed", &places));
        }
    }

    fn at(&self, told: &Told, cells: &[String]) -> String {
        let (row, cells_said) = (told.row.to_string(), self.context.list(cells));
        let key = if cells.is_empty() { "cli.import.at" } else { "cli.import.at.cells" };
        let at = self.context.fill(key, &[("row", &row), ("cells", &cells_said)]);
        match &told.sheet {
            Some(sheet) => self.context.fill("cli.import.at.sheet", &[("sheet", sheet), ("at", &at)]),
            None => at,
        }
    }

    /// Says what became of all rows; returns the exit code.
    pub fn finish(
        self,
        rows: u64,
        sheets: &[Sheet],
        passed: &[(String, String)],
        short: Option<Shortfall>,
    ) -> u8 {
        let context = self.context;
        if self.shown > 0 {
            eprintln!();
        }
        passed.iter().for_each(|(zh, en)| print_note(context.lang.pick(zh, en)));
        if !passed.is_empty() {
            print_note(context.say("cli.import.passed.hint"));
        }
        for sheet in sheets {
            for note in &sheet.notes {
                sheet.note(context, context.lang.pick(&note.zh, &note.en));
            }
            if !sheet.unmapped.is_empty() {
                let columns = context.list(&sheet.unmapped);
                sheet.note(context, &context.fill("cli.import.unmapped", &[("columns", &columns)]));
            }
        }
        match context.json {
            true => self.summary_for_scripts(rows, sheets),
            false => self.summary_for_people(rows, sheets),
        }
        if let Some((short, out)) = short.zip(self.args.errors.as_deref()) {
            let file = out.display().to_string();
            print_note(&context.fill("cli.import.errors", &[("file", &file)]));
            let counts = (short.rows.to_string(), short.cut.to_string());
            if short != Shortfall::default() {
                let places = [("rows", counts.0.as_str()), ("cut", counts.1.as_str())];
                print_note(&context.fill("cli.import.errors.short", &places));
            }
        }
        let whole = self.refused == 0 && !sheets.iter().any(|sheet| sheet.broke_off);
        if whole { 0 } else { exit::REJECTED }
    }

    fn summary_for_scripts(&self, rows: u64, sheets: &[Sheet]) {
        let unmapped: Vec<&String> = sheets.iter().flat_map(|sheet| &sheet.unmapped).collect();
        let blank: u64 = sheets.iter().map(|sheet| sheet.blank).sum();
        print_json(&json!({
            "v": 1, "summary": true, "applied": self.args.apply, "rows": rows, "good": self.good,
            "refused": self.refused, "advised": self.advised, "outcomes": self.outcomes,
            "blank": blank, "unmapped": unmapped, "missing": self.missing,
        }));
    }

    fn summary_for_people(&self, rows: u64, sheets: &[Sheet]) {
        let context = self.context;
        let missing: Vec<String> =
            self.missing.iter().map(|(id, n)| format!("{} {n}", label(self.kind, id, context))).collect();
        if !missing.is_empty() {
            print_note(&context.fill("cli.import.incomplete", &[("fields", &context.list(&missing))]));
        }
        for sheet in sheets.iter().filter(|sheet| !sheet.mapped.is_empty()) {
            let mapped: Vec<&str> = sheet.mapped.iter().map(|field| field.label(context.lang)).collect();
            sheet.note(context, &context.fill("cli.import.mapped", &[("fields", &context.list(&mapped))]));
        }
        let counts =
            [("rows", rows), ("good", self.good), ("refused", self.refused), ("advised", self.advised)];
        let counts = counts.map(|(key, n)| (key, n.to_string()));
        let places: Vec<(&str, &str)> = counts.iter().map(|(k, n)| (*k, n.as_str())).collect();
        print_line(&context.fill("cli.import.summary", &places));
        for (outcome, count) in self.outcomes.iter().filter(|(_, count)| **count > 0) {
            let key = format!("cli.outcome.{outcome}");
            print_line(&format!("  {} {count}", context.say(&key)));
        }
        if !self.args.apply {
            print_note(context.say("cli.import.dry"));
        }
    }
}

/// A line for scripts about a row.
fn line(told: &Told, cells: &[String], said: &Json) -> Json {
    let mut line = json!({ "v": 1, "row": told.row });
    if let Some(sheet) = &told.sheet {
        line["sheet"] = json!(sheet);
    }
    if !cells.is_empty() {
        line["cells"] = json!(cells);
    }
    for (key, value) in said.as_object().into_iter().flatten() {
        line[key] = value.clone();
    }
    line
}

fn label(kind: Kind, id: &str, context: &Context) -> String {
    kind.field(id).map_or_else(|| id.to_owned(), |field| field.label(context.lang).to_owned())
}
