//! Use cases that web, API and command line all call: founding and joining, publishing and importing, reading and
//! searching, proving. Absent: sockets, pages, the command line.

mod accounts;
mod audit;
pub mod backup;
mod changes;
mod desk;
mod error;
mod feed;
mod governance;
mod identity;
mod ledger;
mod library;
mod likeness;
mod root_key;
mod statistics;
mod tokens;
mod watches;

pub use accounts::{Account, DeskRole, MAX_ACCOUNTS, PASSWORD_CHARS};
pub use audit::{
    Act, Actor, ActorKind, AuditBounds, AuditFault, AuditFilter, AuditLog, AuditOutcome, AuditPage,
    AuditRecord, Door, MAX_AUDIT_PAGE, Verified,
};
pub use changes::{Change, Changes, Judge, Page, Place, Sought};
pub use desk::harvested;
pub use desk::{
    ANSWER_CHARS, Authored, DETAIL, DETAILS, Desk, DraftRecord, DraftState, Fields, Hands, Incoming, Letter,
    LostEntry, MAX_DONE, MAX_OPEN_OF_ONE, MAX_SENT_A_DAY, MAX_SENT_TO_ONE_A_DAY, Match, Moving, Outcome,
    Review, Revision, SENT_FOR_MS, Way, is_private,
};
pub use error::{MarketError, Result};
pub use feed::{Finder, search_doc};
pub use governance::{Gathered, all_steps, find_member, find_step, pending};
pub use identity::{Applicant, Identity, random, read_charter, write_private};
pub use ledger::{
    BackupPlan, BackupSource, Checkpoint, Lacking, Ledger, LedgerFigures, OpenedLedger, Opener, Relimited,
};
pub use library::{
    ANSWER_WITHIN_MS, Answer, Answered, Candidate, Dispute, Enquiry, EnquiryFigures, EnquiryState, Evidence,
    FIGURES_OVER_MS, FileUse, Held, HeldText, Hidden, HistoryItem, Library, Listing, MemberNode, PartVersion,
    Said, TextKind, TextUnfit, Versions, Writer, part_versions, text_kind,
};
pub use likeness::{Alike, Likeness};
pub use root_key::RootFile;
pub use statistics::{
    Answer as StatisticsAnswer, Apart, Demands, EntrySet, Figures, GROUPS, Question, SAYINGS,
    STATISTICS_VERSION, Statistics, Work,
};
pub use tokens::{ApiToken, MAX_TOKEN_DAYS, MAX_TOKENS, SCOPES};
pub use watches::{
    Channel, Every, Found, Hook, Looked, MAX_FOUND, MAX_WATCHES, Mailbox, Message, Progress, Watch,
    Way as WatchWay, material,
};
