//! The memory that received frames may take: all of them together, and of that each party's share.
//!
//! A party is whoever answers for a session, with all its sessions: who has many connections must not fill what others
//! need. Who that is the core knows, once it has looked at the greeting. Until then a session has room for a greeting of its
//! own and no more: what is larger waits. Sessions on channels have half of the whole between them, and a party's share there is
//! another than its share at home.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use crate::channel::Channel;
use crate::config::{CHANNELS_SHARE, GREETING_MEMORY, PARTY_SHARE};
use crate::event::{CloseReason, Party};

/// Memory is accounted in pieces of this many bytes; a frame of no bytes costs one, for its event.
pub(crate) const PIECE: usize = 1024;

/// Pieces to be had, and how often some were given back.
#[derive(Debug)]
struct Pool {
    free: Arc<Semaphore>,
    given_back: AtomicU64,
}

impl Pool {
    fn of(pieces: usize) -> Arc<Self> {
        Arc::new(Self { free: Arc::new(Semaphore::new(pieces)), given_back: AtomicU64::new(0) })
    }

    /// So many pieces, in the order of asking. `None` when nothing was given back for as long as one waits: those who have some
    /// wait for more, or do not finish. While others get theirs it goes on, however many are before this one.
    async fn take(self: &Arc<Self>, pieces: u32, wait: Duration) -> Option<Part> {
        let mut taking = pin!(Arc::clone(&self.free).acquire_many_owned(pieces));
        loop {
            let before = self.given_back.load(Ordering::Relaxed);
            match timeout(wait, &mut taking).await {
                Ok(permit) => return Some(Part { permit: permit.ok()?, of: Arc::clone(self) }),
                Err(_) if self.given_back.load(Ordering::Relaxed) != before => {}
                Err(_) => return None,
            }
        }
    }
}

/// What was taken of a pool.
#[derive(Debug)]
struct Part {
    permit: OwnedSemaphorePermit,
    of: Arc<Pool>,
}

