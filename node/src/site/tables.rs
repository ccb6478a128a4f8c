//! Lists as tables that anyone may keep: what a search finds, and all that there is of a kind.

use std::io::Write;
use std::time::Duration;

use catalog::{Hall, Kind, Lang, Record};
use market::{Listing, Place, Sought};
use protocol::Visibility;
use search::Query;
use web::{SearchRequest, SourceError};

use super::{Site, failed};
use crate::office::Failure;
use crate::table::{self, Shelf};

/// How long a table of everything waits until the list of changes is made; it is written beside the pages.
const CATCH_UP: Duration = Duration::from_secs(60);

/// What a search finds, for a table that anyone may keep.
struct Found<'a> {
    site: &'a Site,
    query: Query,
}

impl Shelf for Found<'_> {
    fn ids(&mut self, offset: usize, limit: usize) -> Result<(Vec<String>, bool), Failure> {
        let query = Query { offset, limit, ..self.query.clone() };
        let results = self.site.office.find(query).map_err(market::MarketError::from)?;
        let more = results.hits.len() == limit;
        Ok((results.hits.into_iter().map(|hit| hit.id).collect(), more))
    }

    fn record(&mut self, id: &str) -> Result<Option<Record>, Failure> {
        let Ok(id) = id.parse() else { return Ok(None) };
        // What a peer market gives stands in lists too.
        let listing = self.site.office.listed(&id)?.map(|(listing, _)| listing);
        Ok(listing.filter(|l| l.log.shelf.visibility == Visibility::Public).map(|listing| plain(&listing)))
    }
}

/// All that there is of a kind, however much: what the list of changes knows, in its order.
struct Whole<'a> {
    site: &'a Site,
    kind: Kind,
    after: Option<Place>,
}

impl Shelf for Whole<'_> {
    fn ids(&mut self, offset: usize, limit: usize) -> Result<(Vec<String>, bool), Failure> {
        if offset == 0 {
            self.after = None;
        }
        let sought = Sought { kind: Some(self.kind.code()), ..Sought::default() };
        let page = self.site.office.changes().page(self.site.office.library(), &sought, self.after, limit)?;
        self.after = page.next;
        let shown = page.changes.iter().filter(|change| change.shown);
        Ok((shown.map(|change| change.id.to_string()).collect(), page.next.is_some()))
    }

    fn record(&mut self, id: &str) -> Result<Option<Record>, Failure> {
        self.site.public_record(id)
    }

    fn is_whole(&self) -> bool {
        true
    }
}

/// What a listing says, without what is about it.
fn plain(listing: &Listing) -> Record {
    let mut fields = listing.state.flat();
    fields.retain(|key, _| !key.starts_with('_'));
    Record::new(fields)
}

/// Whether a search asks for nothing but a kind: then a table has all of it.
fn asks_for_all(request: &SearchRequest) -> bool {
    let bare =
        SearchRequest { kind: None, hall: None, page: 1, sort: web::Sort::default(), ..request.clone() };
    let divides = request.hall.is_some_and(|hall| matches!(hall, Hall::Trade | Hall::Beyond));
    bare == (SearchRequest { page: 1, ..SearchRequest::default() }) && !divides
}

impl Site {
    /// What a listing says to anyone; `None` of one that is not shown.
    fn public_record(&self, id: &str) -> Result<Option<Record>, Failure> {
        let Ok(id) = id.parse() else { return Ok(None) };
        let shows = |listing: &Listing| self.office.shows_publicly(listing) && !listing.state.is_withdrawn();
        let listing = self.office.library().listing(&id)?.filter(shows);
        Ok(listing.map(|listing| plain(&listing)))
    }

    /// Whether a search finds more than a table of its results holds.
    fn is_large(&self, query: &Query) -> Result<bool, SourceError> {
        let found = self.office.find(Query { limit: 0, ..query.clone() }).map_err(failed)?;
        Ok(found.total > table::MAX_LISTINGS)
    }

    pub(super) fn write_table(
        &self,
        request: &SearchRequest,
        form: web::view::TableForm,
        zh: bool,
        out: &mut dyn Write,
    ) -> Result<(), SourceError> {
        let kind = request.kind.as_deref().and_then(Kind::from_id);
        let kind = kind.ok_or_else(|| SourceError::Failed("a table holds one kind".to_owned()))?;
        let query = self.office.within(self.office.asked(request), request.hall);
        let folder = self.office.scratch().map_err(failed)?;
        let lang = if zh { Lang::Zh } else { Lang::En };
        let form = table::form_of(form);
        // What peer markets give is in the first, and was never written in the list of changes.
        let written = if asks_for_all(request) && self.is_large(&query)? {
            self.take_in_changes_for(CATCH_UP)?;
            let mut shelf = Whole { site: self, kind, after: None };
            table::write(&mut shelf, kind, lang, form, out, &folder)
        } else {
            table::write(&mut Found { site: self, query }, kind, lang, form, out, &folder)
        };
        written.map(drop).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_alone_asks_for_all_of_it_and_anything_else_for_what_a_search_finds() {
        let asks = |target: &str| asks_for_all(&SearchRequest::from_uri(&target.parse().unwrap()));
        assert!(
            asks("/table?kind=demand&form=csv") && asks("/table?hall=achievement&kind=achievement&sort=new")
        );
        for narrower in
            ["q=x", "region=42", "trl=4-6", "price=negotiable", "field=x", "mode=transfer", "hall=trade"]
        {
            assert!(!asks(&format!("/table?kind=achievement&{narrower}")), "{narrower}");
        }
    }
}
