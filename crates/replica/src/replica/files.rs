//! Files of listings: which are wanted, of whom they are asked, and what comes.
//!
//! ```text
//! WantFile ─▶ AskFile to one peer ─▶ FilePiece ─▶ KeepPiece ─▶ AskFile … the last piece ─▶ FileKept: whole, wrong, failed
//! ```
//!
//! One piece is asked for at a time, so what a peer can make a node take is what it asked for, of a size that a document
//! states. Absent: what files hold, where they lie, which ones somebody wants to see.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Attachment, DocumentId, FileAsk, FilePiece, Frame, Hash, LogId, PublicKey};

use super::bounds::{
    FILE_AGAIN_MS, FILE_LATE_MS, FILE_PATIENCE_MS, FILE_RARELY_MS, FILE_WANTED_MS, FILE_WRONG_MS,
    FILES_IN_FLIGHT, MAX_FILES_WANTED, elapsed,
};
use super::{Effect, Replica, SessionId};
use crate::conduct::Offence;
use crate::session::Session;

/// What became of a file that had come whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOutcome {
    /// It is what the document names, and is kept.
    Whole,
    /// It is something else, and is gone.
    Wrong,
    /// It could not be kept.
    Failed,
}

/// Some of a file that a peer asked for, as it is held here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPiece {
    /// The log of the entry that creates the document.
    pub log: LogId,
    /// The file's size.
    pub size: u64,
    /// Its bytes from where they were asked for; at most [`protocol::limits::MAX_PIECE`].
    pub bytes: Vec<u8>,
}

/// A file that is being fetched.
#[derive(Clone, Debug)]
struct Fetch {
    attachment: Attachment,
    document: DocumentId,
    log: LogId,
    /// Bytes that have come.
    have: u64,
    /// Who brought all of them; `None` when several did, or they are from before.
    sole: Option<PublicKey>,
    /// Whom it was asked of, and when.
    asked: Option<(SessionId, i64)>,
    /// All has come, and is being looked at.
    checking: bool,
    /// Who is not asked again for a while.
    rests: BTreeMap<PublicKey, Rest>,
    wanted_ms: i64,
}

/// Until when a peer is not asked for a file again, and how long it was to be left alone.
#[derive(Clone, Copy, Debug)]
struct Rest {
    until_ms: i64,
    wait_ms: i64,
}

impl Fetch {
    fn rest(&mut self, peer: PublicKey, wait_ms: i64, now_ms: i64) {
        self.rests.insert(peer, Rest { until_ms: now_ms.saturating_add(wait_ms), wait_ms });
    }
}

/// The files that are wanted.
#[derive(Default)]
pub(super) struct Fetches(BTreeMap<Hash, Fetch>);

impl Fetches {
    /// A session has ended, or nothing passes in it any more: what was asked there is to be asked elsewhere.
    pub fn release(&mut self, session: SessionId) {
        let of_it = |fetch: &&mut Fetch| fetch.asked.is_some_and(|(asked, _)| asked == session);
        self.0.values_mut().filter(of_it).for_each(|fetch| fetch.asked = None);
    }

    /// The same with all sessions.
    pub fn release_all(&mut self) {
        self.0.values_mut().for_each(|fetch| fetch.asked = None);
    }

    /// Sessions in which a file was asked for.
    fn busy(&self) -> BTreeSet<SessionId> {
        self.0.values().filter_map(|fetch| Some(fetch.asked?.0)).collect()
    }
}

impl Replica {
    /// Whether a file is being fetched.
    pub fn is_file_wanted(&self, file: &Hash) -> bool {
        self.files.0.contains_key(file)
    }

    /// Number of files that are being fetched; at most [`MAX_FILES_WANTED`].
    pub fn files_wanted(&self) -> usize {
        self.files.0.len()
    }

