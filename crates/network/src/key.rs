//! Node keys, libp2p peer ids and addresses: three spellings of who and where.
//!
//! A peer id of an ed25519 key holds the whole key (libp2p peer id specification: the identity multihash over the
//! key's protobuf), so both ways of converting are exact. Other key types are not spoken here.

use std::net::IpAddr;

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId, identity};

use crate::config::MAX_ADDRESS;

/// A node's ed25519 public key (RFC 8032), 32 bytes.
pub type NodeKey = [u8; 32];

/// Protobuf of a public key: field 1 (type) = 1 (ed25519), field 2 (data) of 32 bytes follows.
const ED25519_PREFIX: [u8; 4] = [0x08, 0x01, 0x12, 0x20];
/// Multihash code of a digest that is the data itself.
const IDENTITY_CODE: u64 = 0;

pub(crate) fn node_key(peer: &PeerId) -> Option<NodeKey> {
    let hash = peer.as_ref();
    if hash.code() != IDENTITY_CODE {
        return None;
    }
    hash.digest().strip_prefix(&ED25519_PREFIX)?.try_into().ok()
}

pub(crate) fn peer_id(key: &NodeKey) -> Option<PeerId> {
    let key = identity::ed25519::PublicKey::try_from_bytes(key).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

/// The public key that belongs to a secret key.
#[must_use]
pub fn key_of_secret(secret: &[u8; 32]) -> NodeKey {
    let secret = identity::ed25519::SecretKey::try_from_bytes(*secret);
    secret.map_or([0; 32], |secret| identity::ed25519::Keypair::from(secret).public().to_bytes())
}

/// The libp2p peer id (`12D3Koo…`) of a node; `None` if the bytes are no ed25519 key.
#[must_use]
pub fn peer_id_text(key: &NodeKey) -> Option<String> {
    peer_id(key).map(|id| id.to_base58())
}

/// The key that an address names by its `/p2p/…` ending; `None` if it names none or is no address.
#[must_use]
pub fn key_in_address(address: &str) -> Option<NodeKey> {
    Address::parse(address).ok()?.key
}

/// The address with the node's `/p2p/…` ending; `None` if it is no address, or the bytes no key.
#[must_use]
pub fn address_with_key(address: &str, key: &NodeKey) -> Option<String> {
    let parsed = Address::parse(address).ok()?;
    Some(parsed.transport.with(Protocol::P2p(peer_id(key)?)).to_string())
}

/// Who is on the other end of a transport address: a host with a way to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    Ip(IpAddr),
    Name(String),
}

/// An address taken apart and found good: `host / tcp|quic / port`, and the key after `/p2p/` if there is one.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// Without the `/p2p/…` ending.
    pub transport: Multiaddr,
    pub host: Host,
    pub port: u16,
    pub quic: bool,
    pub key: Option<NodeKey>,
}

/// Checks an address as an operator writes it: `/ip4|ip6|dns|dns4|dns6/…/tcp/PORT` or `…/udp/PORT/quic-v1`, with or without
/// `/p2p/KEY`.
///
/// # Errors
/// What is wrong with it.
pub fn check_address(text: &str) -> Result<(), String> {
    Address::parse(text).map(drop)
}

impl Address {
    /// Takes `/ip4|ip6|dns|dns4|dns6/…/tcp/PORT` or `…/udp/PORT/quic-v1`, each with or without `/p2p/KEY`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_ADDRESS {
            return Err(format!("it is {} bytes long, more than {MAX_ADDRESS}", text.len()));
        }
        let all: Multiaddr = text.parse().map_err(|e| format!("it is no multiaddr ({e})"))?;
        let mut parts = all.iter();
        let host_part = parts.next().ok_or("it is empty")?;
        let host = match &host_part {
            Protocol::Ip4(ip) => Host::Ip((*ip).into()),
            Protocol::Ip6(ip) => Host::Ip((*ip).into()),
            Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => Host::Name(name.to_string()),
            other => return Err(format!("it begins with {other}, not with an IP address or a host name")),
        };
        let mut transport = Multiaddr::empty().with(host_part);
        let (port, quic) = match parts.next() {
            Some(Protocol::Tcp(port)) => (port, false),
            Some(Protocol::Udp(port)) if parts.next() == Some(Protocol::QuicV1) => (port, true),
            _ => return Err("after the host it needs /tcp/PORT or /udp/PORT/quic-v1".to_owned()),
        };
        transport.push(if quic { Protocol::Udp(port) } else { Protocol::Tcp(port) });
        if quic {
            transport.push(Protocol::QuicV1);
        }
        let key = match parts.next() {
            None => None,
            Some(Protocol::P2p(peer)) => Some(node_key(&peer).ok_or("its peer id is not an ed25519 key")?),
            Some(other) => return Err(format!("{other} is not understood here")),
        };
        match parts.next() {
            None => Ok(Self { transport, host, port, quic, key }),
            Some(other) => Err(format!("{other} is not understood here")),
        }
    }

    /// The same way in at an IP address that the name stands for.
    pub fn at(&self, ip: IpAddr) -> Multiaddr {
        at(ip, self.port, self.quic)
    }
}

/// The multiaddr of a port at an IP address.
pub(crate) fn at(ip: IpAddr, port: u16, quic: bool) -> Multiaddr {
    let host = Multiaddr::from(ip);
    if quic { host.with(Protocol::Udp(port)).with(Protocol::QuicV1) } else { host.with(Protocol::Tcp(port)) }
}

/// The IP address that a multiaddr begins with.
pub(crate) fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(ip.into()),
        Protocol::Ip6(ip) => Some(ip.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_convert_both_ways() {
        let key = key_of_secret(&[7; 32]);
        let peer = peer_id(&key).unwrap();
        assert_eq!(node_key(&peer), Some(key));
        assert!(peer_id_text(&key).unwrap().starts_with("12D3Koo"));
        // A random peer id is a SHA-256 multihash: the key behind it cannot be known.
        assert_eq!(node_key(&PeerId::random()), None);
    }

    #[test]
    fn addresses_are_taken_apart() {
        let key = key_of_secret(&[7; 32]);
        let full = address_with_key("/dns4/hub.example/tcp/4001", &key).unwrap();
        assert_eq!(key_in_address(&full), Some(key));
        let parsed = Address::parse(&full).unwrap();
        assert_eq!(parsed.host, Host::Name("hub.example".to_owned()));
        assert_eq!(parsed.transport.to_string(), "/dns4/hub.example/tcp/4001");
        let quic = Address::parse("/ip6/::1/udp/9/quic-v1").unwrap();
        assert!(quic.quic && quic.key.is_none() && quic.port == 9);
    }

    #[test]
    fn strange_addresses_are_refused_with_a_reason() {
        let long = format!("/dns4/{}/tcp/1", "a".repeat(600));
        for bad in [
            "",
            "hub.example:4001",
            "/ip4/1.2.3.4",
            "/ip4/1.2.3.4/udp/4001",
            "/ip4/1.2.3.4/tcp/4001/ws",
            "/memory/7",
            "/ip4/1.2.3.4/tcp/99999",
            "/ip4/1.2.3.4/tcp/1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
            &long,
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
