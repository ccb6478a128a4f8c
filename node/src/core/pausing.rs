//! Pauses by the operator's word: kept in a file of the home, judged by the replica, heeded by who dials.
//!
//! ```text
//! pause · resume · stop ─► Pauses ─► file (fsynced) ─► Replica (ends sessions, greets nobody of them) and Dialing
//! tick: what is over is forgotten
//! ```
//!
//! A file that does not read pauses nobody: it says so in the log, and the node goes on.

use std::io::Write;
use std::path::{Path, PathBuf};

use protocol::PublicKey;
use replica::{Input, MAX_PAUSED, Pause, Pauses};
use serde::{Deserialize, Serialize};

use super::{Core, now_ms};

/// The file in the home.
const FILE: &str = "pauses.json";
/// The form of the file.
const FORM: u8 = 1;
/// The most that the file can be long, bytes: a line of some 130 for each that is paused.
const MAX_FILE: u64 = (MAX_PAUSED as u64 + 1) * 256;
/// After a meeting that the operator ended a peer is let alone for so long, milliseconds: as long as between two calls of one that
/// does not answer.
const REST_MS: i64 = 60_000;

/// The pauses and their file.
pub(super) struct Pausing {
    home: PathBuf,
    pub(super) pauses: Pauses,
}

/// What a file holds.
#[derive(Serialize, Deserialize)]
struct Kept {
    v: u8,
    all: Option<KeptPause>,
    #[serde(default)]
    peers: Vec<KeptPause>,
}

#[derive(Serialize, Deserialize)]
struct KeptPause {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    since_ms: i64,
    until_ms: Option<i64>,
}

impl KeptPause {
    fn of(node: Option<&PublicKey>, pause: &Pause) -> Self {
        Self { node: node.map(ToString::to_string), since_ms: pause.since_ms, until_ms: pause.until_ms }
    }

    fn pause(&self) -> Pause {
        Pause { since_ms: self.since_ms, until_ms: self.until_ms, brief: false }
    }
}

impl Pausing {
    /// Those of a home.
    pub fn of(home: &Path) -> Self {
        let path = home.join(FILE);
        let pauses = match std::fs::metadata(&path) {
            Ok(data) if data.len() <= MAX_FILE => {
                std::fs::read(&path).map_err(|e| e.to_string()).and_then(|bytes| read(&bytes))
            }
            Ok(_) => Err("it is too long".to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Pauses::default()),
            Err(error) => Err(error.to_string()),
        };
        let pauses = pauses.unwrap_or_else(|why| {
            tracing::error!(
                "{} does not read ({why}): nobody is paused; pause again whom you want to",
                path.display()
            );
            Pauses::default()
        });
        Self { home: home.to_owned(), pauses }
    }

    /// Writes down those that outlast a restart, and fsyncs: what was acknowledged holds.
    fn keep(&self, pauses: &Pauses) -> std::io::Result<()> {
        let (path, draft) = (self.home.join(FILE), self.home.join("pauses.draft"));
        let mut file = std::fs::File::create(&draft)?;
        file.write_all(&written(pauses)?)?;
        file.sync_all()?;
        std::fs::rename(&draft, &path)?;
        std::fs::File::open(&self.home)?.sync_all()
    }
}

fn written(pauses: &Pauses) -> std::io::Result<Vec<u8>> {
    let named = pauses.named(now_ms()).filter(|(_, pause)| !pause.brief);
    let kept = Kept {
        v: FORM,
        all: pauses.of_all(now_ms()).map(|pause| KeptPause::of(None, pause)),
        peers: named.map(|(node, pause)| KeptPause::of(Some(node), pause)).collect(),
    };
    Ok(serde_json::to_vec(&kept)?)
}

fn read(bytes: &[u8]) -> Result<Pauses, String> {
    let kept: Kept = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if kept.v != FORM {
        return Err(format!("it is of form {}, made by a newer version", kept.v));
    }
    let mut pauses = Pauses::default();
    if let Some(all) = &kept.all {
        pauses.set(None, all.pause());
    }
    for peer in &kept.peers {
        let node = peer.node.as_deref().and_then(|node| node.parse::<PublicKey>().ok());
        let node = node.ok_or("it names no node".to_owned())?;
        if !pauses.set(Some(node), peer.pause()) {
            return Err("it names too many".to_owned());
        }
    }
    Ok(pauses)
}

/// Why a peer could not be paused.
#[derive(Debug)]
pub enum NotPaused {
    /// So many are paused one by one that no more can be.
    TooMany,
    /// It could not be written down, so nothing has changed.
    Disk(std::io::Error),
}

