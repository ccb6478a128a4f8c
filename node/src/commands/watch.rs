//! Saved searches.

use catalog::Lang;
use serde_json::Value as Json;
use web::SearchRequest;

use super::{Context, Outcome, listing, print_json, print_line, print_note, text};
use crate::cli::{WatchAction, WatchAdd};
use crate::office::{Failure, Request, exit};
use crate::watching::{NewWatch, WatchAsk};

pub fn run(context: &Context, action: WatchAction) -> Outcome {
    let act = |id: String, act: &str| WatchAsk::Act { id, act: act.to_owned() };
    let ask = match action {
        WatchAction::List => return list(context),
        WatchAction::Add(args) => WatchAsk::Add { new: new_of(context, args)? },
        WatchAction::Show { id } => WatchAsk::Show { id },
        WatchAction::Pause { id } => act(id, "pause"),
        WatchAction::Resume { id } => act(id, "resume"),
        WatchAction::Read { id } => act(id, "read"),
        WatchAction::Feed { id, end } => act(id, if end { "no-feed" } else { "feed" }),
        WatchAction::Test { id } => act(id, "test"),
        WatchAction::Start { id } => act(id, "start"),
        WatchAction::Remove { id } => act(id, "remove"),
    };
    let added = matches!(ask, WatchAsk::Add { .. });
    let tested = matches!(&ask, WatchAsk::Act { act, .. } if act == "test");
    let reply = context.ask(&Request::Watch { ask })?;
    if context.json {
        print_json(&reply);
    } else if reply["removed"] == true {
        print_line(&context.fill("cli.watch.removed", &[("name", text(&reply, "name"))]));
    } else if tested {
        say_tried(context, &reply);
    } else {
        if added {
            let places = [("id", text(&reply, "id")), ("name", text(&reply, "name"))];
            print_line(&context.fill("cli.watch.added", &places));
        }
        show(context, &reply);
    }
    let failed = reply["tried"].as_array().is_some_and(|tried| tried.iter().any(|one| one["ok"] == false));
    Ok(if failed { exit::UNREACHABLE } else { 0 })
}

fn new_of(context: &Context, args: WatchAdd) -> Result<NewWatch, Failure> {
    let request = SearchRequest {
        text: args.text,
        kind: args.kind,
        region: args.region,
        field: args.field,
        trl: args.trl.as_deref().map(|text| listing::levels_of(context, text)).transpose()?,
        page: 1,
        ..SearchRequest::default()
    };
    Ok(NewWatch {
        owner: String::new(),
        name: args.name,
        asks: request.parameters(),
        every: args.every.id(),
        zh: context.lang == Lang::Zh,
        tells: args.tell_search,
        at_home: args.own_network,
        feed: !args.no_feed,
        hook: args.webhook,
        mail: args.mail,
    })
}

fn list(context: &Context) -> Outcome {
    let reply = context.ask(&Request::Watch { ask: WatchAsk::List })?;
    let watches = reply["watches"].as_array().map(Vec::as_slice).unwrap_or_default();
    for watch in watches {
        if context.json { print_json(watch) } else { row(context, watch) }
    }
    if watches.is_empty() && !context.json {
        print_note(context.say("cli.watch.none"));
    }
    Ok(0)
}

fn row(context: &Context, watch: &Json) {
    let every = match watch["paused"] == true {
        true => "cli.watch.paused".to_owned(),
        false => format!("cli.watch.every.{}", text(watch, "every")),
    };
    let unread = watch["unread"].as_u64().unwrap_or_default().to_string();
    let (id, name) = (text(watch, "id"), text(watch, "name"));
    let places = [("id", id), ("name", name), ("n", &*unread), ("every", context.say(&every))];
    print_line(&context.fill("cli.watch.row", &places));
}

fn show(context: &Context, watch: &Json) {
    row(context, watch);
    let said = |key: &str, to: &str| {
        print_line(&context.fill("cli.watch.state", &[("what", context.say(key)), ("to", to)]));
    };
    if let Some(feed) = watch["feed"].as_str() {
        said("cli.watch.feed", feed);
    }
    for (key, name) in [("cli.watch.mail", "mail"), ("cli.watch.hook", "webhook")] {
        let way = &watch[name];
        if way.is_object() {
            said(key, format!("{} {}", text(way, "to"), state(context, way)).trim_end());
        }
    }
    if let Some(secret) = watch["secret"].as_str() {
        said("cli.watch.secret", secret);
    }
    if watch["peer_markets"] == false {
        print_line(&format!("  {}", context.say("watch.at_home")));
    }
    let found = watch["found"].as_array().map(Vec::as_slice).unwrap_or_default();
    for one in found {
        let change = format!("cli.watch.{}", text(one, "change"));
        let id: String = text(one, "id").chars().take(12).collect();
        let title = match text(one, "market") {
            "" => text(one, "title").to_owned(),
            market => context.fill("cli.watch.market", &[("title", text(one, "title")), ("network", market)]),
        };
        let places = [
            ("when", text(one, "found")),
            ("change", context.say(&change)),
            ("title", &*title),
            ("id", &*id),
        ];
        print_line(&context.fill("cli.watch.found", &places));
    }
    if found.is_empty() {
        print_note(context.say("cli.watch.found.none"));
    }
}

/// How a way of telling stands; empty where all is well and nothing waits.
fn state(context: &Context, way: &Json) -> String {
    let why = why(context, way);
    if way["stopped"] == true {
        return context.fill("cli.watch.stopped", &[("why", why)]);
    }
    if !why.is_empty() {
        return context.fill("cli.watch.trouble", &[("why", why)]);
    }
    match way["waiting"].as_u64() {
        Some(n) if n > 0 => context.fill("cli.watch.waiting", &[("n", &n.to_string())]),
        _ => String::new(),
    }
}

fn why<'j>(context: &Context, of: &'j Json) -> &'j str {
    text(of, context.lang.pick("why_zh", "why"))
}

fn say_tried(context: &Context, reply: &Json) {
    let tried = reply["tried"].as_array().map(Vec::as_slice).unwrap_or_default();
    if tried.is_empty() {
        print_note(context.say("cli.watch.test.none"));
    }
    for one in tried {
        let to = text(one, "to");
        match one["ok"] == true {
            true => print_line(&context.fill("cli.watch.test.ok", &[("to", to)])),
            false => {
                let places = [("to", to), ("why", why(context, one))];
                print_line(&context.fill("cli.watch.test.failed", &places));
            }
        }
    }
}
