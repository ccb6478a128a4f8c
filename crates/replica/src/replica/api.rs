//! What goes into a replica and what comes out.

use std::sync::Arc;

use protocol::{
    Attachment, Charter, CheckedEntry, CheckedRun, CircleId, DocumentId, Entry, Fault, FileAsk, Fork, Frame,
    Hash, Head, LogHead, LogId, NodeCertificate, PublicKey, Redemption, Roster, SealingKey, SignedStep,
    StatusNote, Subscription,
};

use super::guests::Abroad;
use super::{FileOutcome, FoundPiece, HeardStatus, Room};
use crate::circles::KnownCircle;
use crate::conduct::KeptConduct;
use crate::pauses::Pauses;
use crate::session::SessionId;

/// Who this replica is.
#[derive(Clone, Debug)]
pub struct Me {
    /// The network's charter.
    pub charter: Charter,
    /// This node's certificate.
    pub certificate: NodeCertificate,
    /// The unused invitation of a newcomer.
    pub redemption: Option<Redemption>,
    /// Opens what is sealed to this node; the certificate holds its public half.
    pub sealing: SealingKey,
    /// What it asks for.
    pub subscription: Subscription,
    /// What this node holds of one institution's logs; past it these are pulled no further.
    pub allowance: Room,
    /// Program name and version, shown to peers.
    pub agent: String,
    /// Where the charter is another network's: by what this node is its guest.
    pub abroad: Option<Abroad>,
}

/// One log held here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogState {
    /// Its head, as far as it counts.
    pub head: Head,
    /// The certificate that opened it.
    pub certificate: Option<NodeCertificate>,
    /// Bytes that its entries count as (see [`crate::entry_bytes`]), without those that a revocation voids.
    pub bytes: u64,
}

/// How far a log counts, once that has been worked out anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The log.
    pub log: LogId,
    /// Its head, as far as it counts.
    pub head: Head,
    /// Entries up to here count; `u64::MAX` while the log has no end.
    pub counts: u64,
    /// Bytes that its entries count as, without those that a revocation voids.
    pub bytes: u64,
}

/// What happens to a replica.
#[derive(Debug)]
pub enum Input {
    /// A peer is connected; its key is authenticated by the transport.
    Connected {
        /// The connection.
        session: SessionId,
        /// Its node key.
        peer: PublicKey,
        /// Whether this side dialled.
        outbound: bool,
    },
    /// The connection is gone.
    Closed {
        /// The connection.
        session: SessionId,
    },
    /// A frame came.
    Frame {
        /// From where.
        session: SessionId,
        /// Its bytes, length prefix taken off.
        bytes: Vec<u8>,
    },
    /// A frame came that holds a run, which somebody has opened meanwhile: see [`crate::open_ahead`].
    Opened {
        /// From where.
        session: SessionId,
        /// Its bytes, length prefix taken off.
        bytes: Vec<u8>,
        /// What opening it gave.
        run: Box<Result<CheckedRun, Fault>>,
    },
    /// This node wrote entries of its own, already fsynced in the journal.
    Appended {
        /// The log.
        log: LogId,
        /// The entries in order.
        entries: Vec<CheckedEntry>,
    },
    /// Entries of a log went out to a peer.
    Served {
        /// To whom.
        session: SessionId,
        /// The log.
        log: LogId,
        /// The last entry sent.
        upto: u64,
        /// How many.
        entries: u64,
    },
    /// What the store remembers of circles; to be given before anyone is connected.
    Circles(Vec<(CircleId, KnownCircle)>),
    /// What is held where a run begins that was to be compared.
    Held {
        /// From whom the run came.
        session: SessionId,
        /// The run.
        run: CheckedRun,
        /// Our entry with the sequence number of its first one.
        own: Option<Box<Entry>>,
    },
    /// How far logs count has been worked out anew.
    Reached {
        /// The logs for which something changed.
        logs: Vec<Reached>,
    },
    /// Roster steps that were asked for with [`Effect::ReadSteps`].
    Steps {
        /// Their epoch.
        epoch: u32,
        /// The steps, some hundreds at the most.
        steps: Vec<SignedStep>,
        /// The place of the last one, when there may be more.
        more_after: Option<(LogId, u64)>,
    },
    /// PURGE entries that were asked for with [`Effect::ReadPurges`].
    Purges {
        /// The entries, some hundreds at the most.
        entries: Vec<Entry>,
        /// The place of the last one, when there may be more.
        more_after: Option<(LogId, u64)>,
    },
    /// Entries that were asked for with [`Effect::ReadBare`].
    Bare {
        /// For whom.
        session: SessionId,
        /// Those read began behind this document.
        after: Option<DocumentId>,
        /// The entries, each as the head that it was when it was the last of its log; some hundreds at the most.
        entries: Vec<LogHead>,
        /// The last document looked at, when there may be more.
        more_after: Option<DocumentId>,
    },
    /// Everything persisted so far is fsynced.
    Durable,
    /// An fsync of everything persisted so far begins; other inputs may come before it ends. One at a time.
    Syncing,
    /// The fsync that was under way has ended: what was persisted when it began is durable. Of one that failed nothing is
    /// told, and another begins.
    Synced,
    /// Time has passed; to be given about once a second.
    Tick,
    /// This node's line is open to entries, or closed to all but announcements.
    Line {
        /// True when entries pass.
        open: bool,
    },
    /// A file that a document names is wanted; so much of it has come before.
    WantFile {
        /// The file.
        attachment: Attachment,
        /// The document.
        document: DocumentId,
        /// The log of the entry that creates it.
        log: LogId,
        /// Bytes that have come, and are those of the file as far as is known.
        have: u64,
    },
    /// What was asked for with [`Effect::ReadFile`].
    FileRead {
        /// For whom.
        session: SessionId,
        /// What it asked for.
        ask: FileAsk,
        /// What was found; `None` when the document does not name the file or is hidden, or the file is not here.
        found: Option<FoundPiece>,
    },
    /// What became of a file of which [`Effect::KeepPiece`] brought the last piece, or that could not be kept.
    FileKept {
        /// The file.
        file: Hash,
        /// What it was.
        outcome: FileOutcome,
    },
    /// The roster of this node's own network, where it is a guest of another's: who else may be one.
    Home(Arc<Roster>),
    /// What was kept of [`crate::Replica::statuses`]; to be given before anyone is connected.
    Statuses(Vec<HeardStatus>),
    /// This node says how it is, with the number of [`crate::Replica::next_status`].
    Status(Box<StatusNote>),
    /// The roster of another network as this node holds it: who stands in for a gateway there.
    Foreign(Arc<Roster>),
    /// What was kept of [`crate::Replica::conduct_kept`]; to be given before anyone is connected.
    Conduct(Vec<KeptConduct>),
    /// Whom this node does not talk to for now, by its operator's word: all of them, in place of those before.
    Pauses(Pauses),
    /// The operator wants to compare with a peer now, where it is connected.
    Meet {
        /// Its node key.
        peer: PublicKey,
    },
    /// The operator lets a peer begin anew: what it did is forgotten, and it is no longer refused.
    Forgive {
        /// Its node key.
        peer: PublicKey,
    },
}

