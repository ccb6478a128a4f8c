//! What may be the same as a draft: other drafts of this desk, and listings of the whole network.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catalog::{Kind, Record};
use market::{Alike, DraftRecord, Likeness, MarketError};
use protocol::DocumentId;
use web::desk::view::AlikeView;

use super::Office;
use super::failure::Failure;

/// Listings that are compared with a draft for each thing they are found by.
const COMPARED: usize = 10;
/// Patents of a draft that are looked up.
const LOOKED_UP: usize = 8;
/// What a page points out at the most.
const POINTED_OUT: usize = 10;

impl Office {
    /// What says nearly the same as a draft, of the same kind: neither itself nor the listing that it revises.
    pub(super) fn alike(&self, draft: &DraftRecord) -> Result<Vec<AlikeView>, Failure> {
        let (record, Some(kind)) = (Record::new(draft.fields.clone()), Kind::from_code(draft.kind)) else {
            return Ok(Vec::new());
        };
        let likeness = Likeness::of(&record);
        if likeness.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.listings_alike(draft, &record, kind, &likeness)?;
        self.library().each_draft(&mut |other| {
            let differs = other.id != draft.id && other.kind == draft.kind && other.revises.is_none();
            let why = differs.then(|| likeness.with(&Likeness::of(&Record::new(other.fields.clone()))));
            found.extend(why.flatten().map(|why| AlikeView {
                id: other.id.clone(),
                draft: true,
                title: other.text("title").to_owned(),
                institution: String::new(),
                own: true,
                number: number(why),
            }));
            if found.len() < POINTED_OUT { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        found.truncate(POINTED_OUT);
        Ok(found)
    }

    fn listings_alike(
        &self,
        draft: &DraftRecord,
        record: &Record,
        kind: Kind,
        likeness: &Likeness,
    ) -> Result<Vec<AlikeView>, Failure> {
        let own = self.identity().certificate.body.institution;
        let itself = match &draft.revises {
            Some(revision) => self.library().line(&self.library().newest(&revision.of)?)?,
            None => Vec::new(),
        };
        let patents = record.members("patent").chain(record.members(catalog::kinds::FOREIGN_PATENT));
        let texts = patents.take(LOOKED_UP).chain([record.title()]).filter(|text| !text.is_empty());
        let mut found: BTreeMap<DocumentId, AlikeView> = BTreeMap::new();
        for text in texts {
            let query = search::Query {
                text: text.to_owned(),
                kind: Some(kind.id().to_owned()),
                limit: COMPARED,
                ..search::Query::default()
            };
            for hit in self.find(query).map_err(MarketError::from)?.hits {
                let Ok(id) = hit.id.parse::<DocumentId>() else { continue };
                if itself.contains(&id) || found.contains_key(&id) {
                    continue;
                }
                let Some(listing) = self.library().listing(&id)?.filter(|l| self.shows(l)) else { continue };
                let Some(why) = likeness.with(&Likeness::of(&Record::new(listing.state.flat()))) else {
                    continue;
                };
                let view = AlikeView {
                    id: id.to_string(),
                    draft: false,
                    title: listing.title().to_owned(),
                    institution: listing.institution_name.clone(),
                    own: listing.institution == Some(own),
                    number: number(why),
                };
                found.insert(id, view);
            }
        }
        Ok(found.into_values().collect())
    }
}

fn number(why: Alike) -> String {
    match why {
        Alike::Number(number) => number,
        Alike::Title => String::new(),
    }
}
