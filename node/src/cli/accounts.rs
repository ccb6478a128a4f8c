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
    Token {
        #[command(subcommand)]
        action: TokenAction,
    },
}

#[derive(Subcommand, Debug)]
pub enum TokenAction {
    Create {
        name: String,
        #[arg(long, required = true)]
        scope: Vec<ScopeArg>,
        #[arg(long, default_value_t = 90)]
        days: u32,
        #[arg(long, default_value = "", hide_default_value = true)]
        note: String,
    },
    List,
    Revoke {
        id: String,
    },
}

/// What a token may be for, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ScopeArg {
    Drafts,
    Review,
    Publish,
    Enquiries,
    Harvest,
    Nodes,
    Watches,
    Govern,
    Audit,
}

impl ScopeArg {
    pub fn id(self) -> String {
        let scope = match self {
            Self::Drafts => web::api::Scope::Drafts,
            Self::Review => web::api::Scope::Review,
            Self::Publish => web::api::Scope::Publish,
            Self::Enquiries => web::api::Scope::Enquiries,
            Self::Harvest => web::api::Scope::Harvest,
            Self::Nodes => web::api::Scope::Nodes,
            Self::Watches => web::api::Scope::Watches,
            Self::Govern => web::api::Scope::Govern,
            Self::Audit => web::api::Scope::Audit,
        };
        scope.id().to_owned()
    }
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
