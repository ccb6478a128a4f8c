//! A network namespace of our own, so that nothing else is counted on `lo`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Runs this program once more, with `--inside BIN`, in a namespace of its own. `None` when that cannot be had
/// (not root, no `unshare`); then the caller goes on where it is. True when the run inside succeeded.
pub fn enter(bin: &std::path::Path) -> anyhow::Result<Option<bool>> {
    let possible = Command::new("unshare").args(["-n", "true"]).stderr(Stdio::null()).status();
    if !possible.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    let own: PathBuf = std::env::current_exe().context("the path of this program")?;
    let status = Command::new("unshare")
        .arg("-n")
        .arg(own)
        .args(std::env::args_os().skip(1))
        .arg("--inside")
        .arg(bin)
        .status()
        .context("unshare")?;
    Ok(Some(status.success()))
}

/// Brings `lo` up in a new namespace.
pub fn loopback_up() -> anyhow::Result<()> {
    let status = Command::new("ip").args(["link", "set", "lo", "up"]).status().context("ip")?;
    ensure!(status.success(), "`ip link set lo up` failed");
    Ok(())
}
