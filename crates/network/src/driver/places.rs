//! Where this node can be reached: listeners, and what peers see.

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;

use super::Driver;
use crate::event::Event;
use crate::key::{Address, at, ip_of};
use crate::listening::{candidates, check_free, hint, listen_error, observed_address};

impl Driver {
    /// Listens on each configured address, at the first port that can be had.
    pub(super) fn listen(&mut self, configured: &[(String, Address)], preferred: Option<u16>) {
        for (text, address) in configured {
            let mut failure = None;
            for candidate in candidates(address, preferred) {
                let tried = check_free(&candidate)
                    .and_then(|()| self.swarm.listen_on(candidate.clone()).map(drop).map_err(listen_error));
                match tried {
                    Ok(()) => {
                        failure = None;
                        break;
                    }
                    Err(error) => {
                        tracing::debug!(%candidate, %error, "cannot listen there");
                        failure = Some(error);
                    }
                }
            }
            if let Some(error) = failure {
                let hint = hint(&error).to_owned();
                self.notice(Event::ListenFailed { address: text.clone(), why: error.to_string(), hint });
            }
        }
    }

    pub(super) fn on_listening(&mut self, address: Multiaddr) {
        let address = self.named(address);
        self.notice(Event::Listening { address });
    }

    pub(super) fn on_listening_ended(&mut self, address: Multiaddr, why: &str) {
        let address = self.named(address);
        self.notice(Event::ListeningEnded { address, why: why.to_owned() });
    }

    /// Tells what a peer says it sees, once a connection: a peer may send this as often as it likes.
    pub(super) fn on_observed(&mut self, connection: ConnectionId, seen: &Multiaddr) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        if std::mem::replace(&mut link.observed, true) {
            return;
        }
        let by = link.peer;
        let listening: Vec<Multiaddr> = self.swarm.listeners().cloned().collect();
        if let Some(address) = observed_address(seen, &listening) {
            let address = self.named(address);
            self.notice(Event::Observed { address, by });
        }
    }

    /// An address of this node with its `/p2p/…` ending.
    fn named(&self, address: Multiaddr) -> String {
        let plain = match (Address::parse(&address.to_string()), ip_of(&address)) {
            (Ok(parsed), Some(ip)) => at(ip, parsed.port, parsed.quic),
            _ => address,
        };
        plain.with(Protocol::P2p(*self.swarm.local_peer_id())).to_string()
    }
}
