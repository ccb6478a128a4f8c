//! Power cuts under a real node: it edits, imports and replicates while all that it asks of its disk is recorded; then the
//! power is cut, and what a disk may hold is opened again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use market::Identity;
use protocol::{CheckedRun, Frame, Head, LogId};
use serde_json::Value as Json;
use tests::{Dice, Heard, Home, Node, Recorder, Scene, Tape, files_below, until};

use super::held::{read_back, token, tokens};

/// Steps of a record before which a node is still starting.
const FIRST_STEPS: u64 = 200;
/// The power fails within so many more.
const STEPS: u64 = 1_200;

fn list(scene: &Scene, name: &str, round: u64, numbers: std::ops::Range<u64>) -> String {
    let row = |n: u64| format!("{},{}\n", token(round, n), "含水率低于百分之三。".repeat(40));
    scene.write(name, format!("title,summary\n{}", numbers.map(row).collect::<String>()))
}

/// What a node has promised to others, and when.
#[derive(Default)]
struct Promises {
    /// Texts acknowledged to clerks: after how many steps first.
    texts: BTreeMap<String, usize>,
    /// Heads that peers were told are durable here.
    heads: Vec<(usize, LogId, Head)>,
    /// Acknowledgements of writes, and runs of own entries sent.
    count: usize,
    /// Of these, what no fsync had covered before.
    uncovered: Vec<String>,
}

/// Whether a request asks only what rows would become.
fn only_compares(request: &[u8]) -> bool {
    let request: Option<Json> = serde_json::from_slice(request).ok();
    request.is_some_and(|request| request["do"] == "take-table" && request["ask"]["dry"] == true)
}

/// Reads a record: what was promised, and whether an fsync had covered it.
fn promises(tape: &Tape, identity: &Identity) -> Promises {
    let (mut found, mut fsynced) = (Promises::default(), BTreeSet::new());
    let me = identity.node.public();
    tape.listen(".journal", |at, heard| match heard {
        // Journal frames are fsynced whole, and no text lies across two of them.
        Heard::Fsynced(bytes) => fsynced.extend(tokens(bytes)),
        // A table that is only compared with what is there is answered, and nothing of it is promised.
        Heard::Answer { request, answer } if answer.starts_with(b"{\"ok\"") && !only_compares(&request) => {
            let written: Vec<String> = tokens(&request).collect();
            found.count += usize::from(!written.is_empty());
            for text in written {
                if !fsynced.contains(&text) {
                    found.uncovered.push(format!("{text}, acknowledged to a clerk at step {at}"));
                }
                found.texts.entry(text).or_insert(at);
            }
        }
        Heard::Answer { .. } => {}
        Heard::Frames(mut rest) => {
            while let Some((length, tail)) = rest.split_first_chunk::<4>() {
                let (frame, tail) = tail.split_at(u32::from_be_bytes(*length) as usize);
                rest = tail;
                match Frame::from_bytes(frame) {
                    Ok(Frame::Durable(heads)) => {
                        found.heads.extend(heads.into_iter().map(|told| (at, told.log, told.head)));
                    }
                    Ok(Frame::Run(run)) => {
                        let run = CheckedRun::open(&run, &identity.network()).unwrap();
                        if run.log.node != me {
                            continue;
                        }
                        found.count += 1;
                        let sent =
                            run.entries.iter().flat_map(|c| tokens(&c.entry.to_bytes()).collect::<Vec<_>>());
                        let early = sent.filter(|text| !fsynced.contains(text));
                        found
                            .uncovered
                            .extend(early.map(|text| format!("{text}, sent to a peer at step {at}")));
                    }
                    _ => {}
                }
            }
        }
    });
    found
}

/// How the promises made before a moment are kept.
#[derive(Debug, PartialEq, Eq)]
enum Kept {
    /// All are.
    All,
    /// What clerks were told of is there. The store was lost, which the node noticed: what it held of others comes from them.
    Own,
    /// Not: these.
    Not(Vec<String>),
}

