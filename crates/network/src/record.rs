//! Keeps what is sent, before it is encrypted, for the test that looks for private text in it.
//!
//! The sockets carry ciphertext, so nothing can be looked for there. A build with optimisations does not have this module:
//! no setting makes a node that is in use write down what it sends.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::channel::Channel;

/// Names the folder in which a node keeps a file for each peer, and for each of its channels: frames, each with its length
/// before it.
const FOLDER: &str = "LIANSHI_RECORD_FRAMES";

/// Appends a batch of frames, if that was asked for.
pub(crate) fn sent(peer: &[u8; 32], channel: Channel, batch: &[u8]) {
    static RECORDED: OnceLock<Option<PathBuf>> = OnceLock::new();
    let Some(folder) = RECORDED.get_or_init(|| std::env::var_os(FOLDER).map(PathBuf::from)) else { return };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let name = match channel {
        Channel::Own => hex(peer),
        Channel::Of(network) => format!("{}-{}", hex(peer), hex(&network)),
    };
    let file = OpenOptions::new().create(true).append(true).open(folder.join(name));
    if let Err(error) = file.and_then(|mut file| file.write_all(batch)) {
        // A test that misses frames must not pass for want of a folder.
        tracing::error!("frames cannot be recorded: {error}");
    }
}
