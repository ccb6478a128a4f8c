//! The crowd: many publishers to one hub.
//!
//! A few of them are real `lianshi run` processes; the others are played by this program, each with a node key, an
//! institution and a connection of its own, and say what a real one's session says (see `play`). Each calls from an address of
//! its own where this is run as root; with `--one-source` all come from one, as from behind one address translator. One more
//! member only listens: when the hub tells it of a listing, others can see that listing.

mod homes;
mod phases;
mod play;
mod report;
mod waits;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::{Common, namespace, node};

/// What is asked for.
#[derive(clap::Args, Debug)]
pub struct CrowdArgs {
    /// Publishers that are processes of their own.
    #[arg(long, default_value_t = 50)]
    processes: usize,
    /// Publishers in all.
    #[arg(long, default_value_t = 1_000)]
    publishers: usize,
    /// Listings that each sends when all send at once.
    #[arg(long, default_value_t = 20)]
    each: usize,
    /// All come from one address.
    #[arg(long)]
    one_source: bool,
    /// The played ones publish, and take in nothing but what concerns everyone; else they take in what their city publishes.
    #[arg(long)]
    publish_only: bool,
    /// For how long idle connections are watched, seconds.
    #[arg(long, default_value_t = 10)]
    idle: u64,
    #[command(flatten)]
    common: Common,
    /// Set on the copy that runs inside the namespace: the program to measure.
    #[arg(long, hide = true)]
    inside: Option<PathBuf>,
}

/// Most publishers: addresses of the network that they call from.
const MAX_PUBLISHERS: usize = 10_000;

/// Runs the crowd and prints what was measured.
///
/// # Errors
/// When a program is missing or fails, or a publisher never gets in.
pub fn run(args: &CrowdArgs) -> anyhow::Result<()> {
    ensure!(
        (1..=MAX_PUBLISHERS).contains(&args.publishers) && args.processes <= args.publishers,
        "between 1 and {MAX_PUBLISHERS} publishers, and no more processes than that"
    );
    if let Some(bin) = &args.inside {
        namespace::loopback_up()?;
        local_network()?;
        return measure(args, bin, !args.one_source);
    }
    let bin = node::program(args.common.bin.as_deref())?;
    match namespace::enter(&bin)? {
        Some(good) => {
            ensure!(good, "the run inside the network namespace failed");
            Ok(())
        }
        None => measure(args, &bin, false),
    }
}

/// All of 10.66.0.0/16 is this machine.
fn local_network() -> anyhow::Result<()> {
    let route = ["route", "add", "local", "10.66.0.0/16", "dev", "lo"];
    let status = Command::new("ip").args(route).status().context("ip")?;
    ensure!(status.success(), "`ip {}` failed", route.join(" "));
    Ok(())
}

fn measure(args: &CrowdArgs, bin: &Path, spread: bool) -> anyhow::Result<()> {
    let temporary = tempfile::Builder::new().prefix("lianshi-crowd-").tempdir()?;
    let dir = args.common.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&dir)?;
    let played = args.publishers - args.processes;
    eprintln!("bench: {} homes, {played} played", args.processes + 1);
    let prepared = homes::prepare(bin, &dir, args.processes, played, spread)?;
    let bin = plain_limits(bin, &dir)?;
    raise_own_limit()?;
    let mut report = report::Report::new(args, spread);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("tokio")?;
    let done = phases::run(args, &bin, prepared, spread, &runtime, &mut report);
    // What was measured is shown whatever came after it.
    print!("{}", report.table());
    if args.common.json {
        println!("{}", report.json());
    }
    done
}

/// The program, started with the number of open files that a shell gives by default, whatever this program allows itself.
fn plain_limits(bin: &Path, dir: &Path) -> anyhow::Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join("lianshi");
    std::fs::write(&path, format!("#!/bin/sh\nulimit -Sn 1024\nexec '{}' \"$@\"\n", bin.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// Each played publisher takes sockets of this process.
fn raise_own_limit() -> anyhow::Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("the number of open files")
}
