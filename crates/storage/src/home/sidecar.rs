//! `sidecar.json`: what the store held at the last checkpoint.
//!
//! After a power cut sled can open without an error and empty (measured); this file is how a start notices.

use std::path::Path;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::platform::{read_small, write_whole};
use crate::{CheckpointFacts, Position, Result, StorageError};

const NAME: &str = "sidecar.json";

/// The version that this program writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// What is known of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sidecar {
    /// Entries at the last checkpoint.
    pub(super) entries: u64,
    /// The frontier's digest then.
    pub(super) digest: [u8; 32],
    /// The journal's position then.
    pub(super) journal: Position,
    /// Set while a new store has had no checkpoint yet.
    pub(super) rebuild: Option<Rebuild>,
    /// The store in use is the one to be set aside (at the next start). Not written: the folder tells.
    pub(super) condemned: bool,
}

/// A rebuild that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rebuild {
    /// Name of the folder, in the home, for the old store.
    pub(super) set_aside: String,
    /// What was wrong with it.
    pub(super) why: String,
    /// Entries that it held at its last checkpoint.
    pub(super) entries: u64,
}

/// How the file was found.
#[derive(Debug)]
pub(super) enum Found {
    /// Not there: no checkpoint was ever taken.
    None,
    /// There, but not readable.
    Unreadable,
    /// As it was written.
    Good(Sidecar),
}

/// The file's form.
#[derive(Serialize, Deserialize)]
struct Form {
    format: u32,
    entries: u64,
    digest: String,
    journal: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    rebuild: Option<Rebuild>,
    /// CRC-32 of the other fields: a flipped digit must not pass for a fact.
    check: u32,
}

