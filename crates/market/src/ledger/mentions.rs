//! Entries that say something of a document without belonging to it: moves, which lead on from it, and statements.
//!
//! Each is noted under the document that it is about: a move under the institution that makes it, a statement under its
//! shelf, so that what others say in other places is not looked at. A statement is noted under its own hash too, so that it
//! is found by it. Which of them count is a question of the reading side: it depends on the roster.

use protocol::limits::MAX_MENTIONS;
use protocol::{
    Actor, CheckedEntry, DocumentId, Encoder, Hash, InstitutionId, LogId, Origin, Shelf, ShelfKind,
    Statement, Verb, Visibility, hash,
};
use replica::{continued_by, patch_of, statement_of};
use storage::{Batch, Store, Table};

use super::layout::entry_key;
use super::{Ledger, LogRecord};
use crate::error::{MarketError, Result};

/// An entry about a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    /// Number of its log.
    pub log: u32,
    /// Its place there.
    pub seq: u64,
    /// Its hash.
    pub entry: Hash,
}

impl Ledger {
    /// Notes a move or a statement that keeps the rules of its log.
    pub(super) fn mention(
        &mut self,
        log: &LogId,
        record: &LogRecord,
        checked: &CheckedEntry,
        batch: &mut Batch,
    ) -> Result<()> {
        self.note_mention(log, record, checked, true, batch)
    }

    /// The same of an entry that counts again, or no longer.
    pub(super) fn mention_anew(
        &mut self,
        log: &LogId,
        record: &LogRecord,
        entry: &protocol::Entry,
        counts: bool,
        batch: &mut Batch,
    ) -> Result<()> {
        let checked = CheckedEntry { hash: entry.hash(), entry: entry.clone(), beginning: None };
        self.note_mention(log, record, &checked, counts, batch)
    }

    fn note_mention(
        &mut self,
        log: &LogId,
        record: &LogRecord,
        checked: &CheckedEntry,
        counts: bool,
        batch: &mut Batch,
    ) -> Result<()> {
        let entry = &checked.entry;
        let stated = match entry.header.verb {
            Verb::STATEMENT if log.shelf.kind == ShelfKind::STATEMENT => statement_of(entry).ok().flatten(),
            _ => None,
        };
        let about = match entry.header.verb {
            Verb::MOVE if is_sound(log, checked) => continued_by(entry).ok().flatten(),
            _ => stated.as_ref().map(|statement| statement.about),
        };
        let Some(about) = about else { return Ok(()) };
        let certificate = self.certificates.get(log);
        let institution = certificate.map(|certificate| certificate.body.institution);
        // Of listings of other networks a node says something on one shelf, that of its own region.
        let at_home = log.shelf.visibility == Visibility::Public
            && certificate.is_some_and(|certificate| certificate.body.region == log.shelf.region);
        let group = match (entry.header.verb, institution) {
            (Verb::MOVE, Some(institution)) => group_of_moves(&institution),
            _ => group_of_statements(&log.shelf),
        };
        let place = entry_key(record.number, entry.header.seq);
        let mut keys = vec![mention_key(&about.0, group, &place)];
        if at_home && stated.as_ref().is_some_and(Statement::may_be_abroad) {
            keys.push(mention_key(&about.0, ABROAD, &place));
        }
        if entry.header.verb == Verb::STATEMENT {
            let own = mention_key(&checked.hash.0, OWN, &place);
            // The sum follows the row: what was done before an interruption is not done twice.
            if self.store.get(Table::Mentions, &own)?.is_some() != counts {
                let sum = self.sum(log.shelf);
                let digest = statement_digest(&checked.hash);
                if counts { sum.add(&digest) } else { sum.remove(&digest) }
            }
            keys.push(own);
        }
        for key in keys {
            if counts {
                batch.put(Table::Mentions, &key, checked.hash.0);
            } else {
                batch.delete(Table::Mentions, &key);
            }
        }
        self.arrive(&about);
        Ok(())
    }

    /// Adds the statements held to the shelves' sums.
    pub(super) fn sum_statements(&mut self) -> Result<()> {
        let mut found = Vec::new();
        self.store.walk(Table::Mentions, &[], &mut |key, value| {
            if let Some(mention) = mention_of(key, value)
                && key.starts_with(&mention.entry.0)
            {
                found.push((mention.log, mention.entry));
            }
            std::ops::ControlFlow::Continue(())
        })?;
        let shelves: std::collections::BTreeMap<u32, _> =
            self.logs.iter().map(|(log, record)| (record.number, log.shelf)).collect();
        for (log, entry) in found {
            let Some(shelf) = shelves.get(&log) else { continue };
            self.sums.entry(*shelf).or_default().add(&statement_digest(&entry));
        }
        Ok(())
    }
}

