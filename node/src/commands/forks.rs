//! Forked logs: seen, proven, settled; what was lost with a branch.

use protocol::Action;
use serde_json::{Value as Json, json};

use super::{Context, Outcome, node, print_json, print_line, print_note, roster, text};
use crate::cli::{ForkAction, Settle};
use crate::office::{Failure, Motion, Request, exit};

/// Digits of a hash that a person is shown.
const SHOWN: usize = 16;

pub fn run(context: &Context, action: &ForkAction) -> Outcome {
    match action {
        ForkAction::List => list(context, None),
        ForkAction::Show { log } => list(context, Some(log)),
        ForkAction::Export { log, out } => {
            let reply = context.ask(&Request::ForkFile { log: log.clone() })?;
            node::save(context, &reply, out, "cli.fork.exported")
        }
    }
}

fn list(context: &Context, log: Option<&String>) -> Outcome {
    let reply = context.ask(&Request::Forks)?;
    let all = reply["forks"].as_array().map_or(&[][..], Vec::as_slice);
    let named = |fork: &&Json| log.is_none_or(|log| text(fork, "log").starts_with(log.as_str()));
    let forks: Vec<&Json> = all.iter().filter(named).collect();
    if let (Some(log), []) = (log, forks.as_slice()) {
        return Err(Failure::said(exit::FAILED, "cli.failure.fork", &[("log", log)]));
    }
    if forks.is_empty() && !context.json {
        print_note(context.say("cli.fork.none"));
    }
    for fork in forks {
        if context.json { print_json(fork) } else { show(context, fork, log.is_some()) }
    }
    Ok(0)
}

fn show(context: &Context, fork: &Json, whole: bool) {
    let state = context.say(match text(fork, "state") {
        "settled" => "cli.fork.state.settled",
        "revoked" => "cli.fork.state.revoked",
        _ => "cli.fork.state.open",
    });
    let (institution, shelf) = (&fork["institution"], &fork["shelf"]);
    let (log, seq) = (short(text(fork, "log")), fork["seq"].to_string());
    let places = [
        ("log", log),
        ("who", text(institution, "name")),
        ("kind", text(shelf, "kind")),
        ("region", text(shelf, "region")),
        ("seq", &seq),
        ("state", state),
    ];
    print_line(&context.fill("cli.fork.line", &places));
    for branch in fork["branches"].as_array().into_iter().flatten().filter(|_| whole) {
        let held = &branch["held"];
        let first = [("first", short(text(branch, "first"))), ("time", text(branch, "time"))];
        if held.is_null() {
            print_line(&context.fill("cli.fork.branch", &first));
        } else {
            let head = format!("{}:{}", held["seq"], text(held, "hash"));
            print_line(&context.fill("cli.fork.branch.held", &[&first[..], &[("head", &head)]].concat()));
        }
    }
}

fn short(hash: &str) -> &str {
    hash.get(..SHOWN).unwrap_or(hash)
}

pub fn settle(context: &Context, args: &Settle) -> Outcome {
    let signer = context.signer(&args.root)?;
    let motion = Motion::Settle { log: args.log.clone(), keep: args.keep.clone() };
    let signed = signer.sign_drafted(&roster::draft(context, motion)?)?;
    let reply = roster::carry(context, &signed)?;
    let Some(Action::Settle(log, head)) = signed.first().map(|signed| &signed.step.action) else {
        return Err(Failure::said(exit::FAILED, "cli.failure.reply", &[("what", "settle")]));
    };
    let complete = reply["steps"][0]["missing"] == json!(0);
    let log = log.hash().to_string();
    if context.json {
        let kept = json!({ "seq": head.seq, "hash": head.hash.to_string() });
        let step = &reply["steps"][0]["id"];
        print_json(&json!({ "v": 1, "log": log, "step": step, "kept": kept, "complete": complete }));
        return Ok(0);
    }
    let key = if complete { "cli.settle.done" } else { "cli.settle.pending" };
    print_line(&context.fill(key, &[("log", short(&log)), ("seq", &head.seq.to_string())]));
    Ok(0)
}

pub fn lost(context: &Context) -> Outcome {
    let reply = context.ask(&Request::Lost)?;
    let lost = reply["lost"].as_array().cloned().unwrap_or_default();
    for entry in &lost {
        if context.json {
            print_json(entry);
            continue;
        }
        let changes = entry["changes"].as_object().cloned().unwrap_or_default();
        let said: Vec<String> =
            changes.iter().map(|(key, value)| format!("{key}={}", plain(value))).collect();
        let number = entry["number"].to_string();
        let key = if text(entry, "verb") == "create" { "cli.lost.create" } else { "cli.lost.edit" };
        let places = [
            ("n", number.as_str()),
            ("time", text(entry, "time")),
            ("id", short(text(entry, "id"))),
            ("what", &context.list(&said)),
        ];
        print_line(&context.fill(key, &places));
    }
    if !context.json {
        print_note(context.say(if lost.is_empty() { "cli.lost.none" } else { "cli.lost.next" }));
    }
    Ok(0)
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
