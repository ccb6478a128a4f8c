//! What the desk's pages show and ask, as plain data: the node translates.

mod own;
mod tokens;

use std::collections::BTreeMap;

use protocol::Hash;

use super::audit::Audits;
use super::figures::Checks;
use super::governing::Governing;
use super::harvest::Harvests;
use super::imports::Imports;
use super::markets::PeerMarkets;
use super::peers::Peers;
use super::watches::Watches;
use crate::api::Holder;
use crate::enquiry::Enquiries;
use crate::view::{AttachmentView, FieldView, FileView, NodesView, SourceError};

pub use own::{DisputeView, Heap, OwnLine, OwnView};
pub use tokens::{TokenLine, TokenWish};

/// Everything the desk needs of the node. Calls block and may be slow; they are made off the async threads.
pub trait Desk:
    Audits + Checks + Enquiries + Governing + Harvests + Imports + PeerMarkets + Peers + Watches
{
    /// Whether nobody has an account yet.
    fn is_new(&self) -> Result<bool, SourceError>;
    /// Whether a key lets someone make the first account now.
    fn may_set_up(&self, key: &str) -> Result<bool, SourceError>;
    /// Makes the first account; `None` when the key is not the one, or there is an account.
    fn set_up(
        &self,
        key: &str,
        name: &str,
        password: &str,
    ) -> Result<Result<Option<Clerk>, Said>, SourceError>;
    /// Who has this name and password.
    fn sign_in(&self, name: &str, password: &str) -> Result<Option<Clerk>, SourceError>;
    /// Whether someone who has signed in knows the password that they have now.
    fn proves(&self, clerk: &Clerk, password: &str) -> Result<bool, SourceError>;
    /// Someone has signed out.
    fn signed_out(&self, clerk: &Clerk) -> Result<(), SourceError>;
    /// Who holds a token of the API; `None` where it does not count, or counts no more.
    fn token_holder(&self, token: &str) -> Result<Option<Holder>, SourceError>;
    /// Tokens of this person, those of everyone for an administrator.
    fn tokens(&self, clerk: &Clerk) -> Result<Vec<TokenLine>, SourceError>;
    /// Makes a token of this person's own: its text, which is kept nowhere.
    fn make_token(&self, clerk: &Clerk, wish: &TokenWish) -> Result<Result<String, Said>, SourceError>;
    /// Revokes one of those that this person sees.
    fn revoke_token(&self, clerk: &Clerk, id: &str) -> Result<Result<(), Said>, SourceError>;
    /// The account of a name, as it is now.
    fn clerk(&self, name: &str) -> Result<Option<Clerk>, SourceError>;
    /// How many drafts there are in each state, and how many listings of ours.
    fn overview(&self) -> Result<Overview, SourceError>;
    /// Drafts in a state, those changed last first, from `offset`, at most `limit`; and how many there are.
    fn drafts(
        &self,
        state: Option<&str>,
        offset: usize,
        limit: usize,
    ) -> Result<(usize, Vec<DraftLine>), SourceError>;
    /// One draft, as this person sees it.
    fn draft(&self, id: &str, clerk: &Clerk) -> Result<Option<DraftView>, SourceError>;
    /// Begins a draft of a kind; its id.
    fn begin(&self, clerk: &Clerk, kind: &str) -> Result<Result<String, Said>, SourceError>;
    /// Keeps the texts of a draft's form, whatever is wrong with them.
    fn save(
        &self,
        clerk: &Clerk,
        id: &str,
        texts: &BTreeMap<String, String>,
    ) -> Result<Result<(), Said>, SourceError>;
    /// Adds a file to a draft: what it was called, what it shows, its bytes.
    fn attach(
        &self,
        clerk: &Clerk,
        id: &str,
        name: &str,
        title: &str,
        bytes: &[u8],
    ) -> Result<Result<(), Said>, SourceError>;
    /// Takes a file away from a draft, by its hash in hex.
    fn detach(&self, clerk: &Clerk, id: &str, file: &str) -> Result<Result<(), Said>, SourceError>;
    /// A file of a draft; `None` when there is none.
    fn file(&self, id: &str, file: &Hash) -> Result<Option<FileView>, SourceError>;
    /// Does something with a draft or a listing.
    fn act(&self, clerk: &Clerk, id: &str, act: &Act) -> Result<Result<Done, Said>, SourceError>;
    /// How the network's nodes are, the worst first.
    fn nodes(&self) -> Result<NodesView, SourceError>;
    /// All accounts, by name.
    fn accounts(&self) -> Result<Vec<AccountLine>, SourceError>;
    /// Changes an account.
    fn change_account(&self, clerk: &Clerk, change: &AccountChange) -> Result<Result<(), Said>, SourceError>;
    /// Listings of this institution in a heap, from `offset`; among those shown, the ones that some words find.
    fn listings(
        &self,
        heap: Heap,
        text: &str,
        offset: usize,
        limit: usize,
    ) -> Result<(u64, Vec<OwnLine>), SourceError>;
    /// One listing that this institution may edit, with its steps before the one numbered `before`, at most `limit`.
    fn own(
        &self,
        id: &str,
        clerk: &Clerk,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Option<OwnView>, SourceError>;
    /// All drafts in a state, or all listings in a heap: id and title of each, at most `limit`.
    fn all(&self, of: &Selection, limit: usize) -> Result<Vec<(String, String)>, SourceError>;
}

/// Someone who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clerk {
    /// Name of the account.
    pub name: String,
    /// `clerk`, `reviewer` or `administrator`.
    pub role: String,
    /// Number of the token that a program holds in their name; empty where they sit before a page.
    pub token: String,
}

