//! What can be asked of an office, in the words of the control socket: one JSON object a line each way.

use std::collections::BTreeMap;

use catalog::{Lang, words};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

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

/// One row of an import: a record that the catalogue has accepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its number in the file, as a person counts.
    pub row: u64,
    /// Fields: texts, whole numbers, yes or no.
    pub fields: BTreeMap<String, Json>,
    /// Fields that stay on this node until they are disclosed.
    #[serde(default)]
    pub private: BTreeMap<String, Json>,
}

/// Where a listing moves; what is not said stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MoveTo {
    /// Kind id.
    pub kind: Option<String>,
    /// Region code; only the node's own can be.
    pub region: Option<String>,
    /// `public` or `members`.
    pub visibility: Option<String>,
    /// Co-editors to add: id, its first digits, or name.
    pub editors: Vec<String>,
    /// Co-editors to leave out.
    pub no_editors: Vec<String>,
}

/// Whether a statement is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Saying {
    /// It is.
    New,
    /// It stands in place of an earlier one.
    Replace,
    /// It takes an earlier one back.
    TakeBack,
}

/// A request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    /// How the node is.
    Status,
    /// Peers.
    Peers,
    /// Forgets what a peer did, so that it is no longer refused.
    Forgive {
        /// Its node id or the first digits.
        node: String,
    },
    /// Full-text search.
    Search {
        /// Words.
        text: String,
        /// Kind id.
        kind: Option<String>,
        /// Region code or prefix.
        region: Option<String>,
        /// Technology field id.
        field: Option<String>,
        /// Lowest and highest readiness level.
        trl: Option<(u8, u8)>,
        /// Most results.
        limit: usize,
        /// Results to skip.
        offset: usize,
    },
    /// One listing.
    Show {
        /// Document id or its first digits.
        id: String,
    },
    /// All entries of a listing.
    History {
        /// Document id or its first digits.
        id: String,
    },
    /// Drafts of this node.
    Drafts,
    /// Takes in records.
    TakeIn {
        /// Kind id.
        kind: String,
        /// The records.
        rows: Vec<Row>,
        /// Publish, or keep as drafts.
        publish: bool,
        /// `public` or `members`; where nothing is said, an earlier record stays where it is and a new one is public.
        #[serde(default)]
        visibility: Option<String>,
        /// Institutions whose edits are to count too: id, its first digits, or name.
        #[serde(default)]
        editors: Vec<String>,
    },
    /// Changes fields of a listing; `null` removes one.
    Edit {
        /// Document id or its first digits, or a draft's id.
        id: String,
        /// Fields.
        changes: BTreeMap<String, Json>,
    },
    /// Makes one of the concurrent values of a field stand.
    Choose {
        /// Document id or its first digits.
        id: String,
        /// The document key.
        field: String,
        /// Which of them, from 1, as `show` numbers them.
        number: usize,
    },
    /// Listings with fields that nobody has chosen between.
    Conflicts {
        /// Kind id.
        kind: Option<String>,
        /// Most results.
        limit: usize,
    },
    /// Moves a listing to another shelf, or gives it other co-editors.
    Move {
        /// Document id or its first digits.
        id: String,
        /// Where to.
        to: MoveTo,
    },
    /// States something of a listing.
    State {
        /// Document id of the listing, or its first digits; for [`Saying::Replace`] and [`Saying::TakeBack`] the statement's.
        id: String,
        /// New, or in place of an earlier one.
        saying: Saying,
        /// Label; empty with [`Saying::TakeBack`], and with [`Saying::Replace`] where it stays.
        label: String,
        /// Value.
        value: String,
        /// Reason.
        reason: String,
    },
    /// What is said of a listing.
    Statements {
        /// Document id or its first digits.
        id: String,
    },
    /// Publishes a draft, or shows a withdrawn listing again.
    Publish {
        /// Draft id or document id.
        id: String,
    },
    /// Withdraws a listing.
    Withdraw {
        /// Document id or its first digits.
        id: String,
    },
    /// Removes the contents of a listing of ours for good, on every node.
    Purge {
        /// Document id or its first digits.
        id: String,
        /// Why; every node shows it.
        reason: String,
    },
    /// Asks for the details of a listing.
    AskDetails {
        /// Document id or its first digits.
        id: String,
        /// What to say to its institution.
        message: String,
        /// Node ids, or their first digits; empty for those of the configuration.
        mailboxes: Vec<String>,
    },
    /// Discloses private fields of a listing.
    Disclose {
        /// Document id or its first digits.
        id: String,
        /// The institutions' names, or the first digits of their ids.
        to: Vec<String>,
        /// Fields; empty for all private ones.
        fields: Vec<String>,
        /// Node ids, or their first digits; empty for those of the configuration.
        mailboxes: Vec<String>,
    },
    /// Requests and disclosures, in and out.
    Disclosures,
    /// One of them.
    ShowDisclosure {
        /// Its id or the first digits.
        id: String,
    },
    /// Goes on with a disclosure without one of its parties.
    RemoveParty {
        /// Its id or the first digits.
        id: String,
        /// The institution's name, or the first digits of its id.
        party: String,
    },
    /// Changes what a disclosure says; `None` removes a field.
    EditDisclosure {
        /// Its id or the first digits.
        id: String,
        /// Fields.
        changes: BTreeMap<String, Option<String>>,
    },
    /// The roster.
    Roster {
        /// What about it.
        ask: super::Ask,
    },
    /// Takes up the certificate that lies in the home.
    Renew,
    /// The proof of a listing; the answer holds the file in base64.
    Proof {
        /// Document id or its first digits.
        id: String,
    },
    /// Forks known here.
    Forks,
    /// The proof of a fork; the answer holds the file in base64.
    ForkFile {
        /// The log's hash or its first digits.
        log: String,
    },
    /// Entries of this institution's that do not count.
    Lost,
    /// Publishes the text of one of them again.
    PublishAgain {
        /// Its number in the list.
        number: usize,
    },
    /// The network's charter; the answer holds the file in base64.
    Charter,
    /// Asks a running node to stop in good order.
    Stop,
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
            E::Fault(_) => Self::said(exit::REJECTED, "cli.failure.data", &[("what", &what)]),
            E::OutOfStep { .. } | E::Damaged { .. } => {
                Self::said(exit::DEGRADED, "cli.failure.storage", &[("what", &what)])
            }
            E::NoSuchListing { id } => Self::said(exit::FAILED, "cli.failure.missing", &[("id", id)]),
            E::NoSuchStatement { id } => Self::said(exit::FAILED, "cli.failure.no-statement", &[("id", id)]),
            E::NoSuchDisclosure { id } => {
                Self::said(exit::FAILED, "cli.failure.no-disclosure", &[("id", id)])
            }
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

/// The answer: a document, or why there is none.
pub type Reply = Result<Json, Failure>;
