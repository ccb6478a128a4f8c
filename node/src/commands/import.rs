//! Import: a dry run that says of every row what it would become, or the real thing, piece by piece, each piece acknowledged when
//! it is durable.
//!
//! A workbook's sheets are read in turn where several hold rows of the kind. What was refused or deserves a second look may come
//! back as the same table with its cells marked (`--errors`).

mod report;

use std::collections::BTreeMap;
use std::path::Path;

use catalog::Kind;
use exchange::mapping::{Choices, Mapping, Origin};
use exchange::read::{self, HeaderRow, Input, ReadOptions};
use exchange::workbook::Marked;
use serde_json::Value as Json;

use super::{Answerer, Context, Outcome, file_failure, text};
use crate::cli::{Import, VisibilityArg};
use crate::core::now_ms;
use crate::import::{Order, Run, Taken, Taker, Terms};
use crate::office::{Failure, Request, Row, RowOutcome, TableAsk, exit, kind_of};
use report::{Report, Sheet};

pub fn run(context: &Context, args: &Import) -> Outcome {
    if let Err(error) = std::fs::metadata(&args.file) {
        return Err(file_failure(&args.file, &error));
    }
    let mut order = Order {
        input: Input::from(args.file.as_path()),
        options: options(args)?,
        stated: args.map.clone().unwrap_or_default(),
        chosen: Choices::default(),
        remembered: Choices::default(),
    };
    let contents = order.look().map_err(|failure| named(args, failure))?;
    let kind = match (&args.kind, contents.kind) {
        (Some(kind), _) => kind_of(kind)?,
        (None, Some(kind)) => kind,
        (None, None) => return Err(Failure::said(exit::USAGE, "cli.import.kind", &[])),
    };
    let mut marked = args.errors.as_deref().map(|out| begin_marked(context, args, kind, out)).transpose()?;
    let mut desk = context.desk()?;
    order.remembered = remembered(&mut desk, kind)?;
    let terms = Terms { kind, region: region(&mut desk)?, ask: ask(args), skip: 0 };
    let mut report = Report::new(context, args, kind);
    let (mut sheets, mut stated) = (Vec::new(), BTreeMap::new());
    let mut run =
        Run::new(terms, &mut desk, &mut report, marked.as_mut().map(|marked| (marked, context.lang)));
    let passed = order.each_sheet(kind, |mut reading, name| {
        // The command line never says stop.
        let (Taken::Whole | Taken::Stopped) = run.sheet(&mut reading, name.as_deref())?;
        stated.extend(by_hand(&order.stated, &reading.mapping));
        sheets.push(Sheet::of(name, &reading.source, &reading.mapping));
        Ok(())
    });
    let passed = passed.map_err(|failure| named(args, failure))?;
    let rows = run.rows();
    if args.apply && !stated.is_empty() {
        desk.ask(&Request::Remember { kind: kind.id().to_owned(), choices: stated })?;
    }
    let saved = marked.zip(args.errors.as_deref()).map(|(marked, out)| marked.save(out)).transpose();
    let short = saved.map_err(|fault| Failure::of_fault(&fault))?;
    Ok(report.finish(rows, &sheets, &passed, short))
}

fn options(args: &Import) -> Result<ReadOptions, Failure> {
    Ok(ReadOptions {
        format: match &args.format {
            Some(id) => Some(read::Format::from_id(id).ok_or_else(|| {
                Failure::new(exit::USAGE, format!("{id:?}"), "csv, tsv, jsonl, json, xlsx, xls")
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
        helper: crate::apart::helper(),
        ..ReadOptions::default()
    })
}

fn ask(args: &Import) -> TableAsk {
    TableAsk {
        columns: Vec::new(),
        begun_ms: now_ms(),
        dry: !args.apply,
        // A dry run compares with what is published, which is what an import mostly changes.
        publish: args.publish || !args.apply,
        visibility: args.visibility.map(VisibilityArg::id),
    }
}

/// A failure of reading, with the file's name.
fn named(args: &Import, failure: Failure) -> Failure {
    if failure.code != exit::REJECTED {
        return failure;
    }
    let file = args.file.display();
    let (message, message_zh) =
        (format!("{file}: {}", failure.message), format!("{file}：{}", failure.message_zh));
    Failure { message, message_zh, ..failure }
}

/// What was chosen for columns before, on this node.
fn remembered(desk: &mut Answerer, kind: Kind) -> Result<Choices, Failure> {
    let reply = desk.ask(&Request::Remembered { kind: kind.id().to_owned() })?;
    let mut choices = Choices::default();
    for (header, field) in reply["choices"].as_object().into_iter().flatten() {
        choices.choose(header, field.as_str().unwrap_or_default());
    }
    Ok(choices)
}

fn region(desk: &mut Answerer) -> Result<String, Failure> {
    Ok(text(&desk.ask(&Request::Status)?, "region").to_owned())
}

/// The columns that a mapping takes since they were stated.
fn by_hand(stated: &str, mapping: &Mapping) -> BTreeMap<String, String> {
    let own = Mapping::parse(mapping.kind(), stated);
    let entries = own.iter().flat_map(|own| own.entries());
    let columns = entries.filter_map(|entry| match &entry.from {
        Origin::Columns(columns) => Some((&entry.key, columns)),
        Origin::Constant(_) => None,
    });
    columns.flat_map(|(key, columns)| columns.iter().map(|column| (column.clone(), key.clone()))).collect()
}

/// The workbook that is to come back. It never takes the place of the one that it is about.
fn begin_marked(context: &Context, args: &Import, kind: Kind, out: &Path) -> Result<Marked, Failure> {
    let same = std::fs::canonicalize(out).ok().zip(std::fs::canonicalize(&args.file).ok());
    if same.is_some_and(|(out, file)| out == file) {
        let file = out.display().to_string();
        return Err(Failure::said(exit::USAGE, "cli.import.errors.same", &[("file", &file)]));
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::metadata(folder).map_err(|error| file_failure(folder, &error))?;
    Marked::new(kind, context.lang, folder).map_err(|fault| Failure::of_fault(&fault))
}

impl Taker for Answerer {
    fn take(&mut self, kind: Kind, rows: Vec<Row>, ask: &TableAsk) -> Result<Vec<RowOutcome>, Failure> {
        let reply = self.ask(&Request::TakeTable { kind: kind.id().to_owned(), rows, ask: ask.clone() })?;
        let rows: Vec<Json> = reply["rows"].as_array().cloned().unwrap_or_default();
        let read = rows.into_iter().map(serde_json::from_value).collect::<Result<_, _>>();
        read.map_err(|error: serde_json::Error| {
            Failure::said(exit::FAILED, "cli.failure.reply", &[("what", &error.to_string())])
        })
    }
}
