//! Where to listen: the preferred port first, and words for what goes wrong.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};

use libp2p::Multiaddr;
use libp2p::core::transport::TransportError;

use crate::key::{Address, Host, at, ip_of};

/// The addresses to try for a configured one, in order.
pub(crate) fn candidates(configured: &Address, preferred: Option<u16>) -> Vec<Multiaddr> {
    let Host::Ip(ip) = configured.host else { return vec![configured.transport.clone()] };
    let mut ports: Vec<u16> = preferred.into_iter().filter(|_| configured.port == 0).collect();
    ports.push(configured.port);
    ports.into_iter().map(|port| at(ip, port, configured.quic)).collect()
}

/// Whether a port can be had, found out by binding it once. libp2p listens for TCP with `SO_REUSEPORT`, which would let
/// two nodes share one port and split the connections between them without an error; for QUIC it wraps the system's
/// error beyond recognition.
pub(crate) fn check_free(address: &Multiaddr) -> io::Result<()> {
    match Address::parse(&address.to_string()) {
        Ok(Address { host: Host::Ip(ip), port, quic, .. }) if port != 0 => {
            let address = SocketAddr::new(ip, port);
            if quic { UdpSocket::bind(address).map(drop) } else { TcpListener::bind(address).map(drop) }
        }
        _ => Ok(()),
    }
}

/// The system's error behind a failure to listen, if there is one.
pub(crate) fn listen_error(error: TransportError<io::Error>) -> io::Error {
    match error {
        TransportError::Other(error) => error,
        other => io::Error::other(other),
    }
}

/// What to do about it.
pub(crate) fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program uses that port, perhaps another node on this machine: stop it, or configure another port"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need special rights: configure a port of 1024 or above"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine does not have that address: configure one it has, or 0.0.0.0 for all"
        }
        _ => "check the listen addresses in the configuration",
    }
}

/// What a peer sees of this node, made useful to others: an outgoing TCP connection has a port of its own, so the port
/// listened on stands in for it. `None` where this node does not listen that way.
pub(crate) fn observed_address(seen: &Multiaddr, listening: &[Multiaddr]) -> Option<Multiaddr> {
    let seen = Address::parse(&seen.to_string()).ok()?;
    let Host::Ip(ip) = seen.host else { return None };
    let same_way = |address: &&Multiaddr| {
        Address::parse(&address.to_string()).is_ok_and(|a| a.quic == seen.quic)
            && ip_of(address).is_some_and(|own| own.is_ipv4() == ip.is_ipv4())
    };
    let own = listening.iter().find(same_way)?;
    let port = if seen.quic { seen.port } else { Address::parse(&own.to_string()).ok()?.port };
    useful(ip).then(|| at(ip, port, seen.quic))
}

fn useful(ip: IpAddr) -> bool {
    !ip.is_unspecified() && !ip.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_port_stands_in_for_port_zero_only() {
        let free = Address::parse("/ip4/0.0.0.0/udp/0/quic-v1").unwrap();
        let tried: Vec<String> = candidates(&free, Some(4001)).iter().map(ToString::to_string).collect();
        assert_eq!(tried, ["/ip4/0.0.0.0/udp/4001/quic-v1", "/ip4/0.0.0.0/udp/0/quic-v1"]);
        let fixed = Address::parse("/ip4/127.0.0.1/tcp/5000").unwrap();
        assert_eq!(candidates(&fixed, Some(4001)).len(), 1);
    }

    #[test]
    fn a_port_in_use_is_found_out() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = at(IpAddr::from([127, 0, 0, 1]), taken.local_addr().unwrap().port(), false);
        let error = check_free(&address).unwrap_err();
        assert!(hint(&error).contains("another program"));
    }

    #[test]
    fn an_observed_tcp_address_gets_the_listening_port() {
        let own: Vec<Multiaddr> = vec!["/ip4/10.0.0.2/tcp/4001".parse().unwrap()];
        let seen = "/ip4/203.0.113.9/tcp/51234".parse().unwrap();
        assert_eq!(observed_address(&seen, &own).unwrap().to_string(), "/ip4/203.0.113.9/tcp/4001");
        let quic = "/ip4/203.0.113.9/udp/4001/quic-v1".parse().unwrap();
        assert_eq!(observed_address(&quic, &own), None);
    }
}
