//! What can be typed about the accounts of the desk.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

#[derive(Subcommand, Debug)]
pub enum UserAction {
    Add {
        name: String,
        #[arg(long)]
        role: DeskRoleArg,
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    List,
    Role {
        name: String,
        role: DeskRoleArg,
    },
    Password {
        name: String,
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    Remove {
        name: String,
    },
    Link,
}

/// What someone may do at the desk, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DeskRoleArg {
    Clerk,
    Reviewer,
    Administrator,
}

impl DeskRoleArg {
    pub fn id(self) -> String {
        let role = match self {
            Self::Clerk => market::DeskRole::Clerk,
            Self::Reviewer => market::DeskRole::Reviewer,
            Self::Administrator => market::DeskRole::Administrator,
        };
        role.id().to_owned()
    }
}
