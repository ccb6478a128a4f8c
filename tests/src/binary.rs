//! Where the program under test is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// The program: `LIANSHI_BIN` when that is set; else the one beside this test in the target folder, built anew when one of
/// its sources is younger.
///
/// Cargo names a program's path only to the tests of its own package, hence this.
///
/// # Panics
/// When it cannot be built.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(stated) = std::env::var_os("LIANSHI_BIN") {
            let stated = std::path::absolute(stated).expect("LIANSHI_BIN is a path");
            assert!(stated.is_file(), "LIANSHI_BIN: {} is not there", stated.display());
            return stated;
        }
        let folder = profile_folder();
        let binary = folder.join("lianshi");
        if !is_fresh(&binary) {
            build(&folder, &["--package", "lianshi", "--bin", "lianshi"]);
        }
        assert!(binary.is_file(), "{} was not built", binary.display());
        binary
    })
}

/// `target/debug` of a test that runs as `target/debug/deps/scenarios-…`.
pub(crate) fn profile_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let deps = test.parent().expect("a file lies in a folder");
    let folder = if deps.ends_with("deps") { deps.parent() } else { Some(deps) };
    folder.expect("deps lies in a folder").to_owned()
}

/// Whether nothing that the program was made from is younger than it. Cargo writes that list beside the program.
fn is_fresh(binary: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|m| m.modified()).ok();
    let Some(built) = modified(binary) else { return false };
    let Ok(list) = std::fs::read_to_string(binary.with_extension("d")) else { return false };
    let manifests = ["Cargo.toml", "Cargo.lock", "node/Cargo.toml"].map(|name| root().join(name));
    let sources = list.split_once(": ").map_or("", |(_, sources)| sources).trim();
    let older = |path: &Path| modified(path).is_some_and(|changed: SystemTime| changed <= built);
    !sources.is_empty()
        && sources
            .replace("\\ ", "\0")
            .split_whitespace()
            .all(|path| older(Path::new(&path.replace('\0', " "))))
        && manifests.iter().all(|path| older(path))
}

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project").to_owned()
}

/// Builds what the arguments name, for the profile of that folder.
pub(crate) fn build(folder: &Path, what: &[&str]) {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    // Cargo locks the target folder, so that test programs that start together build once.
    let done = Command::new(env!("CARGO"))
        .args(["build", "--quiet"])
        .args(what)
        .args(["--profile", profile, "--target-dir"])
        .arg(folder.parent().expect("a profile's folder lies in the target folder"))
        .current_dir(root())
        .status()
        .expect("cargo runs");
    assert!(done.success(), "cargo build {} failed", what.join(" "));
}
