//! A hub and the publisher that it has everything from: made once for each size, started and stopped as often as need be.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::node::{CONFIG, Node, command, done};
use crate::{machine, records};

/// Records that are imported at once.
const PART: usize = 100_000;
/// Between two looks while much is under way: a status takes the node's lock.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A million listings are replicated and indexed in less.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// How far the homes are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
pub enum Stage {
    /// Nothing is there.
    #[default]
    Nothing,
    /// The records are.
    Written,
    /// The publisher has them.
    Imported,
    /// The hub has them, and they are searchable.
    Replicated,
    /// They are searchable at the publisher too, so that it has nothing more to do.
    Indexed,
}

/// What making the homes took; kept beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Built {
    /// How far it has come.
    pub stage: Stage,
    /// Listings.
    pub listings: usize,
    /// Bytes of their JSON.
    pub json_bytes: u64,
    /// Seconds of the import at the publisher, each listing signed and acknowledged.
    pub import: f64,
    /// Seconds until the hub held all of them.
    pub sync: f64,
    /// Seconds from the same moment until all were searchable at the hub.
    pub searchable: f64,
    /// Largest anonymous memory of the hub meanwhile, bytes.
    pub anon: u64,
}

/// Two homes.
pub struct Homes {
    /// The program.
    pub bin: PathBuf,
    /// The hub's home.
    pub hub: PathBuf,
    /// The publisher's.
    pub publisher: PathBuf,
    /// The records that were imported.
    pub records: PathBuf,
    /// What making them took.
    pub built: Built,
}

