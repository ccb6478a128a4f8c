//! What can be typed about saved searches.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Subcommand, Debug)]
pub enum WatchAction {
    Add(WatchAdd),
    List,
    Show {
        id: String,
    },
    Pause {
        id: String,
    },
    Resume {
        id: String,
    },
    Read {
        id: String,
    },
    Feed {
        id: String,
        #[arg(long)]
        end: bool,
    },
    Test {
        id: String,
    },
    Start {
        id: String,
    },
    Remove {
        id: String,
    },
}

#[derive(Args, Debug)]
pub struct WatchAdd {
    #[arg(default_value = "")]
    pub text: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub name: String,
    #[arg(long)]
    pub kind: Option<String>,
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,
    #[arg(long)]
    pub field: Option<String>,
    #[arg(long, value_name = "N[-M]")]
    pub trl: Option<String>,
    #[arg(long, default_value = "day")]
    pub every: EveryArg,
    #[arg(long, default_value = "", value_name = "URL")]
    pub webhook: String,
    #[arg(long, default_value = "", value_name = "ADDRESS")]
    pub mail: String,
    #[arg(long)]
    pub no_feed: bool,
    #[arg(long)]
    pub tell_search: bool,
    #[arg(long)]
    pub own_network: bool,
}

/// How often a watch tells, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum EveryArg {
    Now,
    Day,
    Week,
}

impl EveryArg {
    pub fn id(self) -> String {
        let every = match self {
            Self::Now => market::Every::Now,
            Self::Day => market::Every::Day,
            Self::Week => market::Every::Week,
        };
        every.id().to_owned()
    }
}
