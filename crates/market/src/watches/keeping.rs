//! Writing watches, what they found, and how far they have come.

use std::collections::BTreeSet;

use protocol::DocumentId;
use storage::Table;

use super::{Found, MAX_ASKS, MAX_FOUND, MAX_HOOK, MAX_WATCHES, NAME_CHARS, Progress, Watch, coded};
use crate::desk::Desk;
use crate::error::{MarketError, Result};
use crate::ledger::Kept;

/// Found things past [`MAX_FOUND`] before the oldest are forgotten: each time costs a look at all of them.
const SLACK: usize = 200;
/// The journal is told this often, milliseconds, that watches looked.
const CLOCK_EVERY_MS: i64 = 3_600_000;

impl Desk<'_> {
    /// Keeps a watch: a new one, or in place of the one of its id.
    ///
    /// # Errors
    /// When there are [`MAX_WATCHES`], a part is too long, or the disk fails.
    pub fn keep_watch(&mut self, watch: &Watch) -> Result<()> {
        let named = !watch.name.trim().is_empty() && watch.name.chars().count() <= NAME_CHARS;
        if !named {
            return Err(MarketError::WatchName { most: NAME_CHARS });
        }
        let hook = watch.hook.as_ref().map_or(0, |hook| hook.url.len());
        if watch.asks.len() > MAX_ASKS || hook > MAX_HOOK {
            return Err(MarketError::WatchTooLong);
        }
        let known = self.library.watches()?;
        if known.len() >= MAX_WATCHES && known.iter().all(|other| other.id != watch.id) {
            return Err(MarketError::TooManyWatches { most: MAX_WATCHES });
        }
        self.ledger.keep(Table::Settings, &coded::watch_key(&watch.id), Some(&coded::watch_bytes(watch)))
    }

    /// Removes a watch with all that it found.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn drop_watch(&mut self, id: &str) -> Result<()> {
        let found = self.library.found(id)?;
        let mut gone = vec![coded::watch_key(id), coded::progress_key(id)];
        gone.extend(found.iter().map(|found| coded::found_key(id, &found.id)));
        let gone: Vec<Kept> = gone.into_iter().map(|key| (Table::Settings, key, None)).collect();
        self.ledger.keep_each(&gone)
    }

    /// Notes what a watch found, with the digest of each, in their order; what it knows already as it is told again is left out.
    /// Returns how many were new to it. All of it stands or nothing.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn note_found(&mut self, id: &str, found: &[(DocumentId, [u8; 8])]) -> Result<usize> {
        if self.library.watch(id)?.is_none() {
            return Ok(0);
        }
        let mut progress = self.library.progress(id)?;
        let (mut kept, mut told): (Vec<Kept>, _) = (Vec::new(), BTreeSet::new());
        for (listing, digest) in found {
            let known = self.library.found_of(id, listing)?;
            if known.as_ref().is_some_and(|known| known.digest == *digest) || !told.insert(*listing) {
                continue;
            }
            let one = Found {
                id: *listing,
                number: progress.next,
                digest: *digest,
                changed: known.is_some(),
                found_ms: self.now_ms,
            };
            progress.next += 1;
            kept.push((Table::Settings, coded::found_key(id, listing), Some(coded::found_bytes(&one))));
        }
        if kept.is_empty() {
            return Ok(0);
        }
        let count = kept.len();
        kept.push((Table::Settings, coded::progress_key(id), Some(coded::progress_bytes(&progress))));
        self.ledger.keep_each(&kept)?;
        self.forget_oldest(id)?;
        Ok(count)
    }

    fn forget_oldest(&mut self, id: &str) -> Result<()> {
        let found = self.library.found(id)?;
        if found.len() <= MAX_FOUND + SLACK {
            return Ok(());
        }
        let past = found.iter().skip(MAX_FOUND).map(|found| coded::found_key(id, &found.id));
        self.ledger.keep_each(&past.map(|key| (Table::Settings, key, None)).collect::<Vec<Kept>>())
    }

    /// Changes how far a watch has come; nothing of one that is gone.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn change_progress(&mut self, id: &str, change: impl FnOnce(&mut Progress)) -> Result<()> {
        if self.library.watch(id)?.is_none() {
            return Ok(());
        }
        let before = self.library.progress(id)?;
        let mut progress = before.clone();
        change(&mut progress);
        for channel in [&mut progress.hook, &mut progress.mail] {
            cut(&mut channel.why.0);
            cut(&mut channel.why.1);
        }
        if progress == before {
            return Ok(());
        }
        self.ledger.keep(Table::Settings, &coded::progress_key(id), Some(&coded::progress_bytes(&progress)))
    }

    /// Notes in the journal that watches looked just now, once an hour.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn note_watch_clock(&mut self) -> Result<()> {
        let told = self.library.watch_clock()?.unwrap_or_default();
        if (told..told.saturating_add(CLOCK_EVERY_MS)).contains(&self.now_ms) {
            return Ok(());
        }
        self.ledger.keep(Table::Settings, coded::CLOCK, Some(&self.now_ms.to_be_bytes()))
    }
}

/// Cuts a reason to what is kept of one.
fn cut(why: &mut String) {
    let mut end = why.len().min(coded::MAX_WHY);
    while !why.is_char_boundary(end) {
        end -= 1;
    }
    why.truncate(end);
}
