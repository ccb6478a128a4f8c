//! The house rules that no compiler knows: what may stand below the purity line, how large a file may grow, and that the
//! table of promises names tests that exist.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is the test's answer")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Crates below the purity line and all that each may depend on. A new name here is a decision.
const PURE: [(&str, &[&str]); 3] = [
    (
        "protocol",
        &[
            "aead-stream",
            "automerge",
            "blake3",
            "chacha20poly1305",
            "data-encoding",
            "ed25519-dalek",
            "hpke",
            "sha2",
            "simdutf8",
            "thiserror",
            "zstd",
        ],
    ),
    ("crates/catalog", &["protocol"]),
    ("crates/replica", &["automerge", "protocol", "thiserror"]),
];
/// What the linter must forbid there.
const BANNED: [&str; 14] = [
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "std::fs::File",
    "std::fs::read",
    "std::fs::write",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::env::var",
    "std::thread::spawn",
    "std::println",
];
/// No source file is longer, lines: a file is read in one sitting.
const MAX_LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names under `[dependencies]` and its kin for builds and targets; what only tests use is free.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let parts: Vec<&str> = section.split('.').collect();
            let at =
                parts.iter().position(|part| part.ends_with("dependencies") && *part != "dev-dependencies");
            inside = at.is_some();
            // `[dependencies.name]` names one.
            if let Some(name) = at.and_then(|at| parts.get(at + 1)) {
                found.insert((*name).to_owned());
                inside = false;
            }
        } else if inside {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            found.insert(name.trim_matches('"').to_owned());
        }
    }
    found
}

#[test]
fn dependencies_are_read_in_all_their_forms() {
    let manifest = "[dependencies]\na.workspace = true\nb = \"1\"\n[dev-dependencies]\nc = \"1\"\n\
        [target.'cfg(unix)'.dependencies]\nd = { version = \"1\" }\n[build-dependencies.e]\nversion = \"1\"\n";
    assert_eq!(dependencies(manifest).into_iter().collect::<Vec<_>>(), ["a", "b", "d", "e"]);
}

#[test]
fn crates_below_the_purity_line_depend_on_nothing_impure() {
    for (name, allowed) in PURE {
        let found = dependencies(&read(format!("{name}/Cargo.toml")));
        let foreign: Vec<_> = found.iter().filter(|d| !allowed.contains(&d.as_str())).collect();
        assert!(foreign.is_empty(), "{name} stands below the purity line and may not depend on {foreign:?}");
        assert!(!found.is_empty(), "{name}: no dependencies were read");
    }
}

#[test]
fn the_linter_guards_the_purity_line() {
    let general = read(".clippy.toml");
    for (name, _) in PURE {
        let own = read(format!("{name}/.clippy.toml"));
        for setting in
            general.lines().filter(|line| line.contains('=') && !line.trim_start().starts_with('#'))
        {
            assert!(
                own.lines().any(|line| line == setting),
                "{name}/.clippy.toml lacks the root's `{setting}`"
            );
        }
        for path in BANNED {
            assert!(own.contains(&format!("\"{path}\"")), "{name}/.clippy.toml does not forbid {path}");
        }
        let lib = read(format!("{name}/src/lib.rs"));
        let denied =
            ["methods", "types", "macros"].map(|what| lib.contains(&format!("clippy::disallowed_{what}")));
        assert_eq!(denied, [true; 3], "{name}/src/lib.rs must deny what its .clippy.toml lists");
        assert!(lib.contains("#![cfg_attr(not(test), deny("), "{name}/src/lib.rs must deny, outside tests");
    }
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let mut files = Vec::new();
    for folder in ["node", "protocol", "crates", "tests"] {
        sources(&root().join(folder), &mut files);
    }
    assert!(files.len() > 100, "only {} files were found", files.len());
    let long: Vec<String> = files
        .iter()
        .map(|path| (path, fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(path, lines)| format!("{} ({lines} lines)", path.display()))
        .collect();
    assert!(long.is_empty(), "divide {long:#?}");
}

#[test]
fn promises_name_tests_that_exist() {
    let mut files = Vec::new();
    for folder in ["node", "protocol", "crates", "tests"] {
        sources(&root().join(folder), &mut files);
    }
    let mut functions = BTreeSet::new();
    for path in &files {
        let text = fs::read_to_string(path).unwrap();
        let names = text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
        functions.extend(names.map(str::to_owned));
    }
    let promises = read("tests/PROMISES.md");
    let is_test = |word: &&str| {
        word.contains('_') && word.chars().all(|c| c == '_' || c == '9' || c.is_ascii_lowercase())
    };
    let named: BTreeSet<&str> = promises.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(named.len() > 40, "only {} tests are named", named.len());
    let lost: Vec<_> = named.iter().filter(|name| !functions.contains(**name)).collect();
    assert!(lost.is_empty(), "PROMISES.md names tests that do not exist: {lost:#?}");
    let rows = promises.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    let numbers: Vec<&str> = rows.clone().filter_map(|row| row.split('|').nth(1)).map(str::trim).collect();
    assert_eq!(numbers, (1..=27).map(|n| n.to_string()).collect::<Vec<_>>(), "every promise has its row");
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert!(["held", "part", "not yet"].contains(&cells[3]), "state {:?} in {row}", cells[3]);
        assert_eq!(
            cells[3] == "not yet",
            cells[4].is_empty(),
            "a state needs tests, and tests a state: {row}"
        );
    }
}

/// Lowest versions of crates with a weakness that the snapshot beside the repository (`../shared/advisory-db`) misses, and
/// what went wrong before. A crate that is not there yet is held to it once it comes.
const AT_LEAST: [(&str, [u64; 3], &str); 4] = [
    ("libp2p-gossipsub", [0, 50, 1], "a peer's message could end the program"),
    ("libp2p-quic", [0, 13, 1], "GHSA-5hq8-qhww-jm7q: a bad certificate ended the program"),
    ("quinn-proto", [0, 11, 17], "GHSA-qfwj-vfxf-92j2 and two more: memory without bound"),
    ("yamux", [0, 13, 10], "GHSA-vxx9-2994-q338: a frame larger than the window ended the program"),
];

/// The value of a key in one package of a lock file.
fn locked<'a>(package: &'a str, key: &str) -> &'a str {
    let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    line.unwrap_or_else(|| panic!("no {key} in {package}")).trim_matches('"')
}

/// Packages of a lock file that are older than they may be.
fn too_old(lock: &str) -> Vec<String> {
    let packages = lock.split("[[package]]").skip(1);
    let bounded = packages.filter_map(|package| {
        let name = locked(package, "name");
        let (_, least, why) = AT_LEAST.iter().find(|(bounded, ..)| *bounded == name)?;
        let version = locked(package, "version");
        let numbers: Vec<u64> =
            version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).take(3).collect();
        (numbers.as_slice() < least.as_slice()).then(|| format!("{name} {version}: {why}"))
    });
    bounded.collect()
}

#[test]
fn no_dependency_is_older_than_its_last_known_weakness() {
    let lock = read("Cargo.lock");
    assert_eq!(too_old(&lock), Vec::<String>::new());
    assert!(lock.contains("name = \"yamux\""), "the lock file is read in vain");
    let package = |version| format!("[[package]]\nname = \"yamux\"\nversion = \"{version}\"\n");
    let refused =
        ["0.12.1", "0.13.9", "0.13.10", "0.14.1"].map(|version| !too_old(&package(version)).is_empty());
    assert_eq!(refused, [true, true, false, false]);
}
