//! What anyone may see here, in the order in which it changed here: what harvesters, feeds and copies of the catalogue follow.
//!
//! Derived, and made only when somebody asks: nobody who is not harvested pays for it. Each public document has one row, at the
//! place of its last change; a change takes it to the end. So whoever has read up to a place has missed nothing before it, however
//! much moves meanwhile, and going on from a place costs the same wherever it lies. What is no longer shown keeps its row, as gone.
//!
//! Times are this node's own, when it saw the change: an author's clock says nothing of when others could have heard. They never run
//! backwards, whatever the node's clock does.

mod rows;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use catalog::Kind;
use protocol::{DocumentId, InstitutionId, MemberState, Roster, Visibility};
use storage::{Batch, Store};

use crate::error::Result;
use crate::library::{Hidden, Library, Listing};

pub use rows::{Change, Place};
use rows::{Mark, Standing};

/// Arrivals, or rows, that are looked at between two looks at whether to go on.
const SLICE: usize = 500;

/// Rows read for one page, once something was found, before it ends short of its limit: then it reads on to the next that fits and
/// no further, so that a page is told of only where something stands on it.
const READ_A_PAGE: usize = 50_000;

/// What is looked for among the changes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sought {
    /// From this second on.
    pub from_s: Option<u64>,
    /// Until this second, it included.
    pub until_s: Option<u64>,
    /// Of this kind.
    pub kind: Option<u16>,
    /// In this area: the code of a division with the digits below it as zeros, `420000` for a province.
    pub region: Option<u32>,
}

/// Some of the changes.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// In order.
    pub changes: Vec<Change>,
    /// Where to go on; `None` at the end.
    pub next: Option<Place>,
}

/// Whether a listing may be seen by anyone, and by which rules that is judged.
pub struct Judge<'a> {
    /// Says whether it may.
    pub shows: &'a dyn Fn(&Listing) -> bool,
    /// The rules of this node itself: when they change, all is judged again.
    pub rules: [u8; 32],
}

/// The changes of a node's public listings. See the module.
#[derive(Debug, Default)]
pub struct Changes {
    one_at_a_time: Mutex<()>,
    /// It has come to an end once since the start.
    complete: AtomicBool,
}

