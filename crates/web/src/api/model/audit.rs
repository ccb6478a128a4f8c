//! Records of the audit log.

use crate::desk::audit::AuditLine;
use crate::text::instant;
use serde::Serialize;
use utoipa::ToSchema;

/// Records of the audit log, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AuditPage {
    /// Number of the newest record of all.
    pub(in crate::api) last: u64,
    /// Its hash: whoever keeps it can prove later that nothing before was changed.
    pub(in crate::api) head: String,
    pub(in crate::api) items: Vec<AuditRecord>,
    pub(in crate::api) next: Option<String>,
}

/// What was done, by whom.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AuditRecord {
    number: u64,
    #[schema(format = "date-time")]
    time: String,
    /// `page`, `api`, `command-line` or `node`.
    door: String,
    /// Who.
    actor: AuditActor,
    /// Id of the act, such as `drafts.publish`.
    act: String,
    /// Ids and names of accounts, parted by blanks.
    subject: String,
    /// `done` or `refused`.
    outcome: String,
    /// Id of the reason where it was refused; empty otherwise.
    why: String,
    /// Hash of the record before.
    before: String,
    hash: String,
}

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AuditActor {
    /// `account`, `token`, `system`, `node` or `nobody`.
    kind: String,
    /// Name of the account, or number of the system's user.
    name: String,
    /// Number of the token; of an account, what tells it from an earlier one of its name.
    id: String,
}

impl From<&AuditLine> for AuditRecord {
    fn from(line: &AuditLine) -> Self {
        Self {
            number: line.number,
            time: instant(line.time_ms),
            door: line.door.to_owned(),
            actor: AuditActor { kind: line.kind.to_owned(), name: line.name.clone(), id: line.id.clone() },
            act: line.act.clone(),
            subject: line.subject.clone(),
            outcome: line.outcome.to_owned(),
            why: line.why.clone(),
            before: line.before.clone(),
            hash: line.hash.clone(),
        }
    }
}
