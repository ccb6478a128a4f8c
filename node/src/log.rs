//! Logs go to standard error, so that data on standard output stay clean: lines for people, or one JSON object a line for
//! programs that collect them.
//!
//! Where JSON is chosen, everything that this program says there is such an object: what it logs, a command line that cannot
//! be read, a start that fails, the last words of a thread that panics. What the system says of it is not ours (a process that
//! is killed, memory that runs out in the middle of a word).

use std::io::{IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use telemetry::Traces;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The option of the command line that chooses a format.
const OPTION: &str = "--log-format";

/// Whether JSON was chosen. It is asked wherever something is said, also before and after a node runs.
static JSON: AtomicBool = AtomicBool::new(false);

/// Heeds the format that the command line names, before it is read: it may be wrong, and then that is said in this format.
pub fn heed(arguments: impl Iterator<Item = std::ffi::OsString>) {
    let arguments: Vec<String> = arguments.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let apart = arguments.windows(2).any(|two| two[0] == OPTION && two[1] == "json");
    let joined = arguments.iter().any(|arg| arg.strip_prefix(OPTION) == Some("=json"));
    if apart || joined {
        choose(Format::Json);
    }
}

/// Chooses the format of all that is said from now on.
pub fn choose(format: Format) {
    JSON.store(format == Format::Json, Ordering::Relaxed);
    if format == Format::Json {
        std::panic::set_hook(Box::new(|panic| write(&of_panic(panic))));
    }
}

/// Whether lines are JSON.
pub fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Whose spans a collector is sent: what this program does, not what its libraries do.
const OURS: [&str; 3] = ["lianshi", "web", "market"];

/// Starts logging at a level, or at what `LIANSHI_LOG` says, and traces where there is a collector for them.
pub fn start(level: &str, traces: Option<&Traces>) {
    let filter = EnvFilter::try_from_env("LIANSHI_LOG")
        .or_else(|_| EnvFilter::try_new(level))
        .unwrap_or_else(|_| EnvFilter::new("warn"));
    let ansi = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(ansi);
    let lines = if is_json() {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
    } else {
        lines.boxed()
    };
    let ours = Targets::new().with_targets(OURS.map(|target| (target, Level::INFO)));
    let spans = traces.map(|traces| traces.layer().with_filter(ours));
    // A second start in one process changes nothing.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).try_init();
}

/// Writes an object as the logs write theirs, whatever level is logged.
pub fn say(level: Level, message: &str, more: &[(&str, Json)]) {
    write(&object(level, message, more));
}

fn object(level: Level, message: &str, more: &[(&str, Json)]) -> Json {
    let mut time = String::new();
    // The same clock and form as in all other lines; without it a line is still worth something.
    let _ = SystemTime.format_time(&mut tracing_subscriber::fmt::format::Writer::new(&mut time));
    let mut line =
        json!({ "timestamp": time, "level": level.as_str(), "message": message, "target": "lianshi" });
    more.iter().for_each(|(key, value)| line[*key] = value.clone());
    line
}

fn of_panic(panic: &PanicHookInfo<'_>) -> Json {
    let message = panic.payload_as_str().unwrap_or("a panic without words");
    let place = panic.location().map(ToString::to_string);
    let thread = std::thread::current().name().map(str::to_owned);
    object(Level::ERROR, message, &[("panic", json!(place)), ("thread", json!(thread))])
}

/// In one piece, so that lines of several threads do not mix. Whoever does not read them any more is not told.
fn write(line: &Json) {
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_panic_is_one_object_that_names_its_place_and_thread() {
        static LINES: Mutex<Vec<Json>> = Mutex::new(Vec::new());
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(|panic| LINES.lock().unwrap().push(of_panic(panic))));
        let thread = std::thread::Builder::new().name("core".to_owned());
        let ended = thread.spawn(|| panic!("two lines,\n\"quoted\" {}", 1)).unwrap().join();
        std::panic::set_hook(before);
        assert!(ended.is_err());
        let lines = LINES.lock().unwrap();
        // Other tests of this process may have panicked meanwhile.
        let line = lines.iter().find(|line| line["thread"] == "core").expect("its last words");
        assert_eq!(line["message"], "two lines,\n\"quoted\" 1");
        assert!(line["panic"].as_str().unwrap().contains("log.rs:"), "{line}");
        assert_eq!((&line["level"], line.to_string().lines().count()), (&json!("ERROR"), 1));
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }
}
