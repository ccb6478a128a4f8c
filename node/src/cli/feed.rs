//! What can be typed about databases that are kept level with a node.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Longest wait between two looks, seconds: what is kept level is at most an hour behind.
const LONGEST: u64 = 3_600;

#[derive(Subcommand, Debug)]
pub enum FeedAction {
    Postgres(FeedPostgres),
}

#[derive(Args, Debug)]
pub struct FeedPostgres {
    #[arg(long, value_name = "CONNECTION")]
    pub to: String,
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub certificates: Option<PathBuf>,
    #[arg(long, value_name = "NAME", default_value = "lianshi")]
    pub schema: String,
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=LONGEST))]
    pub every: u64,
    #[arg(long)]
    pub once: bool,
}
