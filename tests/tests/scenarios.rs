//! Scenarios: what people do with the program, with real processes over loopback.
//!
//! `cargo test -p tests` runs them. Longer variants: `cargo test -p tests -- --ignored`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is a test's answer")]

#[path = "scenarios/analysts.rs"]
mod analysts;
#[path = "scenarios/api.rs"]
mod api;
#[path = "scenarios/attachments.rs"]
mod attachments;
#[path = "scenarios/audit.rs"]
mod audit;
#[path = "scenarios/backups.rs"]
mod backups;
#[path = "scenarios/bundles.rs"]
mod bundles;
#[path = "scenarios/care.rs"]
mod care;
#[path = "scenarios/certificates.rs"]
mod certificates;
#[path = "scenarios/comparing.rs"]
mod comparing;
#[path = "scenarios/counting.rs"]
mod counting;
#[path = "scenarios/demo.rs"]
mod demo;
#[path = "scenarios/desk.rs"]
mod desk;
#[path = "scenarios/documents.rs"]
mod documents;
#[path = "scenarios/double.rs"]
mod double;
#[path = "scenarios/editing.rs"]
mod editing;
#[path = "scenarios/edits.rs"]
mod edits;
#[path = "scenarios/enquiries.rs"]
mod enquiries;
#[path = "scenarios/exit_codes.rs"]
mod exit_codes;
#[path = "scenarios/failing_disk.rs"]
mod failing_disk;
#[path = "scenarios/faults.rs"]
mod faults;
#[path = "scenarios/feeds.rs"]
mod feeds;
#[path = "scenarios/forks.rs"]
mod forks;
#[path = "scenarios/formats.rs"]
mod formats;
#[path = "scenarios/full_disk.rs"]
mod full_disk;
#[path = "scenarios/governance.rs"]
mod governance;
#[path = "scenarios/governing.rs"]
mod governing;
#[path = "scenarios/halls.rs"]
mod halls;
#[path = "scenarios/harvest.rs"]
mod harvest;
#[path = "scenarios/harvesting.rs"]
mod harvesting;
#[path = "scenarios/held.rs"]
mod held;
#[path = "scenarios/kills.rs"]
mod kills;
#[path = "scenarios/lines.rs"]
mod lines;
#[path = "scenarios/logs.rs"]
mod logs;
#[path = "scenarios/loss.rs"]
mod loss;
#[path = "scenarios/monitoring.rs"]
mod monitoring;
#[path = "scenarios/nodes.rs"]
mod nodes;
#[path = "scenarios/orders.rs"]
mod orders;
#[path = "scenarios/pages.rs"]
mod pages;
#[path = "scenarios/peering.rs"]
mod peering;
#[path = "scenarios/peers.rs"]
mod peers;
#[path = "scenarios/power.rs"]
mod power;
#[path = "scenarios/programs.rs"]
mod programs;
#[path = "scenarios/proofs.rs"]
mod proofs;
#[path = "scenarios/proposing.rs"]
mod proposing;
#[path = "scenarios/purge.rs"]
mod purge;
#[path = "scenarios/readme.rs"]
mod readme;
#[path = "scenarios/real_data.rs"]
mod real_data;
#[path = "scenarios/rot.rs"]
mod rot;
#[path = "scenarios/sealed.rs"]
mod sealed;
#[path = "scenarios/sheets.rs"]
mod sheets;
#[path = "scenarios/soak.rs"]
mod soak;
#[path = "scenarios/spread.rs"]
mod spread;
#[path = "scenarios/statistics.rs"]
mod statistics;
#[path = "scenarios/tables.rs"]
mod tables;
#[path = "scenarios/terminal.rs"]
mod terminal;
#[path = "scenarios/traces.rs"]
mod traces;
#[path = "scenarios/transit.rs"]
mod transit;
#[path = "scenarios/trust.rs"]
mod trust;
#[path = "scenarios/unified.rs"]
mod unified;
#[path = "scenarios/watches.rs"]
mod watches;
#[path = "scenarios/ways.rs"]
mod ways;
