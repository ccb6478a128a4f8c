//! Export: the proof of a listing, the network's charter, or a table of all listings of a kind.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use catalog::Record;
use serde_json::{Value as Json, json};

use super::{Answerer, Context, Outcome, file_failure, node, print_json, print_line, print_note, text};
use crate::cli::{Export, ExportFormat};
use crate::office::{Failure, Request, exit, to_value};
use crate::table::{self, Shelf, TableForm};

pub fn run(context: &Context, args: &Export) -> Outcome {
    let form = match args.format {
        ExportFormat::Charter => {
            let reply = context.ask(&Request::Charter)?;
            return node::save(context, &reply, &args.out, "cli.export.charter");
        }
        ExportFormat::Proof => return proof(context, args),
        ExportFormat::Certificate => return certificate(context, args),
        ExportFormat::Parquet => return super::parquet::run(context, args),
        ExportFormat::Jsonl => TableForm::Jsonl,
        ExportFormat::Csv => TableForm::Csv,
        ExportFormat::Xlsx => TableForm::Xlsx,
    };
    list(context, args, form)
}

fn certificate(context: &Context, args: &Export) -> Outcome {
    let id = args.id.clone();
    let id = id.ok_or_else(|| Failure::new(exit::USAGE, context.say("cli.export.id"), ""))?;
    let reply = context.ask(&Request::Certificate { id })?;
    node::save(context, &reply, &args.out, "cli.export.certificate")
}

fn proof(context: &Context, args: &Export) -> Outcome {
    let id = args.id.clone();
    let id = id.ok_or_else(|| Failure::new(exit::USAGE, context.say("cli.export.id"), ""))?;
    let reply = context.ask(&Request::Proof { id })?;
    let code = node::save(context, &reply, &args.out, "cli.export.proof")?;
    if let Some(count) = reply["left_out"].as_u64().filter(|count| *count > 0) {
        print_note(&context.fill("cli.export.unsaid", &[("count", &count.to_string())]));
    }
    Ok(code)
}

fn list(context: &Context, args: &Export, form: TableForm) -> Outcome {
    let kind = args.kind.clone();
    let kind =
        kind.ok_or_else(|| Failure::new(exit::USAGE, context.say("cli.export.kind"), "--kind achievement"))?;
    let kind = crate::office::kind_of(&kind)?;
    let mut shelf = Asked { desk: context.desk()?, kind: kind.id(), members: args.members, left_out: 0 };
    let file = File::create(&args.out).map_err(|error| file_failure(&args.out, &error))?;
    let mut out = BufWriter::new(file);
    let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let count = table::write(&mut shelf, kind, context.lang, form, &mut out, folder)?;
    out.flush().map_err(|error| file_failure(&args.out, &error))?;
    let (file, listings) = (args.out.display().to_string(), count.to_string());
    if context.json {
        print_json(&json!({ "v": 1, "file": file, "listings": count, "left_out": shelf.left_out }));
    } else {
        print_line(&context.fill("cli.export.list", &[("file", &file), ("count", &listings)]));
    }
    if shelf.left_out > 0 {
        print_note(&context.fill("cli.export.left-out", &[("count", &shelf.left_out.to_string())]));
    }
    Ok(0)
}

/// Listings as whoever answers requests tells of them.
struct Asked {
    desk: Answerer,
    kind: &'static str,
    /// Whether those for members alone are wanted: a table goes to anyone, so that has to be said.
    members: bool,
    left_out: usize,
}

impl Shelf for Asked {
    fn ids(&mut self, offset: usize, limit: usize) -> Result<(Vec<String>, bool), Failure> {
        let request = Request::Search {
            text: String::new(),
            kind: Some(self.kind.to_owned()),
            region: None,
            field: None,
            trl: None,
            limit,
            offset,
        };
        let page = self.desk.ask(&request)?;
        let hits = page["hits"].as_array().map_or(&[][..], Vec::as_slice);
        let (shown, kept): (Vec<&Json>, Vec<&Json>) =
            hits.iter().partition(|hit| self.members || text(hit, "visibility") == "public");
        self.left_out += kept.len();
        Ok((shown.iter().map(|hit| text(hit, "id").to_owned()).collect(), hits.len() == limit))
    }

    fn record(&mut self, id: &str) -> Result<Option<Record>, Failure> {
        let listing = self.desk.ask(&Request::Show { id: id.to_owned() })?;
        let fields = listing["fields"].as_object().into_iter().flatten();
        let entries = fields.filter_map(|(key, value)| Some((key.clone(), to_value(value)?)));
        Ok(Some(Record::new(entries.collect())))
    }
}
