//! Documents purged by their institutions' own word.

use std::collections::BTreeMap;

use super::{Roster, RosterBook};
use crate::entry::{Entry, Verb};
use crate::hash::{DocumentId, InstitutionId};
use crate::limits::MAX_PURGES;
use crate::purge::Purge;
use crate::shelf::LogId;

/// The PURGE entries of one institution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Words {
    /// By log and place.
    kept: BTreeMap<(LogId, u64), (DocumentId, PurgeWord)>,
    /// There were more, which had to make room.
    more: bool,
}

/// The PURGE entries on the roster shelf: of each institution the first [`MAX_PURGES`] by log and place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purges(BTreeMap<InstitutionId, Words>);

/// What an institution says of a document that it purges. It counts when the log that begins the document is the
/// institution's own: see [`Roster::purge`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeWord {
    /// The log that begins the document.
    pub origin: LogId,
    /// Why; may be empty.
    pub reason: String,
}

impl Purges {
    /// Takes up a PURGE entry, by a node of `institution` as its log's opening says. Others, and what does not read, say
    /// nothing. True when something was added.
    pub fn note(&mut self, institution: InstitutionId, entry: &Entry) -> bool {
        if entry.header.verb != Verb::PURGE {
            return false;
        }
        let Ok(Some(purge)) = Purge::of(entry) else { return false };
        let place = (entry.header.log, entry.header.seq);
        let (document, origin) = (purge.document(), purge.origin());
        let all = self.0.entry(institution).or_default();
        all.kept.insert(place, (document, PurgeWord { origin, reason: purge.reason }));
        if all.kept.len() > MAX_PURGES
            && let Some((last, _)) = all.kept.pop_last()
        {
            all.more = true;
            return last != place;
        }
        true
    }

    /// Forgets what stands in a log from a place on.
    pub(super) fn cut(&mut self, log: &LogId, seq: u64) -> Cut {
        let mut cut = Cut::default();
        for all in self.0.values_mut() {
            let gone: Vec<(LogId, u64)> =
                all.kept.range((*log, seq)..=(*log, u64::MAX)).map(|(place, _)| *place).collect();
            gone.iter().for_each(|place| _ = all.kept.remove(place));
            cut.any |= !gone.is_empty();
            cut.room |= !gone.is_empty() && all.more;
        }
        cut
    }

    /// All entries are read again: who has more than may be kept is found out anew.
    pub(super) fn read_again(&mut self) {
        self.0.values_mut().for_each(|all| all.more = false);
    }
}

/// What was forgotten of a log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cut {
    /// Anything at all.
    pub any: bool,
    /// There is room now for entries that were turned away before.
    pub room: bool,
}

impl Roster {
    /// Takes the purges that lie within what counts of their logs. Of several of one document by one institution the first
    /// stands.
    pub(super) fn purge_by_word(&mut self, book: &RosterBook) {
        for (institution, all) in &book.purges().0 {
            for ((log, seq), (document, word)) in &all.kept {
                if *seq <= self.last_valid(log).min(book.counts(log)) {
                    let of = self.purge_words.entry(*document).or_default();
                    of.entry(*institution).or_insert_with(|| word.clone());
                }
            }
        }
    }

    /// Why a document was purged, when it was: by the governors, or by the institution that answers for it. Of others'
    /// documents an institution's word purges nothing.
    pub fn purge(&self, document: &DocumentId, institution: Option<&InstitutionId>) -> Option<&str> {
        if let Some(why) = self.purged.get(document) {
            return Some(why);
        }
        let word = self.purge_words.get(document)?.get(institution?)?;
        Some(&word.reason)
    }
}
