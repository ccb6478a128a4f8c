//! The four unifications, for their pages.

use market::{PartVersion, part_versions};
use protocol::{Hash, Profile};
use web::SourceError;
use web::limits::PROFILE_VERSIONS_SHOWN;
use web::view::{PartView, ProfileView, TextLine, VersionView};

use super::{Site, failed};

impl Site {
    pub(super) fn profile_view(&self) -> Result<ProfileView, SourceError> {
        let library = self.office.library();
        let roster = library.roster();
        let hex = |hash: &Hash| if *hash == Hash::default() { String::new() } else { hash.to_string() };
        let version = |(place, known): (usize, PartVersion)| {
            // Of more versions than a page shows the texts are not looked up.
            let fixed = known.text != Hash::default() && place < PROFILE_VERSIONS_SHOWN;
            let held = if fixed { library.text(&known.text).map_err(failed)? } else { None };
            let line = held.map(|held| TextLine {
                by: held
                    .institution
                    .and_then(|id| roster.members.get(&id))
                    .map(|member| member.institution.name.clone())
                    .unwrap_or_default(),
                at_ms: held.time_ms,
                bytes: held.bytes.len() as u64,
            });
            Ok(VersionView {
                text: hex(&known.text),
                step: hex(&known.step),
                version: known.version,
                held: line,
            })
        };
        let part = |(place, id): (usize, &'static str)| {
            let versions = part_versions(&roster, place).into_iter().enumerate().map(version);
            Ok(PartView { id, versions: versions.collect::<Result<_, SourceError>>()? })
        };
        let parts = Profile::PARTS.into_iter().enumerate().map(part);
        Ok(ProfileView { parts: parts.collect::<Result<_, SourceError>>()? })
    }

    /// A text that some version names: what else lies among the roster's entries is nobody's word.
    pub(super) fn profile_text_of(&self, text: &Hash) -> Result<Option<Vec<u8>>, SourceError> {
        let library = self.office.library();
        if !library.roster().profiles.iter().any(|(_, profile)| profile.names(text)) {
            return Ok(None);
        }
        Ok(library.text(text).map_err(failed)?.map(|held| held.bytes))
    }
}
