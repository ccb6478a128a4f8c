//! How long the server takes for each kind of page, beside a server that sends the same bytes from memory, by turns in the
//! same run.
//!
//! A node of its own with all the listings of a run answers on loopback; so does the other server (see `still`), which was
//! handed the very answers of the node. Each client keeps one connection open, as a browser does, asks, and reads the answer
//! to its end; that time counts. What the ratio holds is what the node does for a page: search, facets, checks, template.

pub mod client;
mod still;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::{Value as Json, json};

use crate::Common;
use crate::flood::Times;
use crate::node::{CONFIG, Node, command, done, program};
use crate::{machine, records};
use client::Client;
use still::Still;

/// Turns of each server for each page.
const TURNS: usize = 4;
/// Listings that are opened, one after the other.
const OPENED: usize = 200;

/// What `pages` takes.
#[derive(Args, Debug)]
pub struct PagesArgs {
    /// Listings that the node holds.
    #[arg(long, default_value_t = 10_000)]
    listings: usize,
    /// Requests for each kind of page and server.
    #[arg(long, default_value_t = 2_000)]
    requests: usize,
    /// Readers at the same time.
    #[arg(long, default_value_t = 2)]
    readers: usize,
    #[command(flatten)]
    common: Common,
}

/// A kind of page: its name in the table, and the addresses that are asked for in turn.
struct Kind {
    name: &'static str,
    paths: Vec<String>,
}

/// Times of both servers for one kind of page.
struct Row {
    name: &'static str,
    bytes: usize,
    node: Times,
    still: Times,
}

/// Measures and prints the table.
///
/// # Errors
/// When a program fails, or a page is not there.
pub fn run(args: &PagesArgs) -> anyhow::Result<()> {
    ensure!(args.requests > 0 && args.readers > 0, "--requests and --readers are at least 1");
    let bin = program(args.common.bin.as_deref())?;
    let folder = tempfile::Builder::new().prefix("bench-pages-").tempdir()?;
    let dir = args.common.keep.as_deref().unwrap_or_else(|| folder.path());
    std::fs::create_dir_all(dir)?;
    let home = prepare(&bin, dir, args.listings)?;
    let mut node = Node::start(&bin, &home)?;
    let status = node.await_status("indexed", |status| status["searchable"] == args.listings)?;
    let address = status["web"].as_str().context("the node serves no pages")?;
    let address = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let kinds = kinds(&bin, &home, &address)?;
    let rows =
        kinds.iter().map(|kind| measure(kind, &address, args)).collect::<anyhow::Result<Vec<Row>>>()?;
    print!("{}", table(&rows, args));
    println!("largest memory of the node: {:.0} MB", machine::peak(node.id()) as f64 / 1e6);
    if args.common.json {
        println!("{}", as_json(&rows, args));
    }
    node.stop()
}

/// A home with so many listings; one that `--keep` left is taken as it is.
fn prepare(bin: &Path, dir: &Path, listings: usize) -> anyhow::Result<std::path::PathBuf> {
    let home = dir.join(format!("pages-{listings}"));
    if home.exists() {
        return Ok(home);
    }
    let (config, jsonl) = (dir.join("config.toml"), dir.join("records.jsonl"));
    std::fs::write(&config, CONFIG)?;
    eprintln!("bench: {}", records::write(&jsonl, listings)?);
    let init = ["init", "--role", "hub", "--name", "样例大市场", "--region", "420000", "--config"];
    done(command(bin, &home).args(init).arg(&config))?;
    let import = ["--kind", "achievement", "--apply", "--publish"];
    done(command(bin, &home).arg("import").arg(&jsonl).args(import))?;
    Ok(home)
}

