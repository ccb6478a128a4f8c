//! git on the same records: one file a listing in 100 folders, `git daemon` on loopback, `git fetch` into an empty bare
//! repository. The user's own configuration is kept out, so git does what it does by default: the fetched pack is fsynced.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::machine::{self, Watcher};
use crate::sync::{Sample, await_quiet};

/// Folders that the files are spread over.
const FOLDERS: usize = 100;
/// The daemon answers within this time or never.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// After the fetch, for the daemon to wait for its children: their CPU time counts from then on.
const REAP: Duration = Duration::from_millis(100);

/// A repository that holds the records.
pub struct Prepared {
    repo: PathBuf,
    count: usize,
}

/// Its version, for the report.
pub fn version() -> String {
    let said = Command::new("git")
        .arg("--version")
        .output()
        .map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
    said.map_or_else(|_| "git?".to_owned(), |text| text.trim().replace("git version ", "git "))
}

fn git(home: &Path) -> Command {
    let mut command = Command::new("git");
    clean(&mut command, home);
    command
}

fn clean(command: &mut Command, home: &Path) {
    command.env("HOME", home).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    command.stdin(Stdio::null());
}

fn done(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let out = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr).trim());
    Ok(out.stdout)
}

/// Commits each of the first `listings` lines of the file as a file of its own.
///
/// # Errors
/// When git is missing or refuses.
pub fn prepare(dir: &Path, jsonl: &Path, listings: usize) -> anyhow::Result<Prepared> {
    let repo = dir.join("full.git");
    done(git(dir).args(["init", "-q", "--bare", "-b", "main"]).arg(&repo))?;
    let mut import = git(dir)
        .arg("-C")
        .arg(&repo)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .context("git fast-import")?;
    let input = import.stdin.take().context("git fast-import takes no input")?;
    let count = stream_commit(BufWriter::new(input), jsonl, listings)?;
    ensure!(import.wait()?.success(), "git fast-import failed");
    Ok(Prepared { repo, count })
}

fn stream_commit(mut to: impl Write, jsonl: &Path, listings: usize) -> anyhow::Result<usize> {
    let message = "listings";
    writeln!(to, "commit refs/heads/main\ncommitter bench <bench@sample.example> 1767225600 +0000")?;
    writeln!(to, "data {}\n{message}", message.len())?;
    let mut count = 0;
    for line in BufReader::new(File::open(jsonl)?).lines().take(listings) {
        let line = line?;
        writeln!(to, "M 100644 inline {:02}/{count:07}.json\ndata {}\n{line}", count % FOLDERS, line.len())?;
        count += 1;
    }
    to.flush()?;
    Ok(count)
}

struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Prepared {
    fn daemon(&self, home: &Path) -> anyhow::Result<(Daemon, u16)> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let programs = String::from_utf8(done(git(home).arg("--exec-path"))?)?;
        // The daemon itself, not `git daemon`: that one would be a parent which a kill leaves an orphan of.
        let mut command = Command::new(Path::new(programs.trim()).join("git-daemon"));
        clean(&mut command, home);
        let base = self.repo.parent().context("the repository has no folder")?;
        let child = command
            .args(["--reuseaddr", "--export-all", "--listen=127.0.0.1"])
            .arg(format!("--port={port}"))
            .arg(format!("--base-path={}", base.display()))
            .arg(base)
            .stderr(Stdio::null())
            .spawn()
            .context("git-daemon")?;
        let daemon = Daemon(child);
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            ensure!(begun.elapsed() < START_PATIENCE, "git-daemon does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok((daemon, port))
    }

    /// One fetch into an empty repository in `dir`.
    ///
    /// # Errors
    /// When git fails or the receiver does not hold all files at the end.
    pub fn turn(&self, dir: &Path) -> anyhow::Result<Sample> {
        let empty = dir.join("empty.git");
        done(git(dir).args(["init", "-q", "--bare", "-b", "main"]).arg(&empty))?;
        let (daemon, port) = self.daemon(dir)?;
        std::thread::sleep(REAP);
        let serving = daemon.0.id();
        let (cpu_a, cpu_b, bytes) =
            (machine::cpu(serving), machine::cpu_of_ended_children(), machine::loopback_bytes());
        let begun = Instant::now();
        let mut fetch = git(dir)
            .arg("-C")
            .arg(&empty)
            .args([
                "fetch",
                "-q",
                &format!("git://127.0.0.1:{port}/full.git"),
                "+refs/heads/main:refs/heads/main",
            ])
            .spawn()
            .context("git fetch")?;
        let watcher = Watcher::start(fetch.id());
        let status = fetch.wait()?;
        let seconds = begun.elapsed().as_secs_f64();
        ensure!(status.success(), "git fetch failed");
        await_quiet(&watcher);
        let seen = watcher.end();
        std::thread::sleep(REAP);
        let cpu_b = machine::cpu_of_ended_children() - cpu_b;
        let sample = Sample {
            seconds,
            bytes: machine::loopback_bytes() - bytes,
            cpu_a: machine::cpu(serving) - cpu_a,
            cpu_b,
            cpu_b_all: cpu_b,
            peak: seen.peak,
            disk: machine::disk(&empty),
            ..Sample::default()
        };
        let names =
            done(git(dir).arg("-C").arg(&empty).args(["ls-tree", "-r", "--name-only", "refs/heads/main"]))?;
        let held = names.iter().filter(|byte| **byte == b'\n').count();
        ensure!(held == self.count, "the receiver holds {held} files of {}", self.count);
        Ok(sample)
    }
}
