//! What can be typed about sources that are harvested.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub enum HarvestAction {
    Add {
        url: String,
        #[arg(long, value_name = "SET")]
        set: Vec<String>,
        #[arg(long, default_value = "", value_name = "PREFIX")]
        prefix: String,
        #[arg(long, value_name = "FILE")]
        map: Option<PathBuf>,
        #[arg(long, default_value = "6h", value_name = "6h")]
        every: String,
        #[arg(long)]
        publish: bool,
        #[arg(long, default_value = "", hide_default_value = true, value_name = "7d")]
        compare_every: String,
    },
    Try {
        url: String,
        #[arg(long, value_name = "SET")]
        set: Vec<String>,
        #[arg(long, default_value = "", hide_default_value = true, value_name = "PREFIX")]
        prefix: String,
        #[arg(long, value_name = "FILE")]
        map: Option<PathBuf>,
    },
    List,
    Show {
        source: String,
    },
    Run {
        source: String,
        #[arg(long)]
        compare: bool,
        #[arg(long, default_value_t = 3_600, value_name = "SECONDS")]
        timeout: u64,
    },
    Stop {
        source: String,
    },
    Confirm {
        source: String,
        #[arg(long, default_value_t = 3_600, value_name = "SECONDS")]
        timeout: u64,
    },
    Pause {
        source: String,
    },
    Resume {
        source: String,
    },
    Remove {
        source: String,
    },
}
