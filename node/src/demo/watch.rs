//! How the nodes are: each is asked over its control socket, four times a second, by a thread of its own, so that a node
//! that does not answer holds up nobody.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;

use crate::control::Client;
use crate::office::{Failure, Request};

/// How often each is asked.
pub const EVERY: Duration = Duration::from_millis(250);

/// What a node said of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Whether its institution is on the roster that it holds.
    pub admitted: bool,
    /// Listings that it published.
    pub own: u64,
    /// Listings that it holds, its own among them.
    pub held: u64,
    /// Entries of all logs.
    pub entries: u64,
    /// The view hash.
    pub view: String,
    /// Peers connected.
    pub peers: usize,
    /// Bytes received and sent.
    pub bytes: (u64, u64),
    /// Bytes on disk.
    pub disk: u64,
    /// Where its pages are.
    pub web: String,
    /// Where peers reach it.
    pub addresses: Vec<String>,
}

impl Figures {
    fn of(status: &Json) -> Self {
        let number = |at: &Json| at.as_u64().unwrap_or_default();
        let text = |at: &Json| at.as_str().unwrap_or_default().to_owned();
        let list = |key: &str| status[key].as_array().cloned().unwrap_or_default();
        let connected = |peer: &Json| matches!(peer["state"].as_str(), Some("synced" | "syncing"));
        Self {
            admitted: status["admitted"] == true,
            own: number(&status["listings"]["own"]),
            held: number(&status["listings"]["held"]),
            entries: number(&status["entries"]),
            view: text(&status["view_hash"]),
            peers: list("peers").iter().filter(|peer| connected(peer)).count(),
            bytes: (number(&status["bytes"]["in"]), number(&status["bytes"]["out"])),
            disk: number(&status["bytes"]["disk"]),
            web: text(&status["web"]),
            addresses: list("addresses").iter().map(text).collect(),
        }
    }
}

/// Asks once.
pub fn ask(home: &Path) -> Option<Figures> {
    look(&mut Client::connect(home)?).ok()
}

/// Asks a node how it is.
///
/// # Errors
/// When it does not answer.
pub fn look(client: &mut Client) -> Result<Figures, Failure> {
    client.ask(&Request::Status).map(|status| Figures::of(&status))
}

/// The latest word of one node.
#[derive(Clone, Debug)]
pub struct Watched<T> {
    latest: Arc<Mutex<Option<T>>>,
}

impl<T: Clone + Send + 'static> Watched<T> {
    /// Watches a home, so often, until the last clone of it is gone.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn begin(
        home: PathBuf,
        every: Duration,
        look: fn(&mut Client) -> Result<T, Failure>,
    ) -> std::io::Result<Self> {
        let watched = Self { latest: Arc::default() };
        let latest = Arc::downgrade(&watched.latest);
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
            let mut client = None;
            while latest.strong_count() > 0 {
                client = client.or_else(|| Client::connect(&home));
                let said = client.as_mut().and_then(|client| look(client).ok());
                if said.is_none() {
                    // It has stopped, or has yet to start: the next look connects anew.
                    client = None;
                }
                let Some(latest) = latest.upgrade() else { return };
                *latest.lock().unwrap_or_else(PoisonError::into_inner) = said;
                drop(latest);
                std::thread::sleep(every);
            }
        })?;
        Ok(watched)
    }

    /// What it said last; `None` when it does not answer.
    pub fn latest(&self) -> Option<T> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The view that all hold, when all are connected, hold `listings` and have one view.
pub fn common_view(nodes: &[Option<Figures>], listings: u64) -> Option<&str> {
    let first = nodes.first()?.as_ref()?;
    let same = |node: &Option<Figures>| {
        node.as_ref().is_some_and(|n| n.view == first.view && n.held == listings && n.peers > 0)
    };
    nodes.iter().all(same).then_some(first.view.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_view_needs_hash_count_and_connection_of_all() {
        let node = Figures { held: 9, peers: 1, view: "ab".into(), ..Figures::default() };
        let with = |change: fn(&mut Figures)| {
            let mut other = node.clone();
            change(&mut other);
            [Some(node.clone()), Some(other)]
        };
        assert_eq!(common_view(&with(|_| {}), 9), Some("ab"));
        assert_eq!(common_view(&with(|_| {}), 10), None);
        assert_eq!(common_view(&with(|n| n.view = "cd".into()), 9), None);
        assert_eq!(common_view(&with(|n| n.held = 8), 9), None);
        assert_eq!(common_view(&with(|n| n.peers = 0), 9), None);
        assert_eq!(common_view(&[Some(node.clone()), None], 9), None);
        assert_eq!(common_view(&[], 0), None);
    }

    #[test]
    fn figures_are_read_from_a_status() {
        let status = serde_json::json!({
            "admitted": true, "listings": { "own": 2, "held": 5 }, "entries": 7, "view_hash": "ff", "web": "http://x/",
            "peers": [{ "state": "synced" }, { "state": "unreachable" }, { "state": "syncing" }],
            "bytes": { "in": 1, "out": 2, "disk": 3 }, "addresses": ["/ip4/127.0.0.1/tcp/1"],
        });
        let figures = Figures::of(&status);
        assert_eq!(
            (figures.own, figures.held, figures.peers, figures.bytes, figures.disk),
            (2, 5, 2, (1, 2), 3)
        );
        assert!(figures.admitted && figures.view == "ff" && figures.addresses.len() == 1);
    }
}
