//! Fields whose editors disagree: each value with who wrote it, and when.

use std::ops::ControlFlow;

use protocol::{DocumentId, Hash, PublicKey, Value};
use replica::DocumentState;
use storage::Table;

use super::{Library, Listing};
use crate::error::Result;
use crate::ledger::load_document;

/// A field with its concurrent values.
#[derive(Clone, Debug)]
pub struct Dispute {
    /// The document key.
    pub key: String,
    /// The values, in the order in which they are numbered for choosing.
    pub values: Vec<Candidate>,
}

/// One of several concurrent values.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The value.
    pub value: Value,
    /// Who wrote it; several when they wrote the same.
    pub by: Vec<Writer>,
}

/// Who put a value, and when.
#[derive(Clone, Debug)]
pub struct Writer {
    /// The node.
    pub node: PublicKey,
    /// Its institution's name as the roster has it; may be empty.
    pub institution_name: String,
    /// The author's clock, milliseconds since 1970.
    pub time_ms: i64,
    /// Hash of the entry with the patch that put it.
    pub entry: Hash,
}

impl Library {
    /// The fields of a listing whose editors disagree.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn disputes(&self, listing: &Listing) -> Result<Vec<Dispute>> {
        if listing.state.conflicts().next().is_none() {
            return Ok(Vec::new());
        }
        let Some(document) = load_document(self.store(), &listing.id)? else { return Ok(Vec::new()) };
        let mut disputes = Vec::new();
        for (key, values) in document.disputes() {
            let mut candidates = Vec::with_capacity(values.len());
            for (value, patches) in values {
                let mut by = Vec::with_capacity(patches.len());
                for patch in patches {
                    by.push(Writer {
                        node: patch.log.node,
                        institution_name: self.name_behind(&patch.log)?,
                        time_ms: patch.time_ms,
                        entry: patch.entry,
                    });
                }
                candidates.push(Candidate { value, by });
            }
            disputes.push(Dispute { key, values: candidates });
        }
        Ok(disputes)
    }

    /// Documents with concurrent values, at most `limit`, in the order of their ids.
    ///
    /// # Errors
    /// When the store fails.
    pub fn disputed(&self, limit: usize) -> Result<Vec<DocumentId>> {
        self.documents_where(limit, |_, state| state.conflicts().next().is_some())
    }

    /// Documents with several patches whose state is such, at most `limit`, in the order of their ids.
    ///
    /// # Errors
    /// When the store fails.
    pub fn documents_where(
        &self,
        limit: usize,
        is: impl Fn(&DocumentId, &DocumentState) -> bool,
    ) -> Result<Vec<DocumentId>> {
        let mut found = Vec::new();
        self.store().walk(Table::Projections, &[], &mut |key, value| {
            if let Ok(id) = key.try_into().map(DocumentId)
                && crate::ledger::state_of(value).is_some_and(|state| is(&id, &state))
            {
                found.push(id);
            }
            if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(found)
    }
}