    pub(super) fn want_file(
        &mut self,
        attachment: Attachment,
        (document, log): (DocumentId, LogId),
        have: u64,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        if let Some(fetch) = self.files.0.get_mut(&attachment.file) {
            fetch.wanted_ms = now_ms;
            return;
        }
        if self.files.0.len() >= MAX_FILES_WANTED || log.shelf.circle().is_some() {
            return;
        }
        let have = if have < attachment.size { have } else { 0 };
        let fetch = Fetch {
            document,
            log,
            have,
            sole: None,
            asked: None,
            checking: false,
            rests: BTreeMap::new(),
            wanted_ms: now_ms,
            attachment,
        };
        self.files.0.insert(fetch.attachment.file, fetch);
        self.ask_for_files(now_ms, out);
    }

    /// Gives up what is late or no more wanted, and asks for what nobody was asked for.
    pub(super) fn ask_for_files(&mut self, now_ms: i64, out: &mut Vec<Effect>) {
        self.files
            .0
            .retain(|_, fetch| fetch.checking || elapsed(Some(fetch.wanted_ms), now_ms) <= FILE_WANTED_MS);
        self.give_up_late_files(now_ms);
        let mut busy = self.files.busy();
        let waiting = |(_, fetch): &(&Hash, &Fetch)| fetch.asked.is_none() && !fetch.checking;
        let files: Vec<Hash> = self.files.0.iter().filter(waiting).map(|(file, _)| *file).collect();
        for file in files {
            if busy.len() >= FILES_IN_FLIGHT.min(self.sessions.len()) {
                return;
            }
            if let Some(session) = self.file_source(&file, &busy, now_ms) {
                busy.insert(session);
                self.ask_for_file(&file, session, now_ms, out);
            }
        }
    }

    fn give_up_late_files(&mut self, now_ms: i64) {
        let mut silent = Vec::new();
        for fetch in self.files.0.values_mut() {
            let Some((session, asked_ms)) = fetch.asked else { continue };
            if elapsed(Some(asked_ms), now_ms) > FILE_PATIENCE_MS {
                fetch.asked = None;
                let Some(peer) = self.sessions.get(&session).map(|s| s.peer) else { continue };
                fetch.rest(peer, FILE_LATE_MS, now_ms);
                silent.push(peer);
            }
        }
        for peer in silent {
            self.conduct.count(
                &peer,
                Offence::Light,
                "it did not bring a file that it was asked for",
                now_ms,
            );
        }
    }

    /// Whom a file is to be asked of: its author's node, else who is known to have the log that names it, else anyone who may.
    fn file_source(&self, file: &Hash, busy: &BTreeSet<SessionId>, now_ms: i64) -> Option<SessionId> {
        let fetch = self.files.0.get(file)?;
        let held = self.held(&fetch.log);
        let may = |(id, s): &(&SessionId, &Session)| {
            let rests = fetch.rests.get(&s.peer).is_some_and(|rest| rest.until_ms > now_ms);
            !rests && !busy.contains(*id) && self.files_pass(s, &fetch.log)
        };
        let order = |(id, s): &(&SessionId, &Session)| {
            let knows = s.logs.get(&fetch.log, held).is_some_and(|peer| peer.known.seq > 0);
            (s.peer != fetch.log.node, !knows, **id)
        };
        self.sessions.iter().filter(may).min_by_key(order).map(|(id, _)| *id)
    }

    /// Whether files that documents of a log name pass in a session now.
    fn files_pass(&self, s: &Session, log: &LogId) -> bool {
        let open = self.line_open && s.line_open;
        open && s.is_ready() && !s.roster_only && log.shelf.kind.is_listing() && self.shares(s, log)
    }

    fn ask_for_file(&mut self, file: &Hash, session: SessionId, now_ms: i64, out: &mut Vec<Effect>) {
        let Some(fetch) = self.files.0.get_mut(file) else { return };
        fetch.asked = Some((session, now_ms));
        let ask = FileAsk { document: fetch.document, file: *file, offset: fetch.have };
        out.push(Effect::Send { session, frame: Frame::AskFile(ask) });
    }

