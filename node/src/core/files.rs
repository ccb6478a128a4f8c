//! Files of listings: asked of peers, kept when they are what their listing says, and read for others.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use market::Listing;
use protocol::limits::MAX_PIECE;
use protocol::{Attachment, FileAsk, Hash};
use replica::{FileOutcome, FoundPiece, Input, SessionState};

use super::Core;
use crate::filing::Filing;

/// What became of files that were looked at beside the core.
pub(super) struct Checks {
    done: Receiver<(Hash, FileOutcome)>,
    tell: Sender<(Hash, FileOutcome)>,
}

impl Default for Checks {
    fn default() -> Self {
        let (tell, done) = channel();
        Self { done, tell }
    }
}

impl Core {
    /// Has a file fetched that a listing names. True when it is under way and there is somebody to ask.
    pub fn want_file(&mut self, listing: &Listing, attachment: &Attachment) -> bool {
        let have = self.files.files().come(&attachment.file.0).unwrap_or_default();
        let (document, log) = (listing.id, listing.log);
        self.drive(Input::WantFile { attachment: attachment.clone(), document, log, have });
        self.pump();
        let connected = self.replica.peers().iter().any(|peer| peer.state == SessionState::Ready);
        connected && self.line_open && self.replica.is_file_wanted(&attachment.file)
    }

    /// Number of files that are being fetched.
    pub fn files_wanted(&self) -> usize {
        self.replica.files_wanted()
    }

    /// Keeps a piece. All of a file is looked at, and fsynced, beside the core: it takes as long as hundreds of entries do.
    pub(super) fn keep_piece(
        &mut self,
        (file, offset): (Hash, u64),
        bytes: &[u8],
        whole: Option<Attachment>,
    ) -> Option<Input> {
        if let Err(error) = self.files.files().extend(&file.0, offset, bytes) {
            tracing::error!("a file of a listing could not be kept: {error}");
            return Some(Input::FileKept { file, outcome: FileOutcome::Failed });
        }
        let attachment = whole?;
        let (files, tell) = (Arc::clone(&self.files), self.checks.tell.clone());
        let check = move || {
            let outcome = look_at(&files, &attachment);
            // When nobody is told any more, the node is ending.
            let _ = tell.send((attachment.file, outcome));
        };
        match std::thread::Builder::new().name("file".to_owned()).spawn(check) {
            Ok(_) => None,
            Err(_) => Some(Input::FileKept { file, outcome: FileOutcome::Failed }),
        }
    }

    /// Takes what was found of files that were looked at.
    pub(super) fn take_checked(&mut self) {
        while let Ok((file, outcome)) = self.checks.done.try_recv() {
            self.drive(Input::FileKept { file, outcome });
        }
    }

    /// Sends a piece of a file to the session whose turn it is. False when there is none that may have one now.
    pub(super) fn serve_file(&mut self, network: &network::Handle) -> bool {
        let (replica, purses, now) = (&self.replica, &self.purses, self.opened.elapsed());
        let may = |session| purses.spent(&replica.answers_for_session(session), now).is_some();
        let Some((session, ask)) = self.serving.next_file(may) else { return false };
        let begun = std::time::Instant::now();
        let most = self.serving.run_bytes(session, self.replica.peer_of(session)).min(MAX_PIECE);
        let found = self.find_piece(&ask, most);
        self.drive(Input::FileRead { session, ask, found });
        self.pump_session(network, session);
        let (took, now) = (begun.elapsed(), self.opened.elapsed());
        let party = self.replica.answers_for_session(session);
        self.purses.take_for_sending(party, took, now);
        true
    }

    /// A piece of a file that a listing shown here names. What is spoiled on this disk is seen before any of it is sent.
    fn find_piece(&self, ask: &FileAsk, most: usize) -> Option<FoundPiece> {
        let listing = self.library.listing(&ask.document).ok()??;
        let attachment = listing.attachment(&ask.file).filter(|_| listing.hidden.is_none())?;
        let bytes = if ask.offset == 0 {
            let mut bytes = self.files.read(&ask.file).ok()??;
            bytes.truncate(most);
            bytes
        } else {
            self.files.files().read(&ask.file.0, ask.offset, most as u64).ok()??
        };
        Some(FoundPiece { log: listing.log, size: attachment.size, bytes })
    }
}

/// Whether what has come is the file that a listing names; then it is kept, and survives a power cut.
fn look_at(files: &Filing, attachment: &Attachment) -> FileOutcome {
    let name = &attachment.file.0;
    let looked = files.files().read_part(name, attachment.size + 1).and_then(|bytes| {
        if !attachment.is_of(&bytes) {
            files.files().drop_part(name)?;
            return Ok(FileOutcome::Wrong);
        }
        files.files().finish(name)?;
        files.came(attachment.size);
        Ok(FileOutcome::Whole)
    });
    looked.unwrap_or_else(|error| {
        tracing::error!("a file of a listing could not be kept: {error}");
        FileOutcome::Failed
    })
}
