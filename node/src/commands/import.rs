//! Import: a dry run that names every row, or the real thing, piece by piece, each piece acknowledged when it is durable.
//!
//! A workbook's sheets are read in turn where several hold rows of the kind. What was refused or deserves a second look may come
//! back as the same table with its cells marked (`--errors`).

mod known;
mod report;
mod rows;

use std::path::Path;

use catalog::Kind;
use exchange::mapping::Mapping;
use exchange::read::{self, HeaderRow, ReadOptions, Source};
use exchange::workbook::Marked;

use super::{Context, Outcome, file_failure, template};
use crate::cli::Import;
use crate::office::{Failure, exit, kind_of};
use rows::Importing;

pub fn run(context: &Context, args: &Import) -> Outcome {
    let options = options(args)?;
    if let Err(error) = std::fs::metadata(&args.file) {
        return Err(file_failure(&args.file, &error));
    }
    let contents =
        read::look(args.file.as_path(), &options).map_err(|error| unread(context, args, &error))?;
    let kind = match (&args.kind, contents.kind) {
        (Some(kind), _) => kind_of(kind)?,
        (None, Some(kind)) => kind,
        (None, None) => return Err(Failure::said(exit::USAGE, "cli.import.kind", &[])),
    };
    let marked = args.errors.as_deref().map(|out| begin_marked(context, args, kind, out)).transpose()?;
    let mut import = Importing::new(context, args, kind, marked);
    if args.sheet.is_some() || contents.sheets.len() < 2 {
        let reading = Reading::open(context, args, kind, options)?;
        reading.refuse_missing(context)?;
        import.sheet(reading, false)?;
    } else {
        in_turn(&mut import, kind, &options, &contents.sheets)?;
    }
    import.finish()
}

fn options(args: &Import) -> Result<ReadOptions, Failure> {
    Ok(ReadOptions {
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
    })
}

fn unread(context: &Context, args: &Import, error: &exchange::ReadError) -> Failure {
    let said = context.lang.pick(error.zh(), error.to_string());
    Failure::new(exit::REJECTED, format!("{}: {said}", args.file.display()), "")
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
    Marked::new(kind, context.lang, folder).map_err(|fault| template::failed(context, &fault))
}

/// Reads every sheet that has rows of the kind, and says which others there are. Where none has, the first is read as a
/// single one would be.
fn in_turn(
    import: &mut Importing<'_>,
    kind: Kind,
    options: &ReadOptions,
    sheets: &[String],
) -> Result<(), Failure> {
    let (context, args) = (import.context, import.args);
    let mut passed = Vec::new();
    let mut taken = 0;
    for name in sheets {
        let options = ReadOptions { sheet: Some(name.clone()), ..options.clone() };
        let reading = Reading::open(context, args, kind, options)?;
        match reading.stranger() {
            Some(why) => passed.push(context.fill(why, &[("sheet", name)])),
            None => {
                taken += 1;
                import.sheet(reading, true)?;
            }
        }
    }
    if taken == 0 {
        let reading = Reading::open(context, args, kind, options.clone())?;
        reading.refuse_missing(context)?;
        return import.sheet(reading, false);
    }
    import.passed_over(passed);
    Ok(())
}

/// A file, or a sheet of it, about to be read.
pub struct Reading {
    options: ReadOptions,
    source: Source,
    mapping: Mapping,
}

impl Reading {
    fn open(context: &Context, args: &Import, kind: Kind, options: ReadOptions) -> Result<Reading, Failure> {
        let opened = read::open(args.file.as_path(), &options);
        let source = opened.map_err(|error| unread(context, args, &error))?;
        let stated = with_title(args.map.clone().unwrap_or_default(), source.headers());
        let mapping = Mapping::of(kind, &stated, &source).map_err(|error| {
            let said = context.lang.pick(error.zh(), error.to_string());
            Failure::new(exit::USAGE, said, context.say("cli.import.map.hint"))
        })?;
        Ok(Reading { options, source, mapping })
    }

    /// Refuses a mapping that names columns which are not there: most likely a slip of the pen.
    fn refuse_missing(&self, context: &Context) -> Result<(), Failure> {
        let missing = self.mapping.missing(self.source.headers());
        if missing.is_empty() || self.source.header_row().is_none() {
            return Ok(());
        }
        let (names, there) = (context.list(&missing), context.list(self.source.headers()));
        let message = context.fill("cli.import.missing", &[("columns", &names), ("there", &there)]);
        Err(Failure::new(exit::USAGE, message, context.say("cli.import.map.hint")))
    }

    /// Why a sheet among several is not of the kind; `None` when it is.
    fn stranger(&self) -> Option<&'static str> {
        let headers = self.source.headers();
        match self.source.header_row() {
            _ if headers.is_empty() => Some("cli.import.passed.empty"),
            None => Some("cli.import.passed.header"),
            Some(_) if !self.mapping.has("title") => Some("cli.import.passed.title"),
            Some(_) if !self.mapping.missing(headers).is_empty() => Some("cli.import.passed.map"),
            Some(_) => None,
        }
    }

    /// The names of all columns. JSON tells some late, and a table without a header may grow, so these are read twice.
    fn all_headers(&self, context: &Context, args: &Import) -> Result<Vec<String>, Failure> {
        if self.source.header_row().is_some() {
            return Ok(self.source.headers().to_vec());
        }
        let opened = read::open(args.file.as_path(), &self.options);
        let mut source = opened.map_err(|error| unread(context, args, &error))?;
        source.by_ref().for_each(drop);
        Ok(source.headers().to_vec())
    }
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
