//! Signing with the institution's root key, in the process of the command: neither key nor passphrase goes to a running
//! node.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use market::{Identity, RootFile};
use protocol::SecretKey;

use super::{Context, file_failure};
use crate::cli::RootArgs;
use crate::office::{Failure, exit};

/// The variable that holds the passphrase where nobody can type it.
const PASSPHRASE: &str = "LIANSHI_PASSPHRASE";

/// Asks for a new passphrase once more.
const AGAIN: &str = "cli.key.passphrase.again";

/// An institution with its root key.
pub struct Signer {
    /// Who it is.
    pub identity: Identity,
    /// The key.
    pub root: SecretKey,
}

/// What a person types to confirm.
const YES: &str = "yes";

impl Context {
    /// Asks on a terminal, and goes on once `yes` was typed; anything else is the failure of that key.
    pub fn typed_yes(&self, ask: &str, failure: &str) -> Result<(), Failure> {
        let unconfirmed = || Failure::said(exit::USAGE, failure, &[]);
        if !std::io::stdin().is_terminal() {
            return Err(unconfirmed());
        }
        eprint!("{}", self.say(ask));
        let _ = std::io::stderr().flush();
        let mut typed = String::new();
        match std::io::stdin().read_line(&mut typed) {
            Ok(_) if typed.trim() == YES => Ok(()),
            _ => Err(unconfirmed()),
        }
    }

    /// The institution of the home with its root key: from the home, or from a file that is kept elsewhere.
    pub fn signer(&self, args: &RootArgs) -> Result<Signer, Failure> {
        let identity = Identity::read(&self.home)?;
        let root = self.root_key(args)?;
        Ok(Signer { identity, root })
    }

    /// The root key.
    pub fn root_key(&self, args: &RootArgs) -> Result<SecretKey, Failure> {
        self.opened_root(args).map(|(key, _)| key)
    }

    /// The root key, and the passphrase that opened it where one guards it.
    pub fn opened_root(&self, args: &RootArgs) -> Result<(SecretKey, Option<String>), Failure> {
        let path = args.root_key.clone().unwrap_or_else(|| Identity::root_path(&self.home));
        if !path.exists() {
            let file = path.display().to_string();
            return Err(Failure::said(exit::REFUSED, "cli.failure.no-root", &[("file", &file)]));
        }
        match RootFile::read(&path)? {
            RootFile::Plain(key) => Ok((key, None)),
            RootFile::Locked(locked) => {
                let passphrase = self.passphrase(args.passphrase_file.as_deref(), false)?;
                let key = locked.open(&passphrase);
                let key = key.ok_or_else(|| Failure::said(exit::REFUSED, "cli.failure.passphrase", &[]))?;
                Ok((key, Some(passphrase)))
            }
        }
    }

    /// The passphrase for a new root key, when a file or the environment holds one.
    pub fn given_passphrase(&self, file: Option<&Path>) -> Result<Option<String>, Failure> {
        let given = file.is_some() || std::env::var_os(PASSPHRASE).is_some();
        given.then(|| self.passphrase(file, true)).transpose()
    }

    /// The same; where someone sits at a terminal it is asked for, and may be left out.
    pub fn chosen_passphrase(&self, file: Option<&Path>) -> Result<Option<String>, Failure> {
        let given = self.given_passphrase(file)?;
        if given.is_some() || self.json || !std::io::stdin().is_terminal() {
            return Ok(given);
        }
        let typed = self.typed("cli.init.passphrase")?;
        if typed.is_empty() { Ok(None) } else { self.once_more(typed, AGAIN).map(Some) }
    }

    /// A passphrase: from a file's first line, the environment, or typed without echo; a new one is typed twice.
    pub fn passphrase(&self, file: Option<&Path>, new: bool) -> Result<String, Failure> {
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|error| file_failure(path, &error))?;
            return nonempty(text.lines().next().unwrap_or_default().to_owned());
        }
        if let Ok(passphrase) = std::env::var(PASSPHRASE) {
            return nonempty(passphrase);
        }
        let typed = nonempty(self.typed("cli.key.passphrase")?)?;
        if new { self.once_more(typed, AGAIN) } else { Ok(typed) }
    }

    /// What is typed without echo.
    pub(super) fn typed(&self, prompt: &str) -> Result<String, Failure> {
        rpassword::prompt_password(self.say(prompt))
            .map_err(|_| Failure::said(exit::REFUSED, "cli.failure.no-passphrase", &[]))
    }

    /// A new passphrase or password that was typed alike a second time.
    pub(super) fn once_more(&self, typed: String, prompt: &str) -> Result<String, Failure> {
        if self.typed(prompt)? == typed {
            Ok(typed)
        } else {
            Err(Failure::said(exit::REFUSED, "cli.failure.passphrases-differ", &[]))
        }
    }
}

fn nonempty(passphrase: String) -> Result<String, Failure> {
    if passphrase.is_empty() {
        return Err(Failure::said(exit::REFUSED, "cli.failure.no-passphrase", &[]));
    }
    Ok(passphrase)
}
