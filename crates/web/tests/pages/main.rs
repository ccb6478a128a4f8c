//! The pages over real HTTP: what a reader sees, what a hostile text or client cannot do.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is the test's answer")]

mod api;
mod asked;
mod fake;
mod help;
mod hostile;
mod http;
mod paper;
mod shown;
