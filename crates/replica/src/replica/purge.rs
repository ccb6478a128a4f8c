//! Entries without payload: taken beside a purge of their document, and never otherwise.
//!
//! Signatures cover a payload's hash alone, so whoever passes an entry on could take its payload away. The roster says what
//! was purged, and it comes before all other logs. Where a purge is on its way all the same, the log is asked for again
//! once the roster, or the log in which the document begins, is known. Where the purge counts no more, nobody may have the
//! payloads: after a while the log is taken as all show it who are there, and its payloads are asked for as other gaps are.

use protocol::{CheckedEntry, CheckedRun, DocumentId, InstitutionId, LogId};

use super::bounds::{BARE_PATIENCE_MS, MAX_BARE};
use super::{Effect, Replica, SessionId, roster};
use crate::conduct::Offence;
use crate::session::Session;

impl Replica {
    /// The institution that answers for a log, as its opening says.
    pub(super) fn institution_of(&self, log: &LogId) -> Option<InstitutionId> {
        self.logs.get(log)?.certificate.as_ref().map(|certificate| certificate.body.institution)
    }

    /// Whether all entries of a run have their payloads, but for those whose documents were purged.
    pub(super) fn is_excused(&self, run: &CheckedRun) -> bool {
        let mut bare = run.entries.iter().filter(|checked| checked.entry.payload.is_none());
        bare.all(|checked| self.is_purged(run, checked))
    }

    fn is_purged(&self, run: &CheckedRun, checked: &CheckedEntry) -> bool {
        let header = &checked.entry.header;
        let id = header.document.unwrap_or(DocumentId(checked.hash.0));
        if !header.may_be_bare() {
            return false;
        }
        let words = self.book.roster().purge_words.get(&id);
        let institution = words.and_then(|words| words.values().next()).and_then(|word| {
            // The document's id names its beginning, so all words about it show the same log.
            let opened = run.entries.first().filter(|_| run.log == word.origin).and_then(roster::opening);
            let opened = opened.map(|certificate| certificate.body.institution);
            self.institution_of(&word.origin).or(opened)
        });
        self.book.roster().purge(&id, institution.as_ref()).is_some()
    }

    /// Whether a run lacks payloads and must not be taken for that: no purge excuses it, and somebody may still show more.
    pub(super) fn awaits_purge(&self, session: SessionId, run: &CheckedRun, now_ms: i64) -> bool {
        let mut bare = run.entries.iter().filter(|checked| checked.entry.payload.is_none());
        let never = bare.any(|checked| !checked.entry.header.may_be_bare());
        never || !self.is_excused(run) && !self.is_shown_bare_by_all(session, &run.log, now_ms)
    }

    /// Whether all who are connected and have more of a log have shown it without payloads, for long.
    fn is_shown_bare_by_all(&self, session: SessionId, log: &LogId, now_ms: i64) -> bool {
        let Some(since) = self.bare.get(log) else { return false };
        let have = self.head(log).seq;
        let mut others = self.sessions.iter().filter(|(id, s)| **id != session && s.is_ready());
        let shows_more =
            |s: &Session| s.logs.get(log, self.held(log)).is_some_and(|p| p.known.seq > have && !p.barred);
        now_ms.saturating_sub(*since) >= BARE_PATIENCE_MS && !others.any(|(_, s)| shows_more(s))
    }

    /// What is taken without payloads that no purge excuses is asked for from now on.
    pub(super) fn gaps_after(&mut self, run: &CheckedRun) {
        if !self.is_excused(run) {
            self.gaps_are_due();
        }
    }

    /// A peer showed entries without payloads for which no purge is known here. An honest one may know of a purge that is
    /// still on its way, so this weighs little; meanwhile others are asked for the log.
    pub(super) fn await_purge(
        &mut self,
        session: SessionId,
        log: &LogId,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let why = "it shows entries without their payloads, and no purge of them is known here";
        if let Some(peer) = self.sessions.get(&session).map(|s| s.peer) {
            self.conduct.count(&peer, Offence::Light, why, now_ms);
        }
        if self.bare.contains_key(log) || self.bare.len() < MAX_BARE {
            let since = self.bare.entry(*log).or_insert(now_ms);
            // A clock that was set back must not make the wait endless.
            *since = now_ms.min(*since);
        }
        self.bar(session, log, why, out);
    }

    /// A log was opened. When purged documents begin in it, it is known now whether their institution said so.
    pub(super) fn bare_begins(&mut self, log: &LogId) {
        let begins = || self.book.roster().purge_words.values().flat_map(|words| words.values());
        if !self.bare.is_empty() && begins().any(|word| word.origin == *log) {
            self.ask_for_bare_again();
        }
    }

    /// More is known of what was purged: logs that lacked payloads may be asked for again.
    pub(super) fn ask_for_bare_again(&mut self) {
        for log in std::mem::take(&mut self.bare).into_keys() {
            self.unbar(&log);
            self.refresh_all(&log);
        }
    }
}
