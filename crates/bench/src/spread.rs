//! The spread: how long one publication takes to nodes that are not connected with its author, and what it costs.
//!
//! Real processes, all admitted by one hub, then started anew with the connections of one shape: a line of three, and of
//! `--nodes` a star, a line, and a graph in which each node has four neighbours. One node after the other publishes; some of
//! the others are looked at until they show the listing. Everybody holds it before the next one is published.
//!
//! Polling costs the machine something, so only a few nodes are watched at a time; the times are to be compared within one
//! run. Bytes are those of `lo`, acknowledgements included, over all publications of a shape.

mod homes;
mod measure;
mod report;
mod shape;

use anyhow::ensure;
use clap::Args;

use crate::{Common, machine, namespace, node, records};
use homes::Homes;
use measure::measure;
use report::{Report, Row};
use shape::Shape;

/// Listings that the hub imports as the load; enough for the longest measuring.
const LOAD: usize = 20_000;

/// What is asked for.
#[derive(Args, Debug)]
pub struct SpreadArgs {
    /// Nodes of the larger shapes.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(6..=200))]
    nodes: u64,
    /// Publications measured in each shape.
    #[arg(long, default_value_t = 60)]
    publications: usize,
    /// Shapes; all of them unless given.
    #[arg(long, value_enum)]
    shape: Vec<Shape>,
    #[command(flatten)]
    common: Common,
    /// Set on the copy that runs inside the namespace: the program to measure.
    #[arg(long, hide = true)]
    inside: Option<std::path::PathBuf>,
}

/// Measures every shape asked for, and prints the table.
///
/// # Errors
/// When a program is missing or fails, or a node does not get a listing.
pub fn run(args: &SpreadArgs) -> anyhow::Result<()> {
    if let Some(bin) = &args.inside {
        namespace::loopback_up()?;
        return spread(args, bin);
    }
    let bin = node::program(args.common.bin.as_deref())?;
    match namespace::enter(&bin)? {
        Some(good) => {
            ensure!(good, "the run inside the network namespace failed");
            Ok(())
        }
        None => spread(args, &bin),
    }
}

fn spread(args: &SpreadArgs, bin: &std::path::Path) -> anyhow::Result<()> {
    let temporary = tempfile::Builder::new().prefix("lianshi-spread-").tempdir()?;
    let dir = args.common.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&dir)?;
    let shapes =
        if args.shape.is_empty() { <Shape as clap::ValueEnum>::value_variants() } else { &args.shape };
    let nodes = |shape: &Shape| shape.nodes(args.nodes as usize);
    let most = shapes.iter().map(nodes).max().unwrap_or_default();
    let homes = Homes::prepare(bin, &dir, most)?;
    let load = dir.join("load.jsonl");
    if shapes.iter().any(|shape| shape.is_loaded()) {
        records::write(&load, LOAD)?;
    }
    let mut rows = Vec::new();
    for shape in shapes {
        let links = shape.links(nodes(shape));
        let running = homes.start(&links)?;
        let importing = shape.is_loaded().then(|| homes.import(&load)).transpose()?;
        let figures = measure(running, &links, args.publications, *shape)?;
        drop(importing);
        let row = Row { shape: *shape, nodes: nodes(shape), links: links.count(), figures };
        eprint!("bench: load {}: {}", machine::load(), row.line());
        rows.push(row);
    }
    let report = Report { rows };
    print!("{}", report.table());
    if args.common.json {
        println!("{}", report.json());
    }
    Ok(())
}
