//! How often a client may call: counted over a minute, by token, else by the network that the call comes from.

use crate::limits::{API_CALLERS, API_CALLS, API_WINDOW};
use axum::http::{HeaderMap, HeaderValue};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The calls of the last minute.
#[derive(Default)]
pub(super) struct Counts(Mutex<BTreeMap<Key, Lately>>);

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Client(IpAddr),
    Token(String),
}

impl Key {
    /// One household or office: an IPv4 address, or the /64 of an IPv6 one. Calls from this computer without a token are not
    /// counted: a proxy before the node, and everyone behind it, may come from there.
    pub(super) fn of(from: IpAddr) -> Option<Self> {
        let from = from.to_canonical();
        let network = match from {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            address => address,
        };
        (!from.is_loopback()).then_some(Self::Client(network))
    }
}

struct Lately {
    count: u32,
    since: Instant,
}

/// How much is left to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    calls: u32,
    until: Duration,
}

impl Counts {
    /// Counts one more call; too many are an error with the time to wait.
    pub(super) fn enter(&self, key: Key) -> Result<Left, Duration> {
        let (now, mut kept) = (Instant::now(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let age = |lately: &Lately| now.saturating_duration_since(lately.since);
        if kept.len() >= API_CALLERS && !kept.contains_key(&key) {
            kept.retain(|_, lately| age(lately) < API_WINDOW);
        }
        // Where the table is full of the last minute's callers, the one that came first is forgotten.
        if kept.len() >= API_CALLERS && !kept.contains_key(&key) {
            let first = kept.iter().min_by_key(|(_, lately)| lately.since).map(|(key, _)| key.clone());
            first.map(|key| kept.remove(&key));
        }
        let lately = kept.entry(key).or_insert(Lately { count: 0, since: now });
        if age(lately) >= API_WINDOW {
            *lately = Lately { count: 0, since: now };
        }
        let until = API_WINDOW.saturating_sub(age(lately));
        if lately.count >= API_CALLS {
            return Err(until);
        }
        lately.count += 1;
        Ok(Left { calls: API_CALLS - lately.count, until })
    }
}

/// Says what is left (draft-ietf-httpapi-ratelimit-headers).
pub(super) fn say(headers: &mut HeaderMap, left: Result<Left, Duration>) {
    let left = left.unwrap_or_else(|until| Left { calls: 0, until });
    let policy = format!("\"minute\";q={API_CALLS};w={}", API_WINDOW.as_secs());
    let now = format!("\"minute\";r={};t={}", left.calls, left.until.as_secs() + 1);
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", now)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_a_measure_and_others_have_theirs() {
        let counts = Counts::default();
        let key = |last: u8| Key::of(IpAddr::from([203, 0, 113, last])).unwrap();
        for n in 1..=API_CALLS {
            assert_eq!(counts.enter(key(7)).unwrap().calls, API_CALLS - n);
        }
        let wait = counts.enter(key(7)).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= API_WINDOW);
        assert!(counts.enter(key(8)).is_ok() && counts.enter(Key::Token("t".to_owned())).is_ok());
        assert_eq!(Key::of("::1".parse().unwrap()), None);
        assert_eq!(Key::of("2001:db8::1".parse().unwrap()), Key::of("2001:db8::ffff".parse().unwrap()));
    }

    #[test]
    fn the_table_of_callers_stays_small() {
        let counts = Counts::default();
        for n in 0..2 * u32::try_from(API_CALLERS).unwrap() {
            assert!(counts.enter(Key::Token(n.to_string())).is_ok());
        }
        assert_eq!(counts.0.lock().unwrap().len(), API_CALLERS);
    }

    #[test]
    fn what_is_left_is_said_in_two_headers() {
        let mut headers = HeaderMap::new();
        say(&mut headers, Err(Duration::from_secs(30)));
        assert_eq!(headers["ratelimit"], "\"minute\";r=0;t=31");
        assert_eq!(headers["ratelimit-policy"], "\"minute\";q=600;w=60");
    }
}
