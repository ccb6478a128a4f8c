//! How often someone may guess a password: after a few wrong ones, each costs a longer wait, by account and by address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::{FREE_GUESSES, GUESS_WAIT, GUESSERS, LONGEST_GUESS_WAIT};

/// What was guessed wrong lately.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<BTreeMap<Key, Guesses>>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Account(String),
    Address(IpAddr),
}

struct Guesses {
    wrong: u32,
    last: Instant,
}

impl Guesses {
    /// How long after the last one the next may come.
    fn wait(&self) -> Duration {
        let past = self.wrong.saturating_sub(FREE_GUESSES);
        if past == 0 {
            Duration::ZERO
        } else {
            (GUESS_WAIT * 2u32.pow(past.min(10) - 1)).min(LONGEST_GUESS_WAIT)
        }
    }
}

/// Loopback is not counted by address: a proxy before the node, and everyone behind it, comes from there.
fn keys(name: &str, from: IpAddr) -> Vec<Key> {
    let account = Key::Account(name.trim().to_lowercase().chars().take(64).collect());
    let address = (!from.is_loopback()).then_some(Key::Address(from));
    std::iter::once(account).chain(address).collect()
}

impl Throttle {
    /// How long someone has to wait before the next guess; zero when it may come now.
    pub(crate) fn wait(&self, name: &str, from: IpAddr) -> Duration {
        let (now, kept) = (Instant::now(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let left = |key: &Key| {
            kept.get(key).map(|guesses| (guesses.last + guesses.wait()).saturating_duration_since(now))
        };
        keys(name, from).iter().filter_map(left).max().unwrap_or_default()
    }

    /// A guess was wrong.
    pub(crate) fn wrong(&self, name: &str, from: IpAddr) {
        let (now, mut kept) = (Instant::now(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for key in keys(name, from) {
            if kept.len() >= GUESSERS && !kept.contains_key(&key) {
                kept.retain(|_, guesses| now.saturating_duration_since(guesses.last) < LONGEST_GUESS_WAIT);
            }
            // Where the table is full of the last minutes' guesses, every account is being guessed at: then the oldest go.
            if kept.len() >= GUESSERS && !kept.contains_key(&key) {
                let oldest = kept.iter().min_by_key(|(_, guesses)| guesses.last).map(|(key, _)| key.clone());
                oldest.map(|key| kept.remove(&key));
            }
            let guesses = kept.entry(key).or_insert(Guesses { wrong: 0, last: now });
            guesses.wrong = guesses.wrong.saturating_add(1);
            guesses.last = now;
        }
    }

    /// A guess was right.
    pub(crate) fn right(&self, name: &str, from: IpAddr) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(name, from) {
            kept.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_guesses_cost_ever_longer_waits_until_one_is_right() {
        let (throttle, here) = (Throttle::default(), IpAddr::from([127, 0, 0, 1]));
        for _ in 0..FREE_GUESSES {
            throttle.wrong("Li", here);
            assert_eq!(throttle.wait("li ", here), Duration::ZERO);
        }
        let mut before = Duration::ZERO;
        for _ in 0..20 {
            throttle.wrong("li", here);
            let wait = throttle.wait("LI", here);
            assert!(wait + Duration::from_secs(1) > before && wait <= LONGEST_GUESS_WAIT, "{wait:?}");
            before = wait;
        }
        assert!(before > LONGEST_GUESS_WAIT / 2);
        assert_eq!(throttle.wait("wang", here), Duration::ZERO, "others are not kept waiting");
        throttle.right("li", here);
        assert_eq!(throttle.wait("li", here), Duration::ZERO);
    }

    #[test]
    fn an_address_that_guesses_at_many_accounts_waits() {
        let (throttle, there) = (Throttle::default(), IpAddr::from([203, 0, 113, 7]));
        for n in 0..=FREE_GUESSES {
            throttle.wrong(&format!("u{n}"), there);
        }
        assert!(throttle.wait("another", there) > Duration::ZERO);
        for n in 0..2 * GUESSERS {
            throttle.wrong(&format!("v{n}"), there);
        }
        assert!(throttle.0.lock().unwrap().len() <= GUESSERS);
        assert!(throttle.wait("another", there) > Duration::ZERO, "the busiest is remembered");
    }
}
