//! The replication state machine, many nodes in one process: joined, synchronised, disturbed, attacked.

mod faults;
mod forks;
mod harness;
mod joining;
mod membership;
mod sync;
