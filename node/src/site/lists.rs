//! Lists for the pages: the first page, the halls, suggestions.

use std::sync::Arc;

use catalog::{Hall, Kind, Record};
use market::Listing;
use protocol::{DocumentId, InstitutionId, Peer, Visibility};
use search::{Facet, FacetCount, Query};
use web::limits::{BUCKETS_LISTED, NEWEST_ON_HOME, SUGGESTIONS};
use web::view::{Bucket, Card, HomeView, NamedBucket, Names, SearchView};
use web::{SearchRequest, SourceError};

use super::kept::Revision;
use super::{Site, failed, kind_of};

/// Characters of a summary that a card carries: more than any page draws.
const SUMMARY_CHARS: usize = 400;

fn bucket((value, listings): FacetCount) -> Bucket {
    Bucket { value, listings }
}

fn buckets(counts: Vec<FacetCount>) -> Vec<Bucket> {
    counts.into_iter().take(BUCKETS_LISTED).map(bucket).collect()
}

impl Site {
    /// What a list is made from; looked up before the list is.
    pub(super) fn revision(&self) -> Revision {
        Revision { cursor: self.office.finder().revision(), roster: self.office.library().roster() }
    }

    pub(super) fn home_list(&self) -> Result<HomeView, SourceError> {
        let now = self.revision();
        let made = self.homes.get(&now, "", || self.make_home())?;
        // Nodes come and go without anything changing in the index.
        let node = self.node(made.node.listings);
        Ok(HomeView { node, ..HomeView::clone(&made) })
    }

    fn make_home(&self) -> Result<HomeView, SourceError> {
        let query = Query {
            public_only: true,
            limit: NEWEST_ON_HOME,
            sort: search::Sort::Newest,
            ..Query::default()
        };
        let (results, newest) = self.find(query)?;
        let halls = self.halls(Query { public_only: true, ..Query::default() })?;
        Ok(HomeView { node: self.node(results.total as u64), halls, newest })
    }

    pub(super) fn list(&self, request: &SearchRequest) -> Result<SearchView, SourceError> {
        let now = self.revision();
        let made = self.lists.get(&now, &request.href(), || self.make_list(request))?;
        Ok(SearchView::clone(&made))
    }

    fn make_list(&self, request: &SearchRequest) -> Result<SearchView, SourceError> {
        let query = Query {
            offset: request.offset() as usize,
            limit: request.limit() as usize,
            sort: sort_of(request.sort),
            facets: Facet::ALL.to_vec(),
            ..self.office.asked(request)
        };
        let (results, cards) = self.find(self.office.within(query, request.hall))?;
        // The other halls stay in sight, with what they hold for the same words.
        let halls = self.halls(Query { kind: None, ..self.office.asked(request) })?;
        let facets = results.facets;
        let institution = request.institution.as_deref().map(|id| self.institution_name(id));
        Ok(SearchView {
            total: results.total as u64,
            complete: results.complete as u64,
            cards,
            halls,
            kinds: buckets(facets.kind),
            regions: buckets(facets.region),
            fields: buckets(facets.field),
            trl: buckets(facets.trl),
            cooperation: buckets(facets.cooperation),
            prices: buckets(facets.price),
            institutions: self.named(facets.institution),
            institution: institution.unwrap_or_default(),
        })
    }

    pub(super) fn suggestions(&self, request: &SearchRequest) -> Result<Vec<Card>, SourceError> {
        let query = Query { typing: true, limit: SUGGESTIONS, ..self.office.asked(request) };
        Ok(self.find(self.office.within(query, request.hall))?.1)
    }

    /// How many listings each hall holds of what `query` finds. A listing has one kind, so most halls follow from one count.
    fn halls(&self, query: Query) -> Result<Vec<Bucket>, SourceError> {
        let count = |query: Query| self.office.find(Query { limit: 0, offset: 0, ..query }).map_err(failed);
        let kinds = count(Query { facets: vec![Facet::Kind], ..query.clone() })?.facets.kind;
        let of_kind = |kind: &Kind| kinds.iter().find(|(id, _)| id == kind.id()).map_or(0, |(_, n)| *n);
        let mut halls = Vec::with_capacity(Hall::ALL.len());
        for hall in Hall::ALL {
            let listings = match hall {
                Hall::Trade | Hall::Beyond => {
                    count(self.office.within(query.clone(), Some(hall)))?.total as u64
                }
                _ => hall.kinds().iter().map(of_kind).sum(),
            };
            halls.push(Bucket { value: hall.id().to_owned(), listings });
        }
        Ok(halls)
    }

    fn named(&self, counts: Vec<FacetCount>) -> Vec<NamedBucket> {
        let named = |(value, listings): FacetCount| {
            let name = self.institution_name(&value);
            NamedBucket { value, name, listings }
        };
        counts.into_iter().take(BUCKETS_LISTED).map(named).collect()
    }

    /// The name of an institution as the roster has it; empty when it is not there.
    fn institution_name(&self, id: &str) -> String {
        let Ok(id) = id.parse::<InstitutionId>() else { return String::new() };
        let market = self.office.market_of(&id);
        let office = market.as_ref().map_or(&self.office, |market| &market.office);
        let roster: Arc<_> = office.library().roster();
        roster.members.get(&id).map(|member| member.institution.name.clone()).unwrap_or_default()
    }

    pub(super) fn find(&self, query: Query) -> Result<(search::Results, Vec<Card>), SourceError> {
        let results = self.office.find(query).map_err(failed)?;
        let mut cards = Vec::with_capacity(results.hits.len());
        for hit in &results.hits {
            let Ok(id) = hit.id.parse::<DocumentId>() else { continue };
            // A peer market's page lists what this node finds anywhere.
            let whole = self.office.host();
            let office = whole.as_ref().unwrap_or(&self.office);
            let Some((listing, market)) = office.listed(&id).map_err(failed)? else { continue };
            if listing.log.shelf.visibility == Visibility::Public {
                cards.push(Card {
                    market: market.map(|market| name_of(&market.peer)).unwrap_or_default(),
                    ..card(&listing)
                });
            }
        }
        Ok((results, cards))
    }
}

/// A peer market's name.
pub(crate) fn name_of(peer: &Peer) -> Names {
    Names::new(&peer.charter.name_zh, &peer.charter.name_en)
}

/// The order that a page asks for.
pub(super) fn sort_of(sort: web::Sort) -> search::Sort {
    match sort {
        web::Sort::Relevance => search::Sort::Relevance,
        web::Sort::Newest => search::Sort::Newest,
        web::Sort::Cheapest => search::Sort::Cheapest,
        web::Sort::Dearest => search::Sort::Dearest,
        web::Sort::Ripest => search::Sort::Ripest,
    }
}

/// A listing in a list.
pub(crate) fn card(listing: &Listing) -> Card {
    let record = Record::new(listing.state.flat());
    let kind = kind_of(listing);
    let facets = Kind::from_id(&kind).map(|kind| catalog::facets::of(kind, &record)).unwrap_or_default();
    Card {
        id: listing.id.to_string(),
        kind,
        title: listing.title().to_owned(),
        summary: record.text("summary").unwrap_or_default().chars().take(SUMMARY_CHARS).collect(),
        institution: listing.institution_name.clone(),
        region: facets.region.unwrap_or_default(),
        country: facets.country.unwrap_or_default(),
        fields: facets.fields,
        trl: facets.trl,
        price: (facets.price.low, facets.price.high),
        negotiable: facets.price.negotiable,
        has_more: listing.has_more(),
        market: Names::default(),
        updated_ms: listing.updated_ms,
    }
}
