//! How this node and others find each other, for the check-up.

use network::Event;

use super::{Core, now_ms};

/// When this node was last in step with another is written down this often, milliseconds: the check-up counts in days.
const NOTE_EVERY_MS: i64 = 3_600_000;
/// Addresses that could not be listened at; a configuration names a few.
const MAX_FAILED: usize = 16;

/// What is remembered while the node runs.
#[derive(Default)]
pub(super) struct Remembered {
    listen_failed: Vec<(String, String)>,
    reached: bool,
    noted_ms: Option<i64>,
}

/// What the check-up is told.
pub struct Contacts {
    /// Addresses that could not be listened at, and why.
    pub listen_failed: Vec<(String, String)>,
    /// Whether anybody has connected to this node since it started.
    pub reached: bool,
    /// When this node was last in step with another, milliseconds since 1970 by its own clock.
    pub seen_ms: Option<i64>,
    /// The newest time that each other node has signed, milliseconds since 1970 by that node's clock.
    pub signed_ms: Vec<i64>,
}

impl Core {
    /// What the check-up is told.
    ///
    /// # Errors
    /// When the store fails.
    pub fn contacts(&self) -> market::Result<Contacts> {
        let own = self.identity.node.public();
        Ok(Contacts {
            listen_failed: self.remembered.listen_failed.clone(),
            reached: self.remembered.reached,
            seen_ms: self.ledger.seen_ms()?,
            signed_ms: self.ledger.newest_times(&own)?,
        })
    }

    pub(super) fn remember(&mut self, event: &Event) {
        match event {
            Event::Connected { outbound: false, .. } => self.remembered.reached = true,
            Event::ListenFailed { address, why, .. } if self.remembered.listen_failed.len() < MAX_FAILED => {
                self.remembered.listen_failed.push((address.clone(), why.clone()));
            }
            _ => {}
        }
    }

    /// Writes down that it is in step with somebody, now and then. It is no loss when that cannot be written.
    pub(super) fn note_seen(&mut self) {
        let now = now_ms();
        let recent = |noted: i64| (0..NOTE_EVERY_MS).contains(&now.saturating_sub(noted));
        if self.remembered.noted_ms.is_some_and(recent) {
            return;
        }
        self.remembered.noted_ms = Some(now);
        if let Err(error) = self.ledger.note_seen(now) {
            tracing::debug!("the last contact could not be noted: {error}");
        }
    }
}
