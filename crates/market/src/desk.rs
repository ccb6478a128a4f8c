//! Writing: what the clerk and the operator do. Each function signs, journals, fsyncs and stores; what it returns is
//! acknowledged, and is to be given to the replica so that peers get it.

mod about;
mod batch;
mod branches;
mod demands;
mod disclosure;
mod drafts;
mod enquiry;
mod hands;
pub mod harvested;
mod matching;
mod purge;
mod review;
mod revisions;
mod stranded;

use std::collections::BTreeMap;

use protocol::{
    Beginning, CheckedEntry, DocumentId, Draft, Encoder, Entry, Head, InstitutionId, LogId, OpenLog, Origin,
    Patch, Payload, Shelf, ShelfKind, SignedPatch, Value, Verb, Visibility,
};
use replica::{PUBLISHED, STATUS, WITHDRAWN};
use storage::Table;

use crate::error::{MarketError, Result};
use crate::identity::{Identity, random};
use crate::ledger::{Kept, Ledger, load_document};
use crate::library::Library;

pub use about::Moving;
pub use branches::LostEntry;
pub use disclosure::{DETAIL, DETAILS, Letter, is_private};
pub use drafts::DraftRecord;
pub(crate) use drafts::{draft_prefix, is_draft, revised_by};
pub use enquiry::{
    ANSWER_CHARS, MAX_DONE, MAX_OPEN_OF_ONE, MAX_SENT_A_DAY, MAX_SENT_TO_ONE_A_DAY, SENT_FOR_MS,
};
pub use hands::Hands;
pub use matching::Match;
pub(crate) use matching::{ALIKE, OWN};
use matching::{keys_to, own_key};
pub use review::{DraftState, Review, Way};
pub use revisions::Revision;

/// Prefix of contact details, which stay at home.
const CONTACT: &str = "contact:";

/// Fields of a listing: the flat root map.
pub type Fields = BTreeMap<String, Value>;

/// Entries that were written and acknowledged, to be given to the replica.
#[derive(Debug)]
pub struct Authored {
    /// The log.
    pub log: LogId,
    /// The entries.
    pub entries: Vec<CheckedEntry>,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Published as a new listing.
    Published(DocumentId),
    /// An earlier listing of the same number was changed.
    Updated(DocumentId),
    /// It is there already, word for word.
    Unchanged(DocumentId),
    /// Kept as a draft on this node.
    Drafted(String),
}

/// A record to be taken in.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The kind's shelf code.
    pub kind: u16,
    /// Its fields, checked by the catalogue.
    pub fields: Fields,
    /// Fields that stay at home: contact details.
    pub contact: Fields,
    /// Who may have it; where nothing is said, an earlier record stays where it is and a new one is public.
    pub visibility: Option<Visibility>,
    /// Fields that stay at home until they are disclosed to someone.
    pub private: Fields,
}

/// The writing hand of a node. Made anew for each piece of work; `now_ms` is this node's clock.
pub struct Desk<'a> {
    /// The ledger.
    pub ledger: &'a mut Ledger,
    /// The node's identity.
    pub identity: &'a Identity,
    /// The reading side.
    pub library: &'a Library,
    /// Milliseconds since 1970.
    pub now_ms: i64,
}

