//! Lists as feeds to follow.

/// What a feed is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedForm {
    /// Atom 1.0.
    Atom,
    /// JSON Feed 1.1.
    Json,
}

impl FeedForm {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Atom, Self::Json];

    /// The path of feeds of this form.
    pub fn path(self) -> &'static str {
        match self {
            Self::Atom => "/feed.atom",
            Self::Json => "/feed.json",
        }
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Atom => "atom",
            Self::Json => "json",
        }
    }

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Atom => "Atom",
            Self::Json => "JSON Feed",
        }
    }

    /// Its media type.
    pub(crate) fn media(self) -> &'static str {
        match self {
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
        }
    }
}

/// What a feed is asked for with.
#[derive(Debug, Clone, Copy)]
pub struct FeedAsk<'a> {
    /// Its form.
    pub form: FeedForm,
    /// Whether words are Chinese.
    pub zh: bool,
    /// Scheme, host and port that the asker knows this node by.
    pub base: &'a str,
}

/// A document for programs that come again and again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fed {
    /// It.
    pub bytes: Vec<u8>,
    /// A word that another content would have another one for: letters and digits.
    pub tag: String,
    /// The second, since 1970, from which on it was the same; 0 where nobody knows.
    pub since_s: u64,
}
