//! Real objects for the corpora: the protocol's golden bytes, the files that are known to do harm elsewhere.

use std::path::Path;

/// The golden bytes, with the name of each file.
const VECTORS: [(&str, &str); 9] = [
    ("bundles", include_str!("../../../protocol/vectors/bundles.txt")),
    ("documents", include_str!("../../../protocol/vectors/documents.txt")),
    ("entries", include_str!("../../../protocol/vectors/entries.txt")),
    ("files", include_str!("../../../protocol/vectors/files.txt")),
    ("frames", include_str!("../../../protocol/vectors/frames.txt")),
    ("identities", include_str!("../../../protocol/vectors/identities.txt")),
    ("patches", include_str!("../../../protocol/vectors/patches.txt")),
    ("sealed", include_str!("../../../protocol/vectors/sealed.txt")),
    ("steps", include_str!("../../../protocol/vectors/steps.txt")),
];

/// The golden bytes of one file whose name contains `part`.
///
/// # Panics
/// When there are none: the vectors have other names now.
pub fn golden(file: &str, part: &str) -> Vec<Vec<u8>> {
    let (_, text) = VECTORS.iter().find(|(name, _)| *name == file).expect("a file of golden bytes");
    let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    let found: Vec<Vec<u8>> = lines
        .filter(|(name, _)| name.contains(part))
        .map(|(_, hex)| data_encoding::HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal digits"))
        .collect();
    assert!(!found.is_empty(), "no golden bytes called {part} in {file}");
    found
}

/// The files of `../shared/data/hostile`; `None`, with a word on the terminal, when that folder is absent.
///
/// # Panics
/// When it is absent and `LIANSHI_REQUIRE_SHARED=1` is set.
pub fn shared() -> Option<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hostile");
    let Ok(files) = std::fs::read_dir(&folder) else {
        let required = std::env::var_os("LIANSHI_REQUIRE_SHARED").is_some_and(|v| v == "1");
        assert!(!required, "{} is not there", folder.display());
        println!("skipped: ../shared/data is not here");
        return None;
    };
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    Some(paths.into_iter().map(|path| std::fs::read(path).expect("a readable file")).collect())
}
