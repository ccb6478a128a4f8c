//! What can be typed about the audit log.

use clap::{Args, ValueEnum};

#[derive(Args, Debug)]
pub struct Audit {
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    #[arg(long, value_name = "PREFIX")]
    pub act: Option<String>,
    #[arg(long, value_name = "ID")]
    pub subject: Option<String>,
    #[arg(long, default_value = "text")]
    pub format: AuditForm,
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
    #[arg(long, conflicts_with_all = ["since", "until", "by", "act", "subject", "format", "limit"])]
    pub verify: bool,
}

/// How records are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuditForm {
    Text,
    Json,
    Csv,
}
