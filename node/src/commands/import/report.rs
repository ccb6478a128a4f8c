//! What an import says: of each row with its cells, and of all of them.

use std::collections::BTreeMap;

use catalog::Kind;
use exchange::mapping::Mapping;
use exchange::read::Source;
use exchange::workbook::Shortfall;
use serde_json::{Value as Json, json};

use super::rows::{Importing, MISSING};
use crate::commands::{Context, print_json, print_line, print_note};

/// Rows with advice of which people are told one by one.
const ADVISED_ROWS: u64 = 10;

/// What became of the rows so far.
#[derive(Default)]
pub struct Tally {
    pub rows: u64,
    pub good: u64,
    pub refused: u64,
    pub advised: u64,
    pub outcomes: BTreeMap<String, u64>,
    pub missing: BTreeMap<String, u64>,
}

/// Where in the file something is.
pub struct Place<'a> {
    /// The sheet, where several are read.
    pub sheet: Option<&'a str>,
    pub row: u64,
    /// Cells by name, such as `B17`.
    pub cells: Vec<String>,
}

impl Place<'_> {
    fn said(&self, context: &Context) -> String {
        let (row, cells) = (self.row.to_string(), context.list(&self.cells));
        let key = if self.cells.is_empty() { "cli.import.at" } else { "cli.import.at.cells" };
        let at = context.fill(key, &[("row", &row), ("cells", &cells)]);
        match self.sheet {
            Some(sheet) => context.fill("cli.import.at.sheet", &[("sheet", sheet), ("at", &at)]),
            None => at,
        }
    }

    /// A line for scripts about this place.
    pub fn json(&self, said: &Json) -> Json {
        let mut line = json!({ "v": 1, "row": self.row });
        if let Some(sheet) = self.sheet {
            line["sheet"] = json!(sheet);
        }
        if !self.cells.is_empty() {
            line["cells"] = json!(self.cells);
        }
        for (key, value) in said.as_object().into_iter().flatten().filter(|(key, _)| *key != "row") {
            line[key] = value.clone();
        }
        line
    }
}

/// What is known of a sheet once it is read.
pub struct Sheet {
    name: Option<String>,
    notes: Vec<exchange::Note>,
    unmapped: Vec<String>,
    mapped: Vec<&'static catalog::Field>,
    blank: u64,
    pub broke_off: bool,
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

impl Importing<'_> {
    pub fn refuse(&self, place: &Place<'_>, field: &str, code: &str, reason: &str) {
        if self.context.json {
            let said = json!({ "outcome": "refused", "field": field, "code": code, "reason": reason });
            return print_json(&place.json(&said));
        }
        let at = place.said(self.context);
        print_line(&self.context.fill("cli.import.refused", &[("at", &at), ("reason", reason)]));
    }

    /// Advice is for people who look at a dry run; a script finds it in the JSON of the dry run too.
    pub fn advise(&self, place: &Place<'_>, field: &str, code: &str, reason: &str) {
        if self.args.apply || (code == MISSING && !self.context.json) {
            return;
        }
        if self.context.json {
            let said = json!({ "outcome": "advice", "field": field, "code": code, "reason": reason });
            print_json(&place.json(&said));
        } else if self.tally.advised <= ADVISED_ROWS {
            let at = place.said(self.context);
            print_note(&self.context.fill("cli.import.advice", &[("at", &at), ("reason", reason)]));
        }
    }

    pub fn summary(&self, passed: &[String], short: Option<Shortfall>) {
        let context = self.context;
        passed.iter().for_each(|why| print_note(why));
        for sheet in &self.sheets {
            for note in &sheet.notes {
                sheet.note(context, context.lang.pick(&note.zh, &note.en));
            }
            if !sheet.unmapped.is_empty() {
                let columns = context.list(&sheet.unmapped);
                sheet.note(context, &context.fill("cli.import.unmapped", &[("columns", &columns)]));
            }
        }
        match context.json {
            true => self.summary_for_scripts(),
            false => self.summary_for_people(),
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
    }

    fn summary_for_scripts(&self) {
        let tally = &self.tally;
        let unmapped: Vec<&String> = self.sheets.iter().flat_map(|sheet| &sheet.unmapped).collect();
        let blank: u64 = self.sheets.iter().map(|sheet| sheet.blank).sum();
        print_json(&json!({
            "v": 1, "summary": true, "applied": self.args.apply, "rows": tally.rows, "good": tally.good,
            "refused": tally.refused, "advised": tally.advised, "outcomes": tally.outcomes,
            "blank": blank, "unmapped": unmapped, "missing": tally.missing,
        }));
    }

    fn summary_for_people(&self) {
        let (context, tally) = (self.context, &self.tally);
        let missing: Vec<String> =
            tally.missing.iter().map(|(id, n)| format!("{} {n}", label(self.kind, id, context))).collect();
        if !missing.is_empty() {
            print_note(&context.fill("cli.import.incomplete", &[("fields", &context.list(&missing))]));
        }
        for sheet in self.sheets.iter().filter(|sheet| !sheet.mapped.is_empty()) {
            let mapped: Vec<&str> = sheet.mapped.iter().map(|field| field.label(context.lang)).collect();
            sheet.note(context, &context.fill("cli.import.mapped", &[("fields", &context.list(&mapped))]));
        }
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

fn label(kind: Kind, id: &str, context: &Context) -> String {
    kind.field(id).map_or_else(|| id.to_owned(), |field| field.label(context.lang).to_owned())
}
