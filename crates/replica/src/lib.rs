//! The replication state machine, and what a set of entries means.
//!
//! [`Replica`] is driven: give it an [`Input`] and the present moment, perform the [`Effect`]s that come back, in
//! order. It waits for nothing, reads nothing and looks at no clock. [`Document`] folds patches; [`ViewSum`] and
//! [`view_hash`] tell whether two nodes show the same. Absent here: what fields mean (`catalog`), where entries lie
//! (`storage`), sockets (`network`).

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod circles;
mod conduct;
mod document;
mod limit;
mod pauses;
mod replica;
mod session;
mod validity;

pub use circles::KnownCircle;
pub use conduct::{
    BAN_SCORE, ConductView, FrameSeen, KeptConduct, MAX_KEPT, MAX_REASON, MAX_REASONS, MAX_REMEMBERED,
    Misdeed, Offence,
};
pub use document::{
    Candidate, Document, DocumentPatch, DocumentState, EDITOR, Fate, MAX_DOCUMENT_ACTORS, PUBLISHED, STATUS,
    WITHDRAWN,
};
pub use limit::{Limit, Reach, Why, limits};
pub use pauses::{MAX_PAUSED, Pause, Pauses};
pub use replica::{
    Abroad, Carried, Effect, FileOutcome, FoundPiece, HeardStatus, Input, Left, LogState, Me, NotServed,
    Over, Piece, Reached, Remembered, Replica, Room, entry_bytes, open_ahead,
};
pub use session::{PeerView, SessionId, SessionState};
pub use validity::{
    check_entry, check_opened, continued_by, editors_of, may_edit, open_entry, patch_of, statement_of,
};
