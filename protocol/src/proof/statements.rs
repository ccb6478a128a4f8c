//! What a proof shows of statements about its listing.

use std::collections::BTreeMap;

use super::{Grounds, begins};
use crate::charter::Institution;
use crate::entry::{Entry, Verb};
use crate::fault::{Checked, Fault};
use crate::hash::{DocumentId, Hash};
use crate::limits::{MAX_MOVES, MAX_PROOF_STATEMENTS};
use crate::patch::{Actor, Origin};
use crate::roster::MemberState;
use crate::shelf::{LogId, Shelf, ShelfKind};
use crate::statement::{Continuation, Standing, Statement, standing};

/// A statement that a proof shows to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The hash of its entry.
    pub id: Hash,
    /// What it says.
    pub statement: Statement,
    /// Who says it.
    pub institution: Institution,
    /// The log in which it stands.
    pub log: LogId,
    /// The author's clock, milliseconds since 1970.
    pub time_ms: i64,
}

impl Grounds<'_> {
    /// The statements that stand of a document, its creating entry given, with the beginnings of earlier documents of its
    /// line. All entries have been found authentic, by nodes that could write them.
    ///
    /// # Errors
    /// Something in the file is of another listing, does not read, or is too much.
    pub(super) fn standing(
        &self,
        created: &Entry,
        earlier: &[&Entry],
        entries: &[&Entry],
    ) -> Checked<Vec<Stated>> {
        if entries.len() > MAX_PROOF_STATEMENTS {
            let (size, limit) = (entries.len() as u64, MAX_PROOF_STATEMENTS as u64);
            return Err(Fault::TooLong { what: "statements of a proof", size, limit });
        }
        let line = self.line(created, earlier)?;
        let mut all: BTreeMap<Hash, Standing> = BTreeMap::new();
        let mut read: BTreeMap<Hash, Stated> = BTreeMap::new();
        for entry in entries {
            let (id, statement) = (entry.hash(), statement_of(entry)?);
            let shelf = line.get(&statement.about);
            let shelf = shelf.map(|shelf| Shelf { kind: ShelfKind::STATEMENT, ..*shelf });
            if shelf != Some(entry.header.log.shelf) {
                return Err(Fault::Mismatch { what: "a statement and the proof's document" });
            }
            let (_, member) = self.author(entry)?;
            // Whoever is suspended or gone has no say now.
            if member.state != MemberState::Active {
                continue;
            }
            let institution = member.institution.clone();
            let replaces = entry.header.document.map(|id| Hash(id.0));
            all.insert(id, Standing { institution: institution.id(), replaces });
            let (log, time_ms) = (entry.header.log, entry.header.time_ms);
            read.insert(id, Stated { id, statement, institution, log, time_ms });
        }
        let mut stand: Vec<Stated> = standing(&all).iter().filter_map(|id| read.remove(id)).collect();
        stand.retain(|stated| !stated.statement.label.is_empty());
        stand.sort_by_key(|stated| (stated.time_ms, stated.id));
        Ok(stand)
    }

    /// The documents of the line that lead to one, itself included, with their shelves: as far back as the file goes.
    fn line(&self, created: &Entry, earlier: &[&Entry]) -> Checked<BTreeMap<DocumentId, Shelf>> {
        let mut before: BTreeMap<DocumentId, &Entry> =
            earlier.iter().map(|entry| (entry.document(), *entry)).collect();
        let owner = self.author(created)?.0.body.institution;
        let mut line = BTreeMap::from([(created.document(), created.header.log.shelf)]);
        let mut next = continued_by(created)?;
        while let Some(entry) = next.and_then(|id| before.remove(&id)) {
            let owned = self.author(entry)?.0.body.institution == owner;
            if !owned || !begins(entry) || line.len() > MAX_MOVES {
                break;
            }
            line.insert(entry.document(), entry.header.log.shelf);
            next = continued_by(entry)?;
        }
        // Each entry of another document leads to this one, once.
        if line.len() != earlier.len() + 1 {
            return Err(Fault::Mismatch { what: "an entry and the proof's document" });
        }
        Ok(line)
    }
}

/// What an entry on a shelf of statements says.
fn statement_of(entry: &Entry) -> Checked<Statement> {
    let payload = entry.payload.as_ref().filter(|_| entry.header.verb == Verb::STATEMENT);
    let none = Fault::Forbidden { what: "proof", why: "an entry among the statements is none" };
    Statement::from_bytes(&payload.ok_or(none)?.bytes)
}

/// The document that a creating entry continues; `None` of one that begins anew, and where its payload is not there.
fn continued_by(entry: &Entry) -> Checked<Option<DocumentId>> {
    let payload = entry.payload.as_ref().filter(|_| entry.header.verb == Verb::MOVE);
    let Some(payload) = payload else { return Ok(None) };
    let moved = Continuation::from_bytes(&payload.bytes)?;
    let (log, seq) = (entry.header.log, entry.header.seq);
    let actor = Actor::derive(&log, &Origin { log, seq }, 0);
    if !moved.signed.patch.is_first() {
        return Err(Fault::Forbidden { what: "entry", why: "a creating patch builds on nothing" });
    }
    moved.signed.check_hash(actor, entry.header.time_ms)?;
    Ok(Some(moved.continues))
}
