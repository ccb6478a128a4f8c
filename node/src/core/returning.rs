//! A node that has just started writes nothing until it has heard, or had the chance to hear, what it wrote before: it may
//! have been restored from an old backup, and a number used twice forks its log.

use protocol::Redemption;
use replica::SessionState;

use super::{Core, now_ms};

/// Without any peer that answers, writing begins after this long, milliseconds. Members usually answer within one.
const ANSWER_PATIENCE_MS: i64 = 5_000;
/// A peer that answers is given this long to say what it holds of this node's own, and to hand it over, milliseconds.
const COMPARE_PATIENCE_MS: i64 = 60_000;
/// Invitations that wait meanwhile; more are refused, and the newcomers call again.
const MAX_WAITING: usize = 64;

/// What waits until writing may begin.
#[derive(Default)]
pub(super) struct Returning {
    began_ms: i64,
    done: bool,
    /// It writes nothing at all: what is held here is another network's.
    never: bool,
    addresses_due: bool,
    steps_due: bool,
    redemptions: Vec<Redemption>,
}

impl Returning {
    pub fn begin() -> Self {
        Self { began_ms: now_ms(), ..Self::default() }
    }

    /// Of what another network gives, nothing is ever written.
    pub fn never() -> Self {
        Self { never: true, ..Self::begin() }
    }

    /// The node's addresses are to be published later.
    pub fn addresses_due(&mut self) {
        self.addresses_due = true;
    }

    /// Roster steps may stand in void entries only.
    pub fn steps_due(&mut self) {
        self.steps_due = true;
    }

    /// An invitation is to be countersigned later.
    pub fn wait(&mut self, redemption: &Redemption) {
        if self.redemptions.len() < MAX_WAITING {
            self.redemptions.push(redemption.clone());
        }
    }
}

impl Core {
    /// Whether this node may write. A node alone on its roster always may, and so does one that does not run: there is
    /// nobody to ask.
    pub fn may_write(&mut self) -> bool {
        if self.returning.never {
            return false;
        }
        if !self.returning.done {
            self.returning.done = self.has_returned();
        }
        self.returning.done
    }

    fn has_returned(&self) -> bool {
        let me = self.identity.node.public();
        let roster = self.replica.roster();
        let others = roster.members.len() > 1 || self.replica.logs().keys().any(|log| log.node != me);
        if self.network.is_none() || !others || self.replica.knows_own() {
            return true;
        }
        let answers = |p: &replica::PeerView| !matches!(p.state, SessionState::Ended(_));
        let answered = self.replica.peers().iter().any(answers);
        let patience = if answered { COMPARE_PATIENCE_MS } else { ANSWER_PATIENCE_MS };
        !(0..patience).contains(&(now_ms() - self.returning.began_ms))
    }

    /// Does what has waited.
    pub(super) fn catch_up_writing(&mut self) {
        if !self.may_write() {
            return;
        }
        if std::mem::take(&mut self.returning.addresses_due) {
            self.publish_addresses();
        }
        if std::mem::take(&mut self.returning.steps_due) {
            let carried = self.work(|desk| Ok(((), desk.carry_stranded()?)));
            if let Err(error) = carried {
                tracing::warn!("roster steps of a forked log could not be written again: {error}");
            }
        }
        for redemption in std::mem::take(&mut self.returning.redemptions) {
            if let Some(input) = self.countersign(&redemption) {
                self.drive(input);
            }
        }
    }
}
