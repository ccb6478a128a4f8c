//! The texts of the four unifications: what the network's profile names by hashes, and who brought them.

use protocol::limits::MAX_PROFILE_TEXT;
use protocol::{Hash, InstitutionId, Media, Profile, Roster};

use super::Library;
use crate::error::Result;
use crate::ledger::{entry_at, place_of_text};

/// A text, or a picture, that is held here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldText {
    /// Its bytes; their hash was looked at.
    pub bytes: Vec<u8>,
    /// By its author's clock, ms.
    pub time_ms: i64,
    /// Who brought it, when that is known here.
    pub institution: Option<InstitutionId>,
}

/// What a text of the four unifications is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// Words in UTF-8, which are read as Markdown.
    Words,
    /// A PNG picture.
    Picture,
}

/// Why a file cannot be such a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextUnfit {
    /// It is empty.
    Empty,
    /// It is longer than [`MAX_PROFILE_TEXT`].
    TooLong,
    /// It is neither words in UTF-8 nor a PNG picture.
    Unknown,
}

/// What a file is by its content.
///
/// # Errors
/// When it is nothing that may be published so.
pub fn text_kind(bytes: &[u8]) -> std::result::Result<TextKind, TextUnfit> {
    let words = |text: &str| text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    match bytes.len() {
        0 => Err(TextUnfit::Empty),
        length if length > MAX_PROFILE_TEXT => Err(TextUnfit::TooLong),
        _ if Media::of(bytes) == Some(Media::Png) => Ok(TextKind::Picture),
        _ if std::str::from_utf8(bytes).is_ok_and(words) => Ok(TextKind::Words),
        _ => Err(TextUnfit::Unknown),
    }
}

/// A version of one of the four.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartVersion {
    /// What it is called.
    pub version: String,
    /// What names its text; zero where none is fixed.
    pub text: Hash,
    /// The step that brought it; zero for the charter.
    pub step: Hash,
}

/// The versions of one of the four, in the order of `Profile::PARTS`, the newest first.
pub fn part_versions(roster: &Roster, part: usize) -> Vec<PartVersion> {
    let mut versions: Vec<PartVersion> = Vec::new();
    for (step, profile) in &roster.profiles {
        let Some((version, text)) = profile.parts.get(part) else { continue };
        if versions.last().is_none_or(|last| last.version != *version || last.text != *text) {
            versions.push(PartVersion { version: version.clone(), text: *text, step: *step });
        }
    }
    versions.reverse();
    versions
}

impl Library {
    /// The text that a profile names so. Whoever brought it: the hash says that it is the one that the governors signed.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn text(&self, text: &Hash) -> Result<Option<HeldText>> {
        let Some((log, seq)) = place_of_text(self.store(), text)? else { return Ok(None) };
        let entry = entry_at(self.store(), log, seq)?;
        let info = self.log_info(log)?;
        let payload = entry.payload.filter(|payload| Profile::text(&payload.bytes) == *text);
        Ok(payload.map(|payload| HeldText {
            bytes: payload.bytes,
            time_ms: entry.header.time_ms,
            institution: info.certificate.as_ref().map(|certificate| certificate.body.institution),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_by_its_content() {
        assert_eq!(text_kind("# 管理制度\r\n\t一、总则".as_bytes()), Ok(TextKind::Words));
        assert_eq!(text_kind(b"\x89PNG\r\n\x1a\n"), Ok(TextKind::Picture));
        assert_eq!(text_kind(b""), Err(TextUnfit::Empty));
        assert_eq!(text_kind(&vec![b'a'; MAX_PROFILE_TEXT]), Ok(TextKind::Words));
        assert_eq!(text_kind(&vec![b'a'; MAX_PROFILE_TEXT + 1]), Err(TextUnfit::TooLong));
        for other in [&b"%PDF-1.7\xff"[..], b"\xff\xfe", b"a\0b", b"\xff\xd8\xff", b"\x1b[31m"] {
            assert_eq!(text_kind(other), Err(TextUnfit::Unknown), "{other:?}");
        }
    }
}
