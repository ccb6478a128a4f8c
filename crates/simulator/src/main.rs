//! `simulator`: a province of nodes in one process, for weeks of virtual time.
//!
//! ```text
//! cargo run --release -p simulator -- --nodes 1000 --days 30 --seed 7
//! ```
//!
//! A seed replays to the same trace. When something that must hold does not, the run ends with the last lines of what
//! happened, and the seed.

use clap::Parser;
use simulator::{Province, Spread, Story, Weather, table};

/// More runs than this are summed up instead of listed.
const LISTED: usize = 20;

/// A province of nodes in one process, for weeks of virtual time.
#[derive(Parser, Debug)]
#[command(name = "simulator")]
struct Cli {
    /// Nodes; several numbers give several runs.
    #[arg(long, value_delimiter = ',', default_values_t = [100])]
    nodes: Vec<usize>,
    /// Days until everyone comes together.
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// The first seed.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Seeds, one run each.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// How much goes wrong until then.
    #[arg(long, value_enum, default_value_t = Weather::Usual)]
    weather: Weather,
    /// A line of JSON for each run instead of a table.
    #[arg(long)]
    json: bool,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    anyhow::ensure!(cli.nodes.iter().all(|n| *n >= 4), "a province has at least 4 nodes: --nodes 4 or more");
    anyhow::ensure!(cli.days > 0 && cli.seeds > 0, "--days and --seeds are at least 1");
    let mut reports = Vec::new();
    for nodes in &cli.nodes {
        for seed in cli.seed..cli.seed.saturating_add(cli.seeds) {
            let report = Province::play(Story::new(*nodes, cli.days, seed, cli.weather));
            if cli.json {
                println!("{}", report.json());
            } else if cli.seeds as usize <= LISTED {
                eprintln!("{nodes} nodes, seed {seed}: {}", report.story());
            }
            reports.push(report);
        }
    }
    if cli.json {
        return Ok(());
    }
    if reports.len() <= LISTED {
        print!("{}", table(&reports));
        return Ok(());
    }
    let settled = Spread::of(reports.iter().map(|report| report.settled_ms / 1_000).collect());
    let mut happened = std::collections::BTreeMap::new();
    for (what, n) in reports.iter().flat_map(|report| &report.happened) {
        *happened.entry(*what).or_insert(0) += n;
    }
    let told: Vec<String> = happened.iter().map(|(what, n)| format!("{n} {what}")).collect();
    println!(
        "{} runs, 0 violations; all in step after {} s, at most {} s",
        reports.len(),
        settled.median,
        settled.most
    );
    println!("{}", told.join(", "));
    Ok(())
}
