//! What can be asked of an office, in the words of the control socket: one JSON object a line each way.

use std::collections::BTreeMap;

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
}

/// A request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    /// How the node is.
    Status,
    /// Peers.
    Peers,
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
    },
    /// Changes fields of a listing; `null` removes one.
    Edit {
        /// Document id or its first digits, or a draft's id.
        id: String,
        /// Fields.
        changes: BTreeMap<String, Json>,
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
    /// Makes an invitation; the answer holds the file in base64.
    Invite {
        /// Role id.
        role: String,
        /// Region code.
        region: String,
        /// Days of validity.
        days: u32,
    },
    /// The proof of a listing; the answer holds the file in base64.
    Proof {
        /// Document id or its first digits.
        id: String,
    },
    /// The network's charter; the answer holds the file in base64.
    Charter,
    /// Asks a running node to stop in good order.
    Stop,
}

/// Why a request was not answered.
#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit code of the command line.
    pub code: u8,
    /// What happened, to what, why.
    pub message: String,
    /// What to do next; may be empty.
    pub hint: String,
}

impl Failure {
    /// A failure with an exit code.
    pub fn new(code: u8, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into() }
    }
}

impl From<market::MarketError> for Failure {
    fn from(error: market::MarketError) -> Self {
        use market::MarketError as E;
        let code = match &error {
            E::Refused(_) | E::Fault(_) => exit::REJECTED,
            E::NotOurs { .. } => exit::REFUSED,
            E::Damaged { .. } | E::OutOfStep { .. } => exit::DEGRADED,
            _ => exit::FAILED,
        };
        Self::new(code, error.to_string(), "")
    }
}

/// The answer: a document, or why there is none.
pub type Reply = Result<Json, Failure>;
