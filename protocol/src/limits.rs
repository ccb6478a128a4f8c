//! Every bound of the protocol, named, with its unit and its reason. A peer that exceeds one is refused with the
//! bound's name; raising one is a change of the protocol and has a decision record.

/// Version of every signed object and of the frames (one byte).
pub const VERSION: u8 = 1;
/// Longest payload of one entry, bytes: a listing of 2 KB text needs 4; long descriptions and sealed bodies fit.
pub const MAX_PAYLOAD: usize = 64 * 1024;
/// Longest text, or picture, of one of the four unifications, bytes: it lies in one entry that everyone has, and the roster with
/// it. Some twenty thousand Chinese characters.
pub const MAX_PROFILE_TEXT: usize = 60 * 1024;
/// Most operations in one patch: a listing has at most 200 keys, an edit that replaces a set deletes and puts.
pub const MAX_PATCH_OPS: usize = 512;
/// Most predecessors that one operation may name: concurrent values of one field, at most one per editor.
pub const MAX_PREDS: usize = 64;
/// Most writers that the predecessors of one patch may have: who wrote the present values of its fields.
pub const MAX_ACTORS: usize = 256;
/// Most dependencies of one patch: heads of a document, at most one per concurrent editor.
pub const MAX_DEPS: usize = 64;
/// Longest key in a document, bytes of UTF-8: `keyword/` and 60 Chinese characters.
pub const MAX_KEY: usize = 192;
/// Longest text value, bytes of UTF-8.
pub const MAX_TEXT: usize = 32 * 1024;
/// Highest operation counter. Automerge stores it in 32 bits; a document never comes near it honestly.
pub const MAX_OP_COUNTER: u64 = 1 << 24;
/// Most valid patches of one document; further ones are void. Bounds the cost of a merge.
pub const MAX_DOCUMENT_PATCHES: usize = 10_000;
/// Most actors of one document; a patch by a further one is void. Bounds what a fold remembers of each patch.
pub const MAX_DOCUMENT_ACTORS: usize = 256;
/// Moves that are followed from one document; bounds what it costs to look up an old id.
pub const MAX_MOVES: usize = 1_000;
/// Moves and statements about one document that count of one log; further ones are kept and say nothing. Bounds what one
/// talkative node costs everyone who looks at a listing.
pub const MAX_MENTIONS: usize = 64;
/// Words of one institution's own that count with which it purges documents; further ones say nothing, and the governors'
/// remain. Everyone keeps every word in memory, at most a kilobyte each; an import that went wrong has some thousands.
pub const MAX_PURGES: usize = 8_192;
/// Longest name or reason in roster steps, certificates and the charter, bytes of UTF-8.
pub const MAX_NAME: usize = 512;
/// Most governors of a network, and signatures of a step.
pub const MAX_GOVERNORS: usize = 64;
/// Most nodes of a former root key that a rotation keeps: an institution has a few.
pub const MAX_KEPT_NODES: usize = 64;
/// Most steps by a former root key alone that a rotation keeps, 32 bytes each: half a payload.
pub const MAX_KEPT_WORDS: usize = 1_024;
/// Most shelf patterns in a certificate or a subscription.
pub const MAX_PATTERNS: usize = 64;
/// Most incarnations of one node on one shelf (copies, restores); more are void.
pub const MAX_INCARNATIONS: usize = 64;
/// Most addresses a node publishes.
pub const MAX_ADDRESSES: usize = 16;
/// Longest multiaddress, bytes.
pub const MAX_ADDRESS: usize = 256;
/// Largest frame on a stream, bytes, length prefix excluded.
pub const MAX_FRAME: usize = 1024 * 1024;
/// Most entries in one run frame. A receiver checks and stores a run in one piece, and nothing else meanwhile: some 5 to 10 ms.
pub const MAX_RUN_ENTRIES: usize = 128;
/// A run frame is closed once its plain size reaches this, bytes: about 2 s of a 1 Mbit/s line.
pub const RUN_TARGET: usize = 256 * 1024;
/// Largest plain size of a run frame, bytes: the target and one more entry with its bookkeeping.
pub const MAX_RUN_PLAIN: usize = RUN_TARGET + MAX_PAYLOAD + 4096;
/// Most log heads in one message; a longer frontier takes several.
pub const MAX_HEADS: usize = 4_096;
/// Most ranges asked for in one message.
pub const MAX_WANTS: usize = 1_024;
/// Buckets of a frontier that are compared before heads are sent.
pub const FRONTIER_BUCKETS: usize = 256;
/// Largest proof, invitation or charter file, bytes.
pub const MAX_FILE: usize = 16 * 1024 * 1024;
/// Most steps in a file for governors: a change of governors in a network of 200,000 subjects.
pub const MAX_STEPS_FILE: usize = 256;
/// Most entries carried by a proof file.
pub const MAX_PROOF_ENTRIES: usize = 20_000;
/// Most statements in a proof file, replaced ones counted: a listing has a few, and each may bring an institution to prove.
pub const MAX_PROOF_STATEMENTS: usize = 256;
/// Most parties of a circle: institutions of one deal. Further ones read what is published.
pub const MAX_PARTIES: usize = 16;
/// Most mailbox nodes of a circle.
pub const MAX_MAILBOXES: usize = 4;
/// Most nodes that one envelope is sealed to; opening tries a key agreement for each, some milliseconds in all.
pub const MAX_SLOTS: usize = 64;
/// Slots of an envelope are filled up with dummies to a multiple of this, so that their number tells little.
pub const SLOT_STEP: usize = 4;
/// Smallest padded size of what an envelope holds, bytes; the steps are its doubles, and `MAX_SEALED`.
pub const MIN_SEALED: usize = 512;
/// Largest padded size of what an envelope holds, bytes: with `MAX_SLOTS` slots of 80 bytes it stays within `MAX_PAYLOAD`.
pub const MAX_SEALED: usize = 56 * 1024;
/// Most circles in one delivery message.
pub const MAX_DELIVERIES: usize = 64;
/// Most nodes that a mailbox is told of for one circle: what its parties have, and the other mailboxes. 64 circles with
/// as many stay within a frame.
pub const MAX_CIRCLE_NODES: usize = 128;
/// Largest manifest of a bundle, bytes: a certificate with all its patterns, or a redemption, has room.
pub const MAX_MANIFEST: usize = 8 * 1024;
/// Most volumes of a bundle.
pub const MAX_VOLUMES: u32 = 9_999;
/// Largest volume, bytes: the largest file of FAT32, the usual file system of USB sticks.
pub const MAX_VOLUME: u64 = u32::MAX as u64;
/// Smallest size that volumes can be cut to, bytes: the head and any frame of an honest node have room.
pub const MIN_VOLUME: u64 = 512 * 1024;
/// Most logs that a slip tells of: 600 KB of its text.
pub const MAX_SLIP_LOGS: usize = 65_536;
/// Longest file that may be attached to a listing, bytes: a scanned report of some dozen pages, a good photograph.
pub const MAX_ATTACHMENT: u64 = 10 * 1024 * 1024;
/// Most files of one listing: test reports, certificates, and pictures of a sample have room.
pub const MAX_ATTACHMENTS: usize = 20;
/// Longest title of an attached file, bytes of UTF-8: two lines of Chinese.
pub const MAX_ATTACHMENT_TITLE: usize = 300;
/// Longest piece of a file in one frame, bytes: as a run, about 2 s of a 1 Mbit/s line.
pub const MAX_PIECE: usize = 256 * 1024;
/// Most gateways of a network that an agreement with another names: a hub, its double, and a few halls.
pub const MAX_GATEWAYS: usize = 8;
/// Most fields that an agreement names: all that a kind of listing has.
pub const MAX_SHARED_FIELDS: usize = 256;
/// Most fields whose values an agreement maps.
pub const MAX_MAPPINGS: usize = 16;
/// Most values of one field that an agreement maps: the classes of GB/T 4754-2017 of one industry, the counties of two provinces.
pub const MAX_MAPPING_PAIRS: usize = 1_024;
/// Longest body of what a node says of itself, bytes: all that this version says takes some 250.
pub const MAX_STATUS: usize = 1_024;
/// Most fields in it, those of later versions counted.
pub const MAX_STATUS_FIELDS: usize = 64;
/// Longest name and version of a program in it, bytes of UTF-8.
pub const MAX_STATUS_AGENT: usize = 64;
/// Most findings that it names, and the longest name of one, bytes: the check-up knows some forty.
pub const MAX_STATUS_WORDS: usize = 24;
/// See above.
pub const MAX_STATUS_WORD: usize = 24;
/// Highest number of one: a clock in the year 9999, milliseconds. Whoever signs it has none left, for itself alone.
pub const MAX_STATUS_NUMBER: u64 = 253_402_300_799_999;
/// Most nodes of which one is held, and marks in one message: 4 MiB at the very most. Of further nodes of a larger network
/// nothing is known but what connections tell.
pub const MAX_STATUSES: usize = 4_096;
/// Most of them in one message: some 20 KiB as nodes make them, 70 at most.
pub const MAX_STATUS_NOTES: usize = 64;
