//! The control socket: how the command line talks to a running node, since the store can be open in one process only.
//!
//! One JSON object a line each way: a [`Request`], then `{"ok": …}` or `{"error": {code, message, hint}}`. The socket
//! lies in the home and only its owner can open it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use market::{Actor, AuditOutcome};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::{Notify, Semaphore};

use crate::office::{Failure, Office, Reply, Request, exit};

/// Longest request, bytes: an import of `MAX_ROWS` rows of the largest records that are usual.
const MAX_LINE: u64 = 64 * 1024 * 1024;
/// Bytes in which a request has said what it asks for: `{"do":"…",`.
const TAG: usize = 64;
/// Connections served at once.
const MAX_CONNECTIONS: usize = 16;
/// Longest path of a Unix socket on Linux is 107 bytes; longer homes get a socket in the temporary folder.
const MAX_SOCKET_PATH: usize = 100;
/// The client waits this long for an answer; imports answer piece by piece.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Ok(serde_json::Value),
    Error(Failure),
}

/// Where the socket of a home lies.
pub fn socket_path(home: &Path) -> PathBuf {
    let usual = home.join("control.sock");
    if usual.as_os_str().len() <= MAX_SOCKET_PATH {
        return usual;
    }
    let name = protocol::hash("control-socket", &[home.as_os_str().as_encoded_bytes()]);
    std::env::temp_dir().join(format!("lianshi-{}.sock", &name.to_string()[..24]))
}

/// Makes the socket; whoever connects from now on is answered once it is served.
///
/// # Errors
/// When the socket cannot be made.
pub fn listen(home: &Path) -> std::io::Result<UnixListener> {
    let path = socket_path(home);
    // The home's lock is ours, so a socket that is still there belongs to a process that is gone.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves the socket; a request to stop is passed on to `stop`.
pub async fn serve(office: Arc<Office>, listener: UnixListener, stop: Arc<Notify>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (office, stop) = (Arc::clone(&office), Arc::clone(&stop));
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, office, stop).await {
                        tracing::debug!("a control connection ended: {error}");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("control socket: {error}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn converse(
    stream: tokio::net::UnixStream,
    office: Arc<Office>,
    stop: Arc<Notify>,
) -> anyhow::Result<()> {
    // Who connects the system says; only the home's owner can.
    let actor = Actor::system(stream.peer_cred()?.uid());
    let (read, mut write) = stream.into_split();
    let mut read = tokio::io::BufReader::new(read);
    loop {
        let mut line = Vec::new();
        let size = (&mut read).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        if size == 0 {
            return Ok(());
        }
        let reply = match understand(&line) {
            Ok(request @ Request::Stop) => {
                if let Some(act) = request.act() {
                    let (office, actor) = (Arc::clone(&office), actor.clone());
                    tokio::task::spawn_blocking(move || office.note(&actor, &act, AuditOutcome::Done))
                        .await?;
                }
                stop.notify_one();
                Ok(serde_json::json!({ "v": 1, "stopping": true }))
            }
            Ok(request) => {
                let (office, actor) = (Arc::clone(&office), actor.clone());
                let span = tracing::info_span!("request", "do" = asked(&line));
                tokio::task::spawn_blocking(move || span.in_scope(|| office.answer(&actor, request))).await?
            }
            Err(failure) => Err(failure),
        };
        let answer = match reply {
            Ok(json) => Answer::Ok(json),
            Err(failure) => Answer::Error(failure),
        };
        let mut bytes = serde_json::to_vec(&answer)?;
        bytes.push(b'\n');
        write.write_all(&bytes).await?;
    }
}

/// What a request asks for, in a word: by the tag that all begin with.
fn asked(line: &[u8]) -> &str {
    let line = line.get(..TAG).unwrap_or(line);
    let word = line.split(|byte| *byte == b'"').nth(3);
    word.and_then(|word| std::str::from_utf8(word).ok()).unwrap_or_default()
}

/// Reads one line of the socket.
fn understand(line: &[u8]) -> Result<Request, Failure> {
    serde_json::from_slice(line).map_err(|error| {
        Failure::new(
            exit::USAGE,
            format!("the request is not understood: {error}"),
            "the command line and the node may be of different versions",
        )
    })
}

/// A connection to a running node.
pub struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects; `None` when no node runs in that home.
    pub fn connect(home: &Path) -> Option<Self> {
        let stream = UnixStream::connect(socket_path(home)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        Some(Self { stream: BufReader::new(stream) })
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// The node's own failure, or exit code 4 when the connection broke.
    pub fn ask(&mut self, request: &Request) -> Reply {
        let broken = |what: String| Failure::said(exit::UNREACHABLE, "cli.failure.reply", &[("what", &what)]);
        let mut bytes = serde_json::to_vec(request).map_err(|error| broken(error.to_string()))?;
        bytes.push(b'\n');
        let sent = self.stream.get_mut().write_all(&bytes);
        sent.map_err(|error| broken(format!("the node does not take the request: {error}")))?;
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => Err(broken("the node has stopped before it answered".to_owned())),
            Err(error) => Err(broken(format!("the node does not answer: {error}"))),
            Ok(_) => match serde_json::from_str::<Answer>(&line) {
                Ok(Answer::Ok(json)) => Ok(json),
                Ok(Answer::Error(failure)) => Err(failure),
                Err(error) => Err(broken(format!("the answer is not understood: {error}"))),
            },
        }
    }
}

#[cfg(test)]
mod tests;
