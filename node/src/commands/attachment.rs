//! Files of a listing, from a folder and into one.

use std::path::Path;
use std::time::{Duration, Instant};

use protocol::Hash;
use serde_json::json;

use super::listing::say_outcome;
use super::{
    Context, Outcome, file_failure, print_json, print_line, print_note, read_file, text, write_file,
};
use crate::filing::Filing;
use crate::office::{Failure, Request, describe, exit};

/// A file that is asked of other nodes is waited for so long.
const PATIENCE: Duration = Duration::from_secs(120);
/// Whether it has come is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Puts a file among the node's own and has the listing name it.
pub fn attach(context: &Context, id: String, path: &Path, title: Option<String>) -> Outcome {
    let bytes = read_file(path)?;
    let name = path.display().to_string();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let attachment = describe(&bytes, &name, title.as_deref().unwrap_or(&stem))?;
    let mut desk = context.desk()?;
    // Nothing is kept for a listing that is not there.
    desk.ask(&Request::Show { id: id.clone() })?;
    let config = context.config()?;
    let filing = Filing::of(&context.home, &config);
    filing.room(&attachment, &config.attachments)?;
    filing.put(&attachment, &bytes).map_err(|error| Failure::from(&error))?;
    let file = attachment.file.to_string();
    say_outcome(context, &desk.ask(&Request::Attach { id, file, title: attachment.title })?)
}

/// Saves a file of a listing; a running node is given time to fetch it.
pub fn save(context: &Context, id: String, which: String, out: &Path) -> Outcome {
    let mut desk = context.desk()?;
    let request = Request::File { id, which };
    let (begun, mut told) = (Instant::now(), false);
    let mut found = desk.ask(&request)?;
    while found["here"] != true {
        let file: String = text(&found, "file").chars().take(12).collect();
        if found["coming"] != true || begun.elapsed() > PATIENCE {
            return Err(Failure::said(exit::UNREACHABLE, "attachment.failure.absent", &[("file", &file)]));
        }
        if !std::mem::replace(&mut told, true) && !context.json {
            print_note(context.say("attachment.waiting"));
        }
        std::thread::sleep(LOOK_EVERY);
        found = desk.ask(&request)?;
    }
    let file = text(&found, "file").to_owned();
    let hash: Hash = file.parse().map_err(market::MarketError::from)?;
    let filing = Filing::of(&context.home, &context.config()?);
    let bytes = filing.read(&hash).map_err(|error| Failure::from(&error))?;
    let absent = || Failure::said(exit::DEGRADED, "attachment.failure.absent", &[("file", &file)]);
    let bytes = bytes.ok_or_else(absent)?;
    if out.is_dir() {
        return Err(file_failure(out, &std::io::ErrorKind::IsADirectory.into()));
    }
    write_file(out, &bytes)?;
    let (path, size) = (out.display().to_string(), crate::bytes::bytes(bytes.len() as u64));
    if context.json {
        print_json(
            &json!({ "v": 1, "file": file, "media": found["media"], "size": bytes.len(), "saved": path }),
        );
    } else {
        print_line(&context.fill("attachment.saved", &[("file", &path), ("size", &size)]));
    }
    Ok(0)
}
