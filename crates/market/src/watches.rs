//! Saved searches: what someone at this desk wants to hear of, what came of it, and how far each way of telling has come.
//!
//! ```text
//! arrivals ─▶ who matches (crate `search`, asked by the node) ─▶ Desk::note_found ─▶ page · feed · webhook · mail
//! ```
//!
//! A watch, what it found and how far its ways have come are local records in journal and store: they never leave the node but in a
//! backup. How far all watches together have looked (`looked`) lies in the store alone, beside the arrivals that it counts: what a
//! crash takes of the one it takes of the other, and what is looked at again is known by its digest.
//!
//! Absent: matching, feeds, sending (the node).

mod coded;
mod keeping;
mod material;

use protocol::DocumentId;
use storage::{Batch, Table};

use crate::error::Result;
use crate::library::Library;

pub use material::material;

/// Watches of one node: each costs a search for everything that arrives.
pub const MAX_WATCHES: usize = 200;
/// Characters of a watch's name.
pub const NAME_CHARS: usize = 64;
/// Bytes of what a watch asks for, as parameters of an address.
pub const MAX_ASKS: usize = 4_096;
/// Bytes of a webhook's address.
pub const MAX_HOOK: usize = 2_000;
/// Listings that a watch remembers; what it forgot it tells as new when it changes.
pub const MAX_FOUND: usize = 5_000;

/// How often a watch tells by webhook and mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Every {
    /// As it comes.
    Now,
    /// At eight in the morning.
    #[default]
    Day,
    /// At eight on Mondays.
    Week,
}

impl Every {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Now, Self::Day, Self::Week];

    /// `now`, `day` or `week`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// The reverse of [`Every::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|every| every.id() == id)
    }
}

/// Somebody's saved search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Its id: 16 hexadecimal digits.
    pub id: String,
    /// The account whose it is; empty for the command line.
    pub owner: String,
    /// What its owner calls it.
    pub name: String,
    /// What it asks for: the parameters of a list page.
    pub asks: String,
    /// How often it tells by webhook and mail.
    pub every: Every,
    /// Whether what it sends is Chinese.
    pub zh: bool,
    /// Whether its name and its words may leave the node with what it sends.
    pub tells: bool,
    /// Whether it rests.
    pub paused: bool,
    /// Whether it looks at what peer markets give too.
    pub abroad: bool,
    /// When it was made, milliseconds since 1970.
    pub since_ms: i64,
    /// The number of the first arrival that it looks at.
    pub from: u64,
    /// Who knows these bytes may read its feed; `None` where there is none.
    pub feed: Option<[u8; 16]>,
    /// Where it tells programs.
    pub hook: Option<Hook>,
    /// Whom it writes to.
    pub mail: Option<Mailbox>,
}

/// Where a watch tells programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The address.
    pub url: String,
    /// What its messages are signed with.
    pub secret: [u8; 32],
}

/// Whom a watch writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The address.
    pub address: String,
    /// Who knows these bytes may have it stopped: they stand in each mail.
    pub stop: [u8; 16],
}

/// A way of telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By webhook.
    Hook,
    /// By mail.
    Mail,
}

/// How far a watch has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The number of the next thing found.
    pub next: u64,
    /// What has a lower number was read.
    pub read: u64,
    /// By webhook.
    pub hook: Channel,
    /// By mail.
    pub mail: Channel,
}

impl Progress {
    /// Of a way.
    pub fn of(&self, way: Way) -> &Channel {
        match way {
            Way::Hook => &self.hook,
            Way::Mail => &self.mail,
        }
    }

    /// Of a way, to be changed.
    pub fn of_mut(&mut self, way: Way) -> &mut Channel {
        match way {
            Way::Hook => &mut self.hook,
            Way::Mail => &mut self.mail,
        }
    }
}

