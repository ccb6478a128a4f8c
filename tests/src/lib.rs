//! The harness of the scenarios: real processes of the program `lianshi`, each with a home of its own, on loopback.
//!
//! ```text
//! Scene ── a temporary folder; prints the logs of its nodes when a test fails
//!  └─ Home ── one node's folder: `home.run([…])` types a command and returns what it printed
//!      └─ Node ── `home.start()`: the node running, in a process group of its own, killed when dropped
//! ```
//!
//! A test waits for a condition ([`until`]), never for a fixed time, and every wait has an end. A node is told to end with
//! its standard input, so that none outlives a test process that was itself killed.
//!
//! Absent here: what the program does. The harness knows its command line, its JSON and nothing of its insides.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a failed expectation of the harness is a test's answer"
)]

mod balancer;
mod binary;
mod browser;
mod command;
mod files;
mod flipper;
mod line;
mod memory;
mod node;
mod postgres;
mod power;
mod receivers;
mod scene;
mod shared;
mod web;
mod xls;

pub use balancer::Balancer;
pub use binary::binary;
pub use browser::{Browser, Look, Seen};
pub use command::{Live, Ran, run_in};
pub use files::{files_below, traces};
pub use flipper::{Direction, Flip, Flipper};
pub use line::{Passed, PoorLine, Weather};
pub use node::Node;
pub use postgres::Postgres;
pub use power::{Disk, Fault, Heard, Recorder, Struck, Tape};
pub use receivers::{Posted, Receiver, http, smtp};
pub use scene::{Home, Scene, hub_and_station};
pub use shared::shared;
pub use web::{Answer, Visitor, get, percent, send, send_bytes};
pub use xls::xls;

use std::time::{Duration, Instant};

/// The longest wait for something that takes a second on an idle machine. It only bounds a failure.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// Waits until `look` finds something and returns it.
///
/// # Panics
/// After [`PATIENCE`], with `what` was waited for.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Begins at a seed: `LIANSHI_SEED` when that is set, so that a failed run can be repeated.
    pub fn new(default: u64) -> Self {
        let seed = std::env::var("LIANSHI_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(default);
        println!("seed {seed} (LIANSHI_SEED)");
        Self(seed)
    }

    /// Begins at this very seed.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }
}
