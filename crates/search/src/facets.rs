//! How the results divide by kind, region, field, readiness, cooperation, price and institution.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tantivy::columnar::{RowId, StrColumn};
use tantivy::schema::Field;
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocId, SegmentReader};

use crate::limits::{
    MAX_FACET_ORDINALS, MAX_FACET_SET_BYTES, MAX_FACET_VALUES, MAX_SET_CODES, WORDS_A_LOOKUP,
};
use crate::query::Ground;
use crate::schema::{Fields, columns};
use crate::sets::Bits;

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

    /// The field that its codes are found in.
    fn field(self, fields: &Fields) -> Field {
        match self {
            Facet::Kind => fields.kind,
            Facet::Region => fields.region,
            Facet::Field => fields.field,
            Facet::Readiness => fields.trl,
            Facet::Cooperation => fields.cooperation,
            Facet::Price => fields.price,
            Facet::Institution => fields.institution,
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

/// Counts facets of what matches: for each segment, in their order, who does.
///
/// # Errors
/// When the index cannot be read.
pub(crate) fn count(
    ground: &Ground<'_>,
    matching: &[Arc<Bits>],
    facets: &[Facet],
    region: &str,
) -> tantivy::Result<Facets> {
    let mut total: Counts = vec![BTreeMap::new(); facets.len()];
    for (segment, matching) in ground.searcher.segment_readers().iter().zip(matching) {
        let counter = Counter { ground, segment, region, matching, matches: matching.count() };
        if counter.matches == 0 {
            continue;
        }
        for (sum, facet) in total.iter_mut().zip(facets) {
            for (code, count) in counter.count(*facet)? {
                *sum.entry(code).or_default() += count;
            }
        }
    }
    let mut counted = Facets::default();
    for (facet, counts) in facets.iter().zip(total) {
        *counted.of(*facet) = most_frequent(counts);
    }
    Ok(counted)
}

/// What matches in one segment.
struct Counter<'a> {
    ground: &'a Ground<'a>,
    segment: &'a SegmentReader,
    /// The chosen region, without trailing zeros; may be empty.
    region: &'a str,
    matching: &'a Bits,
    matches: usize,
}

impl Counter<'_> {
    fn count(&self, facet: Facet) -> tantivy::Result<Vec<FacetCount>> {
        let Some(column) = self.segment.fast_fields().str(facet.column())? else { return Ok(Vec::new()) };
        let counted = |code: &str| facet != Facet::Region || is_next_level(self.region, code);
        let counts = match self.few_codes(&column, counted)? {
            Some(codes) => self.count_sets(facet, codes)?,
            None => self.count_column(&column)?,
        };
        Ok(counts.into_iter().filter(|(code, count)| *count > 0 && counted(code)).collect())
    }

    /// The codes of a column, when there are so few that it is less work to hold the matches against who carries each of them
    /// than to look up what each match carries.
    fn few_codes(
        &self,
        column: &StrColumn,
        counted: impl Fn(&str) -> bool,
    ) -> tantivy::Result<Option<Vec<String>>> {
        // As terms they are read each time, and as sets all facets are kept side by side.
        let room = MAX_FACET_SET_BYTES / size_of::<u64>();
        if column.num_terms() > MAX_SET_CODES {
            return Ok(None);
        }
        let (mut codes, mut terms) = (Vec::new(), column.dictionary().stream()?);
        while terms.advance() {
            codes.extend(
                std::str::from_utf8(terms.key()).ok().filter(|code| counted(code)).map(str::to_owned),
            );
        }
        let held = codes.len().saturating_mul(self.matching.words());
        Ok((held <= room && held <= self.matches.saturating_mul(WORDS_A_LOOKUP)).then_some(codes))
    }

    fn count_sets(&self, facet: Facet, codes: Vec<String>) -> tantivy::Result<Vec<FacetCount>> {
        let field = facet.field(self.ground.fields);
        let count = |code: String| {
            let carriers = self.ground.sets.carriers(self.segment, field, &code)?;
            let count = self.matching.in_common(&carriers);
            Ok((code, count))
        };
        codes.into_iter().map(count).collect()
    }

    fn count_column(&self, column: &StrColumn) -> tantivy::Result<Vec<FacetCount>> {
        let mut counts = vec![0; column.num_terms().min(MAX_FACET_ORDINALS)];
        let mut found = Rows::default();
        let mut docs = self.matching.iter();
        loop {
            found.docs.clear();
            found.docs.extend(docs.by_ref().take(COLLECT_BLOCK_BUFFER_LEN));
            if found.docs.is_empty() {
                return name_values(column, &counts);
            }
            count_block(column, &mut found, &mut counts);
        }
    }
}

/// Room for what a column is asked and answers, used again for each block: a column gives many values as fast as a few.
#[derive(Default)]
struct Rows {
    docs: Vec<DocId>,
    answered: Vec<DocId>,
    rows: Vec<RowId>,
    ordinals: Vec<u64>,
}

fn count_block(column: &StrColumn, found: &mut Rows, counts: &mut [u64]) {
    let Rows { docs, answered, rows, ordinals } = found;
    answered.clear();
    rows.clear();
    column.ords().row_ids_for_docs(docs, answered, rows);
    ordinals.resize(rows.len(), 0);
    column.ords().values.get_vals(rows, ordinals);
    for ordinal in ordinals.iter() {
        if let Some(count) = usize::try_from(*ordinal).ok().and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
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
