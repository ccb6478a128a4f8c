//! The pages over real HTTP: what a reader sees, what a hostile text or client cannot do.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the test's answer")]

mod asked;
mod fake;
mod help;
mod hostile;
mod http;
mod paper;
mod shown;