impl Part {
    /// Takes more of the same pool into this. What is of another pool is given back there, and not counted here.
    fn merge(&mut self, mut more: Self) {
        if !Arc::ptr_eq(&self.of, &more.of) {
            std::mem::swap(self, &mut more);
        } else if let Some(pieces) = more.permit.split(more.permit.num_permits()) {
            self.permit.merge(pieces);
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.permit.num_permits() > 0 {
            self.of.given_back.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The memory for all.
#[derive(Debug)]
pub(crate) struct Memory {
    all: Arc<Pool>,
    /// What of it is for channels.
    channels: Arc<Pool>,
    /// Pieces that one party may have.
    share: usize,
    wait: Duration,
    /// Shares of parties with a session or a frame, at home and (`true`) on channels; others are forgotten.
    parties: Mutex<BTreeMap<(Party, bool), Weak<Pool>>>,
}

/// What one session may take of it.
#[derive(Debug)]
pub(crate) struct Account {
    all: Arc<Pool>,
    /// For a session on a channel.
    channels: Option<Arc<Pool>>,
    wait: Duration,
    share: watch::Sender<Arc<Pool>>,
}

/// What a frame has taken, until this is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    share: Part,
    channels: Option<Part>,
    all: Part,
}

impl Hold {
    /// Takes more into the same hold. What was taken of another share, before its session changed hands, is given back there
    /// and not counted in the new one: it is little, and soon gone.
    pub fn merge(&mut self, more: Self) {
        self.all.merge(more.all);
        if let (Some(part), Some(more)) = (&mut self.channels, more.channels) {
            part.merge(more);
        }
        self.share.merge(more.share);
    }
}

impl Memory {
    /// So many bytes. A party may have a part of them, and one frame in any case. Who needs memory for a frame waits for as long
    /// as others give some back, and no longer than `wait` while nobody does.
    pub fn new(bytes: usize, max_frame: u32, wait: Duration) -> Self {
        let pieces = (bytes / PIECE).clamp(1, Semaphore::MAX_PERMITS);
        // One piece is for its event.
        let frame = (max_frame as usize).div_ceil(PIECE) + 1;
        let part = |of: usize| (pieces / of).max(frame).min(pieces);
        let (all, channels) = (Pool::of(pieces), Pool::of(part(CHANNELS_SHARE)));
        Self { all, channels, share: part(PARTY_SHARE), wait, parties: Mutex::default() }
    }

    /// An account for a session of which nobody knows yet who answers for it.
    pub fn account(&self, channel: Channel) -> Account {
        let greeting = Pool::of(GREETING_MEMORY.div_ceil(PIECE));
        let channels = (!channel.is_own()).then(|| Arc::clone(&self.channels));
        Account { all: Arc::clone(&self.all), channels, wait: self.wait, share: watch::Sender::new(greeting) }
    }

    /// From now on an account is one of this party's; what it holds already is counted where it was taken.
    pub fn assign(&self, account: &Account, party: Party) {
        let share = self.share_of(party, account.channels.is_some());
        account.share.send_if_modified(|now| {
            let other = !Arc::ptr_eq(now, &share);
            *now = share;
            other
        });
    }

    fn share_of(&self, party: Party, on_channel: bool) -> Arc<Pool> {
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = parties.get(&(party, on_channel)).and_then(Weak::upgrade) {
            return share;
        }
        parties.retain(|_, share| share.strong_count() > 0);
        let share = Pool::of(self.share);
        parties.insert((party, on_channel), Arc::downgrade(&share));
        share
    }
}

impl Account {
    /// Takes so many pieces, of the share and of the whole.
    ///
    /// # Errors
    /// When nobody gives any back within the time that one waits for that.
    pub async fn claim(&self, pieces: usize) -> Result<Hold, CloseReason> {
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        self.claim_from(pieces).await.ok_or(CloseReason::OutOfMemory)
    }

    async fn claim_from(&self, pieces: u32) -> Option<Hold> {
        let mut shares = self.share.subscribe();
        loop {
            let share = Arc::clone(&shares.borrow_and_update());
            tokio::select! {
                biased;
                share = share.take(pieces, self.wait) => {
                    return self.claim_with(share?, pieces).await;
                }
                // It answers for somebody else by now: whose share has room, perhaps.
                changed = shares.changed() => changed.ok()?,
            }
        }
    }
    /// With what was taken of the share, as much of all that the share is a part of.
    async fn claim_with(&self, share: Part, pieces: u32) -> Option<Hold> {
        let channels = match &self.channels {
            Some(channels) => Some(channels.take(pieces, self.wait).await?),
            None => None,
        };
        let all = self.all.take(pieces, self.wait).await?;
        Some(Hold { share, channels, all })
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
        account_on(memory, Channel::Own, party)
    }

    fn account_on(memory: &Memory, channel: Channel, party: Party) -> Account {
        let account = memory.account(channel);
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
    async fn sessions_on_channels_have_half_and_none_of_a_partys_share_at_home() {
        let memory = memory();
        let on_channel = |n: u8| account_on(&memory, Channel::Of([n % 16; 32]), Some([n; 32]));
        let many: Vec<Account> = (0..40).map(on_channel).collect();
        let of_one: Vec<Account> = (0..5).map(|_| account_on(&memory, Channel::Of([1; 32]), ONE)).collect();
        let held = takes(&of_one, FRAME).await;
        assert_eq!(held.len(), 2, "a party's share on channels");
        assert_eq!(takes(&many, FRAME).await.len(), PARTY_SHARE - 2, "half of all, less these");
        let home: Vec<Account> = (0..8).map(|_| account(&memory, ONE)).collect();
        assert_eq!(takes(&home, FRAME).await.len(), 2, "its share at home is untouched");
        drop(held);
    }

    #[tokio::test]
    async fn before_its_greeting_a_session_has_room_for_that_and_waits_with_more() {
        let memory = Memory::new(1 << 26, 1 << 20, Duration::from_secs(5));
        let account = Arc::new(memory.account(Channel::Own));
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

    /// A thousand members send at once: whoever stands far behind waits longer than any frame takes, and is not closed for it.
    #[tokio::test]
    async fn who_waits_in_a_long_line_that_moves_gets_its_turn() {
        let memory =
            Memory::new(2 * PARTY_SHARE * FRAME * PIECE, (FRAME * PIECE) as u32, Duration::from_millis(300));
        // Sixteen at a time pass, in 20 ms each: the last one waits for half a second.
        let members: Vec<Account> = (0..400_u16)
            .map(|n| account(&memory, Some([n.to_be_bytes(); 16].as_flattened().try_into().unwrap())))
            .collect();
        let turns = members.iter().map(|member| async move {
            let held = member.claim(FRAME).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            held.is_ok()
        });
        let served = futures::future::join_all(turns).await;
        assert!(served.iter().all(|served| *served), "{} of 400", served.iter().filter(|s| **s).count());
    }

    #[tokio::test]
    async fn where_nobody_gives_anything_back_the_wait_ends() {
        let memory = memory();
        let held = takes(&[account(&memory, ONE)], 2 * FRAME).await;
        let late = account(&memory, ONE).claim(1).await;
        assert!(matches!(late, Err(CloseReason::OutOfMemory)), "{late:?}");
        drop(held);
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
