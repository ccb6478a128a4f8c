//! Peers: those that there are, what moves between them and this node, what they did; and to meet one, stop, pause, resume.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::{Context, Outcome, print_json, print_line, print_note, show, text};
use crate::cli::PeerAction;
use crate::office::{Failure, PeerAsk, Request, exit};

/// A meeting that is waited for is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A call that came to nothing is told after this long, so that the second address of a peer has its turn.
const CALLS_WITHIN: Duration = Duration::from_secs(5);

pub fn run(context: &Context, action: PeerAction) -> Outcome {
    match action {
        PeerAction::List { all: true } => super::node::nodes(context),
        PeerAction::List { all: false } => list(context),
        PeerAction::Show { node } => show_one(context, &node),
        PeerAction::Sync { node, timeout } => {
            sync(context, node.as_deref(), timeout.map(Duration::from_secs))
        }
        PeerAction::Stop { node } => {
            let reply = context.running()?.ask(&Request::Peer { ask: PeerAsk::Stop { node } })?;
            done(context, &reply, "cli.peer.stopped.done")
        }
        PeerAction::Pause { node, length, all: _ } => {
            let reply = context.ask(&Request::Peer { ask: PeerAsk::Pause { node, length } })?;
            let until = if reply["until"].is_null() { "open" } else { "until" };
            let whom = if reply["node"].is_null() { "all" } else { "one" };
            done(context, &reply, &format!("cli.peer.paused.{whom}.{until}"))
        }
        PeerAction::Resume { node, all: _ } => {
            let reply = context.ask(&Request::Peer { ask: PeerAsk::Resume { node } })?;
            let key = if reply["resumed"] == true { "cli.peer.resumed" } else { "cli.peer.not-paused" };
            done(context, &reply, key)
        }
        PeerAction::Forgive { node, yes } => forgive(context, node, yes),
    }
}

fn done(context: &Context, reply: &Json, key: &str) -> Outcome {
    if context.json {
        print_json(reply);
    } else {
        let places = [("node", text(reply, "node")), ("until", text(reply, "until"))];
        print_line(&context.fill(key, &places));
    }
    Ok(0)
}

fn list(context: &Context) -> Outcome {
    let reply = context.ask(&Request::Peers)?;
    let peers = reply["peers"].as_array().map_or(&[][..], Vec::as_slice);
    for peer in peers {
        if context.json { print_json(peer) } else { show::peer(context, peer) }
    }
    if peers.is_empty() && !context.json {
        print_note(context.say("cli.peer.nobody"));
    }
    Ok(0)
}

/// What `peer list` says of a peer, and all that is known beside it.
fn show_one(context: &Context, node: &str) -> Outcome {
    let none =
        || Failure::new(exit::FAILED, context.fill("cli.peer.none", &[("node", node)]), "lianshi peer list");
    let known = context.ask(&Request::Peers)?;
    let tasks = tasks(context)?;
    let begins = |peer: &&Json| !text(peer, "node").is_empty() && text(peer, "node").starts_with(node);
    let found: Vec<&Json> = tasks.iter().filter(begins).collect();
    if found.is_empty() {
        return Err(none());
    }
    for task in found {
        let listed =
            known["peers"].as_array().into_iter().flatten().find(|peer| peer["node"] == task["node"]);
        if context.json {
            let mut all = listed.cloned().unwrap_or_else(|| task.clone());
            all["task"] = task.clone();
            print_json(&all);
        } else {
            show::task(context, task);
        }
    }
    Ok(0)
}

fn tasks(context: &Context) -> Result<Vec<Json>, Failure> {
    let mut reply = context.ask(&Request::Peer { ask: PeerAsk::List })?;
    Ok(reply["peers"].as_array_mut().map(std::mem::take).unwrap_or_default())
}

/// Meets peers and shows how far it is until all of them are in step. Whoever breaks off leaves the node at work.
fn sync(context: &Context, node: Option<&str>, timeout: Option<Duration>) -> Outcome {
    context.running()?;
    let all = tasks(context)?;
    let called = |task: &&Json| node.is_some() || !matches!(text(task, "state"), "paused" | "refused");
    let chosen = |task: &&Json| {
        !text(task, "node").is_empty() && text(task, "node").starts_with(node.unwrap_or_default())
    };
    let mut nodes: Vec<String> =
        all.iter().filter(called).filter(chosen).map(|task| text(task, "node").to_owned()).collect();
    // Of one that is not met yet the office may know.
    if let (Some(node), []) = (node, nodes.as_slice()) {
        nodes.push(node.to_owned());
    }
    if nodes.is_empty() {
        print_note(context.say("cli.peer.nobody"));
        return Ok(0);
    }
    let mut met = Vec::new();
    let mut failure = None;
    for node in &nodes {
        match context.ask(&Request::Peer { ask: PeerAsk::Sync { node: node.clone() } }) {
            Ok(reply) => met.push(text(&reply, "node").to_owned()),
            Err(why) => failure = failure.or(Some(why)),
        }
    }
    match failure {
        Some(why) if met.is_empty() => Err(why),
        _ => watch(context, &met, timeout),
    }
}

fn watch(context: &Context, nodes: &[String], timeout: Option<Duration>) -> Outcome {
    let (begun, mut told) = (Instant::now(), String::new());
    loop {
        std::thread::sleep(LOOK_EVERY);
        let tasks = tasks(context)?;
        let tasks: Vec<&Json> =
            tasks.iter().filter(|task| nodes.iter().any(|node| task["node"] == node.as_str())).collect();
        let now = tasks.iter().map(|task| show::task_line(context, task)).collect::<Vec<_>>().join("\n");
        if now != told && !context.json {
            print_note(&now);
        }
        told = now;
        let settled = |task: &&&Json| matches!(text(task, "state"), "in_step" | "closed");
        if tasks.iter().filter(settled).count() == nodes.len() {
            if context.json {
                tasks.iter().for_each(|task| print_json(task));
            } else {
                print_line(context.say("cli.peer.sync.done"));
            }
            return Ok(0);
        }
        let ended = |task: &&&Json| match text(task, "state") {
            "refused" | "paused" | "stopped" => true,
            "waiting" => begun.elapsed() > CALLS_WITHIN,
            _ => false,
        };
        if let Some(task) = tasks.iter().find(ended) {
            let state = format!("cli.peer.{}", text(task, "state"));
            let why = [text(task, "reason"), text(&task["last_failure"], "what"), context.say(&state)];
            let why = why.into_iter().find(|why| !why.is_empty()).unwrap_or_default();
            let code = if text(task, "state") == "waiting" { exit::UNREACHABLE } else { exit::REFUSED };
            return Err(Failure::said(
                code,
                "peer.failure.not-met",
                &[("node", text(task, "node")), ("why", why)],
            ));
        }
        if timeout.is_some_and(|timeout| begun.elapsed() >= timeout) {
            let seconds = timeout.unwrap_or_default().as_secs().to_string();
            return Err(Failure::said(exit::UNREACHABLE, "peer.failure.still", &[("seconds", &seconds)]));
        }
    }
}

fn forgive(context: &Context, node: String, yes: bool) -> Outcome {
    if !yes {
        print_note(&context.fill("cli.peer.conduct.warn", &[("node", &node)]));
        context.typed_yes("cli.peer.conduct.ask", "peer.failure.unconfirmed")?;
    }
    let reply = context.ask(&Request::Forgive { node })?;
    done(context, &reply, "cli.peer.conduct.forgiven")
}
