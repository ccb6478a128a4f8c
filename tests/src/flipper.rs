//! A TCP relay that changes bytes on their way, as a broken cable or an attacker would.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// Which way the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From who dials to who listens.
    ToListener,
    /// Back.
    ToDialler,
}

/// One byte to change: its lowest bit is turned over.
#[derive(Clone, Copy, Debug)]
pub struct Flip {
    /// In which direction.
    pub direction: Direction,
    /// How many bytes of the connection go before it.
    pub offset: u64,
}

/// What happened to the connections so far.
#[derive(Default)]
struct Ledger {
    waiting: Vec<Flip>,
    done: usize,
    connections: usize,
}

/// The relay. Each connection takes the first flip of its list; when none is left, bytes pass as they are.
pub struct Flipper {
    port: u16,
    ledger: Arc<Mutex<Ledger>>,
}

impl Flipper {
    /// Listens on a port of loopback and passes connections on to another.
    ///
    /// # Panics
    /// When the port is taken.
    pub fn start(port: u16, target: u16, flips: &[Flip]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the relay's port is free");
        let port = listener.local_addr().expect("a bound port").port();
        let ledger = Arc::new(Mutex::new(Ledger { waiting: flips.to_vec(), ..Ledger::default() }));
        let seen = Arc::clone(&ledger);
        std::thread::spawn(move || {
            for inbound in listener.incoming().map_while(Result::ok) {
                let Ok(outbound) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                relay(&inbound, &outbound, &seen);
            }
        });
        Self { port, ledger }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Bytes changed so far.
    pub fn done(&self) -> usize {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).done
    }

    /// Connections passed on so far.
    pub fn connections(&self) -> usize {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).connections
    }
}

fn relay(inbound: &TcpStream, outbound: &TcpStream, ledger: &Arc<Mutex<Ledger>>) {
    let flip = {
        let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.connections += 1;
        if ledger.waiting.is_empty() { None } else { Some(ledger.waiting.remove(0)) }
    };
    for (direction, from, to) in
        [(Direction::ToListener, inbound, outbound), (Direction::ToDialler, outbound, inbound)]
    {
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
        let at = flip.filter(|flip| flip.direction == direction).map(|flip| flip.offset);
        let ledger = Arc::clone(ledger);
        std::thread::spawn(move || pass(from, to, at, &ledger));
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, at: Option<u64>, ledger: &Mutex<Ledger>) {
    let mut passed = 0_u64;
    let mut buffer = [0_u8; 16 * 1024];
    while let Ok(size) = from.read(&mut buffer) {
        if size == 0 {
            break;
        }
        if let Some(place) = at.and_then(|at| at.checked_sub(passed)).and_then(|p| usize::try_from(p).ok())
            && let Some(byte) = buffer[..size].get_mut(place)
        {
            *byte ^= 1;
            ledger.lock().unwrap_or_else(PoisonError::into_inner).done += 1;
        }
        passed += size as u64;
        if to.write_all(&buffer[..size]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
