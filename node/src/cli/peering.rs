//! What can be typed about peer markets.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::RootArgs;

#[derive(Subcommand, Debug)]
pub enum PeeringAction {
    Card {
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[arg(long)]
        replaceable: bool,
    },
    Propose(Box<PeeringTerms>),
    Accept {
        file: PathBuf,
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        root: RootArgs,
    },
    Suspend {
        network: String,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        root: RootArgs,
    },
    Resume {
        network: String,
        #[command(flatten)]
        root: RootArgs,
    },
    End {
        network: String,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        root: RootArgs,
    },
    Show {
        network: Option<String>,
    },
}

/// What two networks are to exchange.
#[derive(Args, Debug)]
pub struct PeeringTerms {
    pub card: PathBuf,
    #[arg(long, value_name = "KIND[@REGION]")]
    pub give: Vec<String>,
    #[arg(long, value_name = "KIND[@REGION]")]
    pub take: Vec<String>,
    #[arg(long, value_name = "FIELD")]
    pub give_field: Vec<String>,
    #[arg(long, value_name = "FIELD")]
    pub take_field: Vec<String>,
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub until: String,
    #[arg(long, default_value = "")]
    pub licence: String,
    #[arg(long, value_name = "FILE")]
    pub give_mapping: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub take_mapping: Option<PathBuf>,
    #[arg(long, value_name = "CARD")]
    pub gateway: Vec<PathBuf>,
    #[arg(long)]
    pub replaceable: bool,
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub root: RootArgs,
}
