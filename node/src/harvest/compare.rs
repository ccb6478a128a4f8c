//! Comparing what is known of a source with what its repository lists, for repositories that do not tell what they delete.
//!
//! ```text
//! ListIdentifiers of every list, to its end ─▶ judge: who is missing ─┬─ few ─▶ missing twice in a row: gone, as if it had been told
//!                                                                     └─ many ─▶ held, until a person confirms
//! ```
//!
//! A list that broke off, that has fewer records than it says, or that leads in a circle counts for nothing: whoever is missing from
//! it may only not have been told. What is listed and not known is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use exchange::oai::reading::Reading;

use super::fetch::{Trouble, arguments as named, aside, objection};
use super::members::{self, Kept, digest, digest_of_key};
use super::pass::{Pass, Walked, set_of};
use super::records::{MAX_IDENTIFIER, Reader};
use super::{Comparison, Held, MAX_AGAIN, Progress, Source, kept};
use crate::core::now_ms;
use crate::office::{Coming, Failure, Office, exit};

/// Identifiers that are compared, each some dozens of bytes in memory; of a longer list nothing is said.
const MAX_LISTED: usize = 1_000_000;
/// Pages of one comparison.
const MAX_PAGES: u64 = 1_000_000;
/// Whole comparisons in a row after which what none of them found is gone.
const MISSED: u8 = 2;
/// Where more than this share of what is known is missing, percent, a person is to confirm it.
const SUSPICIOUS: u64 = 20;
/// So few may go whatever share they are, unless they are all there were.
const FEW: u64 = 5;
/// Identifiers that are named of what is held.
const NAMED: usize = 20;

/// What a repository lists.
#[derive(Default)]
struct Listed {
    /// Digests of identifiers, and the lists that they stand in.
    all: BTreeMap<u64, u32>,
    /// Some of those that are not known here.
    unknown: Vec<String>,
    /// Whether there are more of them.
    more_unknown: bool,
}

/// What a comparison comes to.
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    known: u64,
    missing: u64,
    named: Vec<String>,
}

/// Whether so much is missing that the list is doubted before the records are.
fn is_suspicious(known: u64, missing: u64) -> bool {
    let share = missing.saturating_mul(100) > known.saturating_mul(SUSPICIOUS);
    missing > 0 && (missing >= known || (missing > FEW && share))
}

impl Pass {
    /// Compares what is known with what is listed, where it is time. A comparison that comes to nothing is no failure of the pass.
    pub(super) async fn compare_if_due(&self, id: &str, progress: &mut Progress) -> Result<Walked, Trouble> {
        let now = now_ms();
        if progress.comparison.since_ms == 0 {
            progress.comparison.since_ms = now;
        }
        // As it was said last: somebody may have asked, or confirmed, while the pass was under way.
        let Some(source) = kept::source(&self.office, id)? else { return Ok(Walked::Stopped) };
        if !progress.is_to_compare(&source, now) {
            return Ok(Walked::Whole);
        }
        let held = progress.comparison.held.is_some();
        let before = progress.comparison.begun_ms;
        let confirmed = held && source.confirmed_ms > before;
        progress.comparison.begun_ms = now.max(source.compare_ms).max(source.confirmed_ms);
        progress.comparison.failure = None;
        match self.compare((id, &source), confirmed, progress).await {
            // Cut off, it is as good as never begun: what was asked for is asked for still.
            Ok(Walked::Stopped) => {
                progress.comparison.begun_ms = before;
                return Ok(Walked::Stopped);
            }
            Ok(Walked::Whole) => {}
            Err(Trouble { failure, .. }) => {
                tracing::warn!("comparing with {}: {failure}", source.url);
                progress.comparison.failure = Some(failure);
            }
        }
        Ok(Walked::Whole)
    }

