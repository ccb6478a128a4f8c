//! The thread that looks after the files of listings: fetches those that are to be here, removes those that nothing names.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::config::Fetch;
use crate::office::Office;

/// It looks whether something is to be done this often.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// All names of files are gone through again this long after the last time, where all are fetched and something came.
const ROUND_EVERY: Duration = Duration::from_secs(5);
/// … and where nothing came, or only this institution's own are to be here.
const ROUND_RARELY: Duration = Duration::from_secs(300);
/// What nothing names is looked for this often.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// A file is read this often, whether it is still what it was: some hundreds in a working day, without a disk being kept busy.
const READ_EVERY: Duration = Duration::from_secs(60);

/// Starts it.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn spawn_filing(
    office: Arc<Office>,
    stopping: Arc<AtomicBool>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("files".to_owned()).spawn(move || {
        let (mut after, mut begun, mut swept) = (None, None::<Instant>, Instant::now());
        let (mut round, mut read) = (VecDeque::new(), Instant::now());
        let (all, mut seen) = (office.config().attachments.fetch == Fetch::All, 0);
        while !stopping.load(Ordering::Acquire) {
            std::thread::sleep(LOOK_EVERY);
            let news = all && office.arrivals() != seen;
            if office.files().is_fetch_due() {
                (after, begun) = (None, None);
            }
            let pause = if news { ROUND_EVERY } else { ROUND_RARELY };
            if after.is_some() || begun.is_none_or(|begun| begun.elapsed() >= pause) {
                if after.is_none() {
                    (begun, seen) = (Some(Instant::now()), office.arrivals());
                }
                after = office.fetch_some(after).unwrap_or_else(|error| {
                    tracing::error!("files of listings could not be looked for: {error}");
                    None
                });
            }
            if read.elapsed() >= READ_EVERY {
                read = Instant::now();
                if let Err(error) = office.files().look_at_next(&mut round) {
                    tracing::error!("a file of a listing could not be read: {error}");
                }
            }
            if office.files().is_sweep_due() || swept.elapsed() >= SWEEP_EVERY {
                swept = Instant::now();
                match office.sweep_files() {
                    Ok(0) => {}
                    Ok(gone) => tracing::info!(gone, "files that nothing names were removed"),
                    Err(error) => tracing::error!("files of listings could not be swept: {error}"),
                }
            }
        }
    })
}
