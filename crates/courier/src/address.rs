//! Which addresses are on the public internet. Pure: no name is resolved here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is none that a stranger may send a node to (the special-purpose registries of IANA, RFC 6890).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// This computer: 127/8, ::1, 0/8.
    Loopback,
    /// A network of an office or a carrier: RFC 1918, 100.64/10, fc00::/7.
    Private,
    /// The cable it hangs on: 169.254/16, fe80::/10; clouds answer there with a machine's secrets.
    LinkLocal,
    /// Many at once, or all: multicast, broadcast, 240/4.
    Multicast,
    /// For documents, benchmarks, translation or protocols alone.
    Reserved,
}

/// IPv4 networks that are not public, the shorter prefix first where one lies in another.
const V4: [(Ipv4Addr, u32, Special); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, Special::Loopback),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Special::Loopback),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Special::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Special::Private),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Special::Private),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Special::Private),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Special::LinkLocal),
    // A cloud's own service for its machines, on what looks like a public address.
    (Ipv4Addr::new(168, 63, 129, 16), 32, Special::LinkLocal),
    (Ipv4Addr::new(224, 0, 0, 0), 3, Special::Multicast),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Special::Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Special::Reserved),
    (Ipv4Addr::new(192, 31, 196, 0), 24, Special::Reserved),
    (Ipv4Addr::new(192, 52, 193, 0), 24, Special::Reserved),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Special::Reserved),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Special::Reserved),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Special::Reserved),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Special::Reserved),
];
/// What is not public within 2000::/3.
const V6: [(Ipv6Addr, u32); 4] = [
    // Protocols' own, Teredo and ORCHID among them.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4 carries an IPv4 address of anyone's choice.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
/// The translation of IPv4 into IPv6 (RFC 6052): where only IPv6 is spoken, every IPv4 server is met under it.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
/// IPv6 addresses given out to the internet so far (RFC 4291).
const GLOBAL: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Why an address is not on the public internet; `None` when it is. One that stands for an IPv4 address (`::ffff:…`, NAT64)
/// is what that is.
pub fn special(address: IpAddr) -> Option<Special> {
    match address {
        IpAddr::V4(v4) => special_v4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => special_v4(v4),
            None if within(v6, NAT64) => {
                let [.., a, b, c, d] = v6.octets();
                special_v4(Ipv4Addr::new(a, b, c, d))
            }
            None => special_v6(v6),
        },
    }
}

fn special_v4(address: Ipv4Addr) -> Option<Special> {
    let inside =
        |&&(network, bits, _): &&(Ipv4Addr, u32, Special)| contains(network.into(), bits, address.into());
    V4.iter().find(inside).map(|&(_, _, why)| why)
}

fn special_v6(address: Ipv6Addr) -> Option<Special> {
    if address.is_loopback() || address.is_unspecified() {
        Some(Special::Loopback)
    } else if address.is_unicast_link_local() {
        Some(Special::LinkLocal)
    } else if address.is_unique_local() {
        Some(Special::Private)
    } else if address.is_multicast() {
        Some(Special::Multicast)
    } else if !within(address, GLOBAL) || V6.iter().any(|&network| within(address, network)) {
        Some(Special::Reserved)
    } else {
        None
    }
}

fn within(address: Ipv6Addr, (network, bits): (Ipv6Addr, u32)) -> bool {
    contains(network.into(), bits, address.into())
}

