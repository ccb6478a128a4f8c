//! Asks cargo: which mutants do not compile, and where the test programs are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// All is optimised a little, or the tests would take twice as long.
const OPTIMISED: &str = "profile.dev.opt-level=1";

const TESTS: [&str; 4] = ["test", "--no-run", "--lib", "--tests"];

/// Where a package lies in the workspace `root`.
pub fn folder(root: &Path, package: &str) -> Result<PathBuf> {
    let found = [root.join(package), root.join("crates").join(package)];
    found
        .into_iter()
        .find(|path| path.join("Cargo.toml").exists())
        .with_context(|| format!("there is no crate {package}"))
}

fn cargo(tree: &Path, package: &str, args: &[&str]) -> Result<(bool, Vec<Value>)> {
    let output = Command::new("cargo")
        .args(args)
        .args(["--quiet", "--locked", "--message-format=json", "--package", package])
        .args(["--config", OPTIMISED])
        .current_dir(tree)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cargo does not run")?;
    let messages = String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    Ok((output.status.success(), messages))
}

/// The numbers of mutants that keep the package from compiling, its tests included; none if it compiles.
pub fn errors(tree: &Path, package: &str) -> Result<Vec<usize>> {
    let (mut good, mut messages) = cargo(tree, package, &["check", "--lib"])?;
    if good {
        // Some errors come only when machine code is made.
        (good, messages) = cargo(tree, package, &TESTS)?;
    }
    if good {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    for message in messages.iter().map(|m| &m["message"]).filter(|m| m["level"] == "error") {
        let spans = message["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut here = Vec::new();
        for span in spans.iter().filter(|span| span["is_primary"] == true) {
            here = numbers_at(tree, span)?;
        }
        if here.is_empty() && !spans.is_empty() {
            unknown.push(message["rendered"].as_str().unwrap_or_default().to_owned());
        }
        found.extend(here);
    }
    ensure!(!found.is_empty(), "does not compile, and not for a mutant:\n{}", unknown.join("\n"));
    Ok(found)
}

/// The mutants of the innermost marks around a span.
fn numbers_at(tree: &Path, span: &Value) -> Result<Vec<usize>> {
    let (Some(file), Some(end)) = (span["file_name"].as_str(), span["byte_end"].as_u64()) else {
        return Ok(Vec::new());
    };
    let text = std::fs::read_to_string(tree.join(file))?;
    let mut open = Vec::new();
    let mut rest = text.get(..end as usize).unwrap_or(&text);
    while let Some(at) = rest.find("/*") {
        rest = &rest[at + 2..];
        let Some((mark, _)) = rest.split_once("*/") else { break };
        match mark.split_at_checked(1) {
            Some(("<", numbers)) => open.push(numbers.to_owned()),
            Some((">", _)) => drop(open.pop()),
            _ => {}
        }
    }
    let innermost = open.pop().unwrap_or_default();
    Ok(innermost.split(',').filter_map(|number| number.parse().ok()).collect())
}

/// The test programs of a package, built.
pub fn tests(tree: &Path, package: &str) -> Result<Vec<PathBuf>> {
    let (good, messages) = cargo(tree, package, &TESTS)?;
    ensure!(good, "the tests of {package} do not compile");
    Ok(messages.iter().filter_map(|message| message["executable"].as_str()).map(PathBuf::from).collect())
}