/// How far a way of telling has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// What has a lower number was sent.
    pub sent: u64,
    /// What is being sent: tried again under the same id, with the same things in it, until it is taken or given up.
    pub message: Option<Message>,
    /// It is not tried before, milliseconds since 1970.
    pub not_before_ms: i64,
    /// Whether it was given up, until somebody starts it again.
    pub stopped: bool,
    /// Why the last try failed, Chinese and English; empty where it did not.
    pub why: (String, String),
    /// When something was taken last, milliseconds since 1970; 0 for never.
    pub last_ms: i64,
}

/// A message that was not taken yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id, the same at each try.
    pub id: String,
    /// The number behind the last thing in it.
    pub upto: u64,
    /// Tries so far.
    pub tries: u32,
}

/// Something that a watch found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The listing.
    pub id: DocumentId,
    /// Its number among what the watch found: what changes gets a new one.
    pub number: u64,
    /// Digest of what it said; see [`material`].
    pub digest: [u8; 8],
    /// Whether it was found before, and says something else now.
    pub changed: bool,
    /// When it was found here, milliseconds since 1970.
    pub found_ms: i64,
}

/// How far all watches have looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// The next arrival to be looked at.
    pub next: u64,
    /// After the store was begun anew everything arrives again: what was last changed before this moment was known before.
    pub known_before_ms: i64,
}

/// Key of how far watches have looked.
const LOOKED: &[u8] = b"watches-looked";

impl Library {
    /// All watches, in the order of their ids.
    ///
    /// # Errors
    /// When the store fails.
    pub fn watches(&self) -> Result<Vec<Watch>> {
        let page = self.store().scan_prefix(Table::Settings, coded::WATCH.as_bytes(), None, MAX_WATCHES)?;
        Ok(page.iter().filter_map(|(key, value)| coded::watch(key, value)).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn watch(&self, id: &str) -> Result<Option<Watch>> {
        let key = coded::watch_key(id);
        Ok(self.store().get(Table::Settings, &key)?.and_then(|value| coded::watch(&key, &value)))
    }

    /// How far a watch has come.
    ///
    /// # Errors
    /// When the store fails.
    pub fn progress(&self, id: &str) -> Result<Progress> {
        let value = self.store().get(Table::Settings, &coded::progress_key(id))?;
        Ok(value.and_then(|value| coded::progress(&value)).unwrap_or_else(Progress::begin))
    }

    /// What a watch found, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn found(&self, id: &str) -> Result<Vec<Found>> {
        let prefix = coded::found_prefix(id);
        let mut found = Vec::new();
        self.store().walk(Table::Settings, &prefix, &mut |key, value| {
            found.extend(coded::found(&prefix, key, value));
            std::ops::ControlFlow::Continue(())
        })?;
        found.sort_unstable_by_key(|found: &Found| std::cmp::Reverse(found.number));
        Ok(found)
    }

    /// What a watch knows of a listing.
    ///
    /// # Errors
    /// When the store fails.
    pub fn found_of(&self, id: &str, listing: &DocumentId) -> Result<Option<Found>> {
        let (prefix, key) = (coded::found_prefix(id), coded::found_key(id, listing));
        let value = self.store().get(Table::Settings, &key)?;
        Ok(value.and_then(|value| coded::found(&prefix, &key, &value)))
    }

    /// How far watches have looked; `None` where none ever did in this store.
    ///
    /// # Errors
    /// When the store fails.
    pub fn looked(&self) -> Result<Option<Looked>> {
        Ok(self.store().get(Table::Meta, LOOKED)?.and_then(|value| coded::looked(&value)))
    }

    /// Notes how far watches have looked, in the store alone.
    ///
    /// # Errors
    /// When the store fails.
    pub fn set_looked(&self, looked: Looked) -> Result<()> {
        let mut batch = Batch::default();
        batch.put(Table::Meta, LOOKED, coded::looked_bytes(looked));
        Ok(self.store().apply(batch)?)
    }

    /// When watches are known to have looked, by the journal: what a store that was begun anew goes by.
    ///
    /// # Errors
    /// When the store fails.
    pub fn watch_clock(&self) -> Result<Option<i64>> {
        let value = self.store().get(Table::Settings, coded::CLOCK)?;
        Ok(value.and_then(|value| value.try_into().ok()).map(i64::from_be_bytes))
    }
}
