//! sled beside redb and fjall, on what the store of a node writes and reads: see decision 0043.
//!
//! ```text
//! cargo run --release --manifest-path tests/stores/Cargo.toml -- [--entries 1000000] [--edits 100000] [--cache-mib 128]
//!     [--sync-every 20000] [--in-order] [NAME…]
//! ```
//!
//! **First sync**: batches of 128 entries in key order, each with what the ledger writes beside it (its document's place under
//! a random id, its arrival, the log's head, the figures); an fsync every 20,000 entries, as a checkpoint every second comes to.
//! With `--in-order` the documents' ids ascend, which shows what their order costs.
//! **Edits**: entries of a thousand logs in no order, each with a projection of its document; an fsync every 256. Then gets of
//! entries in no order, and the time to open the store again. Each store runs in a process of its own, so that CPU, memory and
//! the bytes that reached the disk (`write_bytes` of proc(5)) are its own. Gets find what the system's cache holds.

mod engines;
mod work;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};

use engines::{Engine, NAMES};
use work::Work;

/// What is asked for.
#[derive(Clone, Debug)]
struct Asked {
    entries: u64,
    edits: u64,
    cache_mib: u64,
    sync_every: u64,
    in_order: bool,
    names: Vec<String>,
    /// Set in the process that runs one store: its folder.
    folder: Option<String>,
}

impl Asked {
    fn read(arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut asked = Self {
            entries: 1_000_000,
            edits: 100_000,
            cache_mib: 128,
            sync_every: 20_000,
            in_order: false,
            names: Vec::new(),
            folder: None,
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--entries" => asked.entries = value()?.parse()?,
                "--edits" => asked.edits = value()?.parse()?,
                "--cache-mib" => asked.cache_mib = value()?.parse()?,
                "--sync-every" => asked.sync_every = value()?.parse()?,
                "--in-order" => asked.in_order = true,
                "--folder" => asked.folder = Some(value()?),
                _ => {
                    let known = NAMES.contains(&argument.as_str());
                    ensure!(known, "no store is called {argument}; there are {NAMES:?}");
                    asked.names.push(argument);
                }
            }
        }
        if asked.names.is_empty() {
            asked.names = NAMES.iter().map(|name| (*name).to_owned()).collect();
        }
        Ok(asked)
    }
}

fn main() -> anyhow::Result<()> {
    let asked = Asked::read(std::env::args().skip(1))?;
    if let (Some(folder), Some(name)) = (&asked.folder, asked.names.first()) {
        return one(&asked, name, Path::new(folder));
    }
    println!(
        "{} entries, {} edits, cache {} MiB, fsync every {} entries{}; us are of the processor for each entry; payload is what was put, keys and values",
        asked.entries,
        asked.edits,
        asked.cache_mib,
        asked.sync_every,
        if asked.in_order { ", ids in order" } else { "" }
    );
    println!(
        "{:<22}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
        "",
        "sync s",
        "sync us",
        "written",
        "space",
        "edits s",
        "edit us",
        "written",
        "space",
        "get us",
        "p99 us",
        "open s",
        "anon MB",
        "rss MB"
    );
    for name in &asked.names {
        let folder = std::env::temp_dir().join(format!("lianshi-stores-{}-{name}", std::process::id()));
        let status = Command::new(std::env::current_exe()?)
            .args(["--entries", &asked.entries.to_string(), "--edits", &asked.edits.to_string()])
            .args(["--cache-mib", &asked.cache_mib.to_string(), "--folder"])
            .arg(&folder)
            .args(["--sync-every", &asked.sync_every.to_string()])
            .args(asked.in_order.then_some("--in-order"))
            .arg(name)
            .status()?;
        let _ = std::fs::remove_dir_all(&folder);
        ensure!(status.success(), "{name} failed");
    }
    Ok(())
}

/// Runs one store and prints its line.
fn one(asked: &Asked, name: &str, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut engine = Engine::open(name, folder, asked.cache_mib)?;
    let mut work = Work::new(asked.sync_every, asked.in_order);
    let sync = phase(folder, asked.entries, |at| work.first_sync(&mut engine, at))?;
    let edits = phase(folder, asked.edits, |at| work.edits(&mut engine, asked.entries, at))?;
    let mut times = work.gets(&engine, asked.entries)?;
    times.sort_unstable();
    let percent = |of: usize| times.get(times.len() * of / 100).copied().unwrap_or_default() as f64 / 1e3;
    let (anon, rss) = (status_kib("RssAnon:") as f64 / 1024.0, status_kib("VmRSS:") as f64 / 1024.0);
    drop(engine);
    // sled closes in the background.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let begun = Instant::now();
    let engine = Engine::open(name, folder, asked.cache_mib)?;
    ensure!(engine.get(&work::entry_key(0, 1))?.is_some(), "the first entry is gone");
    let opened = begun.elapsed().as_secs_f64();
    let Phase { seconds, cpu_us, written, space, .. } = sync;
    println!(
        "{name:<22}{seconds:>9.1}{cpu_us:>9.1}{written:>8.2}x{space:>8.2}x{:>9.1}{:>9.1}{:>8.2}x{:>8.2}x{:>9.1}{:>9.1}{opened:>9.2}{anon:>9.0}{rss:>9.0}",
        edits.seconds,
        edits.cpu_us,
        edits.written,
        (edits.bytes_on_disk) / (sync.payload + edits.payload),
        percent(50),
        percent(99)
    );
    Ok(())
}

/// What one phase took.
struct Phase {
    seconds: f64,
    /// Of the processor, for each entry, all threads together.
    cpu_us: f64,
    /// Bytes that reached the disk, in payloads.
    written: f64,
    /// Bytes on disk at its end, in payloads.
    space: f64,
    payload: f64,
    bytes_on_disk: f64,
}

/// Steps until all entries are in. A step tells how many it wrote and of how many bytes.
fn phase(
    folder: &Path,
    entries: u64,
    mut step: impl FnMut(u64) -> anyhow::Result<(u64, u64)>,
) -> anyhow::Result<Phase> {
    let (begun, cpu, written) = (Instant::now(), cpu_ticks(), io("write_bytes:"));
    let (mut at, mut payload) = (0, 0);
    while at < entries {
        let (wrote, bytes) = step(at)?;
        at += wrote;
        payload += bytes;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let cpu_us = (cpu_ticks() - cpu) as f64 * 1e4 / entries.max(1) as f64;
    let (payload, bytes_on_disk) = (payload.max(1) as f64, disk(folder) as f64);
    let written = (io("write_bytes:") - written) as f64 / payload;
    Ok(Phase { seconds, cpu_us, written, space: bytes_on_disk / payload, payload, bytes_on_disk })
}

/// utime and stime of this process, in hundredths of a second.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11).take(2));
    fields.into_iter().flatten().filter_map(|n| n.parse::<u64>().ok()).sum()
}

fn number_after(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|n| n.parse().ok()).unwrap_or_default()
}

fn io(name: &str) -> u64 {
    number_after(&std::fs::read_to_string("/proc/self/io").unwrap_or_default(), name)
}

fn status_kib(name: &str) -> u64 {
    number_after(&std::fs::read_to_string("/proc/self/status").unwrap_or_default(), name)
}

/// Allocated bytes of a folder.
fn disk(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let items = std::fs::read_dir(folder).into_iter().flatten().flatten();
    items
        .map(|item| match item.metadata() {
            Ok(meta) if meta.is_dir() => disk(&item.path()),
            Ok(meta) => meta.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}
