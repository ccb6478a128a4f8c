//! Listings of this institution, as its desk sees them.

use crate::view::{FieldView, HistoryView, Writer};

/// Which listings of ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Heap {
    /// Those that are shown, the last changed first.
    #[default]
    Shown,
    /// Those that were withdrawn.
    Withdrawn,
    /// Those with fields that wait for someone to choose a value.
    Disputed,
}

impl Heap {
    /// All of them, in the order of their tabs.
    pub const ALL: [Self; 3] = [Self::Shown, Self::Withdrawn, Self::Disputed];

    /// `shown`, `withdrawn` or `disputed`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Withdrawn => "withdrawn",
            Self::Disputed => "disputed",
        }
    }

    /// The reverse of [`Heap::id`].
    pub(crate) fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|heap| heap.id() == id)
    }
}

/// A listing of ours in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnLine {
    /// Document id.
    pub id: String,
    /// Kind id.
    pub kind: String,
    /// Title.
    pub title: String,
    /// Whether it is withdrawn.
    pub withdrawn: bool,
    /// Whether something else hides it.
    pub hidden: bool,
    /// Whether fields wait for someone to choose a value.
    pub disputed: bool,
    /// When it was last changed.
    pub updated_ms: i64,
}

/// One listing of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnView {
    /// As in a list.
    pub line: OwnLine,
    /// Whether anyone may read it: there is a page of it.
    pub public: bool,
    /// The draft that is to change it, where there is one.
    pub draft: Option<String>,
    /// What this person may do with it now, by the ids of [`Act`](super::Act).
    pub acts: Vec<&'static str>,
    /// Fields with several values.
    pub disputes: Vec<DisputeView>,
    /// Its steps.
    pub history: HistoryView,
}

/// A field with several values to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeView {
    /// Its keys, the ends of a range both, each with as many values.
    pub fields: Vec<FieldView>,
    /// Who wrote the values at each place.
    pub writers: Vec<Writer>,
    /// The hash of an entry that wrote them, hex.
    pub entries: Vec<String>,
}
