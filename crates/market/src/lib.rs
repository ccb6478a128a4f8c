//! Use cases that web, API and command line all call: founding and joining, publishing and importing, reading and
//! searching, proving. Absent: sockets, pages, the command line.

mod desk;
mod error;
mod feed;
mod identity;
mod ledger;
mod library;

pub use desk::{Authored, Desk, DraftRecord, Fields, Incoming, MAX_INVITATION_DAYS, Moving, Outcome};
pub use error::{MarketError, Result};
pub use feed::{Finder, search_doc};
pub use identity::{Applicant, Identity, InvitationFile, random, read_charter, write_private};
pub use ledger::{Ledger, LedgerFigures, OpenedLedger};
pub use library::{Candidate, Dispute, HistoryItem, Library, Listing, Said, Writer};
