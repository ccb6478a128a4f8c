//! Why something asked was not done, in both languages, and the exit code that a command line ends with.

use catalog::{Lang, words};
use serde::{Deserialize, Serialize};

/// Exit codes of the command line.
pub mod exit {
    /// Something failed.
    pub const FAILED: u8 = 1;
    /// The command line is wrong.
    pub const USAGE: u8 = 2;
    /// Data were rejected.
    pub const REJECTED: u8 = 3;
    /// The node or a peer cannot be reached.
    pub const UNREACHABLE: u8 = 4;
    /// It may not be done.
    pub const REFUSED: u8 = 5;
    /// The node works, but not as it should.
    pub const DEGRADED: u8 = 6;
}

/// Why a request was not answered. English is what logs and scripts read; Chinese travels beside it, since the one who asks
/// may read another language than the node that answers.
#[derive(Clone, Debug, Default, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit code of the command line.
    pub code: u8,
    /// A stable name for scripts, such as `missing`; empty where the failure has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// What happened, to what, why.
    pub message: String,
    /// What to do next; may be empty.
    pub hint: String,
    /// The message in Chinese; empty where it has only one form.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message_zh: String,
    /// The hint in Chinese.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint_zh: String,
}

impl Failure {
    /// A failure whose words are made already.
    pub fn new(code: u8, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into(), ..Self::default() }
    }

    /// A failure in the words of the catalogue: `key` and `key.hint`, their places filled alike in both languages.
    pub fn said(code: u8, key: &str, places: &[(&str, &str)]) -> Self {
        let hint = format!("{key}.hint");
        Self {
            code,
            kind: key.rsplit_once("failure.").map(|(_, kind)| kind.to_owned()).unwrap_or_default(),
            message: words::fill(Lang::En, key, places),
            hint: words::fill(Lang::En, &hint, places),
            message_zh: words::fill(Lang::Zh, key, places),
            hint_zh: words::fill(Lang::Zh, &hint, places),
        }
    }

    /// A workbook could not be written.
    pub fn of_fault(fault: &exchange::workbook::Fault) -> Self {
        Self { message_zh: fault.zh(), ..Self::new(exit::FAILED, fault.to_string(), "") }
    }

    /// A file is not of the kind that was asked for.
    fn other_file(kind: &str) -> Self {
        let name = |lang| words::say(lang, &format!("cli.file.{kind}")).to_owned();
        let key = "cli.failure.file.kind";
        Self::said(exit::REJECTED, key, &[("what", &name(Lang::En))]).with_chinese(key, &name(Lang::Zh))
    }

    /// The same failure, its Chinese made with another value in place of `what`.
    pub fn with_chinese(mut self, key: &str, what: &str) -> Self {
        self.message_zh = words::fill(Lang::Zh, key, &[("what", what)]);
        self
    }

    /// The same failure, of one row among several.
    pub fn at_row(mut self, row: u64) -> Self {
        self.message = format!("row {row}: {}", self.message);
        if !self.message_zh.is_empty() {
            self.message_zh = format!("第 {row} 行：{}", self.message_zh);
        }
        self
    }

    /// Message and hint in a language, as far as they have it.
    pub fn in_words(&self, lang: Lang) -> (&str, &str) {
        match lang {
            Lang::Zh if !self.message_zh.is_empty() => (&self.message_zh, &self.hint_zh),
            _ => (&self.message, &self.hint),
        }
    }
}

