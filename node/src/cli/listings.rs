//! What can be typed about listings: their entry, what is said of them, and what of them is disclosed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Args, Debug)]
pub struct Template {
    #[arg(long)]
    pub kind: String,
    #[arg(long, value_name = "FILE.xlsx")]
    pub out: PathBuf,
}

#[derive(Args, Debug)]
pub struct Import {
    pub file: PathBuf,
    #[arg(long)]
    pub kind: Option<String>,
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    pub map: Option<String>,
    #[arg(long, value_name = "FILE.xlsx")]
    pub errors: Option<PathBuf>,
    #[arg(long)]
    pub apply: bool,
    #[arg(long, requires = "apply")]
    pub publish: bool,
    #[arg(long)]
    pub visibility: Option<VisibilityArg>,
    #[arg(long)]
    pub format: Option<String>,
    #[arg(long)]
    pub sheet: Option<String>,
    #[arg(long, value_name = "PATH")]
    pub records: Option<String>,
    #[arg(long, conflicts_with = "no_header")]
    pub header: bool,
    #[arg(long)]
    pub no_header: bool,
}

/// Who may have a listing, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum VisibilityArg {
    Public,
    Members,
}

impl VisibilityArg {
    pub fn id(self) -> String {
        match self {
            Self::Public => "public".to_owned(),
            Self::Members => "members".to_owned(),
        }
    }
}

#[derive(Subcommand, Debug)]
pub enum StatementAction {
    Make {
        id: String,
        #[arg(long)]
        label: String,
        #[arg(long)]
        value: String,
        #[arg(long, default_value = "")]
        reason: String,
    },
    Replace {
        #[arg(value_name = "STATEMENT")]
        statement: String,
        #[arg(long, default_value = "")]
        label: String,
        #[arg(long)]
        value: String,
        #[arg(long, default_value = "")]
        reason: String,
    },
    Withdraw {
        #[arg(value_name = "STATEMENT")]
        statement: String,
        #[arg(long, default_value = "")]
        reason: String,
    },
    List {
        id: String,
    },
}

#[derive(Subcommand, Debug)]
pub enum ListingAction {
    New {
        #[arg(long)]
        kind: String,
        #[arg(value_name = "FIELD=VALUE", required = true)]
        fields: Vec<String>,
        #[arg(long, value_name = "FIELD=VALUE", num_args = 1..)]
        private: Vec<String>,
        #[arg(long)]
        publish: bool,
        #[arg(long)]
        visibility: Option<VisibilityArg>,
        #[arg(long, value_name = "INSTITUTION")]
        editor: Vec<String>,
    },
    List {
        #[arg(long)]
        kind: Option<String>,
        #[arg(long)]
        drafts: bool,
        #[arg(long, conflicts_with = "drafts")]
        conflicts: bool,
        #[arg(long, default_value_t = 20)]
        limit: usize,
        #[arg(long, default_value_t = 0)]
        offset: usize,
    },
    Show {
        id: String,
    },
    Edit {
        id: String,
        #[arg(value_name = "FIELD=VALUE", required = true)]
        fields: Vec<String>,
    },
    Attach {
        id: String,
        file: PathBuf,
        #[arg(long, value_name = "TEXT")]
        title: Option<String>,
    },
    Detach {
        id: String,
        #[arg(value_name = "N|HASH")]
        which: String,
    },
    File {
        id: String,
        #[arg(value_name = "N|HASH")]
        which: String,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    Choose {
        id: String,
        #[arg(value_name = "FIELD")]
        key: String,
        #[arg(value_name = "N")]
        number: usize,
    },
    Move {
        id: String,
        #[arg(long)]
        kind: Option<String>,
        #[arg(long, value_name = "CODE")]
        region: Option<String>,
        #[arg(long)]
        visibility: Option<VisibilityArg>,
        #[arg(long, value_name = "INSTITUTION")]
        editor: Vec<String>,
        #[arg(long, value_name = "INSTITUTION")]
        no_editor: Vec<String>,
    },
    Publish {
        id: String,
    },
    Withdraw {
        id: String,
    },
    Purge {
        id: String,
        #[arg(long)]
        reason: String,
        #[arg(long)]
        yes: bool,
    },
    History {
        id: String,
    },
    Lost {
        #[arg(long, value_name = "N")]
        again: Option<usize>,
    },
}

#[derive(Args, Debug)]
pub struct Disclose {
    pub listing: String,
    #[arg(long, value_name = "INSTITUTION", required = true)]
    pub to: Vec<String>,
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',')]
    pub with: Vec<String>,
    #[arg(long, value_name = "NODE")]
    pub mailbox: Vec<String>,
}

#[derive(Subcommand, Debug)]
pub enum DisclosureAction {
    Request {
        listing: String,
        #[arg(long, value_name = "TEXT")]
        message: String,
        #[arg(long, value_name = "NODE")]
        mailbox: Vec<String>,
    },
    List,
    Show {
        id: String,
    },
    Remove {
        id: String,
        #[arg(long, value_name = "INSTITUTION")]
        party: String,
    },
    Edit {
        id: String,
        #[arg(value_name = "FIELD=VALUE", required = true)]
        fields: Vec<String>,
    },
}
