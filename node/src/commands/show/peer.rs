//! Peers, and what moves between them and this node.

use serde_json::Value as Json;

use super::super::{Context, print_line, text};
use super::{line, pad};

/// A peer.
pub fn peer(context: &Context, peer: &Json) {
    let name =
        [text(peer, "name"), text(peer, "address"), text(peer, "node")].into_iter().find(|t| !t.is_empty());
    let state = format!("cli.peer.{}", text(peer, "state"));
    print_line(&format!("{}  {}", pad(context.say(&state), 10), name.unwrap_or_default()));
    // States of a connection that goes well explain themselves; for the others the reason is what came from outside.
    let reason = match text(peer, "state") {
        "synced" => "",
        "syncing" => context.say("cli.peer.why.syncing"),
        "closed" => context.say("cli.peer.why.closed"),
        "greeting" => context.say("cli.peer.why.greeting"),
        "admitting" => context.say("cli.peer.why.admitting"),
        _ => text(peer, "reason"),
    };
    if !reason.is_empty() {
        print_line(&format!("            {reason}"));
    }
    if peer["over_allowance"] == true {
        print_line(&format!("            {}", context.say("cli.peer.over")));
    }
    let conduct = &peer["conduct"];
    if conduct.is_null() {
        return;
    }
    let (score, most) = (conduct["score"].to_string(), conduct["refused_at"].to_string());
    let line = match conduct["refused_until"].as_str() {
        Some(until) => context.fill("cli.peer.conduct.refused", &[("score", &score), ("until", until)]),
        None => context.fill("cli.peer.conduct.score", &[("score", &score), ("most", &most)]),
    };
    print_line(&format!("            {line}"));
}

/// How far it is with a peer, in one line.
pub fn task_line(context: &Context, task: &Json) -> String {
    let name = [text(task, "name"), text(task, "node")]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default();
    let state = format!("cli.peer.{}", state(task));
    let state = context.say(&state);
    let number = |value: &Json| value.as_u64().unwrap_or_default();
    let percent = match (number(&task["moved"]), number(&task["total"])) {
        (_, 0) => String::new(),
        (moved, total) => format!("{} %  ", u128::from(moved) * 100 / u128::from(total)),
    };
    let places = [
        ("in", number(&task["entries"]["in"]).to_string()),
        ("out", number(&task["entries"]["out"]).to_string()),
        ("left", number(&task["left"]["in"]).to_string()),
        ("go", number(&task["left"]["out"]).to_string()),
    ];
    let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
    format!("{}{name}  {percent}{}", pad(state, 10), context.fill("cli.peer.moved", &places))
}

/// The state's word in this catalogue.
fn state(task: &Json) -> &str {
    match text(task, "state") {
        "in_step" => "synced",
        other => other,
    }
}

/// All that is known of a peer.
pub fn task(context: &Context, task: &Json) {
    print_line(&task_line(context, task));
    line(context, "cli.peer.label.node", text(task, "node"));
    let addresses: Vec<&str> =
        task["addresses"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    line(context, "cli.peer.label.addresses", &addresses.join(" "));
    let way = match task["outbound"].as_bool() {
        Some(true) => context.say("cli.peer.out"),
        Some(false) => context.say("cli.peer.in"),
        None => "",
    };
    line(context, "cli.peer.label.way", way);
    line(context, "cli.peer.label.since", text(task, "since"));
    let pair = |key: &str, of: &Json| {
        let number = |value: &Json| value.as_u64().unwrap_or_default().to_string();
        context.fill(key, &[("in", &number(&of["in"])), ("out", &number(&of["out"]))])
    };
    if task["since"].is_string() {
        line(context, "cli.peer.label.bytes", &pair("cli.peer.bytes", &task["bytes"]));
        line(context, "cli.peer.label.rate", &pair("cli.peer.rate", &task["rate"]));
    }
    line(context, "cli.peer.label.reason", text(task, "reason"));
    line(context, "cli.peer.label.success", text(task, "last_success"));
    let failure = &task["last_failure"];
    line(
        context,
        "cli.peer.label.failure",
        format!("{} {}", text(failure, "time"), text(failure, "what")).trim(),
    );
    line(context, "cli.peer.label.next", text(task, "next"));
    if task["paused"].is_object() && text(task, "state") == "paused" {
        let until = text(&task["paused"], "until");
        let until = if until.is_empty() { context.say("cli.peer.until-resumed") } else { until };
        line(context, "cli.peer.label.paused", until);
    }
    evidence(context, task);
}

/// What a peer did, what followed, what is kept as proof, and what to do.
fn evidence(context: &Context, task: &Json) {
    let conduct = &task["conduct"];
    if conduct.is_object() {
        let (score, most) = (conduct["score"].to_string(), conduct["refused_at"].to_string());
        let places = [("score", score.as_str()), ("most", &most), ("until", text(conduct, "refused_until"))];
        let key = if conduct["refused_until"].is_string() {
            "cli.peer.conduct.refused"
        } else {
            "cli.peer.conduct.score"
        };
        print_line(&format!("  {}", context.fill(key, &places)));
        let times = conduct["times"].to_string();
        let count = [("times", times.as_str()), ("first", text(conduct, "first"))];
        print_line(&format!("  {}", context.fill("cli.peer.conduct.times", &count)));
        for misdeed in conduct["misdeeds"].as_array().into_iter().flatten() {
            let kind = format!("peer.misdeed.{}", text(misdeed, "kind"));
            let kind = context.say(&kind);
            print_line(&format!("    {}  {kind}: {}", text(misdeed, "time"), text(misdeed, "what")));
            let frame = &misdeed["frame"];
            if frame.is_object() {
                let (kind, length) = (frame["kind"].to_string(), frame["length"].to_string());
                let places =
                    [("kind", kind.as_str()), ("length", &length), ("digest", text(frame, "sha256"))];
                print_line(&format!("      {}", context.fill("cli.peer.conduct.frame", &places)));
            }
        }
        print_line(&format!("  {}", context.fill("cli.peer.conduct.hint", &[("node", text(task, "node"))])));
    }
    for fork in task["forks"].as_array().into_iter().flatten() {
        let seq = fork["seq"].to_string();
        let head = |n: usize| fork["heads"][n].as_str().unwrap_or_default();
        let places = [("log", text(fork, "log")), ("seq", &seq), ("one", head(0)), ("other", head(1))];
        print_line(&format!("  {}", context.fill("cli.peer.fork", &places)));
    }
}

/// What is paused, in a line.
pub fn paused(context: &Context, paused: &Json) -> String {
    let mut words = Vec::new();
    if paused["all"].is_object() {
        let until = text(&paused["all"], "until");
        let until = if until.is_empty() { context.say("cli.peer.until-resumed") } else { until };
        words.push(context.fill("cli.paused.all", &[("until", until)]));
    }
    if let Some(n) = paused["named"].as_u64().filter(|n| *n > 0) {
        words.push(context.fill("cli.paused.named", &[("n", &n.to_string())]));
    }
    words.join(context.lang.pick("；", "; "))
}
