//! What can go wrong in a use case.

use thiserror::Error;

/// Why a use case did not do what was asked.
#[derive(Debug, Error)]
pub enum MarketError {
    /// The store or the journal.
    #[error(transparent)]
    Storage(#[from] storage::StorageError),
    /// The search index.
    #[error(transparent)]
    Search(#[from] search::Error),
    /// The protocol's rules.
    #[error(transparent)]
    Fault(#[from] protocol::Fault),
    /// Entries came that do not continue their log: a defect of this program.
    #[error(
        "entry {seq} of node {node} does not continue its log; nothing of it was stored. Please report this"
    )]
    OutOfStep {
        /// The node.
        node: String,
        /// The sequence number.
        seq: u64,
    },
    /// The store holds something unreadable.
    #[error(
        "the store is damaged: {what}. Stop the node and start it again: it rebuilds itself from the journal and from peers"
    )]
    Damaged {
        /// What was found.
        what: &'static str,
    },
    /// What nobody can be called at the desk.
    #[error("{name:?} cannot be the name of an account: letters, digits and . _ - @, at most {most} of them")]
    AccountName {
        /// What was asked for.
        name: String,
        /// Most characters.
        most: usize,
    },
    /// A password that is soon guessed.
    #[error(
        "the password is too easy to guess: {least} characters or more, no row such as 1234567890, not the name"
    )]
    WeakPassword {
        /// Fewest characters.
        least: usize,
    },
    /// An account of that name is there.
    #[error("there is an account {name:?} already; change its password or role, or take another name")]
    AccountExists {
        /// What was asked for.
        name: String,
    },
    /// No such account.
    #[error("there is no account {name:?} at this desk")]
    NoSuchAccount {
        /// What was asked for.
        name: String,
    },
    /// More accounts than a desk has.
    #[error("the desk has {most} accounts already; remove one that is no longer used")]
    TooManyAccounts {
        /// Most accounts.
        most: usize,
    },
    /// A token cannot be for that.
    #[error("{scope:?} is no scope of a token; choose among drafts, review, publish, enquiries")]
    TokenScope {
        /// The scope as given; empty where none was.
        scope: String,
    },
    /// A token cannot serve for so long, or for no time.
    #[error("a token serves for 1 to {most} days")]
    TokenDays {
        /// Most days.
        most: u32,
    },
    /// More tokens than a node has.
    #[error("there are {most} tokens already; revoke some that are no longer used")]
    TooManyTokens {
        /// Most tokens.
        most: usize,
    },
    /// No token has that number, or several begin so.
    #[error("there is no token {id:?}")]
    NoSuchToken {
        /// The number as given.
        id: String,
    },
    /// Nobody could look after the accounts any more.
    #[error("{name:?} is the last administrator; make somebody else one first")]
    LastAdministrator {
        /// Whose account it is.
        name: String,
    },
    /// A draft waits for another step than the one that was taken.
    #[error("draft {id} is not at that step; look at it again")]
    OutOfTurn {
        /// The draft.
        id: String,
    },
    /// A draft was returned without saying why.
    #[error("who wrote the draft needs to know why it comes back; give a reason")]
    NoReason,
    /// A step that is someone else's.
    #[error(
        "this step is not {name:?}'s to take: it needs a reviewer who neither wrote the draft nor passed it before"
    )]
    NotTheirs {
        /// Who tried.
        name: String,
    },
    /// No such listing.
    #[error("there is no listing {id} on this node; check the id, or wait until the node has synced")]
    NoSuchListing {
        /// What was asked for.
        id: String,
    },
    /// No such statement.
    #[error("there is no statement {id} on this node; check the id, or wait until the node has synced")]
    NoSuchStatement {
        /// What was asked for.
        id: String,
    },
    /// No such request or disclosure.
    #[error("there is no request or disclosure {id} that this node can read")]
    NoSuchDisclosure {
        /// What was asked for.
        id: String,
    },
    /// No such enquiry.
    #[error("there is no enquiry {id} that this node received or sent; see them with `lianshi enquiry list`")]
    NoSuchEnquiry {
        /// What was asked for.
        id: String,
    },
    /// The form of an enquiry will not do.
    #[error("the enquiry will not do: {}", in_english(.0))]
    AskedWrong(Vec<catalog::enquiry::Wrong>),
    /// More enquiries in a day than a node sends.
    #[error(
        "this node has sent as many enquiries as it sends within a day; try again tomorrow, or telephone"
    )]
    TooManyEnquiries,
    /// An answer that says nothing, or too much.
    #[error("an answer has between one and {most} characters")]
    AnswerWrong {
        /// Most characters.
        most: usize,
    },
    /// An answer with an identity number in it.
    #[error("the answer holds an identity number, which never leaves a node; take it out")]
    AnswerNamesIdentity,
    /// Several listings begin with these digits.
    #[error("several listings begin with {id}; give more digits")]
    AmbiguousId {
        /// What was asked for.
        id: String,
    },
    /// Nothing on the roster is meant by these words.
    #[error(
        "the roster has nothing that is called or begins with {what}; give six digits or more, or the whole name"
    )]
    NotOnRoster {
        /// What was asked for.
        what: String,
    },
    /// Several things on the roster are meant.
    #[error("several things on the roster are called or begin with {what}; give more digits")]
    Ambiguous {
        /// What was asked for.
        what: String,
    },
    /// The listing belongs to another institution.
    #[error(
        "{title:?} belongs to {institution}; only it, and for edits the co-editors that it named, can change it"
    )]
    NotOurs {
        /// The listing.
        title: String,
        /// Whose it is.
        institution: String,
    },
    /// Details are asked of others.
    #[error("{title:?} is this institution's own listing; there is nobody to ask")]
    OwnListing {
        /// The listing.
        title: String,
    },
    /// A listing has nothing to disclose.
    #[error("{title:?} keeps nothing of that name private; name fields that it keeps")]
    NothingPrivate {
        /// The listing.
        title: String,
    },
    /// Someone is to be left out who is not in.
    #[error("that institution is no other party of the disclosure about {title:?}")]
    NoParty {
        /// What it is about.
        title: String,
    },
    /// Nothing can be sealed to an institution.
    #[error("no active node of {institution} is known here; sync with the hub, then try again")]
    NoReader {
        /// Whose node is missing.
        institution: String,
    },
    /// No such institution.
    #[error("no institution {name:?} is on the roster; give its name as it stands there, or its id")]
    NoSuchInstitution {
        /// What was asked for.
        name: String,
    },
    /// Several institutions are meant.
    #[error("several institutions on the roster are {name:?}; give the id, or more of its digits")]
    AmbiguousInstitution {
        /// What was asked for.
        name: String,
    },
    /// Fields whose editors disagree: one value has to be chosen first.
    #[error("fields of {title:?} have concurrent values: {}; choose first", .fields.join(", "))]
    Undecided {
        /// The listing.
        title: String,
        /// Its disputed fields.
        fields: Vec<String>,
    },
    /// A record asks for another visibility than its listing has.
    #[error("{title:?} ({id}) is there with another visibility; move it first")]
    Elsewhere {
        /// The listing's title.
        title: String,
        /// Its id.
        id: String,
    },
    /// The listing's contents are gone.
    #[error("the contents of listing {id} were removed for good; publish a new listing instead")]
    Purged {
        /// The listing.
        id: String,
    },
    /// The institution has purged as many documents as count.
    #[error(
        "this institution has purged {most} documents by its own word, which is all that count; ask the governors to purge this one"
    )]
    TooManyPurges {
        /// The bound.
        most: usize,
    },
    /// The node's certificate does not let it do this.
    #[error(
        "this node is not certified to {what}; ask the institution's root key holder for another certificate"
    )]
    NotCertified {
        /// What it would do.
        what: &'static str,
    },
    /// A log of this node is forked and not settled.
    #[error(
        "the log {log} of this node is forked: two entries have one number, from two copies of its data; nothing is written until a branch is kept"
    )]
    Forked {
        /// The log's hash.
        log: String,
    },
    /// This node's key was revoked.
    #[error("this node's key has been revoked: what it writes counts nowhere")]
    Revoked,
    /// The node has begun as often as it may.
    #[error("this node has begun anew {most} times, which is all that one key may; certify a new node key")]
    Incarnations {
        /// The bound.
        most: usize,
    },
    /// No known fork by that name.
    #[error("no forked log, or more than one, begins with {log}")]
    NoSuchFork {
        /// What was asked for.
        log: String,
    },
    /// No branch by that name.
    #[error("{branch} names neither branch of the fork")]
    NoSuchBranch {
        /// What was asked for.
        branch: String,
    },
    /// No lost entry with that number.
    #[error("there is no lost entry number {number}")]
    NoSuchLost {
        /// What was asked for.
        number: usize,
    },
    /// A roster step that nobody signed who may.
    #[error("step {step} carries no signature of a governor of the present epoch {epoch}")]
    Unsigned {
        /// Its hash, shortened.
        step: String,
        /// The epoch.
        epoch: u32,
    },
    /// A node to be revoked has a forked log, and it is not said which of its entries are the owner's.
    #[error("log {log} of the node is forked: what in it is the owner's has to be said")]
    ForkedNode {
        /// The log's hash, shortened.
        log: String,
    },
    /// A node to be revoked has more incarnations than count, and it is not said which are the owner's.
    #[error(
        "the node has {count} incarnations, more than the {most} that count: which are the owner's has to be said"
    )]
    ManyIncarnations {
        /// How many.
        count: usize,
        /// The bound.
        most: usize,
    },
    /// The record was refused; the reasons are in it.
    #[error("the record was refused: {}", .0.join("; "))]
    Refused(Vec<String>),
    /// What no watch can be called.
    #[error("a watch has a name of 1 to {most} characters")]
    WatchName {
        /// Most characters.
        most: usize,
    },
    /// A part of a watch is too long.
    #[error("what the watch asks for, or the address it tells, is too long")]
    WatchTooLong,
    /// No more watches.
    #[error("this node keeps {most} watches already; remove one")]
    TooManyWatches {
        /// Most watches.
        most: usize,
    },
    /// No such watch.
    #[error("there is no watch {id:?} here")]
    NoSuchWatch {
        /// What was asked for.
        id: String,
    },
    /// A folder without a node.
    #[error("there is no node in {path} yet; check --home, or create one with `lianshi --home DIR init`")]
    NoHome {
        /// The folder.
        path: String,
    },
    /// An identity file is missing or wrong.
    #[error("{path}: {why}")]
    Identity {
        /// The file.
        path: String,
        /// What is wrong and what to do.
        why: String,
    },
}

impl MarketError {
    /// Whether the store is at fault: its files do not hold what was written to them.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Storage(storage::StorageError::StoreDamaged { .. }))
    }
}

fn in_english(wrong: &[catalog::enquiry::Wrong]) -> String {
    wrong.iter().map(|one| one.in_words(catalog::Lang::En)).collect::<Vec<_>>().join("; ")
}

/// Result of a use case.
pub type Result<T> = std::result::Result<T, MarketError>;
