//! The audit log: what is done is written down here, and read here. Which acts there are: `acts.rs`. Decision 0060.

use std::path::Path;

use market::backup::pack_records;
use market::{Act, Actor, AuditFault, AuditFilter, AuditLog, AuditOutcome, AuditPage, AuditRecord, Verified};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use storage::Position;

use super::Office;
use super::acts::act;
use super::answers::file_reply;
use super::failure::{Failure, exit};
use super::json::time;
use super::request::{Reply, Request};
use crate::config::Config;
use crate::core::now_ms;

/// Digits of the configuration's hash that a start writes down.
const CONFIG_DIGITS: usize = 16;

/// What is asked of the audit log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum AuditAsk {
    /// The newest records that fit; what is empty asks for nothing.
    Page {
        /// From this time on, milliseconds since 1970.
        since_ms: Option<i64>,
        /// Before this time.
        until_ms: Option<i64>,
        /// By whom.
        by: String,
        /// How the act begins.
        act: String,
        /// What it was done to.
        subject: String,
        /// Before this number: the `next` of the answer before.
        before: Option<u64>,
        /// Most of them.
        limit: usize,
    },
    /// Whether it is whole.
    Verify,
}

/// Who this process runs as.
pub(crate) fn this_user() -> Actor {
    Actor::system(rustix::process::geteuid().as_raw())
}

/// Opens the log of a home.
pub(super) fn open(home: &Path, config: &Config) -> anyhow::Result<AuditLog> {
    let floor = AuditLog::floor(config.storage.floor_mib.saturating_mul(1 << 20));
    Ok(AuditLog::open(home, floor, config.audit.bounds())?)
}

/// Writes down that a backup was restored, in the home that it made.
pub(crate) fn note_restored(home: &Path, config: &Config) -> anyhow::Result<()> {
    open(home, config)?.note(now_ms(), &this_user(), &act("backup.restore", ""), AuditOutcome::Done)?;
    Ok(())
}

impl Office {
    /// Answers a request, and writes down who asked for it, where it is an act.
    ///
    /// # Errors
    /// What went wrong, with the exit code that a command line ends with.
    pub fn answer(&self, actor: &Actor, request: Request) -> Reply {
        match request.act() {
            Some(act) => self.recorded(actor, act, || self.reply(request), named),
            None => self.reply(request),
        }
    }

    /// Does what is an act, and writes down what became of it. `named` says what came of it by its id, such as a new draft's.
    ///
    /// Nothing is done that could not be written down, as far as anybody can tell before. What was done stays done where the
    /// disk fails between the two: the log then refuses further acts, and the check-up says so.
    ///
    /// # Errors
    /// Those of `run`, or that the log cannot be written.
    pub fn recorded<T>(
        &self,
        actor: &Actor,
        act: Act,
        run: impl FnOnce() -> Result<T, Failure>,
        named: impl FnOnce(&T) -> String,
    ) -> Result<T, Failure> {
        self.may_note()?;
        let done = run();
        let (act, outcome) = match &done {
            Ok(done) => (with(act, &named(done)), AuditOutcome::Done),
            Err(failure) => (act, AuditOutcome::Refused(reason(failure))),
        };
        self.note(actor, &act, outcome);
        done
    }

    /// Whether an act could be written down now, as far as anybody can tell before.
    ///
    /// # Errors
    /// That it could not.
    pub fn may_note(&self) -> Result<(), Failure> {
        self.audit().map_or(Ok(()), |log| log.ready(now_ms()).map_err(|error| unwritten(&error)))
    }

    /// Writes down something that has happened. That it could not be is said aloud; see [`Office::recorded`].
    pub fn note(&self, actor: &Actor, act: &Act, outcome: AuditOutcome) {
        let Some(log) = self.audit() else { return };
        if let Err(error) = log.note(now_ms(), actor, act, outcome) {
            tracing::error!(act = act.id, "the audit log cannot be written: {error}");
        }
    }

    /// Writes down that the node begins to run, and with which configuration.
    pub fn note_start(&self) {
        let file = std::fs::read(self.home().join(Config::FILE)).unwrap_or_default();
        let digest = protocol::hash("config-file", &[&file]).to_string();
        let digest = digest.get(..CONFIG_DIGITS).unwrap_or_default();
        self.note(&Actor::node(), &act("node.start", &format!("config:{digest}")), AuditOutcome::Done);
    }

