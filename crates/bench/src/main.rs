//! `bench`: Lianshi beside another program on the same work, turn by turn in the same run.
//!
//! ```text
//! cargo run --release -p bench -- sync --listings 10000 --against git,iroh
//! cargo run --release -p bench -- flood
//! cargo run --release -p bench -- pages --listings 100000
//! cargo run --release -p bench -- crowd --processes 50 --publishers 1000
//! cargo run --release -p bench -- spread --nodes 50
//! cargo run --release -p bench -- frontier
//! cargo run --release -p bench -- hub --listings 10000,100000,1000000 --keep DIR
//! ```
//!
//! Sync: five pieces of work between two real processes over loopback (W1 first sync, W2 one edit, W3 nothing new, W4 live,
//! W5 both wrote while they were apart), and the same between two of each other program. As root the whole run moves into a network namespace of its own, so that the counters of `lo` hold
//! nothing but the two sides' traffic; otherwise the bytes include whatever else crosses `lo`, and the table says so.
//!
//! The flood: what a hub and two members notice of a third one that does its worst, beside the same with nobody doing
//! anything (see `flood`).
//!
//! The pages: how long each kind takes beside a server that sends the same bytes from memory (see `pages`).
//!
//! The crowd: a thousand publishers to one hub, who gets in, how fast each is heard, what a connection costs (see `crowd`).
//!
//! The spread: how long a publication takes to nodes that are not connected with its author (see `spread`).
//!
//! The hub: what a node costs as it grows (see `hub`); its frontier alone, of many logs (see `frontier`).
//!
//! Absent here: micro-benchmarks of single crates (theirs, under `benches/`), lossy lines.

mod control;
mod crowd;
mod flood;
mod frontier;
mod git;
mod hub;
mod lianshi;
mod machine;
mod namespace;
mod node;
mod pages;
mod peer;
mod random;
mod records;
mod report;
mod spread;
mod sync;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Lianshi beside other programs, on the same work in the same run.
#[derive(Parser, Debug)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Five pieces of work between two nodes, W1 (first sync) to W5 (both wrote while apart), beside other programs.
    Sync(SyncArgs),
    /// What others notice of a hostile member at full speed, beside a control that burns its core offline.
    Flood(flood::FloodArgs),
    /// How long the server takes for each kind of page, beside the same bytes sent from memory.
    Pages(pages::PagesArgs),
    /// Many publishers to one hub: who gets in, how fast, at what cost.
    Crowd(crowd::CrowdArgs),
    /// How long a publication takes to nodes that are not connected with its author, and what it costs.
    Spread(spread::SpreadArgs),
    /// A hub as it grows: start, memory, searches, reconnecting, space.
    Hub(hub::HubArgs),
    /// What a frontier of many logs costs, without disks and networks.
    Frontier(frontier::FrontierArgs),
    /// The hostile member: started by `flood`.
    #[command(hide = true)]
    Hostile(flood::HostileArgs),
    /// The control: started by `flood`.
    #[command(hide = true)]
    Burn {
        /// The core to burn.
        #[arg(long)]
        core: usize,
    },
    /// Writes the listings of a run as lines of JSON.
    Records {
        /// How many.
        #[arg(long, default_value_t = 10_000)]
        listings: usize,
        /// Where to.
        #[arg(long)]
        out: PathBuf,
    },
}

/// What every comparison takes.
#[derive(Args, Debug)]
struct Common {
    /// Print one line of JSON after the table.
    #[arg(long)]
    json: bool,
    /// The program; target/release/lianshi, built when it is missing, unless given.
    #[arg(long)]
    bin: Option<PathBuf>,
    /// Work in this folder and leave it there.
    #[arg(long)]
    keep: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct SyncArgs {
    /// Listings to move.
    #[arg(long, default_value_t = 10_000)]
    listings: usize,
    /// What to compare with, by commas: git, iroh, hyper, pouch, oai, syncthing, orbit, automerge, samod; or nothing.
    #[arg(long, value_delimiter = ',', default_value = "git")]
    against: Vec<String>,
    /// The folder of the peers' harness; beside the repository unless given. Without it git does W1 alone.
    #[arg(long)]
    harness: Option<PathBuf>,
    /// Turns of each system; the medians count.
    #[arg(long, default_value_t = 3)]
    turns: usize,
    #[command(flatten)]
    common: Common,
    /// Records the receiver of the first turn with `perf record` into this file (its figures then do not count).
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Set on the copy that runs inside the namespace: the program to measure.
    #[arg(long, hide = true)]
    inside: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Sync(args) => sync::run(&args),
        Command::Flood(args) => flood::run(&args),
        Command::Pages(args) => pages::run(&args),
        Command::Crowd(args) => crowd::run(&args),
        Command::Spread(args) => spread::run(&args),
        Command::Frontier(args) => frontier::run(&args),
        Command::Hub(args) => hub::run(&args),
        Command::Hostile(args) => flood::hostile(&args),
        Command::Burn { core } => flood::burn(core),
        Command::Records { listings, out } => records::write(&out, listings).map(|made| println!("{made}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
