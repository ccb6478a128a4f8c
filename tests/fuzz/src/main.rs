//! One program for all targets: `LIANSHI_FUZZ` names the one that libFuzzer feeds.

#![no_main]

use std::sync::LazyLock;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("LIANSHI_FUZZ").unwrap_or_default();
    hostile::target(&name).unwrap_or_else(|| panic!("LIANSHI_FUZZ={name} names no target")).run
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (*RUN)(bytes));
