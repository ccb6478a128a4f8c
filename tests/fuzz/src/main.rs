//! One program for all targets: `LIANSHI_FUZZ` names the one that libFuzzer feeds.
//!
//! libFuzzer's glue ends the program at any panic. A workbook is parsed on a thread of its own, whose panics the reader
//! turns into an error: those are let pass.

#![no_main]

use std::sync::LazyLock;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let end = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some("xlsx") {
            end(panic);
        }
    }));
    let name = std::env::var("LIANSHI_FUZZ").unwrap_or_default();
    hostile::target(&name).unwrap_or_else(|| panic!("LIANSHI_FUZZ={name} names no target")).run
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (*RUN)(bytes));
