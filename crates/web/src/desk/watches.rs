//! Saved searches as the desk's pages see them.

use super::view::{Clerk, Said};
use crate::request::SearchRequest;
use crate::view::{Card, SourceError};

/// What the desk's pages need of the node for saved searches. Calls block; they are made off the async threads.
pub trait Watches: Send + Sync + 'static {
    /// The watches that this person sees, and whether this node sends mail.
    fn watches(&self, clerk: &Clerk) -> Result<(Vec<WatchLine>, bool), SourceError>;
    /// One of them with what it found; `None` when there is none that they see.
    fn watch(&self, clerk: &Clerk, id: &str) -> Result<Option<WatchView>, SourceError>;
    /// Adds one; its id.
    fn add_watch(&self, clerk: &Clerk, new: &NewWatch) -> Result<Result<String, Said>, SourceError>;
    /// Does something with one; what it says of a test.
    fn change_watch(
        &self,
        clerk: &Clerk,
        id: &str,
        act: &WatchAct,
    ) -> Result<Result<Vec<Tried>, Said>, SourceError>;
    /// Whether a token from a mail still stops such mails.
    fn may_stop(&self, token: &str) -> Result<bool, SourceError>;
    /// Stops the mails of a token; false when there is nothing to stop.
    fn stop_mails(&self, token: &str) -> Result<bool, SourceError>;
}

/// A watch in a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WatchLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it asks for.
    pub asks: SearchRequest,
    /// `now`, `day` or `week`.
    pub every: &'static str,
    /// Whether it rests.
    pub paused: bool,
    /// Whose it is; empty for the command line.
    pub owner: String,
    /// What was not read.
    pub unread: usize,
    /// Whether a way of telling has failed.
    pub trouble: bool,
}

/// A watch, whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WatchView {
    /// As in a list.
    pub line: WatchLine,
    /// When it was made.
    pub since_ms: i64,
    /// Whether its name and words may leave the node.
    pub tells: bool,
    /// Whether it looks at what peer markets give too.
    pub abroad: bool,
    /// Path of its feed, without the ending; empty where it has none.
    pub feed: String,
    /// Where it tells programs.
    pub hook: Option<WayView>,
    /// What its messages are signed with.
    pub secret: String,
    /// Whom it writes to.
    pub mail: Option<WayView>,
    /// What it found, the newest first.
    pub found: Vec<FoundView>,
    /// How much it found beyond these.
    pub more: usize,
    /// Number behind the newest, for a form that says that all up to there was read.
    pub upto: u64,
}

/// A way of telling.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WayView {
    /// Where to.
    pub to: String,
    /// Whether it was given up.
    pub stopped: bool,
    /// Why the last try failed, Chinese and English; empty where it did not.
    pub why: (String, String),
    /// When it is tried again; 0 where nothing waits.
    pub again_ms: i64,
    /// When something was taken last; 0 for never.
    pub last_ms: i64,
    /// Things that are not sent yet.
    pub waiting: usize,
}

/// Something that was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoundView {
    /// The listing.
    pub card: Card,
    /// Whether it says something else than when it was found first.
    pub changed: bool,
    /// Whether it was not read.
    pub unread: bool,
    /// Whether it is for members alone, and leaves the node by no feed, webhook or mail.
    pub members: bool,
    /// When it was found here.
    pub found_ms: i64,
}

/// A watch to be added.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewWatch {
    /// Its name; one is made of what it asks for where it is empty.
    pub name: String,
    /// What it asks for.
    pub asks: SearchRequest,
    /// `now`, `day` or `week`.
    pub every: String,
    /// Whether what it sends is Chinese.
    pub zh: bool,
    /// Whether its name and words may leave the node.
    pub tells: bool,
    /// Whether it looks at this network alone, and not at what peer markets give.
    pub at_home: bool,
    /// Whether it has a feed.
    pub feed: bool,
    /// Where it tells programs; empty for nowhere.
    pub hook: String,
    /// Whom it writes to; empty for nobody.
    pub mail: String,
}

/// What can be done with a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchAct {
    /// All below this number was read.
    Read(u64),
    /// It rests.
    Pause,
    /// It goes on.
    Resume,
    /// It goes away.
    Remove,
    /// It has a feed under a new address.
    Feed,
    /// It has no feed.
    NoFeed,
    /// Tries all ways of telling.
    Test,
    /// Goes on with ways that were given up.
    Start,
}

impl WatchAct {
    /// Reads an id, with the number that one needs.
    pub(crate) fn from_id(id: &str, upto: &str) -> Option<Self> {
        Some(match id {
            "read" => Self::Read(upto.parse().ok()?),
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            "remove" => Self::Remove,
            "feed" => Self::Feed,
            "no-feed" => Self::NoFeed,
            "test" => Self::Test,
            "start" => Self::Start,
            _ => return None,
        })
    }
}

/// What became of a try to tell something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried {
    /// `hook` or `mail`.
    pub way: &'static str,
    /// Where to.
    pub to: String,
    /// Why it failed, Chinese and English; `None` where it did not.
    pub failed: Option<(String, String)>,
}
