//! The entries that prove a listing, and what is stated of it.

use std::collections::BTreeSet;

use protocol::{DocumentId, Entry, Verb};

use super::{Library, Said};
use crate::error::Result;
use crate::ledger::{entry_at, mentioned, rightful_entries};

/// What a proof of a listing is made of. Absent: the roster steps that admitted whoever wrote it.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The document's entries, and the openings of their logs.
    pub listing: Vec<Entry>,
    /// Of each statement that stands, oldest first: itself, those that it replaced, the openings of their logs, and where the
    /// earlier documents of the line began, as far back as they go.
    pub statements: Vec<Vec<Entry>>,
}

impl Library {
    /// The entries that make up a document and what is stated of it. A statement about an earlier document of its line is
    /// left out when that was for other eyes than this one: where it began is theirs to know.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn evidence(&self, id: &DocumentId) -> Result<Evidence> {
        let mut listing = Vec::new();
        let mut opened = BTreeSet::new();
        for place in rightful_entries(self.store(), id)? {
            if opened.insert(place.log) {
                listing.push(entry_at(self.store(), place.log, 1)?);
            }
            listing.push(entry_at(self.store(), place.log, place.seq)?);
        }
        let line = self.shown_line(id)?;
        let stated = self.stated(id)?;
        let mut statements = Vec::new();
        for said in self.standing(id)? {
            let mut chain = vec![&said];
            while let Some(before) = chain.last().and_then(|last| stated.get(&last.replaces?)) {
                chain.push(before);
            }
            statements.extend(self.grounds_of(&chain, &line)?);
        }
        Ok(Evidence { listing, statements })
    }

    /// The entries behind a statement and those that it replaced; `None` when one is about a document that is not to be shown.
    fn grounds_of(&self, chain: &[&Said], line: &[(DocumentId, [Entry; 2])]) -> Result<Option<Vec<Entry>>> {
        let mut oldest = 0;
        for said in chain {
            match line.iter().position(|(id, _)| *id == said.statement.about) {
                Some(back) => oldest = oldest.max(back),
                None => return Ok(None),
            }
        }
        let before = line.iter().take(oldest + 1).skip(1);
        let mut entries: Vec<Entry> = before.flat_map(|(_, beginning)| beginning.clone()).collect();
        let logs: BTreeSet<u32> = chain.iter().map(|said| said.place.log).collect();
        for log in logs {
            entries.push(entry_at(self.store(), log, 1)?);
        }
        for said in chain.iter().rev() {
            entries.push(mentioned(self.store(), &said.place)?);
        }
        Ok(Some(entries))
    }

    /// The line of a document from itself back, as far as all have its visibility: each with its log's opening and its
    /// beginning, without what that says where only its place matters.
    fn shown_line(&self, id: &DocumentId) -> Result<Vec<(DocumentId, [Entry; 2])>> {
        let mut shown: Vec<(DocumentId, [Entry; 2])> = Vec::new();
        for document in self.line(id)?.into_iter().rev() {
            let Some((log, seq)) = self.beginning(&document)? else { break };
            let (opening, mut entry) = (entry_at(self.store(), log, 1)?, entry_at(self.store(), log, seq)?);
            let visibility = |entry: &Entry| entry.header.log.shelf.visibility;
            if shown.first().is_some_and(|(_, [_, newest])| visibility(newest) != visibility(&entry)) {
                break;
            }
            if entry.header.verb != Verb::MOVE {
                entry.payload = None;
            }
            shown.push((document, [opening, entry]));
        }
        Ok(shown)
    }
}
