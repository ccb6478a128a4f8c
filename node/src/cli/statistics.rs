//! What can be typed about statistics.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// By what one table is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    Kind,
    Region,
    Field,
    Readiness,
    Cooperation,
    Month,
    Institution,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Stats {
    #[command(subcommand)]
    pub action: Option<StatsAction>,
    #[arg(long, value_name = "2026-11")]
    pub month: Option<String>,
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,
    #[arg(long)]
    pub by: Option<By>,
    #[arg(long, conflicts_with = "by")]
    pub digest: bool,
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[arg(long, value_name = "DIGEST|FILE", conflicts_with_all = ["by", "digest", "out"])]
    pub verify: Option<String>,
}

#[derive(Subcommand, Debug)]
pub enum StatsAction {
    Bulletin {
        #[arg(long, value_name = "2026-11")]
        month: Option<String>,
        #[arg(long, value_name = "CODE")]
        region: Option<String>,
        #[arg(long, value_name = "FILE.pdf|FILE.xlsx")]
        out: PathBuf,
        #[arg(long, value_name = "FILE")]
        register: Option<PathBuf>,
        #[arg(long, default_value = "achievement", requires = "register")]
        kind: String,
        #[arg(long, value_name = "FIELD=COLUMN,…", requires = "register")]
        map: Option<String>,
        #[arg(long, requires = "register")]
        sheet: Option<String>,
    },
    Coverage(Coverage),
}

#[derive(Args, Debug)]
pub struct Coverage {
    pub register: PathBuf,
    #[arg(long, default_value = "achievement")]
    pub kind: String,
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    pub map: Option<String>,
    #[arg(long)]
    pub sheet: Option<String>,
    #[arg(long, value_name = "FILE.xlsx")]
    pub out: Option<PathBuf>,
}
