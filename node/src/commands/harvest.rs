//! Sources that are harvested.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::{Context, Outcome, file_failure, print_json, print_line, print_note, text};
use crate::cli::HarvestAction;
use crate::harvest::{HarvestAsk, NewSource};
use crate::office::{Failure, Request, exit};

/// A pass that is waited for is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// Largest file of terms that is sent to the node, bytes; what is larger it refuses in its own words.
const MAX_TERMS: u64 = 1 << 20;

pub fn run(context: &Context, action: HarvestAction) -> Outcome {
    let ask = match action {
        HarvestAction::List => return list(context),
        HarvestAction::Run { source, compare, timeout } => {
            let ask = HarvestAsk::Run { source, compare };
            return run_now(context, ask, (compare, timeout));
        }
        HarvestAction::Confirm { source, timeout } => {
            return run_now(context, HarvestAsk::Confirm { source }, (true, timeout));
        }
        HarvestAction::Try { url, set, prefix, map } => {
            let new = NewSource { url, sets: set, prefix, terms: terms(map)?, ..NewSource::default() };
            return tried(context, new);
        }
        HarvestAction::Add { url, set, prefix, map, every, publish, compare_every } => {
            let new = NewSource { url, sets: set, prefix, terms: terms(map)?, every, publish, compare_every };
            return add(context, new);
        }
        HarvestAction::Show { source } => HarvestAsk::Show { source },
        HarvestAction::Stop { source } => HarvestAsk::Stop { source },
        HarvestAction::Pause { source } => HarvestAsk::Pause { source, paused: true },
        HarvestAction::Resume { source } => HarvestAsk::Pause { source, paused: false },
        HarvestAction::Remove { source } => HarvestAsk::Remove { source },
    };
    let reply = context.ask(&Request::Harvest { ask })?;
    if reply["removed"] == true && !context.json {
        print_line(&context.fill("cli.harvest.removed", &[("source", text(&reply, "url"))]));
        return Ok(0);
    }
    say(context, &reply);
    Ok(0)
}

/// The terms of a file; empty without one.
fn terms(map: Option<PathBuf>) -> Result<String, Failure> {
    let Some(file) = map else { return Ok(String::new()) };
    let size = std::fs::metadata(&file).map_err(|error| file_failure(&file, &error))?.len();
    if size > MAX_TERMS {
        let most = MAX_TERMS.to_string();
        return Err(Failure::said(exit::USAGE, "harvest.failure.terms", &[("what", &most)]));
    }
    std::fs::read_to_string(&file).map_err(|error| file_failure(&file, &error))
}

fn add(context: &Context, new: NewSource) -> Outcome {
    let reply = context.ask(&Request::Harvest { ask: HarvestAsk::Add { new } })?;
    say(context, &reply);
    if !context.json {
        let key = if context.running().is_ok() { "cli.harvest.added" } else { "cli.harvest.added.stopped" };
        print_note(&context.fill(key, &[("source", text(&reply, "id"))]));
    }
    Ok(0)
}

/// What a repository is and has, and how its first records would be listed.
fn tried(context: &Context, new: NewSource) -> Outcome {
    let look = context.ask(&Request::Harvest { ask: HarvestAsk::Try { new } })?;
    if context.json {
        print_json(&look);
        return Ok(0);
    }
    let line = |key: &str, value: &str| print_line(&format!("{}: {value}", context.say(key)));
    line("cli.harvest.name", text(&look, "name"));
    line("cli.harvest.prefix", text(&look, "prefix"));
    if ["no", "transient"].contains(&text(&look, "deleted")) {
        print_note(context.say("cli.harvest.deletions"));
    }
    for set in look["sets"].as_array().into_iter().flatten() {
        let part = |at: usize| set[at].as_str().unwrap_or_default();
        line("cli.harvest.set", &format!("{} {}", part(0), part(1)));
    }
    for record in look["records"].as_array().into_iter().flatten() {
        let why = record["why"].as_array().map(Vec::as_slice).unwrap_or_default();
        let [zh, en] = [0, 1].map(|at| why.get(at).and_then(Json::as_str).unwrap_or_default());
        let kind = catalog::Kind::from_id(text(record, "kind")).map(|kind| kind.label(context.lang));
        let said = kind.unwrap_or_else(|| context.lang.pick(zh, en));
        print_line(&format!("{}  {said}", text(record, "identifier")));
        for field in record["fields"].as_array().into_iter().flatten() {
            let part = |at: usize| field[at].as_str().unwrap_or_default();
            print_line(&format!("  {}: {}", part(0), catalog::fold::line(part(1))));
        }
    }
    Ok(0)
}

fn list(context: &Context) -> Outcome {
    let reply = context.ask(&Request::Harvest { ask: HarvestAsk::List })?;
    let found = reply["sources"].as_array().map(Vec::as_slice).unwrap_or_default();
    for source in found {
        if context.json {
            print_json(source);
        } else {
            print_line(&row(context, source));
        }
    }
    if found.is_empty() && !context.json {
        print_note(context.say("cli.harvest.none"));
    }
    Ok(0)
}