/// What a statement adds to its shelf's sum: the entry as a whole, since what it replaces and whether that counts follow
/// from the entries held.
fn statement_digest(entry: &Hash) -> Hash {
    hash("statement-state", &[&entry.0])
}

/// Whether the patch of a move is what its change hash says.
fn is_sound(log: &LogId, checked: &CheckedEntry) -> bool {
    let header = &checked.entry.header;
    let actor = Actor::derive(log, &Origin { log: *log, seq: header.seq }, 0);
    let signed = patch_of(&checked.entry).ok().flatten();
    signed.is_some_and(|signed| signed.check_hash(actor, header.time_ms).is_ok())
}

fn mention_of(key: &[u8], value: &[u8]) -> Option<Mention> {
    let (log, seq) = key.get(40..)?.split_first_chunk::<4>()?;
    Some(Mention {
        log: u32::from_be_bytes(*log),
        seq: u64::from_be_bytes(seq.try_into().ok()?),
        entry: Hash(value.try_into().ok()?),
    })
}

/// Within a document's mentions: whose moves, statements on which shelf, replies.
pub(super) type Group = [u8; 8];

/// The group of the row under a statement's own hash.
const OWN: Group = [0; 8];

/// The group of what is said of listings of other networks; those that name none are among them where they take one back.
const ABROAD: Group = [1; 8];

fn group_of_moves(institution: &InstitutionId) -> Group {
    first_eight(&hash("mention-move", &[&institution.0]))
}

fn group_of_statements(shelf: &Shelf) -> Group {
    let mut to = Encoder::new();
    shelf.encode(&mut to);
    first_eight(&hash("mention-statement", &[&to.finish()]))
}

fn first_eight(hash: &Hash) -> Group {
    hash.0.first_chunk().copied().unwrap_or_default()
}

pub(super) fn mention_key(id: &[u8; 32], group: Group, place: &[u8; 12]) -> Vec<u8> {
    [&id[..], &group, place].concat()
}

/// The moves of a document by an institution: of each log the first [`MAX_MENTIONS`].
pub(crate) fn moves_by(store: &dyn Store, id: &DocumentId, who: &InstitutionId) -> Result<Vec<Mention>> {
    mentions(store, id, group_of_moves(who))
}

/// The statements about a document on a shelf: of each log the first [`MAX_MENTIONS`].
pub(crate) fn statements_on(store: &dyn Store, id: &DocumentId, shelf: &Shelf) -> Result<Vec<Mention>> {
    mentions(store, id, group_of_statements(shelf))
}

/// The statements that may be about a document of another network: of each log the first [`MAX_MENTIONS`].
pub(crate) fn statements_abroad(store: &dyn Store, id: &DocumentId) -> Result<Vec<Mention>> {
    mentions(store, id, ABROAD)
}

/// What is noted of a document in a group: of each log the first [`MAX_MENTIONS`].
pub(super) fn mentions(store: &dyn Store, id: &DocumentId, group: Group) -> Result<Vec<Mention>> {
    let mut found: Vec<Mention> = Vec::new();
    let end = mention_key(&id.0, group, &entry_key(u32::MAX, u64::MAX));
    let mut from = mention_key(&id.0, group, &entry_key(0, 0));
    loop {
        let page = store.scan(Table::Mentions, &from, Some(&end), MAX_MENTIONS)?;
        let Some(first) = page.first().and_then(|(key, value)| mention_of(key, value)) else {
            return Ok(found);
        };
        let of_first = page.iter().filter_map(|(key, value)| mention_of(key, value));
        found.extend(of_first.take_while(|mention| mention.log == first.log));
        // On to the next log, past whatever else this one says.
        let Some(next) = first.log.checked_add(1) else { return Ok(found) };
        from = mention_key(&id.0, group, &entry_key(next, 0));
    }
}

