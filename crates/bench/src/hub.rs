//! A hub as it grows: start, memory, searches, reconnecting, space, at several sizes in one run.
//!
//! For each size two nodes are made: a publisher that imports the records, and a hub that replicates them, as hubs do. Then
//! the hub is started and measured: until it listens and answers a search; its anonymous memory; searches with all facets, no
//! two of them alike, so that none is answered from what is kept; the publisher that comes back with nothing new and with one
//! edit; all of these at once for some minutes; and how long compacting takes.
//!
//! Homes that `--keep` left are taken as they are, so that a million listings are made once.

mod chart;
mod homes;
mod load;
mod report;
mod words;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::Value as Json;

use crate::Common;
use crate::flood::Times;
use crate::machine;
use crate::node::{Node, command, done, program};
use crate::pages::client::{self, Client};
use homes::{Homes, Stage};
use load::Load;
use report::{Disk, Row};
use words::Words;

/// Searches at rest.
const SEARCHES: usize = 1_000;
/// The first page is asked for so often.
const FIRST_PAGES: usize = 200;
/// The publisher comes back so often with nothing new, and with one edit.
const RETURNS: usize = 5;
/// What was written last comes to rest in this time.
const SETTLE: Duration = Duration::from_secs(3);

/// What `hub` takes.
#[derive(Args, Debug)]
pub struct HubArgs {
    /// Listings that the hub holds: one row for each.
    #[arg(long, value_delimiter = ',', default_value = "10000")]
    listings: Vec<usize>,
    /// Minutes of mixed load.
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// Compact the hub at the end.
    #[arg(long)]
    compact: bool,
    /// Stop when the homes are made so far, and measure nothing: with `--keep`, to go on another time.
    #[arg(long, value_enum)]
    until: Option<Stage>,
    /// Draws cost against size into this file (SVG).
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// Measures each size and prints the table.
///
/// # Errors
/// When a program fails, or a node does not reach a state.
pub fn run(args: &HubArgs) -> anyhow::Result<()> {
    ensure!(!args.listings.is_empty(), "--listings names no size");
    let bin = program(args.common.bin.as_deref())?;
    let folder = tempfile::Builder::new().prefix("bench-hub-").tempdir()?;
    let dir = args.common.keep.as_deref().unwrap_or_else(|| folder.path());
    std::fs::create_dir_all(dir)?;
    let dir = dir.canonicalize()?;
    let mut rows = Vec::new();
    for &listings in &args.listings {
        let until = args.until.unwrap_or(Stage::Indexed);
        let homes = Homes::of(&bin, &dir.join(listings.to_string()), listings, until)?;
        if args.until.is_some() {
            continue;
        }
        let row = measure(&homes, args)?;
        eprintln!("bench: {}", row.json());
        rows.push(row);
    }
    print!("{}", report::table(&rows, args.minutes));
    if let Some(file) = &args.chart {
        std::fs::write(file, chart::draw(&rows)).with_context(|| file.display().to_string())?;
    }
    if args.common.json {
        println!("{}", report::json(&rows, args.minutes));
    }
    Ok(())
}

fn measure(homes: &Homes, args: &HubArgs) -> anyhow::Result<Row> {
    let built = homes.built.clone();
    let words = Words::read(&homes.records)?;
    let mut row = Row { disk: Disk::of(&homes.hub, &homes.publisher), built, ..Row::default() };
    let begun = Instant::now();
    let mut hub = Node::start(&homes.bin, &homes.hub)?;
    row.listening = begun.elapsed().as_secs_f64();
    let status = hub.await_status("serving pages", |status| status["web"].is_string())?;
    let web = status["web"].as_str().context("the hub serves no pages")?;
    let web = web.trim_start_matches("http://").trim_end_matches('/').to_owned();
    Client::open(&web)?.get("/list?q=%E6%9D%90%E6%96%99")?;
    row.ready = begun.elapsed().as_secs_f64();
    row.anon_start = machine::anon(hub.id());
    let held = hub.status()?["listings"]["held"].as_u64().unwrap_or_default();
    ensure!(held >= homes.built.listings as u64, "the hub holds {held} listings");
    // Once without a measure: what the disk has to bring is the disk's time.
    client::read(&web, &words.searches(0, SEARCHES / 10), 1, SEARCHES / 10)?;
    row.searches = client::read(&web, &words.searches(SEARCHES, SEARCHES), 1, SEARCHES)?;
    row.first_page = client::read(&web, &["/".to_owned()], 1, FIRST_PAGES)?;
    returns(homes, &mut row)?;
    let load = Load { homes, web: &web, words: &words, during: Duration::from_secs_f64(args.minutes * 60.0) };
    let figures = load.run(hub.id())?;
    (row.loaded, row.anon_end, row.anon_peak) = (figures.searches, figures.anon_end, figures.anon_peak);
    (row.loaded_first, row.loaded_returns) = (figures.first_page, figures.returns);
    row.edits = figures.edits;
    std::thread::sleep(SETTLE);
    hub.stop()?;
    row.disk_end = Disk::of(&homes.hub, &homes.publisher);
    if args.compact {
        compact(homes, &mut row)?;
    }
    Ok(row)
}

/// The publisher comes back: with nothing new, then each time with one edit that was made while it was away.
fn returns(homes: &Homes, row: &mut Row) -> anyhow::Result<()> {
    for turn in 0..=RETURNS {
        let (took, bytes) = homes.come_back()?;
        // The first time there may be something left to send.
        if turn > 0 {
            row.nothing.take(took);
            row.nothing_bytes.push(bytes);
        }
    }
    for turn in 0..RETURNS {
        homes.edit_offline(turn)?;
        let (took, bytes) = homes.come_back()?;
        row.one_edit.take(took);
        row.one_edit_bytes.push(bytes);
    }
    Ok(())
}

fn compact(homes: &Homes, row: &mut Row) -> anyhow::Result<()> {
    let begun = Instant::now();
    let said = done(command(&homes.bin, &homes.hub).arg("compact"))?;
    row.compacting = begun.elapsed().as_secs_f64();
    let said: Json = serde_json::from_str(said.trim()).context("what compacting said")?;
    let bytes = |key: &str| said[key].as_u64().unwrap_or_default();
    (row.compact_before, row.compact_after) = (bytes("before"), bytes("after"));
    Ok(())
}

/// The time that most in so many hundred do not exceed, milliseconds.
fn at(times: &Times, percent: usize) -> f64 {
    times.percentile(percent)
}
