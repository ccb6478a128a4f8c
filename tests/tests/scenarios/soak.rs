//! `kill -9`, again and again, under nodes that write, receive and pass on: whatever a clerk was told of is in every home in the
//! end, and no number was used twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tests::{Dice, Home, Node, Scene};

use super::held::{read_back, token};

/// Kills between two looks at all that is there.
const A_DAY: u64 = 25;
/// A node works at most so long before the next kill, milliseconds.
const WORKS_MS: u64 = 700;
/// Rows of a list that is imported.
const ROWS: u64 = 30;

/// A hub and two stations; what is written at one reaches the other through the hub.
struct Town {
    scene: Scene,
    homes: Vec<Home>,
    /// Texts that clerks were told are written.
    told: BTreeSet<String>,
    /// Texts given out so far.
    given: AtomicU64,
}

impl Town {
    fn new() -> Self {
        let scene = Scene::new();
        let hub = scene.hub("hub").start();
        let nodes =
            ["left", "right"].map(|name| scene.join(&hub, name, "resource-station", "420106").start());
        hub.agrees_with(&nodes.each_ref());
        let homes = std::iter::once(hub).chain(nodes).map(Node::stop).collect();
        Self { scene, homes, told: BTreeSet::new(), given: AtomicU64::new(0) }
    }

    fn text(&self) -> String {
        let given = self.given.fetch_add(1, Ordering::Relaxed);
        token(given / 100_000, given % 100_000)
    }

    /// A home with nothing in it but the way to a running node: without one, a clerk's command finds nothing to open.
    fn counter(&self, home: &Home) -> Home {
        let counter = self.scene.home(&format!("{}.counter", home.name()));
        std::fs::create_dir_all(counter.path()).unwrap();
        let socket = counter.path().join("control.sock");
        let _ = std::fs::remove_file(&socket);
        std::os::unix::fs::symlink(home.path().join("control.sock"), socket).unwrap();
        counter
    }

    /// Kills nodes so often while clerks write at all three, then looks at everything.
    fn day(&mut self, kills: u64, dice: &mut Dice) {
        let over = AtomicBool::new(false);
        let told = Mutex::new(BTreeSet::new());
        let tell = |text: String| _ = told.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
        let mut nodes: Vec<Option<Node>> = self.homes.iter().map(|home| Some(home.start())).collect();
        std::thread::scope(|scope| {
            for home in &self.homes {
                let counter = self.counter(home);
                let (here, tell, over) = (&*self, &tell, &over);
                scope.spawn(move || here.clerk(&counter, tell, over));
            }
            // Whatever happens, the clerks go home.
            let _home = Over(&over);
            for _ in 0..kills {
                std::thread::sleep(Duration::from_millis(dice.below(WORKS_MS)));
                let node = &mut nodes[dice.below(3) as usize];
                *node = node.take().map(|node| node.kill().start());
            }
        });
        let nodes: Vec<Node> = nodes.into_iter().flatten().collect();
        let (hub, stations) = nodes.split_first().unwrap();
        hub.agrees_with(&stations.iter().collect::<Vec<_>>());
        assert_eq!(hub.status()["forks"]["open"], 0, "a number was used twice");
        self.told.append(&mut told.into_inner().unwrap_or_else(PoisonError::into_inner));
        self.homes = nodes.into_iter().map(Node::stop).collect();
        for home in &self.homes {
            let held = read_back(&home.path()).unwrap();
            let lost: Vec<&String> = self.told.difference(&held.texts).collect();
            assert!(lost.is_empty(), "{}: {} of {} lost: {lost:?}", home.name(), lost.len(), self.told.len());
            assert!(!held.rebuilt, "kill -9 alone loses no store");
        }
    }

    /// Publishes, edits and imports for as long as it is day.
    fn clerk(&self, counter: &Home, tell: &impl Fn(String), over: &AtomicBool) {
        let mut last = None::<String>;
        for turn in 0.. {
            if over.load(Ordering::Acquire) {
                return;
            }
            if turn % 5 == 4 {
                let rows: Vec<String> = (0..ROWS).map(|_| self.text()).collect();
                let list: String = rows.iter().map(|row| format!("{row},含水率低于百分之三\n")).collect();
                let file =
                    self.scene.write(&format!("{}.csv", counter.name()), format!("title,summary\n{list}"));
                let ran = counter.import(&file, &[]);
                // A line for each row, in their order, each when it is written.
                let done = ran.out.lines().filter(|line| line.contains(r#""outcome":"published""#)).count();
                rows.into_iter().take(done).for_each(tell);
                continue;
            }
            let text = self.text();
            let title = format!("title={text}");
            let ran = match &last {
                Some(id) if turn % 2 == 1 => counter.run(["listing", "edit", id, &title]),
                _ => counter.run(["listing", "new", "--kind", "achievement", &title, "--publish", "--json"]),
            };
            if ran.code == 0 {
                tell(text);
                if let Ok(made) = serde_json::from_str::<serde_json::Value>(&ran.out) {
                    last = made["id"].as_str().map(str::to_owned).or(last);
                }
            }
        }
    }
}

/// Ends the day when it goes.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn soak(kills: u64, seed: u64) {
    let (mut town, mut dice) = (Town::new(), Dice::new(seed));
    let mut done = 0;
    while done < kills {
        let now = A_DAY.min(kills - done);
        town.day(now, &mut dice);
        done += now;
        println!("{done} kills, {} texts acknowledged, all of them in all three homes", town.told.len());
        assert!(town.told.len() as u64 >= done, "the clerks did not get to work");
    }
}

#[test]
fn what_was_acknowledged_survives_kills_of_all_who_hold_it() {
    soak(6, 61);
}

/// `LIANSHI_KILLS=1000 cargo test -p tests --test scenarios -- --ignored a_thousand_kills --nocapture`
#[test]
#[ignore = "about an hour"]
fn what_was_acknowledged_survives_a_thousand_kills_of_all_who_hold_it() {
    let kills = std::env::var("LIANSHI_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000);
    soak(kills, 62);
}
