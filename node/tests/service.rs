//! The node under a service manager: READY once it serves, pings while it lives, STOPPING when it ends; and the units that the
//! project brings along.

#![expect(clippy::unwrap_used, reason = "a failed expectation is a test's answer")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Only bounds a failure.
const PATIENCE: Duration = Duration::from_secs(120);

fn lianshi(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lianshi"));
    command.arg("--home").arg(home).env("LANG", "en").env_remove("LIANSHI_HOME");
    command
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The next thing that the manager is told.
fn next(manager: &UnixDatagram) -> String {
    let mut bytes = [0; 1024];
    let length = manager.recv(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

#[test]
fn a_service_manager_hears_that_the_node_serves_lives_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let init = ["init", "--role", "hub", "--name", "样例大市场", "--region", "420000"];
    assert!(lianshi(&home).args(init).output().unwrap().status.success());
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let run = ["run", "--listen", "/ip4/127.0.0.1/tcp/0", "--web", "127.0.0.1:0"];
    let mut command = lianshi(&home);
    command
        .args(run)
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "3000000")
        .env_remove("WATCHDOG_PID");
    let mut node = Running(command.stdout(Stdio::null()).spawn().unwrap());

    let ready = next(&manager);
    let web = ready.strip_prefix("READY=1\nSTATUS=http://").unwrap_or_else(|| panic!("{ready}"));
    // At that very moment pages and control socket answer.
    UnixStream::connect(home.join("control.sock")).unwrap();
    let mut pages = TcpStream::connect(web.trim_end_matches('/')).unwrap();
    write!(
        pages,
        "GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        web.trim_end_matches('/')
    )
    .unwrap();
    let mut answer = String::new();
    pages.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");

    for _ in 0..3 {
        assert_eq!(next(&manager), "WATCHDOG=1");
    }
    assert!(lianshi(&home).arg("stop").output().unwrap().status.success());
    let last = std::iter::from_fn(|| Some(next(&manager))).find(|told| told != "WATCHDOG=1");
    assert_eq!(last.as_deref(), Some("STOPPING=1"));
    let begun = Instant::now();
    let ended = loop {
        if let Some(status) = node.0.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < PATIENCE, "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(ended.success(), "{ended}");
}

/// What systemd itself says of the units, where it is here.
#[test]
fn the_units_are_what_systemd_understands() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/systemd");
    let here = tempfile::tempdir().unwrap();
    let units = [
        ("lianshi.service", "--system"),
        ("lianshi-feed.service", "--system"),
        ("user/lianshi.service", "--user"),
    ];
    for (name, scope) in units {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        // The program lies elsewhere in a test.
        let program = env!("CARGO_BIN_EXE_lianshi");
        let text = text.replace("/usr/local/bin/lianshi", program).replace("%h/.local/bin/lianshi", program);
        let file = name.rsplit('/').next().unwrap();
        let unit = here.path().join(file);
        std::fs::write(&unit, text).unwrap();
        let verified = Command::new("systemd-analyze")
            .args([scope, "--man=no", "verify"])
            .arg(&unit)
            .env("XDG_RUNTIME_DIR", here.path())
            .output();
        let Ok(verified) = verified else {
            println!("skipped: systemd-analyze is not here");
            return;
        };
        let said = String::from_utf8_lossy(&verified.stderr);
        let ours: Vec<&str> = said.lines().filter(|line| line.contains(file)).collect();
        assert!(ours.is_empty(), "{name}: {ours:#?}");
    }
}
