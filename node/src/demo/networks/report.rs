//! What people and scripts are told of it: tables, lines and JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::{Lang, words};
use serde_json::{Value as Json, json};

use super::super::face::{rounded, seconds};
use super::super::table::{self, Column};
use super::agreed::Agreed;
use super::cast::{NETWORKS, SEATS};
use crate::commands::{Context, show};

/// One direction of an agreement, as a node's roster has it.
#[derive(Clone, Debug)]
pub struct Agreement {
    giver: usize,
    taker: usize,
    /// Shelves as the command line takes them.
    shelves: Vec<String>,
    licence: String,
    /// The last day.
    until: String,
}

impl Agreement {
    /// Both directions of what the network `one` says of its agreement with `other`.
    pub fn both(one: usize, other: usize, shown: &Json) -> [Self; 2] {
        let text = |at: &Json| at.as_str().unwrap_or_default().to_owned();
        let until = text(&shown["last_day"]);
        let side = |giver: usize, taker: usize, side: &Json| Self {
            giver,
            taker,
            shelves: side["shelves"].as_array().into_iter().flatten().map(text).collect(),
            licence: text(&side["licence"]),
            until: until.clone(),
        };
        [side(one, other, &shown["gives"]), side(other, one, &shown["takes"])]
    }

    /// For scripts.
    pub fn event(&self) -> Json {
        json!({
            "v": 1, "event": "agreement", "from": NETWORKS[self.giver].seats[0].name.0,
            "to": NETWORKS[self.taker].seats[0].name.0, "shelves": self.shelves, "licence": self.licence,
            "until": self.until,
        })
    }
}

/// What a node finds of each network, and of how many listings it must have nothing.
#[derive(Clone, Debug)]
pub struct Holding {
    node: usize,
    /// In the order of the networks.
    pub found: Vec<usize>,
    /// Listings that it was not given: that it has all the same, and in all.
    strays: (usize, usize),
}

impl Holding {
    /// Counts what was found.
    pub fn of(
        agreed: &Agreed,
        node: usize,
        found: &BTreeMap<usize, Option<String>>,
        strays: (usize, usize),
    ) -> Self {
        let mut counts = vec![0; agreed.nodes() / SEATS];
        for &listing in found.keys() {
            counts[agreed.listings()[listing].network] += 1;
        }
        Self { node, found: counts, strays }
    }
}

/// A node at one moment.
#[derive(Debug)]
pub struct Row {
    /// Its place.
    pub node: usize,
    /// What it finds of each network; `None` while it does not answer.
    pub found: Option<Vec<usize>>,
    /// Whether that is what was agreed; `None` while not all is published.
    pub agrees: Option<bool>,
}