/// Has a pass made, and waits for its end.
fn run_now(context: &Context, ask: HarvestAsk, (compare, timeout): (bool, u64)) -> Outcome {
    let mut node = context.running()?;
    let asked = node.ask(&Request::Harvest { ask })?;
    let id = text(&asked, "id").to_owned();
    let asked_ms = asked["asked_ms"].as_i64().unwrap_or_default();
    let (begun, mut shown) = (Instant::now(), 0);
    loop {
        std::thread::sleep(LOOK_EVERY);
        let reply = node.ask(&Request::Harvest { ask: HarvestAsk::Show { source: id.clone() } })?;
        let over = reply["begun_ms"].as_i64().is_some_and(|ms| ms >= asked_ms) && reply["under_way"] == false;
        let seen = reply["seen"].as_u64().unwrap_or_default();
        if seen != shown && !context.json {
            shown = seen;
            let total = reply["total"].as_u64().map_or_else(|| "?".to_owned(), |total| total.to_string());
            print_note(
                &context.fill("cli.harvest.progress", &[("seen", &seen.to_string()), ("total", &total)]),
            );
        }
        if over {
            say(context, &reply);
            let compared = &reply["comparison"];
            let failed = !reply["failure"].is_null() || (compare && !compared["failure"].is_null());
            let held = compare && !compared["held"].is_null();
            return Ok(match (failed, held) {
                (true, _) => exit::UNREACHABLE,
                (_, true) => exit::DEGRADED,
                _ => 0,
            });
        }
        if begun.elapsed().as_secs() >= timeout {
            return Err(Failure::said(exit::DEGRADED, "harvest.failure.waited", &[("source", &id)]));
        }
    }
}

/// A source on one line.
fn row(context: &Context, source: &Json) -> String {
    let sets = source["sets"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let set: String = sets.map(|set| format!(" {set}")).collect();
    format!(
        "{}  {}{set} · {} · {}",
        text(source, "id"),
        text(source, "url"),
        text(source, "every"),
        state(context, source)
    )
}

/// How it is with a source, in a few words.
fn state(context: &Context, source: &Json) -> String {
    let key = match source {
        _ if source["paused"] == true => "paused",
        _ if source["under_way"] == true => "under-way",
        _ if !source["failure"].is_null() => "failed",
        _ if source["done"].is_null() => "new",
        _ => "done",
    };
    let next = text(source, "next");
    context.fill(&format!("cli.harvest.state.{key}"), &[("done", text(source, "done")), ("next", next)])
}

fn say(context: &Context, source: &Json) {
    if context.json {
        return print_json(source);
    }
    print_line(&row(context, source));
    let line = |key: &str, value: &str| {
        if !value.is_empty() {
            print_line(&format!("  {}: {value}", context.say(key)));
        }
    };
    line("cli.harvest.name", text(source, "name"));
    line("cli.harvest.prefix", text(source, "prefix"));
    let way = if source["publish"] == true { "cli.harvest.way.publish" } else { "cli.harvest.way.review" };
    line("cli.harvest.way", context.say(way));
    if ["no", "transient"].contains(&text(source, "deleted")) {
        print_note(context.say("cli.harvest.deletions"));
    }
    let number = |key: &str| source[key].as_u64().unwrap_or_default().to_string();
    if source["pages"].as_u64().is_some_and(|pages| pages > 0) {
        let total = source["total"].as_u64().map_or_else(|| "?".to_owned(), |total| total.to_string());
        let places = [("pages", number("pages")), ("seen", number("seen")), ("total", total)];
        let places = places.each_ref().map(|(key, value)| (*key, value.as_str()));
        print_line(&format!("  {}", context.fill("cli.harvest.pages", &places)));
    }
    for (word, count) in source["counts"].as_object().into_iter().flatten() {
        print_line(&format!("    {} {count}", context.say(&format!("harvest.became.{word}"))));
    }
    failed(context, "cli.harvest.failure", &source["failure"]);
    compared(context, &source["comparison"], text(source, "id"));
    let refused = source["refused"].as_array().map(Vec::as_slice).unwrap_or_default();
    for one in refused {
        let why = context.lang.pick(text(one, "zh"), text(one, "en"));
        let places = [("identifier", text(one, "identifier")), ("why", why)];
        print_line(&format!("  {}", context.fill("cli.harvest.refused", &places)));
    }
}

fn failed(context: &Context, key: &str, failure: &Json) {
    if let Ok(failure) = serde_json::from_value::<Failure>(failure.clone()) {
        let (message, hint) = failure.in_words(context.lang);
        print_line(format!("  {}: {message} {hint}", context.say(key)).trim_end());
    }
}

/// How what is known stands against what is listed there.
fn compared(context: &Context, of: &Json, source: &str) {
    let number = |of: &Json, key: &str| of[key].as_u64().unwrap_or_default().to_string();
    if !of["done"].is_null() {
        let numbers = ["listed", "known", "missing", "gone"].map(|key| (key, number(of, key)));
        let mut places: Vec<(&str, &str)> = numbers.iter().map(|(key, n)| (*key, n.as_str())).collect();
        places.push(("done", text(of, "done")));
        print_line(&format!("  {}", context.fill("cli.harvest.compared", &places)));
    }
    failed(context, "cli.harvest.compare.failure", &of["failure"]);
    let held = &of["held"];
    if !held.is_null() {
        let (missing, known) = (number(held, "missing"), number(held, "known"));
        let places = [("missing", missing.as_str()), ("known", &known), ("source", source)];
        print_line(&format!("  {}", context.fill("cli.harvest.held", &places)));
        for identifier in held["named"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            print_line(&format!("    {identifier}"));
        }
    }
}
