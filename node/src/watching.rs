//! Saved searches at work.
//!
//! ```text
//! arrivals (as far as they are searchable) ─▶ looking ─▶ what was found ─▶ page of the desk · feed under a secret address
//!                                                             │
//!                                                             ╰─▶ telling ─▶ webhook · mail   (tried again, then given up with words)
//! ```
//!
//! What leaves the node: public listings, and nothing of the search itself (neither its name nor its words) unless its owner says so.
//! What is for members stays on the page. Decision 0055 has the reasons.
//!
//! A watch is told of a listing when it first matches, and again when it says something else ([`market::material`]).

mod asks;
mod due;
mod feed;
mod hook;
mod letter;
mod looking;
mod telling;
mod views;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::core::now_ms;
use crate::office::Office;

pub use asks::{NewWatch, WatchAsk};
use telling::Teller;

/// Arrivals and due messages are looked for this often.
const EVERY: Duration = Duration::from_millis(250);
/// After a failure of the store.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The threads that look and tell, until they are to stop.
///
/// # Errors
/// When the system gives no thread.
pub fn spawn(office: &Arc<Office>, stopping: &Arc<AtomicBool>) -> std::io::Result<[JoinHandle<()>; 2]> {
    let looker = spawn_one("watches", office, stopping, |office| office.look())?;
    let mut teller = Teller::default();
    let teller = spawn_one("telling", office, stopping, move |office| teller.tell(office, now_ms()))?;
    Ok([looker, teller])
}

/// A thread that does something again at once as long as it says that there is more.
fn spawn_one(
    name: &str,
    office: &Arc<Office>,
    stopping: &Arc<AtomicBool>,
    mut work: impl FnMut(&Office) -> market::Result<bool> + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let (office, stopping) = (Arc::clone(office), Arc::clone(stopping));
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        while !stopping.load(Ordering::Acquire) {
            match work(&office) {
                Ok(true) => {}
                Ok(false) => std::thread::sleep(EVERY),
                Err(error) => {
                    tracing::error!("saved searches fell behind: {error}");
                    std::thread::sleep(AFTER_FAILURE);
                }
            }
        }
    })
}
