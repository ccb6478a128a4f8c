//! Every decoder that sees foreign bytes, as a [`Target`]: a function of bytes that must neither panic nor hang, and that
//! checks what can be checked of any input (what is read is written back the same, every order gives the same fold).
//!
//! Each target brings seeds made from real objects. `cargo test -p hostile` feeds them, the files of
//! `../shared/data/hostile`, and seeded [`damage`] of both; `tests/fuzz/run TARGET SECONDS` lets libFuzzer look for more.
//! Absent: the requests of the control socket, which are tested beside their type in `node`; sockets (`network`).

#![expect(clippy::expect_used, reason = "a failed expectation is what a target has to say")]

pub mod damage;
mod reader;
pub mod seeds;
mod targets;
pub mod world;

pub use reader::Reader;
pub use targets::{MAX_INPUT, TARGETS, Target, target};
