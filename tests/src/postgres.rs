//! A PostgreSQL server of a test's own, in a folder that goes with it.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::until;

/// Who runs it where the tests run as root: PostgreSQL refuses that.
const NOBODY: u32 = 65_534;

/// A running server, reached by a socket in its folder. Killed when dropped.
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    child: Child,
}

/// Where the programs of the newest installed version are.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    folders.filter(|folder| folder.join("initdb").is_file()).max()
}

/// A command, typed by somebody who is not root.
fn as_user(program: &Path, folder: &Path) -> Command {
    let mut command = if folder.metadata().is_ok_and(|it| it.uid() == NOBODY) {
        let mut command = Command::new("setpriv");
        let ids = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()];
        command.args(ids).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).env("LC_ALL", "C.UTF-8");
    command
}

impl Postgres {
    /// Makes a new cluster and starts it; `None` where PostgreSQL is not installed, unless `LIANSHI_REQUIRE_POSTGRES` is set.
    ///
    /// # Panics
    /// When it does not start, or is required and missing.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("LIANSHI_REQUIRE_POSTGRES").is_none(), "PostgreSQL is not installed");
            eprintln!("skipped: PostgreSQL is not installed (apt-get install postgresql)");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("lianshi-pg-").tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("its rights");
        if folder.path().metadata().expect("a folder").uid() == 0 {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("it is given away");
        }
        let mut made = as_user(&programs.join("initdb"), folder.path());
        let made =
            made.args(["-D", "data", "-U", "lianshi", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]);
        assert!(made.status().expect("initdb runs").success());
        let child = serve(&programs, folder.path());
        let server = Self { folder, programs, child };
        server.answers();
        Some(server)
    }

    /// Kills it without a word to anybody, and starts it again.
    pub fn crash(&mut self) {
        self.end();
        self.child = serve(&self.programs, self.folder.path());
        self.answers();
    }

    /// How a client names it.
    pub fn to(&self) -> String {
        format!("host={} user=lianshi dbname=postgres", self.folder.path().display())
    }

    /// What a query answers: rows, their columns parted by tabs.
    ///
    /// # Panics
    /// When it is refused.
    pub fn ask(&self, query: &str) -> Vec<String> {
        let ran = self.psql(query);
        assert!(ran.status.success(), "{query}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stdout).lines().map(str::to_owned).collect()
    }

    fn psql(&self, query: &str) -> std::process::Output {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-h"])
            .arg(self.folder.path())
            .args(["-U", "lianshi", "-d", "postgres", "-X", "-q", "-A", "-t"]);
        psql.args(["-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", query]).output().expect("psql runs")
    }

    fn answers(&self) {
        until("PostgreSQL answers", || self.psql("SELECT 1").status.success().then_some(()));
    }

    fn end(&mut self) {
        // Its children end with it; SIGQUIT is its own word for "at once, and clean up at the next start".
        let _ = Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end();
    }
}

fn serve(programs: &Path, folder: &Path) -> Child {
    let mut server = as_user(&programs.join("postgres"), folder);
    let socket = folder.display().to_string();
    // What it holds need not outlive a power cut, only its own end.
    let settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"];
    server.args(["-D", "data", "-k", &socket]).args(settings).stderr(Stdio::null());
    server.spawn().expect("PostgreSQL starts")
}
