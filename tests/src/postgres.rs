//! A PostgreSQL server of a test's own, in a folder that goes with it.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::until;

/// Names the socket where nobody comes by the network.
const PORT: u16 = 5432;
/// Who runs it where the tests run as root: PostgreSQL refuses that.
const NOBODY: u32 = 65_534;

/// A running server, reached by a socket in its folder. Killed when dropped.
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    settings: Vec<String>,
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
        let (programs, folder) = cluster()?;
        Some(Self::serve(programs, folder, PORT, vec!["listen_addresses=".to_owned()]))
    }

    /// The same, and at a loopback address by TLS alone: its certificate has that name, and [`Postgres::authority`] signed it.
    ///
    /// # Panics
    /// As [`Postgres::start`].
    pub fn start_secure(name: &str) -> Option<Self> {
        let (programs, folder) = cluster()?;
        let data = folder.path().join("data");
        certify(folder.path(), name);
        // Who does not encrypt is turned away.
        std::fs::write(data.join("pg_hba.conf"), "local all all trust\nhostssl all all 127.0.0.1/32 trust\n")
            .expect("who may come in");
        let settings = [
            "listen_addresses=127.0.0.1",
            "ssl=on",
            "ssl_cert_file=../server.crt",
            "ssl_key_file=../server.key",
        ];
        Some(Self::serve(programs, folder, free_port(), settings.map(str::to_owned).to_vec()))
    }

    /// The same at a loopback address, without TLS.
    ///
    /// # Panics
    /// As [`Postgres::start`].
    pub fn start_plain() -> Option<Self> {
        let (programs, folder) = cluster()?;
        Some(Self::serve(programs, folder, free_port(), vec!["listen_addresses=127.0.0.1".to_owned()]))
    }

    fn serve(programs: PathBuf, folder: TempDir, port: u16, settings: Vec<String>) -> Self {
        let child = serve(&programs, folder.path(), port, &settings);
        let server = Self { folder, programs, port, settings, child };
        server.answers();
        server
    }
}

/// A new cluster; `None` where PostgreSQL is not installed.
fn cluster() -> Option<(PathBuf, TempDir)> {
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
    let made = made.args(["-D", "data", "-U", "lianshi", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]);
    assert!(made.status().expect("initdb runs").success());
    Some((programs, folder))
}

impl Postgres {
    /// Kills it without a word to anybody, and starts it again.
    pub fn crash(&mut self) {
        self.end();
        self.child = serve(&self.programs, self.folder.path(), self.port, &self.settings);
        self.answers();
    }

    /// How a client names it.
    pub fn to(&self) -> String {
        format!("host={} user=lianshi dbname=postgres", self.folder.path().display())
    }

    /// The port of its loopback address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file of the authority that signed its certificate.
    pub fn authority(&self) -> String {
        self.folder.path().join("authority.crt").display().to_string()
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
            .args(["-p", &self.port.to_string()])
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

/// A certificate for a server of that name, and the authority that signed it.
fn certify(folder: &Path, name: &str) {
    let own = rcgen::KeyPair::generate().expect("a key");
    let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = authority.self_signed(&own).expect("an authority");
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &authority, &own).expect("a certificate");
    let write = |file: &str, text: String| std::fs::write(folder.join(file), text).expect("a file");
    write("authority.crt", authority.pem());
    write("server.crt", certificate.pem());
    write("server.key", key.serialize_pem());
    let key = folder.join("server.key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).expect("its rights");
    if folder.metadata().is_ok_and(|it| it.uid() == NOBODY) {
        chown(&key, Some(NOBODY), Some(NOBODY)).expect("it is given away");
    }
}

fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    socket.local_addr().expect("its address").port()
}

fn serve(programs: &Path, folder: &Path, port: u16, own: &[String]) -> Child {
    let mut server = as_user(&programs.join("postgres"), folder);
    let socket = folder.display().to_string();
    // What it holds need not outlive a power cut, only its own end.
    let port = format!("port={port}");
    let settings = ["fsync=off", "shared_buffers=16MB", &port];
    server.args(["-D", "data", "-k", &socket]).stderr(Stdio::null());
    for setting in settings.into_iter().chain(own.iter().map(String::as_str)) {
        server.args(["-c", setting]);
    }
    server.spawn().expect("PostgreSQL starts")
}
