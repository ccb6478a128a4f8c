//! Yamux over a TCP connection, with bounds.
//!
//! `libp2p-yamux` lets the windows of one connection grow to 1 GiB (they follow a round-trip time that the peer can
//! stretch by answering late), queues 256 streams that nobody has accepted, and waits without end for a dead peer when
//! closing. None of it can be configured there, so the adapter between the `yamux` crate and libp2p is our own.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::iter;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures::future::{Ready, ready as done};
use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo};
use tokio::time::Sleep;

use crate::config::{FAREWELL, STREAMS_PER_CONNECTION, YAMUX_EXTRA_WINDOW};
use crate::cork::Cork;

/// Streams that the peer has opened and the swarm has not yet asked for; more are reset.
const UNACCEPTED_STREAMS: usize = STREAMS_PER_CONNECTION;

/// The upgrade of an encrypted TCP connection to Yamux (`/yamux/1.0.0`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upgrade;

impl Upgrade {
    fn connection<C: AsyncRead + AsyncWrite + Unpin>(socket: C, mode: yamux::Mode) -> Muxer<C> {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(STREAMS_PER_CONNECTION);
        let window = STREAMS_PER_CONNECTION * yamux::DEFAULT_CREDIT as usize + YAMUX_EXTRA_WINDOW;
        config.set_max_connection_receive_window(Some(window));
        Muxer {
            connection: yamux::Connection::new(Cork::new(socket), config, mode),
            unaccepted: VecDeque::new(),
            accepting: None,
            closing: None,
        }
    }
}

impl UpgradeInfo for Upgrade {
    type Info = &'static str;
    type InfoIter = iter::Once<&'static str>;

    fn protocol_info(&self) -> Self::InfoIter {
        iter::once("/yamux/1.0.0")
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> InboundConnectionUpgrade<C> for Upgrade {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = Ready<io::Result<Muxer<C>>>;

    fn upgrade_inbound(self, socket: C, _: Self::Info) -> Self::Future {
        done(Ok(Self::connection(socket, yamux::Mode::Server)))
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> OutboundConnectionUpgrade<C> for Upgrade {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = Ready<io::Result<Muxer<C>>>;

    fn upgrade_outbound(self, socket: C, _: Self::Info) -> Self::Future {
        done(Ok(Self::connection(socket, yamux::Mode::Client)))
    }
}

/// One multiplexed connection.
pub(crate) struct Muxer<C> {
    connection: yamux::Connection<Cork<C>>,
    /// Yamux moves only while it is asked for the next inbound stream, wanted or not; those not wanted yet wait here.
    unaccepted: VecDeque<yamux::Stream>,
    accepting: Option<Waker>,
    closing: Option<Pin<Box<Sleep>>>,
}

impl<C: AsyncRead + AsyncWrite + Unpin> Muxer<C> {
    fn next_inbound(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<yamux::Stream>> {
        match ready!(self.connection.poll_next_inbound(cx)) {
            Some(Ok(stream)) => Poll::Ready(Ok(stream)),
            Some(Err(error)) => Poll::Ready(Err(to_io(error))),
            None => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> StreamMuxer for Muxer<C> {
    type Substream = yamux::Stream;
    type Error = io::Error;

    fn poll_inbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<yamux::Stream>> {
        if let Some(stream) = self.unaccepted.pop_front() {
            return Poll::Ready(Ok(stream));
        }
        let next = self.next_inbound(cx);
        if next.is_pending() {
            self.accepting = Some(cx.waker().clone());
        }
        next
    }

    fn poll_outbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<yamux::Stream>> {
        self.connection.poll_new_outbound(cx).map_err(to_io)
    }

    /// Says goodbye for at most [`FAREWELL`]: a peer that takes nothing any more must not keep the socket.
    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(closed) = self.connection.poll_close(cx) {
            return Poll::Ready(closed.map_err(to_io));
        }
        let deadline = self.closing.get_or_insert_with(|| Box::pin(tokio::time::sleep(FAREWELL)));
        deadline.as_mut().poll(cx).map(Ok)
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
        let stream = ready!(self.next_inbound(cx))?;
        if self.unaccepted.len() < UNACCEPTED_STREAMS {
            self.unaccepted.push_back(stream);
            if let Some(waker) = self.accepting.take() {
                waker.wake();
            }
        } else {
            tracing::debug!("a peer opened more streams than are accepted; the newest is reset");
        }
        // There may be more to do, but others shall run first.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn to_io(error: yamux::ConnectionError) -> io::Error {
    match error {
        yamux::ConnectionError::Io(error) => error,
        other => io::Error::other(other),
    }
}
