//! A balancer before the pages of several nodes: connections in turn, the next node where one takes none.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longest silence on a connection that is passed on; it only bounds a failure.
const SILENCE: Duration = Duration::from_secs(30);

/// The nodes behind a balancer, and what it passed on.
#[derive(Debug, Default)]
struct Behind {
    hosts: Mutex<Vec<String>>,
    turn: AtomicUsize,
    passed_over: AtomicUsize,
    ended: AtomicBool,
}

impl Behind {
    /// A connection to the node whose turn it is, or to the next one that takes it.
    fn connect(&self) -> Option<TcpStream> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        (0..hosts.len()).find_map(|n| {
            let stream = TcpStream::connect(&hosts[(turn + n) % hosts.len()]).ok();
            if stream.is_none() {
                self.passed_over.fetch_add(1, Ordering::Relaxed);
            }
            stream
        })
    }
}

/// A balancer of connections on loopback, as the simplest that people have: it looks into nothing that passes. An answer that
/// breaks off breaks off for the client too.
#[derive(Debug)]
pub struct Balancer {
    origin: String,
    behind: Arc<Behind>,
}

impl Balancer {
    /// Before nodes whose pages are at `http://HOST:PORT`.
    ///
    /// # Panics
    /// When the system gives no port.
    pub fn before(origins: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let behind = Arc::new(Behind::default());
        let balancer = Self { origin, behind: Arc::clone(&behind) };
        balancer.set(origins);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if behind.ended.load(Ordering::Relaxed) {
                    return;
                }
                let behind = Arc::clone(&behind);
                let Ok(client) = client else { continue };
                std::thread::spawn(move || {
                    if let Some(node) = behind.connect() {
                        let _ = pass(client, node);
                    }
                });
            }
        });
        balancer
    }

    /// Where clients find it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Puts other nodes behind it.
    pub fn set(&self, origins: &[String]) {
        let host = |origin: &String| origin.trim_start_matches("http://").to_owned();
        *self.behind.hosts.lock().unwrap_or_else(PoisonError::into_inner) =
            origins.iter().map(host).collect();
    }

    /// How often a node took no connection and the next one was asked.
    pub fn passed_over(&self) -> usize {
        self.behind.passed_over.load(Ordering::Relaxed)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.behind.ended.store(true, Ordering::Relaxed);
        // Wakes the one who accepts.
        let _ = TcpStream::connect(self.origin.trim_start_matches("http://"));
    }
}

/// Passes bytes both ways until both have ended.
fn pass(client: TcpStream, node: TcpStream) -> io::Result<()> {
    for stream in [&client, &node] {
        stream.set_read_timeout(Some(SILENCE))?;
    }
    let (from, to) = (client.try_clone()?, node.try_clone()?);
    let up = std::thread::spawn(move || one_way(from, to));
    one_way(node, client);
    let _ = up.join();
    Ok(())
}

fn one_way(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = vec![0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        if to.write_all(&piece[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
