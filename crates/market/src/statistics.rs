//! What is listed, in numbers that any node can compute again.
//!
//! ```text
//! arrivals ─▶ marks (what each listing counts as; derived, one row each) ─▶ Figures (a sum) ─▶ digest
//! heads of the logs, roster ─▶ EntrySet ────────────────────────────────────────────────────▶ digest
//! ```
//!
//! A figure is a function of a set of entries and of nothing else: of two nodes that hold the same, each gives the same figures and
//! the same digest, whatever came when, by which way and how often. A listing counts once, at the newest place of its line; one that
//! is withdrawn, hidden by the roster, or not for everyone does not count. A node's own rules about labels change nothing. The month
//! is that in which the first document of the line was made, by its author's clock, in China Standard Time: that is part of the entry, so
//! nobody's clock decides it later. Figures of a month that is over change when entries of it still arrive; the digest tells.
//!
//! Made when somebody asks, and by what came since: a node that nobody asks pays nothing. Absent: what is sealed, which no two nodes
//! hold alike (`Library::enquiry_figures`).

mod entries;
mod figures;
mod marks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use protocol::{DocumentId, Hash, Roster};
use storage::Batch;

use crate::error::Result;
use crate::library::Library;

pub use entries::{Apart, EntrySet};
pub use figures::{Demands, Figures, GROUPS, Question, SAYINGS, STATISTICS_VERSION, Work};
use marks::{Mark, Progress};

/// Arrivals, or rows, that are looked at between two looks at whether to go on.
const SLICE: usize = 500;
/// Rows read at a time when they are counted.
const PAGE: usize = 2_000;
/// Arrivals that are taken in while the writer waits: some tens of milliseconds. More are taken in before.
const WHILE_HELD: usize = 400;
/// How often someone who waits for another's answer looks whether it is there.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Answers kept for one set of entries: a few kilobytes each.
const KEPT: usize = 64;

/// Figures with what they follow from.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// The figures.
    pub figures: Figures,
    /// The entries.
    pub entries: Arc<EntrySet>,
    /// Names the entries.
    pub entry_digest: Hash,
    /// Names figures, question and entries.
    pub digest: Hash,
}

/// The statistics of a node. See the module.
#[derive(Debug, Default)]
pub struct Statistics {
    /// Held while marks are made and counted.
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    entries: Arc<EntrySet>,
    entry_digest: Hash,
    answers: BTreeMap<Question, Arc<Answer>>,
}

impl Statistics {
    /// Answers a question from the entries held now; `None` when `more` said stop before all of them were taken in. `hold` keeps the
    /// writer from writing for as long as its answer lives: what is counted is one moment's.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn answer<T>(
        &self,
        library: &Library,
        question: Question,
        hold: impl Fn() -> T,
        mut more: impl FnMut() -> bool,
    ) -> Result<Option<Arc<Answer>>> {
        let Some(mut kept) = self.turn(&mut more) else { return Ok(None) };
        let entries = loop {
            if !self.catch_up(library, &mut more)? {
                return Ok(None);
            }
            let _still = hold();
            if self.catch_up_little(library)? {
                let roster = library.roster();
                break EntrySet::of(library.store(), roster.digest())?;
            }
        };
        let entry_digest = entries.digest();
        if kept.as_ref().is_none_or(|kept| kept.entry_digest != entry_digest) {
            *kept = Some(Kept { entries: Arc::new(entries), entry_digest, answers: BTreeMap::new() });
        }
        let Some(kept) = kept.as_mut() else { return Ok(None) };
        if let Some(answer) = kept.answers.get(&question) {
            return Ok(Some(Arc::clone(answer)));
        }
        let figures = count(library, &question)?;
        let digest = figures.digest(&question, &entry_digest);
        let entries = Arc::clone(&kept.entries);
        let answer = Arc::new(Answer { question, figures, entries, entry_digest, digest });
        if kept.answers.len() >= KEPT {
            kept.answers.clear();
        }
        kept.answers.insert(question, Arc::clone(&answer));
        Ok(Some(answer))
    }

    /// Waits for others who ask, as long as `more` says so.
    fn turn(&self, more: &mut impl FnMut() -> bool) -> Option<MutexGuard<'_, Option<Kept>>> {
        loop {
            match self.kept.try_lock() {
                Ok(turn) => return Some(turn),
                Err(TryLockError::Poisoned(turn)) => return Some(turn.into_inner()),
                Err(TryLockError::WouldBlock) if more() => std::thread::sleep(LOOK_EVERY),
                Err(TryLockError::WouldBlock) => return None,
            }
        }
    }

    /// Listings of which there are marks: how far the first making has come.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn progress(&self, library: &Library) -> Result<u64> {
        Ok(marks::progress(library.store())?.map_or(0, |progress| progress.arrivals))
    }

    /// Takes in what came since the last time. False when `more` said stop before.
    fn catch_up(&self, library: &Library, more: &mut impl FnMut() -> bool) -> Result<bool> {
        let mut progress = marks::progress(library.store())?.unwrap_or_default();
        while more() {
            let page = library.arrivals(progress.arrivals, SLICE)?;
            let Some((last, _)) = page.last() else {
                return judge_again(library, &mut progress, more);
            };
            progress.arrivals = last + 1;
            take(library, page.into_iter().map(|(_, id)| id), &progress)?;
        }
        Ok(false)
    }

    /// The same of the little that came while the writer was being waited for. False when it is more than that.
    fn catch_up_little(&self, library: &Library) -> Result<bool> {
        let mut progress = marks::progress(library.store())?.unwrap_or_default();
        if progress.judged_by != marks::digest(&library.roster()) {
            return Ok(false);
        }
        let page = library.arrivals(progress.arrivals, WHILE_HELD + 1)?;
        let Some((last, _)) = page.last() else { return Ok(true) };
        if page.len() > WHILE_HELD {
            return Ok(false);
        }
        progress.arrivals = last + 1;
        take(library, page.into_iter().map(|(_, id)| id), &progress)?;
        Ok(true)
    }
}

