//! How many documents have arrived or changed, and who is woken when one does.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Thread;

/// The count of documents that arrived or changed since the store began: the index catches up to it.
#[derive(Debug, Default)]
pub struct Arrivals {
    count: AtomicU64,
    more: AtomicBool,
    reader: OnceLock<Thread>,
}

impl Arrivals {
    /// As many as the store tells.
    pub fn new(count: u64) -> Self {
        Self { count: AtomicU64::new(count), ..Self::default() }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// True while peers have been asked for more.
    pub fn more_come(&self) -> bool {
        self.more.load(Ordering::Acquire)
    }

    /// There are so many now, and peers have been asked for more or not. Whoever waits for them is woken.
    pub fn set(&self, count: u64, more: bool) {
        self.more.store(more, Ordering::Release);
        if self.count.swap(count, Ordering::AcqRel) != count
            && let Some(reader) = self.reader.get()
        {
            reader.unpark();
        }
    }

    /// From now on the calling thread is woken (`std::thread::park_timeout`); only the first that asks is.
    pub fn wake_me(&self) {
        // Somebody else is woken already: this one looks at the count as often as it did.
        let _ = self.reader.set(std::thread::current());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn whoever_waits_is_woken_by_what_arrives() {
        let arrivals = Arc::new(Arrivals::new(3));
        let reader = std::thread::spawn({
            let arrivals = Arc::clone(&arrivals);
            move || {
                arrivals.wake_me();
                while arrivals.count() == 3 {
                    std::thread::park_timeout(Duration::from_secs(600));
                }
                arrivals.count()
            }
        });
        while arrivals.reader.get().is_none() {
            std::thread::yield_now();
        }
        arrivals.set(4, false);
        assert_eq!(reader.join().unwrap(), 4);
    }
}