    async fn compare(
        &self,
        (id, source): (&str, &Source),
        confirmed: bool,
        progress: &mut Progress,
    ) -> Result<Walked, Trouble> {
        let reader = Arc::new(Reader::new(&self.office, &source.terms)?);
        let mut listed = Listed::default();
        for list in 0..source.lists().len() {
            match self.list((id, source), (list, &reader), progress, listed).await? {
                Some(all) => listed = all,
                None => return Ok(Walked::Stopped),
            }
        }
        let (office, of, publish) =
            (Arc::clone(&self.office), id.to_owned(), (source.url.clone(), source.publish));
        let turn = self.turn().await?;
        let unknown = std::mem::take(&mut listed.unknown);
        let more_unknown = listed.more_unknown;
        let judged = aside(move || {
            let judged = judge(&office, &of, &publish, &listed.all, confirmed);
            drop(turn);
            judged
        })
        .await??;
        tracing::info!("compared with {}: {judged:?}", source.url);
        if judged.gone > 0 {
            progress.counts.insert("missing".to_owned(), judged.gone);
        }
        let before = &progress.comparison;
        progress.comparison = Comparison { since_ms: before.since_ms, begun_ms: before.begun_ms, ..judged };
        if more_unknown {
            progress.begin_anew();
        }
        progress.again.extend(unknown);
        self.ask_again((id, source), &reader, progress).await?;
        Ok(Walked::Whole)
    }

    /// Walks through one list of identifiers to its end; `None` where somebody said stop.
    async fn list(
        &self,
        (id, source): (&str, &Source),
        (list, reader): (usize, &Arc<Reader>),
        progress: &Progress,
        mut listed: Listed,
    ) -> Result<Option<Listed>, Trouble> {
        let mut asked = named(&[("verb", "ListIdentifiers"), ("metadataPrefix", &progress.prefix)]);
        asked.extend(set_of(source, list));
        let (mut seen, mut total, mut before) = (0_u64, None, None::<(Option<String>, Option<String>)>);
        for _ in 0..MAX_PAGES {
            if !self.goes_on(id, progress)? {
                return Ok(None);
            }
            let page = self.ask(source, &asked).await?;
            match page.faults.first() {
                Some((code, _)) if code == "noRecordsMatch" && total.is_none() && seen == 0 => {}
                Some((code, text)) => return Err(objection(code, text).into()),
                None => {}
            }
            let place = (page.token.clone(), page.records.first().map(|record| record.identifier.clone()));
            if page.token.is_some() && before.as_ref() == Some(&place) {
                return Err(Failure::said(exit::REJECTED, "harvest.failure.circle", &[]).into());
            }
            before = Some(place);
            seen = seen.saturating_add(page.records.len() as u64);
            total = total.or(page.total);
            let token = page.token.clone();
            let (office, of, reader) = (Arc::clone(&self.office), id.to_owned(), Arc::clone(reader));
            listed = aside(move || {
                add(&office, (&of, list), &reader, &page, &mut listed)?;
                Ok::<_, Failure>(listed)
            })
            .await??;
            match token {
                Some(token) => asked = named(&[("verb", "ListIdentifiers"), ("resumptionToken", &token)]),
                None => return whole(listed, seen, total).map(Some),
            }
        }
        Err(too_long().into())
    }
}

/// A list that ended, unless it says itself that there is more.
fn whole(listed: Listed, seen: u64, total: Option<u64>) -> Result<Listed, Trouble> {
    match total {
        Some(total) if seen < total => {
            let (seen, total) = (seen.to_string(), total.to_string());
            let places = [("seen", seen.as_str()), ("total", total.as_str())];
            Err(Failure::said(exit::REJECTED, "harvest.failure.short", &places).into())
        }
        _ => Ok(listed),
    }
}

fn too_long() -> Failure {
    Failure::said(exit::REFUSED, "harvest.failure.long", &[("most", &MAX_LISTED.to_string())])
}

/// Adds a page of identifiers to what is listed.
fn add(
    office: &Office,
    (id, list): (&str, usize),
    reader: &Reader,
    page: &Reading,
    listed: &mut Listed,
) -> Result<(), Failure> {
    let bit = 1_u32.checked_shl(u32::try_from(list).unwrap_or(u32::MAX)).unwrap_or_default();
    for record in &page.records {
        let named = !record.identifier.is_empty() && record.identifier.len() <= MAX_IDENTIFIER;
        if record.gone || !named || reader.is_own(&record.identifier) {
            continue;
        }
        *listed.all.entry(digest(&record.identifier)).or_default() |= bit;
        if listed.all.len() > MAX_LISTED {
            return Err(too_long());
        }
        let known = members::member(office, id, &record.identifier)?.is_some_and(|member| member.lists != 0);
        if !known && !listed.unknown.contains(&record.identifier) {
            if listed.unknown.len() < MAX_AGAIN {
                listed.unknown.push(record.identifier.clone());
            } else {
                listed.more_unknown = true;
            }
        }
    }
    Ok(())
}