impl Clerk {
    /// Whether they may review and publish.
    pub fn reviews(&self) -> bool {
        self.role == "reviewer" || self.administers()
    }

    /// Whether they look after the accounts.
    pub fn administers(&self) -> bool {
        self.role == "administrator"
    }
}

/// An account in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// Its name.
    pub name: String,
    /// Role id.
    pub role: String,
    /// When it was made.
    pub since_ms: i64,
}

/// What is to become of an account.
#[derive(Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// A new one.
    Add {
        /// Its name.
        name: String,
        /// Role id.
        role: String,
        /// Its password.
        password: String,
    },
    /// Another role.
    Role {
        /// Whose.
        name: String,
        /// Role id.
        role: String,
    },
    /// Another password.
    Password {
        /// Whose.
        name: String,
        /// The new one.
        password: String,
    },
    /// It goes.
    Remove {
        /// Whose.
        name: String,
    },
}

impl AccountChange {
    /// Whose account it is.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Add { name, .. }
            | Self::Role { name, .. }
            | Self::Password { name, .. }
            | Self::Remove { name } => name,
        }
    }
}

/// What kind of reason it is that something was not done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Why {
    /// There is no such thing.
    Missing,
    /// It is not theirs to do.
    NotTheirs,
    /// What was given will not do.
    Wrong,
    /// Not as things stand: not its turn, already done.
    #[default]
    Refused,
    /// It could not be done.
    Failed,
}

/// Why something was not done, in both languages, and what to do next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What kind of reason it is.
    pub why: Why,
    /// What happened and why: Chinese, English.
    pub message: (String, String),
    /// What to do next.
    pub hint: (String, String),
}

impl Said {
    /// Both parts in a language.
    pub(crate) fn in_words(&self, lang: catalog::Lang) -> (String, String) {
        let pick = |(zh, en): &(String, String)| lang.pick(zh, en).clone();
        (pick(&self.message), pick(&self.hint))
    }
}

/// How much there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Drafts by state id.
    pub drafts: BTreeMap<String, u64>,
    /// Listings of this institution.
    pub listings: u64,
}

