//! Removing a listing's contents for good: asked for once more before it is done.

use super::listing::say_outcome;
use super::{Context, Outcome, print_note, text};
use crate::office::{Failure, Request};

pub fn run(context: &Context, id: String, reason: String, yes: bool) -> Outcome {
    confirm(context, &id, yes)?;
    let reply = context.ask(&Request::Purge { id, reason })?;
    let said = say_outcome(context, &reply)?;
    if !context.json {
        print_note(context.say("cli.purge.freed"));
    }
    Ok(said)
}

/// Says what a purge takes and what it leaves, and asks on a terminal; elsewhere `--yes` has to say so.
pub fn confirm(context: &Context, id: &str, yes: bool) -> Result<(), Failure> {
    let listing = context.ask(&Request::Show { id: id.to_owned() })?;
    if yes {
        return Ok(());
    }
    print_note(&context.fill("cli.purge.warn", &[("title", text(&listing, "title"))]));
    context.typed_yes("cli.purge.ask", "cli.failure.unconfirmed")
}
