//! Sealed correspondence: an institution asks for the details of a listing, the other one discloses them. Each side signs
//! its own document; both lie on a sealed shelf that only the two can read.
//!
//! | key | in a request | in a disclosure |
//! |---|---|---|
//! | `type` | `request` | `disclosure` |
//! | `about` | the listing's id | the listing's id |
//! | `title` | the listing's title | the listing's title |
//! | `message` | what is asked | – |
//! | `answers` | – | the request's id, when there is one |
//! | `detail/…` | – | the fields disclosed |
//! | `continues` | – | the disclosure that this one takes the place of, among fewer parties |

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Actor, Capabilities, Circle, DocumentId, Envelope, InstitutionId, LogId, NodeState, Origin, Patch, Place,
    PublicKey, Role, Shelf, ShelfKind, SignedPatch, Value, Verb, Visibility, limits,
};
use storage::Table;

use super::{Authored, CONTACT, Desk, Fields, fields_bytes, fields_of};
use crate::error::{MarketError, Result};
use crate::identity::random;
use crate::ledger::{beginning_of, creating_place, load_document};
use crate::library::{Library, Listing};

/// The key that marks a listing of which more is told on request.
pub const DETAILS: &str = "_details";
/// Prefix of the fields that a disclosure tells.
pub const DETAIL: &str = "detail/";
/// Stands for all contact details where fields to be disclosed are named.
pub const ALL_CONTACT: &str = "contact";
/// Prefix of private fields of a listing, which stay at home.
pub(super) const PRIVATE: &str = "private:";
/// Most sealed documents that a list shows.
const MAX_LETTERS: usize = 4_000;

/// A sealed document of correspondence, with who shares it.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The document.
    pub document: Listing,
    /// Its circle.
    pub circle: Circle,
    /// The one that it takes the place of. By the creating entry: what it names is older, and no later edit changes it.
    pub continues: Option<DocumentId>,
}

impl Letter {
    /// A text of it; empty where it has none.
    pub fn text(&self, key: &str) -> &str {
        match self.document.state.fields.get(key).and_then(|values| values.first()) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// True for a request.
    pub fn is_request(&self) -> bool {
        self.text("type") == "request"
    }
}

impl Desk<'_> {
    /// Asks the institution of a listing for its details. The mailbox nodes carry what both sides write.
    ///
    /// # Errors
    /// When the listing is not held or our own, no node of its institution is known, or the disk is full.
    pub fn request(
        &mut self,
        about: &DocumentId,
        message: &str,
        mailboxes: &[PublicKey],
    ) -> Result<(DocumentId, Authored)> {
        let missing = || MarketError::NoSuchListing { id: about.to_string() };
        let listing = self.library.listing(about)?.ok_or_else(missing)?;
        let other = listing.institution.ok_or_else(missing)?;
        if other == self.identity.institution.id() {
            return Err(MarketError::OwnListing { title: listing.title().to_owned() });
        }
        let circle = self.circle([other], mailboxes)?;
        let fields = letter("request", &listing, [("message".to_owned(), Value::Text(message.to_owned()))]);
        self.seal(&circle, fields)
    }

    /// Discloses fields of a listing of ours to institutions: all private ones, or those named; contact details only when
    /// named. Where it is one that has asked, the answer names its request and goes the same way.
    ///
    /// # Errors
    /// When the listing is not ours, there is nothing to disclose, no node of the institution is known, or the disk is full.
    pub fn disclose(
        &mut self,
        about: &DocumentId,
        to: &[InstitutionId],
        named: &[String],
        mailboxes: &[PublicKey],
    ) -> Result<(DocumentId, Authored)> {
        let listing = self.own_listing(about)?;
        let details = self.details(about, named)?;
        if details.is_empty() {
            return Err(MarketError::NothingPrivate { title: listing.title().to_owned() });
        }
        let asked = self.library.letters()?.into_iter().rev().find(|letter| {
            letter.is_request()
                && letter.document.institution.as_slice() == to
                && letter.text("about") == about.to_string()
        });
        let mut more: Fields = details.into_iter().map(|(k, v)| (format!("{DETAIL}{k}"), v)).collect();
        let circle = match &asked {
            Some(letter) => {
                more.insert("answers".to_owned(), Value::Text(letter.document.id.to_string()));
                letter.circle.clone()
            }
            None => self.circle(to.iter().copied(), mailboxes)?,
        };
        self.seal(&circle, letter("disclosure", &listing, more))
    }

