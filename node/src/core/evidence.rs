//! What peers did, kept over a restart: a file in the home, written now and then and at the end.
//!
//! A crash loses the last half minute of it. A file that does not read is left: peers begin anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use protocol::{Hash, PublicKey};
use replica::{FrameSeen, Input, KeptConduct, MAX_KEPT, MAX_REASON, MAX_REASONS, Misdeed, Offence};
use serde::{Deserialize, Serialize};

use super::{Core, now_ms};

/// The file in the home.
const FILE: &str = "conduct.json";
/// The form of the file.
const FORM: u8 = 1;
/// What has changed is written down this often.
const KEEP_EVERY: Duration = Duration::from_secs(30);
/// The most that the file can be long, bytes: each misdeed is a text and some 250 bytes beside it; texts may be escaped.
const MAX_FILE: u64 = (MAX_KEPT * (512 + MAX_REASONS * (6 * MAX_REASON + 256))) as u64;

/// The file, and what is in it.
pub(super) struct Evidence {
    path: PathBuf,
    kept: u64,
    kept_at: Option<Instant>,
    writing: Arc<AtomicBool>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    v: u8,
    peers: Vec<KeptPeer>,
}

#[derive(Serialize, Deserialize)]
struct KeptPeer {
    node: String,
    score: u32,
    as_of_ms: i64,
    refusals: u32,
    refused_ms: (i64, i64),
    times: u64,
    first_ms: i64,
    misdeeds: Vec<KeptMisdeed>,
}

#[derive(Serialize, Deserialize)]
struct KeptMisdeed {
    at_ms: i64,
    kind: String,
    what: String,
    frame: Option<(Option<u8>, u64, String)>,
}

impl Evidence {
    /// That of a home.
    pub fn of(home: &Path) -> Self {
        Self { path: home.join(FILE), kept: 0, kept_at: None, writing: Arc::default() }
    }

    fn read(&self) -> Option<Vec<KeptConduct>> {
        let length = std::fs::metadata(&self.path).ok()?.len();
        let bytes = std::fs::read(&self.path).ok().filter(|_| length <= MAX_FILE)?;
        let kept = read(&bytes);
        if kept.is_none() {
            tracing::warn!("{} does not read: peers begin anew", self.path.display());
        }
        kept
    }
}

fn written(peers: &[KeptConduct]) -> Option<Vec<u8>> {
    let misdeed = |one: &Misdeed| KeptMisdeed {
        at_ms: one.at_ms,
        kind: one.offence.id().to_owned(),
        what: one.what.clone(),
        frame: one.frame.map(|frame| (frame.kind, frame.length, frame.digest.to_string())),
    };
    let peer = |one: &KeptConduct| KeptPeer {
        node: one.peer.to_string(),
        score: one.score,
        as_of_ms: one.as_of_ms,
        refusals: one.bans,
        refused_ms: one.banned_ms,
        times: one.times,
        first_ms: one.first_ms,
        misdeeds: one.misdeeds.iter().map(misdeed).collect(),
    };
    serde_json::to_vec(&Kept { v: FORM, peers: peers.iter().map(peer).collect() }).ok()
}

fn read(bytes: &[u8]) -> Option<Vec<KeptConduct>> {
    let kept: Kept = serde_json::from_slice(bytes).ok()?;
    let misdeed = |one: KeptMisdeed| {
        let frame = match one.frame {
            Some((kind, length, digest)) => {
                Some(FrameSeen { kind, length, digest: digest.parse::<Hash>().ok()? })
            }
            None => None,
        };
        Some(Misdeed { at_ms: one.at_ms, offence: Offence::from_id(&one.kind)?, what: one.what, frame })
    };
    let peer = |one: KeptPeer| {
        Some(KeptConduct {
            peer: one.node.parse::<PublicKey>().ok()?,
            score: one.score,
            as_of_ms: one.as_of_ms,
            bans: one.refusals,
            banned_ms: one.refused_ms,
            times: one.times,
            first_ms: one.first_ms,
            misdeeds: one.misdeeds.into_iter().map(misdeed).collect::<Option<_>>()?,
        })
    };
    let sound = kept.v == FORM && kept.peers.len() <= MAX_KEPT;
    sound.then(|| kept.peers.into_iter().map(peer).collect::<Option<_>>()).flatten()
}

