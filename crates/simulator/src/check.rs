//! What must hold at every step, and what a run waits for.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{CheckedRun, DocumentId, Hash, Head, LogId, Shelf, ViewSum, hash};
use replica::Remembered;

use crate::world::World;

/// What has been seen so far.
#[derive(Default)]
pub(crate) struct Checks {
    /// An entry, and the nodes that do not hold it yet.
    watched: Option<(LogId, u64, BTreeSet<usize>)>,
    /// The most that a node kept of what peers told it, bytes.
    pub(crate) remembered: usize,
    /// What entries of a shelf showed under a roster, to the first who showed it.
    shown: BTreeMap<(Shelf, Hash), (ViewSum, String)>,
}

impl World {
    /// A node is about to store a run.
    pub(crate) fn stored(&mut self, node: usize, run: &CheckedRun) {
        if let Some((log, seq, waiting)) = &mut self.checks.watched
            && *log == run.log
            && run.head().seq >= *seq
        {
            waiting.remove(&node);
        }
        self.fsync_later(node);
    }

    /// From now on it is noted which of these nodes store this entry.
    pub fn watch(&mut self, log: LogId, seq: u64, nodes: impl IntoIterator<Item = usize>) {
        self.checks.watched = Some((log, seq, nodes.into_iter().collect()));
    }

    /// How many of them do not hold it yet.
    pub fn waiting(&self) -> usize {
        self.checks.watched.as_ref().map_or(0, |(_, _, waiting)| waiting.len())
    }

    /// A node keeps no more of what peers told it than it may.
    ///
    /// # Panics
    /// When it does.
    pub(crate) fn check_memory(&mut self, node: usize) {
        let replica = &self.nodes[node].replica;
        let (kept, most): (Remembered, Remembered) = (replica.remembered(), replica.remembered_at_most());
        assert!(kept.is_within(&most), "{} keeps {kept:?} and may keep {most:?}", self.nodes[node].name);
        self.checks.remembered = self.checks.remembered.max(kept.bytes());
    }

    /// The most that any node has kept so far of what peers told it, bytes.
    pub fn remembered(&self) -> usize {
        self.checks.remembered
    }

    /// A node still holds every entry that it wrote.
    ///
    /// # Panics
    /// When one is gone, or is another one.
    pub fn check_own(&self, node: usize) {
        let node = &self.nodes[node];
        for (log, seq, written) in node.wrote() {
            let held = node.store.get(log).and_then(|entries| entries.get(*seq as usize - 1));
            let same = held.is_some_and(|entry| entry.hash() == *written);
            assert!(same, "{}: its own entry {seq} of shelf {:?} is gone", node.name, log.shelf);
        }
    }

    /// Of these documents a node holds no payload where the roster that it knows purges them.
    ///
    /// # Panics
    /// When it does.
    pub fn check_purged(&self, node: usize, documents: &BTreeSet<DocumentId>) {
        let node = &self.nodes[node];
        let whole = node.purged_yet_whole(documents);
        assert!(whole.is_none(), "{} still holds what was purged: {whole:?}", node.name);
    }

    /// What a node shows of each shelf is what others with the same entries and roster showed.
    ///
    /// # Panics
    /// When it is not.
    pub fn check_view(&mut self, node: usize) {
        let node = &self.nodes[node];
        let mut frontiers: BTreeMap<Shelf, Vec<(LogId, Head)>> = BTreeMap::new();
        for (log, head) in node.heads() {
            frontiers.entry(log.shelf).or_default().push((log, head));
        }
        let roster = node.replica.roster().digest();
        for (shelf, sum) in node.sums() {
            let mut told = roster.0.to_vec();
            for (log, head) in frontiers.remove(&shelf).unwrap_or_default() {
                told.extend(log.to_bytes());
                told.extend(head.seq.to_be_bytes());
                told.extend(head.hash.0);
            }
            let key = (shelf, hash("simulator", &[&told]));
            let (first, who) =
                self.checks.shown.entry(key).or_insert_with(|| (sum.clone(), node.name.clone()));
            assert!(
                *first == sum,
                "{} and {who} hold the same of {shelf:?} and show different things",
                node.name
            );
        }
    }
}