    fn details(&self, about: &DocumentId, named: &[String]) -> Result<Fields> {
        let private = self.library.private(about)?;
        if named.is_empty() {
            return Ok(private);
        }
        let contact = self.library.contact(about)?;
        let wanted = |key: &str, contact: bool| {
            named.iter().any(|name| {
                let whole = key == name || key.split_once('/').is_some_and(|(field, _)| field == name);
                whole || (contact && name == ALL_CONTACT)
            })
        };
        let all = private.into_iter().map(|f| (f, false)).chain(contact.into_iter().map(|f| (f, true)));
        Ok(all.filter(|((key, _), contact)| wanted(key, *contact)).map(|(field, _)| field).collect())
    }

    /// Goes on with a disclosure of ours without one of its parties: a new document in a new circle, of which that party
    /// never hears. What it has read it has read.
    ///
    /// # Errors
    /// When the disclosure is not ours, the institution is no other party of it, or the disk is full.
    pub fn remove_party(&mut self, id: &DocumentId, party: InstitutionId) -> Result<(DocumentId, Authored)> {
        let letter = self.library.latest(id)?;
        let own = self.identity.institution.id();
        if letter.document.institution != Some(own) {
            let title = letter.document.title().to_owned();
            return Err(MarketError::NotOurs { title, institution: letter.document.institution_name });
        }
        let mut circle = letter.circle;
        if party == own || !circle.parties.remove(&party) {
            return Err(MarketError::NoParty { title: letter.document.title().to_owned() });
        }
        circle.nonce = random()?;
        let state = letter.document.state.flat().into_iter().filter(|(key, _)| !key.starts_with('_'));
        let continues = ("continues".to_owned(), Value::Text(letter.document.id.to_string()));
        self.seal(&circle, state.chain([continues]).collect())
    }

    /// Changes fields of a sealed document of which this institution is a party: of the one that takes its place, where
    /// there is one. `None` when nothing would change.
    ///
    /// # Errors
    /// When there is no such document, no other party's node is known, or the disk is full.
    pub fn edit_sealed(
        &mut self,
        id: &DocumentId,
        changes: &BTreeMap<String, Option<Value>>,
    ) -> Result<Option<Authored>> {
        let letter = self.library.latest(id)?;
        let id = &letter.document.id;
        let missing = || MarketError::NoSuchListing { id: id.to_string() };
        let document = load_document(self.ledger.store().as_ref(), id)?.ok_or_else(missing)?;
        let log = self.log(letter.document.log.shelf)?;
        let Some(signed) = document.edit(&log, changes, self.now_ms)? else { return Ok(None) };
        let bytes = self.envelope(&log, Some(id), &letter.circle, &signed)?;
        let draft = self.draft(Some(*id), Verb::EDIT, bytes)?;
        Ok(Some(self.write(log.shelf, vec![(draft, None)])?))
    }

    /// A new circle of this institution and others.
    pub(super) fn circle(
        &self,
        others: impl IntoIterator<Item = InstitutionId>,
        mailboxes: &[PublicKey],
    ) -> Result<Circle> {
        let own = self.identity.institution.id();
        let mut mailboxes: BTreeSet<PublicKey> = mailboxes.iter().copied().collect();
        if mailboxes.is_empty() {
            mailboxes = self.hubs();
        }
        mailboxes.remove(&self.identity.node.public());
        let mailboxes = mailboxes.into_iter().take(limits::MAX_MAILBOXES).collect();
        let parties: BTreeSet<InstitutionId> = others.into_iter().chain([own]).collect();
        if parties.len() > limits::MAX_PARTIES {
            let (size, limit) = (parties.len() as u64, limits::MAX_PARTIES as u64);
            return Err(protocol::Fault::TooLong { what: "parties", size, limit }.into());
        }
        Ok(Circle { nonce: random()?, parties, mailboxes })
    }