    /// A piece came. What was not asked for is not taken.
    pub(super) fn on_piece(
        &mut self,
        session: SessionId,
        piece: FilePiece,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let Some(peer) = self.sessions.get(&session).map(|s| s.peer) else { return };
        let asked = |fetch: &&mut Fetch| fetch.asked.is_some_and(|(asked, _)| asked == session);
        let Some(fetch) = self.files.0.get_mut(&piece.file).filter(asked) else {
            // It may have been given up for late.
            self.conduct.count(
                &peer,
                Offence::Light,
                "it sent a piece of a file that it was not asked for",
                now_ms,
            );
            return;
        };
        let size = fetch.attachment.size;
        if piece.is_none() || piece.size != size {
            fetch.asked = None;
            // It may be fetching it itself, or never have it.
            let before = fetch.rests.get(&peer).map_or(0, |rest| rest.wait_ms);
            fetch.rest(peer, (before * 2).clamp(FILE_AGAIN_MS, FILE_RARELY_MS), now_ms);
            return self.ask_for_files(now_ms, out);
        }
        if piece.offset != fetch.have {
            return;
        }
        fetch.sole = if fetch.have == 0 { Some(peer) } else { fetch.sole.filter(|sole| *sole == peer) };
        fetch.have += piece.bytes.len() as u64;
        let whole = (fetch.have == size).then(|| fetch.attachment.clone());
        fetch.checking = whole.is_some();
        (fetch.asked, fetch.wanted_ms) = (None, now_ms);
        let is_whole = fetch.checking;
        let (file, offset, bytes) = (piece.file, piece.offset, piece.bytes);
        out.push(Effect::KeepPiece { file, offset, bytes, whole });
        if is_whole {
            self.ask_for_files(now_ms, out);
        } else {
            self.ask_for_file(&file, session, now_ms, out);
        }
    }

    /// It is known what came.
    pub(super) fn on_file_kept(
        &mut self,
        file: &Hash,
        outcome: FileOutcome,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) {
        let Some(fetch) = self.files.0.get_mut(file) else { return };
        if outcome != FileOutcome::Wrong {
            self.files.0.remove(file);
            return self.ask_for_files(now_ms, out);
        }
        (fetch.have, fetch.checking, fetch.asked) = (0, false, None);
        if let Some(liar) = fetch.sole.take() {
            fetch.rest(liar, FILE_WRONG_MS, now_ms);
            let what = "it sent other bytes than those of the file that it was asked for";
            if self.conduct.count(&liar, Offence::BadRun, what, now_ms) {
                self.refuse_all(&liar, now_ms, out);
            }
        }
        self.ask_for_files(now_ms, out);
    }

    /// A peer asks for a file. Whether it may have it is known once the document has been looked up.
    pub(super) fn on_ask_file(&self, session: SessionId, ask: FileAsk, out: &mut Vec<Effect>) {
        let open =
            self.sessions.get(&session).is_some_and(|s| self.line_open && s.line_open && !s.roster_only);
        if open {
            out.push(Effect::ReadFile { session, ask });
        }
    }

    /// What was found of a file that a peer asked for.
    pub(super) fn on_file_read(
        &self,
        session: SessionId,
        ask: &FileAsk,
        found: Option<FoundPiece>,
        out: &mut Vec<Effect>,
    ) {
        let Some(s) = self.sessions.get(&session).filter(|s| self.line_open && s.line_open) else { return };
        let may = found.filter(|found| self.files_pass(s, &found.log) && !found.bytes.is_empty());
        let piece = match may {
            Some(FoundPiece { size, bytes, .. }) => {
                FilePiece { file: ask.file, size, offset: ask.offset, bytes }
            }
            None => FilePiece::none(ask.file),
        };
        out.push(Effect::Send { session, frame: Frame::FilePiece(piece) });
    }
}