fn kept(promises: &Promises, moment: usize, home: &Path) -> Kept {
    let held = match read_back(home) {
        Ok(held) => held,
        Err(error) => return Kept::Not(vec![error.to_string()]),
    };
    let told = promises.texts.iter().filter(|(text, at)| **at < moment && !held.texts.contains(*text));
    let told = told.map(|(text, at)| format!("{text}, acknowledged at step {at}"));
    let durable = promises.heads.iter().filter(|(at, log, head)| {
        let chain = held.heads.get(log);
        *at < moment && chain.and_then(|chain| chain.get(head.seq as usize)) != Some(head)
    });
    let durable: Vec<_> =
        durable.map(|(at, log, head)| format!("{log:?} {head:?}, durable at step {at}")).collect();
    let others = durable.iter().filter(|_| !held.rebuilt).cloned();
    let lost: Vec<String> = told.chain(others).collect();
    match (lost.is_empty(), held.rebuilt) {
        (false, _) => Kept::Not(lost),
        (true, true) => Kept::Own,
        (true, false) => Kept::All,
    }
}

/// A hub and a station that goes from cut to cut.
struct Town {
    scene: Scene,
    hub: Node,
    station: Home,
    round: u64,
}

impl Town {
    fn new() -> Self {
        let scene = Scene::new();
        let hub = scene.hub("hub").start();
        let station = scene.join(&hub, "station", "resource-station", "420106").start();
        hub.agrees_with(&[&station]);
        let station = station.stop();
        Self { scene, hub, station, round: 0 }
    }

    /// A home with nothing in it but the way to the running station: a clerk's command finds nothing to open when the station is
    /// gone.
    fn counter(&self) -> Home {
        let counter = self.scene.home("counter");
        std::fs::create_dir_all(counter.path()).unwrap();
        let socket = counter.path().join("control.sock");
        let _ = std::fs::remove_file(&socket);
        std::os::unix::fs::symlink(self.station.path().join("control.sock"), socket).unwrap();
        counter
    }

    /// Lets clerks work at the station and at the hub until the power fails, after as many steps as the dice choose.
    fn day(&mut self, dice: &mut Dice, ignore: &str) -> Tape {
        self.round += 1;
        let (round, scene) = (self.round, &self.scene);
        let recorder = Recorder::new(&self.station, FIRST_STEPS + dice.below(STEPS), ignore);
        let mut station = self.station.start_under(&recorder);
        let (clerk, over) = (self.counter(), AtomicBool::new(false));
        let rows = list(scene, "station.csv", round, 10_000..10_600);
        let theirs = list(scene, "hub.csv", round, 20_000..20_400);
        std::thread::scope(|scope| {
            scope.spawn(|| clerk.import(&rows, &[]));
            scope.spawn(|| self.hub.import(&theirs, &[]));
            scope.spawn(|| desk(&clerk, round, &over));
            until("the power fails", || (!station.is_running()).then_some(()));
            over.store(true, Ordering::Release);
        });
        recorder.tape()
    }
}

/// A clerk who drafts, publishes and edits for as long as the node answers.
fn desk(home: &Home, round: u64, over: &AtomicBool) {
    let mut id = None::<String>;
    for number in 0.. {
        if over.load(Ordering::Acquire) {
            return;
        }
        let title = format!("title={}", token(round, number));
        let ran = match (&id, number % 3) {
            (Some(id), 1) => home.run(["listing", "edit", id, &title]),
            (_, 2) => home.run(["listing", "new", "--kind", "demand", &title]),
            _ => home.run(["listing", "new", "--kind", "achievement", &title, "--publish", "--json"]),
        };
        if ran.code == 0 && number % 3 == 0 {
            id = Some(ran.json()["id"].as_str().unwrap().to_owned());
        }
    }
}