/// What a replica wants done, in order.
#[derive(Debug)]
pub enum Effect {
    /// Send a frame.
    Send {
        /// To whom.
        session: SessionId,
        /// What.
        frame: Frame,
    },
    /// Read entries after `have` up to `to` from the store and send them in runs, as the line permits.
    Serve {
        /// To whom.
        session: SessionId,
        /// The log.
        log: LogId,
        /// Sequence number before the first wanted.
        have: u64,
        /// The last wanted.
        to: u64,
    },
    /// Store these entries and what follows from them. Given before any effect that tells of them.
    Persist {
        /// The entries; they continue the log's head as far as it counts, and replace what is stored past it.
        run: CheckedRun,
    },
    /// Remember this of a circle: a local record, to be given back after a restart.
    KeepCircle {
        /// The circle.
        id: CircleId,
        /// All that is known of it.
        known: KnownCircle,
    },
    /// Look up the own entry at the place of the run's first one, and answer with [`Input::Held`].
    Compare {
        /// From whom the run came.
        session: SessionId,
        /// The run.
        run: CheckedRun,
    },
    /// Keep this proof, checked already.
    Forked {
        /// The proof.
        fork: Box<Fork>,
    },
    /// How far logs count may have changed: work it out from the roster, the forks and what is stored (see
    /// [`crate::Reach`]), void or bring back what lies between, and answer with [`Input::Reached`].
    Relimit {
        /// The log that is certainly to be named in the answer; others where something changed.
        log: Option<LogId>,
    },
    /// Countersign this redemption in this node's own roster log.
    Countersign {
        /// The redemption, its signatures checked.
        redemption: Box<Redemption>,
    },
    /// Read the roster steps of an epoch that stand in entries held, counting or not, and answer with [`Input::Steps`].
    ReadSteps {
        /// The epoch.
        epoch: u32,
        /// Those behind this place, in any order that stays the same.
        after: Option<(LogId, u64)>,
    },
    /// Read the PURGE entries of the roster's logs that are held, counting or not, and answer with [`Input::Purges`].
    ReadPurges {
        /// Those behind this place, in any order that stays the same.
        after: Option<(LogId, u64)>,
    },
    /// Read entries held that stand without their payloads though their documents are not purged, of the documents behind
    /// this one in the order of their ids, and answer with [`Input::Bare`].
    ReadBare {
        /// For whom.
        session: SessionId,
        /// Behind which document.
        after: Option<DocumentId>,
    },
    /// Put these payloads back where entries are held without, unless their documents were purged.
    Fill {
        /// The log.
        log: LogId,
        /// The entries, authentic; not one after the other.
        entries: Vec<CheckedEntry>,
    },
    /// Look up a file that a peer asks for, when the line has room for it, and answer with [`Input::FileRead`]. Of several for
    /// one session the last will do.
    ReadFile {
        /// For whom.
        session: SessionId,
        /// What it asks for.
        ask: FileAsk,
    },
    /// Keep a piece of a file behind those that came before; from there on it is what counts. With the last one: see whether all
    /// of it is the file, and answer with [`Input::FileKept`]; also when it cannot be kept.
    KeepPiece {
        /// The file.
        file: Hash,
        /// Where the piece stands in it.
        offset: u64,
        /// The piece.
        bytes: Vec<u8>,
        /// What it must be, with the last piece.
        whole: Option<Attachment>,
    },
    /// The roster is another one now: views and admissions follow.
    RosterChanged,
    /// End the connection.
    HangUp {
        /// Which.
        session: SessionId,
        /// Why, for both operators.
        reason: String,
    },
    /// Something an operator should be able to read.
    Report {
        /// About whom.
        session: SessionId,
        /// What happened.
        what: String,
    },
}
