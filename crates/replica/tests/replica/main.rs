//! The replication state machine, many nodes in one process: joined, synchronised, disturbed, attacked.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "in a test a failed expectation is the answer")]

mod allowances;
mod attacks;
mod branches;
mod bundles;
mod conduct;
mod convergence;
mod document;
mod durable;
mod epochs;
mod faults;
mod files;
mod forks;
mod harness {
    pub use simulator::{
        Copied, Faults, KIND, Node, REGION, Rng, World, fields, node_certificate, runs, shelf,
    };

    /// An allowance of so many bytes in all.
    pub fn all(bytes: u64) -> replica::Room {
        replica::Room { all: bytes, ..replica::Room::UNBOUNDED }
    }
}
mod greeting;
mod guests;
mod joining;
mod line;
mod membership;
mod purge;
mod replays;
mod restored;
mod returns;
mod rules;
mod sealed;
mod spread;
mod statuses;
mod sync;
mod tampered;
mod traces;
mod withheld;
