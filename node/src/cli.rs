//! The command line: what can be typed. Help texts live in the catalogue of words under `help.…` and are put in when the
//! parser is built, so that `--lang` and `LANG` decide the language of `--help` too.

use std::ffi::OsString;
use std::path::PathBuf;

use catalog::Lang;
use clap::{Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::office::{Failure, MAX_INVITATION_DAYS, exit};

mod accounts;
mod audit;
mod bundle;
mod enquiries;
mod feed;
mod governing;
mod harvesting;
mod listings;
mod peering;
mod statistics;
mod watches;
mod wording;

pub use accounts::{TokenAction, UserAction};
pub use audit::{Audit, AuditForm};
pub use bundle::BundleAction;
pub use enquiries::EnquiryAction;
pub use feed::{FeedAction, FeedPostgres};
pub use governing::{GovernorChange, KeyAction, ProfileAction, Propose, RootArgs, RosterAction};
pub use harvesting::HarvestAction;
pub use listings::{
    Disclose, DisclosureAction, Import, ListingAction, StatementAction, Template, VisibilityArg,
};
pub use peering::{PeeringAction, PeeringTerms};
pub use statistics::{By, Coverage, Stats, StatsAction};
pub use watches::{WatchAction, WatchAdd};

/// Everything typed.
#[derive(Parser, Debug)]
#[command(name = "lianshi", version, disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    #[arg(long, global = true, value_name = "zh|en")]
    pub lang: Option<String>,
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Sub,
}

#[derive(Subcommand, Debug)]
pub enum Sub {
    Init(Init),
    Invite(Invite),
    Run(Run),
    Status(Status),
    Doctor,
    Demo(Demo),
    Template(Template),
    Import(Import),
    Listing {
        #[command(subcommand)]
        action: ListingAction,
    },
    Statement {
        #[command(subcommand)]
        action: StatementAction,
    },
    Disclose(Disclose),
    Disclosure {
        #[command(subcommand)]
        action: DisclosureAction,
    },
    Enquiry {
        #[command(subcommand)]
        action: EnquiryAction,
    },
    Harvest {
        #[command(subcommand)]
        action: HarvestAction,
    },
    Search(Search),
    Stats(Stats),
    Watch {
        #[command(subcommand)]
        action: WatchAction,
    },
    Export(Export),
    Feed {
        #[command(subcommand)]
        action: FeedAction,
    },
    Verify(Verify),
    Line {
        #[arg(value_name = "always|never|HH:MM-HH:MM")]
        hours: Option<String>,
    },
    Bundle {
        #[command(subcommand)]
        action: BundleAction,
    },
    Peer {
        #[command(subcommand)]
        action: PeerAction,
    },
    Peering {
        #[command(subcommand)]
        action: PeeringAction,
    },
    Roster {
        #[command(subcommand)]
        action: RosterAction,
    },
    Profile {
        #[command(subcommand)]
        action: ProfileAction,
    },
    Key {
        #[command(subcommand)]
        action: KeyAction,
    },
    Fork {
        #[command(subcommand)]
        action: ForkAction,
    },
    Settle(Settle),
    User {
        #[command(subcommand)]
        action: UserAction,
    },
    Audit(Audit),
    Backup(Backup),
    Restore {
        file: PathBuf,
    },
    Compact,
    Stop,
    Completions {
        shell: clap_complete::Shell,
    },
    Manual {
        folder: PathBuf,
    },
}

/// A role, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleArg {
    Hub,
    SubMarket,
    ResourceStation,
    GrassrootsSite,
}

impl RoleArg {
    pub fn role(self) -> protocol::Role {
        match self {
            Self::Hub => protocol::Role::Hub,
            Self::SubMarket => protocol::Role::SubMarket,
            Self::ResourceStation => protocol::Role::ResourceStation,
            Self::GrassrootsSite => protocol::Role::GrassrootsSite,
        }
    }
}

#[derive(Args, Debug)]
pub struct Init {
    #[arg(long)]
    pub role: Option<RoleArg>,
    #[arg(long)]
    pub name: Option<String>,
    #[arg(long, default_value = "", value_name = "NAME")]
    pub name_en: String,
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,
    #[arg(long, value_name = "CODE")]
    pub credit_code: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub join: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "application", conflicts_with = "join")]
    pub charter: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "charter")]
    pub application: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Invite {
    #[arg(long)]
    pub role: RoleArg,
    #[arg(long, value_name = "CODE")]
    pub region: String,
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_INVITATION_DAYS)))]
    pub days: u32,
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub root: RootArgs,
}

