//! What is known to match, as a condition of the library beneath, and in the order of its columns.
//!
//! Who matches is found once, as sets; ranking needs neither the filters nor the words that gave them again: it walks these
//! sets alone, and no score is asked for where the order is by a column.

use std::collections::BinaryHeap;
use std::sync::Arc;

use tantivy::columnar::Column;
use tantivy::index::SegmentId;
use tantivy::query::{ConstScorer, EmptyScorer, EnableScoring, Explanation, Query as Tree, Scorer, Weight};
use tantivy::{DocAddress, DocId, DocSet, Score, Searcher, SegmentReader, TERMINATED};

use super::{Matching, Sort};
use crate::schema::columns;
use crate::sets::Bits;

/// Documents of each segment, as a query that adds nothing to a score.
#[derive(Clone, Debug)]
pub(super) struct Among(Arc<[(SegmentId, Arc<Bits>)]>);

impl Among {
    /// These documents; the sets are in the order of the segments.
    pub(super) fn of(searcher: &Searcher, sets: impl IntoIterator<Item = Arc<Bits>>) -> Self {
        let segments = searcher.segment_readers().iter().map(SegmentReader::segment_id);
        Self(segments.zip(sets).collect())
    }
}

impl Tree for Among {
    fn weight(&self, _scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Among {
    fn scorer(&self, segment: &SegmentReader, _boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let own = self.0.iter().find(|(id, _)| *id == segment.segment_id());
        Ok(match own {
            Some((_, bits)) => Box::new(ConstScorer::new(Walk::over(Arc::clone(bits)), 0.0)),
            None => Box::new(EmptyScorer),
        })
    }

    fn explain(&self, _segment: &SegmentReader, _doc: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("among those that match", 0.0))
    }
}

/// A walk over a set.
struct Walk {
    bits: Arc<Bits>,
    doc: DocId,
    count: u32,
}

impl Walk {
    fn over(bits: Arc<Bits>) -> Self {
        let doc = bits.first_from(0).unwrap_or(TERMINATED);
        let count = u32::try_from(bits.count()).unwrap_or(u32::MAX);
        Self { bits, doc, count }
    }
}

impl DocSet for Walk {
    fn advance(&mut self) -> DocId {
        if self.doc != TERMINATED {
            self.doc = self.bits.first_from(self.doc + 1).unwrap_or(TERMINATED);
        }
        self.doc
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.doc < target {
            self.doc = self.bits.first_from(target).unwrap_or(TERMINATED);
        }
        self.doc
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.count
    }
}

/// What an order goes by first. None comes last, whichever way the order goes.
enum First {
    Nothing,
    Amount(Column<i64>, Way),
    Ripeness(Column<u64>),
}

#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// A number whose order is that of the integer.
fn up(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}

impl First {
    fn of(sort: Sort, segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        let amount =
            |way| Ok(columns.column_opt(columns::AMOUNT)?.map_or(Self::Nothing, |c| Self::Amount(c, way)));
        match sort {
            Sort::Relevance | Sort::Newest => Ok(Self::Nothing),
            Sort::Cheapest => amount(Way::Up),
            Sort::Dearest => amount(Way::Down),
            Sort::Ripest => Ok(columns.column_opt(columns::RIPENESS)?.map_or(Self::Nothing, Self::Ripeness)),
        }
    }

    /// The document's place in the order: the less, the sooner.
    fn place(&self, doc: DocId) -> u64 {
        let place = match self {
            Self::Nothing => None,
            Self::Amount(column, Way::Up) => column.first(doc).map(up),
            Self::Amount(column, Way::Down) => column.first(doc).map(|value| !up(value)),
            Self::Ripeness(column) => column.first(doc).map(|value| !value),
        };
        place.unwrap_or(u64::MAX)
    }
}

/// A place in the order: by what was asked for, then the last changed, then by id.
pub(super) type Place = (u64, u64, u64);

/// Of the matches in an order that is not by how well they match, those behind the place `after`, the first `end` without the
/// first `offset`; and the place of the last one. It costs the same wherever `after` lies.
pub(super) fn by_column(
    searcher: &Searcher,
    found: &Matching,
    sort: Sort,
    after: Option<Place>,
    (offset, end): (usize, usize),
) -> tantivy::Result<(Vec<DocAddress>, Option<Place>)> {
    let mut best: BinaryHeap<(Place, DocAddress)> = BinaryHeap::new();
    for (ord, (segment, bits)) in (0_u32..).zip(searcher.segment_readers().iter().zip(&found.sets)) {
        let first = First::of(sort, segment)?;
        let updated: Option<Column<i64>> = segment.fast_fields().column_opt(columns::UPDATED)?;
        let order: Option<Column<u64>> = segment.fast_fields().column_opt(columns::ORDER)?;
        let age = |doc| updated.as_ref().and_then(|c| c.first(doc)).map_or(u64::MAX, |value| !up(value));
        for doc in bits.iter() {
            let place = first.place(doc);
            if after.is_some_and(|after| place < after.0) {
                continue;
            }
            let last = (best.len() == end).then(|| best.peek()).flatten().map(|(place, _)| *place);
            if last.is_some_and(|last| place > last.0) {
                continue;
            }
            let place = (place, age(doc));
            if after.is_some_and(|after| place < (after.0, after.1)) {
                continue;
            }
            if last.is_some_and(|last| place > (last.0, last.1)) {
                continue;
            }
            let place = (place.0, place.1, order.as_ref().and_then(|c| c.first(doc)).unwrap_or(u64::MAX));
            if last.is_some_and(|last| place >= last) || after.is_some_and(|after| place <= after) {
                continue;
            }
            if last.is_some() {
                best.pop();
            }
            best.push((place, DocAddress::new(ord, doc)));
        }
    }
    let sorted = best.into_sorted_vec();
    let end = sorted.last().map(|(place, _)| *place);
    Ok((sorted.into_iter().skip(offset).map(|(_, address)| address).collect(), end))
}
