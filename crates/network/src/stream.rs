//! The one stream of a connection: the dialer opens it when told to, the listener accepts it once, on any channel that is open.
//!
//! A small behaviour of our own instead of `libp2p-stream`: it names the connection that a stream belongs to (needed to
//! keep exactly one of two), accepts one stream instead of any number, and forgets closed connections.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::{InboundUpgrade, OutboundUpgrade, UpgradeInfo};
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    NotifyHandler, Stream, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};

use crate::channel::{Channel, Channels, Name};

/// Tells a dialer's handler to open the stream, on a channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open(Channel);

/// What became of the stream of a connection.
#[derive(Debug)]
pub(crate) enum Opened {
    Stream(Channel, Stream),
    Failed(String),
}

/// The behaviour: passes requests in and streams out. Its queue holds at most two items a connection.
pub(crate) struct Behaviour {
    channels: Channels,
    queue: VecDeque<ToSwarm<(ConnectionId, Opened), Open>>,
}

impl Behaviour {
    /// Takes streams on these channels, as they are open when one comes.
    pub fn new(channels: Channels) -> Self {
        Self { channels, queue: VecDeque::new() }
    }

    /// Opens the stream of a connection that this node dialed; `Opened` answers.
    pub fn open(&mut self, peer: PeerId, connection: ConnectionId, channel: Channel) {
        let handler = NotifyHandler::One(connection);
        self.queue.push_back(ToSwarm::NotifyHandler { peer_id: peer, handler, event: Open(channel) });
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = (ConnectionId, Opened);

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(Some(self.channels.clone())))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(None))
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        connection: ConnectionId,
        opened: THandlerOutEvent<Self>,
    ) {
        self.queue.push_back(ToSwarm::GenerateEvent((connection, opened)));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.queue.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// One connection's part.
pub(crate) struct Handler {
    /// A stream from the other side may still be accepted, on one of these.
    accepting: Option<Channels>,
    /// The stream is to be opened, on this channel.
    opening: Option<Channel>,
    /// At most one: a connection has one stream.
    opened: Option<Opened>,
}

impl Handler {
    fn new(accepting: Option<Channels>) -> Self {
        Self { accepting, opening: None, opened: None }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Open;
    type ToBehaviour = Opened;
    type InboundProtocol = Upgrade;
    type OutboundProtocol = Upgrade;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Upgrade> {
        SubstreamProtocol::new(Upgrade { names: self.accepting.as_ref().map(Channels::offered) }, ())
    }

    /// The driver closes connections, by its own deadlines.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn on_behaviour_event(&mut self, Open(channel): Open) {
        self.opening = Some(channel);
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Upgrade, (), Opened>> {
        if let Some(opened) = self.opened.take() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(opened));
        }
        if let Some(channel) = self.opening.take() {
            let protocol = SubstreamProtocol::new(Upgrade { names: Some([channel.into()].into()) }, ());
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        Poll::Pending
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Upgrade, Upgrade>) {
        match event {
            // A second stream that was negotiated meanwhile falls through and is dropped, which resets it.
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: (channel, stream),
                ..
            }) if self.accepting.take().is_some() => {
                self.opened = Some(Opened::Stream(channel, stream));
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: (channel, stream),
                ..
            }) => {
                self.opened = Some(Opened::Stream(channel, stream));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, .. }) => {
                self.opened = Some(Opened::Failed(match error {
                    StreamUpgradeError::Timeout => "it did not answer in time".to_owned(),
                    StreamUpgradeError::NegotiationFailed => "it refused the protocol".to_owned(),
                    StreamUpgradeError::Io(error) => error.to_string(),
                    StreamUpgradeError::Apply(never) => match never {},
                }));
            }
            _ => {}
        }
    }
}

/// Agrees on the name of a channel and hands the bare stream over.
#[derive(Debug, Clone)]
pub(crate) struct Upgrade {
    /// What is offered, or asked for; none is refused whatever it asks for.
    names: Option<Arc<[Name]>>,
}

impl UpgradeInfo for Upgrade {
    type Info = Name;
    type InfoIter = std::vec::IntoIter<Name>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.names.as_deref().unwrap_or_default().to_vec().into_iter()
    }
}

impl InboundUpgrade<Stream> for Upgrade {
    type Output = (Channel, Stream);
    type Error = Infallible;
    type Future = Ready<Result<(Channel, Stream), Infallible>>;

    fn upgrade_inbound(self, stream: Stream, name: Name) -> Self::Future {
        ready(Ok((name.channel, stream)))
    }
}

impl OutboundUpgrade<Stream> for Upgrade {
    type Output = (Channel, Stream);
    type Error = Infallible;
    type Future = Ready<Result<(Channel, Stream), Infallible>>;

    fn upgrade_outbound(self, stream: Stream, name: Name) -> Self::Future {
        ready(Ok((name.channel, stream)))
    }
}
