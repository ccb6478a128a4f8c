//! The HTTP/1.1 server under the pages: `axum::serve` sets no limit on how long a client may take, this one does.
//!
//! Absent: TLS and HTTP/2, which a reverse proxy adds where a node faces the internet.

use crate::desk::Client;
use crate::limits::{
    ACCEPT_PAUSE, CLOSING_WAIT, CONNECTION_LIFE, CONNECTIONS, CONNECTIONS_PER_ADDRESS, HEADER_BYTES,
    HEADER_LINES, HEADER_WAIT,
};
use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::util::MapRequest;

/// Serves `router` on `listener` until `shutdown` completes, then lets open answers finish for a few seconds.
///
/// At most [`CONNECTIONS`] connections are open at once; more wait in the system's queue. A header must arrive within
/// [`HEADER_WAIT`], and a connection closes after [`CONNECTION_LIFE`].
///
/// # Errors
/// When the listener has no local address, that is, is not listening at all. Single failed connections are no errors.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.local_addr()?;
    let (closing, closed) = watch::channel(false);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let addresses = Addresses::default();
    let mut open = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = open.join_next() => continue,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, address, place)) = accepted else { continue };
        let Some(seat) = addresses.enter(address) else {
            tracing::debug!(%address, "connection refused: too many from one address");
            continue;
        };
        let (router, closed) = (router.clone(), closed.clone());
        open.spawn(async move {
            let _held = (place, seat);
            connection(stream, address, router, closed).await;
        });
    }
    drop(listener);
    // Nobody listening any more is fine: then no connection is open.
    let _ = closing.send(true);
    let _ = timeout(CLOSING_WAIT, async { while open.join_next().await.is_some() {} }).await;
    Ok(())
}

/// Waits for a free place and then for a client.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => {
            // A compressed page comes in pieces: the next would wait until the reader, in its own time, has acknowledged the last.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "pieces of a page may wait for each other");
            }
            Some((stream, address.ip(), place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Serves one connection to its end, at the latest to the end of its life or of the server's.
async fn connection(stream: TcpStream, from: IpAddr, router: Router, mut closed: watch::Receiver<bool>) {
    let router = MapRequest::new(router, move |mut request: Request<Incoming>| {
        let client = Client::of(from, request.headers());
        request.extensions_mut().insert(client);
        request
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_WAIT);
    builder.max_buf_size(HEADER_BYTES).max_headers(HEADER_LINES);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let ended = tokio::select! {
        ended = serving.as_mut() => Some(ended),
        _ = closed.wait_for(|closed| *closed) => None,
        () = sleep(CONNECTION_LIFE) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            serving.as_mut().graceful_shutdown();
            timeout(CLOSING_WAIT, serving).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// How many connections each address has open.
#[derive(Clone, Default)]
struct Addresses(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

impl Addresses {
    /// A seat for one more connection, or `None` when the address has its share.
    fn enter(&self, address: IpAddr) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= CONNECTIONS_PER_ADDRESS && !address.is_loopback() {
            return None;
        }
        *count += 1;
        Some(Seat { addresses: self.clone(), address })
    }
}

/// One connection's share of its address; given back when dropped.
struct Seat {
    addresses: Addresses,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.address).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            open.remove(&self.address);
        } else {
            open.insert(self.address, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_gets_it_back() {
        let addresses = Addresses::default();
        let stranger = IpAddr::from([203, 0, 113, 7]);
        let seats: Vec<_> =
            (0..CONNECTIONS_PER_ADDRESS).map(|_| addresses.enter(stranger).unwrap()).collect();
        assert!(addresses.enter(stranger).is_none());
        drop(seats);
        assert!(addresses.0.lock().unwrap().is_empty());
        assert!(addresses.enter(stranger).is_some());
    }
}