fn kinds(bin: &Path, home: &Path, address: &str) -> anyhow::Result<Vec<Kind>> {
    let listed = done(command(bin, home).args(["search", "技术", "--limit", &OPENED.to_string()]))?;
    let ids = listed.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let opened: Vec<String> =
        ids.filter_map(|found| found["id"].as_str().map(|id| format!("/listing/{id}"))).collect();
    ensure!(!opened.is_empty(), "no listing was found");
    let home_page = Client::open(address)?.get("/")?;
    let text = String::from_utf8_lossy(&home_page).into_owned();
    let style = text.split_once("rel=\"stylesheet\" href=\"").and_then(|(_, rest)| rest.split_once('"'));
    let style = style.map(|(href, _)| href.to_owned()).context("the first page has no style sheet")?;
    // 材料, 系统, 方法, 技术, 研究
    let words = ["%E6%9D%90%E6%96%99", "%E7%B3%BB%E7%BB%9F", "%E6%96%B9%E6%B3%95", "%E6%8A%80%E6%9C%AF"];
    let each = |form: &dyn Fn(&str) -> String| words.iter().map(|word| form(word)).collect();
    Ok(vec![
        Kind { name: "first page", paths: vec!["/".to_owned()] },
        Kind { name: "all listings", paths: vec!["/list".to_owned()] },
        Kind { name: "search", paths: each(&|word| format!("/list?q={word}")) },
        Kind { name: "search, filtered", paths: each(&|word| format!("/list?q={word}&region=4201&trl=4-6")) },
        Kind { name: "search, page 50", paths: each(&|word| format!("/list?q={word}&page=50")) },
        Kind { name: "listing", paths: opened },
        Kind { name: "node status", paths: vec!["/status".to_owned()] },
        Kind { name: "help", paths: vec!["/help/visitor".to_owned()] },
        Kind { name: "style sheet", paths: vec![style] },
    ])
}

fn measure(kind: &Kind, address: &str, args: &PagesArgs) -> anyhow::Result<Row> {
    let mut first = Client::open(address)?;
    let pages: Vec<Vec<u8>> =
        kind.paths.iter().map(|path| first.get(path)).collect::<anyhow::Result<_>>().context(kind.name)?;
    let bytes = pages.iter().map(Vec::len).sum::<usize>() / pages.len().max(1);
    let still = Still::serve(kind.paths.iter().cloned().zip(pages).collect())?;
    let mut row = Row { name: kind.name, bytes, node: Times::default(), still: Times::default() };
    let each = args.requests.div_ceil(TURNS * args.readers);
    for _ in 0..TURNS {
        row.node.add(client::read(address, &kind.paths, args.readers, each)?);
        row.still.add(client::read(still.address(), &kind.paths, args.readers, each)?);
    }
    Ok(row)
}

/// For people, and for `tests/PERFORMANCE.md`.
fn table(rows: &[Row], args: &PagesArgs) -> String {
    let mut out = format!(
        "{} listings, {} readers, {} requests for each page and server, load {}\n\n",
        args.listings,
        args.readers,
        args.requests,
        machine::load()
    );
    out.push_str("| Page | Bytes | Node, p50 ms | p99 ms | From memory, p50 ms | p99 ms |\n|---|---|---|---|---|---|\n");
    for row in rows {
        let [a, b, c, d] = figures(row);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "| {} | {} | {a:.2} | {b:.2} | {c:.2} | {d:.2} |", row.name, row.bytes);
    }
    out.push('\n');
    out
}

fn figures(row: &Row) -> [f64; 4] {
    let of = |times: &Times| [times.percentile(50), times.percentile(99)];
    let ([a, b], [c, d]) = (of(&row.node), of(&row.still));
    [a, b, c, d]
}

/// For scripts.
fn as_json(rows: &[Row], args: &PagesArgs) -> Json {
    let row = |row: &Row| {
        let [p50, p99, still_p50, still_p99] = figures(row);
        json!({
            "page": row.name, "bytes": row.bytes, "p50_ms": p50, "p99_ms": p99,
            "still_p50_ms": still_p50, "still_p99_ms": still_p99,
        })
    };
    let rows: Vec<Json> = rows.iter().map(row).collect();
    json!({ "v": 1, "listings": args.listings, "readers": args.readers, "requests": args.requests, "rows": rows })
}
