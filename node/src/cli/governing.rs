//! What can be typed about the roster and about keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::RoleArg;

/// Where the root key is, and what opens it.
#[derive(Args, Debug, Default)]
pub struct RootArgs {
    #[arg(long, global = true, value_name = "FILE")]
    pub root_key: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub enum KeyAction {
    Show,
    Lock {
        #[command(flatten)]
        root: RootArgs,
    },
    Unlock {
        #[command(flatten)]
        root: RootArgs,
    },
    ExportRoot {
        file: PathBuf,
    },
    Renew {
        #[command(flatten)]
        root: RootArgs,
    },
    RotateNode {
        #[command(flatten)]
        root: RootArgs,
    },
    RotateRoot {
        #[command(flatten)]
        root: RootArgs,
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[arg(long)]
        again: bool,
    },
}

#[derive(Subcommand, Debug)]
pub enum RosterAction {
    Propose {
        #[command(subcommand)]
        motion: Propose,
        #[command(flatten)]
        root: RootArgs,
    },
    List {
        #[arg(long)]
        pending: bool,
    },
    Show {
        name: Option<String>,
    },
    Approve {
        step: String,
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        root: RootArgs,
    },
    Export {
        step: String,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    Import {
        file: PathBuf,
    },
    Recover {
        #[arg(long, value_name = "FILE")]
        recovery_key: PathBuf,
        #[arg(long, value_name = "INSTITUTION", required = true)]
        governor: Vec<String>,
        #[arg(long, value_name = "M")]
        threshold: Option<u8>,
    },
}

#[derive(Subcommand, Debug)]
pub enum Propose {
    Admit {
        file: PathBuf,
    },
    Suspend {
        institution: String,
        #[arg(long)]
        reason: String,
    },
    Reinstate {
        institution: String,
    },
    Exit {
        institution: String,
        #[arg(long, default_value = "")]
        reason: String,
    },
    Role {
        institution: String,
        #[arg(long)]
        role: RoleArg,
        #[arg(long, value_name = "CODE")]
        region: String,
    },
    Revoke {
        node: String,
        #[arg(long, value_name = "ENTRY")]
        from: Vec<String>,
        #[arg(long)]
        reason: String,
    },
    TakeDown {
        listing: String,
        #[arg(long)]
        reason: String,
    },
    Restore {
        listing: String,
    },
    Purge {
        listing: String,
        #[arg(long)]
        reason: String,
        #[arg(long)]
        yes: bool,
    },
    Governor {
        #[command(subcommand)]
        change: GovernorChange,
    },
    Profile {
        #[arg(long, value_name = "VERSION[=FILE]")]
        brand: Option<String>,
        #[arg(long, value_name = "VERSION[=FILE]")]
        rules: Option<String>,
        #[arg(long, value_name = "VERSION[=FILE]")]
        data: Option<String>,
        #[arg(long, value_name = "VERSION[=FILE]")]
        service: Option<String>,
    },
}

#[derive(Subcommand, Debug)]
pub enum ProfileAction {
    Show,
    Text {
        part: String,
        #[arg(long, value_name = "VERSION")]
        version: Option<String>,
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    Add {
        file: PathBuf,
    },
}

#[derive(Subcommand, Debug)]
pub enum GovernorChange {
    Add {
        institution: String,
        #[arg(long, value_name = "M")]
        threshold: Option<u8>,
        #[arg(long, value_name = "FILE")]
        recovery_key: Option<PathBuf>,
    },
    Remove {
        institution: String,
        #[arg(long, value_name = "M")]
        threshold: Option<u8>,
    },
}
