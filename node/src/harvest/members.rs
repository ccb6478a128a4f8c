//! Which records a source has, and in which of its lists: one local record each, so that leaving a set is told from going, and a
//! record that is listed no more from one that never was.
//!
//! Key: `harvest-member:`, the source's id, `:`, sixteen bytes of the hash of the identifier. Value: JSON.

use serde::{Deserialize, Serialize};
use storage::Table;

use crate::office::{Failure, Office};

/// Prefix of what is kept of a record; the source's id and the identifier's hash follow.
const MEMBER: &str = "harvest-member:";
/// Bytes of an identifier's hash.
const HASH_BYTES: usize = 16;
/// Members that are read, or written, at a time.
pub(super) const PIECE: usize = 500;

/// What is kept of a record of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Member {
    /// Its identifier.
    pub(super) id: String,
    /// The lists that it stands in, a bit each; none of what is gone.
    pub(super) lists: u32,
    /// Whole comparisons in a row that did not find it.
    pub(super) missed: u8,
}

/// A key in the store, and the member there.
pub(super) type Kept = (Vec<u8>, Member);

fn prefix(source: &str) -> Vec<u8> {
    format!("{MEMBER}{source}:").into_bytes()
}

fn key(source: &str, identifier: &str) -> Vec<u8> {
    let mut key = prefix(source);
    key.extend_from_slice(&protocol::hash("harvest-member", &[identifier.as_bytes()]).0[..HASH_BYTES]);
    key
}

/// A short digest of an identifier, for comparing long lists. Two that share one keep each other: nothing goes by mistake.
pub(super) fn digest(identifier: &str) -> u64 {
    digest_of_key(&key("", identifier))
}

/// The same from a key.
pub(super) fn digest_of_key(key: &[u8]) -> u64 {
    let mut short = [0; 8];
    if let Some(hash) = key.len().checked_sub(HASH_BYTES).and_then(|at| key.get(at..at + 8)) {
        short.copy_from_slice(hash);
    }
    u64::from_be_bytes(short)
}

/// What is kept of one record.
pub(super) fn member(office: &Office, source: &str, identifier: &str) -> Result<Option<Member>, Failure> {
    let found = office.library().store().get(Table::Meta, &key(source, identifier));
    Ok(found.map_err(market::MarketError::from)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Members behind a key, in the order of their keys.
pub(super) fn page(office: &Office, source: &str, after: Option<&[u8]>) -> Result<Vec<Kept>, Failure> {
    let store = office.library().store();
    let page = store.scan_prefix(Table::Meta, &prefix(source), after, PIECE);
    let read = |(key, value): (Vec<u8>, Vec<u8>)| (key, serde_json::from_slice(&value).unwrap_or_default());
    Ok(page.map_err(market::MarketError::from)?.into_iter().map(read).collect())
}

/// Keeps members under one fsync.
pub(super) fn keep(office: &Office, kept: &[Kept]) -> Result<(), Failure> {
    let kept: Vec<_> =
        kept.iter().map(|(key, member)| (key.clone(), serde_json::to_vec(member).ok())).collect();
    write(office, &kept)
}

/// Forgets all members of a source.
///
/// # Errors
/// When the disk fails.
pub(super) fn forget(office: &Office, source: &str) -> Result<(), Failure> {
    loop {
        let page = page(office, source, None)?;
        if page.is_empty() {
            return Ok(());
        }
        write(office, &page.into_iter().map(|(key, _)| (key, None)).collect::<Vec<_>>())?;
    }
}

fn write(office: &Office, kept: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), Failure> {
    if kept.is_empty() {
        return Ok(());
    }
    Ok(office.writing().work(|desk| {
        desk.ledger.keep_all(Table::Meta, kept)?;
        Ok(((), Vec::new()))
    })?)
}

/// What a page says of members, to be kept once the page was taken in.
#[derive(Default)]
pub(super) struct Noted(std::collections::BTreeMap<Vec<u8>, Member>);

impl Noted {
    /// Notes that a record stands in a list, or that it is gone from there; from all of them where none is named. Whether it still
    /// stands in any.
    pub(super) fn note(
        &mut self,
        office: &Office,
        (source, list): (&str, Option<usize>),
        (identifier, there): (&str, bool),
    ) -> Result<bool, Failure> {
        let key = key(source, identifier);
        let before = match self.0.get(&key) {
            Some(noted) => Some(noted.clone()),
            None => member(office, source, identifier)?,
        };
        let bit =
            list.map(|list| 1_u32.checked_shl(u32::try_from(list).unwrap_or(u32::MAX)).unwrap_or_default());
        let mut now = before.clone().unwrap_or_default();
        identifier.clone_into(&mut now.id);
        match (there, bit) {
            (true, Some(bit)) => now.lists |= bit,
            (true, None) => now.lists = now.lists.max(1),
            (false, Some(bit)) => now.lists &= !bit,
            (false, None) => now.lists = 0,
        }
        if there {
            now.missed = 0;
        }
        let stands = now.lists != 0;
        // Of what is gone and was never known nothing is kept.
        if before.as_ref() != Some(&now) && (stands || before.is_some()) {
            self.0.insert(key, now);
        }
        Ok(stands)
    }

    /// Keeps what was noted.
    pub(super) fn keep(self, office: &Office) -> Result<(), Failure> {
        let all: Vec<Kept> = self.0.into_iter().collect();
        all.chunks(PIECE).try_for_each(|piece| keep(office, piece))
    }
}