    /// Nodes of hubs, which everyone reaches and which may relay.
    fn hubs(&self) -> BTreeSet<PublicKey> {
        let roster = self.library.roster();
        let hubs = self.ledger.certificates().filter(|certificate| {
            let body = &certificate.body;
            body.role == Role::Hub
                && body.capabilities.0 & Capabilities::RELAY != 0
                && matches!(roster.node(certificate), NodeState::Active(_))
        });
        hubs.map(|certificate| certificate.body.node).collect()
    }

    /// Writes a new document into a circle.
    pub(super) fn seal(&mut self, circle: &Circle, fields: Fields) -> Result<(DocumentId, Authored)> {
        let visibility = Visibility::Sealed(circle.id());
        let shelf = Shelf { region: 0, kind: ShelfKind::CORRESPONDENCE, visibility };
        let log = self.log(shelf)?;
        let origin = Origin { log, seq: self.next_seq(&log) };
        let patch = Patch::first(fields.into_iter().chain(circle.keys()));
        let signed = SignedPatch::of(patch, Actor::derive(&log, &origin, 0), self.now_ms)?;
        let bytes = self.envelope(&log, None, circle, &signed)?;
        let draft = self.draft(None, Verb::CREATE, bytes)?;
        let authored = self.write(shelf, vec![(draft, None)])?;
        let id = authored.entries.last().map(|created| DocumentId(created.hash.0));
        Ok((id.unwrap_or_default(), authored))
    }

    fn next_seq(&self, log: &LogId) -> u64 {
        self.ledger.head(log).seq.max(1) + 1
    }

    /// A patch, sealed to the nodes of the circle's parties at the end of a log.
    fn envelope(
        &self,
        log: &LogId,
        document: Option<&DocumentId>,
        circle: &Circle,
        signed: &SignedPatch,
    ) -> Result<Vec<u8>> {
        let network = self.identity.network();
        let place = Place { network: &network, log, seq: self.next_seq(log), document };
        let readers = self.readers(circle)?;
        Ok(Envelope::seal(&signed.to_bytes(), &readers, place, &random()?)?.to_bytes())
    }

    /// The sealing keys of the parties' nodes, as their latest certificates have them; this node's own among them.
    fn readers(&self, circle: &Circle) -> Result<Vec<[u8; 32]>> {
        let roster = self.library.roster();
        let mut known = BTreeMap::new();
        let own = &self.identity.certificate;
        for certificate in self.ledger.certificates().chain([own]) {
            let body = &certificate.body;
            let active = matches!(roster.node(certificate), NodeState::Active(_)) || certificate == own;
            if active && circle.parties.contains(&body.institution) {
                let latest = known.entry(body.node).or_insert(body);
                if latest.serial < body.serial {
                    *latest = body;
                }
            }
        }
        for party in &circle.parties {
            if !known.values().any(|body| body.institution == *party) {
                let name = roster.members.get(party).map(|member| member.institution.name.clone());
                return Err(MarketError::NoReader { institution: name.unwrap_or_else(|| party.short()) });
            }
        }
        Ok(known.values().map(|body| body.sealing).collect())
    }

    /// Makes these the private fields of a listing of ours, at home alone.
    ///
    /// # Errors
    /// When the listing is not ours, or the disk is full.
    pub fn edit_private(&mut self, id: &DocumentId, private: &Fields) -> Result<()> {
        self.own_listing(id)?;
        let key = format!("{PRIVATE}{id}");
        self.ledger.keep(Table::Drafts, key.as_bytes(), Some(&fields_bytes(private)))
    }
}

/// Whether a key is of a field that is kept private: `keyword/新材料` is when any keyword is.
pub fn is_private(private: &Fields, key: &str) -> bool {
    let field = |key: &str| key.split('/').next().map(str::to_owned);
    private.keys().any(|kept| field(kept) == field(key))
}

pub(super) fn letter(word: &str, about: &Listing, more: impl IntoIterator<Item = (String, Value)>) -> Fields {
    let text = |key: &str, value: String| (key.to_owned(), Value::Text(value));
    let head = [
        text("type", word.to_owned()),
        text("about", about.id.to_string()),
        text("title", about.title().to_owned()),
    ];
    head.into_iter().chain(more).collect()
}

