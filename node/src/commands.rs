//! What the commands do. Data go to standard output, progress and advice to standard error; `--json` prints one object a
//! line with `"v": 1`.

mod attachment;
mod audit;
mod backup;
mod bundle;
mod compact;
mod disclosure;
mod doctor;
mod enquiry;
mod export;
mod feed;
mod forks;
mod harvest;
mod import;
mod keys;
mod listing;
mod node;
mod parquet;
mod peer;
mod peering;
mod profile;
mod prove;
mod purge;
mod roster;
pub mod show;
mod signing;
mod statement;
mod statistics;
mod template;
mod user;
mod watch;

use std::borrow::Cow;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use catalog::{Lang, words};
use serde_json::Value as Json;
use tracing::Level;

use crate::cli::{Cli, Sub};
use crate::config::Config;
use crate::control::Client;
use crate::log;
use crate::office::{Failure, Office, Reply, Request, exit, this_user};

pub use backup::last_backup_ms;
pub use doctor::FINDINGS;

/// How long a command waits for another command that holds the store.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(15);

/// What every command has at hand.
pub struct Context {
    /// The node's home.
    pub home: PathBuf,
    /// Language of everything printed.
    pub lang: Lang,
    /// Whether scripts read it.
    pub json: bool,
}

/// Reports a command line that could not be read; returns the exit code.
pub fn refuse(failure: &Failure, lang: Lang) -> u8 {
    let json = std::env::args_os().any(|arg| arg == "--json");
    Context { home: PathBuf::new(), lang, json }.report(failure)
}

/// Result of a command: the exit code of a run that did what it could.
pub type Outcome = Result<u8, Failure>;

/// Does what was typed and returns the exit code.
pub fn run(cli: Cli, lang: Lang) -> u8 {
    let home = cli.home.unwrap_or_else(crate::home::default_home);
    let context = Context { home, lang, json: cli.json };
    let done = match cli.command {
        Sub::Init(args) => node::init(&context, args),
        Sub::Invite(args) => node::invite(&context, &args),
        Sub::Run(args) => node::run(&context, args),
        Sub::Status(args) => node::status(&context, &args),
        Sub::Doctor => doctor::run(&context),
        Sub::Demo(args) => crate::demo::run(&context, &args),
        Sub::Template(args) => template::run(&context, &args),
        Sub::Import(args) => import::run(&context, &args),
        Sub::Listing { action } => listing::run(&context, action),
        Sub::Statement { action } => statement::run(&context, action),
        Sub::Disclose(args) => disclosure::disclose(&context, args),
        Sub::Disclosure { action } => disclosure::run(&context, action),
        Sub::Enquiry { action } => enquiry::run(&context, action),
        Sub::Harvest { action } => harvest::run(&context, action),
        Sub::Search(args) => listing::search(&context, &args),
        Sub::Stats(args) => statistics::run(&context, args),
        Sub::Watch { action } => watch::run(&context, action),
        Sub::Export(args) => export::run(&context, &args),
        Sub::Feed { action } => feed::run(&context, action),
        Sub::Verify(args) => prove::verify(&context, &args),
        Sub::Line { hours } => node::line(&context, hours),
        Sub::Bundle { action } => bundle::run(&context, &action),
        Sub::Peer { action } => peer::run(&context, action),
        Sub::Peering { action } => peering::run(&context, action),
        Sub::Key { action } => keys::run(&context, action),
        Sub::Roster { action } => roster::run(&context, action),
        Sub::Profile { action } => profile::run(&context, action),
        Sub::Fork { action } => forks::run(&context, &action),
        Sub::Settle(args) => forks::settle(&context, &args),
        Sub::User { action } => user::run(&context, action),
        Sub::Audit(args) => audit::run(&context, &args),
        Sub::Backup(args) => backup::backup(&context, &args),
        Sub::Restore { file } => backup::restore(&context, &file),
        Sub::Compact => compact::run(&context),
        Sub::Stop => node::stop(&context),
        Sub::Completions { shell } => {
            let mut command = crate::cli::command(lang);
            clap_complete::generate(shell, &mut command, "lianshi", &mut std::io::stdout());
            Ok(0)
        }
        Sub::Manual { folder } => manual(&context, &folder),
    };
    done.unwrap_or_else(|failure| context.report(&failure))
}