/// Makes the marks of documents as they stand, and notes how far that has come.
fn take(library: &Library, ids: impl Iterator<Item = DocumentId>, progress: &Progress) -> Result<()> {
    let store = library.store();
    let mut batch = Batch::default();
    // Marks made here, which the store does not have yet.
    let mut made: BTreeMap<DocumentId, Option<Mark>> = BTreeMap::new();
    let mut due: BTreeSet<DocumentId> = ids.collect();
    while let Some(id) = due.pop_first() {
        let before = match made.get(&id) {
            Some(mark) => mark.clone(),
            None => marks::of(store, &id)?,
        };
        let mark = Mark::of(library, &id)?;
        let line = |mark: &Option<Mark>| mark.as_ref().map(|mark| (mark.next, mark.root));
        // Where the line leads elsewhere than it did, or begins elsewhere, those that it led or leads to begin elsewhere too.
        if line(&before) != line(&mark) {
            let next = [&before, &mark].into_iter().flatten().filter_map(|mark| mark.next);
            due.extend(next.filter(|next| *next != id));
        }
        // What is said of a document counts for the one that people now see in its place.
        let heard = |mark: &Option<Mark>| mark.as_ref().map(|mark| mark.heard);
        if heard(&before) != heard(&mark) && mark.as_ref().is_some_and(|mark| mark.next.is_some()) {
            due.insert(library.newest(&id)?);
        }
        made.insert(id, mark);
    }
    for (id, mark) in &made {
        marks::put(&mut batch, id, mark.as_ref());
    }
    marks::put_progress(&mut batch, progress);
    store.apply(batch)?;
    Ok(())
}

/// Looks again at what the roster shows otherwise than when it was last looked at.
fn judge_again(library: &Library, progress: &mut Progress, more: &mut impl FnMut() -> bool) -> Result<bool> {
    let roster: Arc<Roster> = library.roster();
    let judging = marks::digest(&roster);
    if progress.judged_by == judging {
        return Ok(true);
    }
    if progress.judging != judging {
        (progress.judging, progress.judged) = (judging, None);
    }
    while more() {
        let page = marks::after(library.store(), progress.judged.as_ref(), SLICE)?;
        let last = page.last().map(|(id, _)| *id);
        progress.judged = last;
        if last.is_none() {
            progress.judged_by = judging;
        }
        let due = page.into_iter().filter(|(id, mark)| mark.is_due(id, &roster)).map(|(id, _)| id);
        take(library, due, progress)?;
        if last.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn count(library: &Library, question: &Question) -> Result<Figures> {
    let (mut figures, mut last) = (Figures::default(), None);
    loop {
        let page = marks::after(library.store(), last.as_ref(), PAGE)?;
        page.iter().for_each(|(_, mark)| figures.add(question, mark));
        match page.last() {
            Some((id, _)) => last = Some(*id),
            None => return Ok(figures),
        }
    }
}
