//! Writing about a listing that is there: moving it to another shelf, and stating something of it.

use std::collections::BTreeSet;

use protocol::{
    Actor, Continuation, DocumentId, Hash, InstitutionId, Origin, Patch, Shelf, ShelfKind, SignedPatch,
    Statement, Value, Verb, Visibility,
};
use replica::EDITOR;

use super::{Authored, Desk, Fields, keys_to};
use crate::error::{MarketError, Result};
use crate::ledger::load_document;
use crate::library::version_of;

/// Where a listing moves, and as what.
#[derive(Clone, Debug)]
pub struct Moving {
    /// The kind's shelf code.
    pub kind: u16,
    /// Who may have it.
    pub visibility: Visibility,
    /// Other institutions whose edits count.
    pub editors: BTreeSet<InstitutionId>,
    /// Its fields without those that name editors, checked by the catalogue.
    pub fields: Fields,
}

impl Desk<'_> {
    /// Moves a listing of ours: a new document on another shelf, or with other co-editors, continues it from its present
    /// state. `None` when it stands there already.
    ///
    /// # Errors
    /// When the listing is another institution's, not held, or has fields that nobody has chosen between.
    pub fn relocate(&mut self, id: &DocumentId, to: Moving) -> Result<Option<(DocumentId, Authored)>> {
        let listing = self.own_listing(id)?;
        let shelf = self.shelf(to.kind, to.visibility);
        let now: BTreeSet<InstitutionId> = listing.editors.iter().copied().collect();
        if (shelf, &to.editors) == (listing.log.shelf, &now) {
            return Ok(None);
        }
        let disputed: Vec<String> = listing.state.conflicts().map(|(key, _)| key.clone()).collect();
        if !disputed.is_empty() {
            return Err(MarketError::Undecided { title: listing.title().to_owned(), fields: disputed });
        }
        if !self.identity.certificate.may_create(&shelf) {
            return Err(MarketError::NotCertified { what: "publish on that shelf" });
        }
        let mut fields = to.fields;
        fields.extend(to.editors.iter().map(|editor| (format!("{EDITOR}{editor}"), Value::Bool(true))));
        let private = self.library.private(id)?;
        fields.extend((!private.is_empty()).then(|| (super::DETAILS.to_owned(), Value::Bool(true))));
        let log = self.log(shelf)?;
        let seq = self.ledger.head(&log).seq.max(1) + 1;
        let actor = Actor::derive(&log, &Origin { log, seq }, 0);
        let signed = SignedPatch::of(Patch::first(fields.clone()), actor, self.now_ms)?;
        let payload = Continuation { continues: *id, signed }.to_bytes();
        let draft = self.draft(None, Verb::MOVE, payload)?;
        // What stays at home is found by the line of moves.
        let authored = self.write_beside(shelf, vec![(draft, None)], |entries| {
            let moved = entries.last().map(|e| keys_to(&DocumentId(e.hash.0), to.kind, &fields));
            moved.unwrap_or_default()
        })?;
        Ok(Some((DocumentId(last(&authored).0), authored)))
    }

    /// States something of the present version of a listing, in place of an earlier statement of ours where one is named.
    /// An empty label takes that one back. Returns the statement's id.
    ///
    /// # Errors
    /// When the listing is not held, the earlier statement is not ours, or this node may not make statements.
    pub fn state(
        &mut self,
        about: &DocumentId,
        replaces: Option<Hash>,
        [label, value, reason]: [&str; 3],
    ) -> Result<(Hash, Authored)> {
        let missing = || MarketError::NoSuchListing { id: about.to_string() };
        let listing = self.library.listing(about)?.ok_or_else(missing)?;
        let document = load_document(self.ledger.store().as_ref(), about)?.ok_or_else(missing)?;
        let statement = Statement {
            about: *about,
            version: version_of(&document),
            label: label.to_owned(),
            value: value.to_owned(),
            reason: reason.to_owned(),
        };
        self.say(Shelf { kind: ShelfKind::STATEMENT, ..listing.log.shelf }, &statement, replaces)
    }

    /// States something of a listing of another network, on the shelf of this node's own region: whoever is given what lies there
    /// has it too, that network where the two agreed so. As above otherwise.
    ///
    /// # Errors
    /// When the certificate does not allow statements, a text is too long, or the disk fails.
    pub fn state_abroad(
        &mut self,
        statement: &Statement,
        replaces: Option<Hash>,
    ) -> Result<(Hash, Authored)> {
        let shelf = self.shelf(ShelfKind::STATEMENT.0, Visibility::Public);
        self.say(shelf, statement, replaces)
    }

    fn say(
        &mut self,
        shelf: Shelf,
        statement: &Statement,
        replaces: Option<Hash>,
    ) -> Result<(Hash, Authored)> {
        if !self.identity.certificate.allows(&shelf) {
            return Err(MarketError::NotCertified { what: "make statements" });
        }
        statement.check()?;
        let draft = self.draft(replaces.map(|id| DocumentId(id.0)), Verb::STATEMENT, statement.to_bytes())?;
        let authored = self.write(shelf, vec![(draft, None)])?;
        Ok((last(&authored), authored))
    }
}

/// Hash of the last entry written.
fn last(authored: &Authored) -> Hash {
    authored.entries.last().map(|entry| entry.hash).unwrap_or_default()
}
