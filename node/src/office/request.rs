//! What can be asked of an office, in the words of the control socket: one JSON object a line each way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::failure::Failure;
use super::rows::{Row, TableAsk};

mod accounts;

pub use accounts::{AccountAsk, TokenAsk};

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
    /// What a check-up looks at: disk, journal, index, clocks, how it is reached.
    Examine,
    /// Peers.
    Peers,
    /// All nodes that are known, as they say they are.
    Nodes,
    /// Forgets what a peer did, so that it is no longer refused.
    Forgive {
        /// Its node id or the first digits.
        node: String,
    },
    /// Peers: what moves, what they did; to meet one, stop, pause, resume.
    Peer {
        /// What is asked.
        ask: super::PeerAsk,
    },
    /// When entries pass on the line, to be told or changed until the node stops.
    Line {
        /// `always`, `never`, or hours of the day; `None` asks.
        hours: Option<String>,
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
    /// Public listings in the order of their last change here, what is gone included, behind a mark.
    Changes {
        /// The end of the answer before; of another list of changes, all come again.
        after: Option<super::Mark>,
        /// Most of them.
        limit: usize,
    },
    /// Public listings of a kind by their ids, each once.
    Catalogue {
        /// Kind id.
        kind: String,
        /// Behind this document id: the `next` of the answer before. No listings and no `next` end it.
        after: Option<String>,
        /// Most that are looked at.
        limit: usize,
    },
    /// All entries of a listing.
    History {
        /// Document id or its first digits.
        id: String,
    },
    /// Drafts of this node, some at a time: see the reply.
    Drafts {
        /// The last draft of the reply before.
        after: Option<String>,
    },
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
    /// Compares rows of a table with what is there, or takes them in.
    TakeTable {
        /// Kind id.
        kind: String,
        /// The records.
        rows: Vec<Row>,
        /// How.
        ask: TableAsk,
    },
    /// Which columns were chosen by hand before: header to field id.
    Remembered {
        /// Kind id.
        kind: String,
    },
    /// Keeps in mind which columns were chosen by hand; `""` for one that is left out.
    Remember {
        /// Kind id.
        kind: String,
        /// Header to field id.
        choices: BTreeMap<String, String>,
    },
    /// Changes fields of a listing; `null` removes one.
    Edit {
        /// Document id or its first digits, or a draft's id.
        id: String,
        /// Fields.
        changes: BTreeMap<String, Json>,
    },
    /// Attaches a file that was put among this node's files.
    Attach {
        /// Draft id, or document id or its first digits.
        id: String,
        /// The file's hash, hexadecimal.
        file: String,
        /// What it shows.
        title: String,
    },
    /// Takes a file away from a listing.
    Detach {
        /// Draft id, or document id or its first digits.
        id: String,
        /// Its number in the list, or the first digits of its hash.
        which: String,
    },
    /// A file of a listing; one that is not here is asked of other nodes.
    File {
        /// Draft id, or document id or its first digits.
        id: String,
        /// Its number in the list, or the first digits of its hash.
        which: String,
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
    /// Enquiries about listings.
    Enquiry {
        /// What about them.
        ask: super::EnquiryAsk,
    },
    /// Sources that are harvested.
    Harvest {
        /// What about them.
        ask: crate::harvest::HarvestAsk,
    },
    /// The roster.
    Roster {
        /// What about it.
        ask: super::Ask,
    },
    /// The four unifications and their texts.
    Profile {
        /// What about them.
        ask: super::ProfileAsk,
    },
    /// Peer markets.
    Peering {
        /// What about them.
        ask: super::PeeringAsk,
    },
    /// A step of making a bundle, or of taking one in.
    Bundle {
        /// Which.
        carriage: super::Carriage,
    },
    /// Takes up the certificate that lies in the home.
    Renew,
    /// The proof of a listing; the answer holds the file in base64.
    Proof {
        /// Document id or its first digits.
        id: String,
    },
    /// The certificate of a listing; the answer holds the PDF in base64.
    Certificate {
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
    /// The present moment, for a backup; the answer holds it in base64.
    BackupPlan,
    /// Entries of a log for a backup; the answer holds a page of them in base64.
    BackupEntries {
        /// The log id's bytes, hexadecimal.
        log: String,
        /// The last entry that the asker has: its number.
        seq: u64,
        /// Its hash.
        hash: String,
        /// The last one wanted.
        to: u64,
    },
    /// Records of the journal for a backup; the answer holds a page of them in base64.
    BackupRecords {
        /// The position before the first one wanted.
        from: u64,
        /// The position behind the last one wanted.
        to: u64,
    },
    /// Records of the audit log for a backup; the answer holds a page of them in base64.
    BackupAudit {
        /// The place behind the last one of the answer before; 0 at first.
        after: u64,
    },
    /// Files of listings for a backup, by name, some at a time: the answer holds their names. They lie in the home.
    BackupFiles {
        /// The last one of the answer before.
        after: Option<String>,
    },
    /// The statistics.
    Statistics {
        /// What is asked of them.
        asked: super::Asked,
        /// The entries that they follow from too, log by log.
        #[serde(default)]
        heads: bool,
    },
    /// Whether figures of another node follow from what is held here.
    Confirm {
        /// What they answer; the file says it where there is one.
        asked: super::Asked,
        /// Their digest.
        digest: String,
        /// All that a file says of them.
        #[serde(default)]
        claim: Option<Json>,
    },
    /// A monthly bulletin; the answer holds the file in base64.
    Bulletin {
        /// What is asked.
        asked: super::Asked,
        /// `pdf` or `xlsx`.
        form: String,
        /// `zh` or `en`.
        lang: String,
        /// What an institution's own register came to, where one was compared.
        #[serde(default)]
        covered: Option<super::Covered>,
    },
    /// Which rows of an institution's own register are listed.
    Cover {
        /// Kind id.
        kind: String,
        /// The records.
        rows: Vec<Row>,
    },
    /// Accounts of the desk.
    Account {
        /// What about them.
        ask: AccountAsk,
    },
    /// Tokens of the API.
    Token {
        /// What about them.
        ask: TokenAsk,
    },
    /// The audit log.
    Audit {
        /// What is asked of it.
        ask: super::AuditAsk,
    },
    /// Saved searches.
    Watch {
        /// What about them.
        ask: crate::watching::WatchAsk,
    },
    /// Asks a running node to stop in good order.
    Stop,
}

/// The answer: a document, or why there is none.
pub type Reply = Result<Json, Failure>;

impl Request {
    /// The listing that it only reads, of which a peer market may be the owner: its id, or the first digits.
    pub(super) fn reads(&self) -> Option<&str> {
        match self {
            Self::Show { id }
            | Self::History { id }
            | Self::Statements { id }
            | Self::Proof { id }
            | Self::Certificate { id }
            | Self::File { id, .. } => Some(id),
            _ => None,
        }
    }
}
