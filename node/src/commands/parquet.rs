//! Public listings of a kind as a Parquet file: each once, as it stood when it was read, in memory that does not grow with their
//! number.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog::Kind;
use serde_json::{Value as Json, json};
use warehouse::{Item, ParquetFile};

use super::{Answerer, Context, Outcome, file_failure, print_json, print_line, text};
use crate::cli::Export;
use crate::core::now_ms;
use crate::office::{Failure, Request, exit, time_text, to_value};

/// Listings that are asked for at a time.
pub(super) const PAGE: usize = 500;
/// Between two looks at a list that is being made.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);

pub fn run(context: &Context, args: &Export) -> Outcome {
    if args.members {
        return Err(Failure::said(exit::USAGE, "cli.export.parquet.members", &[]));
    }
    let kind = args.kind.clone();
    let kind =
        kind.ok_or_else(|| Failure::new(exit::USAGE, context.say("cli.export.kind"), "--kind achievement"))?;
    let kind = crate::office::kind_of(&kind)?;
    let mut desk = context.desk()?;
    let status = desk.ask(&Request::Status)?;
    let notes = [
        ("lianshi.network", text(&status["network"], "id").to_owned()),
        ("lianshi.node", text(&status, "node").to_owned()),
        ("lianshi.exported", time_text(now_ms())),
    ];
    // A file without its end is none: nobody finds one under the name that was asked for.
    let part = PathBuf::from(format!("{}.part", args.out.display()));
    let written = write(&mut desk, kind, &part, &notes);
    let moved = written.and_then(|count| {
        std::fs::rename(&part, &args.out).map_err(|error| file_failure(&args.out, &error))?;
        Ok(count)
    });
    let count = moved.inspect_err(|_| drop(std::fs::remove_file(&part)))?;
    let (file, listings) = (args.out.display().to_string(), count.to_string());
    if context.json {
        print_json(&json!({ "v": 1, "file": file, "listings": count, "left_out": 0 }));
    } else {
        print_line(&context.fill("cli.export.list", &[("file", &file), ("count", &listings)]));
    }
    Ok(0)
}

fn write(desk: &mut Answerer, kind: Kind, path: &Path, notes: &[(&str, String)]) -> Result<usize, Failure> {
    let failed = |error: &warehouse::Error| {
        Failure::said(exit::FAILED, "cli.failure.table", &[("what", &error.to_string())])
    };
    let file = File::create(path).map_err(|error| file_failure(path, &error))?;
    let mut out = ParquetFile::new(file, kind, notes).map_err(|error| failed(&error))?;
    let mut after = None;
    loop {
        let request = Request::Catalogue { kind: kind.id().to_owned(), after: after.take(), limit: PAGE };
        let page = desk.ask(&request)?;
        if page["ready"] != true {
            std::thread::sleep(LOOK_EVERY);
            continue;
        }
        for listing in page["listings"].as_array().into_iter().flatten() {
            if let Some(item) = item_of(listing) {
                out.push(&item).map_err(|error| failed(&error))?;
            }
        }
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    let count = out.count();
    let file = out.finish().map_err(|error| failed(&error))?;
    file.sync_all().map_err(|error| file_failure(path, &error))?;
    Ok(count)
}

/// A listing as a node tells of it; `None` of a kind that this version does not know.
pub(super) fn item_of(listing: &Json) -> Option<Item> {
    let fields = listing["fields"].as_object().into_iter().flatten();
    let conflicts = listing["conflicts"].as_array().into_iter().flatten();
    Some(Item {
        id: text(listing, "id").to_owned(),
        kind: Kind::from_id(text(listing, "kind"))?,
        region: text(listing, "region").to_owned(),
        institution: text(listing, "institution").to_owned(),
        institution_name: text(listing, "institution_name").to_owned(),
        created_ms: listing["created_ms"].as_i64().unwrap_or_default(),
        updated_ms: listing["updated_ms"].as_i64().unwrap_or_default(),
        versions: listing["versions"].as_u64().unwrap_or_default(),
        fields: fields.filter_map(|(key, value)| Some((key.clone(), to_value(value)?))).collect(),
        conflicts: conflicts.filter_map(Json::as_str).map(str::to_owned).collect(),
    })
}
