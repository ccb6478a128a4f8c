//! How often enquiries may come: from one address, about one listing.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::{ENQUIRERS, ENQUIRIES_ABOUT_ONE, ENQUIRIES_FROM_ONE, ENQUIRY_WINDOW};

/// What came lately.
#[derive(Default)]
pub(crate) struct Rate(Mutex<BTreeMap<Key, Lately>>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    From(IpAddr),
    About(String),
}

struct Lately {
    count: u32,
    since: Instant,
}

impl Key {
    fn most(&self) -> u32 {
        match self {
            Self::From(_) => ENQUIRIES_FROM_ONE,
            Self::About(_) => ENQUIRIES_ABOUT_ONE,
        }
    }
}

/// One household or office: an IPv4 address, or the /64 of an IPv6 one. Loopback is not counted by address: a proxy before the
/// node, and everyone behind it, comes from there.
fn keys(from: IpAddr, about: &str) -> Vec<Key> {
    let network = match from.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    };
    let from = (!from.to_canonical().is_loopback()).then_some(Key::From(network));
    from.into_iter().chain([Key::About(about.to_owned())]).collect()
}

impl Rate {
    /// Counts one more, unless it is one too many: then how long to wait.
    pub(crate) fn enter(&self, from: IpAddr, about: &str) -> Result<(), Duration> {
        let (now, mut kept) = (Instant::now(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        kept.retain(|_, lately| now.saturating_duration_since(lately.since) < ENQUIRY_WINDOW);
        let keys = keys(from, about);
        let full = |key: &Key| {
            let lately = kept.get(key).filter(|lately| lately.count >= key.most())?;
            Some(ENQUIRY_WINDOW.saturating_sub(now.saturating_duration_since(lately.since)))
        };
        if let Some(wait) = keys.iter().filter_map(full).max() {
            return Err(wait);
        }
        // Where more come from than are remembered, all of them wait: what a node sends in a day is bounded anyway.
        if kept.len() + keys.len() > ENQUIRERS {
            return Err(ENQUIRY_WINDOW);
        }
        for key in keys {
            kept.entry(key).or_insert(Lately { count: 0, since: now }).count += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn one_address_and_one_listing_have_their_measure() {
        let (rate, there) = (Rate::default(), IpAddr::from([203, 0, 113, 7]));
        for n in 0..ENQUIRIES_FROM_ONE {
            assert_eq!(rate.enter(there, &format!("listing {n}")), Ok(()));
        }
        let wait = rate.enter(there, "another").unwrap_err();
        assert!(wait > Duration::ZERO && wait <= ENQUIRY_WINDOW);
        assert_eq!(rate.enter(IpAddr::from([203, 0, 113, 8]), "another"), Ok(()), "others may");
        for _ in 0..ENQUIRIES_ABOUT_ONE {
            assert_eq!(rate.enter(HERE, "wanted"), Ok(()), "a proxy is not counted by address");
        }
        assert!(rate.enter(HERE, "wanted").is_err());
        assert_eq!(rate.enter(HERE, "not so wanted"), Ok(()));
    }

    #[test]
    fn a_network_of_addresses_counts_as_one_and_the_table_stays_small() {
        let rate = Rate::default();
        let address = |net: u16, host: u16| IpAddr::from([0x2001, 0xdb8, 0, net, 0, 0, 0, host]);
        for host in 0..u16::try_from(ENQUIRIES_FROM_ONE).unwrap() {
            assert_eq!(rate.enter(address(1, host), &format!("{host}")), Ok(()));
        }
        assert!(rate.enter(address(1, 999), "x").is_err());
        for net in 2..=u16::try_from(2 * ENQUIRERS).unwrap() {
            let _ = rate.enter(address(net, 0), &format!("about {net}"));
        }
        assert!(rate.0.lock().unwrap().len() <= ENQUIRERS);
    }
}