/// A draft in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftLine {
    /// Its id.
    pub id: String,
    /// Kind id.
    pub kind: String,
    /// Title; may be empty.
    pub title: String,
    /// Whether it is a revision of a published listing.
    pub revises: bool,
    /// State id.
    pub state: String,
    /// Who wrote it; may be empty.
    pub by: String,
    /// When it was changed; 0 when unknown.
    pub changed_ms: i64,
    /// How much stands in the way of publishing it.
    pub faults: usize,
}

/// A draft with its form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftView {
    /// As in a list.
    pub line: DraftLine,
    /// The form's texts by field id.
    pub texts: BTreeMap<String, String>,
    /// Its files.
    pub attachments: Vec<AttachmentView>,
    /// What stands in the way of publishing.
    pub refused: Vec<Remark>,
    /// What deserves a second look.
    pub advice: Vec<Remark>,
    /// Steps of reviews, the earliest first.
    pub reviews: Vec<ReviewView>,
    /// What this person may do with it now, by the ids of [`Act`].
    pub acts: Vec<&'static str>,
    /// What it changes, where it is a revision of a published listing.
    pub revises: Option<RevisionView>,
    /// What says nearly the same.
    pub alike: Vec<AlikeView>,
}

/// What a revision changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RevisionView {
    /// The listing's document id.
    pub id: String,
    /// Its changed fields as the listing has them now.
    pub before: Vec<FieldView>,
    /// The same as the revision has them.
    pub after: Vec<FieldView>,
    /// Keys of those that somebody else changed since the revision took them over.
    pub crossed: Vec<String>,
}

/// Something that may be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlikeView {
    /// A draft's number, or a listing's document id.
    pub id: String,
    /// Whether it is a draft of this desk.
    pub draft: bool,
    /// Its title.
    pub title: String,
    /// Who answers for it; empty for a draft.
    pub institution: String,
    /// Whether this institution does.
    pub own: bool,
    /// The number that both name; empty where the titles are nearly equal.
    pub number: String,
}

/// A remark on a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Field id or document key; empty for the whole.
    pub field: String,
    /// Chinese, English.
    pub text: (String, String),
}

/// A step of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewView {
    /// State id of the step.
    pub step: String,
    /// Who decided.
    pub by: String,
    /// Whether it passed.
    pub passed: bool,
    /// Why not.
    pub reason: String,
    /// When.
    pub time_ms: i64,
    /// Whether it is signed over what the draft says now.
    pub holds: bool,
}

/// What can be done with a draft or a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Submits it for review.
    Submit,
    /// Passes the step that it waits for.
    Pass,
    /// Returns it with a reason.
    Return(String),
    /// Takes all steps that this person may take, and publishes.
    Publish,
    /// Throws the draft away.
    Discard,
    /// Withdraws the listing.
    Withdraw,
    /// Shows it again.
    Show,
    /// Opens the listing as a draft.
    Revise,
    /// Of a field with several values, chooses the one that an entry wrote.
    Choose {
        /// The document key.
        key: String,
        /// Hash of the entry, hex.
        entry: String,
    },
    /// Has the contents of the listing removed everywhere, for a reason.
    Purge(String),
}

/// Drafts or listings, all of a kind of heap at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Drafts in a state; in any.
    Drafts(Option<String>),
    /// Listings of a heap.
    Listings(Heap),
}

impl Act {
    /// Reads an id, with the reason that some need. What names a value besides is read where it is shown.
    pub(crate) fn from_id(id: &str, reason: &str) -> Option<Self> {
        Some(match id {
            "submit" => Self::Submit,
            "pass" => Self::Pass,
            "return" => Self::Return(reason.to_owned()),
            "publish" => Self::Publish,
            "discard" => Self::Discard,
            "withdraw" => Self::Withdraw,
            "show" => Self::Show,
            "revise" => Self::Revise,
            "purge" => Self::Purge(reason.to_owned()),
            _ => return None,
        })
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// A draft that stands in this state now.
    Draft(&'static str),
    /// A listing by its document id.
    Listing(String),
    /// A draft that was opened, by its number.
    Opened(String),
    /// Gone.
    Gone,
}
