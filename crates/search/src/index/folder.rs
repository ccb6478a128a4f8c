//! The files of the index, told apart from whatever else a folder may hold.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Whether a file name is one that the index writes (`meta.json`, `.managed.json`, `<32 hex>.<ext>`). Locks are not among them.
fn is_ours(name: &str) -> bool {
    if matches!(name, "meta.json" | ".managed.json") {
        return true;
    }
    name.split_once('.').is_some_and(|(stem, ext)| {
        stem.len() == 32 && stem.bytes().all(|b| b.is_ascii_hexdigit()) && !ext.is_empty()
    })
}

/// The index's files and their sizes in bytes.
fn files(folder: &Path) -> std::io::Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_file() && entry.file_name().to_str().is_some_and(is_ours) {
            files.push((entry.path(), metadata.len()));
        }
    }
    Ok(files)
}

/// Bytes that the index takes on disk.
pub(super) fn size(folder: &Path) -> Result<u64, Error> {
    let files = files(folder).map_err(|source| Error::Io { what: "list its folder", source })?;
    Ok(files.iter().map(|(_, size)| size).sum())
}

/// Deletes the index's files, and nothing else: a folder named by mistake keeps what is in it.
pub(super) fn empty(folder: &Path) -> Result<(), Error> {
    let remove = || -> std::io::Result<()> {
        for (path, _) in files(folder)? {
            fs::remove_file(path)?;
        }
        Ok(())
    };
    remove().map_err(|source| Error::Io { what: "empty its folder", source })
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_files_of_the_index_are_ours() {
        for name in ["meta.json", ".managed.json", "0123456789abcdef0123456789abcdef.store"] {
            assert!(is_ours(name), "{name}");
        }
        for name in
            ["db", "thesis.docx", ".tantivy-writer.lock", "0123.store", "0123456789abcdef0123456789abcdef"]
        {
            assert!(!is_ours(name), "{name}");
        }
    }
}
