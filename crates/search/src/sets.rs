//! Sets of documents, kept in memory for as long as their segment lasts: who carries a code, who holds the words that are asked
//! for. What a page counts again and again is counted 64 documents at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::index::SegmentId;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Opstamp, Searcher, SegmentReader, TERMINATED, Term};

use crate::limits::{MAX_SET_BYTES, MAX_WORDS_BYTES};
use crate::schema::columns;

/// Documents of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// None of so many.
    pub(crate) fn of(max_doc: DocId) -> Self {
        Self(vec![0; (max_doc as usize).div_ceil(64)])
    }

    /// All of so many.
    pub(crate) fn all(max_doc: DocId) -> Self {
        let mut bits = Self(vec![u64::MAX; (max_doc as usize).div_ceil(64)]);
        if let Some(last) = bits.0.last_mut().filter(|_| !max_doc.is_multiple_of(64)) {
            *last = (1 << (max_doc % 64)) - 1;
        }
        bits
    }

    /// Words of 64 documents.
    pub(crate) fn words(&self) -> usize {
        self.0.len()
    }

    /// Adds one; what is beyond the segment is not there.
    pub(crate) fn insert(&mut self, doc: DocId) {
        if let Some(word) = self.0.get_mut(doc as usize / 64) {
            *word |= 1 << (doc % 64);
        }
    }

    /// Takes one out.
    pub(crate) fn remove(&mut self, doc: DocId) {
        if let Some(word) = self.0.get_mut(doc as usize / 64) {
            *word &= !(1 << (doc % 64));
        }
    }

    /// Adds those of another set.
    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    /// Keeps those that are in another set too.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
    }

    /// Takes out those of another set.
    pub(crate) fn take_out(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
    }

    /// Who is in at least so many of these sets; nothing of no sets. Counted in all 64 columns of a word at once, a bit of the
    /// counts in each plane.
    pub(crate) fn at_least(enough: usize, sets: &[Self]) -> Option<Self> {
        let mut out = sets.first()?.clone();
        let planes = usize::BITS - sets.len().max(enough).leading_zeros();
        let mut counts = vec![0_u64; planes as usize];
        for (at, word) in out.0.iter_mut().enumerate() {
            counts.fill(0);
            for set in sets {
                let mut carry = set.0.get(at).copied().unwrap_or_default();
                for plane in &mut counts {
                    (*plane, carry) = (*plane ^ carry, *plane & carry);
                }
            }
            let (mut more, mut equal) = (0, u64::MAX);
            for (bit, plane) in counts.iter().enumerate().rev() {
                if enough >> bit & 1 == 1 {
                    equal &= plane;
                } else {
                    more |= equal & plane;
                    equal &= !plane;
                }
            }
            *word = more | equal;
        }
        Some(out)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many are in both.
    pub(crate) fn in_common(&self, other: &Self) -> u64 {
        self.0.iter().zip(&other.0).map(|(a, b)| u64::from((a & b).count_ones())).sum()
    }

    /// The first of them that is not before this one.
    pub(crate) fn first_from(&self, doc: DocId) -> Option<DocId> {
        let at = doc as usize / 64;
        let own = self.0.get(at)? & (u64::MAX << (doc % 64));
        if own != 0 {
            return Some(doc / 64 * 64 + own.trailing_zeros());
        }
        let (ahead, word) = (1_u32..).zip(self.0.get(at + 1..)?).find(|(_, word)| **word != 0)?;
        Some((doc / 64 + ahead) * 64 + word.trailing_zeros())
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = DocId> + '_ {
        (0_u32..).step_by(64).zip(&self.0).flat_map(|(first, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let lowest = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(first + lowest)
            })
        })
    }
}

/// What a set of a segment holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// Who carries a code, the deleted included: a segment's postings never change.
    Code(Field, String),
    /// Who names any price.
    Priced,
    /// Who is not deleted, as of this operation.
    Alive(Option<Opstamp>),
}