/// Counts who is missing; then marks them, and has those go that were missing before, unless they are so many that a person is to
/// confirm it.
fn judge(
    office: &Office,
    id: &str,
    (url, publish): &(String, bool),
    listed: &BTreeMap<u64, u32>,
    confirmed: bool,
) -> Result<Comparison, Failure> {
    let Counted { known, missing, named } = count(office, id, listed)?;
    let suspicious = is_suspicious(known, missing);
    let acts = confirmed || !suspicious;
    let (mut gone, mut after) = (0_u64, None::<Vec<u8>>);
    loop {
        let page = members::page(office, id, after.as_deref())?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        gone += mark(office, (url, *publish), page, listed, acts)?;
    }
    let (left, missing_left) = (known.saturating_sub(gone), missing.saturating_sub(gone));
    let held = is_suspicious(left, missing_left) && suspicious;
    let now = now_ms();
    Ok(Comparison {
        done_ms: now,
        listed: listed.len() as u64,
        known,
        missing,
        gone,
        held: held.then_some(Held { since_ms: now, missing: missing_left, known: left, named }),
        ..Comparison::default()
    })
}

fn count(office: &Office, id: &str, listed: &BTreeMap<u64, u32>) -> Result<Counted, Failure> {
    let mut counted = Counted { known: 0, missing: 0, named: Vec::new() };
    let mut after = None::<Vec<u8>>;
    loop {
        let page = members::page(office, id, after.as_deref())?;
        let Some((last, _)) = page.last() else { return Ok(counted) };
        after = Some(last.clone());
        for (key, member) in page.iter().filter(|(_, member)| member.lists != 0) {
            counted.known += 1;
            if !listed.contains_key(&digest_of_key(key)) {
                counted.missing += 1;
                if counted.named.len() < NAMED {
                    counted.named.push(catalog::fold::clip(&member.id, 200));
                }
            }
        }
    }
}

/// Marks some members as found or missing. Those that are missing for good go first, and are marked once that is done. How many went.
fn mark(
    office: &Office,
    (url, publish): (&str, bool),
    page: Vec<Kept>,
    listed: &BTreeMap<u64, u32>,
    acts: bool,
) -> Result<u64, Failure> {
    let (mut changed, mut going, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (key, mut member) in page.into_iter().filter(|(_, member)| member.lists != 0) {
        let before = member.clone();
        match listed.get(&digest_of_key(&key)) {
            Some(lists) => (member.lists, member.missed) = (*lists, 0),
            None => {
                member.missed = member.missed.saturating_add(1).min(MISSED);
                if acts && member.missed >= MISSED {
                    going.push(Coming { identifier: member.id.clone(), stamp: String::new(), said: None });
                    places.push(changed.len());
                    changed.push((key, member));
                    continue;
                }
            }
        }
        if member != before {
            changed.push((key, member));
        }
    }
    let mut gone = 0;
    if !going.is_empty() {
        // What cannot go now stays missing, and goes with the next comparison.
        for (place, taken) in places.into_iter().zip(office.take_harvest(url, publish, &going)?) {
            if let (None, Some((_, member))) = (taken.failure, changed.get_mut(place)) {
                (member.lists, member.missed) = (0, 0);
                gone += 1;
            }
        }
    }
    members::keep(office, &changed)?;
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shrink_is_suspicious_from_a_share_on_and_where_nothing_is_left() {
        assert!(!is_suspicious(100, 20) && is_suspicious(100, 21));
        assert!(!is_suspicious(10, 5), "a handful may go");
        assert!(is_suspicious(10, 6));
        assert!(is_suspicious(3, 3) && is_suspicious(1, 1), "all there were");
        assert!(!is_suspicious(0, 0) && !is_suspicious(100, 0));
        assert!(is_suspicious(u64::MAX, u64::MAX));
    }

    #[test]
    fn a_list_that_is_shorter_than_it_says_is_none() {
        let of = |seen, total| whole(Listed::default(), seen, total).is_ok();
        assert!(of(9, Some(9)) && of(9, None) && of(9, Some(8)));
        assert!(!of(8, Some(9)));
    }
}
