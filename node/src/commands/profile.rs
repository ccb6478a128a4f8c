//! The four unifications from the command line: their versions, their texts.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{Context, Outcome, file_in, node, print_json, print_line, print_note, read_file, show, text};
use crate::cli::ProfileAction;
use crate::office::{Failure, ProfileAsk, Request, exit};

pub fn run(context: &Context, action: ProfileAction) -> Outcome {
    match action {
        ProfileAction::Show => show_all(context),
        ProfileAction::Text { part, version, out } => one(context, part, version, out.as_deref()),
        ProfileAction::Add { file } => {
            let reply = add(context, &read_file(&file)?)?;
            if context.json {
                print_json(&reply);
            } else {
                let key = if reply["new"] == true { "cli.profile.added" } else { "cli.profile.held" };
                print_line(&context.fill(key, &[("text", &short(&reply, "text"))]));
            }
            Ok(0)
        }
    }
}

fn ask(context: &Context, ask: ProfileAsk) -> Result<Json, Failure> {
    context.ask(&Request::Profile { ask })
}

/// Has the node publish a text that some version names.
pub fn add(context: &Context, bytes: &[u8]) -> Result<Json, Failure> {
    ask(context, ProfileAsk::Add { text: data_encoding::BASE64.encode(bytes) })
}

fn short(json: &Json, key: &str) -> String {
    text(json, key).chars().take(12).collect()
}

fn show_all(context: &Context) -> Outcome {
    let reply = ask(context, ProfileAsk::Show)?;
    if context.json {
        print_json(&reply);
        return Ok(0);
    }
    for part in reply["parts"].as_array().into_iter().flatten() {
        let id = text(part, "part");
        print_line(&format!("{}  ({id})", context.say(&format!("profile.part.{id}"))));
        for version in part["versions"].as_array().into_iter().flatten() {
            let words = match (version["text"].is_string(), version["held"] == true) {
                (false, _) => context.say("cli.profile.none").to_owned(),
                (true, false) => context.fill("cli.profile.away", &[("text", &short(version, "text"))]),
                (true, true) => {
                    let places = [
                        ("text", short(version, "text")),
                        ("bytes", version["bytes"].to_string()),
                        ("by", text(version, "by").to_owned()),
                        ("when", text(version, "brought").to_owned()),
                    ];
                    let places: Vec<(&str, &str)> =
                        places.iter().map(|(key, at)| (*key, at.as_str())).collect();
                    context.fill("cli.profile.text", &places)
                }
            };
            let name = show::pad(text(version, "version"), 16);
            let waits = if version["waits"] == true { context.say("cli.profile.waits") } else { "" };
            print_line(&format!("  {name}{waits}{words}"));
        }
    }
    Ok(0)
}

fn one(context: &Context, part: String, version: Option<String>, out: Option<&Path>) -> Outcome {
    let reply = ask(context, ProfileAsk::Text { part, version })?;
    if let Some(out) = out {
        return node::save(context, &reply, out, "cli.profile.saved");
    }
    if context.json {
        print_json(
            &json!({ "v": 1, "part": reply["part"], "version": reply["version"], "text": reply["text"],
            "kind": reply["kind"], "file": reply["file"] }),
        );
        return Ok(0);
    }
    let words = String::from_utf8(file_in(&reply)?).ok().filter(|_| reply["kind"] == "words");
    let Some(words) = words else {
        let file = format!("{}.png", text(&reply, "part"));
        return Err(Failure::said(exit::USAGE, "cli.failure.text.picture", &[("file", &file)]));
    };
    print_line(words.trim_end());
    print_note(&context.fill("cli.profile.hash", &[("text", text(&reply, "text"))]));
    Ok(0)
}
