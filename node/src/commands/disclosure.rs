//! Requests and disclosures.

use super::{Context, Outcome, listing, print_json, print_note, show};
use crate::cli::{Disclose, DisclosureAction};
use crate::office::Request;

pub fn run(context: &Context, action: DisclosureAction) -> Outcome {
    match action {
        DisclosureAction::Request { listing: id, message, mailbox: mailboxes } => {
            let request = Request::AskDetails { id, message, mailboxes };
            listing::say_outcome(context, &context.ask(&request)?)
        }
        DisclosureAction::List => list(context),
        DisclosureAction::Show { id } => {
            let letter = context.ask(&Request::ShowDisclosure { id })?;
            if context.json {
                print_json(&letter)
            } else {
                show::disclosure(context, &letter)
            }
            Ok(0)
        }
        DisclosureAction::Remove { id, party } => {
            listing::say_outcome(context, &context.ask(&Request::RemoveParty { id, party })?)
        }
        DisclosureAction::Edit { id, fields } => {
            let changes = listing::pairs(context, &fields)?;
            let changes =
                changes.into_iter().map(|(key, value)| (key, Some(value).filter(|v| !v.is_empty())));
            let request = Request::EditDisclosure { id, changes: changes.collect() };
            listing::say_outcome(context, &context.ask(&request)?)
        }
    }
}

fn list(context: &Context) -> Outcome {
    let reply = context.ask(&Request::Disclosures)?;
    let letters = reply["disclosures"].as_array().cloned().unwrap_or_default();
    for letter in &letters {
        if context.json { print_json(letter) } else { show::disclosure_row(context, letter) }
    }
    if letters.is_empty() && !context.json {
        print_note(context.say("cli.disclosure.none"));
    }
    Ok(0)
}

pub fn disclose(context: &Context, args: Disclose) -> Outcome {
    let request =
        Request::Disclose { id: args.listing, to: args.to, fields: args.with, mailboxes: args.mailbox };
    listing::say_outcome(context, &context.ask(&request)?)
}
