//! What this institution says of others' listings, and what is said of one.

use super::listing::say_outcome;
use super::{Context, Outcome, print_json, print_note, show};
use crate::cli::StatementAction;
use crate::office::{Request, Saying};

pub fn run(context: &Context, action: StatementAction) -> Outcome {
    let (id, saying, label, value, reason) = match action {
        StatementAction::Make { id, label, value, reason } => (id, Saying::New, label, value, reason),
        StatementAction::Replace { statement, label, value, reason } => {
            (statement, Saying::Replace, label, value, reason)
        }
        StatementAction::Withdraw { statement, reason } => {
            (statement, Saying::TakeBack, String::new(), String::new(), reason)
        }
        StatementAction::List { id } => return list(context, id),
    };
    say_outcome(context, &context.ask(&Request::State { id, saying, label, value, reason })?)
}

fn list(context: &Context, id: String) -> Outcome {
    let reply = context.ask(&Request::Statements { id })?;
    let said = reply["statements"].as_array().cloned().unwrap_or_default();
    for statement in &said {
        if context.json {
            print_json(statement)
        } else {
            show::statement(context, statement, "cli.statement.unknown")
        }
    }
    if said.is_empty() && !context.json {
        print_note(context.say("cli.statement.none"));
    }
    Ok(0)
}