    /// Writes down that it ends in good order.
    pub fn note_stop(&self) {
        self.note(&Actor::node(), &act("node.stop", ""), AuditOutcome::Done);
    }

    pub(super) fn answer_audit(&self, ask: AuditAsk) -> Reply {
        match ask {
            AuditAsk::Page { since_ms, until_ms, by, act, subject, before, limit } => {
                let filter = AuditFilter { since_ms, until_ms, by, act, subject };
                let page = self.audit_page(&filter, before, limit)?;
                let records = page.records.iter().map(of_record).collect::<Vec<_>>();
                Ok(json!({ "v": 1, "records": records, "next": page.next }))
            }
            AuditAsk::Verify => Ok(of_verified(&self.log()?.verify()?)),
        }
    }

    /// The newest records that a filter finds.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn audit_page(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<AuditPage, Failure> {
        Ok(self.log()?.page(filter, before, limit)?)
    }

    /// Number and hash of the newest record.
    pub fn audit_head(&self) -> (u64, String) {
        let (number, hash) = self.audit().map(AuditLog::head).unwrap_or_default();
        (number, hash.to_string())
    }

    /// What the check-up says of the log.
    pub(super) fn examine_audit(&self) -> market::Result<Json> {
        let Some(log) = self.audit() else { return Ok(Json::Null) };
        let failing = log.failing().map(|(why, missed)| json!({ "why": why, "missed": missed }));
        let verified = of_verified(&log.verify()?);
        Ok(json!({ "failing": failing, "fault": verified["fault"] }))
    }

    pub(super) fn backup_audit(&self, after: u64) -> Reply {
        Ok(file_reply(&pack_records(&self.log()?.pages_for_backup(Position::from_u64(after))?)))
    }

    fn log(&self) -> Result<&AuditLog, Failure> {
        // Only what another network gives has none, and nobody asks there.
        self.audit().ok_or_else(|| Failure::said(exit::FAILED, "cli.failure.audit-none", &[]))
    }
}

/// The id that a reply names.
fn named(reply: &Json) -> String {
    ["document", "id"].iter().find_map(|key| reply[*key].as_str()).unwrap_or_default().to_owned()
}

/// An act with what came of it, unless that is what it was done to.
fn with(mut act: Act, named: &str) -> Act {
    let named = super::acts::word(named);
    if act.subject.is_empty() || named.starts_with(&act.subject) && !named.is_empty() {
        act.subject = named;
    } else if !named.is_empty() {
        act.subject = format!("{} {named}", act.subject);
    }
    act
}

/// Why something was not done, by its id: the words may hold what somebody typed.
fn reason(failure: &Failure) -> String {
    match failure.kind.as_str() {
        "" => format!("exit-{}", failure.code),
        kind => kind.to_owned(),
    }
}

fn unwritten(error: &market::MarketError) -> Failure {
    if let market::MarketError::Storage(full @ storage::StorageError::DiskFull { .. }) = error {
        return full.into();
    }
    Failure::said(exit::DEGRADED, "cli.failure.audit-log", &[("what", &error.to_string())])
}

/// A record for programs.
fn of_record(record: &AuditRecord) -> Json {
    let AuditRecord { number, time_ms, actor, act, subject, outcome, before } = record;
    json!({
        "number": number, "time": time(*time_ms), "door": actor.door.id(),
        "actor": { "kind": actor.kind.id(), "name": actor.name, "id": actor.id },
        "act": act, "subject": subject, "outcome": outcome.id(), "why": outcome.why(),
        "before": before.to_string(), "hash": record.hash().to_string(),
    })
}

fn of_verified(verified: &Verified) -> Json {
    let Verified { first, last, head, trimmed, fault } = verified;
    let fault = fault.as_ref().map(|fault| {
        let (from, to) = match fault {
            AuditFault::Missing { from, to } => (*from, *to),
            other => (other.after() + 1, other.after() + 1),
        };
        json!({ "kind": fault.id(), "after": fault.after(), "from": from, "to": to })
    });
    json!({
        "v": 1, "first": first, "last": last, "head": head.to_string(), "trimmed": trimmed.to_string(),
        "whole": fault.is_none(), "fault": fault,
    })
}
