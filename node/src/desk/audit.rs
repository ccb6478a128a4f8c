//! The audit log, for the desk and the API.

use market::{AuditFilter, AuditRecord};
use web::SourceError;
use web::desk::audit::{AuditAsk, AuditLine, AuditView, Audits};
use web::desk::view::{Clerk, Said};

use super::{Bench, told};

impl Audits for Bench {
    fn audit(&self, clerk: &Clerk, ask: &AuditAsk) -> Result<Result<AuditView, Said>, SourceError> {
        let AuditAsk { since_ms, until_ms, by, act, subject, before, limit } = ask.clone();
        let filter = AuditFilter { since_ms, until_ms, by, act, subject };
        told(self.administrator(clerk).and_then(|_| {
            let page = self.office.audit_page(&filter, before, limit)?;
            let (last, head) = self.office.audit_head();
            let lines = page.records.into_iter().map(line).collect();
            Ok(AuditView { lines, next: page.next, last, head })
        }))
    }
}

fn line(record: AuditRecord) -> AuditLine {
    let hash = record.hash().to_string();
    AuditLine {
        number: record.number,
        time_ms: record.time_ms,
        door: record.actor.door.id(),
        kind: record.actor.kind.id(),
        name: record.actor.name,
        id: record.actor.id,
        act: record.act,
        subject: record.subject,
        outcome: record.outcome.id(),
        why: record.outcome.why().to_owned(),
        before: record.before.to_string(),
        hash,
    }
}
