//! The tables, told apart by the first byte of each key.

/// A table: a key space of its own inside the one sled tree.
///
/// One tree, because sled applies a batch atomically only within a tree. The codes are on disk and never
/// change their meaning; code 0 is this crate's own. What keys and values look like is the callers' matter;
/// the words below only say which table is for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// Log ids and the short numbers that stand for them in other keys.
    LogNumbers = 1,
    /// The head of each log.
    Heads = 2,
    /// Entries, by log number and sequence number.
    Entries = 3,
    /// Which entries make up a document.
    Documents = 4,
    /// Entries in the order in which they arrived here.
    Arrivals = 5,
    /// Listings as people see them; derived.
    Projections = 6,
    /// Shelves, and what is on them.
    Shelves = 7,
    /// Where roster steps and redemptions stand; derived.
    Roster = 8,
    /// Node certificates.
    Certificates = 9,
    /// Drafts, which never leave this node.
    Drafts = 10,
    /// What is known of each peer.
    Peers = 11,
    /// What the node remembers of itself.
    Meta = 12,
    /// Users and settings.
    Settings = 13,
    /// Entries that say something of a document without belonging to it.
    Mentions = 14,
    /// What stood in envelopes that this node could open; derived.
    Opened = 15,
    /// What is known of the circles of sealed shelves.
    Circles = 16,
    /// Which documents name which files, or did once; derived.
    Files = 17,
    /// What changed of what anyone may see, in order; derived.
    Changes = 18,
    /// What each listing counts as in the statistics; derived.
    Statistics = 19,
}

impl Table {
    /// All tables, in the order of their codes.
    pub const ALL: [Self; 19] = [
        Self::LogNumbers,
        Self::Heads,
        Self::Entries,
        Self::Documents,
        Self::Arrivals,
        Self::Projections,
        Self::Shelves,
        Self::Roster,
        Self::Certificates,
        Self::Drafts,
        Self::Peers,
        Self::Meta,
        Self::Settings,
        Self::Mentions,
        Self::Opened,
        Self::Circles,
        Self::Files,
        Self::Changes,
        Self::Statistics,
    ];

    /// The byte that stands for the table on disk.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The table with this code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.code() == code)
    }

    /// `key` as it stands in the tree.
    pub(crate) fn full_key(self, key: &[u8]) -> Vec<u8> {
        let mut full = Vec::with_capacity(key.len() + 1);
        full.push(self.code());
        full.extend_from_slice(key);
        full
    }
}

/// The least key above every key that begins with `prefix`; `None` when nothing is above.
pub(crate) fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let keep = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=keep)?.to_vec();
    if let Some(byte) = end.last_mut() {
        *byte += 1;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_ones_on_disk() {
        let codes: Vec<u8> = Table::ALL.iter().map(|table| table.code()).collect();
        assert_eq!(codes, (1..=19).collect::<Vec<u8>>());
        assert!(Table::ALL.iter().all(|table| Table::from_code(table.code()) == Some(*table)));
        assert_eq!((Table::from_code(0), Table::from_code(20)), (None, None));
    }

    #[test]
    fn the_end_of_a_prefix_is_the_least_key_above_it() {
        assert_eq!(prefix_end(b""), None);
        assert_eq!(prefix_end(&[7]), Some(vec![8]));
        assert_eq!(prefix_end(&[7, 255, 255]), Some(vec![8]));
        assert_eq!(prefix_end(&[255]), None);
    }
}
