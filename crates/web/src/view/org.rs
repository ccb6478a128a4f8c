//! An institution, as its page shows it.

use super::{Bucket, Card, Names, Role, StatementView};

/// What a node knows of an institution of its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgView {
    /// Its id: hash of its first root key, hex.
    pub id: String,
    /// Its name on the roster.
    pub name: String,
    /// Its 统一社会信用代码 (GB 32100-2015); empty when it gave none.
    pub credit_code: String,
    /// GB/T 2260 code, 6 digits.
    pub region: String,
    /// What it is in the network.
    pub role: Role,
    /// Whether its listings are shown.
    pub membership: Membership,
    /// Whether it is one of the network's governors.
    pub governs: bool,
    /// The network's name.
    pub network: Names,
    /// Its nodes that this one holds anything of.
    pub nodes: Vec<OrgNode>,
    /// Its listings by kind id; kinds that are missing count 0.
    pub kinds: Vec<Bucket>,
    /// Its listings, newest first; at most [`crate::limits::NEWEST_OF_ORG`] are drawn.
    pub newest: Vec<Card>,
    /// What it says of others' listings, the last said first.
    pub said: Vec<OrgWord>,
}

/// Whether an institution is on the roster in good standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// It is.
    Active,
    /// It is suspended, and why; may be empty.
    Suspended(String),
    /// It has left, and why; may be empty.
    Exited(String),
}

/// A node of an institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgNode {
    /// Its public key, hex.
    pub key: String,
    /// Its role.
    pub role: Role,
    /// GB/T 2260 code, 6 digits.
    pub region: String,
    /// Logs of it that are held here.
    pub logs: u64,
    /// Whether its key was revoked.
    pub revoked: bool,
}

/// A statement, and the listing that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgWord {
    /// Document id, hex.
    pub about: String,
    /// The listing's title; may be empty.
    pub title: String,
    /// What is said.
    pub word: StatementView,
}