/// Writes a page for `man` for each command.
///
/// # Errors
/// When the folder cannot be written to.
pub fn manual(context: &Context, folder: &Path) -> Outcome {
    let made = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(crate::cli::command(context.lang), folder));
    made.map_err(|error| file_failure(folder, &error))?;
    Ok(0)
}

impl Context {
    /// The text of a key.
    pub fn say<'k>(&self, key: &'k str) -> &'k str {
        words::say(self.lang, key)
    }

    /// The text of a key with its places filled.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        words::fill(self.lang, key, values)
    }

    /// Words in a row, parted as the language parts them.
    pub fn list<S: AsRef<str>>(&self, words: &[S]) -> String {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        words.join(self.lang.pick("、", ", "))
    }

    /// Prints a failure and returns its exit code.
    pub fn report(&self, failure: &Failure) -> u8 {
        if self.json {
            print_json(&serde_json::json!({ "v": 1, "error": failure }));
        }
        let (message, hint) = failure.in_words(self.lang);
        if log::is_json() {
            let more = [("hint", hint.into()), ("exit_code", failure.code.into())];
            log::say(Level::ERROR, message, &more);
            return failure.code;
        }
        print_note(&format!("lianshi: {message}"));
        if !hint.is_empty() {
            print_note(&format!("  {}{hint}", self.say("cli.hint")));
        }
        failure.code
    }

    /// The running node.
    pub fn running(&self) -> Result<Client, Failure> {
        let missing = || Failure::said(exit::UNREACHABLE, "cli.status.not-running", &[]);
        Client::connect(&self.home).ok_or_else(missing)
    }

    /// The configuration of the home.
    pub fn config(&self) -> Result<Config, Failure> {
        Config::read(&self.home).map_err(|error| {
            Failure::said(exit::USAGE, "cli.failure.config", &[("what", &format!("{error:#}"))])
        })
    }

    /// Someone who answers: the running node, else the store opened here.
    pub fn desk(&self) -> Result<Answerer, Failure> {
        let begun = Instant::now();
        loop {
            if let Some(client) = Client::connect(&self.home) {
                return Ok(Answerer::Running(Box::new(client)));
            }
            match Office::open(&self.home, self.config()?, false) {
                Ok(office) => return Ok(Answerer::Here(Here(Box::new(office)))),
                Err(error) if is_locked(&error) && begun.elapsed() < LOCK_PATIENCE => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                Err(error) => return Err(opening_failure(&error)),
            }
        }
    }

    /// Asks one thing.
    pub fn ask(&self, request: &Request) -> Reply {
        self.desk()?.ask(request)
    }
}

/// Whoever answers requests.
pub enum Answerer {
    /// The running node.
    Running(Box<Client>),
    /// The store, opened by this process.
    Here(Here),
}

/// A store that this process has opened. What it wrote is checkpointed now and then, and at the end, once it is more than a
/// start goes through again in no time.
pub struct Here(Box<Office>);

/// Bytes of the journal that a start may have to go through again, and that a long piece of work may leave behind it.
const LEFT_BEHIND: u64 = 1 << 20;
const LEFT_MEANWHILE: u64 = 64 << 20;

impl Drop for Here {
    fn drop(&mut self) {
        self.0.core().settle(LEFT_BEHIND);
    }
}

impl Answerer {
    /// Asks and waits.
    pub fn ask(&mut self, request: &Request) -> Reply {
        match self {
            Self::Running(client) => client.ask(request),
            Self::Here(Here(office)) => {
                let reply = office.answer(&this_user(), request.clone());
                office.core().settle(LEFT_MEANWHILE);
                reply
            }
        }
    }
}

/// What the disk said, when it is the disk that stands behind an error.
fn storage_error(error: &anyhow::Error) -> Option<&storage::StorageError> {
    let storage = error.chain().find_map(|cause| cause.downcast_ref::<storage::StorageError>());
    let market = error.chain().find_map(|cause| cause.downcast_ref::<market::MarketError>());
    match market {
        Some(market::MarketError::Storage(inner)) => Some(inner),
        _ => storage,
    }
}

/// Whether another process holds the store.
pub fn is_locked(error: &anyhow::Error) -> bool {
    matches!(storage_error(error), Some(storage::StorageError::Locked { .. }))
}