impl Core {
    /// The pauses that hold.
    pub fn pauses(&self) -> &Pauses {
        &self.pausing.pauses
    }

    /// Pauses a peer, or all, until a moment or until it is lifted.
    ///
    /// # Errors
    /// When it cannot be kept: then nothing has changed.
    pub fn pause(&mut self, peer: Option<PublicKey>, until_ms: Option<i64>) -> Result<(), NotPaused> {
        let pause = Pause { since_ms: now_ms(), until_ms, brief: false };
        let mut pauses = self.pausing.pauses.clone();
        if !pauses.set(peer, pause) {
            return Err(NotPaused::TooMany);
        }
        self.take_pauses(pauses)
    }

    /// Lifts a pause. False when there was none.
    ///
    /// # Errors
    /// As [`Core::pause`].
    pub fn resume(&mut self, peer: Option<&PublicKey>) -> Result<bool, NotPaused> {
        let mut pauses = self.pausing.pauses.clone();
        let lifted = pauses.lift(peer);
        if lifted {
            self.take_pauses(pauses)?;
            // Who was let alone is called again at once.
            for node in peer.copied().into_iter().collect::<Vec<_>>() {
                self.call(&node);
            }
            if peer.is_none() {
                self.dial(now_ms());
            }
        }
        Ok(lifted)
    }

    /// Ends the meeting with a peer: the next one comes by itself, in a minute at the earliest.
    pub fn part(&mut self, peer: PublicKey) -> Result<(), NotPaused> {
        let now = now_ms();
        if self.pausing.pauses.of(&peer, now).is_some_and(|pause| !pause.brief) {
            return Ok(());
        }
        let mut pauses = self.pausing.pauses.clone();
        let rest = Pause { since_ms: now, until_ms: Some(now.saturating_add(REST_MS)), brief: true };
        if !pauses.set(Some(peer), rest) {
            return Err(NotPaused::TooMany);
        }
        self.hand_on(pauses);
        Ok(())
    }

    /// Meets a peer now: compares with one that is connected, calls another. False when it is neither connected nor has an
    /// address that is known here.
    pub fn meet(&mut self, peer: PublicKey) -> bool {
        let brief = |pause: &Pause| pause.brief;
        if self.pausing.pauses.of(&peer, now_ms()).is_some_and(brief) {
            let mut pauses = self.pausing.pauses.clone();
            pauses.lift(Some(&peer));
            self.hand_on(pauses);
        }
        let connected =
            |p: &replica::PeerView| p.peer == peer && !matches!(p.state, replica::SessionState::Ended(_));
        if self.replica.peers().iter().any(connected) {
            self.tell(Input::Meet { peer });
            return true;
        }
        self.call(&peer)
    }

    fn take_pauses(&mut self, pauses: Pauses) -> Result<(), NotPaused> {
        self.pausing.keep(&pauses).map_err(NotPaused::Disk)?;
        self.hand_on(pauses);
        Ok(())
    }

    fn hand_on(&mut self, pauses: Pauses) {
        self.pausing.pauses = pauses.clone();
        self.tell(Input::Pauses(pauses));
    }

    /// Begins with what was kept.
    pub(super) fn recall_pauses(&mut self) {
        self.drive(Input::Pauses(self.pausing.pauses.clone()));
    }

    /// Forgets those that are over. What the file still says of them is over as well.
    pub(super) fn watch_pauses(&mut self, now_ms: i64) {
        if self.pausing.pauses.expire(now_ms) {
            self.hand_on(self.pausing.pauses.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_again_and_what_is_spoiled_pauses_nobody() {
        let mut pauses = Pauses::default();
        let node = PublicKey([7; 32]);
        let since_ms = now_ms() - 5;
        pauses.set(Some(node), Pause { since_ms, until_ms: Some(since_ms + 3_600_000), brief: false });
        pauses.set(None, Pause { since_ms, until_ms: None, brief: false });
        let bytes = written(&pauses).unwrap();
        assert_eq!(read(&bytes), Ok(pauses.clone()));
        pauses.set(Some(PublicKey([8; 32])), Pause { since_ms, until_ms: Some(i64::MAX), brief: true });
        assert_eq!(written(&pauses).unwrap(), bytes, "a meeting that was ended is not kept");
        for spoiled in [
            &b"{}"[..],
            b"",
            b"{\"v\":2,\"all\":null}",
            b"{\"v\":1,\"all\":null,\"peers\":[{\"node\":\"x\",\"since_ms\":1,\"until_ms\":null}]}",
        ] {
            assert!(read(spoiled).is_err());
        }
        assert!(bytes.len() as u64 <= MAX_FILE / 1_000);
    }
}
