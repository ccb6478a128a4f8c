//! What a service manager is told: that the node serves, that it stops, and that it is still alive (sd_notify(3)).
//!
//! Nothing is told where nobody asked: outside of systemd `NOTIFY_SOCKET` is not set. A missing watchdog ping has the manager
//! restart the node, so a ping is sent only when the core has gone round since the last one.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Pings for each span within which the manager wants one: one that is late does no harm yet.
const PINGS_A_SPAN: u32 = 3;

/// Who is told.
#[derive(Debug)]
pub struct Supervisor {
    socket: Option<UnixDatagram>,
    /// Within so long it wants to hear that the node is alive.
    watchdog: Option<Duration>,
}

/// Counts how often the core has gone round.
#[derive(Clone, Debug, Default)]
pub struct Heart(Arc<AtomicU64>);

impl Heart {
    /// Once more.
    pub fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it has beaten since it was asked last with the same `seen`.
    fn has_beaten(&self, seen: &mut u64) -> bool {
        let now = self.0.load(Ordering::Relaxed);
        std::mem::replace(seen, now) != now
    }
}

impl Supervisor {
    /// The one that this process was started by.
    pub fn of_this_process() -> Self {
        let variable = |name| std::env::var(name).ok();
        let mine = variable("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let span = variable("WATCHDOG_USEC").filter(|_| mine).and_then(|text| text.parse().ok());
        let socket = variable("NOTIFY_SOCKET").and_then(|name| {
            connected(&name)
                .inspect_err(|error| tracing::warn!("the service manager is not told: {error}"))
                .ok()
        });
        Self { socket, watchdog: span.map(Duration::from_micros).filter(|span| !span.is_zero()) }
    }

    /// The node serves.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={}", status.replace('\n', " ")));
    }

    /// The node stops.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// Says that the node is alive for as long as its heart beats. Ends where nobody wants to know.
    pub async fn watch(&self, heart: Heart) {
        let (Some(span), true) = (self.watchdog, self.socket.is_some()) else {
            return std::future::pending().await;
        };
        let mut seen = 0;
        loop {
            tokio::time::sleep(span / PINGS_A_SPAN).await;
            if heart.has_beaten(&mut seen) {
                self.tell("WATCHDOG=1");
            }
        }
    }

    fn tell(&self, state: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(state.as_bytes())
        {
            tracing::warn!("the service manager is not told: {error}");
        }
    }
}

/// A socket of that name: a path, or with `@` before it a name that is no file.
fn connected(name: &str) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    match name.strip_prefix('@') {
        #[cfg(target_os = "linux")]
        Some(abstract_name) => {
            use std::os::linux::net::SocketAddrExt;
            let address = std::os::unix::net::SocketAddr::from_abstract_name(abstract_name)?;
            socket.connect_addr(&address)?;
        }
        _ => socket.connect(name)?,
    }
    // A manager that does not read must not stop the node.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_beating_heart_is_told_of() {
        let (heart, mut seen) = (Heart::default(), 0);
        assert!(!heart.has_beaten(&mut seen), "the core has not begun");
        heart.beat();
        heart.beat();
        assert!(heart.has_beaten(&mut seen));
        assert!(!heart.has_beaten(&mut seen), "it hangs since");
        heart.clone().beat();
        assert!(heart.has_beaten(&mut seen));
    }

    #[test]
    fn a_manager_is_told_by_path_or_by_a_name_that_is_no_file() {
        use std::os::linux::net::SocketAddrExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let name = format!("lianshi-test-{}", std::process::id());
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        for (manager, name) in [
            (UnixDatagram::bind(&path).unwrap(), path.display().to_string()),
            (UnixDatagram::bind_addr(&address).unwrap(), format!("@{name}")),
        ] {
            let supervisor = Supervisor { socket: Some(connected(&name).unwrap()), watchdog: None };
            supervisor.ready("two\nlines");
            let mut bytes = [0; 64];
            let length = manager.recv(&mut bytes).unwrap();
            assert_eq!(&bytes[..length], b"READY=1\nSTATUS=two lines");
        }
        assert!(connected(folder.path().join("nobody").to_str().unwrap()).is_err());
    }
}
