//! What two nodes must agree on, byte by byte: keys, certificates, the charter, entries and logs, patches, frames.
//!
//! Read `SPEC.md` beside this crate for the whole; `vectors/` holds the golden bytes. Everything here is a pure
//! function of its arguments: no clock, no socket, no disk, no randomness (callers pass seeds and times in), no hash
//! map. Absent too: what a listing's fields mean (`catalog`), and when to send what to whom (`replica`).

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod attachment;
mod bundle;
mod certificate;
mod change;
mod charter;
mod circle;
mod codec;
mod entry;
mod fault;
mod files;
mod first;
mod fork;
mod frame;
mod hash;
mod invitation;
mod keys;
pub mod limits;
mod narrow;
mod patch;
mod peering;
mod proof;
mod purge;
mod roster;
mod run;
mod sealed;
mod shelf;
mod slip;
mod statement;
mod status;
mod steps;
mod value;
mod view;

pub use attachment::{Attachment, FILE, FileAsk, FilePiece, Media, file_hash};
pub use bundle::{
    BUNDLE_LINE, CHUNK_LENGTH, Lock, MAX_HEAD, Manifest, SignedManifest, VolumeKey, VolumeReader,
    VolumeWriter, bundle_line,
};
pub use certificate::{Capabilities, CertificateBody, NodeCertificate};
pub use charter::{
    Charter, CoSignature, Governor, Governors, Institution, Profile, RECOVERY_INDEX, Role, SignedCharter,
};
pub use circle::{Circle, CircleId, MAILBOX, NONCE, PARTY};
pub use codec::{Decoder, Encoder};
pub use entry::{Draft, Entry, Head, Header, Payload, Verb};
pub use fault::{Checked, Fault};
pub use files::{Application, MarketFile, StepsFile};
pub use first::Beginning;
pub use fork::Fork;
pub use frame::{
    Bucket, Credential, Delivery, DeliveryWord, Frame, GuestPass, Hello, LogHead, Shown, Want, bucket_of,
    frontier_digest,
};
pub use hash::{DocumentId, Hash, Hasher, InstitutionId, NetworkId, hash};
pub use invitation::InvitationFile;
pub use keys::{PublicKey, Purpose, SecretKey, Signature, remember_signatures};
pub use patch::{Actor, Op, OpId, Origin, Patch, SignedPatch, from_scalar, seconds, to_scalar, value_bytes};
pub use peering::{CodeMapping, Gateway, Peering, Side, Terms};
pub use proof::{FileKind, Proof, Proven, Stated, seal_file, unseal_file};
pub use purge::Purge;
pub use roster::{
    BookFigures, Folded, Grant, Member, MemberState, NodeState, Peer, PeerState, PurgeWord, Purges, Roster,
    RosterBook, RosterInput, lies_in,
};
pub use run::{CheckedEntry, CheckedRun, RunBuilder, RunCutter, Unsigned};
pub use sealed::{Envelope, Place, SealingKey};
pub use shelf::{LogId, Shelf, ShelfKind, ShelfPattern, Subscription, Visibility};
pub use slip::{ShortHead, Slip, SlipFault, SlipLine};
pub use statement::{Continuation, Standing, Statement, standing};
pub use status::{StatusFacts, StatusMark, StatusNote, StatusTalk, mark_of};
pub use steps::{
    Action, Invitation, OpenLog, OwnWord, Redemption, RosterStep, Rotation, SignedStep, Subject,
};
pub use value::Value;
pub use view::{SUM_BYTES, ViewSum, view_hash};