/// The failure of a home that does not open.
pub fn opening_failure(error: &anyhow::Error) -> Failure {
    if let Some(error) = storage_error(error) {
        return error.into();
    }
    match error.downcast_ref() {
        Some(market::MarketError::Identity { path, why }) => {
            return Failure::said(exit::FAILED, "cli.failure.identity", &[("path", path), ("what", why)]);
        }
        Some(market::MarketError::NoHome { path }) => {
            return Failure::said(exit::FAILED, "cli.failure.no-home", &[("path", path)]);
        }
        _ => {}
    }
    if let Some(crate::run::PagesRefused { listen, what }) = error.downcast_ref() {
        return Failure::said(exit::FAILED, "cli.failure.pages", &[("address", listen), ("what", what)]);
    }
    Failure::new(exit::FAILED, format!("{error:#}"), "")
}

/// What of a text may reach a terminal. Texts come from the network: what would steer the terminal (control characters) or
/// turn the direction of writing becomes a visible mark.
fn harmless(line: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || c.is_control() && !matches!(c, '\n' | '\t')
    };
    if line.contains(steers) { Cow::Owned(line.replace(steers, "\u{fffd}")) } else { Cow::Borrowed(line) }
}

/// Prints a line for people to standard output.
pub fn print_line(line: &str) {
    print_raw(&harmless(line));
}

/// Prints a line for people to standard error.
pub fn print_note(line: &str) {
    if log::is_json() {
        return log::say(Level::INFO, line, &[]);
    }
    eprintln!("{}", harmless(line));
}

/// Prints a line for scripts, which get texts as they are.
pub fn print_json(line: &Json) {
    print_raw(&line.to_string());
}

/// A reader that has gone away (`| head`) ends the process quietly.
fn print_raw(line: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Writes a file that a command was asked for.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| file_failure(path, &error))
}

/// Writes a file with a secret where a command was asked to put it, and where nothing is yet.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path.exists() {
        let file = path.display().to_string();
        return Err(Failure::said(exit::REFUSED, "cli.failure.file.exists", &[("file", &file)]));
    }
    market::write_private(path, bytes).map_err(given_file)
}

/// The failure of a key or a secret in a file that a command was given: not of the home.
pub fn given_file(error: market::MarketError) -> Failure {
    match error {
        market::MarketError::Identity { path, why } => {
            Failure::said(exit::FAILED, "cli.failure.file", &[("file", &path), ("what", &why)])
        }
        other => other.into(),
    }
}

/// Reads a file that a command was given.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let size = std::fs::metadata(path).map(|m| m.len()).unwrap_or_default();
    if size > protocol::limits::MAX_FILE as u64 {
        let file = path.display().to_string();
        return Err(Failure::said(exit::REJECTED, "cli.failure.file.large", &[("file", &file)]));
    }
    std::fs::read(path).map_err(|error| file_failure(path, &error))
}

/// The failure of a file that the system does not give or take.
pub fn file_failure(path: &Path, error: &std::io::Error) -> Failure {
    let (file, what) = (path.display().to_string(), error.to_string());
    let key = match error.kind() {
        std::io::ErrorKind::NotFound => "cli.failure.file.missing",
        std::io::ErrorKind::PermissionDenied => "cli.failure.file.denied",
        _ => "cli.failure.file",
    };
    Failure::said(exit::FAILED, key, &[("file", &file), ("what", &what)])
}

/// The bytes of a file that an answer holds.
pub fn file_in(reply: &Json) -> Result<Vec<u8>, Failure> {
    let text = reply["file"].as_str().unwrap_or_default();
    data_encoding::BASE64
        .decode(text.as_bytes())
        .map_err(|error| Failure::said(exit::FAILED, "cli.failure.reply", &[("what", &error.to_string())]))
}

/// A text of a JSON document, or nothing.
pub fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn texts_from_the_network_do_not_steer_a_terminal() {
        assert_eq!(harmless("题目\n第二行\tA"), "题目\n第二行\tA");
        assert_eq!(harmless("\u{1b}[2J\u{9b}31m\u{202e}gpj\r"), "\u{fffd}[2J\u{fffd}31m\u{fffd}gpj\u{fffd}");
    }
}