/// The whole record, replayed, is the home as it lies there: nothing that the node did to its disk was overlooked.
fn assert_complete(tape: &Tape, home: &Home, copy: &Path) {
    tape.replay(copy);
    let mut seen = 0;
    for path in files_below(&copy.join("data")) {
        let name = path.strip_prefix(copy).unwrap();
        if name.ends_with("reserve") {
            // Blocks without a meaning.
            continue;
        }
        let real = home.path().join(name);
        assert!(std::fs::read(&path).unwrap() == std::fs::read(&real).unwrap(), "{}", real.display());
        seen += 1;
    }
    assert!(seen >= 6, "{seen} files were compared");
}

/// `days` on each of which the station is killed once and goes on from what a cut left, and `more` cuts of each day's record.
fn cuts(days: u64, more: u64, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut town = Town::new();
    let identity = Identity::read(&town.station.path()).unwrap();
    let (mut answers, mut made, mut rebuilt) = (0, 0, 0);
    let mut judge = |promises: &Promises, moment: usize, folder: &Path| {
        let found = kept(promises, moment, folder);
        assert!(!matches!(found, Kept::Not(_)), "lost by a cut at {moment}: {found:?}");
        made += 1;
        rebuilt += usize::from(found == Kept::Own);
    };
    for day in 1..=days {
        let tape = town.day(&mut dice, "");
        let folder = town.scene.file("cut");
        assert_complete(&tape, &town.station, &folder);
        let promises = promises(&tape, &identity);
        assert_eq!(promises.uncovered, Vec::<String>::new(), "no fsync came before these");
        answers += promises.count;
        for _ in 0..more {
            let moment = dice.below(tape.len() as u64 + 1) as usize;
            tape.rebuild(moment, &mut dice, &folder);
            judge(&promises, moment, &folder);
        }
        tape.rebuild(tape.len(), &mut dice, &town.station.path());
        judge(&promises, tape.len(), &town.station.path());
        println!(
            "day {day}: {} steps, {} answers, {} heads told",
            tape.len(),
            promises.count,
            promises.heads.len()
        );
        // It goes on, in step with the hub, under numbers that it has not used before.
        let station = town.station.start();
        station.publish(&format!("第{day}次断电之后"));
        town.hub.agrees_with(&[&station]);
        assert_eq!(town.hub.status()["forks"]["open"], 0);
        town.station = station.stop();
    }
    println!(
        "{made} cuts, nothing acknowledged lost; {rebuilt} stores lost, noticed, and begun anew from the journal"
    );
    println!("{answers} acknowledgements, each after an fsync that covers it");
}

/// Defects planted on purpose are found: a journal that is not fsynced, and a store that is not.
#[test]
fn a_node_that_leaves_out_fsyncs_is_found_out() {
    let mut dice = Dice::new(43);
    let mut town = Town::new();
    let identity = Identity::read(&town.station.path()).unwrap();
    let folder = town.scene.file("cut");
    for ignored in [".journal", "store/db"] {
        let tape = town.day(&mut dice, ignored);
        let promises = promises(&tape, &identity);
        let journal = ignored == ".journal";
        assert_eq!(!promises.uncovered.is_empty(), journal, "{ignored}: {:?}", promises.uncovered);
        let mut lost = 0;
        // At any moment: right after a checkpoint of the store nothing is lost, whatever the journal left out.
        for _ in 0..20 {
            let moment = dice.below(tape.len() as u64 + 1) as usize;
            tape.rebuild(moment, &mut dice, &folder);
            lost += usize::from(kept(&promises, moment, &folder) != Kept::All);
        }
        assert!(lost > 0, "{ignored} without fsyncs: 20 cuts lost nothing");
        println!("{ignored} without fsyncs: {} uncovered, {lost} of 20 cuts lose", promises.uncovered.len());
    }
}

#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    cuts(2, 6, 41);
}

/// `cargo test -p tests --test scenarios -- --ignored five_hundred_power_cuts --nocapture`
#[test]
#[ignore = "about half an hour"]
fn what_was_acknowledged_survives_five_hundred_power_cuts() {
    cuts(20, 24, 42);
}
