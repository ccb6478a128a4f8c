//! Real public data, which the project uses but does not carry.

use std::path::PathBuf;

/// A file of `../shared/data`. `None`, with a word on standard output, where that folder is not here.
///
/// # Panics
/// When it is not here and `LIANSHI_REQUIRE_SHARED=1` says that it must be.
pub fn shared(path: &str) -> Option<PathBuf> {
    let file = crate::binary::root().join("../shared/data").join(path);
    if file.exists() {
        return Some(file);
    }
    let required = std::env::var("LIANSHI_REQUIRE_SHARED").as_deref() == Ok("1");
    assert!(!required, "{} is missing, and LIANSHI_REQUIRE_SHARED=1", file.display());
    println!("skipped: ../shared/data is not here");
    None
}
