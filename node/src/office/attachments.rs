//! Answers about the files of a listing: attaching, detaching, fetching, and where each stands.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use protocol::limits::{MAX_ATTACHMENT, MAX_ATTACHMENTS};
use protocol::{Attachment, DocumentId, Hash, Value};
use serde_json::{Value as Json, json};

use market::{Account, FileUse, Incoming, Listing, MarketError, Outcome};
use web::view::{AttachmentView, FileView};

use super::Office;
use super::answers::kind_of;
use super::drafts::plain;
use super::editing::outcome_json;
use super::failure::{Failure, exit};
use super::json;
use super::request::Reply;
use crate::bytes::bytes as size_text;
use crate::config::Fetch;

/// Fewest hexadecimal digits that stand for a file; shorter texts are numbers in the list.
const SHORTEST_PREFIX: usize = 4;
/// Names of files that are looked at in one go: a look at the disk for each.
const FILES_LOOKED_AT: usize = 1_000;
/// Files that are fetched unasked at a time.
const FETCHED_AT_ONCE: usize = 64;

/// Describes a file that is to be attached.
///
/// # Errors
/// When it is none that may be.
pub fn describe(bytes: &[u8], file: &str, title: &str) -> Result<Attachment, Failure> {
    if bytes.len() as u64 > MAX_ATTACHMENT {
        let (size, most) = (size_text(bytes.len() as u64), size_text(MAX_ATTACHMENT));
        let places = [("file", file), ("size", &*size), ("most", &*most)];
        return Err(Failure::said(exit::REJECTED, "attachment.failure.large", &places));
    }
    let unfit = |_| Failure::said(exit::REJECTED, "attachment.failure.kind", &[("file", file)]);
    Attachment::of(bytes, title).map_err(unfit)
}

impl Office {
    /// Names a file that is kept here in a draft or a listing; `by` is who signed in, if anybody.
    ///
    /// # Errors
    /// When it is not kept here, the listing is not ours to change, or has all the files that it may have.
    pub fn attach(&self, id: &str, file: &str, title: &str, by: &str) -> Reply {
        let absent = || Failure::said(exit::FAILED, "attachment.failure.absent", &[("file", file)]);
        let hash: Hash = file.parse().map_err(|_| absent())?;
        let bytes = self.files().read(&hash).map_err(MarketError::from)?.ok_or_else(absent)?;
        let attachment = describe(&bytes, file, title)?;
        let outcome = self.name_file(id, by, |named| {
            let others = named.iter().filter(|other| other.file != hash).count();
            if others >= MAX_ATTACHMENTS {
                let most = MAX_ATTACHMENTS.to_string();
                return Err(Failure::said(exit::REFUSED, "attachment.failure.many", &[("most", &most)]));
            }
            Ok((attachment.key(), Some(attachment.value())))
        })?;
        Ok(outcome_json(0, &outcome))
    }

    /// Takes a file away from a draft or a listing.
    ///
    /// # Errors
    /// When it has none like that, or is not ours to change.
    pub fn detach(&self, id: &str, which: &str, by: &str) -> Reply {
        let outcome = self.name_file(id, by, |named| Ok((pick(&named, which)?.key(), None)))?;
        Ok(outcome_json(0, &outcome))
    }

    /// Changes what a draft or a listing says of one file.
    fn name_file(
        &self,
        id: &str,
        by: &str,
        change: impl FnOnce(Vec<Attachment>) -> Result<(String, Option<Value>), Failure>,
    ) -> Result<Outcome, Failure> {
        if let Some(draft) = self.library().draft(id)? {
            let (key, value) = change(draft.attachments())?;
            let mut fields = draft.fields;
            match value {
                Some(value) => fields.insert(key, value),
                None => fields.remove(&key),
            };
            let kind = kind_of(&json::kind_id(draft.kind))?;
            let record =
                Incoming { private: draft.private, visibility: draft.visibility, ..plain(kind, fields) };
            return Ok(self
                .writing()
                .work(|desk| Ok((desk.keep_draft_of(Some(id), &record, by)?, Vec::new())))?);
        }
        let listing = self.newest_listing(id)?;
        let id = listing.id;
        if matches!(listing.hidden, Some(market::Hidden::Purged(_))) {
            return Err(MarketError::Purged { id: id.to_string() }.into());
        }
        let changes = [change(listing.attachments())?].into_iter().collect();
        let changed = self.writing().work(|desk| {
            let authored = desk.edit(&id, &changes)?;
            Ok((authored.is_some(), authored.into_iter().collect()))
        })?;
        Ok(if changed { Outcome::Updated(id) } else { Outcome::Unchanged(id) })
    }

    /// A file of a listing: what it is, and whether it is here.
    ///
    /// # Errors
    /// When the listing has none like that.
    pub(super) fn file(&self, id: &str, which: &str) -> Reply {
        let listing = match self.library().draft(id)? {
            Some(draft) => return Ok(self.file_json(pick(&draft.attachments(), which)?)),
            None => self.newest_listing(id)?,
        };
        let attachments = listing.attachments();
        let attachment = pick(&attachments, which)?;
        let mut found = self.file_json(attachment);
        if found["here"] != true {
            found["coming"] = json!(self.fetch(&listing, attachment));
        }
        Ok(found)
    }

