//! The audit log on the command line.

use catalog::words;
use serde_json::{Value as Json, json};
use web::desk::audit::{COLUMNS, csv_line};

use super::{Context, Outcome, print_json, print_line, print_note, show, text};
use crate::cli::{Audit, AuditForm};
use crate::office::{AuditAsk, Failure, Request, day_ms, exit};

/// Records asked for at once.
const AT_ONCE: u64 = 1_000;
const DAY_MS: i64 = 86_400_000;

pub fn run(context: &Context, args: &Audit) -> Outcome {
    if args.verify { verify(context) } else { list(context, args) }
}

fn list(context: &Context, args: &Audit) -> Outcome {
    let day = |text: &Option<String>| {
        let read = |day: &String| {
            day_ms(day).ok_or_else(|| Failure::said(exit::USAGE, "cli.failure.day", &[("day", day)]))
        };
        text.as_ref().map(read).transpose()
    };
    let (since_ms, until_ms) = (day(&args.since)?, day(&args.until)?.map(|ms| ms + DAY_MS));
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let form = if context.json { AuditForm::Json } else { args.format };
    if form == AuditForm::Csv {
        print_row(COLUMNS);
    }
    let (mut answerer, mut before, mut left) = (context.desk()?, None, args.limit);
    loop {
        let limit = usize::try_from(left.min(AT_ONCE)).unwrap_or(usize::MAX);
        let (by, act, subject) = (given(&args.by), given(&args.act), given(&args.subject));
        let ask = AuditAsk::Page { since_ms, until_ms, by, act, subject, before, limit };
        let reply = answerer.ask(&Request::Audit { ask })?;
        for record in reply["records"].as_array().into_iter().flatten() {
            left = left.saturating_sub(1);
            print(context, form, record);
        }
        before = reply["next"].as_u64();
        if before.is_none() || left == 0 {
            break;
        }
    }
    if form == AuditForm::Text && left == args.limit {
        print_note(context.say("cli.audit.none"));
    } else if form == AuditForm::Text && before.is_some() {
        print_note(context.say("cli.audit.more"));
    }
    Ok(0)
}

fn print(context: &Context, form: AuditForm, record: &Json) {
    match form {
        AuditForm::Json => {
            let mut line = record.clone();
            line["v"] = json!(1);
            print_json(&line);
        }
        AuditForm::Csv => {
            let (actor, number) = (&record["actor"], record["number"].to_string());
            print_row([
                number.as_str(),
                text(record, "time"),
                text(record, "door"),
                text(actor, "kind"),
                text(actor, "name"),
                text(actor, "id"),
                text(record, "act"),
                text(record, "subject"),
                text(record, "outcome"),
                text(record, "why"),
                text(record, "before"),
                text(record, "hash"),
            ]);
        }
        AuditForm::Text => print_line(in_words(context, record).trim_end()),
    }
}

fn print_row<'c>(cells: impl IntoIterator<Item = &'c str>) {
    print_line(csv_line(cells).trim_end());
}

fn in_words(context: &Context, record: &Json) -> String {
    let (actor, act) = (&record["actor"], text(record, "act"));
    let key = format!("audit.act.{act}");
    let known = words::say(context.lang, &key);
    let act = if known == key { act } else { known };
    let outcome = match text(record, "outcome") {
        "done" => context.say("audit.done").to_owned(),
        _ => context.fill("audit.refused", &[("why", text(record, "why"))]),
    };
    let (name, id) = (text(actor, "name"), text(actor, "id"));
    let who = match text(actor, "kind") {
        "account" => name.to_owned(),
        "token" => context.fill("audit.who.token", &[("name", name), ("id", id)]),
        "system" => context.fill("audit.who.system", &[("name", name)]),
        "node" => context.say("audit.who.node").to_owned(),
        _ => context.say("audit.who.nobody").to_owned(),
    };
    let door = format!("audit.door.{}", text(record, "door"));
    let number = show::pad(&record["number"].to_string(), 6);
    let (time, subject) = (show::plain(&record["time"]), text(record, "subject"));
    let places = [
        ("number", number.as_str()),
        ("time", &time),
        ("act", act),
        ("outcome", &outcome),
        ("who", &who),
        ("door", context.say(&door)),
        ("subject", subject),
    ];
    context.fill("cli.audit.row", &places)
}

fn verify(context: &Context) -> Outcome {
    let reply = context.ask(&Request::Audit { ask: AuditAsk::Verify })?;
    if context.json {
        print_json(&reply);
    } else if let Some(said) = fault_in_words(context, &reply["fault"]) {
        print_line(&said);
        print_note(&format!("{}{}", context.say("cli.hint"), context.say("cli.audit.do")));
    } else if reply["last"] == json!(0) {
        print_line(context.say("cli.audit.empty"));
    } else {
        let (first, last) = (reply["first"].to_string(), reply["last"].to_string());
        let places = [("first", &*first), ("last", &*last), ("head", text(&reply, "head"))];
        print_line(&context.fill("cli.audit.whole", &places));
    }
    Ok(if reply["whole"] == json!(true) { 0 } else { exit::DEGRADED })
}

/// What is wrong with the log, where something is.
pub fn fault_in_words(context: &Context, fault: &Json) -> Option<String> {
    let kind = fault["kind"].as_str()?;
    let number = |key: &str| fault[key].to_string();
    let places = match kind {
        "missing" => vec![("from", number("from")), ("to", number("to"))],
        _ => vec![("after", number("after"))],
    };
    let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Some(context.fill(&format!("cli.audit.broken.{kind}"), &places))
}
