//! How the results divide by kind, region, field, readiness and cooperation.

use std::collections::BTreeMap;

use serde::Serialize;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::StrColumn;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::limits::{MAX_FACET_ORDINALS, MAX_FACET_VALUES};
use crate::schema::columns;

/// A code and how many of the results carry it.
pub type FacetCount = (String, u64);

/// How the results divide. Every list is sorted by count, then by code, and holds at most
/// [`MAX_FACET_VALUES`](crate::limits::MAX_FACET_VALUES). A document counts once per value that it carries, so that the sums
/// can exceed the number of results. Counted over the results as filtered: a facet whose filter is set shows what goes with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// By kind.
    pub kind: Vec<FacetCount>,
    /// By the next level of regions below the chosen one: two digits (province) when none is chosen, four (prefecture) below a
    /// province, six (county) below a prefecture. Documents of the chosen region as a whole are in none of them.
    pub region: Vec<FacetCount>,
    /// By technical field.
    pub field: Vec<FacetCount>,
    /// By readiness level; a document counts at each level of its span.
    pub trl: Vec<FacetCount>,
    /// By cooperation mode.
    pub cooperation: Vec<FacetCount>,
}

/// The columns counted, in the order of [`Counts`].
const COLUMNS: [&str; 5] =
    [columns::KIND, columns::REGION, columns::FIELD, columns::TRL, columns::COOPERATION];

/// Counts per column, by code.
type Counts = [BTreeMap<String, u64>; COLUMNS.len()];

/// Counts the facets of whatever matches.
pub(crate) struct Counter {
    /// The chosen region, without trailing zeros; may be empty.
    pub region: String,
}

/// The counts of one segment, by the ordinal of the value in its column.
pub(crate) struct SegmentCounter {
    columns: Vec<Option<(StrColumn, Vec<u64>)>>,
    region: String,
}

impl Collector for Counter {
    type Fruit = Facets;
    type Child = SegmentCounter;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentCounter> {
        let open = |name: &&str| -> tantivy::Result<Option<(StrColumn, Vec<u64>)>> {
            let column = segment.fast_fields().str(name)?;
            Ok(column.map(|column| {
                let values = column.num_terms().min(MAX_FACET_ORDINALS);
                (column, vec![0; values])
            }))
        };
        let columns = COLUMNS.iter().map(open).collect::<tantivy::Result<_>>()?;
        Ok(SegmentCounter { columns, region: self.region.clone() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Counts>>) -> tantivy::Result<Facets> {
        let mut total = Counts::default();
        for segment in segments {
            for (sum, counts) in total.iter_mut().zip(segment?) {
                for (code, count) in counts {
                    *sum.entry(code).or_default() += count;
                }
            }
        }
        let [kind, region, field, trl, cooperation] = total.map(most_frequent);
        Ok(Facets { kind, region, field, trl, cooperation })
    }
}

impl SegmentCollector for SegmentCounter {
    type Fruit = tantivy::Result<Counts>;

    fn collect(&mut self, doc: DocId, _: Score) {
        for (column, counts) in self.columns.iter_mut().flatten() {
            for ordinal in column.term_ords(doc) {
                if let Some(count) = usize::try_from(ordinal).ok().and_then(|ordinal| counts.get_mut(ordinal))
                {
                    *count += 1;
                }
            }
        }
    }

    fn harvest(self) -> tantivy::Result<Counts> {
        let mut harvest = Counts::default();
        for ((column, name), named) in self.columns.iter().zip(COLUMNS).zip(harvest.iter_mut()) {
            let Some((column, counts)) = column else { continue };
            for (code, count) in name_values(column, counts)? {
                if name != columns::REGION || is_next_level(&self.region, &code) {
                    named.insert(code, count);
                }
            }
        }
        Ok(harvest)
    }
}

/// The codes of the ordinals that were met.
fn name_values(column: &StrColumn, counts: &[u64]) -> tantivy::Result<Vec<FacetCount>> {
    let met: Vec<(u64, u64)> =
        (0_u64..).zip(counts.iter().copied()).filter(|(_, count)| *count > 0).collect();
    let ordinals: Vec<u64> = met.iter().map(|(ordinal, _)| *ordinal).collect();
    let mut codes = Vec::with_capacity(met.len());
    column
        .dictionary()
        .sorted_ords_to_term_cb(&ordinals, |bytes| codes.push(String::from_utf8_lossy(bytes).into_owned()))?;
    Ok(codes.into_iter().zip(met.into_iter().map(|(_, count)| count)).collect())
}

/// Whether `code` is one level below the region `chosen`.
fn is_next_level(chosen: &str, code: &str) -> bool {
    let digits = code.bytes().all(|b| b.is_ascii_digit());
    let wanted = [2, 4, 6].into_iter().find(|len| *len > chosen.len());
    code.starts_with(chosen)
        && match wanted {
            Some(len) if digits => code.len() == len,
            Some(_) => chosen.is_empty(),
            None => code.len() > chosen.len(),
        }
}

fn most_frequent(counts: BTreeMap<String, u64>) -> Vec<FacetCount> {
    let mut counts: Vec<FacetCount> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.truncate(MAX_FACET_VALUES);
    counts
}