/// Whether a network of so many leading bits contains an address of its own family.
pub(crate) fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
            (network.to_bits() ^ address.to_bits()) & mask == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or(0);
            (network.to_bits() ^ address.to_bits()) & mask == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Option<Special> {
        special(text.parse().unwrap())
    }

    #[test]
    fn public_addresses_are_public() {
        for address in [
            "8.8.8.8",
            "114.114.114.114",
            "202.120.224.81",
            "172.32.0.1",
            "192.169.0.1",
            "100.128.0.1",
            "223.255.255.255",
            "2001:da8:8000::1",
            "2400:3200::1",
            "2606:4700::1111",
            "64:ff9b::808:808",
        ] {
            assert_eq!(at(address), None, "{address}");
        }
    }

    #[test]
    fn special_addresses_are_told_by_what_they_are() {
        for (address, why) in [
            ("127.0.0.1", Special::Loopback),
            ("127.255.255.254", Special::Loopback),
            ("0.0.0.0", Special::Loopback),
            ("::1", Special::Loopback),
            ("::", Special::Loopback),
            ("::ffff:127.0.0.1", Special::Loopback),
            ("::ffff:0:0", Special::Loopback),
            ("64:ff9b::7f00:1", Special::Loopback),
            ("10.1.2.3", Special::Private),
            ("172.16.0.1", Special::Private),
            ("172.31.255.255", Special::Private),
            ("192.168.1.1", Special::Private),
            ("100.64.0.1", Special::Private),
            ("100.100.100.200", Special::Private),
            ("fd00:ec2::254", Special::Private),
            ("::ffff:10.0.0.1", Special::Private),
            ("64:ff9b::a00:1", Special::Private),
            ("169.254.169.254", Special::LinkLocal),
            ("168.63.129.16", Special::LinkLocal),
            ("fe80::1", Special::LinkLocal),
            ("64:ff9b::a9fe:a9fe", Special::LinkLocal),
            ("224.0.0.1", Special::Multicast),
            ("255.255.255.255", Special::Multicast),
            ("ff02::1", Special::Multicast),
            ("192.0.2.7", Special::Reserved),
            ("198.51.100.7", Special::Reserved),
            ("203.0.113.7", Special::Reserved),
            ("198.19.0.1", Special::Reserved),
            ("2001:db8::1", Special::Reserved),
            ("3fff::1", Special::Reserved),
            ("2001::1", Special::Reserved),
            ("2002:7f00:1::", Special::Reserved),
            ("64:ff9b:1::a00:1", Special::Reserved),
            ("::127.0.0.1", Special::Reserved),
            ("fec0::1", Special::Reserved),
            ("100::1", Special::Reserved),
        ] {
            assert_eq!(at(address), Some(why), "{address}");
        }
    }

    /// Where an IPv4 address can hide in an IPv6 one.
    fn disguises(v4: Ipv4Addr) -> [Ipv6Addr; 5] {
        let [high, low] = [v4.to_bits() >> 16, v4.to_bits() & 0xffff].map(|half| half as u16);
        [
            v4.to_ipv6_mapped(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !high, !low),
        ]
    }

    proptest! {
        #[test]
        fn no_disguise_makes_an_address_public(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            if special(v4.into()).is_some() {
                for v6 in disguises(v4) {
                    prop_assert!(special(v6.into()).is_some(), "{v6} stands for {v4}");
                }
            }
        }

        #[test]
        fn what_the_standard_library_calls_special_is_special(bits in any::<u32>(), six in any::<u128>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            let known = v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
            prop_assert!(!known || special(v4.into()).is_some(), "{v4}");
            let v6 = Ipv6Addr::from_bits(six);
            let known = v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast();
            prop_assert!(!known || special(v6.into()).is_some(), "{v6}");
        }

        #[test]
        fn a_network_contains_what_shares_its_leading_bits(bits in 0_u32..=32, network in any::<u32>(), host in any::<u32>()) {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            let [inside, network] = [(network & mask) | (host & !mask), network].map(|n| IpAddr::V4(Ipv4Addr::from_bits(n)));
            prop_assert!(contains(network, bits, inside));
            if bits > 0 && let (IpAddr::V4(other), IpAddr::V4(_)) = (inside, network) {
                let other = Ipv4Addr::from_bits(other.to_bits() ^ (1 << (32 - bits)));
                prop_assert!(!contains(network, bits, other.into()));
            }
        }
    }
}