    /// The files of a listing.
    pub(super) fn files_json(&self, attachments: &[Attachment]) -> Json {
        attachments.iter().map(|attachment| self.file_json(attachment)).collect()
    }

    fn file_json(&self, attachment: &Attachment) -> Json {
        json!({
            "file": attachment.file.to_string(), "media": attachment.media.mime(), "size": attachment.size,
            "title": attachment.title, "here": self.files().holds(&attachment.file),
        })
    }

    /// Files as pages show them.
    pub fn file_views(&self, attachments: &[Attachment]) -> Vec<AttachmentView> {
        attachments.iter().map(|of| AttachmentView::new(of, self.files().holds(&of.file))).collect()
    }

    /// A file for a page. One of a listing that is not here is fetched from now on.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn file_view(&self, attachment: &Attachment, of: Option<&Listing>) -> market::Result<FileView> {
        Ok(match self.files().read(&attachment.file)? {
            Some(bytes) => FileView::Here { media: attachment.media, title: attachment.title.clone(), bytes },
            None if of.is_some_and(|listing| self.fetch(listing, attachment)) => FileView::Coming,
            None => FileView::Absent,
        })
    }

    /// Adds a file that was uploaded to a draft.
    ///
    /// # Errors
    /// When it is none that may be attached, there is no such draft or no room, or the disk fails.
    pub fn take_file(
        &self,
        account: &Account,
        id: &str,
        name: &str,
        title: &str,
        bytes: &[u8],
    ) -> Result<(), Failure> {
        let missing = || MarketError::NoSuchListing { id: id.to_owned() };
        self.library().draft(id)?.ok_or_else(missing)?;
        let attachment = describe(bytes, name, title)?;
        self.files().room(&attachment, &self.config().attachments)?;
        self.files().put(&attachment, bytes).map_err(MarketError::from)?;
        self.attach(id, &attachment.file.to_string(), &attachment.title, &account.name).map(drop)
    }

    /// Has a file fetched that is not here. False when nobody can be asked, or there is no room for it.
    fn fetch(&self, listing: &Listing, attachment: &Attachment) -> bool {
        self.running
            && listing.hidden.is_none()
            && self.files().room(attachment, &self.config().attachments).is_ok()
            && self.core().want_file(listing, attachment)
    }

    /// Has files fetched that are not here, of those named behind a place: those of listings of this institution or that it may
    /// edit, and all where the configuration says so. Returns the last place looked at; `None` at the end.
    ///
    /// # Errors
    /// When the store fails.
    pub fn fetch_some(
        &self,
        after: Option<(Hash, DocumentId)>,
    ) -> market::Result<Option<(Hash, DocumentId)>> {
        let page = self.library().files_named(after, FILES_LOOKED_AT)?;
        let (us, all) = (self.identity().institution.id(), self.config().attachments.fetch == Fetch::All);
        for (file, id) in page.iter().filter(|(file, _)| !self.files().holds(file)) {
            let listing = self.library().listing(id)?;
            let wanted = listing.filter(|listing| all || listing.is_kept_for(&us));
            let named = wanted.and_then(|listing| Some((listing.attachment(file)?, listing)));
            if let Some((attachment, listing)) = named {
                // Some places are left for those whom someone waits for.
                if self.core().files_wanted() >= FETCHED_AT_ONCE {
                    return Ok(after);
                }
                self.fetch(&listing, &attachment);
            }
        }
        Ok(page.last().copied().filter(|_| page.len() == FILES_LOOKED_AT))
    }

    /// Removes files that neither a listing nor a draft names, once they have been here for a while. Returns how many went.
    ///
    /// # Errors
    /// When the disk or the store fails.
    pub fn sweep_files(&self) -> market::Result<u64> {
        let drafted = self.drafted_files()?;
        self.files().sweep(std::time::SystemTime::now(), |file| {
            if drafted.contains(file) { Ok(FileUse::Now) } else { self.library().file_use(file) }
        })
    }

    /// The files that drafts name.
    pub(super) fn drafted_files(&self) -> market::Result<BTreeSet<Hash>> {
        let mut drafted = BTreeSet::new();
        self.library().each_draft(&mut |draft| {
            drafted.extend(draft.attachments().into_iter().map(|of| of.file));
            ControlFlow::Continue(())
        })?;
        Ok(drafted)
    }
}

/// The attachment that a text means: its number in the list, or the first digits of its hash.
fn pick<'a>(attachments: &'a [Attachment], which: &str) -> Result<&'a Attachment, Failure> {
    let none = || Failure::said(exit::FAILED, "attachment.failure.none", &[("which", which)]);
    if which.len() < SHORTEST_PREFIX {
        let number: Option<usize> = which.parse().ok().and_then(|number: usize| number.checked_sub(1));
        return number.and_then(|number| attachments.get(number)).ok_or_else(none);
    }
    let digits = which.to_ascii_lowercase();
    let mut meant = attachments.iter().filter(|attachment| attachment.file.to_string().starts_with(&digits));
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(none()),
    }
}