impl Desk<'_> {
    /// The shelf of this node's region for a kind.
    fn shelf(&self, kind: u16, visibility: Visibility) -> Shelf {
        Shelf { region: self.identity.certificate.body.region, kind: ShelfKind(kind), visibility }
    }

    /// Signs drafts into a log, opening it first when it is new, and makes them durable.
    pub(crate) fn write(
        &mut self,
        shelf: Shelf,
        drafts: Vec<(Draft, Option<SignedPatch>)>,
    ) -> Result<Authored> {
        self.write_beside(shelf, drafts, |_| Vec::new())
    }

    /// The same with local records that belong to the entries, and need not wait for an fsync of their own.
    fn write_beside(
        &mut self,
        shelf: Shelf,
        drafts: Vec<(Draft, Option<SignedPatch>)>,
        beside: impl FnOnce(&[CheckedEntry]) -> Vec<Kept>,
    ) -> Result<Authored> {
        let log = self.log(shelf)?;
        let network = self.identity.network();
        let mut head = self.ledger.head(&log);
        let mut entries = Vec::with_capacity(drafts.len() + 1);
        let opening = (head.seq == 0).then(|| self.opening()).transpose()?;
        for (draft, patch) in opening.into_iter().chain(drafts) {
            let entry = Entry::author(log, head, draft, &network, &self.identity.node)?;
            let hash = entry.hash();
            head = Head { seq: entry.header.seq, hash };
            let beginning = patch.and_then(|signed| Beginning::of(&signed.patch, &DocumentId(hash.0)));
            entries.push(CheckedEntry { entry, hash, beginning });
        }
        let kept = beside(&entries);
        self.ledger.author(&log, &entries, &kept)?;
        Ok(Authored { log, entries })
    }

    fn opening(&self) -> Result<(Draft, Option<SignedPatch>)> {
        let certificate = self.identity.certificate.clone();
        let predecessors = self.ledger.predecessors(&self.identity.node.public());
        let open = OpenLog { certificate, predecessors };
        Ok((self.draft(None, Verb::OPEN, open.to_bytes())?, None))
    }

    pub(crate) fn draft(&self, document: Option<DocumentId>, verb: Verb, bytes: Vec<u8>) -> Result<Draft> {
        Ok(Draft { document, verb, payload: Payload { salt: random()?, bytes }, time_ms: self.now_ms })
    }

    /// Takes in records of one kind: new ones are published (or kept as drafts), those that carry an earlier record's
    /// own number change that one, those that are there already change nothing. Outcomes come in the order given.
    ///
    /// # Errors
    /// When the disk fails or is full; then nothing of this call was acknowledged.
    pub fn take_in(&mut self, records: &[Incoming], publish: bool) -> Result<(Vec<Outcome>, Vec<Authored>)> {
        if !publish {
            let drafted = records.iter().map(|r| self.keep_draft(None, r)).collect::<Result<_>>()?;
            return Ok((drafted, Vec::new()));
        }
        let mut outcomes: Vec<Option<Outcome>> = vec![None; records.len()];
        let mut authored = Vec::new();
        let mut fresh: BTreeMap<(u16, Visibility), Vec<usize>> = BTreeMap::new();
        let mut seen: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut repeats = Vec::new();
        for (n, record) in records.iter().enumerate() {
            let key = own_key(record);
            if let Some(first) = seen.get(&key) {
                repeats.push((n, *first));
                continue;
            }
            seen.insert(key.clone(), n);
            match self.published_as(&key)? {
                Some(id) => {
                    let (outcome, written) = self.replace(id, record)?;
                    outcomes[n] = Some(outcome);
                    authored.extend(written);
                }
                None => {
                    let shelf = (record.kind, record.visibility.unwrap_or(Visibility::Public));
                    fresh.entry(shelf).or_default().push(n);
                }
            }
        }
        for ((kind, visibility), rows) in fresh {
            let shelf = self.shelf(kind, visibility);
            let (ids, written) = self.create(shelf, rows.iter().map(|n| &records[*n]))?;
            for (n, id) in rows.into_iter().zip(ids) {
                outcomes[n] = Some(Outcome::Published(id));
            }
            authored.push(written);
        }
        for (n, first) in repeats {
            // The same number twice in one file: the later row has the last word.
            let id = match &outcomes[first] {
                Some(Outcome::Published(id) | Outcome::Updated(id) | Outcome::Unchanged(id)) => *id,
                _ => continue,
            };
            let (outcome, written) = self.replace(id, &records[n])?;
            outcomes[n] = Some(outcome);
            authored.extend(written);
        }
        Ok((outcomes.into_iter().flatten().collect(), authored))
    }

    /// The listing that a record of ours was published as, while that counts.
    fn published_as(&self, key: &[u8]) -> Result<Option<DocumentId>> {
        let id = self.ledger.store().get(Table::Meta, key)?.and_then(|id| id.try_into().ok()).map(DocumentId);
        match id {
            Some(id) => Ok(self.library.listing(&id)?.map(|_| id)),
            None => Ok(None),
        }
    }

    fn create<'r>(
        &mut self,
        shelf: Shelf,
        records: impl Iterator<Item = &'r Incoming>,
    ) -> Result<(Vec<DocumentId>, Authored)> {
        let records: Vec<&Incoming> = records.collect();
        let log = self.log(shelf)?;
        let first = self.ledger.head(&log).seq.max(1) + 1;
        let mut drafts = Vec::with_capacity(records.len());
        for (seq, record) in (first..).zip(&records) {
            let actor = protocol::Actor::derive(&log, &Origin { log, seq }, 0);
            let more = (!record.private.is_empty()).then(|| (DETAILS.to_owned(), Value::Bool(true)));
            let patch = Patch::first(record.fields.clone().into_iter().chain(more));
            let signed = SignedPatch::of(patch, actor, self.now_ms)?;
            drafts.push((self.draft(None, Verb::CREATE, signed.to_bytes())?, Some(signed)));
        }
        let authored = self.write_beside(shelf, drafts, |entries| {
            let created = created_by(entries).zip(&records);
            created.flat_map(|(id, record)| kept_of(&id, record)).collect()
        })?;
        Ok((created_by(&authored.entries).collect(), authored))
    }

    /// Makes these the contact details of a listing, at home alone.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn replace_contact(&mut self, id: &DocumentId, contact: &Fields) -> Result<()> {
        let key = format!("{CONTACT}{id}");
        self.ledger.keep(Table::Drafts, key.as_bytes(), Some(&fields_bytes(contact)))
    }

    /// Makes a listing of ours say what a record says: fields that the record lacks are removed. One that was moved to
    /// another kind is left as it is.
    fn replace(&mut self, id: DocumentId, record: &Incoming) -> Result<(Outcome, Option<Authored>)> {
        let id = self.library.newest(&id)?;
        let listing = self.own_listing(&id)?;
        if listing.log.shelf.kind.0 != record.kind {
            return Ok((Outcome::Unchanged(id), None));
        }
        if record.visibility.is_some_and(|asked| asked != listing.log.shelf.visibility) {
            let title = listing.title().to_owned();
            return Err(MarketError::Elsewhere { title, id: id.to_string() });
        }
        // What is private stays so, whatever column it comes in.
        let before = self.library.private(&id)?;
        let (kept, shown): (Fields, Fields) =
            record.fields.clone().into_iter().partition(|(key, _)| is_private(&before, key));
        let private: Fields = kept.into_iter().chain(record.private.clone()).collect();
        let mut changes: BTreeMap<String, Option<Value>> =
            shown.into_iter().map(|(key, value)| (key, Some(value))).collect();
        for key in listing.state.fields.keys().filter(|key| !key.starts_with('_')) {
            changes.entry(key.clone()).or_insert(None);
        }
        if !private.is_empty() {
            changes.insert(DETAILS.to_owned(), Some(Value::Bool(true)));
        }
        self.ledger.keep_each(&kept_at_home(&id, &record.contact, &private))?;
        Ok(match self.edit(&id, &changes)? {
            Some(authored) => (Outcome::Updated(id), Some(authored)),
            None => (Outcome::Unchanged(id), None),
        })
    }

    /// A listing that this institution answers for.
    fn own_listing(&self, id: &DocumentId) -> Result<crate::Listing> {
        self.listing_of(id, |listing, us| listing.institution == Some(us))
    }

    /// A listing that this institution may edit: its own, or one that names it as a co-editor.
    fn editable(&self, id: &DocumentId) -> Result<crate::Listing> {
        self.listing_of(id, |listing, us| listing.institution == Some(us) || listing.editors.contains(&us))
    }

    /// A listing that was not purged, and that we may do something with.
    fn listing_of(
        &self,
        id: &DocumentId,
        may: impl Fn(&crate::Listing, InstitutionId) -> bool,
    ) -> Result<crate::Listing> {
        let listing = self.held_listing(id, may)?;
        match listing.hidden {
            Some(crate::Hidden::Purged(_)) => Err(MarketError::Purged { id: id.to_string() }),
            _ => Ok(listing),
        }
    }

    fn held_listing(
        &self,
        id: &DocumentId,
        may: impl Fn(&crate::Listing, InstitutionId) -> bool,
    ) -> Result<crate::Listing> {
        let missing = || MarketError::NoSuchListing { id: id.to_string() };
        let listing = self.library.listing(id)?.ok_or_else(missing)?;
        if may(&listing, self.identity.institution.id()) {
            Ok(listing)
        } else {
            let title = listing.title().to_owned();
            Err(MarketError::NotOurs { title, institution: listing.institution_name })
        }
    }

    /// Changes fields of a listing that we may edit: a value, or `None` to remove; a field whose editors disagree is
    /// settled by any value, one of theirs included. `None` when nothing would change.
    ///
    /// # Errors
    /// When the listing is not ours to edit, or not held.
    pub fn edit(
        &mut self,
        id: &DocumentId,
        changes: &BTreeMap<String, Option<Value>>,
    ) -> Result<Option<Authored>> {
        let listing = self.editable(id)?;
        let missing = MarketError::NoSuchListing { id: id.to_string() };
        let document = load_document(self.ledger.store().as_ref(), id)?.ok_or(missing)?;
        let shelf = listing.log.shelf;
        if !self.identity.certificate.allows(&shelf) {
            return Err(MarketError::NotCertified { what: "edit listings on that shelf" });
        }
        let log = self.log(shelf)?;
        let Some(signed) = document.edit(&log, changes, self.now_ms)? else { return Ok(None) };
        let draft = self.draft(Some(*id), Verb::EDIT, signed.to_bytes())?;
        let keys = new_keys(&listing, changes);
        self.write_beside(shelf, vec![(draft, Some(signed))], |_| keys).map(Some)
    }

    /// Hides a listing that we may edit (`true`) or shows it again.
    ///
    /// # Errors
    /// As [`Desk::edit`].
    pub fn withdraw(&mut self, id: &DocumentId, withdrawn: bool) -> Result<Option<Authored>> {
        let listing = self.editable(id)?;
        if listing.state.is_withdrawn() == withdrawn {
            return Ok(None);
        }
        let word = if withdrawn { WITHDRAWN } else { PUBLISHED };
        self.edit(id, &BTreeMap::from([(STATUS.to_owned(), Some(Value::Text(word.to_owned())))]))
    }

    /// Publishes the node's addresses when they differ from those it published last.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn publish_addresses(&mut self, addresses: &[String]) -> Result<Option<Authored>> {
        let mut sorted: Vec<&String> = addresses.iter().collect();
        sorted.sort();
        sorted.dedup();
        sorted.truncate(protocol::limits::MAX_ADDRESSES);
        let mut to = Encoder::new();
        to.list(&sorted, |to, a| {
            to.text(a);
        });
        let bytes = to.finish();
        const LAST: &[u8] = b"addresses";
        if self.ledger.store().get(Table::Meta, LAST)?.as_deref() == Some(&bytes) {
            return Ok(None);
        }
        let draft = self.draft(None, Verb::ADDRESSES, bytes.clone())?;
        let authored = self.write(Shelf::DIRECTORY, vec![(draft, None)])?;
        self.ledger.keep(Table::Meta, LAST, Some(&bytes))?;
        Ok(Some(authored))
    }
}

