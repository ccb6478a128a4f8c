//! Every bound of the state machine, with its unit and its reason.

/// Bad frames after which a session ends. What they weigh beyond it stands in `conduct`.
pub(crate) const MAX_STRIKES: u32 = 8;
/// Runs of one log without a good signature after which it is asked of that peer no more in this session: a bad line
/// spoils fewer in a row, and a log whose author signed badly must not keep others waiting.
pub(crate) const MAX_UNSIGNED: u32 = 4;
/// Forks of one log that a peer may show in one session, each earlier than the one before: each is fsynced, and cuts the
/// log anew. An honest peer knows of one, and may learn of some more.
pub(crate) const MAX_FORKS_TAKEN: u32 = 8;
/// Logs of one node: shelves times incarnations, with room. More are not taken in.
pub(crate) const MAX_LOGS_PER_NODE: usize = 4_096;
/// Logs not held here that one session may announce; further ones are looked at when these have been fetched. A
/// hostile member can make a session cost 2 MiB of memory with it, no more.
pub(crate) const MAX_ANNOUNCED: usize = 16_384;
/// Logs set aside because the roster does not know their institution. More are dropped, and the sender is counted
/// against.
pub(crate) const MAX_PARKED: usize = 4_096;
/// Logs asked for at once from one peer; the roster's come first.
pub(crate) const WANTS_IN_FLIGHT: usize = 32;
/// Entries of others that are passed on without being asked for, as many at a time: someone's writing, no import …
pub(crate) const PASS_ON_ENTRIES: usize = 8;
/// … of so many bytes, as an allowance counts them: a few listings. A slow line is not filled with more than that which its
/// reader may have by another way.
pub(crate) const PASS_ON_BYTES: u64 = 16 * 1024;
/// Entries of a log that were passed on to a peer and not confirmed by it, up to which more are: what a busy author writes in
/// the time of a few fsyncs. Who takes none of them is told heads after that.
pub(crate) const PASS_ON_AHEAD: u64 = 64;
/// Logs looked at for one request: bounds its cost where most are being fetched elsewhere. The next one goes on
/// from there.
pub(crate) const PLAN_SCAN: usize = 2_048;
/// A range asked for that brings nothing for this long, from a peer that brings nothing else either, is asked for
/// elsewhere; milliseconds.
pub(crate) const WANT_PATIENCE_MS: i64 = 20_000;
/// The same while the peer brings other entries: it serves its ranges in turn, and 32 of them take this long on a line
/// of 256 kbit/s; milliseconds.
pub(crate) const TURN_PATIENCE_MS: i64 = 300_000;
/// A peer that has not been admitted after this long is hung up, milliseconds.
pub(crate) const GREETING_PATIENCE_MS: i64 = 15_000;
/// A peer of whom a newcomer wants the roster first, and who brings nothing that lists it, is hung up after this long
/// without progress, milliseconds.
pub(crate) const ROSTER_PATIENCE_MS: i64 = 60_000;
/// Peers out of step compare their frontiers again after this long without progress, and then ever more rarely,
/// milliseconds.
pub(crate) const COMPARE_FIRST_MS: i64 = 4_000;
/// … up to this, milliseconds.
pub(crate) const COMPARE_RARELY_MS: i64 = 600_000;
/// Payloads that a purge removed which counts no more are asked for like that too, of each peer, but ever more rarely up to
/// this, milliseconds: nobody may have them, and each time costs a look at the store.
pub(crate) const GAPS_RARELY_MS: i64 = 6 * 3_600_000;
/// A log that is shown without payloads which no purge excuses, by all that are connected and have it, is taken so after
/// this long, milliseconds: a purge that is on its way arrives sooner, and so does another peer where there is one.
pub(crate) const BARE_PATIENCE_MS: i64 = 3_600_000;
/// Logs that were shown so, and are waited for. Those beyond are not asked of that peer again in the session.
pub(crate) const MAX_BARE: usize = 4_096;
/// A session that has been out of step this long, with nothing on its way and nothing brought, begins anew, milliseconds:
/// what the two believe of each other may be wrong in a way that no comparison shows, such as what the other one wants.
pub(crate) const RENEW_MS: i64 = 6 * 3_600_000;
/// A peer that still tells of entries past a fork this long after it was shown the proof has not had it, and is shown it
/// again, milliseconds.
pub(crate) const FORK_AGAIN_MS: i64 = 10_000;
/// Comparisons that need not wait that long, renewed by every progress: greeting, admission and the first answers come
/// close together.
pub(crate) const QUICK_PULLS: u32 = 3;
/// Comparisons that a peer may start in one go; each costs a hash over the shared frontier.
pub(crate) const COMPARISONS: u32 = 16;
/// Every tick gives one of them back, up to that number.
pub(crate) const COMPARISONS_PER_TICK: u32 = 1;
/// Entries that a peer may ask for again in one session after they have been sent: dropped frames make it ask, a few
/// thousand each time at the most.
pub(crate) const MAX_REPEATED: u64 = 262_144;
/// The roster is folded at most this often for entries of others: a fold looks at every step; milliseconds.
pub(crate) const FOLD_PAUSE_MS: i64 = 500;

