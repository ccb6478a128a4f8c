//! The audit log, as the node hands it to the page and the API.

use super::view::{Clerk, Said};
use crate::view::SourceError;

/// What the desk needs of the node's audit log.
pub trait Audits: Send + Sync {
    /// The newest records that fit, for an administrator.
    fn audit(&self, clerk: &Clerk, ask: &AuditAsk) -> Result<Result<AuditView, Said>, SourceError>;
}

/// Which records are wanted; what is empty asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditAsk {
    /// From this time on, milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Before this time.
    pub until_ms: Option<i64>,
    /// Name of an account, number of a user of the system, or number of a token.
    pub by: String,
    /// How the act's id begins.
    pub act: String,
    /// Id or name that it was done to, or the beginning of one.
    pub subject: String,
    /// Before the record of this number: the `next` of the view before.
    pub before: Option<u64>,
    /// Most of them.
    pub limit: usize,
}

/// Some records, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditView {
    /// The records.
    pub lines: Vec<AuditLine>,
    /// Where older ones go on; nothing behind the oldest.
    pub next: Option<u64>,
    /// Number of the newest record of all.
    pub last: u64,
    /// Its hash: whoever keeps it can prove later that nothing before was changed.
    pub head: String,
}

/// A record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditLine {
    /// Its number.
    pub number: u64,
    /// When, milliseconds since 1970.
    pub time_ms: i64,
    /// Id of the door: `page`, `api`, `command-line` or `node`.
    pub door: &'static str,
    /// What kind of actor: `account`, `token`, `system`, `node` or `nobody`.
    pub kind: &'static str,
    /// Name of the account, or number of the system's user.
    pub name: String,
    /// What tells the account or the token from others.
    pub id: String,
    /// The act's id.
    pub act: String,
    /// What it was done to.
    pub subject: String,
    /// `done` or `refused`.
    pub outcome: &'static str,
    /// Why it was refused, by the reason's id.
    pub why: String,
    /// Hash of the record before.
    pub before: String,
    /// Its own hash.
    pub hash: String,
}

/// Columns of the log as a table.
pub const COLUMNS: [&str; 12] =
    ["number", "time", "door", "actor", "name", "id", "act", "subject", "outcome", "why", "before", "hash"];

/// A line of a table (RFC 4180). What a spreadsheet would run as a formula gets a `'` before it.
pub fn csv_line<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    let cell = |text: &str| {
        let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let text = text.replace('"', "\"\"");
        if runs { format!("\"'{text}\"") } else { format!("\"{text}\"") }
    };
    let mut line = cells.into_iter().map(cell).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_table_cannot_be_broken_or_run() {
        assert_eq!(csv_line(["1", "a\"b,c", "=1+1", "@x"]), "\"1\",\"a\"\"b,c\",\"'=1+1\",\"'@x\"\r\n");
    }
}
