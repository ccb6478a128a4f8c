//! What a home holds, read back as a node reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use market::{Identity, Ledger};
use protocol::{Head, LogId};
use storage::{Options, Table};

/// Texts that a test looks for: `tk`, eight digits, `z`.
pub fn token(round: u64, number: u64) -> String {
    format!("tk{round:03}{number:05}z")
}

/// All such texts in these bytes.
pub fn tokens(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    bytes.windows(11).filter_map(|part| {
        let digits = part.strip_prefix(b"tk")?.strip_suffix(b"z")?;
        digits.iter().all(u8::is_ascii_digit).then(|| String::from_utf8_lossy(part).into_owned())
    })
}

/// What a home holds.
#[derive(Default)]
pub struct Held {
    /// Texts of own entries and drafts.
    pub texts: BTreeSet<String>,
    /// Of each log the heads that it has had, the empty one first.
    pub heads: BTreeMap<LogId, Vec<Head>>,
    /// The store did not survive, and that was noticed: it was begun anew from the journal.
    pub rebuilt: bool,
}

/// Opens a home as a node does. Each entry is read and checked against the one before.
pub fn read_back(home: &Path) -> market::Result<Held> {
    let identity = Identity::read(home)?;
    let options = Options { cache_capacity: 16 << 20, floor_bytes: 0 };
    let opened = Ledger::open(&home.join("data"), options, identity.opener())?;
    let mut found = Held { rebuilt: opened.mended.is_some(), ..Held::default() };
    for (log, (last, _)) in opened.ledger.held() {
        let mut chain = vec![Head::default()];
        let mut take = |entry: protocol::Entry| {
            let before = chain.last().unwrap();
            assert_eq!((entry.header.seq, entry.header.prev), (before.seq + 1, before.hash), "{log:?}");
            entry.check_payload().unwrap();
            found.texts.extend(tokens(&entry.to_bytes()));
            chain.push(Head { seq: entry.header.seq, hash: entry.hash() });
            true
        };
        opened.ledger.read_log(&log, 0, last.seq, &mut take)?;
        assert_eq!(*chain.last().unwrap(), last, "the head of {log:?}");
        found.heads.insert(log, chain);
    }
    opened.ledger.store().walk(Table::Drafts, &[], &mut |_, value| {
        found.texts.extend(tokens(value));
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(found)
}
