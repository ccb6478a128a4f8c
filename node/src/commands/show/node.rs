//! A node as it says it is.

use serde_json::Value as Json;
use web::view::NodeWord;

use super::{Context, pad, print_line, text};
use crate::bytes::bytes;

/// One node: its state, what is to be known and done, and what it says.
pub fn node(context: &Context, node: &Json) {
    let state = format!("node.state.{}", text(node, "health"));
    let mut name = text(node, "name").to_owned();
    if node["own"] == true {
        name = format!("{name} ({})", context.say("node.link.here"));
    }
    print_line(&format!("{}  {name}", pad(context.say(&state), 10)));
    let said = &node["said"];
    let told = match text(said, "made") {
        "" => context.say("node.said.never").to_owned(),
        made => context.fill("node.said.at", &[("time", made), ("heard", text(said, "heard"))]),
    };
    print_line(&format!("            {told}"));
    for code in node["words"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        let (meant, to_do) = NodeWord { code: code.to_owned(), problem: false }.in_words(context.lang);
        print_line(&format!("            {meant}"));
        print_line(&format!("            → {to_do}"));
    }
    if !said.is_null() {
        facts(context, said);
    }
    fact(context, "node.fact.key", text(node, "node"));
}

fn fact(context: &Context, key: &str, value: &str) {
    if !value.is_empty() {
        print_line(&format!("            {}{value}", pad(context.say(key), 16)));
    }
}

fn facts(context: &Context, said: &Json) {
    let count = |key: &str| said[key].as_u64().map(|n| n.to_string());
    let backlog = match (count("missing"), count("unshared")) {
        (Some(missing), Some(unshared)) => {
            context.fill("node.backlog", &[("missing", &missing), ("unshared", &unshared)])
        }
        (Some(missing), None) => context.fill("node.backlog.in", &[("missing", &missing)]),
        _ => String::new(),
    };
    let of = |key: &str| said["disk"][key].as_u64().map(bytes);
    let disk = of("free")
        .zip(of("total"))
        .map(|(free, total)| context.fill("node.disk", &[("free", &free), ("total", &total)]));
    let clock = said["clock_behind_ms"].as_u64().map(|behind| match behind / 60_000 {
        0 => context.say("node.in-step").to_owned(),
        minutes => context.fill("node.slow", &[("minutes", &minutes.to_string())]),
    });
    fact(context, "node.fact.backlog", &backlog);
    fact(context, "node.fact.last", text(said, "last_success"));
    fact(context, "node.fact.version", text(said, "agent"));
    fact(context, "node.fact.clock", &clock.unwrap_or_default());
    fact(context, "node.fact.certificate", text(said, "certificate_ends"));
    fact(context, "node.fact.disk", &disk.unwrap_or_default());
    fact(context, "node.fact.store", &said["store"].as_u64().map(bytes).unwrap_or_default());
    fact(context, "node.fact.entries", &count("entries").unwrap_or_default());
}