/// The sets of an index. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Sets(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    /// The segments that the sets are of, as of the last search.
    segments: Vec<(SegmentId, Option<Opstamp>)>,
    sets: BTreeMap<(SegmentId, What), Arc<Bits>>,
    bytes: usize,
    /// Who holds what was asked for, for as long as nothing changes: one page asks several times.
    words: BTreeMap<(SegmentId, String), Arc<Bits>>,
    words_bytes: usize,
}

/// Calls `found` with each carrier of a code in a segment, the deleted included; how many there are.
pub(crate) fn each(
    segment: &SegmentReader,
    field: Field,
    code: &str,
    found: impl FnMut(DocId),
) -> tantivy::Result<usize> {
    each_of(segment, &Term::from_field_text(field, code), found)
}

/// The same of a term.
pub(crate) fn each_of(
    segment: &SegmentReader,
    term: &Term,
    mut found: impl FnMut(DocId),
) -> tantivy::Result<usize> {
    let index = segment.inverted_index(term.field())?;
    let postings = index.read_postings(term, IndexRecordOption::Basic)?;
    let Some(mut postings) = postings else { return Ok(0) };
    let (mut doc, mut count) = (postings.doc(), 0);
    while doc != TERMINATED {
        found(doc);
        count += 1;
        doc = postings.advance();
    }
    Ok(count)
}

impl Sets {
    /// Lets go of the sets of segments that are no more.
    pub(crate) fn hold_to(&self, searcher: &Searcher) {
        let segments: Vec<_> =
            searcher.segment_readers().iter().map(|s| (s.segment_id(), s.delete_opstamp())).collect();
        let mut held = self.held();
        if held.segments == segments {
            return;
        }
        held.sets.retain(|(id, what), _| {
            segments.iter().any(|(segment, deleted)| {
                segment == id && !matches!(what, What::Alive(stamp) if stamp != deleted)
            })
        });
        held.bytes = held.sets.iter().map(|((_, what), bits)| size(what, bits)).sum();
        (held.words, held.words_bytes, held.segments) = (BTreeMap::new(), 0, segments);
    }

    /// Who carries `code` in a segment, the deleted included.
    pub(crate) fn carriers(
        &self,
        segment: &SegmentReader,
        field: Field,
        code: &str,
    ) -> tantivy::Result<Arc<Bits>> {
        self.set(segment, What::Code(field, code.to_owned()), |found| {
            each(segment, field, code, |doc| found.insert(doc))
        })
    }

    /// Who names a price in a segment.
    pub(crate) fn priced(&self, segment: &SegmentReader, field: Field) -> tantivy::Result<Arc<Bits>> {
        self.set(segment, What::Priced, |found| {
            let Some(column) = segment.fast_fields().str(columns::PRICE)? else { return Ok(0) };
            let (mut codes, mut count) = (column.dictionary().stream()?, 0);
            while codes.advance() {
                let code = String::from_utf8_lossy(codes.key());
                count += each(segment, field, &code, |doc| found.insert(doc))?;
            }
            Ok(count)
        })
    }

    /// Who is not deleted in a segment.
    pub(crate) fn alive(&self, segment: &SegmentReader) -> tantivy::Result<Arc<Bits>> {
        self.set(segment, What::Alive(segment.delete_opstamp()), |found| {
            segment.doc_ids_alive().for_each(|doc| found.insert(doc));
            Ok(segment.num_docs() as usize)
        })
    }

