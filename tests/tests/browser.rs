//! The pages in a real browser: what clerks and visitors do, what hostile text cannot do, whom the pages keep out.
//!
//! `cargo test -p tests --test browser`; where Chromium is not installed each test says that it is skipped. Pictures of all
//! pages: `LIANSHI_PICTURES=FOLDER cargo test -p tests --test browser -- --ignored pictures`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a test's answer")]

#[path = "browser/access.rs"]
mod access;
#[path = "browser/clerk.rs"]
mod clerk;
#[path = "browser/corpus.rs"]
mod corpus;
#[path = "browser/hostile.rs"]
mod hostile;
#[path = "browser/pictures.rs"]
mod pictures;
#[path = "browser/stage.rs"]
mod stage;
#[path = "browser/visitor.rs"]
mod visitor;
#[path = "browser/walk.rs"]
mod walk;
#[path = "browser/watch.rs"]
mod watch;
