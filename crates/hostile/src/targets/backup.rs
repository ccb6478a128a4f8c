//! Backups: a file from a stick is read whole before anything is done with it.

use market::backup::{FIRST, check, unpack_entries, unpack_records};
use protocol::{Hash, hash};

/// A backup as it is; and the same parts under checksums that hold, since no fuzzer makes these and what they cover is to be
/// judged by itself.
pub fn run(bytes: &[u8]) {
    let checked = check(bytes);
    if let Some(sealed) = sealed(bytes) {
        let again = check(sealed.as_slice());
        if let Ok(checked) = checked {
            assert_eq!(sealed, bytes, "the checksums of a sound backup are these");
            assert_eq!(again.expect("it is the same").totals, checked.totals);
        }
    }
    // Pages as a running node hands them over.
    let _ = unpack_entries(bytes);
    let _ = unpack_records(bytes);
}

/// The parts of a file, each with the checksum that it should have; what follows the last whole part is cut off. `None` where
/// it does not begin as a backup does.
fn sealed(bytes: &[u8]) -> Option<Vec<u8>> {
    let end = bytes.iter().position(|byte| *byte == b'\n')? + 1;
    let (line, mut rest) = bytes.split_at(end);
    line.starts_with(FIRST.as_bytes()).then_some(())?;
    let (mut out, mut digest) = (line.to_vec(), hash("backup", &[line]));
    while let [kind, a, b, c, d, behind @ ..] = rest {
        let length = [*a, *b, *c, *d];
        let Some((body, after)) = behind.split_at_checked(u32::from_be_bytes(length) as usize) else { break };
        let Some(after) = after.get(size_of::<Hash>()..) else { break };
        digest = hash("backup", &[&digest.0, &[*kind], &length, body]);
        for bytes in [&[*kind][..], &length, body, &digest.0] {
            out.extend_from_slice(bytes);
        }
        rest = after;
    }
    Some(out)
}

/// One of each version.
pub fn seeds() -> Vec<Vec<u8>> {
    let files = [
        include_bytes!("../../../../tests/fixtures/backups/v1.backup").as_slice(),
        include_bytes!("../../../../tests/fixtures/backups/v2.backup"),
        include_bytes!("../../../../tests/fixtures/backups/v3.backup"),
    ];
    files.map(<[u8]>::to_vec).into()
}
