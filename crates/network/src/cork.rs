//! Holds small writes back until all of them are there.
//!
//! `yamux` flushes after each of its frames, so each becomes a packet of its own, with its own headers and its own call to the
//! system, however many frames wait behind it. It turns to reading when it has nothing left to write: that is the moment to
//! flush.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{AsyncRead, AsyncWrite};

/// A socket below `yamux` that flushes when it is read from, and when it is closed.
#[derive(Debug)]
pub(crate) struct Cork<C> {
    socket: C,
    /// Something was written that has not been flushed.
    due: bool,
}

impl<C> Cork<C> {
    pub const fn new(socket: C) -> Self {
        Self { socket, due: false }
    }
}

impl<C: AsyncWrite + Unpin> Cork<C> {
    /// Flushes what was written. While the socket takes nothing it stays due: the socket wakes the task, which then reads again.
    fn flush(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.due && Pin::new(&mut self.socket).poll_flush(cx)?.is_ready() {
            self.due = false;
        }
        Ok(())
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> AsyncRead for Cork<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.flush(cx)?;
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Cork<C> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write(cx, bytes))?;
        self.due = true;
        Poll::Ready(Ok(written))
    }

    /// Only promises to.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.due {
            ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
            self.due = false;
        }
        Pin::new(&mut self.socket).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::task::noop_waker_ref;

    use super::*;

    /// Keeps what it is told, and can be too busy to flush.
    #[derive(Default)]
    struct Socket {
        busy: bool,
        held: Vec<u8>,
        packets: Vec<Vec<u8>>,
        closed: bool,
    }

    impl AsyncRead for Socket {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut [u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Socket {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, b: &[u8]) -> Poll<io::Result<usize>> {
            self.held.extend_from_slice(b);
            Poll::Ready(Ok(b.len()))
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            if self.busy {
                return Poll::Pending;
            }
            let packet = std::mem::take(&mut self.held);
            self.packets.push(packet);
            Poll::Ready(Ok(()))
        }

        fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.closed = true;
            Poll::Ready(Ok(()))
        }
    }

    fn written(cork: &mut Cork<Socket>, cx: &mut Context<'_>) {
        for frame in [b"one", b"two"] {
            assert!(matches!(Pin::new(&mut *cork).poll_write(cx, frame), Poll::Ready(Ok(3))));
            assert!(Pin::new(&mut *cork).poll_flush(cx).is_ready());
        }
    }

    #[test]
    fn what_is_written_before_reading_is_one_packet() {
        let (cx, mut cork) = (&mut Context::from_waker(noop_waker_ref()), Cork::new(Socket::default()));
        written(&mut cork, cx);
        for _ in 0..2 {
            assert!(Pin::new(&mut cork).poll_read(cx, &mut [0; 8]).is_pending());
            assert_eq!(cork.socket.packets, [b"onetwo"], "and nothing is flushed for nothing");
        }
    }

    #[test]
    fn what_a_busy_socket_does_not_take_stays_due() {
        let (cx, mut cork) = (&mut Context::from_waker(noop_waker_ref()), Cork::new(Socket::default()));
        cork.socket.busy = true;
        written(&mut cork, cx);
        assert!(Pin::new(&mut cork).poll_read(cx, &mut [0; 8]).is_pending());
        assert!(
            Pin::new(&mut cork).poll_close(cx).is_pending() && !cork.socket.closed,
            "not before it is sent"
        );
        cork.socket.busy = false;
        assert!(Pin::new(&mut cork).poll_close(cx).is_ready() && cork.socket.closed);
        assert_eq!(cork.socket.packets, [b"onetwo"]);
    }
}
