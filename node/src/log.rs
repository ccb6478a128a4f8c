//! Logs go to standard error, so that data on standard output stay clean.

use tracing_subscriber::EnvFilter;

/// Starts logging at a level, or at what `LIANSHI_LOG` says.
pub fn start(level: &str) {
    let filter = EnvFilter::try_from_env("LIANSHI_LOG")
        .or_else(|_| EnvFilter::try_new(level))
        .unwrap_or_else(|_| EnvFilter::new("warn"));
    // A second start in one process changes nothing.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