impl Homes {
    /// Those in `dir`, made as far as they are not there. Each stage that is whole is noted, so that a long one can be left at
    /// `until` and gone on with another time.
    ///
    /// # Errors
    /// When a command fails or a state is not reached.
    pub fn of(bin: &Path, dir: &Path, listings: usize, until: Stage) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let mut homes = Self {
            bin: bin.to_owned(),
            hub: dir.join("hub"),
            publisher: dir.join("publisher"),
            records: dir.join("records.jsonl"),
            built: Built { listings, ..Built::default() },
        };
        let note = dir.join("built.json");
        if let Ok(text) = std::fs::read_to_string(&note) {
            homes.built = serde_json::from_str(&text).context("built.json")?;
        }
        for stage in [Stage::Written, Stage::Imported, Stage::Replicated, Stage::Indexed] {
            if stage <= until && homes.built.stage < stage {
                homes.make(stage, dir)?;
                homes.built.stage = stage;
                std::fs::write(&note, serde_json::to_string(&homes.built)?)?;
            }
        }
        Ok(homes)
    }

    fn make(&mut self, stage: Stage, dir: &Path) -> anyhow::Result<()> {
        match stage {
            Stage::Nothing => Ok(()),
            Stage::Written => {
                let made = records::write(&self.records, self.built.listings)?;
                eprintln!("bench: {made}; load {}", machine::load());
                self.built.json_bytes = made.bytes;
                Ok(())
            }
            Stage::Imported => {
                self.found(dir)?;
                let begun = Instant::now();
                self.import_all(dir)?;
                self.built.import = begun.elapsed().as_secs_f64();
                eprintln!("bench: imported in {:.1} s, load {}", self.built.import, machine::load());
                Ok(())
            }
            Stage::Replicated => self.replicate(),
            Stage::Indexed => {
                let mut publisher = Node::start(&self.bin, &self.publisher)?;
                let begun = Instant::now();
                while !is_indexed(&publisher.status()?) {
                    ensure!(begun.elapsed() < PATIENCE, "not indexed after {PATIENCE:?}");
                    std::thread::sleep(LOOK_EVERY);
                }
                publisher.stop()
            }
        }
    }

    fn replicate(&mut self) -> anyhow::Result<()> {
        let publisher = Node::start(&self.bin, &self.publisher)?;
        let mut hub = Node::start(&self.bin, &self.hub)?;
        let begun = Instant::now();
        let all = |status: &Json| status["listings"]["held"].as_u64() >= Some(self.built.listings as u64);
        let mut look = |reached: &dyn Fn(&Json) -> bool| -> anyhow::Result<f64> {
            while !reached(&hub.status()?) {
                self.built.anon = self.built.anon.max(machine::anon(hub.id()));
                ensure!(begun.elapsed() < PATIENCE, "not replicated after {PATIENCE:?}");
                std::thread::sleep(LOOK_EVERY);
            }
            Ok(begun.elapsed().as_secs_f64())
        };
        let sync = look(&all)?;
        // The publisher has an index to build too, which would take the hub's time.
        publisher.stop()?;
        let searchable = look(&|status| all(status) && is_indexed(status))?;
        (self.built.sync, self.built.searchable) = (sync, searchable);
        let load = machine::load();
        eprintln!("bench: replicated in {sync:.1} s, searchable after {searchable:.1} s, load {load}");
        hub.stop()
    }

    /// Founds a network and lets the publisher join it.
    fn found(&self, dir: &Path) -> anyhow::Result<()> {
        let (config, invitation) = (dir.join("config.toml"), dir.join("invitation"));
        std::fs::write(&config, CONFIG)?;
        let init = |home: &Path, role: &str, name: &str| {
            let mut init = command(&self.bin, home);
            init.args(["init", "--role", role, "--name", name, "--region", "420000", "--config"])
                .arg(&config);
            init
        };
        done(&mut init(&self.hub, "hub", "样例大市场"))?;
        let invite = ["invite", "--role", "sub-market", "--region", "420000", "--out"];
        done(command(&self.bin, &self.hub).args(invite).arg(&invitation))?;
        done(init(&self.publisher, "sub-market", "样例分市场").arg("--join").arg(&invitation))?;
        let hub = Node::start(&self.bin, &self.hub)?;
        self.come_back()?;
        hub.stop()
    }

    /// Imports the records, some at a time: a file may not be larger than a program takes in.
    fn import_all(&self, dir: &Path) -> anyhow::Result<()> {
        let part = dir.join("part.jsonl");
        let mut lines = BufReader::new(File::open(&self.records)?).lines().peekable();
        while lines.peek().is_some() {
            let mut out = BufWriter::new(File::create(&part)?);
            for line in lines.by_ref().take(PART) {
                writeln!(out, "{}", line?)?;
            }
            out.flush()?;
            self.import(&part)?;
        }
        Ok(std::fs::remove_file(part)?)
    }

    fn import(&self, file: &Path) -> anyhow::Result<()> {
        let mut import = command(&self.bin, &self.publisher);
        import.arg("import").arg(file).args(["--kind", "achievement", "--apply", "--publish"]);
        // A line for each row: nobody reads them.
        let ended = import.stdout(Stdio::null()).status().context("lianshi import")?;
        ensure!(ended.success(), "the import ended with {ended}");
        Ok(())
    }

    /// Starts the publisher, waits until it is in step with the hub, and stops it again: the time from when it listened, and
    /// the bytes that went both ways by its own count.
    ///
    /// # Errors
    /// When it does not come into step.
    pub fn come_back(&self) -> anyhow::Result<(Duration, u64)> {
        let mut publisher = Node::start(&self.bin, &self.publisher)?;
        let begun = Instant::now();
        let status = publisher.await_status("in step with the hub", is_in_step)?;
        let took = begun.elapsed();
        publisher.stop()?;
        let way = |way: &str| status["bytes"][way].as_u64().unwrap_or_default();
        Ok((took, way("in") + way("out")))
    }

    /// Changes one listing at the publisher, which does not run.
    ///
    /// # Errors
    /// When it cannot be changed.
    pub fn edit_offline(&self, turn: usize) -> anyhow::Result<()> {
        let found = done(command(&self.bin, &self.publisher).args(["search", "技术", "--limit", "1"]))?;
        let line = found.lines().next().context("nothing to change is found")?;
        let id =
            serde_json::from_str::<Json>(line)?["id"].as_str().context("a result without an id")?.to_owned();
        let summary = format!("summary=第{turn}次修改");
        done(command(&self.bin, &self.publisher).args(["listing", "edit", &id, &summary])).map(drop)
    }
}

/// One more listing, as the control socket takes it.
pub fn one_more(number: u64) -> Json {
    let fields = json!({ "title": format!("样例成果 {number}"), "summary": "与检索并行发布的一条" });
    json!({ "do": "take-in", "kind": "achievement", "rows": [{ "row": 1, "fields": fields }], "publish": true })
}

/// Whether all that is held is found.
pub fn is_indexed(status: &Json) -> bool {
    status["searchable"] == status["listings"]["held"]
}

/// Whether the node is admitted, and in step with some peer.
pub fn is_in_step(status: &Json) -> bool {
    let synced = |peer: &Json| peer["state"] == "synced";
    status["admitted"] == true && status["peers"].as_array().is_some_and(|peers| peers.iter().any(synced))
}