/// The keys of what is kept at home beside a listing: contact details and private fields.
pub(crate) fn kept_beside(id: &DocumentId) -> [Vec<u8>; 2] {
    [CONTACT, disclosure::PRIVATE].map(|prefix| format!("{prefix}{id}").into_bytes())
}

/// What is to be kept beside a listing. Empty fields change nothing.
fn kept_at_home(id: &DocumentId, contact: &Fields, private: &Fields) -> Vec<Kept> {
    let keys = kept_beside(id).into_iter().zip([contact, private]);
    let filled = keys.filter(|(_, fields)| !fields.is_empty());
    filled.map(|(key, fields)| (Table::Drafts, key, Some(fields_bytes(fields)))).collect()
}

/// What is to be kept when a record has become a listing: by what it is found, and what stays at home.
fn kept_of(id: &DocumentId, record: &Incoming) -> Vec<Kept> {
    let found_by = keys_to(id, record.kind, &record.fields);
    found_by.into_iter().chain(kept_at_home(id, &record.contact, &record.private)).collect()
}

/// The keys by which a listing is to be found once `changes` are made, and is not found yet.
fn new_keys(listing: &crate::Listing, changes: &BTreeMap<String, Option<Value>>) -> Vec<Kept> {
    let before = listing.state.flat();
    let mut after = before.clone();
    for (key, value) in changes {
        match value {
            Some(value) => drop(after.insert(key.clone(), value.clone())),
            None => drop(after.remove(key)),
        }
    }
    let kind = listing.log.shelf.kind.0;
    let known = keys_to(&listing.id, kind, &before);
    let mut keys = keys_to(&listing.id, kind, &after);
    keys.retain(|key| !known.contains(key));
    keys
}

/// The documents that entries create.
fn created_by(entries: &[CheckedEntry]) -> impl Iterator<Item = DocumentId> {
    entries.iter().filter(|e| e.entry.header.verb == Verb::CREATE).map(|e| DocumentId(e.hash.0))
}

fn fields_bytes(fields: &Fields) -> Vec<u8> {
    let items: Vec<_> = fields.iter().collect();
    let mut to = Encoder::new();
    to.list(&items, |to, (key, value)| {
        to.text(key).bytes(&protocol::value_bytes(value));
    });
    to.finish()
}

fn fields_of(from: &mut protocol::Decoder<'_>) -> protocol::Checked<Fields> {
    let items = from.list(protocol::limits::MAX_PATCH_OPS, "fields", |from| {
        let key = from.text(protocol::limits::MAX_KEY, "key")?.to_owned();
        Ok((key, Value::from_bytes(from.bytes(protocol::limits::MAX_PAYLOAD, "value")?)?))
    })?;
    Ok(items.into_iter().collect())
}