/// What is read before anything else, of any version.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Sidecar {
    pub(super) fn of(facts: &CheckpointFacts) -> Self {
        Self {
            entries: facts.entries,
            digest: facts.digest,
            journal: facts.journal,
            rebuild: None,
            condemned: false,
        }
    }

    /// That of a new store instead of this one. The journal stays, and so does what is known of it.
    pub(super) fn rebuilding(&self, set_aside: String, why: String, condemned: bool) -> Self {
        // What a rebuild before this one did not end with counts as well.
        let entries = self.rebuild.as_ref().map_or(self.entries, |rebuild| rebuild.entries.max(self.entries));
        let rebuild = Some(Rebuild { set_aside, why, entries });
        Self { journal: self.journal, rebuild, condemned, ..Self::default() }
    }

    /// What is wrong with a store that holds `facts`, if anything.
    pub(super) fn complaint(&self, facts: &CheckpointFacts) -> Option<String> {
        if facts.entries < self.entries {
            return Some(format!(
                "it holds {} entries, and held {} at the last checkpoint",
                facts.entries, self.entries
            ));
        }
        if facts.journal < self.journal {
            return Some(format!(
                "it is at journal {}, and was at {} at the last checkpoint",
                facts.journal, self.journal
            ));
        }
        // One that was made anew states no digest.
        let other = facts.digest != self.digest && self.digest != CheckpointFacts::NO_DIGEST;
        (facts.entries == self.entries && other)
            .then(|| format!("its {} entries are not those of the last checkpoint", facts.entries))
    }

    /// Forgets the digest of the frontier: the store's own is made in another way from now on.
    pub(super) fn forget_digest(home: &Path) -> Result<()> {
        match Self::read(home)? {
            Found::Good(sidecar) => Self { digest: CheckpointFacts::NO_DIGEST, ..sidecar }.write(home),
            Found::None | Found::Unreadable => Ok(()),
        }
    }

    pub(super) fn read(home: &Path) -> Result<Found> {
        let path = home.join(NAME);
        let Some(bytes) = read_small(&path)? else { return Ok(Found::None) };
        let version = serde_json::from_slice::<Version>(&bytes).ok().map(|version| version.format);
        if let Some(found) = version.filter(|found| *found > FORMAT) {
            return Err(StorageError::NewerFormat { path, found, known: FORMAT });
        }
        let sidecar = serde_json::from_slice::<Form>(&bytes).ok().and_then(Self::from_form);
        if sidecar.is_none() {
            tracing::error!(file = %path.display(), "the sidecar does not read");
        }
        Ok(sidecar.map_or(Found::Unreadable, Found::Good))
    }

    pub(super) fn write(&self, home: &Path) -> Result<()> {
        // Numbers and texts in a struct: serde_json has no reason to refuse them, and if it did, the last
        // checkpoint would stand.
        let bytes = serde_json::to_vec(&self.to_form()).map_err(|error| StorageError::Io {
            action: "write",
            path: home.join(NAME),
            source: error.into(),
        })?;
        write_whole(home, NAME, &bytes)
    }

    fn to_form(&self) -> Form {
        Form {
            format: FORMAT,
            entries: self.entries,
            digest: HEXLOWER.encode(&self.digest),
            journal: self.journal.as_u64(),
            rebuild: self.rebuild.clone(),
            check: self.check(),
        }
    }

    fn from_form(form: Form) -> Option<Self> {
        let digest = HEXLOWER.decode(form.digest.as_bytes()).ok()?.try_into().ok()?;
        let journal = Position::from_u64(form.journal);
        let sidecar =
            Self { entries: form.entries, digest, journal, rebuild: form.rebuild, condemned: false };
        // A name that leads out of the home is not one of ours.
        let named = sidecar.rebuild.as_ref().is_none_or(|rebuild| is_plain_name(&rebuild.set_aside));
        (named && sidecar.check() == form.check).then_some(sidecar)
    }

    fn check(&self) -> u32 {
        let mut check = crc32fast::Hasher::new();
        check.update(&self.entries.to_be_bytes());
        check.update(&self.digest);
        check.update(&self.journal.as_u64().to_be_bytes());
        if let Some(rebuild) = &self.rebuild {
            check.update(rebuild.set_aside.as_bytes());
            check.update(&[0]);
            check.update(rebuild.why.as_bytes());
            check.update(&rebuild.entries.to_be_bytes());
        }
        check.finalize()
    }
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl Found {
    /// Up to where the journal was surely durable.
    pub(super) fn journal(&self) -> Position {
        match self {
            Self::Good(sidecar) => sidecar.journal,
            Self::None | Self::Unreadable => Position::START,
        }
    }

    /// From where an intact store is to be brought up to date. The last checkpoint, though the store is
    /// usually ahead of it: only what was fsynced is known to be whole.
    pub(super) fn replay_from(&self) -> Position {
        self.journal()
    }

    /// The sidecar, or that of a store without a checkpoint.
    pub(super) fn or_none(self) -> Sidecar {
        match self {
            Self::Good(sidecar) => sidecar,
            Self::None | Self::Unreadable => Sidecar::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(home: &Path) -> Option<Sidecar> {
        match Sidecar::read(home).unwrap() {
            Found::Good(sidecar) => Some(sidecar),
            Found::None | Found::Unreadable => None,
        }
    }

    #[test]
    fn comes_back_as_it_went_and_no_flipped_byte_passes() {
        let dir = tempfile::tempdir().unwrap();
        let mut sidecar = Sidecar { entries: 12, digest: [3; 32], ..Sidecar::default() };
        sidecar.journal = Position::from_u64(99);
        sidecar.rebuild =
            Some(Rebuild { set_aside: "set-aside-4".into(), why: "it was behind".into(), entries: 7 });
        sidecar.write(dir.path()).unwrap();
        assert_eq!(read(dir.path()), Some(sidecar.clone()));
        let bytes = std::fs::read(dir.path().join(NAME)).unwrap();
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            std::fs::write(dir.path().join(NAME), &bad).unwrap();
            let found = Sidecar::read(dir.path());
            assert!(!matches!(&found, Ok(Found::Good(other)) if *other != sidecar), "byte {at} of {bytes:?}");
        }
    }

    #[test]
    fn a_newer_form_is_refused_and_an_older_one_does_not_read() {
        let dir = tempfile::tempdir().unwrap();
        Sidecar::default().write(dir.path()).unwrap();
        let text = std::fs::read_to_string(dir.path().join(NAME)).unwrap();
        let with = |format: &str| {
            let changed = text.replace("\"format\":1", &format!("\"format\":{format}"));
            std::fs::write(dir.path().join(NAME), changed).unwrap();
            Sidecar::read(dir.path())
        };
        assert!(matches!(with("1"), Ok(Found::Good(_))));
        assert!(matches!(with("2"), Err(StorageError::NewerFormat { found: 2, known: 1, .. })));
        assert!(matches!(with("-1"), Ok(Found::Unreadable)));
    }

    #[test]
    fn a_set_aside_name_stays_in_the_home() {
        let dir = tempfile::tempdir().unwrap();
        Sidecar::default().rebuilding("../elsewhere".into(), "x".into(), false).write(dir.path()).unwrap();
        assert_eq!(read(dir.path()), None);
    }
}