/// It is no loss when that cannot be written.
fn write(path: &Path, bytes: &[u8]) {
    let draft = path.with_extension("draft");
    let kept = std::fs::write(&draft, bytes).and_then(|()| std::fs::rename(&draft, path));
    if let Err(error) = kept {
        tracing::debug!("what peers did could not be kept: {error}");
    }
}

impl Core {
    /// Begins with what was kept.
    pub(super) fn recall_conduct(&mut self) {
        if let Some(kept) = self.evidence.read() {
            self.drive(Input::Conduct(kept));
            self.evidence.kept = self.replica.conduct_revision();
        }
    }

    fn due_conduct(&mut self) -> Option<(PathBuf, Vec<u8>)> {
        let revision = self.replica.conduct_revision();
        self.evidence.kept_at = Some(Instant::now());
        let changed = std::mem::replace(&mut self.evidence.kept, revision) != revision;
        let bytes = changed.then(|| written(&self.replica.conduct_kept(now_ms()))).flatten()?;
        Some((self.evidence.path.clone(), bytes))
    }

    /// Writes it down, where something has changed.
    pub(super) fn keep_conduct(&mut self) {
        if let Some((path, bytes)) = self.due_conduct() {
            write(&path, &bytes);
        }
    }

    /// Has it written down by a thread of its own, now and then: a disk that does not answer keeps nobody waiting.
    pub(super) fn keep_conduct_beside(&mut self) {
        let early = self.evidence.kept_at.is_some_and(|at| at.elapsed() < KEEP_EVERY);
        if early || self.evidence.writing.load(Ordering::Acquire) {
            return;
        }
        let Some((path, bytes)) = self.due_conduct() else { return };
        self.evidence.writing.store(true, Ordering::Release);
        let done = Arc::clone(&self.evidence.writing);
        let run = move || {
            write(&path, &bytes);
            done.store(false, Ordering::Release);
        };
        if std::thread::Builder::new().name("conduct".to_owned()).spawn(run).is_err() {
            self.evidence.writing.store(false, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_again_and_what_is_spoiled_does_not() {
        let frame = FrameSeen { kind: Some(0xff), length: 40, digest: Hash([3; 32]) };
        let misdeed =
            |frame| Misdeed { at_ms: 5, offence: Offence::BadFrame, what: "坏\u{1}".to_owned(), frame };
        let kept = vec![KeptConduct {
            peer: PublicKey([1; 32]),
            score: 20,
            as_of_ms: 5,
            bans: 1,
            banned_ms: (4, 9),
            times: 2,
            first_ms: 3,
            misdeeds: vec![misdeed(None), misdeed(Some(frame))],
        }];
        let bytes = written(&kept).unwrap();
        assert_eq!(read(&bytes), Some(kept.clone()));
        assert!(read(&bytes[1..]).is_none());
        let text = String::from_utf8(bytes).unwrap();
        for (part, other) in
            [("\"v\":1", "\"v\":2"), ("bad-frame", "worse"), ("\"node\":\"01", "\"node\":\"x")]
        {
            assert!(read(text.replace(part, other).as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn the_worst_that_is_kept_fits() {
        let what = "\u{1}".repeat(MAX_REASON);
        let frame = Some(FrameSeen { kind: Some(255), length: u64::MAX, digest: Hash([255; 32]) });
        let misdeed = Misdeed { at_ms: i64::MIN, offence: Offence::AskedAgain, what, frame };
        let one = KeptConduct {
            peer: PublicKey([255; 32]),
            score: u32::MAX,
            as_of_ms: i64::MIN,
            bans: u32::MAX,
            banned_ms: (i64::MIN, i64::MIN),
            times: u64::MAX,
            first_ms: i64::MIN,
            misdeeds: vec![misdeed; MAX_REASONS],
        };
        assert!(written(&vec![one; MAX_KEPT]).unwrap().len() as u64 <= MAX_FILE);
    }
}
