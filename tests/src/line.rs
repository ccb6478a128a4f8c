//! A poor line between two nodes, in user space: slow, far, losing, cut again and again. Over TCP, where a lost segment
//! is sent again by the kernels in the real world, a loss holds everything up for a way there and back; over UDP the datagram is
//! gone.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Dice;

/// Bytes that a packet carries.
const PACKET: usize = 1_200;
/// Bytes that the slow end of the line holds: a modem's buffer.
const BUFFER: usize = 16 * 1024;
/// Over UDP, a cut takes so long, and the way back then leads elsewhere, as behind a NAT that has forgotten.
const OUTAGE: Duration = Duration::from_secs(2);

/// What a line is like.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// One way.
    pub delay: Duration,
    /// Bytes a second, in each direction.
    pub rate: u64,
    /// Of a hundred packets, so many are lost.
    pub loss: u64,
    /// How often everything is cut.
    pub cut_every: Option<Duration>,
}

impl Weather {
    /// Nothing of the kind.
    pub const CLEAN: Self = Self { delay: Duration::ZERO, rate: 100_000_000, loss: 0, cut_every: None };
}

/// What has passed over a line.
#[derive(Debug, Default)]
pub struct Passed {
    bytes: [AtomicU64; 2],
    cuts: AtomicU64,
    connections: AtomicU64,
}

impl Passed {
    /// Bytes that came out at the far end, both ways.
    pub fn bytes(&self) -> u64 {
        self.bytes.iter().map(|b| b.load(Ordering::Relaxed)).sum()
    }

    /// How often it was cut.
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }

    /// Connections over TCP, or ways back over UDP.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

/// The line: listens at a port of loopback, TCP and UDP, and leads to another.
pub struct PoorLine {
    shared: Arc<Shared>,
    port: u16,
}

struct Shared {
    weather: Weather,
    target: Mutex<Option<u16>>,
    passed: Passed,
    /// Rises with each cut: what belongs to an earlier one ends.
    era: AtomicU64,
    begun: Instant,
    ended: AtomicBool,
}

impl PoorLine {
    /// A line whose far end is not connected yet.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn start(weather: Weather) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port of loopback");
        let port = listener.local_addr().expect("a bound port").port();
        let udp = UdpSocket::bind(("127.0.0.1", port)).expect("the same port for UDP");
        let shared = Arc::new(Shared {
            weather,
            target: Mutex::default(),
            passed: Passed::default(),
            era: AtomicU64::new(0),
            begun: Instant::now(),
            ended: AtomicBool::new(false),
        });
        let of = |work: fn(&Arc<Shared>)| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || work(&shared));
        };
        of(cut_again_and_again);
        let tcp = Arc::clone(&shared);
        thread::spawn(move || {
            let mut dice = 0;
            for inbound in listener.incoming().map_while(Result::ok) {
                if tcp.ended.load(Ordering::Relaxed) {
                    return;
                }
                let Some(target) = *tcp.target() else { continue };
                let Ok(outbound) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                tcp.passed.connections.fetch_add(1, Ordering::Relaxed);
                dice += 2;
                pass(&tcp, &inbound, &outbound, 0, dice);
                pass(&tcp, &outbound, &inbound, 1, dice + 1);
            }
        });
        let datagrams = Arc::clone(&shared);
        thread::spawn(move || datagrams_there(&datagrams, udp));
        Self { shared, port }
    }

    /// Where it leads to, from now on.
    pub fn lead_to(&self, port: u16) {
        *self.shared.target() = Some(port);
    }

    /// Its own port, TCP and UDP.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What has passed.
    pub fn passed(&self) -> &Passed {
        &self.shared.passed
    }
}

impl Drop for PoorLine {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        self.shared.era.fetch_add(1, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn target(&self) -> MutexGuard<'_, Option<u16>> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn era(&self) -> u64 {
        self.era.load(Ordering::Relaxed)
    }

    /// True for a while after a cut.
    fn is_out(&self) -> bool {
        let Some(every) = self.weather.cut_every else { return false };
        let (since, every) = (self.begun.elapsed().as_millis(), every.as_millis().max(1));
        since > every && since % every < OUTAGE.as_millis()
    }

    fn count(&self, way: usize, bytes: usize) {
        self.passed.bytes[way].fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// How long the line is busy with so many bytes.
    fn takes(&self, bytes: usize) -> Duration {
        Duration::from_micros(bytes as u64 * 1_000_000 / self.weather.rate)
    }
}

fn cut_again_and_again(shared: &Arc<Shared>) {
    let Some(every) = shared.weather.cut_every else { return };
    while !shared.ended.load(Ordering::Relaxed) {
        thread::sleep(every);
        shared.era.fetch_add(1, Ordering::Relaxed);
        shared.passed.cuts.fetch_add(1, Ordering::Relaxed);
    }
}

/// Packets, each with the moment at which it arrives, and whether these are the last.
type Packets = (VecDeque<(Instant, Vec<u8>)>, bool);

/// Packets on their way.
#[derive(Default)]
struct Pipe {
    queue: Mutex<Packets>,
    moved: Condvar,
}

impl Pipe {
    fn queue(&self) -> MutexGuard<'_, Packets> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, at: Instant, packet: Vec<u8>) {
        self.queue().0.push_back((at, packet));
        self.moved.notify_all();
    }

    fn end(&self) {
        self.queue().1 = true;
        self.moved.notify_all();
    }