/// Circles that one node may bring to a mailbox: a few a week for years. More are declined.
pub(crate) const MAX_CIRCLES_BY: usize = 1_024;
/// Circles of a session that this node has neither opened nor keeps as a mailbox. More are declined until it ends.
pub(crate) const MAX_TRIALS: usize = 64;
/// Envelopes that are tried before a log of an unknown circle is declined; each costs up to 64 key agreements.
pub(crate) const TRIAL_ENVELOPES: usize = 4;

/// Files that are being fetched, or wait for someone who has them: a page's worth for each of a dozen readers. More are not
/// taken, and asked for again by who wants them; about 200 KiB.
pub(crate) const MAX_FILES_WANTED: usize = 256;
/// Files asked for at once, each of another peer, so that entries keep most of a line.
pub(crate) const FILES_IN_FLIGHT: usize = 4;
/// A piece that does not come for this long is asked of another peer, milliseconds: the peer sends entries first.
pub(crate) const FILE_PATIENCE_MS: i64 = 60_000;
/// … and of the same again after this, when there is no other, milliseconds.
pub(crate) const FILE_LATE_MS: i64 = 5_000;
/// Who has nothing of a file for us is asked again after this long, milliseconds: it may be fetching it itself.
pub(crate) const FILE_AGAIN_MS: i64 = 20_000;
/// … and then ever more rarely up to this, milliseconds.
pub(crate) const FILE_RARELY_MS: i64 = 600_000;
/// Who sent other bytes than those of a file is not asked for it again for this long, milliseconds.
pub(crate) const FILE_WRONG_MS: i64 = 86_400_000;
/// A file that nobody has asked to see for this long, and of which nothing has come, is no more wanted, milliseconds.
pub(crate) const FILE_WANTED_MS: i64 = 3_600_000;

/// Notes of nodes about themselves are spoken of in a session that has lasted so long, milliseconds: a short meeting is not made
/// dearer by them.
pub(crate) const STATUS_QUIET_MS: i64 = 20_000;
/// … and to a peer at most this often, milliseconds: what comes meanwhile goes along.
pub(crate) const STATUS_PAUSE_MS: i64 = 10_000;
/// What the peer does not take is told it again ever more rarely, up to this, milliseconds.
pub(crate) const STATUS_RARELY_MS: i64 = 600_000;
/// A newer note of a node is taken at most this often, milliseconds: each is checked, and passed on to everyone connected. Who
/// is honest makes one in ten minutes.
pub(crate) const STATUS_GAP_MS: i64 = 60_000;

/// Milliseconds since a moment; more than any patience when there was none, or the clock has been set back.
pub(crate) fn elapsed(since_ms: Option<i64>, now_ms: i64) -> i64 {
    let passed = since_ms.map(|since| now_ms.saturating_sub(since));
    passed.filter(|passed| *passed >= 0).unwrap_or(i64::MAX)
}
