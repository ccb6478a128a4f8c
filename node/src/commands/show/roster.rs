//! The roster, its members and its steps, as a terminal shows them.

use serde_json::Value as Json;

use super::{line, pad, plain, print_line};
use crate::commands::{Context, text};

/// One roster step, line by line.
pub fn step(context: &Context, step: &Json, print: fn(&str)) {
    let short: String = text(step, "id").chars().take(12).collect();
    let action = context.say(&format!("cli.roster.action.{}", text(step, "action"))).to_owned();
    let subject = &step["subject"];
    let name = subject["name"].as_str().or(subject["id"].as_str()).unwrap_or_default();
    print(&format!("{short}  {} {name}", pad(&action, 18)));
    let mut about: Vec<String> = Vec::new();
    for (key, value) in step["detail"].as_object().into_iter().flatten() {
        if value.is_string() || value.is_number() || value.is_array() {
            about.push(format!("{key} {}", plain(value)));
        } else if !text(value, "version").is_empty() {
            about.push(format!("{key} {}", text(value, "version")));
        }
    }
    let signed = step["signed"].as_array().map_or(0, Vec::len).to_string();
    let threshold = step["threshold"].to_string();
    about.push(match step["word_of"].as_array().is_some_and(|by| !by.is_empty()) {
        true => context.fill("cli.roster.word", &[("name", &plain(&step["word_of"]))]),
        false => {
            // What a file holds has no state: it is not on any roster yet.
            let key = match text(step, "state") {
                "counts" => "cli.roster.counts",
                "past" => "cli.roster.past",
                "waits" => "cli.roster.waits",
                _ => "cli.roster.signed",
            };
            context.fill(key, &[("signed", &signed), ("threshold", &threshold)])
        }
    });
    print(&format!("              {}", about.join(" · ")));
}

/// The roster: governors and members, or one of them, or a step.
pub fn roster(context: &Context, reply: &Json) {
    if reply["step"].is_object() {
        return step(context, &reply["step"], print_line);
    }
    if reply["institution"].is_object() {
        return member(context, &reply["institution"]);
    }
    let governors = plain(&reply["governors"]);
    let threshold = reply["threshold"].to_string();
    print_line(&context.fill("cli.roster.governors", &[("names", &governors), ("threshold", &threshold)]));
    line(context, "cli.label.epoch", &reply["epoch"].to_string());
    line(context, "cli.label.digest", text(reply, "digest"));
    if reply["governs_alone"] == true {
        print_line(context.say("cli.roster.alone"));
    }
    for one in reply["members"].as_array().into_iter().flatten() {
        member(context, one);
    }
}

fn member(context: &Context, member: &Json) {
    let short: String = text(member, "id").chars().take(12).collect();
    print_line(&format!("{short}  {}", text(member, "name")));
    let role = context.say(&format!("cli.role.{}", text(member, "role"))).to_owned();
    let state = context.say(&format!("cli.roster.state.{}", text(member, "state"))).to_owned();
    let mut about = vec![role, text(member, "region").to_owned(), state];
    about.extend(member["reason"].as_str().filter(|why| !why.is_empty()).map(str::to_owned));
    if member["governor"] == true {
        about.push(context.say("cli.roster.governor").to_owned());
    }
    about.extend(member["admitted_by"].as_str().map(|by| context.fill("cli.roster.word", &[("name", by)])));
    print_line(&format!("              {}", about.join(" · ")));
}
