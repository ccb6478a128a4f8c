//! What stands beside a listing on its page.

use std::sync::Arc;

use catalog::{Kind, Record};
use market::Listing;
use search::Query;
use web::SourceError;
use web::limits::RELATED;
use web::view::Card;

use super::{Site, kind_of};

/// Keywords that a search for related listings goes by: more of them find less that is near.
const WORDS: usize = 4;

/// What stands beside one listing.
#[derive(Default)]
pub(super) struct Related {
    /// Listings about the same matter.
    pub(super) alike: Vec<Card>,
    /// What else its institution offers.
    pub(super) beside: Vec<Card>,
}

impl Site {
    /// Both; the search for what is like it costs more than all the rest of its page.
    pub(super) fn related(&self, listing: &Listing) -> Result<Arc<Related>, SourceError> {
        let now = self.revision();
        self.related.get(&now, &listing.id.to_string(), || {
            Ok(Related { alike: self.alike(listing)?, beside: self.beside(listing)? })
        })
    }

    /// Listings about the same matter, demands beside achievements: by the keywords, or the title where there are none.
    fn alike(&self, listing: &Listing) -> Result<Vec<Card>, SourceError> {
        let record = Record::new(listing.state.flat());
        let keywords: Vec<&str> = record.members("keyword").take(WORDS).collect();
        let text = if keywords.is_empty() { record.title().to_owned() } else { keywords.join(" ") };
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let query = Query { text, ..self.others(listing) };
        Ok(self.find(query)?.1)
    }

    /// What else its institution offers: of an expert the achievements, of a service the services, of an organization all.
    fn beside(&self, listing: &Listing) -> Result<Vec<Card>, SourceError> {
        let kind = match Kind::from_id(&kind_of(listing)) {
            Some(Kind::Expert) => Some(Kind::Achievement),
            Some(Kind::Service) => Some(Kind::Service),
            Some(Kind::Organization) => None,
            _ => return Ok(Vec::new()),
        };
        let Some(institution) = listing.institution else { return Ok(Vec::new()) };
        let query = Query {
            kind: kind.map(|kind| kind.id().to_owned()),
            institution: Some(institution.to_string()),
            ..self.others(listing)
        };
        Ok(self.find(query)?.1)
    }

    fn others(&self, listing: &Listing) -> Query {
        Query {
            public_only: true,
            without_ids: vec![listing.id.to_string()],
            limit: RELATED,
            ..Query::default()
        }
    }
}