impl From<market::MarketError> for Failure {
    fn from(error: market::MarketError) -> Self {
        use market::MarketError as E;
        let what = error.to_string();
        match &error {
            E::Storage(error) => error.into(),
            E::Search(_) => Self::said(exit::FAILED, "cli.failure.index", &[("what", &what)]),
            E::Fault(protocol::Fault::OtherFile { kind }) => Self::other_file(kind),
            E::Fault(protocol::Fault::Forbidden { what: "threshold", .. }) => {
                Self::said(exit::USAGE, "cli.failure.threshold", &[])
            }
            E::Fault(_) => Self::said(exit::REJECTED, "cli.failure.data", &[("what", &what)]),
            E::NoHome { path } => Self::said(exit::FAILED, "cli.failure.no-home", &[("path", path)]),
            E::OutOfStep { .. } | E::Damaged { .. } => {
                Self::said(exit::DEGRADED, "cli.failure.storage", &[("what", &what)])
            }
            E::AccountName { name, most } => {
                let places = [("name", name.as_str()), ("most", &most.to_string())];
                Self::said(exit::USAGE, "cli.failure.account.name", &places)
            }
            E::WeakPassword { least } => {
                Self::said(exit::REJECTED, "cli.failure.account.password", &[("least", &least.to_string())])
            }
            E::AccountExists { name } => {
                Self::said(exit::REFUSED, "cli.failure.account.there", &[("name", name)])
            }
            E::NoSuchAccount { name } => {
                Self::said(exit::FAILED, "cli.failure.account.missing", &[("name", name)])
            }
            E::TooManyAccounts { most } => {
                Self::said(exit::REFUSED, "cli.failure.account.many", &[("most", &most.to_string())])
            }
            E::TokenScope { scope } => {
                Self::said(exit::USAGE, "cli.failure.token.scope", &[("scope", scope)])
            }
            E::TokenDays { most } => {
                Self::said(exit::USAGE, "cli.failure.token.days", &[("most", &most.to_string())])
            }
            E::TooManyTokens { most } => {
                Self::said(exit::REFUSED, "cli.failure.token.many", &[("most", &most.to_string())])
            }
            E::NoSuchToken { id } => Self::said(exit::FAILED, "cli.failure.token.missing", &[("id", id)]),
            E::LastAdministrator { name } => {
                Self::said(exit::REFUSED, "cli.failure.account.last", &[("name", name)])
            }
            E::OutOfTurn { id } => Self::said(exit::REFUSED, "desk.failure.turn", &[("id", id)]),
            E::NoReason => Self::said(exit::REJECTED, "desk.failure.reason", &[]),
            E::NotTheirs { name } => Self::said(exit::REFUSED, "desk.failure.not-theirs", &[("name", name)]),
            E::NoSuchListing { id } => Self::said(exit::FAILED, "cli.failure.missing", &[("id", id)]),
            E::NoSuchStatement { id } => Self::said(exit::FAILED, "cli.failure.no-statement", &[("id", id)]),
            E::NoSuchDisclosure { id } => {
                Self::said(exit::FAILED, "cli.failure.no-disclosure", &[("id", id)])
            }
            E::NoSuchEnquiry { id } => Self::said(exit::FAILED, "cli.failure.no-enquiry", &[("id", id)]),
            E::AskedWrong(wrong) => super::enquiries::asked_wrong(wrong),
            E::TooManyEnquiries => Self::said(exit::REFUSED, "cli.failure.enquiries", &[]),
            E::AnswerWrong { most } => {
                Self::said(exit::REJECTED, "cli.failure.answer", &[("most", &most.to_string())])
            }
            E::AnswerNamesIdentity => Self::said(exit::REJECTED, "cli.failure.answer.id-number", &[]),
            E::NoSuchInstitution { name } => {
                Self::said(exit::USAGE, "cli.failure.institution", &[("name", name)])
            }
            E::AmbiguousInstitution { name } => {
                Self::said(exit::USAGE, "cli.failure.institutions", &[("name", name)])
            }
            E::Undecided { title, fields } => Self::said(
                exit::REFUSED,
                "cli.failure.undecided",
                &[("title", title), ("fields", &fields.join(", "))],
            ),
            E::Elsewhere { title, id } => {
                Self::said(exit::REFUSED, "cli.failure.elsewhere", &[("title", title), ("id", id)])
            }
            E::Purged { id } => Self::said(exit::REFUSED, "cli.failure.purged", &[("id", id)]),
            E::TooManyPurges { most } => {
                Self::said(exit::REFUSED, "cli.failure.purges", &[("most", &most.to_string())])
            }
            E::NotCertified { .. } => {
                Self::said(exit::REFUSED, "cli.failure.not-certified", &[("what", &what)])
            }
            E::AmbiguousId { id } => Self::said(exit::FAILED, "cli.failure.ambiguous", &[("id", id)]),
            E::NotOnRoster { what } => {
                Self::said(exit::FAILED, "cli.failure.not-on-roster", &[("what", what)])
            }
            E::Ambiguous { what } => Self::said(exit::FAILED, "cli.failure.several", &[("what", what)]),
            E::NotOurs { title, institution } => Self::said(
                exit::REFUSED,
                "cli.failure.not-ours",
                &[("title", title), ("institution", institution)],
            ),
            E::OwnListing { title } => {
                Self::said(exit::REFUSED, "cli.failure.own-listing", &[("title", title)])
            }
            E::NothingPrivate { title } => {
                Self::said(exit::REJECTED, "cli.failure.nothing-private", &[("title", title)])
            }
            E::NoParty { title } => Self::said(exit::REFUSED, "cli.failure.no-party", &[("title", title)]),
            E::NoReader { institution } => {
                Self::said(exit::FAILED, "cli.failure.no-reader", &[("institution", institution)])
            }
            E::Forked { log } => Self::said(exit::REFUSED, "cli.failure.forked", &[("log", &log[..16])]),
            E::Revoked => Self::said(exit::REFUSED, "cli.failure.revoked", &[]),
            E::Incarnations { most } => {
                Self::said(exit::REFUSED, "cli.failure.incarnations", &[("most", &most.to_string())])
            }
            E::NoSuchFork { log } => Self::said(exit::FAILED, "cli.failure.fork", &[("log", log)]),
            E::NoSuchBranch { branch } => {
                Self::said(exit::FAILED, "cli.failure.branch", &[("branch", branch)])
            }
            E::NoSuchLost { number } => {
                Self::said(exit::FAILED, "cli.failure.lost", &[("number", &number.to_string())])
            }
            E::Unsigned { step, epoch } => {
                let places = [("step", step.as_str()), ("epoch", &epoch.to_string())];
                Self::said(exit::REFUSED, "cli.failure.unsigned", &places)
            }
            E::ForkedNode { log } => Self::said(exit::REFUSED, "cli.failure.forked-node", &[("log", log)]),
            E::ManyIncarnations { count, most } => {
                let places = [("count", &*count.to_string()), ("most", &most.to_string())];
                Self::said(exit::REFUSED, "cli.failure.many-incarnations", &places)
            }
            E::Refused(reasons) => {
                Self::said(exit::REJECTED, "cli.failure.record", &[("what", &reasons.join("; "))])
            }
            E::WatchName { most } => {
                Self::said(exit::REJECTED, "cli.failure.watch.name", &[("most", &most.to_string())])
            }
            E::WatchTooLong => Self::said(exit::REJECTED, "cli.failure.watch.long", &[]),
            E::TooManyWatches { most } => {
                Self::said(exit::REFUSED, "cli.failure.watch.many", &[("most", &most.to_string())])
            }
            E::NoSuchWatch { id } => Self::said(exit::FAILED, "cli.failure.watch.missing", &[("id", id)]),
            E::Identity { path, why } => {
                Self::said(exit::FAILED, "cli.failure.identity", &[("path", path), ("what", why)])
            }
        }
    }
}

impl From<&storage::StorageError> for Failure {
    fn from(error: &storage::StorageError) -> Self {
        use storage::StorageError as E;
        let mib = |bytes: &u64| (bytes >> 20).to_string();
        match error {
            E::DiskFull { free, floor, .. } => {
                Self::said(exit::FAILED, "cli.failure.disk", &[("free", &mib(free)), ("floor", &mib(floor))])
            }
            E::Locked { .. } => {
                Self::said(exit::UNREACHABLE, "cli.failure.locked", &[("what", &error.to_string())])
            }
            _ => Self::said(exit::FAILED, "cli.failure.storage", &[("what", &error.to_string())]),
        }
    }
}
