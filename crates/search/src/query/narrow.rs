//! Conditions that every result meets, or must not meet, and that do not count in its score: as a query tree, and as sets.

use tantivy::Term;
use tantivy::query::{
    AllScorer, ConstScorer, EnableScoring, ExistsQuery, Explanation, Occur, Query as Tree, Scorer, TermQuery,
    TermSetQuery, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, Score, SegmentReader};

use super::{Ground, Query};
use crate::schema::{Fields, PUBLIC, columns, is_code, region_prefix, trl_levels};
use crate::sets::{Bits, each};

/// Conditions of a query.
pub(super) struct Filters(Vec<Condition>);

enum Condition {
    /// Carries one of these codes.
    Some(Field, Vec<String>),
    /// Carries none of them.
    None(Field, Vec<String>),
    /// Names a price.
    Priced,
}

impl Filters {
    /// Those of a query; nothing if no document can meet them.
    pub(super) fn of(query: &Query, fields: &Fields) -> Option<Self> {
        let codes = [
            (fields.kind, &query.kind),
            (fields.field, &query.field),
            (fields.cooperation, &query.cooperation),
            (fields.price, &query.price),
            (fields.institution, &query.institution),
            (fields.lang, &query.lang),
        ];
        let mut all: Vec<Condition> = Vec::new();
        for (field, code) in codes {
            if let Some(code) = code {
                if !is_code(code) {
                    return None;
                }
                all.push(Condition::Some(field, vec![code.clone()]));
            }
        }
        if query.public_only {
            all.push(Condition::Some(fields.public, vec![PUBLIC.to_owned()]));
        }
        if query.priced {
            all.push(Condition::Priced);
        }
        if !query.kinds.is_empty() {
            all.push(Condition::Some(fields.kind, query.kinds.clone()));
        }
        match query.region_prefix.as_deref().map(region_prefix) {
            None | Some("") => {}
            Some(prefix) if is_code(prefix) => {
                all.push(Condition::Some(fields.region, vec![prefix.to_owned()]));
            }
            Some(_) => return None,
        }
        if query.trl.is_some() {
            let levels: Vec<String> = trl_levels(query.trl).iter().map(u8::to_string).collect();
            if levels.is_empty() {
                return None;
            }
            all.push(Condition::Some(fields.trl, levels));
        }
        let away: Vec<String> =
            query.away_from.iter().map(|region| region_prefix(region).to_owned()).collect();
        if away.iter().any(String::is_empty) {
            return None;
        }
        let without = [
            (fields.region, &away),
            (fields.institution, &query.without_institutions),
            (fields.id, &query.without_ids),
            (fields.objected_by, &query.without_objected_by),
        ];
        let without = without.into_iter().filter(|(_, codes)| !codes.is_empty());
        all.extend(without.map(|(field, codes)| Condition::None(field, codes.clone())));
        Some(Self(all))
    }

    /// As clauses of a tree.
    pub(super) fn clauses(&self) -> Vec<(Occur, Box<dyn Tree>)> {
        self.0.iter().map(Condition::clause).collect()
    }

    /// Takes out of `found` what does not meet them.
    pub(super) fn narrow(
        &self,
        ground: &Ground<'_>,
        segment: &SegmentReader,
        found: &mut Bits,
    ) -> tantivy::Result<()> {
        self.0.iter().try_for_each(|condition| condition.narrow(ground, segment, found))
    }
}

impl Condition {
    fn clause(&self) -> (Occur, Box<dyn Tree>) {
        match self {
            Self::Some(field, codes) => (Occur::Must, Box::new(Unscored(any_of(*field, codes)))),
            Self::None(field, codes) => (Occur::MustNot, any_of(*field, codes)),
            Self::Priced => {
                let priced = Box::new(ExistsQuery::new(columns::PRICE.to_owned(), false));
                (Occur::Must, Box::new(Unscored(priced)))
            }
        }
    }

    fn narrow(&self, ground: &Ground<'_>, segment: &SegmentReader, found: &mut Bits) -> tantivy::Result<()> {
        let sets = ground.sets;
        match self {
            Self::Some(field, codes) => match codes.as_slice() {
                [code] => found.keep(sets.carriers(segment, *field, code)?.as_ref()),
                codes => {
                    let mut any = Bits::of(segment.max_doc());
                    for code in codes {
                        any.add(sets.carriers(segment, *field, code)?.as_ref());
                    }
                    found.keep(&any);
                }
            },
            // An id has one carrier, and is not asked for again: no set is made of it.
            Self::None(field, codes) if *field == ground.fields.id => {
                for code in codes {
                    each(segment, *field, code, |doc| found.remove(doc))?;
                }
            }
            Self::None(field, codes) => {
                for code in codes {
                    found.take_out(sets.carriers(segment, *field, code)?.as_ref());
                }
            }
            Self::Priced => found.keep(sets.priced(segment, ground.fields.price)?.as_ref()),
        }
        Ok(())
    }
}

/// Whatever carries one of these codes.
fn any_of(field: Field, codes: &[String]) -> Box<dyn Tree> {
    let term = |code: &String| Term::from_field_text(field, code);
    match codes {
        [code] => Box::new(TermQuery::new(term(code), IndexRecordOption::Basic)),
        codes => Box::new(TermSetQuery::new(codes.iter().map(term))),
    }
}

/// A condition that adds nothing to a score. Where all documents of a segment meet it, it costs nothing there: a constant score
/// around it would hide that from the library beneath.
#[derive(Debug)]
pub(super) struct Unscored(pub(super) Box<dyn Tree>);

impl Clone for Unscored {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

impl Tree for Unscored {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let without = match scoring {
            EnableScoring::Enabled { searcher, .. } => EnableScoring::disabled_from_searcher(searcher),
            disabled @ EnableScoring::Disabled { .. } => disabled,
        };
        Ok(Box::new(UnscoredWeight(self.0.weight(without)?)))
    }
}

struct UnscoredWeight(Box<dyn Weight>);

impl Weight for UnscoredWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let scorer = self.0.scorer(segment, boost)?;
        if scorer.is::<AllScorer>() { Ok(scorer) } else { Ok(Box::new(ConstScorer::new(scorer, 0.0))) }
    }

    fn explain(&self, segment: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(segment, doc)
    }
}