impl Changes {
    /// Takes in what came since the last time, as of second `now_s`, as long as `more` says so. False when there is more to do.
    /// While another call is at it, nobody waits: the list is good as it stands once it was complete.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn catch_up(
        &self,
        library: &Library,
        judge: &Judge<'_>,
        now_s: u64,
        mut more: impl FnMut() -> bool,
    ) -> Result<bool> {
        let _alone = match self.one_at_a_time.try_lock() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(alone)) => PoisonError::into_inner(alone),
            Err(TryLockError::WouldBlock) => return Ok(self.complete.load(Ordering::Acquire)),
        };
        let mut standing = match rows::standing(library.store())? {
            Some(standing) => standing,
            None => {
                Standing { catalogue: u64::from_be_bytes(crate::identity::random()?), ..Standing::default() }
            }
        };
        standing.last_s = standing.last_s.max(now_s);
        while more() {
            let page = library.arrivals(standing.arrivals, SLICE)?;
            let Some((last, _)) = page.last() else {
                let done = self.judge_again(library, judge, standing, more)?;
                self.complete.fetch_or(done, Ordering::AcqRel);
                return Ok(done);
            };
            standing.arrivals = last + 1;
            let mut ids: Vec<DocumentId> = page.into_iter().map(|(_, id)| id).collect();
            ids.sort_unstable();
            ids.dedup();
            take(library, judge, &ids, &mut standing)?;
        }
        Ok(false)
    }

    /// Looks again at what the roster, or this node's own rules, show otherwise than when they were last looked at.
    fn judge_again(
        &self,
        library: &Library,
        judge: &Judge<'_>,
        mut standing: Standing,
        mut more: impl FnMut() -> bool,
    ) -> Result<bool> {
        let roster = library.roster();
        let judged_by = rows::digest(&roster);
        if standing.judged_by == judged_by && standing.rules == judge.rules {
            return Ok(true);
        }
        let judging = rows::both(&judged_by, &judge.rules);
        if standing.judging != judging {
            (standing.judging, standing.judged) = (judging, None);
        }
        let all = standing.rules != judge.rules;
        let end = Place { at_s: standing.last_s, number: standing.next };
        while more() {
            let page = rows::after(library.store(), standing.judged, SLICE)?;
            let is_due = |mark: &Mark| all || mark.moved || mark.shown == closed(&roster, mark);
            let due = page.iter().filter(|(place, mark)| *place < end && is_due(mark));
            let ids: Vec<DocumentId> = due.map(|(_, mark)| mark.id).collect();
            let last = page.last().map(|(place, _)| *place).filter(|place| *place < end);
            standing.judged = last;
            if last.is_none() {
                (standing.judged_by, standing.rules) = (judged_by, judge.rules);
            }
            take(library, judge, &ids, &mut standing)?;
            if last.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The changes behind a place, in order, at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn page(
        &self,
        library: &Library,
        sought: &Sought,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Page> {
        page_of(library.store(), sought, after, (limit, READ_A_PAGE))
    }

    /// Last changes by the ids of their documents, each document once, behind one of them; at most `limit`.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn by_id(&self, library: &Library, after: Option<&DocumentId>, limit: usize) -> Result<Vec<Change>> {
        let store = library.store();
        let mut found = Vec::new();
        for (id, place) in rows::documents(store, after, limit)? {
            // It may have moved to the end between two looks; then its row is there.
            let place =
                if rows::at(store, place)?.is_some() { Some(place) } else { rows::place_of(store, &id)? };
            let Some(place) = place else { continue };
            found.extend(rows::at(store, place)?.map(|mark| mark.change(place)));
        }
        Ok(found)
    }

    /// The last change of a document; `None` of one that was never public here, as far as was taken in.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of(&self, library: &Library, id: &DocumentId) -> Result<Option<Change>> {
        let store = library.store();
        let Some(place) = rows::place_of(store, id)? else { return Ok(None) };
        Ok(rows::at(store, place)?.map(|mark| mark.change(place)))
    }

    /// When the first of all changes was; `None` where there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub fn earliest_s(&self, library: &Library) -> Result<Option<u64>> {
        Ok(rows::after(library.store(), None, 1)?.first().map(|(place, _)| place.at_s))
    }

    /// How many rows there are, those of what is gone included.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn count(&self, library: &Library) -> Result<u64> {
        Ok(rows::standing(library.store())?.map_or(0, |standing| standing.rows))
    }

    /// A number that names this list of changes: one that was begun anew has another. `None` before anything was taken in.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn catalogue(&self, library: &Library) -> Result<Option<u64>> {
        Ok(rows::standing(library.store())?.map(|standing| standing.catalogue))
    }

    /// Kinds and regions that documents are, or were, of.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sets(&self, library: &Library) -> Result<Vec<(u16, u32)>> {
        rows::sets(library.store())
    }
}

/// A page of at most `limit` changes, fewer where more than `budget` rows are read for it.
fn page_of(
    store: &dyn Store,
    sought: &Sought,
    after: Option<Place>,
    (limit, budget): (usize, usize),
) -> Result<Page> {
    let (mut at, mut read) = (after.max(sought.from_s.map(Place::before)), 0);
    let mut page = Page::default();
    loop {
        let found = rows::after(store, at, SLICE)?;
        for (place, mark) in &found {
            if sought.until_s.is_some_and(|until| place.at_s > until) {
                return Ok(page);
            }
            read += 1;
            if mark.is_sought(sought) {
                // There is another page only where something is known to stand on it: this.
                let full = page.changes.len() == limit || (read > budget && !page.changes.is_empty());
                if full {
                    page.next = at;
                    return Ok(page);
                }
                page.changes.push(mark.change(*place));
            }
            at = Some(*place);
        }
        if found.len() < SLICE {
            return Ok(page);
        }
    }
}

