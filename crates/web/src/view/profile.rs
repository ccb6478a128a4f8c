//! The four unifications: brand, rules, data standard, service rules.

/// All four, in the order of `protocol::Profile::PARTS`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileView {
    /// One after the other.
    pub parts: Vec<PartView>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartView {
    /// `brand`, `rules`, `data` or `service`.
    pub id: &'static str,
    /// Its versions, the one that stands first.
    pub versions: Vec<VersionView>,
}

/// A version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionView {
    /// What it is called.
    pub version: String,
    /// What names its text, hex; empty where none is fixed.
    pub text: String,
    /// The governors' step that brought it, hex; empty for the charter.
    pub step: String,
    /// Its text, once that is here.
    pub held: Option<TextLine>,
}

/// A text that is here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextLine {
    /// Who brought it; may be empty.
    pub by: String,
    /// When, by that one's clock, ms.
    pub at_ms: i64,
    /// Its length, bytes.
    pub bytes: u64,
}
