//! The program starts. As a test of this package it also makes `cargo test --workspace` build the program, which the
//! scenarios in `tests/` then run.

use std::process::Command;

#[test]
fn the_program_says_its_version() {
    let said = Command::new(env!("CARGO_BIN_EXE_lianshi")).arg("--version").output().unwrap();
    assert!(said.status.success(), "{said:?}");
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), concat!("lianshi ", env!("CARGO_PKG_VERSION")));
}