/// Looks at documents as they stand, and writes what has changed of them with how far that has come.
fn take(library: &Library, judge: &Judge<'_>, ids: &[DocumentId], standing: &mut Standing) -> Result<()> {
    let store = library.store();
    let mut batch = Batch::default();
    for id in ids {
        let Some(listing) = library.listing(id)? else { continue };
        let Some(mark) = mark_of(&listing, judge) else { continue };
        let before = match rows::place_of(store, id)? {
            Some(place) => rows::at(store, place)?.map(|mark| (place, mark)),
            None => None,
        };
        if before.as_ref().is_some_and(|(_, known)| *known == mark) {
            continue;
        }
        let place = Place { at_s: standing.last_s, number: standing.next };
        standing.next += 1;
        match before {
            Some((old, _)) => rows::delete(&mut batch, old),
            None => standing.rows += 1,
        }
        rows::put(&mut batch, place, &mark);
    }
    rows::put_standing(&mut batch, standing);
    store.apply(batch)?;
    Ok(())
}

/// A public document as it stands; `None` of what is for members, and of kinds that are not known here.
fn mark_of(listing: &Listing, judge: &Judge<'_>) -> Option<Mark> {
    let shelf = &listing.log.shelf;
    let kind = Kind::from_code(shelf.kind.0).filter(|_| shelf.visibility == Visibility::Public)?;
    let record = catalog::Record::new(listing.state.flat());
    let region = catalog::facets::of(kind, &record).region.and_then(|code| code.parse().ok());
    let institution = listing.institution.map_or([0; 32], |id| id.0);
    Some(Mark {
        id: listing.id,
        kind: shelf.kind.0,
        region: region.unwrap_or(shelf.region),
        institution,
        moved: listing.moved_here,
        shown: !listing.state.is_withdrawn() && (judge.shows)(listing),
        versions: listing.versions,
        updated_ms: listing.updated_ms,
    })
}

/// Whether the roster hides a document, or its institution.
fn closed(roster: &Roster, mark: &Mark) -> bool {
    let institution = InstitutionId(mark.institution);
    let active = roster.members.get(&institution).is_some_and(|member| member.state == MemberState::Active);
    !active || Hidden::decided(roster, &mark.id, Some(&institution)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of a kind each, one a second.
    fn store_of(kinds: impl Iterator<Item = u16>) -> storage::MemoryStore {
        let (store, mut batch) = (storage::MemoryStore::default(), Batch::default());
        for (number, kind) in kinds.enumerate() {
            let number = number as u64;
            let mut id = [0; 32];
            id[..8].copy_from_slice(&number.to_be_bytes());
            let mark = Mark {
                id: DocumentId(id),
                kind,
                region: 420_000,
                institution: [0; 32],
                moved: false,
                shown: true,
                versions: 1,
                updated_ms: 0,
            };
            rows::put(&mut batch, Place { at_s: number, number }, &mark);
        }
        store.apply(batch).unwrap();
        store
    }

    #[test]
    fn a_rare_set_has_short_pages_and_none_that_is_empty() {
        // Two in a thousand, the last thousand rows without any.
        let store = store_of((0..5_000).map(|n| u16::from(n < 4_000 && n % 500 == 0)));
        let sought = Sought { kind: Some(1), ..Sought::default() };
        for budget in [1, 100, 700, 1_200, 10_000] {
            for limit in [1, 3, 100] {
                let (mut all, mut after) = (Vec::new(), None);
                loop {
                    let page = page_of(&store, &sought, after, (limit, budget)).unwrap();
                    assert!((1..=limit).contains(&page.changes.len()), "{budget} {limit} {all:?}");
                    all.extend(page.changes.iter().map(|change| change.place.number));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(all, (0..8).map(|n| n * 500).collect::<Vec<_>>(), "{budget} {limit}");
            }
        }
        let none = Sought { kind: Some(2), ..sought };
        assert!(page_of(&store, &none, None, (10, 1)).unwrap().changes.is_empty());
    }
}
