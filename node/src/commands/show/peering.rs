//! Peer markets, as a terminal shows them.

use catalog::Kind;
use serde_json::Value as Json;

use super::{line, print_line};
use crate::commands::{Context, text};

/// Digits of an id that are shown.
const SHORT: usize = 12;

fn name(context: &Context, named: &Json) -> String {
    let (zh, en) = (text(&named["name"], "zh"), text(&named["name"], "en"));
    let own = context.lang.pick(zh, en);
    if own.is_empty() { zh.to_owned() } else { own.to_owned() }
}

/// One agreement.
pub fn peer_market(context: &Context, peer: &Json) {
    let short: String = text(peer, "id").chars().take(SHORT).collect();
    let state = context.say(&format!("cli.peering.state.{}", text(peer, "state"))).to_owned();
    let until = text(peer, "last_day");
    print_line(&format!("{short}  {}", name(context, peer)));
    let number = context.fill("cli.peering.number", &[("number", &peer["number"].to_string())]);
    let until = context.fill("cli.peering.until", &[("until", until)]);
    let reason = text(peer, "reason");
    let mut about = vec![state, number, until];
    about.extend(Some(reason.to_owned()).filter(|why| !why.is_empty()));
    print_line(&format!("              {}", about.join(" · ")));
    for (key, label) in [("takes", "cli.peering.takes"), ("gives", "cli.peering.gives")] {
        side(context, label, &peer[key]);
    }
    if peer["held"].is_object() {
        let held = &peer["held"];
        let count = held["listings"].to_string();
        let said = match held["synced"] == true {
            true => "cli.peering.level",
            false => "cli.peering.behind",
        };
        line(context, "cli.peering.held", &context.fill(said, &[("count", &count)]));
    }
}

/// What is proposed.
pub fn peering_terms(context: &Context, sides: &[Json], until: &str) {
    for one in sides {
        print_line(&context.fill("cli.peering.side", &[("name", &name(context, one))]));
        side(context, "cli.peering.offers", one);
    }
    print_line(&context.fill("cli.peering.until", &[("until", until)]));
}

fn side(context: &Context, label: &str, side: &Json) {
    let texts = |key: &str| -> Vec<String> {
        let all = side[key].as_array().into_iter().flatten();
        all.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let shelves: Vec<String> = texts("shelves").iter().map(|shelf| shelf_in_words(context, shelf)).collect();
    let nothing = context.say("cli.peering.nothing").to_owned();
    line(context, label, &if shelves.is_empty() { nothing } else { context.list(&shelves) });
    let fields = texts("fields");
    if !fields.is_empty() {
        line(context, "cli.peering.fields", &context.list(&fields));
    }
    if !text(side, "licence").is_empty() {
        line(context, "cli.peering.licence", text(side, "licence"));
    }
    for mapping in side["mappings"].as_array().into_iter().flatten() {
        let (field, edition) = (text(mapping, "field"), text(mapping, "edition"));
        let count = mapping["values"].to_string();
        let values = [("field", field), ("edition", edition), ("count", count.as_str())];
        line(context, "cli.peering.mapping", &context.fill("cli.peering.mapped", &values));
    }
    for gateway in side["gateways"].as_array().into_iter().flatten() {
        let short: String = text(gateway, "node").chars().take(SHORT).collect();
        let addresses = gateway["addresses"].as_array().map_or(0, Vec::len).to_string();
        let said = context.fill("cli.peering.gateway.at", &[("node", &short), ("count", &addresses)]);
        line(context, "cli.peering.gateway", &said);
    }
    let institutions: Vec<String> =
        texts("institutions").iter().map(|id| id.chars().take(SHORT).collect()).collect();
    if !institutions.is_empty() {
        let places = [("institutions", &*context.list(&institutions))];
        line(context, "cli.peering.gateway", &context.fill("cli.peering.replaceable", &places));
    }
}

/// `achievement@42` as people say it.
pub fn shelf_in_words(context: &Context, shelf: &str) -> String {
    let (kind, region) = shelf.split_once('@').unwrap_or((shelf, ""));
    let kind = match Kind::from_id(kind) {
        Some(kind) => kind.label(context.lang).to_owned(),
        None => context.say("cli.peering.all").to_owned(),
    };
    if region.is_empty() {
        return kind;
    }
    let name = catalog::region::path_text(&format!("{region:0<6}")).unwrap_or_else(|| region.to_owned());
    format!("{kind}{}", context.lang.pick(format!("（{name}）"), format!(" ({name})")))
}