/// Whether what an envelope held begins a request or a disclosure. Enquiries are another matter: however many there are, they
/// crowd out none of these.
fn begins_a_deal(opened: &[u8]) -> bool {
    let Ok(signed) = SignedPatch::from_bytes(opened) else { return false };
    let word = signed.patch.ops.iter().find(|op| op.key == "type").and_then(|op| op.put.as_ref());
    let deal = |word: &Value| matches!(word, Value::Text(word) if word == "request" || word == "disclosure");
    signed.patch.is_first() && word.is_some_and(deal)
}

impl Library {
    /// Requests and disclosures that this node can read, by the time of its writing; without what another takes the place of.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn letters(&self) -> Result<Vec<Letter>> {
        let mut ids: Vec<DocumentId> = Vec::new();
        self.store().walk(Table::Opened, &[], &mut |key, opened| {
            let id = key.get(..32).and_then(|id| <[u8; 32]>::try_from(id).ok()).map(DocumentId);
            ids.extend(id.filter(|_| begins_a_deal(opened)));
            if ids.len() < MAX_LETTERS {
                std::ops::ControlFlow::Continue(())
            } else {
                std::ops::ControlFlow::Break(())
            }
        })?;
        let mut letters = Vec::with_capacity(ids.len());
        for id in ids {
            letters.extend(self.letter(&id)?);
        }
        let replaced: BTreeSet<_> =
            letters.iter().filter_map(|by: &Letter| Some((by.continues?, by.document.institution))).collect();
        letters.retain(|letter| !replaced.contains(&(letter.document.id, letter.document.institution)));
        letters.sort_by_key(|letter| (letter.document.created_ms, letter.document.id));
        Ok(letters)
    }

    /// A sealed document, or the last one of those that take its place.
    ///
    /// # Errors
    /// When it is not held or cannot be read here.
    pub fn latest(&self, id: &DocumentId) -> Result<Letter> {
        let missing = || MarketError::NoSuchListing { id: id.to_string() };
        let mut letter = self.letter(id)?.ok_or_else(missing)?;
        // Each names an earlier one, so this ends; the last of them is among the letters that nothing replaces.
        for last in self.letters()? {
            let mut seen = Some(last.clone());
            while let Some(one) = seen {
                if one.document.id == *id && one.document.institution == last.document.institution {
                    letter = last;
                    break;
                }
                seen = one.continues.map(|before| self.letter(&before)).transpose()?.flatten();
            }
        }
        Ok(letter)
    }

    /// One of them.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn letter(&self, id: &DocumentId) -> Result<Option<Letter>> {
        let Some(document) = self.sealed(id)? else { return Ok(None) };
        let Some(creating) = creating_place(self.store(), id)? else { return Ok(None) };
        let beginning = beginning_of(self.store(), id, &creating)?;
        Ok(beginning.map(|(circle, patch)| {
            let named = patch.ops.into_iter().find(|op| op.key == "continues").and_then(|op| op.put);
            let continues = match named {
                Some(Value::Text(id)) => id.parse().ok(),
                _ => None,
            };
            Letter { document, circle, continues }
        }))
    }

    /// Private fields of a listing of ours, which stay at home until they are disclosed.
    ///
    /// # Errors
    /// When the store fails.
    pub fn private(&self, id: &DocumentId) -> Result<Fields> {
        self.kept_fields(PRIVATE, id)
    }

    /// Contact details of a listing of ours, which stay at home.
    ///
    /// # Errors
    /// When the store fails.
    pub fn contact(&self, id: &DocumentId) -> Result<Fields> {
        self.kept_fields(CONTACT, id)
    }

    fn kept_fields(&self, prefix: &str, id: &DocumentId) -> Result<Fields> {
        // Whichever node of the institution moved the listing: what was kept of it last counts.
        for document in self.line(id)?.iter().rev() {
            if let Some(bytes) = self.store().get(Table::Drafts, format!("{prefix}{document}").as_bytes())? {
                return Ok(protocol::Decoder::whole(&bytes, "fields", fields_of).unwrap_or_default());
            }
        }
        Ok(Fields::new())
    }
}
