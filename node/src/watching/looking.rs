//! Which of what arrived matches which watch.

use std::collections::BTreeMap;

use market::{Looked, Watch, material};
use protocol::DocumentId;
use search::Query;
use web::SearchRequest;

use crate::office::Office;

/// Arrivals that are looked at in one go: one search a watch.
const ARRIVALS: usize = 500;
/// Results that a search gives at a time.
const PAGE: usize = 100;

impl Office {
    /// Looks at what arrived and is searchable since the last time. True when there may be more.
    ///
    /// # Errors
    /// When the store or the index fails; the next call goes on from the same place.
    pub fn look(&self) -> market::Result<bool> {
        let library = self.library();
        let watches = library.watches()?;
        let looked = match library.looked()? {
            Some(looked) => looked,
            None if watches.is_empty() => return Ok(false),
            // The store was begun anew: all that it held arrives again.
            None => {
                let known_before_ms = library.watch_clock()?.unwrap_or_default().max(1);
                Looked { next: 0, known_before_ms }
            }
        };
        let searchable = self.finder().cursor();
        if watches.is_empty() {
            if searchable > looked.next {
                library.set_looked(Looked { next: searchable, ..looked })?;
            }
            return Ok(false);
        }
        let mut page = library.arrivals(looked.next, ARRIVALS)?;
        page.retain(|(number, _)| *number < searchable);
        let Some((last, _)) = page.last().copied() else { return Ok(false) };
        // A document that came several times is looked at once, as it stands now.
        let arrived: BTreeMap<DocumentId, u64> = page.into_iter().map(|(number, id)| (id, number)).collect();
        for watch in watches.iter().filter(|watch| !watch.paused) {
            let found = self.matching(watch, &arrived, &looked)?;
            if !found.is_empty() {
                self.core().work(|desk| Ok((desk.note_found(&watch.id, &found)?, Vec::new())))?;
            }
        }
        self.core().work(|desk| Ok((desk.note_watch_clock()?, Vec::new())))?;
        library.set_looked(Looked { next: last + 1, ..looked })?;
        Ok(true)
    }

    /// What a watch finds among what arrived, in the order of arrival.
    fn matching(
        &self,
        watch: &Watch,
        arrived: &BTreeMap<DocumentId, u64>,
        looked: &Looked,
    ) -> market::Result<Vec<(DocumentId, [u8; 8])>> {
        let begun_anew = looked.known_before_ms > 0;
        let may = |number: u64| begun_anew || number >= watch.from;
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
                let listing = self.library().listing(&id)?;
                let Some(listing) = listing.filter(|l| self.shows(l) && !l.state.is_withdrawn()) else {
                    continue;
                };
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
