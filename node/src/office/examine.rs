//! What a check-up looks at and a status does not tell: it takes time, or needs the disk.

use std::ops::ControlFlow;

use market::MarketError;
use protocol::{Attachment, Hash, Peer};
use serde_json::{Value as Json, json};

use super::Office;
use super::request::Reply;

/// Files that a check-up names of those that are spoiled, and of those that are not here; the others it counts.
const FILES_NAMED: usize = 8;
/// Names of files read from the store at once.
const PAGE: usize = 1_000;

/// What was found of the files that are this institution's to keep.
#[derive(Default)]
struct FilesSeen {
    spoiled: Named,
    absent: Named,
    /// The file that was looked at last, and how it stood: several listings may name one.
    last: Option<(Hash, How)>,
}

/// Some of them by name, and how many there are.
#[derive(Default)]
struct Named(Vec<Json>, u64);

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Well,
    Spoiled,
    Absent,
}

impl Named {
    fn add(&mut self, id: &str, title: &str, attachment: &Attachment) {
        self.1 += 1;
        if self.0.len() < FILES_NAMED {
            let file = attachment.file.to_string();
            self.0.push(json!({ "id": id, "title": title, "file": file, "name": attachment.title }));
        }
    }

    fn json(&self) -> Json {
        json!({ "count": self.1, "named": self.0 })
    }
}

impl Office {
    /// Reads the whole journal, the index and the files of listings, so it takes as long as they are large.
    pub(super) fn examine(&self) -> Reply {
        let contacts = self.core().contacts()?;
        let free = storage::free_bytes(&self.home).map_err(MarketError::from)?;
        let index = self.finder().index().verify().err().map(|error| error.to_string());
        let failed = |(address, why): &(String, String)| json!({ "address": address, "why": why });
        let files = self.examine_files()?;
        Ok(json!({
            "v": 1,
            "disk": { "free": free, "floor": self.config().storage.floor_mib << 20 },
            "journal": self.backup.journal_fault()?,
            "audit": self.examine_audit()?,
            "index": index.filter(|_| !self.running),
            "files": { "spoiled": files.spoiled.json(), "absent": files.absent.json() },
            "listen_failed": contacts.listen_failed.iter().map(failed).collect::<Vec<_>>(),
            "reached": contacts.reached,
            "seen_ms": contacts.seen_ms,
            "signed_ms": contacts.signed_ms,
            "started_ms": self.started_ms(),
            "markets": self.examine_markets()?,
        }))
    }

    /// How this node stands with each peer market that gives something and has not been ended.
    fn examine_markets(&self) -> market::Result<Vec<Json>> {
        let (roster, held) = (self.library().roster(), self.markets());
        let gives =
            |peer: &&Peer| peer.is_active() && peer.gives().is_some_and(|side| !side.gives.is_empty());
        let mut markets = Vec::new();
        for peer in roster.peers.values().filter(gives) {
            let market = held.iter().find(|market| market.network == peer.charter.id());
            let seen = market.map(|market| market.office.core().contacts()).transpose()?;
            markets.push(json!({
                "name": { "zh": peer.charter.name_zh, "en": peer.charter.name_en },
                "until_ms": peer.terms.until_ms,
                "gateway": self.is_gateway(peer, &roster),
                "held": market.is_some(),
                "seen_ms": seen.and_then(|contacts| contacts.seen_ms),
            }));
        }
        Ok(markets)
    }

    /// Reads every file that a listing of this institution, one that it may edit, or a draft names.
    fn examine_files(&self) -> market::Result<FilesSeen> {
        let (us, mut seen) = (self.identity().institution.id(), FilesSeen::default());
        let mut after = None;
        loop {
            let page = self.library().files_named(after, PAGE)?;
            for (file, id) in &page {
                let listing = self.library().listing(id)?.filter(|listing| listing.is_kept_for(&us));
                let named = listing.and_then(|listing| Some((listing.attachment(file)?, listing)));
                if let Some((attachment, listing)) = named {
                    self.look_at_file(&mut seen, &id.to_string(), listing.title(), &attachment);
                }
            }
            after = page.last().copied().filter(|_| page.len() == PAGE);
            if after.is_none() {
                break;
            }
        }
        self.library().each_draft(&mut |draft| {
            let title = draft.fields.get("title").map(super::text_of).unwrap_or_default();
            for attachment in draft.attachments() {
                self.look_at_file(&mut seen, &draft.id, &title, &attachment);
            }
            ControlFlow::Continue(())
        })?;
        Ok(seen)
    }

    fn look_at_file(&self, seen: &mut FilesSeen, id: &str, title: &str, attachment: &Attachment) {
        let file = &attachment.file;
        let how = match seen.last.filter(|(last, _)| last == file) {
            Some((_, how)) => how,
            None => match self.files().read(file) {
                Ok(Some(_)) => How::Well,
                Ok(None) if self.files().files().left_of(&file.0).is_none() => How::Absent,
                Ok(None) | Err(_) => How::Spoiled,
            },
        };
        seen.last = Some((*file, how));
        match how {
            How::Well => {}
            How::Spoiled => seen.spoiled.add(id, title, attachment),
            How::Absent => seen.absent.add(id, title, attachment),
        }
    }
}
