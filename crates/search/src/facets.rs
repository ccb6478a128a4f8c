//! How the results divide by kind, region, field, readiness, cooperation, price and institution.

use std::collections::BTreeMap;

use serde::Serialize;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{RowId, StrColumn};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocId, Score, SegmentOrdinal, SegmentReader};

use crate::limits::{MAX_FACET_ORDINALS, MAX_FACET_VALUES};
use crate::schema::columns;

/// A code and how many of the results carry it.
pub type FacetCount = (String, u64);

/// How the results divide. Every list is sorted by count, then by code, and holds at most
/// [`MAX_FACET_VALUES`](crate::limits::MAX_FACET_VALUES). A document counts once per value that it carries, so that the sums
/// can exceed the number of results.
///
/// Each list is counted without the filter on itself, and with all others: the number at a code is what the query finds once
/// its filter is set to that code, as long as it is answered in the same way (see [`Results::complete`](crate::Results)). Of
/// regions, those below the chosen one are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// By kind.
    pub kind: Vec<FacetCount>,
    /// By the next level of regions below the chosen one: two digits (province) when none is chosen, four (prefecture) below a
    /// province, six (county) below a prefecture. Documents of the chosen region as a whole are in none of them.
    pub region: Vec<FacetCount>,
    /// By technical field.
    pub field: Vec<FacetCount>,
    /// By readiness level, and by the thirds `1-3`, `4-6`, `7-9`; a document counts at each level and third of its span.
    pub trl: Vec<FacetCount>,
    /// By cooperation mode.
    pub cooperation: Vec<FacetCount>,
    /// By the codes of what it costs.
    pub price: Vec<FacetCount>,
    /// By institution.
    pub institution: Vec<FacetCount>,
}

/// One of the ways in which results divide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    /// By kind.
    Kind,
    /// By region.
    Region,
    /// By technical field.
    Field,
    /// By readiness.
    Readiness,
    /// By cooperation mode.
    Cooperation,
    /// By what it costs.
    Price,
    /// By institution.
    Institution,
}

impl Facet {
    /// All of them.
    pub const ALL: [Facet; 7] = [
        Facet::Kind,
        Facet::Region,
        Facet::Field,
        Facet::Readiness,
        Facet::Cooperation,
        Facet::Price,
        Facet::Institution,
    ];

    /// The column that it is counted from.
    fn column(self) -> &'static str {
        match self {
            Facet::Kind => columns::KIND,
            Facet::Region => columns::REGION,
            Facet::Field => columns::FIELD,
            Facet::Readiness => columns::TRL,
            Facet::Cooperation => columns::COOPERATION,
            Facet::Price => columns::PRICE,
            Facet::Institution => columns::INSTITUTION,
        }
    }
}

impl Facets {
    /// The list of one of them.
    pub(crate) fn of(&mut self, facet: Facet) -> &mut Vec<FacetCount> {
        match facet {
            Facet::Kind => &mut self.kind,
            Facet::Region => &mut self.region,
            Facet::Field => &mut self.field,
            Facet::Readiness => &mut self.trl,
            Facet::Cooperation => &mut self.cooperation,
            Facet::Price => &mut self.price,
            Facet::Institution => &mut self.institution,
        }
    }
}

/// Counts of the facets that were asked for, in their order, by code.
type Counts = Vec<BTreeMap<String, u64>>;

/// Counts some facets of whatever matches.
pub(crate) struct Counter {
    /// Which.
    pub facets: Vec<Facet>,
    /// The chosen region, without trailing zeros; may be empty.
    pub region: String,
}

/// A column and how often each of its ordinals was met.
type Counted = (StrColumn, Vec<u64>);

/// The counts of one segment, by the ordinal of the value in its column.
pub(crate) struct SegmentCounter {
    columns: Vec<(Facet, Option<Counted>)>,
    region: String,
    /// Documents that came one by one and are counted together: a column gives many values as fast as a few.
    waiting: Vec<DocId>,
    rows: Rows,
}

/// Room for what columns are asked and answer, used again for each block.
#[derive(Default)]
struct Rows {
    docs: Vec<DocId>,
    rows: Vec<RowId>,
    ordinals: Vec<u64>,
}

impl Collector for Counter {
    type Fruit = Facets;
    type Child = SegmentCounter;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentCounter> {
        let open = |facet: &Facet| -> tantivy::Result<_> {
            let column = segment.fast_fields().str(facet.column())?;
            let counted = column.map(|column| {
                let values = column.num_terms().min(MAX_FACET_ORDINALS);
                (column, vec![0; values])
            });
            Ok((*facet, counted))
        };
        let columns = self.facets.iter().map(open).collect::<tantivy::Result<_>>()?;
        let region = self.region.clone();
        Ok(SegmentCounter { columns, region, waiting: Vec::new(), rows: Rows::default() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Counts>>) -> tantivy::Result<Facets> {
        let mut total: Counts = vec![BTreeMap::new(); self.facets.len()];
        for segment in segments {
            for (sum, counts) in total.iter_mut().zip(segment?) {
                for (code, count) in counts {
                    *sum.entry(code).or_default() += count;
                }
            }
        }
        let mut facets = Facets::default();
        for (facet, counts) in self.facets.iter().zip(total) {
            *facets.of(*facet) = most_frequent(counts);
        }
        Ok(facets)
    }
}

impl SegmentCollector for SegmentCounter {
    type Fruit = tantivy::Result<Counts>;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.waiting.push(doc);
        if self.waiting.len() == COLLECT_BLOCK_BUFFER_LEN {
            self.count_waiting();
        }
    }

    fn collect_block(&mut self, docs: &[DocId]) {
        let Rows { docs: found, rows, ordinals } = &mut self.rows;
        for (column, counts) in self.columns.iter_mut().filter_map(|(_, counted)| counted.as_mut()) {
            found.clear();
            rows.clear();
            column.ords().row_ids_for_docs(docs, found, rows);
            ordinals.resize(rows.len(), 0);
            column.ords().values.get_vals(rows, ordinals);
            for ordinal in ordinals.iter() {
                if let Some(count) = usize::try_from(*ordinal).ok().and_then(|at| counts.get_mut(at)) {
                    *count += 1;
                }
            }
        }
    }

    fn harvest(mut self) -> tantivy::Result<Counts> {
        self.count_waiting();
        let named = |(facet, counted): &(Facet, Option<Counted>)| {
            let Some((column, counts)) = counted else { return Ok(BTreeMap::new()) };
            let mut named: BTreeMap<String, u64> = name_values(column, counts)?.into_iter().collect();
            if *facet == Facet::Region {
                named.retain(|code, _| is_next_level(&self.region, code));
            }
            Ok(named)
        };
        self.columns.iter().map(named).collect()
    }
}

impl SegmentCounter {
    fn count_waiting(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.collect_block(&waiting);
        waiting.clear();
        self.waiting = waiting;
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
