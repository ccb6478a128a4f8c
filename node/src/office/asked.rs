//! What a reader asks for, as a question to the index: pages, feeds, tables and watches ask alike.

use std::collections::BTreeSet;

use catalog::Hall;
use search::Query;
use web::SearchRequest;

use super::Office;

impl Office {
    /// The words and filters of a request, wherever they are looked for.
    pub fn asked(&self, request: &SearchRequest) -> Query {
        Query {
            public_only: true,
            text: request.text.clone(),
            kind: request.kind.clone(),
            region_prefix: request.region.clone(),
            field: request.field.clone(),
            trl: request.trl,
            cooperation: request.cooperation.clone(),
            price: request.price.clone(),
            institution: request.institution.clone(),
            ..Query::default()
        }
    }

    /// The same within a hall.
    pub fn within(&self, query: Query, hall: Option<Hall>) -> Query {
        let Some(hall) = hall else { return query };
        Query {
            kinds: hall.kinds().iter().map(|kind| kind.id().to_owned()).collect(),
            priced: hall == Hall::Trade,
            away_from: if hall == Hall::Beyond { self.provinces() } else { Vec::new() },
            ..query
        }
    }

    /// The provinces where the network is at home: those of its governors, on every node the same. One of the whole country is
    /// at home in all of them.
    fn provinces(&self) -> Vec<String> {
        let roster = self.library().roster();
        let regions = roster.governors.members.iter().map(|governor| governor.institution.region);
        let mut provinces: BTreeSet<String> =
            regions.map(|region| format!("{:02}", region / 10_000)).collect();
        if provinces.contains("00") {
            let all = catalog::region::children(None).iter();
            provinces = all.map(|(code, _)| catalog::region::prefix(code).to_owned()).collect();
        }
        provinces.into_iter().collect()
    }
}
