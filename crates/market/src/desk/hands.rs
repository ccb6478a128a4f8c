//! Which accounts of this desk stand behind an entry of ours. The entry itself is signed by the node and names nobody: this
//! is kept at home, and leaves the node only in its backups.

use protocol::{Decoder, Encoder, Hash, Verb};
use storage::Table;

use super::review::Way;
use super::{Authored, Desk};
use crate::error::Result;
use crate::library::Library;

/// Prefix of what is kept, before the hash of the entry.
const HANDS: &str = "hands:";
/// Accounts behind one entry: who wrote it, and who took each of the two steps.
const MAX_HANDS: usize = 3;
/// Bytes of a name as stored: 32 characters.
const MAX_HAND: usize = 128;

/// Accounts behind an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hands {
    /// Who wrote it; empty for the command line and for imports.
    pub writer: String,
    /// Who reviewed it, in the order of the steps.
    pub reviewers: Vec<String>,
}

impl Hands {
    /// Someone alone.
    pub fn of(name: &str) -> Self {
        Self { writer: name.to_owned(), reviewers: Vec::new() }
    }

    /// Those of a draft that is published now.
    pub fn of_way(way: &Way) -> Self {
        let mut reviewers: Vec<String> = Vec::new();
        for review in way.reviews.iter().rev().take_while(|review| review.passed) {
            if !reviewers.contains(&review.by) {
                reviewers.insert(0, review.by.clone());
            }
        }
        let past = (reviewers.len() + 1).saturating_sub(MAX_HANDS);
        reviewers.drain(..past);
        Self { writer: way.by.clone(), reviewers }
    }
}

impl Desk<'_> {
    /// Notes who stands behind entries that were written just now. Nothing is noted of nobody.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn note_hands(&mut self, authored: &[Authored], hands: &Hands) -> Result<()> {
        if hands.writer.is_empty() && hands.reviewers.is_empty() {
            return Ok(());
        }
        let mut to = Encoder::new();
        to.text(&hands.writer).list(&hands.reviewers, |to, name| {
            to.text(name);
        });
        let bytes = to.finish();
        let entries = authored.iter().flat_map(|authored| &authored.entries);
        let said = entries.filter(|entry| entry.entry.header.verb != Verb::OPEN);
        let kept: Vec<_> = said.map(|entry| (key_of(&entry.hash), Some(bytes.clone()))).collect();
        self.ledger.keep_all(Table::Drafts, &kept)
    }
}

impl Library {
    /// Who stands behind an entry of ours, as far as this desk knows.
    ///
    /// # Errors
    /// When the store fails.
    pub fn hands(&self, entry: &Hash) -> Result<Option<Hands>> {
        let bytes = self.store().get(Table::Drafts, &key_of(entry))?;
        let read = |from: &mut Decoder<'_>| {
            let name = |from: &mut Decoder<'_>| Ok(from.text(MAX_HAND, "name of an account")?.to_owned());
            Ok(Hands { writer: name(from)?, reviewers: from.list(MAX_HANDS, "reviewers", name)? })
        };
        Ok(bytes.and_then(|bytes| Decoder::whole(&bytes, "hands", read).ok()))
    }
}

fn key_of(entry: &Hash) -> Vec<u8> {
    format!("{HANDS}{entry}").into_bytes()
}