fn column(lang: Lang, key: &'static str, number: bool) -> Column<'static> {
    Column { heading: words::say(lang, key), number }
}

/// Who gives what to whom, and until when.
pub fn agreements(context: &Context, all: &[Agreement]) -> Vec<String> {
    let lang = context.lang;
    let columns = [
        "cli.demo.networks.column.giver",
        "cli.demo.networks.column.taker",
        "cli.demo.networks.column.what",
        "cli.demo.networks.column.licence",
        "cli.demo.networks.column.until",
    ]
    .map(|key| column(lang, key, false));
    let row = |of: &Agreement| {
        let shelves: Vec<String> =
            of.shelves.iter().map(|text| show::shelf_in_words(context, text)).collect();
        let licence = if of.licence.is_empty() { "–".to_owned() } else { of.licence.clone() };
        let [giver, taker] = [of.giver, of.taker].map(|at| NETWORKS[at].province(lang).to_owned());
        vec![giver, taker, context.list(&shelves), licence, of.until.clone()]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    let mut lines = vec![words::say(lang, "cli.demo.networks.agreements").to_owned(), String::new()];
    lines.extend(table::lines(&columns, &rows));
    lines.push(String::new());
    lines
}

/// Columns of a table of nodes: network, node, a column for each network.
fn columns(lang: Lang, networks: usize) -> Vec<Column<'static>> {
    let provinces =
        NETWORKS.iter().take(networks).map(|n| Column { heading: n.province(lang), number: true });
    let first = ["cli.demo.networks.column.network", "cli.demo.column.name"];
    first.map(|key| column(lang, key, false)).into_iter().chain(provinces).collect()
}

fn names(lang: Lang, node: usize) -> [String; 2] {
    let network = &NETWORKS[node / SEATS];
    [network.province(lang).to_owned(), network.seats[node % SEATS].name(lang).to_owned()]
}

/// What each node finds, by network, and that there is nothing of what it was not given.
pub fn holdings(lang: Lang, networks: usize, all: &[Holding]) -> Vec<String> {
    let mut columns = columns(lang, networks);
    columns.insert(2, column(lang, "cli.demo.column.role", false));
    columns.push(column(lang, "cli.demo.networks.column.strays", true));
    let row = |of: &Holding| {
        let role = NETWORKS[of.node / SEATS].seats[of.node % SEATS].role_name(lang);
        let counts = of.found.iter().map(usize::to_string);
        let strays = format!("{}/{}", of.strays.0, of.strays.1);
        names(lang, of.node).into_iter().chain([role]).chain(counts).chain([strays]).collect()
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    let mut lines = vec![words::say(lang, "cli.demo.networks.found").to_owned(), String::new()];
    lines.extend(table::lines(&columns, &rows));
    lines.extend([String::new(), words::say(lang, "cli.demo.networks.strays").to_owned(), String::new()]);
    lines
}

/// The same for scripts.
pub fn exchanged(lang: Lang, whole: Duration, all: &[Holding]) -> Json {
    let node = |of: &Holding| {
        let [network, name] = names(lang, of.node);
        let found: serde_json::Map<String, Json> = of
            .found
            .iter()
            .zip(&NETWORKS)
            .map(|(count, network)| (network.province(lang).to_owned(), json!(count)))
            .collect();
        json!({ "network": network, "name": name, "found": found, "not_given": of.strays.1, "strays": of.strays.0 })
    };
    let nodes: Vec<Json> = all.iter().map(node).collect();
    json!({ "v": 1, "event": "exchanged", "seconds": rounded(whole), "nodes": nodes })
}

fn agreeing(rows: &[Row]) -> usize {
    rows.iter().filter(|row| row.agrees == Some(true)).count()
}

fn heading(lang: Lang, (step, whole): (&str, Duration), rows: &[Row]) -> String {
    let seconds = seconds(whole);
    let (agree, nodes) = (agreeing(rows).to_string(), rows.len().to_string());
    let mut line = words::fill(lang, "cli.demo.heading", &[("seconds", &seconds), ("step", step)]);
    if rows.iter().any(|row| row.agrees.is_some()) {
        line += &words::fill(lang, "cli.demo.networks.agree", &[("agree", &agree), ("nodes", &nodes)]);
    }
    line
}

/// What is drawn in a terminal: ink and line.
pub fn board(
    lang: Lang,
    networks: usize,
    now: (&str, Duration),
    rows: &[Row],
) -> Vec<(&'static str, String)> {
    let cells = |row: &Row| {
        let counts = (0..networks).map(|at| match &row.found {
            Some(found) => found[at].to_string(),
            None => "–".to_owned(),
        });
        names(lang, row.node).into_iter().chain(counts).collect()
    };
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let lines = table::lines(&columns(lang, networks), &cells);
    let inks =
        ["1"].into_iter().chain(rows.iter().map(|row| if row.agrees == Some(true) { "32" } else { "0" }));
    let heading = ("1", heading(lang, now, rows));
    std::iter::once(heading).chain(inks.zip(lines)).collect()
}

/// What each finds in all, a number for each.
pub fn state(rows: &[Row]) -> String {
    let count = |row: &Row| {
        row.found.as_ref().map_or_else(|| "–".to_owned(), |found| found.iter().sum::<usize>().to_string())
    };
    rows.iter().map(count).collect::<Vec<_>>().join(" ")
}

/// A line of progress.
pub fn told(lang: Lang, now: (&str, Duration), rows: &[Row]) -> String {
    let heading = heading(lang, now, rows);
    words::fill(lang, "cli.demo.networks.told", &[("heading", &heading), ("found", &state(rows))])
}

/// The same for scripts.
pub fn progress(lang: Lang, step: &str, whole: Duration, rows: &[Row]) -> Json {
    let node = |row: &Row| {
        let [network, name] = names(lang, row.node);
        json!({ "network": network, "name": name, "answers": row.found.is_some(), "found": row.found, "agrees": row.agrees })
    };
    let nodes: Vec<Json> = rows.iter().map(node).collect();
    json!({
        "v": 1, "event": "progress", "step": step, "seconds": rounded(whole), "agree": agreeing(rows), "nodes": nodes,
    })
}

/// The last object for scripts.
pub fn done(lang: Lang, reason: &str, whole: Duration, homes: &[String], webs: &[String]) -> Json {
    let node = |(at, home): (usize, &String)| {
        let [network, name] = names(lang, at);
        let seat = &NETWORKS[at / SEATS].seats[at % SEATS];
        json!({
            "network": network, "name": name, "role": seat.role.id(), "region": seat.region, "home": home,
            "web": webs.get(at).cloned().unwrap_or_default(),
        })
    };
    let nodes: Vec<Json> = homes.iter().enumerate().map(node).collect();
    json!({
        "v": 1, "event": "done", "agreed": reason.is_empty(), "reason": reason, "seconds": rounded(whole), "nodes": nodes,
    })
}

/// The last words for people.
pub fn last_words(lang: Lang, networks: usize, whole: Duration, webs: &[String]) -> Vec<String> {
    let (count, nodes, whole) = (networks.to_string(), (networks * SEATS).to_string(), seconds(whole));
    let places = [("networks", &*count), ("nodes", &*nodes), ("seconds", &*whole)];
    let mut lines = vec![String::new(), words::fill(lang, "cli.demo.networks.done", &places)];
    lines.push(words::say(lang, "cli.demo.networks.web").to_owned());
    let hubs: Vec<(&str, &str)> = NETWORKS
        .iter()
        .take(networks)
        .enumerate()
        .map(|(at, network)| (network.seats[0].name(lang), webs.get(at * SEATS).map_or("–", String::as_str)))
        .collect();
    let room = hubs.iter().map(|(name, _)| table::width(name)).max().unwrap_or_default();
    lines.extend(
        hubs.iter().map(|(name, web)| format!("  {name}{}  {web}", " ".repeat(room - table::width(name)))),
    );
    lines
}
