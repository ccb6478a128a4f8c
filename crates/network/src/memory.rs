//! The memory that received frames may take: all of them together, and of that each party's share.
//!
//! A party is whoever answers for a session, with all its sessions: who has many connections must not fill what others
//! need. Who that is the core knows, once it has looked at the greeting. Until then a session has room for a greeting of its
//! own and no more: what is larger waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use crate::config::{GREETING_MEMORY, PARTY_SHARE};
use crate::event::{CloseReason, Party};

/// Memory is accounted in pieces of this many bytes; a frame of no bytes costs one, for its event.
pub(crate) const PIECE: usize = 1024;

/// The memory for all.
#[derive(Debug)]
pub(crate) struct Memory {
    all: Arc<Semaphore>,
    /// Pieces that one party may have.
    share: usize,
    wait: Duration,
    /// Shares of parties with a session or a frame; others are forgotten.
    parties: Mutex<BTreeMap<Party, Weak<Semaphore>>>,
}

/// What one session may take of it.
#[derive(Debug)]
pub(crate) struct Account {
    all: Arc<Semaphore>,
    wait: Duration,
    share: watch::Sender<Arc<Semaphore>>,
}

/// What a frame has taken, until this is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    share: OwnedSemaphorePermit,
    all: OwnedSemaphorePermit,
}

impl Hold {
    /// Takes more into the same hold. What was taken of another share, before its session changed hands, is given back there
    /// and not counted in the new one: it is little, and soon gone.
    pub fn merge(&mut self, more: Self) {
        self.all.merge(more.all);
        if Arc::ptr_eq(self.share.semaphore(), more.share.semaphore()) {
            self.share.merge(more.share);
        } else {
            self.share = more.share;
        }
    }
}

impl Memory {
    /// So many bytes. A party may have a part of them, and one frame in any case. Who needs memory for a frame waits no longer
    /// than `wait`.
    pub fn new(bytes: usize, max_frame: u32, wait: Duration) -> Self {
        let pieces = (bytes / PIECE).clamp(1, Semaphore::MAX_PERMITS);
        // One piece is for its event.
        let frame = (max_frame as usize).div_ceil(PIECE) + 1;
        let share = (pieces / PARTY_SHARE).max(frame).min(pieces);
        Self { all: Arc::new(Semaphore::new(pieces)), share, wait, parties: Mutex::default() }
    }

    /// An account for a session of which nobody knows yet who answers for it.
    pub fn account(&self) -> Account {
        let greeting = Arc::new(Semaphore::new(GREETING_MEMORY.div_ceil(PIECE)));
        Account { all: Arc::clone(&self.all), wait: self.wait, share: watch::Sender::new(greeting) }
    }

    /// From now on an account is one of this party's; what it holds already is counted where it was taken.
    pub fn assign(&self, account: &Account, party: Party) {
        let share = self.share_of(party);
        account.share.send_if_modified(|now| {
            let other = !Arc::ptr_eq(now, &share);
            *now = share;
            other
        });
    }

    fn share_of(&self, party: Party) -> Arc<Semaphore> {
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = parties.get(&party).and_then(Weak::upgrade) {
            return share;
        }
        parties.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(self.share));
        parties.insert(party, Arc::downgrade(&share));
        share
    }
}

impl Account {
    /// Takes so many pieces, of the share and of the whole.
    ///
    /// # Errors
    /// When they are not to be had within the time that one waits for them.
    pub async fn claim(&self, pieces: usize) -> Result<Hold, CloseReason> {
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        match timeout(self.wait, self.claim_from(pieces)).await {
            Ok(Some(hold)) => Ok(hold),
            Ok(None) | Err(_) => Err(CloseReason::OutOfMemory),
        }
    }

    async fn claim_from(&self, pieces: u32) -> Option<Hold> {
        let mut shares = self.share.subscribe();
        loop {
            let share = Arc::clone(&shares.borrow_and_update());
            tokio::select! {
                biased;
                share = share.acquire_many_owned(pieces) => {
                    let all = Arc::clone(&self.all).acquire_many_owned(pieces).await.ok()?;
                    return Some(Hold { share: share.ok()?, all });
                }
                // It answers for somebody else by now: whose share has room, perhaps.
                changed = shares.changed() => changed.ok()?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: usize = 64;
    const ONE: Party = Some([1; 32]);
    const OTHER: Party = Some([2; 32]);

    /// Memory for sixteen frames of 64 KiB, two for each party.
    fn memory() -> Memory {
        Memory::new(2 * PARTY_SHARE * FRAME * PIECE, (FRAME * PIECE) as u32, Duration::from_millis(50))
    }

    fn account(memory: &Memory, party: Party) -> Account {
        let account = memory.account();
        memory.assign(&account, party);
        account
    }

    async fn takes(accounts: &[Account], pieces: usize) -> Vec<Hold> {
        let mut held = Vec::new();
        for account in accounts {
            held.extend(account.claim(pieces).await);
        }
        held
    }

    #[tokio::test]
    async fn many_sessions_of_one_party_have_one_share() {
        let memory = memory();
        let many: Vec<Account> = (0..40).map(|_| account(&memory, ONE)).collect();
        let held = takes(&many, FRAME).await;
        assert_eq!(held.len(), 2, "its share");
        let other = [account(&memory, OTHER), account(&memory, None)];
        assert_eq!(takes(&other, FRAME).await.len(), 2, "others have theirs");
        drop(held);
        assert_eq!(takes(&many[30..], FRAME).await.len(), 2, "and what was given back can be had again");
    }

    #[tokio::test]
    async fn all_parties_together_have_no_more_than_there_is() {
        let memory = memory();
        let many: Vec<Account> = (0..40).map(|n| account(&memory, Some([n; 32]))).collect();
        assert_eq!(takes(&many, FRAME).await.len(), 2 * PARTY_SHARE);
    }

    #[tokio::test]
    async fn before_its_greeting_a_session_has_room_for_that_and_waits_with_more() {
        let memory = Memory::new(1 << 26, 1 << 20, Duration::from_secs(5));
        let account = Arc::new(memory.account());
        let greeting = account.claim(GREETING_MEMORY / PIECE).await.unwrap();
        drop(greeting);
        let waiting = tokio::spawn({
            let account = Arc::clone(&account);
            async move { account.claim(GREETING_MEMORY / PIECE + 1).await.is_ok() }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        memory.assign(&account, ONE);
        assert!(waiting.await.unwrap(), "once it is known whose it is, it goes on");
    }

    #[tokio::test]
    async fn shares_of_those_who_are_gone_are_forgotten() {
        let memory = memory();
        for n in 0..200 {
            drop(account(&memory, Some([n; 32])));
        }
        let known = memory.parties.lock().unwrap().len();
        assert!(known <= 1, "{known}");
    }
}