/// The statements whose hash begins with `prefix`, two at the most.
pub(crate) fn statements_from(store: &dyn Store, prefix: &[u8]) -> Result<Vec<Mention>> {
    let mut found = Vec::new();
    store.walk(Table::Mentions, prefix, &mut |key, value| {
        found.extend(mention_of(key, value).filter(|mention| key.starts_with(&mention.entry.0)));
        if found.len() > 1 { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    })?;
    Ok(found)
}

/// The entry of a mention.
pub(crate) fn mentioned(store: &dyn Store, mention: &Mention) -> Result<protocol::Entry> {
    let bytes = store.get(Table::Entries, &entry_key(mention.log, mention.seq))?;
    super::layout::entry_of(
        &bytes.ok_or(MarketError::Damaged { what: "an entry about a document is missing" })?,
    )
}

#[cfg(test)]
mod tests {
    use protocol::{Draft, Entry, Head, NetworkId, Payload, SealingKey, SecretKey};

    use super::*;
    use crate::Opener;

    /// A store that counts how often it is asked.
    struct Counted(storage::MemoryStore, std::sync::atomic::AtomicUsize);

    impl Store for Counted {
        fn get(&self, table: Table, key: &[u8]) -> storage::Result<Option<Vec<u8>>> {
            self.0.get(table, key)
        }
        fn scan(
            &self,
            table: Table,
            from: &[u8],
            to: Option<&[u8]>,
            limit: usize,
        ) -> storage::Result<Vec<storage::Pair>> {
            self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.0.scan(table, from, to, limit)
        }
        fn last(&self, table: Table, prefix: &[u8]) -> storage::Result<Option<storage::Pair>> {
            self.0.last(table, prefix)
        }
        fn apply(&self, batch: Batch) -> storage::Result<()> {
            self.0.apply(batch)
        }
        fn facts(&self) -> storage::Result<Option<storage::CheckpointFacts>> {
            self.0.facts()
        }
        fn sync(&self) -> storage::Result<()> {
            self.0.sync()
        }
        fn size_on_disk(&self) -> storage::Result<u64> {
            self.0.size_on_disk()
        }
    }

    /// However many logs speak of a listing elsewhere: the owner's moves, and what is said on its shelf, cost the same.
    #[test]
    fn what_others_say_elsewhere_is_not_looked_at() {
        let store = Counted(storage::MemoryStore::default(), Default::default());
        let (id, owner) = (DocumentId([4; 32]), InstitutionId([5; 32]));
        let shelf =
            |region: u32| Shelf { region, kind: ShelfKind::STATEMENT, visibility: Visibility::Public };
        let mut batch = Batch::default();
        let mut note = |group: Group, log: u32| {
            let key = mention_key(&id.0, group, &entry_key(log, 2));
            batch.put(Table::Mentions, &key, [log as u8; 32]);
        };
        for log in 0..600_u32 {
            note(group_of_moves(&InstitutionId(hash("x", &[&log.to_be_bytes()]).0)), log);
            note(group_of_statements(&shelf(420_000 + log)), log);
        }
        note(group_of_moves(&owner), 601);
        note(group_of_statements(&shelf(430_000)), 602);
        store.apply(batch).unwrap();
        let logs = |found: Vec<Mention>| found.iter().map(|mention| mention.log).collect::<Vec<_>>();
        assert_eq!(logs(moves_by(&store, &id, &owner).unwrap()), [601]);
        assert_eq!(logs(statements_on(&store, &id, &shelf(430_000)).unwrap()), [602]);
        assert_eq!(store.1.into_inner(), 4, "two each: the one log, and that there is no other");
    }

    /// A recount that was interrupted is begun again: what it had done is not done twice.
    #[test]
    fn a_statement_enters_and_leaves_the_sum_once() {
        let home = tempfile::tempdir().unwrap();
        let options = storage::Options { cache_capacity: 8 << 20, floor_bytes: 0 };
        let opener = Opener { network: NetworkId([1; 32]), key: SealingKey::from_seed(&[2; 32]) };
        let mut ledger = Ledger::open(home.path(), options, opener).unwrap().ledger;
        let node = SecretKey::from_seed(&[3; 32]);
        let shelf = Shelf { region: 420000, kind: ShelfKind::STATEMENT, visibility: Visibility::Public };
        let log = LogId { node: node.public(), incarnation: 1, shelf };
        let statement = Statement {
            about: DocumentId([4; 32]),
            version: vec![Hash([5; 32])],
            label: "recognition".into(),
            value: "x".into(),
            reason: String::new(),
        };
        let payload = Payload { salt: [6; 16], bytes: statement.to_bytes() };
        let draft = Draft { document: None, verb: Verb::STATEMENT, payload, time_ms: 0 };
        let entry = Entry::author(log, Head::default(), draft, &NetworkId([1; 32]), &node).unwrap();
        let record = LogRecord::new(7);
        for (counts, held) in [(true, 1), (false, 0), (true, 1)] {
            for _ in 0..2 {
                let mut batch = Batch::default();
                ledger.mention_anew(&log, &record, &entry, counts, &mut batch).unwrap();
                ledger.store.apply(batch).unwrap();
                assert_eq!(ledger.sums[&shelf].count, held);
            }
        }
    }
}
