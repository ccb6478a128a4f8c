//! The store written anew, so that its file takes no more room than what is in it.

use serde_json::json;

use super::{Context, Outcome, print_json, print_line, print_note};
use crate::bytes::bytes;
use crate::control::Client;
use crate::office::{Failure, exit};

pub fn run(context: &Context) -> Outcome {
    // Says what is wrong with a folder that is no node's before anything is made in it.
    market::Identity::read(&context.home)?;
    if Client::connect(&context.home).is_some() {
        return Err(Failure::said(exit::REFUSED, "cli.failure.compact-running", &[]));
    }
    let options = crate::core::storage_options(&context.config()?);
    if !context.json {
        print_note(context.say("cli.compact.begun"));
    }
    let done = storage::compact(&context.home.join("data"), options).map_err(|error| match &error {
        storage::StorageError::DiskFull { free, floor, .. } => {
            let places = [("free", &*bytes(*free)), ("needed", &*bytes(*floor))];
            Failure::said(exit::FAILED, "cli.failure.compact-room", &places)
        }
        other => other.into(),
    })?;
    if context.json {
        print_json(&json!({ "v": 1, "before": done.before, "after": done.after }));
    } else {
        let places = [("before", &*bytes(done.before)), ("after", &*bytes(done.after))];
        print_line(&context.fill("cli.compact.done", &places));
    }
    Ok(0)
}
