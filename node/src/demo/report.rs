//! The end: that all views are equal, how long it took, what each node holds, and where its pages are.

use std::time::Duration;

use catalog::{Lang, words};
use serde_json::{Value as Json, json};

use super::cast::{CAST, Part};
use super::face::{Face, rounded, seconds};
use super::folder::Folder;
use super::import::Imported;
use super::table::{self, Column};
use super::watch::Figures;
use crate::bytes::bytes;

/// What came of it.
#[derive(Debug)]
pub struct Summary<'r> {
    /// The view that all hold, or none.
    pub view: Option<&'r str>,
    /// Why there is none; may be empty.
    pub reason: String,
    /// Since the demonstration began.
    pub whole: Duration,
    /// Since the imports began.
    pub importing: Option<Duration>,
    /// Since the last import ended.
    pub after: Option<Duration>,
    /// Listings published in all.
    pub listings: u64,
    /// What each node said last.
    pub nodes: &'r [Option<Figures>],
    /// Where the homes are.
    pub folder: &'r Folder,
}

/// The last object for scripts.
pub fn document(lang: Lang, result: &Summary<'_>) -> Json {
    let node = |(place, figures): (usize, &Option<Figures>)| {
        let (part, n) = (&CAST[place], figures.clone().unwrap_or_default());
        json!({
            "name": part.name(lang), "role": part.role.id(), "region": part.region,
            "home": result.folder.path().join(part.slug).display().to_string(),
            "answers": figures.is_some(), "web": n.web, "addresses": n.addresses, "entries": n.entries,
            "listings": { "own": n.own, "held": n.held }, "view_hash": n.view,
            "bytes": { "in": n.bytes.0, "out": n.bytes.1, "disk": n.disk },
        })
    };
    let nodes: Vec<Json> = result.nodes.iter().enumerate().map(node).collect();
    json!({
        "v": 1, "event": "done", "equal": result.view.is_some(), "reason": result.reason,
        "seconds": rounded(result.whole), "seconds_importing": result.importing.map(rounded),
        "seconds_after_import": result.after.map(rounded), "listings": result.listings, "view_hash": result.view,
        "nodes": nodes,
    })
}

/// The last words for people.
pub fn words_of(lang: Lang, result: &Summary<'_>) -> Vec<String> {
    let Some(view) = result.view else { return Vec::new() };
    let (nodes, listings) = (CAST.len().to_string(), result.listings.to_string());
    let time = |time: Option<Duration>| time.map(seconds).unwrap_or_default();
    let (whole, importing, after) = (seconds(result.whole), time(result.importing), time(result.after));
    let places = [
        ("nodes", &*nodes),
        ("listings", &*listings),
        ("seconds", &*importing),
        ("after", &*after),
        ("whole", &*whole),
    ];
    let mut lines = vec![words::fill(lang, "cli.demo.done", &places), String::new()];
    lines.extend(holdings(lang, result.nodes));
    lines.push(String::new());
    lines.push(words::fill(lang, "cli.demo.view", &[("view", view)]));
    lines.push(words::say(lang, "cli.demo.web").to_owned());
    lines.extend(pages(lang, result.nodes));
    lines
}

fn holdings(lang: Lang, nodes: &[Option<Figures>]) -> Vec<String> {
    let keys = ["name", "role", "own", "held", "entries", "in", "out", "disk"]
        .map(|id| format!("cli.demo.column.{id}"));
    // A name and a role stand before the numbers.
    let column = |(at, key)| Column { heading: words::say(lang, key), number: at >= 2 };
    let columns: Vec<Column<'_>> = keys.iter().map(String::as_str).enumerate().map(column).collect();
    let row = |(place, figures): (usize, &Option<Figures>)| {
        let (part, n) = (&CAST[place], figures.clone().unwrap_or_default());
        let role = format!("role.{}", part.role.id().replace('-', "_"));
        vec![
            part.name(lang).to_owned(),
            words::say(lang, &role).to_owned(),
            n.own.to_string(),
            n.held.to_string(),
            n.entries.to_string(),
            bytes(n.bytes.0),
            bytes(n.bytes.1),
            bytes(n.disk),
        ]
    };
    let rows: Vec<Vec<String>> = nodes.iter().enumerate().map(row).collect();
    table::lines(&columns, &rows)
}

/// Where each node's pages are.
fn pages(lang: Lang, nodes: &[Option<Figures>]) -> Vec<String> {
    let room = CAST.iter().map(|part| table::width(part.name(lang))).max().unwrap_or_default();
    let line = |(part, node): (&Part, &Option<Figures>)| {
        let web = node.as_ref().map_or("–", |n| n.web.as_str());
        let name = part.name(lang);
        format!("  {name}{}  {web}", " ".repeat(room - table::width(name)))
    };
    CAST.iter().zip(nodes).map(line).collect()
}

/// Tells what became of a file: always to scripts; to people when something in it was refused or it is their own.
pub fn imported(lang: Lang, face: &mut Face, file: &Imported, own: bool) {
    let name = CAST[file.place].name(lang);
    let reasons: Vec<Json> =
        file.reasons.iter().map(|(row, why)| json!({ "row": row, "reason": why })).collect();
    face.event(&json!({
        "v": 1, "event": "import", "name": name, "file": file.file, "kind": file.kind, "published": file.published,
        "repeated": file.repeated, "refused": file.refused, "unreadable": file.unreadable, "reasons": reasons,
    }));
    if face.is_json() || !own {
        return;
    }
    let (published, repeated, refused) =
        (file.published.to_string(), file.repeated.to_string(), file.refused.to_string());
    let key = if file.unreadable { "cli.demo.unreadable" } else { "cli.demo.imported" };
    let places = [
        ("name", name),
        ("file", &*file.file),
        ("published", &*published),
        ("repeated", &*repeated),
        ("refused", &*refused),
    ];
    face.remark(&words::fill(lang, key, &places));
    for (row, reason) in &file.reasons {
        let row = row.to_string();
        face.remark(&words::fill(lang, "cli.demo.imported.refused", &[("row", &row), ("reason", reason)]));
    }
}
