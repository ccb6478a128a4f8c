//! Which of what arrived matches which watch.

use std::collections::BTreeMap;
use std::sync::Arc;

use market::{Library, Listing, Looked, Watch, material};
use protocol::DocumentId;
use search::Query;
use web::SearchRequest;

use crate::abroad::Market;
use crate::office::Office;

/// Arrivals that are looked at in one go: one search a watch.
const ARRIVALS: usize = 500;
/// Results that a search gives at a time.
const PAGE: usize = 100;

/// Where watches look: at what arrived of this network, or of a peer market.
struct Place<'a> {
    library: &'a Library,
    market: Option<&'a Market>,
    /// Arrivals there that are in the index.
    searchable: u64,
}

impl Office {
    /// Looks at what arrived and is searchable since the last time, here and in peer markets. True when there may be more.
    ///
    /// # Errors
    /// When a store or the index fails; the next call goes on from the same place.
    pub fn look(&self) -> market::Result<bool> {
        let watches = self.library().watches()?;
        let here = Place { library: self.library(), market: None, searchable: self.finder().cursor() };
        let mut more = self.look_in(&here, &watches)?;
        for market in self.markets() {
            let library = market.office.library();
            let there = Place { library, market: Some(&market), searchable: market.found() };
            more |= self.look_in(&there, &watches)?;
        }
        Ok(more)
    }

    fn look_in(&self, place: &Place<'_>, watches: &[Watch]) -> market::Result<bool> {
        let looked = match place.library.looked()? {
            Some(looked) => looked,
            None if watches.is_empty() => return Ok(false),
            // The store was begun anew: all that it held arrives again. So it is with a market that is opened: what it had before is
            // no news.
            None => {
                let known_before_ms = self.library().watch_clock()?.unwrap_or_default().max(1);
                Looked { next: 0, known_before_ms }
            }
        };
        if watches.is_empty() {
            if place.searchable > looked.next {
                place.library.set_looked(Looked { next: place.searchable, ..looked })?;
            }
            return Ok(false);
        }
        let mut page = place.library.arrivals(looked.next, ARRIVALS)?;
        page.retain(|(number, _)| *number < place.searchable);
        let Some((last, _)) = page.last().copied() else { return Ok(false) };
        // A document that came several times is looked at once, as it stands now.
        let arrived: BTreeMap<DocumentId, u64> = page.into_iter().map(|(number, id)| (id, number)).collect();
        let looks = |watch: &&Watch| !watch.paused && (watch.abroad || place.market.is_none());
        for watch in watches.iter().filter(looks) {
            let found = self.matching(watch, place, &arrived, &looked)?;
            if !found.is_empty() {
                self.core().work(|desk| Ok((desk.note_found(&watch.id, &found)?, Vec::new())))?;
            }
        }
        self.core().work(|desk| Ok((desk.note_watch_clock()?, Vec::new())))?;
        place.library.set_looked(Looked { next: last + 1, ..looked })?;
        Ok(true)
    }

    /// A listing as those see it who watch for it, with the peer market that gives it; `None` when it is not there for them.
    pub(super) fn watched(
        &self,
        watch: &Watch,
        id: &DocumentId,
    ) -> market::Result<Option<(Listing, Option<Arc<Market>>)>> {
        let listed = self.listed(id)?.filter(|(listing, _)| !listing.state.is_withdrawn());
        Ok(listed.filter(|(_, market)| watch.abroad || market.is_none()))
    }

    /// What a watch finds among what arrived, in the order of arrival.
    fn matching(
        &self,
        watch: &Watch,
        place: &Place<'_>,
        arrived: &BTreeMap<DocumentId, u64>,
        looked: &Looked,
    ) -> market::Result<Vec<(DocumentId, [u8; 8])>> {
        let begun_anew = looked.known_before_ms > 0;
        // A watch counts the arrivals of its own network.
        let may = |number: u64| begun_anew || place.market.is_some() || number >= watch.from;
        let ids: Vec<String> =
            arrived.iter().filter(|(_, number)| may(**number)).map(|(id, _)| id.to_string()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let request = SearchRequest::from_parameters(&watch.asks);
        // At the desk what is for members is found too.
        let asked = Query { public_only: false, only_ids: ids, whole: true, ..self.asked(&request) };
        let query = Query { sort: search::Sort::Newest, limit: PAGE, ..self.within(asked, request.hall) };
        let (mut found, mut offset) = (Vec::new(), 0);
        loop {
            let results = self.find(Query { offset, ..query.clone() })?;
            for hit in &results.hits {
                let Ok(id) = hit.id.parse::<DocumentId>() else { continue };
                let Some((listing, _)) = self.watched(watch, &id)? else { continue };
                let old = begun_anew && listing.updated_ms < looked.known_before_ms;
                if old && self.library().found_of(&watch.id, &id)?.is_none() {
                    continue;
                }
                found.push((arrived.get(&id).copied().unwrap_or_default(), id, material(&listing)));
            }
            offset += PAGE;
            if results.hits.len() < PAGE || offset >= ARRIVALS {
                break;
            }
        }
        found.sort_unstable_by_key(|(number, ..)| *number);
        Ok(found.into_iter().map(|(_, id, digest)| (id, digest)).collect())
    }
}
