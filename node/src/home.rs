//! The folder of a node: which one, and the small things that lie in it.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};

use crate::office::Office;

/// Name of the file that remembers the port.
const PORT: &str = "port";

/// The home when none is given: `LIANSHI_HOME`, else `~/.lianshi`.
pub fn default_home() -> PathBuf {
    match std::env::var_os("LIANSHI_HOME") {
        Some(home) => home.into(),
        None => std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from).join(".lianshi"),
    }
}

/// Chooses a port for a new node, so that an invitation that is written before the node has ever run names one that it
/// will listen on.
///
/// # Errors
/// When no port is free or the file cannot be written.
pub fn choose_port(home: &Path) -> std::io::Result<u16> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    std::fs::write(home.join(PORT), format!("{port}\n"))?;
    Ok(port)
}

/// The port that the node prefers where it may choose.
pub fn preferred_port(home: &Path) -> Option<u16> {
    std::fs::read_to_string(home.join(PORT)).ok()?.trim().parse().ok()
}

impl Office {
    /// Addresses for an invitation: those that the node listens on; when it does not run, those that it will.
    pub fn invitation_addresses(&self) -> Vec<String> {
        let announced = self.core().announced().to_vec();
        if !announced.is_empty() {
            return announced;
        }
        let live = self.figures().addresses;
        if !live.is_empty() {
            return live;
        }
        let mut hosts = vec![Ipv4Addr::LOCALHOST.to_string()];
        hosts.extend(outward_address());
        let mut addresses: Vec<String> = Vec::new();
        for host in &hosts {
            for listen in &self.config().network.listen {
                addresses.push(listen.replacen("0.0.0.0", host, 1));
            }
        }
        if let Some(port) = preferred_port(self.home()) {
            addresses.push(format!("/ip4/{}/tcp/{port}", Ipv4Addr::LOCALHOST));
        }
        addresses.retain(|a| !a.ends_with("/tcp/0") && !a.contains("/udp/0/"));
        addresses.dedup();
        let key = self.identity().node.public().0;
        let mut full: Vec<String> =
            addresses.iter().filter_map(|a| network::address_with_key(a, &key)).collect();
        full.truncate(protocol::limits::MAX_ADDRESSES);
        full
    }
}

/// The address of the interface that leads outward. Nothing is sent: connecting a UDP socket only looks up the route.
fn outward_address() -> Option<String> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| ip.to_string())
}
