//! Files of a home that only their owner can read.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::random;
use crate::error::{MarketError, Result};

pub(crate) fn hex(bytes: &[u8]) -> Vec<u8> {
    format!("{}\n", data_encoding::HEXLOWER.encode(bytes)).into_bytes()
}

pub(super) fn io(path: &Path, error: &std::io::Error) -> MarketError {
    MarketError::Identity { path: path.display().to_string(), why: error.to_string() }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| io(path, &error))
}

pub(super) fn read_key(path: &Path) -> Result<[u8; 32]> {
    let text = read(path)?;
    let damaged = || MarketError::Identity {
        path: path.display().to_string(),
        why: "this is not a key of 64 hexadecimal digits; restore the file from a backup".to_owned(),
    };
    digits(&text).ok_or_else(damaged)
}

/// The seed that stands in the text of a key's file.
pub(super) fn digits(text: &[u8]) -> Option<[u8; 32]> {
    let digits = std::str::from_utf8(text).ok()?.trim();
    data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?.try_into().ok()
}

/// Writes a file that only its owner can read, fsynced before it takes its name.
///
/// # Errors
/// When the disk does not take it; nothing is left behind then.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    // A name that nobody has prepared, and a file that is new: its mode holds, and no link leads elsewhere.
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.draft", data_encoding::HEXLOWER.encode(&random::<8>()?)));
    let draft = path.with_file_name(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let done = options.open(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(dir)?.sync_all()
    });
    if done.is_err() {
        // It may never have come to be; what is reported is why.
        let _ = fs::remove_file(&draft);
    }
    done.map_err(|error| io(path, &error))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_private_file_is_its_owners_alone_whatever_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("root.tmp"), "a user's own").unwrap();
        fs::write(at("elsewhere"), "untouched").unwrap();
        symlink(at("elsewhere"), at("root.key")).unwrap();
        write_private(&at("root.key"), b"secret").unwrap();
        assert_eq!(fs::read(at("root.key")).unwrap(), b"secret");
        assert_eq!(fs::metadata(at("root.key")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(at("root.tmp")).unwrap(), b"a user's own");
        assert_eq!(fs::read(at("elsewhere")).unwrap(), b"untouched");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no draft stays");
        assert!(write_private(&at("none").join("root.key"), b"secret").is_err());
    }
}
