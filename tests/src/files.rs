//! What lies in a folder.

use std::path::{Path, PathBuf};

/// Every plain file below a folder; sockets have no bytes of their own.
///
/// # Panics
/// When a folder cannot be read.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(folder).expect("a folder can be read") {
            let item = item.expect("a folder can be read");
            let kind = item.file_type().expect("a file has a type");
            if kind.is_dir() {
                folders.push(item.path());
            } else if kind.is_file() {
                found.push(item.path());
            }
        }
    }
    found
}

/// Files below a folder in which a text stands, as UTF-8 or as UTF-16 of either order.
///
/// # Panics
/// When one cannot be read.
pub fn traces(folder: &Path, text: &str) -> Vec<PathBuf> {
    let wide = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    let spellings = [text.as_bytes().to_vec(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)];
    let holds = |path: &PathBuf| {
        // What a running node has removed meanwhile holds nothing.
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return false,
            read => read.expect("a file can be read"),
        };
        spellings.iter().any(|needle| bytes.windows(needle.len()).any(|part| part == needle))
    };
    files_below(folder).into_iter().filter(holds).collect()
}
