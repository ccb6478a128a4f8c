//! Removing a listing's contents for good: asked for once more before it is done.

use std::io::{IsTerminal, Write};

use super::listing::say_outcome;
use super::{Context, Outcome, print_note, text};
use crate::office::{Failure, Request, exit};

/// What a person types to confirm.
const WORD: &str = "yes";

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
    let unconfirmed = || Failure::said(exit::USAGE, "cli.failure.unconfirmed", &[]);
    if !std::io::stdin().is_terminal() {
        return Err(unconfirmed());
    }
    eprint!("{}", context.say("cli.purge.ask"));
    let _ = std::io::stderr().flush();
    let mut typed = String::new();
    match std::io::stdin().read_line(&mut typed) {
        Ok(_) if typed.trim() == WORD => Ok(()),
        _ => Err(unconfirmed()),
    }
}
