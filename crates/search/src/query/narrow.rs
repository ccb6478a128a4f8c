//! Conditions that every result meets, or must not meet, and that do not count in its score.

use tantivy::SegmentReader;
use tantivy::schema::Field;

use super::{Ground, Query};
use crate::schema::{Fields, PUBLIC, is_code, region_prefix, trl_levels};
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
    /// Is one of these.
    Among(Vec<String>),
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
        if !query.only_ids.is_empty() {
            all.push(Condition::Among(query.only_ids.clone()));
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
            Self::Among(ids) => {
                let mut any = Bits::of(segment.max_doc());
                for id in ids {
                    each(segment, ground.fields.id, id, |doc| any.insert(doc))?;
                }
                found.keep(&any);
            }
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