    /// Who matches in a segment; `asked` says in words what, as long as nothing changes.
    pub(crate) fn matching(
        &self,
        segment: &SegmentReader,
        asked: &str,
        find: impl FnOnce() -> tantivy::Result<Bits>,
    ) -> tantivy::Result<Arc<Bits>> {
        let key = (segment.segment_id(), asked.to_owned());
        if let Some(known) = self.held().words.get(&key) {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(find()?);
        let (bytes, mut held) = (found.words() * size_of::<u64>() + asked.len(), self.held());
        if held.words_bytes + bytes > MAX_WORDS_BYTES {
            (held.words, held.words_bytes) = (BTreeMap::new(), 0);
        }
        if held.words.insert(key, Arc::clone(&found)).is_none() {
            held.words_bytes += bytes;
        }
        Ok(found)
    }

    fn set(
        &self,
        segment: &SegmentReader,
        what: What,
        fill: impl FnOnce(&mut Bits) -> tantivy::Result<usize>,
    ) -> tantivy::Result<Arc<Bits>> {
        let key = (segment.segment_id(), what);
        if let Some(known) = self.held().sets.get(&key) {
            return Ok(Arc::clone(known));
        }
        let mut found = Bits::of(segment.max_doc());
        let count = fill(&mut found)?;
        let found = Arc::new(found);
        // A small one is found again faster than room for it is worth: of institutions there are hundreds.
        if count >= found.words() {
            self.held().take(key, &found);
        }
        Ok(found)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Takes a set. When there is no room, all others go.
    fn take(&mut self, key: (SegmentId, What), set: &Arc<Bits>) {
        let bytes = size(&key.1, set);
        if self.bytes + bytes > MAX_SET_BYTES {
            (self.sets, self.bytes) = (BTreeMap::new(), 0);
        }
        if self.sets.insert(key, Arc::clone(set)).is_none() {
            self.bytes += bytes;
        }
    }
}

/// Bytes that a set takes, and its name.
fn size(what: &What, bits: &Bits) -> usize {
    let name = if let What::Code(_, code) = what { code.len() } else { 0 };
    bits.words() * size_of::<u64>() + size_of::<(SegmentId, What)>() + name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(max_doc: DocId, docs: &[DocId]) -> Bits {
        let mut bits = Bits::of(max_doc);
        docs.iter().for_each(|doc| bits.insert(*doc));
        bits
    }

    fn listed(bits: &Bits) -> Vec<DocId> {
        bits.iter().collect()
    }

    #[test]
    fn bits_are_the_set_that_they_stand_for() {
        let (mut a, b) = (bits(200, &[0, 63, 64, 199]), bits(200, &[0, 1, 64, 127]));
        assert_eq!((listed(&a), a.count(), a.in_common(&b), a.words()), (vec![0, 63, 64, 199], 4, 2, 4));
        a.insert(5_000);
        a.remove(5_000);
        a.remove(63);
        assert_eq!(listed(&a), [0, 64, 199]);
        let mut kept = a.clone();
        kept.keep(&b);
        assert_eq!(listed(&kept), [0, 64]);
        a.take_out(&b);
        assert_eq!(listed(&a), [199]);
        a.add(&b);
        assert_eq!(listed(&a), [0, 1, 64, 127, 199]);
        assert_eq!(
            [0, 1, 2, 64, 65, 127, 128, 200, 5_000].map(|doc| a.first_from(doc)),
            [Some(0), Some(1), Some(64), Some(64), Some(127), Some(127), Some(199), None, None]
        );
        let sets = [bits(70, &[1, 2, 3, 69]), bits(70, &[2, 3, 69]), bits(70, &[3, 5, 69]), bits(70, &[69])];
        let at_least = |enough| Bits::at_least(enough, &sets).map(|found| listed(&found));
        assert_eq!(
            [2, 3, 4, 5].map(at_least),
            [Some(vec![2, 3, 69]), Some(vec![3, 69]), Some(vec![69]), Some(vec![])]
        );
        assert_eq!(Bits::at_least(1, &sets).map(|found| found.count()), Some(5));
        assert_eq!(Bits::at_least(1, &[]), None);
        for max_doc in [0, 1, 63, 64, 65, 128] {
            assert_eq!(listed(&Bits::all(max_doc)), (0..max_doc).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_kept_stays_within_its_bound() {
        let (mut held, set) = (Held::default(), Arc::new(Bits::of(8 << 20)));
        for n in 0..100 {
            held.take(
                (SegmentId::generate_random(), What::Code(Field::from_field_id(0), n.to_string())),
                &set,
            );
            assert!(held.bytes <= MAX_SET_BYTES);
        }
        assert!(!held.sets.is_empty());
    }
}