    /// The next packet, once it has arrived; `None` at the end.
    fn take(&self) -> Option<Vec<u8>> {
        let mut queue = self.queue();
        loop {
            if let Some((at, packet)) = queue.0.pop_front() {
                drop(queue);
                thread::sleep(at.saturating_duration_since(Instant::now()));
                return Some(packet);
            }
            if queue.1 {
                return None;
            }
            queue = self.moved.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Passes the bytes of one direction of a TCP connection on. The sender feels the line's rate once its buffers are full.
fn pass(shared: &Arc<Shared>, from: &TcpStream, to: &TcpStream, way: usize, seed: u64) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else { return };
    let (pipe, era) = (Arc::new(Pipe::default()), shared.era());
    let _ = from.set_read_timeout(Some(Duration::from_millis(100)));
    let (line, far) = (Arc::clone(shared), Arc::clone(&pipe));
    thread::spawn(move || {
        let (mut dice, mut buffer) = (Dice::seeded(seed), [0; PACKET]);
        let (mut busy_until, mut arrived) = (Instant::now(), Instant::now());
        while line.era() == era {
            let read = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock) => continue,
                Err(_) => break,
            };
            busy_until = busy_until.max(Instant::now()) + line.takes(read);
            let mut at = busy_until + line.weather.delay;
            if dice.below(100) < line.weather.loss {
                // Found missing a way there and back later, and sent once more; what follows waits for it, in order.
                busy_until += line.takes(read);
                at += line.takes(read) + line.weather.delay * 2;
            }
            arrived = arrived.max(at);
            far.put(arrived, buffer[..read].to_vec());
            let ahead = busy_until.saturating_duration_since(Instant::now());
            thread::sleep(ahead.saturating_sub(line.takes(BUFFER)));
        }
        far.end();
        let _ = from.shutdown(Shutdown::Read);
    });
    let line = Arc::clone(shared);
    thread::spawn(move || {
        while let Some(packet) = pipe.take() {
            if line.era() != era || to.write_all(&packet).is_err() {
                break;
            }
            line.count(way, packet.len());
        }
        // A cut is felt on both sides at once: nobody must wait for a timeout to see it in this test.
        let _ = to.shutdown(Shutdown::Both);
    });
}

/// Passes datagrams on, and opens a new way back after each cut.
fn datagrams_there(shared: &Arc<Shared>, socket: UdpSocket) {
    let (mut dice, mut buffer) = (Dice::seeded(7), [0; 65_536]);
    let socket = Arc::new(socket);
    let mut way: Option<Way> = None;
    let mut busy_until = Instant::now();
    let _ = socket.set_read_timeout(Some(Duration::from_millis(100)));
    while !shared.ended.load(Ordering::Relaxed) {
        let Ok((read, client)) = socket.recv_from(&mut buffer) else { continue };
        let Some(target) = *shared.target() else { continue };
        let known = way.as_ref().is_some_and(|way| (way.era, way.client) == (shared.era(), client));
        if !known {
            way = open(shared, &socket, client, target);
        }
        let Some(Way { there, .. }) = &way else { continue };
        if let Some(at) = arrives(shared, &mut busy_until, read, dice.below(100)) {
            there.put(at, buffer[..read].to_vec());
        }
    }
}

/// When a datagram arrives; `None` for one that is lost, or finds the buffer full.
fn arrives(shared: &Shared, busy_until: &mut Instant, bytes: usize, die: u64) -> Option<Instant> {
    let now = Instant::now();
    let full = busy_until.saturating_duration_since(now) > shared.takes(BUFFER);
    if die < shared.weather.loss || full || shared.is_out() {
        return None;
    }
    *busy_until = (*busy_until).max(now) + shared.takes(bytes);
    Some(*busy_until + shared.weather.delay)
}

/// A way through for the datagrams of one client, between two cuts.
struct Way {
    era: u64,
    client: SocketAddr,
    there: Arc<Pipe>,
}

fn open(shared: &Arc<Shared>, near: &Arc<UdpSocket>, client: SocketAddr, target: u16) -> Option<Way> {
    let far = Arc::new(UdpSocket::bind(("127.0.0.1", 0)).ok()?);
    far.connect(("127.0.0.1", target)).ok()?;
    far.set_read_timeout(Some(Duration::from_millis(100))).ok()?;
    let era = shared.era();
    shared.passed.connections.fetch_add(1, Ordering::Relaxed);
    let there = Arc::new(Pipe::default());
    let (line, pipe, out) = (Arc::clone(shared), Arc::clone(&there), Arc::clone(&far));
    thread::spawn(move || {
        while let Some(packet) = pipe.take() {
            if out.send(&packet).is_ok() {
                line.count(0, packet.len());
            }
        }
    });
    let back = Arc::new(Pipe::default());
    let (line, pipe, near, ended) =
        (Arc::clone(shared), Arc::clone(&back), Arc::clone(near), Arc::clone(&there));
    thread::spawn(move || {
        while let Some(packet) = pipe.take() {
            if near.send_to(&packet, client).is_ok() {
                line.count(1, packet.len());
            }
        }
        ended.end();
    });
    let (line, from) = (Arc::clone(shared), Arc::clone(&far));
    thread::spawn(move || {
        let (mut dice, mut buffer, mut busy_until) = (Dice::seeded(era + 99), [0; 65_536], Instant::now());
        while line.era() == era && !line.ended.load(Ordering::Relaxed) {
            let Ok(read) = from.recv(&mut buffer) else { continue };
            if let Some(at) = arrives(&line, &mut busy_until, read, dice.below(100)) {
                back.put(at, buffer[..read].to_vec());
            }
        }
        back.end();
    });
    Some(Way { era, client, there })
}
