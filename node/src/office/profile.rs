//! Answers about the four unifications: their versions, and the texts that everyone has by the roster's logs.

use market::{PartVersion, TextKind, TextUnfit, part_versions, text_kind};
use protocol::limits::MAX_PROFILE_TEXT;
use protocol::{Action, Hash, Profile};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::json::time;
use super::request::Reply;
use super::roster::bytes_of;
use super::{Failure, Office, exit};

/// What is asked about the four unifications.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum ProfileAsk {
    /// All versions.
    Show,
    /// A text; the answer holds it in base64.
    Text {
        /// Which of the four: its place, or its name in `Profile::PARTS`.
        part: String,
        /// Which version; the one that stands where nothing is said.
        version: Option<String>,
    },
    /// Brings a text that a version names.
    Add {
        /// In base64.
        text: String,
    },
}

/// What a file is that is to be a text of the four.
///
/// # Errors
/// When it cannot be one, with what to do about it.
pub fn judge_text(bytes: &[u8]) -> Result<TextKind, Failure> {
    text_kind(bytes).map_err(|unfit| {
        let (size, most) = (bytes.len().to_string(), MAX_PROFILE_TEXT.to_string());
        let key = match unfit {
            TextUnfit::Empty => "cli.failure.text.empty",
            TextUnfit::TooLong => "cli.failure.text.long",
            TextUnfit::Unknown => "cli.failure.text.kind",
        };
        Failure::said(exit::REJECTED, key, &[("size", &size), ("most", &most)])
    })
}

impl Office {
    pub(super) fn answer_profile(&self, ask: ProfileAsk) -> Reply {
        match ask {
            ProfileAsk::Show => self.profile_json(),
            ProfileAsk::Text { part, version } => self.text_reply(&part, version.as_deref()),
            ProfileAsk::Add { text } => self.add_text(&bytes_of(&text)?),
        }
    }

    /// Versions of one of the four that wait for signatures: who is to sign them is to read them first.
    fn waiting_versions(&self, place: usize) -> Vec<PartVersion> {
        let (roster, input) = {
            let core = self.core();
            (core.replica().roster().clone(), core.replica().roster_input())
        };
        let stands = roster.profile.parts.get(place);
        let version = |found: market::Gathered| {
            let Action::Profile(profile) = &found.signed.step.action else { return None };
            let (version, text) = profile.parts.get(place).filter(|part| Some(*part) != stands)?;
            Some(PartVersion { version: version.clone(), text: *text, step: found.id })
        };
        market::pending(&roster, &input).into_iter().filter_map(version).collect()
    }

    fn profile_json(&self) -> Reply {
        let roster = self.library().roster();
        let version = |known: PartVersion, waits: bool| {
            let fixed = known.text != Hash::default();
            let held = if fixed { self.library().text(&known.text)? } else { None };
            let by = held.as_ref().and_then(|held| held.institution).and_then(|id| roster.members.get(&id));
            Ok::<_, Failure>(json!({
                "version": known.version,
                "waits": waits,
                "text": fixed.then(|| known.text.to_string()),
                "step": (known.step != Hash::default()).then(|| known.step.to_string()),
                "held": held.is_some(),
                "bytes": held.as_ref().map(|held| held.bytes.len()),
                "brought": held.as_ref().map(|held| time(held.time_ms)),
                "by": by.map(|member| member.institution.name.as_str()),
            }))
        };
        let parts = Profile::PARTS.iter().enumerate().map(|(place, part)| {
            let waiting = self.waiting_versions(place).into_iter().map(|known| version(known, true));
            let versions = part_versions(&roster, place).into_iter().map(|known| version(known, false));
            let versions = waiting.chain(versions);
            Ok::<_, Failure>(json!({ "part": part, "versions": versions.collect::<Result<Vec<_>, _>>()? }))
        });
        Ok(json!({ "v": 1, "parts": parts.collect::<Result<Vec<_>, _>>()? }))
    }

    fn text_reply(&self, part: &str, version: Option<&str>) -> Reply {
        let roster = self.library().roster();
        let place = Profile::PARTS.iter().position(|known| *known == part);
        let place = place.ok_or_else(|| {
            let names = Profile::PARTS.join(", ");
            Failure::said(exit::USAGE, "cli.failure.part", &[("part", part), ("parts", &names)])
        })?;
        let mut versions = part_versions(&roster, place).into_iter();
        let wanted = match version {
            None => versions.next(),
            Some(version) => {
                versions.chain(self.waiting_versions(place)).find(|known| known.version == version)
            }
        };
        let unknown = || {
            let version = version.unwrap_or_default();
            Failure::said(exit::USAGE, "cli.failure.part.version", &[("part", part), ("version", version)])
        };
        let wanted = wanted.ok_or_else(unknown)?;
        let places = [("part", part), ("version", wanted.version.as_str())];
        if wanted.text == Hash::default() {
            return Err(Failure::said(exit::FAILED, "cli.failure.text.none", &places));
        }
        let held = self.library().text(&wanted.text)?;
        let held = held.ok_or_else(|| Failure::said(exit::FAILED, "cli.failure.text.away", &places))?;
        let kind = match text_kind(&held.bytes) {
            Ok(TextKind::Words) => "words",
            Ok(TextKind::Picture) => "picture",
            Err(_) => "unknown",
        };
        Ok(json!({
            "v": 1, "part": part, "version": wanted.version, "text": wanted.text.to_string(), "kind": kind,
            "file": data_encoding::BASE64.encode(&held.bytes),
        }))
    }

    /// Takes a text that some version names, one that still waits for signatures included.
    fn add_text(&self, bytes: &[u8]) -> Reply {
        judge_text(bytes)?;
        let text = Profile::text(bytes);
        let named = self.library().roster().profiles.iter().any(|(_, profile)| profile.names(&text)) || {
            let input = self.core().replica().roster_input();
            let names = |action: &Action| matches!(action, Action::Profile(profile) if profile.names(&text));
            input.steps.iter().any(|signed| names(&signed.step.action))
        };
        if !named {
            return Err(Failure::said(
                exit::REJECTED,
                "cli.failure.text.unnamed",
                &[("text", &text.short())],
            ));
        }
        let new = self.publish_text(bytes)?;
        Ok(json!({ "v": 1, "text": text.to_string(), "new": new }))
    }

    /// The same, for who brings it at the desk.
    ///
    /// # Errors
    /// When it cannot be such a text, or no version names it.
    pub fn bring_text(&self, bytes: &[u8]) -> Result<bool, Failure> {
        Ok(self.add_text(bytes)?["new"] == true)
    }

    /// Writes a text that was judged; whether it is new here.
    pub(super) fn publish_text(&self, bytes: &[u8]) -> Result<bool, Failure> {
        Ok(self.writing().work(|desk| {
            let authored = desk.put_text(bytes)?;
            Ok((authored.is_some(), authored.into_iter().collect()))
        })?)
    }
}