#[derive(Args, Debug)]
pub struct Run {
    #[arg(long, value_name = "MULTIADDR")]
    pub listen: Vec<String>,
    #[arg(long, value_name = "MULTIADDR")]
    pub peer: Vec<String>,
    #[arg(long, value_name = "HOST:PORT")]
    pub web: Option<String>,
    #[arg(long)]
    pub log_format: Option<crate::log::Format>,
}

#[derive(Args, Debug)]
pub struct Status {
    #[arg(long, value_name = "synced|running")]
    pub wait: Option<WaitFor>,
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub timeout: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum WaitFor {
    Running,
    Synced,
}

#[derive(Args, Debug)]
pub struct Demo {
    #[arg(long)]
    pub exit: bool,
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    #[arg(long, value_name = "DIR", conflicts_with = "networks")]
    pub data: Option<PathBuf>,
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
    pub networks: u8,
    #[arg(long, default_value_t = 180, value_name = "SECONDS")]
    pub timeout: u64,
}

#[derive(Args, Debug)]
pub struct Search {
    #[arg(default_value = "")]
    pub text: String,
    #[arg(long)]
    pub kind: Option<String>,
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,
    #[arg(long)]
    pub field: Option<String>,
    #[arg(long, value_name = "N[-M]")]
    pub trl: Option<String>,
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum ExportFormat {
    Proof,
    Certificate,
    Charter,
    Jsonl,
    Csv,
    Xlsx,
    Parquet,
}

#[derive(Args, Debug)]
pub struct Export {
    pub id: Option<String>,
    #[arg(long)]
    pub format: ExportFormat,
    #[arg(long)]
    pub kind: Option<String>,
    #[arg(long)]
    pub members: bool,
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Args, Debug)]
pub struct Verify {
    pub file: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub charter: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Backup {
    pub file: PathBuf,
    #[arg(long)]
    pub own: bool,
}

#[derive(Subcommand, Debug)]
pub enum ForkAction {
    List,
    Show {
        log: String,
    },
    Export {
        log: String,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Args, Debug)]
pub struct Settle {
    pub log: String,
    #[arg(long, value_name = "HASH")]
    pub keep: String,
    #[command(flatten)]
    pub root: RootArgs,
}

#[derive(Subcommand, Debug)]
pub enum PeerAction {
    List {
        #[arg(long)]
        all: bool,
    },
    Show {
        node: String,
    },
    Sync {
        node: Option<String>,
        #[arg(long, value_name = "SECONDS")]
        timeout: Option<u64>,
    },
    Stop {
        node: String,
    },
    Pause {
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        node: Option<String>,
        #[arg(long)]
        all: bool,
        #[arg(long = "for", value_name = "LENGTH")]
        length: Option<String>,
    },
    Resume {
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        node: Option<String>,
        #[arg(long)]
        all: bool,
    },
    Forgive {
        node: String,
        #[arg(long)]
        yes: bool,
    },
}

/// The language of this run: `--lang`, else `LC_ALL`, `LC_MESSAGES`, `LANG`, else Chinese.
pub fn language() -> Lang {
    let mut args = std::env::args();
    let mut stated = None;
    while let Some(arg) = args.next() {
        if arg == "--lang" {
            stated = args.next();
        } else if let Some(value) = arg.strip_prefix("--lang=") {
            stated = Some(value.to_owned());
        }
    }
    let environment = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
    stated.into_iter().chain(environment).find_map(|tag| Lang::parse(&tag)).unwrap_or_default()
}

/// The parser, its help in `lang`.
pub fn command(lang: Lang) -> Command {
    let mut built = Cli::command();
    built.build();
    wording::translate(Cli::command(), &mut built, "help", lang)
}

/// Reads the command line; ends the process where help was asked for.
///
/// # Errors
/// A usage error, in words.
pub fn parse(lang: Lang) -> Result<Cli, Failure> {
    read(std::env::args_os(), lang).map_err(|error| match wording::fault(&error, lang) {
        Some((message, hint)) => Failure::new(exit::USAGE, message, hint),
        None => error.exit(),
    })
}

fn read(args: impl IntoIterator<Item = OsString>, lang: Lang) -> Result<Cli, clap::Error> {
    Cli::from_arg_matches(&command(lang).try_get_matches_from(args)?)
}

#[cfg(test)]
mod tests;
