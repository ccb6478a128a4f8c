//! Who runs on which core. `taskset` (util-linux) asks the kernel, so that this crate needs no system calls of its own.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// The first two cores that this process may use: for the honest ones, and for the hostile one.
///
/// # Errors
/// When there are fewer than two.
pub fn two() -> anyhow::Result<(usize, usize)> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let found = cores(list.unwrap_or_default().trim());
    ensure!(found.len() >= 2, "this takes two cores: one for the hostile member, one for all others");
    Ok((found[0], found[1]))
}

/// The cores of a list such as `0-2,5` (proc_pid_status(5)).
fn cores(list: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some(from.parse().ok()?..=to.parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

/// Keeps this process, and whatever its first thread starts from now on, on one core.
///
/// # Errors
/// When there is no `taskset`, or the kernel refuses.
pub fn pin(core: usize) -> anyhow::Result<()> {
    let own = std::process::id().to_string();
    let status = Command::new("taskset")
        .args(["-a", "-p", "-c", &core.to_string(), &own])
        .stdout(Stdio::null())
        .status()
        .context("taskset (util-linux)")?;
    ensure!(status.success(), "core {core} cannot be had");
    Ok(())
}

/// Burns a core until it is killed.
///
/// # Errors
/// When the core cannot be had.
pub fn burn(core: usize) -> anyhow::Result<()> {
    pin(core)?;
    let mut n: u64 = 1;
    loop {
        n = std::hint::black_box(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cores() {
        assert_eq!(cores("0-2,5"), [0, 1, 2, 5]);
        assert_eq!(cores("3"), [3]);
        assert!(cores("").is_empty());
    }
}
